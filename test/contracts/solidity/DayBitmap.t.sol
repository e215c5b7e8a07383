// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DayBitmap} from "../../../contracts/libraries/DayBitmap.sol";
import {FuzzTest} from "./Vm.sol";

/// @dev The bitmap beside a plain list of days.
contract DayBitmapTest is FuzzTest {
    using DayBitmap for mapping(uint256 word => uint256 bits);

    uint32 private constant SPAN = 1_100;

    mapping(uint256 word => uint256 bits) private _calendar;
    mapping(uint32 day => uint256 times) private _booked;

    /// @dev Books a series of ranges, each only when the calendar says it is free.
    function testFuzz_NoDayIsEverBookedTwice(
        uint16[12] calldata firsts,
        uint8[12] calldata lengths
    ) external {
        for (uint256 i = 0; i < firsts.length; ++i) {
            uint32 firstDay = uint32(bound(firsts[i], 0, SPAN - 300));
            uint32 endDay = firstDay + 1 + lengths[i];
            (bool expected, uint32 expectedDay) = _firstBooked(firstDay, endDay);
            (bool found, uint32 day) = _calendar.firstTaken(firstDay, endDay);
            equal(found ? 1 : 0, expected ? 1 : 0);
            equal(day, expectedDay);
            if (found) continue;
            _calendar.take(firstDay, endDay);
            for (uint32 d = firstDay; d < endDay; ++d) ++_booked[d];
        }
        for (uint32 d = 0; d < SPAN; ++d) {
            if (_booked[d] > 1) revert NotEqual(_booked[d], 1);
            equal((_calendar[d >> 8] >> (d & 255)) & 1, _booked[d]);
        }
    }

    /// @dev Taking a range finds the same day as looking through it before.
    function testFuzz_TakeNamesTheFirstTakenDay(
        uint256 word0,
        uint256 word1,
        uint16 first,
        uint16 length
    ) external {
        uint32 firstDay = uint32(bound(first, 0, 510));
        uint32 endDay = uint32(bound(length, firstDay + 1, 512));
        _calendar[0] = word0 & word1;
        _calendar[1] = word1 & (word0 >> 1);
        (bool expected, uint32 expectedDay) = _calendar.firstTaken(firstDay, endDay);
        (bool found, uint32 day) = _calendar.take(firstDay, endDay);
        equal(found ? 1 : 0, expected ? 1 : 0);
        equal(day, expectedDay);
        if (found) return;
        (bool free, ) = _calendar.firstFree(firstDay, endDay);
        equal(free ? 1 : 0, 0);
    }

    function testFuzz_FreeUndoesTakeAndTouchesNothingElse(
        uint256 word0,
        uint256 word1,
        uint16 first,
        uint16 length
    ) external {
        uint32 firstDay = uint32(bound(first, 0, 510));
        uint32 endDay = uint32(bound(length, firstDay + 1, 512));
        _calendar[0] = word0;
        _calendar[1] = word1;
        _calendar.free(firstDay, endDay);
        for (uint32 d = 0; d < 512; ++d) {
            uint256 before = ((d < 256 ? word0 : word1) >> (d & 255)) & 1;
            uint256 expected = d >= firstDay && d < endDay ? 0 : before;
            equal((_calendar[d >> 8] >> (d & 255)) & 1, expected);
        }
        _calendar.take(firstDay, endDay);
        (bool found, ) = _calendar.firstFree(firstDay, endDay);
        equal(found ? 1 : 0, 0);
    }

    function testFuzz_LowestBit(uint8 place, uint256 above) external pure {
        equal(DayBitmap.lowestBit(((above << 1) | 1) << place), place);
    }

    function _firstBooked(uint32 firstDay, uint32 endDay) private view returns (bool, uint32) {
        for (uint32 d = firstDay; d < endDay; ++d) {
            if (_booked[d] != 0) return (true, d);
        }
        return (false, 0);
    }
}
