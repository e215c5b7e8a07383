// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InstitutionId, ProgrammeId, RequestId} from "../types/Ids.sol";
import {SourceId, TokenId} from "../types/Ids.sol";

/// @title Issuance: from a request with a tree root to units
/// @notice An applicant proposes a period with the root of its activity tree; reviewers sign; the
/// operator files and a notice (公示) runs; the authority issues. Whoever applies does not decide:
/// institutions are compared, not addresses, when a statement arrives and again when units are
/// made.
/// @dev Statements are EIP-712 typed data of the domain "Tanpu Issuance", version "1". Times are
/// seconds since 1970, days are China time, ranges are half-open.
interface IIssuance {
    /// @notice What an applicant proposes.
    /// @param sourceId The source.
    /// @param firstDay First day of the monitoring period.
    /// @param endDay Day after the last one.
    /// @param root Root of the activity tree.
    /// @param totalMilligrams Sum of the tree, milligrams of CO2e.
    /// @param count Number of leaves, zero-milligram ones included.
    /// @param depth Smallest d with 2^d >= count.
    /// @param hashSuite 1 keccak.
    /// @param leafFileHash Hash of the whole leaf file.
    /// @param reportHash Hash of the monitoring report.
    struct Proposal {
        SourceId sourceId;
        uint32 firstDay;
        uint32 endDay;
        bytes32 root;
        uint128 totalMilligrams;
        uint64 count;
        uint8 depth;
        uint8 hashSuite;
        bytes32 leafFileHash;
        bytes32 reportHash;
    }

    /// @notice A reviewer's opinion on a request (审定 / 核查 / 技术论证). What is signed is the typed
    /// data "Statement": it repeats root, milligrams, period, methodology and report of the
    /// proposal, so that a signature is worth nothing for any other content.
    /// @param requestId The request.
    /// @param kind 1 validation 审定, 2 verification 核查, 3 technical 技术论证.
    /// @param favourable An unfavourable statement stands in the way of filing and issue.
    /// @param validUntil Last second at which it counts.
    /// @param reviewer Account that signs, a key or an ERC-1271 contract.
    struct Attestation {
        RequestId requestId;
        uint8 kind;
        bool favourable;
        uint64 validUntil;
        address reviewer;
    }

    /// @notice A request as it stands. What was proposed is kept as one hash; whoever acts on a
    /// request brings the proposal along, which the event Proposed holds.
    /// @param content keccak256(abi.encode(proposal)).
    /// @param programme Programme of its source.
    /// @param applicant Who proposed.
    /// @param proposedAt When, until it is filed; pauses since then push it on, so that
    /// "reservation.seconds" run from it. 0 after filing.
    /// @param noticeEnd End of the notice, pauses up to now included; 0 before filing.
    /// @param state See RequestState.
    /// @param statements Number of review statements.
    /// @param forwarded Whether its own authority passed it on to a deciding one (初审转报).
    /// @param deductedMilligrams Milligrams taken off since.
    /// @param deductedLeaves Leaves taken off since.
    /// @param holds Open demands; no issue while there is one.
    /// @param objections Number of objections.
    /// @param openObjections Number of objections without a decision.
    struct Request {
        bytes32 content;
        ProgrammeId programme;
        address applicant;
        uint64 proposedAt;
        uint64 noticeEnd;
        uint8 state;
        uint8 statements;
        bool forwarded;
        uint64 deductedMilligrams;
        uint32 deductedLeaves;
        uint32 holds;
        uint32 objections;
        uint32 openObjections;
    }

    /// @notice A statement as stored; what it repeats of the request is not stored twice.
    struct StoredStatement {
        address reviewer;
        uint8 kind;
        bool favourable;
        uint64 validUntil;
    }

    /// @notice An objection as stored.
    /// @param objector Who objected.
    /// @param state 1 open, 2 upheld, 3 dismissed.
    struct Objection {
        address objector;
        uint8 state;
    }

