import type { PoolClient } from "pg";
import { fingerprintDay, MARK } from "../domain/fingerprint.ts";
import { formatDay } from "../domain/period.ts";
import type { Refusal } from "../domain/result.ts";
import { lockOf } from "./context.ts";
import { CopyRows, copyInto } from "./copyRows.ts";
import type { IdentifiedReport } from "./identify.ts";
import {
  CLOSED,
  HOLDERS,
  REFUSE,
  STAGED,
  STAGED_COLUMNS,
  STAGED_TARGET,
  STORE,
  STORED,
  WITHDRAWN,
} from "./stagedSql.ts";

/** Numbers of what all rows of a chunk have in common. */
export type ChunkOf = {
  platform: number;
  source: number;
  rule: number;
  sourceId: Uint8Array;
};

/** What the database says of one row: nothing for one that is simply accepted. */
export type Answer = { own: boolean } | { refusal: Refusal };

const staging = new WeakSet<PoolClient>();

/** Begins a chunk's transaction; a close of the source waits for it, and it for a close. */
export async function openChunk(client: PoolClient, sourceId: Uint8Array): Promise<void> {
  if (!staging.has(client)) {
    await client.query(STAGED);
    staging.add(client);
  }
  await client.query(
    `SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0)),
            set_config('work_mem', '64MB', true)`,
    [lockOf.source(sourceId)],
  );
}

export function staged(reports: readonly (IdentifiedReport | undefined)[]): CopyRows {
  const rows = new CopyRows(1_024 + 320 * reports.length);
  reports.forEach((report, ord) => {
    if (!report) return;
    const { fingerprintA, fingerprintB } = report;
    rows.row(STAGED_COLUMNS);
    rows.int4(ord);
    rows.int4(report.day);
    rows.bytes(report.rowKey);
    rows.text(report.behaviour);
    rows.bytes(fingerprintA);
    rows.bytes(fingerprintB);
    rows.bytes(report.participant);
    rows.bigint(report.milligrams);
    rows.int8(report.at);
    rows.int4(report.seconds);
    rows.text(report.quantities);
    rows.bytes(report.thing);
    rows.bytes(report.corrects);
    rows.bytes(report.salt);
    rows.int4(fingerprintDay(fingerprintA));
    rows.mark(report.markTimeA, fingerprintA, MARK);
    if (fingerprintB) {
      rows.int4(fingerprintDay(fingerprintB));
      rows.mark(report.markTimeB, fingerprintB, MARK);
    } else {
      rows.null();
      rows.null();
    }
  });
  return rows;
}

/** The days a chunk's rows and marks are of. */
export function daysOf(reports: readonly (IdentifiedReport | undefined)[]): Set<number> {
  const days = new Set<number>();
  for (const report of reports) {
    if (!report) continue;
    days.add(report.day);
    if (report.fingerprintB) days.add(fingerprintDay(report.fingerprintB));
  }
  return days;
}

/**
 * Stores reports, of which no two have one row key, and says of each by its place what is not simply
 * accepted. In an open chunk's transaction; the partitions must be there.
 */
export async function storeReports(
  client: PoolClient,
  of: ChunkOf,
  reports: readonly (IdentifiedReport | undefined)[],
): Promise<Map<number, Answer>> {
  const answers = new Map<number, Answer>();
  const days = [...daysOf(reports)];
  if (days.length === 0) return answers;
  const [first, last] = [Math.min(...days) - 1, Math.max(...days) + 1];
  await copyInto(client, STAGED_TARGET, staged(reports));
  const withdrawn = await client.query<{ ord: number }>(WITHDRAWN);
  for (const { ord } of withdrawn.rows) {
    answers.set(ord, { refusal: { code: "CONSENT_WITHDRAWN" } });
  }
  const closed = await closedDays(client, of.sourceId, days);
  // The rows of a chunk are joined with one another by hashing, however few Postgres takes them for. From
  // here on only: what was asked before looks up single rows.
  await client.query("SELECT set_config('enable_nestloop', 'off', true)");
  const told = await client.query<{ ord: number; fresh: boolean }>(STORE, [
    ...[of.platform, of.source, of.rule, closed, first, last],
  ]);
  if (told.rows.length === 0) return answers;
  const repeated = told.rows.filter(({ fresh }) => !fresh).map(({ ord }) => ord);
  const places = told.rows.map(({ ord }) => ord);
  const held = await client.query<{ ord: number; own: boolean }>(HOLDERS, [
    ...[of.platform, first, last, places, told.rows.map(({ fresh }) => fresh)],
  ]);
  for (const { ord, own } of held.rows) answers.set(ord, { own });
  if (repeated.length === 0) return answers;
  const stored = await client.query<{ ord: number; same: boolean }>(STORED, [
    ...[of.platform, first, last, repeated, of.source],
  ]);
  const sameOf = new Map(stored.rows.map(({ ord, same }) => [ord, same]));
  for (const ord of repeated) {
    const same = sameOf.get(ord);
    if (same === true) continue;
    answers.set(ord, { refusal: refusalOf(same, reports[ord]?.day ?? 0) });
  }
  return answers;
}

/** A row that was not stored and does not repeat another is of a closed day. */
function refusalOf(same: boolean | undefined, day: number): Refusal {
  return same === false
    ? { code: "ACTIVITY_CONFLICT", field: "orderNo" }
    : { code: "PERIOD_ALREADY_CLOSED", values: { day: formatDay(day) } };
}

async function closedDays(
  client: PoolClient,
  sourceId: Uint8Array,
  days: readonly number[],
): Promise<number[]> {
  const { rows } = await client.query<{ first_day: number; end_day: number }>(CLOSED, [
    ...[Buffer.from(sourceId), Math.min(...days), Math.max(...days)],
  ]);
  return days.filter((day) => rows.some((row) => day >= row.first_day && day < row.end_day));
}

/** Keeps refusals of rows that could be named. */
export async function storeRefusals(
  client: PoolClient,
  receivedDay: number,
  platform: number,
  refusals: readonly { rowKey: Uint8Array; refusal: Refusal }[],
): Promise<void> {
  if (refusals.length === 0) return;
  await client.query(REFUSE, [
    receivedDay,
    platform,
    refusals.map(({ rowKey }) => Buffer.from(rowKey).toString("hex")),
    refusals.map(({ refusal }) => refusal.code),
    refusals.map(({ refusal }) => refusal.field ?? null),
  ]);
}
