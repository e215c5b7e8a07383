import { z } from "zod";
import { LONGEST_FORMULA } from "./formula/parse.ts";
import { methodologyStatuses } from "./schema.ts";

/*
 * The form `tanpu-methodology/2` of methodologies/*.yaml: what is monitored, with which units, and the
 * formulas that turn it into mass of CO2e. A value nobody has published is written `null` beside a
 * sentence that says so; it makes the file a draft and is never guessed. docs/methodologies.md explains
 * every member.
 */

const bilingual = z.strictObject({ en: z.string().min(1), zh: z.string().min(1) });
const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const name = z.string().regex(/^[a-z][A-Za-z0-9]*$/);
const decimal = z.string().regex(/^(0|[1-9]\d{0,17})(\.\d{1,12})?$/);
const wholeMilligrams = z.string().regex(/^(0|[1-9]\d{0,18})$/);
const unit = z.string().min(1).max(60);
const formula = z.string().min(1).max(LONGEST_FORMULA);

/** What a value is, so that a rule can say which kinds a behaviour may use. */
export const factorKinds = [
  "reduction",
  "baseline",
  "emission",
  "stated-grid",
  "grid-average",
  "grid-margin",
  "intensity",
  "total",
  "limit",
  "share",
] as const;

const provenance = {
  year: z.int().min(1990).max(2100).nullable().optional(),
  region: z.string().min(1).optional(),
  /** Where the value was read; null when nobody can say, and then the file is a draft. */
  source: z.string().min(1).nullable().optional(),
  /** Said when value or source is null: what has to be found. */
  missing: bilingual.optional(),
};

const rowSchema = z.strictObject({
  at: z.array(z.union([z.string().min(1), z.strictObject({ first: decimal, last: decimal })])),
  value: decimal.nullable(),
  ...provenance,
});

const parameterShape = { id: name, kind: z.enum(factorKinds), unit, ...provenance };
const parameterSchema = z.union([
  z.strictObject({ ...parameterShape, value: decimal.nullable() }),
  z.strictObject({
    ...parameterShape,
    axes: z
      .array(
        z.union([
          z.strictObject({ by: z.literal("text") }),
          z.strictObject({ by: z.literal("band"), unit }),
        ]),
      )
      .min(1)
      .max(3),
    rows: z.array(rowSchema),
  }),
]);

const elementSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("quantity"),
    name,
    title: bilingual,
    unit,
    /** Digits after the point that are read; more of them are refused, never cut off. */
    decimals: z.int().min(0).max(9),
    /** More than this is not believed; in the field's unit. */
    most: decimal,
  }),
  z.strictObject({
    kind: z.literal("choice"),
    name,
    title: bilingual,
    of: z.array(z.string().min(1)).min(1),
  }),
]);

const fieldSchema = z.discriminatedUnion("kind", [
  ...elementSchema.options,
  /** A fact told in words, such as a station; it must not be blank. */
  z.strictObject({ kind: z.literal("fact"), name, title: bilingual }),
  /** What every row stands for, such as one trip; not reported. */
  z.strictObject({ kind: z.literal("constant"), name, title: bilingual, unit, value: decimal }),
  z.strictObject({
    kind: z.literal("list"),
    name,
    title: bilingual,
    least: z.int().min(0).max(1_000),
    most: z.int().min(1).max(1_000),
    of: z.array(elementSchema).min(1),
  }),
]);

const rowValue = z.union([
  z.string(),
  z.int(),
  z.array(z.record(z.string(), z.union([z.string(), z.int()]))),
]);
const exampleShape = {
  title: z.string().min(1),
  /** The source's own figure, when the source works this case out itself. */
  source: z.string().min(1).optional(),
  row: z.record(z.string(), rowValue),
};
const exampleSchema = z.union([
  z.strictObject({ ...exampleShape, milligrams: wholeMilligrams }),
  z.strictObject({ ...exampleShape, refusal: z.string().min(1) }),
]);

const formulasSchema = z.union([
  z.strictObject({ baseline: formula, project: formula, leakage: formula }),
  /** When the source states the difference only. */
  z.strictObject({ reduction: formula }),
]);

const behaviourSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/),
  title: bilingual,
  /** Electricity that is generated may not be counted by an average of the grid. */
  electricity: z.enum(["none", "consumed", "generated"]),
  /** Which reported members name the act, by the methodology's identity kind. */
  identity: z.strictObject({
    facts: z.array(name).max(3),
    at: name,
    end: name.nullable(),
  }),
  fields: z.array(fieldSchema),
  /** Names for parts of the formulas, each of its unit; later ones may use earlier ones. */
  terms: z.array(z.strictObject({ name, unit, formula })),
  formulas: formulasSchema,
  exclusions: z.array(
    z.strictObject({
      id: z.string().regex(/^[a-z][a-z0-9-]*$/),
      title: bilingual,
      when: formula,
      source: z.string().min(1),
    }),
  ),
  examples: z.array(exampleSchema),
});

export const formulaMethodologySchema = z.strictObject({
  format: z.literal("tanpu-methodology/2"),
  code: z.string().min(1).max(60),
  version: z.int().min(1),
  title: bilingual,
  issuer: z.string().min(1),
  status: z.enum(methodologyStatuses),
  statusReason: bilingual,
  class: z.int().min(1).max(65_535),
  /** Half-open days of activity. A first day of null is not known: the file is a draft, or indicative. */
  effective: z.strictObject({ first: date.nullable(), end: date.nullable() }),
  supersedes: z
    .strictObject({
      code: z.string().min(1).max(60),
      version: z.int().min(1),
      /** Which day decides between the two: the activity's, or the one the request is filed on. */
      cutoff: z.enum(["activity-day", "filing-day"]),
      /** For so many days after the first day the superseded version may still be used. */
      graceDays: z.int().min(0).max(3_660),
    })
    .nullable(),
  scope: bilingual,
  applicability: bilingual,
  owner: z.strictObject({
    role: z.enum(["person", "platform", "merchant", "asset-owner", "applicant"]),
    note: bilingual,
  }),
  identity: z.discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("carrier-time"),
      windowSeconds: z.int().min(2).max(86_400).multipleOf(2),
    }),
    z.strictObject({ kind: z.literal("carrier-event") }),
    z.strictObject({ kind: z.literal("meter-interval") }),
    z.strictObject({ kind: z.literal("participant-day") }),
  ]),
  capMilligrams: wholeMilligrams,
  gases: z.array(z.enum(["CO2", "CH4", "N2O"])).min(1),
  /** The set of warming potentials, such as AR5; null where the source has only CO2 or names none. */
  gwpSet: z.string().min(1).nullable(),
  rounding: z.strictObject({
    to: z.enum(["mg", "g", "kg"]),
    mode: z.enum(["down", "half-up", "half-even"]),
  }),
  parameters: z.array(parameterSchema),
  behaviours: z.array(behaviourSchema).min(1),
});

export type FormulaDocument = z.infer<typeof formulaMethodologySchema>;
export type FormulaBehaviour = FormulaDocument["behaviours"][number];
export type FormulaParameter = FormulaDocument["parameters"][number];
export type FormulaField = FormulaBehaviour["fields"][number];
export type FormulaElement = z.infer<typeof elementSchema>;
export type FormulaExample = z.infer<typeof exampleSchema>;
