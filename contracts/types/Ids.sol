// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Number of a programme, given by the registry when it is created; never 0.
type ProgrammeId is uint32;

/// @notice Running number of a methodology within its programme, from 1.
type MethodologyId is uint32;

/// @notice Methodology class; exclusion pairs are pairs of classes. Never 0.
type ClassId is uint16;

/// @notice Number of an issuance request, running from 1 over the whole chain.
type RequestId is uint64;

/// @notice Keyed hash that names the physical thing behind a source.
type AssetKey is bytes32;

/// @notice keccak256 of the institution's public register number.
type InstitutionId is bytes32;

/// @notice keccak256(abi.encode(programme, methodology, assetKey)).
type SourceId is bytes32;

/// @notice Packed, self-describing id of the units of one request; see libraries/TokenIds.sol.
type TokenId is uint256;

/// @notice keccak256(abi.encode(holder, purpose, content, tokenId, firstSerial, endSerial)).
type RetirementId is bytes32;

/// @notice uint256(keccak256(abi.encode(holder, retirements, content))).
type CertificateId is uint256;

/// @notice Number of a freeze of some grams, running from 1 over the whole chain.
type FreezeId is uint64;

/// @notice keccak256(abi.encode(number, act)): whoever approves an act names what it says.
type ActId is bytes32;

/// @notice keccak256(abi.encode(account's number, content)): whoever confirms an order of a guarded
/// account names what it says.
type GuardOrderId is bytes32;

using {sameProgramme as ==, otherProgramme as !=} for ProgrammeId global;
using {sameClass as ==} for ClassId global;
using {sameInstitution as ==, otherInstitution as !=} for InstitutionId global;
using {otherCertificate as !=} for CertificateId global;

function sameProgramme(ProgrammeId a, ProgrammeId b) pure returns (bool) {
    return ProgrammeId.unwrap(a) == ProgrammeId.unwrap(b);
}

function otherProgramme(ProgrammeId a, ProgrammeId b) pure returns (bool) {
    return ProgrammeId.unwrap(a) != ProgrammeId.unwrap(b);
}

function sameClass(ClassId a, ClassId b) pure returns (bool) {
    return ClassId.unwrap(a) == ClassId.unwrap(b);
}

function sameInstitution(InstitutionId a, InstitutionId b) pure returns (bool) {
    return InstitutionId.unwrap(a) == InstitutionId.unwrap(b);
}

function otherInstitution(InstitutionId a, InstitutionId b) pure returns (bool) {
    return InstitutionId.unwrap(a) != InstitutionId.unwrap(b);
}

function otherCertificate(CertificateId a, CertificateId b) pure returns (bool) {
    return CertificateId.unwrap(a) != CertificateId.unwrap(b);
}
