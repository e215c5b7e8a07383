// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InstitutionId, ProgrammeId, TokenId} from "../types/Ids.sol";
import {IIntentNonces} from "./IIntentNonces.sol";

/// @title Settlement: units against payment
/// @notice Holds the units of listed sell orders in escrow and moves them to buyers only within
/// what both sides signed. Exchanges (交易场所) bring matched trades; each trade of a batch
/// settles or fails alone. A trade is paid at once in an ERC-20 token, or by the receipt of a
/// custodian (资金存管) of another institution than exchange, seller and buyer. Escrow of an id
/// is the rest of its open orders, always: units sent here without an order are refused.
/// @dev An order's id is its EIP-712 digest (domain "Tanpu Settlement", "1"), so an order counts
/// on one chain and one contract, and once. Nonces: cancelNonces makes an order that is not yet
/// listed, or a buy order, worthless; one signer gives each order a nonce of its own.
interface ISettlement is IIntentNonces {
    /// @notice What a seller offers. Programme and market follow from tokenId.
    /// @param seller Who is paid.
    /// @param exchange Institution whose accounts may settle it.
    /// @param tokenId Id of the units.
    /// @param grams How many go into escrow, not 0.
    /// @param leastGrams One trade takes at least so many or all the rest; not 0. Bounds what
    /// rounding to whole fen can cost.
    /// @param minPriceFenPerTonne Least price.
    /// @param payment 0 for cash with a custodian, else paymentIdOf the token and its rate.
    /// @param expiry Last second of its settlement, seconds since 1970.
    /// @param nonce Of the seller.
    struct SellOrder {
        address seller;
        InstitutionId exchange;
        TokenId tokenId;
        uint64 grams;
        uint64 leastGrams;
        uint64 minPriceFenPerTonne;
        bytes32 payment;
        uint64 expiry;
        uint256 nonce;
    }

    /// @notice What a buyer takes; see SellOrder.
    struct BuyOrder {
        address buyer;
        InstitutionId exchange;
        TokenId tokenId;
        uint64 grams;
        uint64 leastGrams;
        uint64 maxPriceFenPerTonne;
        bytes32 payment;
        uint64 expiry;
        uint256 nonce;
    }

    /// @notice A custodian's word that it holds the money of a trade; all empty in a trade paid by
    /// token. Signed: CashReceipt(tradeId, sellOrderId, buyOrderId, buyer, seller, tokenId, grams,
    /// fen, custodian, deadline).
    /// @param custodian Account of the custodian.
    /// @param deadline Last second in which it counts, seconds since 1970.
    /// @param signature Of the custodian; ERC-1271 counts.
    struct Receipt {
        address custodian;
        uint64 deadline;
        bytes signature;
    }

    /// @notice The exchange's consent to a cancellation. Signed: CancelConsent(orderId, account,
    /// deadline).
    /// @param account An EXCHANGE account of the order's institution.
    /// @param deadline Last second in which it counts, seconds since 1970.
    /// @param signature Of the account; ERC-1271 counts.
    struct Consent {
        address account;
        uint64 deadline;
        bytes signature;
    }

    /// @notice A matched trade.
    /// @param tradeId Number the exchange gives; each counts once per exchange's institution.
    /// @param sell A listed order.
    /// @param buy The buyer's order.
    /// @param buySignature Of the buyer; ERC-1271 counts.
    /// @param grams How many change hands.
    /// @param fen What they cost in all.
    /// @param receipt Of the custodian, when `payment` is 0.
    struct Trade {
        uint256 tradeId;
        SellOrder sell;
        BuyOrder buy;
        bytes buySignature;
        uint64 grams;
        uint64 fen;
        Receipt receipt;
    }

