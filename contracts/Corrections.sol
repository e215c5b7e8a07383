// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICorrections} from "./interfaces/ICorrections.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {TokenIds} from "./libraries/TokenIds.sol";
import {ActKind, ActState, ParameterKeys, Roles} from "./types/Codes.sol";
import {ActId, InstitutionId, ProgrammeId, TokenId} from "./types/Ids.sol";

/// @title Corrections
/// @notice What it does and why: interfaces/ICorrections.sol.
contract Corrections is ICorrections {
    using TokenIds for TokenId;

    // The longest that surely fits the record together with any clock.
    uint128 private constant MOST_ACT_SECONDS = 3650 days;

    IProgrammes private immutable PROGRAMMES;
    IReductionToken private immutable TOKEN;

    uint64 private _lastNumber;
    mapping(ActId actId => Record) private _records;

    constructor(IProgrammes programmes, IReductionToken token) {
        PROGRAMMES = programmes;
        TOKEN = token;
    }

    /// @inheritdoc ICorrections
    function propose(Act calldata act) external returns (ActId actId) {
        _requireFields(act);
        ProgrammeId programme = act.tokenId.programmeOf();
        _requireRole(programme, Roles.OPERATOR, msg.sender);
        PROGRAMMES.requireRunning(programme);
        _requireParties(act);
        _requireUnits(act);

        uint64 number = ++_lastNumber;
        actId = ActId.wrap(keccak256(abi.encode(number, act)));
        Record storage record = _records[actId];
        uint40 expiresAt = _expiry(programme);
        record.proposer = msg.sender;
        record.state = ActState.PROPOSED;
        record.expiresAt = expiresAt;
        record.pausedSeconds = uint40(PROGRAMMES.pausedSecondsOf(programme));
        record.act = act;
        emit ActProposed(actId, programme, msg.sender, number, expiresAt, act);
    }

    /// @inheritdoc ICorrections
    function approve(ActId actId, bytes32 document) external {
        Record storage record = _proposed(actId);
        Act memory act = record.act;
        ProgrammeId programme = act.tokenId.programmeOf();
        PROGRAMMES.requireRunning(programme);
        _requireDecider(programme, record.proposer, act);
        _requireRole(programme, Roles.OPERATOR, record.proposer);
        if (_isOver(programme, record)) revert CorrectionsExpired(actId, record.expiresAt);
        if (document == 0) revert CorrectionsDocumentZero();
        record.state = ActState.EXECUTED;
        emit ActExecuted(actId, msg.sender, document);
        _execute(actId, act);
    }

    /// @inheritdoc ICorrections
    function reject(ActId actId, bytes32 document) external {
        Record storage record = _proposed(actId);
        Act memory act = record.act;
        ProgrammeId programme = act.tokenId.programmeOf();
        PROGRAMMES.requireRunning(programme);
        _requireDecider(programme, record.proposer, act);
        if (document == 0) revert CorrectionsDocumentZero();
        record.state = ActState.REJECTED;
        emit ActRejected(actId, msg.sender, document);
    }

    /// @inheritdoc ICorrections
    function withdraw(ActId actId) external {
        Record storage record = _proposed(actId);
        ProgrammeId programme = record.act.tokenId.programmeOf();
        PROGRAMMES.requireRunning(programme);
        if (msg.sender != record.proposer) _requireRole(programme, Roles.OPERATOR, msg.sender);
        record.state = ActState.WITHDRAWN;
        emit ActWithdrawn(actId, msg.sender);
    }

    /// @inheritdoc ICorrections
    function actOf(ActId actId) external view returns (Record memory) {
        return _records[actId];
    }

    /// @inheritdoc ICorrections
    function isExpired(ActId actId) external view returns (bool) {
        Record storage record = _known(actId);
        if (record.state != ActState.PROPOSED) return false;
        return _isOver(record.act.tokenId.programmeOf(), record);
    }

    /// @inheritdoc ICorrections
    function actCount() external view returns (uint64) {
        return _lastNumber;
    }

    // The state is written before, and one revert undoes the whole act.
    function _execute(ActId actId, Act memory act) private {
        bytes32 reason = ActId.unwrap(actId);
        if (act.kind == ActKind.VOID) {
            TOKEN.voidGrams(act.from, act.tokenId, act.grams, reason);
        } else if (act.kind == ActKind.REISSUE) {
            _requireLeft(act);
            _records[act.voidAct].reissuedGrams += act.grams;
            TOKEN.reissue(act.to, act.tokenId, act.grams, reason);
        } else if (act.kind == ActKind.REPLACE) {
            TOKEN.voidGrams(act.from, act.tokenId, act.grams, reason);
            TOKEN.forceTransfer(act.liable, act.from, act.replacement, act.grams, reason);
        } else {
            TOKEN.forceTransfer(act.from, act.to, act.tokenId, act.grams, reason);
        }
    }

    function _expiry(ProgrammeId programme) private view returns (uint40) {
        uint64 time = uint64(block.timestamp);
        uint128 actSeconds = PROGRAMMES.parameterAt(programme, ParameterKeys.ACT_SECONDS, time);
        if (actSeconds == 0 || actSeconds > MOST_ACT_SECONDS) {
            revert CorrectionsExpirySeconds(actSeconds);
        }
        return uint40(time + actSeconds);
    }

    // Law 5: neither who proposes nor who gains or loses decides.
    function _requireDecider(ProgrammeId programme, address proposer, Act memory act) private view {
        _requireRole(programme, Roles.AUTHORITY, msg.sender);
        InstitutionId institution = PROGRAMMES.institutionOf(msg.sender);
        _requireApart(institution, proposer);
        _requireApart(institution, act.from);
        _requireApart(institution, act.to);
        _requireApart(institution, act.liable);
    }

    function _requireApart(InstitutionId institution, address party) private view {
        if (party != address(0) && PROGRAMMES.institutionOf(party) == institution) {
            revert CorrectionsSameInstitution(institution, msg.sender, party);
        }
    }

    function _requireRole(ProgrammeId programme, uint8 role, address account) private view {
        if (!PROGRAMMES.hasRole(programme, role, account)) {
            revert CorrectionsRoleMissing(programme, role, account);
        }
    }

    function _requireParties(Act calldata act) private view {
        _requireParty(act.from);
        _requireParty(act.to);
        _requireParty(act.liable);
        if (
            act.kind == ActKind.LOST_KEY &&
            PROGRAMMES.institutionOf(act.from) != PROGRAMMES.institutionOf(act.to)
        ) revert CorrectionsOtherInstitution(act.from, act.to);
    }

    // Escrow, pledge and pool are contracts without an institution, so they are refused here too.
    function _requireParty(address party) private view {
        if (party == address(0)) return;
        if (InstitutionId.unwrap(PROGRAMMES.institutionOf(party)) == 0) {
            revert CorrectionsPartyUnknown(party);
        }
    }

    function _requireUnits(Act calldata act) private view {
        (bool exists, , , , ) = TOKEN.supplyOf(act.tokenId);
        if (!exists) revert CorrectionsTokenUnknown(act.tokenId);
        if (act.kind == ActKind.REISSUE) {
            _requireLeft(act);
            return;
        }
        _requireBalance(act.from, act.tokenId, act.grams);
        if (act.kind != ActKind.REPLACE) return;
        bool same = TokenId.unwrap(act.replacement) == TokenId.unwrap(act.tokenId);
        if (same || act.replacement.programmeOf() != act.tokenId.programmeOf()) {
            revert CorrectionsReplacement(act.tokenId, act.replacement);
        }
        _requireBalance(act.liable, act.replacement, act.grams);
    }

    function _requireBalance(address account, TokenId tokenId, uint64 grams) private view {
        uint256 heldGrams = TOKEN.balanceOf(account, TokenId.unwrap(tokenId));
        if (heldGrams < grams) revert CorrectionsBalance(account, tokenId, heldGrams, grams);
    }

    // Only what an act voided comes back, never what DoubleCount voided.
    function _requireLeft(Act memory act) private view {
        Record storage record = _records[act.voidAct];
        uint8 kind = record.act.kind;
        if (
            record.state != ActState.EXECUTED ||
            (kind != ActKind.VOID && kind != ActKind.REPLACE) ||
            TokenId.unwrap(record.act.tokenId) != TokenId.unwrap(act.tokenId)
        ) revert CorrectionsNotVoided(act.voidAct, act.tokenId);
        uint64 leftGrams = record.act.grams - record.reissuedGrams;
        if (act.grams > leftGrams) {
            revert CorrectionsAboveVoided(act.voidAct, act.grams, leftGrams);
        }
    }

    function _proposed(ActId actId) private view returns (Record storage record) {
        record = _known(actId);
        if (record.state != ActState.PROPOSED) revert CorrectionsState(actId, record.state);
    }

    function _known(ActId actId) private view returns (Record storage record) {
        record = _records[actId];
        if (record.proposer == address(0)) revert CorrectionsUnknown(actId);
    }

    function _isOver(ProgrammeId programme, Record storage record) private view returns (bool) {
        uint256 pausedSince = PROGRAMMES.pausedSecondsOf(programme) - record.pausedSeconds;
        return block.timestamp >= record.expiresAt + pausedSince;
    }

    // A field that the kind does not use would say something that never happens.
    function _requireFields(Act calldata act) private pure {
        uint8 kind = act.kind;
        if (kind < ActKind.JUDICIAL || kind > ActKind.REPLACE) revert CorrectionsKind(kind);
        bool replaces = kind == ActKind.REPLACE;
        bool reissues = kind == ActKind.REISSUE;
        bool moves = kind <= ActKind.LOST_KEY;
        if (
            (act.from == address(0)) != reissues ||
            (act.to != address(0)) != (moves || reissues) ||
            (act.liable != address(0)) != replaces ||
            (TokenId.unwrap(act.replacement) != 0) != replaces ||
            (ActId.unwrap(act.voidAct) != 0) != reissues ||
            (moves && act.from == act.to) ||
            (replaces && act.from == act.liable)
        ) revert CorrectionsFields(kind);
        if (act.grams == 0) revert CorrectionsGramsZero();
        if (act.document == 0) revert CorrectionsDocumentZero();
    }
}
