// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDoubleCount} from "../interfaces/IDoubleCount.sol";
import {IIssuance} from "../interfaces/IIssuance.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {DemandState, Fault, ParameterKeys} from "../types/Codes.sol";
import {ProgrammeId, RequestId} from "../types/Ids.sol";
import {Debts} from "./Debts.sol";

/// @title Demands: who withholds leaves loses the request
/// @dev The contract's money is the deposits of open demands and the credits, nothing else.
abstract contract Demands is Debts {
    /// @notice Highest level that can be demanded; a subtree of it has 64 leaves.
    uint8 public constant MOST_LEVEL = 6;
    uint40 private constant DEMAND_SECONDS = 7 days;

    uint64 private _demandCount;
    mapping(uint64 demandId => Demand) private _demands;
    mapping(RequestId requestId => mapping(uint8 level => mapping(uint64 index => uint64 demandId)))
        private _latest;
    mapping(address account => uint256 creditWei) private _credits;

    /// @inheritdoc IDoubleCount
    function demand(
        RequestId requestId,
        IIssuance.Proposal calldata proposal,
        uint8 level,
        uint64 index
    ) external payable returns (uint64 demandId) {
        IIssuance.Request memory request = _requireLive(requestId, proposal);
        if (
            level > MOST_LEVEL ||
            level > proposal.depth ||
            uint256(index) >> (proposal.depth - level) != 0
        ) revert DoubleCountPlace(requestId, level, index);
        _requireNotShown(requestId, level, index);
        ProgrammeId programme = _programmeOf(proposal);
        uint128 needed = PROGRAMMES.parameterOr(programme, ParameterKeys.DEMAND_DEPOSIT_WEI, 0);
        if (msg.value != needed) revert DoubleCountDeposit(msg.value, needed);

        demandId = ++_demandCount;
        bool holds = _isUndecided(request.state);
        uint40 deadline = _deadline(programme, ParameterKeys.DEMAND_SECONDS, DEMAND_SECONDS);
        _demands[demandId] = Demand({
            demander: msg.sender,
            deadline: deadline,
            level: level,
            state: DemandState.OPEN,
            holds: holds,
            requestId: requestId,
            index: index,
            depositWei: needed
        });
        _latest[requestId][level][index] = demandId;
        emit DemandOpened(demandId, requestId, msg.sender, level, index, needed, deadline);
        if (holds) _issuanceOf(requestId).hold(requestId);
    }

    /// @inheritdoc IDoubleCount
    function answer(
        uint64 demandId,
        IIssuance.Proposal calldata proposal,
        SumTree.Leaf[] calldata leaves,
        SumTree.Node[] calldata siblings
    ) external {
        Demand memory asked = _requireOpenDemand(demandId);
        _requireLive(asked.requestId, proposal);
        uint40 time = _runningSeconds(_programmeOf(proposal));
        if (time >= asked.deadline) revert DoubleCountDeadline(demandId, asked.deadline, time);
        uint256 expected = _leavesBelow(proposal.count, asked.level, asked.index);
        if (leaves.length != expected) {
            revert DoubleCountIndex(asked.requestId, uint64(leaves.length), uint64(expected));
        }
        SumTree.Node memory node = SumTree.subtree(leaves, asked.level);
        _requirePlace(asked.requestId, proposal, asked.level, asked.index, node, siblings);

        _demands[demandId].state = DemandState.ANSWERED;
        emit DemandAnswered(demandId, msg.sender);
        _credit(msg.sender, asked.depositWei);
        if (asked.holds) _issuanceOf(asked.requestId).unhold(asked.requestId);
    }

    /// @inheritdoc IDoubleCount
    function fellUnanswered(uint64 demandId, IIssuance.Proposal calldata proposal) external {
        Demand memory asked = _requireOpenDemand(demandId);
        IIssuance.Request memory request = _requireLive(asked.requestId, proposal);
        uint40 time = _runningSeconds(_programmeOf(proposal));
        if (time < asked.deadline) revert DoubleCountDeadline(demandId, asked.deadline, time);

        _demands[demandId].state = DemandState.UNANSWERED;
        emit DemandUnanswered(demandId);
        _credit(asked.demander, asked.depositWei);
        _refute(asked.requestId, request, proposal, Fault.UNANSWERED, asked.level, asked.index);
    }

    /// @inheritdoc IDoubleCount
    function reclaim(uint64 demandId) external {
        Demand memory asked = _requireOpenDemand(demandId);
        uint8 state = _issuanceOf(asked.requestId).requestOf(asked.requestId).state;
        if (_isLive(state) && !_isOwedWhole(asked.requestId)) {
            revert DoubleCountRequestLive(asked.requestId, state);
        }
        _demands[demandId].state = DemandState.RECLAIMED;
        emit DemandReclaimed(demandId);
        _credit(asked.demander, asked.depositWei);
    }

    /// @inheritdoc IDoubleCount
    function withdrawDeposits(address payable to) external {
        uint256 credit = _credits[msg.sender];
        if (credit == 0) revert DoubleCountNothingCredited(msg.sender);
        delete _credits[msg.sender];
        emit DepositsWithdrawn(msg.sender, to, credit);
        (bool paid, ) = to.call{value: credit}("");
        if (!paid) revert DoubleCountPayment(to, credit);
    }

    /// @inheritdoc IDoubleCount
    function demandOf(uint64 demandId) external view returns (Demand memory) {
        return _demands[demandId];
    }

    /// @inheritdoc IDoubleCount
    function demandCount() external view returns (uint64) {
        return _demandCount;
    }

    /// @inheritdoc IDoubleCount
    function creditOf(address account) external view returns (uint256 creditWei) {
        return _credits[account];
    }

    /// @dev What a proof against the whole tree costs: the request before issue, after it all of
    /// its units.
    function _refute(
        RequestId requestId,
        IIssuance.Request memory request,
        IIssuance.Proposal calldata proposal,
        uint8 fault,
        uint8 level,
        uint64 index
    ) internal {
        bool afterIssue = !_isUndecided(request.state);
        emit TreeRefuted(requestId, fault, level, index, afterIssue, msg.sender);
        if (afterIssue) _owe(requestId, request.applicant, proposal, 0, true);
        else _issuanceOf(requestId).fall(requestId, proposal);
    }

    function _credit(address account, uint128 depositWei) private {
        if (depositWei == 0) return;
        _credits[account] += depositWei;
        emit DepositCredited(account, depositWei);
    }

    /// @dev Leaves that were shown are in the calldata of an answer for ever, and a demand that is
    /// open covers what lies below it; else anyone could hold an issue up without end.
    function _requireNotShown(RequestId requestId, uint8 level, uint64 index) private view {
        for (; level <= MOST_LEVEL; ++level) {
            uint64 demandId = _latest[requestId][level][index];
            if (demandId != 0) revert DoubleCountDemanded(requestId, demandId);
            index >>= 1;
        }
    }

    function _requireOpenDemand(uint64 demandId) private view returns (Demand memory asked) {
        asked = _demands[demandId];
        if (asked.state != DemandState.OPEN) revert DoubleCountDemandState(demandId, asked.state);
    }

    /// @dev How many of the places below one lie before the count.
    function _leavesBelow(uint64 count, uint8 level, uint64 index) private pure returns (uint256) {
        (uint256 first, uint256 width) = (uint256(index) << level, 1 << level);
        if (first >= count) return 0;
        return count - first < width ? count - first : width;
    }
}
