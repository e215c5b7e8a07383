// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SumTree} from "../libraries/SumTree.sol";
import {InstitutionId, ProgrammeId, RequestId, TokenId} from "../types/Ids.sol";
import {IIssuance} from "./IIssuance.sol";

/// @title DoubleCount: anyone proves that a request counts what it may not
/// @notice Challenges are open to everybody, need no account and stop for no pause. A request can
/// be challenged while it is proposed, filed or issued (it is *live*) and not all of it is owed
/// already. Faults of a leaf (duplicate, period, cap) take that leaf's milligrams, once for each
/// leaf; faults of the tree (order, sum, shape, a demand without answer) take the whole request.
/// Before issue milligrams are deducted or the request falls; after issue the same is a debt of the
/// applicant's and the owner's institution. A challenge that proves nothing reverts.
/// @dev Trees: libraries/SumTree.sol. Deadlines are running seconds of the programme: seconds since
/// 1970 less all its pauses, so that a pause extends them. Fault codes: types/Codes.sol.
/// @custom:source design.md, sections 1 and 6: of several reports of one activity exactly one
/// amount survives, and an outsider can prove why.
interface IDoubleCount {
    /// @notice A leaf with its path.
    /// @param index Its place, from 0.
    /// @param leaf The leaf in the open.
    /// @param siblings From the lowest level to the top; as many as the tree is deep.
    struct Opening {
        uint64 index;
        SumTree.Leaf leaf;
        SumTree.Node[] siblings;
    }

    /// @notice What a request claims for one activity: the entry that matches and the leaf that
    /// carries the milligrams.
    /// @param requestId The request.
    /// @param proposal What it proposed.
    /// @param entry The leaf with the fingerprint in question.
    /// @param carrier Where the entry has no milligrams: its companion, the leaf of the same tree
    /// with the same commitments that has them. Else it is not read and may be empty.
    struct Claim {
        RequestId requestId;
        IIssuance.Proposal proposal;
        Opening entry;
        Opening carrier;
    }

    /// @notice A place of a tree with what the path to the root makes of it.
    /// @param level 0 for leaves.
    /// @param index Place in the level, from 0.
    /// @param node Hash and stated milligrams.
    /// @param siblings From that level to the top.
    struct Place {
        uint8 level;
        uint64 index;
        SumTree.Node node;
        SumTree.Node[] siblings;
    }

    /// @notice A leaf that was deducted; all zero when it was not.
    /// @param milligrams How much.
    /// @param earlier For duplicates the request that claimed the activity before, else 0.
    /// @param earlierIndex For duplicates the leaf that carries the earlier claim.
    /// @param fault Why, see Fault.
    /// @param afterIssue Whether it became a debt.
    struct Deduction {
        uint64 milligrams;
        RequestId earlier;
        uint64 earlierIndex;
        uint8 fault;
        bool afterIssue;
    }

    /// @notice A demand to show the leaves below a place.
    /// @param demander Who pays the deposit.
    /// @param deadline Running second from which it counts as unanswered.
    /// @param level 0 for one leaf, up to 6 for 64.
    /// @param state See DemandState.
    /// @param holds Whether it stands in the way of the issue.
    /// @param requestId The request.
    /// @param index Place in the level.
    /// @param depositWei The deposit.
    struct Demand {
        address demander;
        uint40 deadline;
        uint8 level;
        uint8 state;
        bool holds;
        RequestId requestId;
        uint64 index;
        uint128 depositWei;
    }

    /// @notice What parties owe for an issued request.
    /// @param tokenId Its units.
    /// @param owner Account that received them.
    /// @param deadline Running second from which anyone may enforce.
    /// @param open Whether anything is owed now.
    /// @param whole Whether all that was issued is owed.
    /// @param replacing Whether the authority let the parties replace until the deadline.
    /// @param applicant Account that proposed.
    /// @param milligrams Sum of the leaves deducted after issue.
    /// @param voidedGrams Frozen grams that were voided for it.
    /// @param repaidGrams Grams that the parties voided of their own.
    struct Debt {
        TokenId tokenId;
        address owner;
        uint40 deadline;
        bool open;
        bool whole;
        bool replacing;
        address applicant;
        uint64 milligrams;
        uint64 voidedGrams;
        uint64 repaidGrams;
    }

