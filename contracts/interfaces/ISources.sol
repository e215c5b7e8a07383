// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AssetKey, ClassId, InstitutionId, MethodologyId} from "../types/Ids.sol";
import {ProgrammeId, SourceId} from "../types/Ids.sol";

/// @title Sources: methodologies, sources and the calendars that let no day be used twice
/// @notice Every (asset key, class) has a calendar of days in China time, one bit a day, 256 a
/// word. A request books its days in its own class and is refused when a day is taken there or in
/// one of at most eight excluded classes (互斥机制), whatever the programme.
/// @dev Days are numbered from 1970-01-01, China time (UTC+8); ranges are half-open.
interface ISources {
    /// @notice A methodology (方法学) as stored.
    /// @param contentHash Hash of the text and rule data.
    /// @param class Methodology class (方法学类别).
    /// @param status 1 official, 2 published, 3 demonstration; 0 when there is none.
    /// @param firstDay First day it may be used for.
    /// @param endDay Day after the last one, 0 when open.
    /// @param capMilligrams Most one activity may earn, milligrams of CO2e; 0 when it sets no cap.
    struct Methodology {
        bytes32 contentHash;
        ClassId class;
        uint8 status;
        uint32 firstDay;
        uint32 endDay;
        uint64 capMilligrams;
    }

    /// @notice A source (减排项目 / 减排场景) as stored.
    /// @param programme Its programme, 0 when there is no source.
    /// @param methodology Number of its methodology in that programme.
    /// @param class The methodology's class.
    /// @param state 1 pending, 2 active, 3 suspended, 4 delisted.
    /// @param applicant Who files requests (申请主体).
    /// @param owner Who receives the units (权益主体).
    /// @param applicantInstitution Number of the applicant's institution in Programmes.
    /// @param ownerInstitution Number of the owner's institution, 0 for the pool.
    /// @param assetKey The physical thing behind it (资产标识码).
    struct Source {
        ProgrammeId programme;
        MethodologyId methodology;
        ClassId class;
        uint8 state;
        address applicant;
        address owner;
        uint32 applicantInstitution;
        uint32 ownerInstitution;
        AssetKey assetKey;
    }

    /// @notice Who stands behind a source: what a review asks.
    struct Parties {
        MethodologyId methodology;
        address applicant;
        address owner;
        uint32 applicantInstitution;
        uint32 ownerInstitution;
    }

    /// @notice What another registry issued, as recorded.
    /// @param assetKey The physical thing.
    /// @param programme Programme whose authority recorded it, 0 when there is no record.
    /// @param class Class of what was issued elsewhere.
    /// @param firstDay First day.
    /// @param endDay Day after the last one.
    /// @param withdrawn Whether the record was withdrawn and its days freed.
    struct External {
        AssetKey assetKey;
        ProgrammeId programme;
        ClassId class;
        uint32 firstDay;
        uint32 endDay;
        bool withdrawn;
    }

    /// @notice What an issuer learns of a source when it books days.
    /// @param programme Its programme.
    /// @param methodology Number of its methodology.
    /// @param applicant Who files its requests.
    /// @param assetKey The physical thing behind it.
    /// @param capMilligrams The methodology's cap for one activity, 0 when it sets none.
    struct Booking {
        ProgrammeId programme;
        MethodologyId methodology;
        address applicant;
        AssetKey assetKey;
        uint64 capMilligrams;
    }

