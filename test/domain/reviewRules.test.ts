import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parse } from "yaml";
import {
  formatMillionths,
  isWithinTolerance,
  loadReviewRules,
  parseMillionths,
  reviewRulesOn,
} from "../../server/domain/reviewRules.ts";
import { codeOf, root, unwrap } from "./support.ts";

const read = () =>
  parse(readFileSync(new URL("rules/demo-review.yaml", root), "utf8")) as Record<string, unknown>;

describe("rules of review", () => {
  const cases: [string, (parsed: ReturnType<typeof read>) => void][] = [
    ["another form", (parsed) => Object.assign(parsed, { format: "tanpu-review-rules/2" })],
    [
      "a limit without a source",
      (parsed) => {
        const [limit] = parsed.limits as Record<string, unknown>[];
        delete limit?.source;
      },
    ],
    [
      "a limit that is no decimal",
      (parsed) => {
        const [limit] = parsed.limits as Record<string, unknown>[];
        Object.assign(limit ?? {}, { most: "4e1" });
      },
    ],
    [
      "a tolerance above the whole",
      (parsed) => {
        Object.assign(parsed.independentFigure as object, { tolerancePermille: 1_001 });
      },
    ],
    ["an appeal without days", (parsed) => Object.assign(parsed.appeal as object, { days: 0 })],
    ["a member nobody knows", (parsed) => Object.assign(parsed, { more: 1 })],
  ];
  for (const [what, change] of cases) {
    it(`refuses ${what}`, () => {
      const parsed = read();
      change(parsed);
      expect(codeOf(loadReviewRules(parsed))).to.equal("REVIEW_RULES_INVALID");
    });
  }

  it("refuses a day that does not exist", () => {
    const parsed = read();
    Object.assign(parsed.effective as object, { first: "2018-02-30" });
    expect(codeOf(loadReviewRules(parsed))).to.equal("DATE_MALFORMED");
  });

  it("serve their own programme and their own days only", () => {
    const rules = unwrap(loadReviewRules(read()));
    expect(reviewRulesOn([rules], 1, rules.firstDay)).to.equal(rules);
    expect(reviewRulesOn([rules], 1, rules.firstDay - 1)).to.equal(undefined);
    expect(reviewRulesOn([rules], 2, rules.firstDay)).to.equal(undefined);
    const ended = { ...rules, endDay: rules.firstDay + 1 };
    expect(reviewRulesOn([ended], 1, rules.firstDay + 1)).to.equal(undefined);
  });

  it("compare totals exactly at the edge of the tolerance", () => {
    expect(isWithinTolerance(1_020n, 1_000n, 20)).to.equal(true);
    expect(isWithinTolerance(1_021n, 1_000n, 20)).to.equal(false);
    expect(isWithinTolerance(980n, 1_000n, 20)).to.equal(true);
    expect(isWithinTolerance(979n, 1_000n, 20)).to.equal(false);
    expect(isWithinTolerance(0n, 0n, 0)).to.equal(true);
    expect(isWithinTolerance(1n, 0n, 1_000)).to.equal(false);
  });

  it("keep six places of a figure, and write them without zeros", () => {
    for (const text of ["0", "36412", "0.5", "12.000001", "999999999999999999.999999"]) {
      expect(formatMillionths(parseMillionths(text))).to.equal(text);
    }
    expect(parseMillionths("1.5")).to.equal(1_500_000n);
  });
});
