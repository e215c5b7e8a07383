// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {GuardOrderId, ProgrammeId, TokenId} from "../types/Ids.sol";

/// @title AccountGuard: accounts that cannot be emptied in one stroke
/// @notice An institution account guards itself. Then its key alone moves units only to trusted
/// accounts or into retirement, up to a limit per transaction and per China day. All else, and
/// every loosening of the guard, is an order: the account places it, a second person (another
/// account of the same institution) confirms it, it waits the cooling-off counted from the
/// confirmation, and until it is done either person cancels it.
/// @dev The contract moves nothing: a confirmed order that waited lets exactly its grams of its id
/// leave to its receiver once, by whatever way the account takes (transfer, intent, listing,
/// pledge, retirement). It knows receivers, ids and grams, so neither the price of a listing nor
/// the content of a retirement is bound by an order; trusting a contract such as Settlement trusts
/// what it does.
///
/// One stolen key: the account's can spend the limits, tighten the guard and cancel; the authority
/// freezes the account and has its units transferred to another one (lost key). The second person's
/// can confirm what the account ordered, tighten and cancel; the authority replaces it. The
/// authority's cannot move anything without the account's, and then the cooling-off runs. Against a
/// thief with the keys of both persons the cooling-off gives the authority time to freeze the
/// account.
///
/// A pause neither stops nor prolongs a cooling-off, since the units stand still anyway.
interface IAccountGuard {
    /// @notice A guard as stored.
    /// @param second The second person; zero when the account is not guarded.
    /// @param coolingSeconds How long a confirmed order waits.
    /// @param generation Changes when the guard is turned on or off or the second person changes;
    /// orders of an earlier one are dead.
    /// @param listGeneration Generation in which the guard was turned on; its trusted list.
    /// @param transactionGrams Most grams over all ids in one transfer or retirement.
    /// @param dayGrams Most grams over all ids in one China day.
    /// @param spentGrams Grams spent in `spentDay`.
    /// @param spentDay The latest day on which something was spent within the limits.
    /// @param orders How many orders were ever placed.
    struct Guard {
        address second;
        uint32 coolingSeconds;
        uint32 generation;
        uint32 listGeneration;
        uint64 transactionGrams;
        uint64 dayGrams;
        uint64 spentGrams;
        uint32 spentDay;
        uint32 orders;
    }

    /// @notice What an order says; fields its kind does not use are 0.
    /// @param kind See GuardOrderKind.
    /// @param subject Receiver, trusted account or second person.
    /// @param tokenId Id of the units to move.
    /// @param grams Grams to move, or new limit per transaction.
    /// @param dayGrams New limit per day.
    /// @param coolingSeconds New cooling-off.
    struct Content {
        uint8 kind;
        address subject;
        TokenId tokenId;
        uint64 grams;
        uint64 dayGrams;
        uint32 coolingSeconds;
    }

    /// @notice An order as stored.
    /// @param account Who placed it; zero when there is no such order.
    /// @param state See GuardOrderState.
    /// @param generation Generation of the guard when it was placed.
    /// @param endsAt First second at which it can no longer be confirmed or, once it is confirmed,
    /// done.
    /// @param ripeAt First second at which it can be done; 0 before it is confirmed.
    /// @param content What it says.
    struct Order {
        address account;
        uint8 state;
        uint32 generation;
        uint40 endsAt;
        uint40 ripeAt;
        Content content;
    }

