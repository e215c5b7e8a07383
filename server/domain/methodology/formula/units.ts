import { multiply, ONE, parseRational, type Rational, rational } from "../../rational.ts";

/*
 * Units as exact multiples of base units. Counted things are dimensions of their own, so that a factor
 * per person-trip cannot be multiplied by kilometres, nor one per order by invoices.
 */

/** Exponent of each base unit that occurs; the empty one is a plain number. */
export type Dimension = Readonly<Record<string, number>>;

/** A unit: what it measures, and how many base units one of it is. */
export type Unit = { readonly dimension: Dimension; readonly scale: Rational };

export const DIMENSIONLESS: Dimension = {};

/** What every credit is measured in; the base unit is the milligram. */
export const CO2E: Dimension = { CO2e: 1 };

const masses = { mg: 1n, g: 1_000n, kg: 1_000_000n, t: 1_000_000_000n, Mt: 10n ** 15n } as const;

/** Things that are counted, each its own dimension. */
const counted = [
  "person",
  "household",
  "trip",
  "vehicle",
  "order",
  "item",
  "fill",
  "invoice",
  "document",
  "day",
] as const;

const atoms = new Map<string, Unit>([
  ["1", { dimension: DIMENSIONLESS, scale: ONE }],
  ["%", { dimension: DIMENSIONLESS, scale: rational(1n, 100n) }],
  ["Wh", { dimension: { Wh: 1 }, scale: ONE }],
  ["kWh", { dimension: { Wh: 1 }, scale: rational(1_000n) }],
  ["MWh", { dimension: { Wh: 1 }, scale: rational(1_000_000n) }],
  ["MJ", { dimension: { Wh: 1 }, scale: rational(10_000n, 36n) }],
  ["GJ", { dimension: { Wh: 1 }, scale: rational(10_000_000n, 36n) }],
  ["kW", { dimension: { W: 1 }, scale: rational(1_000n) }],
  ["MW", { dimension: { W: 1 }, scale: rational(1_000_000n) }],
  ["m", { dimension: { m: 1 }, scale: ONE }],
  ["km", { dimension: { m: 1 }, scale: rational(1_000n) }],
  ["100km", { dimension: { m: 1 }, scale: rational(100_000n) }],
  ["mL", { dimension: { mL: 1 }, scale: ONE }],
  ["L", { dimension: { mL: 1 }, scale: rational(1_000n) }],
  ...counted.map((name): [string, Unit] => [name, { dimension: { [name]: 1 }, scale: ONE }]),
  ...Object.entries(masses).flatMap(([prefix, milligrams]): [string, Unit][] => {
    const scale = rational(milligrams);
    return [
      [prefix, { dimension: { mass: 1 }, scale }],
      [`${prefix}CO2e`, { dimension: CO2E, scale }],
      // CO2 has the warming potential one in every set; other gases need a parameter.
      [`${prefix}CO2`, { dimension: CO2E, scale }],
      [`${prefix}CH4`, { dimension: { CH4: 1 }, scale }],
      [`${prefix}N2O`, { dimension: { N2O: 1 }, scale }],
    ];
  }),
]);

/** The dimension with the exponents of `b` added `times` over: 1 for a product, -1 for a quotient. */
export function combine(a: Dimension, b: Dimension, times: 1 | -1): Dimension {
  const result: Record<string, number> = { ...a };
  for (const [base, exponent] of Object.entries(b)) {
    const sum = (result[base] ?? 0) + times * exponent;
    if (sum === 0) delete result[base];
    else result[base] = sum;
  }
  return result;
}

export function sameDimension(a: Dimension, b: Dimension): boolean {
  return Object.keys(combine(a, b, -1)).length === 0;
}

/**
 * Reads `kgCO2e/kWh`, `person-km`, `L/100km`: products are joined by hyphens, and each part after a
 * slash divides. Undefined when a part is no known unit.
 */
export function parseUnit(text: string): Unit | undefined {
  let unit: Unit = { dimension: DIMENSIONLESS, scale: ONE };
  for (const [place, part] of text.split("/").entries()) {
    for (const name of part.split("-")) {
      const atom = atoms.get(name);
      if (!atom) return undefined;
      const { numerator, denominator } = atom.scale;
      const factor = place === 0 ? atom.scale : { numerator: denominator, denominator: numerator };
      unit = {
        dimension: combine(unit.dimension, atom.dimension, place === 0 ? 1 : -1),
        scale: multiply(unit.scale, factor),
      };
    }
  }
  return unit;
}

/** `CO2e/Wh` of a dimension, in base units, for people to read in a refusal. */
export function nameDimension(dimension: Dimension): string {
  const part = (sign: 1 | -1): string[] =>
    Object.entries(dimension)
      .filter(([, exponent]) => exponent * sign > 0)
      .map(([base, exponent]) => {
        const size = exponent * sign;
        return size === 1 ? base : `${base}^${size}`;
      });
  const [above, below] = [part(1), part(-1)];
  if (above.length === 0 && below.length === 0) return "1";
  return [above.join("-") || "1", ...below].join("/");
}

/** A decimal number in a unit, as an exact number of base units; undefined when it is no number. */
export function inBaseUnits(value: string, unit: Unit): Rational | undefined {
  const number = parseRational(value);
  return number && multiply(number, unit.scale);
}
