import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { endRecorded, recordedProcesses } from "../../scripts/dev/processes.ts";

const root = path.resolve(import.meta.dirname, "..", "..");

/** What a held stack tells of itself. */
export interface HeldStack {
  readonly process: ChildProcess;
  readonly databaseUrl: string;
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly replayed: { readonly blocks: number; readonly transactions: number };
}

/** The embedded parts are what is tested, so the variables that replace them must not reach us. */
function embeddedEnvironment(): NodeJS.ProcessEnv {
  const {
    DATABASE_URL: _database,
    RPC_URL: _rpc,
    REDIS_URL: _redis,
    PORT: _port,
    ...rest
  } = process.env;
  return rest;
}

/** A data folder of its own; the space in its name is there because users' paths have them. */
export function makeDataFolder(): string {
  return mkdtempSync(path.join(tmpdir(), "tanpu stack "));
}

/** Ends whatever runs in a data folder and deletes it. */
export async function removeDataFolder(dataFolder: string): Promise<void> {
  await endRecorded(dataFolder, new Set());
  rmSync(dataFolder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** Starts a stack in a process of its own. @throws Error with what it printed when it does not come up. */
export function holdStack(
  dataFolder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<HeldStack> {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", path.join(root, "test/support/stackHost.ts"), dataFolder],
    {
      cwd: root,
      env: { ...embeddedEnvironment(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let said = "";
  return new Promise((resolve, reject) => {
    child.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.stdout?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const line = said.split("\n").find((text) => text.startsWith("{") && text.endsWith("}"));
      if (line !== undefined) resolve({ process: child, ...JSON.parse(line) });
    });
    child.once("exit", (code) => reject(new Error(`the stack ended with ${code}: ${said}`)));
  });
}

/** What a start that must be refused says, the trace aside. @throws Error when it is not refused. */
export async function refusalOf(
  dataFolder: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  let held: HeldStack;
  try {
    held = await holdStack(dataFolder, env);
  } catch (error) {
    return /StackError: (.*)/.exec((error as Error).message)?.[1] ?? (error as Error).message;
  }
  await stopHeld(held);
  throw new Error("the start was not refused");
}

/** Asks the stack to stop and waits for it. */
export async function stopHeld(held: HeldStack): Promise<void> {
  const gone = new Promise((resolve) => held.process.once("exit", resolve));
  held.process.kill("SIGTERM");
  await gone;
}

/** kill -9 of everything at once, as when the power goes. */
export async function cutPower(dataFolder: string): Promise<void> {
  const all = recordedProcesses(dataFolder);
  for (const { pid } of all) process.kill(pid, "SIGKILL");
  while (recordedProcesses(dataFolder).length > 0) await sleep(10);
}

/** Runs the command line on a data folder with the given standard input. */
export function runCli(
  dataFolder: string,
  args: readonly string[],
  input = "",
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", path.join(root, "scripts/cli.ts"), ...args],
    {
      cwd: root,
      env: { ...embeddedEnvironment(), ...env, TANPU_DATA: dataFolder },
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
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
}

/** Runs SQL on a database of its own connection and gives the rows. */
export async function sql(
  databaseUrl: string,
  text: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}
