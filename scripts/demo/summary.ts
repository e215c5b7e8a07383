/** The one object that `./tanpu demo --once --json` prints last. Counts and grams are numbers, ids are strings. */
export type DemoSummary = {
  rows: number;
  pairs: number;
  unpaired: number;
  /** Reports of all platforms: accepted + duplicates + refused. */
  activities: number;
  /** Leaves with grams. */
  accepted: number;
  duplicates: number;
  refused: number;
  refusedBy: Record<string, number>;
  issuedGrams: number;
  carriedMilligrams: number;
  retiredGrams: number;
  inventoryGrams: number;
  root: string;
  tokenId: string;
  certificateId: string;
  /** True only when a contract call past the API was refused with the custom error that is expected. */
  reissueRefused: boolean;
  secondCertificateRefused: boolean;
  resaleRefused: boolean;
  verified: boolean;
  mirrorDigest: string;
  reindexDigest: string;
  /** True when an earlier run in this folder had begun the job. */
  resumed: boolean;
};

/** One line of the demo's closing table: what, how much, and where to look it up. */
export type ReportLine = { label: string; zh: string; value: string; note?: string };

/** Milligrams as kilograms and tonnes for people; exact, no rounding is hidden. */
export function mass(milligrams: bigint): string {
  return `${decimal(milligrams, 6)} kg (${decimal(milligrams, 9)} t)`;
}

function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, "0");
  const whole = digits.slice(0, -places).replace(/\B(?=(\d{3})+$)/g, ",");
  const fraction = digits.slice(-places).replace(/0+$/, "");
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

/** Prints the closing table; widths count Chinese characters as two columns. */
export function formatTable(lines: readonly ReportLine[]): string {
  const labels = lines.map((line) => `${line.label} ${line.zh}`.trim());
  const width = Math.max(...labels.map(columns));
  return lines
    .map((line, index) => {
      const label = labels[index] ?? "";
      const pad = " ".repeat(width - columns(label));
      return `  ${label}${pad}  ${line.value}${line.note ? `   ${line.note}` : ""}`;
    })
    .join("\n");
}

function columns(text: string): number {
  let count = 0;
  for (const character of text) count += (character.codePointAt(0) ?? 0) > 0x2e7f ? 2 : 1;
  return count;
}
