import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { createApiKey, sha256OfKey } from "../../server/database/commands.ts";
import { type Action, mayDo } from "../../server/domain/access.ts";
import {
  ACCOUNT,
  type Answer,
  CHAIN_ID,
  ISSUANCE,
  openTestApi,
  PARTIES,
  secretOf,
  serveApi,
  type TestApi,
} from "../support/api.ts";
import { filled } from "../support/database.ts";
import {
  insertRow,
  TOKEN_ID,
  tokenIdOf,
  writeRegistry,
  writeRequest,
  writeToken,
} from "../support/mirrorRows.ts";

/** Every command and the action it needs. */
const COMMANDS: readonly (readonly [route: string, action: Action])[] = [
  ["/v1/activities", "activities.report"],
  ["/v1/periods", "period.close"],
  ["/v1/issuance-requests", "request.propose"],
  ["/v1/issuance-requests/1/statements", "request.attest"],
  ["/v1/issuance-requests/1/filing", "request.file"],
  ["/v1/issuance-requests/1/issue", "request.issue"],
  ["/v1/issuance-requests/1/rejection", "request.reject"],
  ["/v1/issuance-requests/1/withdrawal", "request.withdraw"],
  ["/v1/issuance-requests/1/objections", "request.object"],
  ["/v1/issuance-requests/1/objections/0/decision", "request.decideObjection"],
  ["/v1/transfers", "units.transfer"],
  ["/v1/retirements", "units.retire"],
  ["/v1/certificates", "certificate.certify"],
  [`/v1/certificates/${filled(0x41)}/revocation`, "certificate.revoke"],
];

