import { Interface } from "ethers";
import type { ContractName } from "./formats.ts";

/*
 * What this checker asks of the contracts, in its own words: it takes no interface from the registry
 * it checks. An event whose form changed is not found here, and then the checks fail.
 */

export const programmesInterface = new Interface([
  "event ProgrammeCreated(uint32 indexed programme, uint32 parent, uint8 tier, address authority, bytes32 institution, bytes32 document)",
  "event AccountOpened(uint32 indexed programme, address indexed account, bytes32 indexed institution, bytes32 document)",
  "function parameterAt(uint32 programme, bytes32 key, uint64 time) view returns (uint128 value)",
]);

export const sourcesInterface = new Interface([
  "event MethodologyRegistered(uint32 indexed programme, uint32 indexed methodology, bytes32 contentHash, uint16 class, uint8 status, uint32 firstDay, uint32 endDay, uint64 capMilligrams, bytes32 document)",
  "event SourceRegistered(uint32 indexed programme, uint32 indexed methodology, bytes32 indexed sourceId, bytes32 assetKey, address applicant, address owner, bytes32 document)",
  "event SourceTransferred(bytes32 indexed sourceId, address indexed applicant, address indexed owner, bytes32 document)",
]);

export const issuanceInterface = new Interface([
  "event Proposed(uint64 indexed requestId, uint256 indexed tokenId, bytes32 indexed sourceId, address applicant, (bytes32 sourceId, uint32 firstDay, uint32 endDay, bytes32 root, uint128 totalMilligrams, uint64 count, uint8 depth, uint8 hashSuite, bytes32 leafFileHash, bytes32 reportHash) proposal)",
  "event Attested(uint64 indexed requestId, address indexed reviewer, bytes32 indexed institution, uint8 kind, bool favourable, uint64 validUntil, bytes32 digest)",
  "event Deducted(uint64 indexed requestId, uint64 milligrams, uint64 deductedMilligrams)",
  "event Restored(uint64 indexed requestId, uint64 milligrams, uint64 deductedMilligrams)",
  "event Issued(uint64 indexed requestId, uint256 indexed tokenId, address indexed owner, uint64 issuedGrams, uint64 carryBeforeMilligrams, uint64 carryAfterMilligrams, uint128 deductedMilligrams, bytes32 document)",
  "function attest((uint64 requestId, uint8 kind, bool favourable, uint64 validUntil, address reviewer) attestation, (bytes32 sourceId, uint32 firstDay, uint32 endDay, bytes32 root, uint128 totalMilligrams, uint64 count, uint8 depth, uint8 hashSuite, bytes32 leafFileHash, bytes32 reportHash) proposal, bytes signature)",
]);

/** What a reviewer that is a contract answers about its signature (ERC-1271). */
export const signerInterface = new Interface([
  "function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)",
]);

export const reductionTokenInterface = new Interface([
  "event TransferSingle(address indexed operator, address indexed from, address indexed to, uint256 id, uint256 value)",
  "event TransferBatch(address indexed operator, address indexed from, address indexed to, uint256[] ids, uint256[] values)",
  "event Retired(bytes32 indexed retirementId, uint256 indexed tokenId, address indexed holder, uint64 firstSerial, uint64 endSerial, uint8 purpose, bytes32 content)",
  "event RetiredBatch(bytes32 indexed retirementId, address indexed holder, uint8 purpose, bytes32 content, (uint256 tokenId, uint64 firstSerial, uint64 endSerial, bytes32 beneficiary)[] lines)",
  "event Voided(uint256 indexed tokenId, address indexed holder, uint64 grams, bytes32 indexed reason)",
  "event Reissued(uint256 indexed tokenId, address indexed to, uint64 grams, bytes32 indexed reason)",
  "function balanceOf(address account, uint256 id) view returns (uint256)",
  "function isConsumed(bytes32 retirementId) view returns (bool)",
  "function supplyOf(uint256 tokenId) view returns (bool exists, uint8 state, uint64 issuedGrams, uint64 retiredGrams, uint64 voidGrams)",
]);

export const certificateInterface = new Interface([
  "event Certified(uint256 indexed certificateId, address indexed holder, uint32 indexed programme, uint8 kind, uint64 retiredGrams, uint64 emittedGrams, bytes32 content, bytes32[] retirements, uint256 replaces)",
  "event CertificateRevoked(uint256 indexed certificateId, bytes32 document)",
  "event CertificateImpaired(uint256 indexed certificateId, uint256 indexed tokenId, bytes32 retirementId)",
  "event CertificateMended(uint256 indexed certificateId, uint256 indexed tokenId)",
]);

/** The contracts whose events are read. */
export const eventInterfaces: Readonly<Partial<Record<ContractName, Interface>>> = {
  programmes: programmesInterface,
  sources: sourcesInterface,
  issuance: issuanceInterface,
  reductionToken: reductionTokenInterface,
  certificate: certificateInterface,
};
