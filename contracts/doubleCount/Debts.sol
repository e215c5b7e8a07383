// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDoubleCount} from "../interfaces/IDoubleCount.sol";
import {IIssuance} from "../interfaces/IIssuance.sol";
import {IProgrammes} from "../interfaces/IProgrammes.sol";
import {TokenIds} from "../libraries/TokenIds.sol";
import {IdState, ParameterKeys, Standing} from "../types/Codes.sol";
import {InstitutionId, ProgrammeId, RequestId, TokenId} from "../types/Ids.sol";
import {DoubleCountBase} from "./DoubleCountBase.sol";

/// @title Debts: what parties owe for units that should not have been issued
/// @dev Whatever changes a debt settles it afterwards: freezes then stand for just what is
/// outstanding, so that they cannot disagree with the debt.
abstract contract Debts is DoubleCountBase {
    using TokenIds for TokenId;

    /// @notice Accounts that can be frozen for one debt; operators open them, so this bounds gas.
    uint256 public constant MOST_ACCOUNTS = 32;
    uint256 private constant MILLIGRAMS_PER_GRAM = 1000;
    uint40 private constant REMEDY_SECONDS = 30 days;

    mapping(RequestId requestId => Debt) private _debts;
    mapping(RequestId requestId => address[] accounts) private _accounts;
    mapping(TokenId tokenId => bool disputed) private _disputed;
    mapping(ProgrammeId programme => mapping(InstitutionId institution => uint64 debts))
        private _openDebts;

    /// @inheritdoc IDoubleCount
    function freeze(RequestId requestId, address account) external {
        Debt storage debt = _requireOpen(requestId);
        _requireLiable(requestId, debt, account);
        if (_heldBy(account, debt.tokenId) != 0) _addAccount(requestId, account);
        _settle(requestId, debt);
    }

    /// @inheritdoc IDoubleCount
    function voidFrozen(RequestId requestId, bytes32 document) external {
        Debt storage debt = _requireOpen(requestId);
        _requireDecider(debt);
        emit DebtVoidDecided(requestId, msg.sender, document);
        _voidFrozen(requestId, debt);
        _settle(requestId, debt);
    }

    /// @inheritdoc IDoubleCount
    function allowReplacement(
        RequestId requestId,
        uint40 replacementSeconds,
        bytes32 document
    ) external {
        Debt storage debt = _requireOpen(requestId);
        _requireDecider(debt);
        if (debt.replacing) revert DoubleCountReplacing(requestId);
        uint40 time = _runningSeconds(debt.tokenId.programmeOf());
        if (time >= debt.deadline) revert DoubleCountDebtDeadline(requestId, debt.deadline, time);
        if (replacementSeconds > MOST_SECONDS) {
            revert DoubleCountReplacementSeconds(replacementSeconds, MOST_SECONDS);
        }
        debt.replacing = true;
        debt.deadline = time + replacementSeconds;
        emit DebtReplacementAllowed(requestId, debt.deadline, document);
    }

    /// @inheritdoc IDoubleCount
    function repay(RequestId requestId, TokenId tokenId, uint64 grams) external {
        Debt storage debt = _requireOpen(requestId);
        PROGRAMMES.requireRunning(debt.tokenId.programmeOf());
        _requireLiable(requestId, debt, msg.sender);
        _requireServes(debt, tokenId);
        uint64 outstanding = _outstandingOf(debt);
        if (grams == 0 || grams > outstanding) revert DoubleCountGrams(grams, outstanding);
        _requireFree(requestId, debt, tokenId, grams);
        debt.repaidGrams += grams;
        emit DebtRepaid(requestId, msg.sender, tokenId, grams);
        TOKEN.voidGrams(msg.sender, tokenId, grams, _reasonOf(requestId));
        _settle(requestId, debt);
    }

    /// @inheritdoc IDoubleCount
    function enforce(RequestId requestId) external {
        Debt storage debt = _requireOpen(requestId);
        PROGRAMMES.requireRunning(debt.tokenId.programmeOf());
        uint40 time = _runningSeconds(debt.tokenId.programmeOf());
        if (time < debt.deadline) revert DoubleCountDebtDeadline(requestId, debt.deadline, time);
        _voidFrozen(requestId, debt);
        _settle(requestId, debt);
    }

    /// @inheritdoc IDoubleCount
    function isDisputed(TokenId tokenId) external view returns (bool) {
        return _disputed[tokenId];
    }

    /// @inheritdoc IDoubleCount
    function debtOf(
        RequestId requestId
    ) external view returns (Debt memory debt, uint64 owedGrams, uint64 outstandingGrams) {
        Debt storage stored = _debts[requestId];
        return (stored, _owedOf(stored), _outstandingOf(stored));
    }

    /// @inheritdoc IDoubleCount
    function debtAccountsOf(RequestId requestId) external view returns (address[] memory) {
        return _accounts[requestId];
    }

    /// @inheritdoc IDoubleCount
    function openDebtsOf(
        ProgrammeId programme,
        InstitutionId institution
    ) external view returns (uint64) {
        return _openDebts[programme][institution];
    }

    /// @dev Adds milligrams, or everything that was issued, to what is owed for an issued request.
    function _owe(
        RequestId requestId,
        address applicant,
        IIssuance.Proposal calldata proposal,
        uint64 milligrams,
        bool whole
    ) internal {
        Debt storage debt = _debts[requestId];
        if (debt.owner == address(0)) {
            debt.tokenId = _issuanceOf(requestId).tokenIdOf(proposal);
            debt.owner = SOURCES.sourceOf(proposal.sourceId).owner;
            _addAccount(requestId, debt.owner);
            debt.applicant = applicant;
            _addAccount(requestId, applicant);
        }
        if (whole) debt.whole = true;
        else debt.milligrams += milligrams;
        // A debt that grows after its deadline is a new matter to decide.
        if (!debt.open || _runningSeconds(debt.tokenId.programmeOf()) >= debt.deadline) {
            debt.deadline = _deadline(
                debt.tokenId.programmeOf(),
                ParameterKeys.REMEDY_SECONDS,
                REMEDY_SECONDS
            );
            debt.replacing = false;
        }
        _settle(requestId, debt);
    }

    /// @dev Takes milligrams off an open debt; answers whether there was one.
    function _forgive(RequestId requestId, uint64 milligrams) internal returns (bool) {
        Debt storage debt = _debts[requestId];
        if (!debt.open) return false;
        debt.milligrams -= milligrams;
        _settle(requestId, debt);
        return true;
    }

    function _isOwedWhole(RequestId requestId) internal view override returns (bool) {
        return _debts[requestId].whole;
    }

    function _voidFrozen(RequestId requestId, Debt storage debt) private {
        TokenId tokenId = debt.tokenId;
        address[] storage accounts = _accounts[requestId];
        uint64 left = _outstandingOf(debt);
        for (uint256 i = 0; i < accounts.length; ++i) {
            address account = accounts[i];
            uint64 grams = FREEZES.debtOf(account, tokenId, requestId);
            grams = _least(grams, _least(left, _heldBy(account, tokenId)));
            if (grams == 0) continue;
            left -= grams;
            debt.voidedGrams += grams;
            emit DebtVoided(requestId, account, grams);
            TOKEN.voidGrams(account, tokenId, grams, _reasonOf(requestId));
        }
    }

    function _settle(RequestId requestId, Debt storage debt) private {
        uint64 owed = _owedOf(debt);
        uint64 left = _outstandingOf(debt);
        emit DebtChanged(
            requestId,
            debt.tokenId,
            owed,
            left,
            debt.milligrams,
            debt.whole,
            debt.deadline
        );
        if (debt.open != (left != 0)) _setOpen(requestId, debt, left != 0);
        TokenId tokenId = debt.tokenId;
        address[] storage accounts = _accounts[requestId];
        for (uint256 i = 0; i < accounts.length; ++i) {
            address account = accounts[i];
            uint64 grams = _least(left, _heldBy(account, tokenId));
            left -= grams;
            uint64 frozen = FREEZES.debtOf(account, tokenId, requestId);
            if (grams < frozen) {
                FREEZES.liftForDebt(account, tokenId, requestId);
                frozen = 0;
            }
            if (grams > frozen) {
                FREEZES.freezeForDebt(account, tokenId, grams - frozen, requestId);
            }
        }
    }

    function _setOpen(RequestId requestId, Debt storage debt, bool open) private {
        debt.open = open;
        _disputed[debt.tokenId] = open;
        if (!open) emit DebtClosed(requestId);
        (InstitutionId ofApplicant, InstitutionId ofOwner) = _liable(debt);
        _count(debt.tokenId.programmeOf(), ofApplicant, open);
        if (ofOwner != ofApplicant) _count(debt.tokenId.programmeOf(), ofOwner, open);
    }

    function _count(ProgrammeId programme, InstitutionId institution, bool opened) private {
        // The pool of personal accounts owns units without being an institution.
        if (InstitutionId.unwrap(institution) == 0) return;
        uint64 before = _openDebts[programme][institution];
        _openDebts[programme][institution] = opened ? before + 1 : before - 1;
        if (before == 0 || (before == 1 && !opened)) {
            // One list for all versions: a later one asks openDebtsOf before it issues.
            ISSUANCE.setBlocked(programme, institution, opened);
        }
    }

    /// @dev The units of persons in the pool are no party's unsold ones, so the pool, which has no
    /// institution, is never frozen.
    function _addAccount(RequestId requestId, address account) private {
        if (InstitutionId.unwrap(PROGRAMMES.institutionOf(account)) == 0) return;
        address[] storage accounts = _accounts[requestId];
        uint256 count = accounts.length;
        for (uint256 i = 0; i < count; ++i) {
            if (accounts[i] == account) return;
        }
        if (count == MOST_ACCOUNTS) revert DoubleCountAccountsFull(requestId, MOST_ACCOUNTS);
        accounts.push(account);
        emit DebtAccountAdded(requestId, account);
    }

    function _requireOpen(RequestId requestId) private view returns (Debt storage debt) {
        debt = _debts[requestId];
        if (!debt.open) revert DoubleCountNoDebt(requestId);
    }

    function _requireLiable(RequestId requestId, Debt storage debt, address account) private view {
        InstitutionId institution = PROGRAMMES.institutionOf(account);
        (InstitutionId ofApplicant, InstitutionId ofOwner) = _liable(debt);
        if (
            InstitutionId.unwrap(institution) == 0 ||
            (institution != ofApplicant && institution != ofOwner)
        ) revert DoubleCountNotLiable(requestId, account);
    }

    function _requireDecider(Debt storage debt) private view {
        IProgrammes.Decider memory decider = PROGRAMMES.deciderIn(
            debt.tokenId.programmeOf(),
            msg.sender
        );
        if (!decider.holds) revert DoubleCountNotAuthority(decider.deciding, msg.sender);
        InstitutionId own = PROGRAMMES.institutionOf(msg.sender);
        (InstitutionId ofApplicant, InstitutionId ofOwner) = _liable(debt);
        if (own == ofApplicant) {
            revert DoubleCountSameInstitution(own, msg.sender, debt.applicant);
        }
        if (own == ofOwner) revert DoubleCountSameInstitution(own, msg.sender, debt.owner);
    }

    function _liable(
        Debt storage debt
    ) private view returns (InstitutionId ofApplicant, InstitutionId ofOwner) {
        return (PROGRAMMES.institutionOf(debt.applicant), PROGRAMMES.institutionOf(debt.owner));
    }

    /// @dev Voiding passes standing, states and freezes, so they are asked here.
    function _requireServes(Debt storage debt, TokenId tokenId) private view {
        uint8 standing = TOKEN.standingOf(msg.sender);
        if (standing & ~Standing.HAS_PARTIAL_FREEZE != Standing.OPEN) {
            revert DoubleCountStanding(msg.sender, standing);
        }
        if (tokenId.programmeOf() != debt.tokenId.programmeOf()) {
            revert DoubleCountTokenProgramme(tokenId, debt.tokenId.programmeOf());
        }
        if (TokenId.unwrap(tokenId) == TokenId.unwrap(debt.tokenId)) return;
        if (_disputed[tokenId]) revert DoubleCountTokenDisputed(tokenId);
        (, uint8 state, , , ) = TOKEN.supplyOf(tokenId);
        if (state != IdState.ACTIVE) revert DoubleCountTokenState(tokenId, state);
    }

    /// @dev Grams that are frozen for this debt may serve it, others stay where they are.
    function _requireFree(
        RequestId requestId,
        Debt storage debt,
        TokenId tokenId,
        uint64 grams
    ) private view {
        uint256 held = _heldBy(msg.sender, tokenId);
        uint256 frozen = FREEZES.frozenOf(msg.sender, tokenId);
        if (TokenId.unwrap(tokenId) == TokenId.unwrap(debt.tokenId)) {
            frozen -= FREEZES.debtOf(msg.sender, tokenId, requestId);
        }
        uint256 free = held < frozen ? 0 : held - frozen;
        if (grams > free) revert DoubleCountGrams(grams, uint64(free));
    }

    function _owedOf(Debt storage debt) private view returns (uint64) {
        if (!debt.whole && debt.milligrams == 0) return 0;
        (, , uint64 issued, , ) = TOKEN.supplyOf(debt.tokenId);
        if (debt.whole) return issued;
        uint256 grams = (debt.milligrams + MILLIGRAMS_PER_GRAM - 1) / MILLIGRAMS_PER_GRAM;
        return grams < issued ? uint64(grams) : issued;
    }

    function _outstandingOf(Debt storage debt) private view returns (uint64) {
        (uint64 owed, uint64 paid) = (_owedOf(debt), debt.voidedGrams + debt.repaidGrams);
        return paid < owed ? owed - paid : 0;
    }

    function _heldBy(address account, TokenId tokenId) private view returns (uint64) {
        return uint64(TOKEN.balanceOf(account, TokenId.unwrap(tokenId)));
    }

    function _reasonOf(RequestId requestId) private pure returns (bytes32) {
        return bytes32(uint256(RequestId.unwrap(requestId)));
    }

    function _least(uint64 a, uint64 b) private pure returns (uint64) {
        return a < b ? a : b;
    }
}
