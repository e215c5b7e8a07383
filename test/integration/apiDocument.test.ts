import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { openApiDocument } from "../../server/api/openapi.ts";
import type { Route } from "../../server/api/route.ts";
import { routes } from "../../server/api/routes.ts";
import { statusOf } from "../../server/api/statuses.ts";
import { mayDo } from "../../server/domain/access.ts";
import { refusalCodes } from "../../server/domain/errors.ts";
import { ACCOUNT, type Answer, openTestApi, PARTIES, type TestApi } from "../support/api.ts";
import { filled } from "../support/database.ts";
import {
  FINAL_BLOCK,
  SOURCE_ID,
  TOKEN_ID,
  writeRegistry,
  writeRequest,
  writeRetirement,
  writeToken,
} from "../support/mirrorRows.ts";

const RETIREMENT_ID = filled(0x31);
const document = { number: "1", date: "2026-11-02" };

type DocumentedResponse = {
  content?: Record<string, { examples?: Record<string, { $ref: string }> }>;
};

/** A body that each command accepts, to be broken. */
const HASH = `0x${"5c".repeat(32)}`;

const BODIES: Readonly<Record<string, unknown>> = {
  "/v1/persons": { userId: "u-1" },
  "/v1/persons/benefits": { benefitId: randomUUID(), userId: "u-1", what: "a", documentHash: HASH },
  "/v1/points/{lot}/use": {},
  "/v1/mandates/{mandate}/movements": { movementId: randomUUID(), grams: "1" },
  "/v1/me/consents": { consentId: randomUUID(), purpose: "counting", textHash: HASH },
  "/v1/me/consents/{consent}/withdrawal": {},
  "/v1/me/choices": { pool: true },
  "/v1/me/points": { lotId: randomUUID(), grams: "1", end: "2027-01-01" },
  "/v1/me/points/{lot}/cancellation": {},
  "/v1/me/mandates": {
    ...{ mandateId: randomUUID(), agent: ACCOUNT.enterprise, textHash: HASH },
    ...{ first: "2026-12-01", end: "2027-12-01", mostGrams: "5" },
  },
  "/v1/me/mandates/{mandate}/revocation": {},
  "/v1/me/donations": { donationId: randomUUID(), cause: "yangtze-fish", grams: "1" },
  "/v1/me/settlement": { way: "give-up" },
  "/v1/me/deletion": {},
  "/v1/epochs": { programme: 1 },
  "/v1/pool/departures": { programme: 1, holder: { kind: "platform", name: "a" }, grams: "1" },
  "/v1/pool/withdrawals": {
    ...{ programme: 1, to: ACCOUNT.enterprise, tokenId: TOKEN_ID, grams: "1", documentHash: HASH },
  },
  "/v1/pool/retirements": {
    ...{ programme: 1, tokenId: TOKEN_ID, grams: "1", purpose: 6, contentHash: HASH },
  },
  "/v1/epochs/{id}/anchor": {},
  "/v1/webhooks": { url: "https://example.com/hook" },
  "/v1/webhooks/{id}/end": {},
  "/v1/webhooks/{id}/deliveries/{message}/replay": {},
  "/v1/activities": { rows: [{ orderNo: "1", behaviour: "bus-trip" }] },
  "/v1/periods": { sourceId: SOURCE_ID, first: "2018-09-01", end: "2018-09-02" },
  "/v1/issuance-requests": { batchId: randomUUID(), report: { title: "a", summary: "b" } },
  "/v1/issuance-requests/{id}/statements": {
    statement: { kind: 2, favourable: true, validUntil: 4_102_444_800, reviewer: ACCOUNT.reviewer },
    signature: `0x${"5a".repeat(65)}`,
  },
  "/v1/issuance-requests/{id}/filing": { document, noticeEnd: "4102444800" },
  "/v1/issuance-requests/{id}/issue": { document },
  "/v1/issuance-requests/{id}/rejection": { document },
  "/v1/issuance-requests/{id}/withdrawal": {},
  "/v1/issuance-requests/{id}/objections": { document },
  "/v1/issuance-requests/{id}/objections/{index}/decision": { upheld: false, document },
  "/v1/transfers": { tokenId: TOKEN_ID, to: ACCOUNT.applicant, grams: "5", document },
  "/v1/retirements": {
    tokenId: TOKEN_ID,
    grams: "5",
    purpose: "donation",
    beneficiary: { name: "a" },
    period: { first: "2026-01-01", end: "2026-02-01" },
  },
  "/v1/certificates/{id}/revocation": { document },
  "/v1/certificates": {
    retirementIds: [RETIREMENT_ID],
    kind: "neutralitySelfDeclared",
    event: {
      ...{ name: "a", organiser: "b", place: "c", boundary: "d" },
      ...{ first: "2026-01-01", end: "2026-02-01" },
    },
    inventory: [
      {
        ...{ activity: "electricity", quantity: "1", unit: "kWh" },
        factorId: "electricity-guangdong-2022",
      },
    ],
  },
};

