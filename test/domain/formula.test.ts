import { expect } from "chai";
import {
  compileConditionFormula,
  compileFormula,
} from "../../server/domain/methodology/formula/compile.ts";
import { evaluate, evaluateCondition } from "../../server/domain/methodology/formula/evaluate.ts";
import { parseFormula, type Syntax } from "../../server/domain/methodology/formula/parse.ts";
import {
  resolveConditionFormula,
  resolveFormula,
} from "../../server/domain/methodology/formula/resolve.ts";
import type { Meaning, Scope } from "../../server/domain/methodology/formula/scope.ts";
import type { Frame, Table } from "../../server/domain/methodology/formula/typed.ts";
import {
  CO2E,
  nameDimension,
  parseUnit,
  sameDimension,
} from "../../server/domain/methodology/formula/units.ts";
import {
  parseRational,
  type Rational,
  rational,
  roundQuotient,
} from "../../server/domain/rational.ts";
import { seeded } from "./support.ts";

const decimal = (text: string): Rational => parseRational(text)!;
const dimension = (unit: string) => parseUnit(unit)!.dimension;
const constant = (unit: string, value: string): Meaning => ({
  kind: "constant",
  dimension: dimension(unit),
  value: decimal(value),
});

const factors: Table = {
  id: "factors",
  axes: [{ by: "text" }],
  dimension: dimension("kgCO2/km"),
  rows: [
    { at: ["bus"], value: rational(1n, 3n) },
    { at: ["metro"], value: rational(7n, 11n) },
  ],
  index: new Map([
    ["bus", 0],
    ["metro", 1],
  ]),
};
const classes: Table = {
  id: "classes",
  axes: [{ by: "band", dimension: dimension("km") }],
  dimension: dimension("kgCO2/km"),
  rows: [
    { at: [{ first: decimal("0"), last: decimal("9000") }], value: decimal("2") },
    { at: [{ first: decimal("9001"), last: decimal("90000") }], value: decimal("5") },
  ],
  index: undefined,
};

const quantity = (slot: number, unit: string): Meaning => ({
  kind: "quantity",
  slot,
  dimension: dimension(unit),
  scale: rational(1n, 100n),
});
const scope: Scope = new Map<string, Meaning>([
  ["far", quantity(0, "km")],
  ["near", quantity(1, "km")],
  ["energy", quantity(2, "kWh")],
  ["mode", { kind: "text", slot: 0, of: ["bus", "metro", "boat"] }],
  ["perKm", constant("kgCO2/km", "1.7")],
  ["perTrip", constant("kgCO2/trip", "3")],
  ["factors", { kind: "table", table: factors }],
  ["classes", { kind: "table", table: classes }],
  [
    "legs",
    {
      kind: "list",
      slot: 0,
      elements: new Map<string, Meaning>([
        ["leg", quantity(0, "km")],
        ["by", { kind: "text", slot: 0, of: ["bus", "metro", "boat"] }],
      ]),
    },
  ],
]);

const faultOf = (text: string, wanted = CO2E): string => {
  const syntax = parseFormula(text);
  if (typeof syntax === "string") return `syntax: ${syntax}`;
  const resolved = resolveFormula(scope, syntax, wanted);
  return "fault" in resolved ? `${resolved.fault.about}: ${resolved.fault.detail}` : "accepted";
};

describe("A formula is refused", () => {
  it("when it is no formula, or does more than a formula may", () => {
    for (const text of [
      "far *",
      "far near",
      "far; near",
      "far.slot * perKm",
      "far[0] * perKm",
      "this",
      "[far]",
      "-far * perKm",
      "far ** 2",
      "far % 2",
      "far | 2",
      "1e3 * far * perKm",
      "0x10 * far * perKm",
      "true",
      "far = 2",
      `far * perKm ${"+ far * perKm ".repeat(50)}`,
    ]) {
      expect(faultOf(text), text).to.match(/^(syntax|form):/);
    }
  });

  it("when a name is unknown, misused, or reaches for the language's own objects", () => {
    for (const text of [
      "speed * perKm",
      "constructor",
      "__proto__ * perKm",
      "far * mode",
      "perKm(far)",
      "factors * far",
      "far * factors(mode, mode)",
      "far * factors(far)",
      'mode == "train" ? far * perKm : 0',
      "mode < 3 ? far * perKm : 0",
      "far > near",
      "sum(far, perKm)",
      "sum(legs, sum(legs, leg * perKm))",
      "leg * perKm",
      "max(far)",
      "far * perKm / 0",
    ]) {
      expect(faultOf(text), text).to.match(/^form:/);
    }
  });

  it("when its units do not work out, with both of them named", () => {
    expect(faultOf("far * perTrip")).to.equal("units: it comes out in m-CO2e/trip, not in CO2e");
    expect(faultOf("far * perKm + energy")).to.equal("units: a sum of CO2e and Wh");
    expect(faultOf("far")).to.equal("units: it comes out in m, not in CO2e");
    expect(faultOf("far < energy ? far * perKm : 0")).to.equal(
      "units: a comparison (<) of m and Wh",
    );
    expect(faultOf("min(far, energy) * perKm")).to.equal("units: min of m and Wh");
    expect(faultOf("mode == 'bus' ? far * perKm : far")).to.equal("units: a choice of CO2e and m");
    expect(faultOf("far * classes(energy)")).to.match(/^units: key 1 of classes/);
    expect(faultOf("sum(legs, leg) * perTrip")).to.match(/^units:/);
    expect(faultOf("3")).to.equal("units: it comes out in 1, not in CO2e");
  });
});

