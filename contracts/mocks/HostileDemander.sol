// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDoubleCount} from "../interfaces/IDoubleCount.sol";
import {IIssuance} from "../interfaces/IIssuance.sol";
import {RequestId} from "../types/Ids.sol";

/// @title HostileDemander: a demander that refuses its money or asks for it again
contract HostileDemander {
    IDoubleCount private immutable DOUBLE_COUNT;

    uint256 public attempts;
    uint8 private _mode;

    error HostileDemanderRefuses();

    constructor(IDoubleCount doubleCount) {
        DOUBLE_COUNT = doubleCount;
    }

    receive() external payable {
        if (_mode == 1) revert HostileDemanderRefuses();
        if (_mode != 2) return;
        try DOUBLE_COUNT.withdrawDeposits(payable(address(this))) {} catch {
            ++attempts;
        }
    }

    /// @notice See IDoubleCount.demand.
    function demand(
        RequestId requestId,
        IIssuance.Proposal calldata proposal,
        uint8 level,
        uint64 index
    ) external payable {
        DOUBLE_COUNT.demand{value: msg.value}(requestId, proposal, level, index);
    }

    /// @notice See IDoubleCount.withdrawDeposits.
    function withdraw(address payable to) external {
        DOUBLE_COUNT.withdrawDeposits(to);
    }

    /// @notice 0 takes money, 1 refuses it, 2 asks again on receiving it.
    function setMode(uint8 mode) external {
        _mode = mode;
    }
}
