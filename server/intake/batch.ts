import { tmpdir } from "node:os";
import type { Pool, PoolClient } from "pg";
import { inTransaction } from "../database/inTransaction.ts";
import { toHex } from "../domain/bytes.ts";
import type { HashSuite } from "../domain/hashSuite.ts";
import type { AnyMethodology } from "../domain/methodology/catalogue.ts";
import { checkPeriodShape, formatDay, type Period, periodValues } from "../domain/period.ts";
import { type Result, refuse, succeed } from "../domain/result.ts";
import { postPending } from "../ledger/postPending.ts";
import { crashPoint } from "../platform/crashPoint.ts";
import type { BlobStore } from "../platform/store.ts";
import { type AssessRules, assessPeriod } from "./assess/assess.ts";
import { closeReports } from "./close/closeReports.ts";
import type { PlatformOrder } from "./close/components.ts";
import type { ClosingPeriod } from "./close/standing.ts";
import { type ClosedBatch, findBatch, insertBatch } from "./closedBatch.ts";
import { lockOf } from "./context.ts";
import { sealPeriod } from "./sealDays.ts";

export type ClosePeriod = {
  pool: Pool;
  suite: HashSuite;
  store: BlobStore;
  sourceId: Uint8Array;
  period: Period;
  /** The programme the source belongs to. */
  programme: number;
  /** UUID of the operation that closes; closing again under the same id gives the same batch. */
  batchId: string;
  /** Rank of a platform's reports, the lowest is credited; from `rules/`. */
  rankOf: (platform: string) => number;
  /** The methodologies reports were quantified by, by content hash; a missing one stops the close. */
  methodologies: ReadonlyMap<string, AnyMethodology>;
  /** What the period is looked at for before; nothing when left out. */
  assess?: AssessRules;
  /** Close although findings are open: their reports are left out for good. */
  leaveOutOpen?: boolean;
  /** Where leaves wait that do not fit in memory; the folder for temporary files when left out. */
  spillFolder?: string;
};

async function overlaps(client: PoolClient, sourceId: Uint8Array, period: Period) {
  const { rowCount } = await client.query(
    "SELECT 1 FROM intake.batch WHERE source_id = $1 AND first_day < $3 AND end_day > $2 LIMIT 1",
    [Buffer.from(sourceId), period.firstDay, period.endDay],
  );
  return rowCount !== 0;
}

/** A day whose reports lie in a file and could hold fingerprints of this period's. */
async function detachedDay(client: PoolClient, period: Period): Promise<number | undefined> {
  const { rows } = await client.query<{ day: number }>(
    `SELECT day FROM intake.detached WHERE part = 'report' AND day BETWEEN $1 AND $2
      ORDER BY day LIMIT 1`,
    [period.firstDay - 1, period.endDay],
  );
  return rows[0]?.day;
}

async function sourceNumber(client: PoolClient, sourceId: Uint8Array): Promise<number | undefined> {
  const { rows } = await client.query<{ source: number }>(
    "SELECT source FROM intake.source WHERE source_id = $1",
    [Buffer.from(sourceId)],
  );
  return rows[0]?.source;
}

async function platformOrder(
  client: PoolClient,
  rankOf: ClosePeriod["rankOf"],
): Promise<PlatformOrder> {
  const { rows } = await client.query<{ platform: number; name: string }>(
    "SELECT platform, name FROM intake.platform",
  );
  const names = new Map(rows.map(({ platform, name }) => [platform, name]));
  const ranks = new Map(rows.map(({ platform, name }) => [platform, rankOf(name)]));
  return {
    rankOf: (platform) => ranks.get(platform) ?? Number.MAX_SAFE_INTEGER,
    nameOf: (platform) => names.get(platform) ?? "",
  };
}

async function methodologyByRule(
  client: PoolClient,
  methodologies: ClosePeriod["methodologies"],
): Promise<(rule: number) => AnyMethodology | undefined> {
  const { rows } = await client.query<{ rule: number; content_hash: Buffer }>(
    "SELECT rule, content_hash FROM intake.rule",
  );
  const hashes = new Map(rows.map(({ rule, content_hash }) => [rule, toHex(content_hash)]));
  return (rule) => methodologies.get(hashes.get(rule) ?? "");
}

