import { parseDecimal, parseFactorUnit, productFloor } from "../decimal.ts";
import { type Result, refuse, succeed } from "../result.ts";
import type { AnyMethodology } from "./catalogue.ts";
import { type Evaluator, quantifyDry } from "./formulaQuantify.ts";
import type { FormulaMethodology, ReadyBehaviour } from "./formulaTypes.ts";
import type { Methodology } from "./quantify.ts";

/** What is kept of an activity: as its evidence opens, or as it is stored. */
export type KeptQuantities = {
  behaviour: string;
  /** `YYYY-MM-DD`, China time; a methodology of the first form does without. */
  day?: string | undefined;
  /** Of evidence under the first form. */
  parameterIndex?: number | undefined;
  quantities: Readonly<Record<string, string>>;
};

/**
 * Works out once more what an activity earns, from the quantities that were kept of it. Facts that name a
 * place or a thing are not kept; an exclusion that rests on them counts as not met, because it was looked
 * at on arrival.
 *
 * Refusals as `quantify` and `quantifyByFormula`: FIELD_MISSING names a quantity the methodology needs and
 * nobody kept. A draft is worked out as far as its values are known.
 */
export function requantify(
  any: AnyMethodology,
  kept: KeptQuantities,
  by: Evaluator = "exact",
): Result<bigint> {
  return any.form === 1
    ? requantifyByParameter(any.methodology, kept)
    : requantifyByFormula(any.methodology, kept, by);
}

/** Whether the methodology uses every quantity that was kept; one too many was not its own evidence. */
export function usesAll(any: AnyMethodology, { behaviour, quantities }: KeptQuantities): boolean {
  const names = Object.keys(quantities);
  if (any.form === 1) {
    const rule = any.methodology.behaviours.get(behaviour)?.rule;
    return names.length === 1 && names[0] === rule?.quantity.name;
  }
  const fields = any.methodology.behaviours.get(behaviour)?.rule.fields ?? [];
  const kept = new Map(fields.map((field) => [field.name, field]));
  return names.every((name) => {
    const [outer = "", , inner] = name.split(".");
    const field = kept.get(outer);
    if (field?.kind === "list") return field.of.some((one) => one.name === inner);
    return inner === undefined && (field?.kind === "quantity" || field?.kind === "choice");
  });
}

/** Parameter × quantity in whole milligrams, rounded down. */
function requantifyByParameter(
  { behaviours, document }: Methodology,
  { behaviour, parameterIndex, quantities }: KeptQuantities,
): Result<bigint> {
  const known = behaviours.get(behaviour);
  if (!known || (parameterIndex !== undefined && parameterIndex !== known.parameterIndex)) {
    return refuse("BEHAVIOUR_UNKNOWN", { field: "behaviour", values: { behaviour } });
  }
  const { name, unit: per } = known.rule.quantity;
  const text = quantities[name];
  if (text === undefined) return refuse("FIELD_MISSING", { field: name });
  const parameter = document.parameters[known.parameterIndex];
  const quantity = parseDecimal(text);
  const value = parseDecimal(parameter?.value ?? "");
  const unit = parseFactorUnit(parameter?.unit ?? "");
  return quantity && value && unit?.per === per
    ? succeed(productFloor(quantity, value, unit.milligrams))
    : refuse("QUANTITY_MALFORMED", { field: name });
}

function requantifyByFormula(
  methodology: FormulaMethodology,
  { behaviour, day, quantities }: KeptQuantities,
  by: Evaluator,
): Result<bigint> {
  const ready = methodology.behaviours.get(behaviour);
  if (!ready) return refuse("BEHAVIOUR_UNKNOWN", { field: "behaviour", values: { behaviour } });
  const row = { ...stoodIn(ready), ...unfolded(quantities) };
  const { at, end } = ready.rule.identity;
  // Noon is on the day in every reading of it; only the day reaches a formula.
  const instant = `${day}T12:00:00+08:00`;
  const quantified = quantifyDry(
    methodology,
    {
      ...{ ...row, orderNo: "-", userId: "-", behaviour, [at]: instant },
      ...(end === null ? {} : { [end]: instant }),
    },
    by,
  );
  return quantified.ok ? succeed(quantified.value.milligrams) : quantified;
}

/** Stand-ins for facts, no two of them equal. */
function stoodIn({ rule }: ReadyBehaviour): Record<string, string> {
  const facts = rule.fields.filter(({ kind }) => kind === "fact").map(({ name }) => name);
  return Object.fromEntries([...rule.identity.facts, ...facts].map((name) => [name, `?${name}`]));
}

/** `legs.0.distance` and its like as the lists they were reported as. */
function unfolded(quantities: Readonly<Record<string, string>>): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(quantities)) {
    const [outer = "", place, inner] = name.split(".");
    if (place === undefined || inner === undefined) {
      row[outer] = text;
      continue;
    }
    const list = (row[outer] ?? []) as Record<string, string>[];
    row[outer] = list;
    const index = Number(place);
    // A list with holes is no list that was reported.
    if (index > list.length) return { ...row, [outer]: "" };
    const element = list[index] ?? {};
    list[index] = element;
    element[inner] = text;
  }
  return row;
}
