import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * A process as recorded in `<data>/run/<name>.pid`: its pid and, on the next line, when it started, which tells it from
 * a later process with the same pid.
 */
export interface ProcessRecord {
  readonly name: string;
  readonly pid: number;
  readonly start: string;
}

const recordFolder = (dataFolder: string): string => path.join(dataFolder, "run");

/** When the process started, in a form only good for comparing; undefined when it is gone (or a zombie). */
export function startOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return undefined;
  }
  if (process.platform === "linux") {
    try {
      const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
    } catch {
      return undefined;
    }
  }
  const shown = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" });
  return shown.stdout?.trim() || undefined;
}

/** The command line of a process, blank when it cannot be read. */
export function commandLineOf(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return (
      spawnSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }).stdout ?? ""
    );
  }
}

/** Whether the recorded process still runs. */
export function isAlive(record: ProcessRecord): boolean {
  return startOf(record.pid) === record.start;
}

/** The file of a record, and what stands in it. */
export const recordFile = (dataFolder: string, name: string): string =>
  path.join(recordFolder(dataFolder), `${name}.pid`);

/** The record as text. */
export const recordText = (record: ProcessRecord): string => `${record.pid}\n${record.start}\n`;

/** Reads a record's text; undefined when it is none. */
export function parseRecord(name: string, text: string): ProcessRecord | undefined {
  const [pid = "", start] = text.split("\n");
  return /^\d+$/.test(pid) && start !== undefined ? { name, pid: Number(pid), start } : undefined;
}

/** Notes a process, so that the lifeline, a crash point or the next start can end it. */
export function recordProcess(dataFolder: string, name: string, pid: number): ProcessRecord {
  const record: ProcessRecord = { name, pid, start: startOf(pid) ?? "" };
  const file = recordFile(dataFolder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(`${file}.${process.pid}`, recordText(record));
  fs.renameSync(`${file}.${process.pid}`, file);
  return record;
}

/** Forgets a process, unless another one has been recorded under the name since. */
export function forgetProcess(dataFolder: string, record: ProcessRecord): void {
  if (readRecord(dataFolder, record.name)?.pid !== record.pid) return;
  fs.rmSync(recordFile(dataFolder, record.name), { force: true });
}

function readRecord(dataFolder: string, name: string): ProcessRecord | undefined {
  try {
    return parseRecord(name, fs.readFileSync(recordFile(dataFolder, name), "utf8"));
  } catch {
    return undefined;
  }
}

/** All recorded processes that still run. */
export function recordedProcesses(dataFolder: string): ProcessRecord[] {
  const folder = recordFolder(dataFolder);
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith(".pid"))
    .map((name) => readRecord(dataFolder, name.slice(0, -".pid".length)))
    .filter((record): record is ProcessRecord => record !== undefined && isAlive(record));
}

/** Forgets what a crash left of processes that are gone, whose pids others may get. */
export function forgetGone(dataFolder: string): void {
  const folder = recordFolder(dataFolder);
  if (!fs.existsSync(folder)) return;
  for (const file of fs.readdirSync(folder).filter((name) => name.endsWith(".pid"))) {
    const record = readRecord(dataFolder, file.slice(0, -".pid".length));
    if (record === undefined || !isAlive(record)) fs.rmSync(path.join(folder, file));
  }
}

/** Sends a signal; a process that is gone is no error. */
export function signalProcess(record: ProcessRecord, signal: NodeJS.Signals): void {
  if (!isAlive(record)) return;
  try {
    // The last resort takes the group, because a child of ours leads its own.
    if (signal === "SIGKILL") process.kill(-record.pid, signal);
  } catch {
    // It leads no group, or went in between.
  }
  try {
    process.kill(record.pid, signal);
  } catch {
    // It went in between; whoever must be sure looks again.
  }
}

/**
 * Ends a process: asks first, and kills when it has not gone after `graceMilliseconds`.
 * Postgres is asked by SIGINT, which is its "fast" shutdown; everything else by SIGTERM.
 */
export async function endProcess(record: ProcessRecord, graceMilliseconds: number): Promise<void> {
  signalProcess(record, record.name === "postgres" ? "SIGINT" : "SIGTERM");
  if (await isGone(record, graceMilliseconds)) return;
  signalProcess(record, "SIGKILL");
  await isGone(record, 5_000);
}

/** Waits until the process is gone; false when it is still there after the time. */
export async function isGone(record: ProcessRecord, milliseconds: number): Promise<boolean> {
  const until = Date.now() + milliseconds;
  while (isAlive(record)) {
    if (Date.now() > until) return false;
    await sleep(20);
  }
  return true;
}

/** Roles go first, because they use the chain and the database; these two can then go in any order. */
const infrastructure = new Set(["chain", "postgres"]);

/** Ends recorded processes in the order in which they depend on each other. Returns how many there were, the lifeline aside. */
export async function endRecorded(
  dataFolder: string,
  except: ReadonlySet<string>,
): Promise<number> {
  const found = recordedProcesses(dataFolder).filter((record) => !except.has(record.name));
  const roles = found.filter((record) => !infrastructure.has(record.name));
  await Promise.all(roles.map((record) => endProcess(record, 5_000)));
  const parts = found.filter((record) => infrastructure.has(record.name));
  await Promise.all(parts.map((record) => endProcess(record, 15_000)));
  for (const record of found) forgetProcess(dataFolder, record);
  return found.filter((record) => record.name !== "lifeline").length;
}