    /// @notice A request was proposed and its days are booked.
    event Proposed(
        RequestId indexed requestId,
        TokenId indexed tokenId,
        SourceId indexed sourceId,
        address applicant,
        Proposal proposal
    );
    /// @notice A reviewer's statement was stored.
    event Attested(
        RequestId indexed requestId,
        address indexed reviewer,
        InstitutionId indexed institution,
        uint8 kind,
        bool favourable,
        uint64 validUntil,
        bytes32 digest
    );
    /// @notice A request was filed; its notice runs.
    event Filed(RequestId indexed requestId, bytes32 document, uint64 noticeEnd);
    /// @notice Somebody objected.
    event Objected(
        RequestId indexed requestId,
        uint32 index,
        address indexed objector,
        bytes32 document
    );
    /// @notice The authority decided an objection.
    event ObjectionDecided(
        RequestId indexed requestId,
        uint32 index,
        bool upheld,
        bytes32 document
    );
    /// @notice Units of a request were issued.
    event Issued(
        RequestId indexed requestId,
        TokenId indexed tokenId,
        address indexed owner,
        uint64 issuedGrams,
        uint64 carryBeforeMilligrams,
        uint64 carryAfterMilligrams,
        uint128 deductedMilligrams,
        bytes32 document
    );
    /// @notice The own authority passed a request on to the deciding one.
    event Forwarded(RequestId indexed requestId, address indexed authority, bytes32 document);
    /// @notice A challenge took milligrams off; the last number is all that is off now.
    event Deducted(RequestId indexed requestId, uint64 milligrams, uint64 deductedMilligrams);
    /// @notice Milligrams were given back; the last number is all that is off now.
    event Restored(RequestId indexed requestId, uint64 milligrams, uint64 deductedMilligrams);
    /// @notice The number of open demands of a request changed.
    event RequestHeld(RequestId indexed requestId, uint32 holds);
    /// @notice A challenge felled the request.
    event Fell(RequestId indexed requestId);
    /// @notice A debt blocks issues for an institution, or no longer does.
    event IssueBlocked(
        ProgrammeId indexed programme,
        InstitutionId indexed institution,
        bool blocked
    );
    /// @notice The authority rejected a request.
    event Rejected(RequestId indexed requestId, bytes32 document);
    /// @notice The applicant withdrew a request.
    event Withdrawn(RequestId indexed requestId);
    /// @notice A request that nobody reviewed lost its days.
    event Expired(RequestId indexed requestId);
    /// @notice All units of an id stand still.
    event TokenSuspended(TokenId indexed tokenId, bytes32 document);
    /// @notice The units of an id move again.
    event TokenResumed(TokenId indexed tokenId, bytes32 document);

    /// @notice There is no such request.
    error IssuanceRequestUnknown(RequestId requestId);
    /// @notice Not possible in the state of the request.
    error IssuanceState(RequestId requestId, uint8 state);
    /// @notice The account may not act in the role in that programme now.
    error IssuanceRoleMissing(ProgrammeId programme, uint8 role, address caller);
    /// @notice Only the source's applicant does this.
    error IssuanceNotApplicant(SourceId sourceId, address applicant, address caller);
    /// @notice Whoever decides or reviews is of no party's institution.
    error IssuanceSameInstitution(InstitutionId institution, address caller, address party);
    /// @notice A tree has a root.
    error IssuanceRootZero();
    /// @notice There is no such hash suite.
    error IssuanceHashSuite(uint8 hashSuite);
    /// @notice A tree has leaves.
    error IssuanceCountZero();
    /// @notice The depth does not follow from the count.
    error IssuanceDepth(uint8 depth, uint64 count);
    /// @notice Nothing is proposed.
    error IssuanceTotalZero();
    /// @notice More milligrams than 64 bits hold.
    error IssuanceTotalTooLarge(uint128 totalMilligrams, uint128 mostMilligrams);
    /// @notice More than the methodology's cap allows for so many activities.
    error IssuanceAboveCap(uint128 totalMilligrams, uint128 mostMilligrams);
    /// @notice Only Sources closes a version.
    error IssuanceNotSources(address caller);
    /// @notice This version takes no more proposals.
    error IssuanceClosed();
    /// @notice Only the contract of the challenges does this.
    error IssuanceNotDoubleCount(address caller);
    /// @notice What was brought along is not what was proposed.
    error IssuanceProposalMismatch(RequestId requestId, bytes32 content);
    /// @notice Demands are open.
    error IssuanceHeld(RequestId requestId, uint32 holds);
    /// @notice A debt blocks issues for the institution.
    error IssuanceBlocked(ProgrammeId programme, InstitutionId institution);
    /// @notice The own authority did not pass the request on.
    error IssuanceNotForwarded(RequestId requestId);
    /// @notice The own authority decides, or passed the request on before.
    error IssuanceForwardNeedless(RequestId requestId);
    /// @notice The source is suspended or delisted.
    error IssuanceSourceState(SourceId sourceId, uint8 state);
    /// @notice There is no such kind of statement.
    error IssuanceStatementKind(uint8 kind);
    /// @notice The statement ran out.
    error IssuanceStatementExpired(uint64 validUntil, uint64 time);
    /// @notice The same statement was brought before.
    error IssuanceStatementKnown(RequestId requestId, address reviewer);
    /// @notice The request takes no more statements.
    error IssuanceStatementsFull(RequestId requestId, uint256 most);
    /// @notice Not the reviewer's signature over the statement.
    error IssuanceSignature(address reviewer, bytes32 digest);
    /// @notice Too few institutions stated favourably.
    error IssuanceReviewsMissing(RequestId requestId, uint256 favourable, uint256 needed);
    /// @notice Too few institutions made a favourable statement of that kind.
    error IssuanceKindMissing(RequestId requestId, uint8 kind, uint256 found, uint256 needed);
    /// @notice An accredited reviewer is against.
    error IssuanceReviewUnfavourable(RequestId requestId, address reviewer);
    /// @notice The notice has not ended.
    error IssuanceNoticeRunning(RequestId requestId, uint64 noticeEnd);
    /// @notice The notice has ended.
    error IssuanceNoticeOver(RequestId requestId, uint64 noticeEnd);
    /// @notice A notice that ends beyond 40 bits of seconds.
    error IssuanceNoticeTooLong(uint64 noticeEnd);
    /// @notice Only open accounts object.
    error IssuanceObjectorStanding(address account, uint8 standing);
    /// @notice The account objected before.
    error IssuanceObjectionExists(RequestId requestId, address objector, uint32 index);
    /// @notice There is no such objection.
    error IssuanceObjectionUnknown(RequestId requestId, uint32 index);
    /// @notice The objection was decided before.
    error IssuanceObjectionDecided(RequestId requestId, uint32 index);
    /// @notice Objections wait for a decision.
    error IssuanceObjectionsOpen(RequestId requestId, uint32 open);
    /// @notice A rule of the programme makes no sense.
    error IssuanceParameterInvalid(ProgrammeId programme, bytes32 key, uint128 value);
    /// @notice Less than one granule is left.
    error IssuanceBelowGranularity(uint256 milligrams, uint256 granuleMilligrams);
    /// @notice The reservation still holds.
    error IssuanceNotExpired(RequestId requestId, uint64 expiresAt);
    /// @notice A reviewer has spoken, so that the reservation holds.
    error IssuanceReviewed(RequestId requestId, uint8 statements);
    /// @notice The id was never issued.
    error IssuanceTokenUnknown(TokenId tokenId);
    /// @notice Not possible in the state of the id.
    error IssuanceTokenState(TokenId tokenId, uint8 state);

