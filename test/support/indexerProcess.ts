import pg from "pg";
import { connectChain } from "../../server/chain/client.ts";
import type { Deployment } from "../../server/chain/contracts.ts";
import { buildDecoder } from "../../server/chain/decode.ts";
import { createReader } from "../../server/chain/reader.ts";
import { runIndexer } from "../../server/indexer/run.ts";
import { createLogger } from "../../server/platform/logger.ts";

/** An indexer that a test can kill: what server/main/indexer.ts wires, without a data folder. */
const { DATABASE_URL, RPC_URL = "", DEPLOYMENT = "{}", INDEXER_NAME } = process.env;
const deployment = JSON.parse(DEPLOYMENT) as Deployment;
const chain = connectChain({ rpcUrl: RPC_URL, chainId: deployment.chainId });

await runIndexer({
  chainId: deployment.chainId,
  genesisHash: deployment.genesisHash,
  firstBlock: 0,
  reader: createReader(chain, Object.values(deployment.contracts)),
  decode: buildDecoder(deployment.contracts),
  finalUnder: (head) => head - 12,
  rangeBlocks: 50,
  connect: async () => {
    const client = new pg.Client({
      connectionString: DATABASE_URL,
      options: "-c role=tanpu_indexer",
      application_name: `process ${INDEXER_NAME}`,
    });
    await client.connect();
    return client;
  },
  logger: createLogger({ role: "indexer", level: "silent" }),
  signal: new AbortController().signal,
});