    /// @notice An account guarded itself.
    event GuardTurnedOn(
        address indexed account,
        address indexed second,
        uint32 generation,
        uint32 coolingSeconds,
        uint64 transactionGrams,
        uint64 dayGrams
    );
    /// @notice An account is no longer guarded; its orders died.
    event GuardTurnedOff(address indexed account, uint32 generation);
    /// @notice A receiver came on an account's trusted list, or went off it.
    event GuardTrusted(address indexed account, address indexed receiver, bool trusted);
    /// @notice An account has other limits.
    event GuardLimitsSet(address indexed account, uint64 transactionGrams, uint64 dayGrams);
    /// @notice What an account's second person confirms from now on waits so long.
    event GuardCoolingSet(address indexed account, uint32 coolingSeconds);
    /// @notice An account has another second person; orders placed before died.
    event GuardSecondSet(address indexed account, address indexed second, uint32 generation);
    /// @notice An authority replaced a second person; GuardSecondSet follows.
    event GuardSecondReplaced(
        address indexed account,
        address indexed authority,
        ProgrammeId indexed programme,
        bytes32 document
    );
    /// @notice An account placed an order, which can be confirmed until it ends.
    event GuardOrderPlaced(
        GuardOrderId indexed orderId,
        address indexed account,
        uint32 generation,
        uint40 endsAt,
        Content content
    );
    /// @notice The second person confirmed an order, which can be done from ripeAt until endsAt.
    event GuardOrderConfirmed(
        GuardOrderId indexed orderId,
        address indexed second,
        uint40 ripeAt,
        uint40 endsAt
    );
    /// @notice One of the two persons cancelled an order.
    event GuardOrderCancelled(GuardOrderId indexed orderId, address indexed person);
    /// @notice An order was done, or the units it let leave have left.
    event GuardOrderDone(GuardOrderId indexed orderId);
    /// @notice Grams left within the limits; spentGrams is the sum of that China day.
    event GuardSpent(address indexed account, uint32 indexed day, uint64 grams, uint64 spentGrams);

    /// @notice Only the token asks whether units may leave.
    error AccountGuardNotToken(address caller);
    /// @notice The account is guarded already.
    error AccountGuardOn(address account);
    /// @notice The account is not guarded.
    error AccountGuardOff(address account);
    /// @notice The account is not open, or is frozen or closed.
    error AccountGuardStanding(address account, uint8 standing);
    /// @notice A second person must be another account of the same institution, and not the present
    /// one.
    error AccountGuardSecond(address account, address second);
    /// @notice Only the second person confirms.
    error AccountGuardNotSecond(address account, address caller);
    /// @notice Only the account and its second person do this.
    error AccountGuardNotPerson(address account, address caller);
    /// @notice The caller does not have the role in the programme that opened the account.
    error AccountGuardRoleMissing(ProgrammeId programme, uint8 role, address caller);
    /// @notice An authority does not decide about its own institution's account.
    error AccountGuardSameInstitution(address account, address caller);
    /// @notice A replacement needs a document.
    error AccountGuardDocumentZero();
    /// @notice A cooling-off outside the range.
    error AccountGuardCooling(uint32 coolingSeconds, uint32 least, uint32 most);
    /// @notice A transaction cannot have more than a day.
    error AccountGuardLimits(uint64 transactionGrams, uint64 dayGrams);
    /// @notice A limit above the present one needs an order.
    error AccountGuardNotLower(address account, uint64 transactionGrams, uint64 dayGrams);
    /// @notice Nobody cannot be trusted; retirements need no trust.
    error AccountGuardReceiverZero();
    /// @notice The receiver is on the list already.
    error AccountGuardIsTrusted(address account, address receiver);
    /// @notice The receiver is not on the list, and no order that waited covers the grams.
    error AccountGuardUntrusted(address account, address receiver);
    /// @notice More grams than one transaction may have without an order.
    error AccountGuardTransactionGrams(address account, uint256 grams, uint64 most);
    /// @notice With these grams the day would have more than its limit.
    error AccountGuardDayGrams(address account, uint32 day, uint256 grams, uint64 most);
    /// @notice An order moves at least one gram.
    error AccountGuardGramsZero();
    /// @notice An order of the same content is not done, cancelled or over yet.
    error AccountGuardOrderLive(GuardOrderId orderId);
    /// @notice There is no such order.
    error AccountGuardOrderUnknown(GuardOrderId orderId);
    /// @notice The order is not in the state this needs.
    error AccountGuardOrderState(GuardOrderId orderId, uint8 state);
    /// @notice Units move by the account's own transfer or retirement, not by execute.
    error AccountGuardOrderKind(GuardOrderId orderId, uint8 kind);
    /// @notice The guard was turned off or its second person changed since the order was placed.
    error AccountGuardOrderDead(GuardOrderId orderId, uint32 generation);
    /// @notice The order's time is over.
    error AccountGuardOrderOver(GuardOrderId orderId, uint40 endsAt);
    /// @notice The cooling-off still runs.
    error AccountGuardOrderCooling(GuardOrderId orderId, uint40 ripeAt);

