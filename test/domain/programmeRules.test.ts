import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parse } from "yaml";
import { formatDay, parseDay } from "../../server/domain/period.ts";
import {
  collectRules,
  loadRegulation,
  type Regulation,
  type RuleRow,
} from "../../server/domain/rules/load.ts";
import { requireRule, ruleOn } from "../../server/domain/rules/ruleOn.ts";
import { ruleTitles } from "../../server/domain/rules/titles.ts";
import { ruleNames } from "../../server/domain/rules/values.ts";
import { codeOf, root, seeded, unwrap } from "./support.ts";

type Parsed = Record<string, unknown> & { rows: Record<string, unknown>[] };
const folder = new URL("rules/programmes/", root);
const files = readdirSync(folder).sort();
const read = (name: string): Parsed => parse(readFileSync(new URL(name, folder), "utf8"));
const regulations = (): Regulation[] => files.map((name) => unwrap(loadRegulation(read(name))));
const day = (date: string): number => unwrap(parseDay(date));

/** A parsed file with one row in force. */
function small(row: Record<string, unknown> = {}, file: Record<string, unknown> = {}): Parsed {
  return {
    format: "tanpu-programme-rules/1",
    id: "somewhere",
    programme: 9,
    title: { en: "Somewhere", zh: "某地" },
    effective: { first: "2024-01-01", end: null, known: "day" },
    rows: [
      {
        rule: "pointsLife",
        value: { mostYears: 3 },
        source: { document: "办法", place: "第一条", read: "text" },
        status: "in-force",
        ...row,
      },
    ],
    ...file,
  };
}

