// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title DayBitmap: a calendar of days, 256 to a word
/// @notice Bit b of word w stands for day 256 * w + b. Ranges are half-open and not empty; callers
/// check that. Overlap is one AND a word, whatever the order of bookings.
library DayBitmap {
    /// @notice Takes every day of [firstDay, endDay) up to the first one that is taken already. In
    /// one pass, because every word costs; the caller reverts where a day was taken.
    /// @return found Whether a day was taken.
    /// @return day The first such day, 0 when there is none.
    function take(
        mapping(uint256 word => uint256 bits) storage calendar,
        uint32 firstDay,
        uint32 endDay
    ) internal returns (bool found, uint32 day) {
        uint256 lastWord = (endDay - 1) >> 8;
        for (uint256 word = firstDay >> 8; word <= lastWord; ++word) {
            uint256 bits = calendar[word];
            uint256 mask = maskOf(word, firstDay, endDay);
            uint256 hit = bits & mask;
            if (hit != 0) return (true, uint32((word << 8) | lowestBit(hit)));
            calendar[word] = bits | mask;
        }
        return (false, 0);
    }

    /// @notice Frees every day of [firstDay, endDay).
    function free(
        mapping(uint256 word => uint256 bits) storage calendar,
        uint32 firstDay,
        uint32 endDay
    ) internal {
        uint256 lastWord = (endDay - 1) >> 8;
        for (uint256 word = firstDay >> 8; word <= lastWord; ++word) {
            calendar[word] &= ~maskOf(word, firstDay, endDay);
        }
    }

    /// @notice First day of [firstDay, endDay) that is taken.
    /// @return found Whether there is one.
    /// @return day The day, 0 when there is none.
    function firstTaken(
        mapping(uint256 word => uint256 bits) storage calendar,
        uint32 firstDay,
        uint32 endDay
    ) internal view returns (bool found, uint32 day) {
        uint256 lastWord = (endDay - 1) >> 8;
        for (uint256 word = firstDay >> 8; word <= lastWord; ++word) {
            uint256 hit = calendar[word] & maskOf(word, firstDay, endDay);
            if (hit != 0) return (true, uint32((word << 8) | lowestBit(hit)));
        }
        return (false, 0);
    }

    /// @notice First day of [firstDay, endDay) that is free.
    /// @return found Whether there is one.
    /// @return day The day, 0 when there is none.
    function firstFree(
        mapping(uint256 word => uint256 bits) storage calendar,
        uint32 firstDay,
        uint32 endDay
    ) internal view returns (bool found, uint32 day) {
        uint256 lastWord = (endDay - 1) >> 8;
        for (uint256 word = firstDay >> 8; word <= lastWord; ++word) {
            uint256 hit = ~calendar[word] & maskOf(word, firstDay, endDay);
            if (hit != 0) return (true, uint32((word << 8) | lowestBit(hit)));
        }
        return (false, 0);
    }

    /// @notice Bits of a word that lie in [firstDay, endDay); the two must meet.
    function maskOf(uint256 word, uint32 firstDay, uint32 endDay) internal pure returns (uint256) {
        uint256 wordFirst = word << 8;
        uint256 low = firstDay > wordFirst ? firstDay - wordFirst : 0;
        uint256 high = endDay < wordFirst + 256 ? endDay - wordFirst : 256;
        return (type(uint256).max >> (256 - (high - low))) << low;
    }

    /// @notice Place of the lowest bit that is set; `bits` is not 0.
    function lowestBit(uint256 bits) internal pure returns (uint256 place) {
        for (uint256 width = 128; width != 0; width >>= 1) {
            if (bits & ((1 << width) - 1) == 0) {
                place += width;
                bits >>= width;
            }
        }
    }
}