    /// @notice Proposes a request and books its days. By the source's applicant.
    /// @param proposal What is proposed.
    /// @return requestId Running from 1.
    /// @custom:reverts SourcesSourceUnknown, IssuanceNotApplicant, IssuanceRoleMissing,
    /// ProgrammesPaused, IssuanceClosed, IssuanceHashSuite, IssuanceRootZero, IssuanceCountZero,
    /// IssuanceDepth, IssuanceTotalZero, IssuanceTotalTooLarge, IssuanceAboveCap, and what
    /// ISources.reserve reverts with, first of all SourcesDayTaken
    function propose(Proposal calldata proposal) external returns (RequestId requestId);

    /// @notice Stores a reviewer's signed statement. Anyone may bring it.
    /// @param attestation What was stated.
    /// @param proposal What the request proposed.
    /// @param signature ECDSA signature of the reviewer's key, or what its ERC-1271 contract
    /// accepts.
    /// @custom:reverts IssuanceRequestUnknown, IssuanceState, ProgrammesPaused,
    /// IssuanceProposalMismatch, IssuanceStatementKind, IssuanceStatementExpired,
    /// IssuanceRoleMissing, IssuanceSameInstitution, IssuanceSignature, IssuanceStatementKnown,
    /// IssuanceStatementsFull
    function attest(
        Attestation calldata attestation,
        Proposal calldata proposal,
        bytes calldata signature
    ) external;

    /// @notice Files a request (备案) and starts its notice. By the operator, once enough
    /// institutions stated favourably.
    /// @param requestId The request.
    /// @param proposal What the request proposed.
    /// @param filingDocument Hash of the filing.
    /// @param noticeEnd Wanted end, computed in working days outside; it becomes at least now +
    /// "notice.seconds".
    /// @custom:reverts IssuanceRequestUnknown, IssuanceState, IssuanceRoleMissing,
    /// ProgrammesPaused, IssuanceProposalMismatch, IssuanceReviewsMissing, IssuanceKindMissing,
    /// IssuanceReviewUnfavourable, IssuanceSameInstitution, IssuanceSourceState,
    /// IssuanceNoticeTooLong, ProgrammesParameterUnset
    /// @custom:source Guangdong PHCER: a public notice of at least seven working days.
    function file(
        RequestId requestId,
        Proposal calldata proposal,
        bytes32 filingDocument,
        uint64 noticeEnd
    ) external;

