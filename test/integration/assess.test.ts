import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import pg from "pg";
import { openPool } from "../../server/database/client.ts";
import { inTransaction } from "../../server/database/inTransaction.ts";
import { migrate } from "../../server/database/migrate.ts";
import { toHex } from "../../server/domain/bytes.ts";
import type { Limit } from "../../server/domain/reviewRules.ts";
import { type AssessRules, assessPeriod } from "../../server/intake/assess/assess.ts";
import { readAssessRules } from "../../server/intake/assess/readRules.ts";
import { closePeriod } from "../../server/intake/batch.ts";
import { openBlobStore } from "../../server/platform/store.ts";
import { demoMethodology, root, seeded, shuffled, suite, unwrap } from "../domain/support.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { type ReportRow, writeReports } from "../support/reportRows.ts";

const DAY = 19_000;
const MIDNIGHT = DAY * 86_400 - 8 * 3_600;
const SOURCE = 1;
const ELSEWHERE = 2;
const sourceId = (source: number): Buffer => Buffer.alloc(32, source);

const ride: ReportRow = {
  ...{ day: DAY, platform: "a", row: 1, source: SOURCE, behaviour: "bike-ride", participant: 1 },
  ...{ milligrams: 1_000, at: MIDNIGHT + 28_800, seconds: 600, quantities: { distance: "2" } },
};

type Found = { row: number; kind: string };

