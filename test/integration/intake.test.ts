import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import type pg from "pg";
import { parse } from "yaml";
import { platformReports, type Report } from "../../scripts/demo/platforms.ts";
import { type Rides, readTaps, ridesOf, sampleFile } from "../../scripts/demo/taps.ts";
import { openPool } from "../../server/database/client.ts";
import { migrate } from "../../server/database/migrate.ts";
import { toHex } from "../../server/domain/bytes.ts";
import { verifyLeafFile } from "../../server/domain/leafFile.ts";
import { encodeLevelFile } from "../../server/domain/levelFile.ts";
import { loadAnyMethodology } from "../../server/domain/methodology/catalogue.ts";
import { closePeriod } from "../../server/intake/batch.ts";
import type { ClosedBatch } from "../../server/intake/closedBatch.ts";
import type { IntakeContext } from "../../server/intake/context.ts";
import { MOST_ROWS, type RowResult, receiveActivities } from "../../server/intake/receive.ts";
import { type BlobStore, openBlobStore } from "../../server/platform/store.ts";
import {
  codeOf,
  demoKeys,
  demoMethodology,
  demoRules,
  root,
  seeded,
  shuffled,
  suite,
  unwrap,
} from "../domain/support.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";

const NOW = 1_600_000_000;
const DAY = 17_775;
const SEED = "intake-test";

