import { formatDay, parseDay } from "../period.ts";
import { type Result, refuse, succeed } from "../result.ts";
import type { RuleInForce, RuleRow } from "./load.ts";
import { namesOf, requireRule } from "./ruleOn.ts";
import type { RuleValue } from "./values.ts";

/*
 * Decisions that need a rule and figures, nothing of the registry. Each answers with the rule it rests on; each refusal
 * names that rule, its source and its dates. A missing rule refuses: RULE_DRAFT, RULE_NOT_IN_FORCE, RULE_ABSENT.
 */

const GRAMS_PER_TONNE = 1_000_000n;

type At = { programme: number; day: number };

type EventKind = RuleValue<"eventThresholds">["kinds"][number]["kind"];
type Measure = RuleValue<"eventThresholds">["kinds"][number]["any"][number]["measure"];

/** Whether an event is a large one. EVENT_TOO_SMALL names the first threshold that was missed. */
export function checkEvent(
  rules: readonly RuleRow[],
  event: At & { kind: EventKind; figures: Partial<Record<Measure, number>> },
): Result<{ by: RuleInForce<"eventThresholds"> }> {
  const { programme, day, kind, figures } = event;
  const rule = requireRule(rules, { programme, day, rule: "eventThresholds" });
  if (!rule.ok) return rule;
  const thresholds = rule.value.value.kinds.find((one) => one.kind === kind)?.any ?? [];
  if (thresholds.some(({ measure, least }) => (figures[measure] ?? 0) >= least)) {
    return succeed({ by: rule.value });
  }
  const { measure, least } = thresholds[0] ?? { measure: "-", least: "-" };
  return refuse("EVENT_TOO_SMALL", { values: { ...namesOf(rule.value), kind, measure, least } });
}

export type Obligation = At & {
  complianceYear: number;
  /** Programme whose territory the enterprise is in. */
  enterpriseOf: number;
  allocationGrams: bigint;
  /** Zero or less: no allowances are lacking. */
  shortfallGrams: bigint;
};

/**
 * The most an enterprise may offset, whole grams: the share of its first allocation, rounded down, and not above what it
 * lacks; 0 when it lacks nothing. OFFSET_OTHER_YEAR, OFFSET_ENTERPRISE_OUTSIDE.
 */
export function offsetLimit(
  rules: readonly RuleRow[],
  of: Obligation,
): Result<{ mostGrams: bigint; by: RuleInForce<"offsetCap"> }> {
  const { programme, day, complianceYear, enterpriseOf, allocationGrams, shortfallGrams } = of;
  const rule = requireRule(rules, { programme, day, rule: "offsetCap" });
  if (!rule.ok) return rule;
  const by = rule.value;
  const named = namesOf(by);
  const { value } = by;
  if (complianceYear !== value.complianceYear) {
    const values = { ...named, ruleYear: value.complianceYear, year: complianceYear };
    return refuse("OFFSET_OTHER_YEAR", { values });
  }
  if (enterpriseOf !== value.enterprisesOf) {
    const values = { ...named, allowed: value.enterprisesOf, actual: enterpriseOf };
    return refuse("OFFSET_ENTERPRISE_OUTSIDE", { values });
  }
  const share = (allocationGrams * BigInt(value.permilleOfAllocation)) / 1_000n;
  const most = value.notAboveShortfall && shortfallGrams < share ? shortfallGrams : share;
  return succeed({ mostGrams: shortfallGrams > 0n && most > 0n ? most : 0n, by });
}

/** Whether units may be used for an obligation. Also OFFSET_UNITS_OUTSIDE, OFFSET_OVER_CAP. */
export function checkOffset(
  rules: readonly RuleRow[],
  of: Obligation,
  use: { unitsOf: number; grams: bigint },
): Result<{ by: RuleInForce<"offsetCap"> }> {
  const limit = offsetLimit(rules, of);
  if (!limit.ok) return limit;
  const { by, mostGrams } = limit.value;
  if (use.unitsOf !== by.value.unitsOf) {
    const values = { ...namesOf(by), allowed: by.value.unitsOf, actual: use.unitsOf };
    return refuse("OFFSET_UNITS_OUTSIDE", { values });
  }
  if (use.grams > mostGrams) {
    const amounts = { grams: use.grams.toString(), most: mostGrams.toString() };
    return refuse("OFFSET_OVER_CAP", { values: { ...namesOf(by), ...amounts } });
  }
  return succeed({ by });
}

/**
 * What a project is paid for issued grams, whole fen, rounded down; no more than is left of its cap.
 * SUBSIDY_USED_UP when nothing is left.
 */
