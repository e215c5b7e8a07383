// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {ProgrammeId, RetirementId, TokenId} from "../types/Ids.sol";

/// @title ReductionToken: the units
/// @notice ERC-1155; one id per issued request, one unit is one gram of CO2e (减排量). Account
/// standing, the state of ids and pauses are pushed in, so that a transfer calls no other contract.
/// Held grams have no serials; they get them when they leave, from one cursor per id.
/// @dev Ids are packed, see libraries/TokenIds.sol. The quantity is no part of an id.
interface IReductionToken is IERC1155 {
    /// @notice Addresses of the contracts that the token knows for ever.
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
    struct RetiredLine {
        TokenId tokenId;
        uint64 firstSerial;
        uint64 endSerial;
        bytes32 beneficiary;
    }

    /// @notice A signed order to transfer; anyone may bring it.
    struct TransferIntent {
        address from;
        address to;
        TokenId tokenId;
        uint64 grams;
        uint256 nonce;
        uint64 deadline;
    }

    /// @notice A signed order to retire; anyone may bring it.
    struct RetireIntent {
        address holder;
        TokenId tokenId;
        uint64 grams;
        uint8 purpose;
        bytes32 content;
        uint256 nonce;
        uint64 deadline;
    }

    /// @dev One record of many lines, all of one programme. retirementId =
    /// keccak256(abi.encode(holder, purpose, content, keccak256(abi.encode(lines)))).
    event RetiredBatch(
        RetirementId indexed retirementId,
        address indexed holder,
        uint8 purpose,
        bytes32 content,
        RetiredLine[] lines
    );
    event ForcedTransfer(
        TokenId indexed tokenId,
        address indexed from,
        address indexed to,
        uint64 grams,
        bytes32 reason
    );
    event Voided(
        TokenId indexed tokenId,
        address indexed holder,
        uint64 grams,
        bytes32 indexed reason
    );
    event Reissued(
        TokenId indexed tokenId,
        address indexed to,
        uint64 grams,
        bytes32 indexed reason
    );
    event Retired(
        RetirementId indexed retirementId,
        TokenId indexed tokenId,
        address indexed holder,
        uint64 firstSerial,
        uint64 endSerial,
        uint8 purpose,
        bytes32 content
    );
    event IdStateSet(TokenId indexed tokenId, uint8 state);
    event StandingSet(address indexed account, uint8 standing);
    event PausedSet(ProgrammeId indexed programme, bool paused);

    error ReductionTokenNotIssuance(address caller);
    error ReductionTokenNotProgrammes(address caller);
    error ReductionTokenUnknown(uint256 tokenId);
    error ReductionTokenExists(TokenId tokenId);
    error ReductionTokenState(uint256 tokenId, uint8 state);
    error ReductionTokenStanding(address account, uint8 standing);
    error ReductionTokenPaused(uint32 programme);
    error ReductionTokenGramsZero();
    error ReductionTokenGramsTooMany(uint64 grams, uint64 most);
    error ReductionTokenPurpose(uint8 purpose);

    /// @notice Creates the units of an id, once. Only for Issuance.
    /// @param to Who receives them; a contract must accept ERC-1155 tokens.
    /// @param tokenId The id.
    /// @param grams How many, not 0.
    /// @custom:reverts ReductionTokenNotIssuance, ReductionTokenExists, ReductionTokenGramsZero,
    /// ReductionTokenStanding, ReductionTokenPaused, ERC1155InvalidReceiver
    function mint(address to, TokenId tokenId, uint64 grams) external;

    /// @notice Sets the state of an id. Only for Issuance.
    /// @param tokenId An issued id.
    /// @param state 1 active, 2 suspended.
    /// @custom:reverts ReductionTokenNotIssuance, ReductionTokenUnknown
    function setIdState(TokenId tokenId, uint8 state) external;