describe("Units", () => {
  it("know kilowatt-hours from megawatt-hours and person-trips from trips", () => {
    expect(parseUnit("MWh")?.scale).to.deep.equal(rational(1_000_000n));
    expect(parseUnit("kgCO2/person-km")?.scale).to.deep.equal(rational(1_000n));
    expect(nameDimension(dimension("kgCO2e/kWh"))).to.equal("CO2e/Wh");
    expect(sameDimension(dimension("person-trip"), dimension("trip"))).to.equal(false);
    expect(sameDimension(dimension("kgCO2/kWh"), dimension("tCO2e/MWh"))).to.equal(true);
    expect(sameDimension(dimension("kg"), CO2E)).to.equal(false);
    for (const text of ["", "furlong", "kgCO2e/", "kg CO2", "toString"]) {
      expect(parseUnit(text), text).to.equal(undefined);
    }
  });

  it("round as told, once", () => {
    const cases: [bigint, bigint, bigint, bigint][] = [
      [7n, 2n, 4n, 4n],
      [5n, 2n, 3n, 2n],
      [9n, 4n, 2n, 2n],
      [11n, 4n, 3n, 3n],
    ];
    for (const [a, b, halfUp, halfEven] of cases) {
      expect(roundQuotient(a, b, "down")).to.equal(a / b);
      expect(roundQuotient(a, b, "half-up")).to.equal(halfUp);
      expect(roundQuotient(a, b, "half-even")).to.equal(halfEven);
    }
    expect(roundQuotient(-1n, 3n, "down")).to.equal(-1n);
  });
});

/** A random formula whose units fit, with every construct of the language. */
function randomFormula(random: (limit: number) => number, depth: number, inner = false): string {
  const again = (): string => randomFormula(random, depth - 1, inner);
  const length = (): string =>
    inner && random(2) ? "leg" : ["far", "near", "(far + near)", "min(far, near)"][random(4)]!;
  const condition = (): string =>
    [
      "far < near",
      "mode == 'bus'",
      "!(near >= far)",
      "mode != 'metro' && far > near",
      "far == near || near > 0",
    ][random(5)]!;
  if (depth === 0) {
    const factor = ["perKm", "factors(mode)", "classes(far)", inner ? "factors(by)" : "perKm"];
    return random(8) === 0
      ? "0"
      : `${length()} * ${factor[random(4)]} * ${random(50)}.${random(99)}`;
  }
  switch (random(inner ? 5 : 6)) {
    case 0:
      return `(${again()} + ${again()})`;
    case 1:
      return `(${again()} - ${again()})`;
    case 2:
      return `(${condition()} ? ${again()} : ${again()})`;
    case 3:
      return `${random(2) ? "max" : "min"}(${again()}, ${again()}, 0)`;
    case 4:
      return `(${again()}) * near / (${random(2) ? "far" : "far - near"})`;
    default:
      return `sum(legs, ${randomFormula(random, depth - 1, true)})`;
  }
}

function randomFrame(random: (limit: number) => number): Frame {
  const number = (): bigint => BigInt([0, 1, 7, random(1_000), random(2_000_000)][random(5)]!);
  const mode = (): string => ["bus", "metro", random(9) === 0 ? "boat" : "bus"][random(3)]!;
  const legs = Array.from({ length: random(4) }, () => ({
    numbers: [number()],
    texts: [mode()],
    lists: [],
  }));
  return { numbers: [number(), number(), number()], texts: [mode()], lists: [legs] };
}

describe("The compiled form of a formula", () => {
  it("gives what the exact evaluator gives, value or obstacle, on random formulas and rows", () => {
    const random = seeded(20_261_121);
    const seen = { values: 0, "not stated": 0, "division by zero": 0 };
    for (let formula = 0; formula < 600; formula++) {
      const text = randomFormula(random, 1 + random(3));
      const syntax = parseFormula(text);
      if (typeof syntax === "string") continue; // longer than a formula may be
      const resolved = resolveFormula(scope, syntax as Syntax, CO2E);
      if ("fault" in resolved) throw new Error(`${text}: ${resolved.fault.detail}`);
      const run = compileFormula(resolved.node);
      for (let row = 0; row < 12; row++) {
        const frame = randomFrame(random);
        const [exact, compiled] = [evaluate(resolved.node, frame), run(frame)];
        if ("kind" in exact || "kind" in compiled) {
          expect(compiled, text).to.deep.equal(exact);
          if ("kind" in exact) seen[exact.kind]++;
          continue;
        }
        expect(rational(compiled.numerator, compiled.denominator), text).to.deep.equal(exact);
        seen.values++;
      }
    }
    expect(seen.values).to.be.greaterThan(2_000);
    expect(seen["not stated"]).to.be.greaterThan(50);
    expect(seen["division by zero"]).to.be.greaterThan(50);
  });

  it("decides conditions alike", () => {
    const random = seeded(7);
    for (const text of ["far > near && mode == 'bus'", "!(far * perKm < near * factors(mode))"]) {
      const resolved = resolveConditionFormula(scope, parseFormula(text) as Syntax);
      if ("fault" in resolved) throw new Error(resolved.fault.detail);
      const holds = compileConditionFormula(resolved.node);
      for (let row = 0; row < 200; row++) {
        const frame = randomFrame(random);
        expect(holds(frame)).to.deep.equal(evaluateCondition(resolved.node, frame));
      }
    }
  });
});