    /// @notice Units went into escrow.
    event OrderListed(bytes32 indexed orderId, SellOrder order);
    /// @notice The rest of an order went back to its seller.
    /// @param by EXCHANGE account that consented or released; 0 when the order was over.
    event OrderReturned(
        bytes32 indexed orderId,
        address indexed seller,
        TokenId indexed tokenId,
        uint64 grams,
        address by
    );
    /// @notice A trade was paid and delivered.
    /// @param payment 0 for cash, else paymentIdOf the token.
    /// @param custodian Who holds the cash; 0 for payment by token.
    event TradeSettled(
        InstitutionId indexed exchange,
        uint256 indexed tradeId,
        bytes32 indexed sellOrderId,
        bytes32 buyOrderId,
        address seller,
        address buyer,
        TokenId tokenId,
        uint64 grams,
        uint64 fen,
        bytes32 payment,
        address custodian
    );
    /// @notice A trade changed nothing; its number may be brought again.
    /// @param reason Selector of the error; 0 when it used up its gas.
    /// @param details The error's values, a word each.
    event TradeFailed(
        InstitutionId indexed exchange,
        uint256 indexed tradeId,
        bytes4 reason,
        bytes32[] details
    );
    /// @notice A programme's authority decided the token that pays.
    event SettlementPaymentSet(
        ProgrammeId indexed programme,
        address token,
        uint96 unitsPerFen,
        bytes32 payment,
        uint64 effectiveAt,
        bytes32 document
    );

    /// @notice No trades, or more than a batch may have.
    error SettlementBatch(uint256 trades, uint256 most);
    /// @notice Too little gas is left to give the next trade its full share.
    error SettlementGasShort(uint256 gas, uint256 least);
    /// @notice Settlement alone calls this, for one trade of a batch.
    error SettlementOnlySelf(address caller);
    /// @notice The account does not have the role in the programme now.
    error SettlementRoleMissing(ProgrammeId programme, uint8 role, address account);
    /// @notice Only the order's seller lists or cancels it.
    error SettlementNotSeller(address seller, address caller);
    /// @notice The order is bound to the institution of another exchange.
    error SettlementNotExchange(InstitutionId exchange, InstitutionId institution);
    /// @notice An order or a trade of no grams.
    error SettlementGramsZero();
    /// @notice A least fill of nothing, or above the order itself.
    error SettlementLeastGrams(uint64 grams, uint64 leastGrams);
    /// @notice The order would live longer than any may.
    error SettlementLife(uint64 expiry, uint64 latest);
    /// @notice The order was listed before; no order is listed twice.
    error SettlementKnown(bytes32 orderId);
    /// @notice The order was never listed, or nothing of it is left.
    error SettlementNotOpen(bytes32 orderId);
    /// @notice The order's last second has passed.
    error SettlementExpired(uint64 expiry, uint64 time);
    /// @notice The order, with its grace, is not over yet.
    error SettlementNotOver(bytes32 orderId, uint64 overAfter);
    /// @notice Seller and buyer signed different ids.
    error SettlementTokenId(TokenId sold, TokenId bought);
    /// @notice Seller and buyer signed different ways to pay.
    error SettlementPaymentDiffers(bytes32 sold, bytes32 bought);
    /// @notice What both signed is not the token and rate that pay in the programme now.
    error SettlementPaymentUnknown(bytes32 payment, bytes32 inForce);
    /// @notice A token without a rate, a rate without a token, or an address without code.
    error SettlementPaymentInvalid(address token, uint96 unitsPerFen);
    /// @notice The seller would get less than the least price.
    error SettlementBelowPrice(uint64 fen, uint256 least);
    /// @notice The buyer would pay more than the highest price.
    error SettlementAbovePrice(uint64 fen, uint256 most);
    /// @notice More grams than the sell or buy order has left.
    error SettlementTooMany(bytes32 orderId, uint64 grams, uint64 rest);
    /// @notice Fewer grams than the order's least fill, and not all the rest.
    error SettlementTooFew(bytes32 orderId, uint64 grams, uint64 leastGrams);
    /// @notice The exchange settled a trade of that number before.
    error SettlementTradeUsed(InstitutionId exchange, uint256 tradeId);
    /// @notice One account cannot be both seller and buyer.
    error SettlementSelfTrade(address account);
    /// @notice The party's account is not open, or frozen, or closed.
    error SettlementStanding(address account, uint8 standing);
    /// @notice The custodian is of the exchange's, the seller's or the buyer's institution.
    error SettlementCustodianInstitution(address custodian, InstitutionId institution);
    /// @notice The token refused the payment.
    error SettlementPaymentFailed(address token);
    /// @notice Less arrived with the seller than was due.
    error SettlementPaidShort(uint256 paid, uint256 due);
    /// @notice The units could not move; `reason` is the selector of the token's error.
    error SettlementDeliveryRefused(bytes4 reason);

