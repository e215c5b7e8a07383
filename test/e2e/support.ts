import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { DemoSummary } from "../../scripts/demo/summary.ts";

/** What every machine must give, after every accident. */
const expected = JSON.parse(
  await readFile(join(import.meta.dirname, "..", "vectors", "demo.json"), "utf8"),
) as Partial<DemoSummary>;

export const DEEP = process.env["TANPU_DEEP"] === "1";

const ROOT = join(import.meta.dirname, "..", "..");

export type DemoRun = {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  seconds: number;
};

/** A data folder of its own for a test; the folder name has a space because users' paths do. */
export async function makeDataFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "tanpu demo "));
}

export async function removeDataFolder(dataFolder: string): Promise<void> {
  await rm(dataFolder, { recursive: true, force: true });
}

/**
 * Runs the demo once as a process group of its own, as a user's shell would, and waits for its end.
 * `killAfterMilliseconds` ends everything with SIGKILL: the group and every process it has recorded.
 */
export async function runDemoOnce(
  dataFolder: string,
  options: { env?: Record<string, string>; killAfterMilliseconds?: number } = {},
): Promise<DemoRun> {
  const started = Date.now();
  const child = spawn(
    process.execPath,
    ["--import", "tsx", join(ROOT, "scripts", "cli.ts"), "demo", "--once", "--json"],
    {
      cwd: ROOT,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.env, TANPU_DATA: dataFolder },
    },
  );
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
  const timer =
    options.killAfterMilliseconds === undefined
      ? null
      : setTimeout(() => void killAll(dataFolder, child.pid), options.killAfterMilliseconds);
  const { code, signal } = await ended;
  if (timer) clearTimeout(timer);
  return { code, signal, stdout, stderr, seconds: (Date.now() - started) / 1000 };
}

/** The summary object on the last line of standard output. */
export function summaryOf(run: DemoRun): DemoSummary {
  const last = run.stdout.trimEnd().split("\n").at(-1) ?? "";
  try {
    return JSON.parse(last) as DemoSummary;
  } catch {
    throw new Error(
      `The demo printed no summary (exit ${run.code ?? run.signal}).\n${run.stdout.slice(-2000)}\n${run.stderr.slice(-4000)}`,
    );
  }
}

/** What must be equal on every machine and after every accident. */
export function totalsOf(summary: DemoSummary): Partial<DemoSummary> {
  const {
    certificateId: _certificate,
    mirrorDigest: _mirror,
    reindexDigest: _reindex,
    resumed: _resumed,
    ...totals
  } = summary;
  return totals;
}

/** kill -9 of a demo: every process recorded under `run`, and its process group. */
export async function killAll(dataFolder: string, groupLeader?: number): Promise<void> {
  const recorded = await recordedPids(dataFolder);
  if (recorded.length === 0) throw new Error("No process is recorded; the kill would be harmless.");
  for (const pid of recorded) killQuietly(pid);
  if (groupLeader !== undefined) killQuietly(-groupLeader);
}

async function recordedPids(dataFolder: string): Promise<number[]> {
  const folder = join(dataFolder, "run");
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".pid"));
  // The lifeline first, or it would begin an orderly end of what is about to be cut.
  names.sort((a, b) => Number(b.startsWith("lifeline")) - Number(a.startsWith("lifeline")));
  const pids: number[] = [];
  for (const name of names) {
    const text = await readFile(join(folder, name), "utf8").catch(() => "");
    const pid = Number.parseInt(text, 10);
    if (pid > 1) pids.push(pid);
  }
  return pids;
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause;
  }
}

/** Runs the demo to its end in a folder in which it was killed before. */
export async function expectTheSameTotals(dataFolder: string): Promise<void> {
  const run = await runDemoOnce(dataFolder);
  expect(run.code, run.stderr.slice(-3000)).to.equal(0);
  const summary = summaryOf(run);
  expect(totalsOf(summary)).to.deep.equal(expected);
  expect(summary.reindexDigest).to.equal(summary.mirrorDigest);
  expect(summary.resumed).to.equal(true);
}
