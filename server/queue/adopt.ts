import type { PoolClient } from "pg";
import type { UnsignedCall } from "../chain/call.ts";
import { contentOf } from "../chain/writer.ts";
import { prepared } from "../database/client.ts";
import type { ExecuteContext } from "./context.ts";
import { encode, refused } from "./encode.ts";
import {
  bytesOf,
  hexOf,
  NonceTakenError,
  type Operation,
  storeCompleted,
  storeSigned,
} from "./ledger.ts";

/*
 * A database that was restored from a backup has forgotten what it ordered since. The chain has not: every
 * transaction names its operation. So a command that comes again after a restore, or that waited when the backup was
 * made and was carried out later, is found there and adopted instead of being sent a second time.
 */

type Found = {
  id: string;
  hash: Buffer;
  nonce: bigint | string;
  raw: Buffer | null;
  final: boolean;
};

/** Whether the mirror holds the block; before that it cannot tell what had been sent when this worker started. */
export async function mirrorReaches(client: PoolClient, block: number): Promise<boolean> {
  const found = await client.query(
    prepared("mirror reaches", "SELECT FROM mirror.checkpoint WHERE block_number >= $1", [block]),
  );
  return found.rowCount === 1;
}

/** What became of a signer's operations that the chain knows: how many have an end now, and how many wait for one. */
export type Adopted = { readonly adopted: number; readonly waiting: number };

/**
 * Adopts those of a signer's operations that the chain has carried out already. Adopted operations have their nonce
 * and bytes again; `waiting` are those whose nonce another operation holds here, until their block is final. Another
 * order under an id that the chain has carried out is refused with OPERATION_ID_CONFLICT.
 */
export async function adopt(
  context: ExecuteContext,
  client: PoolClient,
  signer: string,
  operations: readonly Operation[],
): Promise<Adopted> {
  const found = await client.query<Found>(
    prepared(
      "adopted",
      `SELECT DISTINCT ON (t.operation_id) t.operation_id::text AS id, t.hash, t.nonce, t.raw,
            t.block_number <= (SELECT final_block FROM mirror.checkpoint) AS final
     FROM mirror.transaction t WHERE t.operation_id = ANY ($1::uuid[]) AND t.signer = $2
     ORDER BY t.operation_id, t.nonce`,
      [operations.map(({ id }) => id), bytesOf(signer)],
    ),
  );
  let waiting = 0;
  for (const row of found.rows) {
    const operation = operations.find(({ id }) => id === row.id);
    if (operation && !(await adoptOne(context, client, { signer, operation, row }))) waiting += 1;
  }
  return { adopted: found.rows.length - waiting, waiting };
}

/** False when the operation has to wait until the block that holds it is final. */
async function adoptOne(
  context: ExecuteContext,
  client: PoolClient,
  { signer, operation, row }: { signer: string; operation: Operation; row: Found },
): Promise<boolean> {
  const hash = hexOf(row.hash);
  const raw = row.raw ? hexOf(row.raw) : await context.writer.rawOf(hash);
  const happened = raw === "0x" ? await context.writer.callOf(hash) : contentOf(raw);
  if (happened && (await isAnother(context, client, { signer, operation, happened }))) {
    await refused(context, client, operation, { code: "OPERATION_ID_CONFLICT" });
    return true;
  }
  const stored = { operationId: row.id, nonce: Number(row.nonce), signed: { raw, hash } };
  try {
    await storeSigned(client, { chainId: context.chainId, signer }, [stored], "adopted");
  } catch (cause) {
    if (!(cause instanceof NonceTakenError)) throw cause;
    // The nonce was given away here before the chain showed what it had been used for.
    if (!row.final) return false;
    await storeCompleted(client, row.id, { transactionHash: hash, nonce: stored.nonce });
  }
  context.logger.warn({ operation: row.id, transaction: hash }, "found on the chain and adopted");
  return true;
}

/** A signature need not come out the same twice; of a review statement what stands before it is compared. */
const STATEMENT_WORDS = 15;
const STATEMENT_END = "0x12345678".length + 64 * STATEMENT_WORDS;

/** Whether the command orders something else than its id stands for on the chain. What is no call now says nothing. */
async function isAnother(
  context: ExecuteContext,
  client: PoolClient,
  of: { signer: string; operation: Operation; happened: UnsignedCall },
): Promise<boolean> {
  const { signer, operation, happened } = of;
  const ordered = await encode(context, client, operation, signer);
  if (!ordered.ok) return false;
  const { to, data } = ordered.value;
  const end = operation.kind === "attest" ? STATEMENT_END : undefined;
  return to !== happened.to || data.slice(0, end) !== happened.data.slice(0, end);
}
