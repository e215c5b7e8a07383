import { expect } from "chai";
import pg from "pg";
import { runDigest } from "../../scripts/digest.ts";
import { createMirror } from "../../server/database/mirror.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";

const FINAL = 99;

describe("digests of block ranges", function () {
  this.timeout(120_000);
  let database: TestDatabase;
  const operators: { url: string; client: pg.Client }[] = [];

  before(async () => {
    database = await openTestDatabase();
    for (const name of ["one", "other"]) {
      const url = await database.add(name);
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      operators.push({ url, client });
      await createMirror(client);
      await client.query(
        `INSERT INTO mirror.checkpoint (chain_id, first_block, position, block_number, final_block)
         VALUES (1, 0, repeat('0', 32), 110, $1)`,
        [FINAL],
      );
      await client.query(
        `INSERT INTO mirror.block SELECT n, decode(lpad(to_hex(n), 64, '0'), 'hex'), '\\x00', n
         FROM generate_series(0, 110) AS n`,
      );
      // In another order for each, and with rows that others have not: neither matters.
      await client.query(
        `INSERT INTO mirror.transfer (block_number, log_index, sub_index, token_id, operator, sender, recipient, grams,
           transaction_hash, moved_at)
         SELECT n, k, 0, '\\x01', '\\x02', '\\x03', '\\x04', 5, '\\x05', n
         FROM generate_series(0, 110) AS n, generate_series(0, 2) AS k ORDER BY n * $1, k * $1`,
        [name === "one" ? 1 : -1],
      );
    }
  });
  after(async () => {
    for (const { client } of operators) await client.end();
    await database?.close();
  });

  const digests = (
    which: number,
    more: Omit<Parameters<typeof runDigest>[0], "databaseUrl"> = {},
  ) => runDigest({ databaseUrl: operators[which]!.url, ...more });

  it("refuses blocks that are not final, and ranges without blocks", async () => {
    const asked = [{ last: FINAL + 1 }, { first: 5, last: 4 }, { every: 0 }];
    for (const more of asked) {
      let error: unknown;
      await digests(0, more).catch((cause: unknown) => {
        error = cause;
      });
      expect(error, JSON.stringify(more)).to.be.instanceOf(RangeError);
    }
  });

  it("gives two operators the same digests", async () => {
    const [one, other] = await Promise.all([digests(0, { every: 10 }), digests(1, { every: 10 })]);
    expect(one).to.have.length(10);
    expect(one.map(({ first, end }) => [first, end])[9]).to.deep.equal([90, 100]);
    expect(other).to.deep.equal(one);
  });

  it("ignores what is local: raw bytes, states that later blocks change, blocks that are not final", async () => {
    const before = await digests(1);
    const { client } = operators[1]!;
    await client.query(
      "INSERT INTO mirror.holding (token_id, account, grams) VALUES ('\\x01', '\\x03', 7)",
    );
    await client.query("DELETE FROM mirror.transfer WHERE block_number > $1", [FINAL]);
    expect(await digests(1)).to.deep.equal(before);
  });

  it("differs in the range where something is other, and in every chained digest from there on", async () => {
    await operators[1]!.client.query(
      "UPDATE mirror.transfer SET grams = 6 WHERE block_number = 37 AND log_index = 1",
    );
    const [one, other] = await Promise.all([digests(0, { every: 10 }), digests(1, { every: 10 })]);
    const differing = (of: "digest" | "chained"): number[] =>
      one.filter((range, k) => range[of] !== other[k]![of]).map(({ first }) => first);
    expect(differing("digest")).to.deep.equal([30]);
    expect(differing("chained")).to.deep.equal([30, 40, 50, 60, 70, 80, 90]);
    const near = { first: 30, last: 39, every: 1 };
    const [mine, theirs] = await Promise.all([digests(0, near), digests(1, near)]);
    const found = mine.filter((range, k) => range.digest !== theirs[k]!.digest);
    expect(found.map(({ first }) => first)).to.deep.equal([37]);
  });
});
