// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFreezes} from "./interfaces/IFreezes.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {TokenIds} from "./libraries/TokenIds.sol";
import {Roles} from "./types/Codes.sol";
import {FreezeId, InstitutionId, ProgrammeId, RequestId, TokenId} from "./types/Ids.sol";

/// @title Freezes
/// @notice What it does and why: interfaces/IFreezes.sol.
contract Freezes is IFreezes {
    using TokenIds for TokenId;

    // The token walks the list in every transfer of the account, so it must stay short.
    uint256 private constant MOST_FREEZES = 8;

    IProgrammes private immutable PROGRAMMES;
    IReductionToken private immutable TOKEN;
    address private immutable DOUBLE_COUNT;

    uint64 private _lastFreeze;
    mapping(FreezeId freezeId => Freeze) private _freezes;
    mapping(address account => mapping(TokenId tokenId => FreezeId[])) private _lists;
    mapping(address account => mapping(TokenId tokenId => uint256 grams)) private _debtGrams;
    mapping(address account => mapping(TokenId tokenId => mapping(RequestId requestId => uint64)))
        private _debts;
    mapping(address account => uint256 count) private _counts;

    modifier onlyDoubleCount() {
        if (msg.sender != DOUBLE_COUNT) revert FreezesNotDoubleCount(msg.sender);
        _;
    }

    constructor(IProgrammes programmes, IReductionToken token, address doubleCount) {
        PROGRAMMES = programmes;
        TOKEN = token;
        DOUBLE_COUNT = doubleCount;
    }

    /// @inheritdoc IFreezes
    function freezeGrams(
        address account,
        TokenId tokenId,
        uint64 grams,
        bytes32 documentNumber,
        uint64 expiresAt
    ) external returns (FreezeId freezeId) {
        ProgrammeId programme = _orderingProgramme(account, tokenId);
        (bool exists, , , , ) = TOKEN.supplyOf(tokenId);
        if (!exists) revert FreezesTokenUnknown(tokenId);
        if (grams == 0) revert FreezesGramsZero();
        if (documentNumber == 0) revert FreezesDocumentZero();
        if (expiresAt != 0 && expiresAt <= block.timestamp) {
            revert FreezesExpiry(expiresAt, uint64(block.timestamp));
        }
        FreezeId[] storage list = _lists[account][tokenId];
        if (list.length >= MOST_FREEZES) _dropExpired(list);
        if (list.length >= MOST_FREEZES) revert FreezesFull(account, tokenId, MOST_FREEZES);

        freezeId = FreezeId.wrap(++_lastFreeze);
        list.push(freezeId);
        _freezes[freezeId] = Freeze({
            account: account,
            programme: programme,
            expiresAt: expiresAt,
            tokenId: tokenId,
            grams: grams
        });
        emit GramsFrozen(
            freezeId,
            account,
            tokenId,
            programme,
            msg.sender,
            grams,
            documentNumber,
            expiresAt
        );
        _count(account);
    }

    /// @inheritdoc IFreezes
    function lift(FreezeId freezeId, bytes32 document) external {
        Freeze memory freeze = _known(freezeId);
        if (!PROGRAMMES.hasRole(freeze.programme, Roles.AUTHORITY, msg.sender)) {
            revert FreezesRoleMissing(freeze.programme, Roles.AUTHORITY, msg.sender);
        }
        if (PROGRAMMES.institutionOf(msg.sender) == PROGRAMMES.institutionOf(freeze.account)) {
            revert FreezesSameInstitution(freeze.account, msg.sender);
        }
        if (document == 0) revert FreezesDocumentZero();
        emit FreezeLifted(freezeId, msg.sender, document);
        _remove(freezeId, freeze);
    }

    /// @inheritdoc IFreezes
    function clearExpired(FreezeId freezeId) external {
        Freeze memory freeze = _known(freezeId);
        if (_isLive(freeze.expiresAt)) revert FreezesNotExpired(freezeId, freeze.expiresAt);
        emit FreezeExpired(freezeId);
        _remove(freezeId, freeze);
    }

    /// @inheritdoc IFreezes
    function freezeForDebt(
        address account,
        TokenId tokenId,
        uint64 grams,
        RequestId requestId
    ) external onlyDoubleCount {
        if (grams == 0) revert FreezesGramsZero();
        uint64 before = _debts[account][tokenId][requestId];
        uint64 requestGrams = before + grams;
        _debts[account][tokenId][requestId] = requestGrams;
        _debtGrams[account][tokenId] += grams;
        emit DebtFrozen(requestId, account, tokenId, grams, requestGrams);
        if (before == 0) _count(account);
    }

    /// @inheritdoc IFreezes
    function liftForDebt(
        address account,
        TokenId tokenId,
        RequestId requestId
    ) external onlyDoubleCount returns (uint64 grams) {
        grams = _debts[account][tokenId][requestId];
        if (grams == 0) revert FreezesDebtUnknown(account, tokenId, requestId);
        delete _debts[account][tokenId][requestId];
        _debtGrams[account][tokenId] -= grams;
        emit DebtLifted(requestId, account, tokenId, grams);
        _uncount(account);
    }

    /// @inheritdoc IFreezes
    function frozenOf(address account, TokenId tokenId) external view returns (uint64 grams) {
        uint256 total = _debtGrams[account][tokenId];
        FreezeId[] storage list = _lists[account][tokenId];
        for (uint256 i = 0; i < list.length; ++i) {
            Freeze storage freeze = _freezes[list[i]];
            if (_isLive(freeze.expiresAt)) total += freeze.grams;
        }
        return total > type(uint64).max ? type(uint64).max : uint64(total);
    }

    /// @inheritdoc IFreezes
    function freezeOf(FreezeId freezeId) external view returns (Freeze memory) {
        return _freezes[freezeId];
    }

    /// @inheritdoc IFreezes
    function freezesOf(
        address account,
        TokenId tokenId
    ) external view returns (FreezeId[] memory freezeIds) {
        return _lists[account][tokenId];
    }

    /// @inheritdoc IFreezes
    function debtOf(
        address account,
        TokenId tokenId,
        RequestId requestId
    ) external view returns (uint64 grams) {
        return _debts[account][tokenId][requestId];
    }

    /// @inheritdoc IFreezes
    function countOf(address account) external view returns (uint256) {
        return _counts[account];
    }

    function _dropExpired(FreezeId[] storage list) private {
        for (uint256 i = list.length; i != 0; --i) {
            FreezeId freezeId = list[i - 1];
            Freeze memory freeze = _freezes[freezeId];
            if (_isLive(freeze.expiresAt)) continue;
            emit FreezeExpired(freezeId);
            _remove(freezeId, freeze);
        }
    }

    function _remove(FreezeId freezeId, Freeze memory freeze) private {
        FreezeId[] storage list = _lists[freeze.account][freeze.tokenId];
        uint256 last = list.length - 1;
        for (uint256 i = 0; i < last; ++i) {
            if (FreezeId.unwrap(list[i]) == FreezeId.unwrap(freezeId)) {
                list[i] = list[last];
                break;
            }
        }
        list.pop();
        delete _freezes[freezeId];
        _uncount(freeze.account);
    }

    function _count(address account) private {
        if (++_counts[account] == 1) TOKEN.setPartlyFrozen(account, true);
    }

    function _uncount(address account) private {
        if (--_counts[account] == 0) TOKEN.setPartlyFrozen(account, false);
    }

    // An authority of both programmes acts for the one of the units.
    function _orderingProgramme(
        address account,
        TokenId tokenId
    ) private view returns (ProgrammeId programme) {
        IProgrammes.Account memory stored = PROGRAMMES.accountOf(account);
        if (InstitutionId.unwrap(stored.institution) == 0) revert FreezesAccountUnknown(account);
        programme = tokenId.programmeOf();
        if (PROGRAMMES.hasRole(programme, Roles.AUTHORITY, msg.sender)) return programme;
        programme = stored.programme;
        if (!PROGRAMMES.hasRole(programme, Roles.AUTHORITY, msg.sender)) {
            revert FreezesRoleMissing(programme, Roles.AUTHORITY, msg.sender);
        }
    }

    function _known(FreezeId freezeId) private view returns (Freeze memory freeze) {
        freeze = _freezes[freezeId];
        if (freeze.account == address(0)) revert FreezesUnknown(freezeId);
    }

    function _isLive(uint64 expiresAt) private view returns (bool) {
        return expiresAt == 0 || block.timestamp < expiresAt;
    }
}
