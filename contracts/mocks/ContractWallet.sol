// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title ContractWallet: an account that is a contract
/// @notice It accepts signatures of its owner (ERC-1271), executes what the owner says, and on
/// receiving tokens may call back once or refuse, to try what a hostile receiver would.
contract ContractWallet is IERC1271, IERC1155Receiver {
    address private immutable OWNER;

    bool public refuses;
    bool public signsNothing;
    bool public callbackFailed;
    bytes public callbackError;
    address private _target;
    bytes private _call;

    error ContractWalletNotOwner(address caller);
    error ContractWalletRefuses();

    constructor(address owner) {
        OWNER = owner;
    }

    /// @notice Whether incoming tokens are refused.
    function setRefuses(bool value) external {
        refuses = value;
    }

    /// @notice Whether every signature is refused, as when a wallet changed its keys.
    function setSignsNothing(bool value) external {
        signsNothing = value;
    }

    /// @notice What to call when tokens arrive next.
    function setCallback(address target, bytes calldata data) external {
        _target = target;
        _call = data;
    }

    /// @notice Calls anything as this account.
    function execute(address target, bytes calldata data) external returns (bytes memory) {
        if (msg.sender != OWNER) revert ContractWalletNotOwner(msg.sender);
        return Address.functionCall(target, data);
    }

    /// @inheritdoc IERC1155Receiver
    function onERC1155Received(
        address,
        address,
        uint256,
        uint256,
        bytes calldata
    ) external returns (bytes4) {
        _onReceived();
        return IERC1155Receiver.onERC1155Received.selector;
    }

    /// @inheritdoc IERC1155Receiver
    function onERC1155BatchReceived(
        address,
        address,
        uint256[] calldata,
        uint256[] calldata,
        bytes calldata
    ) external returns (bytes4) {
        _onReceived();
        return IERC1155Receiver.onERC1155BatchReceived.selector;
    }

    /// @inheritdoc IERC1271
    function isValidSignature(
        bytes32 digest,
        bytes calldata signature
    ) external view returns (bytes4) {
        (address signer, ECDSA.RecoverError failure, ) = ECDSA.tryRecover(digest, signature);
        bool valid = !signsNothing && failure == ECDSA.RecoverError.NoError && signer == OWNER;
        return valid ? IERC1271.isValidSignature.selector : bytes4(0);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return
            interfaceId == type(IERC1155Receiver).interfaceId ||
            interfaceId == type(IERC165).interfaceId;
    }

    function _onReceived() private {
        if (refuses) revert ContractWalletRefuses();
        if (_target == address(0)) return;
        address target = _target;
        delete _target;
        (bool success, bytes memory result) = target.call(_call);
        callbackFailed = !success;
        callbackError = success ? bytes("") : result;
    }
}
