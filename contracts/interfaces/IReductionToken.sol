// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {ProgrammeId, RetirementId, TokenId} from "../types/Ids.sol";
import {IIntentNonces} from "./IIntentNonces.sol";

/// @title ReductionToken: the units
/// @notice ERC-1155; one id per issued request, one unit is one gram of CO2e (减排量). Account
/// standing, the state of ids and pauses are pushed in, so that a transfer of a plain account calls
/// no other contract; AccountGuard is asked only for guarded accounts, Freezes only for those with
/// a partial freeze. Held grams have no serials; they get them when they leave, from one cursor per
/// id. For every id issued = held + retired + void, at all times.
/// @dev Ids are packed, see libraries/TokenIds.sol. The quantity is no part of an id. Intents are
/// EIP-712 typed data of the domain "Tanpu ReductionToken", version "1"; their types are the
/// structs TransferIntent and RetireIntent with the fields in their order.
interface IReductionToken is IERC1155, IIntentNonces {
    /// @notice Addresses of the contracts that the token knows for ever.
    /// @param programmes Pushes standing and pauses.
    /// @param issuance Mints, and pushes the state of ids.
    /// @param certificate Consumes retirements.
    /// @param accountGuard Asked when units of a guarded account leave.
    /// @param freezes Asked when units of a partly frozen account leave.
    /// @param corrections Moves by force, voids and reissues.
    /// @param doubleCount Voids.
    /// @param settlement Holds what sell orders offer.
    /// @param pledge Holds what is pledged.
    /// @param poolReserve Holds the units of personal accounts.
    struct Wiring {
        address programmes;
        address issuance;
        address certificate;
        address accountGuard;
        address freezes;
        address corrections;
        address doubleCount;
        address settlement;
        address pledge;
        address poolReserve;
    }

    /// @notice One line of a batch retirement.
    /// @param tokenId Id of the units.
    /// @param grams How many, not 0.
    /// @param beneficiary Salted commitment to whom this line serves; 0 when it is the holder.
    struct Line {
        TokenId tokenId;
        uint64 grams;
        bytes32 beneficiary;
    }

    /// @notice A line with the serials its grams took when they left.
    /// @param tokenId Id of the units.
    /// @param firstSerial First serial.
    /// @param endSerial Serial after the last one.
    /// @param beneficiary As in the line.
    struct RetiredLine {
        TokenId tokenId;
        uint64 firstSerial;
        uint64 endSerial;
        bytes32 beneficiary;
    }

    /// @notice A signed order to transfer; anyone may bring it.
    /// @param from Whose units, and who signs.
    /// @param to Who receives them.
    /// @param tokenId Their id.
    /// @param grams How many.
    /// @param nonce Unordered, used once; see IIntentNonces.
    /// @param deadline Last second at which it counts.
    struct TransferIntent {
        address from;
        address to;
        TokenId tokenId;
        uint64 grams;
        uint256 nonce;
        uint64 deadline;
    }

    /// @notice A signed order to retire; anyone may bring it.
    /// @param holder Whose units, and who signs.
    /// @param tokenId Their id.
    /// @param grams How many, not 0.
    /// @param purpose See retire.
    /// @param content See retire.
    /// @param nonce Unordered, used once; see IIntentNonces.
    /// @param deadline Last second at which it counts.
    struct RetireIntent {
        address holder;
        TokenId tokenId;
        uint64 grams;
        uint8 purpose;
        bytes32 content;
        uint256 nonce;
        uint64 deadline;
    }

    /// @notice Units left for ever, and got their serials.
    event Retired(
        RetirementId indexed retirementId,
        TokenId indexed tokenId,
        address indexed holder,
        uint64 firstSerial,
        uint64 endSerial,
        uint8 purpose,
        bytes32 content
    );
    /// @notice One record of many lines, all of one programme.
    /// @param retirementId keccak256(abi.encode(holder, purpose, content,
    /// keccak256(abi.encode(lines)))).
    event RetiredBatch(
        RetirementId indexed retirementId,
        address indexed holder,
        uint8 purpose,
        bytes32 content,
        RetiredLine[] lines
    );
    /// @notice An authority's act moved units without their holder's order; reason is the act.
    event ForcedTransfer(
        TokenId indexed tokenId,
        address indexed from,
        address indexed to,
        uint64 grams,
        bytes32 reason
    );
    /// @notice Units left by correction; reason is the act or the request whose debt it is.
    event Voided(
        TokenId indexed tokenId,
        address indexed holder,
        uint64 grams,
        bytes32 indexed reason
    );
    /// @notice Voided grams came back by correction; reason is the act.
    event Reissued(
        TokenId indexed tokenId,
        address indexed to,
        uint64 grams,
        bytes32 indexed reason
    );
    /// @notice An id was suspended or became active again.
    event IdStateSet(TokenId indexed tokenId, uint8 state);
    /// @notice An account's standing is this from now on, all bits included.
    event StandingSet(address indexed account, uint8 standing);
    /// @notice A programme's units stand still from now on, or move again.
    event PausedSet(ProgrammeId indexed programme, bool paused);
    /// @notice A further contract may issue, for ever.
    event TokenIssuerAdded(address indexed issuer);