    /// @notice A leaf was proven to count what it may not.
    event LeafDeducted(
        RequestId indexed requestId,
        uint64 indexed index,
        uint8 indexed fault,
        uint64 milligrams,
        RequestId earlier,
        uint64 earlierIndex,
        bool afterIssue,
        address challenger
    );
    /// @notice A deduction was taken back, because the earlier claim is no more.
    event LeafRestored(RequestId indexed requestId, uint64 indexed index, uint64 milligrams);
    /// @notice A tree was proven not to be what it states.
    event TreeRefuted(
        RequestId indexed requestId,
        uint8 indexed fault,
        uint8 level,
        uint64 index,
        bool afterIssue,
        address challenger
    );
    /// @notice Somebody demands to see leaves of a request.
    event DemandOpened(
        uint64 indexed demandId,
        RequestId indexed requestId,
        address indexed demander,
        uint8 level,
        uint64 index,
        uint128 depositWei,
        uint40 deadline
    );
    /// @notice What was demanded was shown in time.
    event DemandAnswered(uint64 indexed demandId, address indexed answerer);
    /// @notice The deadline of a demand passed without an answer.
    event DemandUnanswered(uint64 indexed demandId);
    /// @notice A demand ended because nobody answers any more; its deposit is the demander's again.
    event DemandReclaimed(uint64 indexed demandId);
    /// @notice A deposit is an account's to withdraw.
    event DepositCredited(address indexed account, uint128 depositWei);
    /// @notice An account was paid what was credited to it.
    event DepositsWithdrawn(address indexed account, address to, uint256 depositsWei);
    /// @notice A debt opened, grew or shrank.
    event DebtChanged(
        RequestId indexed requestId,
        TokenId indexed tokenId,
        uint64 owedGrams,
        uint64 outstandingGrams,
        uint64 milligrams,
        bool whole,
        uint40 deadline
    );
    /// @notice Units of an account are frozen for a debt.
    event DebtAccountAdded(RequestId indexed requestId, address indexed account);
    /// @notice Units frozen for a debt were voided.
    event DebtVoided(RequestId indexed requestId, address indexed account, uint64 grams);
    /// @notice A liable party voided units of its own for a debt.
    event DebtRepaid(
        RequestId indexed requestId,
        address indexed account,
        TokenId indexed tokenId,
        uint64 grams
    );
    /// @notice The authority lets the liable parties replace the units until a further deadline.
    event DebtReplacementAllowed(RequestId indexed requestId, uint40 deadline, bytes32 document);
    /// @notice The authority decided that what is frozen is voided now.
    event DebtVoidDecided(RequestId indexed requestId, address indexed authority, bytes32 document);
    /// @notice Nothing is owed for the request any more.
    event DebtClosed(RequestId indexed requestId);