describe("Looking at a period", () => {
  let database: TestDatabase;
  let rules: AssessRules;
  let names = 0;
  const pools: pg.Pool[] = [];

  before(async () => {
    database = await openTestDatabase();
    rules = unwrap(await readAssessRules(fileURLToPath(new URL("rules", root))));
  });
  after(async () => {
    for (const pool of pools) await pool.end();
    await database?.close();
  });

  /** A database with the two sources of programme 1 and these reports. */
  async function worldOf(rows: readonly ReportRow[]): Promise<{ owner: pg.Pool; worker: pg.Pool }> {
    const databaseUrl = await database.add(`assess_${names++}`);
    await migrate(databaseUrl);
    const owner = new pg.Pool({ connectionString: databaseUrl, max: 2 });
    owner.on("error", () => {});
    const worker = openPool({ databaseUrl, role: "tanpu_worker", max: 2 });
    pools.push(owner, worker);
    for (const source of [SOURCE, ELSEWHERE]) {
      await owner.query(
        `INSERT INTO mirror.source (source_id, programme, methodology, asset_key, applicant, owner, document, block_number)
         VALUES ($1, 1, 1, $2, $3, $3, $2, 1)`,
        [sourceId(source), Buffer.alloc(32, 9), Buffer.alloc(20, 9)],
      );
    }
    await writeReports(owner, rows);
    return { owner, worker };
  }

  const look = (worker: pg.Pool, source = SOURCE) =>
    inTransaction(worker, (client) =>
      assessPeriod(client, sourceId(source), { firstDay: DAY, endDay: DAY + 1 }, rules),
    );

  async function found(owner: pg.Pool): Promise<Found[]> {
    const { rows } = await owner.query<{ row_key: string; kind: string }>(
      "SELECT row_key::text, kind FROM intake.finding ORDER BY row_key, kind",
    );
    return rows.map(({ row_key, kind }) => ({
      row: Number.parseInt(row_key.slice(-12), 16),
      kind,
    }));
  }

  async function findingsOf(rows: readonly ReportRow[], source = SOURCE): Promise<Found[]> {
    const { owner, worker } = await worldOf(rows);
    await look(worker, source);
    return found(owner);
  }

  it("finds nothing where nothing is odd, and nothing of what it does not know", async () => {
    const rows = [
      ride,
      { ...ride, row: 2, participant: 2 },
      { ...ride, row: 3, at: ride.at + 600 },
    ];
    expect(await findingsOf(rows)).to.deep.equal([]);
    expect(await findingsOf([ride, { ...ride, row: 2 }], 3)).to.deep.equal([]);
  });

  it("finds the later of one person's trips that have a moment in common, over midnight too", async () => {
    const late = { ...ride, row: 2, behaviour: "metro-trip", at: ride.at + 599, platform: "b" };
    const before = { ...ride, row: 3, day: DAY - 1, at: MIDNIGHT - 60, participant: 5 };
    const after = { ...ride, row: 4, at: MIDNIGHT, participant: 5 };
    expect(await findingsOf([ride, late, before, after])).to.deep.equal([
      { row: 2, kind: "overlap" },
      { row: 4, kind: "overlap" },
    ]);
  });

  it("finds a trip under a long one although a short one ended between", async () => {
    const long = { ...ride, seconds: 7_200 };
    const quantities = { distance: "0.2" };
    const short = { ...ride, row: 2, at: ride.at + 60, seconds: 60, quantities };
    const under = { ...ride, row: 3, at: ride.at + 3_600 };
    expect(await findingsOf([long, short, under])).to.deep.equal([
      { row: 2, kind: "overlap" },
      { row: 3, kind: "overlap" },
    ]);
  });

  it("looks at no report that a correction of its platform replaced", async () => {
    const wrong = { ...ride, row: 2, at: ride.at + 60, quantities: { distance: "20" } };
    const right = {
      ...wrong,
      row: 3,
      at: ride.at + 6_000,
      quantities: { distance: "2" },
      corrects: 2,
    };
    expect(await findingsOf([ride, wrong, right])).to.deep.equal([]);
    expect(await findingsOf([ride, wrong, { ...right, platform: "b" }])).to.deep.equal([
      { row: 2, kind: "limit:distance" },
      { row: 2, kind: "overlap" },
    ]);
  });

  it("finds what is faster than its behaviour, at the limit nothing", async () => {
    const at = (row: number, distance: string, seconds: number) => ({
      ...ride,
      ...{ row, participant: row, quantities: { distance }, seconds },
    });
    expect(
      await findingsOf([at(1, "40", 3_600), at(2, "40.001", 3_600), at(3, "40", 0)]),
    ).to.deep.equal([{ row: 2, kind: "limit:distance" }]);
  });

  it("finds a meter that makes more in a day than its limit, in the order of its intervals", async () => {
    const reading = (row: number, at: number, generated: string, thing: number) => ({
      ...ride,
      ...{ row, at, thing, behaviour: "pv-generation", participant: 7, seconds: 1_800 },
      quantities: { generated },
    });
    const rows = [
      reading(1, MIDNIGHT + 43_200, "14000", 1),
      reading(2, MIDNIGHT + 45_000, "10000", 1),
      reading(3, MIDNIGHT + 46_800, "0.001", 1),
      reading(4, MIDNIGHT + 46_800, "24000", 2),
    ];
    expect(await findingsOf(rows)).to.deep.equal([{ row: 3, kind: "limit:generated" }]);
  });

  it("finds intervals of one meter that overlap, and leaves those that begin together to the close", async () => {
    const reading = (row: number, at: number, seconds: number) => ({
      ...ride,
      ...{ row, at: MIDNIGHT + at, seconds, thing: 1, behaviour: "pv-generation", participant: 7 },
      quantities: { generated: "1" },
    });
    const rows = [reading(1, 0, 3_600), reading(2, 1_800, 1_800), reading(3, 3_600, 60)];
    expect(await findingsOf([...rows, { ...reading(4, 3_600, 60), platform: "b" }])).to.deep.equal([
      { row: 2, kind: "meter-overlap" },
    ]);
  });

  it("finds case C27: 666,100 t of recyclables from 200,000 visits, a unit taken for another", async () => {
    const [first] = rules.review;
    const limit: Limit = {
      ...{ behaviour: "recycling", quantity: "mass", unit: "kg", most: "200" },
      basis: "each",
      source: "a person carries no more to a drop-off",
    };
    const visit = (row: number, mass: string) => ({
      ...ride,
      ...{ row, participant: row, behaviour: "recycling", seconds: 0, quantities: { mass } },
    });
    const { owner, worker } = await worldOf([visit(1, "3330.5"), visit(2, "3.3305")]);
    await inTransaction(worker, (client) =>
      assessPeriod(
        client,
        sourceId(SOURCE),
        { firstDay: DAY, endDay: DAY + 1 },
        {
          ...rules,
          review: first ? [{ ...first, limits: [limit] }] : [],
        },
      ),
    );
    expect(await found(owner)).to.deep.equal([{ row: 1, kind: "limit:mass" }]);
  });

  it("finds what a person earns beyond a day's believable amount", async () => {
    const earns = (row: number, milligrams: number, hour: number) => ({
      ...ride,
      ...{ row, milligrams, at: MIDNIGHT + hour * 3_600 },
    });
    expect(
      await findingsOf([earns(1, 20_000_000, 8), earns(2, 1, 9), earns(3, 1, 10)]),
    ).to.deep.equal([
      { row: 2, kind: "person-day" },
      { row: 3, kind: "person-day" },
    ]);
  });

  it("finds the later of two behaviours of one car, and of another source whatever came first there", async () => {
    const parked = {
      ...ride,
      row: 1,
      behaviour: "car-non-use",
      thing: 4,
      at: MIDNIGHT,
      seconds: 0,
    };
    const charge = {
      ...parked,
      row: 2,
      behaviour: "ev-charging",
      at: MIDNIGHT + 60,
      participant: 2,
    };
    expect(await findingsOf([parked, charge])).to.deep.equal([
      { row: 2, kind: "exclusion:car-parked-and-driven" },
    ]);
    const { owner, worker } = await worldOf([parked, { ...charge, source: ELSEWHERE }]);
    await owner.query(
      `INSERT INTO intake.batch (id, source_id, first_day, end_day, root, total_milligrams, count, depth, leaf_file_hash, accepted, duplicates)
       VALUES (gen_random_uuid(), $1, $2, $2 + 1, $1, 1, 1, 0, $1, 1, 0)`,
      [sourceId(ELSEWHERE), DAY],
    );
    await owner.query(
      `INSERT INTO intake.membership (batch_id, day, platform, row_key, leaf_index, credited)
       SELECT (SELECT id FROM intake.batch), day, platform, row_key, 0, true FROM intake.report WHERE source = $1`,
      [ELSEWHERE],
    );
    await look(worker);
    expect(await found(owner)).to.deep.equal([{ row: 1, kind: "exclusion:car-parked-and-driven" }]);
  });

  it("forgets an undecided finding whose reason is gone, and keeps a decided one", async () => {
    const wrong = { ...ride, row: 2, at: ride.at + 60 };
    const other = { ...ride, row: 4, at: ride.at + 90 };
    const { owner, worker } = await worldOf([ride, wrong, other]);
    expect(await look(worker)).to.deep.equal({ open: 2, released: 0, refused: 0 });
    await owner.query(
      `INSERT INTO intake.finding_decision (day, platform, row_key, kind, turn, decision, reason, api_key_id)
       SELECT day, platform, row_key, kind, 1, 'refused', 'seen', gen_random_uuid() FROM intake.finding WHERE row_key::text LIKE '%4'`,
    );
    await writeReports(owner, [{ ...ride, row: 3, at: ride.at + 6_000, corrects: 1 }]);
    expect(await look(worker)).to.deep.equal({ open: 0, released: 0, refused: 1 });
    expect(await found(owner)).to.deep.equal([{ row: 4, kind: "overlap" }]);
  });

  it("finds the same whatever came first, in one look or in several", async () => {
    const random = seeded(11);
    const behaviours = ["bike-ride", "metro-trip", "bus-trip"];
    const rows = Array.from({ length: 300 }, (_, row) => ({
      ...ride,
      row,
      platform: `p${random(3)}`,
      behaviour: behaviours[random(3)] as string,
      participant: random(40),
      at: MIDNIGHT + random(1_400) * 60,
      seconds: 60 + random(40) * 60,
      quantities: { distance: String(1 + random(60)) },
    }));
    const whole = await findingsOf(rows);
    expect(whole.length).to.be.greaterThan(20);
    const { owner, worker } = await worldOf([]);
    const order = shuffled(rows, random);
    for (let from = 0; from < order.length; from += 100) {
      await writeReports(owner, order.slice(from, from + 100));
      await look(worker);
    }
    expect(await found(owner)).to.deep.equal(whole);
  });

  it("stops a close while something waits, keeps what was found, and leaves it out when told to", async () => {
    const trip = { ...ride, behaviour: "metro-trip", quantities: { trips: "1" } };
    const { owner, worker } = await worldOf([trip, { ...trip, row: 2, at: trip.at + 60 }]);
    const folder = mkdtempSync(path.join(tmpdir(), "tanpu-assess-"));
    const methodology = { form: 1, methodology: await demoMethodology() } as const;
    const close = (leaveOutOpen: boolean) =>
      closePeriod({
        ...{ pool: worker, suite, sourceId: sourceId(SOURCE), batchId: randomUUID() },
        store: openBlobStore(folder, (bytes) => toHex(suite.hash(bytes))),
        programme: 1,
        period: { firstDay: DAY, endDay: DAY + 1 },
        rankOf: () => 1,
        methodologies: new Map([[`0x${"07".repeat(32)}`, methodology]]),
        assess: rules,
        leaveOutOpen,
      });
    const refused = await close(false);
    expect(refused.ok || refused.refusal).to.deep.equal({
      code: "FINDINGS_OPEN",
      values: { count: 1 },
    });
    expect(await found(owner)).to.deep.equal([{ row: 2, kind: "overlap" }]);
    const closed = unwrap(await close(true));
    expect(closed).to.include({ accepted: 1, totalMilligrams: 1_000n });
    rmSync(folder, { recursive: true });
  });
});
