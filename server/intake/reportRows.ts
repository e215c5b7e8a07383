import type { Pool, PoolClient } from "pg";
import { compareBytes, toHex } from "../domain/bytes.ts";

import type { Refusal } from "../domain/result.ts";
import type { IdentifiedReport } from "./identify.ts";

/*
 * The intake tables, a set at a time: every statement carries one array for each column. Rows go in
 * sorted by key, so that concurrent batches meet in one order and indexes grow at their end.
 */

/**
 * An order number is remembered this many days either side of the days a batch is about. Beyond them
 * it may name another activity, which its fingerprint tells apart.
 */
const ORDER_MEMORY_DAYS = 31;

export function keyText(rowKey: Uint8Array): string {
  return toHex(rowKey);
}

/** The China day of a fingerprint's bucket stands in front of it. */
export function fingerprintDay(fingerprint: Uint8Array): number {
  return new DataView(fingerprint.buffer, fingerprint.byteOffset, 4).getUint32(0);
}

function dayRange(reports: readonly IdentifiedReport[]): [number, number] {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { day } of reports) {
    first = Math.min(first, day);
    last = Math.max(last, day);
  }
  return [first, last];
}

const made = new WeakMap<Pool, Set<number>>();

/** Makes the partitions that a batch needs, once for each process. */
export async function ensureDays(
  pool: Pool,
  judged: readonly ({ report: IdentifiedReport } | { refusal: Refusal })[],
  receivedDay: number,
): Promise<void> {
  const known = made.get(pool) ?? new Set<number>();
  made.set(pool, known);
  const days = new Set([receivedDay]);
  for (const one of judged) {
    if (!("report" in one)) continue;
    days.add(one.report.day);
    days.add(fingerprintDay(one.report.fingerprintA));
    days.add(fingerprintDay(one.report.fingerprintB));
  }
  for (const day of [...days].sort((a, b) => a - b)) {
    if (known.has(day)) continue;
    await pool.query("SELECT intake.ensure_day($1)", [day]);
    known.add(day);
  }
}

type StoredRow = {
  day: number;
  row_key: Buffer;
  behaviour: string;
  fingerprint_a: Buffer;
  fingerprint_b: Buffer;
  participant: Buffer;
  milligrams: string;
  activity_at: string;
  parameter_index: number;
  quantities: Record<string, string>;
  beneficiary: Buffer;
  beneficiary_salt: Buffer;
  evidence: Buffer;
  evidence_salt: Buffer;
};

function reportOf(platform: string, row: StoredRow): IdentifiedReport {
  return {
    day: row.day,
    platform,
    rowKey: row.row_key,
    behaviour: row.behaviour,
    fingerprintA: row.fingerprint_a,
    fingerprintB: row.fingerprint_b,
    participant: row.participant,
    milligrams: BigInt(row.milligrams),
    at: Number(row.activity_at),
    parameterIndex: row.parameter_index,
    quantities: row.quantities,
    beneficiary: row.beneficiary,
    beneficiarySalt: row.beneficiary_salt,
    evidence: row.evidence,
    evidenceSalt: row.evidence_salt,
  };
}

/** The reports a platform made before under the order numbers of this batch, by row key. */
export async function storedReports(
  client: PoolClient,
  platform: string,
  reports: readonly IdentifiedReport[],
): Promise<Map<string, IdentifiedReport>> {
  const [first, last] = dayRange(reports);
  const { rows } = await client.query<StoredRow>(
    `SELECT day, row_key, behaviour, fingerprint_a, fingerprint_b, participant,
            milligrams::text, activity_at::text, parameter_index, quantities,
            beneficiary, beneficiary_salt, evidence, evidence_salt
       FROM intake.report
      WHERE day BETWEEN $1 AND $2 AND platform = $3 AND row_key = ANY ($4::bytea[])`,
    [
      first - ORDER_MEMORY_DAYS,
      last + ORDER_MEMORY_DAYS,
      platform,
      reports.map(({ rowKey }) => Buffer.from(rowKey)),
    ],
  );
  return new Map(rows.map((row) => [keyText(row.row_key), reportOf(platform, row)]));
}

/** The spans `[first, end)` of days that were closed for the source, as far as the batch meets them. */
export async function closedSpans(
  client: PoolClient,
  sourceId: Uint8Array,
  reports: readonly IdentifiedReport[],
): Promise<[number, number][]> {
  const [first, last] = dayRange(reports);
  const { rows } = await client.query<{ first_day: number; end_day: number }>(
    `SELECT first_day, end_day FROM intake.batch
      WHERE source_id = $1 AND first_day <= $3 AND end_day > $2`,
    [Buffer.from(sourceId), first, last],
  );
  return rows.map((row) => [row.first_day, row.end_day]);
}