    /// @notice The caller is no issuer.
    error ReductionTokenNotIssuance(address caller);
    /// @notice Only Programmes copies standing and pauses.
    error ReductionTokenNotProgrammes(address caller);
    /// @notice Only Certificate consumes retirements.
    error ReductionTokenNotCertificate(address caller);
    /// @notice The caller is not a contract that carries out corrections.
    error ReductionTokenNotCorrections(address caller);
    /// @notice Only Settlement, Pledge and PoolReserve pull.
    error ReductionTokenNotCustodian(address caller);
    /// @notice Only AccountGuard says that an account is guarded.
    error ReductionTokenNotAccountGuard(address caller);
    /// @notice Only Freezes says that an account is partly frozen.
    error ReductionTokenNotFreezes(address caller);
    /// @notice Nobody cannot issue.
    error ReductionTokenIssuerZero();
    /// @notice The contract is an issuer already.
    error ReductionTokenIssuerKnown(address issuer);
    /// @notice The id was never issued.
    error ReductionTokenUnknown(uint256 tokenId);
    /// @notice The id was issued before, whatever its quantity was.
    error ReductionTokenExists(TokenId tokenId);
    /// @notice The id is suspended.
    error ReductionTokenState(uint256 tokenId, uint8 state);
    /// @notice The account is frozen, closed or none.
    error ReductionTokenStanding(address account, uint8 standing);
    /// @notice The contract's standing is open for ever.
    error ReductionTokenStandingFixed(address account);
    /// @notice The programme is paused.
    error ReductionTokenPaused(uint32 programme);
    /// @notice Fewer grams would be left than are frozen.
    error ReductionTokenPartlyFrozen(
        address account,
        uint256 tokenId,
        uint256 leftGrams,
        uint64 frozenGrams
    );
    /// @notice An act reaches neither into nor out of what this contract holds for others.
    error ReductionTokenInCustody(address account);
    /// @notice At least one gram moves.
    error ReductionTokenGramsZero();
    /// @notice A record counts at most so many grams.
    error ReductionTokenGramsTooMany(uint64 grams, uint64 most);
    /// @notice Fewer grams of the id are void.
    error ReductionTokenVoidTooFew(TokenId tokenId, uint64 voidGrams, uint64 grams);
    /// @notice There is no such purpose.
    error ReductionTokenPurpose(uint8 purpose);
    /// @notice A batch has at least one line.
    error ReductionTokenLinesEmpty();
    /// @notice A batch has at most so many lines.
    error ReductionTokenLinesTooMany(uint256 count, uint256 most);
    /// @notice The line's id is of another programme than that of the first line.
    error ReductionTokenLinesMixed(TokenId tokenId, ProgrammeId programme);
    /// @notice There is no such retirement.
    error ReductionTokenRetirementUnknown(RetirementId retirementId);
    /// @notice The retirement stands or stood in a certificate.
    error ReductionTokenConsumed(RetirementId retirementId);

    /// @notice Creates the units of an id, once. Only for Issuance and added issuers.
    /// @param to Who receives them; a contract must accept ERC-1155 tokens.
    /// @param tokenId The id.
    /// @param grams How many, not 0.
    /// @custom:reverts ReductionTokenNotIssuance, ReductionTokenExists, ReductionTokenGramsZero,
    /// ReductionTokenStanding, ReductionTokenPaused, ERC1155InvalidReceiver
    /// @custom:source design.md 5: existence is an explicit flag, one id per issued request.
    function mint(address to, TokenId tokenId, uint64 grams) external;

    /// @notice Sets the state of an id. Only for Issuance and added issuers.
    /// @param tokenId An issued id.
    /// @param state 1 active, 2 suspended.
    /// @custom:reverts ReductionTokenNotIssuance, ReductionTokenUnknown
    function setIdState(TokenId tokenId, uint8 state) external;

    /// @notice Lets another contract issue, a next version of Issuance; it can never be taken back,
    /// so that ids keep who may suspend them. Only by decision of the registry (AccessManager).
    /// @param issuer The contract.
    /// @custom:reverts AccessManagedUnauthorized, ReductionTokenIssuerZero,
    /// ReductionTokenIssuerKnown
    /// @custom:source design.md 5: only stateless policy is replaced, behind AccessManager.
    function addIssuer(address issuer) external;

