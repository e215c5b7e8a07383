// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDoubleCount} from "../interfaces/IDoubleCount.sol";
import {IFreezes} from "../interfaces/IFreezes.sol";
import {IIssuance} from "../interfaces/IIssuance.sol";
import {IProgrammes} from "../interfaces/IProgrammes.sol";
import {IReductionToken} from "../interfaces/IReductionToken.sol";
import {ISources} from "../interfaces/ISources.sol";
import {SumTree} from "../libraries/SumTree.sol";
import {RequestState} from "../types/Codes.sol";
import {ProgrammeId, RequestId} from "../types/Ids.sol";

/// @title DoubleCountBase: what challenges, demands and debts have in common
/// @dev The parts of DoubleCount are files of their own only because one would be too long; they
/// are deployed as one contract.
abstract contract DoubleCountBase is IDoubleCount {
    /// @dev Deadlines beyond it would let an authority put a challenge off for ever.
    uint40 internal constant MOST_SECONDS = 365 days;

    IProgrammes internal immutable PROGRAMMES;
    ISources internal immutable SOURCES;
    IIssuance internal immutable ISSUANCE;
    IReductionToken internal immutable TOKEN;
    IFreezes internal immutable FREEZES;

    constructor(
        IProgrammes programmes,
        ISources sources,
        IIssuance issuance,
        IReductionToken reductionToken,
        IFreezes freezes
    ) {
        PROGRAMMES = programmes;
        SOURCES = sources;
        ISSUANCE = issuance;
        TOKEN = reductionToken;
        FREEZES = freezes;
    }

    /// @dev The request, when the proposal is what it proposed and it can still be challenged.
    function _requireLive(
        RequestId requestId,
        IIssuance.Proposal calldata proposal
    ) internal view returns (IIssuance.Request memory request) {
        request = _issuanceOf(requestId).requestOf(requestId);
        bytes32 content = keccak256(abi.encode(proposal));
        if (content != request.content) revert DoubleCountProposalMismatch(requestId, content);
        if (!_isLive(request.state)) revert DoubleCountState(requestId, request.state);
        if (request.state == RequestState.ISSUED && _isOwedWhole(requestId)) {
            revert DoubleCountWholeOwed(requestId);
        }
    }

    /// @dev A later version of Issuance puts its number into the top byte of its requests' ids, so
    /// that one DoubleCount serves all of them and a request of a later version is the later one.
    function _issuanceOf(RequestId requestId) internal view returns (IIssuance) {
        uint64 version = RequestId.unwrap(requestId) >> 56;
        return version == 0 ? ISSUANCE : IIssuance(SOURCES.issuerAt(uint8(version)));
    }

    /// @dev Running second that lies so many seconds ahead as a parameter says. A missing one must
    /// not stop challenges, and 0 would leave nobody time.
    function _deadline(
        ProgrammeId programme,
        bytes32 key,
        uint40 otherwise
    ) internal view returns (uint40) {
        uint128 length = PROGRAMMES.parameterOr(programme, key, otherwise);
        if (length == 0) length = otherwise;
        if (length > MOST_SECONDS) length = MOST_SECONDS;
        return _runningSeconds(programme) + uint40(length);
    }

    function _runningSeconds(ProgrammeId programme) internal view returns (uint40) {
        return uint40(block.timestamp - PROGRAMMES.pausedSecondsOf(programme));
    }

    function _programmeOf(
        IIssuance.Proposal calldata proposal
    ) internal view returns (ProgrammeId) {
        return SOURCES.sourceOf(proposal.sourceId).programme;
    }

    /// @dev Whether everything that was issued for a request is owed.
    function _isOwedWhole(RequestId requestId) internal view virtual returns (bool);

    /// @dev Proves that a place of the request's tree is the node.
    function _requirePlace(
        RequestId requestId,
        IIssuance.Proposal calldata proposal,
        uint8 level,
        uint64 index,
        SumTree.Node memory node,
        SumTree.Node[] calldata siblings
    ) internal pure {
        SumTree.Tree memory tree = SumTree.Tree({
            root: proposal.root,
            totalMilligrams: proposal.totalMilligrams,
            count: proposal.count,
            depth: proposal.depth
        });
        if (!SumTree.verifyNode(tree, level, index, node, siblings)) {
            revert DoubleCountProof(requestId, level, index);
        }
    }

    function _isUndecided(uint8 state) internal pure returns (bool) {
        return state == RequestState.PROPOSED || state == RequestState.FILED;
    }

    function _isLive(uint8 state) internal pure returns (bool) {
        return _isUndecided(state) || state == RequestState.ISSUED;
    }
}