    /// @notice A version of a methodology was registered.
    event MethodologyRegistered(
        ProgrammeId indexed programme,
        MethodologyId indexed methodology,
        bytes32 contentHash,
        ClassId class,
        uint8 status,
        uint32 firstDay,
        uint32 endDay,
        uint64 capMilligrams,
        bytes32 document
    );
    /// @notice A methodology ends earlier.
    event MethodologyClosed(
        ProgrammeId indexed programme,
        MethodologyId indexed methodology,
        uint32 endDay,
        bytes32 document
    );
    /// @notice A source was registered; its state follows in SourceStateChanged.
    event SourceRegistered(
        ProgrammeId indexed programme,
        MethodologyId indexed methodology,
        SourceId indexed sourceId,
        AssetKey assetKey,
        address applicant,
        address owner,
        bytes32 document
    );
    /// @notice A source got a state: 1 pending, 2 active, 3 suspended, 4 delisted.
    event SourceStateChanged(SourceId indexed sourceId, uint8 state, bytes32 document);
    /// @notice A source passed to other parties.
    event SourceTransferred(
        SourceId indexed sourceId,
        address indexed applicant,
        address indexed owner,
        bytes32 document
    );
    /// @notice The owner of an asset's first source agreed to another source on it.
    event Consented(AssetKey indexed assetKey, SourceId indexed sourceId, address indexed owner);
    /// @notice A consent was taken back.
    event ConsentWithdrawn(
        AssetKey indexed assetKey,
        SourceId indexed sourceId,
        address indexed owner
    );
    /// @notice A contract may book days; its number stands in the top byte of its request ids.
    event SourcesIssuerAdded(address indexed issuer, uint8 version);
    /// @notice A contract books no more days.
    event SourcesIssuerClosed(address indexed issuer);
    /// @notice Days of an asset were taken in a class.
    event DaysBooked(
        AssetKey indexed assetKey,
        ClassId indexed class,
        SourceId indexed sourceId,
        uint32 firstDay,
        uint32 endDay
    );
    /// @notice Days of an asset are free again in a class.
    event DaysReleased(
        AssetKey indexed assetKey,
        ClassId indexed class,
        SourceId indexed sourceId,
        uint32 firstDay,
        uint32 endDay
    );
    /// @notice What another registry issued takes days of an asset.
    event ExternalRecorded(
        ProgrammeId indexed programme,
        AssetKey indexed assetKey,
        ClassId indexed class,
        uint32 firstDay,
        uint32 endDay,
        bytes32 document,
        uint64 externalId
    );
    /// @notice A record was wrong; its days are free again.
    event ExternalWithdrawn(uint64 indexed externalId, bytes32 document);
    /// @notice An asset no longer earns both classes for one day.
    event ExclusionAdded(ClassId indexed classA, ClassId indexed classB);

    /// @notice Only issuers do this; a closed one books no more days.
    error SourcesNotIssuance(address caller);
    /// @notice Already added, closed, or never added: 0 none, 1 open, 2 closed.
    error SourcesIssuerState(address issuer, uint8 state);
    /// @notice Whoever applies or owns does not decide.
    error SourcesSameInstitution(InstitutionId institution, address caller, address party);
    /// @notice Not possible in the state of the source.
    error SourcesSourceState(SourceId sourceId, uint8 state);
    /// @notice Only the owner of the asset's first source consents.
    error SourcesNotFirstOwner(AssetKey assetKey, address owner, address caller);
    /// @notice There is no consent of that owner to take back.
    error SourcesConsentMissing(SourceId sourceId, address owner);
    /// @notice There is no such record.
    error SourcesExternalUnknown(uint64 externalId);
    /// @notice The record was withdrawn before.
    error SourcesExternalWithdrawn(uint64 externalId);
    /// @notice The caller may not act in the role in that programme.
    error SourcesRoleMissing(ProgrammeId programme, uint8 role, address caller);
    /// @notice The programme has no such methodology.
    error SourcesMethodologyUnknown(ProgrammeId programme, MethodologyId methodology);
    /// @notice A methodology is official, published or a demonstration.
    error SourcesMethodologyStatus(uint8 status);
    /// @notice The end does not lie after the first day, or not before the present end.
    error SourcesMethodologyDays(uint32 firstDay, uint32 endDay);
    /// @notice A methodology has a text.
    error SourcesContentHashZero();
    /// @notice 0 is no class.
    error SourcesClassZero();
    /// @notice A source stands on an asset.
    error SourcesAssetKeyZero();
    /// @notice The asset has a source under that methodology.
    error SourcesSourceExists(SourceId sourceId);
    /// @notice There is no such source.
    error SourcesSourceUnknown(SourceId sourceId);
    /// @notice The asset has a source, whose owner did not consent.
    error SourcesAssetShared(AssetKey assetKey, SourceId first);
    /// @notice The party has no account.
    error SourcesAccountUnknown(address account);
    /// @notice The period has no day.
    error SourcesPeriodEmpty(uint32 firstDay, uint32 endDay);
    /// @notice The period is longer than five years.
    error SourcesPeriodTooLong(uint32 firstDay, uint32 endDay, uint32 mostDays);
    /// @notice The period ends after today began, China time.
    error SourcesPeriodNotEnded(uint32 endDay, uint32 today);
    /// @notice The methodology does not cover every day.
    error SourcesPeriodOutsideMethodology(uint32 firstDay, uint32 endDay);
    /// @notice The day is taken in that class, the own one or one that excludes it.
    error SourcesDayTaken(AssetKey assetKey, ClassId class, uint32 day);
    /// @notice The day is free, so that nothing can be released.
    error SourcesDayNotTaken(AssetKey assetKey, ClassId class, uint32 day);
    /// @notice A class does not exclude itself.
    error SourcesExclusionSame(ClassId class);
    /// @notice The pair is there.
    error SourcesExclusionExists(ClassId classA, ClassId classB);
    /// @notice A class excludes at most eight others.
    error SourcesExclusionsFull(ClassId class, uint256 most);

