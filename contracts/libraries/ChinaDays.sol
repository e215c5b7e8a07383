// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ChinaDays: day numbers in China time
/// @notice Day 0 is 1970-01-01 at UTC+8; China keeps no summer time.
library ChinaDays {
    uint256 internal constant UTC_OFFSET_SECONDS = 28_800;
    uint256 internal constant DAY_SECONDS = 86_400;

    /// @notice Number of the present day.
    function today() internal view returns (uint32) {
        return uint32((block.timestamp + UTC_OFFSET_SECONDS) / DAY_SECONDS);
    }
}
