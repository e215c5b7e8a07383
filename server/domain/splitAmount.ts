/**
 * Divides a whole amount by weights, exactly: everybody gets their share rounded down, and what is left goes one by
 * one to the largest remainders, the earlier place first among equal ones. The parts sum to the amount, and each is
 * less than one away from its share. Throws a RangeError for a negative amount or weight, or an amount over weights
 * that sum to zero.
 */
export function largestRemainder(amount: bigint, weights: readonly bigint[]): bigint[] {
  if (amount < 0n || weights.some((weight) => weight < 0n)) {
    throw new RangeError("amounts and weights are not negative");
  }
  const whole = weights.reduce((sum, weight) => sum + weight, 0n);
  if (whole === 0n) {
    if (amount !== 0n) throw new RangeError("nobody has a weight");
    return weights.map(() => 0n);
  }
  const parts = weights.map((weight) => (amount * weight) / whole);
  let left = amount - parts.reduce((sum, part) => sum + part, 0n);
  const places = weights
    .map((weight, place) => ({ place, rest: (amount * weight) % whole }))
    .sort((a, b) => (a.rest === b.rest ? a.place - b.place : a.rest > b.rest ? -1 : 1));
  for (const { place } of places) {
    if (left === 0n) break;
    parts[place] = (parts[place] ?? 0n) + 1n;
    left -= 1n;
  }
  return parts;
}
