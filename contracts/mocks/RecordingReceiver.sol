// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @title RecordingReceiver: a receiver of tokens that tells what its hooks were given
/// @notice Each hook emits what it was called with and what the token answers at that moment, so
/// that a test reads order and content from the receipt alone. What it answers can be set.
contract RecordingReceiver is IERC1155Receiver, IERC721Receiver {
    /// @notice How a hook answers.
    enum Answer {
        ACCEPT,
        UNKNOWN_VALUE,
        OTHER_HOOKS_VALUE,
        REVERT,
        REVERT_WITHOUT_REASON,
        PANIC
    }

    /// @notice How the hooks answer now.
    Answer public answer;

    event SingleReceived(
        address operator,
        address from,
        uint256 id,
        uint256 value,
        bytes data,
        uint256 balance
    );
    event BatchReceived(
        address operator,
        address from,
        uint256[] ids,
        uint256[] values,
        bytes data,
        uint256[] balances
    );
    event NftReceived(address operator, address from, uint256 tokenId, bytes data, address owner);

    error RecordingReceiverRefuses();

    /// @notice Sets how the hooks answer.
    function setAnswer(Answer value) external {
        answer = value;
    }

    /// @inheritdoc IERC1155Receiver
    function onERC1155Received(
        address operator,
        address from,
        uint256 id,
        uint256 value,
        bytes calldata data
    ) external returns (bytes4) {
        uint256 balance = IERC1155(msg.sender).balanceOf(address(this), id);
        emit SingleReceived(operator, from, id, value, data, balance);
        return _answer(this.onERC1155Received.selector, this.onERC1155BatchReceived.selector);
    }

    /// @inheritdoc IERC1155Receiver
    function onERC1155BatchReceived(
        address operator,
        address from,
        uint256[] calldata ids,
        uint256[] calldata values,
        bytes calldata data
    ) external returns (bytes4) {
        uint256[] memory balances = new uint256[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            balances[i] = IERC1155(msg.sender).balanceOf(address(this), ids[i]);
        }
        emit BatchReceived(operator, from, ids, values, data, balances);
        return _answer(this.onERC1155BatchReceived.selector, this.onERC1155Received.selector);
    }

    /// @inheritdoc IERC721Receiver
    function onERC721Received(
        address operator,
        address from,
        uint256 tokenId,
        bytes calldata data
    ) external returns (bytes4) {
        emit NftReceived(operator, from, tokenId, data, IERC721(msg.sender).ownerOf(tokenId));
        return _answer(this.onERC721Received.selector, this.onERC1155Received.selector);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return
            interfaceId == type(IERC1155Receiver).interfaceId ||
            interfaceId == type(IERC721Receiver).interfaceId ||
            interfaceId == type(IERC165).interfaceId;
    }

    function _answer(bytes4 right, bytes4 otherHooks) private view returns (bytes4) {
        if (answer == Answer.UNKNOWN_VALUE) return 0x12345678;
        if (answer == Answer.OTHER_HOOKS_VALUE) return otherHooks;
        if (answer == Answer.REVERT) revert RecordingReceiverRefuses();
        // solhint-disable-next-line gas-custom-errors, reason-string
        if (answer == Answer.REVERT_WITHOUT_REASON) revert();
        if (answer == Answer.PANIC) assert(false);
        return right;
    }
}
