import { once } from "node:events";
import { finished } from "node:stream/promises";
import type { Pool, PoolClient } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { fromHex, toHex } from "../domain/bytes.ts";
import type { HashSuite } from "../domain/hashSuite.ts";
import { encodeLeafFile } from "../domain/leafFile.ts";
import { encodeLevelFile } from "../domain/levelFile.ts";
import type { AnyMethodology } from "../domain/methodology/catalogue.ts";
import { checkPeriodShape, type Period, periodValues } from "../domain/period.ts";
import { type Result, refuse, succeed } from "../domain/result.ts";
import { buildTree } from "../domain/sumTree.ts";
import { crashPoint } from "../platform/crashPoint.ts";
import type { BlobStore } from "../platform/store.ts";
import { commitmentsOf } from "./commitments.ts";
import { lockOf } from "./context.ts";
import { type ClosedReports, closeReports } from "./dedupe.ts";
import { inTransaction } from "./inTransaction.ts";
import { ReportTable } from "./reportTable.ts";

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
  duplicates: number;
};

export type ClosePeriod = {
  pool: Pool;
  suite: HashSuite;
  store: BlobStore;
  sourceId: Uint8Array;
  period: Period;
  /** UUID of the operation that closes; closing again under the same id gives the same batch. */
  batchId: string;
  /** Rank of a platform's reports, the lowest is credited; from `rules/`. */
  rankOf: (platform: string) => number;
  /** Texts of the versions reports were quantified by, by content hash `0x…`. */
  methodologies: ReadonlyMap<string, AnyMethodology>;
};

const PAGE_ROWS = 20_000;

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

type ReportRow = {
  day: number;
  platform: number;
  name: string;
  row_key: string;
  content_hash: Buffer;
  behaviour: string;
  fingerprint_a: Buffer;
  fingerprint_b: Buffer | null;
  participant: string;
  quantities: string;
  salt: string | null;
  milligrams: string;
  activity_at: string;
};

async function readReports(client: PoolClient, close: ClosePeriod): Promise<ReportTable> {
  const { period, sourceId } = close;
  const table = new ReportTable();
  for (let day = period.firstDay; day < period.endDay; day++) {
    let after: [number, string] = [-1, "00000000-0000-0000-0000-000000000000"];
    for (;;) {
      const { rows } = await client.query<ReportRow>({
        name: "intake-close-page",
        text: `SELECT r.day, r.platform, p.name, r.row_key, m.content_hash, r.behaviour,
                      r.fingerprint_a, r.fingerprint_b, r.participant, r.quantities, r.salt,
                      r.milligrams::text, r.activity_at::text
                 FROM intake.report r
                 JOIN intake.platform p USING (platform)
                 JOIN intake.rule m USING (rule)
                WHERE r.day = $1 AND (r.platform, r.row_key) > ($2::smallint, $3::uuid)
                  AND r.source = (SELECT source FROM intake.source WHERE source_id = $4)
                ORDER BY r.platform, r.row_key LIMIT ${PAGE_ROWS}`,
        values: [day, ...after, Buffer.from(sourceId)],
      });
      for (const row of rows) table.add(storedReport(close, row));
      const last = rows.at(-1);
      if (!last || rows.length < PAGE_ROWS) break;
      after = [last.platform, last.row_key];
    }
  }
  return table;
}

const uuidBytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll("-", ""), "hex");

function storedReport(close: ClosePeriod, row: ReportRow): Parameters<ReportTable["add"]>[0] {
  if (row.salt === null) throw new Error("a report of an open period lost its salt");
  const any = close.methodologies.get(toHex(row.content_hash));
  if (!any) throw new Error(`no text of methodology ${toHex(row.content_hash)}`);
  const { day, behaviour, quantities } = row;
  return {
    day,
    platform: row.name,
    rowKey: uuidBytes(row.row_key),
    fingerprintA: row.fingerprint_a,
    fingerprintB: row.fingerprint_b ?? row.fingerprint_a,
    ...commitmentsOf(close.suite, any, {
      ...{ day, behaviour, quantities },
      ...{ participant: uuidBytes(row.participant), salt: uuidBytes(row.salt) },
    }),
    milligrams: BigInt(row.milligrams),
    at: Number(row.activity_at),
  };
}

/**
 * Fingerprints that periods closed before this one hold on these days or beside them: of the source's
 * neighbouring days, because a bucket may reach over midnight, and of other sources.
 */
async function closedFingerprints(client: PoolClient, period: Period): Promise<Uint8Array[]> {
  const { rows } = await client.query<{
    fingerprint_a: Buffer;
    fingerprint_b: Buffer | null;
  }>(
    `SELECT r.fingerprint_a, r.fingerprint_b
       FROM intake.membership m
       JOIN intake.report r USING (day, platform, row_key)
      WHERE m.day BETWEEN $1 AND $2 AND r.day BETWEEN $1 AND $2`,
    [period.firstDay - 1, period.endDay],
  );
  return rows.flatMap((row) => [row.fingerprint_a, row.fingerprint_b ?? row.fingerprint_a]);
}