    /// @notice Guards the caller's account at once.
    /// @param second The second person: another open account of the same institution.
    /// @param coolingSeconds 3,600 to 2,592,000 (an hour to 30 days).
    /// @param transactionGrams Most grams in one transfer or retirement, at most `dayGrams`.
    /// @param dayGrams Most grams in a China day.
    /// @param trusted Receivers that need no order; not the zero address.
    /// @custom:reverts AccountGuardOn, AccountGuardStanding, AccountGuardSecond,
    /// AccountGuardCooling, AccountGuardLimits, AccountGuardReceiverZero, AccountGuardIsTrusted
    /// @custom:source design.md section 5: guarded accounts, as the EU registry learned from its
    /// thefts.
    function turnOn(
        address second,
        uint32 coolingSeconds,
        uint64 transactionGrams,
        uint64 dayGrams,
        address[] calldata trusted
    ) external;

    /// @notice Takes a receiver off the trusted list at once. By either person.
    /// @param account The guarded account.
    /// @param receiver A trusted account.
    /// @custom:reverts AccountGuardOff, AccountGuardNotPerson, AccountGuardUntrusted
    function untrust(address account, address receiver) external;

    /// @notice Lowers the limits at once; 0 stops all that is no order. By either person, so that
    /// the second one can stop a thief who has the account's key.
    /// @param account The guarded account.
    /// @param transactionGrams New limit per transaction, at most the present one.
    /// @param dayGrams New limit per day, at most the present one.
    /// @custom:reverts AccountGuardOff, AccountGuardNotPerson, AccountGuardLimits,
    /// AccountGuardNotLower
    function lowerLimits(address account, uint64 transactionGrams, uint64 dayGrams) external;

    /// @notice Orders a transfer, or a retirement, outside list or limits. By the account. One
    /// order of the same content lives at a time.
    /// @param to Receiver, 0 for a retirement.
    /// @param tokenId Id of the units.
    /// @param grams How many exactly, not 0.
    /// @return orderId To be confirmed within 30 days.
    /// @custom:reverts AccountGuardOff, AccountGuardStanding, AccountGuardGramsZero,
    /// AccountGuardOrderLive
    function order(
        address to,
        TokenId tokenId,
        uint64 grams
    ) external returns (GuardOrderId orderId);

    /// @notice Orders another trusted account. By the account.
    /// @param receiver Not trusted yet, not zero.
    /// @return orderId To be confirmed within 30 days.
    /// @custom:reverts AccountGuardOff, AccountGuardStanding, AccountGuardReceiverZero,
    /// AccountGuardIsTrusted, AccountGuardOrderLive
    function orderTrust(address receiver) external returns (GuardOrderId orderId);

    /// @notice Orders other limits, higher or lower. By the account.
    /// @param transactionGrams New limit per transaction, at most `dayGrams`.
    /// @param dayGrams New limit per day.
    /// @return orderId To be confirmed within 30 days.
    /// @custom:reverts AccountGuardOff, AccountGuardStanding, AccountGuardLimits,
    /// AccountGuardOrderLive
    function orderLimits(
        uint64 transactionGrams,
        uint64 dayGrams
    ) external returns (GuardOrderId orderId);

    /// @notice Orders another second person. By the account; the present one confirms.
    /// @param second Another open account of the same institution, not the present second person.
    /// @return orderId To be confirmed within 30 days.
    /// @custom:reverts AccountGuardOff, AccountGuardStanding, AccountGuardSecond,
    /// AccountGuardOrderLive
    function orderSecond(address second) external returns (GuardOrderId orderId);

