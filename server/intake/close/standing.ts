import type { PoolClient } from "pg";
import { compareBytes } from "../../domain/bytes.ts";
import type { Period } from "../../domain/period.ts";
import { type Fields, readRows } from "./copyBinary.ts";
import { type Reason, reasons } from "./reasons.ts";
import { RowKeys } from "./rowKeys.ts";

/** A source's period as the database numbers the source. */
export type ClosingPeriod = Period & { source: number };

/** A correction may be of an activity of another day than what it corrects, but not by more than this. */
export const CORRECTION_DAYS = 31;

export const ofPeriod = (name: string, { source, firstDay, endDay }: ClosingPeriod): string =>
  `${name}.day >= ${firstDay} AND ${name}.day < ${endDay} AND ${name}.source = ${source}`;

export const int2 = (field: Buffer | undefined): number => field?.readInt16BE(0) ?? 0;
export const int4 = (field: Buffer | undefined): number => field?.readInt32BE(0) ?? 0;
/** Exact up to 2^53: unix seconds, never milligrams. */
export const int8 = (field: Buffer | undefined): number => Number(field?.readBigInt64BE(0) ?? 0n);
const NO_BYTES = Buffer.alloc(0);
export const bytesOf = (field: Buffer | undefined): Buffer => field ?? NO_BYTES;

/** The rows of a period that earn nothing by themselves, with the reason: as if they had not come. */
export class Excluded {
  readonly #keys = new RowKeys();
  readonly #reasons: Reason[] = [];

  get count(): number {
    return this.#keys.count;
  }

  add([day, platform, rowKey]: Fields, reason: Reason): void {
    const place = this.#keys.add(int2(platform), int4(day), bytesOf(rowKey));
    // The first reason stays.
    if (place === this.#reasons.length) this.#reasons.push(reason);
  }

  has(platform: number, day: number, rowKey: Uint8Array): boolean {
    return this.#keys.find(platform, day, rowKey) !== -1;
  }

  *rows(): Generator<{ key: Uint8Array; reason: Reason }> {
    for (const [place, reason] of this.#reasons.entries()) {
      yield { key: this.#keys.at(place), reason };
    }
  }
}

async function addAll(excluded: Excluded, client: PoolClient, query: string, reason: Reason) {
  for await (const rows of readRows(client, query)) {
    for (const row of rows) excluded.add(row, reason);
  }
}

/**
 * Rows that another row of their platform corrects, rows whose order number names an earlier activity of
 * the period, and rows with an open or confirmed finding; the first of these reasons is kept. Rows of
 * persons who were deleted are added when they are met, by their missing salt.
 */
export async function readExcluded(client: PoolClient, period: ClosingPeriod): Promise<Excluded> {
  const excluded = new Excluded();
  await addAll(
    excluded,
    client,
    `SELECT r.day, r.platform, r.row_key
       FROM intake.report c
       JOIN intake.report r ON r.platform = c.platform AND r.row_key = c.corrects
      WHERE c.corrects IS NOT NULL AND ${ofPeriod("r", period)}
        AND c.day BETWEEN ${period.firstDay - CORRECTION_DAYS} AND ${period.endDay + CORRECTION_DAYS}`,
    reasons.superseded,
  );
  await addCorrections(excluded, client, period);
  if (period.endDay - period.firstDay > 1) await addRepeated(excluded, client, period);
  await addAll(
    excluded,
    client,
    `SELECT r.day, r.platform, r.row_key
       FROM intake.withheld w JOIN intake.report r USING (day, platform, row_key)
      WHERE ${ofPeriod("r", period)}`,
    reasons.withheld,
  );
  return excluded;
}

/**
 * Of several corrections of one row the one with the earliest activity stands, and none where the row was
 * credited in a period closed before: from then on a correction only takes away.
 */
async function addCorrections(excluded: Excluded, client: PoolClient, period: ClosingPeriod) {
  const { firstDay, endDay } = period;
  const near = `BETWEEN ${firstDay - CORRECTION_DAYS} AND ${endDay + CORRECTION_DAYS}`;
  const corrections = `SELECT c.day, c.platform, c.row_key FROM intake.report c
    WHERE c.corrects IS NOT NULL AND ${ofPeriod("c", period)}`;
  await addAll(
    excluded,
    client,
    `${corrections} AND EXISTS (
       SELECT FROM intake.report o WHERE o.platform = c.platform AND o.corrects = c.corrects AND o.day ${near}
          AND (o.activity_at, o.day, o.row_key) < (c.activity_at, c.day, c.row_key))`,
    reasons.correctionRepeated,
  );
  await addAll(
    excluded,
    client,
    `${corrections} AND EXISTS (
       SELECT FROM intake.membership m WHERE m.platform = c.platform AND m.row_key = c.corrects AND m.day ${near}
          AND m.credited)`,
    reasons.countedBefore,
  );
}

/** Of the rows under one order number the one with the earliest activity stands; superseded rows are none. */
async function addRepeated(excluded: Excluded, client: PoolClient, period: ClosingPeriod) {
  const query = `SELECT r.day, r.platform, r.row_key, r.activity_at
      FROM intake.report r
      JOIN (SELECT platform, row_key FROM intake.report r WHERE ${ofPeriod("r", period)}
             GROUP BY platform, row_key HAVING count(*) > 1) t USING (platform, row_key)
     WHERE ${ofPeriod("r", period)}
     ORDER BY r.platform, r.row_key, r.activity_at, r.day`;
  let standing: Fields | undefined;
  const repeated: Fields[] = [];
  for await (const rows of readRows(client, query)) {
    for (const row of rows) {
      if (excluded.has(int2(row[1]), int4(row[0]), bytesOf(row[2]))) continue;
      if (standing && isSameOrder(standing, row)) repeated.push(row);
      else standing = row;
    }
  }
  for (const row of repeated) excluded.add(row, reasons.orderNumberRepeated);
}

const isSameOrder = (a: Fields, b: Fields): boolean =>
  int2(a[1]) === int2(b[1]) && compareBytes(bytesOf(a[2]), bytesOf(b[2])) === 0;
