// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InstitutionId, ProgrammeId} from "../types/Ids.sol";

/// @title Programmes: jurisdictions, their roles, institution accounts and dated parameters
/// @notice A programme (碳普惠机制) is a jurisdiction's scheme. Its authority (主管部门) decides, its
/// operator (运营机构) runs the registry. Roles are given per programme, with a date from which they
/// hold, and end at once when revoked. An institution account is one chain address in one
/// programme.
/// @dev Roles, standing codes and parameter keys: types/Codes.sol. The registry's AccessManager
/// creates programmes and decides nothing inside them.
interface IProgrammes {
    /// @notice A programme as stored.
    /// @param parent Programme of the next tier, 0 when there is none.
    /// @param tier 1 district, 2 city, 3 province, 4 nation.
    /// @param exists Set once, never cleared.
    /// @param paused Whether writes of the programme are stopped now.
    /// @param pausedAt Time of the latest pause, seconds since 1970; 0 when there was none.
    /// @param pausedSeconds Sum of all ended pauses, seconds.
    /// @param openedAt Time of creation, seconds since 1970.
    /// @param decidingTier Tier whose authority decides about requests; 0 for its own.
    struct Programme {
        ProgrammeId parent;
        uint8 tier;
        bool exists;
        bool paused;
        uint64 pausedAt;
        uint64 pausedSeconds;
        uint64 openedAt;
        uint8 decidingTier;
    }

    /// @notice An institution account as stored.
    /// @param institution Whose account it is; zero when there is no account.
    /// @param programme Programme that opened it.
    /// @param standing Bits of the Standing library.
    /// @param authorities In how many programmes the account is an authority.
    /// @param openedAt Time of opening, seconds since 1970.
    struct Account {
        InstitutionId institution;
        ProgrammeId programme;
        uint8 standing;
        uint32 authorities;
        uint64 openedAt;
    }

    /// @notice Who decides about a programme's requests.
    /// @param deciding Programme whose authority decides, see deciderOf.
    /// @param holds Whether the account in question is one of its authorities now.
    /// @param institution Number of that account's institution.
    /// @param pausedSeconds Of the programme of the requests, as pausedSecondsOf.
    struct Decider {
        ProgrammeId deciding;
        bool holds;
        uint32 institution;
        uint64 pausedSeconds;
    }

    /// @notice Parameters that every issue reads; see ParameterKeys.
    struct Rules {
        uint32 reviewCount;
        uint32 granularityGrams;
        uint32 carry;
    }

    /// @notice A programme was created, with its first authority.
    event ProgrammeCreated(
        ProgrammeId indexed programme,
        ProgrammeId parent,
        uint8 tier,
        address authority,
        InstitutionId institution,
        bytes32 document
    );
    /// @notice An institution account was opened.
    event AccountOpened(
        ProgrammeId indexed programme,
        address indexed account,
        InstitutionId indexed institution,
        bytes32 document
    );
    /// @notice An account was frozen, unfrozen or closed; the standing is what Programmes keeps,
    /// without the bits that live in the token alone.
    event AccountStandingChanged(
        ProgrammeId indexed programme,
        address indexed account,
        uint8 standing,
        bytes32 document
    );
    /// @notice A role was granted from a time on.
    event RoleGranted(
        ProgrammeId indexed programme,
        uint8 indexed role,
        address indexed account,
        uint64 effectiveAt,
        bytes32 document
    );
    /// @notice A role ended at once.
    event RoleRevoked(
        ProgrammeId indexed programme,
        uint8 indexed role,
        address indexed account,
        bytes32 document
    );
    /// @notice A parameter was decided from a time on.
    event ParameterSet(
        ProgrammeId indexed programme,
        bytes32 indexed key,
        uint128 value,
        uint64 effectiveAt,
        bytes32 document
    );
    /// @notice Which tier decides about the programme's requests was set.
    event DecidingTierSet(ProgrammeId indexed programme, uint8 tier, bytes32 document);
    /// @notice A programme recognises another one from a time on.
    event RecognitionGiven(
        ProgrammeId indexed programme,
        ProgrammeId indexed other,
        uint8 what,
        uint64 effectiveAt,
        bytes32 document
    );
    /// @notice A recognition ended at once.
    event RecognitionEnded(
        ProgrammeId indexed programme,
        ProgrammeId indexed other,
        uint8 what,
        bytes32 document
    );
    /// @notice The programme's writes stopped.
    event ProgrammePaused(ProgrammeId indexed programme, bytes32 document);
    /// @notice The programme's writes go on; deadlines have moved by the length of the pause.
    event ProgrammeResumed(ProgrammeId indexed programme, bytes32 document);

