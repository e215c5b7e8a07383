// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {CertificateId, ProgrammeId, RetirementId, TokenId} from "../types/Ids.sol";
import {IERC5192} from "./IERC5192.sol";
import {IIntentNonces} from "./IIntentNonces.sol";
import {IReductionToken} from "./IReductionToken.sol";

/// @title Certificate: what may be claimed of retirements, each of them once
/// @notice ERC-721 that cannot be transferred (ERC-5192). A certificate consumes at most 50
/// retirements by its holder, of one programme and those it recognises, and covers at least the
/// grams it states. Revocation frees nothing; only a certificate that replaces the revoked one
/// takes its retirements.
/// @dev A certificate's id is the hash of all that its list and content say, so that neither is
/// stored: who needs them brings them along, the event Certified holds them. The token marks each
/// retirement as consumed, once for ever. Intents are EIP-712 typed data of the domain "Tanpu
/// Certificate", version "1"; their type is the struct CertifyIntent with the fields in its order.
interface ICertificate is IERC721, IERC5192, IIntentNonces {
    /// @notice What a certificate's id is made of, beside its holder.
    /// @param content See certify.
    /// @param retirements Its retirements in their order; none stands for no certificate.
    struct Opening {
        bytes32 content;
        RetirementId[] retirements;
    }

    /// @notice What a retirement's id is made of, beside its holder.
    /// @param purpose See IReductionToken.retire.
    /// @param content See IReductionToken.retire.
    /// @param batch Whether it was made by retireBatch.
    /// @param lines Its lines; exactly one, without beneficiary, when it is no batch.
    struct RetirementOpening {
        uint8 purpose;
        bytes32 content;
        bool batch;
        IReductionToken.RetiredLine[] lines;
    }

    /// @notice A holder's signed order to make a certificate.
    /// @param holder Who retired, who signs and who will hold the certificate.
    /// @param delegate The only account that may bring it; 0 for anyone.
    /// @param retirements See certify.
    /// @param emittedGrams See certify.
    /// @param kind See certify.
    /// @param content See certify.
    /// @param replaces The revoked certificate that it replaces, or 0.
    /// @param nonce Unordered, used once; see IIntentNonces.
    /// @param deadline Last second at which it counts.
    struct CertifyIntent {
        address holder;
        address delegate;
        RetirementId[] retirements;
        uint64 emittedGrams;
        uint8 kind;
        bytes32 content;
        CertificateId replaces;
        uint256 nonce;
        uint64 deadline;
    }

    /// @notice A certificate was made. Its retirements are consumed from now on, and `replaces`,
    /// where it is not 0, is replaced.
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
    /// @notice An authority revoked a certificate; its retirements stay used.
    event CertificateRevoked(CertificateId indexed certificateId, bytes32 document);
    /// @notice Units behind a certificate carry an open debt.
    event CertificateImpaired(
        CertificateId indexed certificateId,
        TokenId indexed tokenId,
        RetirementId retirementId
    );
    /// @notice The units of an id carry no open debt any more.
    event CertificateMended(CertificateId indexed certificateId, TokenId indexed tokenId);