    /// @notice Lists the caller's order: its grams go into escrow.
    /// @param order The order; the caller is its seller.
    /// @return orderId EIP-712 digest of the order.
    /// @custom:reverts SettlementNotSeller, SettlementGramsZero, SettlementLeastGrams,
    /// SettlementNotExchange for an empty one, SettlementExpired, SettlementLife, SettlementKnown,
    /// every refusal of a transfer (ReductionTokenStanding, ReductionTokenPaused, ...)
    /// @custom:source design.md section 5: escrow for sell orders.
    function list(SellOrder calldata order) external returns (bytes32 orderId);

    /// @notice Lists by the seller's signature; anyone may bring it. Uses up the order's nonce.
    /// @param order The order.
    /// @param signature The seller's over the order; ERC-1271 counts.
    /// @return orderId EIP-712 digest of the order.
    /// @custom:reverts As list without SettlementNotSeller; IntentNoncesExpired,
    /// IntentNoncesSignature, IntentNoncesUsed
    function listByIntent(
        SellOrder calldata order,
        bytes calldata signature
    ) external returns (bytes32 orderId);

    /// @notice Settles trades, each alone: one that fails changes nothing, leaves its escrow where
    /// it is and says why (TradeFailed). By an EXCHANGE account of every programme in the batch. A
    /// trade gets TRADE_GAS at most, so that no receiver can starve the others.
    /// @dev Price limits hold per trade, rounded by at most one fen in the trade's favour: fen >=
    /// floor(grams x minPrice / 10^6), fen <= ceil(grams x maxPrice / 10^6). leastGrams bounds how
    /// often that can be done to one order.
    /// @param trades 1 to 100 trades, in this order.
    /// @custom:reverts SettlementBatch, SettlementRoleMissing, SettlementGasShort. A trade fails by
    /// SettlementNotExchange, SettlementTokenId, SettlementPaymentDiffers, SettlementSelfTrade,
    /// SettlementExpired, SettlementGramsZero, SettlementBelowPrice, SettlementAbovePrice,
    /// SettlementTradeUsed, SettlementNotOpen, SettlementTooMany, SettlementTooFew,
    /// IntentNoncesUsed, IntentNoncesSignature, SettlementStanding, SettlementRoleMissing for the
    /// custodian, SettlementCustodianInstitution, IntentNoncesExpired for the receipt,
    /// SettlementPaymentUnknown, SettlementPaymentFailed, SettlementPaidShort,
    /// SettlementDeliveryRefused
    /// @custom:source design.md section 5: each trade of a batch succeeds or fails alone; signed
    /// limits; atomic payment or the receipt of a custodian that is not the exchange's.
    function settle(Trade[] calldata trades) external;

    /// @notice One trade of a batch. Only for this contract itself.
    /// @param trade The trade.
    /// @param exchange Institution of who settles.
    /// @custom:reverts SettlementOnlySelf; see settle.
    function settleAlone(Trade calldata trade, InstitutionId exchange) external;