describe("rules of programmes", () => {
  const missing = { en: "The years.", zh: "年限。" };
  const broken: [string, Parsed, RegExp][] = [
    ["another form", small({}, { format: "tanpu-programme-rules/2" }), /^format/],
    ["no rows", small({}, { rows: [] }), /^rows/],
    ["a rule nobody knows", small({ rule: "weather" }), /^rows\.0\.rule/],
    ["a member nobody knows", small({ more: 1 }), /^rows\.0/],
    ["a value of another rule", small({ value: { isAllowed: true } }), /^rows\.0 .*\.value/],
    ["a value of the wrong type", small({ value: { mostYears: "3" } }), /\.value\.mostYears/],
    [
      "a checked form in a draft too",
      small({ status: "draft", missing, value: { a: 1 } }),
      /value/,
    ],
    ["a rule in force without a value", small({ value: null }), /without its value is a draft/],
    ["a rule in force without a source", small({ source: null }), /without a source is a draft/],
    [
      "a rule in force from memory",
      small({ source: { document: "办法", place: "?", read: "memory" } }),
      /nobody checked is a draft/,
    ],
    ["a draft that lacks nothing", small({ status: "draft" }), /says what is missing/],
    ["a rule in force that lacks something", small({ missing }), /only a draft/],
    [
      "something missing in one language",
      small({ status: "draft", missing: { en: "The years." } }),
      /missing\.zh/,
    ],
    [
      "a day no calendar has",
      small({}, { effective: { first: "2024-02-30", end: null, known: "day" } }),
      /^effective: "2024-02-30"/,
    ],
    [
      "an end before the beginning",
      small({ effective: { first: "2024-01-01", end: "2024-01-01", known: "day" } }),
      /^rows\.0 .*ends before/,
    ],
  ];
  for (const [what, parsed, place] of broken) {
    it(`refuses ${what}`, () => {
      const loaded = loadRegulation(parsed);
      expect(codeOf(loaded)).to.equal("RULES_INVALID");
      if (!loaded.ok) expect(loaded.refusal.values?.detail).to.match(place);
    });
  }

  it("refuses two files with one id", () => {
    const one = unwrap(loadRegulation(small()));
    expect(codeOf(collectRules([one, one]))).to.equal("RULES_INVALID");
  });

  it("refuses two rows in force about one thing on one day, and takes them one after the other", () => {
    const until = (end: string | null) => ({ first: "2024-01-01", end, known: "day" });
    const from = (first: string) => ({ first, end: null, known: "day" });
    const load = (id: string, effective: object) =>
      unwrap(loadRegulation(small({}, { id, effective })));
    const later = load("later", from("2025-01-01"));
    expect(codeOf(collectRules([load("one", until(null)), later]))).to.equal("RULES_INVALID");
    expect(codeOf(collectRules([load("one", until("2025-01-02")), later]))).to.equal(
      "RULES_INVALID",
    );
    expect(codeOf(collectRules([load("one", until("2025-01-01")), later]))).to.equal("accepted");
  });

  describe("as published", () => {
    for (const name of files) {
      it(`${name} loads`, () => {
        const { id } = unwrap(loadRegulation(read(name)));
        expect(`${id}.yaml`).to.equal(name);
      });
    }

    it("names every programme there is to name", () => {
      const programmes = new Set(regulations().map(({ programme }) => programme));
      expect([...programmes].sort((a, b) => a - b)).to.deep.equal([
        ...[1200, 3100, 4200, 4201, 4400, 4401, 4403, 4600, 5000, 5101],
      ]);
    });

    it("has a source, read by somebody, for every row in force, and what is missing for every draft", () => {
      for (const row of unwrap(collectRules(regulations()))) {
        const at = `${row.regulation} ${row.rule}`;
        if (row.status === "in-force") {
          expect(row.source.read, at).to.be.oneOf(["text", "public"]);
        } else {
          expect(row.missing.zh, at).to.match(/\p{Script=Han}/u);
          expect(row.missing.en, at).to.match(/^[A-Z]/);
        }
      }
    });

    it("has a title for every name", () => {
      expect(Object.keys(ruleTitles).sort()).to.deep.equal([...ruleNames].sort());
    });

    it("ends Shanghai's trial on the day its successor begins", () => {
      const rules = unwrap(collectRules(regulations()));
      const kinds = (date: string) => {
        const found = ruleOn(rules, { programme: 3100, rule: "sourceKinds", day: day(date) });
        return found.state === "in-force" ? found.row.value.kinds : found.state;
      };
      expect(kinds("2023-09-30")).to.equal("absent");
      expect(kinds("2025-10-31")).to.deep.equal(["project", "scenario"]);
      expect(kinds("2025-11-01")).to.deep.equal(["project", "scenario", "behaviour"]);
    });

    it("ends Wuhan's trial with 2025-09-21, and says so", () => {
      const rules = unwrap(collectRules(regulations()));
      const asked = { programme: 4201, rule: "quotaSites" } as const;
      expect(codeOf(requireRule(rules, { ...asked, day: day("2025-09-21") }))).to.equal("accepted");
      const after = requireRule(rules, { ...asked, day: day("2025-09-22") });
      expect(codeOf(after)).to.equal("RULE_NOT_IN_FORCE");
      if (!after.ok) {
        expect(after.refusal.values).to.include({ first: "2023-09-22", end: "2025-09-22" });
        expect(after.refusal.values?.source).to.contain("武环规〔2023〕3号");
      }
    });

    it("lets persons trade in Shanghai, not yet in SHCERCIR1", () => {
      const rules = unwrap(collectRules(regulations()));
      const at = { programme: 3100, rule: "mayTrade", day: day("2024-10-01") } as const;
      const general = unwrap(requireRule(rules, at));
      expect(general.value.parties).to.include("individual");
      const product = unwrap(requireRule(rules, { ...at, of: "SHCERCIR1" }));
      expect(product.value.parties).not.to.include("individual");
      expect(codeOf(requireRule(rules, { ...at, of: "SHCERCIR1-individual" }))).to.equal(
        "RULE_DRAFT",
      );
    });
  });

  describe("looked up", () => {
    it("says absent, draft and in force", () => {
      const one = unwrap(loadRegulation(small()));
      const waiting = small({ rule: "carry", value: null, status: "draft", missing });
      const two = unwrap(loadRegulation({ ...waiting, id: "waiting" }));
      const rules = unwrap(collectRules([one, two]));
      const on = { programme: 9, day: day("2024-06-01") };
      expect(codeOf(requireRule(rules, { ...on, rule: "reuse" }))).to.equal("RULE_ABSENT");
      expect(codeOf(requireRule(rules, { ...on, rule: "carry" }))).to.equal("RULE_DRAFT");
      expect(codeOf(requireRule(rules, { ...on, programme: 8, rule: "pointsLife" }))).to.equal(
        "RULE_ABSENT",
      );
      expect(unwrap(requireRule(rules, { ...on, rule: "pointsLife" })).value.mostYears).to.equal(3);
    });

    it("answers as a plain walk over the rows does, on every border", () => {
      const rules = unwrap(collectRules(regulations()));
      const draw = seeded(20_260_601);
      const borders = rules.flatMap((row) => [row.firstDay, row.endDay ?? row.firstDay + 1]);
      const programmes = [...new Set(rules.map((row) => row.programme))];
      const pick = <T>(from: readonly T[]): T => from[draw(from.length)] as T;
      for (let round = 0; round < 3_000; round++) {
        const asked = {
          programme: pick(programmes),
          rule: pick(ruleNames),
          day: pick(borders) + draw(3) - 1,
        };
        const holds = (row: RuleRow): boolean =>
          row.programme === asked.programme &&
          row.rule === asked.rule &&
          row.of === null &&
          row.firstDay <= asked.day &&
          !(row.endDay !== undefined && row.endDay <= asked.day);
        const statuses = rules.filter(holds).map(({ status }) => status);
        const wanted = statuses.includes("in-force") ? "in-force" : (statuses[0] ?? "absent");
        const said = `${asked.programme} ${asked.rule} ${formatDay(asked.day)}`;
        expect(ruleOn(rules, asked).state, said).to.equal(wanted);
      }
    });
  });
});
