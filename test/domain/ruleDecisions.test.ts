import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parse } from "yaml";
import { explain } from "../../server/domain/errors.ts";
import { formatDay, parseDay } from "../../server/domain/period.ts";
import type { Result } from "../../server/domain/result.ts";
import {
  checkEvent,
  checkOffset,
  checkPointsAlive,
  checkPointsCancel,
  checkPointsLife,
  checkPointsTransfer,
  offsetLimit,
  pointsEnd,
  subsidyFor,
} from "../../server/domain/rules/decide.ts";
import { collectRules, loadRegulation } from "../../server/domain/rules/load.ts";
import { codeOf, root, seeded, unwrap } from "./support.ts";

const folder = new URL("rules/programmes/", root);
const rules = unwrap(
  collectRules(
    readdirSync(folder).map((name) =>
      unwrap(loadRegulation(parse(readFileSync(new URL(name, folder), "utf8")))),
    ),
  ),
);
const day = (date: string): number => unwrap(parseDay(date));
const tonnes = (count: number): bigint => BigInt(count) * 1_000_000n;

/** The refusal's code; it must name the rule, its source and when it began, in both languages. */
function refusedBy(result: Result<unknown>, rule: string, source: string): string {
  if (result.ok) return "accepted";
  const { values } = result.refusal;
  expect(values?.rule).to.equal(rule);
  expect(values?.source).to.contain(source);
  expect(values?.first).to.match(/^\d{4}-\d\d-\d\d$/);
  for (const language of ["en", "zh"] as const) {
    const sentence = explain(result.refusal, language);
    expect(sentence).to.contain(rule).and.to.contain(source);
    expect(sentence).to.contain(String(values?.first)).and.not.to.contain("?");
  }
  return result.refusal.code;
}

