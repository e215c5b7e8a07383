// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title HostileReceiver: a contract account that signs everything and spoils what it can
contract HostileReceiver is IERC1271, IERC1155Receiver {
    enum Mode {
        ACCEPTS,
        REFUSES,
        ANSWERS_NONSENSE,
        BURNS_GAS,
        TALKS_TOO_MUCH
    }

    uint256 private constant LONG_BYTES = 100_000;

    Mode private _mode;
    bool private _burnsGasSigning;

    error HostileReceiverRefuses();
    error HostileReceiverTalks(bytes nonsense);

    /// @notice What becomes of units that arrive.
    function setMode(Mode mode) external {
        _mode = mode;
    }

    /// @notice Whether signing takes all gas there is.
    function setBurnsGasSigning(bool burns) external {
        _burnsGasSigning = burns;
    }

    /// @inheritdoc IERC1155Receiver
    function onERC1155Received(
        address,
        address,
        uint256,
        uint256,
        bytes calldata
    ) external view returns (bytes4) {
        if (_mode == Mode.REFUSES) revert HostileReceiverRefuses();
        if (_mode == Mode.ANSWERS_NONSENSE) return 0xdeadbeef;
        if (_mode == Mode.TALKS_TOO_MUCH) revert HostileReceiverTalks(new bytes(LONG_BYTES));
        if (_mode == Mode.BURNS_GAS) _burn();
        return IERC1155Receiver.onERC1155Received.selector;
    }

    /// @inheritdoc IERC1155Receiver
    function onERC1155BatchReceived(
        address,
        address,
        uint256[] calldata,
        uint256[] calldata,
        bytes calldata
    ) external pure returns (bytes4) {
        return IERC1155Receiver.onERC1155BatchReceived.selector;
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        if (_burnsGasSigning) _burn();
        return IERC1271.isValidSignature.selector;
    }

    /// @notice See IERC165.
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC1155Receiver).interfaceId;
    }

    function _burn() private view {
        uint256 sum = 0;
        while (gasleft() > 0) sum += gasleft();
        assert(sum == 0);
    }
}
