import type { PoolClient } from "pg";
import { toHex } from "../domain/bytes.ts";
import { rowKeyOf } from "../domain/fingerprint.ts";
import { quantify } from "../domain/methodology/quantify.ts";
import { chinaDay, formatDay } from "../domain/period.ts";
import { type Refusal, type Result, refuse, succeed } from "../domain/result.ts";
import { crashPoint } from "../platform/crashPoint.ts";
import { type IntakeContext, lockOf } from "./context.ts";
import { type IdentifiedReport, identify } from "./identify.ts";
import { inTransaction } from "./inTransaction.ts";
import {
  closedSpans,
  ensureDays,
  holders,
  insertFingerprints,
  insertRefusals,
  insertReports,
  keyText,
  storedReports,
} from "./reportRows.ts";

/** More rows than this come in several batches. */
export const MOST_ROWS = 5_000;

/** What became of one row. "accepted" and "duplicate" are provisional until the period is closed. */
export type RowResult =
  | { status: "accepted"; day: string; milligrams: string; fingerprint: string }
  | {
      status: "duplicate";
      day: string;
      fingerprint: string;
      /** The fingerprint this row shares with one that came before. */
      shared: string;
      /** Whether the earlier report is this platform's own. */
      ownReport: boolean;
    }
  | ({ status: "refused" } & Refusal);

type Judged = { report: IdentifiedReport } | { refusal: Refusal; rowKey?: Uint8Array };

function refused(refusal: Refusal): RowResult {
  return { status: "refused", ...refusal };
}

/** Everything about a row that needs no database. `now` is unix seconds. */
function judge(context: IntakeContext, platform: string, row: unknown, now: number): Judged {
  const activity = quantify(context.methodology, row);
  if (activity.ok) {
    const report = identify(context, platform, activity.value);
    if (report.at <= now) return { report };
    return { refusal: { code: "ACTIVITY_IN_FUTURE" }, rowKey: report.rowKey };
  }
  const orderNo = typeof row === "object" && row !== null && "orderNo" in row ? row.orderNo : "";
  const isNamed = typeof orderNo === "string" && orderNo !== "" && orderNo.length <= 100;
  return {
    refusal: activity.refusal,
    ...(isNamed
      ? { rowKey: rowKeyOf(context.suite, context.keys, context.programme, platform, orderNo) }
      : {}),
  };
}

/** Whether two reports say the same. Salts may differ, because they are drawn anew each time. */
function saysTheSame(a: IdentifiedReport, b: IdentifiedReport): boolean {
  return (
    a.behaviour === b.behaviour &&
    a.at === b.at &&
    a.milligrams === b.milligrams &&
    toHex(a.fingerprintA) === toHex(b.fingerprintA) &&
    toHex(a.fingerprintB) === toHex(b.fingerprintB) &&
    toHex(a.participant) === toHex(b.participant)
  );
}

/**
 * Sorts a batch's reports into what is new, what was stored before and what is refused because of
 * what was stored before. Changes `judged` in place.
 */
async function compareWithStored(
  client: PoolClient,
  context: IntakeContext,
  platform: string,
  judged: Judged[],
): Promise<IdentifiedReport[]> {
  const reports = judged.flatMap((one) => ("report" in one ? [one.report] : []));
  if (reports.length === 0) return [];
  const known = await storedReports(client, platform, reports);
  const closed = await closedSpans(client, context.sourceId, reports);
  const fresh: IdentifiedReport[] = [];
  judged.forEach((one, index) => {
    if (!("report" in one)) return;
    const { report } = one;
    const key = keyText(report.rowKey);
    const earlier = known.get(key);
    if (earlier) {
      if (!saysTheSame(earlier, report)) {
        const refusal = { code: "ACTIVITY_CONFLICT", field: "orderNo" } as const;
        judged[index] = { refusal, rowKey: report.rowKey };
      }
    } else if (closed.some(([first, end]) => report.day >= first && report.day < end)) {
      const values = { day: formatDay(report.day) };
      judged[index] = { refusal: { code: "PERIOD_ALREADY_CLOSED", values }, rowKey: report.rowKey };
    } else {
      known.set(key, report);
      fresh.push(report);
    }
  });
  return fresh;
}

/** The answer for each row, from who holds its two fingerprints; the same however often it is asked. */
async function answers(
  client: PoolClient,
  platform: string,
  judged: readonly Judged[],
): Promise<RowResult[]> {
  const reports = judged.flatMap((one) => ("report" in one ? [one.report] : []));
  const holderOf = await holders(client, reports);
  return judged.map((one) => {
    if (!("report" in one)) return refused(one.refusal);
    const { report } = one;
    const day = formatDay(report.day);
    const fingerprint = toHex(report.fingerprintA);
    for (const shared of [fingerprint, toHex(report.fingerprintB)]) {
      const holder = holderOf.get(shared);
      if (!holder) throw new Error("a stored report lost its fingerprint");
      if (holder.platform !== platform || holder.key !== keyText(report.rowKey)) {
        const ownReport = holder.platform === platform;
        return { status: "duplicate", day, fingerprint, shared, ownReport };
      }
    }
    return { status: "accepted", day, milligrams: report.milligrams.toString(), fingerprint };
  });
}

/**
 * Takes in the rows one platform reports, all or none of them, and answers each in the order given.
 * Repeating a batch, or any of its rows, changes nothing and gives the same answers; a repeated order
 * number with other content is refused ACTIVITY_CONFLICT, an activity of a day that was closed
 * PERIOD_ALREADY_CLOSED. Raw values are neither stored nor logged. `now` is unix seconds.
 * BATCH_TOO_LARGE refuses the whole.
 */
export async function receiveActivities(
  context: IntakeContext,
  platform: string,
  rows: readonly unknown[],
  now: number,
): Promise<Result<RowResult[]>> {
  if (rows.length > MOST_ROWS) {
    return refuse("BATCH_TOO_LARGE", { values: { limit: MOST_ROWS, count: rows.length } });
  }
  const judged = rows.map((row) => judge(context, platform, row, now));
  const receivedDay = chinaDay(now);
  // Making a partition locks its table, so it happens before and apart from the batch.
  await ensureDays(context.pool, judged, receivedDay);
  const results = await inTransaction(context.pool, async (client) => {
    await client.query(
      `SELECT pg_advisory_xact_lock(hashtextextended($1, 0)),
              pg_advisory_xact_lock_shared(hashtextextended($2, 0))`,
      [lockOf.platform(platform), lockOf.source(context.sourceId)],
    );
    const fresh = await compareWithStored(client, context, platform, judged);
    await insertReports(client, context.sourceId, fresh);
    await insertFingerprints(client, fresh);
    await insertRefusals(client, platform, receivedDay, judged);
    return answers(client, platform, judged);
  });
  crashPoint("intake-batch-stored");
  return succeed(results);
}
