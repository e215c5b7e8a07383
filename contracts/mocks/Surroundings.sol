// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TokenId} from "../types/Ids.sol";

/// @title Surroundings: stands in for each contract that the token and the certificates ask
/// @notice Answers what a test sets, so that token and certificates are tested alone. Only what
/// they call is there.
contract Surroundings {
    bool public refusesSpending;
    bool public paused;
    uint256 public spendings;
    address public lastTo;
    uint256 public voidedGrams;
    mapping(address account => mapping(TokenId tokenId => uint64)) public frozenOf;
    mapping(TokenId tokenId => bool) public isDisputed;
    mapping(uint32 programme => mapping(uint8 role => mapping(address account => bool)))
        public hasRole;
    mapping(uint32 programme => uint128) public purposes;
    mapping(uint32 programme => mapping(uint32 other => uint8)) private _recognised;

    error SurroundingsRefused(address from, address to);
    error ProgrammesPaused(uint32 programme);

    /// @notice Whether spend refuses.
    function setRefusesSpending(bool value) external {
        refusesSpending = value;
    }

    /// @notice What frozenOf answers.
    function setFrozen(address account, TokenId tokenId, uint64 grams) external {
        frozenOf[account][tokenId] = grams;
    }

    /// @notice What isDisputed answers.
    function setDisputed(TokenId tokenId, bool value) external {
        isDisputed[tokenId] = value;
    }

    /// @notice What hasRole answers.
    function setRole(uint32 programme, uint8 role, address account, bool value) external {
        hasRole[programme][role][account] = value;
    }

    /// @notice What parameterAt answers.
    function setPurposes(uint32 programme, uint128 value) external {
        purposes[programme] = value;
    }

    /// @notice Whether requireRunning reverts.
    function setPaused(bool value) external {
        paused = value;
    }

    /// @notice What recognises answers.
    function setRecognised(uint32 programme, uint32 other, uint8 what) external {
        _recognised[programme][other] = what;
    }

    /// @notice As IAccountGuard; remembers that it was asked.
    function spend(address from, address to, uint256[] calldata, uint256[] calldata) external {
        if (refusesSpending) revert SurroundingsRefused(from, to);
        ++spendings;
        lastTo = to;
    }

    /// @notice What PoolReserve is told.
    function onVoided(TokenId, uint64 grams) external {
        voidedGrams += grams;
    }

    /// @notice As PoolReserve takes units.
    function onERC1155Received(
        address,
        address,
        uint256,
        uint256,
        bytes calldata
    ) external pure returns (bytes4) {
        return this.onERC1155Received.selector;
    }

    /// @notice As IProgrammes.
    function requireRunning(uint32 programme) external view {
        if (paused) revert ProgrammesPaused(programme);
    }

    /// @notice As IProgrammes; only "certificate.purposes" is asked.
    function parameterAt(uint32 programme, bytes32, uint64) external view returns (uint128) {
        return purposes[programme];
    }

    /// @notice As IProgrammes.
    function recognises(uint32 programme, uint32 other, uint8 what) external view returns (bool) {
        return _recognised[programme][other] & what == what;
    }
}