    /// @notice Takes back the rest of an order. By the seller, with the exchange's consent.
    /// @param order The order.
    /// @param consent Of the exchange.
    /// @custom:reverts SettlementNotSeller, SettlementRoleMissing, SettlementNotExchange,
    /// IntentNoncesExpired, IntentNoncesSignature, SettlementNotOpen, every refusal of a transfer
    function cancel(SellOrder calldata order, Consent calldata consent) external;

    /// @notice Gives the rest of an order back to its seller. By an EXCHANGE account of the order's
    /// institution.
    /// @param order The order.
    /// @custom:reverts SettlementRoleMissing, SettlementNotExchange, SettlementNotOpen, every
    /// refusal of a transfer
    function release(SellOrder calldata order) external;

    /// @notice Gives the rest of an order back to its seller when it expired and the programme's
    /// "settlement.graceSeconds" are over. Open to anyone. The grace is the one in force at expiry,
    /// 0 when none was decided, at most MOST_GRACE_SECONDS, so that no decision locks escrow.
    /// @param order The order.
    /// @custom:reverts SettlementNotOver, SettlementNotOpen, every refusal of a transfer
    function returnExpired(SellOrder calldata order) external;

    /// @notice Decides which ERC-20 token pays in a programme and at what rate, from a date on. By
    /// its authority. Orders name token and rate (paymentIdOf), so that no decision changes what
    /// somebody signed; orders of another payment do not settle by token. A decision that is not
    /// yet in force is replaced by a later call.
    /// @param programme The programme.
    /// @param token The token; 0 with rate 0 ends payment by token.
    /// @param unitsPerFen Base units of the token for one fen.
    /// @param effectiveAt Seconds since 1970; an earlier time becomes now.
    /// @param document Hash of the decision.
    /// @custom:reverts ProgrammesUnknown, ProgrammesPaused, SettlementRoleMissing,
    /// SettlementPaymentInvalid
    function setPayment(
        ProgrammeId programme,
        address token,
        uint96 unitsPerFen,
        uint64 effectiveAt,
        bytes32 document
    ) external;

    /// @notice What is left of an order.
    /// @param orderId EIP-712 digest of the order.
    /// @return listed Whether it ever was listed; it never is again.
    /// @return restGrams Grams in escrow for it.
    function orderOf(bytes32 orderId) external view returns (bool listed, uint64 restGrams);

    /// @notice Grams bought under a buy order so far.
    /// @param orderId EIP-712 digest of the buy order.
    function boughtGrams(bytes32 orderId) external view returns (uint64 grams);

    /// @notice Sum of what is left of all open orders of an id; this contract's balance of it.
    /// @param tokenId The id.
    function openGrams(TokenId tokenId) external view returns (uint64 grams);

    /// @notice Whether an exchange's trade was settled.
    /// @param exchange Institution of the exchange.
    /// @param tradeId Its number.
    function isTradeSettled(InstitutionId exchange, uint256 tradeId) external view returns (bool);

    /// @notice The token that pays in a programme now.
    /// @param programme The programme.
    /// @return token The token, 0 when none pays.
    /// @return unitsPerFen Base units for one fen.
    /// @return payment paymentIdOf them, 0 when none pays.
    function paymentOf(
        ProgrammeId programme
    ) external view returns (address token, uint96 unitsPerFen, bytes32 payment);

    /// @notice Last second before anybody may return an order's rest, grace included.
    /// @param order The order.
    function overAfter(SellOrder calldata order) external view returns (uint64 time);

    /// @notice EIP-712 digest of a sell order, which is its id.
    /// @param order The order.
    function sellOrderId(SellOrder calldata order) external view returns (bytes32 orderId);

    /// @notice EIP-712 digest of a buy order, which is its id.
    /// @param order The order.
    function buyOrderId(BuyOrder calldata order) external view returns (bytes32 orderId);

    /// @notice Names a token and its rate in orders: keccak256(abi.encode(token, unitsPerFen)).
    /// @param token The token.
    /// @param unitsPerFen Base units for one fen.
    function paymentIdOf(address token, uint96 unitsPerFen) external pure returns (bytes32 payment);
}
