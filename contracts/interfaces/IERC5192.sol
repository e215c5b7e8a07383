// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ERC-5192: minimal soulbound NFTs
/// @custom:source https://eips.ethereum.org/EIPS/eip-5192
interface IERC5192 {
    /// @notice The token is locked and cannot be transferred.
    event Locked(uint256 tokenId);

    /// @notice The token is unlocked. Never happens here.
    event Unlocked(uint256 tokenId);

    /// @notice Whether a token is locked; reverts for a token that does not exist.
    function locked(uint256 tokenId) external view returns (bool);
}
