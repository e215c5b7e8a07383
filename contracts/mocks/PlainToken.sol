// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";

/// @title PlainToken: OpenZeppelin's ERC-1155 and nothing else, to compare gas with
contract PlainToken is ERC1155("") {
    /// @notice Mints to anyone.
    function mint(address to, uint256 id, uint256 value) external {
        _mint(to, id, value, "");
    }

    /// @notice Burns as ERC1155Burnable does, with its check of the caller.
    function burn(address from, uint256 id, uint256 value) external {
        if (from != _msgSender() && !isApprovedForAll(from, _msgSender())) {
            revert ERC1155MissingApprovalForAll(_msgSender(), from);
        }
        _burn(from, id, value);
    }
}