    /// @notice Registers a version of a methodology. By the authority. Never changed afterwards; a
    /// new version is a new methodology.
    /// @param programme Its programme.
    /// @param contentHash Hash of the text and rule data, not zero.
    /// @param class Methodology class, not 0.
    /// @param status 1 official, 2 published, 3 demonstration; nothing else.
    /// @param firstDay First day it may be used for.
    /// @param endDay Day after the last one, 0 when open.
    /// @param capMilligrams Most one activity may earn, milligrams; 0 for no cap.
    /// @param document Hash of the filing (备案).
    /// @return methodology Running number in the programme, from 1.
    /// @custom:reverts SourcesRoleMissing, ProgrammesPaused, SourcesContentHashZero,
    /// SourcesClassZero, SourcesMethodologyStatus, SourcesMethodologyDays
    function registerMethodology(
        ProgrammeId programme,
        bytes32 contentHash,
        ClassId class,
        uint8 status,
        uint32 firstDay,
        uint32 endDay,
        uint64 capMilligrams,
        bytes32 document
    ) external returns (MethodologyId methodology);

    /// @notice Closes a methodology earlier. By the authority. Periods that end later are refused
    /// from now on; requests that were proposed before stay.
    /// @param programme Its programme.
    /// @param methodology Its number.
    /// @param endDay Day after the last one it may be used for, before the present end.
    /// @param document Hash of the decision.
    /// @custom:reverts SourcesRoleMissing, ProgrammesPaused, SourcesMethodologyUnknown,
    /// SourcesMethodologyDays
    function closeMethodology(
        ProgrammeId programme,
        MethodologyId methodology,
        uint32 endDay,
        bytes32 document
    ) external;

    /// @notice Registers a source, active at once unless "source.review" is 1. By the operator; a
    /// second source on an asset key, in whatever programme, needs the consent of the first one's
    /// owner, or the authority.
    /// @param programme Its programme.
    /// @param methodology Number of the methodology in that programme.
    /// @param assetKey The physical thing behind it, not zero.
    /// @param applicant Account that files requests.
    /// @param owner Account that receives the units.
    /// @param document Hash of the registration, agreements of delegation included.
    /// @return sourceId keccak256(abi.encode(programme, methodology, assetKey)).
    /// @custom:reverts SourcesRoleMissing, ProgrammesPaused, SourcesMethodologyUnknown,
    /// SourcesAssetKeyZero, SourcesSourceExists, SourcesAssetShared, SourcesAccountUnknown
    /// @custom:source design.md section 5: a second source on an asset key needs the first one's
    /// consent or the authority's decision.
    function registerSource(
        ProgrammeId programme,
        MethodologyId methodology,
        AssetKey assetKey,
        address applicant,
        address owner,
        bytes32 document
    ) external returns (SourceId sourceId);

    /// @notice Approves a pending source. By an authority of neither party's institution.
    /// @param sourceId The source.
    /// @param document Hash of the decision.
    /// @custom:reverts SourcesSourceUnknown, SourcesRoleMissing, ProgrammesPaused,
    /// SourcesSameInstitution, SourcesSourceState
    function approveSource(SourceId sourceId, bytes32 document) external;

    /// @notice Suspends an active source: it proposes nothing and nothing is issued for it. By the
    /// authority.
    /// @param sourceId The source.
    /// @param document Hash of the decision.
    /// @custom:reverts SourcesSourceUnknown, SourcesRoleMissing, ProgrammesPaused,
    /// SourcesSourceState
    function suspendSource(SourceId sourceId, bytes32 document) external;

