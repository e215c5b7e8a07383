import { z } from "zod";

/*
 * The form of methodologies/*.yaml. Everything a rule decides is data here; the code knows the kinds
 * of identity and of exclusion, and no value.
 */

const bilingual = z.strictObject({ en: z.string().min(1), zh: z.string().min(1) });
const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const fieldName = z.string().regex(/^[a-z][A-Za-z0-9]*$/);
/** Decimal digits as text, because a factor never passes through floating point. */
const decimal = z.string().regex(/^(0|[1-9]\d{0,11})(\.\d{1,12})?$/);
const wholeMilligrams = z.string().regex(/^(0|[1-9]\d{0,18})$/);

export const methodologyStatuses = [
  "official",
  "published",
  "demonstration",
  "indicative",
  "draft",
] as const;

const parameterSchema = z.strictObject({
  id: fieldName,
  value: decimal,
  /** Mass of CO2e per unit of the quantity, such as kgCO2e/trip. */
  unit: z.string().regex(/^(mg|g|kg|t)CO2e\/[a-z][a-z-]*$/),
  year: z.int().min(1990).max(2100),
  region: z.string().min(1),
  source: z.string().min(1),
});

const exampleShape = {
  title: z.string().min(1),
  row: z.record(z.string(), z.union([z.string(), z.int()])),
};
const exampleSchema = z.union([
  z.strictObject({ ...exampleShape, milligrams: wholeMilligrams }),
  z.strictObject({ ...exampleShape, refusal: z.string().min(1) }),
]);

const behaviourSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z-]*$/),
  title: bilingual,
  identity: z.strictObject({ carrier: fieldName, card: fieldName, at: fieldName }),
  /** The field with the end of the span, or null for a moment. */
  end: fieldName.nullable(),
  /** Fields that must not be blank for a journey to be known. */
  stations: z.array(fieldName),
  exclusions: z.array(
    z.strictObject({
      code: z.literal("NO_TRAVEL"),
      rule: z.literal("same"),
      fields: z.tuple([fieldName, fieldName]),
    }),
  ),
  /** What is counted: a constant amount for each activity. */
  quantity: z.strictObject({ name: fieldName, unit: z.string().min(1), value: decimal }),
  /** The parameter the quantity is multiplied by. */
  parameter: fieldName,
  examples: z.array(exampleSchema).min(1),
});

export const methodologySchema = z.strictObject({
  format: z.literal("tanpu-methodology/1"),
  code: z.string().min(1).max(60),
  version: z.int().min(1),
  title: bilingual,
  issuer: z.string().min(1),
  status: z.enum(methodologyStatuses),
  statusReason: bilingual,
  class: z.int().min(1).max(65_535),
  effective: z.strictObject({ first: date, end: date.nullable() }),
  owner: z.strictObject({
    role: z.enum(["person", "platform", "merchant", "asset-owner", "applicant"]),
    note: bilingual,
  }),
  applicability: bilingual,
  identity: z.strictObject({
    kind: z.literal("carrier-time"),
    windowSeconds: z.int().min(2).max(86_400).multipleOf(2),
  }),
  capMilligrams: wholeMilligrams,
  rounding: z.literal("down to the milligram"),
  parameters: z.array(parameterSchema).min(1),
  behaviours: z.array(behaviourSchema).min(1),
});

export type MethodologyDocument = z.infer<typeof methodologySchema>;
export type BehaviourRule = MethodologyDocument["behaviours"][number];
export type MethodologyStatus = (typeof methodologyStatuses)[number];
