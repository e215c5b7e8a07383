import type { ClientBase } from "pg";
import { fingerprintDay } from "../domain/fingerprint.ts";
import { LEAF_BYTES, readLeaf } from "../domain/sumTree.ts";
import type { BlobStore } from "../platform/store.ts";

/**
 * The credited leaf behind each deducted one. An activity has a leaf for every mark, of which one carries grams and is
 * in the membership; a deduction may name any of them. Only the leaf file says which mark a leaf has, and intake who
 * brought it. Leaves that cannot be found are left out.
 */
export async function creditedLeaves(
  client: ClientBase,
  store: BlobStore,
  of: { batch: string; request: bigint },
): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  const { rows } = await client.query<{
    leaf_index: string;
    leaf_file_hash: Buffer;
    count: string;
  }>(
    `SELECT d.leaf_index, b.leaf_file_hash, b.count::text FROM mirror.deduction d JOIN intake.batch b ON b.id = $2
     WHERE d.request_id = $1 AND NOT d.after_issue AND NOT d.restored
       AND NOT EXISTS (SELECT FROM intake.membership m WHERE m.batch_id = b.id AND m.leaf_index = d.leaf_index
         AND m.credited AND m.day >= b.first_day AND m.day < b.end_day)`,
    [of.request.toString(), of.batch],
  );
  const [first] = rows;
  if (first === undefined) return found;
  const file = await store.open(`0x${first.leaf_file_hash.toString("hex")}`);
  if (!file) return found;
  try {
    const start = file.length - Number(first.count) * LEAF_BYTES;
    for (const { leaf_index } of rows) {
      const at = start + Number(leaf_index) * LEAF_BYTES;
      const { fingerprint } = readLeaf(await file.read(at, at + LEAF_BYTES), 0);
      const credited = await client.query<{ leaf_index: string }>(
        `SELECT m.leaf_index::text FROM intake.report r JOIN intake.membership m USING (day, platform, row_key)
         WHERE r.day BETWEEN $1 AND $1 + 1 AND (r.fingerprint_a = $2 OR r.fingerprint_b = $2)
           AND m.day BETWEEN $1 AND $1 + 1 AND m.batch_id = $3 AND m.leaf_index IS NOT NULL LIMIT 1`,
        [fingerprintDay(fingerprint), Buffer.from(fingerprint), of.batch],
      );
      const leaf = credited.rows[0]?.leaf_index;
      if (leaf !== undefined) found.set(Number(leaf_index), Number(leaf));
    }
  } finally {
    await file.close();
  }
  return found;
}
