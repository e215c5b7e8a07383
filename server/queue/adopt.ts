import type { PoolClient } from "pg";
import { prepared } from "../database/client.ts";
import type { ExecuteContext } from "./context.ts";
import { bytesOf, hexOf, NonceTakenError, storeCompleted, storeSigned } from "./ledger.ts";

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

/**
 * Adopts those of a signer's operations that the chain has carried out already. Adopted operations have their nonce
 * and bytes again; `waiting` are those whose nonce another operation holds here, until their block is final.
 */
export async function adopt(
  context: ExecuteContext,
  client: PoolClient,
  signer: string,
  operationIds: readonly string[],
): Promise<{ adopted: number; waiting: number }> {
  const found = await client.query<Found>(
    prepared(
      "adopted",
      `SELECT DISTINCT ON (t.operation_id) t.operation_id::text AS id, t.hash, t.nonce, t.raw,
            t.block_number <= (SELECT final_block FROM mirror.checkpoint) AS final
     FROM mirror.transaction t WHERE t.operation_id = ANY ($1::uuid[]) AND t.signer = $2
     ORDER BY t.operation_id, t.nonce`,
      [operationIds, bytesOf(signer)],
    ),
  );
  let waiting = 0;
  for (const row of found.rows) {
    const hash = hexOf(row.hash);
    const raw = row.raw ? hexOf(row.raw) : await context.writer.rawOf(hash);
    const stored = { operationId: row.id, nonce: Number(row.nonce), signed: { raw, hash } };
    try {
      await storeSigned(client, { chainId: context.chainId, signer }, [stored], "adopted");
    } catch (cause) {
      if (!(cause instanceof NonceTakenError)) throw cause;
      // The nonce was given away here before the chain showed what it had been used for.
      if (!row.final) waiting += 1;
      else await storeCompleted(client, row.id, { transactionHash: hash, nonce: stored.nonce });
    }
    context.logger.warn({ operation: row.id, transaction: hash }, "found on the chain and adopted");
  }
  return { adopted: found.rows.length - waiting, waiting };
}
