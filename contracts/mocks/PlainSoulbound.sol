// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC5192} from "../interfaces/IERC5192.sol";

/// @title PlainSoulbound: the least that ERC-5192 asks on top of OpenZeppelin's ERC-721
contract PlainSoulbound is IERC5192, ERC721("Soulbound", "SOUL") {
    error PlainSoulboundLocked(uint256 tokenId);

    /// @notice Mints to anyone.
    function mint(address to, uint256 tokenId) external {
        _mint(to, tokenId);
        emit Locked(tokenId);
    }

    /// @inheritdoc IERC5192
    function locked(uint256 tokenId) external view returns (bool) {
        _requireOwned(tokenId);
        return true;
    }

    /// @inheritdoc ERC721
    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == type(IERC5192).interfaceId || super.supportsInterface(interfaceId);
    }

    function _update(
        address to,
        uint256 tokenId,
        address auth
    ) internal override returns (address) {
        if (_ownerOf(tokenId) != address(0)) revert PlainSoulboundLocked(tokenId);
        return super._update(to, tokenId, auth);
    }
}
