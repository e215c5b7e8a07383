import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { findPort } from "../../scripts/dev/ports.ts";
import { recordedProcesses } from "../../scripts/dev/processes.ts";
import { type Stack, startStack } from "../../scripts/dev/stack.ts";

export type Part = "api" | "worker" | "indexer" | "postgres" | "chain" | "queue";

/** The queue can only be killed by itself where Redis is installed; else it lives in Postgres and dies with it. */
const HAS_REDIS = spawnSync("redis-server", ["--version"], { stdio: "ignore" }).status === 0;
if (!HAS_REDIS && process.env.TANPU_TEST_REDIS_URL) {
  throw new Error("redis-server is not installed where the queue's faults must be tested");
}

/** What a run kills. */
export const PARTS: readonly Part[] = [
  ...(["api", "worker", "indexer", "postgres", "chain"] as const),
  ...(HAS_REDIS ? (["queue"] as const) : []),
];

const ROLES = ["indexer", "worker", "api"] as const;
const GONE_MILLISECONDS = 30_000;

/** A whole stack, with a Redis of its own where there is one, every part of which can be killed and comes back. */
export class FaultStage {
  readonly dataFolder: string;
  /** What has been killed, in order. */
  readonly killed: Part[] = [];
  readonly #redisPort: number;
  #redis: ChildProcess | undefined;
  #stack: Stack | undefined;

  private constructor(dataFolder: string, redisPort: number) {
    this.dataFolder = dataFolder;
    this.#redisPort = redisPort;
  }

  static async open(dataFolder: string): Promise<FaultStage> {
    const stage = new FaultStage(dataFolder, await findPort(dataFolder, "redis"));
    stage.#startRedis();
    await sleep(500);
    await stage.#start();
    return stage;
  }

  get stack(): Stack {
    if (!this.#stack) throw new Error("the stack is down");
    return this.#stack;
  }

  async startRoles(): Promise<void> {
    for (const role of ROLES) await this.stack.startRole(role);
  }

  /** kill -9, and what brings the part back: its supervisor, or a new start of everything. */
  async kill(part: Part): Promise<void> {
    if (part === "queue") {
      if (this.#redis?.kill("SIGKILL")) this.killed.push(part);
      await sleep(500);
      this.#startRedis();
      return;
    }
    const found = recordedProcesses(this.dataFolder).find(({ name }) => name === part);
    // A role that is between two lives has been killed already.
    if (!found) return;
    const { broken } = this.stack;
    process.kill(found.pid, "SIGKILL");
    this.killed.push(part);
    if (part !== "postgres" && part !== "chain") return;
    await Promise.race([broken, sleep(GONE_MILLISECONDS)]);
    const stack = this.stack;
    this.#stack = undefined;
    await stack.stop();
    await this.#start();
    await this.startRoles();
  }

  async close(): Promise<void> {
    await this.#stack?.stop();
    this.#redis?.kill("SIGKILL");
  }

  async #start(): Promise<void> {
    if (HAS_REDIS) process.env.REDIS_URL = `redis://127.0.0.1:${this.#redisPort}`;
    try {
      this.#stack = await startStack({ dataFolder: this.dataFolder, mode: "demo" });
    } finally {
      delete process.env.REDIS_URL;
    }
  }

  #startRedis(): void {
    if (!HAS_REDIS) return;
    const args = ["--port", String(this.#redisPort), "--save", "", "--appendonly", "no"];
    this.#redis = spawn("redis-server", [...args, "--bind", "127.0.0.1"], { stdio: "ignore" });
    this.#redis.on("error", () => undefined);
  }
}
