import { type Result, refuse, succeed } from "./result.ts";

/*
 * Amounts are integers: milligrams off chain, grams on chain, fen for money. Text for people is made
 * from the integer's digits, never through floating point.
 */

const MILLIGRAMS_PER_GRAM = 1_000n;
export const GRAMS_PER_TONNE = 1_000_000n;

/** The largest amount of units the chain can hold in one place (uint64 grams). */
export const LARGEST_GRAMS = 2n ** 64n - 1n;

/** Digits of `value / 10^decimals`, cut off towards zero when `shown` is smaller. */
function decimal(value: bigint, decimals: number, shown: number): string {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, -decimals).replaceAll(/\B(?=(\d{3})+$)/g, ",");
  const fraction = digits.slice(-decimals).slice(0, shown);
  return `${negative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/** `6,920,452 g`. */
export function formatGrams(grams: bigint): string {
  return `${grams.toString().replaceAll(/\B(?=(\d{3})+$)/g, ",")} g`;
}

/** `6,920.452 kg`; every gram is shown. */
export function formatKilograms(grams: bigint): string {
  return `${decimal(grams, 3, 3)} kg`;
}

/** `6.920452 t`; every gram is shown. */
export function formatTonnes(grams: bigint): string {
  return `${decimal(grams, 6, 6)} t`;
}

/** `371.000 g` of 371,000 mg; every milligram is shown. */
export function formatMilligrams(milligrams: bigint): string {
  return `${decimal(milligrams, 3, 3)} g`;
}

/** `1,234.50` of 123,450 fen. */
export function formatYuan(fen: bigint): string {
  return decimal(fen, 2, 2);
}

/** Whole grams in an amount of milligrams, rounded down; the rest is for the carry. */
export function gramsFloor(milligrams: bigint): bigint {
  return milligrams / MILLIGRAMS_PER_GRAM;
}

/** Whole tonnes in an amount of grams, rounded down. */
export function tonnesFloor(grams: bigint): bigint {
  return grams / GRAMS_PER_TONNE;
}

/**
 * What an issue gives: grams = floor((milligrams - deducted + carry) / granularity), and the rest is
 * carried to the source's next issue. The contract decides; this predicts it. Negative sums throw a
 * RangeError, because deductions cannot exceed what was proposed.
 */
export function issueOf(amounts: {
  milligrams: bigint;
  deductedMilligrams: bigint;
  carryMilligrams: bigint;
  granularityGrams: bigint;
}): { issuedGrams: bigint; carryMilligrams: bigint } {
  const sum = amounts.milligrams - amounts.deductedMilligrams + amounts.carryMilligrams;
  if (sum < 0n || amounts.granularityGrams <= 0n) throw new RangeError("no such issue");
  const step = MILLIGRAMS_PER_GRAM * amounts.granularityGrams;
  return { issuedGrams: (sum / step) * amounts.granularityGrams, carryMilligrams: sum % step };
}

/** The price of `grams` at `priceFenPerTonne`, rounded half up to whole fen. */
export function priceFenOf(grams: bigint, priceFenPerTonne: bigint): bigint {
  return (2n * grams * priceFenPerTonne + GRAMS_PER_TONNE) / (2n * GRAMS_PER_TONNE);
}

/** Reads positive whole grams from decimal digits. AMOUNT_MALFORMED, AMOUNT_TOO_LARGE. */
export function parseGrams(text: string): Result<bigint> {
  if (!/^[1-9]\d*$/.test(text))
    return refuse("AMOUNT_MALFORMED", { values: { amount: text.slice(0, 40) } });
  const grams = text.length > 20 ? LARGEST_GRAMS + 1n : BigInt(text);
  return grams > LARGEST_GRAMS
    ? refuse("AMOUNT_TOO_LARGE", { values: { amount: text.slice(0, 40) } })
    : succeed(grams);
}
