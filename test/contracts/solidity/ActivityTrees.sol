// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDoubleCount} from "../../../contracts/interfaces/IDoubleCount.sol";
import {SumTree} from "../../../contracts/libraries/SumTree.sol";

/// @dev Trees in the open, honest ones and forged ones. Places lie one after the other, leaves first
/// (position). What a node states of its children is what stands here, so that a test may lie at
/// any place and build again from there.
library ActivityTrees {
    struct Tree {
        uint8 depth;
        uint64 count;
        SumTree.Leaf[] leaves;
        SumTree.Node[] nodes;
        bytes[] contents;
    }

    function build(SumTree.Leaf[] memory leaves) internal pure returns (Tree memory tree) {
        tree.count = uint64(leaves.length);
        tree.depth = SumTree.depthOf(tree.count);
        tree.leaves = leaves;
        tree.nodes = new SumTree.Node[](2 << tree.depth);
        tree.contents = new bytes[](2 << tree.depth);
        for (uint256 i = 0; i < 1 << tree.depth; ++i) {
            if (i < leaves.length) set(tree, 0, i, leafBytes(leaves[i]), leaves[i].milligrams);
            else set(tree, 0, i, hex"02", 0);
        }
        for (uint256 level = 1; level <= tree.depth; ++level) {
            for (uint256 i = 0; i < 1 << (tree.depth - level); ++i) _join(tree, level, i);
        }
    }

    /// @dev Puts bytes with a stated sum at a place; rise brings it up to the root.
    function set(
        Tree memory tree,
        uint256 level,
        uint256 index,
        bytes memory content,
        uint128 sum
    ) internal pure {
        uint256 where = position(tree, level, index);
        tree.contents[where] = content;
        tree.nodes[where] = SumTree.Node({hash: keccak256(content), sum: sum});
    }

    /// @dev States other milligrams of a place than it contains.
    function restate(Tree memory tree, uint256 level, uint256 index, uint128 sum) internal pure {
        tree.nodes[position(tree, level, index)].sum = sum;
        rise(tree, level, index);
    }

    /// @dev Builds again what lies above a place.
    function rise(Tree memory tree, uint256 level, uint256 index) internal pure {
        while (level < tree.depth) {
            index >>= 1;
            _join(tree, ++level, index);
        }
    }

    /// @dev The leaf that carries an entry's milligrams: itself, or the one with its commitments.
    function carrierOf(Tree memory tree, uint256 index) internal pure returns (uint256) {
        if (tree.leaves[index].milligrams != 0) return index;
        for (uint256 i = 0; i < tree.leaves.length; ++i) {
            SumTree.Leaf memory leaf = tree.leaves[i];
            if (leaf.milligrams != 0 && leaf.beneficiary == tree.leaves[index].beneficiary) {
                return i;
            }
        }
        // A second entry without a first one; the contract refuses it whatever is said of it.
        return index;
    }

    function opening(
        Tree memory tree,
        uint256 index
    ) internal pure returns (IDoubleCount.Opening memory) {
        SumTree.Leaf memory leaf = tree.leaves[index];
        return IDoubleCount.Opening(uint64(index), leaf, siblings(tree, 0, index));
    }

    /// @dev What answers a demand: all leaves below a place.
    function leavesBelow(
        Tree memory tree,
        uint256 level,
        uint256 index
    ) internal pure returns (SumTree.Leaf[] memory shown) {
        (uint256 first, uint256 end) = (index << level, (index + 1) << level);
        if (end > tree.count) end = tree.count;
        shown = new SumTree.Leaf[](end > first ? end - first : 0);
        for (uint256 i = 0; i < shown.length; ++i) {
            shown[i] = tree.leaves[first + i];
        }
    }

    function place(
        Tree memory tree,
        uint256 level,
        uint256 index
    ) internal pure returns (IDoubleCount.Place memory) {
        SumTree.Node memory node = tree.nodes[position(tree, level, index)];
        return IDoubleCount.Place(uint8(level), uint64(index), node, siblings(tree, level, index));
    }

    function siblings(
        Tree memory tree,
        uint256 level,
        uint256 index
    ) internal pure returns (SumTree.Node[] memory path) {
        path = new SumTree.Node[](tree.depth - level);
        for (uint256 i = 0; i < path.length; ++i) {
            path[i] = tree.nodes[position(tree, level + i, (index >> i) ^ 1)];
        }
    }

    function root(Tree memory tree) internal pure returns (SumTree.Node memory) {
        return tree.nodes[position(tree, tree.depth, 0)];
    }

    function position(
        Tree memory tree,
        uint256 level,
        uint256 index
    ) internal pure returns (uint256) {
        // Leaves first, then half as many, and so on.
        return (2 << tree.depth) - (2 << (tree.depth - level)) + index;
    }

    function leafBytes(SumTree.Leaf memory leaf) internal pure returns (bytes memory) {
        return
            abi.encodePacked(
                bytes1(0x00),
                leaf.fingerprint,
                leaf.milligrams,
                leaf.beneficiary,
                leaf.evidence
            );
    }

    function _join(Tree memory tree, uint256 level, uint256 index) private pure {
        SumTree.Node memory left = tree.nodes[position(tree, level - 1, 2 * index)];
        SumTree.Node memory right = tree.nodes[position(tree, level - 1, 2 * index + 1)];
        bytes memory content = abi.encodePacked(
            bytes1(0x01),
            left.hash,
            left.sum,
            right.hash,
            right.sum
        );
        set(tree, level, index, content, left.sum + right.sum);
    }
}