    /// @notice 0 is no programme.
    error ProgrammesIdZero();
    /// @notice The number is in use.
    error ProgrammesExists(ProgrammeId programme);
    /// @notice There is no such programme.
    error ProgrammesUnknown(ProgrammeId programme);
    /// @notice An unknown tier, or one that is not below the parent's.
    error ProgrammesTier(uint8 tier, uint8 parentTier);
    /// @notice The programme is paused.
    error ProgrammesPaused(ProgrammeId programme);
    /// @notice The programme runs.
    error ProgrammesNotPaused(ProgrammeId programme);
    /// @notice The caller may not act in the role in that programme.
    error ProgrammesRoleMissing(ProgrammeId programme, uint8 role, address caller);
    /// @notice There is no such role.
    error ProgrammesRoleUnknown(uint8 role);
    /// @notice The account has the role, or will have it from its date.
    error ProgrammesRoleHeld(ProgrammeId programme, uint8 role, address account);
    /// @notice The account does not have the role.
    error ProgrammesRoleNotHeld(ProgrammeId programme, uint8 role, address account);
    /// @notice Nobody revokes its own authority.
    error ProgrammesSelfRevoke(ProgrammeId programme, address account);
    /// @notice The zero address has no account.
    error ProgrammesAccountZero();
    /// @notice The address has an account, opened by that programme.
    error ProgrammesAccountExists(address account, ProgrammeId programme);
    /// @notice The address has no account.
    error ProgrammesAccountUnknown(address account);
    /// @notice Another programme opened the account.
    error ProgrammesAccountElsewhere(address account, ProgrammeId programme);
    /// @notice Not possible in the account's standing.
    error ProgrammesAccountStanding(address account, uint8 standing);
    /// @notice An authority is not frozen or closed before its role is revoked.
    error ProgrammesAuthorityProtected(address account);
    /// @notice An account belongs to an institution.
    error ProgrammesInstitutionZero();
    /// @notice The account belongs to another institution.
    error ProgrammesInstitutionMismatch(address account, InstitutionId institution);
    /// @notice A parameter has a name.
    error ProgrammesParameterKeyZero();
    /// @notice What every issue reads fits 32 bits, its date 40.
    error ProgrammesParameterTooLarge(bytes32 key, uint128 value, uint64 effectiveAt);
    /// @notice Nothing was decided for that time.
    error ProgrammesParameterUnset(ProgrammeId programme, bytes32 key);
    /// @notice No programme above, itself included, has that tier.
    error ProgrammesDecidingTier(ProgrammeId programme, uint8 tier);
    /// @notice A programme does not recognise itself.
    error ProgrammesRecognitionSelf(ProgrammeId programme);
    /// @notice Neither units nor reviewers, nor both.
    error ProgrammesRecognitionKind(uint8 what);
    /// @notice Some of it is recognised, or will be from its date.
    error ProgrammesRecognised(ProgrammeId programme, ProgrammeId other, uint8 what);
    /// @notice Some of it is not recognised.
    error ProgrammesNotRecognised(ProgrammeId programme, ProgrammeId other, uint8 what);

    /// @notice Creates a programme, opens its authority's account if it has none and makes it the
    /// authority at once. Only for the registry's registrars (AccessManager).
    /// @param programme Number of the new programme, not 0 and not used before.
    /// @param parent Programme of a higher tier, or 0.
    /// @param tier 1 district, 2 city, 3 province, 4 nation; below the parent's.
    /// @param authority Chain address of the authority.
    /// @param institution The authority's institution.
    /// @param document Hash of the deciding document.
    /// @custom:reverts ProgrammesIdZero, ProgrammesExists, ProgrammesUnknown for the parent,
    /// ProgrammesTier, ProgrammesAccountZero, ProgrammesInstitutionZero,
    /// ProgrammesInstitutionMismatch, ProgrammesAccountStanding
    /// @custom:source The field's tiers: district, city and province run programmes of their own.
    function createProgramme(
        ProgrammeId programme,
        ProgrammeId parent,
        uint8 tier,
        address authority,
        InstitutionId institution,
        bytes32 document
    ) external;