/** What every refusal must look like, whatever it is about. */
function expectProblem(answer: Answer, status: number, code: string, field?: string): void {
  const { json, headers } = answer;
  expect(json, answer.text).to.include({ status, code });
  expect(answer.status).to.equal(status);
  expect(headers.get("content-type")).to.match(/^application\/problem\+json/);
  expect(json).to.include.keys("type", "title", "detail", "detailZh", "instance");
  expect(json.detailZh).to.match(/\p{Script=Han}/u);
  expect(`${json.detail}${json.detailZh}`).not.to.match(/\{\w+\}|\?["”]/);
  if (field !== undefined) expect(json.field).to.equal(field);
}

describe("the API", () => {
  let api: TestApi;
  const transfer = { tokenId: TOKEN_ID, to: ACCOUNT.enterprise, grams: "5" };

  before(async function () {
    this.timeout(60_000);
    api = await openTestApi();
    const { owner } = api.database;
    await writeRegistry(owner);
    await writeRequest(owner, 1, 17_775, "proposed");
    await writeToken(owner, TOKEN_ID, ACCOUNT.applicant, 1_000);
  });

  after(async () => {
    await api?.close();
  });

  describe("who asks", () => {
    it("refuses a command without a key, and says how to show one", async () => {
      const answer = await api.call("POST", "/v1/transfers", { body: transfer });
      expectProblem(answer, 401, "UNAUTHENTICATED");
      expect(answer.headers.get("www-authenticate")).to.match(/^Bearer/);
    });

    it("refuses keys that are wrong, malformed or of another scheme, for reads too", async () => {
      for (const authorization of ["Bearer wrong-key-wrong-key", "Bearer ", "Basic dGVzdDp0ZXN0"]) {
        const headers = { authorization };
        expectProblem(await api.get("/v1/tokens", { headers }), 401, "UNAUTHENTICATED");
      }
    });

    it("refuses a key that was taken back", async () => {
      const { owner } = api.database;
      const key = "tanpu_revoked_key_of_the_tests";
      await createApiKey(owner, {
        id: randomUUID(),
        key,
        name: "revoked",
        role: "auditor",
        scopes: ["*"],
      });
      expect((await api.get("/v1/tokens", { as: { key } })).status).to.equal(200);
      await owner.query(
        "INSERT INTO app.api_key_revocation (key_id) SELECT id FROM app.api_key WHERE key_sha256 = $1",
        [sha256OfKey(key)],
      );
      expectProblem(await api.get("/v1/tokens", { as: { key } }), 401, "API_KEY_REVOKED");
    });

    for (const [route, action] of COMMANDS) {
      it(`asks the table before anything else: POST ${route}`, async () => {
        for (const party of PARTIES) {
          const answer = await api.post(route, party, {});
          const isRefused = !mayDo(party, action);
          if (isRefused) expectProblem(answer, 403, "FORBIDDEN");
          else expect(answer.json.code, `${party} ${route}`).not.to.equal("FORBIDDEN");
        }
      });
    }

    it("refuses a key without the scope", async () => {
      const key = "tanpu_narrow_key_of_the_tests";
      await createApiKey(api.database.owner, {
        id: randomUUID(),
        key,
        name: "narrow",
        role: "enterprise",
        account: ACCOUNT.enterprise,
        scopes: ["units.retire"],
      });
      const answer = await api.call("POST", "/v1/transfers", { as: { key }, body: transfer });
      expectProblem(answer, 403, "SCOPE_MISSING");
    });

    it("lets anybody read the registry", async () => {
      for (const route of [
        "/v1/tokens",
        `/v1/tokens/${TOKEN_ID}`,
        `/v1/tokens/${TOKEN_ID}/provenance`,
        "/v1/issuance-requests",
        "/v1/issuance-requests/1",
        "/v1/retirements",
        `/v1/accounts/${ACCOUNT.applicant}/holdings`,
      ]) {
        expect((await api.get(route)).status, route).to.equal(200);
      }
    });

    it("shows an operation to its owner and to those who oversee, to nobody else", async () => {
      const id = randomUUID();
      await api.post("/v1/transfers", "applicant", transfer, { id });
      const seen: string[] = [];
      for (const party of PARTIES) {
        const answer = await api.get(`/v1/operations/${id}`, { as: party });
        if (answer.status === 200) seen.push(party);
        else if (party === "person") expectProblem(answer, 403, "FORBIDDEN");
        else expectProblem(answer, 404, "NOT_FOUND");
      }
      expect(seen.sort()).to.deep.equal(["applicant", "auditor", "authority", "operator"]);
      expect((await api.get(`/v1/operations/${id}`)).status).to.equal(401);
    });
  });

  describe("the form of a request", () => {
    it("is refused at an address that does not exist", async () => {
      expectProblem(await api.get("/v1/nothing"), 404, "ROUTE_NOT_FOUND");
      expectProblem(await api.get("/v2/tokens"), 404, "ROUTE_NOT_FOUND");
    });

    it("is refused with another method, which names the allowed ones", async () => {
      const answer = await api.call("DELETE", "/v1/tokens");
      expectProblem(answer, 405, "METHOD_NOT_ALLOWED");
      expect(answer.headers.get("allow")).to.contain("GET");
    });

    it("is refused when the body is no JSON, naming the place", async () => {
      const raw = '{"tokenId": "0x01",\n  "grams": }';
      const answer = await api.call("POST", "/v1/transfers", { as: "applicant", raw });
      expectProblem(answer, 400, "BODY_NOT_JSON");
      expect(answer.json.values).to.deep.equal({ line: 2, column: 12 });
    });

    it("is refused when the body is no object", async () => {
      for (const raw of ["[]", '"text"', "null", "5"]) {
        const answer = await api.call("POST", "/v1/transfers", { as: "applicant", raw });
        expect(answer.status, raw).to.equal(400);
        expect(answer.json.code, raw).to.be.oneOf(["VALIDATION_FAILED", "BODY_NOT_JSON"]);
      }
    });

    it("is refused when the body is too large or of another type", async () => {
      const raw = JSON.stringify({ ...transfer, document: "x".repeat(2_000_000) });
      const large = await api.call("POST", "/v1/transfers", { as: "applicant", raw });
      expectProblem(large, 413, "BODY_TOO_LARGE");
      const headers = { "content-type": "text/plain" };
      const text = await api.call("POST", "/v1/transfers", {
        as: "applicant",
        body: transfer,
        headers,
      });
      expectProblem(text, 415, "MEDIA_TYPE_UNSUPPORTED");
    });

    it("is refused with an unknown, a missing and a malformed field, naming it", async () => {
      const bodies: [object, string, string][] = [
        [{ ...transfer, colour: "green" }, "VALIDATION_FAILED", "colour"],
        [{ ...transfer, grams: undefined }, "FIELD_MISSING", "grams"],
        [{ ...transfer, grams: "-5" }, "FIELD_MALFORMED", "grams"],
        [{ ...transfer, grams: "0" }, "FIELD_MALFORMED", "grams"],
        [{ ...transfer, grams: "1.5" }, "FIELD_MALFORMED", "grams"],
        [{ ...transfer, grams: 5 }, "FIELD_MALFORMED", "grams"],
        [{ ...transfer, grams: "18446744073709551616" }, "FIELD_MALFORMED", "grams"],
        [{ ...transfer, to: "0x12" }, "FIELD_MALFORMED", "to"],
        [{ ...transfer, tokenId: `0x${"f".repeat(65)}` }, "FIELD_MALFORMED", "tokenId"],
      ];
      for (const [body, code, field] of bodies) {
        expectProblem(await api.post("/v1/transfers", "applicant", body), 400, code, field);
      }
    });

    it("is refused with an unknown or a wrong query", async () => {
      for (const query of ["colour=green", "limit=0", "limit=101", "limit=x", "cursor=nonsense"]) {
        expect((await api.get(`/v1/tokens?${query}`)).status, query).to.equal(400);
      }
      const field = "cursor";
      expectProblem(await api.get("/v1/tokens?cursor=nonsense"), 400, "CURSOR_INVALID", field);
    });

    it("is explained in Chinese to who asks for it", async () => {
      const asked = { headers: { "accept-language": "zh-CN,zh;q=0.9,en;q=0.8" } };
      const { json, headers } = await api.get("/v1/nothing", asked);
      expect(json.detail).to.equal(json.detailZh);
      expect(json.title).to.match(/\p{Script=Han}/u);
      expect(headers.get("content-language")).to.equal("zh");
    });
  });

  describe("repetition", () => {
    it("is refused without a key, or with one that is no UUID", async () => {
      const without = await api.post("/v1/transfers", "applicant", transfer, { id: null });
      expectProblem(without, 400, "IDEMPOTENCY_KEY_MISSING");
      const wrong = await api.post("/v1/transfers", "applicant", transfer, { id: "one" });
      expectProblem(wrong, 400, "IDEMPOTENCY_KEY_MALFORMED");
    });

    it("refuses other content, another route and another party under a used key", async () => {
      const id = randomUUID();
      expect((await api.post("/v1/transfers", "applicant", transfer, { id })).status).to.equal(202);
      const code = "IDEMPOTENCY_KEY_CONFLICT";
      const other = { ...transfer, grams: "6" };
      expectProblem(await api.post("/v1/transfers", "applicant", other, { id }), 409, code);
      expectProblem(await api.post("/v1/transfers", "operator", transfer, { id }), 409, code);
      const period = { sourceId: filled(1), first: "2018-09-01", end: "2018-09-02" };
      expectProblem(await api.post("/v1/periods", "applicant", period, { id }), 409, code);
    });

    it("of the same content gives the same operation, whatever the order of its fields", async () => {
      const id = randomUUID();
      const first = await api.post("/v1/transfers", "applicant", transfer, { id });
      const again = await api.post(
        "/v1/transfers",
        "applicant",
        Object.fromEntries(Object.entries(transfer).reverse()),
        { id: id.toUpperCase() },
      );
      expect(first.status).to.equal(202);
      expect(first.headers.get("location")).to.equal(`/v1/operations/${id}`);
      expect(again.json).to.deep.equal(first.json);
      const { rows } = await api.database.owner.query(
        "SELECT count(*)::int AS count FROM app.operation WHERE id = $1",
        [id],
      );
      expect(rows[0].count).to.equal(1);
    });

    it("gives one operation also when the repeats race", async () => {
      const id = randomUUID();
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => api.post("/v1/transfers", "applicant", transfer, { id })),
      );
      expect(answers.map(({ status }) => status)).to.deep.equal(Array(6).fill(202));
    });
  });

  describe("lists", () => {
    it("show the end of a notice as pauses of the programme since the filing moved it", async () => {
      const { owner } = api.database;
      await writeRequest(owner, 77, 17_790, "filed");
      const pause = (logIndex: number, from: number, until: number | null) =>
        insertRow(owner, "mirror.pause", {
          ...{ block_number: 3, log_index: logIndex, programme: 1, paused_at: from },
          ...{ resumed_at: until, document: filled(0x74) },
        });
      await pause(1, 1_700_000_000, 1_700_000_050);
      await pause(2, 1_700_000_110, 1_700_000_140);
      await pause(3, 1_700_000_150, 1_700_000_155);
      const alone = await api.get("/v1/issuance-requests/77");
      expect(alone.json).to.include({ noticeEnd: 1_700_000_235 });
      const listed = await api.get("/v1/issuance-requests?state=filed");
      expect(listed.json.items?.[0]).to.include({ requestId: "77", noticeEnd: 1_700_000_235 });
      await owner.query("DELETE FROM mirror.pause");
      await owner.query("DELETE FROM mirror.request WHERE request_id = 77");
    });

    it("neither repeat nor skip a row when rows are added between two pages", async () => {
      const { owner } = api.database;
      for (const day of [17_800, 17_820, 17_840]) {
        await writeToken(owner, tokenIdOf(day), ACCOUNT.applicant, 10);
      }
      const seen: unknown[] = [];
      let cursor: unknown = null;
      for (let page = 0; page === 0 || cursor !== null; page++) {
        const more = cursor === null ? "" : `&cursor=${encodeURIComponent(String(cursor))}`;
        const { json } = await api.get(`/v1/tokens?limit=1${more}`);
        seen.push(
          ...(json.items as unknown as { tokenId: string }[]).map(({ tokenId }) => tokenId),
        );
        cursor = json.nextCursor;
        // One before the cursor, which must not come late, and one behind it, which must come.
        if (page === 1) await writeToken(owner, tokenIdOf(17_790), ACCOUNT.applicant, 10);
        if (page === 1) await writeToken(owner, tokenIdOf(17_830), ACCOUNT.applicant, 10);
      }
      const days = [17_775, 17_800, 17_820, 17_830, 17_840];
      expect(seen).to.deep.equal(days.map((day) => tokenIdOf(day)));
    });
  });

  describe("its surroundings", () => {
    /** What the API answers while a statement is in force that is then taken back. */
    async function readyWhile(statement: string, undo: string): Promise<Answer> {
      const { owner } = api.database;
      await owner.query(statement);
      try {
        return await api.get("/ready");
      } finally {
        await owner.query(undo);
      }
    }

    it("names the schema that is missing", async () => {
      const answer = await readyWhile(
        "ALTER SCHEMA intake RENAME TO hidden",
        "ALTER SCHEMA hidden RENAME TO intake",
      );
      expectProblem(answer, 503, "NOT_READY");
      expect(answer.json.values).to.deep.equal({ part: "schema", detail: "intake" });
      expect(answer.headers.get("retry-after")).to.equal("2");
    });

    it("names the mirror that has no block, and says how old another is", async () => {
      const empty = await readyWhile(
        "CREATE TABLE public.kept AS TABLE mirror.checkpoint; DELETE FROM mirror.checkpoint",
        "INSERT INTO mirror.checkpoint SELECT * FROM public.kept; DROP TABLE public.kept",
      );
      expectProblem(empty, 503, "NOT_READY");
      expect(empty.json.values).to.include({ part: "mirror" });
      const old = await readyWhile(
        "UPDATE mirror.checkpoint SET updated_at = now() - interval '305 seconds'",
        "UPDATE mirror.checkpoint SET updated_at = now()",
      );
      expectProblem(old, 503, "MIRROR_BEHIND");
      expect(old.json.values).to.include({ part: "mirror", limitSeconds: 60 });
      const { behindSeconds } = old.json.values as unknown as { behindSeconds: number };
      expect(behindSeconds).to.be.within(305, 315);
    });

    it("is not ready before the mirror has come to the head for the first time", async () => {
      const answer = await readyWhile(
        "DROP INDEX mirror.transfer_sender",
        "SELECT mirror.index_accounts('mirror')",
      );
      expectProblem(answer, 503, "NOT_READY");
      expect(answer.json.values).to.include({ part: "mirror" });
      expect(String(answer.json.detail)).to.match(/first sync, at block \d+/);
    });

    describe("a mirror that another version made", () => {
      const OTHER = "COMMENT ON SCHEMA mirror IS 'definition of another version'";
      let comment: string;

      before(async () => {
        const { rows } = await api.database.owner.query<{ comment: string }>(
          "SELECT obj_description('mirror'::regnamespace) AS comment",
        );
        comment = rows[0]!.comment;
      });
      afterEach(() => api.database.owner.query(`COMMENT ON SCHEMA mirror IS '${comment}'`));

      it("is named with the column it lacks, and so is a read that needs the column", async () => {
        const { owner } = api.database;
        await owner.query(`${OTHER}; ALTER TABLE mirror.holding RENAME grams TO hidden`);
        const answers = [
          await api.get("/ready"),
          await api.get(`/v1/accounts/${ACCOUNT.enterprise}/holdings`),
        ];
        await owner.query("ALTER TABLE mirror.holding RENAME hidden TO grams");
        for (const answer of answers) {
          expectProblem(answer, 503, "MIRROR_OUTDATED");
          expect(answer.json.values).to.deep.equal({ part: "mirror", lacks: "holding.grams" });
        }
      });

      it("is served when it has all columns, whatever else differs", async () => {
        await api.database.owner.query(OTHER);
        expect((await api.get("/ready")).status).to.equal(200);
      });

      it("does not hide a failure of this version's own mirror", async () => {
        const { owner } = api.database;
        await owner.query("ALTER TABLE mirror.holding RENAME grams TO hidden");
        const answer = await api.get(`/v1/accounts/${ACCOUNT.enterprise}/holdings`);
        await owner.query("ALTER TABLE mirror.holding RENAME hidden TO grams");
        expectProblem(answer, 500, "INTERNAL");
      });
    });

    it("names the database that does not answer, and still lives", async () => {
      const alone = await serveApi({
        databaseUrl: "postgres://nobody@127.0.0.1:1/none",
        relayAccount: ACCOUNT.operator,
        deployment: { chainId: CHAIN_ID, issuance: ISSUANCE },
      });
      try {
        const answer = await alone.get("/ready");
        expectProblem(answer, 503, "DATABASE_UNAVAILABLE");
        expect(answer.json.values).to.deep.equal({ part: "database" });
        expect((await alone.get("/health")).status).to.equal(200);
        expectProblem(await alone.get("/v1/tokens"), 503, "DATABASE_UNAVAILABLE");
      } finally {
        await alone.close();
      }
    });

    it("says that it lives and is ready, and where the mirror stands", async () => {
      expect((await api.get("/health")).json).to.deep.equal({ status: "ok" });
      const ready = await api.get("/ready");
      expect(ready.status, ready.text).to.equal(200);
      expect(ready.json.mirror).to.include({ chainId: CHAIN_ID, finalBlock: 100 });
    });

    it("serves published files as what they are, and never lets a browser guess", async () => {
      const put = (text: string) => api.store.put(new TextEncoder().encode(text));
      for (const [text, mediaType] of [
        ['{"a":1,"b":"<script>"}', /^application\/json/],
        ['{"b":1,"a":1}', /^application\/octet-stream$/],
        ["<script>alert(1)</script>", /^application\/octet-stream$/],
        ['{"format":"tanpu-leaves/1"}\n\u0000', /^application\/octet-stream$/],
        ["", /^application\/octet-stream$/],
      ] as const) {
        const answer = await api.get(`/v1/blobs/${await put(text)}`);
        expect(answer.text).to.equal(text);
        expect(answer.headers.get("content-type"), text).to.match(mediaType);
        expect(answer.headers.get("x-content-type-options")).to.equal("nosniff");
        expect(answer.headers.get("cache-control")).to.match(/public.*immutable/);
      }
      expectProblem(await api.get(`/v1/blobs/${filled(0x99)}`), 404, "NOT_FOUND");
    });

    it("gives every answer a request id that its problem names", async () => {
      const answer = await api.get("/v1/nothing");
      const id = answer.headers.get("x-request-id");
      expect(id).to.match(/^[0-9a-f-]{36}$/);
      expect(String(answer.json.instance)).to.contain(id);
      expect(api.logged.some((line) => line.includes(String(id)))).to.equal(true);
    });

    it("logs no key and nothing a platform reports of persons", async () => {
      const row = {
        orderNo: "ORDER-SECRET-1",
        userId: "USER-SECRET-1",
        behaviour: "bus-trip",
        card: "CARD-SECRET-1",
        vehicle: "VEHICLE-SECRET-1",
        at: "2018-09-01T09:33:50+08:00",
      };
      const answer = await api.post("/v1/activities", "platform", {
        rows: [row, { ...row, card: 5 }],
      });
      expect(answer.status, answer.text).to.equal(200);
      const log = api.logged.join("");
      expect(log).not.to.match(/SECRET-1/);
      for (const party of PARTIES) expect(log).not.to.contain(secretOf(party));
    });

    it("greets who opens it, in both languages and with links that lead somewhere", async () => {
      const page = await api.get("/");
      expect(page.status).to.equal(200);
      expect(page.headers.get("content-type")).to.equal("text/html; charset=utf-8");
      expect(page.headers.get("content-security-policy")).to.match(/default-src 'none'/);
      expect(page.text).to.contain("tanpu-verify").and.to.contain("碳普惠");
      expect(page.text).not.to.match(/<script|(src|href)="(https?:)?\/\//);
      const links = [...page.text.matchAll(/href="([^"]+)"/g)].map(([, path]) => String(path));
      expect(links).to.include.members(["/docs/", "/v1/tokens", "/health"]);
      for (const link of links) expect((await api.get(link)).status, link).to.equal(200);
    });

    it("serves a documentation that loads nothing from elsewhere", async () => {
      const page = await api.get("/docs/");
      expect(page.status).to.equal(200);
      expect(page.headers.get("content-security-policy")).to.match(
        /default-src 'self'|default-src 'none'/,
      );
      expect(page.text).not.to.match(/(src|href)="(https?:)?\/\//);
      const document = await api.get("/openapi.json");
      expect(document.json.openapi).to.equal("3.1.0");
      const paths = Object.keys(document.json.paths as unknown as object);
      for (const [route] of COMMANDS) {
        const pattern = route.replaceAll(/\/(\d+|0x\w+)(?=\/)/g, "/{}");
        expect(paths.map((one) => one.replaceAll(/\{\w+\}/g, "{}"))).to.include(pattern);
      }
    });
  });
});
