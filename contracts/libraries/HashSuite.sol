// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title HashSuite: the one place that knows which hash the trees use
/// @notice On chains of the 国密 family the EVM's own keccak is SM3, so nothing else may assume
/// keccak.
library HashSuite {
    /// @notice Number of the suite, as proposals state it.
    uint8 internal constant KECCAK = 1;

    /// @notice Hash of some bytes under the suite.
    function hash(bytes memory data) internal pure returns (bytes32) {
        return keccak256(data);
    }
}
