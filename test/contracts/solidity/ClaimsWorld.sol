// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDoubleCount} from "../../../contracts/interfaces/IDoubleCount.sol";
import {IIssuance} from "../../../contracts/interfaces/IIssuance.sol";
import {SumTree} from "../../../contracts/libraries/SumTree.sol";
import {DemandState, Fault, RequestState} from "../../../contracts/types/Codes.sol";
import {ProgrammeId, RequestId} from "../../../contracts/types/Ids.sol";
import {Acting} from "./Acting.sol";
import {ActivityTrees} from "./ActivityTrees.sol";
import {Claiming} from "./Claiming.sol";

/// @dev What applicants, operators, authorities and outsiders do with requests and what those
/// claim. Every challenge is foretold: one that is true must pass, whoever is silent and whatever
/// is paused, and one that is false must be refused.
contract ClaimsWorld is Claiming, Acting {
    using ActivityTrees for ActivityTrees.Tree;

    uint256 private constant MOST_REQUESTS = 48;

    uint256 private _now = 1_767_225_600;
    /// @dev The request that another one last gave way to.
    uint256 private _decoy;
    mapping(ProgrammeId programme => bool) private _isPaused;

    function actions() public pure override returns (uint256) {
        return 22;
    }

    function _act(uint256 action, uint256 seed) internal override returns (bool) {
        if (action < 4) return _tryToPropose(seed);
        if (_made.length == 0) return false;
        Made storage made = _made[seed % _made.length];
        if (action == 4) return _file(_firstIn(RequestState.PROPOSED, seed));
        if (action < 7) return _issueFiled(_firstIn(RequestState.FILED, seed));
        if (action == 7) return _withdraw(made, seed >> 32);
        if (action < 11) return _challengePair(action, seed);
        if (action < 15) return _challengeOne(action, made);
        if (action == 15) return _restoreFrom(seed);
        if (action == 16) return _demand(made, seed >> 32);
        if (action < 19) return _endDemand(seed >> 32, action == 17);
        if (action == 19) return _repay(_firstOwing(seed), seed >> 32);
        if (action == 20) return _enforce(_firstOwing(seed));
        return _pause(seed);
    }

    function _check() internal view override {
        for (uint256 i = 0; i < _made.length; ++i) _checkDeductions(_made[i]);
    }

    /// @dev What a request pays is the sum of its deducted leaves, each of them once.
    function _checkDeductions(Made storage made) private view {
        uint256[2] memory milligrams;
        uint256 leavesBefore = 0;
        for (uint256 i = 0; i < made.leaves.length; ++i) {
            IDoubleCount.Deduction memory deduction = doubleCount.deductionOf(made.id, uint64(i));
            if (deduction.fault == 0) continue;
            _require(deduction.milligrams == made.leaves[i].milligrams, "another amount");
            milligrams[deduction.afterIssue ? 1 : 0] += deduction.milligrams;
            if (!deduction.afterIssue) ++leavesBefore;
        }
        IIssuance.Request memory request = issuance.requestOf(made.id);
        _require(request.deductedMilligrams == milligrams[0], "deducted before issue");
        _require(request.deductedLeaves == leavesBefore, "leaves before issue");
        (IDoubleCount.Debt memory debt, uint64 owed, ) = doubleCount.debtOf(made.id);
        _require(debt.milligrams == milligrams[1], "owed after issue");
        _require(debt.whole || owed <= (milligrams[1] + 999) / 1_000, "owes more than it took");
    }

    function _tryToPropose(uint256 seed) private returns (bool) {
        if (_made.length == MOST_REQUESTS) return false;
        return _proposeAt(seed >> 8, seed >> 16, seed >> 64);
    }

    /// @dev The first request in a state from some request on, or that one.
    function _firstIn(uint8 state, uint256 from) private view returns (Made storage made) {
        for (uint256 n = 0; n < _made.length; ++n) {
            made = _made[((from % _made.length) + n) % _made.length];
            if (issuance.requestOf(made.id).state == state) return made;
        }
        return _made[from % _made.length];
    }

    function _firstOwing(uint256 from) private view returns (Made storage made) {
        for (uint256 n = 0; n < _made.length; ++n) {
            made = _made[((from % _made.length) + n) % _made.length];
            (IDoubleCount.Debt memory debt, , ) = doubleCount.debtOf(made.id);
            if (debt.open) return made;
        }
        return _made[from % _made.length];
    }

    function _file(Made storage made) private returns (bool) {
        VM.prank(OPERATOR);
        try issuance.file(made.id, made.proposal, 0, 0) {
            return true;
        } catch {
            return false;
        }
    }

    function _issueFiled(Made storage made) private returns (bool) {
        VM.prank(_authorityOf(_programmeAt(made.place)));
        try issuance.issue(made.id, made.proposal, 0) {
            return true;
        } catch {
            return false;
        }
    }

    function _withdraw(Made storage made, uint256 seed) private returns (bool) {
        if (seed % 2 == 0)
            made = _made[_decoy];
            // Else hardly any request would be issued.
        else if (seed % 8 != 1) return false;
        VM.prank(APPLICANT);
        try issuance.withdraw(made.id, made.proposal) {
            return true;
        } catch {
            return false;
        }
    }

    /// @dev Two leaves of one fingerprint, across requests or in one, in any order; or any two.
    function _challengePair(uint256 action, uint256 seed) private returns (bool) {
        Spot memory a = _anySpot(seed);
        Spot memory b = _anySpot(seed >> 64);
        if (action == 9) b = _spotOf(a.request, (seed >> 64) % _made[a.request].leaves.length);
        if (action < 10) b = _namesake(a, b, action == 9);
        bool passed = _tryDuplicate(a, b);
        passed = _tryDuplicate(b, a) || passed;
        return action < 10 ? passed : !passed;
    }

    /// @dev The first leaf from one on that shares the fingerprint of another.
    function _namesake(
        Spot memory of_,
        Spot memory from,
        bool inOneTree
    ) private view returns (Spot memory) {
        for (uint256 n = 0; n < 64; ++n) {
            bool same = from.request == of_.request;
            if (same == inOneTree && from.fingerprint == of_.fingerprint) {
                if (!same || from.leaf != of_.leaf) return from;
            }
            (uint256 request, uint256 leaf) = (from.request, from.leaf + 1);
            if (leaf == _made[request].leaves.length) {
                leaf = 0;
                if (!inOneTree) request = (request + 1) % _made.length;
            }
            from = _spotOf(request, leaf);
        }
        return from;
    }

    function _tryDuplicate(Spot memory earlier, Spot memory later) internal returns (bool passed) {
        bool truth = _stands(earlier) && _stands(later) && _isDuplicate(earlier, later);
        bool deducted = _isDeducted(_made[later.request], later.carrier);
        (IDoubleCount.Claim memory first, IDoubleCount.Claim memory second) = (
            _claimAt(earlier),
            _claimAt(later)
        );
        VM.prank(OUTSIDER);
        try doubleCount.challengeDuplicate(first, second) {
            passed = true;
            _decoy = earlier.request;
        } catch {}
        _claim(passed == truth, truth ? bytes32("a duplicate stays") : bytes32("no duplicate"));
        _claim(!(passed && deducted), "a leaf paid twice");
    }

    function _challengeOne(uint256 action, Made storage made) private returns (bool passed) {
        if (action == 13) return _tryOrder(made);
        if (action == 14) return _trySum(made);
        for (uint256 leaf = 0; leaf < made.leaves.length; ++leaf) {
            if (action == 11 && _tryPeriod(made, leaf)) passed = true;
            if (action == 12 && _tryCap(made, leaf)) passed = true;
        }
    }

    function _tryPeriod(Made storage made, uint256 leaf) internal returns (bool passed) {
        bool truth = _isLive(made) && _isShown(made, leaf) && !_isDeducted(made, leaf);
        truth = truth && _isOutside(made, leaf);
        IDoubleCount.Opening memory opening = _treeOf(made).opening(leaf);
        VM.prank(OUTSIDER);
        try doubleCount.challengePeriod(made.id, made.proposal, opening) {
            passed = true;
        } catch {}
        _claim(passed == truth, "period");
    }

    function _tryCap(Made storage made, uint256 leaf) internal returns (bool passed) {
        bool truth = _isLive(made) && _isShown(made, leaf) && !_isDeducted(made, leaf);
        truth = truth && _isAboveCap(made, leaf);
        IDoubleCount.Opening memory opening = _treeOf(made).opening(leaf);
        VM.prank(OUTSIDER);
        try doubleCount.challengeLeaf(made.id, made.proposal, opening) {
            passed = true;
        } catch {}
        _claim(passed == truth, "cap");
    }

    function _tryOrder(Made storage made) internal returns (bool passed) {
        if (made.leaves.length == 1) return false;
        bool truth = _isLive(made) && made.forgery == Forgery.ORDER;
        ActivityTrees.Tree memory tree = _treeOf(made);
        IDoubleCount.Opening memory left = tree.opening(0);
        IDoubleCount.Opening memory right = tree.opening(1);
        VM.prank(OUTSIDER);
        try doubleCount.challengeOrder(made.id, made.proposal, left, right) {
            passed = true;
        } catch {}
        _claim(passed == truth, "order");
    }

    function _trySum(Made storage made) internal returns (bool passed) {
        bool truth = _isLive(made) && made.forgery == Forgery.SUM;
        ActivityTrees.Tree memory tree = _treeOf(made);
        uint256 last = made.leaves.length - 1;
        IDoubleCount.Place memory place = tree.place(0, last);
        bytes memory content = tree.contents[last];
        VM.prank(OUTSIDER);
        try doubleCount.challengeSum(made.id, made.proposal, place, content) {
            passed = true;
        } catch {}
        _claim(passed == truth, "sum");
    }

    /// @dev The first request from some on that gets anything back.
    function _restoreFrom(uint256 first) private returns (bool) {
        for (uint256 n = 0; n < _made.length; ++n) {
            if (_restore(_made[((first % _made.length) + n) % _made.length])) return true;
        }
        return false;
    }

    function _restore(Made storage made) internal returns (bool passed) {
        for (uint256 leaf = 0; leaf < made.leaves.length; ++leaf) {
            if (_tryToRestore(made, leaf)) passed = true;
        }
    }

    function _tryToRestore(Made storage made, uint256 leaf) private returns (bool passed) {
        bool truth = _isRestorable(made, leaf);
        VM.prank(OUTSIDER);
        try doubleCount.restore(made.id, uint64(leaf)) {
            passed = true;
        } catch {}
        _claim(passed == truth, "restore");
    }

    /// @dev The claim it gave way to is no more, and the amount is not settled yet.
    function _isRestorable(Made storage made, uint256 leaf) internal view returns (bool) {
        IDoubleCount.Deduction memory deduction = doubleCount.deductionOf(made.id, uint64(leaf));
        if (deduction.fault != Fault.DUPLICATE || _isOpenClaim(deduction)) return false;
        return !_isSettled(made, deduction);
    }

    /// @dev Requests are numbered from 1 in the order in which they were made here.
    function _isOpenClaim(IDoubleCount.Deduction memory deduction) internal view returns (bool) {
        Made storage earlier = _made[RequestId.unwrap(deduction.earlier) - 1];
        return _isLive(earlier) && !_isDeducted(earlier, deduction.earlierIndex);
    }

    /// @dev Whether the units were made without the leaf, or it was paid for.
    function _isSettled(
        Made storage made,
        IDoubleCount.Deduction memory deduction
    ) internal view returns (bool) {
        if (!deduction.afterIssue) return !_isUndecided(issuance.requestOf(made.id).state);
        (IDoubleCount.Debt memory debt, , ) = doubleCount.debtOf(made.id);
        return !debt.open;
    }

    function _demand(Made storage made, uint256 seed) private returns (bool) {
        uint8 level = uint8(seed % 2);
        VM.prank(OUTSIDER);
        try doubleCount.demand(made.id, made.proposal, level, uint64((seed >> 8) % 2)) {
            return true;
        } catch {
            return false;
        }
    }

    /// @dev The first open one from some demand on.
    function _endDemand(uint256 seed, bool byAnswer) private returns (bool) {
        uint64 count = doubleCount.demandCount();
        for (uint256 n = 0; n < count; ++n) {
            uint64 demandId = uint64(1 + ((seed + n) % count));
            IDoubleCount.Demand memory asked = doubleCount.demandOf(demandId);
            if (asked.state != DemandState.OPEN) continue;
            Made storage made = _made[RequestId.unwrap(asked.requestId) - 1];
            return
                byAnswer
                    ? _answer(made, demandId, asked)
                    : _fellUnanswered(made, demandId, asked.deadline);
        }
        return false;
    }

    function _fellUnanswered(
        Made storage made,
        uint64 demandId,
        uint40 deadline
    ) private returns (bool passed) {
        _passRunning(_programmeAt(made.place), deadline);
        bool truth = _isLive(made);
        VM.prank(OUTSIDER);
        try doubleCount.fellUnanswered(demandId, made.proposal) {
            passed = true;
        } catch {}
        // In a paused programme its running seconds stand still.
        _claim(passed == truth || _isPaused[_programmeAt(made.place)], "unanswered");
    }

    function _answer(
        Made storage made,
        uint64 demandId,
        IDoubleCount.Demand memory asked
    ) private returns (bool) {
        ActivityTrees.Tree memory tree = _treeOf(made);
        SumTree.Leaf[] memory shown = tree.leavesBelow(asked.level, asked.index);
        SumTree.Node[] memory siblings = tree.siblings(asked.level, asked.index);
        try doubleCount.answer(demandId, made.proposal, shown, siblings) {
            return true;
        } catch {
            return false;
        }
    }

    function _repay(Made storage made, uint256 seed) private returns (bool) {
        (IDoubleCount.Debt memory debt, , uint64 left) = doubleCount.debtOf(made.id);
        if (!debt.open) return false;
        VM.prank(OWNER);
        try doubleCount.repay(made.id, debt.tokenId, uint64(bound(seed, 1, left))) {
            return true;
        } catch {
            return false;
        }
    }

    function _enforce(Made storage made) private returns (bool) {
        (IDoubleCount.Debt memory debt, , ) = doubleCount.debtOf(made.id);
        if (!debt.open) return false;
        _passRunning(_programmeAt(made.place), debt.deadline);
        VM.prank(OUTSIDER);
        try doubleCount.enforce(made.id) {
            return true;
        } catch {
            return false;
        }
    }

    function _passRunning(ProgrammeId programme, uint40 runningSecond) private {
        uint256 time = uint256(runningSecond) + programmes.pausedSecondsOf(programme);
        if (time <= _now) return;
        _now = time;
        VM.warp(time);
    }

    function _pause(uint256 seed) private returns (bool) {
        ProgrammeId programme = _programmeAt(seed);
        bool pause = (seed >> 8) % 3 == 0;
        if (pause == _isPaused[programme]) return false;
        VM.prank(_authorityOf(programme));
        if (pause) programmes.pauseProgramme(programme, 0);
        else programmes.resumeProgramme(programme, 0);
        _isPaused[programme] = pause;
        return true;
    }

    function _anySpot(uint256 seed) private view returns (Spot memory) {
        uint256 request = seed % _made.length;
        return _spotOf(request, (seed >> 32) % _made[request].leaves.length);
    }
}
