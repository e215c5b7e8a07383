import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { compareBytes, concat, toHex, uintBytes } from "../../server/domain/bytes.ts";
import { COUNTED_BEFORE, Components } from "../../server/intake/close/components.ts";
import { LeafSpill, SPILLED } from "../../server/intake/close/leafSpill.ts";
import { RowKeys } from "../../server/intake/close/rowKeys.ts";
import { closeReports } from "../support/closeReference.ts";
import { ReportTable } from "../support/closeReferenceTable.ts";
import { seeded, shuffled, suite } from "./support.ts";

const DAY = 17_775;
const names = ["operator", "city", "map", "other"];
const ranks = [1, 0, 1, 7];
const order = {
  rankOf: (platform: number) => ranks[platform] ?? 9,
  nameOf: (platform: number) => names[platform] ?? "",
};
const rankOf = (platform: string): number => order.rankOf(names.indexOf(platform));

/** A fingerprint of a day out of so few that many reports share one. */
const fingerprintOf = (number: number): Uint8Array =>
  concat(uintBytes(DAY, 4), suite.hash(uintBytes(number, 4)).subarray(0, 28));

type Random = (limit: number) => number;
type Report = { platform: number; rowKey: Uint8Array; at: number; marks: [number, number?] };

function reportsOf(count: number, marks: number, random: Random): Report[] {
  return Array.from({ length: count }, (_, index) => ({
    platform: random(4),
    rowKey: suite.hash(uintBytes(index, 4), uintBytes(random(2 ** 20), 4)).slice(0, 16),
    at: random(5),
    marks: random(4) === 0 ? [random(marks)] : [random(marks), random(marks)],
  }));
}

/** The credited report of each report, by row key, and the entries beside each credited report. */
function settled(reports: readonly Report[], closed: readonly number[]): Map<string, string> {
  const keys = new RowKeys();
  const components = new Components(keys, order);
  for (const { platform, rowKey, at, marks } of reports) {
    const [first, second] = marks;
    const other = second === undefined ? undefined : fingerprintOf(second);
    components.add(keys.add(platform, DAY, rowKey), at, fingerprintOf(first), other);
  }
  for (const mark of closed) components.markClosed(fingerprintOf(mark));
  components.settle();
  const result = new Map<string, string>();
  for (const [number, { rowKey }] of reports.entries()) {
    const winner = components.winnerOf(number);
    if (winner === COUNTED_BEFORE) result.set(toHex(rowKey), "before");
    else {
      const others = [...components.othersOf(winner)].map(toHex).sort();
      const credited = reports[winner];
      result.set(toHex(rowKey), [toHex(credited?.rowKey ?? new Uint8Array()), ...others].join());
    }
  }
  return result;
}

/** The same by the plain way over all reports: `test/support/closeReference.ts`. */
function referred(reports: readonly Report[], closed: readonly number[]): Map<string, string> {
  const table = new ReportTable();
  for (const { platform, rowKey, at, marks } of reports) {
    const [first, second = first] = marks;
    const evidence = suite.hash(rowKey);
    table.add({
      ...{ day: DAY, platform: names[platform] ?? "", rowKey, at, milligrams: 5n },
      ...{ fingerprintA: fingerprintOf(first), fingerprintB: fingerprintOf(second) },
      ...{ beneficiary: new Uint8Array(32), evidence },
    });
  }
  const result = closeReports(table, rankOf, closed.map(fingerprintOf));
  const leaves = Array.from({ length: result.records.length / 104 }, (_, leaf) =>
    result.records.subarray(leaf * 104, (leaf + 1) * 104),
  );
  const found = new Map<string, string>();
  for (const [number, { rowKey }] of reports.entries()) {
    const leaf = leaves[result.leafIndex[number] ?? -1];
    const evidence = leaf && toHex(leaf.subarray(72));
    const credited = reports.find((one) => toHex(suite.hash(one.rowKey)) === evidence);
    const others = leaves
      .filter((one) => one !== leaf && toHex(one.subarray(72)) === evidence)
      .map((one) => toHex(one.subarray(0, 32)))
      .sort();
    found.set(toHex(rowKey), credited ? [toHex(credited.rowKey), ...others].join() : "before");
  }
  return found;
}

describe("Activities of several reports", () => {
  it("are the same as by the plain way, on any graph and in any order", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = seeded(seed);
      const reports = reportsOf(1 + random(60), 1 + random(90), random);
      const closed = Array.from({ length: random(4) }, () => random(90));
      const expected = referred(reports, closed);
      for (let round = 0; round < 3; round++) {
        const found = settled(shuffled(reports, random), closed);
        expect(found, `seed ${seed}`).to.deep.equal(expected);
      }
    }
  });
});

describe("Leaves that do not fit in memory", () => {
  it("come out sorted, whatever their order and however many buckets they fell into", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "tanpu-spill-"));
    try {
      const random = seeded(3);
      for (const [leaves, stated] of [
        [40, 20],
        [3_000, 40_000_000],
      ] as const) {
        // Stating far more reports than come makes many buckets; each is written out at its third leaf.
        const held = { bytes: 0, least: 3 * SPILLED.bytes };
        const spill = new LeafSpill([{ day: DAY, reports: stated }], folder, held);
        const fingerprints = Array.from({ length: leaves }, (_, number) => {
          const one = fingerprintOf(number);
          // Some fall on the days beside it, and some share their leading bytes.
          one[3] = (one[3] ?? 0) + random(3) - 1;
          if (random(3) === 0) one.fill(7, 4, 12);
          return one;
        });
        const distinct = [...new Map(fingerprints.map((one) => [toHex(one), one])).values()];
        for (const one of shuffled(distinct, random)) {
          spill.add(one)[SPILLED.credits] = 1;
          if (random(50) === 0) await spill.relieve();
        }
        await spill.relieve();
        expect(readdirSync(folder)).to.have.lengthOf(1);
        const sorted: string[] = [];
        for await (const part of spill.sorted()) {
          for (let at = 0; at < part.length; at += SPILLED.bytes) {
            sorted.push(toHex(part.subarray(at, at + 32)));
          }
        }
        await spill.close();
        expect(sorted).to.deep.equal(distinct.sort(compareBytes).map(toHex));
      }
      expect(readdirSync(folder)).to.deep.equal([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
