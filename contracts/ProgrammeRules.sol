// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ProgrammeBase} from "./ProgrammeBase.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {ParameterKeys, Recognition, Roles} from "./types/Codes.sol";
import {InstitutionId, ProgrammeId} from "./types/Ids.sol";

/// @title ProgrammeRules: dated parameters, who decides, whom a programme recognises
/// @notice Base of Programmes. What it does and why: interfaces/IProgrammes.sol.
abstract contract ProgrammeRules is ProgrammeBase {
    /// @dev One slot. The latest decision of a parameter is kept apart from the older ones, so that
    /// a reader needs no other slot as long as the latest is in force.
    struct Decision {
        uint64 effectiveAt;
        uint128 value;
        uint64 number;
    }

    /// @dev One slot: what an issue reads of the latest decisions. Each also stands in _latest.
    struct IssueRules {
        uint32 reviewCount;
        uint40 reviewCountFrom;
        uint32 granularityGrams;
        uint40 granularityFrom;
        uint32 carry;
        uint40 carryFrom;
    }

    /// @dev Times from which each is recognised; 0 when it is not.
    struct Recognised {
        uint64 unitsFrom;
        uint64 reviewersFrom;
    }

    mapping(ProgrammeId programme => mapping(bytes32 key => Decision latest)) private _latest;
    mapping(ProgrammeId programme => IssueRules) private _issueRules;
    mapping(ProgrammeId programme => mapping(bytes32 key => mapping(uint64 number => Decision)))
        private _earlier;
    mapping(ProgrammeId programme => mapping(ProgrammeId other => Recognised)) private _recognised;

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
        _keepIssueRule(programme, key, value, from);
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
    function actorIn(
        ProgrammeId programme,
        uint8 role,
        address account
    ) external view returns (bool holds, uint64 pausedSeconds) {
        Programme memory stored = _programmes[programme];
        _requireRunning(programme, stored);
        return (hasRole(programme, role, account), stored.pausedSeconds);
    }

    /// @inheritdoc IProgrammes
    function deciderIn(
        ProgrammeId programme,
        address account
    ) external view returns (Decider memory decider) {
        return _deciderIn(programme, account);
    }

    /// @inheritdoc IProgrammes
    function issueFactsOf(
        ProgrammeId programme,
        address account
    ) external view returns (Decider memory decider, Rules memory rules) {
        decider = _deciderIn(programme, account);
        IssueRules memory latest = _issueRules[programme];
        rules.reviewCount =
            _isReached(latest.reviewCountFrom)
                ? latest.reviewCount
                : uint32(_parameterNow(programme, ParameterKeys.REVIEW_COUNT));
        rules.granularityGrams =
            _isReached(latest.granularityFrom)
                ? latest.granularityGrams
                : uint32(_parameterNow(programme, ParameterKeys.ISSUE_GRANULARITY_GRAMS));
        rules.carry =
            _isReached(latest.carryFrom)
                ? latest.carry
                : uint32(_parameterNow(programme, ParameterKeys.ISSUE_CARRY));
    }

    /// @inheritdoc IProgrammes
    function reviewerIn(
        ProgrammeId programme,
        address account
    ) external view returns (bool accredited, uint32 institution) {
        return _reviewerIn(programme, account);
    }

    /// @inheritdoc IProgrammes
    function namedReviewerIn(
        ProgrammeId programme,
        address account
    ) external view returns (bool accredited, uint32 number, InstitutionId institution) {
        (accredited, number) = _reviewerIn(programme, account);
        institution = _institutions[number];
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

    /// @dev What an issue reads must fit the slot it is read from.
    function _keepIssueRule(
        ProgrammeId programme,
        bytes32 key,
        uint128 value,
        uint64 from
    ) private {
        bool isReviewCount = key == ParameterKeys.REVIEW_COUNT;
        bool isGranularity = key == ParameterKeys.ISSUE_GRANULARITY_GRAMS;
        if (!isReviewCount && !isGranularity && key != ParameterKeys.ISSUE_CARRY) return;
        if (value > type(uint32).max || from > type(uint40).max) {
            revert ProgrammesParameterTooLarge(key, value, from);
        }
        IssueRules storage rules = _issueRules[programme];
        if (isReviewCount) {
            (rules.reviewCount, rules.reviewCountFrom) = (uint32(value), uint40(from));
        } else if (isGranularity) {
            (rules.granularityGrams, rules.granularityFrom) = (uint32(value), uint40(from));
        } else {
            (rules.carry, rules.carryFrom) = (uint32(value), uint40(from));
        }
    }

    function _deciderIn(
        ProgrammeId programme,
        address account
    ) private view returns (Decider memory decider) {
        Programme memory stored = _programmes[programme];
        _requireRunning(programme, stored);
        decider.deciding =
            stored.decidingTier == 0 ? programme : _atTier(programme, stored.decidingTier);
        decider.pausedSeconds = stored.pausedSeconds;
        StoredAccount memory actor = _accounts[account];
        decider.institution = actor.institution;
        decider.holds =
            _isActive(actor.standing) &&
            _isReached(_effectiveAt[decider.deciding][Roles.AUTHORITY][account]);
    }

    function _reviewerIn(
        ProgrammeId programme,
        address account
    ) private view returns (bool accredited, uint32 institution) {
        requireRunning(programme);
        StoredAccount memory stored = _accounts[account];
        institution = stored.institution;
        if (!_isActive(stored.standing)) return (false, institution);
        if (_isReached(_effectiveAt[programme][Roles.REVIEWER][account])) {
            return (true, institution);
        }
        accredited =
            recognises(programme, stored.programme, Recognition.REVIEWERS) &&
            _isReached(_effectiveAt[stored.programme][Roles.REVIEWER][account]);
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

    function _parameterNow(ProgrammeId programme, bytes32 key) private view returns (uint128) {
        return _requireParameter(programme, key, uint64(block.timestamp));
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
}
