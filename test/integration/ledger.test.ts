import { expect } from "chai";
import type { Pool } from "pg";
import { openPool } from "../../server/database/client.ts";
import { inTransaction } from "../../server/database/inTransaction.ts";
import type { Json } from "../../server/domain/canonical.ts";
import { applyRight, loadRight, type Right } from "../../server/domain/rights.ts";
import { postPending } from "../../server/ledger/postPending.ts";
import { postReductions } from "../../server/ledger/postReductions.ts";
import { registerRightRules } from "../../server/ledger/rightRules.ts";
import { suite, unwrap } from "../domain/support.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { balances, closedBatch, PROGRAMME, type Ride, uuidOf } from "../support/ledgerRows.ts";

async function failure(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "nothing was refused",
    (error: Error & { code?: string }) => `${error.code ?? ""} ${error.message}`,
  );
}

describe("the ledger of personal accounts", function () {
  this.timeout(120_000);
  let database: TestDatabase;
  let worker: Pool;
  let api: Pool;

  const post = (batchId: string) =>
    inTransaction(worker, (client) => postPending(client, { batchId, programme: PROGRAMME }));

  before(async () => {
    database = await openTestDatabase();
    worker = openPool({ databaseUrl: database.databaseUrl, role: "tanpu_worker", max: 4 });
    api = openPool({ databaseUrl: database.databaseUrl, role: "tanpu_api", max: 4 });
  });
  after(async () => {
    await Promise.all([worker?.end(), api?.end()]);
    await database?.close();
  });

  describe("refuses", () => {
    it("a posting that is not balanced, whoever writes it", async () => {
      for (const pool of [worker, database.owner]) {
        const done = inTransaction(pool, async (client) => {
          const { rows } = await client.query<{ posting: string; month: number }>(
            "SELECT posting, month FROM ledger.begin_posting('unbalanced', 'correction', 1, NULL, NULL, NULL, NULL, NULL)",
          );
          await client.query(
            `INSERT INTO ledger.entry (month, posting, holder_kind, holder, compartment, milligrams)
             VALUES ($1, $2, 'person', $3, 'issued', 5), ($1, $2, 'person', $4, 'issued', -4)`,
            [rows[0]?.month, rows[0]?.posting, uuidOf("a"), uuidOf("b")],
          );
        });
        expect(await failure(done)).to.match(/^23514 posting \d+ is 1 milligrams out of balance/);
      }
    });

    it("entries that do not come with their posting", async () => {
      const batchId = await closedBatch(database.owner, {
        source: "late",
        rides: [{ person: "late", platform: "map-app", milligrams: 10n }],
      });
      await post(batchId);
      const late = worker.query(
        `INSERT INTO ledger.entry (month, posting, holder_kind, holder, compartment, milligrams)
         SELECT month, posting, 'person'::ledger.holder_kind, $2::uuid, 'issued'::ledger.compartment, v
         FROM ledger.posting, unnest(ARRAY[7, -7]) v WHERE batch = $1`,
        [batchId, uuidOf("late")],
      );
      expect(await failure(late)).to.match(/^23514 entries of posting \d+ do not come with it/);
    });

    it("every change of what is written, also by the owner and on a partition", async () => {
      const { rows } = await database.owner.query<{ name: string }>(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'ledger.entry'::regclass",
      );
      const tables = ["ledger.entry", "ledger.posting", ...rows.map(({ name }) => name)];
      for (const table of tables) {
        for (const text of [
          `UPDATE ${table} SET month = month`,
          `DELETE FROM ${table}`,
          `TRUNCATE ${table} CASCADE`,
        ]) {
          expect(await failure(database.owner.query(text)), text).to.match(/only added to/);
          expect(await failure(worker.query(text)), text).to.match(/^42501/);
          expect(await failure(api.query(text)), text).to.match(/^42501/);
        }
      }
    });

    it("entries straight from the API, and past the parent table", async () => {
      const { rows } = await database.owner.query<{ name: string }>(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'ledger.entry'::regclass LIMIT 1",
      );
      const text = (table: string) => `INSERT INTO ${table} DEFAULT VALUES`;
      expect(await failure(api.query(text("ledger.entry")))).to.match(/^42501/);
      expect(await failure(api.query(text("ledger.posting")))).to.match(/^42501/);
      expect(await failure(worker.query(text(rows[0]!.name)))).to.match(/^42501/);
    });

    it("a batch whose credited reports are not its total", async () => {
      const batchId = await closedBatch(database.owner, {
        source: "short",
        rides: [{ person: "short", platform: "map-app", milligrams: 10n }],
        total: 11n,
      });
      expect(await failure(post(batchId))).to.match(/would hold 10 mg of a batch of 11 mg/);
      const { rowCount } = await database.owner.query(
        "SELECT FROM ledger.posting WHERE batch = $1",
        [batchId],
      );
      expect(rowCount).to.equal(0);
    });
  });

  it("credits each person once with the sum and count of their rides, however often it is posted", async () => {
    const rides: Ride[] = [
      { person: "li", platform: "map-app", milligrams: 84_000n },
      { person: "li", platform: "map-app", milligrams: 829_000n },
      { person: "wang", platform: "city-app", milligrams: 371_001n },
      { person: "wang", platform: "city-app", milligrams: 371_000n, credited: false },
    ];
    const batchId = await closedBatch(database.owner, { source: "rides", rides });
    expect(await post(batchId)).to.deep.equal({ posted: true, milligrams: 1_284_001n });
    expect(await post(batchId)).to.deep.equal({ posted: false, milligrams: 1_284_001n });
    await Promise.all([post(batchId), post(batchId)]);
    const { rows } = await database.owner.query(
      `SELECT holder, milligrams::text AS mg, activities FROM ledger.entry e JOIN ledger.posting p USING (posting)
       WHERE p.batch = $1 AND compartment = 'pending' ORDER BY milligrams DESC`,
      [batchId],
    );
    expect(rows).to.deep.equal([
      { holder: uuidOf("li"), mg: "913000", activities: 2 },
      { holder: uuidOf("wang"), mg: "371001", activities: 1 },
    ]);
  });

  it("posts one batch once although several close it at the same time and one of them dies", async () => {
    const batchId = await closedBatch(database.owner, {
      source: "killed",
      rides: [{ person: "killed", platform: "map-app", milligrams: 5_000n }],
    });
    const dies = await worker.connect();
    await dies.query("BEGIN");
    await postPending(dies, { batchId, programme: PROGRAMME });
    const others = [post(batchId), post(batchId)];
    dies.release(new Error("killed"));
    const done = await Promise.all(others);
    expect(done.map(({ posted }) => posted).sort()).to.deep.equal([false, true]);
    expect((await balances(database.owner)).get(`person/${uuidOf("killed")}/pending`)).to.equal(
      5_000n,
    );
  });

  it("divides by rights as the domain does, for lines at random", async () => {
    const rule = (platform: string, right: Right): Json => ({
      ...{
        format: "tanpu-rights/1",
        programme: PROGRAMME,
        status: "demonstration",
        source: "test",
      },
      ...{ effective: { first: "2018-01-01", end: null }, platform, right },
    });
    const rights: Record<string, Right> = {
      "rule-pool": {
        kind: "platform",
        thresholdMilligrams: "700000",
        benefit: "required",
        withoutChoice: "pool",
      },
      "rule-split": {
        kind: "split",
        shares: [
          { to: "owner", weight: "1" },
          { to: "person", weight: "1" },
          { to: "platform", weight: "1" },
        ],
      },
      "rule-owner": { kind: "owner" },
    };
    const rules = Object.entries(rights).map(([platform, right]) => {
      const body = rule(platform, right);
      return { rule: unwrap(loadRight(body)), body };
    });
    await registerRightRules(worker, suite, rules);
    await registerRightRules(worker, suite, rules);
    const people = Array.from({ length: 30 }, (_, index) => `random ${index}`);
    for (const [index, person] of people.entries()) {
      if (index % 2 === 0) {
        await api.query(
          "INSERT INTO ledger.benefit (benefit, participant, what, document_hash) VALUES (gen_random_uuid(), $1, 'coupon', $2)",
          [uuidOf(`${person} rule-pool`), Buffer.alloc(32)],
        );
      }
      if (index % 3 === 0) {
        await api.query(
          "INSERT INTO ledger.choice (participant, pool) VALUES ($1, true), ($1, $2)",
          [uuidOf(`${person} rule-pool`), index % 2 === 1],
        );
      }
    }
    const before = new Map<string, bigint>();
    for (const round of [1, 2, 3]) {
      const rides = people.flatMap((person, index) =>
        [...Object.keys(rights), "map-app"].map((platform, place) => ({
          ...{ person: `${person} ${platform}`, platform },
          milligrams: BigInt(((index + 1) * 7_919 * (place + 3) * round) % 600_007) + 1n,
        })),
      );
      const batchId = await closedBatch(database.owner, {
        source: "by rights",
        day: 17_780 + round,
        rides,
      });
      await post(batchId);
      const { rows } = await database.owner.query<{ actor: string; kind: string; mg: string }>(
        `SELECT actor, holder_kind AS kind, milligrams::text AS mg FROM ledger.entry e JOIN ledger.posting p USING (posting)
         WHERE p.batch = $1 AND compartment = 'pending'`,
        [batchId],
      );
      const got = new Map(
        rows.map(({ actor, kind, mg }) => [
          `${actor}/${kind.replace("programme", "owner")}`,
          BigInt(mg),
        ]),
      );
      for (const [place, { person, platform, milligrams }] of rides.entries()) {
        const index = Math.floor(place / 4);
        const actor = uuidOf(person);
        const parts = applyRight(rights[platform] ?? { kind: "person" }, milligrams, {
          hasBenefit: index % 2 === 0,
          pool: index % 3 === 0 ? index % 2 === 1 : undefined,
          pooledMilligrams: before.get(actor) ?? 0n,
        });
        if (platform === "rule-pool") before.set(actor, (before.get(actor) ?? 0n) + parts.platform);
        for (const [whom, wanted] of Object.entries(parts)) {
          expect(got.get(`${actor}/${whom}`) ?? 0n, `${platform} ${whom}`).to.equal(wanted);
        }
      }
      const whole = rows.reduce((sum, { mg }) => sum + BigInt(mg), 0n);
      expect(whole).to.equal(rides.reduce((sum, { milligrams }) => sum + milligrams, 0n));
    }
    expect([...before.values()].some((pooled) => pooled === 700_000n)).to.equal(true);
  });

  it("takes away what a late correction says: from what is pending, else from whole grams, the rest is owed", async () => {
    const correct = async (batchId: string, correction: string, milligrams: bigint) =>
      database.owner.query(
        `INSERT INTO intake.reduction (day, platform, row_key, batch_id, correction, milligrams)
         SELECT day, platform, row_key, batch_id, $2, $3 FROM intake.membership WHERE batch_id = $1`,
        [batchId, uuidOf(correction), milligrams.toString()],
      );
    const batchId = await closedBatch(database.owner, {
      ...{ source: "corrected", day: 17_800 },
      rides: [{ person: "corrected", platform: "map-app", milligrams: 10_000n }],
    });
    await post(batchId);
    await correct(batchId, "first", 1_500n);
    expect(await postReductions(worker)).to.equal(1);
    expect(await postReductions(worker)).to.equal(0);
    const person = `person/${uuidOf("corrected")}`;
    expect((await balances(database.owner)).get(`${person}/pending`)).to.equal(8_500n);
    await inTransaction(worker, async (client) => {
      const { rows } = await client.query(
        "SELECT * FROM ledger.begin_posting($1, 'issue', 1, $2, 1, NULL, NULL, NULL)",
        [`issue:${batchId}`, batchId],
      );
      await client.query(
        `INSERT INTO ledger.entry (month, posting, holder_kind, holder, actor, compartment, milligrams)
         VALUES ($1, $2, 'person', $3, $3, 'pending', -8500), ($1, $2, 'person', $3, $3, 'issued', 8000),
           ($1, $2, 'source', $3, NULL, 'carry', 500)`,
        [rows[0].month, rows[0].posting.toString(), uuidOf("corrected")],
      );
    });
    await correct(batchId, "second", 2_400n);
    await correct(batchId, "third", 7_000n);
    expect(await postReductions(worker)).to.equal(2);
    const found = await balances(database.owner);
    expect(found.has(`${person}/issued`)).to.equal(false);
    expect(found.get(`${person}/owed`)).to.equal(-1_000n);
    expect(found.get("programme/corrected/issued")).to.equal(8_000n);
    expect(found.get("programme/corrected/pending")).to.equal(1_500n);
  });

  it("sums to zero over everything", async () => {
    const { rows } = await database.owner.query(
      "SELECT sum(milligrams)::text AS mg FROM ledger.entry",
    );
    expect(rows[0].mg).to.equal("0");
  });
});
