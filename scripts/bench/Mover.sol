// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

interface IToken {
    function safeTransferFrom(address from, address to, uint256 id, uint256 grams, bytes calldata data) external;
}

/// @dev Stands at the address of a holder while the benchmark's chain is made, and sends many transfers at once, each
/// with an event of its own.
contract Mover {
    function move(IToken token, uint256 id, address[] calldata to, uint256 grams) external {
        for (uint256 k = 0; k < to.length; ++k) {
            token.safeTransferFrom(address(this), to[k], id, grams, "");
        }
    }

    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external pure returns (bytes4) {
        return this.onERC1155Received.selector;
    }

    function supportsInterface(bytes4) external pure returns (bool) {
        return true;
    }
}
