/** An exact decimal number of at least zero: digits / 10^scale. */
export type Decimal = { readonly digits: bigint; readonly scale: number };

const DECIMAL = /^(0|[1-9]\d*)(?:\.(\d+))?$/;

/** Reads plain decimal digits; undefined on signs, exponents and anything else. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = DECIMAL.exec(text);
  if (!match || text.length > 60) return undefined;
  const fraction = match[2] ?? "";
  return { digits: BigInt((match[1] ?? "") + fraction), scale: fraction.length };
}

/** factor × (a × b), rounded down. */
export function productFloor(a: Decimal, b: Decimal, factor: bigint): bigint {
  return (a.digits * b.digits * factor) / 10n ** BigInt(a.scale + b.scale);
}

/** factor × (a × b), rounded up. */
export function productCeil(a: Decimal, b: Decimal, factor: bigint): bigint {
  const divisor = 10n ** BigInt(a.scale + b.scale);
  return (a.digits * b.digits * factor + divisor - 1n) / divisor;
}

const milligramsByMass: Readonly<Record<string, bigint>> = {
  mg: 1n,
  g: 1_000n,
  kg: 1_000_000n,
  t: 1_000_000_000n,
};

/** Splits `kgCO2e/trip` into milligrams per mass unit and the unit it is per; undefined otherwise. */
export function parseFactorUnit(unit: string): { milligrams: bigint; per: string } | undefined {
  const match = /^(mg|g|kg|t)CO2e?\/(.+)$/.exec(unit);
  const milligrams = milligramsByMass[match?.[1] ?? ""];
  return match && milligrams ? { milligrams, per: match[2] ?? "" } : undefined;
}
