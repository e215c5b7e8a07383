// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {CertificateId, ProgrammeId, RetirementId} from "../types/Ids.sol";
import {IERC5192} from "./IERC5192.sol";

/// @title Certificate: what may be claimed of retirements, each of them once
/// @notice ERC-721 that cannot be transferred (ERC-5192). A certificate consumes at most 50
/// retirements of one programme by the same holder and covers at least the grams it states.
/// Revocation frees nothing; only a certificate that replaces the revoked one takes its
/// retirements.
interface ICertificate is IERC721, IERC5192 {
    event Certified(
        CertificateId indexed certificateId,
        address indexed holder,
        ProgrammeId indexed programme,
        uint8 kind,
        uint64 retiredGrams,
        uint64 emittedGrams,
        bytes32 content,
        RetirementId[] retirements,
        CertificateId replaces
    );
    event CertificateRevoked(CertificateId indexed certificateId, bytes32 document);

    error CertificateKindUnknown(uint8 kind);
    error CertificateEmpty();
    error CertificateTooMany(uint256 count, uint256 most);
    error CertificateRetirementUnknown(RetirementId retirementId);
    error CertificateNotRetirer(RetirementId retirementId, address retirer, address caller);
    error CertificateMixedProgrammes(RetirementId retirementId, ProgrammeId programme);
    error CertificatePurpose(RetirementId retirementId, uint8 purpose);
    error CertificateRetirementConsumed(RetirementId retirementId, CertificateId certificateId);
    error CertificateShort(uint64 retiredGrams, uint64 emittedGrams);
    error CertificateHolderStanding(address holder, uint8 standing);
    error CertificateExists(CertificateId certificateId);
    error CertificateUnknown(CertificateId certificateId);
    error CertificateReplacedNotRevoked(CertificateId certificateId);
    error CertificateReplacedHolder(CertificateId certificateId, address holder);
    error CertificateNotValid(CertificateId certificateId, uint8 state);
    error CertificateRoleMissing(ProgrammeId programme, uint8 role, address caller);
    error CertificateLocked(uint256 certificateId);

    /// @notice Makes a certificate of the caller's own retirements.
    /// @param retirements 1 to 50 retirements of one programme, each unused.
    /// @param emittedGrams Emissions the certificate states as covered, grams of CO2e.
    /// @param kind 1 neutrality self-declared, 2 neutrality third-party, 3 personal record.
    /// @param content One hash over beneficiary, inventory, period and documents.
    /// @param replaces A revoked certificate of the caller whose retirements may be taken, or 0.
    /// @return certificateId uint256(keccak256(abi.encode(holder, retirements, content))).
    /// @custom:reverts CertificateKindUnknown, CertificateEmpty, CertificateTooMany,
    /// CertificateRetirementUnknown, CertificateNotRetirer, CertificateMixedProgrammes,
    /// CertificatePurpose, CertificateRetirementConsumed, CertificateShort,
    /// CertificateHolderStanding, CertificateExists, CertificateUnknown,
    /// CertificateReplacedNotRevoked, CertificateReplacedHolder, ProgrammesPaused,
    /// ProgrammesParameterUnset
    /// @custom:source Chongqing 渝环〔2021〕111号: offset at least the emissions, then the certificate.
    function certify(
        RetirementId[] calldata retirements,
        uint64 emittedGrams,
        uint8 kind,
        bytes32 content,
        CertificateId replaces
    ) external returns (CertificateId certificateId);

    /// @notice Revokes a certificate. By the authority of its programme. Its retirements stay used.
    /// @param certificateId The certificate.
    /// @param document Hash of the decision.
    /// @custom:reverts CertificateUnknown, CertificateNotValid, CertificateRoleMissing
    function revoke(CertificateId certificateId, bytes32 document) external;

    /// @notice The certificate that consumed a retirement, 0 when none did.
    function consumedBy(RetirementId retirementId) external view returns (CertificateId);

    /// @notice A certificate's record; all zero when there is none.
    /// @return holder Who holds it.
    /// @return programme Programme of its retirements.
    /// @return kind See certify.
    /// @return state 1 valid, 2 revoked.
    /// @return retiredGrams Sum of its retirements.
    /// @return emittedGrams Emissions it states as covered.
    /// @return content See certify.
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
        );
}