async function overlaps(client: PoolClient, sourceId: Uint8Array, period: Period) {
  const { rowCount } = await client.query(
    "SELECT 1 FROM intake.batch WHERE source_id = $1 AND first_day < $3 AND end_day > $2 LIMIT 1",
    [Buffer.from(sourceId), period.firstDay, period.endDay],
  );
  return rowCount !== 0;
}

async function insertBatch(client: PoolClient, batch: ClosedBatch): Promise<void> {
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

/** Writes which leaf each report belongs to; a report of an earlier period's activity has none. */
async function copyMembership(
  client: PoolClient,
  batchId: string,
  table: ReportTable,
  closed: ClosedReports,
): Promise<void> {
  const { rows } = await client.query<{ platform: number; name: string }>(
    "SELECT platform, name FROM intake.platform",
  );
  const numberOf = new Map(rows.map(({ platform, name }) => [name, platform]));
  const stream = client.query(
    copyFrom(
      "COPY intake.membership (batch_id, day, platform, row_key, leaf_index, credited) FROM STDIN",
    ),
  );
  let chunk = "";
  for (let report = 0; report < table.count; report++) {
    const { day, platform, rowKey } = table.key(report);
    const leaf = closed.leafIndex[report] ?? -1;
    const key = toHex(rowKey).slice(2);
    chunk += `${batchId}\t${day}\t${numberOf.get(platform)}\t${key}\t${leaf === -1 ? "\\N" : leaf}\t${closed.credited[report] === 1}\n`;
    if (chunk.length > 65_536) {
      if (!stream.write(chunk)) await once(stream, "drain");
      chunk = "";
    }
  }
  stream.end(chunk);
  await finished(stream);
}

/**
 * Closes a source's period: finds the activities behind its reports, builds their tree, stores the leaf
 * file and then the batch with every report's leaf, in one transaction. Which report is credited and so
 * the root depend on the reports alone, not on their order, their batches or this call's repetition.
 * From then on a report of these days is refused PERIOD_ALREADY_CLOSED.
 *
 * PERIOD_EMPTY, PERIOD_TOO_LONG, PERIOD_OVERLAPS_CLOSED, PERIOD_WITHOUT_ACTIVITIES;
 * OPERATION_ID_CONFLICT when the id closed something else.
 */
export async function closePeriod(close: ClosePeriod): Promise<Result<ClosedBatch>> {
  const shape = checkPeriodShape(close.period);
  if (!shape.ok) return shape;
  const result = await inTransaction(close.pool, (client) => closeIn(client, close));
  if (result.ok) crashPoint("period-closed");
  return result;
}

async function closeIn(client: PoolClient, close: ClosePeriod): Promise<Result<ClosedBatch>> {
  const { suite, sourceId, period, batchId, store } = close;
  // Closes follow one another, or two sources could both count an activity reported to both.
  for (const lock of [lockOf.close, lockOf.source(sourceId)]) {
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [lock]);
  }
  const known = await findBatch(client, batchId);
  if (known) return sameBatch(known, close);
  if (await overlaps(client, sourceId, period)) {
    return refuse("PERIOD_OVERLAPS_CLOSED", { values: periodValues(period) });
  }
  const table = await readReports(client, close);
  const closed = closeReports(table, close.rankOf, await closedFingerprints(client, period));
  const tree = buildTree(suite, closed.records);
  if (!tree.ok) return refuse("PERIOD_WITHOUT_ACTIVITIES", { values: periodValues(period) });
  const { root, totalMilligrams, count, depth } = tree.value;
  const file = encodeLeafFile({
    header: {
      format: "tanpu-leaves/1",
      suite: suite.name,
      count,
      depth,
      totalMilligrams: totalMilligrams.toString(),
      root: toHex(root),
      sourceId: toHex(sourceId),
      first: period.firstDay,
      end: period.endDay,
    },
    records: closed.records,
  });
  const leafFileHash = await store.put(file);
  await store.putBeside(leafFileHash, "levels", encodeLevelFile(suite, tree.value));
  crashPoint("leaf-file-stored");
  for (let day = period.firstDay; day < period.endDay; day++) {
    await client.query("SELECT intake.ensure_day($1)", [day]);
  }
  const { accepted, duplicates } = closed;
  const batch: ClosedBatch = {
    batchId,
    sourceId: toHex(sourceId),
    ...period,
    ...{ root: toHex(root), totalMilligrams, count, depth, leafFileHash, accepted, duplicates },
  };
  await insertBatch(client, batch);
  await copyMembership(client, batchId, table, closed);
  return succeed(batch);
}

function sameBatch(known: ClosedBatch, { sourceId, period }: ClosePeriod): Result<ClosedBatch> {
  const isSame =
    known.sourceId === toHex(sourceId) &&
    known.firstDay === period.firstDay &&
    known.endDay === period.endDay;
  return isSame ? succeed(known) : refuse("OPERATION_ID_CONFLICT");
}
