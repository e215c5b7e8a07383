import { z } from "zod";
import { STATEMENT_DOMAIN, statementMembers } from "../../domain/reviewStatement.ts";
import { address, anyBytes, hash, small, whole } from "./fields.ts";
import { type ChainHandler, callOf } from "./handler.ts";

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

/**
 * Brings a reviewer's signed statement to the chain; anyone may. Without a signature in the body the
 * reviewer's key is held here and signs now.
 */
export const attest: ChainHandler = async (stored, { chainId, contracts, keys, proposalOf }) => {
  const parsed = body.parse(stored);
  const { requestId, kind, favourable, validUntil, reviewer } = parsed.statement;
  const signature =
    parsed.signature ??
    (await keys.signTypedData(reviewer, {
      domain: {
        ...STATEMENT_DOMAIN,
        chainId,
        verifyingContract: contracts.issuance,
      },
      types: { Statement: [...statementMembers] },
      value: parsed.statement,
    }));
  // The contract puts what the request proposed into what was signed, so that nothing else counts.
  const attestation = { requestId, kind, favourable, validUntil, reviewer };
  const proposal = await proposalOf(requestId);
  return callOf(contracts, "issuance", "attest", [attestation, proposal, signature]);
};
