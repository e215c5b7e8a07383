// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IssuanceRequests} from "./IssuanceRequests.sol";
import {IssuanceReviews} from "./IssuanceReviews.sol";
import {IIssuance} from "./interfaces/IIssuance.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {ISources} from "./interfaces/ISources.sol";
import {HashSuite} from "./libraries/HashSuite.sol";
import {SumTree} from "./libraries/SumTree.sol";
import {TokenIds} from "./libraries/TokenIds.sol";
import {IdState, ObjectionState, ParameterKeys, RequestState} from "./types/Codes.sol";
import {Roles, SourceState, Standing} from "./types/Codes.sol";
import {InstitutionId, ProgrammeId, RequestId, SourceId, TokenId} from "./types/Ids.sol";
import {RequestHead, newRequestHead} from "./types/RequestHead.sol";

/// @title Issuance
/// @notice What it does and why: interfaces/IIssuance.sol.
contract Issuance is IssuanceReviews {
    using TokenIds for TokenId;

    uint256 private constant MILLIGRAMS_PER_GRAM = 1000;
    uint256 private constant MOST_GRANULARITY_GRAMS = 1_000_000;

    mapping(RequestId requestId => mapping(uint32 index => Objection)) private _objections;
    mapping(RequestId requestId => mapping(address objector => uint32 indexPlusOne))
        private _objectionOf;
    mapping(SourceId sourceId => uint64 milligrams) private _carries;

    constructor(
        IProgrammes programmes,
        ISources sources,
        IReductionToken reductionToken,
        address doubleCount
    )
        EIP712("Tanpu Issuance", "1")
        IssuanceRequests(programmes, sources, reductionToken, doubleCount)
    {}

    /// @inheritdoc IIssuance
    function propose(Proposal calldata proposal) external returns (RequestId requestId) {
        _requireShape(proposal);
        ISources.Booking memory booking = SOURCES.reserve(
            proposal.sourceId,
            proposal.firstDay,
            proposal.endDay
        );
        if (msg.sender != booking.applicant) {
            revert IssuanceNotApplicant(proposal.sourceId, booking.applicant, msg.sender);
        }
        uint64 pausedSeconds = _requireRole(booking.programme, Roles.APPLICANT);
        _requireBelowCap(proposal, booking.capMilligrams);

        if (_closed) revert IssuanceClosed();
        requestId = RequestId.wrap(++_requestCount);
        Stored storage stored = _requests[requestId];
        stored.content = _hashOf(proposal);
        stored.head = newRequestHead(
            msg.sender,
            uint40(block.timestamp - pausedSeconds),
            booking.programme,
            RequestState.PROPOSED
        );
        TokenId tokenId = TokenIds.pack(
            booking.programme,
            booking.methodology,
            proposal.firstDay,
            proposal.endDay,
            proposal.sourceId,
            booking.assetKey
        );
        emit Proposed(requestId, tokenId, proposal.sourceId, msg.sender, proposal);
    }

    /// @inheritdoc IIssuance
    function file(
        RequestId requestId,
        Proposal calldata proposal,
        bytes32 filingDocument,
        uint64 noticeEnd
    ) external {
        Stored storage stored = _requireState(requestId, RequestState.PROPOSED);
        _requireContent(requestId, stored, proposal);
        RequestHead head = stored.head;
        uint64 pausedSeconds = _requireRole(head.programmeOf(), Roles.OPERATOR);
        ISources.Source memory source = SOURCES.sourceOf(proposal.sourceId);
        _requireReviews(
            requestId,
            head,
            _partiesOf(source),
            _parameter(head.programmeOf(), ParameterKeys.REVIEW_COUNT),
            _pending(proposal.sourceId, source)
        );

        // The operator may have signed long before this runs, so the rule's length counts from now.
        uint256 earliest =
            block.timestamp + _parameter(head.programmeOf(), ParameterKeys.NOTICE_SECONDS);
        uint256 end = noticeEnd > earliest ? noticeEnd : earliest;
        if (end > type(uint40).max) revert IssuanceNoticeTooLong(noticeEnd);
        stored.head = head.withNotice(uint40(end - pausedSeconds));
        emit Filed(requestId, filingDocument, uint64(end));
    }

    /// @inheritdoc IIssuance
    function forward(RequestId requestId, Proposal calldata proposal, bytes32 document) external {
        Stored storage stored = _requireState(requestId, RequestState.FILED);
        _requireContent(requestId, stored, proposal);
        RequestHead head = stored.head;
        _requireRole(head.programmeOf(), Roles.AUTHORITY);
        if (head.isForwarded() || PROGRAMMES.deciderOf(head.programmeOf()) == head.programmeOf()) {
            revert IssuanceForwardNeedless(requestId);
        }
        _requireApart(
            PROGRAMMES.institutionNumberOf(msg.sender),
            msg.sender,
            head.applicantOf(),
            SOURCES.partiesOf(proposal.sourceId)
        );
        stored.head = head.withForwarded();
        emit Forwarded(requestId, msg.sender, document);
    }

    /// @inheritdoc IIssuance
    function object_(RequestId requestId, bytes32 document) external {
        Stored storage stored = _requireState(requestId, RequestState.FILED);
        RequestHead head = stored.head;
        uint64 noticeEnd = head.timeOf() + PROGRAMMES.pausedSecondsOf(head.programmeOf());
        if (block.timestamp >= noticeEnd) revert IssuanceNoticeOver(requestId, noticeEnd);
        uint8 standing = PROGRAMMES.accountOf(msg.sender).standing;
        if (standing & (Standing.OPEN | Standing.FROZEN | Standing.CLOSED) != Standing.OPEN) {
            revert IssuanceObjectorStanding(msg.sender, standing);
        }
        uint32 earlier = _objectionOf[requestId][msg.sender];
        if (earlier != 0) revert IssuanceObjectionExists(requestId, msg.sender, earlier - 1);

        Tail storage tail = _marked(stored);
        uint32 index = tail.objections++;
        ++tail.openObjections;
        _objections[requestId][index] = Objection(msg.sender, ObjectionState.OPEN);
        _objectionOf[requestId][msg.sender] = index + 1;
        emit Objected(requestId, index, msg.sender, document);
    }

    /// @inheritdoc IIssuance
    function decideObjection(
        RequestId requestId,
        Proposal calldata proposal,
        uint32 index,
        bool upheld,
        bytes32 document
    ) external {
        Stored storage stored = _requireState(requestId, RequestState.FILED);
        _requireDecision(requestId, stored, proposal);
        Objection storage objection = _objections[requestId][index];
        if (objection.state == 0) revert IssuanceObjectionUnknown(requestId, index);
        if (objection.state != ObjectionState.OPEN) {
            revert IssuanceObjectionDecided(requestId, index);
        }
        objection.state = upheld ? ObjectionState.UPHELD : ObjectionState.DISMISSED;
        --stored.tail.openObjections;
        emit ObjectionDecided(requestId, index, upheld, document);
        if (upheld) {
            emit Rejected(requestId, document);
            _fell(stored, proposal, RequestState.REJECTED);
        }
    }

    /// @inheritdoc IIssuance
    function issue(RequestId requestId, Proposal calldata proposal, bytes32 document) external {
        Stored storage stored = _requireState(requestId, RequestState.FILED);
        _requireContent(requestId, stored, proposal);
        RequestHead head = stored.head;
        // Most requests have nothing there, and looking would cost as much as for those that have.
        Tail memory tail;
        if (head.isMarked()) tail = stored.tail;
        ISources.Source memory source = SOURCES.sourceOf(proposal.sourceId);
        bool pending = _pending(proposal.sourceId, source);
        IProgrammes.Rules memory rules = _requireIssuable(requestId, head, tail, source, pending);

        uint64 carryBefore = _carries[proposal.sourceId];
        (uint64 grams, uint64 carryAfter) = _gramsOf(
            head.programmeOf(),
            _left(proposal.totalMilligrams, tail.deductedMilligrams) + carryBefore,
            rules
        );
        stored.head = head.withState(RequestState.ISSUED);
        if (carryAfter != carryBefore) _carries[proposal.sourceId] = carryAfter;
        TokenId tokenId = _tokenIdOf(source, proposal);
        emit Issued(
            requestId,
            tokenId,
            source.owner,
            grams,
            carryBefore,
            carryAfter,
            tail.deductedMilligrams,
            document
        );
        if (pending) SOURCES.activate(proposal.sourceId, document);
        // Last, because it may call the owner back.
        TOKEN.mint(source.owner, tokenId, grams);
    }

    /// @inheritdoc IIssuance
    function reject(RequestId requestId, Proposal calldata proposal, bytes32 document) external {
        Stored storage stored = _requireUndecided(requestId);
        _requireDecision(requestId, stored, proposal);
        emit Rejected(requestId, document);
        _fell(stored, proposal, RequestState.REJECTED);
    }

    /// @inheritdoc IIssuance
    function withdraw(RequestId requestId, Proposal calldata proposal) external {
        Stored storage stored = _requireUndecided(requestId);
        _requireContent(requestId, stored, proposal);
        // A source that passed on took its open requests along.
        address applicant = SOURCES.sourceOf(proposal.sourceId).applicant;
        if (msg.sender != applicant) {
            revert IssuanceNotApplicant(proposal.sourceId, applicant, msg.sender);
        }
        PROGRAMMES.requireRunning(stored.head.programmeOf());
        emit Withdrawn(requestId);
        _fell(stored, proposal, RequestState.WITHDRAWN);
    }

    /// @inheritdoc IIssuance
    function releaseExpired(RequestId requestId, Proposal calldata proposal) external {
        Stored storage stored = _requireState(requestId, RequestState.PROPOSED);
        _requireContent(requestId, stored, proposal);
        RequestHead head = stored.head;
        if (head.statementsOf() != 0) revert IssuanceReviewed(requestId, head.statementsOf());
        PROGRAMMES.requireRunning(head.programmeOf());
        uint256 expiresAt =
            head.timeOf() +
                _parameter(head.programmeOf(), ParameterKeys.RESERVATION_SECONDS) +
                PROGRAMMES.pausedSecondsOf(head.programmeOf());
        if (block.timestamp < expiresAt) revert IssuanceNotExpired(requestId, uint64(expiresAt));
        emit Expired(requestId);
        _fell(stored, proposal, RequestState.EXPIRED);
    }

    /// @inheritdoc IIssuance
    function suspendToken(TokenId tokenId, bytes32 document) external {
        _moveToken(tokenId, IdState.ACTIVE, IdState.SUSPENDED);
        emit TokenSuspended(tokenId, document);
    }

    /// @inheritdoc IIssuance
    function resumeToken(TokenId tokenId, bytes32 document) external {
        _moveToken(tokenId, IdState.SUSPENDED, IdState.ACTIVE);
        emit TokenResumed(tokenId, document);
    }

    /// @inheritdoc IIssuance
    function carryOf(SourceId sourceId) external view returns (uint64 milligrams) {
        return _carries[sourceId];
    }

    /// @inheritdoc IIssuance
    function objectionOf(
        RequestId requestId,
        uint32 index
    ) external view returns (Objection memory) {
        return _objections[requestId][index];
    }

    // Also in a paused programme: whoever steals units must not gain by the pause that he caused.
    function _moveToken(TokenId tokenId, uint8 from, uint8 to) private {
        (bool exists, uint8 state, , , ) = TOKEN.supplyOf(tokenId);
        if (!exists) revert IssuanceTokenUnknown(tokenId);
        ProgrammeId programme = tokenId.programmeOf();
        if (!PROGRAMMES.hasRole(programme, Roles.AUTHORITY, msg.sender)) {
            revert IssuanceRoleMissing(programme, Roles.AUTHORITY, msg.sender);
        }
        if (state != from) revert IssuanceTokenState(tokenId, state);
        TOKEN.setIdState(tokenId, to);
    }

    /// @dev Everything that may stand in the way of an issue, apart from the amount.
    function _requireIssuable(
        RequestId requestId,
        RequestHead head,
        Tail memory tail,
        ISources.Source memory source,
        bool pending
    ) private view returns (IProgrammes.Rules memory rules) {
        IProgrammes.Decider memory decider;
        (decider, rules) = PROGRAMMES.issueFactsOf(head.programmeOf(), msg.sender);
        ISources.Parties memory parties = _partiesOf(source);
        _requireMayDecide(decider, head.applicantOf(), parties);
        if (decider.deciding != head.programmeOf() && !head.isForwarded()) {
            revert IssuanceNotForwarded(requestId);
        }
        uint64 noticeEnd = head.timeOf() + decider.pausedSeconds;
        if (block.timestamp < noticeEnd) revert IssuanceNoticeRunning(requestId, noticeEnd);
        if (tail.openObjections != 0) {
            revert IssuanceObjectionsOpen(requestId, tail.openObjections);
        }
        if (tail.holds != 0) revert IssuanceHeld(requestId, tail.holds);
        if (_mayBeBlocked(head.programmeOf())) {
            _requireUnblocked(
                head.programmeOf(),
                [head.applicantOf(), source.applicant, source.owner]
            );
        }
        _requireReviews(requestId, head, parties, rules.reviewCount, pending);
    }

    function _requireUnblocked(ProgrammeId programme, address[3] memory accounts) private view {
        InstitutionId[3] memory institutions = PROGRAMMES.institutionsOf(accounts);
        for (uint256 i = 0; i < 3; ++i) {
            if (!isBlocked(programme, institutions[i])) continue;
            revert IssuanceBlocked(programme, institutions[i]);
        }
    }

    function _requireMayDecide(
        IProgrammes.Decider memory decider,
        address proposer,
        ISources.Parties memory parties
    ) private view {
        if (!decider.holds) {
            revert IssuanceRoleMissing(decider.deciding, Roles.AUTHORITY, msg.sender);
        }
        _requireApart(decider.institution, msg.sender, proposer, parties);
    }

    function _requireDecision(
        RequestId requestId,
        Stored storage stored,
        Proposal calldata proposal
    ) private view {
        _requireContent(requestId, stored, proposal);
        RequestHead head = stored.head;
        _requireMayDecide(
            PROGRAMMES.deciderIn(head.programmeOf(), msg.sender),
            head.applicantOf(),
            SOURCES.partiesOf(proposal.sourceId)
        );
    }

    function _parameter(ProgrammeId programme, bytes32 key) private view returns (uint128) {
        return PROGRAMMES.parameterAt(programme, key, uint64(block.timestamp));
    }

    /// @dev grams = floor(milligrams / (1000 * granularity)) * granularity, the rest carried or
    /// void.
    function _gramsOf(
        ProgrammeId programme,
        uint256 milligrams,
        IProgrammes.Rules memory rules
    ) private pure returns (uint64 grams, uint64 carryAfter) {
        uint256 granularity = rules.granularityGrams;
        if (granularity == 0 || granularity > MOST_GRANULARITY_GRAMS) {
            revert IssuanceParameterInvalid(
                programme,
                ParameterKeys.ISSUE_GRANULARITY_GRAMS,
                rules.granularityGrams
            );
        }
        if (rules.carry > 1) {
            revert IssuanceParameterInvalid(programme, ParameterKeys.ISSUE_CARRY, rules.carry);
        }
        uint256 granule = granularity * MILLIGRAMS_PER_GRAM;
        uint256 rest = milligrams % granule;
        if (milligrams < granule) revert IssuanceBelowGranularity(milligrams, granule);
        grams = uint64((milligrams - rest) / MILLIGRAMS_PER_GRAM);
        carryAfter = rules.carry == 1 ? uint64(rest) : 0;
    }

    function _partiesOf(
        ISources.Source memory source
    ) private pure returns (ISources.Parties memory) {
        return
            ISources.Parties({
                methodology: source.methodology,
                applicant: source.applicant,
                owner: source.owner,
                applicantInstitution: source.applicantInstitution,
                ownerInstitution: source.ownerInstitution
            });
    }

    /// @dev Whether the source waits for its own review; one that is suspended or delisted earns
    /// nothing.
    function _pending(
        SourceId sourceId,
        ISources.Source memory source
    ) private pure returns (bool) {
        if (source.state == SourceState.ACTIVE) return false;
        if (source.state == SourceState.PENDING) return true;
        revert IssuanceSourceState(sourceId, source.state);
    }

    // Challenges may take more than there is, when two of them meet one leaf's milligrams.
    function _left(uint256 totalMilligrams, uint256 deducted) private pure returns (uint256) {
        return totalMilligrams > deducted ? totalMilligrams - deducted : 0;
    }

    function _requireBelowCap(Proposal calldata proposal, uint64 cap) private pure {
        uint128 most = uint128(cap) * proposal.count;
        if (cap != 0 && proposal.totalMilligrams > most) {
            revert IssuanceAboveCap(proposal.totalMilligrams, most);
        }
    }

    function _requireShape(Proposal calldata proposal) private pure {
        if (proposal.hashSuite != HashSuite.KECCAK) {
            revert IssuanceHashSuite(proposal.hashSuite);
        }
        if (proposal.root == 0) revert IssuanceRootZero();
        if (proposal.count == 0) revert IssuanceCountZero();
        if (!SumTree.isDepthOf(proposal.depth, proposal.count)) {
            revert IssuanceDepth(proposal.depth, proposal.count);
        }
        if (proposal.totalMilligrams == 0) revert IssuanceTotalZero();
        if (proposal.totalMilligrams > type(uint64).max) {
            revert IssuanceTotalTooLarge(proposal.totalMilligrams, type(uint64).max);
        }
    }
}