    /// @notice Opens an institution account (机构碳账户). By the operator or the authority.
    /// @param programme Programme that opens it.
    /// @param account Chain address that has no account anywhere yet.
    /// @param institution Whose account it is.
    /// @param document Hash of the application and the identity check.
    /// @custom:reverts ProgrammesRoleMissing, ProgrammesPaused, ProgrammesAccountZero,
    /// ProgrammesInstitutionZero, ProgrammesAccountExists
    function openAccount(
        ProgrammeId programme,
        address account,
        InstitutionId institution,
        bytes32 document
    ) external;

    /// @notice Freezes all of an account (冻结): it neither sends, receives, retires nor acts in a
    /// role. By the authority of the programme that opened it; also while the programme is paused.
    /// An account that is an authority anywhere cannot be frozen; revoke that role first.
    /// @param programme Programme that opened the account.
    /// @param account The account.
    /// @param document Hash of the order.
    /// @custom:reverts ProgrammesRoleMissing, ProgrammesAccountUnknown, ProgrammesAccountElsewhere,
    /// ProgrammesAccountStanding, ProgrammesAuthorityProtected
    function freezeAccount(ProgrammeId programme, address account, bytes32 document) external;

    /// @notice Ends a freeze. By the authority; also while the programme is paused.
    /// @param programme Programme that opened the account.
    /// @param account The frozen account.
    /// @param document Hash of the order.
    /// @custom:reverts ProgrammesRoleMissing, ProgrammesAccountUnknown, ProgrammesAccountElsewhere,
    /// ProgrammesAccountStanding
    function unfreezeAccount(ProgrammeId programme, address account, bytes32 document) external;

    /// @notice Closes an account for ever. By the authority. What it still holds stays where it is.
    /// @param programme Programme that opened the account.
    /// @param account The account, frozen or not.
    /// @param document Hash of the order.
    /// @custom:reverts ProgrammesRoleMissing, ProgrammesAccountUnknown, ProgrammesAccountElsewhere,
    /// ProgrammesAccountStanding, ProgrammesAuthorityProtected
    function closeAccount(ProgrammeId programme, address account, bytes32 document) external;

    /// @notice Grants a role. By the authority; that of an authority also by an authority of a
    /// programme above, then even while the programme is paused, so that a lost key leaves nobody
    /// without an authority.
    /// @param programme Programme in which the role holds.
    /// @param role 1 authority, 2 operator, 3 reviewer, 4 applicant, 5 exchange, 6 custodian.
    /// @param account An open account of any programme.
    /// @param effectiveAt Seconds since 1970 from which it holds; an earlier time becomes now.
    /// @param document Hash of the decision, for reviewers of the accreditation.
    /// @custom:reverts ProgrammesRoleMissing, ProgrammesPaused, ProgrammesRoleUnknown,
    /// ProgrammesRoleHeld, ProgrammesAccountUnknown, ProgrammesAccountStanding
    function grantRole(
        ProgrammeId programme,
        uint8 role,
        address account,
        uint64 effectiveAt,
        bytes32 document
    ) external;

    /// @notice Revokes a role at once. By the authority, that of an authority also by an authority
    /// of a programme above; also while the programme is paused. Nobody revokes its own authority,
    /// so that a programme has one unless the tier above took it.
    /// @param programme Programme in which the role holds.
    /// @param role 1 authority, 2 operator, 3 reviewer, 4 applicant, 5 exchange, 6 custodian.
    /// @param account Who holds it, or will from its date.
    /// @param document Hash of the decision.
    /// @custom:reverts ProgrammesRoleMissing, ProgrammesRoleUnknown, ProgrammesRoleNotHeld,
    /// ProgrammesSelfRevoke
    function revokeRole(
        ProgrammeId programme,
        uint8 role,
        address account,
        bytes32 document
    ) external;

