import { readdir } from "node:fs/promises";
import path from "node:path";
import pg from "pg";
import { connectChain } from "../chain/client.ts";
import { requireDeployment } from "../chain/contracts.ts";
import { openKeyStore } from "../chain/openKeys.ts";
import { createReader } from "../chain/reader.ts";
import { createWriter } from "../chain/writer.ts";
import { openPool } from "../database/client.ts";
import { toHex } from "../domain/bytes.ts";
import { explain } from "../domain/errors.ts";
import { type HashSuite, loadHashSuite } from "../domain/hashSuite.ts";
import type { AnyMethodology } from "../domain/methodology/catalogue.ts";
import { chinaDay } from "../domain/period.ts";
import type { AssessRules } from "../intake/assess/assess.ts";
import { readAssessRules } from "../intake/assess/readRules.ts";
import { type ProgrammeRules, readMethodologies, readProgrammeRules } from "../intake/ruleFiles.ts";
import { sealRecentDays } from "../intake/sealDays.ts";
import { expirePoints } from "../ledger/expirePoints.ts";
import { postIssues } from "../ledger/postIssues.ts";
import { postReductions } from "../ledger/postReductions.ts";
import { readRightRules, registerRightRules } from "../ledger/rightRules.ts";
import { readConfig, webhookRulesOf } from "../platform/config.ts";
import { readKeyStoreConfig } from "../platform/keystoreConfig.ts";
import { createLogger } from "../platform/logger.ts";
import { serveMetrics } from "../platform/metrics.ts";
import { handleShutdown } from "../platform/shutdown.ts";
import { openStore } from "../platform/stores.ts";
import { assessPeriod } from "../queue/handlers/assessPeriod.ts";
import { closePeriod } from "../queue/handlers/closePeriod.ts";
import { closeEpochOf, leavePoolOf } from "../queue/handlers/epochs.ts";
import { measureQueue } from "../queue/metrics.ts";
import { measureOutcomes } from "../queue/outcomeMetrics.ts";
import { openQueue, registryName } from "../queue/publish.ts";
import { publishLeaves } from "../queue/publishLeaves.ts";
import { runWebhooks } from "../queue/webhooks/run.ts";
import { runWorker } from "../queue/worker.ts";
import { waitForDeployment } from "./deployment.ts";

const LANES = 8;
const WEBHOOK_SENDERS = 4;
const WEI_PER_GWEI = 1_000_000_000n;
const ROOT = path.resolve(import.meta.dirname, "..", "..");
const RULES_FOLDER = path.join(ROOT, "rules");

const config = readConfig();
const logger = createLogger({ role: "worker", level: config.logLevel });
const shutdown = handleShutdown(logger);
const stop = new AbortController();

async function readRules(): Promise<ProgrammeRules[]> {
  const names = await readdir(RULES_FOLDER);
  const read = names
    .filter((name) => name.endsWith("-programme.yaml"))
    .map((name) => readProgrammeRules(path.join(RULES_FOLDER, name)));
  return (await Promise.all(read)).flatMap((rules) => (rules.ok ? [rules.value] : []));
}

/** The texts reports were quantified by; without all of them a period cannot be closed. */
async function readTexts(suite: HashSuite): Promise<Map<string, AnyMethodology>> {
  const read = await readMethodologies(suite, path.join(ROOT, "methodologies"));
  if (!read.ok) throw new Error(explain(read.refusal, "en"));
  return read.value;
}

async function readReview(): Promise<AssessRules> {
  const read = await readAssessRules(RULES_FOLDER);
  if (!read.ok) throw new Error(explain(read.refusal, "en"));
  return read.value;
}

async function main(): Promise<void> {
  const deployment = await waitForDeployment(config.dataFolder, logger, stop.signal);
  if (!deployment) return;
  const { chainId, contracts } = deployment;
  const pool = openPool({ databaseUrl: config.databaseUrl, role: "tanpu_worker", max: LANES + 4 });
  measureQueue(pool);
  measureOutcomes(pool);
  const served = await serveMetrics({
    ...{ role: "worker", host: config.host, port: config.metricsPort, logger },
  });
  shutdown.add("metrics", () => served?.close());
  const chain = connectChain({
    rpcUrl: config.rpcUrls,
    chainId,
    genesisHash: deployment.genesisHash,
    onTrouble: (trouble) => logger.warn(trouble, "a node of the chain was set aside"),
  });
  await requireDeployment(chain, deployment);
  const queue = openQueue({ ...config, registry: registryName(deployment) }, (error) =>
    logger.warn({ reason: error.message }, "queue"),
  );
  const [suite, rules, assess, keys] = await Promise.all([
    loadHashSuite("keccak"),
    readRules(),
    readReview(),
    openKeyStore(readKeyStoreConfig(), config.dataFolder),
  ]);
  const methodologies = await readTexts(suite);
  const hash = (bytes: Uint8Array): string => toHex(suite.hash(bytes));
  const kept = await openStore(config, "kept", hash, suite.begin);
  const published = await openStore(config, "published", hash, suite.begin);
  const rights = await readRightRules(RULES_FOLDER);
  if (!rights.ok) throw new Error(`rules of rights: ${explain(rights.refusal, "en")}`);
  await registerRightRules(pool, suite, rights.value);
  const done = new Set<string>();
  const feeCeilingWei = BigInt(config.feeCeilingGwei) * WEI_PER_GWEI;
  const webhookPool = openPool({
    ...{ databaseUrl: config.databaseUrl, role: "tanpu_worker" },
    max: WEBHOOK_SENDERS + 2,
  });
  const telling = runWebhooks({
    pool: webhookPool,
    rules: webhookRulesOf(config),
    senders: WEBHOOK_SENDERS,
    logger,
    signal: stop.signal,
  });
  await runWorker(
    {
      pool,
      chainId,
      contracts,
      writer: createWriter(chain, keys, { feeCeilingWei }),
      feeCeilingWei,
      inFlight: config.writerInFlight,
      stuckMilliseconds: config.stuckSeconds * 1_000,
      startBlock: await createReader(chain, []).head(),
      keys,
      offChain: {
        "assess-period": (operation) => assessPeriod(operation, { pool, rules: assess }),
        "close-period": (operation) =>
          closePeriod(operation, { pool, suite, store: kept, rules, methodologies, assess }),
        "close-epoch": (operation) => closeEpochOf(operation, { pool, suite, store: kept }),
        "leave-pool": (operation) => leavePoolOf(operation, { pool }),
      },
      afterSweep: async () => {
        await publishLeaves({ pool, from: kept, to: published, done });
        await postReductions(pool);
        await postIssues(pool, kept);
        const now = Math.floor(Date.now() / 1_000);
        await expirePoints(pool, now);
        await sealRecentDays(pool, chinaDay(now));
      },
      queue,
      connect: async () => {
        const client = new pg.Client({ connectionString: config.databaseUrl });
        await client.connect();
        return client;
      },
      lanes: LANES,
      logger,
      signal: stop.signal,
    },
    () => logger.info("ready"),
  );
  await telling;
  chain.close();
  await Promise.all([pool.end(), webhookPool.end()]);
}

const running = main();
shutdown.add("worker", () => {
  stop.abort();
  return running;
});
await running;