    /// @notice There is no such kind.
    error CertificateKindUnknown(uint8 kind);
    /// @notice A certificate stands on at least one retirement.
    error CertificateEmpty();
    /// @notice A certificate stands on at most so many retirements.
    error CertificateTooMany(uint256 count, uint256 most);
    /// @notice The retirement is another holder's.
    error CertificateNotRetirer(RetirementId retirementId, address retirer, address caller);
    /// @notice The certificate's programme does not recognise the units of this one.
    error CertificateMixedProgrammes(RetirementId retirementId, ProgrammeId programme);
    /// @notice What is retired for this purpose certifies nothing in the programme.
    error CertificatePurpose(RetirementId retirementId, uint8 purpose);
    /// @notice Less was retired than is stated as covered.
    error CertificateShort(uint64 retiredGrams, uint64 emittedGrams);
    /// @notice The holder's account is frozen, closed or none.
    error CertificateHolderStanding(address holder, uint8 standing);
    /// @notice The holder has a certificate of this list and content.
    error CertificateExists(CertificateId certificateId);
    /// @notice There is no such certificate.
    error CertificateUnknown(CertificateId certificateId);
    /// @notice Only a revoked certificate is replaced, once.
    error CertificateReplacedNotRevoked(CertificateId certificateId);
    /// @notice The replaced certificate is of this programme, not of the new one's.
    error CertificateReplacedProgramme(CertificateId certificateId, ProgrammeId programme);
    /// @notice The opening is of another certificate than the signed one.
    error CertificateReplacedMismatch(CertificateId opened, CertificateId signed);
    /// @notice The order names another account to bring it.
    error CertificateNotDelegate(address delegate, address caller);
    /// @notice The certificate was revoked or replaced.
    error CertificateNotValid(CertificateId certificateId, uint8 state);
    /// @notice The opening is not the certificate's, or has no such entry.
    error CertificateOpeningMismatch(CertificateId certificateId);
    /// @notice The opening is not the retirement's.
    error CertificateRetirementMismatch(RetirementId retirementId);
    /// @notice The retirement's opening has no such line.
    error CertificateLineUnknown(RetirementId retirementId, uint256 line);
    /// @notice The units carry no open debt.
    error CertificateNotDisputed(TokenId tokenId);
    /// @notice The units still carry an open debt.
    error CertificateDisputed(TokenId tokenId);
    /// @notice The certificate is shown as impaired by this id already.
    error CertificateImpairedAlready(CertificateId certificateId, TokenId tokenId);
    /// @notice The certificate is not shown as impaired by this id.
    error CertificateNotImpaired(CertificateId certificateId, TokenId tokenId);
    /// @notice The caller does not have the role in the certificate's programme.
    error CertificateRoleMissing(ProgrammeId programme, uint8 role, address caller);
    /// @notice A certificate never moves.
    error CertificateLocked(uint256 certificateId);

    /// @notice Makes a certificate of the caller's own retirements.
    /// @param retirements 1 to 50 retirements, each unused, or used by the replaced certificate and
    /// then in the same order as there. The programme of the first one is the certificate's; it
    /// must recognise the units of the others'.
    /// @param emittedGrams Emissions the certificate states as covered, grams of CO2e.
    /// @param kind 1 neutrality self-declared, 2 neutrality third-party, 3 personal record.
    /// @param content One hash over beneficiary, inventory, period and documents.
    /// @param replaces Opening of a revoked certificate of the caller, of the same programme, whose
    /// retirements may be taken; what is not taken stays used for ever.
    /// @return certificateId uint256(keccak256(abi.encode(holder, retirements, content))).
    /// @custom:reverts CertificateKindUnknown, CertificateEmpty, CertificateTooMany,
    /// CertificateHolderStanding, CertificateExists, CertificateUnknown,
    /// CertificateReplacedNotRevoked, CertificateReplacedProgramme, CertificateNotRetirer,
    /// CertificateMixedProgrammes, CertificatePurpose, CertificateShort,
    /// ReductionTokenRetirementUnknown, ReductionTokenConsumed, ProgrammesPaused,
    /// ProgrammesParameterUnset
    /// @custom:source Chongqing 渝环〔2021〕111号: offset at least the emissions, then the certificate.
    function certify(
        RetirementId[] calldata retirements,
        uint64 emittedGrams,
        uint8 kind,
        bytes32 content,
        Opening calldata replaces
    ) external returns (CertificateId certificateId);

