import type { ClientBase, Pool } from "pg";
import { inTransaction } from "../database/inTransaction.ts";
import { compareBytes, fromHex, toHex } from "../domain/bytes.ts";
import { encodeLinesFile } from "../domain/epochFile.ts";
import { lineLeaf, lineSaltOf } from "../domain/epochLine.ts";
import type { HashSuite } from "../domain/hashSuite.ts";
import { encodeLevelFile } from "../domain/levelFile.ts";
import { type Result, refuse, succeed } from "../domain/result.ts";
import { buildTree, LEAF_BYTES, writeLeaf } from "../domain/sumTree.ts";
import type { BlobStore } from "../platform/store.ts";

/** A state of all lines of a programme, as its anchor will state it. Hashes `0x…`. */
export type ClosedEpoch = {
  epochId: string;
  programme: number;
  /** The last posting it holds. */
  through: bigint;
  root: string;
  totalMilligrams: bigint;
  count: number;
  depth: number;
  fileHash: string;
};

type EpochRow = {
  programme: bigint | string;
  through: bigint | string;
  root: Buffer;
  total_milligrams: string;
  count: bigint | string;
  depth: number;
  file_hash: Buffer;
};

/** 16 bytes of a uuid. */
export function uuidBytes(uuid: string): Uint8Array {
  return fromHex(`0x${uuid.replaceAll("-", "")}`);
}

export async function findEpoch(
  client: ClientBase | Pool,
  epochId: string,
): Promise<ClosedEpoch | undefined> {
  const { rows } = await client.query<EpochRow>(
    `SELECT programme, through, root, total_milligrams, count, depth, file_hash FROM ledger.epoch WHERE epoch = $1`,
    [epochId],
  );
  const row = rows[0];
  return (
    row && {
      epochId,
      programme: Number(row.programme),
      through: BigInt(row.through),
      root: `0x${row.root.toString("hex")}`,
      totalMilligrams: BigInt(row.total_milligrams),
      count: Number(row.count),
      depth: row.depth,
      fileHash: `0x${row.file_hash.toString("hex")}`,
    }
  );
}

/** The newest posting, when no smaller number can come any more. */
async function lastPosting(pool: Pool): Promise<bigint> {
  return inTransaction(pool, async (client) => {
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended('tanpu/ledger', 0))");
    const { rows } = await client.query<{ last: string }>(
      "SELECT coalesce(max(posting), 0)::text AS last FROM ledger.posting",
    );
    return BigInt(rows[0]?.last ?? 0);
  });
}

type LineRow = { holder: string; salt: string | null; issued: string; points: string };

/** Every account with grams in the programme's pool. */
const LINES = `
  SELECT l.holder, coalesce(p.salt, i.salt) AS salt, l.issued, l.points FROM (
    SELECT e.holder, coalesce(sum(e.milligrams) FILTER (WHERE e.compartment = 'issued'), 0) AS issued,
      coalesce(sum(e.milligrams) FILTER (WHERE e.compartment = 'points'), 0) AS points
    FROM ledger.entry e JOIN ledger.posting g ON g.posting = e.posting
    WHERE g.programme = $1 AND e.posting <= $2 AND e.compartment IN ('issued', 'points')
    GROUP BY 1 HAVING sum(e.milligrams) <> 0) l
  LEFT JOIN ledger.person p ON p.participant = l.holder
  LEFT JOIN ledger.institution i ON i.holder = l.holder`;

/** The lines as records in the order of their keys. */
function recordsOf(suite: HashSuite, rows: readonly LineRow[], through: bigint): Uint8Array {
  const unsorted = new Uint8Array(rows.length * LEAF_BYTES);
  rows.forEach(({ holder, salt, issued, points }, index) => {
    if (salt === null) throw new Error("an account with grams in the pool has no salt");
    const leaf = lineLeaf(suite, lineSaltOf(suite, uuidBytes(salt), through), {
      holder: uuidBytes(holder),
      issuedMilligrams: BigInt(issued),
      pointsMilligrams: BigInt(points),
    });
    writeLeaf(unsorted, index, leaf);
  });
  return sortedRecords(unsorted);
}

/** Sorts by the first eight bytes of the keys, which are hashes; only equal ones are compared whole. */
function sortedRecords(unsorted: Uint8Array): Uint8Array {
  const count = unsorted.length / LEAF_BYTES;
  const view = new DataView(unsorted.buffer, unsorted.byteOffset);
  const heads = new BigUint64Array(count);
  const places = new Uint32Array(count);
  for (let index = 0; index < count; index++) {
    heads[index] = view.getBigUint64(index * LEAF_BYTES);
    places[index] = index;
  }
  const record = (place: number) => unsorted.subarray(place * LEAF_BYTES, (place + 1) * LEAF_BYTES);
  places.sort((a, b) => {
    const [one = 0n, other = 0n] = [heads[a], heads[b]];
    return one < other ? -1 : one > other ? 1 : compareBytes(record(a), record(b));
  });
  const sorted = new Uint8Array(unsorted.length);
  places.forEach((place, index) => {
    sorted.set(record(place), index * LEAF_BYTES);
  });
  return sorted;
}

/**
 * Closes an epoch: all lines as they are now become a tree, the file of lines goes into the store, and the head is kept
 * for the anchor. Closing again under the same id gives the same epoch. LINES_EMPTY when nobody has issued grams;
 * OPERATION_ID_CONFLICT when the id closed another programme's.
 */
export async function closeEpoch(of: {
  pool: Pool;
  suite: HashSuite;
  store: BlobStore;
  programme: number;
  epochId: string;
}): Promise<Result<ClosedEpoch>> {
  const { pool, suite, store, programme, epochId } = of;
  const known = await findEpoch(pool, epochId);
  if (known) {
    return known.programme === programme ? succeed(known) : refuse("OPERATION_ID_CONFLICT");
  }
  const through = await lastPosting(pool);
  const { rows } = await pool.query<LineRow>(LINES, [programme, through.toString()]);
  if (rows.length === 0) return refuse("LINES_EMPTY");
  const records = recordsOf(suite, rows, through);
  const tree = buildTree(suite, records);
  if (!tree.ok) return tree;
  const { root, totalMilligrams, count, depth } = tree.value;
  const header = {
    format: "tanpu-lines/1",
    suite: suite.name,
    programme,
    through: through.toString(),
    count,
    depth,
    totalMilligrams: totalMilligrams.toString(),
    root: toHex(root),
  } as const;
  const fileHash = await store.put(encodeLinesFile({ header, records }));
  await store.putBeside(fileHash, "levels", encodeLevelFile(suite, tree.value));
  await pool.query(
    `INSERT INTO ledger.epoch (epoch, programme, through, root, total_milligrams, count, depth, file_hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
    [
      ...[epochId, programme, through.toString(), Buffer.from(root), totalMilligrams.toString()],
      ...[count, depth, Buffer.from(fromHex(fileHash))],
    ],
  );
  const stored = await findEpoch(pool, epochId);
  if (!stored) throw new Error("a stored epoch cannot be read back");
  return succeed(stored);
}