    /// @notice Decides a parameter from a date on. By the authority. At any time the last decision
    /// that is in force then counts, so the past never changes.
    /// @param programme Programme of the parameter.
    /// @param key ASCII name, left aligned; see ParameterKeys.
    /// @param value Unit as the key says.
    /// @param effectiveAt Seconds since 1970; an earlier time becomes now.
    /// @param document Hash of the rule.
    /// @custom:reverts ProgrammesRoleMissing, ProgrammesPaused, ProgrammesParameterKeyZero,
    /// ProgrammesParameterTooLarge for what every issue reads, above 32 bits
    function setParameter(
        ProgrammeId programme,
        bytes32 key,
        uint128 value,
        uint64 effectiveAt,
        bytes32 document
    ) external;

    /// @notice Sets which tier decides about the programme's requests: the authority of the nearest
    /// programme above, itself included, whose tier is not below. By an authority of the programme
    /// that decides now, or of one above that.
    /// @param programme The programme whose requests are decided.
    /// @param tier 0 its own authority, else 1 to 4.
    /// @param document Hash of the rule.
    /// @custom:reverts ProgrammesUnknown, ProgrammesPaused, ProgrammesRoleMissing,
    /// ProgrammesDecidingTier when there is no such programme above
    /// @custom:source design.md section 2: authorities are tiered, district, city and province.
    function setDecidingTier(ProgrammeId programme, uint8 tier, bytes32 document) external;

    /// @notice Recognises another programme's units, reviewers or both. By the authority.
    /// @param programme Programme that recognises.
    /// @param other Programme that is recognised.
    /// @param what 1 its units may stand in certificates here, 2 its reviewers count here, 3 both.
    /// @param effectiveAt Seconds since 1970 from which it holds; an earlier time becomes now.
    /// @param document Hash of the agreement.
    /// @custom:reverts ProgrammesRoleMissing, ProgrammesPaused, ProgrammesUnknown,
    /// ProgrammesRecognitionSelf, ProgrammesRecognitionKind, ProgrammesRecognised
    function recognise(
        ProgrammeId programme,
        ProgrammeId other,
        uint8 what,
        uint64 effectiveAt,
        bytes32 document
    ) external;

    /// @notice Ends a recognition at once. By the authority; also while the programme is paused.
    /// @param programme Programme that recognised.
    /// @param other Programme that was recognised.
    /// @param what 1 units, 2 reviewers, 3 both.
    /// @param document Hash of the decision.
    /// @custom:reverts ProgrammesRoleMissing, ProgrammesRecognitionSelf, ProgrammesRecognitionKind,
    /// ProgrammesNotRecognised
    function endRecognition(
        ProgrammeId programme,
        ProgrammeId other,
        uint8 what,
        bytes32 document
    ) external;

    /// @notice Stops the writes of one programme, never reads or proofs; deadlines wait. By the
    /// authority.
    /// @param programme The programme.
    /// @param document Hash of the decision.
    /// @custom:reverts ProgrammesRoleMissing, ProgrammesPaused
    function pauseProgramme(ProgrammeId programme, bytes32 document) external;

    /// @notice Lets a paused programme go on. By the authority.
    /// @param programme The programme.
    /// @param document Hash of the decision.
    /// @custom:reverts ProgrammesRoleMissing, ProgrammesNotPaused
    function resumeProgramme(ProgrammeId programme, bytes32 document) external;

    /// @notice Whether an account may act in a role now: granted, its date reached, not revoked,
    /// and the account neither frozen nor closed.
    function hasRole(
        ProgrammeId programme,
        uint8 role,
        address account
    ) external view returns (bool);

    /// @notice Time from which the role holds, seconds since 1970; 0 when not granted.
    function roleEffectiveAt(
        ProgrammeId programme,
        uint8 role,
        address account
    ) external view returns (uint64 effectiveAt);

    /// @notice The account's institution; zero when there is no account.
    function institutionOf(address account) external view returns (InstitutionId institution);

    /// @notice The account as stored; all zero when there is none.
    function accountOf(address account) external view returns (Account memory);

    /// @notice The programme as stored; all zero when there is none.
    function programmeOf(ProgrammeId programme) external view returns (Programme memory);

