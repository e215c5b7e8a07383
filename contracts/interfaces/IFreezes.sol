// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RequestId, TokenId} from "../types/Ids.sol";

/// @title Freezes: grams of an account that stand still under a document
/// @notice A freeze (部分冻结) names account, id, grams, document number and expiry. The token asks
/// here only for accounts that have one.
interface IFreezes {
    /// @notice Grams of an account and id that are frozen now; expired freezes do not count.
    function frozenOf(address account, TokenId tokenId) external view returns (uint64 grams);

    /// @notice Freezes grams for a debt, without expiry; adds to the freeze of that request. Only
    /// for DoubleCount.
    function freezeForDebt(
        address account,
        TokenId tokenId,
        uint64 grams,
        RequestId requestId
    ) external;

    /// @notice Ends the freeze of a debt. Only for DoubleCount.
    /// @return grams What it froze.
    function liftForDebt(
        address account,
        TokenId tokenId,
        RequestId requestId
    ) external returns (uint64 grams);
}
