// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccountGuard} from "./interfaces/IAccountGuard.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {ChinaDays} from "./libraries/ChinaDays.sol";
import {GuardOrderKind, GuardOrderState, Roles, Standing} from "./types/Codes.sol";
import {InstitutionId, GuardOrderId, ProgrammeId, TokenId} from "./types/Ids.sol";

/// @title AccountGuard
/// @notice What it does and why: interfaces/IAccountGuard.sol.
contract AccountGuard is IAccountGuard {
    // Bounds for what an institution may choose: below an hour nobody sees a theft in time, and
    // above 30 days the guard would bind its owner more than a thief.
    uint32 private constant LEAST_COOLING_SECONDS = 1 hours;
    uint32 private constant MOST_COOLING_SECONDS = 30 days;
    // A forgotten order must not wait for a thief for ever.
    uint40 private constant ORDER_SECONDS = 30 days;

    IProgrammes private immutable PROGRAMMES;
    IReductionToken private immutable TOKEN;

    mapping(address account => Guard) private _guards;
    mapping(address account => mapping(uint32 listGeneration => mapping(address receiver => bool)))
        private _trusted;
    mapping(GuardOrderId orderId => Order) private _orders;
    /// @dev The latest order of a content, whatever became of it.
    mapping(bytes32 contentHash => GuardOrderId orderId) private _latest;

    constructor(IProgrammes programmes, IReductionToken token) {
        PROGRAMMES = programmes;
        TOKEN = token;
    }

    /// @inheritdoc IAccountGuard
    function turnOn(
        address second,
        uint32 coolingSeconds,
        uint64 transactionGrams,
        uint64 dayGrams,
        address[] calldata trusted
    ) external {
        Guard storage guard = _guards[msg.sender];
        if (guard.second != address(0)) revert AccountGuardOn(msg.sender);
        _requireActive(msg.sender);
        _requireSecond(msg.sender, second);
        _requireCooling(coolingSeconds);
        _requireLimits(transactionGrams, dayGrams);
        uint32 generation = guard.generation + 1;
        guard.second = second;
        guard.coolingSeconds = coolingSeconds;
        guard.generation = generation;
        guard.listGeneration = generation;
        guard.transactionGrams = transactionGrams;
        guard.dayGrams = dayGrams;
        emit GuardTurnedOn(
            msg.sender,
            second,
            generation,
            coolingSeconds,
            transactionGrams,
            dayGrams
        );
        for (uint256 i = 0; i < trusted.length; ++i) {
            _requireNew(msg.sender, trusted[i]);
            _setTrusted(msg.sender, trusted[i], true);
        }
        TOKEN.setGuarded(msg.sender, true);
    }

    /// @inheritdoc IAccountGuard
    function untrust(address account, address receiver) external {
        _requirePerson(account);
        if (!isTrusted(account, receiver)) revert AccountGuardUntrusted(account, receiver);
        _setTrusted(account, receiver, false);
    }

    /// @inheritdoc IAccountGuard
    function lowerLimits(address account, uint64 transactionGrams, uint64 dayGrams) external {
        _requirePerson(account);
        _requireLimits(transactionGrams, dayGrams);
        Guard storage guard = _guards[account];
        if (transactionGrams > guard.transactionGrams || dayGrams > guard.dayGrams) {
            revert AccountGuardNotLower(account, guard.transactionGrams, guard.dayGrams);
        }
        _setLimits(account, transactionGrams, dayGrams);
    }

    /// @inheritdoc IAccountGuard
    function order(
        address to,
        TokenId tokenId,
        uint64 grams
    ) external returns (GuardOrderId orderId) {
        if (grams == 0) revert AccountGuardGramsZero();
        Content memory content;
        content.kind = GuardOrderKind.MOVE;
        content.subject = to;
        content.tokenId = tokenId;
        content.grams = grams;
        return _place(content);
    }

    /// @inheritdoc IAccountGuard
    function orderTrust(address receiver) external returns (GuardOrderId orderId) {
        _requireNew(msg.sender, receiver);
        Content memory content;
        content.kind = GuardOrderKind.TRUST;
        content.subject = receiver;
        return _place(content);
    }

    /// @inheritdoc IAccountGuard
    function orderLimits(
        uint64 transactionGrams,
        uint64 dayGrams
    ) external returns (GuardOrderId orderId) {
        _requireLimits(transactionGrams, dayGrams);
        Content memory content;
        content.kind = GuardOrderKind.LIMITS;
        content.grams = transactionGrams;
        content.dayGrams = dayGrams;
        return _place(content);
    }

    /// @inheritdoc IAccountGuard
    function orderSecond(address second) external returns (GuardOrderId orderId) {
        _requireSecond(msg.sender, second);
        Content memory content;
        content.kind = GuardOrderKind.SECOND;
        content.subject = second;
        return _place(content);
    }

    /// @inheritdoc IAccountGuard
    function orderCooling(uint32 coolingSeconds) external returns (GuardOrderId orderId) {
        _requireCooling(coolingSeconds);
        Content memory content;
        content.kind = GuardOrderKind.COOLING;
        content.coolingSeconds = coolingSeconds;
        return _place(content);
    }

    /// @inheritdoc IAccountGuard
    function orderOff() external returns (GuardOrderId orderId) {
        Content memory content;
        content.kind = GuardOrderKind.OFF;
        return _place(content);
    }

    /// @inheritdoc IAccountGuard
    function confirm(GuardOrderId orderId) external {
        Order storage stored = _known(orderId);
        if (stored.state != GuardOrderState.PLACED) {
            revert AccountGuardOrderState(orderId, stored.state);
        }
        address account = stored.account;
        Guard storage guard = _guards[account];
        if (msg.sender != guard.second) revert AccountGuardNotSecond(account, msg.sender);
        _requireInTime(orderId, stored);
        _requireActive(account);
        _requireActive(msg.sender);
        uint40 ripeAt = uint40(block.timestamp) + guard.coolingSeconds;
        stored.state = GuardOrderState.CONFIRMED;
        stored.ripeAt = ripeAt;
        stored.endsAt = ripeAt + ORDER_SECONDS;
        emit GuardOrderConfirmed(orderId, msg.sender, ripeAt, ripeAt + ORDER_SECONDS);
    }

    /// @inheritdoc IAccountGuard
    function cancel(GuardOrderId orderId) external {
        Order storage stored = _known(orderId);
        if (!_isOpen(stored.state)) revert AccountGuardOrderState(orderId, stored.state);
        _requirePerson(stored.account);
        stored.state = GuardOrderState.CANCELLED;
        emit GuardOrderCancelled(orderId, msg.sender);
    }

    /// @inheritdoc IAccountGuard
    function execute(GuardOrderId orderId) external {
        Order storage stored = _known(orderId);
        if (stored.state != GuardOrderState.CONFIRMED) {
            revert AccountGuardOrderState(orderId, stored.state);
        }
        address account = stored.account;
        Content memory content = stored.content;
        if (content.kind == GuardOrderKind.MOVE)
            revert AccountGuardOrderKind(orderId, content.kind);
        _requirePerson(account);
        _requireInTime(orderId, stored);
        if (block.timestamp < stored.ripeAt) {
            revert AccountGuardOrderCooling(orderId, stored.ripeAt);
        }
        _requireActive(account);
        stored.state = GuardOrderState.DONE;
        emit GuardOrderDone(orderId);
        _apply(account, content);
    }

    /// @inheritdoc IAccountGuard
    function replaceSecond(address account, address second, bytes32 document) external {
        if (_guards[account].second == address(0)) revert AccountGuardOff(account);
        ProgrammeId programme = PROGRAMMES.accountOf(account).programme;
        if (!PROGRAMMES.hasRole(programme, Roles.AUTHORITY, msg.sender)) {
            revert AccountGuardRoleMissing(programme, Roles.AUTHORITY, msg.sender);
        }
        if (PROGRAMMES.institutionOf(msg.sender) == PROGRAMMES.institutionOf(account)) {
            revert AccountGuardSameInstitution(account, msg.sender);
        }
        _requireSecond(account, second);
        if (document == 0) revert AccountGuardDocumentZero();
        emit GuardSecondReplaced(account, msg.sender, programme, document);
        _setSecond(account, second);
    }

    /// @inheritdoc IAccountGuard
    function spend(
        address from,
        address to,
        uint256[] calldata ids,
        uint256[] calldata grams
    ) external {
        if (msg.sender != address(TOKEN)) revert AccountGuardNotToken(msg.sender);
        Guard storage guard = _guards[from];
        if (guard.second == address(0)) revert AccountGuardOff(from);
        uint64 most = guard.transactionGrams;
        uint256 total = 0;
        bool byLimit = false;
        for (uint256 i = 0; i < ids.length; ++i) {
            if (_useOrder(from, to, ids[i], grams[i])) continue;
            byLimit = true;
            // Each line alone first, so that a huge one cannot overflow the sum.
            if (grams[i] > most) revert AccountGuardTransactionGrams(from, grams[i], most);
            total += grams[i];
        }
        if (!byLimit) return;
        if (to != address(0) && !_trusted[from][guard.listGeneration][to]) {
            revert AccountGuardUntrusted(from, to);
        }
        if (total > most) revert AccountGuardTransactionGrams(from, total, most);
        uint32 day = ChinaDays.today();
        uint256 spentGrams = total + (guard.spentDay == day ? guard.spentGrams : 0);
        if (spentGrams > guard.dayGrams) {
            revert AccountGuardDayGrams(from, day, spentGrams, guard.dayGrams);
        }
        guard.spentGrams = uint64(spentGrams);
        guard.spentDay = day;
        emit GuardSpent(from, day, uint64(total), uint64(spentGrams));
    }

    /// @inheritdoc IAccountGuard
    function guardOf(address account) external view returns (Guard memory) {
        return _guards[account];
    }

    /// @inheritdoc IAccountGuard
    function allowanceOf(address account) external view returns (uint64 grams) {
        Guard memory guard = _guards[account];
        if (guard.second == address(0)) return 0;
        uint64 spentGrams = guard.spentDay == ChinaDays.today() ? guard.spentGrams : 0;
        return spentGrams < guard.dayGrams ? guard.dayGrams - spentGrams : 0;
    }

    /// @inheritdoc IAccountGuard
    function orderOf(GuardOrderId orderId) external view returns (Order memory) {
        return _orders[orderId];
    }

    /// @inheritdoc IAccountGuard
    function liveOrderOf(
        address account,
        Content calldata content
    ) external view returns (GuardOrderId orderId) {
        orderId = _latest[_contentHash(account, content)];
        if (!_isLive(_orders[orderId])) return GuardOrderId.wrap(0);
    }

    /// @inheritdoc IAccountGuard
    function isTrusted(address account, address receiver) public view returns (bool) {
        Guard storage guard = _guards[account];
        return guard.second != address(0) && _trusted[account][guard.listGeneration][receiver];
    }

    function _place(Content memory content) private returns (GuardOrderId orderId) {
        Guard storage guard = _guards[msg.sender];
        if (guard.second == address(0)) revert AccountGuardOff(msg.sender);
        _requireActive(msg.sender);
        bytes32 contentHash = _contentHash(msg.sender, content);
        GuardOrderId latest = _latest[contentHash];
        if (_isLive(_orders[latest])) revert AccountGuardOrderLive(latest);

        orderId = GuardOrderId.wrap(keccak256(abi.encode(++guard.orders, contentHash)));
        uint40 endsAt = uint40(block.timestamp) + ORDER_SECONDS;
        _latest[contentHash] = orderId;
        _orders[orderId] = Order({
            account: msg.sender,
            state: GuardOrderState.PLACED,
            generation: guard.generation,
            endsAt: endsAt,
            ripeAt: 0,
            content: content
        });
        emit GuardOrderPlaced(orderId, msg.sender, guard.generation, endsAt, content);
    }

    // Everything is checked again, because the world may have moved on during the cooling-off.
    function _apply(address account, Content memory content) private {
        if (content.kind == GuardOrderKind.TRUST) {
            _setTrusted(account, content.subject, true);
        } else if (content.kind == GuardOrderKind.LIMITS) {
            _setLimits(account, content.grams, content.dayGrams);
        } else if (content.kind == GuardOrderKind.SECOND) {
            _requireSecond(account, content.subject);
            _setSecond(account, content.subject);
        } else if (content.kind == GuardOrderKind.COOLING) {
            _guards[account].coolingSeconds = content.coolingSeconds;
            emit GuardCoolingSet(account, content.coolingSeconds);
        } else {
            Guard storage guard = _guards[account];
            delete guard.second;
            uint32 generation = ++guard.generation;
            emit GuardTurnedOff(account, generation);
            TOKEN.setGuarded(account, false);
        }
    }

    function _useOrder(
        address from,
        address to,
        uint256 id,
        uint256 grams
    ) private returns (bool used) {
        if (grams > type(uint64).max) return false;
        Content memory content;
        content.kind = GuardOrderKind.MOVE;
        content.subject = to;
        content.tokenId = TokenId.wrap(id);
        content.grams = uint64(grams);
        GuardOrderId orderId = _latest[_contentHash(from, content)];
        Order storage stored = _orders[orderId];
        if (stored.state != GuardOrderState.CONFIRMED || !_isLive(stored)) return false;
        if (block.timestamp < stored.ripeAt) return false;
        stored.state = GuardOrderState.DONE;
        emit GuardOrderDone(orderId);
        return true;
    }

    function _setTrusted(address account, address receiver, bool trusted) private {
        _trusted[account][_guards[account].listGeneration][receiver] = trusted;
        emit GuardTrusted(account, receiver, trusted);
    }

    function _setLimits(address account, uint64 transactionGrams, uint64 dayGrams) private {
        Guard storage guard = _guards[account];
        guard.transactionGrams = transactionGrams;
        guard.dayGrams = dayGrams;
        emit GuardLimitsSet(account, transactionGrams, dayGrams);
    }

    function _setSecond(address account, address second) private {
        Guard storage guard = _guards[account];
        guard.second = second;
        uint32 generation = ++guard.generation;
        emit GuardSecondSet(account, second, generation);
    }

    function _requirePerson(address account) private view {
        address second = _guards[account].second;
        if (second == address(0)) revert AccountGuardOff(account);
        if (msg.sender != account && msg.sender != second) {
            revert AccountGuardNotPerson(account, msg.sender);
        }
    }

    function _requireSecond(address account, address second) private view {
        InstitutionId institution = PROGRAMMES.institutionOf(account);
        if (
            second == account ||
            second == _guards[account].second ||
            InstitutionId.unwrap(institution) == 0 ||
            PROGRAMMES.institutionOf(second) != institution
        ) revert AccountGuardSecond(account, second);
        _requireActive(second);
    }

    function _requireActive(address account) private view {
        uint8 standing = PROGRAMMES.accountOf(account).standing;
        uint8 bits = Standing.OPEN | Standing.FROZEN | Standing.CLOSED;
        if (standing & bits != Standing.OPEN) revert AccountGuardStanding(account, standing);
    }

    function _requireNew(address account, address receiver) private view {
        if (receiver == address(0)) revert AccountGuardReceiverZero();
        if (isTrusted(account, receiver)) revert AccountGuardIsTrusted(account, receiver);
    }

    function _requireInTime(GuardOrderId orderId, Order storage stored) private view {
        uint32 generation = stored.generation;
        if (generation != _guards[stored.account].generation) {
            revert AccountGuardOrderDead(orderId, generation);
        }
        if (block.timestamp >= stored.endsAt) {
            revert AccountGuardOrderOver(orderId, stored.endsAt);
        }
    }

    function _known(GuardOrderId orderId) private view returns (Order storage stored) {
        stored = _orders[orderId];
        if (stored.account == address(0)) revert AccountGuardOrderUnknown(orderId);
    }

    function _isLive(Order storage stored) private view returns (bool) {
        return
            _isOpen(stored.state) &&
            stored.generation == _guards[stored.account].generation &&
            block.timestamp < stored.endsAt;
    }

    function _isOpen(uint8 state) private pure returns (bool) {
        return state == GuardOrderState.PLACED || state == GuardOrderState.CONFIRMED;
    }

    function _requireCooling(uint32 coolingSeconds) private pure {
        if (coolingSeconds < LEAST_COOLING_SECONDS || coolingSeconds > MOST_COOLING_SECONDS) {
            revert AccountGuardCooling(coolingSeconds, LEAST_COOLING_SECONDS, MOST_COOLING_SECONDS);
        }
    }

    function _requireLimits(uint64 transactionGrams, uint64 dayGrams) private pure {
        if (transactionGrams > dayGrams) revert AccountGuardLimits(transactionGrams, dayGrams);
    }

    function _contentHash(address account, Content memory content) private pure returns (bytes32) {
        return keccak256(abi.encode(account, content));
    }
}
