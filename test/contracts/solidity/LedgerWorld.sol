// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICertificate} from "../../../contracts/interfaces/ICertificate.sol";
import {ICorrections} from "../../../contracts/interfaces/ICorrections.sol";
import {IReductionToken} from "../../../contracts/interfaces/IReductionToken.sol";
import {RecordIds} from "../../../contracts/libraries/RecordIds.sol";
import {ActKind, CertificateState, ParameterKeys, Roles} from "../../../contracts/types/Codes.sol";
import {ActId, CertificateId, FreezeId, RetirementId} from "../../../contracts/types/Ids.sol";
import {TokenId} from "../../../contracts/types/Ids.sol";
import {Acting, Agreeable} from "./Acting.sol";
import {Registry} from "./Registry.sol";

/// @dev What holders, operator and authority do with units: issue, move, retire, certify, void,
/// force, freeze, suspend, pause.
abstract contract LedgerWorld is Registry, Acting {
    struct Retired {
        RetirementId id;
        address holder;
        uint64 grams;
    }

    struct Certified {
        CertificateId id;
        address holder;
        uint64 emittedGrams;
        RetirementId[] retirements;
        bytes32 content;
    }

    uint256 internal constant HOLDERS = 5;
    uint256 private constant MOST_IDS = 6;
    uint256 private constant MOST_RECORDS = 24;
    uint8 private constant PURPOSE = 3;

    TokenId[] internal _issuedIds;
    bool internal _isPaused;
    bytes32 private _digestAtPause;
    uint256 internal _now = 1_767_225_600;
    Agreeable internal immutable BUYER;

    Retired[] private _retirements;
    mapping(RetirementId retirementId => bool) private _isKnown;
    mapping(RetirementId retirementId => uint256 indexPlusOne) private _places;
    mapping(TokenId tokenId => uint64 serial) private _nextSerial;
    Certified[] private _certificates;
    ActId[] private _voids;
    FreezeId[] private _freezes;
    uint256 private _contents;

    constructor() {
        // Not where it is declared: the registry's contracts must be this contract's first creations.
        BUYER = new Agreeable();
        for (uint256 i = 1; i < HOLDERS; ++i) _join(_holder(i), bytes32(i), 0);
        _set(ParameterKeys.ACT_SECONDS, 30 days);
        _tryToIssue(5_000_000);
        _tryToIssue(7_000_500);
    }

    /// @dev A world's own actions begin where these end.
    uint256 internal constant LEDGER_ACTIONS = 15;

    function _actOnLedger(uint256 action, uint256 seed) internal returns (bool) {
        if (action == 0) return _tryToIssue(uint128(1_000 + ((seed >> 8) % (1 << 40))));
        if (action < 3) return _move(seed);
        if (action == 3) return _retire(seed);
        if (action == 4) return _retireBatch(seed);
        if (action == 5) return _certify(seed);
        if (action == 6) return _retireAndCertify(seed);
        if (action == 7) return _replace(seed);
        if (action == 8) return _void(seed);
        if (action == 9) return _reissue(seed);
        if (action == 10) return _force(seed);
        if (action == 11) return _freezeAccount(seed);
        if (action == 12) return _freezeSome(seed);
        if (action == 13) return _suspend(seed);
        return _pause(seed);
    }

    function _check() internal view virtual override {
        for (uint256 i = 0; i < _issuedIds.length; ++i) _checkId(_issuedIds[i]);
        for (uint256 i = 0; i < _certificates.length; ++i) _checkCertificate(_certificates[i]);
        if (_isPaused) _require(_digest() == _digestAtPause, "moved while paused");
    }

    /// @dev Everything of the programme that a pause stops.
    function _digest() internal view virtual returns (bytes32 digest) {
        digest = keccak256(abi.encode(issuance.requestCount(), _retirements.length));
        for (uint256 i = 0; i < _issuedIds.length; ++i) {
            TokenId tokenId = _issuedIds[i];
            (, , uint64 issued, uint64 retired, uint64 void) = token.supplyOf(tokenId);
            digest = keccak256(abi.encode(digest, issued, retired, void));
            for (uint256 k = 0; k < HOLDERS; ++k) {
                digest = keccak256(abi.encode(digest, _balance(_holder(k), tokenId)));
            }
        }
        return keccak256(abi.encode(digest, _certificates.length));
    }

    function _checkId(TokenId tokenId) internal view virtual {
        (, , uint64 issued, uint64 retired, uint64 void) = token.supplyOf(tokenId);
        uint256 held = 0;
        for (uint256 k = 0; k < HOLDERS; ++k) held += _balance(_holder(k), tokenId);
        _require(held + _elsewhere(tokenId) + retired + void == issued, "grams lost or made");
        _require(retired == _nextSerial[tokenId], "serials differ from retirements");
    }

    /// @dev Grams of an id that no holder holds.
    function _elsewhere(TokenId tokenId) internal view virtual returns (uint256);

    /// @dev Covered by retirements of its holder, each of them used and by no other certificate.
    function _checkCertificate(Certified storage certificate_) private view {
        (address holder, , , uint8 state, uint64 grams, , ) = certificate.certificateOf(
            certificate_.id
        );
        _require(holder == certificate_.holder, "a certificate moved");
        uint64 covered = 0;
        for (uint256 i = 0; i < certificate_.retirements.length; ++i) {
            RetirementId retirementId = certificate_.retirements[i];
            Retired storage retired = _retirements[_places[retirementId] - 1];
            _require(retired.holder == holder, "another's retirement");
            _require(token.isConsumed(retirementId), "a retirement not used");
            covered += retired.grams;
            if (state == CertificateState.REPLACED) continue;
            _require(_usesOf(retirementId) == 1, "a retirement claimed twice");
        }
        _require(covered == grams && grams >= certificate_.emittedGrams, "not covered");
    }

    /// @dev In how many certificates that are not replaced a retirement stands.
    function _usesOf(RetirementId retirementId) private view returns (uint256 uses) {
        for (uint256 i = 0; i < _certificates.length; ++i) {
            Certified storage one = _certificates[i];
            (, , , uint8 state, , , ) = certificate.certificateOf(one.id);
            if (state == CertificateState.REPLACED) continue;
            for (uint256 k = 0; k < one.retirements.length; ++k) {
                if (RetirementId.unwrap(one.retirements[k]) == RetirementId.unwrap(retirementId)) {
                    ++uses;
                }
            }
        }
    }

    function _tryToIssue(uint128 milligrams) private returns (bool) {
        if (_issuedIds.length == MOST_IDS || _isPaused) return false;
        if (token.standingOf(OWNER) != 1) return false;
        uint32 day = FIRST_DAY + uint32(_issuedIds.length);
        _issuedIds.push(_issued(day, day + 1, milligrams));
        return true;
    }

    function _move(uint256 seed) private returns (bool) {
        (address from, TokenId tokenId, uint64 grams) = _pick(seed);
        uint256 id = TokenId.unwrap(tokenId);
        VM.prank(from);
        try token.safeTransferFrom(from, _holder(seed >> 96), id, grams, "") {
            return grams > 0;
        } catch {
            return false;
        }
    }

    function _retire(uint256 seed) private returns (bool) {
        if (_retirements.length == MOST_RECORDS) return false;
        (address from, TokenId tokenId, uint64 grams) = _pick(seed);
        bytes32 content = _content();
        VM.prank(from);
        try token.retire(tokenId, grams, PURPOSE, content) returns (RetirementId retirementId) {
            _note(retirementId, from, tokenId, grams, content);
            return true;
        } catch {
            return false;
        }
    }

    function _retireBatch(uint256 seed) private returns (bool) {
        if (_retirements.length == MOST_RECORDS) return false;
        (address from, TokenId first, uint64 grams) = _pick(seed);
        TokenId second = _issuedIds[(seed >> 160) % _issuedIds.length];
        IReductionToken.Line[] memory lines = new IReductionToken.Line[](2);
        lines[0] = IReductionToken.Line(first, grams / 2 + 1, 0);
        lines[1] = IReductionToken.Line(second, 1, "beneficiary");
        bytes32 content = _content();
        VM.prank(from);
        try token.retireBatch(lines, PURPOSE, content) returns (RetirementId retirementId) {
            IReductionToken.RetiredLine[] memory took = new IReductionToken.RetiredLine[](2);
            for (uint256 i = 0; i < 2; ++i) {
                uint64 serial = _nextSerial[lines[i].tokenId];
                uint64 end = serial + lines[i].grams;
                took[i] = IReductionToken.RetiredLine(
                    lines[i].tokenId,
                    serial,
                    end,
                    lines[i].beneficiary
                );
                _nextSerial[lines[i].tokenId] = end;
            }
            _claim(
                _same(retirementId, RecordIds.batch(from, PURPOSE, content, took)),
                "serials of a batch"
            );
            _remember(retirementId, from, lines[0].grams + lines[1].grams);
            return true;
        } catch {
            return false;
        }
    }

    function _certify(uint256 seed) private returns (bool) {
        if (_retirements.length == 0 || _certificates.length == MOST_RECORDS) return false;
        Retired storage retired = _retirements[seed % _retirements.length];
        RetirementId[] memory list = new RetirementId[](1);
        list[0] = retired.id;
        // More than was retired in one of four cases, which must fail.
        uint64 emitted = retired.grams + ((seed >> 32) % 4 == 0 ? 1 : 0);
        return _makeCertificate(retired.holder, list, emitted, _none());
    }

    function _retireAndCertify(uint256 seed) private returns (bool) {
        if (_retirements.length == MOST_RECORDS || _certificates.length == MOST_RECORDS) {
            return false;
        }
        (address from, TokenId tokenId, uint64 grams) = _pick(seed);
        bytes32 content = _content();
        VM.prank(from);
        try
            certificate.retireAndCertify(tokenId, grams, PURPOSE, content, grams, 1, content)
        returns (CertificateId certificateId, RetirementId retirementId) {
            _note(retirementId, from, tokenId, grams, content);
            RetirementId[] memory list = new RetirementId[](1);
            list[0] = retirementId;
            _noteCertificate(certificateId, from, list, grams, content);
            return true;
        } catch {
            return false;
        }
    }

    /// @dev Revokes one and makes another of the same retirements. The revoked one alone would
    /// leave them used for ever.
    function _replace(uint256 seed) private returns (bool) {
        if (_certificates.length == 0 || _certificates.length == MOST_RECORDS) return false;
        Certified storage old = _certificates[seed % _certificates.length];
        VM.prank(AUTHORITY);
        try certificate.revoke(old.id, "document") {} catch {}
        ICertificate.Opening memory opening = ICertificate.Opening(old.content, old.retirements);
        return _makeCertificate(old.holder, old.retirements, old.emittedGrams, opening);
    }

    function _makeCertificate(
        address holder,
        RetirementId[] memory list,
        uint64 emitted,
        ICertificate.Opening memory replaces
    ) private returns (bool) {
        bytes32 content = _content();
        VM.prank(holder);
        try certificate.certify(list, emitted, 1, content, replaces) returns (CertificateId id) {
            _noteCertificate(id, holder, list, emitted, content);
            return true;
        } catch {
            return false;
        }
    }

    function _void(uint256 seed) private returns (bool) {
        (address from, TokenId tokenId, uint64 grams) = _pick(seed);
        ICorrections.Act memory act;
        act.kind = ActKind.VOID;
        act.from = from;
        act.tokenId = tokenId;
        act.grams = grams;
        (bool done, ActId actId) = _correct(act);
        if (done) _voids.push(actId);
        return done;
    }

    function _reissue(uint256 seed) private returns (bool) {
        if (_voids.length == 0) return false;
        ActId voidAct = _voids[seed % _voids.length];
        ICorrections.Act memory voided = corrections.actOf(voidAct).act;
        ICorrections.Act memory act;
        act.kind = ActKind.REISSUE;
        act.to = _holder(seed >> 64);
        act.tokenId = voided.tokenId;
        act.grams = uint64(1 + ((seed >> 96) % voided.grams));
        act.voidAct = voidAct;
        (bool done, ) = _correct(act);
        return done;
    }

    function _force(uint256 seed) private returns (bool) {
        (address from, TokenId tokenId, uint64 grams) = _pick(seed);
        ICorrections.Act memory act;
        act.kind = ActKind.JUDICIAL;
        act.from = from;
        act.to = _holder(seed >> 96);
        act.tokenId = tokenId;
        act.grams = grams;
        (bool done, ) = _correct(act);
        return done;
    }

    function _correct(ICorrections.Act memory act) private returns (bool, ActId actId) {
        act.document = "document";
        VM.prank(OPERATOR);
        try corrections.propose(act) returns (ActId proposed) {
            actId = proposed;
        } catch {
            return (false, actId);
        }
        VM.prank(AUTHORITY);
        try corrections.approve(actId, "document") {
            return (true, actId);
        } catch {
            return (false, actId);
        }
    }

    function _freezeAccount(uint256 seed) private returns (bool) {
        address account = _holder(seed >> 8);
        VM.prank(AUTHORITY);
        // Twice as often thawed, so that most of a walk moves something.
        if (seed % 3 == 0) {
            try programmes.freezeAccount(PROGRAMME, account, 0) {
                return true;
            } catch {
                return false;
            }
        }
        try programmes.unfreezeAccount(PROGRAMME, account, 0) {
            return true;
        } catch {
            return false;
        }
    }

    function _freezeSome(uint256 seed) private returns (bool) {
        if (seed % 2 == 0 && _freezes.length > 0) {
            FreezeId freezeId = _freezes[(seed >> 8) % _freezes.length];
            VM.prank(AUTHORITY);
            try freezes.lift(freezeId, "document") {} catch {}
            return false;
        }
        (address account, TokenId tokenId, uint64 grams) = _pick(seed);
        VM.prank(AUTHORITY);
        try freezes.freezeGrams(account, tokenId, grams, "number", uint64(_now + 30 days)) returns (
            FreezeId freezeId
        ) {
            _freezes.push(freezeId);
            return true;
        } catch {
            return false;
        }
    }

    function _suspend(uint256 seed) private returns (bool) {
        TokenId tokenId = _issuedIds[(seed >> 8) % _issuedIds.length];
        VM.prank(AUTHORITY);
        if (seed % 3 == 0) {
            try issuance.suspendToken(tokenId, 0) {
                return true;
            } catch {
                return false;
            }
        }
        try issuance.resumeToken(tokenId, 0) {
            return true;
        } catch {
            return false;
        }
    }

    function _pause(uint256 seed) private returns (bool) {
        // Pauses are short, so that most of a walk moves something.
        bool pause = seed % 4 == 0;
        if (pause == _isPaused) return false;
        VM.prank(AUTHORITY);
        if (pause) programmes.pauseProgramme(PROGRAMME, 0);
        else programmes.resumeProgramme(PROGRAMME, 0);
        _isPaused = pause;
        if (pause) _digestAtPause = _digest();
        return true;
    }

    function _note(
        RetirementId retirementId,
        address holder,
        TokenId tokenId,
        uint64 grams,
        bytes32 content
    ) internal {
        uint64 serial = _nextSerial[tokenId];
        uint64 end = serial + grams;
        _nextSerial[tokenId] = end;
        _claim(
            _same(
                retirementId,
                RecordIds.retirement(holder, PURPOSE, content, tokenId, serial, end)
            ),
            "serials of a retirement"
        );
        _remember(retirementId, holder, grams);
    }

    function _remember(RetirementId retirementId, address holder, uint64 grams) private {
        _claim(!_isKnown[retirementId], "a retirement twice");
        _isKnown[retirementId] = true;
        _retirements.push(Retired(retirementId, holder, grams));
        _places[retirementId] = _retirements.length;
    }

    function _noteCertificate(
        CertificateId certificateId,
        address holder,
        RetirementId[] memory list,
        uint64 emitted,
        bytes32 content
    ) private {
        Certified storage made = _certificates.push();
        made.id = certificateId;
        made.holder = holder;
        made.emittedGrams = emitted;
        made.retirements = list;
        made.content = content;
    }

    function _content() internal returns (bytes32) {
        return bytes32(++_contents);
    }

    /// @dev A holder, an id, and grams of which it may hold one too few.
    function _pick(uint256 seed) internal view returns (address, TokenId, uint64) {
        address holder = _holder(seed);
        TokenId tokenId = _issuedIds[(seed >> 32) % _issuedIds.length];
        uint256 balance = _balance(holder, tokenId);
        // A quarter at most, so that a walk does not run dry.
        return (holder, tokenId, uint64(bound(seed >> 64, 1, balance / 4 + 1)));
    }

    function _holder(uint256 i) internal view returns (address) {
        i = i % HOLDERS;
        return i == 4 ? address(BUYER) : address(uint160(uint160(OWNER) + i));
    }

    function _balance(address account, TokenId tokenId) internal view returns (uint256) {
        return token.balanceOf(account, TokenId.unwrap(tokenId));
    }

    function _same(RetirementId a, RetirementId b) private pure returns (bool) {
        return RetirementId.unwrap(a) == RetirementId.unwrap(b);
    }

    function _none() private pure returns (ICertificate.Opening memory) {
        return ICertificate.Opening(0, new RetirementId[](0));
    }
}
