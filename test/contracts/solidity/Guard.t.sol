// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChinaDays} from "../../../contracts/libraries/ChinaDays.sol";
import {GuardOrderId, TokenId} from "../../../contracts/types/Ids.sol";
import {Holdings} from "./Holdings.sol";

/// @dev A thief with the account's key tries everything an account can do, for as long as it likes;
/// the second person confirms only what goes to the partner.
contract ThiefHandler is Holdings {
    struct Confirmed {
        uint64 grams;
        uint8 which;
        bool used;
        uint256 ripeAt;
    }

    uint64 private constant TRANSACTION = 1_000;
    uint64 private constant DAY = 2_500;
    uint32 private constant COOLING = 6 hours;

    GuardOrderId[] private _stolen;
    Confirmed[] private _confirmed;
    uint256 public spent;
    uint256 public executed;
    mapping(uint32 day => uint256 grams) private _left;

    constructor() {
        address[] memory trusted = new address[](1);
        trusted[0] = PARTNER;
        VM.prank(HOLDER);
        guard.turnOn(SECOND, COOLING, TRANSACTION, DAY, trusted);
    }

    function wait(uint24 time) external {
        VM.warp(block.timestamp + bound(time, 1, 20 hours));
    }

    function send(bool toThief, uint8 which, uint64 grams) external {
        uint64 amount = uint64(bound(grams, 1, 3 * TRANSACTION));
        VM.prank(HOLDER);
        try
            token.safeTransferFrom(
                HOLDER,
                toThief ? THIEF : PARTNER,
                TokenId.unwrap(units[which % 2]),
                amount,
                ""
            )
        {
            _count(amount);
        } catch {}
    }

    function sendBoth(uint64 first, uint64 second) external {
        uint256[] memory ids = new uint256[](2);
        uint256[] memory grams = new uint256[](2);
        for (uint256 i = 0; i < 2; ++i) ids[i] = TokenId.unwrap(units[i]);
        grams[0] = bound(first, 0, TRANSACTION);
        grams[1] = bound(second, 0, TRANSACTION);
        VM.prank(HOLDER);
        try token.safeBatchTransferFrom(HOLDER, PARTNER, ids, grams, "") {
            _count(grams[0] + grams[1]);
        } catch {}
    }

    function retire(uint8 which, uint64 grams) external {
        uint64 amount = uint64(bound(grams, 1, 2 * TRANSACTION));
        VM.prank(HOLDER);
        try token.retire(units[which % 2], amount, 2, 0) {
            _count(amount);
        } catch {}
    }

    function pull(uint8 which, uint64 grams) external {
        // This contract stands where Settlement does, which is not trusted.
        try token.pull(HOLDER, units[which % 2], uint64(bound(grams, 1, DAY))) {
            _claim(false);
        } catch {}
    }

    function order(uint8 kind, uint64 grams) external {
        uint64 amount = uint64(bound(grams, 1, ISSUED));
        VM.prank(HOLDER);
        if (kind % 6 == 0) _try(abi.encodeCall(guard.order, (THIEF, units[0], amount)));
        else if (kind % 6 == 1) _try(abi.encodeCall(guard.orderTrust, (THIEF)));
        else if (kind % 6 == 2) _try(abi.encodeCall(guard.orderLimits, (amount, amount)));
        else if (kind % 6 == 3) _try(abi.encodeCall(guard.orderOff, ()));
        else if (kind % 6 == 4) _try(abi.encodeCall(guard.orderCooling, (1 hours)));
        else _try(abi.encodeCall(guard.order, (address(0), units[1], amount)));
    }

    function confirmAndExecute(uint8 i, bool asThief) external {
        if (_stolen.length == 0) return;
        GuardOrderId orderId = _stolen[i % _stolen.length];
        VM.prank(asThief ? THIEF : HOLDER);
        try guard.confirm(orderId) {
            _claim(false);
        } catch {}
        VM.prank(asThief ? THIEF : HOLDER);
        try guard.execute(orderId) {
            _claim(false);
        } catch {}
    }

    /// @dev An honest order, outside the limits, which the second person confirms.
    function orderHonestly(uint8 which) external {
        // Each order of its own grams, so that one cannot stand for another.
        uint64 amount = 2 * DAY + uint64(_confirmed.length);
        VM.prank(HOLDER);
        try guard.order(PARTNER, units[which % 2], amount) returns (GuardOrderId orderId) {
            VM.prank(SECOND);
            guard.confirm(orderId);
            _confirmed.push(Confirmed(amount, which % 2, false, block.timestamp + COOLING));
        } catch {}
    }

    function useOrder(uint8 i) external {
        if (_confirmed.length == 0) return;
        Confirmed memory confirmed = _confirmed[i % _confirmed.length];
        uint64 before = held(HOLDER, confirmed.which);
        VM.prank(HOLDER);
        try
            token.safeTransferFrom(
                HOLDER,
                PARTNER,
                TokenId.unwrap(units[confirmed.which]),
                confirmed.grams,
                ""
            )
        {
            _claim(block.timestamp >= confirmed.ripeAt);
            _claim(before - held(HOLDER, confirmed.which) == confirmed.grams);
            _claim(!confirmed.used);
            _confirmed[i % _confirmed.length].used = true;
            executed += confirmed.grams;
        } catch {}
    }

    function check() external view {
        equal(violations, 0);
        equal(held(THIEF, 0) + held(THIEF, 1), 0);
        equal(token.standingOf(HOLDER), 5);
        equal(held(HOLDER, 0) + held(HOLDER, 1) + spent + executed, 2 * uint256(ISSUED));
    }

    function _try(bytes memory call) private {
        (bool success, bytes memory result) = address(guard).call(call);
        if (success) _stolen.push(abi.decode(result, (GuardOrderId)));
    }

    function _count(uint256 grams) private {
        _left[ChinaDays.today()] += grams;
        spent += grams;
        _claim(grams <= TRANSACTION && _left[ChinaDays.today()] <= DAY);
    }
}

/// @dev A stolen key takes at most the day's limit, never to a receiver of its choice, and orders
/// let exactly their grams leave, once, after the cooling-off.
contract ThiefTest {
    ThiefHandler private _handler;

    constructor() {
        _handler = new ThiefHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_ThiefTakesNoMoreThanTheLimits() external view {
        _handler.check();
    }
}
