/**
 * An exact fraction in lowest terms; the denominator is positive. Sums of money and mass are never
 * rounded on the way: only whoever states a rounding rounds, once, at the end.
 */
export type Rational = { readonly numerator: bigint; readonly denominator: bigint };

const SIGNED_DECIMAL = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?$/;

/** Greatest common divisor of the sizes of two integers. */
export function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [larger, smaller] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (smaller !== 0n) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}

/** Least common multiple of two positive integers. */
export function leastCommonMultiple(a: bigint, b: bigint): bigint {
  return (a / greatestCommonDivisor(a, b)) * b;
}

/** The fraction in lowest terms. A denominator of zero throws a RangeError: the caller forgot to look. */
export function rational(numerator: bigint, denominator = 1n): Rational {
  if (denominator === 0n) throw new RangeError("a fraction cannot have a denominator of zero");
  const divisor = greatestCommonDivisor(numerator, denominator);
  const sign = denominator < 0n ? -1n : 1n;
  return {
    numerator: (sign * numerator) / divisor,
    denominator: (sign * denominator) / divisor,
  };
}

export const ZERO: Rational = { numerator: 0n, denominator: 1n };
export const ONE: Rational = { numerator: 1n, denominator: 1n };

/** Reads plain decimal digits with an optional minus; undefined on exponents and anything else. */
export function parseRational(text: string): Rational | undefined {
  const match = SIGNED_DECIMAL.exec(text);
  if (!match || text.length > 60) return undefined;
  const fraction = match[3] ?? "";
  const digits = BigInt(`${match[1]}${match[2]}${fraction}`);
  return rational(digits, 10n ** BigInt(fraction.length));
}

export function add(a: Rational, b: Rational): Rational {
  return rational(
    a.numerator * b.denominator + b.numerator * a.denominator,
    a.denominator * b.denominator,
  );
}

export function subtract(a: Rational, b: Rational): Rational {
  return add(a, { numerator: -b.numerator, denominator: b.denominator });
}

export function multiply(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.numerator, a.denominator * b.denominator);
}

/** The quotient; a divisor of zero throws a RangeError. */
export function divide(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.denominator, a.denominator * b.numerator);
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`. */
export function compare(a: Rational, b: Rational): -1 | 0 | 1 {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}

export type RoundingMode = "down" | "half-up" | "half-even";

/** numerator / denominator (positive) as a whole number; "down" is towards minus infinity. */
export function roundQuotient(numerator: bigint, denominator: bigint, mode: RoundingMode): bigint {
  let floor = numerator / denominator;
  if (floor * denominator > numerator) floor -= 1n;
  if (mode === "down") return floor;
  const twice = 2n * (numerator - floor * denominator);
  if (twice === denominator) return mode === "half-up" || floor % 2n !== 0n ? floor + 1n : floor;
  return twice > denominator ? floor + 1n : floor;
}
