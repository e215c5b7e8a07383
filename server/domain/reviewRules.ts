import { z } from "zod";
import { parseDay } from "./period.ts";
import { type Result, refuse, succeed } from "./result.ts";

/*
 * What a programme looks at before it believes a period: rules/*-review.yaml. Limits stop nothing by
 * themselves; a report beyond one waits for a decision.
 */

const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const decimal = z.string().regex(/^(0|[1-9]\d{0,17})(\.\d{1,12})?$/);
const source = z.string().min(1);

const schema = z.strictObject({
  format: z.literal("tanpu-review-rules/1"),
  programme: z.int().min(1),
  effective: z.strictObject({ first: date, end: date.nullable() }),
  appeal: z.strictObject({ days: z.int().min(1).max(3_660), source }),
  independentFigure: z.strictObject({
    isRequired: z.boolean(),
    tolerancePermille: z.int().min(0).max(1_000),
    source,
  }),
  personDay: z.strictObject({ mostMilligrams: z.string().regex(/^[1-9]\d{0,17}$/), source }),
  limits: z.array(
    z.strictObject({
      behaviour: z.string().regex(/^[a-z][a-z0-9-]*$/),
      quantity: z.string().regex(/^[a-z][A-Za-z0-9]*$/),
      /** Unit the methodology states for the quantity; said for readers. */
      unit: z.string().min(1),
      basis: z.enum(["each", "per-hour", "thing-day"]),
      most: decimal,
      source,
    }),
  ),
});

/** The most a quantity of a behaviour is believed to be, in the quantity's own unit. */
export type Limit = z.infer<typeof schema>["limits"][number];

/** One programme's dated rules of review. */
export type ReviewRules = {
  programme: number;
  firstDay: number;
  /** Not included; undefined while no end is decided. */
  endDay: number | undefined;
  appealDays: number;
  independentFigure: { isRequired: boolean; tolerancePermille: number };
  personDayMostMilligrams: bigint;
  limits: readonly Limit[];
};

/** Reads a parsed file of rules. REVIEW_RULES_INVALID says what is wrong, DATE_MALFORMED which date. */
export function loadReviewRules(parsed: unknown): Result<ReviewRules> {
  const form = schema.safeParse(parsed);
  if (!form.success) {
    const issue = form.error.issues[0];
    const detail = `${issue?.path.join(".")} ${issue?.message}`;
    return refuse("REVIEW_RULES_INVALID", { values: { detail } });
  }
  const { programme, effective, appeal, independentFigure, personDay, limits } = form.data;
  const firstDay = parseDay(effective.first);
  if (!firstDay.ok) return firstDay;
  const endDay = effective.end === null ? undefined : parseDay(effective.end);
  if (endDay && !endDay.ok) return endDay;
  const { isRequired, tolerancePermille } = independentFigure;
  return succeed({
    programme,
    firstDay: firstDay.value,
    endDay: endDay?.value,
    appealDays: appeal.days,
    independentFigure: { isRequired, tolerancePermille },
    personDayMostMilligrams: BigInt(personDay.mostMilligrams),
    limits,
  });
}

/** The rules a programme had on a day, or undefined when it has none: then nothing is looked at. */
export function reviewRulesOn(
  rules: readonly ReviewRules[],
  programme: number,
  day: number,
): ReviewRules | undefined {
  return rules.find(
    (one) =>
      one.programme === programme &&
      day >= one.firstDay &&
      day < (one.endDay ?? Number.POSITIVE_INFINITY),
  );
}

/**
 * Whether a total lies within the tolerance of an independent figure: |total - figure| * 1000 <=
 * figure * permille, exact. Both in the same unit.
 */
export function isWithinTolerance(total: bigint, figure: bigint, permille: number): boolean {
  const apart = total > figure ? total - figure : figure - total;
  return apart * 1_000n <= figure * BigInt(permille);
}

/** Checked decimal text with at most six places, as whole millionths. */
export function parseMillionths(text: string): bigint {
  const [whole = "0", fraction = ""] = text.split(".");
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
}

/** Millionths as decimal text without trailing zeros. */
export function formatMillionths(millionths: bigint): string {
  const fraction = (millionths % 1_000_000n).toString().padStart(6, "0").replace(/0+$/, "");
  const whole = (millionths / 1_000_000n).toString();
  return fraction === "" ? whole : `${whole}.${fraction}`;
}
