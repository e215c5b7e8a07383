import { z } from "zod";
import { interfaces } from "../../chain/contracts.ts";
import { address, anyBytes, hash, small, whole } from "./fields.ts";
import type { ChainHandler } from "./handler.ts";

const statement = z.object({
  requestId: whole,
  root: hash,
  totalMilligrams: whole,
  firstDay: small,
  endDay: small,
  methodology: small,
  reportHash: hash,
  kind: small,
  favourable: z.boolean(),
  validUntil: whole,
  reviewer: address,
});

const body = z.object({ statement, signature: anyBytes.optional() });

/** The typed data of a review statement (EIP-712), as the Issuance contract checks it. */
export const STATEMENT_TYPES = {
  Statement: [
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
  ],
};

/**
 * Brings a reviewer's signed statement to the chain; anyone may. Without a signature in the body the
 * reviewer's key is held here and signs now.
 */
export const attest: ChainHandler = async (stored, { chainId, contracts, keys }) => {
  const parsed = body.parse(stored);
  const signature =
    parsed.signature ??
    (await keys.signTypedData(parsed.statement.reviewer, {
      domain: {
        name: "Tanpu Issuance",
        version: "1",
        chainId,
        verifyingContract: contracts.issuance,
      },
      types: STATEMENT_TYPES,
      value: parsed.statement,
    }));
  return {
    to: contracts.issuance,
    data: interfaces.issuance.encodeFunctionData("attest", [parsed.statement, signature]),
  };
};