    /// @notice The proposal brought along is not the request's.
    error DoubleCountProposalMismatch(RequestId requestId, bytes32 content);
    /// @notice The request is neither undecided nor issued.
    error DoubleCountState(RequestId requestId, uint8 state);
    /// @notice All of the request is owed already.
    error DoubleCountWholeOwed(RequestId requestId);
    /// @notice The place lies behind the count.
    error DoubleCountIndex(RequestId requestId, uint64 index, uint64 count);
    /// @notice The siblings do not lead from the place to the root.
    error DoubleCountProof(RequestId requestId, uint8 level, uint64 index);
    /// @notice The carrier is not the leaf that the entry belongs to.
    error DoubleCountNotCompanion(RequestId requestId, uint64 entry, uint64 carrier);
    /// @notice The two entries have different fingerprints.
    error DoubleCountFingerprints(bytes32 earlier, bytes32 later);
    /// @notice The request named as earlier was not proposed before the other one.
    error DoubleCountPriority(RequestId earlier, RequestId later);
    /// @notice A leaf is no duplicate of itself.
    error DoubleCountSameLeaf(RequestId requestId, uint64 index);
    /// @notice The leaf is deducted already, so it claims nothing.
    error DoubleCountDeducted(RequestId requestId, uint64 index);
    /// @notice The deduction stands, or there is none.
    error DoubleCountNotRestorable(RequestId requestId, uint64 index);
    /// @notice The two leaves ascend as they should.
    error DoubleCountInOrder(RequestId requestId, uint64 index);
    /// @notice The place states what it contains.
    error DoubleCountSumRight(RequestId requestId, uint8 level, uint64 index);
    /// @notice What stands at the place may stand there.
    error DoubleCountShapeRight(RequestId requestId, uint8 level, uint64 index);
    /// @notice The bytes brought along are not those behind the hash.
    error DoubleCountContent(bytes32 hash, bytes32 contentHash);
    /// @notice The leaf's day lies in the period.
    error DoubleCountInPeriod(RequestId requestId, uint64 index, uint32 day);
    /// @notice The leaf has no more milligrams than the methodology allows.
    error DoubleCountBelowCap(RequestId requestId, uint64 index, uint64 capMilligrams);
    /// @notice There is no such place in the tree, or not the one the proof needs.
    error DoubleCountPlace(RequestId requestId, uint8 level, uint64 index);
    /// @notice The deposit is not the one the programme asks for.
    error DoubleCountDeposit(uint256 depositWei, uint256 neededWei);
    /// @notice The place is demanded or was shown.
    error DoubleCountDemanded(RequestId requestId, uint64 demandId);
    /// @notice The demand is not open.
    error DoubleCountDemandState(uint64 demandId, uint8 state);
    /// @notice The demand's deadline is over for an answer, or not over for a fall.
    error DoubleCountDeadline(uint64 demandId, uint40 deadline, uint40 time);
    /// @notice The request can still be answered for.
    error DoubleCountRequestLive(RequestId requestId, uint8 state);
    /// @notice Nothing is credited to the caller.
    error DoubleCountNothingCredited(address account);
    /// @notice The receiver did not take the deposits.
    error DoubleCountPayment(address to, uint256 depositsWei);
    /// @notice Nothing is owed for the request.
    error DoubleCountNoDebt(RequestId requestId);
    /// @notice The debt's deadline is over for a decision, or not over for enforcement.
    error DoubleCountDebtDeadline(RequestId requestId, uint40 deadline, uint40 time);
    /// @notice Replacement is allowed already.
    error DoubleCountReplacing(RequestId requestId);
    /// @notice The further deadline is none, or too far.
    error DoubleCountReplacementSeconds(uint40 replacementSeconds, uint40 mostSeconds);
    /// @notice The caller is no authority of the programme.
    error DoubleCountNotAuthority(ProgrammeId programme, address caller);
    /// @notice An authority does not decide about its own institution's debt.
    error DoubleCountSameInstitution(InstitutionId institution, address caller, address party);
    /// @notice The account is of no liable institution.
    error DoubleCountNotLiable(RequestId requestId, address account);
    /// @notice No further account fits into the list of a debt.
    error DoubleCountAccountsFull(RequestId requestId, uint256 most);
    /// @notice The account is not open.
    error DoubleCountStanding(address account, uint8 standing);
    /// @notice Units of another programme repay nothing.
    error DoubleCountTokenProgramme(TokenId tokenId, ProgrammeId programme);
    /// @notice Units that are disputed themselves repay nothing.
    error DoubleCountTokenDisputed(TokenId tokenId);
    /// @notice The id is suspended.
    error DoubleCountTokenState(TokenId tokenId, uint8 state);
    /// @notice No grams, or more than are outstanding.
    error DoubleCountGrams(uint64 grams, uint64 most);