    /// @notice Passes a filed request on to the authority that decides (初审转报). By an authority of
    /// the programme itself, where a higher tier decides.
    /// @param requestId The request.
    /// @param proposal What the request proposed.
    /// @param document Hash of the preliminary review.
    /// @custom:reverts IssuanceRequestUnknown, IssuanceState, IssuanceProposalMismatch,
    /// ProgrammesPaused, IssuanceRoleMissing, IssuanceForwardNeedless, IssuanceSameInstitution
    /// @custom:source design.md section 2: authorities are tiered, district, city and province.
    function forward(RequestId requestId, Proposal calldata proposal, bytes32 document) external;

    /// @notice Objects (异议) during the notice. By any open account, once for a request; also while
    /// the programme is paused.
    /// @param requestId The request.
    /// @param document Hash of the reasons.
    /// @custom:reverts IssuanceRequestUnknown, IssuanceState, IssuanceNoticeOver,
    /// IssuanceObjectorStanding, IssuanceObjectionExists
    function object_(RequestId requestId, bytes32 document) external;

    /// @notice Decides an objection. By an authority of neither the applicant's nor the owner's
    /// institution. An objection that is upheld rejects the request and frees its days.
    /// @param requestId The request.
    /// @param proposal What the request proposed.
    /// @param index Running from 0 in the request.
    /// @param upheld Whether the objector is right.
    /// @param document Hash of the decision.
    /// @custom:reverts IssuanceRequestUnknown, IssuanceState, IssuanceProposalMismatch,
    /// IssuanceRoleMissing, IssuanceSameInstitution, ProgrammesPaused, IssuanceObjectionUnknown,
    /// IssuanceObjectionDecided
    function decideObjection(
        RequestId requestId,
        Proposal calldata proposal,
        uint32 index,
        bool upheld,
        bytes32 document
    ) external;

    /// @notice Issues the units (签发) to the source's owner. By a deciding authority (see
    /// IProgrammes.deciderOf), after the own one passed the request on where that is another, and
    /// of neither the applicant's nor the owner's institution, after the notice, with every
    /// objection decided and the statements checked again.
    /// @dev grams = floor((milligrams - deducted + carry) / (1000 * granularity)) * granularity.
    /// The rest is the source's carry when "issue.carry" is 1, else it is voided.
    /// @param requestId The request.
    /// @param proposal What the request proposed.
    /// @param document Hash of the decision.
    /// @custom:reverts IssuanceRequestUnknown, IssuanceState, IssuanceRoleMissing,
    /// IssuanceSameInstitution, ProgrammesPaused, IssuanceProposalMismatch, IssuanceSourceState,
    /// IssuanceNotForwarded, IssuanceNoticeRunning, IssuanceObjectionsOpen, IssuanceHeld,
    /// IssuanceBlocked, IssuanceReviewsMissing, IssuanceKindMissing, IssuanceReviewUnfavourable,
    /// IssuanceParameterInvalid, IssuanceBelowGranularity, ProgrammesParameterUnset, and what
    /// IReductionToken.mint reverts with
    function issue(RequestId requestId, Proposal calldata proposal, bytes32 document) external;

    /// @notice Rejects a request before issue and frees its days. By a deciding authority of
    /// neither the applicant's nor the owner's institution.
    /// @param requestId The request.
    /// @param proposal What the request proposed.
    /// @param document Hash of the decision.
    /// @custom:reverts IssuanceRequestUnknown, IssuanceState, IssuanceProposalMismatch,
    /// IssuanceRoleMissing, IssuanceSameInstitution, ProgrammesPaused
    function reject(RequestId requestId, Proposal calldata proposal, bytes32 document) external;

    /// @notice Withdraws a request before issue and frees its days. By the applicant of its source,
    /// who may have taken it over since.
    /// @param requestId The request.
    /// @param proposal What the request proposed.
    /// @custom:reverts IssuanceRequestUnknown, IssuanceState, IssuanceProposalMismatch,
    /// IssuanceNotApplicant, ProgrammesPaused
    function withdraw(RequestId requestId, Proposal calldata proposal) external;

    /// @notice Frees the days of a request that nobody reviewed within "reservation.seconds",
    /// pauses not counted. By anyone.
    /// @param requestId The request.
    /// @param proposal What the request proposed.
    /// @custom:reverts IssuanceRequestUnknown, IssuanceState, IssuanceProposalMismatch,
    /// IssuanceReviewed, IssuanceNotExpired, ProgrammesPaused, ProgrammesParameterUnset
    function releaseExpired(RequestId requestId, Proposal calldata proposal) external;

