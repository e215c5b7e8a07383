import { expect } from "chai";
import { toHex } from "../../server/domain/bytes.ts";
import { carrierTimeFingerprints } from "../../server/domain/fingerprint.ts";
import { buildTree, readLeaf } from "../../server/domain/sumTree.ts";
import { type ClosedReports, closeReports } from "../support/closeReference.ts";
import { ReportTable, type StoredReport } from "../support/closeReferenceTable.ts";
import { demoKeys, seeded, shuffled, suite, unwrap } from "./support.ts";

const { keys } = demoKeys();
const W = 360;
const NOON = 1_535_774_400;
const ranks = new Map([
  ["operator", 0],
  ["city", 1],
]);
const rankOf = (platform: string): number => ranks.get(platform) ?? 9;

/** A report of one ride of `card` on one bus; commitments are told apart by the row's name. */
function report(platform: string, name: string, card: string, at: number): StoredReport {
  const facts = { carrier: "bus", card, at, windowSeconds: W };
  const { first, second, day } = carrierTimeFingerprints(suite, keys, facts);
  const seed = new TextEncoder().encode(`${platform}/${name}`);
  const rowKey = suite.hash(seed).slice(0, 16);
  return {
    ...{ day, platform, rowKey, at },
    ...{ fingerprintA: first, fingerprintB: second, milligrams: 371_000n },
    beneficiary: suite.hash(seed, Uint8Array.of(1)),
    evidence: suite.hash(seed, Uint8Array.of(2)),
  };
}

function close(reports: readonly StoredReport[], closed: Uint8Array[] = []): ClosedReports {
  const table = new ReportTable();
  for (const one of reports) table.add(one);
  return closeReports(table, rankOf, closed);
}

const rootOf = ({ records }: ClosedReports): string =>
  toHex(unwrap(buildTree(suite, records)).root);

/** Which report each activity is credited by, found the slow way: pairs, again and again. */
function slowAccepted(reports: readonly StoredReport[]): number {
  const group = reports.map((_, index) => index);
  const share = (a: StoredReport, b: StoredReport): boolean => {
    const own = [toHex(a.fingerprintA), toHex(a.fingerprintB)];
    return own.includes(toHex(b.fingerprintA)) || own.includes(toHex(b.fingerprintB));
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const [i, a] of reports.entries()) {
      for (const [j, b] of reports.entries()) {
        const low = Math.min(group[i]!, group[j]!);
        if (group[i] !== group[j] && share(a, b)) {
          group[i] = low;
          group[j] = low;
          changed = true;
        }
      }
    }
  }
  return new Set(group).size;
}

