import { request } from "node:http";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { openTestApi, secretOf, type TestApi } from "../support/api.ts";
import { SOURCE_ID, writeRegistry } from "../support/mirrorRows.ts";

const RAW_WORDS = ["CARD-SECRET", "BUS-SECRET", "USER-SECRET", "ORDER-SECRET"];

describe("activities as a stream", () => {
  let api: TestApi;

  before(async function () {
    this.timeout(60_000);
    api = await openTestApi();
    await writeRegistry(api.database.owner);
  });

  after(() => api?.close());

  const ride = (n: number, more: object = {}) => ({
    orderNo: `ORDER-SECRET-${n}`,
    userId: `USER-SECRET-${n}`,
    behaviour: "bus-trip",
    card: `CARD-SECRET-${n}`,
    vehicle: "BUS-SECRET",
    at: "2018-09-03T09:33:50+08:00",
    ...more,
  });
  const ndjson = (rows: readonly unknown[]): string =>
    rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row))).join("\n");
  const csv = (rows: readonly ReturnType<typeof ride>[]): string =>
    [
      "orderNo,userId,behaviour,card,vehicle,at",
      ...rows.map((row) => Object.values(row).join(",")),
    ].join("\n");

  async function send(
    body: string | Buffer,
    type: string,
    headers: Record<string, string> = {},
    query = "",
  ) {
    const answer = await fetch(`${api.url}/v1/activities${query}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${secretOf("platform")}`,
        "content-type": type,
        ...headers,
      },
      body,
    });
    const text = await answer.text();
    const lines = text.split("\n").filter((line) => line !== "");
    return {
      status: answer.status,
      type: answer.headers.get("content-type"),
      rows: lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    };
  }
  const results = ({ rows }: { rows: Record<string, unknown>[] }): unknown[] =>
    rows.map(({ result, code }) => code ?? result);

  it("are refused whole for an unknown type, encoding, source or batch name, and without a header", async () => {
    const one = ndjson([ride(1)]);
    const type = "application/x-ndjson";
    const cases: [Awaited<ReturnType<typeof send>>, number, string][] = [
      [await send(one, "text/plain"), 415, "MEDIA_TYPE_UNSUPPORTED"],
      [await send(one, type, { "content-encoding": "br" }), 400, "BODY_MALFORMED"],
      [await send(one, type, {}, "?sourceId=0x12"), 400, "FIELD_MALFORMED"],
      [await send(one, type, {}, `?sourceId=0x${"9".repeat(64)}`), 404, "NOT_FOUND"],
      [await send(one, type, { "tanpu-batch": "a b" }), 400, "FIELD_MALFORMED"],
    ];
    for (const [{ status, rows }, wanted, code] of cases) {
      expect(status, JSON.stringify(rows)).to.equal(wanted);
      expect(rows[0]?.code).to.equal(code);
    }
    const headless = await send("a,a\n1,2\n", "text/csv");
    expect(headless.rows).to.have.lengthOf(1);
    expect(headless.rows[0]).to.include({ result: "broken", code: "BODY_MALFORMED" });
  });

  it("are answered row by row, malformed lines too, in the order given", async () => {
    const body = ndjson([ride(10), "{no json", ride(11, { card: "" }), "[]", ride(12), ""]);
    const answer = await send(body, "application/x-ndjson", {}, `?sourceId=${SOURCE_ID}`);
    expect(answer.status).to.equal(200);
    expect(answer.type).to.equal("application/x-ndjson");
    expect(results(answer)).to.deep.equal([
      "accepted",
      "LINE_MALFORMED",
      "CARRIER_MISSING",
      "LINE_MALFORMED",
      "accepted",
    ]);
    expect(answer.rows.map(({ index }) => index)).to.deep.equal([0, 1, 2, 3, 4]);
  });

  it("are the same rows as CSV, as gzip and as JSON", async () => {
    const rows = [ride(20), ride(21), ride(22, { card: "CARD-SECRET-20" })];
    const first = await send(ndjson(rows), "application/x-ndjson");
    expect(results(first)).to.deep.equal(["accepted", "accepted", "duplicate"]);
    expect(first.rows[2]).to.include({ of: "own-report" });
    const again = await send(gzipSync(csv(rows)), "text/csv", { "content-encoding": "gzip" });
    expect(again.rows).to.deep.equal(first.rows);
    const json = gzipSync(JSON.stringify({ rows }));
    const whole = await send(json, "application/json", { "content-encoding": "gzip" });
    expect(whole.rows[0]?.results).to.deep.equal(first.rows);
  });

  it("tell another platform's report apart without naming it", async () => {
    await send(ndjson([ride(30)]), "application/x-ndjson");
    const { owner } = api.database;
    await owner.query(
      "UPDATE intake.fingerprint SET platform = platform + 1 WHERE mark IN (SELECT mark FROM intake.fingerprint)",
    );
    const { rows } = await send(ndjson([ride(30)]), "application/x-ndjson");
    expect(rows[0]).to.include({ result: "duplicate", of: "another-platform" });
    await owner.query("UPDATE intake.fingerprint SET platform = platform - 1");
  });

  it("keep the name of a batch for one content", async () => {
    const named = { "tanpu-batch": "2018-09-03/1" };
    const first = await send(ndjson([ride(40)]), "application/x-ndjson", named);
    const again = await send(ndjson([ride(40)]), "application/x-ndjson", named);
    expect(again.rows).to.deep.equal(first.rows);
    const other = await send(ndjson([ride(41)]), "application/x-ndjson", named);
    expect([other.status, other.rows[0]?.code]).to.deep.equal([409, "BATCH_CONFLICT"]);
    const json = await send(JSON.stringify({ rows: [ride(42)] }), "application/json", named);
    expect([json.status, json.rows[0]?.code]).to.deep.equal([409, "BATCH_CONFLICT"]);
    const { rows } = await api.database.owner.query("SELECT rows FROM intake.receipt");
    expect(rows).to.deep.equal([{ rows: 1 }]);
  });

  it("refuse a row that corrects itself, and take one that corrects another", async () => {
    const rows = [
      ride(50),
      ride(51, { corrects: "ORDER-SECRET-51" }),
      ride(52, { card: "CARD-SECRET-50", corrects: "ORDER-SECRET-50" }),
    ];
    expect(results(await send(ndjson(rows), "application/x-ndjson"))).to.deep.equal([
      "accepted",
      "CORRECTION_OF_ITSELF",
      "accepted",
    ]);
  });

  it("store whole chunks when gzip breaks off, and a repeat completes them", async function () {
    this.timeout(30_000);
    const rows = Array.from({ length: 12_000 }, (_, n) => ride(1_000 + n));
    const whole = gzipSync(ndjson(rows));
    const gzip = { "content-encoding": "gzip" };
    const cut = await send(whole.subarray(0, -200), "application/x-ndjson", gzip);
    const last = cut.rows.at(-1);
    expect(last).to.include({ result: "broken", code: "BODY_CUT" });
    const answered = cut.rows.length - 1;
    expect(answered % 5_000).to.equal(0);
    const { owner } = api.database;
    const stored = async (): Promise<number> =>
      Number((await owner.query("SELECT count(*) FROM intake.report")).rows[0].count);
    const between = await stored();
    const complete = await send(whole, "application/x-ndjson", gzip);
    expect(complete.rows).to.have.lengthOf(12_000);
    expect(complete.rows.slice(0, answered)).to.deep.equal(cut.rows.slice(0, answered));
    expect((await stored()) - between).to.equal(12_000 - answered);
  });

  it("store whole chunks when the connection breaks off", async function () {
    this.timeout(30_000);
    const rows = Array.from({ length: 7_000 }, (_, n) => ride(20_000 + n));
    const { owner } = api.database;
    const stored = async (): Promise<number> =>
      Number((await owner.query("SELECT count(*) FROM intake.report")).rows[0].count);
    const between = await stored();
    await new Promise<void>((resolve) => {
      const call = request(`${api.url}/v1/activities`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${secretOf("platform")}`,
          "content-type": "application/x-ndjson",
        },
      });
      call.on("error", () => resolve());
      call.on("response", (response) => {
        response.once("data", () => call.destroy());
        response.on("error", () => resolve());
        response.on("close", () => resolve());
      });
      call.write(`${ndjson(rows)}\n`);
    });
    expect((await stored()) - between).to.equal(5_000);
    const complete = await send(ndjson(rows), "application/x-ndjson");
    expect(complete.rows).to.have.lengthOf(7_000);
    expect((await stored()) - between).to.equal(7_000);
  });

  it("leave no raw value in the database or the log", async () => {
    const { owner } = api.database;
    const { rows: tables } = await owner.query(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
        WHERE schemaname IN ('intake', 'app', 'mirror') AND tablename !~ '_\\d+$'`,
    );
    expect(tables.length).to.be.greaterThan(10);
    const hexes = RAW_WORDS.map((word) => Buffer.from(word).toString("hex"));
    const pattern = [...RAW_WORDS, ...hexes].join("|");
    for (const { name } of tables) {
      const found = await owner.query(`SELECT count(*) FROM ${name} t WHERE t::text ~ $1`, [
        pattern,
      ]);
      expect(found.rows[0].count, name).to.equal("0");
    }
    expect(api.logged.join("\n")).to.not.match(new RegExp(pattern));
  });
});
