import { alone, beside, type Row } from "./gasRows.ts";

/** The middle of some values; of an even number the lower one of the two. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.ceil(sorted.length / 2) - 1];
  if (middle === undefined) throw new Error("There is no median of nothing.");
  return middle;
}

/** Another figure of the same runs. */
export interface Peer {
  readonly name: string;
  readonly values: readonly number[];
}

/** The median of several runs, with the least and the most of them. */
export function sampled(
  { what, unit, goal = null }: { what: string; unit: string; goal?: string | null },
  values: readonly number[],
  peer?: Peer,
): Row {
  const round = (value: number): number => Math.round(value * 1000) / 1000;
  const median = medianOf(values);
  const row = peer
    ? beside(what, median, peer.name, round(medianOf(peer.values)), goal, unit)
    : alone(what, median, goal, unit);
  return { ...row, min: round(Math.min(...values)), max: round(Math.max(...values)) };
}
