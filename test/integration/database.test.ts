import { randomUUID } from "node:crypto";
import { expect } from "chai";
import pg from "pg";
import { type DatabaseRole, isConnectionFailure, openPool } from "../../server/database/client.ts";
import { decodeCursor, encodeCursor } from "../../server/database/codec.ts";
import {
  createApiKey,
  findApiKey,
  insertOperation,
  type NewOperation,
  sha256OfKey,
} from "../../server/database/commands.ts";
import { migrate } from "../../server/database/migrate.ts";
import { findOperation } from "../../server/database/queries/operations.ts";
import { listTokens, tokenList } from "../../server/database/queries/units.ts";
import { filled, openTestDatabase, type TestDatabase } from "../support/database.ts";

const CHAIN_ID = 1_234_567;
const SIGNER = filled(0xaa, 20);
const bytes = (hex: string): Buffer => Buffer.from(hex.slice(2), "hex");

describe("the database", () => {
  let database: TestDatabase;
  const pools: pg.Pool[] = [];
  const asRole = (role: DatabaseRole): pg.Pool => {
    const pool = openPool({ databaseUrl: database.databaseUrl, role, max: 4 });
    pools.push(pool);
    return pool;
  };
  /** The SQL state Postgres refuses with, or what came back instead. */
  const refusalOf = async (pool: pg.Pool, text: string, values: unknown[] = []): Promise<string> =>
    pool.query(text, values).then(
      ({ rowCount }) => `done, ${rowCount} rows`,
      (error: { code?: string }) => error.code ?? String(error),
    );
  const PRIVILEGE = "42501";
  const RESTRICT = "23001";

  let api: pg.Pool;
  let worker: pg.Pool;
  let indexer: pg.Pool;
  const apiKeyId = randomUUID();

  before(async function () {
    this.timeout(60_000);
    database = await openTestDatabase();
    [api, worker, indexer] = [asRole("tanpu_api"), asRole("tanpu_worker"), asRole("tanpu_indexer")];
    await createApiKey(database.owner, {
      id: apiKeyId,
      key: "secret one",
      name: "applicant of the tests",
      role: "applicant",
      account: SIGNER,
      programme: 1,
      scopes: ["*"],
    });
  });

  after(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    await database.close();
  });

  const order = (more: Partial<NewOperation> = {}): NewOperation => ({
    id: randomUUID(),
    contentHash: bytes(filled(1)),
    kind: "transfer",
    lane: SIGNER,
    signer: SIGNER,
    body: { grams: "5" },
    apiKeyId,
    ...more,
  });

  describe("migrations", () => {
    it("let five processes race and make everything once", async function () {
      this.timeout(60_000);
      const url = await database.add("raced");
      await Promise.all(Array.from({ length: 5 }, () => migrate(url)));
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      const { rows } = await client.query(
        "SELECT name FROM public.migration GROUP BY name HAVING count(*) > 1",
      );
      const made = await client.query("SELECT count(*)::int AS count FROM public.migration");
      await client.end();
      expect(rows).to.deep.equal([]);
      expect(made.rows[0].count).to.be.greaterThan(2);
    });
  });

  describe("roles", () => {
    for (const table of ["block", "token", "holding", "retirement", "checkpoint"]) {
      it(`refuse the API and the worker to write mirror.${table}`, async () => {
        for (const pool of [api, worker]) {
          expect(await refusalOf(pool, `DELETE FROM mirror.${table}`)).to.equal(PRIVILEGE);
          expect(await refusalOf(pool, `TRUNCATE mirror.${table}`)).to.equal(PRIVILEGE);
        }
      });
    }

    it("refuse the API to invent units, nonces, outcomes and keys", async () => {
      const attempts = [
        "INSERT INTO mirror.holding VALUES ('\\x01', '\\x02', 5)",
        `INSERT INTO app.operation_nonce (operation_id, chain_id, signer, nonce)
         VALUES (gen_random_uuid(), 1, '\\x00', 0)`,
        "INSERT INTO app.outcome (operation_id, kind) VALUES (gen_random_uuid(), 'completed')",
        `INSERT INTO app.api_key (id, key_sha256, name, role, scopes)
         VALUES (gen_random_uuid(), decode(repeat('00', 32), 'hex'), 'x', 'authority', '{*}')`,
        "INSERT INTO intake.batch (id) VALUES (gen_random_uuid())",
        "CREATE TABLE app.extra (id int)",
      ];
      for (const text of attempts) {
        expect(await refusalOf(api, text), text).to.equal(PRIVILEGE);
      }
    });

    it("refuse the indexer to order commands and to read reports", async () => {
      expect(
        await refusalOf(indexer, "INSERT INTO app.operation (id) VALUES (gen_random_uuid())"),
      ).to.equal(PRIVILEGE);
      expect(await refusalOf(indexer, "SELECT * FROM intake.report")).to.equal(PRIVILEGE);
    });

    it("let only the indexer write the mirror", async () => {
      const text = "INSERT INTO mirror.block VALUES ($1, $2, $3, 1)";
      expect(await refusalOf(indexer, text, [999, bytes(filled(9)), bytes(filled(8))])).to.equal(
        "done, 1 rows",
      );
      await indexer.query("DELETE FROM mirror.block WHERE number = 999");
    });
  });

  describe("ledgers", () => {
    it("refuse changes and deletions even to their owner", async () => {
      await insertOperation(api, order());
      for (const text of [
        "UPDATE app.operation SET kind = 'other'",
        "DELETE FROM app.operation",
        "TRUNCATE app.operation CASCADE",
        "UPDATE app.api_key SET role = 'authority'",
        "DELETE FROM app.outcome",
        "UPDATE app.attempt SET raw = ''",
        "DELETE FROM app.operation_nonce",
        "DELETE FROM app.api_key_revocation",
      ]) {
        expect(await refusalOf(database.owner, text), text).to.equal(RESTRICT);
      }
    });
  });

  describe("ensure_day", () => {
    const partitions = async (day: number): Promise<number> => {
      const { rows } = await database.owner.query(
        `SELECT count(*)::int AS count FROM pg_tables
         WHERE schemaname = 'intake'
           AND tablename ~ ('^[a-z]+_' || $1 || '$')`,
        [String(day)],
      );
      return rows[0].count;
    };

    it("makes the partitions of a day once, however many ask at the same time", async () => {
      await Promise.all(
        Array.from({ length: 8 }, () => api.query("SELECT intake.ensure_day(17775)")),
      );
      expect(await partitions(17_775)).to.equal(5);
    });

    it("refuses a day that no registry has", async () => {
      expect(await refusalOf(api, "SELECT intake.ensure_day(-1)")).to.equal("22023");
      expect(await refusalOf(api, "SELECT intake.ensure_day(100001)")).to.equal("22023");
    });

    it("is not led astray by the caller's search path", async () => {
      const client = await api.connect();
      try {
        await client.query("CREATE TEMP TABLE report (day int)");
        await client.query("SET search_path = pg_temp, public");
        await client.query("SELECT intake.ensure_day(17776)");
      } finally {
        client.release(true);
      }
      expect(await partitions(17_776)).to.equal(5);
    });
  });

  describe("API keys", () => {
    it("are found by their hash and never stored as they are", async () => {
      const found = await findApiKey(api, sha256OfKey("secret one"));
      expect(found).to.include({
        id: apiKeyId,
        role: "applicant",
        account: SIGNER,
        revoked: false,
      });
      expect(await findApiKey(api, sha256OfKey("secret two"))).to.equal(undefined);
      const { rows } = await database.owner.query(
        "SELECT count(*)::int AS count FROM app.api_key k WHERE k::text LIKE '%secret one%'",
      );
      expect(rows[0].count).to.equal(0);
    });

    it("can be made again without a change, but not under another's id or secret", async () => {
      const key = {
        id: apiKeyId,
        key: "secret one",
        name: "again",
        role: "applicant",
        scopes: [],
      } as const;
      await createApiKey(database.owner, key);
      const refused = async (more: object): Promise<boolean> =>
        createApiKey(database.owner, { ...key, ...more }).then(
          () => false,
          () => true,
        );
      expect(await refused({ key: "secret two" })).to.equal(true);
      expect(await refused({ id: randomUUID() })).to.equal(true);
    });
  });

  describe("a connection that ends", () => {
    it("is told from a statement that is wrong", async () => {
      const client = await worker.connect();
      const wrong: unknown = await client.query("SELECT nothing").catch((cause) => cause);
      expect(isConnectionFailure(wrong)).to.equal(false);
      expect(isConnectionFailure(undefined)).to.equal(false);
      const { rows } = await client.query("SELECT pg_backend_pid() AS pid");
      const ended = client.query("SELECT pg_sleep(10)").catch((cause) => cause);
      await database.owner.query("SELECT pg_terminate_backend($1)", [rows[0].pid]);
      expect(isConnectionFailure(await ended)).to.equal(true);
      const after: unknown = await client.query("SELECT 1").catch((cause) => cause);
      expect(isConnectionFailure(after), String(after)).to.equal(true);
      client.release(true);
      const away = openPool({
        databaseUrl: "postgres://tanpu@127.0.0.1:1/none",
        role: "tanpu_api",
      });
      const refused: unknown = await away.query("SELECT 1").catch((cause) => cause);
      expect(isConnectionFailure(refused), String(refused)).to.equal(true);
      await away.end();
    });
  });

  describe("commands", () => {
    it("refuse another content, and another key, under a used id", async () => {
      const first = order();
      await insertOperation(api, first);
      const otherKey = randomUUID();
      await createApiKey(database.owner, {
        id: otherKey,
        key: "secret three",
        name: "somebody else",
        role: "enterprise",
        scopes: ["*"],
      });
      for (const more of [{ contentHash: bytes(filled(2)) }, { apiKeyId: otherKey }]) {
        const again = await insertOperation(api, { ...first, ...more });
        expect(again).to.deep.include({
          ok: false,
          refusal: { code: "IDEMPOTENCY_KEY_CONFLICT" },
        });
      }
    });

    it("are stored once, however many repeats race", async () => {
      const one = order();
      const answers = await Promise.all(Array.from({ length: 8 }, () => insertOperation(api, one)));
      const news = answers.filter((answer) => answer.ok && answer.value.isNew);
      expect(news.length).to.equal(1);
      expect(answers.every((answer) => answer.ok)).to.equal(true);
    });

    it("that come together are stored together, and one that cannot be stored stops no other", async () => {
      const body = { note: 'a "quote", a \\ and {a, brace}, NULL, 减排' };
      const good = [order(), order({ body }), order()];
      const twin = { ...(good[0] as NewOperation), contentHash: bytes(filled(3)) };
      const bad = { ...order(), contentHash: bytes(filled(1)).subarray(1) };
      const answers = await Promise.allSettled(
        [...good, twin, bad].map((one) => insertOperation(api, one)),
      );
      expect(
        answers.slice(0, 3).every((one) => one.status === "fulfilled" && one.value.ok),
      ).to.equal(true);
      expect(answers[3]).to.deep.nested.include({
        "value.refusal.code": "IDEMPOTENCY_KEY_CONFLICT",
      });
      expect(answers[4]?.status).to.equal("rejected");
      const { rows } = await database.owner.query(
        `SELECT o.id::text, o.body FROM app.operation o JOIN app.open_operation w ON w.operation_id = o.id
         WHERE o.id = ANY ($1) ORDER BY o.sequence`,
        [[...good, bad].map(({ id }) => id)],
      );
      expect(rows.map(({ id }) => id)).to.deep.equal(good.map(({ id }) => id));
      expect(rows[1].body).to.deep.equal(body);
    });

    it("are announced to who listens", async () => {
      const client = new pg.Client({ connectionString: database.databaseUrl });
      await client.connect();
      const heard = new Promise<string | undefined>((resolve) =>
        client.once("notification", ({ payload }) => resolve(payload)),
      );
      await client.query("LISTEN tanpu_operation");
      await insertOperation(api, order());
      expect(await heard).to.equal("");
      await client.end();
    });
  });

  describe("the state of a command", () => {
    const hash = (value: number): Buffer => bytes(filled(value));
    const stateOf = async (id: string): Promise<string | undefined> =>
      (await findOperation(api, id))?.state;
    const mine = async (nonce: number, transaction: Buffer, status: number, block = 10) => {
      await indexer.query(
        `INSERT INTO mirror.transaction (block_number, index, hash, signer, nonce, status)
         VALUES ($1, $2::int, $3, $4, $2::int, $5)`,
        [block, nonce, transaction, bytes(SIGNER), status],
      );
    };
    const send = async (nonce: number, transaction: Buffer): Promise<string> => {
      const one = order();
      await insertOperation(api, one);
      await worker.query(
        "INSERT INTO app.operation_nonce (operation_id, chain_id, signer, nonce) VALUES ($1, $2, $3, $4)",
        [one.id, CHAIN_ID, bytes(SIGNER), nonce],
      );
      await worker.query(
        "INSERT INTO app.attempt (operation_id, attempt, tx_hash, raw) VALUES ($1, 1, $2, '\\x00')",
        [one.id, transaction],
      );
      return one.id;
    };

    before(async () => {
      await indexer.query(
        `INSERT INTO mirror.checkpoint (chain_id, first_block, position, block_number, final_block)
         VALUES ($1, 0, repeat('0', 32), 12, 5)`,
        [CHAIN_ID],
      );
    });

    it("is refused or completed when the worker said so", async () => {
      const [refused, completed] = [order(), order()];
      for (const one of [refused, completed]) await insertOperation(api, one);
      await worker.query(
        `INSERT INTO app.outcome (operation_id, kind, code, detail)
         VALUES ($1, 'refused', 'SOURCES_DAY_TAKEN', '{}'), ($2, 'completed', NULL, '{}')`,
        [refused.id, completed.id],
      );
      expect(await stateOf(refused.id)).to.equal("refused");
      expect(await stateOf(completed.id)).to.equal("completed");
    });

    it("goes from queued over sent to included and final", async () => {
      const waiting = order();
      await insertOperation(api, waiting);
      expect(await stateOf(waiting.id)).to.equal("queued");
      const id = await send(0, hash(0x10));
      expect(await stateOf(id)).to.equal("sent");
      await mine(0, hash(0x10), 1);
      expect(await stateOf(id)).to.equal("included");
      await indexer.query("UPDATE mirror.checkpoint SET final_block = 10");
      expect(await stateOf(id)).to.equal("final");
      await indexer.query("UPDATE mirror.checkpoint SET final_block = 5");
    });

    it("is sent again when the chain lost the block", async () => {
      const id = await send(1, hash(0x11));
      await mine(1, hash(0x11), 1);
      expect(await stateOf(id)).to.equal("included");
      await indexer.query("DELETE FROM mirror.transaction WHERE hash = $1", [hash(0x11)]);
      expect(await stateOf(id)).to.equal("sent");
    });

    it("is reverted when the chain took it and refused", async () => {
      const id = await send(2, hash(0x12));
      await mine(2, hash(0x12), 0);
      expect(await stateOf(id)).to.equal("reverted");
    });

    it("is displaced when its nonce went to other bytes", async () => {
      const id = await send(3, hash(0x13));
      await mine(3, hash(0x99), 1);
      expect(await stateOf(id)).to.equal("displaced");
    });

    it("is undefined for an id nobody used", async () => {
      expect(await stateOf(randomUUID())).to.equal(undefined);
    });
  });

  describe("pages", () => {
    const addToken = (value: number) =>
      indexer.query(
        `INSERT INTO mirror.token (token_id, programme, methodology, first_day, end_day, request_id,
           source_id, owner, issued_grams, issued_at, transaction_hash, block_number)
         VALUES ($1, 1, 1, 17775, 17776, $2, $3, $4, 1000, 1, $3, 1)`,
        [
          bytes(`0x01${"00".repeat(30)}${value.toString(16)}`),
          value,
          bytes(filled(7)),
          bytes(SIGNER),
        ],
      );
    const page = async (cursor: string | undefined) => {
      const after = decodeCursor(tokenList.name, tokenList.forms, cursor);
      if (!after.ok) throw new Error(after.refusal.code);
      return listTokens(api, {}, { limit: 2, after: after.value });
    };

    it("neither repeat nor skip rows when others are added in between", async () => {
      for (const value of [0x10, 0x20, 0x30, 0x40]) await addToken(value);
      const first = await page(undefined);
      await addToken(0x15);
      await addToken(0x35);
      const second = await page(first.nextCursor ?? undefined);
      const third = await page(second.nextCursor ?? undefined);
      const ends = [first, second, third].flatMap(({ items }) =>
        items.map(({ tokenId }) => tokenId.slice(-2)),
      );
      // 15 was added before the cursor and is not shown late; 35 was added after it and is shown.
      expect(ends).to.deep.equal(["10", "20", "30", "35", "40"]);
      expect(third.nextCursor).to.equal(null);
    });

    it("refuse cursors of other lists and of nobody", () => {
      const { name, forms } = tokenList;
      const bad = [
        encodeCursor("holdings", [filled(1)]),
        encodeCursor(name, ["1; DROP TABLE"]),
        encodeCursor(name, [filled(1), filled(2)]),
        "%%%",
        "",
        "bnVsbA",
      ];
      for (const text of bad) {
        expect(decodeCursor(name, forms, text), text).to.deep.equal({
          ok: false,
          refusal: { code: "CURSOR_INVALID", field: "cursor" },
        });
      }
    });
  });
});
