import { expect } from "chai";
import { platformReports } from "../../scripts/demo/platforms.ts";
import { type Rides, readTaps, ridesOf, sampleFile } from "../../scripts/demo/taps.ts";
import { toHex } from "../../server/domain/bytes.ts";
import { bucketOf } from "../../server/domain/fingerprint.ts";
import { quantifyRow } from "../../server/domain/methodology/quantifyRow.ts";
import { buildTree } from "../../server/domain/sumTree.ts";
import { issueOf } from "../../server/domain/units.ts";
import { commitmentsOf } from "../../server/intake/commitments.ts";
import { identify } from "../../server/intake/identify.ts";
import { closeReports } from "../support/closeReference.ts";
import { ReportTable } from "../support/closeReferenceTable.ts";
import { demoKeys, demoMethodology, demoRules, suite, unwrap } from "./support.ts";

describe("The real taps of 1 September 2018", () => {
  let rides: Rides;
  before(async () => {
    rides = ridesOf(await readTaps(sampleFile));
  }).timeout(30_000);

  it("are 37,000 rows: 18,119 bus taps, 486 metro pairs, 17,909 taps without their other half", () => {
    expect(rides.rows).to.equal(37_000);
    expect(rides.bus).to.have.lengthOf(18_119);
    expect(rides.pairs).to.have.lengthOf(486);
    expect(rides.unpaired).to.have.lengthOf(17_909);
    expect(rides.bus.length + 2 * rides.pairs.length + rides.unpaired.length).to.equal(37_000);
  });

  it("hold 74 pairs without a station, 23 that return, and 389 trips", () => {
    const missing = rides.pairs.filter(({ entry, exit }) => !entry.station || !exit.station);
    const same = rides.pairs.filter(
      ({ entry, exit }) => entry.station !== "" && entry.station === exit.station,
    );
    expect(missing).to.have.lengthOf(74);
    expect(same).to.have.lengthOf(23);
    expect(rides.pairs.length - missing.length - same.length).to.equal(389);
  });

  it("hold 6 bus taps that share a bucket with one before, one of them an exact duplicate", () => {
    const seen = new Map<string, number>();
    let shared = 0;
    let exact = 0;
    for (const tap of rides.bus) {
      const buckets = ([0, 1] as const).map(
        (grid) => `${tap.card}|${tap.vehicle}|${grid}|${bucketOf(tap.at, 360, grid).bucket}`,
      );
      const earlier = buckets.map((bucket) => seen.get(bucket)).find((at) => at !== undefined);
      if (earlier !== undefined) shared++;
      if (earlier === tap.at) exact++;
      for (const bucket of buckets) seen.set(bucket, tap.at);
    }
    expect(shared).to.equal(6);
    expect(exact).to.equal(1);
  });
});

describe("The four platforms' reports of them", () => {
  it("close to 18,113 bus rides and 389 metro trips, 6,920,452 g and a carry of 500 mg", async () => {
    const { keys, salts } = demoKeys();
    const methodology = { form: 1, methodology: await demoMethodology() } as const;
    const { rankOf } = await demoRules();
    const files = platformReports(ridesOf(await readTaps(sampleFile)));
    const counts = Object.fromEntries(
      files.map(({ platform, reports }) => [platform, reports.length]),
    );
    expect(counts).to.deep.equal({
      "transit-operator": 18_605,
      "map-app": 7_347,
      "city-app": 4_611,
      "position-app": 911,
    });

    const table = new ReportTable();
    const refusedBy: Record<string, number> = {};
    const by = { suite, keys, salts, methodology, programme: 1 };
    for (const { platform, reports } of files) {
      for (const row of reports) {
        const activity = quantifyRow(methodology, row);
        if (activity.ok) {
          const report = identify(by, platform, activity.value);
          const { fingerprintA, fingerprintB = fingerprintA } = report;
          const commitments = commitmentsOf(suite, methodology, report);
          table.add({ ...report, platform, fingerprintB, ...commitments });
        } else refusedBy[activity.refusal.code] = (refusedBy[activity.refusal.code] ?? 0) + 1;
      }
    }
    expect(refusedBy).to.deep.equal({ CARRIER_MISSING: 911, STATION_MISSING: 74, NO_TRAVEL: 23 });

    const closed = closeReports(table, rankOf);
    // No skew merges two rides: every ride of the operator stays, and nothing else is left.
    expect(closed).to.include({ accepted: 18_113 + 389, duplicates: 11_964 });
    expect(table.count + 911 + 74 + 23).to.equal(31_474);
    const tree = unwrap(buildTree(suite, closed.records));
    expect(tree.totalMilligrams).to.equal(18_113n * 371_000n + 389n * 515_500n);
    expect(tree).to.include({ count: 39_834, depth: 16 });
    // Pinned: the root is the same on every machine, or the demonstration is not reproducible.
    expect(toHex(tree.root)).to.equal(
      "0x519bc42643fc34cae5708d595c184b7fd83f331378f45e1f403448d610480414",
    );
    const amounts = { milligrams: tree.totalMilligrams, deductedMilligrams: 0n };
    expect(issueOf({ ...amounts, carryMilligrams: 0n, granularityGrams: 1n })).to.deep.equal({
      issuedGrams: 6_920_452n,
      carryMilligrams: 500n,
    });
  }).timeout(30_000);
});
