// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev The few cheat codes of the test runner that these tests need.
interface Vm {
    function warp(uint256 timestamp) external;

    function prank(address sender) external;

    function expectPartialRevert(bytes4 selector) external;
}

/// @dev Base of the fuzz tests.
abstract contract FuzzTest {
    Vm internal constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    error NotEqual(uint256 found, uint256 expected);

    function bound(uint256 value, uint256 least, uint256 most) internal pure returns (uint256) {
        return least + (value % (most - least + 1));
    }

    function equal(uint256 found, uint256 expected) internal pure {
        if (found != expected) revert NotEqual(found, expected);
    }
}