    /// @notice Proves that two claims rest on one activity: their entries have one fingerprint. The
    /// later proposal pays, also across programmes; in one tree the greater index. What is deducted
    /// is the leaf that carries the later claim. A leaf that is deducted claims nothing any more,
    /// so it neither pays again nor makes others pay. Before issue "duplicates.fell" deducted
    /// leaves fell the request.
    /// By anyone.
    /// @param earlier The claim that stays.
    /// @param later The claim that pays; in one tree its entry has the greater index.
    /// @custom:reverts IssuanceRequestUnknown, DoubleCountProposalMismatch, DoubleCountState,
    /// DoubleCountWholeOwed, DoubleCountPriority, DoubleCountFingerprints, DoubleCountSameLeaf,
    /// DoubleCountIndex, DoubleCountProof, DoubleCountNotCompanion, DoubleCountDeducted
    /// @custom:source design.md, section 6: the later proposal pays, also across programmes.
    function challengeDuplicate(Claim calldata earlier, Claim calldata later) external;

    /// @notice Proves that two neighbouring leaves do not ascend by fingerprint. Equal fingerprints
    /// are a duplicate, not a fault of order.
    /// By anyone.
    /// @param requestId The request.
    /// @param proposal What it proposed.
    /// @param left A leaf.
    /// @param right The leaf of the next index.
    /// @custom:reverts IssuanceRequestUnknown, DoubleCountProposalMismatch, DoubleCountState,
    /// DoubleCountWholeOwed, DoubleCountIndex, DoubleCountProof, DoubleCountPlace,
    /// DoubleCountInOrder
    /// @custom:source design.md, section 6: leaves sorted by fingerprint.
    function challengeOrder(
        RequestId requestId,
        IIssuance.Proposal calldata proposal,
        Opening calldata left,
        Opening calldata right
    ) external;

    /// @notice Proves that a place states other milligrams than it contains. It is the topmost such
    /// place of its path, because the sums above it have to add up to the total. The root states
    /// the total.
    /// By anyone.
    /// @param requestId The request.
    /// @param proposal What it proposed.
    /// @param place The place with what is stated of it.
    /// @param content The bytes behind its hash: of a leaf or an empty place in level 0, of a node
    /// above.
    /// @custom:reverts IssuanceRequestUnknown, DoubleCountProposalMismatch, DoubleCountState,
    /// DoubleCountWholeOwed, DoubleCountProof, DoubleCountContent, DoubleCountPlace,
    /// DoubleCountSumRight
    /// @custom:source design.md, section 6: the topmost node whose stated sum differs from its
    /// content.
    function challengeSum(
        RequestId requestId,
        IIssuance.Proposal calldata proposal,
        Place calldata place,
        bytes calldata content
    ) external;

    /// @notice Proves that a place is what cannot stand there: at or behind the count anything but
    /// nothing (no content is needed); before it in level 0 an empty place or a node, above it a
    /// leaf or an empty place; bytes that are none of the three anywhere.
    /// By anyone.
    /// @param requestId The request.
    /// @param proposal What it proposed.
    /// @param place The place with what is stated of it.
    /// @param content The bytes behind its hash; not read for places wholly behind the count.
    /// @custom:reverts IssuanceRequestUnknown, DoubleCountProposalMismatch, DoubleCountState,
    /// DoubleCountWholeOwed, DoubleCountProof, DoubleCountContent, DoubleCountShapeRight
    /// @custom:source design.md, section 6: tag, depth, count. The depth is checked at the
    /// proposal.
    function challengeShape(
        RequestId requestId,
        IIssuance.Proposal calldata proposal,
        Place calldata place,
        bytes calldata content
    ) external;

    /// @notice Proves that a leaf's day, the first four bytes of its fingerprint, lies outside the
    /// period; that leaf is deducted. An entry without milligrams may lie one day before or behind
    /// it, because a bucket may begin there.
    /// By anyone.
    /// @param requestId The request.
    /// @param proposal What it proposed.
    /// @param opening The leaf.
    /// @custom:reverts IssuanceRequestUnknown, DoubleCountProposalMismatch, DoubleCountState,
    /// DoubleCountWholeOwed, DoubleCountIndex, DoubleCountProof, DoubleCountInPeriod,
    /// DoubleCountDeducted
    /// @custom:source design.md, sections 5 and 6: an activity belongs to the period of its day.
    function challengePeriod(
        RequestId requestId,
        IIssuance.Proposal calldata proposal,
        Opening calldata opening
    ) external;