    /// @notice The parameter's value at a time.
    /// @param programme Programme of the parameter.
    /// @param key ASCII name.
    /// @param time Seconds since 1970.
    /// @return value Unit as the key says.
    /// @custom:reverts ProgrammesParameterUnset
    function parameterAt(
        ProgrammeId programme,
        bytes32 key,
        uint64 time
    ) external view returns (uint128 value);

    /// @notice The parameter's value now, or another value where it is not set.
    /// @param programme Programme of the parameter.
    /// @param key ASCII name.
    /// @param otherwise Value that holds where nothing was decided.
    /// @return value Unit as the key says.
    function parameterOr(
        ProgrammeId programme,
        bytes32 key,
        uint128 otherwise
    ) external view returns (uint128 value);

    /// @notice Whether an account may act in a role of a running programme now, in one call.
    /// @param programme The programme.
    /// @param role See grantRole.
    /// @param account Who would act.
    /// @return holds As hasRole.
    /// @return pausedSeconds As pausedSecondsOf.
    /// @custom:reverts ProgrammesUnknown, ProgrammesPaused
    function actorIn(
        ProgrammeId programme,
        uint8 role,
        address account
    ) external view returns (bool holds, uint64 pausedSeconds);

    /// @notice Whether an account may decide about requests of a running programme, in one call.
    /// @param programme The programme.
    /// @param account Who would decide.
    /// @return decider See Decider.
    /// @custom:reverts ProgrammesUnknown, ProgrammesPaused
    function deciderIn(
        ProgrammeId programme,
        address account
    ) external view returns (Decider memory decider);

    /// @notice What an issue asks: deciderIn, and the rules in force now, which share a slot.
    /// @param programme The programme.
    /// @param account Who would issue.
    /// @return decider See Decider.
    /// @return rules See Rules.
    /// @custom:reverts ProgrammesUnknown, ProgrammesPaused, ProgrammesParameterUnset
    function issueFactsOf(
        ProgrammeId programme,
        address account
    ) external view returns (Decider memory decider, Rules memory rules);

    /// @notice Whether an account's statements count in a running programme: accredited there, or
    /// in the programme that opened its account, where that one's reviewers are recognised.
    /// @param programme The programme.
    /// @param account The reviewer.
    /// @return accredited Whether they count now.
    /// @return institution Number of the account's institution.
    /// @custom:reverts ProgrammesUnknown, ProgrammesPaused
    function reviewerIn(
        ProgrammeId programme,
        address account
    ) external view returns (bool accredited, uint32 institution);

    /// @notice reviewerIn, with the institution's name.
    /// @param programme The programme.
    /// @param account The reviewer.
    /// @return accredited Whether its statements count now.
    /// @return number Number of the account's institution.
    /// @return institution The account's institution.
    /// @custom:reverts ProgrammesUnknown, ProgrammesPaused
    function namedReviewerIn(
        ProgrammeId programme,
        address account
    ) external view returns (bool accredited, uint32 number, InstitutionId institution);

    /// @notice Number of the account's institution, running from 1; 0 when there is no account. Two
    /// accounts have the same number just when they have the same institution, and it never
    /// changes.
    function institutionNumberOf(address account) external view returns (uint32 number);

    /// @notice Institutions of three accounts; zero where there is none.
    function institutionsOf(
        address[3] calldata accounts
    ) external view returns (InstitutionId[3] memory institutions);

    /// @notice Programme whose authority decides about the programme's requests: itself unless
    /// setDecidingTier says otherwise.
    function deciderOf(ProgrammeId programme) external view returns (ProgrammeId deciding);

    /// @notice Whether a programme recognises all of `what` of another one now; a programme does
    /// not recognise itself.
    function recognises(
        ProgrammeId programme,
        ProgrammeId other,
        uint8 what
    ) external view returns (bool);

    /// @notice Seconds the programme has been paused in all, the present pause included.
    /// @dev A deadline D set when this was P is over at block.timestamp >= D + (now's value - P).
    function pausedSecondsOf(ProgrammeId programme) external view returns (uint64);

    /// @notice Returns only when the programme exists and is not paused.
    /// @custom:reverts ProgrammesUnknown, ProgrammesPaused
    function requireRunning(ProgrammeId programme) external view;
}
