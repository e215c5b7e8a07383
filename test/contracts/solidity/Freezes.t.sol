// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICorrections} from "../../../contracts/interfaces/ICorrections.sol";
import {ActKind} from "../../../contracts/types/Codes.sol";
import {ActId, FreezeId, RequestId, TokenId} from "../../../contracts/types/Ids.sol";
import {Holdings} from "./Holdings.sol";

/// @dev Freezes, debts, their ends, acts of correction and what a holder does in between, beside a
/// plain list of what must be frozen.
contract FreezesHandler is Holdings {
    struct Expected {
        FreezeId freezeId;
        uint8 which;
        uint64 grams;
        uint64 expiresAt;
    }

    Expected[] private _expected;
    ActId[] private _acts;
    ActId[] private _voids;
    uint64[2][2] private _debts;
    uint256 public moves;

    function wait(uint16 time) external {
        VM.warp(block.timestamp + 1 + time);
    }

    function freeze(uint8 which, uint64 grams, uint16 lasts) external {
        uint8 id = which % 2;
        uint64 amount = uint64(bound(grams, 1, ISSUED / 10));
        uint64 expiresAt = lasts % 3 == 0 ? 0 : uint64(block.timestamp) + 1 + lasts;
        uint256 live = 0;
        for (uint256 i = 0; i < _expected.length; ++i) {
            if (_expected[i].which == id && _isLive(_expected[i].expiresAt)) ++live;
        }
        VM.prank(AUTHORITY);
        try freezes.freezeGrams(HOLDER, units[id], amount, "number", expiresAt) returns (
            FreezeId freezeId
        ) {
            _claim(live < 8);
            _expected.push(Expected(freezeId, id, amount, expiresAt));
        } catch {
            _claim(live == 8);
        }
    }

    function lift(uint8 i) external {
        if (_expected.length == 0) return;
        VM.prank(AUTHORITY);
        try freezes.lift(_expected[i % _expected.length].freezeId, "decision") {
            _drop(i % _expected.length);
        } catch {
            // Only one that expired may have been cleared meanwhile.
            _claim(!_isLive(_expected[i % _expected.length].expiresAt));
        }
    }

    function clear(uint8 i) external {
        if (_expected.length == 0) return;
        try freezes.clearExpired(_expected[i % _expected.length].freezeId) {
            _claim(!_isLive(_expected[i % _expected.length].expiresAt));
            _drop(i % _expected.length);
        } catch {}
    }

    function freezeForDebt(uint8 which, uint8 request, uint64 grams) external {
        uint64 amount = uint64(bound(grams, 1, ISSUED / 10));
        freezes.freezeForDebt(HOLDER, units[which % 2], amount, RequestId.wrap(request % 2));
        _debts[which % 2][request % 2] += amount;
    }

    function liftForDebt(uint8 which, uint8 request) external {
        uint64 expected = _debts[which % 2][request % 2];
        try freezes.liftForDebt(HOLDER, units[which % 2], RequestId.wrap(request % 2)) returns (
            uint64 grams
        ) {
            _claim(grams == expected);
        } catch {
            _claim(expected == 0);
        }
        _debts[which % 2][request % 2] = 0;
    }

    function send(uint8 which, uint64 grams) external {
        uint8 id = which % 2;
        uint64 balance = held(HOLDER, id);
        uint64 amount = uint64(bound(grams, 0, balance));
        bool allowed = balance - amount >= _frozen(id);
        VM.prank(HOLDER);
        try token.safeTransferFrom(HOLDER, PARTNER, TokenId.unwrap(units[id]), amount, "") {
            _claim(allowed);
            ++moves;
        } catch {
            _claim(!allowed);
        }
    }

    function sendBack(uint8 which, uint64 grams) external {
        uint64 amount = uint64(bound(grams, 0, held(PARTNER, which % 2)));
        VM.prank(PARTNER);
        token.safeTransferFrom(PARTNER, HOLDER, TokenId.unwrap(units[which % 2]), amount, "");
    }

    function proposeAct(uint8 kind, uint8 which, uint64 grams, uint8 i) external {
        ICorrections.Act memory act;
        act.kind = uint8(bound(kind, ActKind.JUDICIAL, ActKind.REPLACE));
        act.tokenId = units[which % 2];
        act.grams = uint64(bound(grams, 1, ISSUED / 5));
        act.document = "document";
        if (act.kind == ActKind.REISSUE) {
            if (_voids.length == 0) return;
            act.to = PARTNER;
            act.voidAct = _voids[i % _voids.length];
        } else {
            act.from = HOLDER;
            if (act.kind <= ActKind.LOST_KEY) {
                act.to = act.kind == ActKind.LOST_KEY ? SECOND : PARTNER;
            }
        }
        if (act.kind == ActKind.REPLACE) {
            act.liable = PARTNER;
            act.replacement = units[1 - (which % 2)];
        }
        VM.prank(OPERATOR);
        try corrections.propose(act) returns (ActId actId) {
            _acts.push(actId);
        } catch {}
    }

    function approveAct(uint8 i) external {
        if (_acts.length == 0) return;
        ActId actId = _acts[i % _acts.length];
        VM.prank(AUTHORITY);
        try corrections.approve(actId, "decision") {
            uint8 kind = corrections.actOf(actId).act.kind;
            if (kind == ActKind.VOID || kind == ActKind.REPLACE) _voids.push(actId);
        } catch {}
    }

    function checkFreezes() external view {
        equal(violations, 0);
        uint256 count = 0;
        for (uint8 id = 0; id < 2; ++id) {
            equal(freezes.frozenOf(HOLDER, units[id]), _frozen(id));
            uint256 listed = freezes.freezesOf(HOLDER, units[id]).length;
            if (listed > 8) equal(listed, 8);
            count += listed;
            for (uint8 k = 0; k < 2; ++k) if (_debts[id][k] != 0) ++count;
        }
        equal(freezes.countOf(HOLDER), count);
        equal(token.standingOf(HOLDER), count == 0 ? 1 : 9);
    }

    function checkSums() external view {
        for (uint256 id = 0; id < 2; ++id) {
            (, , uint64 issuedGrams, uint64 retired, uint64 void) = token.supplyOf(units[id]);
            uint256 sum = uint256(held(HOLDER, id)) + held(SECOND, id) + held(PARTNER, id);
            equal(sum + retired + void, issuedGrams);
            equal(issuedGrams, ISSUED);
        }
        for (uint256 i = 0; i < _voids.length; ++i) {
            ICorrections.Record memory record = corrections.actOf(_voids[i]);
            if (record.reissuedGrams > record.act.grams) {
                equal(record.reissuedGrams, record.act.grams);
            }
        }
    }

    function _drop(uint256 i) private {
        _expected[i] = _expected[_expected.length - 1];
        _expected.pop();
    }

    function _frozen(uint8 which) private view returns (uint256 grams) {
        grams = uint256(_debts[which][0]) + _debts[which][1];
        for (uint256 i = 0; i < _expected.length; ++i) {
            Expected memory expected = _expected[i];
            if (expected.which == which && _isLive(expected.expiresAt)) grams += expected.grams;
        }
    }

    function _isLive(uint64 expiresAt) private view returns (bool) {
        return expiresAt == 0 || block.timestamp < expiresAt;
    }
}

/// @dev What is frozen is the sum of what is live, the holder moves exactly the rest, and acts of
/// correction neither make nor lose a gram.
contract FreezesTest {
    FreezesHandler private _handler;

    constructor() {
        _handler = new FreezesHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_FrozenIsTheSumOfWhatIsLive() external view {
        _handler.checkFreezes();
    }

    function invariant_ActsConserveGrams() external view {
        _handler.checkSums();
    }
}
