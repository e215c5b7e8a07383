import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { chinaDay, formatDay } from "../../server/domain/period.ts";
import { openTestApi, type Party, secretOf, type TestApi } from "../support/api.ts";
import { filled } from "../support/database.ts";
import { SOURCE_ID, writeRegistry } from "../support/mirrorRows.ts";

const DAY = 17_775;
const today = formatDay(chinaDay(Math.floor(Date.now() / 1000)));

/** One metro ride; without an exit it is refused STATION_MISSING. */
const ride = (orderNo: string, exitStation = "世界之窗") => ({
  ...{ orderNo, userId: `user of ${orderNo}`, behaviour: "metro-trip", card: `card-${orderNo}` },
  ...{ entryDevice: "gate-1", entryAt: "2018-09-01T08:00:00+08:00", entryStation: "会展中心" },
  ...{ exitDevice: "gate-2", exitAt: "2018-09-01T08:30:00+08:00", exitStation },
});

describe("the API of review", () => {
  let api: TestApi;

  before(async function () {
    this.timeout(60_000);
    api = await openTestApi();
    await writeRegistry(api.database.owner);
    const rows = [ride("good"), ride("good-2"), ride("good-3"), ride("no-exit", "")];
    const sent = await api.post("/v1/activities", "platform", { rows, sourceId: SOURCE_ID });
    expect(sent.status, sent.text).to.equal(200);
    const { owner } = api.database;
    await owner.query(
      `INSERT INTO intake.finding (day, platform, row_key, kind, source, detail)
       SELECT day, platform, row_key, 'overlap', source, '{"measured": "60", "unit": "s"}' FROM intake.report`,
    );
  });
  after(async () => {
    await api?.close();
  });

  const refusal = async (route: string, as: Party, body: unknown) => {
    const { status, json } = await api.post(route, as, body);
    return `${status} ${json.code}`;
  };
  const findings = async (query = "", as: Party = "operator") =>
    (await api.get(`/v1/findings${query}`, { as })).json.items as unknown as Record<
      string,
      string
    >[];
  const rowOf = async (index: number) => {
    const all = await findings();
    const { day, platform, row, kind } = all[index] as Record<string, string>;
    return { day, platform, row, kind };
  };
  const appeal = (orderNo: string, day = today, id: string = randomUUID()) => ({
    ...{ id, orderNo, day, reason: "闸机记录可查" },
  });

  it("is for those it is for", async () => {
    expect((await api.get("/v1/findings")).status).to.equal(401);
    expect((await api.get("/v1/findings", { as: "enterprise" })).status).to.equal(403);
    const decision = { findings: [await rowOf(0)], decision: "released", reason: "ok" };
    expect(await refusal("/v1/findings/decisions", "platform", decision)).to.equal("403 FORBIDDEN");
    expect(await refusal("/v1/appeals", "operator", appeal("no-exit"))).to.equal("403 FORBIDDEN");
  });

  it("decides all of the named findings or none", async () => {
    const findingsOf = [await rowOf(0), { ...(await rowOf(1)), row: randomUUID() }];
    const body = { findings: findingsOf, decision: "refused", reason: "同一时段已有行程" };
    expect(await refusal("/v1/findings/decisions", "operator", body)).to.equal("404 NOT_FOUND");
    expect(await findings("?state=open")).to.have.length(3);
    const both = { ...body, findings: [await rowOf(0), await rowOf(1)] };
    const decided = await api.post("/v1/findings/decisions", "operator", both);
    expect(decided.json).to.deep.equal({ decided: 2 });
    expect(await refusal("/v1/findings/decisions", "operator", both)).to.equal(
      "409 FINDING_DECIDED",
    );
    expect(await findings("?state=refused")).to.have.length(2);
    expect(await findings("?state=open")).to.have.length(1);
    const { rows } = await api.database.owner.query("SELECT * FROM intake.withheld");
    expect(rows).to.have.length(3);
  });

  it("shows findings page by page, a platform its own, and none of a person's values", async () => {
    const first = (await api.get("/v1/findings?limit=2", { as: "platform" })).json;
    expect(first.items).to.have.length(2);
    const next = await api.get(`/v1/findings?limit=2&cursor=${first.nextCursor}`, {
      as: "platform",
    });
    expect(next.json.items).to.have.length(1);
    expect(JSON.stringify([first, next.json])).not.to.match(/good|card|user of/);
  });

  it("takes an appeal once, of the platform's own refused rows, until its deadline", async () => {
    expect(await refusal("/v1/appeals", "platform", appeal("nobody"))).to.equal("404 NOT_FOUND");
    expect(await refusal("/v1/appeals", "platform", appeal("no-exit", "2018-09-01"))).to.equal(
      "404 NOT_FOUND",
    );
    expect(await refusal("/v1/appeals", "platform", appeal("no-exit", "2018-02-30"))).to.equal(
      "400 DATE_MALFORMED",
    );
    const filed = appeal("no-exit");
    const answer = await api.post("/v1/appeals", "platform", filed);
    expect(answer.status, answer.text).to.equal(201);
    expect(answer.json).to.include({ about: "refusal", subject: "STATION_MISSING", state: "open" });
    expect((await api.post("/v1/appeals", "platform", filed)).status).to.equal(201);
    expect(await refusal("/v1/appeals", "platform", appeal("no-exit"))).to.equal(
      "409 APPEAL_EXISTS",
    );
    await api.database.owner.query("UPDATE intake.refusal SET received_day = received_day");
  });

  it("refuses an appeal after the deadline", async () => {
    const { owner } = api.database;
    const early = chinaDay(Math.floor(Date.now() / 1000)) - 16;
    await owner.query("SELECT intake.ensure_day($1)", [early]);
    await owner.query(
      `INSERT INTO intake.refusal (received_day, platform, row_key, code)
       SELECT $1, platform, row_key, 'NO_TRAVEL' FROM intake.refusal LIMIT 1`,
      [early],
    );
    expect(await refusal("/v1/appeals", "platform", appeal("no-exit", formatDay(early)))).to.equal(
      "422 APPEAL_TOO_LATE",
    );
  });

  it("releases a report when the appeal about its finding is upheld, by another than refused it", async () => {
    const { owner } = api.database;
    const days = formatDay(DAY);
    const refused = (await findings("?state=refused")).map(({ row }) => row);
    const appeals: string[] = [];
    for (const orderNo of ["good", "good-2", "good-3"]) {
      const answer = await api.post("/v1/appeals", "platform", appeal(orderNo, days));
      if (answer.status === 201) appeals.push(String(answer.json.id));
      else expect(answer.json.code).to.equal("NOT_FOUND");
    }
    expect(appeals).to.have.length(refused.length);
    const [first, second] = appeals as [string, string];
    const upheld = { decision: "upheld", reason: "记录属实" };
    expect(await refusal(`/v1/appeals/${first}/decision`, "operator", upheld)).to.equal(
      "403 FORBIDDEN",
    );
    expect(await refusal(`/v1/appeals/${randomUUID()}/decision`, "authority", upheld)).to.equal(
      "404 NOT_FOUND",
    );
    const decided = await api.post(`/v1/appeals/${first}/decision`, "authority", upheld);
    expect(decided.json, decided.text).to.include({ state: "upheld" });
    expect(await refusal(`/v1/appeals/${first}/decision`, "authority", upheld)).to.equal(
      "409 APPEAL_DECIDED",
    );
    expect(await findings("?state=released")).to.have.length(1);
    // A key that refused it cannot decide, whatever its role.
    const key = await owner.query("SELECT id FROM app.api_key WHERE role = 'authority'");
    await owner.query(
      "UPDATE intake.finding_decision SET api_key_id = $1 WHERE decision = 'refused'",
      [key.rows[0].id],
    );
    expect(await refusal(`/v1/appeals/${second}/decision`, "authority", upheld)).to.equal(
      "403 APPEAL_OWN_DECISION",
    );
    const open = await api.get("/v1/appeals?state=open", { as: "platform" });
    expect(open.json.items).to.have.length(2);
  });

  it("files independent figures, of sources and measures that exist", async () => {
    const figure = {
      ...{ id: randomUUID(), sourceId: SOURCE_ID, first: "2018-09-01", end: "2018-09-02" },
      ...{ measure: "activities", value: "3", provider: "票务清分中心", document: filled(0x31) },
    };
    const route = "/v1/independent-figures";
    expect(await refusal(route, "platform", figure)).to.equal("403 FORBIDDEN");
    expect(await refusal(route, "operator", { ...figure, measure: "rides" })).to.equal(
      "400 MEASURE_UNKNOWN",
    );
    expect(await refusal(route, "operator", { ...figure, sourceId: filled(0x32) })).to.equal(
      "404 NOT_FOUND",
    );
    expect(await refusal(route, "operator", { ...figure, value: "3.0000001" })).to.equal(
      "400 FIELD_MALFORMED",
    );
    const stored = await api.post(route, "operator", figure);
    expect(stored.status, stored.text).to.equal(201);
    await api.post(route, "operator", { ...figure, value: "4" });
    const listed = await api.get(`${route}?sourceId=${SOURCE_ID}`, { as: "auditor" });
    expect(listed.json.items).to.have.length(1);
    expect(listed.json.items?.[0]).to.include({ value: "3", measure: "activities" });
  });

  it("refuses a request that lies too far from the independent figure", async () => {
    const { owner } = api.database;
    const batchId = randomUUID();
    await owner.query(
      `INSERT INTO intake.batch (id, source_id, first_day, end_day, root, total_milligrams, count, depth, leaf_file_hash, accepted, duplicates)
       VALUES ($1, $2, $3, $3 + 1, $4, 1, 1, 0, $4, 1, 0)`,
      [batchId, Buffer.from(SOURCE_ID.slice(2), "hex"), DAY, Buffer.alloc(32, 1)],
    );
    const body = { batchId, report: { title: "监测报告", summary: "一天" } };
    expect(await refusal("/v1/issuance-requests", "applicant", body)).to.equal(
      "422 INDEPENDENT_FIGURE_DIFFERS",
    );
    await owner.query(
      `INSERT INTO intake.membership (batch_id, day, platform, row_key, leaf_index, credited)
       SELECT $1, day, platform, row_key, 0, true FROM intake.report`,
      [batchId],
    );
    const answer = await api.post("/v1/issuance-requests", "applicant", body);
    expect(answer.status, answer.text).to.equal(202);
  });

  it("orders an assessment as a command", async () => {
    const body = { sourceId: SOURCE_ID, first: "2018-09-01", end: "2018-09-02" };
    expect(await refusal("/v1/assessments", "applicant", body)).to.equal("403 FORBIDDEN");
    expect(await refusal("/v1/assessments", "operator", { ...body, end: "2018-09-01" })).to.equal(
      "422 PERIOD_EMPTY",
    );
    const { status, json } = await api.post("/v1/assessments", "operator", body);
    expect(status).to.equal(202);
    expect(json).to.include({ kind: "assess-period" });
    expect(secretOf("operator")).to.be.a("string");
  });
});
