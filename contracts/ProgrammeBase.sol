// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {Roles, Standing} from "./types/Codes.sol";
import {InstitutionId, ProgrammeId} from "./types/Ids.sol";

/// @title ProgrammeBase: programmes, accounts and roles as stored, and who may act
/// @notice Base of Programmes. What it does and why: interfaces/IProgrammes.sol.
abstract contract ProgrammeBase is IProgrammes, AccessManaged {
    /// @dev One slot, so that whoever acts and whose institution it is are read together.
    struct StoredAccount {
        uint32 institution;
        ProgrammeId programme;
        uint8 standing;
        uint32 authorities;
        uint64 openedAt;
    }

    IReductionToken internal immutable TOKEN;

    mapping(ProgrammeId programme => Programme) internal _programmes;
    mapping(uint32 number => InstitutionId institution) internal _institutions;
    mapping(address account => StoredAccount) internal _accounts;
    mapping(ProgrammeId programme => mapping(uint8 role => mapping(address account => uint64)))
        internal _effectiveAt;

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
    function roleEffectiveAt(
        ProgrammeId programme,
        uint8 role,
        address account
    ) external view returns (uint64 effectiveAt) {
        return _effectiveAt[programme][role][account];
    }

    /// @inheritdoc IProgrammes
    function accountOf(address account) external view returns (Account memory) {
        StoredAccount memory stored = _accounts[account];
        return
            Account({
                institution: _institutions[stored.institution],
                programme: stored.programme,
                standing: stored.standing,
                authorities: stored.authorities,
                openedAt: stored.openedAt
            });
    }

    /// @inheritdoc IProgrammes
    function institutionNumberOf(address account) external view returns (uint32 number) {
        return _accounts[account].institution;
    }

    /// @inheritdoc IProgrammes
    function programmeOf(ProgrammeId programme) external view returns (Programme memory) {
        return _programmes[programme];
    }

    /// @inheritdoc IProgrammes
    function pausedSecondsOf(ProgrammeId programme) external view returns (uint64) {
        Programme storage stored = _programmes[programme];
        uint64 ended = stored.pausedSeconds;
        return stored.paused ? ended + uint64(block.timestamp) - stored.pausedAt : ended;
    }

    /// @inheritdoc IProgrammes
    function institutionsOf(
        address[3] calldata accounts
    ) external view returns (InstitutionId[3] memory institutions) {
        for (uint256 i = 0; i < 3; ++i) institutions[i] = institutionOf(accounts[i]);
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
        _requireRunning(programme, _programmes[programme]);
    }

    /// @inheritdoc IProgrammes
    function institutionOf(address account) public view returns (InstitutionId institution) {
        return _institutions[_accounts[account].institution];
    }

    /// @inheritdoc IProgrammes
    function deciderOf(ProgrammeId programme) public view returns (ProgrammeId deciding) {
        uint8 tier = _programmes[programme].decidingTier;
        return tier == 0 ? programme : _atTier(programme, tier);
    }

    function _requireRole(ProgrammeId programme, uint8 role) internal view {
        if (!hasRole(programme, role, msg.sender)) {
            revert ProgrammesRoleMissing(programme, role, msg.sender);
        }
    }

    function _isReached(uint64 from) internal view returns (bool) {
        return from != 0 && from <= block.timestamp;
    }

    // A transaction that is sent again later must not fail on the date it was written with.
    function _notBeforeNow(uint64 time) internal view returns (uint64) {
        return time < block.timestamp ? uint64(block.timestamp) : time;
    }

    /// @dev The nearest of the programme and its ancestors whose tier is not below; 0 when there is
    /// none.
    function _atTier(ProgrammeId programme, uint8 tier) internal view returns (ProgrammeId found) {
        found = programme;
        while (ProgrammeId.unwrap(found) != 0 && _programmes[found].tier < tier) {
            found = _programmes[found].parent;
        }
    }

    /// @dev Whether the account is an authority of the programme or of one of its ancestors. Tiers
    /// rise from child to parent, so that there are at most four.
    function _isAuthorityFrom(ProgrammeId programme, address account) internal view returns (bool) {
        while (ProgrammeId.unwrap(programme) != 0) {
            if (hasRole(programme, Roles.AUTHORITY, account)) return true;
            programme = _programmes[programme].parent;
        }
        return false;
    }

    function _requireRunning(ProgrammeId programme, Programme memory stored) internal pure {
        if (!stored.exists) revert ProgrammesUnknown(programme);
        if (stored.paused) revert ProgrammesPaused(programme);
    }

    function _isActive(uint8 standing) internal pure returns (bool) {
        return standing & (Standing.OPEN | Standing.FROZEN | Standing.CLOSED) == Standing.OPEN;
    }
}
