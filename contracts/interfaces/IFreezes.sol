// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FreezeId, ProgrammeId, RequestId, TokenId} from "../types/Ids.sol";

/// @title Freezes: grams of an account that stand still under a document
/// @notice A freeze (部分冻结) names account, id, grams, document number and expiry. The token asks
/// here only for accounts that have one. Freezes add up, and may be more than the account holds:
/// then what arrives stands still too. Forced transfers and voids of Corrections pass them.
/// @dev Freezing works while a programme is paused, as freezing an account does. An expiry is a
/// date of law and waits for no pause.
interface IFreezes {
    /// @notice A freeze as stored.
    /// @param account Whose grams stand still; zero when there is no such freeze or it ended.
    /// @param programme Programme whose authority ordered it and alone lifts it.
    /// @param expiresAt First second at which it no longer counts; 0 until lifted.
    /// @param tokenId Id of the units.
    /// @param grams How many.
    struct Freeze {
        address account;
        ProgrammeId programme;
        uint64 expiresAt;
        TokenId tokenId;
        uint64 grams;
    }

    /// @notice An authority froze grams of an account.
    event GramsFrozen(
        FreezeId indexed freezeId,
        address indexed account,
        TokenId indexed tokenId,
        ProgrammeId programme,
        address authority,
        uint64 grams,
        bytes32 documentNumber,
        uint64 expiresAt
    );
    /// @notice An authority ended a freeze.
    event FreezeLifted(FreezeId indexed freezeId, address indexed authority, bytes32 document);
    /// @notice A freeze whose time was over left the list.
    event FreezeExpired(FreezeId indexed freezeId);
    /// @notice DoubleCount froze more grams for a debt; requestGrams is the sum for that request.
    event DebtFrozen(
        RequestId indexed requestId,
        address indexed account,
        TokenId indexed tokenId,
        uint64 grams,
        uint64 requestGrams
    );
    /// @notice DoubleCount ended the freeze of a debt.
    event DebtLifted(
        RequestId indexed requestId,
        address indexed account,
        TokenId indexed tokenId,
        uint64 grams
    );

    /// @notice Only DoubleCount freezes for debts and lifts that.
    error FreezesNotDoubleCount(address caller);
    /// @notice The caller does not have the role in the programme.
    error FreezesRoleMissing(ProgrammeId programme, uint8 role, address caller);
    /// @notice An authority does not lift freezes of its own institution's account.
    error FreezesSameInstitution(address account, address caller);
    /// @notice There is no such institution account.
    error FreezesAccountUnknown(address account);
    /// @notice The id was never issued.
    error FreezesTokenUnknown(TokenId tokenId);
    /// @notice A freeze has at least one gram.
    error FreezesGramsZero();
    /// @notice A freeze and its end need a document.
    error FreezesDocumentZero();
    /// @notice The freeze would be over at once.
    error FreezesExpiry(uint64 expiresAt, uint64 time);
    /// @notice So many live freezes stand on the account and id already.
    error FreezesFull(address account, TokenId tokenId, uint256 most);
    /// @notice There is no such freeze, or it ended.
    error FreezesUnknown(FreezeId freezeId);
    /// @notice The freeze still counts.
    error FreezesNotExpired(FreezeId freezeId, uint64 expiresAt);
    /// @notice Nothing is frozen for a debt of that request.
    error FreezesDebtUnknown(address account, TokenId tokenId, RequestId requestId);

    /// @notice Freezes grams of an account. By an authority of the id's programme, or of the
    /// programme that opened the account.
    /// @param account An institution account, also a frozen or closed one.
    /// @param tokenId An issued id.
    /// @param grams How many, not 0; more than the account holds is possible.
    /// @param documentNumber Hash of the order's number (文号), not 0.
    /// @param expiresAt First second at which it no longer counts; 0 until lifted.
    /// @return freezeId Running from 1.
    /// @dev At most eight live freezes stand on one account and id; expired ones make room.
    /// @custom:reverts FreezesAccountUnknown, FreezesRoleMissing, FreezesTokenUnknown,
    /// FreezesGramsZero, FreezesDocumentZero, FreezesExpiry, FreezesFull
    /// @custom:source design.md section 5: frozen with amount, document number and expiry.
    function freezeGrams(
        address account,
        TokenId tokenId,
        uint64 grams,
        bytes32 documentNumber,
        uint64 expiresAt
    ) external returns (FreezeId freezeId);

    /// @notice Ends a freeze. By an authority of the programme that ordered it, of another
    /// institution than the account's.
    /// @param freezeId The freeze.
    /// @param document Hash of the decision.
    /// @custom:reverts FreezesUnknown, FreezesRoleMissing, FreezesSameInstitution,
    /// FreezesDocumentZero
    /// @custom:source design.md law 5: whoever applies does not decide.
    function lift(FreezeId freezeId, bytes32 document) external;

    /// @notice Takes an expired freeze out of the list, so that the account's transfers cost less
    /// again. By anyone.
    /// @param freezeId The freeze.
    /// @custom:reverts FreezesUnknown, FreezesNotExpired
    function clearExpired(FreezeId freezeId) external;

    /// @notice Freezes grams for a debt, without expiry; adds to the freeze of that request. Only
    /// for DoubleCount. It does not count among the eight.
    /// @param account Who owes.
    /// @param tokenId Id of the units.
    /// @param grams How many more, not 0.
    /// @param requestId The request whose debt it is.
    /// @custom:reverts FreezesNotDoubleCount, FreezesGramsZero
    function freezeForDebt(
        address account,
        TokenId tokenId,
        uint64 grams,
        RequestId requestId
    ) external;

    /// @notice Ends the freeze of a debt. Only for DoubleCount.
    /// @param account Who owed.
    /// @param tokenId Id of the units.
    /// @param requestId The request whose debt it was.
    /// @return grams What it froze.
    /// @custom:reverts FreezesNotDoubleCount, FreezesDebtUnknown
    function liftForDebt(
        address account,
        TokenId tokenId,
        RequestId requestId
    ) external returns (uint64 grams);

    /// @notice Grams of an account and id that are frozen now; expired freezes do not count. At
    /// most 2^64 - 1, whatever they add up to.
    function frozenOf(address account, TokenId tokenId) external view returns (uint64 grams);

    /// @notice The freeze as stored; all zero when there is none or it ended.
    function freezeOf(FreezeId freezeId) external view returns (Freeze memory);

    /// @notice Freezes of an account and id that were not lifted or cleared, in no order.
    function freezesOf(
        address account,
        TokenId tokenId
    ) external view returns (FreezeId[] memory freezeIds);

    /// @notice Grams frozen for the debt of a request.
    function debtOf(
        address account,
        TokenId tokenId,
        RequestId requestId
    ) external view returns (uint64 grams);

    /// @notice How many freezes, debts among them, an account has over all ids. The token's bit is
    /// set while this is not 0.
    function countOf(address account) external view returns (uint256);
}
