// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title AccountGuard: accounts that cannot be emptied in one stroke
interface IAccountGuard {
    /// @notice Lets units of a guarded account leave, or reverts: within the limits and to a
    /// trusted account (or retired), or as an order that two persons gave and that waited. Only for
    /// the token.
    /// @param from The guarded account.
    /// @param to Where to, 0 for a retirement.
    /// @param ids Token ids.
    /// @param grams Grams of each.
    function spend(
        address from,
        address to,
        uint256[] calldata ids,
        uint256[] calldata grams
    ) external;
}
