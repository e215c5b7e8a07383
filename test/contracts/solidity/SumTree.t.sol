// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SumTree} from "../../../contracts/libraries/SumTree.sol";
import {SumTreeHarness} from "../../../contracts/mocks/SumTreeHarness.sol";
import {FuzzTest} from "./Vm.sol";

/// @dev Trees of any size, built here level by level.
contract SumTreeTest is FuzzTest {
    SumTreeHarness private immutable HARNESS = new SumTreeHarness();

    function testFuzz_EveryLeafOfATreeIsProvedAndNoOtherAmount(
        uint256 seed,
        uint8 size,
        uint8 place,
        uint64 other
    ) external view {
        uint64 count = uint64(bound(size, 1, 40));
        uint64 index = uint64(bound(place, 0, count - 1));
        uint8 depth = SumTree.depthOf(count);
        SumTree.Node[] memory level = new SumTree.Node[](1 << depth);
        for (uint256 i = 0; i < level.length; ++i) {
            if (i < count) {
                SumTree.Leaf memory made = _leaf(seed, i);
                level[i] = SumTree.Node(SumTree.leafHash(made), made.milligrams);
            } else {
                level[i] = SumTree.Node(SumTree.emptyHash(), 0);
            }
        }
        SumTree.Node[] memory siblings = new SumTree.Node[](depth);
        for (uint256 d = 0; d < depth; ++d) {
            siblings[d] = level[(index >> d) ^ 1];
            SumTree.Node[] memory next = new SumTree.Node[](level.length / 2);
            for (uint256 i = 0; i < next.length; ++i) {
                (SumTree.Node memory left, SumTree.Node memory right) = (
                    level[2 * i],
                    level[2 * i + 1]
                );
                next[i] = SumTree.Node(SumTree.nodeHash(left, right), left.sum + right.sum);
            }
            level = next;
        }
        SumTree.Tree memory tree = SumTree.Tree(level[0].hash, level[0].sum, count, depth);
        SumTree.Leaf memory leaf = _leaf(seed, index);
        equal(HARNESS.verify(tree, index, leaf, siblings) ? 1 : 0, 1);
        bool same = leaf.milligrams == other;
        leaf.milligrams = other;
        equal(HARNESS.verify(tree, index, leaf, siblings) ? 1 : 0, same ? 1 : 0);
    }

    function _leaf(uint256 seed, uint256 i) private pure returns (SumTree.Leaf memory) {
        bytes32 word = keccak256(abi.encode(seed, i));
        return
            SumTree.Leaf({
                fingerprint: word,
                milligrams: uint64(uint256(word)),
                beneficiary: keccak256(abi.encode(word)),
                evidence: word
            });
    }

    function testFuzz_DepthWithoutALoop(uint64 count, uint8 depth) external pure {
        uint64 some = uint64(bound(count >> (depth % 64), 1, type(uint64).max));
        uint8 right = SumTree.depthOf(some);
        for (uint256 d = 0; d < 256; ++d) {
            equal(SumTree.isDepthOf(uint8(d), some) ? 1 : 0, d == right ? 1 : 0);
        }
    }
}
