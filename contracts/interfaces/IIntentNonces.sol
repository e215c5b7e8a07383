// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IntentNonces: each signed intent counts once
/// @notice Nonces are unordered, so that intents of one signer may arrive in any order or never. A
/// nonce is 248 bits of word and 8 bits of bit; one storage slot holds the 256 nonces of a word.
/// @dev Intents are EIP-712 typed data; the domain binds chain and contract. A signer is a key or
/// an ERC-1271 contract.
interface IIntentNonces {
    /// @notice An intent was carried out.
    /// @param digest What was signed.
    event IntentUsed(bytes32 indexed digest, address indexed signer, uint256 nonce);
    /// @notice A signer made nonces worthless; used ones may be among them.
    event NoncesCancelled(address indexed signer, uint248 indexed word, uint256 mask);

    /// @notice The nonce was used or cancelled before.
    error IntentNoncesUsed(address signer, uint256 nonce);
    /// @notice The intent was brought after its last second.
    error IntentNoncesExpired(uint64 deadline, uint64 time);
    /// @notice Neither the signer's key nor its contract signed this digest.
    error IntentNoncesSignature(address signer, bytes32 digest);

    /// @notice Makes nonces of the caller worthless, at once and for ever; also when the account is
    /// frozen or guarded.
    /// @param word Upper 248 bits of the nonces.
    /// @param mask Bit b stands for the nonce (word << 8) | b.
    function cancelNonces(uint248 word, uint256 mask) external;

    /// @notice Whether a nonce was used or cancelled.
    /// @param signer Whose nonce.
    /// @param nonce The nonce.
    function isNonceUsed(address signer, uint256 nonce) external view returns (bool);
}