describe("decisions by rule", () => {
  describe("C11, Hubei's cap for 2022", () => {
    const obligation = {
      ...{ programme: 4200, day: day("2024-01-15"), complianceYear: 2022, enterpriseOf: 4201 },
      ...{ allocationGrams: tonnes(100_000), shortfallGrams: tonnes(30_000) },
    };
    const plan = "湖北省2022年度碳排放权配额分配方案";
    const most = (change: Partial<typeof obligation>): bigint =>
      unwrap(offsetLimit(rules, { ...obligation, ...change })).mostGrams;

    it("refuses another year, an enterprise elsewhere, units of others, and one gram too much", () => {
      const limit = (change: Partial<typeof obligation>) =>
        refusedBy(offsetLimit(rules, { ...obligation, ...change }), "offsetCap", plan);
      expect(limit({ complianceYear: 2023 })).to.equal("OFFSET_OTHER_YEAR");
      expect(limit({ enterpriseOf: 4200 })).to.equal("OFFSET_ENTERPRISE_OUTSIDE");
      const check = (unitsOf: number, grams: bigint) =>
        refusedBy(checkOffset(rules, obligation, { unitsOf, grams }), "offsetCap", plan);
      expect(check(4400, 1n)).to.equal("OFFSET_UNITS_OUTSIDE");
      expect(check(4201, tonnes(10_000) + 1n)).to.equal("OFFSET_OVER_CAP");
      expect(check(4201, tonnes(10_000))).to.equal("accepted");
    });

    it("refuses before it is in force, and where no such rule is", () => {
      const early = offsetLimit(rules, { ...obligation, day: day("2023-11-30") });
      expect(refusedBy(early, "offsetCap", plan)).to.equal("RULE_NOT_IN_FORCE");
      const elsewhere = offsetLimit(rules, { ...obligation, programme: 5101 });
      expect(codeOf(elsewhere)).to.equal("RULE_ABSENT");
      // Guangdong's tenth of emissions was never checked against a text.
      expect(codeOf(offsetLimit(rules, { ...obligation, programme: 4400 }))).to.equal("RULE_DRAFT");
    });

    it("is the tenth of the allocation, or the shortfall, or nothing", () => {
      expect(most({})).to.equal(tonnes(10_000));
      expect(most({ shortfallGrams: tonnes(4_000) })).to.equal(tonnes(4_000));
      expect(most({ shortfallGrams: 0n })).to.equal(0n);
      expect(most({ shortfallGrams: -tonnes(1) })).to.equal(0n);
      expect(most({ allocationGrams: 19n })).to.equal(1n);
    });

    it("is never above either bound, and never less than the smaller of them by a gram", () => {
      const draw = seeded(11);
      for (let round = 0; round < 2_000; round++) {
        const allocationGrams = BigInt(draw(2_000_000_000)) * BigInt(1 + draw(5_000));
        const shortfallGrams = BigInt(draw(400_000_000)) * BigInt(1 + draw(2_000)) - 100_000_000n;
        const limit = most({ allocationGrams, shortfallGrams });
        const isNothing = shortfallGrams <= 0n;
        expect(limit >= 0n && limit * 10n <= allocationGrams).to.equal(true);
        if (isNothing) expect(limit).to.equal(0n);
        else expect(limit <= shortfallGrams).to.equal(true);
        const next = limit + 1n;
        expect(isNothing || next > shortfallGrams || next * 10n > allocationGrams).to.equal(true);
      }
    });
  });

  describe("C20, Shenzhen's points", () => {
    const at = { programme: 4403, day: day("2024-02-29") };
    const earned = { programme: 4403, earnedDay: day("2024-02-29") };
    const law = "深圳市碳普惠管理办法";

    it("are refused to be transferred, cancelled by the operator, or promised for longer", () => {
      expect(refusedBy(checkPointsTransfer(rules, at), "pointsTransfer", law)).to.equal(
        "POINTS_NOT_TRANSFERABLE",
      );
      const byOperator = checkPointsCancel(rules, { ...at, who: "operator" });
      expect(refusedBy(byOperator, "pointsCancel", law)).to.equal("POINTS_CANCEL_NOT_YOURS");
      const long = checkPointsLife(rules, { ...earned, endDay: day("2034-03-02") });
      expect(refusedBy(long, "pointsLife", law)).to.equal("POINTS_LIFE_TOO_LONG");
      const late = checkPointsAlive(rules, { ...earned, day: day("2034-03-01") });
      expect(refusedBy(late, "pointsLife", law)).to.equal("POINTS_EXPIRED");
    });

    it("live at most ten years, and are the holder's to cancel", () => {
      expect(formatDay(unwrap(pointsEnd(rules, earned)).endDay)).to.equal("2034-03-01");
      const plain = { programme: 4403, earnedDay: day("2023-05-07") };
      expect(formatDay(unwrap(pointsEnd(rules, plain)).endDay)).to.equal("2033-05-07");
      expect(codeOf(checkPointsLife(rules, { ...earned, endDay: day("2034-03-01") }))).to.equal(
        "accepted",
      );
      expect(codeOf(checkPointsAlive(rules, { ...earned, day: day("2034-02-28") }))).to.equal(
        "accepted",
      );
      expect(codeOf(checkPointsCancel(rules, { ...at, who: "holder" }))).to.equal("accepted");
    });

    it("of Hainan are not transferable either; how long they live is not known", () => {
      const hainan = { programme: 4600, day: at.day };
      expect(codeOf(checkPointsTransfer(rules, hainan))).to.equal("POINTS_NOT_TRANSFERABLE");
      expect(codeOf(pointsEnd(rules, { ...earned, programme: 4600 }))).to.equal("RULE_DRAFT");
    });
  });

  describe("C28, Huangpu's subsidy", () => {
    const claim = { programme: 4401, of: "huangpu", day: day("2023-11-06") };
    const law = "促进绿色低碳发展办法";

    it("refuses a project that had all of it, and the rest of Guangzhou", () => {
      const again = subsidyFor(rules, { ...claim, issuedGrams: 1n, paidFen: 10_000_000n });
      expect(refusedBy(again, "subsidy", law)).to.equal("SUBSIDY_USED_UP");
      const { of: _, ...elsewhere } = claim;
      const outside = subsidyFor(rules, { ...elsewhere, issuedGrams: tonnes(1), paidFen: 0n });
      expect(codeOf(outside)).to.equal("RULE_ABSENT");
    });

    it("pays 100,000 yuan for 10,363 t, not 103,630", () => {
      const paid = unwrap(
        subsidyFor(rules, { ...claim, issuedGrams: tonnes(10_363), paidFen: 0n }),
      );
      expect(paid.fen).to.equal(10_000_000n);
      expect(paid.uncappedFen).to.equal(10_363_000n);
    });

    it("pays in parts what it would pay at once, less than a fen a part", () => {
      const draw = seeded(28);
      for (let round = 0; round < 500; round++) {
        const parts = [1, 2, 3, 4].map(() => BigInt(draw(4_000)) * BigInt(draw(1_000_000)));
        const paid = parts.reduce((paidFen, issuedGrams) => {
          const one = subsidyFor(rules, { ...claim, issuedGrams, paidFen });
          return one.ok ? paidFen + one.value.fen : paidFen;
        }, 0n);
        const issuedGrams = parts.reduce((sum, part) => sum + part, 0n);
        const { fen } = unwrap(subsidyFor(rules, { ...claim, issuedGrams, paidFen: 0n }));
        expect(paid <= fen && fen < paid + 4n).to.equal(true);
      }
    });
  });

  describe("Shanghai's large events", () => {
    const at = { programme: 3100, day: day("2026-06-01") };
    const isLarge = (
      kind: "performance" | "sport" | "meeting" | "exhibition",
      figures: { people?: number; visits?: number; squareMetres?: number },
    ): string => codeOf(checkEvent(rules, { ...at, kind, figures }));

    it("begin at their thresholds", () => {
      const small = checkEvent(rules, { ...at, kind: "meeting", figures: { people: 399 } });
      expect(refusedBy(small, "eventThresholds", "上海市大型活动")).to.equal("EVENT_TOO_SMALL");
      expect(isLarge("meeting", { people: 400 })).to.equal("accepted");
      expect(isLarge("sport", { people: 4_999 })).to.equal("EVENT_TOO_SMALL");
      expect(isLarge("performance", { people: 5_000 })).to.equal("accepted");
      expect(isLarge("exhibition", { visits: 9_999, squareMetres: 4_999 })).to.equal(
        "EVENT_TOO_SMALL",
      );
      expect(isLarge("exhibition", { visits: 10_000 })).to.equal("accepted");
      expect(isLarge("exhibition", { squareMetres: 5_000 })).to.equal("accepted");
      // People are not what an exhibition is measured by.
      expect(isLarge("exhibition", { people: 1_000_000 })).to.equal("EVENT_TOO_SMALL");
    });

    it("are nothing elsewhere, nor before", () => {
      const figures = { people: 9_000 };
      const before = checkEvent(rules, { ...at, day: day("2024-01-01"), kind: "sport", figures });
      expect(codeOf(before)).to.equal("RULE_NOT_IN_FORCE");
      const tianjin = checkEvent(rules, { ...at, programme: 1200, kind: "sport", figures });
      expect(codeOf(tianjin)).to.equal("RULE_DRAFT");
    });
  });
});
