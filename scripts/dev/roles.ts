import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { lastLines, openLog } from "./logs.ts";
import { endProcess, forgetProcess, type ProcessRecord, recordProcess } from "./processes.ts";
import { StackError } from "./stackError.ts";

export type RoleName = "api" | "indexer" | "worker";

interface RoleOptions {
  readonly root: string;
  readonly dataFolder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: (text: string) => void;
}

/**
 * What Node is told beside the program. The indexer's garbage dies young; with the usual space for it, which grows with
 * every large range, the process would take twice the memory and be no faster.
 */
const FLAGS: Partial<Record<RoleName, readonly string[]>> = {
  indexer: ["--max-semi-space-size=16"],
};

const readyMilliseconds = 60_000;
const stopMilliseconds = 15_000;
const calmMilliseconds = 30_000;

/**
 * One role process and its supervision: waits for its `ready` line, starts it again with growing pauses when it
 * ends unasked, and stops it in order.
 */
export class Role {
  readonly name: RoleName;
  readonly #options: RoleOptions;
  #child: ChildProcess | undefined;
  #record: ProcessRecord | undefined;
  #wanted = false;
  #pause: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(name: RoleName, options: RoleOptions) {
    this.name = name;
    this.#options = options;
  }

  /** Starts the role. @throws StackError with its last log lines when it does not get ready. */
  async start(): Promise<void> {
    if (this.#wanted) return;
    const main = path.join(this.#options.root, "server", "main", `${this.name}.ts`);
    if (!fs.existsSync(main)) throw new StackError(`There is no role "${this.name}" (${main}).`);
    this.#wanted = true;
    try {
      await this.#spawn(main);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Stops the role and waits until it is gone. */
  async stop(): Promise<void> {
    this.#wanted = false;
    clearTimeout(this.#pause);
    const record = this.#record;
    if (record === undefined) return;
    await endProcess(record, stopMilliseconds);
    forgetProcess(this.#options.dataFolder, record);
    this.#record = undefined;
    this.#child = undefined;
  }

  #spawn(main: string): Promise<void> {
    const { root, dataFolder, env } = this.#options;
    const child = spawn(process.execPath, [...(FLAGS[this.name] ?? []), "--import", "tsx", main], {
      cwd: root,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#child = child;
    const begun = Date.now();
    if (child.pid !== undefined) this.#record = recordProcess(dataFolder, this.name, child.pid);
    return new Promise((resolve, reject) => {
      const tooLong = setTimeout(
        () => reject(this.#failure("did not get ready within a minute")),
        readyMilliseconds,
      );
      this.#follow(child, () => {
        clearTimeout(tooLong);
        resolve();
      });
      child.once("error", (error) => reject(this.#failure(`did not start: ${error.message}`)));
      child.once("exit", (code, signal) => {
        clearTimeout(tooLong);
        reject(this.#failure(`ended with ${signal ?? code} before it was ready`));
        if (this.#record?.pid === child.pid && this.#record !== undefined) {
          forgetProcess(dataFolder, this.#record);
          this.#record = undefined;
        }
        if (this.#child === child) this.#again(main, begun, signal ?? String(code));
      });
    });
  }

  /** Writes what the role prints to its log and looks for the ready line. */
  #follow(child: ChildProcess, onReady: () => void): void {
    const log = openLog(this.#options.dataFolder, this.name);
    let rest = "";
    let ready = false;
    const write = (chunk: Buffer): void => {
      try {
        fs.writeSync(log, chunk);
      } catch {
        // A full disk must not take the supervisor down.
      }
    };
    child.stderr?.on("data", write);
    child.stdout?.on("data", (chunk: Buffer) => {
      write(chunk);
      if (ready) return;
      rest += chunk.toString("utf8");
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      if (!lines.some(isReadyLine)) return;
      ready = true;
      rest = "";
      onReady();
    });
    child.once("close", () => fs.closeSync(log));
  }

  #again(main: string, begun: number, code: string): void {
    if (!this.#wanted) return;
    this.#failures = Date.now() - begun > calmMilliseconds ? 1 : this.#failures + 1;
    const pause = Math.min(10_000, 250 * 2 ** this.#failures);
    this.#options.onProgress(
      `The ${this.name} ended with ${code}; starting it again in ${pause / 1000} s`,
    );
    this.#pause = setTimeout(() => {
      if (this.#wanted)
        this.#spawn(main).catch((error: Error) => this.#options.onProgress(error.message));
    }, pause);
  }

  #failure(what: string): StackError {
    const { dataFolder } = this.#options;
    const lines = lastLines(dataFolder, this.name, 6).map((line) => `  ${line.slice(0, 400)}`);
    const log = path.join(dataFolder, "logs", `${this.name}.log`);
    return new StackError(
      [`The ${this.name} ${what}; its last lines (${log}):`, ...lines].join("\n"),
    );
  }
}

function isReadyLine(line: string): boolean {
  if (!line.startsWith("{")) return false;
  try {
    return JSON.parse(line).msg === "ready";
  } catch {
    return false;
  }
}
