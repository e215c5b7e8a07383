// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {ICertificate} from "./interfaces/ICertificate.sol";
import {IERC5192} from "./interfaces/IERC5192.sol";
import {IProgrammes} from "./interfaces/IProgrammes.sol";
import {IReductionToken} from "./interfaces/IReductionToken.sol";
import {CertificateKind, CertificateState, ParameterKeys} from "./types/Codes.sol";
import {Roles, Standing} from "./types/Codes.sol";
import {CertificateId, ProgrammeId, RetirementId} from "./types/Ids.sol";

/// @title Certificate
/// @notice What it does and why: interfaces/ICertificate.sol.
contract Certificate is ICertificate, ERC721 {
    /// @dev Two slots; the holder is the token's owner.
    struct Record {
        ProgrammeId programme;
        uint8 kind;
        uint8 state;
        uint64 retiredGrams;
        uint64 emittedGrams;
        bytes32 content;
    }

    /// @notice Retirements a certificate can consume.
    uint256 public constant MOST_RETIREMENTS = 50;

    IReductionToken private immutable TOKEN;
    IProgrammes private immutable PROGRAMMES;

    mapping(CertificateId certificateId => Record) private _records;
    mapping(RetirementId retirementId => CertificateId) private _consumedBy;

    constructor(
        IReductionToken reductionToken,
        IProgrammes programmes
    ) ERC721("Tanpu Certificate", "TANPU-C") {
        TOKEN = reductionToken;
        PROGRAMMES = programmes;
    }

    /// @inheritdoc ICertificate
    function certify(
        RetirementId[] calldata retirements,
        uint64 emittedGrams,
        uint8 kind,
        bytes32 content,
        CertificateId replaces
    ) external returns (CertificateId certificateId) {
        if (
            kind < CertificateKind.NEUTRALITY_SELF_DECLARED ||
            kind > CertificateKind.PERSONAL_RECORD
        ) revert CertificateKindUnknown(kind);
        if (retirements.length == 0) revert CertificateEmpty();
        if (retirements.length > MOST_RETIREMENTS) {
            revert CertificateTooMany(retirements.length, MOST_RETIREMENTS);
        }
        _requireActive(msg.sender);
        _requireReplaceable(replaces);
        certificateId = CertificateId.wrap(
            uint256(keccak256(abi.encode(msg.sender, retirements, content)))
        );
        if (_records[certificateId].state != 0) revert CertificateExists(certificateId);

        (ProgrammeId programme, uint64 retiredGrams) = _consume(
            retirements,
            certificateId,
            replaces
        );
        if (retiredGrams < emittedGrams) revert CertificateShort(retiredGrams, emittedGrams);
        _records[certificateId] = Record({
            programme: programme,
            kind: kind,
            state: CertificateState.VALID,
            retiredGrams: retiredGrams,
            emittedGrams: emittedGrams,
            content: content
        });
        // Without the receiver's callback: the caller asked for it, and it can never move on.
        _mint(msg.sender, CertificateId.unwrap(certificateId));
        emit Locked(CertificateId.unwrap(certificateId));
        emit Certified(
            certificateId,
            msg.sender,
            programme,
            kind,
            retiredGrams,
            emittedGrams,
            content,
            retirements,
            replaces
        );
    }

    /// @inheritdoc ICertificate
    function revoke(CertificateId certificateId, bytes32 document) external {
        Record storage record = _known(certificateId);
        if (!PROGRAMMES.hasRole(record.programme, Roles.AUTHORITY, msg.sender)) {
            revert CertificateRoleMissing(record.programme, Roles.AUTHORITY, msg.sender);
        }
        if (record.state != CertificateState.VALID) {
            revert CertificateNotValid(certificateId, record.state);
        }
        record.state = CertificateState.REVOKED;
        emit CertificateRevoked(certificateId, document);
    }

    /// @inheritdoc ICertificate
    function consumedBy(RetirementId retirementId) external view returns (CertificateId) {
        return _consumedBy[retirementId];
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
            bytes32 content
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
            record.content
        );
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

    /// @dev Every movement passes here; only the making of a certificate is let through.
    function _update(
        address to,
        uint256 tokenId,
        address auth
    ) internal override returns (address) {
        if (_ownerOf(tokenId) != address(0)) revert CertificateLocked(tokenId);
        return super._update(to, tokenId, auth);
    }

    function _consume(
        RetirementId[] calldata retirements,
        CertificateId certificateId,
        CertificateId replaces
    ) private returns (ProgrammeId programme, uint64 retiredGrams) {
        uint128 purposes = 0;
        for (uint256 i = 0; i < retirements.length; ++i) {
            RetirementId retirementId = retirements[i];
            (address holder, ProgrammeId theirs, uint8 purpose, uint56 grams) = TOKEN.retirementOf(
                retirementId
            );
            if (holder == address(0)) revert CertificateRetirementUnknown(retirementId);
            if (holder != msg.sender) {
                revert CertificateNotRetirer(retirementId, holder, msg.sender);
            }
            if (i == 0) {
                programme = theirs;
                PROGRAMMES.requireRunning(theirs);
                purposes = PROGRAMMES.parameterAt(
                    theirs,
                    ParameterKeys.CERTIFICATE_PURPOSES,
                    uint64(block.timestamp)
                );
            }
            if (theirs != programme) revert CertificateMixedProgrammes(retirementId, theirs);
            if ((purposes >> purpose) & 1 == 0) revert CertificatePurpose(retirementId, purpose);
            CertificateId consumer = _consumedBy[retirementId];
            if (CertificateId.unwrap(consumer) != 0 && consumer != replaces) {
                revert CertificateRetirementConsumed(retirementId, consumer);
            }
            _consumedBy[retirementId] = certificateId;
            retiredGrams += grams;
        }
    }

    function _requireActive(address holder) private view {
        uint8 standing = PROGRAMMES.accountOf(holder).standing;
        if (standing & (Standing.OPEN | Standing.FROZEN | Standing.CLOSED) != Standing.OPEN) {
            revert CertificateHolderStanding(holder, standing);
        }
    }

    function _requireReplaceable(CertificateId replaces) private view {
        if (CertificateId.unwrap(replaces) == 0) return;
        if (_known(replaces).state != CertificateState.REVOKED) {
            revert CertificateReplacedNotRevoked(replaces);
        }
        address holder = _ownerOf(CertificateId.unwrap(replaces));
        if (holder != msg.sender) revert CertificateReplacedHolder(replaces, holder);
    }

    function _known(CertificateId certificateId) private view returns (Record storage record) {
        record = _records[certificateId];
        if (record.state == 0) revert CertificateUnknown(certificateId);
    }
}
