// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev The few cheat codes of the test runner that these tests need.
interface Vm {
    function warp(uint256 timestamp) external;

    function prank(address sender) external;

    function expectPartialRevert(bytes4 selector) external;

    function getCode(string calldata artifact) external view returns (bytes memory);
}

/// @dev Base of the fuzz tests.
abstract contract FuzzTest {
    Vm internal constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    error NotEqual(uint256 found, uint256 expected);
    error NotDeployed(string name);

    // From the artifact, so that tests run what is shipped, and none of them compiles it again.
    function deployed(string memory name, bytes memory args) internal returns (address created) {
        bytes memory code = VM.getCode(string.concat(name, ".sol:", name));
        code = bytes.concat(code, args);
        assembly ("memory-safe") {
            created := create(0, add(code, 32), mload(code))
        }
        if (created == address(0)) revert NotDeployed(name);
    }

    function bound(uint256 value, uint256 least, uint256 most) internal pure returns (uint256) {
        return least + (value % (most - least + 1));
    }

    function equal(uint256 found, uint256 expected) internal pure {
        if (found != expected) revert NotEqual(found, expected);
    }
}