    /// @notice Ends a suspension. By an authority of neither party's institution.
    /// @param sourceId The source.
    /// @param document Hash of the decision.
    /// @custom:reverts SourcesSourceUnknown, SourcesRoleMissing, ProgrammesPaused,
    /// SourcesSameInstitution, SourcesSourceState
    function resumeSource(SourceId sourceId, bytes32 document) external;

    /// @notice Delists a source for ever. By the authority. Units that were issued stay.
    /// @param sourceId The source.
    /// @param document Hash of the decision.
    /// @custom:reverts SourcesSourceUnknown, SourcesRoleMissing, ProgrammesPaused,
    /// SourcesSourceState
    function delistSource(SourceId sourceId, bytes32 document) external;

    /// @notice Passes a source on to another applicant or owner (merger, sale, change of operator).
    /// By an authority of neither new party's institution. Days, carry and open requests go along;
    /// institutions are compared with the new parties at issue.
    /// @param sourceId The source.
    /// @param applicant Account that files requests from now on.
    /// @param owner Account that receives the units from now on, or the pool.
    /// @param document Hash of the decision.
    /// @custom:reverts SourcesSourceUnknown, SourcesRoleMissing, ProgrammesPaused,
    /// SourcesSourceState, SourcesAccountUnknown, SourcesSameInstitution
    function transferSource(
        SourceId sourceId,
        address applicant,
        address owner,
        bytes32 document
    ) external;

    /// @notice Consents to a second source on an asset. By the owner of the asset's first source;
    /// it holds as long as that owner is the same.
    /// @param assetKey The physical thing.
    /// @param programme Programme of the second source.
    /// @param methodology Its methodology there.
    /// @custom:reverts SourcesSourceUnknown, SourcesNotFirstOwner, SourcesMethodologyUnknown
    function consent(AssetKey assetKey, ProgrammeId programme, MethodologyId methodology) external;

    /// @notice Takes a consent back, as long as the second source is not registered. By who gave
    /// it.
    /// @param assetKey The physical thing.
    /// @param programme Programme of the second source.
    /// @param methodology Its methodology there.
    /// @custom:reverts SourcesSourceUnknown, SourcesNotFirstOwner, SourcesMethodologyUnknown,
    /// SourcesConsentMissing
    function withdrawConsent(
        AssetKey assetKey,
        ProgrammeId programme,
        MethodologyId methodology
    ) external;

    /// @notice Lets a next version of Issuance book days in the same calendars. By the keeper of
    /// issuers (AccessManager, with its delay). Issuers are only added; each gets the next version
    /// number, which stands in the top byte of its requests' ids.
    /// @param issuer The contract.
    /// @custom:reverts SourcesIssuerState
    /// @custom:source design.md section 5: contracts that hold calendars are never replaced.
    function addIssuer(address issuer) external;

    /// @notice Closes an issuer: it books no more days, but frees what it booked and finishes what
    /// is under way. By the keeper of issuers (AccessManager, with its delay).
    /// @param issuer The contract.
    /// @custom:reverts SourcesIssuerState
    function closeIssuer(address issuer) external;

    /// @notice Forbids that an asset earns two classes for one day. By the registry's registrars
    /// (AccessManager). Pairs are only added, at most eight to a class.
    /// @param classA One class, not 0.
    /// @param classB The other class, not 0.
    /// @custom:reverts SourcesClassZero, SourcesExclusionSame, SourcesExclusionExists,
    /// SourcesExclusionsFull
    /// @custom:source Wuhan: no second filing under another mechanism; DB11/T 3043-2024: no claim
    /// under several mechanisms; green certificates are the sole attribute of renewable power since
    /// 2023.
    function addExclusion(ClassId classA, ClassId classB) external;

    /// @notice Books the days of a request. Only for issuers. A pending source books days only
    /// where "source.joint" is 1.
    /// @param sourceId The source.
    /// @param firstDay First day of the monitoring period (监测期).
    /// @param endDay Day after the last one; at most today, so that the period ended before today.
    /// @return booking What the caller needs of the source, so that it need not ask again.
    /// @custom:reverts SourcesNotIssuance, SourcesSourceUnknown, SourcesSourceState,
    /// SourcesPeriodEmpty, SourcesPeriodTooLong, SourcesPeriodNotEnded,
    /// SourcesPeriodOutsideMethodology, SourcesDayTaken with the first day that is taken
    function reserve(
        SourceId sourceId,
        uint32 firstDay,
        uint32 endDay
    ) external returns (Booking memory booking);

