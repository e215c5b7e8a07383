import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { keccak256 } from "ethers";
import { ACCOUNT, type Answer, openTestApi, type Party, type TestApi } from "../support/api.ts";
import { filled } from "../support/database.ts";
import {
  FINAL_BLOCK,
  insertRow,
  SOURCE_ID,
  TOKEN_ID,
  writeRegistry,
  writeRequest,
  writeRetirement,
  writeToken,
} from "../support/mirrorRows.ts";

type Stored = {
  kind: string;
  lane: string;
  signer: string | null;
  body: Record<string, unknown>;
};

describe("the API's commands", () => {
  let api: TestApi;
  const [RETIRED, FRESH] = [filled(0x31), filled(0x32)];
  const batchId = randomUUID();

  before(async function () {
    this.timeout(60_000);
    api = await openTestApi();
    const { owner } = api.database;
    await writeRegistry(owner);
    await writeRequest(owner, 1, 17_775, "proposed");
    await writeToken(owner, TOKEN_ID, ACCOUNT.enterprise, 6_920_452);
    const content = await api.store.put(new TextEncoder().encode('{"a":1}'));
    const holder = ACCOUNT.enterprise;
    await writeRetirement(owner, {
      ...{ retirementId: RETIRED, holder, content },
      ...{ grams: 1_250_000, block: FINAL_BLOCK },
    });
    await writeRetirement(owner, {
      ...{ retirementId: FRESH, holder, content },
      ...{ grams: 5, block: FINAL_BLOCK + 1 },
    });
    await insertRow(owner, "intake.batch", {
      id: batchId,
      source_id: SOURCE_ID,
      first_day: 17_775,
      end_day: 17_776,
      root: filled(0x70),
      total_milligrams: 6_920_452_500,
      count: 37_000,
      depth: 16,
      leaf_file_hash: filled(0x71),
      accepted: 18_502,
      duplicates: 12_000,
    });
  });

  after(async () => {
    await api?.close();
  });

  /** Orders, expects an operation, and gives the row that the worker will find. */
  async function order(route: string, as: Party, body: unknown): Promise<Stored> {
    const id = randomUUID();
    const answer = await api.post(route, as, body, { id });
    expect(answer.status, answer.text).to.equal(202);
    expect(answer.json).to.include({ id, state: "queued", transactionHash: null });
    const { rows } = await api.database.owner.query(
      "SELECT kind, lane, signer, body FROM app.operation WHERE id = $1",
      [id],
    );
    const [row] = rows;
    return { ...row, signer: row.signer && `0x${row.signer.toString("hex")}` };
  }

  async function refusal(
    route: string,
    as: Party,
    body: unknown,
    wanted: { status: number; code: string; field?: string },
  ): Promise<Answer> {
    const answer = await api.post(route, as, body);
    expect(answer.json, answer.text).to.include(wanted);
    expect(answer.status).to.equal(wanted.status);
    return answer;
  }

  /** A stored document, and that its name is the hash of its bytes. */
  async function published(hash: unknown): Promise<Record<string, unknown>> {
    const answer = await fetch(`${api.url}/v1/blobs/${String(hash)}`);
    expect(answer.status).to.equal(200);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    expect(keccak256(bytes)).to.equal(hash);
    return JSON.parse(new TextDecoder().decode(bytes));
  }

  describe("activities", () => {
    const ride = (orderNo: string, more: object = {}) => ({
      orderNo,
      userId: "user-1",
      behaviour: "bus-trip",
      card: "AAAAAAAAA",
      vehicle: "01620D",
      at: "2018-09-03T09:33:50+08:00",
      ...more,
    });

    it("are refused when they are none, or too many for one batch", async () => {
      const body = { rows: [] };
      await refusal("/v1/activities", "platform", body, { status: 400, code: "FIELD_MALFORMED" });
      const rows = Array.from({ length: 1_001 }, () => ({}));
      await refusal(
        "/v1/activities",
        "platform",
        { rows },
        { status: 413, code: "BATCH_TOO_LARGE" },
      );
    });

    it("are refused one by one, with code and field, in the order given", async () => {
      const { json, status, text } = await api.post("/v1/activities", "platform", {
        rows: [
          ride("order-1"),
          ride("order-2", { vehicle: "" }),
          ride("order-3"),
          ride("order-4", { behaviour: "flight" }),
          "no object",
          ride("order-7", { at: "2018-09-01T09:33:50+08:00" }),
        ],
      });
      expect(status, text).to.equal(200);
      const results = json.results as unknown as Record<string, unknown>[];
      expect(results.map((one) => one.result)).to.deep.equal([
        "accepted",
        "refused",
        "duplicate",
        "refused",
        "refused",
        "refused",
      ]);
      expect(results[0]).to.include({ milligrams: "371000", day: "2018-09-03" });
      expect(results[1]).to.include({ code: "CARRIER_MISSING", field: "vehicle" });
      expect(results[3]).to.include({ code: "BEHAVIOUR_UNKNOWN" });
      expect(results[5]).to.include({ code: "PERIOD_ALREADY_CLOSED" });
      // Who knows another platform's fingerprints could link its reports.
      expect(text).not.to.match(/0x[0-9a-f]{64}/);
    });

    it("give the same answers when they are repeated", async () => {
      const rows = [ride("order-5", { card: "BBBBBBBBB" }), ride("order-6", { card: "BBBBBBBBB" })];
      const first = await api.post("/v1/activities", "platform", { rows });
      const again = await api.post("/v1/activities", "platform", { rows });
      expect(again.json).to.deep.equal(first.json);
    });
  });

  describe("closing a period", () => {
    const period = { sourceId: SOURCE_ID, first: "2018-09-01", end: "2018-09-02" };

    it("is refused for days that are none, not over, or too many", async () => {
      const cases: [object, number, string][] = [
        [{ first: "2018-02-30" }, 400, "DATE_MALFORMED"],
        [{ end: "2018-09-01" }, 422, "PERIOD_EMPTY"],
        [{ first: "2012-09-01" }, 422, "PERIOD_TOO_LONG"],
        [{ first: "2026-01-01", end: "2099-01-01" }, 422, "PERIOD_TOO_LONG"],
        [{ first: "2098-01-01", end: "2099-01-01" }, 422, "PERIOD_NOT_ENDED"],
        [{ sourceId: filled(9) }, 404, "NOT_FOUND"],
      ];
      for (const [more, status, code] of cases) {
        await refusal("/v1/periods", "applicant", { ...period, ...more }, { status, code });
      }
    });

    it("becomes work off chain, in the lane of the source", async () => {
      const stored = await order("/v1/periods", "applicant", period);
      expect(stored).to.include({
        kind: "close-period",
        lane: `source:${SOURCE_ID}`,
        signer: null,
      });
      expect(stored.body).to.include({ sourceId: SOURCE_ID, firstDay: 17_775, endDay: 17_776 });
    });
  });

  describe("an issuance request", () => {
    const report = { title: "Report", summary: "What was monitored" };

    it("is refused without its batch or its report", async () => {
      const route = "/v1/issuance-requests";
      const body = { batchId: randomUUID(), report };
      const field = "batchId";
      await refusal(route, "applicant", body, { status: 404, code: "NOT_FOUND", field });
      const without = { batchId };
      await refusal(route, "applicant", without, { status: 400, code: "FIELD_MISSING" });
    });

    it("proposes exactly what the closing found, and publishes its report", async () => {
      const stored = await order("/v1/issuance-requests", "applicant", { batchId, report });
      expect(stored).to.include({ kind: "propose", signer: ACCOUNT.applicant });
      expect(stored.body).to.deep.include({
        sourceId: SOURCE_ID,
        firstDay: 17_775,
        endDay: 17_776,
        root: filled(0x70),
        totalMilligrams: "6920452500",
        depth: 16,
        leafFileHash: filled(0x71),
      });
      expect(Number(stored.body.count)).to.equal(37_000);
      const document = await published(stored.body.reportHash);
      expect(document.report).to.deep.equal(report);
    });

    it("is reviewed by a statement that holds the request's own figures", async () => {
      const statement = {
        kind: 2,
        favourable: true,
        validUntil: 4_102_444_800,
        reviewer: ACCOUNT.reviewer,
      };
      const route = "/v1/issuance-requests/1/statements";
      const signature = `0x${"5a".repeat(65)}`;
      const stored = await order(route, "reviewer", { statement, signature });
      expect(stored).to.include({ kind: "attest", signer: ACCOUNT.operator });
      expect(stored.body.signature).to.equal(signature);
      expect(stored.body.statement).to.deep.include({
        requestId: "1",
        root: filled(0x70),
        totalMilligrams: "6920452000",
        reportHash: filled(0x72),
        kind: 2,
        favourable: true,
        reviewer: ACCOUNT.reviewer,
      });
      const other = { ...statement, reviewer: ACCOUNT.auditor };
      const field = "statement.reviewer";
      const wanted = { status: 403, code: "ACCOUNT_MISMATCH", field };
      await refusal(route, "reviewer", { statement: other, signature }, wanted);
    });

    for (const [step, as, kind] of [
      ["filing", "operator", "file"],
      ["issue", "authority", "issue"],
      ["rejection", "authority", "reject"],
    ] as const) {
      it(`is decided by a document: ${step}`, async () => {
        const document = { number: "粤环〔2026〕1号", date: "2026-11-02" };
        const route = `/v1/issuance-requests/1/${step}`;
        const stored = await order(route, as, { document });
        expect(stored).to.include({ kind, signer: ACCOUNT[as] });
        expect(String(stored.body.requestId)).to.equal("1");
        const hash = kind === "file" ? stored.body.filingDocument : stored.body.document;
        expect(await published(hash)).to.include(document);
        await refusal(route, as, {}, { status: 400, code: "FIELD_MISSING", field: "document" });
        await refusal(
          `/v1/issuance-requests/99/${step}`,
          as,
          { document },
          { status: 404, code: "NOT_FOUND" },
        );
      });
    }

    it("is withdrawn without a document", async () => {
      const stored = await order("/v1/issuance-requests/1/withdrawal", "applicant", {});
      expect(stored).to.include({ kind: "withdraw", signer: ACCOUNT.applicant });
    });
  });

  describe("units", () => {
    it("are transferred at a recorded price, rounded half up to the fen", async () => {
      const body = { tokenId: TOKEN_ID, to: ACCOUNT.applicant };
      const price = { priceFenPerTonne: "4001" };
      const stored = await order("/v1/transfers", "enterprise", {
        ...body,
        ...price,
        grams: "125000",
      });
      expect(stored).to.include({ kind: "transfer", signer: ACCOUNT.enterprise });
      expect(stored.body).to.include({ ...body, grams: "125000" });
      // 0.125 t at 40.01 yuan a tonne is 500.125 fen.
      expect(stored.body.record).to.include({ ...price, amountFen: "500" });
      const half = await order("/v1/transfers", "enterprise", {
        ...body,
        grams: "500000",
        ...price,
      });
      expect(half.body.record).to.include({ amountFen: "2001" });
    });

    it("are retired with a published content, whose purpose is one of the six", async () => {
      const body = {
        tokenId: TOKEN_ID,
        grams: "1250000",
        purpose: "eventNeutrality",
        beneficiary: { name: "Enterprise" },
        period: { first: "2026-11-02", end: "2026-11-04" },
      };
      const stored = await order("/v1/retirements", "enterprise", body);
      expect(stored).to.include({ kind: "retire", signer: ACCOUNT.enterprise });
      expect(stored.body).to.include({ tokenId: TOKEN_ID, grams: "1250000", purpose: 3 });
      const content = await published(stored.body.content);
      expect(content).to.include({ purpose: "eventNeutrality", tokenId: TOKEN_ID });
      const code = "FIELD_MALFORMED";
      const unknown = { ...body, purpose: "greenwashing" };
      const wanted = { status: 400, code, field: "purpose" };
      await refusal("/v1/retirements", "enterprise", unknown, wanted);
      const empty = { ...body, period: { first: "2026-11-02", end: "2026-11-02" } };
      const refused = { status: 422, code: "PERIOD_EMPTY" };
      await refusal("/v1/retirements", "enterprise", empty, refused);
    });

    it("show their whole story", async () => {
      const { json } = await api.get(`/v1/tokens/${TOKEN_ID}/provenance`);
      expect(json).to.include.keys("source", "methodology", "request", "statements", "transfers");
      const token = json.token as unknown as Record<string, unknown>;
      expect(token).to.include({ issuedGrams: "6920452", heldGrams: "6920452" });
      const retirements = json.retirements as unknown as { lines: unknown[] }[];
      expect(retirements.map(({ lines }) => lines.length)).to.deep.equal([1, 1]);
    });
  });

  describe("a certificate", () => {
    const body = {
      retirementIds: [RETIRED],
      kind: "neutralitySelfDeclared",
      event: {
        name: "Conference",
        organiser: "Enterprise",
        place: "Shenzhen",
        first: "2026-11-02",
        end: "2026-11-04",
        boundary: "Electricity of the venue",
      },
      inventory: [
        {
          activity: "electricity",
          quantity: "100",
          unit: "kWh",
          factorId: "electricity-guangdong-2022",
        },
        { activity: "meals", quantity: "240", unit: "meal" },
      ],
    };

    it("is refused over a retirement nobody made, or an inventory without a factor", async () => {
      const unknown = { ...body, retirementIds: [filled(0x99)] };
      const field = "retirementIds";
      const wanted = { status: 404, code: "RETIREMENT_UNKNOWN", field };
      await refusal("/v1/certificates", "enterprise", unknown, wanted);
      const empty = { ...body, inventory: body.inventory.slice(1) };
      const refused = { status: 422, code: "INVENTORY_EMPTY" };
      await refusal("/v1/certificates", "enterprise", empty, refused);
      const [electricity] = body.inventory;
      const wrong = { ...body, inventory: [{ ...electricity, unit: "litre" }] };
      const mismatch = { status: 422, code: "FACTOR_UNIT_MISMATCH" };
      await refusal("/v1/certificates", "enterprise", wrong, mismatch);
    });

    it("counts only lines with a factor and names the others as missing", async () => {
      const stored = await order("/v1/certificates", "enterprise", body);
      expect(stored).to.include({ kind: "certify", signer: ACCOUNT.enterprise });
      expect(stored.body).to.deep.include({ retirements: [RETIRED], kind: 1 });
      expect(BigInt(String(stored.body.emittedGrams)) > 0n).to.equal(true);
      const document = await published(stored.body.content);
      const inventory = document.inventory as Record<string, { activity: { id: string } }[]>;
      expect(inventory.factorMissing?.map(({ activity }) => activity.id)).to.deep.equal(["meals"]);
      expect(document.watermark, "a demonstration is marked as one").not.to.equal(null);
    });

    it("and a statement of retirement are rendered only when final", async () => {
      const fresh = await api.get(`/v1/retirements/${FRESH}/document`);
      expect(fresh.json).to.include({ status: 409, code: "NOT_FINAL_YET" });
      const final = await api.get(`/v1/retirements/${RETIRED}/document`);
      expect(final.status).to.equal(200);
      expect(final.headers.get("content-type")).to.match(/^text\/html/);
      expect(final.headers.get("content-security-policy")).to.match(/default-src 'none'/);
      expect(final.text).to.contain("仅供演示").and.to.contain("Demonstration only");
      expect(final.text).not.to.match(/<script|https?:\/\//);
    });

    it("is filed with safe headers, and without anything that runs or loads", async () => {
      const { headers, text } = await api.get(`/v1/retirements/${RETIRED}/document`);
      const policy = headers.get("content-security-policy");
      expect(policy).to.match(/default-src 'none'/);
      expect(policy).to.match(/frame-ancestors 'none'/);
      expect(policy).not.to.match(/script-src|img-src|unsafe-eval/);
      expect(headers.get("x-content-type-options")).to.equal("nosniff");
      expect(headers.get("referrer-policy")).to.equal("no-referrer");
      expect(headers.get("cache-control")).to.equal("no-store");
      expect(text).not.to.match(/<(script|img|link|iframe|object)|\son\w+=|url\(|@import/i);
    });

    it("escapes every text of a retirement, in each place where it is shown", async () => {
      const owner = api.database.owner;
      const nasty = (name: string): string => `${name}</td><script>alert("x")</script>'"&amp;<b>`;
      const content = {
        beneficiary: { name: nasty("name"), registerNumber: nasty("number") },
        period: { first: nasty("first"), end: nasty("end") },
        statement: nasty("statement"),
      };
      const retirementId = filled(0x33);
      await writeRetirement(owner, {
        ...{ retirementId, holder: ACCOUNT.enterprise, grams: 7, block: FINAL_BLOCK },
        content: await api.store.put(new TextEncoder().encode(JSON.stringify(content))),
      });
      const page = await api.get(`/v1/retirements/${retirementId}/document`);
      expect(page.status, page.text).to.equal(200);
      expect(page.text).not.to.match(/<script|<b>|alert\("/);
      const shown =
        "&lt;/td&gt;&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&quot;&amp;amp;";
      for (const name of ["name", "number", "first", "end", "statement"]) {
        expect(page.text).to.contain(`${name}${shown}`);
      }
    });

    it("escapes what its holder wrote, and says when it was revoked", async () => {
      const owner = api.database.owner;
      const text = JSON.stringify({
        subject: { title: "<script>alert(1)</script>", organiser: '"><img src=x>' },
        statement: { zh: "<i>", en: "<i>" },
        inventory: {
          counted: [
            {
              activity: { zh: "<i>", en: "<i>" },
              ...{ quantity: "<i>", unit: "<i>" },
              factor: {
                value: "<i>",
                unit: "<i>",
                region: "<i>",
                source: "<i>",
                sourceNote: "<i>",
              },
              emitted: { shown: "<i>" },
            },
          ],
          factorMissing: [{ activity: { zh: "<i>" }, unit: "<i>" }, "<i>", null],
        },
      });
      const content = await api.store.put(new TextEncoder().encode(text));
      const certificateId = filled(0x41);
      await insertRow(owner, "mirror.certificate", {
        certificate_id: certificateId,
        holder: ACCOUNT.enterprise,
        programme: 1,
        kind: 1,
        retired_grams: 1_250_000,
        emitted_grams: 1_200_000,
        content,
        transaction_hash: filled(0x76),
        block_number: FINAL_BLOCK,
        log_index: 1,
        certified_at: 1_700_000_500,
      });
      await insertRow(owner, "mirror.certificate_retirement", {
        certificate_id: certificateId,
        retirement_id: RETIRED,
        line: 0,
      });
      const page = await api.get(`/v1/certificates/${certificateId}/document`);
      expect(page.status, page.text).to.equal(200);
      expect(page.text)
        .to.contain("&lt;script&gt;")
        .and.not.to.match(/<script|<img|<i>/);
      expect(page.text.match(/&lt;i&gt;/g)).to.have.length(14);
      expect(page.text).not.to.contain("REVOKED");
      await owner.query(
        "UPDATE mirror.certificate SET state = 'revoked', revocation_document = $1 WHERE certificate_id = $2",
        [Buffer.alloc(32, 0xd7), Buffer.from(certificateId.slice(2), "hex")],
      );
      const revoked = await api.get(`/v1/certificates/${certificateId}/document`);
      expect(revoked.text).to.contain("REVOKED").and.to.contain("本证明已被撤销");
      expect(revoked.text, "the watermark of a demonstration stays").to.contain("DEMONSTRATION");
      const { json } = await api.get(`/v1/certificates/${certificateId}`);
      expect(json).to.deep.include({ emittedGrams: "1200000", content, retirements: [RETIRED] });
    });
  });
});