export function subsidyFor(
  rules: readonly RuleRow[],
  claim: At & { of?: string; issuedGrams: bigint; paidFen: bigint },
): Result<{ fen: bigint; uncappedFen: bigint; by: RuleInForce<"subsidy"> }> {
  const { programme, day, of, issuedGrams, paidFen } = claim;
  const rule = requireRule(rules, { programme, day, of, rule: "subsidy" });
  if (!rule.ok) return rule;
  const by = rule.value;
  const most = BigInt(by.value.mostFenPerProject);
  const left = most - paidFen;
  if (left <= 0n) {
    const amounts = { paid: paidFen.toString(), most: most.toString() };
    return refuse("SUBSIDY_USED_UP", { values: { ...namesOf(by), ...amounts } });
  }
  const uncappedFen = (issuedGrams * BigInt(by.value.fenPerTonne)) / GRAMS_PER_TONNE;
  return succeed({ fen: uncappedFen < left ? uncappedFen : left, uncappedFen, by });
}

/** The same date years later; 29 February becomes 1 March where the year has none. */
function yearsLater(day: number, years: number): number {
  const [year = "", month = "", date = ""] = formatDay(day).split("-");
  const later = String(Number(year) + years).padStart(4, "0");
  const found = parseDay(`${later}-${month}-${date}`);
  const instead = found.ok ? found : parseDay(`${later}-03-01`);
  return instead.ok ? instead.value : day;
}

/** The day on which points earned on a day are gone at the latest (the first on which they do not count). */
export function pointsEnd(
  rules: readonly RuleRow[],
  points: { programme: number; earnedDay: number },
): Result<{ endDay: number; by: RuleInForce<"pointsLife"> }> {
  const { programme, earnedDay } = points;
  const rule = requireRule(rules, { programme, day: earnedDay, rule: "pointsLife" });
  if (!rule.ok) return rule;
  return succeed({ endDay: yearsLater(earnedDay, rule.value.value.mostYears), by: rule.value });
}

/** Whether an operator may promise points until a day (not included). POINTS_LIFE_TOO_LONG. */
export function checkPointsLife(
  rules: readonly RuleRow[],
  points: { programme: number; earnedDay: number; endDay: number },
): Result<{ by: RuleInForce<"pointsLife"> }> {
  const end = pointsEnd(rules, points);
  if (!end.ok) return end;
  const { endDay, by } = end.value;
  if (points.endDay <= endDay) return succeed({ by });
  const [earned, most, wanted] = [points.earnedDay, endDay, points.endDay].map(formatDay);
  const days = { earned: earned ?? "", most: most ?? "", wanted: wanted ?? "" };
  return refuse("POINTS_LIFE_TOO_LONG", { values: { ...namesOf(by), ...days } });
}

/** Whether points still count on a day. POINTS_EXPIRED. */
export function checkPointsAlive(
  rules: readonly RuleRow[],
  points: { programme: number; earnedDay: number; day: number },
): Result<{ by: RuleInForce<"pointsLife"> }> {
  const end = pointsEnd(rules, points);
  if (!end.ok) return end;
  const { endDay, by } = end.value;
  if (points.day < endDay) return succeed({ by });
  const days = { earned: formatDay(points.earnedDay), most: formatDay(endDay) };
  return refuse("POINTS_EXPIRED", { values: { ...namesOf(by), ...days } });
}

/** POINTS_NOT_TRANSFERABLE. */
export function checkPointsTransfer(
  rules: readonly RuleRow[],
  at: At,
): Result<{ by: RuleInForce<"pointsTransfer"> }> {
  const rule = requireRule(rules, { ...at, rule: "pointsTransfer" });
  if (!rule.ok) return rule;
  if (rule.value.value.isAllowed) return succeed({ by: rule.value });
  return refuse("POINTS_NOT_TRANSFERABLE", { values: namesOf(rule.value) });
}

/** POINTS_CANCEL_NOT_YOURS. */
export function checkPointsCancel(
  rules: readonly RuleRow[],
  at: At & { who: "holder" | "operator" },
): Result<{ by: RuleInForce<"pointsCancel"> }> {
  const { programme, day, who } = at;
  const rule = requireRule(rules, { programme, day, rule: "pointsCancel" });
  if (!rule.ok) return rule;
  const { by } = rule.value.value;
  if (by === who) return succeed({ by: rule.value });
  return refuse("POINTS_CANCEL_NOT_YOURS", { values: { ...namesOf(rule.value), by, who } });
}