    /// @notice Orders another cooling-off, longer or shorter: a long one too would bind the
    /// institution. By the account.
    /// @param coolingSeconds 3,600 to 2,592,000.
    /// @return orderId To be confirmed within 30 days.
    /// @custom:reverts AccountGuardOff, AccountGuardStanding, AccountGuardCooling,
    /// AccountGuardOrderLive
    function orderCooling(uint32 coolingSeconds) external returns (GuardOrderId orderId);

    /// @notice Orders the end of the guard. By the account.
    /// @return orderId To be confirmed within 30 days.
    /// @custom:reverts AccountGuardOff, AccountGuardStanding, AccountGuardOrderLive
    function orderOff() external returns (GuardOrderId orderId);

    /// @notice Confirms an order, from when the present cooling-off runs. By the second person.
    /// @param orderId The order; it names what the order says.
    /// @custom:reverts AccountGuardOrderUnknown, AccountGuardOrderState, AccountGuardOrderDead,
    /// AccountGuardOrderOver, AccountGuardNotSecond, AccountGuardStanding
    function confirm(GuardOrderId orderId) external;

    /// @notice Cancels an order before it is done. By either person, at any time, also when the
    /// account is frozen.
    /// @param orderId The order.
    /// @custom:reverts AccountGuardOrderUnknown, AccountGuardOrderState, AccountGuardOff,
    /// AccountGuardNotPerson
    function cancel(GuardOrderId orderId) external;

    /// @notice Does an order that changes the guard, once it waited and within 30 days. By either
    /// person. An order that moves units is done by the account's own transfer or retirement.
    /// @param orderId The order.
    /// @custom:reverts AccountGuardOrderUnknown, AccountGuardOrderState, AccountGuardOrderDead,
    /// AccountGuardOrderKind, AccountGuardNotPerson, AccountGuardStanding,
    /// AccountGuardOrderCooling, AccountGuardOrderOver, AccountGuardSecond
    function execute(GuardOrderId orderId) external;

    /// @notice Gives an account whose second person is lost another one, at once. By an authority
    /// of the programme that opened the account, of another institution. All orders die, so
    /// whatever the new person confirms waits its full cooling-off.
    /// @param account The guarded account, also a frozen one.
    /// @param second Another open account of the same institution, not the present second person.
    /// @param document Hash of the decision, not 0.
    /// @custom:reverts AccountGuardOff, AccountGuardRoleMissing, AccountGuardSameInstitution,
    /// AccountGuardSecond, AccountGuardStanding, AccountGuardDocumentZero
    function replaceSecond(address account, address second, bytes32 document) external;

    /// @notice Lets units of a guarded account leave, or reverts. Lines for which a confirmed order
    /// waited use it up; the others together must be within the limits and go to a trusted account
    /// or into retirement. Only for the token.
    /// @param from The guarded account.
    /// @param to Where to, 0 for a retirement.
    /// @param ids Token ids.
    /// @param grams Grams of each.
    /// @custom:reverts AccountGuardNotToken, AccountGuardOff, AccountGuardUntrusted,
    /// AccountGuardTransactionGrams, AccountGuardDayGrams
    function spend(
        address from,
        address to,
        uint256[] calldata ids,
        uint256[] calldata grams
    ) external;

    /// @notice The guard as stored; `second` is zero when the account is not guarded.
    function guardOf(address account) external view returns (Guard memory);

    /// @notice Whether a receiver stands on the account's trusted list.
    function isTrusted(address account, address receiver) external view returns (bool);

    /// @notice Grams the account may still spend today without an order.
    function allowanceOf(address account) external view returns (uint64 grams);

    /// @notice The order as stored; all zero when there is none.
    function orderOf(GuardOrderId orderId) external view returns (Order memory);

    /// @notice The live order of a content, placed or confirmed; zero when there is none.
    function liveOrderOf(
        address account,
        Content calldata content
    ) external view returns (GuardOrderId orderId);
}
