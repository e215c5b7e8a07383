// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HashSuite} from "./HashSuite.sol";

/// @title SumTree: the activity tree
/// @notice A perfect Merkle tree whose nodes carry the milligrams below them. leaf = H(0x00 ‖
/// fingerprint ‖ milligrams ‖ beneficiary ‖ evidence), node = H(0x01 ‖ left hash ‖ left sum ‖ right
/// hash ‖ right sum), empty = H(0x02) with sum 0. The index is the path: bit 0 is the lowest level,
/// 0 is left. Empties stand only at index >= count.
/// @dev Widths: milligrams 64 bits, sums 128 bits, big endian. Vectors: test/vectors/tree.json.
library SumTree {
    /// @notice A leaf in the open.
    /// @param fingerprint Keyed fingerprint of the activity.
    /// @param milligrams What it earns; 0 for the second entry of an activity.
    /// @param beneficiary Salted commitment to the participant.
    /// @param evidence Salted commitment to the monitored quantities.
    struct Leaf {
        bytes32 fingerprint;
        uint64 milligrams;
        bytes32 beneficiary;
        bytes32 evidence;
    }

    /// @notice A subtree on the way up: its hash and the milligrams below it.
    struct Node {
        bytes32 hash;
        uint128 sum;
    }

    /// @notice What a request states about its tree.
    struct Tree {
        bytes32 root;
        uint128 totalMilligrams;
        uint64 count;
        uint8 depth;
    }

    bytes1 private constant LEAF_TAG = 0x00;
    bytes1 private constant NODE_TAG = 0x01;
    bytes1 private constant EMPTY_TAG = 0x02;

    /// @notice Hash of a leaf.
    function leafHash(Leaf memory leaf) internal pure returns (bytes32) {
        return
            HashSuite.hash(
                abi.encodePacked(
                    LEAF_TAG,
                    leaf.fingerprint,
                    leaf.milligrams,
                    leaf.beneficiary,
                    leaf.evidence
                )
            );
    }

    /// @notice Hash of an inner node.
    function nodeHash(Node memory left, Node memory right) internal pure returns (bytes32) {
        return
            HashSuite.hash(abi.encodePacked(NODE_TAG, left.hash, left.sum, right.hash, right.sum));
    }

    /// @notice Hash of an empty place.
    function emptyHash() internal pure returns (bytes32) {
        return HashSuite.hash(abi.encodePacked(EMPTY_TAG));
    }

    /// @notice Smallest d with 2^d >= count; `count` is not 0.
    function depthOf(uint64 count) internal pure returns (uint8 depth) {
        uint256 width = 1;
        while (width < count) {
            width <<= 1;
            ++depth;
        }
    }

    /// @notice Whether a leaf stands at an index of a tree, with sums that add up to the total.
    /// @param siblings From the lowest level to the top; as many as the tree is deep.
    /// @dev A sum that overflows 128 bits belongs to a forged tree, so it counts as a mismatch.
    function verify(
        Tree memory tree,
        uint64 index,
        Leaf memory leaf,
        Node[] memory siblings
    ) internal pure returns (bool) {
        if (index >= tree.count || siblings.length != tree.depth) return false;
        Node memory node = Node({hash: leafHash(leaf), sum: leaf.milligrams});
        for (uint256 level = 0; level < siblings.length; ++level) {
            Node memory sibling = siblings[level];
            if (node.sum > type(uint128).max - sibling.sum) return false;
            node = Node({
                hash: (index >> level) & 1 == 0 ? nodeHash(node, sibling) : nodeHash(sibling, node),
                sum: node.sum + sibling.sum
            });
        }
        return node.hash == tree.root && node.sum == tree.totalMilligrams;
    }
}