describe("intake", () => {
  let database: TestDatabase;
  let folder: string;
  let store: BlobStore;
  let rides: Rides;
  const pools: pg.Pool[] = [];

  before(async () => {
    database = await openTestDatabase();
    folder = mkdtempSync(path.join(tmpdir(), "tanpu-intake-"));
    store = openBlobStore(folder, (bytes) => toHex(suite.hash(bytes)));
    const all = ridesOf(await readTaps(sampleFile));
    rides = { ...all, bus: all.bus.slice(0, 1_500), pairs: all.pairs.slice(0, 150) };
  });

  after(async () => {
    for (const pool of pools) await pool.end();
    await database?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  /** What the API takes rows in with and what the worker closes with, on a database of their own. */
  async function fresh(name: string): Promise<{ context: IntakeContext; worker: pg.Pool }> {
    const databaseUrl = await database.add(name);
    await migrate(databaseUrl);
    const open = (role: "tanpu_api" | "tanpu_worker"): pg.Pool => {
      const pool = openPool({ databaseUrl, role, max: 4 });
      pools.push(pool);
      return pool;
    };
    const methodology = { form: 1, methodology: await demoMethodology() } as const;
    const context: IntakeContext = {
      ...{ pool: open("tanpu_api"), suite, ...demoKeys(), methodology },
      ...{ programme: 1, sourceId: suite.hash(Uint8Array.of(9)) },
    };
    return { context, worker: open("tanpu_worker") };
  }

  async function closeWith(
    worker: pg.Pool,
    context: IntakeContext,
    days: [number, number],
    batchId: string = randomUUID(),
  ): ReturnType<typeof closePeriod> {
    const { rankOf } = await demoRules();
    const period = { firstDay: days[0], endDay: days[1] };
    const { sourceId, methodology } = context;
    const methodologies = new Map([[methodology.methodology.contentHash, methodology]]);
    const of = { pool: worker, suite, store, sourceId, period, batchId };
    return closePeriod({ ...of, programme: 1, rankOf, methodologies });
  }

  const bus = (orderNo: string, at: string, card = "AAAAAAAAA"): Report => ({
    ...{ orderNo, userId: `user-of-${orderNo}`, behaviour: "bus-trip" },
    ...{ card, vehicle: "01620D", at: `2018-09-${at}+08:00` },
  });

  const statuses = (results: readonly RowResult[]): string[] =>
    results.map((result) => (result.status === "refused" ? result.code : result.status));

  async function receive(context: IntakeContext, platform: string, rows: unknown[]) {
    return unwrap(await receiveActivities(context, platform, rows, NOW));
  }

  it("refuses row by row, in the order given, and keeps no value of a refused row", async () => {
    const { context } = await fresh("refusals");
    const rows = [
      bus("1", "01T09:00:00"),
      { ...bus("2", "01T09:00:00"), vehicle: "" },
      null,
      { ...bus("4", "01T09:00:00"), at: NOW + 1 },
      bus("5", "01T12:00:00"),
    ];
    const results = await receive(context, "map-app", rows);
    expect(statuses(results)).to.deep.equal([
      "accepted",
      "CARRIER_MISSING",
      "FIELD_MISSING",
      "ACTIVITY_IN_FUTURE",
      "accepted",
    ]);
    const { rows: kept } = await context.pool.query(
      "SELECT row_to_json(r) AS row FROM intake.refusal r",
    );
    // The row without an order number has no key to be kept under.
    expect(kept).to.have.lengthOf(2);
    expect(JSON.stringify(kept)).to.not.match(/AAAAAAAAA|user-of/);
    const tooMany = Array.from({ length: MOST_ROWS + 1 }, () => null);
    expect(codeOf(await receiveActivities(context, "map-app", tooMany, NOW))).to.equal(
      "BATCH_TOO_LARGE",
    );
  });

  it("stores no card, vehicle, user or order in the clear", async () => {
    const { context } = await fresh("privacy");
    await receive(context, "map-app", [bus("order-no-7", "01T09:00:00")]);
    for (const table of ["report", "fingerprint"]) {
      const { rows } = await context.pool.query(`SELECT t::text AS row FROM intake.${table} t`);
      expect(rows).to.not.have.lengthOf(0);
      for (const word of ["AAAAAAAAA", "01620D", "user-of", "order-no-7"]) {
        const hex = Buffer.from(word).toString("hex");
        expect(JSON.stringify(rows)).to.not.contain(word).and.to.not.contain(hex);
      }
    }
  });

  it("gives a repeated row its first answer and refuses its number with other content", async () => {
    const { context } = await fresh("repeats");
    const rows = [bus("1", "01T09:00:00"), bus("2", "01T09:01:00"), bus("1", "01T09:00:00")];
    const first = await receive(context, "map-app", rows);
    expect(statuses(first)).to.deep.equal(["accepted", "duplicate", "accepted"]);
    expect(await receive(context, "map-app", rows)).to.deep.equal(first);
    expect(statuses(await receive(context, "map-app", [bus("1", "01T10:00:00")]))).to.deep.equal([
      "ACTIVITY_CONFLICT",
    ]);
    expect(statuses(await receive(context, "map-app", [bus("1", "02T09:00:00")]))).to.deep.equal([
      "ACTIVITY_CONFLICT",
    ]);
    // Farther away the number is looked at when the period closes, however the rows were cut.
    expect(statuses(await receive(context, "map-app", [bus("1", "04T09:00:00")]))).to.deep.equal([
      "accepted",
    ]);
    const apart = [bus("5", "11T09:00:00"), bus("5", "21T09:00:00"), bus("5", "12T09:00:00")];
    expect(statuses(await receive(context, "map-app", apart))).to.deep.equal([
      "accepted",
      "accepted",
      "ACTIVITY_CONFLICT",
    ]);
    // Another platform's order numbers are its own.
    expect(statuses(await receive(context, "city-app", [bus("1", "03T10:00:00")]))).to.deep.equal([
      "accepted",
    ]);
    const twice = [bus("9", "02T09:00:00"), bus("9", "02T11:00:00")];
    expect(statuses(await receive(context, "map-app", twice))).to.deep.equal([
      "accepted",
      "ACTIVITY_CONFLICT",
    ]);
  });

  it("tells a platform that another came before, and not which", async () => {
    const { context } = await fresh("others");
    await receive(context, "map-app", [bus("1", "01T09:00:00")]);
    const [result] = await receive(context, "city-app", [bus("8", "01T09:01:30")]);
    expect(result).to.include({ status: "duplicate", ownReport: false });
    expect(JSON.stringify(result)).to.not.contain("map-app");
  });

  it("refuses a late activity of a closed day, and never moves it", async () => {
    const { context, worker } = await fresh("late");
    await receive(context, "map-app", [bus("1", "01T09:00:00")]);
    unwrap(await closeWith(worker, context, [DAY, DAY + 1]));
    const late = [bus("1", "01T09:00:00"), bus("2", "01T10:00:00"), bus("3", "02T00:00:00")];
    expect(statuses(await receive(context, "map-app", late))).to.deep.equal([
      "accepted",
      "PERIOD_ALREADY_CLOSED",
      "accepted",
    ]);
  });

  it("closes a day once, and nothing over nothing", async () => {
    const { context, worker } = await fresh("closing");
    expect(codeOf(await closeWith(worker, context, [DAY, DAY + 1]))).to.equal(
      "PERIOD_WITHOUT_ACTIVITIES",
    );
    expect(codeOf(await closeWith(worker, context, [DAY, DAY]))).to.equal("PERIOD_EMPTY");
    await receive(context, "map-app", [bus("1", "01T09:00:00"), bus("2", "02T09:00:00")]);
    const id = randomUUID();
    const batch = unwrap(await closeWith(worker, context, [DAY, DAY + 1], id));
    expect(unwrap(await closeWith(worker, context, [DAY, DAY + 1], id))).to.deep.equal(batch);
    expect(codeOf(await closeWith(worker, context, [DAY, DAY + 2], id))).to.equal(
      "OPERATION_ID_CONFLICT",
    );
    expect(codeOf(await closeWith(worker, context, [DAY, DAY + 2]))).to.equal(
      "PERIOD_OVERLAPS_CLOSED",
    );
    expect(batch).to.include({ accepted: 1, duplicates: 0, count: 2 });
  });

  it("counts a ride around midnight in one period only", async () => {
    const { context, worker } = await fresh("midnight");
    await receive(context, "map-app", [bus("1", "01T23:59:50")]);
    await receive(context, "city-app", [bus("1", "02T00:00:20"), bus("2", "02T08:00:00")]);
    const first = unwrap(await closeWith(worker, context, [DAY, DAY + 1]));
    const second = unwrap(await closeWith(worker, context, [DAY + 1, DAY + 2]));
    expect(first).to.include({ accepted: 1, duplicates: 0 });
    expect(second).to.include({ accepted: 1, duplicates: 1 });
    const { rows } = await worker.query(
      "SELECT credited FROM intake.membership WHERE leaf_index IS NULL",
    );
    expect(rows).to.deep.equal([{ credited: false }]);
  });

  it("takes in acts by event, by meter interval and by person and day", async () => {
    const { context } = await fresh("kinds");
    const file = await readFile(new URL("methodologies/travel-qingdao-2021.yaml", root), "utf8");
    const row = (orderNo: string, more: object = {}) => ({
      ...{ orderNo, userId: "u-1", behaviour: "bike-ride", distance: "1.5" },
      ...{ at: "2021-06-01T08:00:00+08:00", end: "2021-06-01T08:30:00+08:00" },
      ...more,
    });
    const whole = row("0", { operator: "o", ride: "r", meter: "m" });
    const examples = [{ title: "one", row: whole, milligrams: "303000" }];
    const of = (kind: string, facts: string[]): IntakeContext => {
      const document = parse(file);
      const ride = document.behaviours.find(({ id }: { id: string }) => id === "bike-ride");
      const behaviours = [{ ...ride, identity: { facts, at: "at", end: "end" }, examples }];
      const changed = { ...document, identity: { kind }, behaviours, supersedes: null };
      return { ...context, methodology: unwrap(loadAnyMethodology(suite, changed)) };
    };
    const takeIn = async (by: IntakeContext, rows: unknown[]): Promise<RowResult[]> =>
      unwrap(await receiveActivities(by, "map-app", rows, 1_640_000_000));
    const event = of("carrier-event", ["operator", "ride"]);
    const ride = { operator: "o", ride: "r-1" };
    expect(
      statuses(
        await takeIn(event, [
          row("1", { ...ride, at: "2021-06-01T09:00:00+08:00" }),
          row("2", { operator: "o" }),
          row("3", ride),
          row("4", { ...ride, at: "2021-06-01T08:10:00+08:00", userId: "u-2" }),
          row("5", { ...ride, operator: "p" }),
        ]),
      ),
    ).to.deep.equal(["EXIT_BEFORE_ENTRY", "CARRIER_MISSING", "accepted", "duplicate", "accepted"]);
    const meter = of("meter-interval", ["meter"]);
    const half = { at: "2021-06-01T08:30:00+08:00", end: "2021-06-01T09:00:00+08:00" };
    const rows = [
      row("6", { meter: "m" }),
      row("7", { meter: "m", ...half }),
      row("8", { meter: "m" }),
    ];
    expect(statuses(await takeIn(meter, rows))).to.deep.equal([
      "accepted",
      "accepted",
      "duplicate",
    ]);
    const person = of("participant-day", []);
    const days = [row("9"), row("10", half), row("11", { userId: "u-2" })];
    expect(statuses(await takeIn(person, days))).to.deep.equal([
      "accepted",
      "duplicate",
      "accepted",
    ]);
    const { rows: stored } = await context.pool.query(
      `SELECT count(*)::int AS rows, count(fingerprint_b)::int AS second, count(thing)::int AS things,
              min(seconds) AS seconds, min(quantities) AS quantities FROM intake.report`,
    );
    const told = {
      rows: 9,
      second: 0,
      things: 3,
      seconds: 1_200,
      quantities: '{"distance":"1.5"}',
    };
    expect(stored).to.deep.equal([told]);
  });

  it("refuses what a later version has taken over, by the day of the activity", async () => {
    const { context } = await fresh("succession");
    const file = await readFile(new URL("methodologies/travel-qingdao-2021.yaml", root), "utf8");
    const old = unwrap(loadAnyMethodology(suite, parse(file)));
    const { code, version } = old.methodology.document;
    const supersedes = { code, version, cutoff: "activity-day", graceDays: 10 };
    const later = { ...parse(file), version: version + 1, supersedes };
    later.effective = { first: "2021-06-01", end: null };
    const successor = unwrap(loadAnyMethodology(suite, later));
    if (successor.form !== 2) throw new Error("the later version has no formulas");
    const by = { ...context, methodology: old, successors: [successor.methodology] };
    const row = (orderNo: string, day: string) => ({
      ...{ orderNo, userId: "u-1", behaviour: "bike-ride", distance: "1.5" },
      ...{ carrier: "b", card: orderNo, at: `2021-06-${day}T08:00:00+08:00` },
    });
    const now = 1_640_000_000;
    const results = unwrap(
      await receiveActivities(by, "map-app", [row("1", "10"), row("2", "11")], now),
    );
    expect(statuses(results)).to.deep.equal(["accepted", "METHODOLOGY_SUPERSEDED"]);
  });

  it("closes to one root whatever the order, the batches and the hurry", async () => {
    const files = platformReports(rides, SEED);
    const closeOf = async (
      name: string,
      take: (context: IntakeContext) => Promise<void>,
    ): Promise<ClosedBatch> => {
      const { context, worker } = await fresh(name);
      await take(context);
      return unwrap(await closeWith(worker, context, [DAY, DAY + 1], randomUUID()));
    };
    const inTurn = await closeOf("order_a", async (context) => {
      for (const { platform, reports } of files) await receive(context, platform, reports);
    });
    const random = seeded(11);
    const atOnce = await closeOf("order_b", async (context) => {
      await Promise.all(
        files.toReversed().map(async ({ platform, reports }) => {
          const rows = shuffled(reports, random);
          for (let at = 0; at < rows.length; ) {
            const size = 1 + random(400);
            await receive(context, platform, rows.slice(at, at + size));
            at += size;
          }
          await receive(context, platform, rows.slice(0, 50));
        }),
      );
    });
    expect({ ...atOnce, batchId: "" }).to.deep.equal({ ...inTurn, batchId: "" });
    expect(inTurn.accepted).to.be.greaterThan(1_500);
    const file = await store.get(inTurn.leafFileHash);
    const read = unwrap(verifyLeafFile(suite, file ?? new Uint8Array()));
    expect(read.header.root).to.equal(inTurn.root);
    const levels = await store.openBeside(inTurn.leafFileHash, "levels");
    expect(await levels?.read(0, levels.length)).to.deep.equal(encodeLevelFile(suite, read.tree));
    await levels?.close();
  });
});
