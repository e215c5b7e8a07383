import { pipeline } from "node:stream";
import { createGzip } from "node:zlib";
import type { Pool, PoolClient } from "pg";
import { to as copyTo } from "pg-copy-streams";
import { inTransaction } from "../../database/inTransaction.ts";
import type { BlobStore } from "../../platform/store.ts";
import { attachedDays, columnsOf, lockDay, type Part, partitionOf } from "./parts.ts";

export type DetachDays = {
  /** Of the tables' owner: nobody else may take a partition away. */
  owner: Pool;
  store: BlobStore;
  /** Days before this one. */
  before: number;
  /** Unix seconds; issues decided before it are past any challenge. */
  decidedBefore: number;
};

/** A part of a day that went to a file; `kept` names why a day stayed. */
export type Detached = { day: number; part: Part; rows: bigint; fileHash: string };
export type DetachResult = { detached: Detached[]; kept: { day: number; why: "open" | "young" }[] };

/**
 * Whether a day's reports are all of closed periods, and whether all of those were issued long enough ago.
 * A period that was never asked for, or whose request fell, keeps its days here.
 */
async function whyKept(
  client: PoolClient,
  day: number,
  decidedBefore: number,
): Promise<"open" | "young" | undefined> {
  const { rows } = await client.query<{ closed: boolean; settled: boolean }>(
    `SELECT coalesce(bool_and(b.id IS NOT NULL), true) AS closed,
            coalesce(bool_and(b.id IS NOT NULL AND EXISTS (
              SELECT FROM mirror.request q
               WHERE q.leaf_file_hash = b.leaf_file_hash AND q.source_id = b.source_id
                 AND q.state = 'issued' AND q.holds = 0 AND q.decided_at < $2)), true) AS settled
       FROM (SELECT DISTINCT source FROM intake.report WHERE day = $1) r
       JOIN intake.source s USING (source)
       LEFT JOIN intake.batch b
         ON b.source_id = s.source_id AND b.first_day <= $1 AND b.end_day > $1`,
    [day, decidedBefore],
  );
  if (!rows[0]?.closed) return "open";
  return rows[0].settled ? undefined : "young";
}

async function moveToFile(
  client: PoolClient,
  store: BlobStore,
  part: Part,
  day: number,
): Promise<Detached> {
  const table = partitionOf(part, day);
  await client.query(`LOCK TABLE ${table} IN SHARE MODE`);
  // In the order of the key, so that the same rows make the same file.
  const copied = client.query(
    copyTo(
      `COPY (SELECT ${columnsOf[part]} FROM ${table} ORDER BY ${columnsOf[part]})
         TO STDOUT (FORMAT binary)`,
    ),
  );
  const packed = createGzip();
  // A failure of either shows where the parts are read.
  pipeline(copied, packed, () => {});
  const fileHash = await store.putParts(packed);
  const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
  const count = BigInt(rows[0]?.count ?? 0);
  await client.query(`ALTER TABLE intake.${part} DETACH PARTITION ${table}`);
  await client.query(`DROP TABLE ${table}`);
  await client.query(
    "INSERT INTO intake.detached (day, part, file_hash, rows) VALUES ($1, $2, $3, $4)",
    [day, part, Buffer.from(fileHash.slice(2), "hex"), count.toString()],
  );
  return { day, part, rows: count, fileHash };
}

/** The marks of a day stay until the day after it is gone too: its first activities may bring some of them. */
async function partsToGo(client: PoolClient, day: number): Promise<Part[]> {
  const { rows } = await client.query(
    "SELECT 1 FROM intake.detached WHERE day = $1 AND part = 'report'",
    [day + 1],
  );
  return rows.length > 0 ? ["report", "shared", "fingerprint"] : ["report", "shared"];
}

/**
 * Moves old days out of the database into checksummed files of the store, each day in a transaction of its
 * own, the latest first. Rows of such a day are refused PERIOD_ALREADY_CLOSED from then on, and a period on
 * or beside it is not closed.
 */
export async function detachDays(of: DetachDays): Promise<DetachResult> {
  const result: DetachResult = { detached: [], kept: [] };
  const days = (await attachedDays(of.owner, "report")).filter((day) => day < of.before);
  for (const day of days.reverse()) {
    await inTransaction(of.owner, async (client) => {
      await lockDay(client, day);
      const why = await whyKept(client, day, of.decidedBefore);
      if (why) {
        result.kept.push({ day, why });
        return;
      }
      for (const part of await partsToGo(client, day)) {
        result.detached.push(await moveToFile(client, of.store, part, day));
      }
    });
  }
  await detachMarks(of, result);
  return result;
}

/** Marks that stayed for a neighbour which has gone by now. */
async function detachMarks({ owner, store, before }: DetachDays, result: DetachResult) {
  for (const day of await attachedDays(owner, "fingerprint")) {
    if (day >= before) continue;
    await inTransaction(owner, async (client) => {
      await lockDay(client, day);
      const { rows } = await client.query(
        "SELECT 1 FROM intake.detached WHERE part = 'report' AND day IN ($1, $2)",
        [day, day + 1],
      );
      if (rows.length < 2) return;
      result.detached.push(await moveToFile(client, store, "fingerprint", day));
    });
  }
}
