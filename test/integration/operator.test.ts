// The whole flow on a chain that is no anvil, and on an operator's own Postgres and Redis where
// TANPU_TEST_DATABASE_URL and TANPU_TEST_REDIS_URL name them; `./tanpu test` says so when these are left out.
import type { ChildProcess } from "node:child_process";
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { expect } from "chai";
import { Redis } from "ioredis";
import pg from "pg";
import { startHardhatNode } from "../support/hardhatNode.ts";
import { expectQueuesApart } from "../support/queuePair.ts";
import { makeDataFolder, removeDataFolder, runCli } from "../support/stackFolder.ts";

const { TANPU_TEST_DATABASE_URL: serverUrl = "", TANPU_TEST_REDIS_URL: redisUrl = "" } =
  process.env;

/** Runs SQL on the operator's server as the user of the URL. */
async function onServer(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  await client.query(text).finally(() => client.end());
}

describe("another EVM, and an operator's own Postgres and Redis", function () {
  this.timeout(300_000);
  const database = `tanpu_test_${process.pid}_${Date.now()}`;
  let dataFolder: string;
  let chain: { url: string; process: ChildProcess };

  before(async () => {
    dataFolder = makeDataFolder();
    chain = await startHardhatNode(dataFolder);
    if (serverUrl !== "") await onServer(`create database ${database}`);
  });
  after(async () => {
    chain?.process.kill("SIGKILL");
    if (dataFolder !== undefined) await removeDataFolder(dataFolder);
    if (serverUrl !== "") await onServer(`drop database if exists ${database} with (force)`);
  });

  if (redisUrl !== "") {
    it("keeps the hints of two registries on one Redis apart", () =>
      expectQueuesApart({ redisUrl, databaseUrl: "" }));
  }

  it("carries the demonstration to the totals of every machine", async () => {
    const env: Record<string, string> = { RPC_URL: chain.url, FINALITY_BLOCKS: "2" };
    if (serverUrl !== "") {
      env.DATABASE_URL = Object.assign(new URL(serverUrl), { pathname: `/${database}` }).href;
    }
    if (redisUrl !== "") env.REDIS_URL = redisUrl;
    const run = await runCli(dataFolder, ["demo", "--once", "--json"], "", env);
    expect(run.code, run.stderr.slice(-3_000)).to.equal(0);
    const vectors = path.join(import.meta.dirname, "..", "vectors", "demo.json");
    const summary = JSON.parse(run.stdout.trimEnd().split("\n").at(-1) ?? "");
    const expected = JSON.parse(await readFile(vectors, "utf8"));
    expect(summary).to.deep.include(expected);
    expect(summary.reindexDigest).to.equal(summary.mirrorDigest);
  });

  if (redisUrl !== "") {
    it("kept its queue on that Redis, under the name of its registry", async () => {
      const manifest = path.join(dataFolder, "published", "manifest.json");
      const { chainId, contracts } = JSON.parse(await readFile(manifest, "utf8"));
      const redis = new Redis(redisUrl);
      const keys = await redis.keys(
        `bull:commands-${chainId}-${contracts.programmes.address.toLowerCase()}:*`,
      );
      if (keys.length > 0) await redis.del(keys);
      redis.disconnect();
      expect(keys).not.to.deep.equal([]);
    });
  }
});
