// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ProgrammeBase} from "./ProgrammeBase.sol";
import {ProgrammeRules} from "./ProgrammeRules.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {Roles, Standing, Tiers} from "./types/Codes.sol";
import {InstitutionId, ProgrammeId} from "./types/Ids.sol";

/// @title Programmes
/// @notice What it does and why: interfaces/IProgrammes.sol.
contract Programmes is ProgrammeRules {
    uint32 private _institutionCount;
    mapping(InstitutionId institution => uint32 number) private _institutionNumbers;

    constructor(
        address accessManager,
        IReductionToken reductionToken
    ) ProgrammeBase(accessManager, reductionToken) {}

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

        if (_accounts[authority].institution == 0) {
            _openAccount(programme, authority, institution, document);
        } else if (institutionOf(authority) != institution) {
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

    function _openAccount(
        ProgrammeId programme,
        address account,
        InstitutionId institution,
        bytes32 document
    ) private {
        if (account == address(0)) revert ProgrammesAccountZero();
        if (InstitutionId.unwrap(institution) == 0) revert ProgrammesInstitutionZero();
        StoredAccount storage stored = _accounts[account];
        if (stored.institution != 0) {
            revert ProgrammesAccountExists(account, stored.programme);
        }
        uint32 number = _institutionNumbers[institution];
        if (number == 0) {
            number = ++_institutionCount;
            _institutionNumbers[institution] = number;
            _institutions[number] = institution;
        }
        _accounts[account] = StoredAccount({
            institution: number,
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
        StoredAccount storage stored = _accounts[account];
        if (stored.institution == 0) {
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

    function _requireNoAuthority(address account) private view {
        if (_accounts[account].authorities != 0) revert ProgrammesAuthorityProtected(account);
    }

    function _ownAccount(
        ProgrammeId programme,
        address account
    ) private view returns (StoredAccount storage stored) {
        stored = _accounts[account];
        if (stored.institution == 0) {
            revert ProgrammesAccountUnknown(account);
        }
        if (stored.programme != programme) {
            revert ProgrammesAccountElsewhere(account, stored.programme);
        }
    }

    function _requireKnownRole(uint8 role) private pure {
        if (role < Roles.AUTHORITY || role > Roles.CUSTODIAN) revert ProgrammesRoleUnknown(role);
    }
}
