import { toHex } from "../bytes.ts";
import { contentHash } from "../canonical.ts";
import { type Decimal, parseDecimal, parseFactorUnit, productFloor } from "../decimal.ts";
import type { HashSuite } from "../hashSuite.ts";
import { parseDay } from "../period.ts";
import { type Result, refuse, succeed } from "../result.ts";
import { type Behaviour, type Methodology, quantify } from "./quantify.ts";
import { type BehaviourRule, type MethodologyDocument, methodologySchema } from "./schema.ts";

function invalid(detail: string): ReturnType<typeof refuse> {
  return refuse("METHODOLOGY_INVALID", { values: { detail } });
}

function behaviourOf(document: MethodologyDocument, rule: BehaviourRule): Result<Behaviour> {
  const parameterIndex = document.parameters.findIndex(({ id }) => id === rule.parameter);
  const parameter = document.parameters[parameterIndex];
  if (!parameter) return refuse("PARAMETER_UNKNOWN", { values: { parameter: rule.parameter } });
  const unit = parseFactorUnit(parameter.unit);
  if (!unit || unit.per !== rule.quantity.unit) {
    return refuse("FACTOR_UNIT_MISMATCH", {
      values: { factor: parameter.id, expected: unit?.per ?? "?", unit: rule.quantity.unit },
    });
  }
  const [value, quantity]: (Decimal | undefined)[] = [
    parseDecimal(parameter.value),
    parseDecimal(rule.quantity.value),
  ];
  if (!value || !quantity) return invalid(`the numbers of ${rule.id}`);
  const milligrams = productFloor(quantity, value, unit.milligrams);
  if (milligrams > BigInt(document.capMilligrams)) {
    return refuse("LEAF_CAP_EXCEEDED", {
      values: { cap: document.capMilligrams, milligrams: milligrams.toString() },
    });
  }
  const quantities = { [rule.quantity.name]: rule.quantity.value };
  return succeed({ rule, parameterIndex, quantities, milligrams });
}

/**
 * Reads a methodology from its parsed document: form, dates, units, the cap, and every worked example.
 * METHODOLOGY_INVALID, PARAMETER_UNKNOWN, FACTOR_UNIT_MISMATCH, LEAF_CAP_EXCEEDED, DATE_MALFORMED,
 * METHODOLOGY_EXAMPLE_WRONG.
 */
export function loadMethodology(suite: HashSuite, parsed: unknown): Result<Methodology> {
  const form = methodologySchema.safeParse(parsed);
  if (!form.success) {
    const issue = form.error.issues[0];
    return invalid(`${issue?.path.join(".")} ${issue?.message}`);
  }
  const document = form.data;
  const firstDay = parseDay(document.effective.first);
  if (!firstDay.ok) return firstDay;
  const endDay = document.effective.end === null ? undefined : parseDay(document.effective.end);
  if (endDay && !endDay.ok) return endDay;
  if (endDay && endDay.value <= firstDay.value) return invalid("it is in force on no day");

  const behaviours = new Map<string, Behaviour>();
  for (const rule of document.behaviours) {
    const behaviour = behaviourOf(document, rule);
    if (!behaviour.ok) return behaviour;
    if (behaviours.has(rule.id)) return invalid(`${rule.id} stands twice`);
    behaviours.set(rule.id, behaviour.value);
  }
  return withExamplesChecked({
    document,
    contentHash: toHex(contentHash(suite, document)),
    windowSeconds: document.identity.windowSeconds,
    capMilligrams: BigInt(document.capMilligrams),
    firstDay: firstDay.value,
    endDay: endDay?.value,
    behaviours,
  });
}

/** A methodology whose own examples come out otherwise does not say what its author meant. */
function withExamplesChecked(methodology: Methodology): Result<Methodology> {
  for (const { rule } of methodology.behaviours.values()) {
    for (const example of rule.examples) {
      const result = quantify(methodology, example.row);
      const actual = result.ok ? result.value.milligrams.toString() : result.refusal.code;
      const expected = "milligrams" in example ? example.milligrams : example.refusal;
      if (actual !== expected) {
        return refuse("METHODOLOGY_EXAMPLE_WRONG", {
          values: { example: example.title, actual, expected },
        });
      }
    }
  }
  return succeed(methodology);
}

/** Whether units may come of it: an indicative or draft methodology shows grams and never issues. */
export function checkCanBecomeUnits(methodology: Methodology): Result<Methodology> {
  const { status } = methodology.document;
  return status === "indicative" || status === "draft"
    ? refuse("METHODOLOGY_NOT_QUANTITATIVE", { values: { status } })
    : succeed(methodology);
}

/** The number of a status in the chain's register; undefined when it cannot be registered there. */
export function chainStatusOf(methodology: Methodology): 1 | 2 | 3 | undefined {
  const byStatus = { official: 1, published: 2, demonstration: 3 } as const;
  const { status } = methodology.document;
  return status in byStatus ? byStatus[status as keyof typeof byStatus] : undefined;
}
