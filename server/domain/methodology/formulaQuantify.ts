import { readFact, readSpan } from "../activity.ts";
import { chinaDay, formatDay } from "../period.ts";
import { type RoundingMode, roundQuotient } from "../rational.ts";
import { type Refusal, type Result, refuse, succeed } from "../result.ts";
import type { Row } from "./fields.ts";
import { evaluate, evaluateCondition } from "./formula/evaluate.ts";
import type { Frame, Obstacle } from "./formula/typed.ts";
import type { FormulaMethodology, ReadyBehaviour } from "./formulaTypes.ts";

/** One activity after a `tanpu-methodology/2` looked at it. */
export type QuantifiedByFormula = {
  orderNo: string;
  userId: string;
  behaviour: string;
  /** What names the act, in the order the methodology lists it: carrier and card, operator and event, meter. */
  facts: readonly string[];
  /** Unix seconds of its beginning. */
  at: number;
  /** Unix seconds of its end; equal to `at` for a moment. */
  end: number;
  milligrams: bigint;
  /** What is committed to in the evidence: name to decimal text as it was reported. */
  quantities: Readonly<Record<string, string>>;
};

/** Which evaluator works the formula out; they give the same, and tests compare them. */
export type Evaluator = "compiled" | "exact";

type Amount = { readonly numerator: bigint; readonly denominator: bigint };

const milligramsPer = { mg: 1n, g: 1_000n, kg: 1_000_000n } as const;

/** Milligrams of an exact amount, as the methodology says they are rounded; below zero counts as zero. */
export function roundAmount(
  { numerator, denominator }: Amount,
  { to, mode }: { to: keyof typeof milligramsPer; mode: RoundingMode },
): bigint {
  if (numerator <= 0n) return 0n;
  const step = milligramsPer[to];
  return roundQuotient(numerator, denominator * step, mode) * step;
}

function refusalOf(formula: string, obstacle: Obstacle): Refusal {
  return obstacle.kind === "not stated"
    ? { code: "FACTOR_NOT_STATED", values: { factor: obstacle.table, key: obstacle.key } }
    : { code: "FORMULA_DIVIDES_BY_ZERO", values: { formula } };
}

function textField(row: Row, field: string): Result<string> {
  const value = row[field];
  if (value === undefined) return refuse("FIELD_MISSING", { field });
  return typeof value === "string" && value !== "" && value.length <= 100
    ? succeed(value)
    : refuse("FIELD_MALFORMED", { field });
}

function checkDay(methodology: FormulaMethodology, day: number, field: string): Result<number> {
  const { firstDay = Number.NEGATIVE_INFINITY, endDay = Number.POSITIVE_INFINITY } = methodology;
  return day >= firstDay && day < endDay
    ? succeed(day)
    : refuse("ACTIVITY_OUTSIDE_METHODOLOGY", { field, values: { day: formatDay(day) } });
}

let calendar: { day: number; texts: readonly [year: string, month: string] } | undefined;

/** Year and month of a day. Rows come by days, so the last one is kept. */
function calendarOf(day: number): readonly [year: string, month: string] {
  if (calendar?.day !== day) {
    const [year = "", month = ""] = formatDay(day).split("-");
    calendar = { day, texts: [year, month] };
  }
  return calendar.texts;
}

function checkExcluded(behaviour: ReadyBehaviour, frame: Frame, by: Evaluator): Result<Frame> {
  for (const { id, node, holds } of behaviour.exclusions) {
    const excluded = by === "compiled" ? holds(frame) : evaluateCondition(node, frame);
    if (typeof excluded === "object") return { ok: false, refusal: refusalOf(id, excluded) };
    if (excluded) return refuse("ACTIVITY_EXCLUDED", { values: { rule: id } });
  }
  return succeed(frame);
}

/** The exact amount in milligrams, before rounding and before the cap. */
function amountOf(behaviour: ReadyBehaviour, frame: Frame, by: Evaluator): Result<Amount> {
  const { name, node, run } = behaviour.reduction;
  const amount = by === "compiled" ? run(frame) : evaluate(node, frame);
  return "kind" in amount ? { ok: false, refusal: refusalOf(name, amount) } : succeed(amount);
}

