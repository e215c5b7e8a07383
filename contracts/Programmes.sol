// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {Recognition, Roles, Standing, Tiers} from "./types/Codes.sol";
import {InstitutionId, ProgrammeId} from "./types/Ids.sol";

/// @title Programmes
/// @notice What it does and why: interfaces/IProgrammes.sol.
contract Programmes is IProgrammes, AccessManaged {
    /// @dev One slot. The latest decision of a parameter is kept apart from the older ones, so that
    /// a reader needs no other slot as long as the latest is in force.
    struct Decision {
        uint64 effectiveAt;
        uint128 value;
        uint64 number;
    }

    /// @dev Times from which each is recognised; 0 when it is not.
    struct Recognised {
        uint64 unitsFrom;
        uint64 reviewersFrom;
    }

    IReductionToken private immutable TOKEN;

    mapping(ProgrammeId programme => Programme) private _programmes;
    mapping(address account => Account) private _accounts;
    mapping(ProgrammeId programme => mapping(uint8 role => mapping(address account => uint64)))
        private _effectiveAt;
    mapping(ProgrammeId programme => mapping(bytes32 key => Decision latest)) private _latest;
    mapping(ProgrammeId programme => mapping(bytes32 key => mapping(uint64 number => Decision)))
        private _earlier;
    mapping(ProgrammeId programme => mapping(ProgrammeId other => Recognised)) private _recognised;

    modifier onlyAuthority(ProgrammeId programme) {
        _requireRole(programme, Roles.AUTHORITY);
        _;
    }

    modifier whenRunning(ProgrammeId programme) {
        requireRunning(programme);
        _;
    }

    constructor(
        address accessManager,
        IReductionToken reductionToken
    ) AccessManaged(accessManager) {
        TOKEN = reductionToken;
    }

    /// @inheritdoc IProgrammes
    function createProgramme(
        ProgrammeId programme,
        ProgrammeId parent,
        uint8 tier,
        address authority,
        InstitutionId institution,
        bytes32 document
    ) external restricted {
        if (ProgrammeId.unwrap(programme) == 0) revert ProgrammesIdZero();
        if (_programmes[programme].exists) revert ProgrammesExists(programme);
        _requireTier(parent, tier);
        _programmes[programme] = Programme({
            parent: parent,
            tier: tier,
            exists: true,
            paused: false,
            pausedAt: 0,
            pausedSeconds: 0,
            openedAt: uint64(block.timestamp),
            decidingTier: 0
        });
        emit ProgrammeCreated(programme, parent, tier, authority, institution, document);

        if (InstitutionId.unwrap(_accounts[authority].institution) == 0) {
            _openAccount(programme, authority, institution, document);
        } else if (_accounts[authority].institution != institution) {
            revert ProgrammesInstitutionMismatch(authority, institution);
        }
        _grantRole(programme, Roles.AUTHORITY, authority, 0, document);
    }

    /// @inheritdoc IProgrammes
    function openAccount(
        ProgrammeId programme,
        address account,
        InstitutionId institution,
        bytes32 document
    ) external whenRunning(programme) {
        if (!hasRole(programme, Roles.AUTHORITY, msg.sender)) {
            _requireRole(programme, Roles.OPERATOR);
        }
        _openAccount(programme, account, institution, document);
    }

    /// @inheritdoc IProgrammes
    function freezeAccount(
        ProgrammeId programme,
        address account,
        bytes32 document
    ) external onlyAuthority(programme) {
        uint8 standing = _ownAccount(programme, account).standing;
        if (standing & (Standing.FROZEN | Standing.CLOSED) != 0) {
            revert ProgrammesAccountStanding(account, standing);
        }
        _requireNoAuthority(account);
        _setStanding(programme, account, standing | Standing.FROZEN, document);
    }

    /// @inheritdoc IProgrammes
    function unfreezeAccount(
        ProgrammeId programme,
        address account,
        bytes32 document
    ) external onlyAuthority(programme) {
        uint8 standing = _ownAccount(programme, account).standing;
        if (standing & Standing.CLOSED != 0 || standing & Standing.FROZEN == 0) {
            revert ProgrammesAccountStanding(account, standing);
        }
        _setStanding(programme, account, standing & ~Standing.FROZEN, document);
    }

    /// @inheritdoc IProgrammes
    function closeAccount(
        ProgrammeId programme,
        address account,
        bytes32 document
    ) external onlyAuthority(programme) {
        uint8 standing = _ownAccount(programme, account).standing;
        if (standing & Standing.CLOSED != 0) revert ProgrammesAccountStanding(account, standing);
        _requireNoAuthority(account);
        _setStanding(programme, account, (standing & ~Standing.OPEN) | Standing.CLOSED, document);
    }

    /// @inheritdoc IProgrammes
    function grantRole(
        ProgrammeId programme,
        uint8 role,
        address account,
        uint64 effectiveAt,
        bytes32 document
    ) external {
        // A lost key must not leave a programme without an authority, not even a paused one.
        if (!_appoints(programme, role)) {
            _requireRole(programme, Roles.AUTHORITY);
            requireRunning(programme);
        }
        _grantRole(programme, role, account, effectiveAt, document);
    }

    /// @inheritdoc IProgrammes
    function revokeRole(
        ProgrammeId programme,
        uint8 role,
        address account,
        bytes32 document
    ) external {
        _requireKnownRole(role);
        if (!_appoints(programme, role)) _requireRole(programme, Roles.AUTHORITY);
        if (_effectiveAt[programme][role][account] == 0) {
            revert ProgrammesRoleNotHeld(programme, role, account);
        }
        if (role == Roles.AUTHORITY) {
            if (account == msg.sender) revert ProgrammesSelfRevoke(programme, account);
            --_accounts[account].authorities;
        }
        delete _effectiveAt[programme][role][account];
        emit RoleRevoked(programme, role, account, document);
    }

    /// @inheritdoc IProgrammes
    function setParameter(
        ProgrammeId programme,
        bytes32 key,
        uint128 value,
        uint64 effectiveAt,
        bytes32 document
    ) external onlyAuthority(programme) whenRunning(programme) {
        if (key == 0) revert ProgrammesParameterKeyZero();
        uint64 from = _notBeforeNow(effectiveAt);
        Decision memory former = _latest[programme][key];
        if (former.number != 0) _earlier[programme][key][former.number] = former;
        _latest[programme][key] = Decision({
            effectiveAt: from,
            value: value,
            number: former.number + 1
        });
        emit ParameterSet(programme, key, value, from, document);
    }

    /// @inheritdoc IProgrammes
    function setDecidingTier(
        ProgrammeId programme,
        uint8 tier,
        bytes32 document
    ) external whenRunning(programme) {
        ProgrammeId deciding = deciderOf(programme);
        if (!_isAuthorityFrom(deciding, msg.sender)) {
            revert ProgrammesRoleMissing(deciding, Roles.AUTHORITY, msg.sender);
        }
        ProgrammeId found = _atTier(programme, tier);
        if (ProgrammeId.unwrap(found) == 0) revert ProgrammesDecidingTier(programme, tier);
        _programmes[programme].decidingTier = tier;
        emit DecidingTierSet(programme, tier, document);
    }

    /// @inheritdoc IProgrammes
    function recognise(
        ProgrammeId programme,
        ProgrammeId other,
        uint8 what,
        uint64 effectiveAt,
        bytes32 document
    ) external onlyAuthority(programme) whenRunning(programme) {
        if (!_programmes[other].exists) revert ProgrammesUnknown(other);
        _requireRecognition(programme, other, what);
        Recognised storage stored = _recognised[programme][other];
        uint64 from = _notBeforeNow(effectiveAt);
        if (what & Recognition.UNITS != 0) {
            if (stored.unitsFrom != 0) revert ProgrammesRecognised(programme, other, what);
            stored.unitsFrom = from;
        }
        if (what & Recognition.REVIEWERS != 0) {
            if (stored.reviewersFrom != 0) revert ProgrammesRecognised(programme, other, what);
            stored.reviewersFrom = from;
        }
        emit RecognitionGiven(programme, other, what, from, document);
    }

    /// @inheritdoc IProgrammes
    function endRecognition(
        ProgrammeId programme,
        ProgrammeId other,
        uint8 what,
        bytes32 document
    ) external onlyAuthority(programme) {
        _requireRecognition(programme, other, what);
        Recognised storage stored = _recognised[programme][other];
        if (what & Recognition.UNITS != 0) {
            if (stored.unitsFrom == 0) revert ProgrammesNotRecognised(programme, other, what);
            stored.unitsFrom = 0;
        }
        if (what & Recognition.REVIEWERS != 0) {
            if (stored.reviewersFrom == 0) revert ProgrammesNotRecognised(programme, other, what);
            stored.reviewersFrom = 0;
        }
        emit RecognitionEnded(programme, other, what, document);
    }

    /// @inheritdoc IProgrammes
    function pauseProgramme(
        ProgrammeId programme,
        bytes32 document
    ) external onlyAuthority(programme) whenRunning(programme) {
        Programme storage stored = _programmes[programme];
        stored.paused = true;
        stored.pausedAt = uint64(block.timestamp);
        emit ProgrammePaused(programme, document);
        TOKEN.setPaused(programme, true);
    }

    /// @inheritdoc IProgrammes
    function resumeProgramme(
        ProgrammeId programme,
        bytes32 document
    ) external onlyAuthority(programme) {
        Programme storage stored = _programmes[programme];
        if (!stored.paused) revert ProgrammesNotPaused(programme);
        stored.pausedSeconds += uint64(block.timestamp) - stored.pausedAt;
        stored.paused = false;
        emit ProgrammeResumed(programme, document);
        TOKEN.setPaused(programme, false);
    }

    /// @inheritdoc IProgrammes
    function roleEffectiveAt(
        ProgrammeId programme,
        uint8 role,
        address account
    ) external view returns (uint64 effectiveAt) {
        return _effectiveAt[programme][role][account];
    }

    /// @inheritdoc IProgrammes
    function institutionOf(address account) external view returns (InstitutionId institution) {
        return _accounts[account].institution;
    }

    /// @inheritdoc IProgrammes
    function accountOf(address account) external view returns (Account memory) {
        return _accounts[account];
    }

    /// @inheritdoc IProgrammes
    function programmeOf(ProgrammeId programme) external view returns (Programme memory) {
        return _programmes[programme];
    }

    /// @inheritdoc IProgrammes
    function parameterAt(
        ProgrammeId programme,
        bytes32 key,
        uint64 time
    ) external view returns (uint128 value) {
        return _requireParameter(programme, key, time);
    }

    /// @inheritdoc IProgrammes
    function parameterOr(
        ProgrammeId programme,
        bytes32 key,
        uint128 otherwise
    ) external view returns (uint128 value) {
        bool found;
        (found, value) = _parameterAt(programme, key, uint64(block.timestamp));
        if (!found) return otherwise;
    }

    /// @inheritdoc IProgrammes
    function parametersOf(
        ProgrammeId programme,
        bytes32[3] calldata keys
    ) external view returns (uint128[3] memory values) {
        for (uint256 i = 0; i < 3; ++i) {
            values[i] = _requireParameter(programme, keys[i], uint64(block.timestamp));
        }
    }

    /// @inheritdoc IProgrammes
    function actorIn(
        ProgrammeId programme,
        uint8 role,
        address account
    ) external view returns (bool holds, uint64 pausedSeconds) {
        requireRunning(programme);
        return (hasRole(programme, role, account), _programmes[programme].pausedSeconds);
    }

    /// @inheritdoc IProgrammes
    function deciderIn(
        ProgrammeId programme,
        address account
    )
        external
        view
        returns (ProgrammeId deciding, bool holds, InstitutionId institution, uint64 pausedSeconds)
    {
        requireRunning(programme);
        deciding = deciderOf(programme);
        holds = hasRole(deciding, Roles.AUTHORITY, account);
        institution = _accounts[account].institution;
        pausedSeconds = _programmes[programme].pausedSeconds;
    }

    /// @inheritdoc IProgrammes
    function reviewerIn(
        ProgrammeId programme,
        address account
    ) external view returns (bool accredited, InstitutionId institution) {
        requireRunning(programme);
        institution = _accounts[account].institution;
        accredited = hasRole(programme, Roles.REVIEWER, account);
        if (accredited) return (true, institution);
        ProgrammeId home = _accounts[account].programme;
        accredited =
            recognises(programme, home, Recognition.REVIEWERS) &&
            hasRole(home, Roles.REVIEWER, account);
    }

    /// @inheritdoc IProgrammes
    function institutionsOf(
        address[3] calldata accounts
    ) external view returns (InstitutionId[3] memory institutions) {
        for (uint256 i = 0; i < 3; ++i) {
            institutions[i] = _accounts[accounts[i]].institution;
        }
    }

    /// @inheritdoc IProgrammes
    function pausedSecondsOf(ProgrammeId programme) external view returns (uint64) {
        Programme storage stored = _programmes[programme];
        uint64 ended = stored.pausedSeconds;
        return stored.paused ? ended + uint64(block.timestamp) - stored.pausedAt : ended;
    }

    /// @inheritdoc IProgrammes
    function deciderOf(ProgrammeId programme) public view returns (ProgrammeId deciding) {
        uint8 tier = _programmes[programme].decidingTier;
        return tier == 0 ? programme : _atTier(programme, tier);
    }

    /// @inheritdoc IProgrammes
    function recognises(
        ProgrammeId programme,
        ProgrammeId other,
        uint8 what
    ) public view returns (bool) {
        Recognised memory stored = _recognised[programme][other];
        if (what & Recognition.UNITS != 0 && !_isReached(stored.unitsFrom)) return false;
        if (what & Recognition.REVIEWERS != 0 && !_isReached(stored.reviewersFrom)) return false;
        return what != 0;
    }

    /// @inheritdoc IProgrammes
    function hasRole(
        ProgrammeId programme,
        uint8 role,
        address account
    ) public view returns (bool) {
        if (!_isReached(_effectiveAt[programme][role][account])) return false;
        return _isActive(_accounts[account].standing);
    }

    /// @inheritdoc IProgrammes
    function requireRunning(ProgrammeId programme) public view {
        Programme storage stored = _programmes[programme];
        if (!stored.exists) revert ProgrammesUnknown(programme);
        if (stored.paused) revert ProgrammesPaused(programme);
    }

    function _openAccount(
        ProgrammeId programme,
        address account,
        InstitutionId institution,
        bytes32 document
    ) private {
        if (account == address(0)) revert ProgrammesAccountZero();
        if (InstitutionId.unwrap(institution) == 0) revert ProgrammesInstitutionZero();
        Account storage stored = _accounts[account];
        if (InstitutionId.unwrap(stored.institution) != 0) {
            revert ProgrammesAccountExists(account, stored.programme);
        }
        _accounts[account] = Account({
            institution: institution,
            programme: programme,
            standing: Standing.OPEN,
            authorities: 0,
            openedAt: uint64(block.timestamp)
        });
        emit AccountOpened(programme, account, institution, document);
        TOKEN.setStanding(account, Standing.OPEN);
    }

    function _grantRole(
        ProgrammeId programme,
        uint8 role,
        address account,
        uint64 effectiveAt,
        bytes32 document
    ) private {
        _requireKnownRole(role);
        if (_effectiveAt[programme][role][account] != 0) {
            revert ProgrammesRoleHeld(programme, role, account);
        }
        Account storage stored = _accounts[account];
        if (InstitutionId.unwrap(stored.institution) == 0) {
            revert ProgrammesAccountUnknown(account);
        }
        if (!_isActive(stored.standing)) {
            revert ProgrammesAccountStanding(account, stored.standing);
        }
        if (role == Roles.AUTHORITY) ++stored.authorities;
        uint64 from = _notBeforeNow(effectiveAt);
        _effectiveAt[programme][role][account] = from;
        emit RoleGranted(programme, role, account, from, document);
    }

    function _setStanding(
        ProgrammeId programme,
        address account,
        uint8 standing,
        bytes32 document
    ) private {
        _accounts[account].standing = standing;
        emit AccountStandingChanged(programme, account, standing, document);
        TOKEN.setStanding(account, standing);
    }

    /// @dev Whether the caller appoints as an authority of an ancestor, not of the programme
    /// itself.
    function _appoints(ProgrammeId programme, uint8 role) private view returns (bool) {
        return
            role == Roles.AUTHORITY &&
            !hasRole(programme, Roles.AUTHORITY, msg.sender) &&
            _isAuthorityFrom(_programmes[programme].parent, msg.sender);
    }

    /// @dev Whether the account is an authority of the programme or of one of its ancestors. Tiers
    /// rise from child to parent, so that there are at most four.
    function _isAuthorityFrom(ProgrammeId programme, address account) private view returns (bool) {
        while (ProgrammeId.unwrap(programme) != 0) {
            if (hasRole(programme, Roles.AUTHORITY, account)) return true;
            programme = _programmes[programme].parent;
        }
        return false;
    }

    /// @dev The nearest of the programme and its ancestors whose tier is not below; 0 when there is
    /// none.
    function _atTier(ProgrammeId programme, uint8 tier) private view returns (ProgrammeId found) {
        found = programme;
        while (ProgrammeId.unwrap(found) != 0 && _programmes[found].tier < tier) {
            found = _programmes[found].parent;
        }
    }

    function _parameterAt(
        ProgrammeId programme,
        bytes32 key,
        uint64 time
    ) private view returns (bool found, uint128 value) {
        Decision memory decision = _latest[programme][key];
        while (decision.number != 0) {
            if (decision.effectiveAt <= time) return (true, decision.value);
            decision = _earlier[programme][key][decision.number - 1];
        }
    }

    function _requireParameter(
        ProgrammeId programme,
        bytes32 key,
        uint64 time
    ) private view returns (uint128) {
        (bool found, uint128 value) = _parameterAt(programme, key, time);
        if (!found) revert ProgrammesParameterUnset(programme, key);
        return value;
    }

    function _requireTier(ProgrammeId parent, uint8 tier) private view {
        uint8 parentTier = 0;
        if (ProgrammeId.unwrap(parent) != 0) {
            Programme storage stored = _programmes[parent];
            if (!stored.exists) revert ProgrammesUnknown(parent);
            parentTier = stored.tier;
        }
        bool known = tier >= Tiers.DISTRICT && tier <= Tiers.NATION;
        if (!known || (parentTier != 0 && tier >= parentTier)) {
            revert ProgrammesTier(tier, parentTier);
        }
    }

    function _requireRole(ProgrammeId programme, uint8 role) private view {
        if (!hasRole(programme, role, msg.sender)) {
            revert ProgrammesRoleMissing(programme, role, msg.sender);
        }
    }

    function _requireNoAuthority(address account) private view {
        if (_accounts[account].authorities != 0) revert ProgrammesAuthorityProtected(account);
    }

    function _ownAccount(
        ProgrammeId programme,
        address account
    ) private view returns (Account storage stored) {
        stored = _accounts[account];
        if (InstitutionId.unwrap(stored.institution) == 0) {
            revert ProgrammesAccountUnknown(account);
        }
        if (stored.programme != programme) {
            revert ProgrammesAccountElsewhere(account, stored.programme);
        }
    }

    // A transaction that is sent again later must not fail on the date it was written with.
    function _notBeforeNow(uint64 time) private view returns (uint64) {
        return time < block.timestamp ? uint64(block.timestamp) : time;
    }

    function _isReached(uint64 from) private view returns (bool) {
        return from != 0 && from <= block.timestamp;
    }

    function _requireRecognition(
        ProgrammeId programme,
        ProgrammeId other,
        uint8 what
    ) private pure {
        if (programme == other) revert ProgrammesRecognitionSelf(programme);
        if (what == 0 || what > Recognition.UNITS + Recognition.REVIEWERS) {
            revert ProgrammesRecognitionKind(what);
        }
    }

    function _requireKnownRole(uint8 role) private pure {
        if (role < Roles.AUTHORITY || role > Roles.CUSTODIAN) revert ProgrammesRoleUnknown(role);
    }

    function _isActive(uint8 standing) private pure returns (bool) {
        return standing & (Standing.OPEN | Standing.FROZEN | Standing.CLOSED) == Standing.OPEN;
    }
}
