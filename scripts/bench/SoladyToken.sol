// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC1155} from "solady/src/tokens/ERC1155.sol";

/// @title SoladyToken: Solady's ERC-1155 and nothing else, to compare gas with
contract SoladyToken is ERC1155 {
    /// @notice Mints to anyone.
    function mint(address to, uint256 id, uint256 value) external {
        _mint(to, id, value, "");
    }

    /// @notice Burns with the check of the caller.
    function burn(address from, uint256 id, uint256 value) external {
        _burn(msg.sender, from, id, value);
    }

    /// @inheritdoc ERC1155
    function uri(uint256) public pure override returns (string memory) {
        return "";
    }
}