const NASTY: readonly unknown[] = [
  null,
  "",
  " ",
  "0",
  "-1",
  "1e3",
  "1.5",
  "9".repeat(80),
  `0x${"f".repeat(64)}`,
  `0x${"F".repeat(40)}`,
  "0x",
  "2018-02-30",
  "9999-12-31",
  "\u0000",
  "\ud800",
  "'; DROP TABLE app.operation; --",
  "__proto__",
  0,
  -1,
  1.5,
  1e308,
  true,
  [],
  {},
  [[]],
  "é".repeat(30_000),
];

/** The value with each of its places in turn replaced by each nasty value, removed, and added to. */
function* broken(value: unknown): Generator<unknown> {
  yield* NASTY;
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const inner of broken(value[0])) yield [inner];
    return;
  }
  yield { ...value, added: 1 };
  for (const [name, inner] of Object.entries(value)) {
    yield Object.fromEntries(Object.entries(value).filter(([one]) => one !== name));
    for (const other of broken(inner)) yield { ...value, [name]: other };
  }
}

describe("the API's document", () => {
  let api: TestApi;
  const made = openApiDocument(routes) as {
    tags: { name: string; description: string }[];
    components: { examples: Record<string, { value: unknown }>; schemas: object };
    paths: Record<string, Record<string, { responses: Record<string, DocumentedResponse> }>>;
  };

  before(async function () {
    this.timeout(60_000);
    api = await openTestApi();
    const { owner } = api.database;
    await writeRegistry(owner);
    await writeRequest(owner, 1, 17_775, "filed");
    await writeToken(owner, TOKEN_ID, ACCOUNT.enterprise, 6_920_452);
    const content = await api.store.put(new TextEncoder().encode('{"a":1}'));
    await writeRetirement(owner, {
      ...{ retirementId: RETIREMENT_ID, holder: ACCOUNT.enterprise, content },
      ...{ grams: 10, block: FINAL_BLOCK },
    });
  });

  // Nobody indexes here, and on a slow machine the mirror would become too old before the last test.
  beforeEach(() => api.database.owner.query("UPDATE mirror.checkpoint SET updated_at = now()"));

  after(async () => {
    await api?.close();
  });

  it("is the committed one", () => {
    const file = new URL("../../docs/openapi.json", import.meta.url);
    expect(`${JSON.stringify(made, null, 2)}\n` === readFileSync(file, "utf8")).to.equal(true);
  });

  it("gives every refusal a status between 400 and 503", () => {
    for (const code of refusalCodes) expect(statusOf[code], code).to.be.within(400, 503);
  });

  const han = /\p{Script=Han}/u;

  it("says in both languages what each route and each group is for", () => {
    for (const { path, summary } of routes) {
      expect(summary, path)
        .to.match(han)
        .and.to.match(/[a-z]{3}/);
    }
    const groups = made.tags.map(({ name }) => name);
    for (const { tag } of routes) expect(groups).to.include(tag);
    for (const { description } of made.tags) expect(description).to.match(han);
  });

  it("shows a body for each command, of the form that is validated", () => {
    for (const { path, body, example } of routes.filter((route) => route.body !== undefined)) {
      const checked = body?.safeParse(example);
      expect(checked?.error?.issues ?? [], path).to.deep.equal([]);
    }
  });

  it("shows a problem for each refusal that it names, and names no other", () => {
    const { examples, schemas } = made.components;
    expect(refusalCodes).to.include.members(Object.keys(examples));
    for (const [path, methods] of Object.entries(made.paths)) {
      for (const { responses } of Object.values(methods)) {
        for (const [status, { content }] of Object.entries(responses)) {
          if (Number(status) < 400) continue;
          const shown = content?.["application/problem+json"]?.examples ?? {};
          expect(Object.keys(shown), path).not.to.deep.equal([]);
          for (const { $ref } of Object.values(shown)) {
            const code = $ref.split("/").at(-1) ?? "";
            expect(examples[code]?.value, `${path} ${code}`).to.include({ status: Number(status) });
          }
        }
      }
    }
    expect(schemas).to.have.property("Problem");
  });

  const pathOf = (route: Route, parameter: string): string =>
    route.path.replaceAll(/\{\w+\}/g, encodeURIComponent(parameter));
  const asOf = (route: Route) => PARTIES.find((party) => mayDo(party, route.action));

  /** No failure of ours, and every refusal is one that the document names for this route. */
  function expectDocumented(route: Route, answer: Answer, sent: string): void {
    expect(answer.status, `${route.path} ${sent} ${answer.text}`).to.be.below(500);
    const responses = made.paths[route.path]?.[route.method]?.responses ?? {};
    expect(Object.keys(responses), `${route.path} ${sent} ${answer.text}`).to.include(
      String(answer.status),
    );
    if (answer.status < 400) return;
    expect(answer.headers.get("content-type")).to.match(/^application\/problem\+json/);
    expect(refusalCodes).to.include(answer.json.code);
    expect(String(answer.json.detail), sent).not.to.match(/\{\w+\}/);
  }

  for (const route of routes.filter(({ method }) => method === "post")) {
    it(`holds for broken bodies of POST ${route.path}`, async function () {
      this.timeout(60_000);
      const as = asOf(route);
      const whole = BODIES[route.path] ?? route.example;
      expect(whole, "a new command needs an example, or a body here").not.to.equal(undefined);
      const bodies = [...broken(whole)].map((body) => JSON.stringify(body) ?? "");
      for (const [run, raw] of bodies.entries()) {
        const parameter = run % 7 === 0 ? "999" : "1";
        const options = { ...(as === undefined ? {} : { as }), raw };
        const answer = await api.call("POST", pathOf(route, parameter), options);
        expectDocumented(route, answer, raw.slice(0, 300));
      }
      for (const id of ["x", "0x00", "'; --", `${randomUUID()}0`]) {
        const raw = JSON.stringify(whole);
        const options = { ...(as === undefined ? {} : { as }), raw, id };
        expectDocumented(route, await api.call("POST", pathOf(route, "1"), options), id);
      }
    });
  }

  // A stream without a parameter that could be broken answers for as long as one listens.
  const ends = ({ path, success }: Route): boolean =>
    path.includes("{") || success.mediaType !== "text/event-stream";

  for (const route of routes.filter((one) => one.method === "get" && ends(one))) {
    it(`holds for broken addresses and queries of GET ${route.path}`, async () => {
      const as = asOf(route);
      const options = as === undefined ? {} : { as };
      for (const nasty of NASTY.filter((one) => typeof one === "string" && one.length < 1_000)) {
        const text = String(nasty).replaceAll("\ud800", "?");
        if (route.path.includes("{") && text.trim() !== "") {
          expectDocumented(route, await api.get(pathOf(route, text), options), text);
        }
        for (const name of ["cursor", "limit", "tokenId", "holder", "state", "colour"]) {
          const query = new URLSearchParams({ [name]: text });
          const answer = await api.get(`${pathOf(route, "1")}?${query}`, options);
          expectDocumented(route, answer, query.toString());
        }
      }
    });
  }

  for (const [path, parameter] of [
    ["/v1/issuance-requests", ""],
    ["/v1/issuance-requests/{id}", "1"],
    ["/v1/tokens", ""],
    ["/v1/tokens/{id}", TOKEN_ID],
    ["/v1/tokens/{id}/provenance", TOKEN_ID],
    ["/v1/accounts/{address}/holdings", ACCOUNT.enterprise],
    ["/v1/retirements", ""],
    ["/v1/retirements/{id}", RETIREMENT_ID],
    ["/health", ""],
    ["/ready", ""],
  ] as const) {
    it(`says what GET ${path} answers`, async () => {
      const route = routes.find((one) => one.path === path && one.method === "get");
      const answer = await api.get(path.replace(/\{\w+\}/, parameter));
      expect(answer.status, answer.text).to.equal(200);
      const checked = route?.success.schema?.safeParse(answer.json);
      expect(checked?.error?.issues ?? []).to.deep.equal([]);
      // A member the schema does not name would be dropped by parsing.
      expect(checked?.data).to.deep.equal(answer.json);
    });
  }
});
