import type { PoolClient } from "pg";
import type { ExecuteContext, Executed } from "./context.ts";
import { refused, understood } from "./encode.ts";
import { type Operation, storeCompleted } from "./ledger.ts";
import { sendBatch } from "./pipeline.ts";

/**
 * Carries out commands from the front of a lane, on the connection that holds it: one off chain, or as many
 * transactions as may go together. Throws RetryableError when the chain or the database is away; then nothing was
 * stored, or the nonces were and the sweep sends the bytes again.
 */
export async function execute(
  context: ExecuteContext,
  client: PoolClient,
  operations: readonly [Operation, ...Operation[]],
): Promise<Executed> {
  const [operation] = operations;
  const offChain = context.offChain[operation.kind];
  if (offChain) {
    const done = await understood(() => offChain(operation));
    if (!done.ok) return refused(context, client, operation, done.refusal);
    await storeCompleted(client, operation.id, done.value);
    return "some";
  }
  const { signer } = operation;
  const held = await context.keys.addresses();
  if (signer === null || !held.includes(signer)) {
    return refused(context, client, operation, {
      code: "SIGNER_UNAVAILABLE",
      values: { account: signer ?? "nobody" },
    });
  }
  const alike = operations.findIndex(
    ({ kind, signer: other }) => other !== signer || context.offChain[kind] !== undefined,
  );
  const mine = alike === -1 ? operations : operations.slice(0, alike);
  return sendBatch(context, client, { signer, operations: mine });
}