    /// @notice Proves that a leaf has more milligrams than the methodology allows one activity;
    /// that leaf is deducted.
    /// By anyone.
    /// @param requestId The request.
    /// @param proposal What it proposed.
    /// @param opening The leaf.
    /// @custom:reverts IssuanceRequestUnknown, DoubleCountProposalMismatch, DoubleCountState,
    /// DoubleCountWholeOwed, DoubleCountIndex, DoubleCountProof, DoubleCountBelowCap,
    /// DoubleCountDeducted
    /// @custom:source design.md, section 6: more milligrams than the methodology's cap.
    function challengeLeaf(
        RequestId requestId,
        IIssuance.Proposal calldata proposal,
        Opening calldata opening
    ) external;

    /// @notice Gives a duplicate's milligrams back, because the earlier claim is no more: its
    /// request ended without issue or is owed whole, or its leaf was deducted in turn. Possible
    /// while the later request is undecided, or while the debt that came of it is open. By anyone.
    /// The leaf can then be challenged with another claim.
    /// @param requestId The later request.
    /// @param index The leaf that paid.
    /// @custom:reverts DoubleCountNotRestorable
    function restore(RequestId requestId, uint64 index) external;

    /// @notice Demands to see the leaves below a place, against the deposit "demand.depositWei". A
    /// place that was shown once, by itself or as part of a larger one, stays shown. Before issue
    /// the demand holds the issue up.
    /// By anyone.
    /// @param requestId A live request.
    /// @param proposal What it proposed.
    /// @param level 0 for one leaf, up to 6 for 64.
    /// @param index Place in the level.
    /// @return demandId Running from 1.
    /// @custom:reverts IssuanceRequestUnknown, DoubleCountProposalMismatch, DoubleCountState,
    /// DoubleCountWholeOwed, DoubleCountPlace, DoubleCountDemanded, DoubleCountDeposit
    /// @custom:source design.md, section 6: no issue while a demand is open.
    function demand(
        RequestId requestId,
        IIssuance.Proposal calldata proposal,
        uint8 level,
        uint64 index
    ) external payable returns (uint64 demandId);

    /// @notice Shows what was demanded, before the deadline. By anyone, who gets the deposit
    /// credited.
    /// @param demandId The demand.
    /// @param proposal What the request proposed.
    /// @param leaves All leaves below the place, in order; places behind the count are left out.
    /// @param siblings From the place's level to the top.
    /// @custom:reverts DoubleCountDemandState, IssuanceRequestUnknown, DoubleCountProposalMismatch,
    /// DoubleCountState, DoubleCountWholeOwed, DoubleCountDeadline, DoubleCountIndex,
    /// DoubleCountProof
    function answer(
        uint64 demandId,
        IIssuance.Proposal calldata proposal,
        SumTree.Leaf[] calldata leaves,
        SumTree.Node[] calldata siblings
    ) external;

    /// @notice Says that the deadline of a demand passed without an answer: the request falls,
    /// after issue all of it is owed. By anyone; the deposit is credited to the demander.
    /// @param demandId The demand.
    /// @param proposal What the request proposed.
    /// @custom:reverts DoubleCountDemandState, IssuanceRequestUnknown, DoubleCountProposalMismatch,
    /// DoubleCountState, DoubleCountWholeOwed, DoubleCountDeadline
    function fellUnanswered(uint64 demandId, IIssuance.Proposal calldata proposal) external;

    /// @notice Credits the deposit of an open demand to its demander, because the request ended or
    /// is owed whole, so that nobody answers any more. By anyone.
    /// @param demandId The demand.
    /// @custom:reverts DoubleCountDemandState, DoubleCountRequestLive
    function reclaim(uint64 demandId) external;

    /// @notice Pays out what is credited to the caller. Deposits are never sent unasked, so that no
    /// receiver can stand in the way of a challenge or an answer.
    /// @param to Where to.
    /// @custom:reverts DoubleCountNothingCredited, DoubleCountPayment
    function withdrawDeposits(address payable to) external;

