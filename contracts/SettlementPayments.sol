// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IntentNonces} from "./IntentNonces.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {TokenIds} from "./libraries/TokenIds.sol";
import {Roles} from "./types/Codes.sol";
import {InstitutionId, ProgrammeId, TokenId} from "./types/Ids.sol";

/// @title SettlementPayments
/// @notice How a trade is paid: the part of Settlement that knows tokens and custodians. What it
/// does and why: interfaces/ISettlement.sol.
abstract contract SettlementPayments is ISettlement, IntentNonces {
    using SafeERC20 for IERC20;
    using TokenIds for TokenId;

    struct Payment {
        address token;
        uint96 unitsPerFen;
    }

    /// @dev `next` counts from nextAt on; 0 when nothing is decided for later.
    struct Schedule {
        Payment current;
        Payment next;
        uint64 nextAt;
    }

    /// @notice EIP-712 type of a custodian's receipt.
    bytes32 public constant RECEIPT_TYPEHASH = keccak256(
        "CashReceipt(uint256 tradeId,bytes32 sellOrderId,bytes32 buyOrderId,address buyer,"
        "address seller,uint256 tokenId,uint64 grams,uint64 fen,address custodian,"
        "uint64 deadline)"
    );

    IProgrammes internal immutable PROGRAMMES;

    mapping(ProgrammeId programme => Schedule) private _schedules;

    constructor(IProgrammes programmes) {
        PROGRAMMES = programmes;
    }

    /// @inheritdoc ISettlement
    function setPayment(
        ProgrammeId programme,
        address token,
        uint96 unitsPerFen,
        uint64 effectiveAt,
        bytes32 document
    ) external {
        PROGRAMMES.requireRunning(programme);
        _requireRole(programme, Roles.AUTHORITY, msg.sender);
        bool none = token == address(0);
        if (none != (unitsPerFen == 0) || (!none && token.code.length == 0)) {
            revert SettlementPaymentInvalid(token, unitsPerFen);
        }
        Schedule storage schedule = _schedules[programme];
        schedule.current = _paymentNow(programme);
        uint64 from = effectiveAt;
        if (from > block.timestamp) {
            schedule.next = Payment(token, unitsPerFen);
            schedule.nextAt = from;
        } else {
            from = uint64(block.timestamp);
            schedule.current = Payment(token, unitsPerFen);
            delete schedule.next;
            delete schedule.nextAt;
        }
        bytes32 payment = _paymentIdOrZero(token, unitsPerFen);
        emit SettlementPaymentSet(programme, token, unitsPerFen, payment, from, document);
    }

    /// @inheritdoc ISettlement
    function paymentOf(
        ProgrammeId programme
    ) external view returns (address token, uint96 unitsPerFen, bytes32 payment) {
        Payment memory now_ = _paymentNow(programme);
        payment = _paymentIdOrZero(now_.token, now_.unitsPerFen);
        return (now_.token, now_.unitsPerFen, payment);
    }

    /// @inheritdoc ISettlement
    function paymentIdOf(address token, uint96 unitsPerFen) public pure returns (bytes32 payment) {
        return keccak256(abi.encode(token, unitsPerFen));
    }

    // What arrived is counted, because a token may say yes and move less, or keep a fee.
    function _pay(Trade calldata trade) internal {
        Payment memory payment = _paymentNow(trade.sell.tokenId.programmeOf());
        bytes32 inForce = _paymentIdOrZero(payment.token, payment.unitsPerFen);
        if (trade.sell.payment != inForce) {
            revert SettlementPaymentUnknown(trade.sell.payment, inForce);
        }
        IERC20 token = IERC20(payment.token);
        address seller = trade.sell.seller;
        uint256 due = uint256(trade.fen) * payment.unitsPerFen;
        uint256 before = token.balanceOf(seller);
        if (!token.trySafeTransferFrom(trade.buy.buyer, seller, due)) {
            revert SettlementPaymentFailed(payment.token);
        }
        uint256 afterwards = token.balanceOf(seller);
        if (afterwards < before || afterwards - before < due) {
            revert SettlementPaidShort(afterwards < before ? 0 : afterwards - before, due);
        }
    }

    /// @dev Used once, because it names the trade and both orders, which name the exchange.
    function _requireReceipt(
        Trade calldata trade,
        InstitutionId exchange,
        bytes32 sold,
        bytes32 bought
    ) internal view {
        address custodian = trade.receipt.custodian;
        _requireRole(trade.sell.tokenId.programmeOf(), Roles.CUSTODIAN, custodian);
        InstitutionId institution = PROGRAMMES.institutionOf(custodian);
        if (
            institution == exchange ||
            institution == PROGRAMMES.institutionOf(trade.sell.seller) ||
            institution == PROGRAMMES.institutionOf(trade.buy.buyer)
        ) revert SettlementCustodianInstitution(custodian, institution);
        bytes32 structHash = keccak256(
            abi.encode(
                RECEIPT_TYPEHASH,
                trade.tradeId,
                sold,
                bought,
                trade.buy.buyer,
                trade.sell.seller,
                trade.sell.tokenId,
                trade.grams,
                trade.fen,
                custodian,
                trade.receipt.deadline
            )
        );
        _requireSigned(custodian, trade.receipt.deadline, structHash, trade.receipt.signature);
    }

    function _requireRole(ProgrammeId programme, uint8 role, address account) internal view {
        if (!PROGRAMMES.hasRole(programme, role, account)) {
            revert SettlementRoleMissing(programme, role, account);
        }
    }

    function _paymentNow(ProgrammeId programme) private view returns (Payment memory) {
        Schedule storage schedule = _schedules[programme];
        uint64 nextAt = schedule.nextAt;
        return nextAt != 0 && nextAt <= block.timestamp ? schedule.next : schedule.current;
    }

    function _paymentIdOrZero(address token, uint96 unitsPerFen) private pure returns (bytes32) {
        return token == address(0) ? bytes32(0) : paymentIdOf(token, unitsPerFen);
    }
}
