import { readdirSync, readFileSync } from "node:fs";
import { recordedProcesses } from "../dev/processes.ts";

/** Linux counts processor time for programs in hundredths of a second, whatever the kernel does inside. */
const TICK_MILLISECONDS = 10;

type Times = { readonly parent: number; readonly milliseconds: number };

/** Processor time used since its start, with that of children that are gone; undefined when the process is gone. */
function timesOf(pid: number): Times | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
    return { parent: Number(fields[1]), milliseconds: ticks * TICK_MILLISECONDS };
  } catch {
    return undefined;
  }
}

/**
 * Milliseconds of processor time each part of a stack has used since it started, its children included, and `client`,
 * which is this process. Empty where there is no /proc.
 */
export function processTimes(dataFolder: string): Map<string, number> {
  const used = new Map<string, number>();
  let pids: number[];
  try {
    pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return used;
  }
  const times = new Map<number, Times>();
  for (const pid of pids) {
    const found = timesOf(pid);
    if (found) times.set(pid, found);
  }
  const recorded = recordedProcesses(dataFolder).filter(({ pid }) => pid !== process.pid);
  const parts = new Map(recorded.map(({ name, pid }) => [pid, name]));
  for (const [pid, { milliseconds }] of times) {
    let above: number | undefined = pid;
    while (above !== undefined && above > 1 && !parts.has(above)) above = times.get(above)?.parent;
    const part = above === undefined ? undefined : parts.get(above);
    if (part) used.set(part, (used.get(part) ?? 0) + milliseconds);
  }
  const { user, system } = process.cpuUsage();
  used.set("client", (user + system) / 1_000);
  return used;
}

/** What each part used between two looks, for each of `count` things, in milliseconds; the dearest first. */
export function usedBetween(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  count: number,
): [part: string, milliseconds: number][] {
  return [...after]
    .map(([part, used]): [string, number] => [part, (used - (before.get(part) ?? 0)) / count])
    .sort((a, b) => b[1] - a[1]);
}
