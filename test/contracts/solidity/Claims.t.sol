// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDoubleCount} from "../../../contracts/interfaces/IDoubleCount.sol";
import {Fault} from "../../../contracts/types/Codes.sol";
import {RequestId} from "../../../contracts/types/Ids.sol";
import {LongWalk} from "./Acting.sol";
import {ClaimsWorld} from "./ClaimsWorld.sol";

/// @dev The world of claims with an outsider who proves what can be proved while everybody else is
/// silent.
contract ProvingWorld is ClaimsWorld {
    uint256 private constant MOST_ROUNDS = 12;

    /// @dev Makes the first true challenge, if there is one, paused or not.
    function proveOne() external {
        for (uint256 i = 0; i < _made.length; ++i) {
            if (_proveOf(_made[i], true)) return _requireNoViolation();
        }
        _proveDuplicates(true);
        _requireNoViolation();
    }

    /// @dev Makes every true challenge and gives back what then can be given back, until nothing
    /// more can be; of every activity at most one amount is left, and one where it is not too late.
    function exhaust() external {
        uint256 rounds = 0;
        bool again = true;
        while (again) {
            again = false;
            for (uint256 i = 0; i < _made.length; ++i) {
                again = _proveOf(_made[i], false) || again;
                again = _restore(_made[i]) || again;
            }
            again = _proveDuplicates(false) || again;
            _require(++rounds < MOST_ROUNDS, "no end of challenges");
        }
        _requireNoViolation();
        _check();
        _requireNoTwoStand();
        for (uint256 i = 0; i < _made.length; ++i) {
            if (_isLive(_made[i])) _requireReasons(i);
        }
    }

    /// @dev How many leaves were deducted, so that a test can say that there were some.
    function deductedLeaves() external view returns (uint256 count) {
        for (uint256 i = 0; i < _made.length; ++i) {
            for (uint256 k = 0; k < _made[i].leaves.length; ++k) {
                if (_isDeducted(_made[i], k)) ++count;
            }
        }
    }

    function _proveOf(Made storage made, bool onlyOne) private returns (bool passed) {
        if (made.forgery == Forgery.ORDER && _isLive(made)) passed = _tryOrder(made);
        if (made.forgery == Forgery.SUM && _isLive(made)) passed = _trySum(made);
        for (uint256 leaf = 0; leaf < made.leaves.length && !(onlyOne && passed); ++leaf) {
            if (_isOutside(made, leaf)) passed = _tryPeriod(made, leaf) || passed;
            if (_isAboveCap(made, leaf)) passed = _tryCap(made, leaf) || passed;
        }
    }

    function _proveDuplicates(bool onlyOne) private returns (bool passed) {
        Spot[] memory spots = _standing();
        for (uint256 a = 0; a < spots.length; ++a) {
            for (uint256 b = 0; b < spots.length; ++b) {
                if (!_isDuplicate(spots[a], spots[b])) continue;
                // What was deducted meanwhile stands no more.
                if (!_stands(spots[a]) || !_stands(spots[b])) continue;
                passed = _tryDuplicate(spots[a], spots[b]) || passed;
                if (onlyOne) return passed;
            }
        }
    }

    function _requireNoTwoStand() private view {
        Spot[] memory spots = _standing();
        for (uint256 a = 0; a < spots.length; ++a) {
            for (uint256 b = 0; b < a; ++b) {
                if (spots[a].fingerprint != spots[b].fingerprint) continue;
                bool isOne =
                    spots[a].request == spots[b].request && spots[a].carrier == spots[b].carrier;
                _require(isOne, "two amounts survive");
            }
        }
    }

    /// @dev A leaf of a live request that gave way did so for an activity that is still claimed,
    /// unless units were made without it or it was paid for before that claim ended.
    function _requireReasons(uint256 request) private view {
        Made storage made = _made[request];
        for (uint256 leaf = 0; leaf < made.leaves.length; ++leaf) {
            IDoubleCount.Deduction memory deduction = doubleCount.deductionOf(
                made.id,
                uint64(leaf)
            );
            if (deduction.fault != Fault.DUPLICATE) continue;
            if (!_isOpenClaim(deduction) && _isSettled(made, deduction)) continue;
            uint256 earlier = RequestId.unwrap(deduction.earlier) - 1;
            _require(
                _isSameActivity(earlier, deduction.earlierIndex, request, leaf),
                "none survives"
            );
        }
    }

    /// @dev Whether what an earlier leaf carries still stands and has a fingerprint of what a later
    /// one carried.
    function _isSameActivity(
        uint256 earlier,
        uint256 earlierCarrier,
        uint256 later,
        uint256 laterCarrier
    ) private view returns (bool) {
        for (uint256 i = 0; i < _made[earlier].leaves.length; ++i) {
            Spot memory spot = _spotOf(earlier, i);
            if (spot.carrier != earlierCarrier || !_stands(spot)) continue;
            for (uint256 k = 0; k < _made[later].leaves.length; ++k) {
                Spot memory other = _spotOf(later, k);
                if (other.carrier != laterCarrier) continue;
                if (other.fingerprint == spot.fingerprint) return true;
            }
        }
        return false;
    }

    function _standing() private view returns (Spot[] memory spots) {
        spots = new Spot[](_made.length * MOST_LEAVES);
        uint256 count = 0;
        for (uint256 i = 0; i < _made.length; ++i) {
            if (!_isLive(_made[i])) continue;
            for (uint256 k = 0; k < _made[i].leaves.length; ++k) {
                Spot memory spot = _spotOf(i, k);
                if (_stands(spot)) spots[count++] = spot;
            }
        }
        Spot[] memory all = spots;
        spots = new Spot[](count);
        for (uint256 i = 0; i < count; ++i) spots[i] = all[i];
    }

    function _requireNoViolation() private view {
        if (violation != 0) revert Violated(violation);
    }
}

contract ClaimsTest is LongWalk {
    uint256 private constant STEPS = 60;

    ProvingWorld private _world;

    error NothingDeducted();

    constructor() {
        _world = new ProvingWorld();
    }

    function test_EveryActionSucceedsInALongWalk() external {
        _walk(_world, 1_200, 30);
    }

    function test_OneAmountSurvivesALongWalk() external {
        for (uint256 i = 0; i < 300; ++i) _world.step(i);
        _world.exhaust();
        if (_world.deductedLeaves() == 0) revert NothingDeducted();
    }

    function testFuzz_OneAmountSurvives(uint256 seed) external {
        for (uint256 i = 0; i < STEPS; ++i) _world.step(uint256(keccak256(abi.encode(seed, i))));
        _world.exhaust();
    }

    function invariant_WhatARequestPaysIsItsDeductedLeaves() external view {
        _world.check();
    }

    function invariant_AnOutsiderCanProveWhateverIsTrue() external {
        _world.proveOne();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_world);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory) {
        return _stepsOf(_world);
    }
}
