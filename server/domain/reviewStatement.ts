/*
 * What a reviewer signs, by EIP-712. The API shows it for signing and the command flow signs it for the
 * keys held here: both must say exactly what the Issuance contract checks.
 */

/** Name and version of the Issuance contract's signing domain. */
export const STATEMENT_DOMAIN = { name: "Tanpu Issuance", version: "1" } as const;

/** The members of a review statement in the order in which they are hashed. */
export const statementMembers = [
  { name: "requestId", type: "uint64" },
  { name: "root", type: "bytes32" },
  { name: "totalMilligrams", type: "uint128" },
  { name: "firstDay", type: "uint32" },
  { name: "endDay", type: "uint32" },
  { name: "methodology", type: "uint32" },
  { name: "reportHash", type: "bytes32" },
  { name: "kind", type: "uint8" },
  { name: "favourable", type: "bool" },
  { name: "validUntil", type: "uint64" },
  { name: "reviewer", type: "address" },
] as const;