    /// @notice Makes a certificate by the retirer's signed order. Anyone may bring it, or only the
    /// delegate that the order names.
    /// @param intent The order.
    /// @param replaces Opening of the certificate that the order names as replaced.
    /// @param signature ECDSA signature of the holder's key, or what its ERC-1271 contract accepts.
    /// @return certificateId See certify.
    /// @custom:reverts CertificateNotDelegate, CertificateReplacedMismatch, IntentNoncesExpired,
    /// IntentNoncesSignature, IntentNoncesUsed, and what certify reverts with
    /// @custom:source design.md 5: only the retirer or its signed delegate may certify.
    function certifyByIntent(
        CertifyIntent calldata intent,
        Opening calldata replaces,
        bytes calldata signature
    ) external returns (CertificateId certificateId);

    /// @notice Retires units of the caller and makes a certificate of that retirement at once.
    /// @param tokenId Id of the units.
    /// @param grams How many to retire.
    /// @param purpose See IReductionToken.retire.
    /// @param retirementContent Content of the retirement, see IReductionToken.retire.
    /// @param emittedGrams See certify.
    /// @param kind See certify.
    /// @param content See certify.
    /// @return certificateId See certify; of the one retirement.
    /// @return retirementId See IReductionToken.retire.
    /// @custom:reverts CertificateKindUnknown, CertificatePurpose, CertificateShort,
    /// ProgrammesParameterUnset, and what IReductionToken.retire reverts with
    function retireAndCertify(
        TokenId tokenId,
        uint64 grams,
        uint8 purpose,
        bytes32 retirementContent,
        uint64 emittedGrams,
        uint8 kind,
        bytes32 content
    ) external returns (CertificateId certificateId, RetirementId retirementId);

    /// @notice Revokes a certificate. By the authority of its programme. Its retirements stay used.
    /// @param certificateId The certificate.
    /// @param document Hash of the decision.
    /// @custom:reverts CertificateUnknown, CertificateNotValid, CertificateRoleMissing
    function revoke(CertificateId certificateId, bytes32 document) external;

    /// @notice Shows that units behind a valid certificate carry an open debt. By anyone, also
    /// while the programme is paused; once for each id behind it.
    /// @param certificateId The certificate.
    /// @param opening What its id is made of.
    /// @param index Which of its retirements, from 0.
    /// @param retirement What that retirement's id is made of.
    /// @param line Which of the retirement's lines, from 0.
    /// @custom:reverts CertificateUnknown, CertificateNotValid, CertificateOpeningMismatch,
    /// CertificateLineUnknown, CertificateRetirementMismatch, CertificateNotDisputed,
    /// CertificateImpairedAlready
    /// @custom:source design.md 5: a certificate over disputed units shows impaired until mended.
    function flagImpaired(
        CertificateId certificateId,
        Opening calldata opening,
        uint256 index,
        RetirementOpening calldata retirement,
        uint256 line
    ) external;

    /// @notice Takes back what flagImpaired showed of an id, once its debt is no more. By anyone.
    /// @param certificateId The certificate.
    /// @param tokenId The id.
    /// @custom:reverts CertificateUnknown, CertificateNotImpaired, CertificateDisputed
    function mend(CertificateId certificateId, TokenId tokenId) external;

    /// @notice A certificate's record; all zero when there is none.
    /// @param certificateId The certificate.
    /// @return holder Who holds it.
    /// @return programme Programme that it is of.
    /// @return kind See certify.
    /// @return state 1 valid, 2 revoked, 3 replaced.
    /// @return retiredGrams Sum of its retirements.
    /// @return emittedGrams Emissions it states as covered.
    /// @return impaired Whether units of at least one id behind it are shown to carry a debt.
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
        );

    /// @notice Whether a certificate is shown as impaired by units of an id.
    /// @param certificateId The certificate.
    /// @param tokenId The id.
    function isImpairedBy(
        CertificateId certificateId,
        TokenId tokenId
    ) external view returns (bool);

    /// @notice Id that a holder's certificate has, whether or not it was made.
    /// @param holder The holder.
    /// @param opening What the id is made of.
    function certificateIdOf(
        address holder,
        Opening calldata opening
    ) external pure returns (CertificateId);
}