    /// @notice Copies an account's standing. Only for Programmes.
    /// @param account The account.
    /// @param standing Bits of the Standing library.
    /// @custom:reverts ReductionTokenNotProgrammes
    function setStanding(address account, uint8 standing) external;

    /// @notice Copies whether a programme is paused. Only for Programmes.
    /// @param programme The programme.
    /// @param paused Whether its units stand still.
    /// @custom:reverts ReductionTokenNotProgrammes
    function setPaused(ProgrammeId programme, bool paused) external;

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
    /// ERC1155InsufficientBalance
    /// @custom:source Guangzhou: units used for neutrality cannot be resold or used again.
    function retire(
        TokenId tokenId,
        uint64 grams,
        uint8 purpose,
        bytes32 content
    ) external returns (RetirementId retirementId);

    /// @notice Retires units of several ids of one programme in one record; see RetiredBatch.
    function retireBatch(
        Line[] calldata lines,
        uint8 purpose,
        bytes32 content
    ) external returns (RetirementId retirementId);

    /// @notice Retires units of a holder and marks the retirement as consumed at once. Only for
    /// Certificate, which the holder called.
    function retireConsumed(
        address holder,
        TokenId tokenId,
        uint64 grams,
        uint8 purpose,
        bytes32 content
    ) external returns (RetirementId retirementId);

    /// @notice Transfers by the owner's signed order. Nonces are unordered: 248 bits of word, 8 of
    /// bit.
    function transferByIntent(TransferIntent calldata intent, bytes calldata signature) external;

    /// @notice Retires by the holder's signed order.
    function retireByIntent(
        RetireIntent calldata intent,
        bytes calldata signature
    ) external returns (RetirementId retirementId);

    /// @notice Moves units of `from` to the caller, with every check of a transfer. Only for
    /// Settlement, Pledge and PoolReserve, each on the holder's order, which they check.
    function pull(address from, TokenId tokenId, uint64 grams) external;

    /// @notice Moves units without the holder's order (司法划转, 非交易过户), past standing and
    /// freezes of the holder, never out of Settlement, Pledge or PoolReserve. Only for Corrections.
    function forceTransfer(
        address from,
        address to,
        TokenId tokenId,
        uint64 grams,
        bytes32 reason
    ) external;

    /// @notice Voids (作废) units, past standing and freezes of the holder. Only for Corrections and
    /// DoubleCount.
    function voidGrams(address from, TokenId tokenId, uint64 grams, bytes32 reason) external;

    /// @notice Gives back grams of an id that were voided; never more than that. Only for
    /// Corrections.
    function reissue(address to, TokenId tokenId, uint64 grams, bytes32 reason) external;

    /// @notice Sets or clears the GUARDED bit of an account. Only for AccountGuard.
    function setGuarded(address account, bool guarded) external;

    /// @notice Sets or clears the HAS_PARTIAL_FREEZE bit of an account. Only for Freezes.
    function setPartlyFrozen(address account, bool frozen) external;

    /// @notice What became of an id's grams. Held = issued - retired - void.
    /// @return exists Whether the id was issued.
    /// @return state 1 active, 2 suspended; 0 when it was never issued.
    /// @return issuedGrams Grams ever issued.
    /// @return retiredGrams Grams that left by retirement; also the next serial.
    /// @return voidGrams Grams that left by correction.
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
            uint64 voidGrams
        );

    /// @notice A retirement's record; all zero when there is none.
    /// @return holder Who retired.
    /// @return programme Programme of the units.
    /// @return purpose See retire.
    /// @return grams How many.
    function retirementOf(
        RetirementId retirementId
    ) external view returns (address holder, ProgrammeId programme, uint8 purpose, uint56 grams);

    /// @notice The standing as copied from Programmes; 0 when there is no account.
    function standingOf(address account) external view returns (uint8);

    /// @notice Whether the programme's units stand still.
    function isPaused(ProgrammeId programme) external view returns (bool);
}
