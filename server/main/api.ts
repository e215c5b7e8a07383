import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import pg from "pg";
import { parse } from "yaml";
import { createApp } from "../api/app.ts";
import type { ApiDependencies } from "../api/dependencies.ts";
import { deploymentFrom } from "../api/deployment.ts";
import { Live } from "../api/live/live.ts";
import { readRegulations } from "../api/rules/read.ts";
import { openPool } from "../database/client.ts";
import { openPrisma } from "../database/prisma.ts";
import { loadCauses } from "../domain/accountDonation.ts";
import { toHex, utf8 } from "../domain/bytes.ts";
import { explain } from "../domain/errors.ts";
import { type HashSuite, loadHashSuite } from "../domain/hashSuite.ts";
import { loadFactors } from "../domain/inventory.ts";
import type { Result } from "../domain/result.ts";
import { loadRetention } from "../domain/rightsRetention.ts";
import { readAssessRules } from "../intake/assess/readRules.ts";
import { type IntakeKeys, loadKeys } from "../intake/keys.ts";
import { readMethodologies } from "../intake/ruleFiles.ts";
import { type Config, ConfigError, readConfig, webhookRulesOf } from "../platform/config.ts";
import { createLogger } from "../platform/logger.ts";
import { serveMetrics } from "../platform/metrics.ts";
import { handleShutdown } from "../platform/shutdown.ts";
import { writeDurably } from "../platform/store.ts";
import { openStore } from "../platform/stores.ts";

const root = path.resolve(import.meta.dirname, "..", "..");

/** A refusal while starting is a mistake in data or configuration: the process cannot go on. */
function required<T>(what: string, result: Result<T>): T {
  if (result.ok) return result.value;
  throw new ConfigError(`${what}: ${explain(result.refusal, "en")}`);
}

/** The keys of KEYS_FILE; in the demonstration the published ones. Without keys nothing is taken in. */
async function readKeys(
  suite: HashSuite,
  mode: Config["mode"],
  file: string | undefined,
): Promise<IntakeKeys | undefined> {
  const chosen =
    file ?? (mode === "demo" ? path.join(root, "data", "samples", "demo-keys.json") : undefined);
  if (chosen === undefined) return undefined;
  const parsed: unknown = JSON.parse(await readFile(chosen, "utf8"));
  return required("KEYS_FILE", loadKeys(suite, parsed, { mode, randomBytes }));
}

/** The account that brings reviewers' statements to the chain. */
function relayAccountOf(text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined;
  if (/^0x[0-9a-fA-F]{40}$/.test(text)) return text.toLowerCase();
  throw new ConfigError("The environment variable RELAY_ACCOUNT must be an address.");
}

async function listen(server: Server, config: Config): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(config.port, config.host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function main(): Promise<void> {
  const config = readConfig();
  const logger = createLogger({ role: "api", level: config.logLevel });
  const shutdown = handleShutdown(logger);
  const suite = await loadHashSuite("keccak");
  const published = path.join(config.dataFolder, "published");
  const factors = await readFile(path.join(root, "rules", "factors.yaml"), "utf8");
  const donations = await readFile(path.join(root, "rules", "donations.yaml"), "utf8");
  const retention = await readFile(path.join(root, "rules", "retention.yaml"), "utf8");
  const pool = openPool({ databaseUrl: config.databaseUrl, role: "tanpu_api", max: 12 });
  shutdown.add("database", () => pool.end());
  const prisma = openPrisma({ databaseUrl: config.databaseUrl, role: "tanpu_api", max: 4 });
  shutdown.add("prisma", () => prisma.$disconnect());
  const connect = async (): Promise<pg.Client> => {
    const connectionString = config.databaseUrl;
    const client = new pg.Client({ connectionString, options: "-c role=tanpu_api" });
    await client.connect();
    return client;
  };
  const live = new Live({ pool, connect, logger });
  const hash = (bytes: Uint8Array): string => toHex(suite.hash(bytes));
  const dependencies: ApiDependencies = {
    pool,
    live,
    prisma,
    suite,
    store: await openStore(config, "published", hash),
    lines: await openStore(config, "kept", hash),
    retention: required("rules/retention", loadRetention(parse(retention))),
    causes: required("rules/donations.yaml", loadCauses(parse(donations))),
    logger,
    methodologies: required(
      "methodologies",
      await readMethodologies(suite, path.join(root, "methodologies")),
    ),
    demonstration: config.mode === "demo",
    factors: required("rules/factors.yaml", loadFactors(parse(factors))),
    reviewRules: required("rules", await readAssessRules(path.join(root, "rules"))).review,
    programmeRules: required(
      "rules/programmes",
      await readRegulations(path.join(root, "rules", "programmes")),
    ),
    intake: await readKeys(suite, config.mode, process.env.KEYS_FILE || undefined),
    deployment: deploymentFrom(path.join(published, "manifest.json")),
    relayAccount: relayAccountOf(process.env.RELAY_ACCOUNT),
    webhookRules: webhookRulesOf(config),
    now: () => Math.floor(Date.now() / 1000),
  };
  const served = await serveMetrics({
    ...{ role: "api", host: config.host, port: config.metricsPort, logger },
  });
  shutdown.add("metrics", () => served?.close());
  const server = createServer(createApp(dependencies));
  // A platform's day may take minutes to send; who may not send is answered before its body is read.
  server.requestTimeout = 900_000;
  shutdown.add("http", () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // Streams of events end here; their clients come back to whoever serves then.
    const quiet = live.close();
    server.closeIdleConnections();
    // Whoever waits for an operation asks again; half a minute is too long to hold a restart up.
    setTimeout(() => server.closeAllConnections(), 3_000).unref();
    return Promise.all([closed, quiet]);
  });
  const port = await listen(server, config);
  const address = { url: `http://${config.host}:${port}`, pid: process.pid };
  await writeDurably(
    path.join(config.dataFolder, "run", "api.json"),
    utf8(`${JSON.stringify(address)}\n`),
  );
  logger.info({ host: config.host, port }, "ready");
}

try {
  await main();
} catch (error) {
  const logger = createLogger({ role: "api" });
  if (error instanceof ConfigError) logger.fatal(error.message);
  else logger.fatal({ err: error }, "could not start");
  process.exit(1);
}
