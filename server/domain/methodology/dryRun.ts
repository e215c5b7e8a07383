import { type Result, succeed } from "../result.ts";
import type { AnyMethodology } from "./catalogue.ts";
import { quantifyDry } from "./formulaQuantify.ts";
import { quantify } from "./quantify.ts";
import { type KeptQuantities, requantify } from "./requantify.ts";

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

function count(side: Side, result: Result<bigint>, rows: number): void {
  if (result.ok) {
    side.quantified += rows;
    side.milligrams += result.value * BigInt(rows);
    return;
  }
  const { code } = result.refusal;
  side.refusals[code] = (side.refusals[code] ?? 0) + rows;
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
  const counts = new Counts();
  for (const row of rows) {
    const told =
      typeof row === "object" && row !== null && "behaviour" in row ? String(row.behaviour) : "";
    counts.add(told, quantifyOnTrial(first, row), quantifyOnTrial(second, row));
  }
  return counts.differences();
}

/** Stored reports that say the same, with what they were credited. */
export type KeptGroup = KeptQuantities & { milligrams: bigint; rows: number };

/**
 * Sets what stored reports were credited beside what a version gives for their quantities. Rows that lack
 * a quantity it needs are counted under FIELD_MISSING. The days a version is for do not matter: a draft is
 * for days to come, and what it would have given is the question.
 */
export function compareOnKept(
  version: AnyMethodology,
  groups: Iterable<KeptGroup>,
): BehaviourDifference[] {
  const counts = new Counts();
  const undated = withoutDays(version);
  for (const group of groups) {
    const { behaviour, milligrams, rows } = group;
    // Of evidence under another text the place of its parameter says nothing.
    const { parameterIndex: _, ...kept } = group;
    counts.add(behaviour, succeed(milligrams), requantify(undated, kept, "exact"), rows);
  }
  return counts.differences();
}

const withoutDays = (any: AnyMethodology): AnyMethodology =>
  any.form === 1
    ? any
    : { form: 2, methodology: { ...any.methodology, firstDay: undefined, endDay: undefined } };

class Counts {
  readonly #counts = new Map<string, Counting>();

  add(behaviour: string, first: Result<bigint>, second: Result<bigint>, rows = 1): void {
    const counting: Counting = this.#counts.get(behaviour) ?? {
      rows: 0,
      changedRows: 0,
      sides: [newSide(), newSide()],
    };
    this.#counts.set(behaviour, counting);
    counting.rows += rows;
    if (isChanged(first, second)) counting.changedRows += rows;
    count(counting.sides[0], first, rows);
    count(counting.sides[1], second, rows);
  }

  differences(): BehaviourDifference[] {
    return [...this.#counts]
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
}
