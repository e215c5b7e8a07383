import { type ChildProcess, spawn } from "node:child_process";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import pg from "pg";
import { pino } from "pino";
import { mirrorDigest } from "../../server/database/mirror.ts";
import { moveCheckpoint, openCheckpoint } from "../../server/indexer/checkpoint.ts";
import { runIndexer, WRITER_LOCK } from "../../server/indexer/run.ts";
import { openMirror, step } from "../../server/indexer/step.ts";
import { openRegistry, type RegistryChain } from "../support/registryChain.ts";

describe("running indexers", function () {
  this.timeout(120_000);
  let registry: RegistryChain;
  const running: { stop: AbortController; ended: Promise<void> }[] = [];

  before(async () => {
    registry = await openRegistry();
  });
  after(async () => {
    for (const { stop, ended } of running) {
      stop.abort();
      await ended;
    }
    await registry?.close();
  });

  const connect = (name: string) => async (): Promise<pg.Client> => {
    const client = new pg.Client({
      connectionString: registry.databaseUrl,
      options: "-c role=tanpu_indexer",
      application_name: name,
    });
    await client.connect();
    return client;
  };

  function run(name: string, chain: { genesisHash?: string } = {}) {
    const stop = new AbortController();
    const lines: string[] = [];
    const { client: _, ...context } = registry.stepContext(registry.client);
    const ended = runIndexer({
      ...context,
      genesisHash: chain.genesisHash ?? registry.deployment.genesisHash,
      connect: connect(name),
      logger: pino({ level: "info" }, { write: (line: string) => void lines.push(line) }),
      signal: stop.signal,
    });
    running.push({ stop, ended });
    return { stop, ended, lines };
  }

  const head = async (): Promise<number> => Number(await registry.rpc<string>("eth_blockNumber"));
  async function reaches(block: number): Promise<boolean> {
    for (let tries = 0; tries < 80; tries++) {
      const [row] = await registry.query<{ block_number: string }>(
        "SELECT block_number FROM mirror.checkpoint",
      );
      if (Number(row!.block_number) >= block) return true;
      await sleep(50);
    }
    return false;
  }

  it("does not index a chain that begins with another block", async () => {
    const stranger = run("stranger", { genesisHash: `0x${"77".repeat(32)}` });
    await registry.mine(2);
    expect(await reaches(await head())).to.equal(false);
    expect(stranger.lines.join("")).to.contain("begins with another block");
    stranger.stop.abort();
    await stranger.ended;
  });

  it("lets one write and the other take over when it ends", async () => {
    const first = run("first");
    await registry.mine(2);
    expect(await reaches(await head())).to.equal(true);
    // Both come a moment after the head was reached.
    const indexes = () =>
      registry.query(
        "SELECT FROM pg_indexes WHERE schemaname = 'mirror' AND indexname IN ('transfer_sender', 'transfer_recipient')",
      );
    for (let tries = 0; tries < 200 && (await indexes()).length < 2; tries++) await sleep(50);
    expect(await indexes(), "by account, since the head was reached").to.have.length(2);
    const second = run("second");
    const standsBy = () => second.lines.join("").includes("standing by");
    for (let tries = 0; tries < 200 && !standsBy(); tries++) await sleep(50);
    expect(standsBy()).to.equal(true);
    first.stop.abort();
    await first.ended;
    await registry.mine(3);
    expect(await reaches(await head())).to.equal(true);
  });

  it("goes on after its connection was cut", async () => {
    await registry.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'second'",
    );
    await registry.mine(3);
    expect(await reaches(await head())).to.equal(true);
  });

  it("fences off a writer whose checkpoint somebody else moved", async () => {
    const late = await connect("late")();
    await late.query("SELECT set_config('search_path', 'mirror', false)");
    const stale = await openCheckpoint(late, registry.stepContext(late));
    await registry.mine();
    expect(await reaches(await head())).to.equal(true);
    let error: unknown;
    const to = { blockNumber: stale.blockNumber, blockHash: null, finalBlock: stale.finalBlock };
    await moveCheckpoint(late, stale, to).catch((cause: unknown) => {
      error = cause;
    });
    await late.end();
    expect(error).to.have.property("name", "FencedError");
  });

  describe("a hot standby", () => {
    const SCRIPT = path.join(import.meta.dirname, "..", "support", "indexerProcess.ts");
    const children: ChildProcess[] = [];
    const WITHIN_SECONDS = 15;

    before(async () => {
      for (const { stop, ended } of running.splice(0)) {
        stop.abort();
        await ended;
      }
    });
    after(() => {
      for (const child of children) child.kill("SIGKILL");
    });

    /** An indexer as a process of its own. */
    function start(name: string): ChildProcess {
      const child = spawn(process.execPath, ["--import", "tsx", SCRIPT], {
        stdio: ["ignore", "ignore", "inherit"],
        env: {
          ...process.env,
          INDEXER_NAME: name,
          DATABASE_URL: registry.databaseUrl,
          RPC_URL: registry.rpcUrl,
          DEPLOYMENT: JSON.stringify(registry.deployment),
        },
      });
      children.push(child);
      return child;
    }

    /** Whose connection holds the writer's lock. */
    async function writer(): Promise<string | undefined> {
      const [row] = await registry.query<{ name: string }>(
        `SELECT a.application_name AS name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
         WHERE l.locktype = 'advisory' AND l.granted AND l.objid = (hashtext($1)::bigint & 4294967295)::oid
           AND a.application_name LIKE 'process %'`,
        [WRITER_LOCK],
      );
      return row?.name;
    }
    async function until(holds: () => Promise<boolean>): Promise<boolean> {
      for (let tries = 0; tries < WITHIN_SECONDS * 20; tries++) {
        if (await holds()) return true;
        await sleep(50);
      }
      return false;
    }

    it("takes over when the writer's process is killed, and loses nothing", async () => {
      const first = start("first");
      expect(await until(async () => (await writer()) === "process first")).to.equal(true);
      start("second");
      await registry.mine(2);
      expect(await reaches(await head())).to.equal(true);
      first.kill("SIGKILL");
      await registry.mine(3);
      expect(await until(async () => (await writer()) === "process second")).to.equal(true);
      expect(await reaches(await head())).to.equal(true);
    });

    it("takes over when the writer's connection is cut; the cut one writes nothing more", async () => {
      start("third");
      await until(async () => {
        const rows = await registry.query(
          "SELECT FROM pg_stat_activity WHERE application_name = 'process third'",
        );
        return rows.length === 1;
      });
      // What the writer believes: it would go on from here if nothing held it back.
      const late = await connect("late")();
      await late.query("SELECT set_config('search_path', 'mirror', false)");
      const believed = await openCheckpoint(late, registry.stepContext(late));
      await registry.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'process second'",
      );
      await registry.mine(3);
      expect(await until(async () => (await writer()) !== undefined)).to.equal(true);
      expect(await reaches(await head())).to.equal(true);
      const before = await mirrorDigest(registry.client, await head());
      let error: unknown;
      const context = { ...registry.stepContext(late), finalUnder: () => 0 };
      await openMirror(context);
      await step(context, believed).catch((cause: unknown) => {
        error = cause;
      });
      await late.end();
      expect(error).to.have.property("name", "FencedError");
      expect(await mirrorDigest(registry.client, await head())).to.equal(before);
      const [row] = await registry.query<{ blocks: string }>(
        "SELECT count(*) AS blocks FROM mirror.block",
      );
      expect(Number(row!.blocks)).to.equal((await head()) + 1);
    });
  });
});