describe("One ride that several platforms report", () => {
  it("gives its grams once, to the report of the lowest rank", () => {
    const reports = [
      report("map", "m", "card", NOON - 90),
      report("city", "c", "card", NOON + 90),
      report("operator", "o", "card", NOON),
    ];
    const closed = close(reports);
    expect(closed).to.include({ accepted: 1, duplicates: 2 });
    expect([...closed.credited]).to.deep.equal([0, 0, 1]);
    expect(new Set(closed.leafIndex).size).to.equal(1);
    const leaf = readLeaf(closed.records, closed.leafIndex[0]!);
    expect(leaf.milligrams).to.equal(371_000n);
    expect(leaf.fingerprint).to.deep.equal(reports[2]!.fingerprintA);
    expect(leaf.evidence).to.deep.equal(reports[2]!.evidence);
  });

  it("stands in the tree under every fingerprint, all but one with nothing", () => {
    const reports = [report("map", "m", "card", NOON - 170), report("operator", "o", "card", NOON)];
    const { records } = close(reports);
    const leaves = Array.from({ length: records.length / 104 }, (_, index) =>
      readLeaf(records, index),
    );
    const expected = new Set(
      reports.flatMap((one) => [toHex(one.fingerprintA), toHex(one.fingerprintB)]),
    );
    expect(new Set(leaves.map((leaf) => toHex(leaf.fingerprint)))).to.deep.equal(expected);
    expect(leaves.filter((leaf) => leaf.milligrams > 0n)).to.have.lengthOf(1);
    for (const leaf of leaves) expect(leaf.beneficiary).to.deep.equal(reports[1]!.beneficiary);
  });

  it("is credited by the earlier report when ranks are equal, then by the platform's name", () => {
    expect([
      ...close([report("b", "x", "card", NOON), report("a", "y", "card", NOON + 9)]).credited,
    ]).to.deep.equal([1, 0]);
    expect([
      ...close([report("b", "x", "card", NOON), report("a", "y", "card", NOON)]).credited,
    ]).to.deep.equal([0, 1]);
  });

  it("is still one when the same platform sends it twice under two orders", () => {
    const twice = [report("operator", "1", "card", NOON), report("operator", "2", "card", NOON)];
    expect(close(twice)).to.include({ accepted: 1, duplicates: 1 });
    expect(rootOf(close(twice))).to.equal(rootOf(close(twice.toReversed())));
  });

  it("is one although the two ends of a chain of reports share nothing", () => {
    const chain = [0, 180, 360, 540].map((at, i) => report(`p${i}`, "x", "card", NOON + at));
    expect(close(chain)).to.include({ accepted: 1, duplicates: 3 });
    expect(close([chain[0]!, chain[3]!])).to.include({ accepted: 2, duplicates: 0 });
  });

  it("is not confused with another card's or a later one", () => {
    const two = [report("operator", "1", "card", NOON), report("operator", "2", "drac", NOON)];
    expect(close(two)).to.include({ accepted: 2, duplicates: 0 });
    const later = [
      report("operator", "1", "card", NOON),
      report("operator", "2", "card", NOON + W),
    ];
    expect(close(later)).to.include({ accepted: 2, duplicates: 0 });
  });

  it("earns nothing when an earlier period counted it", () => {
    const midnight = 1_535_817_600;
    const yesterday = report("operator", "o", "card", midnight - 10);
    const today = report("map", "m", "card", midnight + 20);
    expect(yesterday.day + 1).to.equal(today.day);
    expect(toHex(yesterday.fingerprintB)).to.equal(toHex(today.fingerprintB));
    const other = report("map", "n", "drac", midnight + 20);
    const closed = close([today, other], [yesterday.fingerprintA, yesterday.fingerprintB]);
    expect(closed).to.include({ accepted: 1, duplicates: 1 });
    expect([...closed.leafIndex].filter((leaf) => leaf === -1)).to.have.lengthOf(1);
    for (let index = 0; index < closed.records.length / 104; index++) {
      expect(toHex(readLeaf(closed.records, index).fingerprint)).to.not.equal(
        toHex(today.fingerprintB),
      );
    }
  });
});

describe("Any set of reports", () => {
  it("closes to the same tree whatever the order of arrival, and counts each activity once", () => {
    for (let seed = 1; seed <= 25; seed++) {
      const random = seeded(seed);
      const reports = Array.from({ length: 60 }, (_, index) =>
        report(
          ["operator", "city", "map", "other"][random(4)]!,
          String(index),
          `card-${random(6)}`,
          NOON + random(4_000),
        ),
      );
      const closed = close(reports);
      const root = rootOf(closed);
      for (let round = 0; round < 4; round++) {
        expect(rootOf(close(shuffled(reports, random))), `seed ${seed}`).to.equal(root);
      }
      expect(closed.accepted, `seed ${seed}`).to.equal(slowAccepted(reports));
      expect(closed.accepted + closed.duplicates).to.equal(reports.length);
      const { totalMilligrams } = unwrap(buildTree(suite, closed.records));
      expect(totalMilligrams).to.equal(371_000n * BigInt(closed.accepted));
    }
  });

  it("never earns more when more reports of it come in", () => {
    const random = seeded(99);
    const rides = Array.from({ length: 40 }, (_, i) => ({
      card: `card-${i}`,
      at: NOON + random(9_000),
    }));
    const operator = rides.map(({ card, at }, i) => report("operator", String(i), card, at));
    const apps = ["city", "map"].flatMap((platform) =>
      rides.map(({ card, at }, i) => report(platform, String(i), card, at + random(181) - 90)),
    );
    expect(close(operator).accepted).to.equal(40);
    expect(close([...apps, ...operator])).to.include({ accepted: 40, duplicates: 80 });
  });
});