export async function insertReports(
  client: PoolClient,
  sourceId: Uint8Array,
  reports: readonly IdentifiedReport[],
): Promise<void> {
  if (reports.length === 0) return;
  const sorted = reports.toSorted((a, b) => a.day - b.day || compareBytes(a.rowKey, b.rowKey));
  const bytes = (of: (report: IdentifiedReport) => Uint8Array): Buffer[] =>
    sorted.map((report) => Buffer.from(of(report)));
  await client.query(
    `INSERT INTO intake.report
       (day, platform, row_key, behaviour, source_id, fingerprint_a, fingerprint_b, participant,
        milligrams, activity_at, parameter_index, quantities,
        beneficiary, beneficiary_salt, evidence, evidence_salt, received_at)
     SELECT day, platform, row_key, behaviour, $15, fingerprint_a, fingerprint_b, participant,
            milligrams, activity_at, parameter_index, quantities,
            beneficiary, beneficiary_salt, evidence, evidence_salt, now()
       FROM unnest($1::int[], $2::text[], $3::bytea[], $4::text[], $5::bytea[], $6::bytea[],
                   $7::bytea[], $8::bigint[], $9::bigint[], $10::int[], $11::jsonb[],
                   $12::bytea[], $13::bytea[], $14::bytea[], $16::bytea[])
         AS t(day, platform, row_key, behaviour, fingerprint_a, fingerprint_b, participant,
              milligrams, activity_at, parameter_index, quantities,
              beneficiary, beneficiary_salt, evidence, evidence_salt)`,
    [
      sorted.map(({ day }) => day),
      sorted.map(({ platform }) => platform),
      bytes((report) => report.rowKey),
      sorted.map(({ behaviour }) => behaviour),
      bytes((report) => report.fingerprintA),
      bytes((report) => report.fingerprintB),
      bytes((report) => report.participant),
      sorted.map(({ milligrams }) => milligrams.toString()),
      sorted.map(({ at }) => at),
      sorted.map(({ parameterIndex }) => parameterIndex),
      sorted.map(({ quantities }) => JSON.stringify(quantities)),
      bytes((report) => report.beneficiary),
      bytes((report) => report.beneficiarySalt),
      bytes((report) => report.evidence),
      Buffer.from(sourceId),
      bytes((report) => report.evidenceSalt),
    ],
  );
}

/** Notes who brought each fingerprint first. Within the batch the earlier row wins. */
export async function insertFingerprints(
  client: PoolClient,
  reports: readonly IdentifiedReport[],
): Promise<void> {
  const first = new Map<string, { fingerprint: Uint8Array; report: IdentifiedReport }>();
  for (const report of reports) {
    for (const fingerprint of [report.fingerprintA, report.fingerprintB]) {
      const text = toHex(fingerprint);
      if (!first.has(text)) first.set(text, { fingerprint, report });
    }
  }
  if (first.size === 0) return;
  const sorted = [...first.values()].sort((a, b) => compareBytes(a.fingerprint, b.fingerprint));
  await client.query(
    `INSERT INTO intake.fingerprint (day, fingerprint, platform, row_key, report_day)
     SELECT * FROM unnest($1::int[], $2::bytea[], $3::text[], $4::bytea[], $5::int[])
     ON CONFLICT (day, fingerprint) DO NOTHING`,
    [
      sorted.map(({ fingerprint }) => fingerprintDay(fingerprint)),
      sorted.map(({ fingerprint }) => Buffer.from(fingerprint)),
      sorted.map(({ report }) => report.platform),
      sorted.map(({ report }) => Buffer.from(report.rowKey)),
      sorted.map(({ report }) => report.day),
    ],
  );
}

/** Who brought each of the reports' fingerprints first, by `0x…` fingerprint. */
export async function holders(
  client: PoolClient,
  reports: readonly IdentifiedReport[],
): Promise<Map<string, { platform: string; key: string }>> {
  if (reports.length === 0) return new Map();
  const fingerprints = reports.flatMap(({ fingerprintA, fingerprintB }) => [
    fingerprintA,
    fingerprintB,
  ]);
  const { rows } = await client.query<{ fingerprint: Buffer; platform: string; row_key: Buffer }>(
    `SELECT f.fingerprint, f.platform, f.row_key
       FROM intake.fingerprint f
       JOIN unnest($1::int[], $2::bytea[]) AS t(day, fingerprint)
         ON f.day = t.day AND f.fingerprint = t.fingerprint`,
    [fingerprints.map(fingerprintDay), fingerprints.map((one) => Buffer.from(one))],
  );
  return new Map(
    rows.map((row) => [
      toHex(row.fingerprint),
      { platform: row.platform, key: keyText(row.row_key) },
    ]),
  );
}

/** Keeps what was refused and why, without any of the row's values. */
export async function insertRefusals(
  client: PoolClient,
  platform: string,
  receivedDay: number,
  judged: readonly ({ report: IdentifiedReport } | { refusal: Refusal; rowKey?: Uint8Array })[],
): Promise<void> {
  const refusals = judged.flatMap((one) =>
    "refusal" in one && one.rowKey ? [{ ...one.refusal, rowKey: one.rowKey }] : [],
  );
  if (refusals.length === 0) return;
  refusals.sort((a, b) => compareBytes(a.rowKey, b.rowKey));
  await client.query(
    `INSERT INTO intake.refusal (received_day, platform, row_key, code, field, created_at)
     SELECT $1, $2, row_key, code, field, now()
       FROM unnest($3::bytea[], $4::text[], $5::text[]) AS t(row_key, code, field)
     ON CONFLICT (received_day, platform, row_key) DO NOTHING`,
    [
      receivedDay,
      platform,
      refusals.map(({ rowKey }) => Buffer.from(rowKey)),
      refusals.map(({ code }) => code),
      refusals.map(({ field }) => field ?? null),
    ],
  );
}
