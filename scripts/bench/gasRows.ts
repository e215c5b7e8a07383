import type { ContractTransactionResponse } from "ethers";

/**
 * One figure of a benchmark. `ratio` is value over besideValue; `goal` is about the ratio where there is one, else about
 * the value.
 */
export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly beside: string | null;
  readonly besideValue: number | null;
  readonly ratio: number | null;
  readonly goal: string | null;
  readonly met: boolean | null;
}

const round = (value: number): number => Math.round(value * 1000) / 1000;

/** Whether a value keeps a goal such as "<=1.25". */
export function keeps(value: number, goal: string): boolean {
  const [, relation, wanted] = /^(<=|>=|<|>)([\d.]+)$/.exec(goal) ?? [];
  const limit = Number(wanted);
  if (relation === "<=") return value <= limit;
  if (relation === ">=") return value >= limit;
  if (relation === "<") return value < limit;
  if (relation === ">") return value > limit;
  throw new Error(`${goal} is no goal.`);
}

/** A figure by itself. Gas on a chain of one's own repeats to the unit, so one run is all runs. */
export function alone(what: string, value: number, goal: string | null = null, unit = "gas"): Row {
  const rounded = round(value);
  return {
    ...{ what, unit, value: rounded, min: rounded, max: rounded },
    ...{ beside: null, besideValue: null, ratio: null, goal },
    met: goal === null ? null : keeps(value, goal),
  };
}

/** A figure beside another one of the same run. */
export function beside(
  what: string,
  value: number,
  peer: string,
  peerValue: number,
  goal: string | null = null,
  unit = "gas",
): Row {
  const ratio = round(value / peerValue);
  return {
    ...alone(what, value, null, unit),
    ...{ beside: peer, besideValue: peerValue, ratio, goal },
    met: goal === null ? null : keeps(value / peerValue, goal),
  };
}

/** One sentence for each goal that is missed. */
export function shortcomings(rows: readonly Row[]): string[] {
  return rows
    .filter(({ met }) => met === false)
    .map(({ what, unit, value, ratio, beside: peer, goal }) =>
      ratio === null
        ? `${what}: ${value} ${unit}, wanted ${goal}.`
        : `${what}: ${ratio} times ${peer}, wanted ${goal}.`,
    );
}

/** The rows for people. */
export function table(rows: readonly Row[]): string {
  return rows
    .map((row) => {
      const goal = row.goal === null ? "" : ` (${row.goal}${row.met ? "" : ", MISSED"})`;
      const compared = row.ratio === null ? goal : `  ${row.ratio} times ${row.beside}${goal}`;
      return `${row.what.padEnd(64)}${String(row.value).padStart(12)} ${row.unit}${compared}`;
    })
    .join("\n");
}

/** Gas that a transaction used. */
export async function gasOf(sent: Promise<ContractTransactionResponse>): Promise<number> {
  const receipt = await (await sent).wait();
  if (!receipt) throw new Error("The measured transaction is in no block.");
  return Number(receipt.gasUsed);
}
