// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIssuance} from "./interfaces/IIssuance.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {ISources} from "./interfaces/ISources.sol";
import {TokenIds} from "./libraries/TokenIds.sol";
import {RequestState, Roles} from "./types/Codes.sol";
import {InstitutionId, ProgrammeId, RequestId, TokenId} from "./types/Ids.sol";

/// @title IssuanceRequests: how requests are stored and who may touch them
/// @notice Base of Issuance. What it does and why: interfaces/IIssuance.sol.
abstract contract IssuanceRequests is IIssuance {
    /// @dev One slot, written when a request is proposed. Times are running seconds of the
    /// programme: seconds since 1970 less all pauses so far, so that a pause extends every deadline
    /// without touching a request.
    struct Head {
        address applicant;
        uint40 proposedAt;
        ProgrammeId programme;
        uint8 state;
        uint8 statements;
        bool forwarded;
    }

    /// @dev One slot, first written when a request is filed, deducted from or held. 64 bits of
    /// milligrams are 18 billion tonnes.
    struct Tail {
        uint40 noticeEnd;
        uint64 deductedMilligrams;
        uint32 deductedLeaves;
        uint32 holds;
        uint32 openObjections;
        uint32 objections;
    }

    struct Stored {
        bytes32 content;
        Head head;
        Tail tail;
    }

    /// @dev Who may not decide about a request: who proposed it, who applies for its source now and
    /// who receives the units.
    struct Parties {
        address[3] accounts;
        InstitutionId[3] institutions;
    }

    IProgrammes internal immutable PROGRAMMES;
    ISources internal immutable SOURCES;
    IReductionToken internal immutable TOKEN;
    address internal immutable DOUBLE_COUNT;

    uint64 internal _requestCount;
    mapping(RequestId requestId => Stored) internal _requests;
    mapping(ProgrammeId programme => mapping(InstitutionId institution => bool blocked))
        internal _blocked;

    modifier onlyDoubleCount() {
        if (msg.sender != DOUBLE_COUNT) revert IssuanceNotDoubleCount(msg.sender);
        _;
    }

    constructor(
        IProgrammes programmes,
        ISources sources,
        IReductionToken reductionToken,
        address doubleCount
    ) {
        PROGRAMMES = programmes;
        SOURCES = sources;
        TOKEN = reductionToken;
        DOUBLE_COUNT = doubleCount;
    }

    /// @inheritdoc IIssuance
    function deduct(
        RequestId requestId,
        uint64 milligrams,
        uint32 leaves
    ) external onlyDoubleCount {
        Tail storage tail = _requireUndecided(requestId).tail;
        tail.deductedMilligrams += milligrams;
        tail.deductedLeaves += leaves;
        emit Deducted(requestId, milligrams, tail.deductedMilligrams);
    }

    /// @inheritdoc IIssuance
    function restore(
        RequestId requestId,
        uint64 milligrams,
        uint32 leaves
    ) external onlyDoubleCount {
        Tail storage tail = _requireUndecided(requestId).tail;
        tail.deductedMilligrams -= milligrams;
        tail.deductedLeaves -= leaves;
        emit Restored(requestId, milligrams, tail.deductedMilligrams);
    }

    /// @inheritdoc IIssuance
    function fall(RequestId requestId, Proposal calldata proposal) external onlyDoubleCount {
        Stored storage stored = _requireUndecided(requestId);
        _requireContent(requestId, stored, proposal);
        emit Fell(requestId);
        _fell(stored, proposal, RequestState.FALLEN);
    }

    /// @inheritdoc IIssuance
    function hold(RequestId requestId) external onlyDoubleCount {
        Tail storage tail = _requireUndecided(requestId).tail;
        emit RequestHeld(requestId, ++tail.holds);
    }

    /// @inheritdoc IIssuance
    function unhold(RequestId requestId) external onlyDoubleCount {
        // Also after the decision: a request that fell for one demand leaves others to be closed.
        Tail storage tail = _known(requestId).tail;
        emit RequestHeld(requestId, --tail.holds);
    }

    /// @inheritdoc IIssuance
    function setBlocked(
        ProgrammeId programme,
        InstitutionId institution,
        bool blocked
    ) external onlyDoubleCount {
        _blocked[programme][institution] = blocked;
        emit IssueBlocked(programme, institution, blocked);
    }

    /// @inheritdoc IIssuance
    function tokenIdOf(Proposal calldata proposal) external view returns (TokenId) {
        ISources.Source memory source = SOURCES.sourceOf(proposal.sourceId);
        return _tokenIdOf(source, proposal);
    }

    /// @inheritdoc IIssuance
    function requestOf(RequestId requestId) external view returns (Request memory) {
        Stored storage stored = _known(requestId);
        Head memory head = stored.head;
        Tail memory tail = stored.tail;
        uint64 paused = PROGRAMMES.pausedSecondsOf(head.programme);
        return
            Request({
                content: stored.content,
                programme: head.programme,
                applicant: head.applicant,
                proposedAt: head.proposedAt + paused,
                noticeEnd: tail.noticeEnd == 0 ? 0 : tail.noticeEnd + paused,
                state: head.state,
                statements: head.statements,
                forwarded: head.forwarded,
                deductedMilligrams: tail.deductedMilligrams,
                deductedLeaves: tail.deductedLeaves,
                holds: tail.holds,
                objections: tail.objections,
                openObjections: tail.openObjections
            });
    }

    /// @inheritdoc IIssuance
    function requestCount() external view returns (uint64) {
        return _requestCount;
    }

    /// @inheritdoc IIssuance
    function proposalHash(Proposal calldata proposal) external pure returns (bytes32) {
        return _hashOf(proposal);
    }

    /// @inheritdoc IIssuance
    function isBlocked(
        ProgrammeId programme,
        InstitutionId institution
    ) public view virtual returns (bool) {
        return _blocked[programme][institution];
    }

    function _fell(Stored storage stored, Proposal calldata proposal, uint8 state) internal {
        stored.head.state = state;
        SOURCES.release(proposal.sourceId, proposal.firstDay, proposal.endDay);
    }

    function _known(RequestId requestId) internal view returns (Stored storage stored) {
        stored = _requests[requestId];
        if (stored.head.state == RequestState.NONE) revert IssuanceRequestUnknown(requestId);
    }

    function _requireUndecided(RequestId requestId) internal view returns (Stored storage stored) {
        stored = _known(requestId);
        uint8 state = stored.head.state;
        if (state != RequestState.PROPOSED && state != RequestState.FILED) {
            revert IssuanceState(requestId, state);
        }
    }

    function _requireState(
        RequestId requestId,
        uint8 state
    ) internal view returns (Stored storage stored) {
        stored = _known(requestId);
        if (stored.head.state != state) revert IssuanceState(requestId, stored.head.state);
    }

    /// @dev What the caller brought is what was proposed.
    function _requireContent(
        RequestId requestId,
        Stored storage stored,
        Proposal calldata proposal
    ) internal view {
        bytes32 content = _hashOf(proposal);
        if (content != stored.content) revert IssuanceProposalMismatch(requestId, content);
    }

    /// @dev An account that may act in a role of a running programme.
    /// @return pausedSeconds Of the programme.
    function _requireRole(
        ProgrammeId programme,
        uint8 role
    ) internal view returns (uint64 pausedSeconds) {
        bool holds;
        (holds, pausedSeconds) = PROGRAMMES.actorIn(programme, role, msg.sender);
        if (!holds) revert IssuanceRoleMissing(programme, role, msg.sender);
    }

    /// @dev An authority that may decide about the request.
    function _requireDecider(
        ProgrammeId programme,
        Parties memory parties
    ) internal view returns (ProgrammeId deciding, uint64 pausedSeconds) {
        bool holds;
        InstitutionId institution;
        (deciding, holds, institution, pausedSeconds) = PROGRAMMES.deciderIn(programme, msg.sender);
        if (!holds) revert IssuanceRoleMissing(deciding, Roles.AUTHORITY, msg.sender);
        _requireApart(institution, msg.sender, parties);
    }

    function _partiesOf(
        address applicant,
        ISources.Source memory source
    ) internal view returns (Parties memory parties) {
        parties.accounts = [applicant, source.applicant, source.owner];
        parties.institutions = PROGRAMMES.institutionsOf(parties.accounts);
    }

    function _requireApart(
        InstitutionId institution,
        address account,
        Parties memory parties
    ) internal pure {
        for (uint256 i = 0; i < 3; ++i) {
            if (parties.institutions[i] == institution) {
                revert IssuanceSameInstitution(institution, account, parties.accounts[i]);
            }
        }
    }

    // Every field is static, so that the struct encodes like the list of its fields.
    function _hashOf(Proposal calldata proposal) internal pure returns (bytes32) {
        return keccak256(abi.encode(proposal));
    }

    function _tokenIdOf(
        ISources.Source memory source,
        Proposal calldata proposal
    ) internal pure returns (TokenId) {
        return
            TokenIds.pack(
                source.programme,
                source.methodology,
                proposal.firstDay,
                proposal.endDay,
                proposal.sourceId,
                source.assetKey
            );
    }
}
