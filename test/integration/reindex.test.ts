import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import pg from "pg";
import { pino } from "pino";
import { runReindex } from "../../scripts/reindex.ts";
import { prepareMirror } from "../../server/indexer/prepare.ts";
import { runIndexer } from "../../server/indexer/run.ts";
import { type ServedApi, serveApi } from "../support/api.ts";
import { FINALITY, openRegistry, type RegistryChain } from "../support/registryChain.ts";

describe("reindex", function () {
  this.timeout(120_000);
  let registry: RegistryChain;

  before(async () => {
    registry = await openRegistry();
    const tokenId = await registry.issueUnits(7_000_000n);
    await registry.order("transfer", "applicant", {
      to: registry.accounts.enterprise,
      tokenId,
      grams: "4000",
    });
    await registry.mine(FINALITY + 2);
    await registry.order("retire", "enterprise", {
      tokenId,
      grams: "10",
      purpose: 3,
      content: `0x${"11".repeat(32)}`,
    });
  });
  after(() => registry?.close());

  const reindex = (rpcUrl = registry.rpcUrl) =>
    runReindex({
      databaseUrl: registry.databaseUrl,
      rpcUrl,
      manifest: {
        ...registry.deployment,
        contracts: Object.fromEntries(
          Object.entries(registry.deployment.contracts).map(([name, address]) => [
            name,
            { address },
          ]),
        ),
      },
      finalityBlocks: FINALITY,
    });

  it("refuses while another one builds", async () => {
    const other = new pg.Client({ connectionString: registry.databaseUrl });
    await other.connect();
    await other.query("SELECT pg_advisory_lock(hashtext('tanpu mirror rebuild'))");
    let error: unknown;
    await reindex().catch((cause: unknown) => {
      error = cause;
    });
    await other.end();
    expect(error).to.have.property("name", "RebuildRefusedError");
  });

  it("builds an equal mirror and puts it in the place of the old one", async () => {
    const served = () => registry.query("SELECT block_number, final_block FROM mirror.checkpoint");
    const before = await served();
    const result = await reindex();
    expect(result.reindexDigest).to.equal(result.mirrorDigest);
    expect(result.atBlock).to.be.greaterThan(10);
    expect(result.blocks).to.be.greaterThan(result.atBlock);
    expect(await served()).to.deep.equal(before);
    expect(await registry.grams("enterprise")).to.equal(3_990n);
    const schemas = await registry.query<{ nspname: string }>(
      "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'mirror%'",
    );
    expect(schemas).to.deep.equal([{ nspname: "mirror" }]);
    const indexes = await registry.query(
      "SELECT FROM pg_indexes WHERE schemaname = 'mirror' AND indexname IN ('transfer_sender', 'transfer_recipient')",
    );
    expect(indexes).to.have.length(2);
  });

  it("gets through a node that fails now and then", async () => {
    let asked = 0;
    const flaky = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      asked += 1;
      if (asked % 29 === 0) return void response.writeHead(503).end();
      const answer = await fetch(registry.rpcUrl, {
        ...{ method: "POST", body: Buffer.concat(parts) },
        headers: { "content-type": "application/json" },
      });
      response.end(await answer.text());
    });
    await new Promise<void>((resolve) => flaky.listen(0, "127.0.0.1", resolve));
    const { port } = flaky.address() as AddressInfo;
    const result = await reindex(`http://127.0.0.1:${port}`);
    flaky.closeAllConnections();
    flaky.close();
    expect(asked, "some calls failed").to.be.at.least(29);
    expect(result.reindexDigest).to.equal(result.mirrorDigest);
  });

  it("goes on indexing, and undoing, in the new mirror", async () => {
    const snapshot = await registry.rpc<string>("evm_snapshot");
    await registry.mine(2);
    await registry.index();
    await registry.rpc("evm_revert", [snapshot]);
    expect(await registry.index()).to.deep.equal({ undone: 2 });
  });

  it("lets an indexer that starts afterwards see to the indexes by account", async () => {
    await registry.query("DROP INDEX mirror.transfer_sender");
    await registry.query("SELECT mirror.index_accounts('mirror')");
    const made = await registry.query("SELECT to_regclass('mirror.transfer_sender') AS made");
    expect(made).to.deep.equal([{ made: "mirror.transfer_sender" }]);
  });

  it("tells a mirror that was tampered with", async () => {
    await registry.mine(FINALITY);
    await registry.query("UPDATE mirror.holding SET grams = grams + 1");
    const result = await reindex();
    expect(result.reindexDigest).not.to.equal(result.mirrorDigest);
    const again = await reindex();
    expect(again.reindexDigest).to.equal(again.mirrorDigest);
    expect(again.reindexDigest).to.equal(result.reindexDigest);
  });

  describe("while an indexer runs and the API serves", () => {
    const stop = new AbortController();
    const lines: string[] = [];
    let api: ServedApi;
    let running: Promise<void>;
    let mining: Promise<void>;
    let polling: Promise<void>;
    const seen: { status: number; block: number }[] = [];
    const shown: { block: number; final: number }[] = [];
    const failed: unknown[] = [];

    const connect = async (options?: string): Promise<pg.Client> => {
      const client = new pg.Client({
        connectionString: registry.databaseUrl,
        ...(options === undefined ? {} : { options }),
      });
      await client.connect();
      return client;
    };
    const settings = () => {
      const { client: _, schema: __, ...source } = registry.stepContext(registry.client);
      const logger = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
      return { ...source, logger, signal: stop.signal };
    };

    before(async () => {
      api = await serveApi({
        databaseUrl: registry.databaseUrl,
        relayAccount: registry.accounts.operator,
        deployment: {
          chainId: registry.deployment.chainId,
          issuance: registry.deployment.contracts.issuance,
        },
      });
      running = runIndexer({
        ...settings(),
        genesisHash: registry.deployment.genesisHash,
        connect: () => connect("-c role=tanpu_indexer"),
      });
      mining = (async () => {
        while (!stop.signal.aborted) {
          await registry.mine();
          await sleep(300);
        }
      })();
      const [{ id: tokenId }] = (await registry.query<{ id: string }>(
        "SELECT '0x' || encode(token_id, 'hex') AS id FROM mirror.token",
      )) as [{ id: string }];
      polling = (async () => {
        const routes = ["/health", "/ready", `/v1/tokens/${tokenId}`, "/v1/tokens"];
        const reader = await connect("-c role=tanpu_api");
        for (let k = 0; !stop.signal.aborted; k++) {
          const answer = await api.get(routes[k % routes.length]!).catch((cause: unknown) => {
            failed.push(cause);
          });
          if (answer) seen.push({ status: answer.status, block: k });
          const { rows } = await reader.query<{ block: string; final: string }>(
            "SELECT block_number AS block, final_block AS final FROM mirror.checkpoint",
          );
          shown.push({ block: Number(rows[0]?.block), final: Number(rows[0]?.final) });
        }
        await reader.end();
      })();
      polling.catch((cause: unknown) => failed.push(cause));
    });
    after(async () => {
      stop.abort();
      await Promise.allSettled([running, mining, polling]);
      await api?.close();
    });

    const schemas = async (): Promise<unknown[]> =>
      (
        await registry.query<{ nspname: string }>(
          "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'mirror%'",
        )
      ).map(({ nspname }) => nspname);
    const oid = async (): Promise<unknown> =>
      (await registry.query("SELECT oid FROM pg_namespace WHERE nspname = 'mirror'"))[0];

    it("takes its place time after time, and the indexer goes on writing", async () => {
      for (let times = 0; times < 3; times++) {
        const before = await oid();
        const result = await reindex();
        expect(result.reindexDigest).to.equal(result.mirrorDigest);
        expect(await oid()).not.to.deep.equal(before);
        expect(await schemas()).to.deep.equal(["mirror"]);
        const at = Number(await registry.rpc<string>("eth_blockNumber"));
        for (let tries = 0; tries < 200 && (shown.at(-1)?.final ?? 0) < at - FINALITY; tries++) {
          await sleep(50);
        }
        expect(shown.at(-1)?.final).to.be.at.least(at - FINALITY);
      }
    });

    it("builds a new form of the mirror beside the one that is served", async () => {
      await registry.query("COMMENT ON SCHEMA mirror IS 'definition of another version'");
      const before = await oid();
      await prepareMirror({ ...settings(), connect });
      expect(await oid()).not.to.deep.equal(before);
      expect(await schemas()).to.deep.equal(["mirror"]);
      await prepareMirror({ ...settings(), connect });
    });

    it("was answered by the API all the while, and saw nothing go back", async () => {
      expect(failed).to.deep.equal([]);
      expect(seen.filter(({ status }) => status !== 200)).to.deep.equal([]);
      expect(seen.length).to.be.greaterThan(20);
      for (const [k, later] of shown.slice(1).entries()) {
        const earlier = shown[k]!;
        expect(later.block).to.be.at.least(earlier.block);
        expect(later.final).to.be.at.least(earlier.final);
      }
    });
  });
});
