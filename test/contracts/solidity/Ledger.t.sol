// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPledge} from "../../../contracts/interfaces/IPledge.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {ParameterKeys, Roles, Standing} from "../../../contracts/types/Codes.sol";
import {InstitutionId, TokenId} from "../../../contracts/types/Ids.sol";
import {Agreeable, LongWalk} from "./Acting.sol";
import {LedgerWorld} from "./LedgerWorld.sol";

/// @dev The ledger with those who hold units for others: escrow, pledges and the pool.
contract CustodyWorld is LedgerWorld {
    uint64 private constant PRICE = 4_000;
    address private constant EXCHANGE = address(0xE1);
    address private constant CREDITOR = address(0xE3);
    uint256 private constant MOST = 60;

    Agreeable private immutable CUSTODIAN;
    ISettlement.SellOrder[] private _orders;
    IPledge.Terms[] private _pledges;
    uint256 private _trades;

    constructor() {
        CUSTODIAN = new Agreeable();
        _join(EXCHANGE, "exchange", Roles.EXCHANGE);
        _join(address(CUSTODIAN), "custodian", Roles.CUSTODIAN);
        _set(ParameterKeys.SETTLEMENT_GRACE_SECONDS, 1 hours);
        _set(ParameterKeys.PLEDGE_GRACE_SECONDS, 1 hours);
    }

    function actions() public pure override returns (uint256) {
        return LEDGER_ACTIONS + 9;
    }

    function _act(uint256 action, uint256 seed) internal override returns (bool) {
        if (action < LEDGER_ACTIONS) return _actOnLedger(action, seed);
        action -= LEDGER_ACTIONS;
        if (action == 0) return _list(seed);
        if (action == 1) return _settle(seed);
        if (action == 2) return _returnOrder(seed);
        if (action == 3) return _offer(seed);
        if (action == 4) return _release(seed);
        if (action == 5) return _foreclose(seed);
        if (action == 6) return _give(seed);
        if (action == 7) return _anchor(seed);
        return _withdraw(seed);
    }

    /// @dev Escrow equals open orders, pledges what is pledged, and the pool never owes more than
    /// it holds but for what was voided of it.
    function _checkId(TokenId tokenId) internal view override {
        super._checkId(tokenId);
        _require(
            _balance(address(settlement), tokenId) == settlement.openGrams(tokenId),
            "escrow differs from its count"
        );
        uint256 open = 0;
        for (uint256 i = 0; i < _orders.length; ++i) {
            if (TokenId.unwrap(_orders[i].tokenId) != TokenId.unwrap(tokenId)) continue;
            (, uint64 rest) = settlement.orderOf(settlement.sellOrderId(_orders[i]));
            open += rest;
        }
        _require(open == settlement.openGrams(tokenId), "escrow differs from open orders");
        uint256 pledged = 0;
        for (uint256 i = 0; i < _pledges.length; ++i) {
            if (TokenId.unwrap(_pledges[i].tokenId) != TokenId.unwrap(tokenId)) continue;
            (uint8 state, ) = pledge.pledgeOf(pledge.pledgeIdOf(_pledges[i]));
            if (state != 0 && state != 5) pledged += _pledges[i].grams;
        }
        _require(_balance(address(pledge), tokenId) == pledged, "units under no pledge");
        _require(pledged == pledge.pledgedGrams(tokenId), "pledges differ from their count");
    }

    function _check() internal view override {
        super._check();
        uint256 pooled = 0;
        for (uint256 i = 0; i < _issuedIds.length; ++i) {
            pooled += _balance(address(poolReserve), _issuedIds[i]);
        }
        uint256 owed = poolReserve.anchoredGrams(PROGRAMME);
        _require(pooled == poolReserve.heldGrams(PROGRAMME), "the pool counts wrongly");
        _require(owed <= pooled, "the pool owes more than it holds");
    }

    function _digest() internal view override returns (bytes32 digest) {
        digest = super._digest();
        for (uint256 i = 0; i < _orders.length; ++i) {
            (, uint64 rest) = settlement.orderOf(settlement.sellOrderId(_orders[i]));
            digest = keccak256(abi.encode(digest, rest));
        }
        for (uint256 i = 0; i < _pledges.length; ++i) {
            (uint8 state, ) = pledge.pledgeOf(pledge.pledgeIdOf(_pledges[i]));
            digest = keccak256(abi.encode(digest, state));
        }
        return keccak256(abi.encode(digest, poolReserve.lastEpoch(PROGRAMME)));
    }

    function _elsewhere(TokenId tokenId) internal view override returns (uint256) {
        return
            _balance(address(settlement), tokenId) +
            _balance(address(pledge), tokenId) +
            _balance(address(poolReserve), tokenId);
    }

    function _list(uint256 seed) private returns (bool) {
        if (_orders.length == MOST) return false;
        (address seller, TokenId tokenId, uint64 grams) = _pick(seed);
        ISettlement.SellOrder memory order = ISettlement.SellOrder({
            seller: seller,
            exchange: InstitutionId.wrap("exchange"),
            tokenId: tokenId,
            grams: grams,
            leastGrams: 1,
            minPriceFenPerTonne: PRICE,
            payment: 0,
            expiry: uint64(_now + 30 days),
            nonce: _orders.length
        });
        VM.prank(seller);
        try settlement.list(order) {
            _orders.push(order);
            return true;
        } catch {
            return false;
        }
    }

    /// @dev The buyer accepts whatever is signed in its name, and so does the custodian.
    function _settle(uint256 seed) private returns (bool) {
        if (_orders.length == 0) return false;
        ISettlement.SellOrder memory sell = _orders[_orders.length - 1];
        bytes32 orderId = settlement.sellOrderId(sell);
        (, uint64 rest) = settlement.orderOf(orderId);
        uint64 grams = uint64(bound(seed >> 64, 1, uint256(rest) + 1));
        ISettlement.Trade[] memory trades = new ISettlement.Trade[](1);
        trades[0].tradeId = ++_trades;
        trades[0].sell = sell;
        trades[0].buy = ISettlement.BuyOrder({
            buyer: address(BUYER),
            exchange: sell.exchange,
            tokenId: sell.tokenId,
            grams: grams,
            leastGrams: 1,
            maxPriceFenPerTonne: PRICE,
            payment: 0,
            expiry: sell.expiry,
            nonce: _trades
        });
        trades[0].grams = grams;
        trades[0].fen = uint64((uint256(grams) * PRICE) / 1_000_000);
        trades[0].receipt = ISettlement.Receipt(address(CUSTODIAN), sell.expiry, "");
        VM.prank(EXCHANGE);
        try settlement.settle(trades) {} catch {
            return false;
        }
        (, uint64 left) = settlement.orderOf(orderId);
        return left < rest;
    }

    function _returnOrder(uint256 seed) private returns (bool) {
        if (_orders.length == 0) return false;
        ISettlement.SellOrder memory order = _orders[seed % _orders.length];
        // Seldom by its end, because that takes the whole world a month on.
        if ((seed >> 32) % 8 != 0) {
            VM.prank(EXCHANGE);
            try settlement.release(order) {
                return true;
            } catch {
                return false;
            }
        }
        _later(order.expiry + 2 hours);
        try settlement.returnExpired(order) {
            return true;
        } catch {
            return false;
        }
    }

    function _offer(uint256 seed) private returns (bool) {
        if (_pledges.length == MOST) return false;
        (address owner, TokenId tokenId, uint64 grams) = _pick(seed);
        IPledge.Terms memory terms = IPledge.Terms({
            owner: owner,
            creditor: owner == OWNER ? _holder(1) : OWNER,
            tokenId: tokenId,
            grams: grams,
            acceptBy: uint64(_now + 1 hours),
            dueAt: uint64(_now + 2 hours),
            document: "contract",
            salt: _pledges.length
        });
        VM.prank(owner);
        try pledge.offer(terms) {} catch {
            return false;
        }
        _pledges.push(terms);
        VM.prank(terms.creditor);
        try pledge.accept(terms) {
            return true;
        } catch {
            return false;
        }
    }

    function _release(uint256 seed) private returns (bool) {
        if (_pledges.length == 0) return false;
        IPledge.Terms memory terms = _recentPledge(seed);
        (uint8 state, ) = pledge.pledgeOf(pledge.pledgeIdOf(terms));
        if (state == 1) {
            VM.prank(terms.owner);
            try pledge.takeBack(terms) {
                return true;
            } catch {
                return false;
            }
        }
        VM.prank(terms.creditor);
        try pledge.release(terms) {
            return true;
        } catch {
            return false;
        }
    }

    function _foreclose(uint256 seed) private returns (bool) {
        if (_pledges.length == 0) return false;
        IPledge.Terms memory terms = _recentPledge(seed);
        _later(terms.dueAt);
        VM.prank(terms.creditor);
        try pledge.claim(terms, "notice") {} catch {}
        _later(_now + 2 hours);
        VM.prank(terms.creditor);
        try pledge.foreclose(terms) {
            return true;
        } catch {
            return false;
        }
    }

    /// @dev One of the last three, because what is older is over.
    function _recentPledge(uint256 seed) private view returns (IPledge.Terms memory) {
        uint256 recent = _pledges.length < 3 ? _pledges.length : 3;
        return _pledges[_pledges.length - 1 - (seed % recent)];
    }

    function _give(uint256 seed) private returns (bool) {
        (address from, TokenId tokenId, uint64 grams) = _pick(seed);
        uint256 id = TokenId.unwrap(tokenId);
        VM.prank(from);
        try token.safeTransferFrom(from, address(poolReserve), id, grams, "") {
            return true;
        } catch {
            return false;
        }
    }

    /// @dev At times one gram more than there is, which must fail.
    function _anchor(uint256 seed) private returns (bool) {
        uint256 held = poolReserve.heldGrams(PROGRAMME);
        uint128 owed = uint128(bound(seed, 0, held + 1)) * 1_000;
        uint64 count = owed == 0 ? 0 : 1;
        VM.prank(OPERATOR);
        try poolReserve.anchor(PROGRAMME, "lines", owed, count, 0, "file") {
            return owed > 0;
        } catch {
            return false;
        }
    }

    function _withdraw(uint256 seed) private returns (bool) {
        TokenId tokenId = _issuedIds[(seed >> 8) % _issuedIds.length];
        uint256 held = _balance(address(poolReserve), tokenId);
        uint64 grams = uint64(bound(seed >> 64, 1, held + 1));
        address to = _holder(seed >> 32);
        VM.prank(OPERATOR);
        try poolReserve.withdraw(PROGRAMME, to, tokenId, grams, "order") {
            return true;
        } catch {
            return false;
        }
    }

    function _later(uint256 time) private {
        if (time <= _now) return;
        _now = time;
        VM.warp(time);
    }

    /// @dev With everybody else silent, who holds units that nobody froze retires them.
    function retireAsAnyHolder() external {
        for (uint256 k = 0; k < HOLDERS; ++k) {
            address holder = _holder(k);
            if (_isPaused || token.standingOf(holder) & ~Standing.HAS_PARTIAL_FREEZE != 1) continue;
            for (uint256 i = 0; i < _issuedIds.length; ++i) {
                TokenId tokenId = _issuedIds[i];
                (, uint8 state, , , ) = token.supplyOf(tokenId);
                uint256 free = _balance(holder, tokenId);
                uint64 frozen = freezes.frozenOf(holder, tokenId);
                if (state != 1 || free <= frozen) continue;
                VM.prank(holder);
                token.retire(tokenId, 1, 3, "mine");
            }
        }
    }
}

contract LedgerTest is LongWalk {
    CustodyWorld private _world;

    constructor() {
        _world = new CustodyWorld();
    }

    function test_EveryActionSucceedsInALongWalk() external {
        _walk(_world, 900, 30);
    }

    function invariant_EveryGramIsSomewhereAndCovered() external view {
        _world.check();
    }

    function invariant_AHolderCanAlwaysRetire() external {
        _world.retireAsAnyHolder();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_world);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory) {
        return _stepsOf(_world);
    }
}
