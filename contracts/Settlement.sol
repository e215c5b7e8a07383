// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {SettlementPayments} from "./SettlementPayments.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {TokenIds} from "./libraries/TokenIds.sol";
import {ParameterKeys, Roles, Standing} from "./types/Codes.sol";
import {InstitutionId, ProgrammeId, TokenId} from "./types/Ids.sol";

/// @title Settlement
/// @notice What it does and why: interfaces/ISettlement.sol.
contract Settlement is SettlementPayments, ReentrancyGuard {
    using TokenIds for TokenId;

    /// @dev One slot; the terms are bound by the order's id and brought along.
    struct Order {
        bool listed;
        uint64 restGrams;
    }

    /// @notice Trades of a batch.
    uint256 public constant MOST_TRADES = 100;
    /// @notice Gas one trade may use; some six times what a plain one needs, for contract accounts.
    uint256 public constant TRADE_GAS = 600_000;
    /// @notice An order lives no longer than this, so that a lost exchange locks nothing for ever.
    uint64 public constant MOST_LIFE_SECONDS = 366 days;
    /// @notice A longer grace counts as this.
    uint64 public constant MOST_GRACE_SECONDS = 30 days;
    /// @notice EIP-712 type of a sell order.
    bytes32 public constant SELL_TYPEHASH = keccak256(
        "SellOrder(address seller,bytes32 exchange,uint256 tokenId,uint64 grams,"
        "uint64 leastGrams,uint64 minPriceFenPerTonne,bytes32 payment,uint64 expiry,"
        "uint256 nonce)"
    );
    /// @notice EIP-712 type of a buy order.
    bytes32 public constant BUY_TYPEHASH = keccak256(
        "BuyOrder(address buyer,bytes32 exchange,uint256 tokenId,uint64 grams,"
        "uint64 leastGrams,uint64 maxPriceFenPerTonne,bytes32 payment,uint64 expiry,"
        "uint256 nonce)"
    );
    /// @notice EIP-712 type of an exchange's consent to a cancellation.
    bytes32 public constant CONSENT_TYPEHASH = keccak256(
        "CancelConsent(bytes32 orderId,address account,uint64 deadline)"
    );
    uint256 private constant GRAMS_PER_TONNE = 1_000_000;
    /// @dev TRADE_GAS must remain after the 64th part stays here, and what the loop needs itself.
    uint256 private constant LEAST_GAS = (TRADE_GAS * 64) / 63 + 30_000;

    IReductionToken private immutable TOKEN;

    mapping(bytes32 orderId => Order) private _orders;
    mapping(bytes32 orderId => uint64 grams) private _boughtGrams;
    mapping(TokenId tokenId => uint64 grams) private _openGrams;
    mapping(InstitutionId exchange => mapping(uint256 word => uint256 bits)) private _settledTrades;

    constructor(
        IProgrammes programmes,
        IReductionToken reductionToken
    ) SettlementPayments(programmes) EIP712("Tanpu Settlement", "1") {
        TOKEN = reductionToken;
    }

    /// @inheritdoc ISettlement
    function list(SellOrder calldata order) external nonReentrant returns (bytes32 orderId) {
        if (msg.sender != order.seller) revert SettlementNotSeller(order.seller, msg.sender);
        orderId = sellOrderId(order);
        _list(order, orderId);
    }

    /// @inheritdoc ISettlement
    function listByIntent(
        SellOrder calldata order,
        bytes calldata signature
    ) external nonReentrant returns (bytes32 orderId) {
        orderId = _useIntent(
            order.seller,
            order.nonce,
            order.expiry,
            _sellStructHash(order),
            signature
        );
        _list(order, orderId);
    }

    /// @inheritdoc ISettlement
    function settle(Trade[] calldata trades) external nonReentrant {
        if (trades.length == 0 || trades.length > MOST_TRADES) {
            revert SettlementBatch(trades.length, MOST_TRADES);
        }
        InstitutionId exchange = PROGRAMMES.institutionOf(msg.sender);
        ProgrammeId checked;
        for (uint256 i = 0; i < trades.length; ++i) {
            ProgrammeId programme = trades[i].sell.tokenId.programmeOf();
            if (i == 0 || programme != checked) {
                _requireRole(programme, Roles.EXCHANGE, msg.sender);
                checked = programme;
            }
            if (gasleft() < LEAST_GAS) revert SettlementGasShort(gasleft(), LEAST_GAS);
            try this.settleAlone{gas: TRADE_GAS}(trades[i], exchange) {
                continue;
            } catch (bytes memory reason) {
                _emitFailed(exchange, trades[i].tradeId, reason);
            }
        }
    }

    /// @inheritdoc ISettlement
    function settleAlone(Trade calldata trade, InstitutionId exchange) external {
        if (msg.sender != address(this)) revert SettlementOnlySelf(msg.sender);
        _requireMatch(trade, exchange);
        _useTradeId(exchange, trade.tradeId);
        bytes32 sold = _takeFromSell(trade.sell, trade.grams);
        bytes32 bought = _addToBuy(trade.buy, trade.buySignature, trade.grams);
        _requireOpen(trade.sell.seller);
        _requireOpen(trade.buy.buyer);
        emit TradeSettled(
            exchange,
            trade.tradeId,
            sold,
            bought,
            trade.sell.seller,
            trade.buy.buyer,
            trade.sell.tokenId,
            trade.grams,
            trade.fen,
            trade.sell.payment,
            trade.sell.payment == 0 ? trade.receipt.custodian : address(0)
        );
        if (trade.sell.payment == 0) _requireReceipt(trade, exchange, sold, bought);
        else _pay(trade);
        _deliver(trade);
    }

    /// @inheritdoc ISettlement
    function cancel(SellOrder calldata order, Consent calldata consent) external nonReentrant {
        if (msg.sender != order.seller) revert SettlementNotSeller(order.seller, msg.sender);
        bytes32 orderId = sellOrderId(order);
        _requireExchangeOf(order, consent.account);
        _requireSigned(
            consent.account,
            consent.deadline,
            keccak256(abi.encode(CONSENT_TYPEHASH, orderId, consent.account, consent.deadline)),
            consent.signature
        );
        _return(order, orderId, consent.account);
    }

    /// @inheritdoc ISettlement
    function release(SellOrder calldata order) external nonReentrant {
        _requireExchangeOf(order, msg.sender);
        _return(order, sellOrderId(order), msg.sender);
    }

    /// @inheritdoc ISettlement
    function returnExpired(SellOrder calldata order) external nonReentrant {
        bytes32 orderId = sellOrderId(order);
        uint64 last = overAfter(order);
        if (block.timestamp <= last) revert SettlementNotOver(orderId, last);
        _return(order, orderId, address(0));
    }

    /// @inheritdoc ISettlement
    function orderOf(bytes32 orderId) external view returns (bool listed, uint64 restGrams) {
        Order memory order = _orders[orderId];
        return (order.listed, order.restGrams);
    }

    /// @inheritdoc ISettlement
    function boughtGrams(bytes32 orderId) external view returns (uint64 grams) {
        return _boughtGrams[orderId];
    }

    /// @inheritdoc ISettlement
    function openGrams(TokenId tokenId) external view returns (uint64 grams) {
        return _openGrams[tokenId];
    }

    /// @inheritdoc ISettlement
    function isTradeSettled(InstitutionId exchange, uint256 tradeId) external view returns (bool) {
        return (_settledTrades[exchange][tradeId >> 8] >> (tradeId & 0xff)) & 1 != 0;
    }

    /// @inheritdoc ISettlement
    function overAfter(SellOrder calldata order) public view returns (uint64 time) {
        // The past of a parameter never changes, so that nobody moves the end of an expired order.
        try
            PROGRAMMES.parameterAt(
                order.tokenId.programmeOf(),
                ParameterKeys.SETTLEMENT_GRACE_SECONDS,
                order.expiry
            )
        returns (uint128 grace) {
            return order.expiry + uint64(grace < MOST_GRACE_SECONDS ? grace : MOST_GRACE_SECONDS);
        } catch {
            return order.expiry;
        }
    }

    /// @inheritdoc ISettlement
    function sellOrderId(SellOrder calldata order) public view returns (bytes32 orderId) {
        return _hashTypedDataV4(_sellStructHash(order));
    }

    /// @inheritdoc ISettlement
    function buyOrderId(BuyOrder calldata order) public view returns (bytes32 orderId) {
        // Every field of an order is static, so that it encodes like the list of its fields.
        return _hashTypedDataV4(keccak256(abi.encode(BUY_TYPEHASH, order)));
    }

    function _list(SellOrder calldata order, bytes32 orderId) private {
        if (order.grams == 0) revert SettlementGramsZero();
        if (order.leastGrams == 0 || order.leastGrams > order.grams) {
            revert SettlementLeastGrams(order.grams, order.leastGrams);
        }
        if (InstitutionId.unwrap(order.exchange) == 0) {
            revert SettlementNotExchange(order.exchange, order.exchange);
        }
        _requireNotExpired(order.expiry);
        uint64 latest = uint64(block.timestamp) + MOST_LIFE_SECONDS;
        if (order.expiry > latest) revert SettlementLife(order.expiry, latest);
        if (_orders[orderId].listed) revert SettlementKnown(orderId);
        _orders[orderId] = Order({listed: true, restGrams: order.grams});
        _openGrams[order.tokenId] += order.grams;
        emit OrderListed(orderId, order);
        TOKEN.pull(order.seller, order.tokenId, order.grams);
    }

    // The order is empty before the token calls the seller, who may be a contract.
    function _return(SellOrder calldata order, bytes32 orderId, address by) private {
        Order storage stored = _orders[orderId];
        uint64 grams = stored.restGrams;
        if (grams == 0) revert SettlementNotOpen(orderId);
        stored.restGrams = 0;
        _openGrams[order.tokenId] -= grams;
        emit OrderReturned(orderId, order.seller, order.tokenId, grams, by);
        TOKEN.safeTransferFrom(
            address(this),
            order.seller,
            TokenId.unwrap(order.tokenId),
            grams,
            ""
        );
    }

    function _useTradeId(InstitutionId exchange, uint256 tradeId) private {
        uint256 bits = _settledTrades[exchange][tradeId >> 8];
        uint256 bit = 1 << (tradeId & 0xff);
        if (bits & bit != 0) revert SettlementTradeUsed(exchange, tradeId);
        _settledTrades[exchange][tradeId >> 8] = bits | bit;
    }

    function _takeFromSell(
        SellOrder calldata order,
        uint64 grams
    ) private returns (bytes32 orderId) {
        orderId = sellOrderId(order);
        Order storage stored = _orders[orderId];
        uint64 rest = stored.restGrams;
        if (rest == 0) revert SettlementNotOpen(orderId);
        _requireFill(orderId, grams, rest, order.leastGrams);
        stored.restGrams = rest - grams;
        _openGrams[order.tokenId] -= grams;
    }

    function _addToBuy(
        BuyOrder calldata order,
        bytes calldata signature,
        uint64 grams
    ) private returns (bytes32 orderId) {
        orderId = _requireSigned(
            order.buyer,
            order.expiry,
            keccak256(abi.encode(BUY_TYPEHASH, order)),
            signature
        );
        if (isNonceUsed(order.buyer, order.nonce)) {
            revert IntentNoncesUsed(order.buyer, order.nonce);
        }
        uint64 before = _boughtGrams[orderId];
        _requireFill(orderId, grams, order.grams - before, order.leastGrams);
        _boughtGrams[orderId] = before + grams;
    }

    // A receiver's answer of any length ends here, so that it costs only its own trade.
    function _deliver(Trade calldata trade) private {
        uint256 id = TokenId.unwrap(trade.sell.tokenId);
        try TOKEN.safeTransferFrom(address(this), trade.buy.buyer, id, trade.grams, "") {
            return;
        } catch (bytes memory reason) {
            revert SettlementDeliveryRefused(bytes4(reason));
        }
    }

    function _emitFailed(InstitutionId exchange, uint256 tradeId, bytes memory reason) private {
        bytes32[] memory details = new bytes32[](0);
        if (reason.length > 4) {
            // An array is encoded as its place, its length and its words.
            bytes memory words = Bytes.slice(reason, 4);
            details = abi.decode(
                bytes.concat(bytes32(uint256(32)), bytes32(words.length / 32), words),
                (bytes32[])
            );
        }
        emit TradeFailed(exchange, tradeId, bytes4(reason), details);
    }

    function _requireMatch(Trade calldata trade, InstitutionId exchange) private view {
        SellOrder calldata sell = trade.sell;
        BuyOrder calldata buy = trade.buy;
        if (sell.exchange != exchange) revert SettlementNotExchange(sell.exchange, exchange);
        if (buy.exchange != exchange) revert SettlementNotExchange(buy.exchange, exchange);
        if (TokenId.unwrap(sell.tokenId) != TokenId.unwrap(buy.tokenId)) {
            revert SettlementTokenId(sell.tokenId, buy.tokenId);
        }
        if (sell.payment != buy.payment) {
            revert SettlementPaymentDiffers(sell.payment, buy.payment);
        }
        if (sell.seller == buy.buyer) revert SettlementSelfTrade(buy.buyer);
        _requireNotExpired(sell.expiry);
        if (trade.grams == 0) revert SettlementGramsZero();
        uint256 grams = trade.grams;
        uint256 least = (grams * sell.minPriceFenPerTonne) / GRAMS_PER_TONNE;
        if (trade.fen < least) revert SettlementBelowPrice(trade.fen, least);
        uint256 most = (grams * buy.maxPriceFenPerTonne + GRAMS_PER_TONNE - 1) / GRAMS_PER_TONNE;
        if (trade.fen > most) revert SettlementAbovePrice(trade.fen, most);
    }

    function _requireExchangeOf(SellOrder calldata order, address account) private view {
        _requireRole(order.tokenId.programmeOf(), Roles.EXCHANGE, account);
        InstitutionId institution = PROGRAMMES.institutionOf(account);
        if (institution != order.exchange) {
            revert SettlementNotExchange(order.exchange, institution);
        }
    }

    function _requireOpen(address account) private view {
        uint8 standing = TOKEN.standingOf(account);
        if (standing & (Standing.OPEN | Standing.FROZEN | Standing.CLOSED) != Standing.OPEN) {
            revert SettlementStanding(account, standing);
        }
    }

    function _requireNotExpired(uint64 expiry) private view {
        if (block.timestamp > expiry) revert SettlementExpired(expiry, uint64(block.timestamp));
    }

    function _requireFill(
        bytes32 orderId,
        uint64 grams,
        uint64 rest,
        uint64 leastGrams
    ) private pure {
        if (grams > rest) revert SettlementTooMany(orderId, grams, rest);
        if (grams < leastGrams && grams != rest) {
            revert SettlementTooFew(orderId, grams, leastGrams);
        }
    }

    function _sellStructHash(SellOrder calldata order) private pure returns (bytes32) {
        return keccak256(abi.encode(SELL_TYPEHASH, order));
    }
}
