import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parse } from "yaml";
import {
  type AnyMethodology,
  checkCanBePutInForce,
  loadAnyMethodology,
  statusOf,
} from "../../server/domain/methodology/catalogue.ts";
import { runExamples } from "../../server/domain/methodology/formulaExamples.ts";
import { quantifyByFormula } from "../../server/domain/methodology/formulaQuantify.ts";
import type { FormulaDocument } from "../../server/domain/methodology/formulaSchema.ts";
import type { FormulaMethodology } from "../../server/domain/methodology/formulaTypes.ts";
import { checkNotSuperseded } from "../../server/domain/methodology/succession.ts";
import { parseDay } from "../../server/domain/period.ts";
import { codeOf, root, suite, unwrap } from "./support.ts";

const folder = new URL("methodologies/", root);
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml"))
  .sort();
const document = (name: string): FormulaDocument =>
  parse(readFileSync(new URL(`${name}.yaml`, folder), "utf8"));
const load = (parsed: unknown): AnyMethodology => unwrap(loadAnyMethodology(suite, parsed));
const second = (name: string): FormulaMethodology =>
  load(document(name)).methodology as FormulaMethodology;

/** The refusal's code of a file after a change to it. */
function codeWith(name: string, change: (one: FormulaDocument) => void): string {
  const changed = document(name);
  change(changed);
  return codeOf(loadAnyMethodology(suite, changed));
}

const grid = parse(readFileSync(new URL("rules/grid-factors.yaml", root), "utf8")) as {
  averages: { area: string; level: string; year: number; value: string }[];
  margins: { operating: string | null; build: string | null }[];
};

describe("Methodology files with formulas are refused", () => {
  it("when a formula's units do not work out, naming the formula", () => {
    const changed = document("travel-qingdao-2021");
    changed.behaviours[0]!.formulas = { reduction: "distance * bus" };
    const result = loadAnyMethodology(suite, changed);
    expect(codeOf(result)).to.equal("FORMULA_UNITS");
    expect(!result.ok && result.refusal.values?.formula).to.equal("metro-trip.reduction");
    expect(
      codeWith("travel-qingdao-2021", (one) => {
        one.parameters[1]!.unit = "kgCO2/parsec";
      }),
    ).to.equal("UNIT_UNKNOWN");
  });

  it("when a formula cannot be read, or names nothing that is there", () => {
    for (const reduction of ["distance *", "distance * nobody", "distance.x", "distance ** 2"]) {
      expect(
        codeWith("walking", (one) => {
          one.behaviours[0]!.formulas = { reduction };
        }),
        reduction,
      ).to.equal("FORMULA_INVALID");
    }
  });

  it("when generation is counted by an average of the grid", () => {
    expect(
      codeWith("pv-shanghai", (one) => {
        one.parameters[0]!.kind = "grid-average";
      }),
    ).to.equal("FACTOR_KIND");
    expect(codeWith("ev-km-csae-235", () => {})).to.equal("accepted");
  });

  it("when an example comes out otherwise, two rows answer one key, or a member is unknown", () => {
    expect(
      codeWith("digital-fuelling", (one) => {
        Object.assign(one.parameters[0]!, { value: "0.0077" });
      }),
    ).to.equal("METHODOLOGY_EXAMPLE_WRONG");
    expect(
      codeWith("car-non-use-beijing", (one) => {
        const [table] = one.parameters;
        if (table && "rows" in table) table.rows[1]!.at = [{ first: "1.2", last: "1.5" }];
      }),
    ).to.equal("METHODOLOGY_INVALID");
    expect(codeWith("walking", (one) => Object.assign(one, { extra: 1 }))).to.equal(
      "METHODOLOGY_INVALID",
    );
    expect(
      codeWith("walking", (one) => Object.assign(one.parameters[0]!, { value: 0.04 })),
    ).to.equal("METHODOLOGY_INVALID");
    expect(
      codeWith("walking", (one) => {
        one.behaviours[0]!.examples = [];
      }),
    ).to.equal("METHODOLOGY_INVALID");
  });
});

describe("A value without a source", () => {
  it("makes a draft that says what is missing and quantifies nothing", () => {
    const changed = document("travel-qingdao-2021");
    changed.parameters[1]!.source = null;
    const any = load(changed);
    expect(statusOf(any)).to.equal("draft");
    const methodology = any.methodology as FormulaMethodology;
    expect(methodology.missing.map(({ where }) => where)).to.deep.equal(["metro"]);
    const [example] = methodology.behaviours.get("metro-trip")!.rule.examples;
    expect(codeOf(quantifyByFormula(methodology, example!.row))).to.equal("METHODOLOGY_DRAFT");
    expect(codeOf(checkCanBePutInForce(any, { demonstration: true }))).to.equal(
      "METHODOLOGY_DRAFT",
    );
  });

  it("is named in both languages wherever a shipped file lacks one", () => {
    for (const name of ["bike-shenzhen", "pv-wuhan", "residential-electricity-shenzhen"]) {
      const { missing } = second(name);
      expect(missing, name).to.not.be.empty;
      for (const { what } of missing) expect(what.zh, name).to.match(/[\u4e00-\u9fff]/);
    }
  });
});

