import { formatDay } from "../period.ts";
import { type RefusalValues, type Result, refuse, succeed } from "../result.ts";
import type { RuleDraft, RuleInForce, RuleRow } from "./load.ts";
import type { RuleName } from "./values.ts";

/** What is asked: the rule of a programme on a day, in general or of one thing (a class, a product, a district). */
export type RuleQuestion<Name extends RuleName> = {
  programme: number;
  rule: Name;
  /** China day. */
  day: number;
  of?: string | undefined;
};

/** The rule, or why there is none. */
export type RuleFound<Name extends RuleName> =
  | { state: "in-force"; row: RuleInForce<Name> }
  | { state: "draft"; row: RuleDraft }
  /** `nearest`: the row that was in force before, or will be. */
  | { state: "absent"; nearest: RuleInForce<Name> | undefined };

const holdsOn = (row: RuleRow, day: number): boolean =>
  row.firstDay <= day && day < (row.endDay ?? Number.POSITIVE_INFINITY);

/**
 * The rule on a day. What is said of the very thing goes before what is said in general; a rule in force before a
 * draft. A draft of the thing does not let the general rule through: whoever wrote it knew that the thing is different.
 */
export function ruleOn<Name extends RuleName>(
  rules: readonly RuleRow[],
  asked: RuleQuestion<Name>,
): RuleFound<Name> {
  const { programme, rule, day, of = null } = asked;
  const all = rules.filter((row) => row.programme === programme && row.rule === rule);
  for (const about of of === null ? [null] : [of, null]) {
    const rows = all.filter((row) => row.of === about && holdsOn(row, day));
    const inForce = rows.find((row) => row.status === "in-force");
    if (inForce) return { state: "in-force", row: inForce as RuleInForce<Name> };
    const draft = rows.find((row) => row.status === "draft");
    if (draft) return { state: "draft", row: draft as RuleDraft };
  }
  const [nearest] = all
    .filter((row) => row.status === "in-force" && (row.of === null || row.of === of))
    .sort((a, b) => distance(a, day) - distance(b, day));
  return { state: "absent", nearest: nearest as RuleInForce<Name> | undefined };
}

function distance(row: RuleRow, day: number): number {
  return day < row.firstDay ? row.firstDay - day : day - (row.endDay ?? day);
}

/** What every refusal that rests on a rule says of it: name, source and dates. */
export function namesOf(row: RuleRow): RefusalValues {
  const { source } = row;
  return {
    programme: row.programme,
    rule: row.rule,
    source: source === null ? "-" : `${source.document}, ${source.place}`,
    first: formatDay(row.firstDay),
    end: row.endDay === undefined ? "-" : formatDay(row.endDay),
  };
}

/** The rule a decision needs. RULE_DRAFT, RULE_NOT_IN_FORCE, RULE_ABSENT. */
export function requireRule<Name extends RuleName>(
  rules: readonly RuleRow[],
  asked: RuleQuestion<Name>,
): Result<RuleInForce<Name>> {
  const found = ruleOn(rules, asked);
  const day = formatDay(asked.day);
  if (found.state === "in-force") return succeed(found.row);
  if (found.state === "draft") {
    const { en, zh } = found.row.missing;
    return refuse("RULE_DRAFT", {
      values: { ...namesOf(found.row), day, missing: en, missingZh: zh },
    });
  }
  if (found.nearest) {
    return refuse("RULE_NOT_IN_FORCE", { values: { ...namesOf(found.nearest), day } });
  }
  const { programme, rule } = asked;
  return refuse("RULE_ABSENT", { values: { programme, rule, day } });
}
