import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import pg from "pg";
import { pino } from "pino";
import { moveCheckpoint, openCheckpoint } from "../../server/indexer/checkpoint.ts";
import { runIndexer } from "../../server/indexer/run.ts";
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
    const second = run("second");
    await sleep(300);
    expect(second.lines.join("")).to.contain("standing by");
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
});
