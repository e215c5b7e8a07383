// What can be asked of the registry besides single rows: search, history, balances of the past, serials.
import { expect } from "chai";
import { routes } from "../../server/api/routes.ts";
import { dayStart, parseDay } from "../../server/domain/period.ts";
import { demoMethodology, unwrap } from "../domain/support.ts";
import { ACCOUNT, type Answer, openTestApi, type TestApi } from "../support/api.ts";
import { filled } from "../support/database.ts";
import {
  ASSET_KEY,
  insertRow,
  SOURCE_ID,
  TOKEN_ID,
  tokenIdOf,
  writeRegistry,
  writeRequest,
  writeRetirement,
  writeToken,
} from "../support/mirrorRows.ts";

const OTHER_TOKEN = tokenIdOf(17_900);
const CERTIFICATE = `0xce${"1f".repeat(31)}`;
const RETIREMENT = `0x4e${"11".repeat(31)}`;
const ACT = filled(0xac);
const start = (date: string): number => dayStart(unwrap(parseDay(date)));

describe("asking the registry", function () {
  this.timeout(60_000);
  let api: TestApi;

  const get = (route: string): Promise<Answer> => api.get(route);
  const items = async (route: string): Promise<Record<string, unknown>[]> => {
    const { status, text, json } = await get(route);
    expect(status, text).to.equal(200);
    return json.items as unknown as Record<string, unknown>[];
  };
  const refusal = async (route: string, status: number, code: string): Promise<void> => {
    const { json, text } = await get(route);
    expect(json, text).to.include({ status, code });
    expect(json.detailZh).to.match(/\p{Script=Han}/u);
  };

  before(async () => {
    api = await openTestApi();
    const { owner } = api.database;
    await writeRegistry(owner);
    await writeRequest(owner, 1, 17_775, "issued");
    // 1,000 grams of one id: issued, 600 moved, 30 retired, 10 voided and 4 given back.
    await writeToken(owner, TOKEN_ID, ACCOUNT.applicant, 400);
    await insertRow(owner, "mirror.holding", {
      ...{ token_id: TOKEN_ID, account: ACCOUNT.enterprise, grams: 564 },
    });
    await writeToken(owner, OTHER_TOKEN, ACCOUNT.enterprise, 5);
    const { applicant, enterprise } = ACCOUNT;
    await move(10, "2026-11-02", null, applicant, 1_000);
    await move(20, "2026-11-04", applicant, enterprise, 600);
    await move(30, "2026-11-06", enterprise, null, 30);
    await move(40, "2026-11-08", enterprise, null, 10, ACT);
    await move(50, "2026-11-08", null, enterprise, 4, ACT);
    await move(60, "2026-11-10", null, enterprise, 5, null, OTHER_TOKEN);
    await writeRetirement(owner, {
      ...{ retirementId: RETIREMENT, holder: enterprise, grams: 30, content: filled(0x55) },
      block: 30,
    });
    await insertRow(owner, "mirror.certificate", {
      ...{ certificate_id: CERTIFICATE, holder: enterprise, programme: 1, kind: 1 },
      ...{ retired_grams: 30, emitted_grams: 29, content: filled(0x56) },
      ...{ transaction_hash: filled(0x57), block_number: 31, log_index: 0, certified_at: 5 },
    });
    await insertRow(owner, "mirror.certificate_retirement", {
      ...{ certificate_id: CERTIFICATE, retirement_id: RETIREMENT, line: 0 },
    });
    await insertRow(owner, "mirror.block", {
      ...{ number: 110, hash: filled(0xb1), parent_hash: filled(0xb0) },
      timestamp: start("2026-11-12"),
    });
  });
  after(() => api?.close());

  async function move(
    block: number,
    date: string,
    sender: string | null,
    recipient: string | null,
    grams: number,
    reason: string | null = null,
    tokenId = TOKEN_ID,
  ): Promise<void> {
    await insertRow(api.database.owner, "mirror.transfer", {
      ...{ block_number: block, log_index: 0, sub_index: 0, token_id: tokenId },
      ...{ operator: ACCOUNT.operator, sender, recipient, grams, reason },
      ...{ transaction_hash: filled(0x60), moved_at: start(date) + 3_600 },
    });
  }

  describe("what somebody held", () => {
    const at = (moment: string, party: "applicant" | "enterprise" = "enterprise") =>
      `/v1/accounts/${ACCOUNT[party]}/holdings?at=${moment}`;

    it("is refused at what is no moment, or one the mirror has not reached", async () => {
      await refusal(at("yesterday"), 400, "FIELD_MALFORMED");
      await refusal(at("2026-02-30"), 400, "DATE_MALFORMED");
      await refusal(at("111"), 503, "MIRROR_NOT_THERE_YET");
      // The day of the newest block is not over.
      await refusal(at("2026-11-12"), 503, "MIRROR_NOT_THERE_YET");
      await refusal(`${at("40")}&cursor=nonsense`, 400, "CURSOR_INVALID");
    });

    it("is shown at the end of a block", async () => {
      expect(await items(at("9"))).to.deep.equal([]);
      expect((await items(at("10", "applicant")))[0]).to.include({ grams: "1000" });
      expect((await items(at("29")))[0]).to.include({ tokenId: TOKEN_ID, grams: "600" });
      expect((await items(at("30")))[0]).to.include({ grams: "570" });
      expect((await items(at("49")))[0]).to.include({ grams: "560" });
    });

    it("is shown at the end of a day of China, page by page", async () => {
      expect(await items(at("2026-11-03"))).to.deep.equal([]);
      expect((await items(at("2026-11-04")))[0]).to.include({ grams: "600" });
      expect((await items(at("2026-11-08")))[0]).to.include({ grams: "564" });
      expect(await items(at("2026-11-08"))).to.have.length(1);
      const first = await get(`${at("2026-11-11")}&limit=1`);
      const cursor = String(first.json.nextCursor);
      const second = await items(`${at("2026-11-11")}&limit=1&cursor=${cursor}`);
      expect([...(first.json.items as unknown as { grams: string }[]), ...second]).to.have.length(
        2,
      );
    });

    it("is the same as what is held where nothing moved since", async () => {
      const now = await items(`/v1/accounts/${ACCOUNT.enterprise}/holdings`);
      expect(await items(at("110"))).to.deep.equal(now);
    });
  });

  describe("the history of an id", () => {
    it("is refused for an id nobody issued, and for another list's cursor", async () => {
      await refusal(`/v1/tokens/${tokenIdOf(1)}/history`, 404, "NOT_FOUND");
      const { json } = await get("/v1/tokens?limit=1");
      const cursor = String(json.nextCursor);
      await refusal(`/v1/tokens/${TOKEN_ID}/history?cursor=${cursor}`, 400, "CURSOR_INVALID");
    });

    it("names each movement, page by page", async () => {
      const route = `/v1/tokens/${TOKEN_ID}/history`;
      const first = await get(`${route}?limit=3`);
      const rest = await items(`${route}?limit=3&cursor=${first.json.nextCursor}`);
      const all = [...(first.json.items as unknown as Record<string, unknown>[]), ...rest];
      expect(all.map(({ kind, grams }) => `${kind} ${grams}`)).to.deep.equal([
        ...["issued 1000", "moved 600", "retired 30", "voided 10", "reissued 4"],
      ]);
      expect(all.at(-1)).to.include({ reason: ACT, blockNumber: 50 });
    });
  });

  describe("a serial", () => {
    const serial = (number: string) => `/v1/tokens/${TOKEN_ID}/serials/${number}`;

    it("is refused where no gram has it", async () => {
      await refusal(serial("30"), 404, "NOT_FOUND");
      await refusal(serial("-1"), 400, "FIELD_MALFORMED");
      await refusal(`/v1/tokens/${OTHER_TOKEN}/serials/0`, 404, "NOT_FOUND");
      await refusal(`/v1/tokens/${tokenIdOf(1)}/serials/0`, 404, "NOT_FOUND");
    });

    it("leads from its certificate back to the request", async () => {
      const { json, text, status } = await get(serial("29"));
      expect(status, text).to.equal(200);
      expect(json.retirement).to.include({ retirementId: RETIREMENT, holder: ACCOUNT.enterprise });
      expect(json.certificates).to.have.length(1);
      expect(json.request).to.include({ requestId: "1" });
      expect(json.source).to.include({ sourceId: SOURCE_ID });
      expect(json.token).to.include({ tokenId: TOKEN_ID });
    });
  });

  describe("sources and methodologies", () => {
    it("are refused where there is none", async () => {
      await refusal(`/v1/sources/${filled(0x01)}`, 404, "NOT_FOUND");
      await refusal("/v1/methodologies/1/9", 404, "NOT_FOUND");
      await refusal("/v1/sources?state=dreaming", 400, "FIELD_MALFORMED");
    });

    it("are listed with what they are asked by", async () => {
      expect(await items("/v1/sources?programme=1&state=active")).to.have.length(1);
      expect(await items(`/v1/sources?party=${ACCOUNT.applicant}`)).to.have.length(1);
      expect(await items("/v1/sources?state=delisted")).to.deep.equal([]);
      expect((await get(`/v1/sources/${SOURCE_ID}`)).json).to.include({ assetKey: ASSET_KEY });
      const [methodology] = await items("/v1/methodologies?class=1");
      const { document } = await demoMethodology();
      expect(methodology?.title).to.deep.equal(document.title);
      expect((await get("/v1/methodologies/1/1")).json).to.deep.equal(methodology);
    });
  });

  describe("a search", () => {
    const search = async (q: string): Promise<string[]> =>
      (await items(`/v1/search?q=${encodeURIComponent(q)}`)).map(({ kind, id }) => `${kind} ${id}`);

    it("is refused without words, or with too few digits to mean anything", async () => {
      await refusal("/v1/search", 400, "FIELD_MISSING");
      await refusal("/v1/search?q=%20", 400, "FIELD_MALFORMED");
      await refusal("/v1/search?q=0x12", 400, "FIELD_MALFORMED");
      await refusal(`/v1/search?q=0x${"1".repeat(65)}`, 400, "FIELD_MALFORMED");
    });

    it("finds nothing where nothing is", async () => {
      expect(await search("0x123456")).to.deep.equal([]);
      expect(await search("no such words")).to.deep.equal([]);
      expect(await search("99")).to.deep.equal([]);
    });

    it("finds by the beginning of an id, of either case and with an odd number of digits", async () => {
      expect(await search(SOURCE_ID.slice(0, 9))).to.deep.equal([`source ${SOURCE_ID}`]);
      expect(await search(CERTIFICATE.toUpperCase().replace("0X", "0x").slice(0, 8))).to.deep.equal(
        [`certificate ${CERTIFICATE}`],
      );
      expect(await search(TOKEN_ID)).to.deep.equal([`token ${TOKEN_ID}`]);
      expect(await search(RETIREMENT)).to.deep.equal([`retirement ${RETIREMENT}`]);
    });

    it("finds by what rows name: asset, party, content", async () => {
      expect(await search(ASSET_KEY)).to.deep.equal([`source ${SOURCE_ID}`]);
      expect(await search(ACCOUNT.applicant)).to.include(`source ${SOURCE_ID}`);
      expect(await search(ACCOUNT.enterprise)).to.include(`certificate ${CERTIFICATE}`);
      expect(await search(filled(0x55))).to.deep.equal([`retirement ${RETIREMENT}`]);
      const { contentHash } = await demoMethodology();
      expect(await search(contentHash)).to.deep.equal(["methodology 1/1"]);
    });

    it("finds by number and by words of a title", async () => {
      expect(await search("1")).to.deep.equal(["request 1", "methodology 1/1"]);
      const { document } = await demoMethodology();
      expect(await search(document.title.zh)).to.deep.equal(["methodology 1/1"]);
      expect(await search(document.title.en.toUpperCase())).to.deep.equal(["methodology 1/1"]);
    });

    it("leads to routes that answer", async () => {
      for (const q of ["1", TOKEN_ID, SOURCE_ID, RETIREMENT, CERTIFICATE]) {
        for (const { href } of await items(`/v1/search?q=${q}`)) {
          expect((await get(String(href))).status, String(href)).to.equal(200);
        }
      }
    });
  });

  for (const [path, address] of [
    ["/v1/tokens/{id}/history", `/v1/tokens/${TOKEN_ID}/history`],
    ["/v1/tokens/{id}/serials/{serial}", `/v1/tokens/${TOKEN_ID}/serials/0`],
    ["/v1/accounts/{address}/holdings", `/v1/accounts/${ACCOUNT.enterprise}/holdings?at=40`],
    ["/v1/sources", "/v1/sources"],
    ["/v1/sources/{id}", `/v1/sources/${SOURCE_ID}`],
    ["/v1/methodologies", "/v1/methodologies"],
    ["/v1/methodologies/{programme}/{methodology}", "/v1/methodologies/1/1"],
    ["/v1/search", "/v1/search?q=1"],
  ] as const) {
    it(`is answered by GET ${path} as documented`, async () => {
      const { json, text, status } = await get(address);
      expect(status, text).to.equal(200);
      const route = routes.find((one) => one.path === path && one.method === "get");
      const checked = route?.success.schema?.safeParse(json);
      expect(checked?.error?.issues ?? []).to.deep.equal([]);
      expect(checked?.data).to.deep.equal(json);
    });
  }
});
