// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TokenId} from "../types/Ids.sol";

/// @title DoubleCount: anyone proves that a request counts what it may not
interface IDoubleCount {
    /// @notice Whether units of an id carry an open debt.
    function isDisputed(TokenId tokenId) external view returns (bool);
}
