// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @title PlainNft: OpenZeppelin's ERC-721 and nothing else, to try the conformance suite on
contract PlainNft is ERC721("Plain", "PLAIN") {
    /// @notice Mints to anyone.
    function mint(address to, uint256 tokenId) external {
        _mint(to, tokenId);
    }

    /// @notice Burns as ERC721Burnable does, with its check of the caller.
    function burn(uint256 tokenId) external {
        _update(address(0), tokenId, _msgSender());
    }
}
