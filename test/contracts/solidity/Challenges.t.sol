// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDoubleCount} from "../../../contracts/interfaces/IDoubleCount.sol";
import {IIssuance} from "../../../contracts/interfaces/IIssuance.sol";
import {SumTree} from "../../../contracts/libraries/SumTree.sol";
import {RequestState} from "../../../contracts/types/Codes.sol";
import {AssetKey, MethodologyId, RequestId, SourceId} from "../../../contracts/types/Ids.sol";
import {ActivityTrees} from "./ActivityTrees.sol";
import {Registry} from "./Registry.sol";

/// @dev An honest tree can never be challenged; a tree with one fault always can.
contract ChallengesTest is Registry {
    using ActivityTrees for ActivityTrees.Tree;

    uint64 private constant CAP = 1_000_000;
    uint32 private constant PERIOD_DAYS = 3;
    uint8 private constant KINDS = 12;

    SourceId private _capped;

    constructor() {
        VM.prank(AUTHORITY);
        MethodologyId methodology = sources.registerMethodology(
            PROGRAMME,
            "capped",
            CLASS,
            3,
            0,
            0,
            CAP,
            0
        );
        VM.prank(OPERATOR);
        _capped = sources.registerSource(
            PROGRAMME,
            methodology,
            AssetKey.wrap("capped"),
            APPLICANT,
            OWNER,
            0
        );
    }

    function testFuzz_HonestTreesCannotBeChallenged(
        uint256 seed,
        uint8 size,
        uint256 places,
        bool issued
    ) external {
        ActivityTrees.Tree memory tree = ActivityTrees.build(_leaves(seed, size));
        (RequestId id, IIssuance.Proposal memory proposal) = _requested(tree, issued);
        uint256 count = tree.count;
        uint256 level = (places >> 64) % (tree.depth + 1);
        uint256 index = (places >> 96) % (1 << (tree.depth - level));
        _refusesTree(id, proposal, tree, level, index);
        _refusesLeaf(id, proposal, tree, places % count);
        _refusesPair(id, proposal, tree, places % count, (places >> 32) % count);
        _answered(id, proposal, tree, level > 6 ? 6 : level, index);
        equal(issuance.requestOf(id).deductedMilligrams, 0);
        if (!issued) _issue(id, proposal);
        equal(issuance.requestOf(id).state, RequestState.ISSUED);
    }

    function testFuzz_AnySingleFaultIsProved(
        uint256 seed,
        uint8 size,
        uint256 places,
        uint8 kind,
        bool issued
    ) external {
        kind = kind % KINDS;
        SumTree.Leaf[] memory leaves = _leaves(seed, size);
        uint256 i = places % leaves.length;
        _spoil(leaves, i, kind);
        ActivityTrees.Tree memory tree = ActivityTrees.build(leaves);
        uint256 level = (places >> 64) % (tree.depth + 1);
        uint256 index = (places >> 96) % (1 << (tree.depth - level));
        _forge(tree, level, index, i, kind);
        // What is above the cap of all its leaves together is not even proposed.
        if (tree.root().sum > CAP * leaves.length) return;
        if ((kind == 1 || kind == 2) && i + 1 == leaves.length) return;
        (RequestId id, IIssuance.Proposal memory proposal) = _requested(tree, issued);

        if (kind == 0) _succeeds(_sum(id, proposal, tree, level, index));
        if (kind == 1) _succeeds(_order(id, proposal, tree, i, i + 1));
        if (kind == 2) {
            // Equal neighbours are in order; they are a fault of their own.
            _refuses(
                _order(id, proposal, tree, i, i + 1),
                IDoubleCount.DoubleCountInOrder.selector
            );
            _succeeds(_duplicate(id, proposal, tree, i, i + 1));
        }
        if (kind == 3 || kind == 4) {
            _succeeds(abi.encodeCall(doubleCount.challengePeriod, (id, proposal, tree.opening(i))));
        }
        if (kind == 5) {
            _succeeds(abi.encodeCall(doubleCount.challengeLeaf, (id, proposal, tree.opening(i))));
        }
        if (kind >= 6 && kind < 10) {
            (uint256 height, uint256 where) = kind < 8 ? (0, i) : (level, index);
            _succeeds(_shape(id, proposal, tree, height, where));
        }
        if (kind >= 10) _withheld(id, proposal, tree, i);
        _expectEffect(id, tree, i, kind, issued);
    }

    function _refusesTree(
        RequestId id,
        IIssuance.Proposal memory proposal,
        ActivityTrees.Tree memory tree,
        uint256 level,
        uint256 index
    ) private {
        _refuses(_sum(id, proposal, tree, level, index), IDoubleCount.DoubleCountSumRight.selector);
        _refuses(
            _shape(id, proposal, tree, level, index),
            IDoubleCount.DoubleCountShapeRight.selector
        );
    }

    function _refusesLeaf(
        RequestId id,
        IIssuance.Proposal memory proposal,
        ActivityTrees.Tree memory tree,
        uint256 i
    ) private {
        _refuses(
            abi.encodeCall(doubleCount.challengePeriod, (id, proposal, tree.opening(i))),
            IDoubleCount.DoubleCountInPeriod.selector
        );
        _refuses(
            abi.encodeCall(doubleCount.challengeLeaf, (id, proposal, tree.opening(i))),
            IDoubleCount.DoubleCountBelowCap.selector
        );
    }

    function _refusesPair(
        RequestId id,
        IIssuance.Proposal memory proposal,
        ActivityTrees.Tree memory tree,
        uint256 i,
        uint256 k
    ) private {
        _refuses(
            _duplicate(id, proposal, tree, i, k),
            i == k
                ? IDoubleCount.DoubleCountSameLeaf.selector
                : IDoubleCount.DoubleCountFingerprints.selector
        );
        _refuses(
            _order(id, proposal, tree, i, k),
            i + 1 == k
                ? IDoubleCount.DoubleCountInOrder.selector
                : IDoubleCount.DoubleCountPlace.selector
        );
        if (i + 1 == tree.count) return;
        _refuses(_order(id, proposal, tree, i, i + 1), IDoubleCount.DoubleCountInOrder.selector);
    }

    /// @dev Faults that lie in the leaves.
    function _spoil(SumTree.Leaf[] memory leaves, uint256 i, uint8 kind) private pure {
        bool last = i + 1 == leaves.length;
        if (kind == 1 && !last) (leaves[i], leaves[i + 1]) = (leaves[i + 1], leaves[i]);
        if (kind == 2 && !last) {
            leaves[i + 1].fingerprint = leaves[i].fingerprint;
            // A second entry of the same activity would be none.
            (leaves[i].beneficiary, leaves[i].milligrams) = ("apart", 7_700);
            leaves[i + 1].milligrams = 5_500;
        }
        if (kind == 3 || kind == 4) {
            uint256 day = kind == 3 ? FIRST_DAY - 1 : FIRST_DAY + PERIOD_DAYS;
            uint256 rest = uint256(leaves[i].fingerprint) & type(uint224).max;
            leaves[i].fingerprint = bytes32((day << 224) | rest);
            if (leaves[i].milligrams == 0) leaves[i].milligrams = 1;
        }
        if (kind == 5) leaves[i].milligrams = CAP + 1;
    }

    /// @dev Faults that lie in the tree.
    function _forge(
        ActivityTrees.Tree memory tree,
        uint256 level,
        uint256 index,
        uint256 i,
        uint8 kind
    ) private pure {
        SumTree.Node memory node = tree.nodes[tree.position(level, index)];
        SumTree.Node memory leaf = tree.nodes[tree.position(0, i)];
        if (kind == 0) tree.restate(level, index, node.sum == 0 ? 9 : node.sum - 1);
        if (kind == 6 || kind == 7) {
            bytes memory content = kind == 6 ? bytes(hex"02") : bytes(hex"0102");
            tree.set(0, i, content, leaf.sum);
            tree.rise(0, i);
        }
        if (kind == 8) {
            bytes memory content =
                level == 0
                    ? abi.encodePacked(bytes1(0x01), new bytes(96))
                    : ActivityTrees.leafBytes(tree.leaves[i]);
            tree.set(level, index, content, node.sum);
            tree.rise(level, index);
        }
        if (kind == 9) {
            tree.set(level, index, "garbage", node.sum);
            tree.rise(level, index);
        }
        if (kind >= 10) {
            leaf.hash = keccak256("nobody knows");
            tree.rise(0, i);
        }
    }

    function _expectEffect(
        RequestId id,
        ActivityTrees.Tree memory tree,
        uint256 i,
        uint8 kind,
        bool issued
    ) private view {
        bool ofLeaf = kind >= 2 && kind <= 5;
        IIssuance.Request memory request = issuance.requestOf(id);
        (IDoubleCount.Debt memory debt, , ) = doubleCount.debtOf(id);
        uint256 milligrams = tree.leaves[kind == 2 ? i + 1 : i].milligrams;
        if (issued) {
            equal(debt.open ? 1 : 0, 1);
            equal(debt.whole ? 0 : 1, ofLeaf ? 1 : 0);
            equal(debt.milligrams, ofLeaf ? milligrams : 0);
        } else if (ofLeaf) {
            equal(request.deductedMilligrams, milligrams);
        } else {
            equal(request.state, RequestState.FALLEN);
        }
    }

    function _withheld(
        RequestId id,
        IIssuance.Proposal memory proposal,
        ActivityTrees.Tree memory tree,
        uint256 i
    ) private {
        uint64 demandId = doubleCount.demand(id, proposal, 0, uint64(i));
        SumTree.Leaf[] memory shown = new SumTree.Leaf[](1);
        shown[0] = tree.leaves[i];
        SumTree.Node[] memory path = tree.siblings(0, i);
        _fails(abi.encodeCall(doubleCount.answer, (demandId, proposal, shown, path)));
        _fails(abi.encodeCall(doubleCount.fellUnanswered, (demandId, proposal)));
        VM.warp(block.timestamp + 7 days);
        _succeeds(abi.encodeCall(doubleCount.fellUnanswered, (demandId, proposal)));
    }

    function _answered(
        RequestId id,
        IIssuance.Proposal memory proposal,
        ActivityTrees.Tree memory tree,
        uint256 level,
        uint256 index
    ) private {
        index = index % (1 << (tree.depth - level));
        uint64 demandId = doubleCount.demand(id, proposal, uint8(level), uint64(index));
        SumTree.Leaf[] memory shown = tree.leavesBelow(level, index);
        doubleCount.answer(demandId, proposal, shown, tree.siblings(level, index));
    }

    function _requested(
        ActivityTrees.Tree memory tree,
        bool issued
    ) private returns (RequestId id, IIssuance.Proposal memory proposal) {
        SumTree.Node memory root = tree.root();
        proposal = _proposal(FIRST_DAY, FIRST_DAY + PERIOD_DAYS, root.sum);
        proposal.sourceId = _capped;
        (proposal.root, proposal.count, proposal.depth) = (root.hash, tree.count, tree.depth);
        id = _propose(proposal);
        if (issued) _issue(id, proposal);
    }

    function _fails(bytes memory call) private {
        (bool done, ) = address(doubleCount).call(call);
        equal(done ? 1 : 0, 0);
    }

    /// @dev For a reason of its own, so that a mistake of this test does not pass for a refusal.
    function _refuses(bytes memory call, bytes4 why) private {
        (bool done, bytes memory said) = address(doubleCount).call(call);
        equal(done ? 1 : 0, 0);
        equal(uint32(bytes4(said)), uint32(why));
    }

    function _succeeds(bytes memory call) private {
        (bool done, ) = address(doubleCount).call(call);
        equal(done ? 1 : 0, 1);
        // What was proved once cannot be proved again.
        _fails(call);
    }

    function _sum(
        RequestId id,
        IIssuance.Proposal memory proposal,
        ActivityTrees.Tree memory tree,
        uint256 level,
        uint256 index
    ) private view returns (bytes memory) {
        bytes memory content = tree.contents[tree.position(level, index)];
        IDoubleCount.Place memory place = tree.place(level, index);
        return abi.encodeCall(doubleCount.challengeSum, (id, proposal, place, content));
    }

    function _shape(
        RequestId id,
        IIssuance.Proposal memory proposal,
        ActivityTrees.Tree memory tree,
        uint256 level,
        uint256 index
    ) private view returns (bytes memory) {
        bytes memory content = tree.contents[tree.position(level, index)];
        IDoubleCount.Place memory place = tree.place(level, index);
        return abi.encodeCall(doubleCount.challengeShape, (id, proposal, place, content));
    }

    function _order(
        RequestId id,
        IIssuance.Proposal memory proposal,
        ActivityTrees.Tree memory tree,
        uint256 left,
        uint256 right
    ) private view returns (bytes memory) {
        return
            abi.encodeCall(
                doubleCount.challengeOrder,
                (id, proposal, tree.opening(left), tree.opening(right))
            );
    }

    function _duplicate(
        RequestId id,
        IIssuance.Proposal memory proposal,
        ActivityTrees.Tree memory tree,
        uint256 earlier,
        uint256 later
    ) private view returns (bytes memory) {
        return
            abi.encodeCall(
                doubleCount.challengeDuplicate,
                (_claimOf(id, proposal, tree, earlier), _claimOf(id, proposal, tree, later))
            );
    }

    function _claimOf(
        RequestId id,
        IIssuance.Proposal memory proposal,
        ActivityTrees.Tree memory tree,
        uint256 i
    ) private pure returns (IDoubleCount.Claim memory) {
        return IDoubleCount.Claim(id, proposal, tree.opening(i), tree.opening(tree.carrierOf(i)));
    }

    /// @dev Ascending leaves of the period; every third activity has a second entry, which may lie
    /// one day beside it. The first leaf has milligrams.
    function _leaves(uint256 seed, uint8 size) private pure returns (SumTree.Leaf[] memory leaves) {
        uint256 count = bound(size, 1, 24);
        leaves = new SumTree.Leaf[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            uint256 day = FIRST_DAY + (i * PERIOD_DAYS) / count;
            leaves[i] = SumTree.Leaf({
                fingerprint: bytes32((day << 224) | (i << 192) | (word >> 64)),
                milligrams: uint64(2_000 + (word % (CAP - 2_000))),
                beneficiary: keccak256(abi.encode(word)),
                evidence: bytes32(word)
            });
            if (i == 0 || word % 3 != 0) continue;
            leaves[i].milligrams = 0;
            leaves[i].beneficiary = leaves[i - 1].beneficiary;
            leaves[i].evidence = leaves[i - 1].evidence;
            if (i + 1 == count) {
                uint256 rest = uint256(leaves[i].fingerprint) & type(uint224).max;
                uint256 behind = FIRST_DAY + PERIOD_DAYS;
                leaves[i].fingerprint = bytes32((behind << 224) | rest);
            }
        }
    }
}
