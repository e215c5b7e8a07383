import { expect } from "chai";
import pg from "pg";
import { openPool } from "../../server/database/client.ts";
import { indexAccounts } from "../../server/database/mirror.ts";
import { type CopyRows, copyRows } from "../../server/indexer/apply/copy.ts";
import { filled, openTestDatabase, type TestDatabase } from "../support/database.ts";

const COLUMNS = ["place", "small", "wide", "bytes", "id"];
const ID = "0f8fad5b-d9cb-469f-a165-70867728950e";

describe("rows in COPY's binary form", function () {
  this.timeout(60_000);
  let database: TestDatabase;
  let client: pg.Client;

  before(async () => {
    database = await openTestDatabase();
    client = new pg.Client({ connectionString: database.databaseUrl });
    await client.connect();
    await client.query(
      "CREATE TABLE copied (place integer PRIMARY KEY, small smallint, wide bigint, bytes bytea, id uuid)",
    );
  });
  after(async () => {
    await client?.end();
    await database?.close();
  });
  beforeEach(() => client.query("TRUNCATE copied"));

  const copy = (...rows: ((row: CopyRows) => unknown)[]): Promise<void> =>
    copyRows(client, "copied", COLUMNS, rows, (cells, fill) => fill(cells));
  const failure = (work: Promise<void>): Promise<{ code?: string; name?: string }> =>
    work.then(
      () => ({}),
      (cause) => cause,
    );
  const bare = (place: number) => (row: CopyRows) => row.integer(place).null().null().null().null();

  for (const hex of ["0xabc", "0xzz", `0x${"12".repeat(9)}3`]) {
    it(`refuse ${hex}, which is not bytes`, async () => {
      const wrong = (row: CopyRows) => row.integer(1).null().null().bytea(hex).null();
      expect(await failure(copy(wrong))).to.have.property("name", "RangeError");
      expect((await client.query("SELECT * FROM copied")).rows).to.deep.equal([]);
    });
  }

  it("are refused whole when a cell is of another width or a row exists already", async () => {
    const wide = (row: CopyRows) => row.bigint(1).null().null().null().null();
    expect(await failure(copy(bare(1), wide))).to.have.property("code", "22P03");
    expect(await failure(copy(bare(1), bare(1)))).to.have.property("code", "23505");
    expect((await client.query("SELECT * FROM copied")).rows).to.deep.equal([]);
  });

  it("hold numbers to both ends of their types, empty bytes and nulls", async () => {
    const wides = [-1, -(2 ** 40) - 5, 2 ** 53 - 1, 2n ** 63n - 1n, -(2n ** 63n), 2 ** 32];
    await copy(
      ...wides.map((wide, place) => (row: CopyRows) => {
        row.integer(place).smallint(place % 2 ? -32_768 : 32_767);
        return row.bigint(wide).bytea("0x").uuid(ID.toUpperCase());
      }),
      (row) =>
        row
          .integer(-(2 ** 31))
          .null()
          .null()
          .bytea(null)
          .uuid(null),
    );
    const { rows } = await client.query<Record<string, unknown>>(
      "SELECT place, small, wide::text, bytes, id FROM copied ORDER BY place",
    );
    expect(rows[0]).to.deep.equal({
      ...{ place: -(2 ** 31), small: null, wide: null, bytes: null, id: null },
    });
    expect(rows.slice(1).map(({ wide }) => wide)).to.deep.equal(wides.map(String));
    expect(rows[1]).to.deep.include({ small: 32_767, bytes: Buffer.alloc(0), id: ID });
    expect(rows[2]).to.deep.include({ small: -32_768 });
  });

  it("come whole in thousands", async () => {
    const rows = Array.from({ length: 5_000 }, (_, k) => (row: CopyRows) => {
      row.integer(k).null().bigint(k);
      return row.bytea(filled(k % 256)).null();
    });
    await copy(...rows);
    const { rows: told } = await client.query(
      `SELECT count(*)::int AS count, sum(wide)::int AS sum,
         count(*) FILTER (WHERE bytes = decode(repeat(lpad(to_hex(place % 256), 2, '0'), 32), 'hex'))::int AS same
       FROM copied`,
    );
    expect(told).to.deep.equal([{ count: 5_000, sum: 12_497_500, same: 5_000 }]);
  });

  describe("the indexes by account", () => {
    const names = async (): Promise<string[]> => {
      const { rows } = await client.query<{ indexname: string }>(
        "SELECT indexname FROM pg_indexes WHERE schemaname = 'mirror' AND indexname ~ 'sender|recipient' ORDER BY 1",
      );
      return rows.map(({ indexname }) => indexname);
    };

    it("are made by nobody but the indexer, and in no other schema", async () => {
      for (const role of ["tanpu_api", "tanpu_worker"] as const) {
        const pool = openPool({ databaseUrl: database.databaseUrl, role, max: 1 });
        const refused = await failure(
          pool.query("SELECT mirror.index_accounts('mirror')").then(() => {}),
        );
        await pool.end();
        expect(refused, role).to.have.property("code", "42501");
      }
      for (const schema of ["app", "mirror; x", "MIRROR", ""]) {
        const refused = await failure(
          client.query("SELECT mirror.index_accounts($1)", [schema]).then(() => {}),
        );
        expect(refused, schema).to.have.property("code", "P0001");
      }
      expect(await names()).to.deep.equal([]);
    });

    it("are made once by the indexer's role", async () => {
      const pool = openPool({
        databaseUrl: database.databaseUrl,
        role: "tanpu_indexer",
        max: 1,
      });
      const indexer = await pool.connect();
      await indexAccounts(indexer);
      await indexAccounts(indexer);
      indexer.release();
      await pool.end();
      expect(await names()).to.deep.equal(["transfer_recipient", "transfer_sender"]);
    });
  });
});
