// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {ISources} from "./interfaces/ISources.sol";
import {DayBitmap} from "./libraries/DayBitmap.sol";
import {Roles} from "./types/Codes.sol";
import {AssetKey, ClassId, ProgrammeId} from "./types/Ids.sol";

/// @title SourceCalendars: days that are taken, exclusion pairs and what other registries issued
/// @notice Base of Sources. What it does and why: interfaces/ISources.sol.
abstract contract SourceCalendars is ISources, AccessManaged {
    using DayBitmap for mapping(uint256 word => uint256 bits);

    /// @notice Five years, two of them leap years.
    uint32 public constant MOST_DAYS = 1827;
    /// @notice Classes that one class can exclude.
    uint256 public constant MOST_EXCLUSIONS = 8;

    IProgrammes internal immutable PROGRAMMES;

    uint64 private _externalCount;
    mapping(uint64 externalId => External) private _externals;
    mapping(ClassId class => ClassId[MOST_EXCLUSIONS]) private _exclusions;
    mapping(AssetKey assetKey => mapping(ClassId class => mapping(uint256 word => uint256 bits)))
        private _calendars;

    modifier whenRunning(ProgrammeId programme) {
        PROGRAMMES.requireRunning(programme);
        _;
    }

    constructor(IProgrammes programmes) {
        PROGRAMMES = programmes;
    }

    /// @inheritdoc ISources
    function addExclusion(ClassId classA, ClassId classB) external restricted {
        _requireClass(classA);
        _requireClass(classB);
        if (classA == classB) revert SourcesExclusionSame(classA);
        _addExclusion(classA, classB);
        _addExclusion(classB, classA);
        emit ExclusionAdded(classA, classB);
    }

    /// @inheritdoc ISources
    function recordExternal(
        ProgrammeId programme,
        AssetKey assetKey,
        ClassId class,
        uint32 firstDay,
        uint32 endDay,
        bytes32 document
    ) external whenRunning(programme) returns (uint64 externalId) {
        _requireRole(programme, Roles.AUTHORITY);
        if (AssetKey.unwrap(assetKey) == 0) revert SourcesAssetKeyZero();
        _requireClass(class);
        _requirePeriod(firstDay, endDay);
        _book(assetKey, class, firstDay, endDay);
        externalId = ++_externalCount;
        _externals[externalId] = External({
            assetKey: assetKey,
            programme: programme,
            class: class,
            firstDay: firstDay,
            endDay: endDay,
            withdrawn: false
        });
        emit ExternalRecorded(programme, assetKey, class, firstDay, endDay, document, externalId);
    }

    /// @inheritdoc ISources
    function withdrawExternal(uint64 externalId, bytes32 document) external {
        External storage stored = _externals[externalId];
        ProgrammeId programme = stored.programme;
        if (ProgrammeId.unwrap(programme) == 0) revert SourcesExternalUnknown(externalId);
        PROGRAMMES.requireRunning(programme);
        _requireRole(programme, Roles.AUTHORITY);
        if (stored.withdrawn) revert SourcesExternalWithdrawn(externalId);
        stored.withdrawn = true;
        _calendars[stored.assetKey][stored.class].free(stored.firstDay, stored.endDay);
        emit ExternalWithdrawn(externalId, document);
    }

    /// @inheritdoc ISources
    function externalOf(uint64 externalId) external view returns (External memory) {
        return _externals[externalId];
    }

    /// @inheritdoc ISources
    function exclusionsOf(ClassId class) external view returns (ClassId[MOST_EXCLUSIONS] memory) {
        return _exclusions[class];
    }

    /// @inheritdoc ISources
    function isBooked(AssetKey assetKey, ClassId class, uint32 day) external view returns (bool) {
        return (_calendars[assetKey][class][day >> 8] >> (day & 255)) & 1 == 1;
    }

    /// @inheritdoc ISources
    function calendarWord(
        AssetKey assetKey,
        ClassId class,
        uint256 word
    ) external view returns (uint256 bits) {
        return _calendars[assetKey][class][word];
    }

    function _book(AssetKey assetKey, ClassId class, uint32 firstDay, uint32 endDay) internal {
        ClassId[MOST_EXCLUSIONS] storage exclusions = _exclusions[class];
        for (uint256 i = 0; i < MOST_EXCLUSIONS; ++i) {
            ClassId excluded = exclusions[i];
            if (ClassId.unwrap(excluded) == 0) break;
            (bool found, uint32 hit) = _calendars[assetKey][excluded].firstTaken(firstDay, endDay);
            if (found) revert SourcesDayTaken(assetKey, excluded, hit);
        }
        (bool taken, uint32 day) = _calendars[assetKey][class].take(firstDay, endDay);
        if (taken) revert SourcesDayTaken(assetKey, class, day);
    }

    function _free(AssetKey assetKey, ClassId class, uint32 firstDay, uint32 endDay) internal {
        mapping(uint256 word => uint256 bits) storage calendar = _calendars[assetKey][class];
        (bool free, uint32 day) = calendar.firstFree(firstDay, endDay);
        if (free) revert SourcesDayNotTaken(assetKey, class, day);
        calendar.free(firstDay, endDay);
    }

    function _requireRole(ProgrammeId programme, uint8 role) internal view {
        if (!PROGRAMMES.hasRole(programme, role, msg.sender)) {
            revert SourcesRoleMissing(programme, role, msg.sender);
        }
    }

    function _requireClass(ClassId class) internal pure {
        if (ClassId.unwrap(class) == 0) revert SourcesClassZero();
    }

    function _requirePeriod(uint32 firstDay, uint32 endDay) internal pure {
        if (endDay <= firstDay) revert SourcesPeriodEmpty(firstDay, endDay);
        if (endDay - firstDay > MOST_DAYS) {
            revert SourcesPeriodTooLong(firstDay, endDay, MOST_DAYS);
        }
    }

    function _addExclusion(ClassId class, ClassId other) private {
        ClassId[MOST_EXCLUSIONS] storage excluded = _exclusions[class];
        for (uint256 i = 0; i < MOST_EXCLUSIONS; ++i) {
            if (excluded[i] == other) revert SourcesExclusionExists(class, other);
            if (ClassId.unwrap(excluded[i]) == 0) {
                excluded[i] = other;
                return;
            }
        }
        revert SourcesExclusionsFull(class, MOST_EXCLUSIONS);
    }
}
