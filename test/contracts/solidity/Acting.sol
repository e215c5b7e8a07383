// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @dev A world in which one of several actions happens at each step. It counts how often each of
/// them succeeded, because an invariant over a world in which nothing happens says nothing.
abstract contract Acting {
    mapping(uint256 action => uint256 times) public timesOf;
    /// @dev What must not be and was; a handler that reverts would only be skipped.
    bytes32 public violation;
    uint256 private _steps;

    error Violated(bytes32 what);

    /// @dev One action, drawn from the seed and the number of the step, so that small seeds, which
    /// the runner likes, are as good as others.
    function step(uint256 seed) external {
        seed = uint256(keccak256(abi.encode(seed, ++_steps)));
        uint256 action = seed % actions();
        if (_act(action, seed >> 32)) ++timesOf[action];
    }

    /// @dev Reverts when something is that must not be.
    function check() external view {
        if (violation != 0) revert Violated(violation);
        _check();
    }

    /// @dev How many actions there are.
    function actions() public pure virtual returns (uint256);

    /// @return succeeded Whether the action did what it is for.
    function _act(uint256 action, uint256 seed) internal virtual returns (bool succeeded);

    function _check() internal view virtual;

    function _claim(bool holds, bytes32 what) internal {
        if (!holds) violation = what;
    }

    function _require(bool holds, bytes32 what) internal pure {
        if (!holds) revert Violated(what);
    }
}

/// @dev Walks a world in a way of its own that is the same in every run, long enough for every
/// action to succeed at least once.
abstract contract LongWalk {
    /// @dev What the runner may call, in the form it asks for.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    error NeverSucceeded(uint256 action);

    /// @dev Only steps of the world.
    function _stepsOf(Acting world) internal pure returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(world), new bytes4[](1));
        targets[0].selectors[0] = Acting.step.selector;
    }

    function _walk(Acting world, uint256 steps, uint256 each) internal {
        for (uint256 i = 0; i < steps; ++i) {
            world.step(i);
            if (i % each == 0) world.check();
        }
        world.check();
        for (uint256 action = 0; action < world.actions(); ++action) {
            if (world.timesOf(action) == 0) revert NeverSucceeded(action);
        }
    }
}

/// @dev An account that accepts every signature and every unit, so that tests need no keys.
contract Agreeable is IERC1271, IERC1155Receiver {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return IERC1271.isValidSignature.selector;
    }

    function onERC1155Received(
        address,
        address,
        uint256,
        uint256,
        bytes calldata
    ) external pure returns (bytes4) {
        return IERC1155Receiver.onERC1155Received.selector;
    }

    function onERC1155BatchReceived(
        address,
        address,
        uint256[] calldata,
        uint256[] calldata,
        bytes calldata
    ) external pure returns (bytes4) {
        return IERC1155Receiver.onERC1155BatchReceived.selector;
    }

    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return
            interfaceId == type(IERC1155Receiver).interfaceId ||
            interfaceId == type(IERC165).interfaceId;
    }
}