    /// @notice Suspends all units of an id: they neither move nor retire. By the authority.
    /// @param tokenId The id.
    /// @param document Hash of the decision.
    /// @custom:reverts IssuanceTokenUnknown, IssuanceTokenState, IssuanceRoleMissing
    function suspendToken(TokenId tokenId, bytes32 document) external;

    /// @notice Ends a suspension. By the authority.
    /// @param tokenId The id.
    /// @param document Hash of the decision.
    /// @custom:reverts IssuanceTokenUnknown, IssuanceTokenState, IssuanceRoleMissing
    function resumeToken(TokenId tokenId, bytes32 document) external;

    /// @notice Takes milligrams off a request before issue. Only for DoubleCount.
    /// @param requestId The request.
    /// @param milligrams How many.
    /// @param leaves Of how many leaves.
    /// @custom:reverts IssuanceNotDoubleCount, IssuanceRequestUnknown, IssuanceState
    function deduct(RequestId requestId, uint64 milligrams, uint32 leaves) external;

    /// @notice Gives milligrams back, because what they were taken for fell. Only for DoubleCount.
    /// @param requestId The request, not issued yet.
    /// @param milligrams How many.
    /// @param leaves Of how many leaves.
    /// @custom:reverts IssuanceNotDoubleCount, IssuanceRequestUnknown, IssuanceState
    function restore(RequestId requestId, uint64 milligrams, uint32 leaves) external;

    /// @notice Fells a request before issue and frees its days, also while the programme is paused.
    /// Only for DoubleCount.
    /// @param requestId The request.
    /// @param proposal What the request proposed.
    /// @custom:reverts IssuanceNotDoubleCount, IssuanceRequestUnknown, IssuanceState,
    /// IssuanceProposalMismatch
    function fall(RequestId requestId, Proposal calldata proposal) external;

    /// @notice Adds a hold; no issue while there is one. Only for DoubleCount.
    /// @param requestId The request, not decided yet.
    /// @custom:reverts IssuanceNotDoubleCount, IssuanceRequestUnknown, IssuanceState
    function hold(RequestId requestId) external;

    /// @notice Takes a hold away, also of a request that fell. Only for DoubleCount.
    /// @param requestId The request.
    /// @custom:reverts IssuanceNotDoubleCount, IssuanceRequestUnknown
    function unhold(RequestId requestId) external;

    /// @notice Closes this version for new proposals; what is under way goes on to its end. Only
    /// for Sources, whose keeper of issuers decides.
    /// @custom:reverts IssuanceNotSources
    function close() external;

    /// @notice Blocks or unblocks further issue for an institution in a programme (applicant's or
    /// owner's). Only for DoubleCount.
    /// @param programme The programme.
    /// @param institution Whose debt it is.
    /// @param blocked Whether there is one; saying the same again changes nothing.
    /// @custom:reverts IssuanceNotDoubleCount
    function setBlocked(ProgrammeId programme, InstitutionId institution, bool blocked) external;

    /// @notice Whether an institution's requests in a programme are blocked by a debt.
    function isBlocked(
        ProgrammeId programme,
        InstitutionId institution
    ) external view returns (bool);

    /// @notice Id of the units a proposal leads to.
    function tokenIdOf(Proposal calldata proposal) external view returns (TokenId);

    /// @notice The request as it stands.
    /// @custom:reverts IssuanceRequestUnknown
    function requestOf(RequestId requestId) external view returns (Request memory);

    /// @notice How many requests there are; their numbers run from 1.
    function requestCount() external view returns (uint64);

    /// @notice The source's carry, milligrams.
    function carryOf(SourceId sourceId) external view returns (uint64 milligrams);

    /// @notice A statement of a request, in order of arrival from 0; all zero when there is none.
    function statementOf(
        RequestId requestId,
        uint256 index
    ) external view returns (StoredStatement memory);

    /// @notice An objection of a request, from 0; all zero when there is none.
    function objectionOf(
        RequestId requestId,
        uint32 index
    ) external view returns (Objection memory);

    /// @notice EIP-712 digest that the reviewer signs.
    function statementDigest(
        Attestation calldata attestation,
        Proposal calldata proposal
    ) external view returns (bytes32);

    /// @notice Hash under which a proposal is kept: keccak256(abi.encode(proposal)).
    function proposalHash(Proposal calldata proposal) external pure returns (bytes32);
}
