import * as fs from "node:fs";
import * as path from "node:path";

/** The places at which a run can be cut for a test. */
export type CrashPointName =
  | "deployed-half"
  | "accounts-open"
  | "intake-batch-stored"
  | "period-closed"
  | "leaf-file-stored"
  | "command-stored"
  | "nonce-stored"
  | "transaction-sent"
  | "block-applied"
  | "units-issued"
  | "retired"
  | "certified";

const passes = new Map<string, number>();

/**
 * Kills the whole stack here, as a power cut would, when `TANPU_CRASH_AT` is this name or `name:n` (the n-th pass in
 * this process) and `TANPU_MODE` is demo; otherwise does nothing. Every process recorded in `<TANPU_DATA>/run/*.pid`
 * gets a kill -9, this one last.
 *
 * @param env - where the three variables are read; a process that runs the stack itself passes its own
 */
export function crashPoint(
  name: CrashPointName,
  env: Readonly<Record<string, string | undefined>> = process.env,
): void {
  const wanted = env.TANPU_CRASH_AT;
  if (wanted === undefined || env.TANPU_MODE !== "demo") return;
  const [point, count = "1"] = wanted.split(":");
  if (point !== name) return;
  const pass = (passes.get(name) ?? 0) + 1;
  passes.set(name, pass);
  if (pass !== Number(count)) return;
  for (const pid of recordedPids(env.TANPU_DATA ?? ".tanpu")) {
    if (pid === process.pid) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It is gone already.
    }
  }
  process.kill(process.pid, "SIGKILL");
}

/** The lifeline first: it must not begin an orderly end of what is about to be cut. */
function recordedPids(dataFolder: string): number[] {
  const folder = path.join(dataFolder, "run");
  const names = fs.existsSync(folder)
    ? fs.readdirSync(folder).filter((name) => name.endsWith(".pid"))
    : [];
  names.sort((a, b) => Number(b.startsWith("lifeline")) - Number(a.startsWith("lifeline")));
  return names.flatMap((name) => {
    try {
      const [pid = "", start = ""] = fs.readFileSync(path.join(folder, name), "utf8").split("\n");
      return Number(pid) > 1 && isSame(Number(pid), start) ? [Number(pid)] : [];
    } catch {
      return [];
    }
  });
}

/** An earlier crash leaves records whose pid may be a stranger's by now; where `/proc` is, the start time tells. */
function isSame(pid: number, start: string): boolean {
  if (process.platform !== "linux") return true;
  const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] === start;
}
