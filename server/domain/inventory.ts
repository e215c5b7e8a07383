import { z } from "zod";
import { parseDecimal, parseFactorUnit, productCeil } from "./decimal.ts";
import { type Result, refuse, succeed } from "./result.ts";

/** The form of rules/factors.yaml. A factor without a source cannot be written down. */
const factorsSchema = z.strictObject({
  format: z.literal("tanpu-factors/1"),
  sources: z.array(
    z.strictObject({
      id: z.string().min(1),
      title: z.string().min(1),
      publisher: z.string().min(1),
      published: z.string().optional(),
      status: z.enum(["official", "transcription", "third-party-transcription"]),
      note: z.string().min(1),
    }),
  ),
  factors: z.array(
    z.strictObject({
      id: z.string().min(1),
      activity: z.string().min(1),
      value: z.string().regex(/^(0|[1-9]\d{0,11})(\.\d{1,12})?$/),
      unit: z.string().min(1),
      year: z.int(),
      region: z.string().min(1),
      source: z.string().min(1),
    }),
  ),
});

type Factors = z.infer<typeof factorsSchema>;
export type FactorSource = Factors["sources"][number];
export type Factor = Omit<Factors["factors"][number], "source"> & { source: FactorSource };

/** Reads the parsed factor file. METHODOLOGY_INVALID names what is wrong, FACTOR_MISSING a lost source. */
export function loadFactors(parsed: unknown): Result<ReadonlyMap<string, Factor>> {
  const form = factorsSchema.safeParse(parsed);
  if (!form.success) {
    const issue = form.error.issues[0];
    const detail = `factors ${issue?.path.join(".")} ${issue?.message}`;
    return refuse("METHODOLOGY_INVALID", { values: { detail } });
  }
  const sources = new Map(form.data.sources.map((source) => [source.id, source]));
  const factors = new Map<string, Factor>();
  for (const { source: sourceId, ...factor } of form.data.factors) {
    const source = sources.get(sourceId);
    if (!source || !parseFactorUnit(factor.unit) || factors.has(factor.id)) {
      return refuse("FACTOR_MISSING", { values: { factor: factor.id } });
    }
    factors.set(factor.id, { ...factor, source });
  }
  return succeed(factors);
}

/** One line of what an event or enterprise did. Without a `factorId` it cannot be counted. */
export const inventoryLineSchema = z.object({
  activity: z
    .enum([
      "electricity",
      "localTravel",
      "longDistanceTravel",
      "accommodation",
      "meals",
      "materials",
      "waste",
    ])
    .describe("What was done"),
  quantity: z.string().max(30).describe("Decimal digits, such as 420.5"),
  unit: z.string().min(1).max(30).describe("Unit of the quantity, such as kWh"),
  factorId: z.string().max(100).optional().describe("Id of a factor of rules/factors.yaml"),
});
export type InventoryLine = z.infer<typeof inventoryLineSchema>;

/** A line with what it emitted. */
export type CountedLine = InventoryLine & { factor: Factor; emittedGrams: bigint };

export type Inventory = {
  counted: CountedLine[];
  /** Lines for which there is no sourced factor: shown as such, never estimated. */
  factorMissing: InventoryLine[];
  /** Sum of the counted lines, each rounded up to the gram. */
  emittedGrams: bigint;
};

const MILLIGRAMS_PER_GRAM = 1_000n;

/**
 * Counts an inventory; every line is rounded up to the gram, so nobody offsets too little by rounding.
 * QUANTITY_MALFORMED, FACTOR_UNIT_MISMATCH; INVENTORY_EMPTY when no line could be counted.
 */
export function countInventory(
  lines: readonly InventoryLine[],
  factors: ReadonlyMap<string, Factor>,
): Result<Inventory> {
  const counted: CountedLine[] = [];
  const factorMissing: InventoryLine[] = [];
  for (const [index, line] of lines.entries()) {
    const quantity = parseDecimal(line.quantity);
    if (!quantity) return refuse("QUANTITY_MALFORMED", { field: `lines.${index}.quantity` });
    const factor = factors.get(line.factorId ?? "");
    const unit = factor && parseFactorUnit(factor.unit);
    const value = factor && parseDecimal(factor.value);
    if (!factor || !unit || !value) {
      factorMissing.push(line);
      continue;
    }
    if (unit.per !== line.unit || factor.activity !== line.activity) {
      return refuse("FACTOR_UNIT_MISMATCH", {
        field: `lines.${index}.unit`,
        values: { factor: factor.id, expected: unit.per, unit: line.unit },
      });
    }
    const milligrams = productCeil(quantity, value, unit.milligrams);
    const emittedGrams = (milligrams + MILLIGRAMS_PER_GRAM - 1n) / MILLIGRAMS_PER_GRAM;
    counted.push({ ...line, factor, emittedGrams });
  }
  const emittedGrams = counted.reduce((sum, line) => sum + line.emittedGrams, 0n);
  if (emittedGrams === 0n) return refuse("INVENTORY_EMPTY");
  return succeed({ counted, factorMissing, emittedGrams });
}