describe("The shipped methodologies", () => {
  for (const name of names) {
    it(`${name} loads, and every example of it comes out by both evaluators`, () => {
      const any = load(document(name.replace(/\.yaml$/, "")));
      const { title, statusReason } = any.methodology.document;
      expect(title.zh).to.match(/[\u4e00-\u9fff]/);
      expect(statusReason.zh).to.match(/[\u4e00-\u9fff]/);
      if (any.form === 1) return;
      for (const { example, expected, actual } of runExamples(any.methodology)) {
        expect(actual, example.title).to.deep.equal({ compiled: expected, exact: expected });
      }
    });
  }

  it("are put in force only when official or published and complete", () => {
    const byCode = new Map<string, string[]>();
    for (const name of names) {
      const any = load(document(name.replace(/\.yaml$/, "")));
      const code = codeOf(checkCanBePutInForce(any, { demonstration: false }));
      byCode.set(code, [...(byCode.get(code) ?? []), name]);
    }
    expect(byCode.get("accepted")).to.deep.equal([
      "travel-qingdao-2021.yaml",
      "travel-shanghai-2021.yaml",
    ]);
    expect(byCode.get("METHODOLOGY_NOT_IN_FORCE")).to.deep.equal(["demo-transit-1.yaml"]);
    expect(byCode.get("METHODOLOGY_NOT_QUANTITATIVE")).to.include.members([
      "no-tableware.yaml",
      "walking.yaml",
      "ev-charging-range.yaml",
    ]);
  });

  it("carry the averages of the grid as the library has them; the margins are missing", () => {
    expect(grid.averages).to.have.length(74);
    for (const { operating, build } of grid.margins) {
      expect([operating, build]).to.deep.equal([null, null]);
    }
    const byPlace = new Map(grid.averages.map((one) => [`${one.area} ${one.year}`, one.value]));
    const tables = names
      .map((name) => document(name.replace(/\.yaml$/, "")))
      .flatMap(({ parameters }) => parameters)
      .filter(({ kind }) => kind === "grid-average");
    expect(tables).to.have.length(1);
    for (const table of tables) {
      if (!("rows" in table)) throw new Error("an average of the grid is a table here");
      for (const { at, value } of table.rows) expect(value).to.equal(byPlace.get(at.join(" ")));
    }
  });
});

describe("A version that was superseded", () => {
  const day = (text: string): number => unwrap(parseDay(text));
  const successor = (cutoff: "activity-day" | "filing-day", graceDays: number) => {
    const changed = document("travel-qingdao-2021");
    changed.version = 2;
    changed.effective = { first: "2021-07-01", end: "2022-01-01" };
    const { code } = changed;
    changed.supersedes = { code, version: 1, cutoff, graceDays };
    for (const behaviour of changed.behaviours) {
      for (const example of behaviour.examples) example.row["at"] = "2021-08-01T08:00:00+08:00";
    }
    return load(changed).methodology as FormulaMethodology;
  };
  const request = (first: string, end: string, filed: string) => ({
    firstDay: day(first),
    endDay: day(end),
    filingDay: day(filed),
  });

  it("serves activities before the cut-off and its grace, or requests filed before it", () => {
    const old = second("travel-qingdao-2021");
    const june = request("2021-06-01", "2021-07-01", "2021-09-01");
    const july = request("2021-06-15", "2021-07-15", "2021-07-16");
    const byActivity = successor("activity-day", 0);
    expect(codeOf(checkNotSuperseded(old, byActivity, july))).to.equal("METHODOLOGY_SUPERSEDED");
    expect(codeOf(checkNotSuperseded(old, byActivity, june))).to.equal("accepted");
    expect(codeOf(checkNotSuperseded(old, successor("activity-day", 14), july))).to.equal(
      "accepted",
    );
    const byFiling = successor("filing-day", 0);
    expect(codeOf(checkNotSuperseded(old, byFiling, june))).to.equal("METHODOLOGY_SUPERSEDED");
    expect(codeOf(checkNotSuperseded(old, successor("filing-day", 63), june))).to.equal("accepted");
    expect(codeOf(checkNotSuperseded(byFiling, old, june))).to.equal("accepted");
  });
});
