// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIssuance} from "../../../contracts/interfaces/IIssuance.sol";
import {ISources} from "../../../contracts/interfaces/ISources.sol";
import {AssetKey, ClassId, MethodologyId} from "../../../contracts/types/Ids.sol";
import {RequestId, SourceId} from "../../../contracts/types/Ids.sol";
import {Acting, LongWalk} from "./Acting.sol";
import {Registry} from "./Registry.sol";

/// @dev Three classes, two of which exclude each other, on two assets; requests, their ends, and
/// records of what other registries issued.
contract CalendarWorld is Registry, Acting {
    struct Booking {
        AssetKey asset;
        ClassId class;
        uint32 firstDay;
        uint32 endDay;
        bool live;
        bool isExternal;
        uint64 number;
        IIssuance.Proposal proposal;
    }

    uint256 private constant MOST = 60;
    uint32 private constant SPAN = 400;
    uint256 private constant CLASSES = 3;
    uint256 private constant ASSETS = 2;

    Booking[] private _bookings;
    SourceId[ASSETS][CLASSES] private _sources;
    uint256 private _now = 1_767_225_600;

    constructor() {
        sources.addExclusion(ClassId.wrap(1), ClassId.wrap(2));
        for (uint16 class = 2; class <= CLASSES; ++class) {
            VM.prank(AUTHORITY);
            sources.registerMethodology(PROGRAMME, "other", ClassId.wrap(class), 3, 0, 0, 0, 0);
        }
        for (uint32 c = 0; c < CLASSES; ++c) {
            for (uint256 a = 0; a < ASSETS; ++a) {
                bool known = c == 0 && a == 0;
                _sources[c][a] = known ? sourceId : _register(c + 1, _asset(a));
            }
        }
    }

    function actions() public pure override returns (uint256) {
        return 7;
    }

    function _act(uint256 action, uint256 seed) internal override returns (bool) {
        if (action < 2) return _tryToPropose(seed);
        if (action == 2) return _tryToRecord(seed);
        if (_bookings.length == 0) return false;
        Booking storage booking = _bookings[seed % _bookings.length];
        if (!booking.live) return false;
        if (action == 3) return _withdraw(booking);
        if (action == 4) return _reject(booking);
        if (action == 5) return _release(booking);
        return _issueOne(booking);
    }

    /// @dev Whatever was let, no two live bookings of an asset share a day in one class or in two
    /// that exclude each other; and the calendars say just what was booked.
    function _check() internal view override {
        for (uint256 i = 0; i < _bookings.length; ++i) {
            Booking storage a = _bookings[i];
            if (!a.live) continue;
            _require(sources.isBooked(a.asset, a.class, a.firstDay), "first day not booked");
            _require(sources.isBooked(a.asset, a.class, a.endDay - 1), "last day not booked");
            for (uint256 k = i + 1; k < _bookings.length; ++k) {
                Booking storage b = _bookings[k];
                bool overlap = a.firstDay < b.endDay && b.firstDay < a.endDay;
                _require(!b.live || !overlap || !_conflict(a, b), "a day booked twice");
            }
        }
    }

    function _tryToPropose(uint256 seed) private returns (bool) {
        if (_bookings.length == MOST) return false;
        uint256 class = seed % CLASSES;
        uint256 asset = (seed >> 8) % ASSETS;
        (uint32 firstDay, uint32 endDay) = _period(seed >> 16);
        IIssuance.Proposal memory proposal = _proposal(firstDay, endDay, 5_000);
        proposal.sourceId = _sources[class][asset];
        bool free = _isFree(_asset(asset), class, firstDay, endDay);
        VM.prank(APPLICANT);
        try issuance.propose(proposal) returns (RequestId requestId) {
            _claim(free, "booked over a booking");
            _push(_asset(asset), class, proposal, RequestId.unwrap(requestId), false);
            return true;
        } catch {
            _claim(!free, "a free period refused");
            return false;
        }
    }

    function _tryToRecord(uint256 seed) private returns (bool) {
        if (_bookings.length == MOST) return false;
        uint256 class = seed % CLASSES;
        uint256 asset = (seed >> 8) % ASSETS;
        (uint32 firstDay, uint32 endDay) = _period(seed >> 16);
        bool free = _isFree(_asset(asset), class, firstDay, endDay);
        ClassId id = ClassId.wrap(uint16(class + 1));
        VM.prank(AUTHORITY);
        try
            sources.recordExternal(PROGRAMME, _asset(asset), id, firstDay, endDay, "document")
        returns (uint64 number) {
            _claim(free, "recorded over a booking");
            IIssuance.Proposal memory proposal = _proposal(firstDay, endDay, 1);
            _push(_asset(asset), class, proposal, number, true);
            return true;
        } catch {
            _claim(!free, "a free period not recorded");
            return false;
        }
    }

    function _withdraw(Booking storage booking) private returns (bool) {
        if (booking.isExternal) {
            VM.prank(AUTHORITY);
            try sources.withdrawExternal(booking.number, "document") {
                booking.live = false;
                return true;
            } catch {
                return false;
            }
        }
        VM.prank(APPLICANT);
        try issuance.withdraw(RequestId.wrap(booking.number), booking.proposal) {
            booking.live = false;
            return true;
        } catch {
            return false;
        }
    }

    function _reject(Booking storage booking) private returns (bool) {
        if (booking.isExternal) return false;
        VM.prank(AUTHORITY);
        try issuance.reject(RequestId.wrap(booking.number), booking.proposal, "document") {
            booking.live = false;
            return true;
        } catch {
            return false;
        }
    }

    /// @dev By nobody in particular, after the reservation ran out.
    function _release(Booking storage booking) private returns (bool) {
        if (booking.isExternal) return false;
        _now += 1 days;
        VM.warp(_now);
        VM.prank(address(0xF00));
        try issuance.releaseExpired(RequestId.wrap(booking.number), booking.proposal) {
            booking.live = false;
            return true;
        } catch {
            return false;
        }
    }

    function _issueOne(Booking storage booking) private returns (bool) {
        if (booking.isExternal) return false;
        RequestId requestId = RequestId.wrap(booking.number);
        VM.prank(OPERATOR);
        try issuance.file(requestId, booking.proposal, 0, 0) {} catch {
            return false;
        }
        VM.prank(AUTHORITY);
        try issuance.issue(requestId, booking.proposal, 0) {
            return true;
        } catch {
            return false;
        }
    }

    function _push(
        AssetKey asset,
        uint256 class,
        IIssuance.Proposal memory proposal,
        uint64 number,
        bool isExternal
    ) private {
        Booking storage booking = _bookings.push();
        booking.asset = asset;
        booking.class = ClassId.wrap(uint16(class + 1));
        booking.firstDay = proposal.firstDay;
        booking.endDay = proposal.endDay;
        booking.live = true;
        booking.isExternal = isExternal;
        booking.number = number;
        booking.proposal = proposal;
    }

    function _register(uint32 methodology, AssetKey asset) private returns (SourceId) {
        // The authority, because a second source on an asset needs a consent otherwise.
        VM.prank(AUTHORITY);
        return
            sources.registerSource(
                PROGRAMME,
                MethodologyId.wrap(methodology),
                asset,
                APPLICANT,
                OWNER,
                0
            );
    }

    function _isFree(
        AssetKey asset,
        uint256 class,
        uint32 firstDay,
        uint32 endDay
    ) private view returns (bool) {
        for (uint256 i = 0; i < _bookings.length; ++i) {
            Booking storage booking = _bookings[i];
            if (!booking.live || firstDay >= booking.endDay || booking.firstDay >= endDay) continue;
            if (AssetKey.unwrap(booking.asset) != AssetKey.unwrap(asset)) continue;
            if (_excludes(class + 1, ClassId.unwrap(booking.class))) return false;
        }
        return true;
    }

    function _conflict(Booking storage a, Booking storage b) private view returns (bool) {
        return
            AssetKey.unwrap(a.asset) == AssetKey.unwrap(b.asset) &&
            _excludes(ClassId.unwrap(a.class), ClassId.unwrap(b.class));
    }

    function _excludes(uint256 a, uint256 b) private pure returns (bool) {
        return a == b || a + b == 3;
    }

    function _period(uint256 seed) private pure returns (uint32 firstDay, uint32 endDay) {
        firstDay = FIRST_DAY + uint32(seed % SPAN);
        endDay = firstDay + 1 + uint32((seed >> 16) % 40);
    }

    function _asset(uint256 asset) private pure returns (AssetKey) {
        return asset == 0 ? ASSET : AssetKey.wrap("other asset");
    }
}

contract CalendarTest is LongWalk {
    CalendarWorld private _world;

    constructor() {
        _world = new CalendarWorld();
    }

    function test_EveryActionSucceedsInALongWalk() external {
        _walk(_world, 150, 10);
    }

    function invariant_NoDayOfAnAssetIsBookedTwice() external view {
        _world.check();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_world);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory) {
        return _stepsOf(_world);
    }
}
