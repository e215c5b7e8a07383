// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIssuance} from "./interfaces/IIssuance.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {ISources} from "./interfaces/ISources.sol";
import {TokenIds} from "./libraries/TokenIds.sol";
import {RequestState} from "./types/Codes.sol";
import {InstitutionId, ProgrammeId, RequestId, TokenId} from "./types/Ids.sol";
import {RequestHead} from "./types/RequestHead.sol";

/// @title IssuanceRequests: how requests are stored and who may touch them
/// @notice Base of Issuance. What it does and why: interfaces/IIssuance.sol.
abstract contract IssuanceRequests is IIssuance {
    /// @dev One slot, first written when a request is deducted from, held or objected to, which its
    /// head marks. 64 bits of milligrams are 18 billion tonnes.
    struct Tail {
        uint64 deductedMilligrams;
        uint32 deductedLeaves;
        uint32 holds;
        uint32 openObjections;
        uint32 objections;
    }

    struct Stored {
        bytes32 content;
        RequestHead head;
        Tail tail;
    }

    IProgrammes internal immutable PROGRAMMES;
    ISources internal immutable SOURCES;
    IReductionToken internal immutable TOKEN;
    address internal immutable DOUBLE_COUNT;

    // The two share a slot, so that a proposal learns of the end when it takes its number.
    uint64 internal _requestCount;
    bool internal _closed;
    mapping(RequestId requestId => Stored) internal _requests;
    mapping(ProgrammeId programme => mapping(InstitutionId institution => bool blocked))
        internal _blocked;
    mapping(ProgrammeId programme => uint256 count) internal _blockedCounts;

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
        Tail storage tail = _marked(_requireUndecided(requestId));
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
        Tail storage tail = _marked(_requireUndecided(requestId));
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
        Tail storage tail = _marked(_requireUndecided(requestId));
        emit RequestHeld(requestId, ++tail.holds);
    }

    /// @inheritdoc IIssuance
    function unhold(RequestId requestId) external onlyDoubleCount {
        // Also after the decision: a request that fell for one demand leaves others to be closed.
        Tail storage tail = _known(requestId).tail;
        emit RequestHeld(requestId, --tail.holds);
    }

    /// @inheritdoc IIssuance
    function close() external {
        if (msg.sender != address(SOURCES)) revert IssuanceNotSources(msg.sender);
        _closed = true;
    }

    /// @inheritdoc IIssuance
    function setBlocked(
        ProgrammeId programme,
        InstitutionId institution,
        bool blocked
    ) external onlyDoubleCount {
        if (_blocked[programme][institution] == blocked) return;
        _blocked[programme][institution] = blocked;
        if (blocked) ++_blockedCounts[programme];
        else --_blockedCounts[programme];
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
        RequestHead head = stored.head;
        Tail memory tail = stored.tail;
        uint64 paused = PROGRAMMES.pausedSecondsOf(head.programmeOf());
        return
            Request({
                content: stored.content,
                programme: head.programmeOf(),
                applicant: head.applicantOf(),
                proposedAt: head.isFiled() ? 0 : head.timeOf() + paused,
                noticeEnd: head.isFiled() ? head.timeOf() + paused : 0,
                state: head.stateOf(),
                statements: head.statementsOf(),
                forwarded: head.isForwarded(),
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
        stored.head = stored.head.withState(state);
        SOURCES.release(proposal.sourceId, proposal.firstDay, proposal.endDay);
    }

    /// @dev The rest of a request, for writing; the head says from now on that there is one.
    function _marked(Stored storage stored) internal returns (Tail storage) {
        RequestHead head = stored.head;
        if (!head.isMarked()) stored.head = head.withMark();
        return stored.tail;
    }

    /// @dev Whether some institution is blocked in the programme: one read where none is.
    function _mayBeBlocked(ProgrammeId programme) internal view virtual returns (bool) {
        return _blockedCounts[programme] != 0;
    }

    function _known(RequestId requestId) internal view returns (Stored storage stored) {
        stored = _requests[requestId];
        if (stored.head.stateOf() == RequestState.NONE) revert IssuanceRequestUnknown(requestId);
    }

    function _requireUndecided(RequestId requestId) internal view returns (Stored storage stored) {
        stored = _known(requestId);
        uint8 state = stored.head.stateOf();
        if (state != RequestState.PROPOSED && state != RequestState.FILED) {
            revert IssuanceState(requestId, state);
        }
    }

    function _requireState(
        RequestId requestId,
        uint8 state
    ) internal view returns (Stored storage stored) {
        stored = _known(requestId);
        if (stored.head.stateOf() != state) revert IssuanceState(requestId, stored.head.stateOf());
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

    /// @dev An institution that is none of the parties': who proposed the request, who applies for
    /// its source now and who receives the units.
    /// @param institution Number of the institution.
    /// @param account Whose it is.
    function _requireApart(
        uint32 institution,
        address account,
        address proposer,
        ISources.Parties memory parties
    ) internal view {
        address party;
        if (institution == parties.applicantInstitution) party = parties.applicant;
        else if (institution == parties.ownerInstitution) party = parties.owner;
        else if (proposer == parties.applicant) return;
        else if (institution == PROGRAMMES.institutionNumberOf(proposer)) party = proposer;
        else return;
        revert IssuanceSameInstitution(PROGRAMMES.institutionOf(account), account, party);
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
