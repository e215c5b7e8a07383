import { expect } from "chai";
import pg from "pg";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";

/**
 * By which column each table would be spread over the nodes of a cluster (docs/adr/0020-distribution.md); null where every
 * node keeps a copy, because something else than the column must be unique, or because all of it is small.
 */
const DISTRIBUTION: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  mirror: {
    transfer: "block_number",
    block: null,
    transaction: null,
    checkpoint: null,
    undo: null,
    holding: "token_id",
    token: "token_id",
    retirement: "retirement_id",
    retirement_line: "retirement_id",
    certificate: "certificate_id",
    certificate_retirement: "certificate_id",
    certificate_impairment: "certificate_id",
    request: "request_id",
    statement: "request_id",
    objection: "request_id",
    deduction: "request_id",
    refutation: "block_number",
    debt: "request_id",
    debt_account: "request_id",
    debt_freeze: "request_id",
    debt_payment: "block_number",
    demand: "demand_id",
    deposit_credit: "account",
    partial_freeze: "freeze_id",
    guard: "account",
    guard_trusted: "account",
    guard_order: "order_id",
    act: "act_id",
    sell_order: "order_id",
    trade: "exchange",
    trade_failure: "block_number",
    pledge: "pledge_id",
    pool_epoch: "programme",
    pool_movement: "block_number",
    intent: "block_number",
    nonce_cancellation: "block_number",
    programme: null,
    recognition: null,
    pause: null,
    account: null,
    role_grant: null,
    parameter: null,
    methodology: null,
    source: null,
    source_consent: null,
    issuer: null,
    exclusion: null,
    booking: null,
    payment_token: null,
    issue_block: null,
  },
  intake: {
    report: "day",
    fingerprint: "day",
    shared: "day",
    refusal: "received_day",
    membership: "day",
    finding: "day",
    finding_decision: "day",
    reduction: "day",
    receipt: "platform",
    batch: null,
    sealed_day: null,
    detached: null,
    platform: null,
    source: null,
    rule: null,
    appeal: null,
    appeal_decision: null,
    independent_figure: null,
  },
  ledger: {
    // The key that makes a repeat change nothing is unique over all of it.
    posting: null,
    entry: "holder",
    person: "participant",
    // Every call shows a token before anybody knows whose it is.
    person_token: null,
    institution: null,
    consent: null,
    consent_end: null,
    no_consent: "participant",
    choice: null,
    benefit: null,
    mandate: null,
    mandate_end: null,
    points: null,
    points_end: null,
    donation: null,
    right_rule: null,
    epoch: null,
    deletion: "participant",
  },
};

/** Schemas whose unique keys cannot all hold one column: they stay on one node, whole. */
const ON_ONE_NODE = ["app"];

describe("unique keys and the columns that tables would be spread by", function () {
  this.timeout(120_000);
  let database: TestDatabase;
  let found: { schema: string; name: string; index: string; columns: string[] }[];

  before(async () => {
    database = await openTestDatabase();
    const result = await database.owner.query<(typeof found)[number]>(
      `SELECT n.nspname AS schema, c.relname AS name, i.indexrelid::regclass::text AS index,
         array_agg(a.attname::text ORDER BY a.attnum) AS columns
       FROM pg_index i
       JOIN pg_class c ON c.oid = i.indrelid
       JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
       WHERE n.nspname IN ('app', 'intake', 'ledger', 'mirror') AND i.indisunique AND NOT c.relispartition
       GROUP BY 1, 2, 3`,
    );
    found = result.rows;
  });
  after(() => database?.close());

  it("names every table of mirror, intake and ledger, and no other", async () => {
    const tables = await database.owner.query<{ name: string }>(
      `SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname IN ('mirror', 'intake', 'ledger') AND c.relkind IN ('r', 'p') AND NOT c.relispartition`,
    );
    const named = Object.entries(DISTRIBUTION).flatMap(([schema, names]) =>
      Object.keys(names).map((name) => `${schema}.${name}`),
    );
    expect(named.sort()).to.deep.equal(tables.rows.map(({ name }) => name).sort());
  });

  it("has the column of its table in every unique key", () => {
    expect(found.length).to.be.greaterThan(50);
    const without = found.filter(({ schema, name, columns }) => {
      const column = DISTRIBUTION[schema]?.[name];
      return column !== undefined && column !== null && !columns.includes(column);
    });
    expect(without.map(({ index, columns }) => `${index} (${columns.join(", ")})`)).to.deep.equal(
      [],
    );
  });

  it("leaves only the schema of commands undivided", () => {
    const undivided = new Set(
      found.filter(({ schema }) => DISTRIBUTION[schema] === undefined).map(({ schema }) => schema),
    );
    expect([...undivided]).to.deep.equal(ON_ONE_NODE);
  });

  it("would tell a key that lacks it", async () => {
    const client = new pg.Client({ connectionString: database.databaseUrl });
    await client.connect();
    await client.query("BEGIN");
    await client.query("CREATE UNIQUE INDEX lacking ON mirror.holding (account, grams)");
    const { rows } = await client.query<{ columns: string[] }>(
      `SELECT array_agg(a.attname::text) AS columns FROM pg_index i
       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
       WHERE i.indexrelid = 'mirror.lacking'::regclass`,
    );
    await client.query("ROLLBACK");
    await client.end();
    expect(rows[0]?.columns).not.to.include(DISTRIBUTION.mirror?.holding);
  });
});
