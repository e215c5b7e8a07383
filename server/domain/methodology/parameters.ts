import { ZERO } from "../rational.ts";
import { type Result, refuse, succeed } from "../result.ts";
import type { Meaning } from "./formula/scope.ts";
import { type Axis, KEY_JOINT, type Table, type TableRow } from "./formula/typed.ts";
import { inBaseUnits, parseUnit, type Unit } from "./formula/units.ts";
import type { FormulaParameter } from "./formulaSchema.ts";

/** Something a methodology would need and nobody has published: where, and what has to be found. */
export type MissingPart = { readonly where: string; readonly what: { en: string; zh: string } };

/** A parameter as formulas see it, and what of it is missing. */
export type ReadParameter = { meaning: Meaning; missing: readonly MissingPart[] };

type Sourced = Pick<FormulaParameter, "source" | "missing">;

/** What is missing of one value; a row without its own source rests on its parameter's. */
function missingOf(
  where: string,
  value: string | null,
  own: Sourced,
  parent?: Sourced,
): MissingPart[] {
  const source = own.source === undefined ? parent?.source : own.source;
  const said = own.missing ?? parent?.missing;
  if (value === null) {
    const what = said ?? { en: "its value was not found", zh: "未找到其数值" };
    return [{ where, what }];
  }
  if (source) return [];
  return [{ where, what: said ?? { en: "no source is named", zh: "未注明来源" } }];
}

function invalid(detail: string): ReturnType<typeof refuse> {
  return refuse("METHODOLOGY_INVALID", { values: { detail } });
}

/** Unit of a parameter or field, or the refusal that names it. */
export function readUnit(where: string, text: string): Result<Unit> {
  const unit = parseUnit(text);
  return unit ? succeed(unit) : refuse("UNIT_UNKNOWN", { values: { formula: where, unit: text } });
}

type TableParameter = Extract<FormulaParameter, { rows: unknown }>;

function readRow(
  parameter: TableParameter,
  unit: Unit,
  axisUnits: readonly (Unit | undefined)[],
  row: TableParameter["rows"][number],
): Result<TableRow> {
  const at: TableRow["at"][number][] = [];
  if (row.at.length !== axisUnits.length) return invalid(`${parameter.id}: a row has other keys`);
  for (const [axis, place] of row.at.entries()) {
    const axisUnit = axisUnits[axis];
    if (typeof place === "string") {
      if (axisUnit) return invalid(`${parameter.id}: ${place} is no band`);
      if (place.includes(KEY_JOINT))
        return invalid(`${parameter.id}: a key has a control character`);
      at.push(place);
      continue;
    }
    const [first, last] = axisUnit
      ? [inBaseUnits(place.first, axisUnit), inBaseUnits(place.last, axisUnit)]
      : [];
    if (!first || !last) return invalid(`${parameter.id}: a band stands where a text is wanted`);
    at.push({ first, last });
  }
  return succeed({ at, value: inBaseUnits(row.value ?? "0", unit) ?? ZERO });
}

/** Whether two rows could both answer one key: equal texts and bands that meet on every axis. */
function meet(a: TableRow, b: TableRow): boolean {
  return a.at.every((place, axis) => {
    const other = b.at[axis];
    if (typeof place === "string" || typeof other === "string" || !other) return place === other;
    const starts = (x: typeof place, y: typeof place): boolean =>
      x.first.numerator * y.last.denominator <= y.last.numerator * x.first.denominator;
    return starts(place, other) && starts(other, place);
  });
}

function readTable(parameter: TableParameter, unit: Unit): Result<ReadParameter> {
  const axes: Axis[] = [];
  const axisUnits: (Unit | undefined)[] = [];
  for (const axis of parameter.axes) {
    const axisUnit = axis.by === "band" ? readUnit(parameter.id, axis.unit) : undefined;
    if (axisUnit && !axisUnit.ok) return axisUnit;
    axisUnits.push(axisUnit?.value);
    axes.push(axisUnit ? { by: "band", dimension: axisUnit.value.dimension } : { by: "text" });
  }
  const rows: TableRow[] = [];
  for (const given of parameter.rows) {
    const row = readRow(parameter, unit, axisUnits, given);
    if (!row.ok) return row;
    if (rows.some((earlier) => meet(earlier, row.value))) {
      return invalid(`${parameter.id}: two rows answer one key`);
    }
    rows.push(row.value);
  }
  const index = axes.every(({ by }) => by === "text")
    ? new Map(rows.map(({ at }, place) => [at.join(KEY_JOINT), place]))
    : undefined;
  const table: Table = { id: parameter.id, axes, dimension: unit.dimension, rows, index };
  const missing = parameter.rows.flatMap((row, place) => {
    const where = `${parameter.id}[${row.at.map(nameKey).join(", ") || place}]`;
    return missingOf(where, row.value, row, parameter);
  });
  const isEmpty = parameter.rows.length === 0;
  return succeed({
    meaning: { kind: "table", table },
    missing: isEmpty ? missingOf(parameter.id, null, parameter) : missing,
  });
}

const nameKey = (place: string | { first: string; last: string }): string =>
  typeof place === "string" ? place : `${place.first}–${place.last}`;

/**
 * Reads a parameter into base units. A missing value stands as zero and is listed, so that units can be
 * checked before the value is known; a methodology with anything on that list never quantifies.
 * UNIT_UNKNOWN, METHODOLOGY_INVALID.
 */
export function readParameter(parameter: FormulaParameter): Result<ReadParameter> {
  const unit = readUnit(parameter.id, parameter.unit);
  if (!unit.ok) return unit;
  if ("rows" in parameter) return readTable(parameter, unit.value);
  const value = inBaseUnits(parameter.value ?? "0", unit.value);
  if (!value) return invalid(`the value of ${parameter.id}`);
  return succeed({
    meaning: { kind: "constant", dimension: unit.value.dimension, value },
    missing: missingOf(parameter.id, parameter.value, parameter),
  });
}
