// The rules of programmes as the API answers them.
import { expect } from "chai";
import { openTestApi, type TestApi } from "../support/api.ts";

type Row = { rule: string; of: string | null; status: string; first: string; end: string | null };

describe("rules of programmes over the API", function () {
  this.timeout(60_000);
  let api: TestApi;

  before(async () => {
    api = await openTestApi();
  });
  after(() => api?.close());

  const rows = async (query: string): Promise<(Row & Record<string, unknown>)[]> => {
    const { status, text, json } = await api.get(`/v1/rules${query}`);
    expect(status, text).to.equal(200);
    return json.items as unknown as (Row & Record<string, unknown>)[];
  };

  for (const [query, status, code] of [
    ["?day=2024-02-30", 400, "DATE_MALFORMED"],
    ["?day=yesterday", 400, "FIELD_MALFORMED"],
    ["?programme=shanghai", 400, "FIELD_MALFORMED"],
    ["?programme=9999", 404, "NOT_FOUND"],
    ["?city=3100", 400, "VALIDATION_FAILED"],
  ] as const) {
    it(`refuses ${query}`, async () => {
      const { json, text } = await api.get(`/v1/rules${query}`);
      expect(json, text).to.include({ status, code });
      expect(json.detailZh).to.match(/\p{Script=Han}/u);
    });
  }

  it("answers everybody with value, source and dates", async () => {
    const found = await rows("?programme=4403&day=2024-06-01");
    expect(found.find(({ rule }) => rule === "pointsLife")).to.deep.include({
      ...{ programme: 4403, status: "in-force", value: { mostYears: 10 }, missing: null },
      ...{
        first: "2022-08-18",
        end: "2027-08-18",
        title: { en: "Life of points", zh: "积分有效期" },
      },
    });
  });

  it("says in both languages what a draft lacks", async () => {
    const found = await rows("?programme=1200&day=2024-06-01");
    expect(found.length).to.be.greaterThan(0);
    for (const row of found) {
      expect(row).to.include({ status: "draft", value: null });
      expect(row.missing).to.have.all.keys("en", "zh");
    }
  });

  it("shows the rules of the day that is asked, of all programmes when none is named", async () => {
    const kinds = (found: Row[]) => found.filter(({ rule }) => rule === "sourceKinds").length;
    expect(await rows("?programme=4201&day=2025-09-22")).to.deep.equal([]);
    expect(kinds(await rows("?programme=3100&day=2025-10-31"))).to.equal(1);
    const today = await rows("");
    expect(new Set(today.map(({ programme }) => programme)).size).to.be.greaterThan(5);
  });
});