/**
 * As `quantifyByFormula`, but also for a draft, as far as its values are known: for worked examples and
 * dry runs. What comes of it must never be stored as a credit.
 */
export function quantifyDry(
  methodology: FormulaMethodology,
  reported: unknown,
  by: Evaluator = "compiled",
): Result<QuantifiedByFormula> {
  if (typeof reported !== "object" || reported === null || Array.isArray(reported)) {
    return refuse("FIELD_MALFORMED", { field: "row" });
  }
  const row = reported as Row;
  const orderNo = textField(row, "orderNo");
  if (!orderNo.ok) return orderNo;
  const userId = textField(row, "userId");
  if (!userId.ok) return userId;
  const id = textField(row, "behaviour");
  if (!id.ok) return id;
  const behaviour = methodology.behaviours.get(id.value);
  if (!behaviour) {
    return refuse("BEHAVIOUR_UNKNOWN", { field: "behaviour", values: { behaviour: id.value } });
  }
  if (behaviour.lacksValues) return refuse("METHODOLOGY_DRAFT", missingValues(methodology));
  const facts = behaviour.rule.identity.facts.map((field) => readFact(row, field).trim());
  const blank = facts.indexOf("");
  if (blank !== -1) {
    const field = behaviour.rule.identity.facts[blank];
    return refuse("CARRIER_MISSING", field === undefined ? {} : { field });
  }
  const { at, end } = behaviour.rule.identity;
  const span = readSpan(row, at, end);
  if (!span.ok) return span;
  const day = checkDay(methodology, chinaDay(span.value.at), behaviour.rule.identity.at);
  if (!day.ok) return day;
  const read = behaviour.reader.read(row, calendarOf(day.value));
  if (!read.ok) return read;
  const { frame, quantities } = read.value;
  const included = checkExcluded(behaviour, frame, by);
  if (!included.ok) return included;
  const amount = amountOf(behaviour, frame, by);
  if (!amount.ok) return amount;
  const milligrams = roundAmount(amount.value, methodology.document.rounding);
  if (milligrams > methodology.capMilligrams) {
    return refuse("LEAF_CAP_EXCEEDED", {
      values: { cap: methodology.capMilligrams.toString(), milligrams: milligrams.toString() },
    });
  }
  return succeed({
    orderNo: orderNo.value,
    userId: userId.value,
    behaviour: id.value,
    facts,
    at: span.value.at,
    end: span.value.end,
    milligrams,
    quantities,
  });
}

/** The values of METHODOLOGY_DRAFT: every part that is missing, by its place in the document. */
export function missingValues({ missing }: FormulaMethodology): { values: { missing: string } } {
  return { values: { missing: missing.map(({ where }) => where).join(", ") } };
}

/**
 * What one reported row earns, in milligrams rounded as the methodology says. A draft quantifies nothing:
 * METHODOLOGY_DRAFT says what is missing. Otherwise refusals in the order they are looked for:
 * FIELD_MISSING, FIELD_MALFORMED, BEHAVIOUR_UNKNOWN, CARRIER_MISSING, INSTANT_MALFORMED,
 * EXIT_BEFORE_ENTRY, ACTIVITY_OUTSIDE_METHODOLOGY, QUANTITY_MALFORMED, QUANTITY_TOO_LARGE,
 * CHOICE_UNKNOWN, LIST_LENGTH, ACTIVITY_EXCLUDED, FACTOR_NOT_STATED, FORMULA_DIVIDES_BY_ZERO,
 * LEAF_CAP_EXCEEDED.
 */
export function quantifyByFormula(
  methodology: FormulaMethodology,
  reported: unknown,
  by: Evaluator = "compiled",
): Result<QuantifiedByFormula> {
  return methodology.missing.length > 0 || methodology.document.status === "draft"
    ? refuse("METHODOLOGY_DRAFT", missingValues(methodology))
    : quantifyDry(methodology, reported, by);
}
