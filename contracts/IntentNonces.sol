// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IIntentNonces} from "./interfaces/IIntentNonces.sol";

/// @title IntentNonces
/// @notice What it does and why: interfaces/IIntentNonces.sol. Who derives names the domain.
abstract contract IntentNonces is IIntentNonces, EIP712 {
    mapping(address signer => mapping(uint248 word => uint256 bits)) private _usedNonces;

    /// @inheritdoc IIntentNonces
    function cancelNonces(uint248 word, uint256 mask) external {
        _usedNonces[msg.sender][word] |= mask;
        emit NoncesCancelled(msg.sender, word, mask);
    }

    /// @inheritdoc IIntentNonces
    function isNonceUsed(address signer, uint256 nonce) public view returns (bool) {
        return (_usedNonces[signer][uint248(nonce >> 8)] >> uint8(nonce)) & 1 != 0;
    }

    /// @dev Carries out an intent as far as its form goes: in time, signed, never before.
    /// @param structHash EIP-712 hash of the intent, which covers nonce and deadline too.
    function _useIntent(
        address signer,
        uint256 nonce,
        uint64 deadline,
        bytes32 structHash,
        bytes calldata signature
    ) internal returns (bytes32 digest) {
        digest = _requireSigned(signer, deadline, structHash, signature);
        _useNonce(signer, nonce, digest);
    }

    /// @dev Marks before the intent acts, so that nothing it calls can bring it again.
    function _useNonce(address signer, uint256 nonce, bytes32 digest) internal {
        uint248 word = uint248(nonce >> 8);
        uint256 bit = 1 << uint8(nonce);
        uint256 bits = _usedNonces[signer][word];
        if (bits & bit != 0) revert IntentNoncesUsed(signer, nonce);
        _usedNonces[signer][word] = bits | bit;
        emit IntentUsed(digest, signer, nonce);
    }

    /// @dev The last second of an intent is its deadline.
    function _requireSigned(
        address signer,
        uint64 deadline,
        bytes32 structHash,
        bytes calldata signature
    ) internal view returns (bytes32 digest) {
        if (block.timestamp > deadline) {
            revert IntentNoncesExpired(deadline, uint64(block.timestamp));
        }
        digest = _hashTypedDataV4(structHash);
        // A static call: a contract that signs cannot come back and change anything.
        if (!SignatureChecker.isValidSignatureNowCalldata(signer, digest, signature)) {
            revert IntentNoncesSignature(signer, digest);
        }
    }
}
