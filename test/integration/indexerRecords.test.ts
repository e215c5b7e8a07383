import { expect } from "chai";
import pg from "pg";
import type { ChainEvent } from "../../server/chain/events.ts";
import { batchOf } from "../../server/indexer/apply/batch.ts";
import { applyRecords, type Records } from "../../server/indexer/apply/records.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";

const DIGEST = `0x${"ab".repeat(32)}`;

describe("events that are told row by row", function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let client: pg.Client;
  let statements: string[];

  before(async () => {
    database = await openTestDatabase();
    client = new pg.Client({ connectionString: database.databaseUrl });
    await client.connect();
    await client.query(
      `CREATE TABLE place (block bigint, log integer, digest bytea, parts bytea[], big numeric(78, 0), note text,
         PRIMARY KEY (block, log));
       CREATE TABLE other (log integer PRIMARY KEY, total bigint)`,
    );
  });
  after(async () => {
    await client?.end();
    await database?.close();
  });
  beforeEach(() => client.query("TRUNCATE place, other"));

  /** Applies events of block 1, in this order, and notes the statements. */
  function apply(
    names: readonly ("IntentUsed" | "OrderReturned" | "TradeFailed")[],
    records: Records,
  ) {
    statements = [];
    const events = names.map((name, logIndex) => ({
      ...{ name, contract: "settlement", arguments: {}, blockNumber: 1, transactionIndex: 0 },
      ...{ logIndex, transactionHash: DIGEST },
    }));
    const noted = new Proxy(client, {
      get: (target, key) =>
        key === "query"
          ? (text: string, values: unknown[]) => {
              statements.push(text.split(" ").slice(0, 3).join(" "));
              return target.query(text, values);
            }
          : Reflect.get(target, key),
    });
    const batch = batchOf(noted, events as unknown as ChainEvent[], new Map([[1, 5]]));
    return applyRecords(batch, records);
  }

  const insert: Records["IntentUsed"] = (_, { place }) => [
    {
      insert: "place",
      row: {
        ...{ block: place.block_number, log: place.log_index, digest: DIGEST },
        ...{ parts: [DIGEST, "0x"], big: 2n ** 255n, note: null },
      },
    },
  ];

  it("fail when a row should change that nothing has written", async () => {
    const error = await apply(["OrderReturned"], {
      OrderReturned: () => [{ update: "place", key: { log: 0 }, row: { note: "x" } }],
    }).catch((cause: Error) => cause);
    expect(error)
      .to.have.property("message")
      .that.matches(/the mirror has a hole/);
  });

  it("fail when a row is told twice", async () => {
    const twice: Records["IntentUsed"] = () => [{ insert: "other", row: { log: 1, total: 1 } }];
    const error = await apply(["IntentUsed", "IntentUsed"], { IntentUsed: twice }).catch(
      (cause: Error) => cause,
    );
    expect(error).to.have.property("code", "23505");
  });

  it("go in with one statement a table, also between rows of another", async () => {
    await apply(
      Array.from({ length: 30_000 }, (_, k) => (k % 2 ? "IntentUsed" : "TradeFailed")),
      {
        IntentUsed: insert,
        TradeFailed: (_, { place }) => [
          { insert: "other", row: { log: place.log_index, total: 1 } },
        ],
      },
    );
    // More parameters than one statement takes.
    expect(statements).to.deep.equal([
      "INSERT INTO other",
      "INSERT INTO place",
      "INSERT INTO place",
    ]);
    const { rows } = await client.query<Record<string, unknown>>(
      "SELECT count(*)::int AS count, min(log) AS first, max(log) AS last FROM place",
    );
    expect(rows).to.deep.equal([{ count: 15_000, first: 1, last: 29_999 }]);
    const one = await client.query("SELECT * FROM place WHERE log = 7");
    const bytes = Buffer.from(DIGEST.slice(2), "hex");
    expect(one.rows).to.deep.equal([
      {
        ...{ block: "1", log: 7, digest: bytes, parts: [bytes, Buffer.alloc(0)] },
        ...{ big: String(2n ** 255n), note: null },
      },
    ]);
  });

  it("are there when a later event changes them, and rows with other columns go in apart", async () => {
    await apply(["IntentUsed", "TradeFailed", "OrderReturned", "IntentUsed"], {
      IntentUsed: insert,
      TradeFailed: (_, { place }) => [
        { insert: "place", row: { block: 1, log: place.log_index, note: "short" } },
      ],
      OrderReturned: () => [
        { update: "place", key: { log: 0 }, row: { note: "changed" } },
        { remove: "place", key: { log: 1 } },
      ],
    });
    const { rows } = await client.query("SELECT log, note FROM place ORDER BY log");
    expect(rows).to.deep.equal([
      { log: 0, note: "changed" },
      { log: 3, note: null },
    ]);
    expect(statements).to.deep.equal([
      ...["INSERT INTO place", "INSERT INTO place", "UPDATE place SET", "DELETE FROM place"],
      "INSERT INTO place",
    ]);
  });
});
