// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {Roles, Standing, Tiers} from "./types/Codes.sol";
import {InstitutionId, ProgrammeId} from "./types/Ids.sol";

/// @title Programmes
/// @notice What it does and why: interfaces/IProgrammes.sol.
contract Programmes is IProgrammes, AccessManaged {
    struct Decision {
        uint64 effectiveAt;
        uint128 value;
    }

    IReductionToken private immutable TOKEN;

    mapping(ProgrammeId programme => Programme) private _programmes;
    mapping(address account => Account) private _accounts;
    mapping(ProgrammeId programme => mapping(uint8 role => mapping(address account => uint64)))
        private _effectiveAt;
    mapping(ProgrammeId programme => mapping(bytes32 key => Decision[])) private _decisions;

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
            openedAt: uint64(block.timestamp)
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
    ) external onlyAuthority(programme) whenRunning(programme) {
        _grantRole(programme, role, account, effectiveAt, document);
    }

    /// @inheritdoc IProgrammes
    function revokeRole(
        ProgrammeId programme,
        uint8 role,
        address account,
        bytes32 document
    ) external onlyAuthority(programme) {
        _requireKnownRole(role);
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
        _decisions[programme][key].push(Decision({effectiveAt: from, value: value}));
        emit ParameterSet(programme, key, value, from, document);
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
        Decision[] storage decisions = _decisions[programme][key];
        for (uint256 i = decisions.length; i != 0; --i) {
            Decision storage decision = decisions[i - 1];
            if (decision.effectiveAt <= time) return decision.value;
        }
        revert ProgrammesParameterUnset(programme, key);
    }

    /// @inheritdoc IProgrammes
    function pausedSecondsOf(ProgrammeId programme) external view returns (uint64) {
        Programme storage stored = _programmes[programme];
        uint64 ended = stored.pausedSeconds;
        return stored.paused ? ended + uint64(block.timestamp) - stored.pausedAt : ended;
    }

    /// @inheritdoc IProgrammes
    function hasRole(
        ProgrammeId programme,
        uint8 role,
        address account
    ) public view returns (bool) {
        uint64 effectiveAt = _effectiveAt[programme][role][account];
        if (effectiveAt == 0 || effectiveAt > block.timestamp) return false;
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

    function _requireKnownRole(uint8 role) private pure {
        if (role < Roles.AUTHORITY || role > Roles.APPLICANT) revert ProgrammesRoleUnknown(role);
    }

    function _isActive(uint8 standing) private pure returns (bool) {
        return standing & (Standing.OPEN | Standing.FROZEN | Standing.CLOSED) == Standing.OPEN;
    }
}
