import type { Pool } from "pg";
import { type Result, refuse, succeed } from "../domain/result.ts";
import { platformNumber } from "./dimensions.ts";

/** Names a platform may give its batches. */
export const BATCH_NAME = /^[\x21-\x7e]{1,100}$/;

/**
 * Ties the name a platform gave a batch to the batch's content; repeating both is fine. BATCH_CONFLICT when
 * the name belongs to other content. Before anything of the batch is stored, so that two at once are told apart.
 */
export async function claimBatch(
  pool: Pool,
  platform: string,
  batch: { id: string; contentHash: Uint8Array; rows: number },
): Promise<Result<true>> {
  const number = await platformNumber(pool, platform);
  const hash = Buffer.from(batch.contentHash);
  await pool.query(
    `INSERT INTO intake.receipt (platform, batch_id, content_hash, rows) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING`,
    [number, batch.id, hash, batch.rows],
  );
  const { rows } = await pool.query<{ content_hash: Buffer }>(
    "SELECT content_hash FROM intake.receipt WHERE platform = $1 AND batch_id = $2",
    [number, batch.id],
  );
  return rows[0]?.content_hash.equals(hash)
    ? succeed(true)
    : refuse("BATCH_CONFLICT", { values: { batch: batch.id } });
}
