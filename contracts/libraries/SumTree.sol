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
    /// @notice What the bytes behind a hash of the tree are.
    enum Kind {
        MALFORMED,
        LEAF,
        NODE,
        EMPTY
    }

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
    uint256 private constant LEAF_BYTES = 105;
    uint256 private constant NODE_BYTES = 97;

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

    /// @notice Hash of a subtree of so many levels that holds nothing; its sum is 0.
    function emptySubtreeHash(uint256 level) internal pure returns (bytes32) {
        Node memory node = Node({hash: emptyHash(), sum: 0});
        for (uint256 i = 0; i < level; ++i) {
            node.hash = nodeHash(node, node);
        }
        return node.hash;
    }

    /// @notice Smallest d with 2^d >= count; `count` is not 0.
    function depthOf(uint64 count) internal pure returns (uint8 depth) {
        uint256 width = 1;
        while (width < count) {
            width <<= 1;
            ++depth;
        }
    }

    /// @notice Whether a depth is depthOf(count), without a loop; `count` is not 0.
    function isDepthOf(uint8 depth, uint64 count) internal pure returns (bool) {
        if (depth == 0) return count == 1;
        return depth <= 64 && count <= 1 << depth && count > 1 << (depth - 1);
    }

    /// @notice Whether a leaf stands at an index of a tree, with sums that add up to the total.
    /// @param siblings From the lowest level to the top; as many as the tree is deep.
    function verify(
        Tree memory tree,
        uint64 index,
        Leaf memory leaf,
        Node[] calldata siblings
    ) internal pure returns (bool) {
        if (index >= tree.count) return false;
        Node memory node = Node({hash: leafHash(leaf), sum: leaf.milligrams});
        return verifyNode(tree, 0, index, node, siblings);
    }

    /// @notice Whether a node with what is stated of its sum stands at a place of a tree, and the
    /// sums from there to the root add up to the total.
    /// @param level 0 for leaves.
    /// @param index Place in the level.
    /// @param siblings From the node's level to the top.
    /// @dev A sum that overflows 128 bits belongs to a forged tree, so it counts as a mismatch: the
    /// fault then lies in the node where it overflows or above.
    function verifyNode(
        Tree memory tree,
        uint256 level,
        uint256 index,
        Node memory node,
        Node[] calldata siblings
    ) internal pure returns (bool) {
        uint256 height = siblings.length;
        if (level + height != tree.depth || index >> height != 0) return false;
        (bytes32 hash, uint256 sum) = (node.hash, node.sum);
        for (uint256 i = 0; i < height; ++i) {
            Node calldata sibling = siblings[i];
            // Casting is safe, because the loop ends with the first sum above 128 bits.
            Node memory own = Node({hash: hash, sum: uint128(sum)});
            hash = (index >> i) & 1 == 0 ? nodeHash(own, sibling) : nodeHash(sibling, own);
            sum += sibling.sum;
            if (sum > type(uint128).max) return false;
        }
        return hash == tree.root && sum == tree.totalMilligrams;
    }

    /// @notice The subtree of so many levels whose first places hold the leaves, the rest nothing.
    /// @param leaves At most 2^level.
    function subtree(Leaf[] calldata leaves, uint256 level) internal pure returns (Node memory) {
        uint256 width = 1 << level;
        Node[] memory nodes = new Node[](width);
        bytes32 empty = emptyHash();
        for (uint256 i = 0; i < width; ++i) {
            nodes[i] =
                i < leaves.length
                    ? Node({hash: leafHash(leaves[i]), sum: leaves[i].milligrams})
                    : Node({hash: empty, sum: 0});
        }
        for (; width > 1; width >>= 1) {
            for (uint256 i = 0; i < width; i += 2) {
                (Node memory left, Node memory right) = (nodes[i], nodes[i + 1]);
                nodes[i >> 1] = Node({hash: nodeHash(left, right), sum: left.sum + right.sum});
            }
        }
        return nodes[0];
    }

    /// @notice What some bytes are, by tag and length, and the milligrams that they contain: a
    /// leaf's own, or what a node states of its two children together.
    function contentOf(
        bytes calldata content
    ) internal pure returns (Kind kind, uint256 milligrams) {
        if (content.length == LEAF_BYTES && content[0] == LEAF_TAG) {
            return (Kind.LEAF, uint64(bytes8(content[33:41])));
        }
        if (content.length == NODE_BYTES && content[0] == NODE_TAG) {
            uint256 left = uint128(bytes16(content[33:49]));
            return (Kind.NODE, left + uint128(bytes16(content[81:97])));
        }
        if (content.length == 1 && content[0] == EMPTY_TAG) return (Kind.EMPTY, 0);
        return (Kind.MALFORMED, 0);
    }
}
