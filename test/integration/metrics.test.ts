import { expect } from "chai";
import pg from "pg";
import { pino } from "pino";
import { createReader } from "../../server/chain/reader.ts";
import { countedClient, countStep } from "../../server/indexer/metrics.ts";
import { runIndexer } from "../../server/indexer/run.ts";
import { openMirror } from "../../server/indexer/step.ts";
import { metrics, serveMetrics } from "../../server/platform/metrics.ts";
import { measureQueue } from "../../server/queue/metrics.ts";
import { measureOutcomes } from "../../server/queue/outcomeMetrics.ts";
import { type ServedApi, serveApi } from "../support/api.ts";
import { FINALITY, openRegistry, type RegistryChain } from "../support/registryChain.ts";

describe("metrics", function () {
  this.timeout(120_000);
  let registry: RegistryChain;
  let api: ServedApi;
  const logger = pino({ level: "silent" });

  before(async () => {
    registry = await openRegistry();
    const { chainId, contracts } = registry.deployment;
    api = await serveApi({
      databaseUrl: registry.databaseUrl,
      relayAccount: registry.accounts.operator,
      deployment: { chainId, issuance: contracts.issuance },
    });
    measureQueue(registry.workerPool);
    measureOutcomes(registry.workerPool);
    // Other files have run in this process.
    metrics.resetMetrics();
  });
  after(async () => {
    await api?.close();
    await registry?.close();
  });

  /** The value of a metric with all the labels given, or undefined. */
  async function reading(name: string, labels: Record<string, string> = {}): Promise<number> {
    const text = await metrics.metrics();
    const line = text
      .split("\n")
      .find(
        (one) =>
          (one.startsWith(`${name}{`) || one.startsWith(`${name} `)) &&
          Object.entries(labels).every(([label, value]) => one.includes(`${label}="${value}"`)),
      );
    return Number(line?.split(" ").at(-1));
  }

  async function index(reader = createReader(countedClient(registry.chain), [])): Promise<void> {
    const stop = new AbortController();
    const {
      client: _,
      schema: __,
      reader: plain,
      ...source
    } = registry.stepContext(registry.client);
    const ended = runIndexer({
      ...{
        ...source,
        reader: { ...plain, ...reader },
        genesisHash: registry.deployment.genesisHash,
      },
      ...{ logger, signal: stop.signal, onReady: () => stop.abort() },
      connect: async () => {
        const client = new pg.Client({
          connectionString: registry.databaseUrl,
          options: "-c role=tanpu_indexer",
        });
        await client.connect();
        return client;
      },
    });
    await ended;
  }

  it("are not served without a port, nor anything but the one page", async () => {
    const options = { role: "api", host: "127.0.0.1", port: 0, logger } as const;
    expect(await serveMetrics(options)).to.equal(undefined);
    const port = 20_000 + (process.pid % 20_000);
    const served = await serveMetrics({ ...options, port });
    const url = `http://127.0.0.1:${served!.port}`;
    expect((await fetch(`${url}/`)).status).to.equal(404);
    const page = await fetch(`${url}/metrics`);
    expect(page.headers.get("content-type")).to.contain("text/plain");
    expect(await page.text()).to.contain("process_cpu_seconds_total");
    // A second one on the same port tells and lets the role work.
    await served!.close();
  });

  it("count the indexer's blocks, lag, reorganisations and calls", async () => {
    await registry.mine(3);
    await index();
    expect(await reading("tanpu_indexer_blocks_total")).to.be.at.least(3);
    expect(await reading("tanpu_indexer_lag_blocks")).to.equal(0);
    expect(await reading("tanpu_indexer_lag_seconds")).to.be.below(60);
    expect(await reading("tanpu_rpc_calls_total", { outcome: "answered" })).to.be.greaterThan(0);
    const snapshot = await registry.rpc<string>("evm_snapshot");
    await registry.mine(2);
    await index();
    await registry.rpc("evm_revert", [snapshot]);
    await index();
    expect(await reading("tanpu_indexer_reorg_blocks_count")).to.equal(1);
    expect(await reading("tanpu_indexer_reorg_blocks_sum")).to.equal(2);
  });

  it("tell for want of how many nodes nothing becomes final, and when that is over", async () => {
    const checkpoint =
      registry.checkpoint ?? (await openMirror(registry.stepContext(registry.client)));
    const at = { checkpoint, head: checkpoint.blockNumber, applied: 1, undone: 0, events: 0 };
    countStep({ ...at, held: { agreed: false, agreeing: 1, needed: 2 } });
    // A head that stands still decides nothing.
    countStep({ ...at, applied: 0, held: null });
    expect(await reading("tanpu_indexer_finality_held", { nodes: "agreeing" })).to.equal(1);
    expect(await reading("tanpu_indexer_finality_held", { nodes: "needed" })).to.equal(2);
    countStep({ ...at, held: null });
    expect(await reading("tanpu_indexer_finality_held", { nodes: "needed" })).to.equal(0);
  });

  it("count errors by their kind", async () => {
    const stop = new AbortController();
    const { client: _, schema: __, ...source } = registry.stepContext(registry.client);
    const failing = runIndexer({
      ...{ ...source, genesisHash: registry.deployment.genesisHash, logger, signal: stop.signal },
      connect: async () => {
        stop.abort();
        throw new TypeError("no database");
      },
    });
    await failing;
    const other = new AbortController();
    let tries = 0;
    await runIndexer({
      ...{ ...source, genesisHash: registry.deployment.genesisHash, logger, signal: other.signal },
      connect: async () => {
        tries += 1;
        if (tries > 1) other.abort();
        throw new TypeError("no database");
      },
    });
    expect(await reading("tanpu_indexer_errors_total", { kind: "TypeError" })).to.equal(1);
  });

  it("count requests by route and status, without ids", async () => {
    await api.get(`/v1/tokens/0x${"01".repeat(32)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const labels = { route: "GET /v1/tokens/{id}", status: "404" };
    expect(await reading("tanpu_http_requests_total", labels)).to.equal(1);
    const route = { route: "GET /v1/tokens/{id}" };
    expect(await reading("tanpu_http_request_seconds_count", route)).to.equal(1);
    expect(await metrics.metrics()).not.to.contain("0x0101");
  });

  it("measure what waits, and count what became of it", async () => {
    const refused = await registry.store("transfer", "applicant", { to: "nobody" });
    expect(await reading("tanpu_queue_depth")).to.equal(1);
    expect(await reading("tanpu_queue_oldest_seconds")).to.be.at.least(0);
    await registry.order("pause", "applicant", {}).catch(() => undefined);
    await registry.issueUnits(5_000_000n);
    expect(await reading("tanpu_attempts_total", { reason: "first" })).to.be.greaterThan(0);
    const { code } = await registry.stateOf(refused);
    const labels = { outcome: "refused", code: String(code) };
    expect(await reading("tanpu_commands_total", labels)).to.be.at.least(1);
  });

  it("count what final blocks made of commands, each once, whoever looks", async () => {
    const settled = (kind: string, outcome: string) =>
      reading("tanpu_commands_settled_total", { kind, outcome });
    await settled("issue", "succeeded");
    const document = `0x${"dd".repeat(32)}`;
    const { tokenId } = await registry.fileRequest(5_000_000n, 17_800).then(async (filed) => {
      await registry.rpc("evm_increaseTime", [10]);
      await registry.mine();
      await registry.order("issue", "authority", { requestId: filed.requestId, document });
      return filed;
    });
    const { enterprise } = registry.accounts;
    const transfer = { to: enterprise, tokenId, grams: "5" };
    const moved = await registry.order("transfer", "applicant", transfer);
    expect(await settled("transfer", "succeeded"), "not final").to.satisfy(Number.isNaN);
    // As if it had not got through.
    await registry.query("UPDATE mirror.transaction SET status = 0 WHERE operation_id = $1", [
      moved,
    ]);
    await registry.order("transfer", "applicant", transfer);
    await registry.mine(FINALITY);
    await registry.index();
    await Promise.all([metrics.metrics(), metrics.metrics()]);
    expect(await settled("transfer", "succeeded")).to.equal(1);
    expect(await settled("transfer", "reverted")).to.equal(1);
    expect(await settled("propose", "succeeded")).to.be.greaterThan(0);
  });
});
