// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DoubleCountBase} from "./doubleCount/DoubleCountBase.sol";
import {Demands} from "./doubleCount/Demands.sol";
import {IDoubleCount} from "./interfaces/IDoubleCount.sol";
import {IFreezes} from "./interfaces/IFreezes.sol";
import {IIssuance} from "./interfaces/IIssuance.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {ISources} from "./interfaces/ISources.sol";
import {HashSuite} from "./libraries/HashSuite.sol";
import {SumTree} from "./libraries/SumTree.sol";
import {Fault, ParameterKeys, RequestState} from "./types/Codes.sol";
import {RequestId} from "./types/Ids.sol";

/// @title DoubleCount
/// @notice What it does and why: interfaces/IDoubleCount.sol. Demands and debts: doubleCount/.
contract DoubleCount is Demands {
    mapping(RequestId requestId => mapping(uint64 index => Deduction)) private _deductions;

    constructor(
        IProgrammes programmes,
        ISources sources,
        IIssuance issuance,
        IReductionToken reductionToken,
        IFreezes freezes
    ) DoubleCountBase(programmes, sources, issuance, reductionToken, freezes) {}

    /// @inheritdoc IDoubleCount
    function challengeDuplicate(Claim calldata earlier, Claim calldata later) external {
        (RequestId first, RequestId second) = (earlier.requestId, later.requestId);
        if (RequestId.unwrap(first) > RequestId.unwrap(second)) {
            revert DoubleCountPriority(first, second);
        }
        bytes32 fingerprint = later.entry.leaf.fingerprint;
        if (earlier.entry.leaf.fingerprint != fingerprint) {
            revert DoubleCountFingerprints(earlier.entry.leaf.fingerprint, fingerprint);
        }
        IIssuance.Request memory request = _requireLive(second, later.proposal);
        _requireLive(first, earlier.proposal);
        SumTree.Leaf calldata pays = _requireClaim(later);
        _requireClaim(earlier);
        (uint64 index, uint64 earlierIndex) = (_carrierOf(later), _carrierOf(earlier));
        if (RequestId.unwrap(first) == RequestId.unwrap(second)) {
            // Two entries of one activity have one carrier, and an entry is no duplicate of itself.
            if (earlier.entry.index >= later.entry.index || index == earlierIndex) {
                revert DoubleCountSameLeaf(second, later.entry.index);
            }
        }
        Deduction memory deduction = Deduction({
            milligrams: pays.milligrams,
            earlier: first,
            earlierIndex: earlierIndex,
            fault: Fault.DUPLICATE,
            afterIssue: !_isUndecided(request.state)
        });
        _deduct(second, request, later.proposal, index, deduction);
    }

    /// @inheritdoc IDoubleCount
    function challengeOrder(
        RequestId requestId,
        IIssuance.Proposal calldata proposal,
        Opening calldata left,
        Opening calldata right
    ) external {
        IIssuance.Request memory request = _requireLive(requestId, proposal);
        _requireOpening(requestId, proposal, left);
        _requireOpening(requestId, proposal, right);
        // Neither index reaches the count, so that adding one cannot overflow.
        if (left.index + 1 != right.index) revert DoubleCountPlace(requestId, 0, right.index);
        if (left.leaf.fingerprint <= right.leaf.fingerprint) {
            revert DoubleCountInOrder(requestId, left.index);
        }
        _refute(requestId, request, proposal, Fault.ORDER, 0, right.index);
    }

    /// @inheritdoc IDoubleCount
    function challengeSum(
        RequestId requestId,
        IIssuance.Proposal calldata proposal,
        Place calldata place,
        bytes calldata content
    ) external {
        IIssuance.Request memory request = _requireLive(requestId, proposal);
        (uint8 level, uint64 index) = (place.level, place.index);
        _requirePlace(requestId, proposal, level, index, place.node, place.siblings);
        (SumTree.Kind kind, uint256 milligrams) = _requireContent(place.node.hash, content);
        if (kind == SumTree.Kind.MALFORMED || (kind == SumTree.Kind.NODE) == (level == 0))
            revert DoubleCountPlace(requestId, level, index);
        if (milligrams == place.node.sum) revert DoubleCountSumRight(requestId, level, index);
        _refute(requestId, request, proposal, Fault.SUM, level, index);
    }

    /// @inheritdoc IDoubleCount
    function challengeShape(
        RequestId requestId,
        IIssuance.Proposal calldata proposal,
        Place calldata place,
        bytes calldata content
    ) external {
        IIssuance.Request memory request = _requireLive(requestId, proposal);
        (uint8 level, uint64 index) = (place.level, place.index);
        _requirePlace(requestId, proposal, level, index, place.node, place.siblings);
        bool fits;
        if (uint256(index) << level >= proposal.count) {
            fits = place.node.sum == 0 && place.node.hash == SumTree.emptySubtreeHash(level);
        } else {
            (SumTree.Kind kind, ) = _requireContent(place.node.hash, content);
            fits = kind == (level == 0 ? SumTree.Kind.LEAF : SumTree.Kind.NODE);
        }
        if (fits) revert DoubleCountShapeRight(requestId, level, index);
        _refute(requestId, request, proposal, Fault.SHAPE, level, index);
    }

    /// @inheritdoc IDoubleCount
    function challengePeriod(
        RequestId requestId,
        IIssuance.Proposal calldata proposal,
        Opening calldata opening
    ) external {
        IIssuance.Request memory request = _requireLive(requestId, proposal);
        _requireOpening(requestId, proposal, opening);
        uint32 day = uint32(bytes4(opening.leaf.fingerprint));
        // A bucket may begin on the day before its activity's, and where clocks differ also on the
        // day behind it; only entries without milligrams rest on such a bucket.
        uint256 tolerance = opening.leaf.milligrams == 0 ? 1 : 0;
        if (day + tolerance >= proposal.firstDay && day < uint256(proposal.endDay) + tolerance)
            revert DoubleCountInPeriod(requestId, opening.index, day);
        _deductForFault(requestId, request, proposal, opening, Fault.PERIOD);
    }

    /// @inheritdoc IDoubleCount
    function challengeLeaf(
        RequestId requestId,
        IIssuance.Proposal calldata proposal,
        Opening calldata opening
    ) external {
        IIssuance.Request memory request = _requireLive(requestId, proposal);
        _requireOpening(requestId, proposal, opening);
        ISources.Source memory source = SOURCES.sourceOf(proposal.sourceId);
        uint64 cap = SOURCES.methodologyOf(source.programme, source.methodology).capMilligrams;
        if (cap == 0 || opening.leaf.milligrams <= cap) {
            revert DoubleCountBelowCap(requestId, opening.index, cap);
        }
        _deductForFault(requestId, request, proposal, opening, Fault.CAP);
    }

    /// @inheritdoc IDoubleCount
    function restore(RequestId requestId, uint64 index) external {
        Deduction memory deduction = _deductions[requestId][index];
        if (deduction.fault != Fault.DUPLICATE || _isClaimed(deduction)) {
            revert DoubleCountNotRestorable(requestId, index);
        }
        delete _deductions[requestId][index];
        emit LeafRestored(requestId, index, deduction.milligrams);
        if (
            !deduction.afterIssue && _isUndecided(_issuanceOf(requestId).requestOf(requestId).state)
        ) {
            _issuanceOf(requestId).restore(requestId, deduction.milligrams, 1);
            return;
        }
        if (!deduction.afterIssue || !_forgive(requestId, deduction.milligrams)) {
            revert DoubleCountNotRestorable(requestId, index);
        }
    }

    /// @inheritdoc IDoubleCount
    function deductionOf(
        RequestId requestId,
        uint64 index
    ) external view returns (Deduction memory) {
        return _deductions[requestId][index];
    }

    function _deductForFault(
        RequestId requestId,
        IIssuance.Request memory request,
        IIssuance.Proposal calldata proposal,
        Opening calldata opening,
        uint8 fault
    ) private {
        _requireUndeducted(requestId, opening.index);
        Deduction memory deduction = Deduction({
            milligrams: opening.leaf.milligrams,
            earlier: RequestId.wrap(0),
            earlierIndex: 0,
            fault: fault,
            afterIssue: !_isUndecided(request.state)
        });
        _deduct(requestId, request, proposal, opening.index, deduction);
    }

    function _deduct(
        RequestId requestId,
        IIssuance.Request memory request,
        IIssuance.Proposal calldata proposal,
        uint64 index,
        Deduction memory deduction
    ) private {
        _deductions[requestId][index] = deduction;
        emit LeafDeducted(
            requestId,
            index,
            deduction.fault,
            deduction.milligrams,
            deduction.earlier,
            deduction.earlierIndex,
            deduction.afterIssue,
            msg.sender
        );
        if (deduction.afterIssue) {
            _owe(requestId, request.applicant, proposal, deduction.milligrams, false);
            return;
        }
        _issuanceOf(requestId).deduct(requestId, deduction.milligrams, 1);
        uint128 most = PROGRAMMES.parameterOr(
            _programmeOf(proposal),
            ParameterKeys.DUPLICATES_FELL,
            0
        );
        if (most != 0 && request.deductedLeaves + 1 >= most) {
            _issuanceOf(requestId).fall(requestId, proposal);
        }
    }

    /// @dev Both leaves of a claim stand in its tree, belong together and are not deducted. Answers
    /// the one that carries the milligrams.
    function _requireClaim(
        Claim calldata claim
    ) private view returns (SumTree.Leaf calldata carrier) {
        RequestId requestId = claim.requestId;
        Opening calldata entry = claim.entry;
        _requireOpening(requestId, claim.proposal, entry);
        _requireUndeducted(requestId, entry.index);
        if (entry.leaf.milligrams != 0) return entry.leaf;
        carrier = claim.carrier.leaf;
        _requireOpening(requestId, claim.proposal, claim.carrier);
        if (
            carrier.milligrams == 0 ||
            carrier.beneficiary != entry.leaf.beneficiary ||
            carrier.evidence != entry.leaf.evidence
        ) revert DoubleCountNotCompanion(requestId, entry.index, claim.carrier.index);
        _requireUndeducted(requestId, claim.carrier.index);
    }

    function _requireUndeducted(RequestId requestId, uint64 index) private view {
        if (_deductions[requestId][index].fault != 0) {
            revert DoubleCountDeducted(requestId, index);
        }
    }

    /// @dev Whether the claim that a duplicate gave way to still stands.
    function _isClaimed(Deduction memory deduction) private view returns (bool) {
        RequestId earlier = deduction.earlier;
        uint8 state = _issuanceOf(earlier).requestOf(earlier).state;
        if (!_isLive(state) || _deductions[earlier][deduction.earlierIndex].fault != 0) {
            return false;
        }
        return state != RequestState.ISSUED || !_isOwedWhole(earlier);
    }

    function _requireOpening(
        RequestId requestId,
        IIssuance.Proposal calldata proposal,
        Opening calldata opening
    ) private pure {
        if (opening.index >= proposal.count) {
            revert DoubleCountIndex(requestId, opening.index, proposal.count);
        }
        SumTree.Node memory node = SumTree.Node({
            hash: SumTree.leafHash(opening.leaf),
            sum: opening.leaf.milligrams
        });
        _requirePlace(requestId, proposal, 0, opening.index, node, opening.siblings);
    }

    function _requireContent(
        bytes32 hash,
        bytes calldata content
    ) private pure returns (SumTree.Kind kind, uint256 milligrams) {
        bytes32 contentHash = HashSuite.hash(content);
        if (contentHash != hash) revert DoubleCountContent(hash, contentHash);
        return SumTree.contentOf(content);
    }

    function _carrierOf(Claim calldata claim) private pure returns (uint64 index) {
        return claim.entry.leaf.milligrams == 0 ? claim.carrier.index : claim.entry.index;
    }
}