/**
 * Closes a source's period: finds the activities behind its reports, builds their tree, stores the leaf
 * file and then the batch with what became of every report, and credits the persons with pending amounts,
 * in one transaction. Which report is credited
 * and so the root depend on the reports alone, not on their order, their batches or this call's
 * repetition. From then on a report of these days is refused PERIOD_ALREADY_CLOSED.
 *
 * Memory goes with the reports that share fingerprints, not with all of them.
 *
 * PERIOD_EMPTY, PERIOD_TOO_LONG, PERIOD_OVERLAPS_CLOSED, PERIOD_WITHOUT_ACTIVITIES,
 * DAYS_DETACHED, FINDINGS_OPEN;
 * OPERATION_ID_CONFLICT when the id closed something else. @throws RuleUnknown
 */
export async function closePeriod(close: ClosePeriod): Promise<Result<ClosedBatch>> {
  const shape = checkPeriodShape(close.period);
  if (!shape.ok) return shape;
  await sealPeriod(close.pool, close.sourceId, close.period);
  const result = await inTransaction(close.pool, (client) => closeIn(client, close));
  if (result.ok) crashPoint("period-closed");
  return result;
}

async function closeIn(client: PoolClient, close: ClosePeriod): Promise<Result<ClosedBatch>> {
  const { suite, sourceId, period, batchId, store } = close;
  // Of this transaction alone. A day that just came has no statistics, and what is taken for a handful of
  // rows may be a million: whole days are joined by hashing.
  await client.query("SET LOCAL work_mem = '64MB'");
  await client.query("SET LOCAL enable_nestloop = off");
  // Closes follow one another, or two sources could both count an activity reported to both.
  for (const lock of [lockOf.close, lockOf.source(sourceId)]) {
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [lock]);
  }
  const known = await findBatch(client, batchId);
  if (known) return sameBatch(known, close);
  if (await overlaps(client, sourceId, period)) {
    return refuse("PERIOD_OVERLAPS_CLOSED", { values: periodValues(period) });
  }
  const detached = await detachedDay(client, period);
  if (detached !== undefined) {
    return refuse("DAYS_DETACHED", { values: { day: formatDay(detached) } });
  }
  const source = await sourceNumber(client, sourceId);
  if (source === undefined) {
    return refuse("PERIOD_WITHOUT_ACTIVITIES", { values: periodValues(period) });
  }
  if (close.assess) {
    // What is found stays when the close is refused, so that somebody can decide it.
    const { open } = await assessPeriod(client, sourceId, period, close.assess);
    if (open > 0 && !close.leaveOutOpen)
      return refuse("FINDINGS_OPEN", { values: { count: open } });
  }
  const closing: ClosingPeriod = { ...period, source };
  const closed = await closeReports({
    ...{ client, suite, store, sourceId, period: closing, batchId },
    order: await platformOrder(client, close.rankOf),
    methodologyOf: await methodologyByRule(client, close.methodologies),
    spillFolder: close.spillFolder ?? tmpdir(),
  });
  if (!closed) return refuse("PERIOD_WITHOUT_ACTIVITIES", { values: periodValues(period) });
  const batch: ClosedBatch = {
    ...{ batchId, sourceId: toHex(sourceId), ...period },
    ...closed,
    root: toHex(closed.root),
  };
  await insertBatch(client, batch);
  await postPending(client, { batchId, programme: close.programme });
  return succeed(batch);
}

function sameBatch(known: ClosedBatch, { sourceId, period }: ClosePeriod): Result<ClosedBatch> {
  const isSame =
    known.sourceId === toHex(sourceId) &&
    known.firstDay === period.firstDay &&
    known.endDay === period.endDay;
  return isSame ? succeed(known) : refuse("OPERATION_ID_CONFLICT");
}