    /// @notice Frees the days of a request that fell. Only for issuers, which book them first.
    /// @param sourceId The source.
    /// @param firstDay First day.
    /// @param endDay Day after the last one.
    /// @custom:reverts SourcesNotIssuance, SourcesSourceUnknown, SourcesPeriodEmpty,
    /// SourcesDayNotTaken
    function release(SourceId sourceId, uint32 firstDay, uint32 endDay) external;

    /// @notice Approves a pending source because its first request is issued (双审合一). Only for
    /// issuers.
    /// @param sourceId The source.
    /// @param document Hash of the decision on both.
    /// @custom:reverts SourcesNotIssuance, SourcesSourceUnknown, SourcesSourceState
    /// @custom:source Shanghai: a project and its first reductions are reviewed together.
    function activate(SourceId sourceId, bytes32 document) external;

    /// @notice Records that another registry issued for an asset's days (CCER, green certificates
    /// and others). By the authority. Days that are taken in the class or an excluded one are
    /// refused: that conflict needs a decision on the request, not a second booking.
    /// @param programme Programme whose authority records it.
    /// @param assetKey The physical thing.
    /// @param class Class of what was issued elsewhere, not 0.
    /// @param firstDay First day.
    /// @param endDay Day after the last one; may lie in the future.
    /// @param document Hash of the evidence.
    /// @return externalId Number of the record, running from 1.
    /// @custom:reverts SourcesRoleMissing, ProgrammesPaused, SourcesAssetKeyZero, SourcesClassZero,
    /// SourcesPeriodEmpty, SourcesPeriodTooLong, SourcesDayTaken
    function recordExternal(
        ProgrammeId programme,
        AssetKey assetKey,
        ClassId class,
        uint32 firstDay,
        uint32 endDay,
        bytes32 document
    ) external returns (uint64 externalId);

    /// @notice Withdraws a record that was wrong and frees exactly its days. By an authority of the
    /// programme that recorded it.
    /// @param externalId The record.
    /// @param document Hash of the decision.
    /// @custom:reverts SourcesExternalUnknown, SourcesRoleMissing, ProgrammesPaused,
    /// SourcesExternalWithdrawn
    function withdrawExternal(uint64 externalId, bytes32 document) external;

    /// @notice A record of what another registry issued; all zero when there is none.
    function externalOf(uint64 externalId) external view returns (External memory);

    /// @notice Who consented to a second source, zero when nobody did.
    function consentOf(SourceId sourceId) external view returns (address owner);

    /// @notice The issuer of a version, 0 the first one; the zero address when there is none yet.
    function issuerAt(uint8 version) external view returns (address);

    /// @notice Whether a contract may book days: an issuer that is not closed.
    function isIssuer(address account) external view returns (bool);

    /// @notice The source as stored.
    /// @custom:reverts SourcesSourceUnknown
    function sourceOf(SourceId sourceId) external view returns (Source memory);

    /// @notice The source's parties and methodology.
    /// @custom:reverts SourcesSourceUnknown
    function partiesOf(SourceId sourceId) external view returns (Parties memory);

    /// @notice The methodology as stored.
    /// @custom:reverts SourcesMethodologyUnknown
    function methodologyOf(
        ProgrammeId programme,
        MethodologyId methodology
    ) external view returns (Methodology memory);

    /// @notice How many methodologies the programme has; their numbers run from 1.
    function methodologyCountOf(ProgrammeId programme) external view returns (uint32);

    /// @notice First source registered on the asset key, zero when there is none.
    function firstSourceOf(AssetKey assetKey) external view returns (SourceId);

    /// @notice Classes that exclude the class; unused places are 0 and last.
    function exclusionsOf(ClassId class) external view returns (ClassId[8] memory);

    /// @notice Whether a day is booked in the calendar of the asset and class itself.
    function isBooked(AssetKey assetKey, ClassId class, uint32 day) external view returns (bool);

    /// @notice One word of a calendar: bit b of word w stands for day 256 * w + b.
    function calendarWord(
        AssetKey assetKey,
        ClassId class,
        uint256 word
    ) external view returns (uint256 bits);
}
