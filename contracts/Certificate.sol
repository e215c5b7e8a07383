// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IntentNonces} from "./IntentNonces.sol";
import {ICertificate} from "./interfaces/ICertificate.sol";
import {IDoubleCount} from "./interfaces/IDoubleCount.sol";
import {IERC5192} from "./interfaces/IERC5192.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {RecordIds} from "./libraries/RecordIds.sol";
import {TokenIds} from "./libraries/TokenIds.sol";
import {CertificateKind, CertificateState, ParameterKeys} from "./types/Codes.sol";
import {Recognition, Roles, Standing} from "./types/Codes.sol";
import {CertificateId, ProgrammeId, RetirementId, TokenId} from "./types/Ids.sol";

/// @title Certificate
/// @notice What it does and why: interfaces/ICertificate.sol.
contract Certificate is ICertificate, ERC721, IntentNonces {
    using TokenIds for TokenId;

    /// @dev One slot; the holder is the token's owner, list and content are bound by the id.
    struct Record {
        ProgrammeId programme;
        uint8 kind;
        uint8 state;
        uint64 retiredGrams;
        uint64 emittedGrams;
        uint16 impairments;
    }

    /// @dev What a new certificate is made of, to pass it on in one piece.
    struct Draft {
        CertificateId certificateId;
        address holder;
        ProgrammeId programme;
        uint8 kind;
        uint64 retiredGrams;
        uint64 emittedGrams;
        bytes32 content;
        CertificateId replaces;
    }

    /// @notice Retirements a certificate can consume.
    uint256 public constant MOST_RETIREMENTS = 50;

    bytes32 private constant CERTIFY_INTENT_TYPEHASH = keccak256(
        "CertifyIntent(address holder,address delegate,bytes32[] retirements,"
        "uint64 emittedGrams,uint8 kind,bytes32 content,uint256 replaces,uint256 nonce,"
        "uint64 deadline)"
    );

    IReductionToken private immutable TOKEN;
    IProgrammes private immutable PROGRAMMES;
    IDoubleCount private immutable DOUBLE_COUNT;

    mapping(CertificateId certificateId => Record) private _records;
    mapping(CertificateId certificateId => mapping(TokenId tokenId => bool)) private _impairedBy;

    constructor(
        IReductionToken reductionToken,
        IProgrammes programmes,
        IDoubleCount doubleCount
    ) ERC721("Tanpu Certificate", "TANPU-C") EIP712("Tanpu Certificate", "1") {
        TOKEN = reductionToken;
        PROGRAMMES = programmes;
        DOUBLE_COUNT = doubleCount;
    }

    /// @inheritdoc ICertificate
    function certify(
        RetirementId[] calldata retirements,
        uint64 emittedGrams,
        uint8 kind,
        bytes32 content,
        Opening calldata replaces
    ) external returns (CertificateId certificateId) {
        return _certify(msg.sender, retirements, emittedGrams, kind, content, replaces);
    }

    /// @inheritdoc ICertificate
    function certifyByIntent(
        CertifyIntent calldata intent,
        Opening calldata replaces,
        bytes calldata signature
    ) external returns (CertificateId certificateId) {
        if (intent.delegate != address(0) && intent.delegate != msg.sender) {
            revert CertificateNotDelegate(intent.delegate, msg.sender);
        }
        CertificateId opened = _replacedId(intent.holder, replaces);
        if (opened != intent.replaces) {
            revert CertificateReplacedMismatch(opened, intent.replaces);
        }
        bytes32 structHash = _hashIntent(intent);
        _useIntent(intent.holder, intent.nonce, intent.deadline, structHash, signature);
        return
            _certify(
                intent.holder,
                intent.retirements,
                intent.emittedGrams,
                intent.kind,
                intent.content,
                replaces
            );
    }

    /// @inheritdoc ICertificate
    function retireAndCertify(
        TokenId tokenId,
        uint64 grams,
        uint8 purpose,
        bytes32 retirementContent,
        uint64 emittedGrams,
        uint8 kind,
        bytes32 content
    ) external returns (CertificateId certificateId, RetirementId retirementId) {
        _requireKind(kind);
        // The token looks at the holder's standing and at pauses.
        retirementId = TOKEN.retireConsumed(msg.sender, tokenId, grams, purpose, retirementContent);
        ProgrammeId programme = tokenId.programmeOf();
        _requirePurpose(_purposesOf(programme), retirementId, purpose);
        RetirementId[] memory retirements = new RetirementId[](1);
        retirements[0] = retirementId;
        certificateId = RecordIds.certificate(msg.sender, retirements, content);
        _make(
            Draft({
                certificateId: certificateId,
                holder: msg.sender,
                programme: programme,
                kind: kind,
                retiredGrams: grams,
                emittedGrams: emittedGrams,
                content: content,
                replaces: CertificateId.wrap(0)
            }),
            retirements
        );
    }

    /// @inheritdoc ICertificate
    function revoke(CertificateId certificateId, bytes32 document) external {
        Record storage record = _known(certificateId);
        if (!PROGRAMMES.hasRole(record.programme, Roles.AUTHORITY, msg.sender)) {
            revert CertificateRoleMissing(record.programme, Roles.AUTHORITY, msg.sender);
        }
        _requireValid(certificateId, record);
        record.state = CertificateState.REVOKED;
        emit CertificateRevoked(certificateId, document);
    }

    /// @inheritdoc ICertificate
    function flagImpaired(
        CertificateId certificateId,
        Opening calldata opening,
        uint256 index,
        RetirementOpening calldata retirement,
        uint256 line
    ) external {
        Record storage record = _known(certificateId);
        _requireValid(certificateId, record);
        address holder = _ownerOf(CertificateId.unwrap(certificateId));
        if (
            certificateIdOf(holder, opening) != certificateId || index >= opening.retirements.length
        ) revert CertificateOpeningMismatch(certificateId);

        RetirementId retirementId = opening.retirements[index];
        TokenId tokenId = _tokenIdOf(holder, retirementId, retirement, line);
        if (!DOUBLE_COUNT.isDisputed(tokenId)) revert CertificateNotDisputed(tokenId);
        if (_impairedBy[certificateId][tokenId]) {
            revert CertificateImpairedAlready(certificateId, tokenId);
        }
        _impairedBy[certificateId][tokenId] = true;
        // At most 50 retirements of 200 lines: 16 bits hold them all.
        ++record.impairments;
        emit CertificateImpaired(certificateId, tokenId, retirementId);
    }

    /// @inheritdoc ICertificate
    function mend(CertificateId certificateId, TokenId tokenId) external {
        Record storage record = _known(certificateId);
        if (!_impairedBy[certificateId][tokenId]) {
            revert CertificateNotImpaired(certificateId, tokenId);
        }
        if (DOUBLE_COUNT.isDisputed(tokenId)) revert CertificateDisputed(tokenId);
        delete _impairedBy[certificateId][tokenId];
        --record.impairments;
        emit CertificateMended(certificateId, tokenId);
    }

    /// @inheritdoc ICertificate
    function certificateOf(
        CertificateId certificateId
    )
        external
        view
        returns (
            address holder,
            ProgrammeId programme,
            uint8 kind,
            uint8 state,
            uint64 retiredGrams,
            uint64 emittedGrams,
            bool impaired
        )
    {
        Record memory record = _records[certificateId];
        return (
            _ownerOf(CertificateId.unwrap(certificateId)),
            record.programme,
            record.kind,
            record.state,
            record.retiredGrams,
            record.emittedGrams,
            record.impairments != 0
        );
    }

    /// @inheritdoc ICertificate
    function isImpairedBy(
        CertificateId certificateId,
        TokenId tokenId
    ) external view returns (bool) {
        return _impairedBy[certificateId][tokenId];
    }

    /// @inheritdoc IERC5192
    function locked(uint256 tokenId) external view returns (bool) {
        _requireOwned(tokenId);
        return true;
    }

    /// @inheritdoc IERC165
    function supportsInterface(
        bytes4 interfaceId
    ) public view override(ERC721, IERC165) returns (bool) {
        return interfaceId == type(IERC5192).interfaceId || super.supportsInterface(interfaceId);
    }

    /// @inheritdoc ICertificate
    function certificateIdOf(
        address holder,
        Opening calldata opening
    ) public pure returns (CertificateId) {
        return RecordIds.certificate(holder, opening.retirements, opening.content);
    }

    /// @dev Every movement passes here; only the making of a certificate is let through.
    function _update(
        address to,
        uint256 tokenId,
        address auth
    ) internal override returns (address) {
        if (_ownerOf(tokenId) != address(0)) revert CertificateLocked(tokenId);
        return super._update(to, tokenId, auth);
    }

    function _certify(
        address holder,
        RetirementId[] calldata retirements,
        uint64 emittedGrams,
        uint8 kind,
        bytes32 content,
        Opening calldata replaces
    ) private returns (CertificateId) {
        _requireKind(kind);
        if (retirements.length == 0) revert CertificateEmpty();
        if (retirements.length > MOST_RETIREMENTS) {
            revert CertificateTooMany(retirements.length, MOST_RETIREMENTS);
        }
        _requireActive(holder);
        Draft memory draft;
        draft.certificateId = RecordIds.certificate(holder, retirements, content);
        draft.holder = holder;
        draft.kind = kind;
        draft.emittedGrams = emittedGrams;
        draft.content = content;
        if (_records[draft.certificateId].state != 0) {
            revert CertificateExists(draft.certificateId);
        }
        draft.replaces = _replace(holder, replaces);
        _take(draft, retirements, replaces.retirements);
        _make(draft, retirements);
        return draft.certificateId;
    }

    function _replace(
        address holder,
        Opening calldata replaces
    ) private returns (CertificateId replaced) {
        replaced = _replacedId(holder, replaces);
        if (CertificateId.unwrap(replaced) == 0) return replaced;
        Record storage record = _known(replaced);
        if (record.state != CertificateState.REVOKED) {
            revert CertificateReplacedNotRevoked(replaced);
        }
        record.state = CertificateState.REPLACED;
    }

    // What the replaced certificate took is found in its list, each entry behind the one before, so
    // that none is found twice; all else must be unused.
    function _take(
        Draft memory draft,
        RetirementId[] calldata retirements,
        RetirementId[] calldata replaced
    ) private {
        uint256 next = 0;
        uint128 purposes = 0;
        ProgrammeId admitted = ProgrammeId.wrap(0);
        for (uint256 i = 0; i < retirements.length; ++i) {
            RetirementId retirementId = retirements[i];
            uint256 found = _find(retirementId, replaced, next);
            address retirer;
            ProgrammeId programme;
            uint8 purpose;
            uint56 grams;
            if (found < replaced.length) {
                next = found + 1;
                (retirer, programme, purpose, grams) = TOKEN.retirementOf(retirementId);
            } else {
                (retirer, programme, purpose, grams) = TOKEN.consume(retirementId);
            }
            if (retirer != draft.holder) {
                revert CertificateNotRetirer(retirementId, retirer, draft.holder);
            }
            if (i == 0) {
                purposes = _begin(draft, programme);
                admitted = programme;
            }
            if (programme != admitted && programme != draft.programme) {
                _requireRecognised(draft.programme, programme, retirementId);
                admitted = programme;
            }
            _requirePurpose(purposes, retirementId, purpose);
            draft.retiredGrams += grams;
        }
    }

    function _make(Draft memory draft, RetirementId[] memory retirements) private {
        if (draft.retiredGrams < draft.emittedGrams) {
            revert CertificateShort(draft.retiredGrams, draft.emittedGrams);
        }
        _records[draft.certificateId] = Record({
            programme: draft.programme,
            kind: draft.kind,
            state: CertificateState.VALID,
            retiredGrams: draft.retiredGrams,
            emittedGrams: draft.emittedGrams,
            impairments: 0
        });
        // Without the receiver's callback: the holder asked for it, and it can never move on.
        _mint(draft.holder, CertificateId.unwrap(draft.certificateId));
        emit Locked(CertificateId.unwrap(draft.certificateId));
        emit Certified(
            draft.certificateId,
            draft.holder,
            draft.programme,
            draft.kind,
            draft.retiredGrams,
            draft.emittedGrams,
            draft.content,
            retirements,
            draft.replaces
        );
    }

    // The first retirement's programme is the certificate's, and that of what it replaces.
    function _begin(
        Draft memory draft,
        ProgrammeId programme
    ) private view returns (uint128 purposes) {
        if (CertificateId.unwrap(draft.replaces) != 0) {
            ProgrammeId before = _records[draft.replaces].programme;
            if (programme != before) {
                revert CertificateReplacedProgramme(draft.replaces, before);
            }
        }
        PROGRAMMES.requireRunning(programme);
        draft.programme = programme;
        return _purposesOf(programme);
    }

    function _purposesOf(ProgrammeId programme) private view returns (uint128) {
        return
            PROGRAMMES.parameterAt(
                programme,
                ParameterKeys.CERTIFICATE_PURPOSES,
                uint64(block.timestamp)
            );
    }

    function _requireRecognised(
        ProgrammeId programme,
        ProgrammeId other,
        RetirementId retirementId
    ) private view {
        if (!PROGRAMMES.recognises(programme, other, Recognition.UNITS)) {
            revert CertificateMixedProgrammes(retirementId, other);
        }
    }

    function _requireActive(address holder) private view {
        uint8 standing = TOKEN.standingOf(holder);
        if (standing & (Standing.OPEN | Standing.FROZEN | Standing.CLOSED) != Standing.OPEN) {
            revert CertificateHolderStanding(holder, standing);
        }
    }

    function _requireValid(CertificateId certificateId, Record storage record) private view {
        if (record.state != CertificateState.VALID) {
            revert CertificateNotValid(certificateId, record.state);
        }
    }

    function _known(CertificateId certificateId) private view returns (Record storage record) {
        record = _records[certificateId];
        if (record.state == 0) revert CertificateUnknown(certificateId);
    }

    function _tokenIdOf(
        address holder,
        RetirementId retirementId,
        RetirementOpening calldata opening,
        uint256 line
    ) private pure returns (TokenId) {
        if (line >= opening.lines.length) revert CertificateLineUnknown(retirementId, line);
        IReductionToken.RetiredLine calldata told = opening.lines[line];
        RetirementId found =
            opening.batch
                ? RecordIds.batch(holder, opening.purpose, opening.content, opening.lines)
                : RecordIds.retirement(
                    holder,
                    opening.purpose,
                    opening.content,
                    told.tokenId,
                    told.firstSerial,
                    told.endSerial
                );
        if (RetirementId.unwrap(found) != RetirementId.unwrap(retirementId)) {
            revert CertificateRetirementMismatch(retirementId);
        }
        return told.tokenId;
    }

    function _replacedId(
        address holder,
        Opening calldata replaces
    ) private pure returns (CertificateId) {
        if (replaces.retirements.length == 0) return CertificateId.wrap(0);
        return certificateIdOf(holder, replaces);
    }

    function _hashIntent(CertifyIntent calldata intent) private pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    CERTIFY_INTENT_TYPEHASH,
                    intent.holder,
                    intent.delegate,
                    keccak256(abi.encodePacked(intent.retirements)),
                    intent.emittedGrams,
                    intent.kind,
                    intent.content,
                    intent.replaces,
                    intent.nonce,
                    intent.deadline
                )
            );
    }

    function _find(
        RetirementId retirementId,
        RetirementId[] calldata list,
        uint256 from
    ) private pure returns (uint256 found) {
        bytes32 wanted = RetirementId.unwrap(retirementId);
        for (found = from; found < list.length; ++found) {
            if (RetirementId.unwrap(list[found]) == wanted) break;
        }
    }

    function _requireKind(uint8 kind) private pure {
        if (
            kind < CertificateKind.NEUTRALITY_SELF_DECLARED ||
            kind > CertificateKind.PERSONAL_RECORD
        ) revert CertificateKindUnknown(kind);
    }

    function _requirePurpose(
        uint128 purposes,
        RetirementId retirementId,
        uint8 purpose
    ) private pure {
        if ((purposes >> purpose) & 1 == 0) revert CertificatePurpose(retirementId, purpose);
    }
}
