import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { Pool, PoolClient } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { inTransaction } from "../../database/inTransaction.ts";
import type { HashSuite } from "../../domain/hashSuite.ts";
import { type BlobStore, BlobStoreError, partsOf } from "../../platform/store.ts";
import { columnsOf, lockDay, type Part, partitionOf, parts } from "./parts.ts";

export type AttachDays = {
  owner: Pool;
  store: BlobStore;
  suite: HashSuite;
  firstDay: number;
  /** Not included. */
  endDay: number;
};

/** The parts of a file, and its hash once they all went by. */
async function* hashed(
  suite: HashSuite,
  store: BlobStore,
  name: string,
): AsyncGenerator<Uint8Array> {
  const file = await store.open(name);
  if (!file) throw new BlobStoreError(`The file ${name} of a detached day is not in the store.`);
  const running = await suite.begin();
  for await (const bytes of partsOf(file)) {
    running.update(bytes);
    yield bytes;
  }
  const hash = `0x${Buffer.from(running.digest()).toString("hex")}`;
  // Thrown before the transaction ends, so nothing of a changed file stays.
  if (hash !== name) throw new BlobStoreError(`The file ${name} of a detached day is damaged.`);
}

async function attachPart(
  client: PoolClient,
  { store, suite }: AttachDays,
  part: Part,
  row: { day: number; file_hash: Buffer; rows: string },
): Promise<void> {
  const table = partitionOf(part, row.day);
  await client.query(`CREATE TABLE ${table} (LIKE intake.${part} INCLUDING ALL)`);
  const target = client.query(
    copyFrom(`COPY ${table} (${columnsOf[part]}) FROM STDIN (FORMAT binary)`),
  );
  const name = `0x${row.file_hash.toString("hex")}`;
  await pipeline(Readable.from(hashed(suite, store, name)), createGunzip(), target);
  const counted = await client.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
  if (counted.rows[0]?.count !== row.rows) {
    throw new BlobStoreError(`The file ${name} has another number of rows than were detached.`);
  }
  await client.query(
    `ALTER TABLE intake.${part} ATTACH PARTITION ${table} FOR VALUES FROM (${row.day}) TO (${row.day + 1})`,
  );
  await client.query(`ANALYZE ${table}`);
  await client.query("DELETE FROM intake.detached WHERE day = $1 AND part = $2", [row.day, part]);
}

/**
 * Takes days back from their files, each in a transaction of its own, and removes the files; gives the days.
 * Persons who were deleted meanwhile lose their salts, before anybody sees the rows: attaching and detaching
 * again is how a deletion reaches the files.
 *
 * @throws BlobStoreError when a file is gone or not the one that was written; then that day stays a file.
 */
export async function attachDays(of: AttachDays): Promise<number[]> {
  const { rows } = await of.owner.query<{
    day: number;
    part: Part;
    file_hash: Buffer;
    rows: string;
  }>(
    "SELECT day, part, file_hash, rows::text FROM intake.detached WHERE day >= $1 AND day < $2 ORDER BY day",
    [of.firstDay, of.endDay],
  );
  const days = [...new Set(rows.map(({ day }) => day))];
  for (const day of days) {
    await inTransaction(of.owner, async (client) => {
      await lockDay(client, day);
      for (const part of parts) {
        const row = rows.find((one) => one.day === day && one.part === part);
        if (row) await attachPart(client, of, part, row);
      }
      await client.query("SELECT intake.seal_day(day) FROM intake.sealed_day WHERE day = $1", [
        day,
      ]);
      await client.query(
        `UPDATE intake.report SET salt = NULL
          WHERE day = $1 AND salt IS NOT NULL
            AND participant IN (SELECT participant FROM ledger.deletion)`,
        [day],
      );
    });
    for (const row of rows) if (row.day === day) await removeUnused(of, row.file_hash);
  }
  return days;
}

/** Parts without a row have one file together. */
async function removeUnused({ owner, store }: AttachDays, fileHash: Buffer): Promise<void> {
  const { rowCount } = await owner.query(
    "SELECT 1 FROM intake.detached WHERE file_hash = $1 LIMIT 1",
    [fileHash],
  );
  if (rowCount === 0) await store.remove(`0x${fileHash.toString("hex")}`);
}