    /// @notice Copies an account's standing; the bits GUARDED and HAS_PARTIAL_FREEZE stay as they
    /// are. Only for Programmes. Settlement, Pledge and PoolReserve are open for ever, so that no
    /// programme's decision stops those of another.
    /// @param account The account.
    /// @param standing Bits of the Standing library.
    /// @custom:reverts ReductionTokenNotProgrammes, ReductionTokenStandingFixed
    function setStanding(address account, uint8 standing) external;

    /// @notice Copies whether a programme is paused. Only for Programmes.
    /// @param programme The programme.
    /// @param paused Whether its units stand still.
    /// @custom:reverts ReductionTokenNotProgrammes
    function setPaused(ProgrammeId programme, bool paused) external;

    /// @notice Sets or clears the GUARDED bit of an account. Only for AccountGuard.
    /// @param account The account.
    /// @param guarded Whether AccountGuard is asked when its units leave.
    /// @custom:reverts ReductionTokenNotAccountGuard
    function setGuarded(address account, bool guarded) external;

    /// @notice Sets or clears the HAS_PARTIAL_FREEZE bit of an account. Only for Freezes.
    /// @param account The account.
    /// @param frozen Whether Freezes is asked when its units leave.
    /// @custom:reverts ReductionTokenNotFreezes
    function setPartlyFrozen(address account, bool frozen) external;

    /// @notice Retires (注销) units of the caller for ever.
    /// @param tokenId Their id.
    /// @param grams How many, not 0.
    /// @param purpose 1 compliance offset 抵销, 2 voluntary offset 抵消, 3 event neutrality, 4
    /// ecological damage, 5 donation, 6 points.
    /// @param content One hash over beneficiary, period and document.
    /// @return retirementId keccak256(abi.encode(holder, purpose, content, tokenId, firstSerial,
    /// endSerial)).
    /// @custom:reverts ReductionTokenPurpose, ReductionTokenGramsZero, ReductionTokenGramsTooMany,
    /// ReductionTokenStanding, ReductionTokenUnknown, ReductionTokenState, ReductionTokenPaused,
    /// ReductionTokenPartlyFrozen, ERC1155InsufficientBalance, and what IAccountGuard.spend reverts
    /// with
    /// @custom:source Guangzhou: units used for neutrality cannot be resold or used again.
    function retire(
        TokenId tokenId,
        uint64 grams,
        uint8 purpose,
        bytes32 content
    ) external returns (RetirementId retirementId);

    /// @notice Retires units of the caller, of several ids of one programme, in one record; see
    /// RetiredBatch. An id may stand in several lines, each with a beneficiary of its own.
    /// @param lines 1 to 200 lines.
    /// @param purpose See retire.
    /// @param content See retire.
    /// @return retirementId See RetiredBatch.
    /// @custom:reverts ReductionTokenLinesEmpty, ReductionTokenLinesTooMany,
    /// ReductionTokenLinesMixed, and what retire reverts with
    function retireBatch(
        Line[] calldata lines,
        uint8 purpose,
        bytes32 content
    ) external returns (RetirementId retirementId);

    /// @notice Retires units of a holder and marks the retirement as consumed at once. Only for
    /// Certificate, on the holder's order.
    /// @param holder Whose units.
    /// @param tokenId Their id.
    /// @param grams How many, not 0.
    /// @param purpose See retire.
    /// @param content See retire.
    /// @return retirementId See retire.
    /// @custom:reverts ReductionTokenNotCertificate, and what retire reverts with
    function retireConsumed(
        address holder,
        TokenId tokenId,
        uint64 grams,
        uint8 purpose,
        bytes32 content
    ) external returns (RetirementId retirementId);

    /// @notice Marks a retirement as consumed, once for ever. Only for Certificate, whose events
    /// tell what it consumed.
    /// @param retirementId The retirement.
    /// @return holder Who retired.
    /// @return programme Programme of the units.
    /// @return purpose See retire.
    /// @return grams How many.
    /// @custom:reverts ReductionTokenNotCertificate, ReductionTokenRetirementUnknown,
    /// ReductionTokenConsumed
    /// @custom:source design.md 1: no retirement stands in two certificates.
    function consume(
        RetirementId retirementId
    ) external returns (address holder, ProgrammeId programme, uint8 purpose, uint56 grams);

    /// @notice Transfers by the owner's signed order, with every check of a transfer. Anyone may
    /// bring it.
    /// @param intent The order.
    /// @param signature ECDSA signature of the owner's key, or what its ERC-1271 contract accepts.
    /// @custom:reverts IntentNoncesExpired, IntentNoncesSignature, IntentNoncesUsed,
    /// ERC1155InvalidReceiver, and what a transfer reverts with
    function transferByIntent(TransferIntent calldata intent, bytes calldata signature) external;

