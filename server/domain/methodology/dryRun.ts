import { type Result, succeed } from "../result.ts";
import type { AnyMethodology } from "./catalogue.ts";
import { quantifyDry } from "./formulaQuantify.ts";
import { quantify } from "./quantify.ts";

/** What one version gives for one row, without regard to whether it is in force. */
export function quantifyOnTrial(any: AnyMethodology, row: unknown): Result<bigint> {
  const result =
    any.form === 1 ? quantify(any.methodology, row) : quantifyDry(any.methodology, row);
  return result.ok ? succeed(result.value.milligrams) : result;
}

/** One version's side of a difference: rows that earn, their sum, and refusals by code. */
export type TrialSide = {
  quantified: number;
  milligrams: bigint;
  refusals: Readonly<Record<string, number>>;
};

/** What changes for one behaviour. */
export type BehaviourDifference = {
  behaviour: string;
  rows: number;
  first: TrialSide;
  second: TrialSide;
  /** Rows that earn another amount, or earn under one version only. */
  changedRows: number;
  /** second - first; may be negative. */
  differenceMilligrams: bigint;
};

type Counting = {
  rows: number;
  changedRows: number;
  sides: [Side, Side];
};
type Side = { quantified: number; milligrams: bigint; refusals: Record<string, number> };

const newSide = (): Side => ({ quantified: 0, milligrams: 0n, refusals: {} });

function count(side: Side, result: Result<bigint>): void {
  if (result.ok) {
    side.quantified++;
    side.milligrams += result.value;
    return;
  }
  const { code } = result.refusal;
  side.refusals[code] = (side.refusals[code] ?? 0) + 1;
}

function isChanged(a: Result<bigint>, b: Result<bigint>): boolean {
  return a.ok && b.ok ? a.value !== b.value : a.ok !== b.ok;
}

/**
 * Quantifies the same rows by two versions and says per behaviour what differs. Behaviours come in the
 * order of their names, so the report is the same whatever the order of the rows.
 */
export function compareOnRows(
  first: AnyMethodology,
  second: AnyMethodology,
  rows: Iterable<unknown>,
): BehaviourDifference[] {
  const counts = new Map<string, Counting>();
  for (const row of rows) {
    const told =
      typeof row === "object" && row !== null && "behaviour" in row ? String(row.behaviour) : "";
    const counting: Counting = counts.get(told) ?? {
      rows: 0,
      changedRows: 0,
      sides: [newSide(), newSide()],
    };
    counts.set(told, counting);
    const results = [quantifyOnTrial(first, row), quantifyOnTrial(second, row)] as const;
    counting.rows++;
    if (isChanged(...results)) counting.changedRows++;
    count(counting.sides[0], results[0]);
    count(counting.sides[1], results[1]);
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([behaviour, { rows: seen, changedRows, sides }]) => ({
      behaviour,
      rows: seen,
      first: sides[0],
      second: sides[1],
      changedRows,
      differenceMilligrams: sides[1].milligrams - sides[0].milligrams,
    }));
}
