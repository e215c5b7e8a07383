// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SumTree} from "../libraries/SumTree.sol";

/// @title SumTreeHarness: lets tests call the library
contract SumTreeHarness {
    /// @notice See SumTree.leafHash.
    function leafHash(SumTree.Leaf memory leaf) external pure returns (bytes32) {
        return SumTree.leafHash(leaf);
    }

    /// @notice See SumTree.nodeHash.
    function nodeHash(
        SumTree.Node memory left,
        SumTree.Node memory right
    ) external pure returns (bytes32) {
        return SumTree.nodeHash(left, right);
    }

    /// @notice See SumTree.emptyHash.
    function emptyHash() external pure returns (bytes32) {
        return SumTree.emptyHash();
    }

    /// @notice See SumTree.depthOf.
    function depthOf(uint64 count) external pure returns (uint8) {
        return SumTree.depthOf(count);
    }

    /// @notice See SumTree.verify.
    function verify(
        SumTree.Tree memory tree,
        uint64 index,
        SumTree.Leaf memory leaf,
        SumTree.Node[] calldata siblings
    ) external pure returns (bool) {
        return SumTree.verify(tree, index, leaf, siblings);
    }

    /// @notice What SumTree.verify answers and the gas it takes, call data and decoding left out.
    function gasOfVerify(
        SumTree.Tree memory tree,
        uint64 index,
        SumTree.Leaf memory leaf,
        SumTree.Node[] calldata siblings
    ) external view returns (bool valid, uint256 gasUsed) {
        uint256 before = gasleft();
        valid = SumTree.verify(tree, index, leaf, siblings);
        gasUsed = before - gasleft();
    }
}
