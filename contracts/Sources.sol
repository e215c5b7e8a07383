// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {ISources} from "./interfaces/ISources.sol";
import {ChinaDays} from "./libraries/ChinaDays.sol";
import {DayBitmap} from "./libraries/DayBitmap.sol";
import {MethodologyStatus, Roles} from "./types/Codes.sol";
import {AssetKey, ClassId, InstitutionId, MethodologyId} from "./types/Ids.sol";
import {ProgrammeId, SourceId} from "./types/Ids.sol";

/// @title Sources
/// @notice What it does and why: interfaces/ISources.sol.
contract Sources is ISources, AccessManaged {
    using DayBitmap for mapping(uint256 word => uint256 bits);

    /// @notice Five years, two of them leap years.
    uint32 public constant MOST_DAYS = 1827;
    uint256 public constant MOST_EXCLUSIONS = 8;

    IProgrammes private immutable PROGRAMMES;
    address private immutable ISSUANCE;

    mapping(ProgrammeId programme => uint32 count) private _methodologyCounts;
    mapping(ProgrammeId programme => mapping(MethodologyId methodology => Methodology))
        private _methodologies;
    mapping(SourceId sourceId => Source) private _sources;
    mapping(AssetKey assetKey => SourceId first) private _firstSources;
    mapping(ClassId class => ClassId[MOST_EXCLUSIONS]) private _exclusions;
    mapping(AssetKey assetKey => mapping(ClassId class => mapping(uint256 word => uint256 bits)))
        private _calendars;

    modifier onlyIssuance() {
        if (msg.sender != ISSUANCE) revert SourcesNotIssuance(msg.sender);
        _;
    }

    modifier whenRunning(ProgrammeId programme) {
        PROGRAMMES.requireRunning(programme);
        _;
    }

    constructor(
        address accessManager,
        IProgrammes programmes,
        address issuance
    ) AccessManaged(accessManager) {
        PROGRAMMES = programmes;
        ISSUANCE = issuance;
    }

    /// @inheritdoc ISources
    function registerMethodology(
        ProgrammeId programme,
        bytes32 contentHash,
        ClassId class,
        uint8 status,
        uint32 firstDay,
        uint32 endDay,
        uint64 capMilligrams,
        bytes32 document
    ) external whenRunning(programme) returns (MethodologyId methodology) {
        _requireRole(programme, Roles.AUTHORITY);
        if (contentHash == 0) revert SourcesContentHashZero();
        _requireClass(class);
        if (status < MethodologyStatus.OFFICIAL || status > MethodologyStatus.DEMONSTRATION) {
            revert SourcesMethodologyStatus(status);
        }
        if (endDay != 0 && endDay <= firstDay) revert SourcesMethodologyDays(firstDay, endDay);

        methodology = MethodologyId.wrap(++_methodologyCounts[programme]);
        _methodologies[programme][methodology] = Methodology({
            contentHash: contentHash,
            class: class,
            status: status,
            firstDay: firstDay,
            endDay: endDay,
            capMilligrams: capMilligrams
        });
        emit MethodologyRegistered(
            programme,
            methodology,
            contentHash,
            class,
            status,
            firstDay,
            endDay,
            capMilligrams,
            document
        );
    }

    /// @inheritdoc ISources
    function registerSource(
        ProgrammeId programme,
        MethodologyId methodology,
        AssetKey assetKey,
        address applicant,
        address owner,
        bytes32 document
    ) external whenRunning(programme) returns (SourceId sourceId) {
        _requireRegistrar(programme, assetKey);
        Methodology storage rule = _knownMethodology(programme, methodology);
        if (AssetKey.unwrap(assetKey) == 0) revert SourcesAssetKeyZero();
        sourceId = SourceId.wrap(keccak256(abi.encode(programme, methodology, assetKey)));
        if (ProgrammeId.unwrap(_sources[sourceId].programme) != 0) {
            revert SourcesSourceExists(sourceId);
        }
        _requireAccount(applicant);
        _requireAccount(owner);

        if (SourceId.unwrap(_firstSources[assetKey]) == 0) _firstSources[assetKey] = sourceId;
        _sources[sourceId] = Source({
            programme: programme,
            methodology: methodology,
            class: rule.class,
            applicant: applicant,
            owner: owner,
            assetKey: assetKey
        });
        emit SourceRegistered(
            programme,
            methodology,
            sourceId,
            assetKey,
            applicant,
            owner,
            document
        );
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
    function reserve(
        SourceId sourceId,
        uint32 firstDay,
        uint32 endDay
    ) external onlyIssuance returns (uint64 capMilligrams) {
        Source storage source = _knownSource(sourceId);
        _requirePeriod(firstDay, endDay);
        uint32 today = ChinaDays.today();
        if (endDay > today) revert SourcesPeriodNotEnded(endDay, today);
        Methodology storage rule = _methodologies[source.programme][source.methodology];
        if (firstDay < rule.firstDay || (rule.endDay != 0 && endDay > rule.endDay)) {
            revert SourcesPeriodOutsideMethodology(firstDay, endDay);
        }
        AssetKey assetKey = source.assetKey;
        ClassId class = source.class;
        _book(assetKey, class, firstDay, endDay);
        emit DaysBooked(assetKey, class, sourceId, firstDay, endDay);
        return rule.capMilligrams;
    }

    /// @inheritdoc ISources
    function release(SourceId sourceId, uint32 firstDay, uint32 endDay) external onlyIssuance {
        Source storage source = _knownSource(sourceId);
        _requirePeriod(firstDay, endDay);
        AssetKey assetKey = source.assetKey;
        ClassId class = source.class;
        mapping(uint256 word => uint256 bits) storage calendar = _calendars[assetKey][class];
        (bool free, uint32 day) = calendar.firstFree(firstDay, endDay);
        if (free) revert SourcesDayNotTaken(assetKey, class, day);
        calendar.free(firstDay, endDay);
        emit DaysReleased(assetKey, class, sourceId, firstDay, endDay);
    }

    /// @inheritdoc ISources
    function recordExternal(
        ProgrammeId programme,
        AssetKey assetKey,
        ClassId class,
        uint32 firstDay,
        uint32 endDay,
        bytes32 document
    ) external whenRunning(programme) {
        _requireRole(programme, Roles.AUTHORITY);
        if (AssetKey.unwrap(assetKey) == 0) revert SourcesAssetKeyZero();
        _requireClass(class);
        _requirePeriod(firstDay, endDay);
        _book(assetKey, class, firstDay, endDay);
        emit ExternalRecorded(programme, assetKey, class, firstDay, endDay, document);
    }

    /// @inheritdoc ISources
    function sourceOf(SourceId sourceId) external view returns (Source memory) {
        return _knownSource(sourceId);
    }

    /// @inheritdoc ISources
    function methodologyOf(
        ProgrammeId programme,
        MethodologyId methodology
    ) external view returns (Methodology memory) {
        return _knownMethodology(programme, methodology);
    }

    /// @inheritdoc ISources
    function methodologyCountOf(ProgrammeId programme) external view returns (uint32) {
        return _methodologyCounts[programme];
    }

    /// @inheritdoc ISources
    function firstSourceOf(AssetKey assetKey) external view returns (SourceId) {
        return _firstSources[assetKey];
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

    function _book(AssetKey assetKey, ClassId class, uint32 firstDay, uint32 endDay) private {
        _requireFree(assetKey, class, firstDay, endDay);
        ClassId[MOST_EXCLUSIONS] storage excluded = _exclusions[class];
        for (uint256 i = 0; i < MOST_EXCLUSIONS; ++i) {
            if (ClassId.unwrap(excluded[i]) == 0) break;
            _requireFree(assetKey, excluded[i], firstDay, endDay);
        }
        _calendars[assetKey][class].take(firstDay, endDay);
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

    function _requireFree(
        AssetKey assetKey,
        ClassId class,
        uint32 firstDay,
        uint32 endDay
    ) private view {
        (bool taken, uint32 day) = _calendars[assetKey][class].firstTaken(firstDay, endDay);
        if (taken) revert SourcesDayTaken(assetKey, class, day);
    }

    function _requireRole(ProgrammeId programme, uint8 role) private view {
        if (!PROGRAMMES.hasRole(programme, role, msg.sender)) {
            revert SourcesRoleMissing(programme, role, msg.sender);
        }
    }

    // The operator registers sources; whether an asset may have a second one is for the authority.
    function _requireRegistrar(ProgrammeId programme, AssetKey assetKey) private view {
        if (PROGRAMMES.hasRole(programme, Roles.AUTHORITY, msg.sender)) return;
        _requireRole(programme, Roles.OPERATOR);
        SourceId first = _firstSources[assetKey];
        if (SourceId.unwrap(first) != 0) revert SourcesAssetShared(assetKey, first);
    }

    function _requireAccount(address account) private view {
        if (InstitutionId.unwrap(PROGRAMMES.institutionOf(account)) == 0) {
            revert SourcesAccountUnknown(account);
        }
    }

    function _knownSource(SourceId sourceId) private view returns (Source storage source) {
        source = _sources[sourceId];
        if (ProgrammeId.unwrap(source.programme) == 0) revert SourcesSourceUnknown(sourceId);
    }

    function _knownMethodology(
        ProgrammeId programme,
        MethodologyId methodology
    ) private view returns (Methodology storage rule) {
        rule = _methodologies[programme][methodology];
        if (rule.status == 0) revert SourcesMethodologyUnknown(programme, methodology);
    }

    function _requireClass(ClassId class) private pure {
        if (ClassId.unwrap(class) == 0) revert SourcesClassZero();
    }

    function _requirePeriod(uint32 firstDay, uint32 endDay) private pure {
        if (endDay <= firstDay) revert SourcesPeriodEmpty(firstDay, endDay);
        if (endDay - firstDay > MOST_DAYS) {
            revert SourcesPeriodTooLong(firstDay, endDay, MOST_DAYS);
        }
    }
}
