// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {SourceCalendars} from "./SourceCalendars.sol";
import {IIssuance} from "./interfaces/IIssuance.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {ISources} from "./interfaces/ISources.sol";
import {ChinaDays} from "./libraries/ChinaDays.sol";
import {IssuerState, MethodologyStatus, ParameterKeys} from "./types/Codes.sol";
import {Roles, SourceState} from "./types/Codes.sol";
import {AssetKey, ClassId, MethodologyId} from "./types/Ids.sol";
import {ProgrammeId, SourceId} from "./types/Ids.sol";

/// @title Sources
/// @notice What it does and why: interfaces/ISources.sol.
contract Sources is SourceCalendars {
    address private immutable ISSUANCE;
    address private immutable POOL_RESERVE;

    uint8 private _lastVersion;
    mapping(address issuer => uint8 state) private _issuers;
    mapping(uint8 version => address issuer) private _issuerAt;
    mapping(ProgrammeId programme => uint32 count) private _methodologyCounts;
    mapping(ProgrammeId programme => mapping(MethodologyId methodology => Methodology))
        private _methodologies;
    mapping(SourceId sourceId => Source) private _sources;
    mapping(AssetKey assetKey => SourceId first) private _firstSources;
    mapping(SourceId sourceId => address owner) private _consents;

    constructor(
        address accessManager,
        IProgrammes programmes,
        address issuance,
        address poolReserve
    ) AccessManaged(accessManager) SourceCalendars(programmes) {
        ISSUANCE = issuance;
        POOL_RESERVE = poolReserve;
        _issuers[issuance] = IssuerState.OPEN;
        emit SourcesIssuerAdded(issuance, 0);
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
    function closeMethodology(
        ProgrammeId programme,
        MethodologyId methodology,
        uint32 endDay,
        bytes32 document
    ) external whenRunning(programme) {
        _requireRole(programme, Roles.AUTHORITY);
        Methodology storage rule = _knownMethodology(programme, methodology);
        if (endDay <= rule.firstDay || (rule.endDay != 0 && endDay >= rule.endDay)) {
            revert SourcesMethodologyDays(rule.firstDay, endDay);
        }
        rule.endDay = endDay;
        emit MethodologyClosed(programme, methodology, endDay, document);
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
        sourceId = _sourceIdOf(assetKey, programme, methodology);
        _requireRegistrar(programme, assetKey, sourceId);
        Methodology storage rule = _knownMethodology(programme, methodology);
        if (AssetKey.unwrap(assetKey) == 0) revert SourcesAssetKeyZero();
        if (_sources[sourceId].state != 0) revert SourcesSourceExists(sourceId);
        (uint32 applicantInstitution, uint32 ownerInstitution) = _institutionsOf(applicant, owner);

        if (SourceId.unwrap(_firstSources[assetKey]) == 0) _firstSources[assetKey] = sourceId;
        bool reviewed = PROGRAMMES.parameterOr(programme, ParameterKeys.SOURCE_REVIEW, 0) != 0;
        uint8 state = reviewed ? SourceState.PENDING : SourceState.ACTIVE;
        _sources[sourceId] = Source({
            programme: programme,
            methodology: methodology,
            class: rule.class,
            state: state,
            applicant: applicant,
            owner: owner,
            applicantInstitution: applicantInstitution,
            ownerInstitution: ownerInstitution,
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
        emit SourceStateChanged(sourceId, state, document);
    }

    /// @inheritdoc ISources
    function approveSource(SourceId sourceId, bytes32 document) external {
        Source storage source = _requireAuthority(sourceId);
        _requireApart(source);
        _move(sourceId, source, SourceState.PENDING, SourceState.ACTIVE, document);
    }

    /// @inheritdoc ISources
    function suspendSource(SourceId sourceId, bytes32 document) external {
        Source storage source = _requireAuthority(sourceId);
        _move(sourceId, source, SourceState.ACTIVE, SourceState.SUSPENDED, document);
    }

    /// @inheritdoc ISources
    function resumeSource(SourceId sourceId, bytes32 document) external {
        Source storage source = _requireAuthority(sourceId);
        _requireApart(source);
        _move(sourceId, source, SourceState.SUSPENDED, SourceState.ACTIVE, document);
    }

    /// @inheritdoc ISources
    function delistSource(SourceId sourceId, bytes32 document) external {
        Source storage source = _requireAuthority(sourceId);
        uint8 state = source.state;
        if (state == SourceState.DELISTED) revert SourcesSourceState(sourceId, state);
        _move(sourceId, source, state, SourceState.DELISTED, document);
    }

    /// @inheritdoc ISources
    function transferSource(
        SourceId sourceId,
        address applicant,
        address owner,
        bytes32 document
    ) external {
        Source storage source = _requireAuthority(sourceId);
        if (source.state == SourceState.DELISTED) {
            revert SourcesSourceState(sourceId, source.state);
        }
        source.applicant = applicant;
        source.owner = owner;
        (source.applicantInstitution, source.ownerInstitution) = _institutionsOf(applicant, owner);
        _requireApart(source);
        emit SourceTransferred(sourceId, applicant, owner, document);
    }

    /// @inheritdoc ISources
    function consent(AssetKey assetKey, ProgrammeId programme, MethodologyId methodology) external {
        SourceId sourceId = _requireFirstOwner(assetKey, programme, methodology);
        _consents[sourceId] = msg.sender;
        emit Consented(assetKey, sourceId, msg.sender);
    }

    /// @inheritdoc ISources
    function withdrawConsent(
        AssetKey assetKey,
        ProgrammeId programme,
        MethodologyId methodology
    ) external {
        SourceId sourceId = _requireFirstOwner(assetKey, programme, methodology);
        if (_consents[sourceId] != msg.sender) revert SourcesConsentMissing(sourceId, msg.sender);
        delete _consents[sourceId];
        emit ConsentWithdrawn(assetKey, sourceId, msg.sender);
    }

    /// @inheritdoc ISources
    function addIssuer(address issuer) external restricted {
        uint8 state = _issuers[issuer];
        if (issuer == address(0) || state != IssuerState.NONE) {
            revert SourcesIssuerState(issuer, state);
        }
        _issuers[issuer] = IssuerState.OPEN;
        uint8 version = ++_lastVersion;
        _issuerAt[version] = issuer;
        emit SourcesIssuerAdded(issuer, version);
    }

    /// @inheritdoc ISources
    function closeIssuer(address issuer) external restricted {
        uint8 state = _issuers[issuer];
        if (state != IssuerState.OPEN) revert SourcesIssuerState(issuer, state);
        _issuers[issuer] = IssuerState.CLOSED;
        emit SourcesIssuerClosed(issuer);
        if (issuer == ISSUANCE) IIssuance(issuer).close();
    }

    /// @inheritdoc ISources
    function reserve(
        SourceId sourceId,
        uint32 firstDay,
        uint32 endDay
    ) external returns (Booking memory booking) {
        // The first issuer knows by itself when it was closed, so that it pays no read here.
        if (msg.sender != ISSUANCE && _issuers[msg.sender] != IssuerState.OPEN) {
            revert SourcesNotIssuance(msg.sender);
        }
        Source storage source = _knownSource(sourceId);
        booking.programme = source.programme;
        booking.methodology = source.methodology;
        booking.applicant = source.applicant;
        booking.assetKey = source.assetKey;
        ClassId class = source.class;
        _requireEarning(sourceId, booking.programme, source.state);
        _requirePeriod(firstDay, endDay);
        uint32 today = ChinaDays.today();
        if (endDay > today) revert SourcesPeriodNotEnded(endDay, today);
        Methodology storage rule = _methodologies[booking.programme][booking.methodology];
        if (firstDay < rule.firstDay || (rule.endDay != 0 && endDay > rule.endDay)) {
            revert SourcesPeriodOutsideMethodology(firstDay, endDay);
        }
        booking.capMilligrams = rule.capMilligrams;
        _book(booking.assetKey, class, firstDay, endDay);
        emit DaysBooked(booking.assetKey, class, sourceId, firstDay, endDay);
    }

    /// @inheritdoc ISources
    function release(SourceId sourceId, uint32 firstDay, uint32 endDay) external {
        _requireIssuer();
        Source storage source = _knownSource(sourceId);
        _requirePeriod(firstDay, endDay);
        AssetKey assetKey = source.assetKey;
        ClassId class = source.class;
        _free(assetKey, class, firstDay, endDay);
        emit DaysReleased(assetKey, class, sourceId, firstDay, endDay);
    }

    /// @inheritdoc ISources
    function activate(SourceId sourceId, bytes32 document) external {
        _requireIssuer();
        Source storage source = _knownSource(sourceId);
        _move(sourceId, source, SourceState.PENDING, SourceState.ACTIVE, document);
    }

    /// @inheritdoc ISources
    function sourceOf(SourceId sourceId) external view returns (Source memory) {
        return _knownSource(sourceId);
    }

    /// @inheritdoc ISources
    function partiesOf(SourceId sourceId) external view returns (Parties memory) {
        Source storage source = _knownSource(sourceId);
        return
            Parties({
                methodology: source.methodology,
                applicant: source.applicant,
                owner: source.owner,
                applicantInstitution: source.applicantInstitution,
                ownerInstitution: source.ownerInstitution
            });
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
    function consentOf(SourceId sourceId) external view returns (address owner) {
        return _consents[sourceId];
    }

    /// @inheritdoc ISources
    function issuerAt(uint8 version) external view returns (address) {
        return version == 0 ? ISSUANCE : _issuerAt[version];
    }

    /// @inheritdoc ISources
    function isIssuer(address account) external view returns (bool) {
        return _issuers[account] == IssuerState.OPEN;
    }

    function _move(
        SourceId sourceId,
        Source storage source,
        uint8 from,
        uint8 to,
        bytes32 document
    ) private {
        if (source.state != from) revert SourcesSourceState(sourceId, source.state);
        source.state = to;
        emit SourceStateChanged(sourceId, to, document);
    }

    // A closed issuer still frees the days of its requests and finishes those that are under way.
    function _requireIssuer() private view {
        if (msg.sender != ISSUANCE && _issuers[msg.sender] == IssuerState.NONE) {
            revert SourcesNotIssuance(msg.sender);
        }
    }

    function _requireEarning(SourceId sourceId, ProgrammeId programme, uint8 state) private view {
        if (state == SourceState.ACTIVE) return;
        bool joint =
            state == SourceState.PENDING &&
                PROGRAMMES.parameterOr(programme, ParameterKeys.SOURCE_JOINT, 0) != 0;
        if (!joint) revert SourcesSourceState(sourceId, state);
    }

    function _requireAuthority(SourceId sourceId) private view returns (Source storage source) {
        source = _knownSource(sourceId);
        PROGRAMMES.requireRunning(source.programme);
        _requireRole(source.programme, Roles.AUTHORITY);
    }

    // Whoever applies does not decide.
    function _requireApart(Source storage source) private view {
        uint32 institution = PROGRAMMES.institutionNumberOf(msg.sender);
        address party;
        if (institution == source.applicantInstitution) party = source.applicant;
        if (institution == source.ownerInstitution) party = source.owner;
        if (party == address(0)) return;
        revert SourcesSameInstitution(PROGRAMMES.institutionOf(msg.sender), msg.sender, party);
    }

    // The operator registers sources; a second one on an asset needs the first one's owner, as it
    // is now, or the authority.
    function _requireRegistrar(
        ProgrammeId programme,
        AssetKey assetKey,
        SourceId sourceId
    ) private view {
        if (PROGRAMMES.hasRole(programme, Roles.AUTHORITY, msg.sender)) return;
        _requireRole(programme, Roles.OPERATOR);
        SourceId first = _firstSources[assetKey];
        if (SourceId.unwrap(first) == 0) return;
        if (_consents[sourceId] != _sources[first].owner)
            revert SourcesAssetShared(assetKey, first);
    }

    function _requireFirstOwner(
        AssetKey assetKey,
        ProgrammeId programme,
        MethodologyId methodology
    ) private view returns (SourceId sourceId) {
        address owner = _knownSource(_firstSources[assetKey]).owner;
        if (msg.sender != owner) revert SourcesNotFirstOwner(assetKey, owner, msg.sender);
        _knownMethodology(programme, methodology);
        return _sourceIdOf(assetKey, programme, methodology);
    }

    // An account's institution never changes, so that its number may be kept with the source. The
    // pool holds personal units and is no account.
    function _institutionsOf(
        address applicant,
        address owner
    ) private view returns (uint32 ofApplicant, uint32 ofOwner) {
        ofApplicant = PROGRAMMES.institutionNumberOf(applicant);
        if (ofApplicant == 0) revert SourcesAccountUnknown(applicant);
        if (owner == POOL_RESERVE) return (ofApplicant, 0);
        ofOwner = PROGRAMMES.institutionNumberOf(owner);
        if (ofOwner == 0) revert SourcesAccountUnknown(owner);
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

    function _sourceIdOf(
        AssetKey assetKey,
        ProgrammeId programme,
        MethodologyId methodology
    ) private pure returns (SourceId) {
        return SourceId.wrap(keccak256(abi.encode(programme, methodology, assetKey)));
    }
}
