import pg from "pg";
import { connectChain } from "../chain/client.ts";
import { buildDecoder } from "../chain/decode.ts";
import { createReader } from "../chain/reader.ts";
import { countedClient } from "../indexer/metrics.ts";
import { prepareMirror } from "../indexer/prepare.ts";
import { firstBlockOf, RANGE_BLOCKS } from "../indexer/range.ts";
import { runIndexer } from "../indexer/run.ts";
import { readConfig } from "../platform/config.ts";
import { createLogger } from "../platform/logger.ts";
import { serveMetrics } from "../platform/metrics.ts";
import { handleShutdown } from "../platform/shutdown.ts";
import { waitForDeployment } from "./deployment.ts";

const config = readConfig();
const logger = createLogger({ role: "indexer", level: config.logLevel });
const shutdown = handleShutdown(logger);
const stop = new AbortController();
let running: Promise<void> = Promise.resolve();
shutdown.add("indexer", () => {
  stop.abort();
  return running;
});

const deployment = await waitForDeployment(config.dataFolder, logger, stop.signal);
if (deployment) {
  const { chainId, genesisHash, contracts } = deployment;
  const served = await serveMetrics({
    ...{ role: "indexer", host: config.host, port: config.metricsPort, logger },
  });
  shutdown.add("metrics", () => served?.close());
  const chain = connectChain({
    rpcUrl: config.rpcUrls,
    chainId,
    genesisHash: deployment.genesisHash,
    agreement: config.finalityAgreement,
    onTrouble: (trouble) => logger.warn(trouble, "a node of the chain was set aside"),
  });
  shutdown.add("chain", () => chain.close());

  const connect = async (options?: string): Promise<pg.Client> => {
    const client = new pg.Client({
      connectionString: config.databaseUrl,
      ...(options === undefined ? {} : { options }),
    });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const source = {
    chainId,
    firstBlock: firstBlockOf(deployment.deployedBlock),
    reader: createReader(countedClient(chain), Object.values(contracts), { ahead: true }),
    decode: buildDecoder(contracts),
    finalUnder: (head: number) => head - config.finalityBlocks,
    rangeBlocks: RANGE_BLOCKS,
  };
  // The indexer's role may not create schemas; an outdated mirror is served until this one has its place.
  const settings = { connect, logger, signal: stop.signal };
  running = prepareMirror({ ...source, ...settings }).then(() =>
    runIndexer({
      ...{ ...source, genesisHash, logger, signal: stop.signal },
      pollMilliseconds: config.pollMilliseconds,
      connect: () => connect("-c role=tanpu_indexer"),
      onReady: () => logger.info("the mirror is at the chain's head"),
    }),
  );
  logger.info("ready");
  await running;
}