    /// @notice Freezes what an account holds of the disputed units, up to what is outstanding. By
    /// anyone, for any account of a liable institution: units that were moved within it, came back
    /// from escrow or were bought back are caught so. The first owner and the applicant are frozen
    /// when the debt opens.
    /// @param requestId A request with an open debt.
    /// @param account The account.
    /// @custom:reverts DoubleCountNoDebt, DoubleCountNotLiable, DoubleCountAccountsFull
    function freeze(RequestId requestId, address account) external;

    /// @notice Decides that what is frozen is voided now. By an authority that decides about the
    /// programme's requests and whose institution is neither the applicant's nor the owner's.
    /// @param requestId A request with an open debt.
    /// @param document Hash of the decision.
    /// @custom:reverts DoubleCountNoDebt, DoubleCountNotAuthority, DoubleCountSameInstitution,
    /// ProgrammesPaused
    function voidFrozen(RequestId requestId, bytes32 document) external;

    /// @notice Lets the liable parties replace the units until a further deadline. By an authority
    /// as above, once, before the deadline of the debt.
    /// @param requestId A request with an open debt.
    /// @param replacementSeconds From now, at most a year.
    /// @param document Hash of the decision.
    /// @custom:reverts DoubleCountNoDebt, DoubleCountNotAuthority, DoubleCountSameInstitution,
    /// ProgrammesPaused, DoubleCountReplacing, DoubleCountDebtDeadline,
    /// DoubleCountReplacementSeconds
    function allowReplacement(
        RequestId requestId,
        uint40 replacementSeconds,
        bytes32 document
    ) external;

    /// @notice Voids units of the caller for a debt: equal ones of the same programme. By an open
    /// account of a liable institution. Units that are frozen for another cause or disputed for
    /// another request do not serve; those that are frozen for this debt do.
    /// @param requestId A request with an open debt.
    /// @param tokenId Units to void.
    /// @param grams How many, at most what is outstanding.
    /// @custom:reverts DoubleCountNoDebt, DoubleCountNotLiable, DoubleCountStanding,
    /// DoubleCountTokenProgramme, DoubleCountTokenDisputed, DoubleCountTokenState,
    /// DoubleCountGrams, ProgrammesPaused
    /// @custom:source design.md, section 6: buyers keep sold units; the liable party buys and voids
    /// equal ones.
    function repay(RequestId requestId, TokenId tokenId, uint64 grams) external;

    /// @notice Voids what is frozen for a debt after its deadline. By anyone. What is still
    /// outstanding afterwards stays owed and keeps further issue blocked.
    /// @param requestId A request with an open debt.
    /// @custom:reverts DoubleCountNoDebt, DoubleCountDebtDeadline, ProgrammesPaused
    /// @custom:source design.md, section 6: without a decision the frozen units are voided.
    function enforce(RequestId requestId) external;

    /// @notice Whether units of an id carry an open debt.
    function isDisputed(TokenId tokenId) external view returns (bool);

    /// @notice A leaf's deduction; all zero when there is none.
    function deductionOf(
        RequestId requestId,
        uint64 index
    ) external view returns (Deduction memory);

    /// @notice A demand; all zero when there is none.
    function demandOf(uint64 demandId) external view returns (Demand memory);

    /// @notice How many demands there are; their numbers run from 1.
    function demandCount() external view returns (uint64);

    /// @notice Deposits credited to an account, wei.
    function creditOf(address account) external view returns (uint256 creditWei);

    /// @notice A request's debt; all zero when it never had one.
    /// @return debt As stored.
    /// @return owedGrams ceil(milligrams / 1000), or all that was issued; at most that.
    /// @return outstandingGrams Owed and neither voided nor repaid.
    function debtOf(
        RequestId requestId
    ) external view returns (Debt memory debt, uint64 owedGrams, uint64 outstandingGrams);

    /// @notice Accounts whose units are frozen for a debt.
    function debtAccountsOf(RequestId requestId) external view returns (address[] memory);

    /// @notice How many open debts an institution has in a programme; its issue is blocked while
    /// there is one.
    function openDebtsOf(
        ProgrammeId programme,
        InstitutionId institution
    ) external view returns (uint64);
}
