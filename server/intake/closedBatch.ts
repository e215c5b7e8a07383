import type { Pool, PoolClient } from "pg";
import { fromHex, toHex } from "../domain/bytes.ts";

/** A closed period: its tree's head and what became of its reports. */
export type ClosedBatch = {
  batchId: string;
  /** 32 bytes, `0x…`. */
  sourceId: string;
  firstDay: number;
  /** Not included. */
  endDay: number;
  root: string;
  totalMilligrams: bigint;
  /** Leaves, those without grams included. */
  count: number;
  depth: number;
  /** Name of the leaf file in the blob store. */
  leafFileHash: string;
  /** Activities credited: leaves with grams. */
  accepted: number;
  /** Reports of activities that another report is credited for, here or in an earlier period. */
  duplicates: number;
};

type BatchRow = {
  id: string;
  source_id: Buffer;
  first_day: number;
  end_day: number;
  root: Buffer;
  total_milligrams: string;
  count: string;
  depth: number;
  leaf_file_hash: Buffer;
  accepted: string;
  duplicates: string;
};

function batchOf(row: BatchRow): ClosedBatch {
  return {
    batchId: row.id,
    sourceId: toHex(row.source_id),
    firstDay: row.first_day,
    endDay: row.end_day,
    root: toHex(row.root),
    totalMilligrams: BigInt(row.total_milligrams),
    count: Number(row.count),
    depth: row.depth,
    leafFileHash: toHex(row.leaf_file_hash),
    accepted: Number(row.accepted),
    duplicates: Number(row.duplicates),
  };
}

/** A batch by its id, or undefined. */
export async function findBatch(
  client: Pool | PoolClient,
  batchId: string,
): Promise<ClosedBatch | undefined> {
  const { rows } = await client.query<BatchRow>(
    `SELECT id::text, source_id, first_day, end_day, root, total_milligrams::text, count::text,
            depth, leaf_file_hash, accepted::text, duplicates::text
       FROM intake.batch WHERE id = $1`,
    [batchId],
  );
  return rows[0] && batchOf(rows[0]);
}

export async function insertBatch(client: PoolClient, batch: ClosedBatch): Promise<void> {
  const bytes = (hex: string): Buffer => Buffer.from(fromHex(hex));
  await client.query(
    `INSERT INTO intake.batch
       (id, source_id, first_day, end_day, root, total_milligrams, count, depth, leaf_file_hash,
        accepted, duplicates, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now())`,
    [
      batch.batchId,
      bytes(batch.sourceId),
      batch.firstDay,
      batch.endDay,
      bytes(batch.root),
      batch.totalMilligrams.toString(),
      batch.count,
      batch.depth,
      bytes(batch.leafFileHash),
      batch.accepted,
      batch.duplicates,
    ],
  );
}