    /// @notice Retires by the holder's signed order. Anyone may bring it.
    /// @param intent The order.
    /// @param signature ECDSA signature of the holder's key, or what its ERC-1271 contract accepts.
    /// @return retirementId See retire.
    /// @custom:reverts IntentNoncesExpired, IntentNoncesSignature, IntentNoncesUsed, and what
    /// retire reverts with
    function retireByIntent(
        RetireIntent calldata intent,
        bytes calldata signature
    ) external returns (RetirementId retirementId);

    /// @notice Moves units of `from` to the caller, with every check of a transfer but the
    /// receiver's hook: it is the receiver that asks. Only for Settlement, Pledge and PoolReserve,
    /// each on the holder's order, which they check.
    /// @param from Whose units.
    /// @param tokenId Their id.
    /// @param grams How many.
    /// @custom:reverts ReductionTokenNotCustodian, and what a transfer reverts with
    function pull(address from, TokenId tokenId, uint64 grams) external;

    /// @notice Moves units without the holder's order (司法划转, 非交易过户), past standing, guard and
    /// freezes of the holder and the state of the id, neither out of nor into Settlement, Pledge or
    /// PoolReserve. Only for Corrections.
    /// @param from Who loses them.
    /// @param to Who receives them; an open account.
    /// @param tokenId Their id.
    /// @param grams How many, not 0.
    /// @param reason Hash of the decision.
    /// @custom:reverts ReductionTokenNotCorrections, ReductionTokenGramsZero,
    /// ReductionTokenInCustody, ReductionTokenPaused, ReductionTokenStanding, ERC1155InvalidSender,
    /// ERC1155InsufficientBalance, ERC1155InvalidReceiver
    /// @custom:source design.md 5: a balance falls only by its holder's order or by the two-step
    /// act of an authority.
    function forceTransfer(
        address from,
        address to,
        TokenId tokenId,
        uint64 grams,
        bytes32 reason
    ) external;

    /// @notice Voids (作废) units, past standing, guard and freezes of the holder and the state of
    /// the id, never of Settlement or Pledge. PoolReserve is told of what it loses. Only for
    /// Corrections and DoubleCount.
    /// @param from Who loses them.
    /// @param tokenId Their id.
    /// @param grams How many, not 0.
    /// @param reason Hash of the decision, or the request a debt is of.
    /// @custom:reverts ReductionTokenNotCorrections, ReductionTokenGramsZero,
    /// ReductionTokenInCustody, ReductionTokenPaused, ERC1155InvalidSender,
    /// ERC1155InsufficientBalance
    function voidGrams(address from, TokenId tokenId, uint64 grams, bytes32 reason) external;

    /// @notice Gives back grams of an id that were voided; never more than that. Only for
    /// Corrections.
    /// @param to Who receives them; an open account.
    /// @param tokenId Their id, active.
    /// @param grams How many, not 0.
    /// @param reason Hash of the decision.
    /// @custom:reverts ReductionTokenNotCorrections, ReductionTokenGramsZero,
    /// ReductionTokenVoidTooFew, ReductionTokenStanding, ReductionTokenState, ReductionTokenPaused,
    /// ERC1155InvalidReceiver
    function reissue(address to, TokenId tokenId, uint64 grams, bytes32 reason) external;

    /// @notice What became of an id's grams. Held = issued - retired - void.
    /// @param tokenId The id.
    /// @return exists Whether the id was issued.
    /// @return state 1 active, 2 suspended; 0 when it was never issued.
    /// @return issuedGrams Grams ever issued.
    /// @return retiredGrams Grams that left by retirement; also the next serial.
    /// @return voidedGrams Grams that left by correction, less those reissued.
    function supplyOf(
        TokenId tokenId
    )
        external
        view
        returns (
            bool exists,
            uint8 state,
            uint64 issuedGrams,
            uint64 retiredGrams,
            uint64 voidedGrams
        );

    /// @notice A retirement's record; all zero when there is none.
    /// @param retirementId The retirement.
    /// @return holder Who retired.
    /// @return programme Programme of the units.
    /// @return purpose See retire.
    /// @return grams How many.
    function retirementOf(
        RetirementId retirementId
    ) external view returns (address holder, ProgrammeId programme, uint8 purpose, uint56 grams);

    /// @notice Whether a certificate consumed a retirement, whatever became of the certificate.
    /// @param retirementId The retirement.
    function isConsumed(RetirementId retirementId) external view returns (bool);

    /// @notice The standing as the token keeps it, the bits GUARDED and HAS_PARTIAL_FREEZE
    /// included; 0 when there is no account.
    /// @param account The account.
    function standingOf(address account) external view returns (uint8);

    /// @notice Whether the programme's units stand still.
    /// @param programme The programme.
    function isPaused(ProgrammeId programme) external view returns (bool);

    /// @notice Whether an account is an issuer: Issuance, or added.
    /// @param account The account.
    function isIssuer(address account) external view returns (bool);
}
