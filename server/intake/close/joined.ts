import type { PoolClient } from "pg";
import { Components, type PlatformOrder } from "./components.ts";
import { readRows } from "./copyBinary.ts";
import { reasons } from "./reasons.ts";
import { RowKeys } from "./rowKeys.ts";
import {
  bytesOf,
  type ClosingPeriod,
  type Excluded,
  int2,
  int4,
  int8,
  ofPeriod,
} from "./standing.ts";

/** The reports of a period that share a fingerprint with another report, and who of them is credited. */
export type Joined = {
  keys: RowKeys;
  components: Components;
  /** The number of a row among them, or -1: by the place of its key, which is the order they were added in. */
  find(platform: number, day: number, rowKey: Uint8Array): number;
};

/**
 * Rows at either end of an edge, with a day to spare on both sides: a bucket may reach over midnight, and
 * an edge lies in the partition of the later report.
 */
const ends = ({ firstDay, endDay }: ClosingPeriod): string =>
  `SELECT day, platform, row_key FROM intake.shared
    WHERE day BETWEEN ${firstDay - 2} AND ${endDay + 2}
   UNION
   SELECT holder_day, holder_platform, holder_row_key FROM intake.shared
    WHERE day BETWEEN ${firstDay - 2} AND ${endDay + 2}`;

/**
 * Finds the activities that several reports are about. Which reports share a fingerprint is asked of the
 * fingerprints themselves; the edges noted on arrival only say which reports have to be looked at, because
 * whom of them a report met first depends on the order of arrival.
 */
export async function readJoined(
  client: PoolClient,
  period: ClosingPeriod,
  excluded: Excluded,
  order: PlatformOrder,
): Promise<Joined> {
  const keys = new RowKeys();
  const components = new Components(keys, order);
  const reports = `SELECT r.day, r.platform, r.row_key, r.fingerprint_a, r.fingerprint_b, r.activity_at
      FROM intake.report r JOIN (${ends(period)}) t USING (day, platform, row_key)
     WHERE ${ofPeriod("r", period)} AND r.salt IS NOT NULL`;
  for await (const rows of readRows(client, reports)) {
    for (const [day, platform, rowKey, first, second, at] of rows) {
      const [platformNumber, dayNumber, key] = [int2(platform), int4(day), bytesOf(rowKey)];
      if (excluded.has(platformNumber, dayNumber, key)) continue;
      components.add(keys.add(platformNumber, dayNumber, key), int8(at), bytesOf(first), second);
    }
  }
  const counted = `SELECT r.fingerprint_a, r.fingerprint_b
      FROM intake.membership m
      JOIN (${ends(period)}) t USING (day, platform, row_key)
      JOIN intake.report r USING (day, platform, row_key)
     WHERE m.reason IN (${reasons.inTheTree}, ${reasons.countedBefore})`;
  for await (const rows of readRows(client, counted)) {
    for (const [first, second] of rows) {
      components.markClosed(bytesOf(first));
      if (second) components.markClosed(second);
    }
  }
  components.settle();
  return { keys, components, find: (platform, day, rowKey) => keys.find(platform, day, rowKey) };
}
