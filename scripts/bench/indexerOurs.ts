// A process of its own that fills a mirror from nothing, as the indexer's role does; the benchmark measures it.
// Its last line of output: {"milliseconds", "events", "memoryMegabytes"}.
import pg from "pg";
import { connectChain } from "../../server/chain/client.ts";
import type { Deployment } from "../../server/chain/contracts.ts";
import { buildDecoder } from "../../server/chain/decode.ts";
import { createReader } from "../../server/chain/reader.ts";
import { createMirror, dropMirror } from "../../server/database/mirror.ts";
import { RANGE_BLOCKS } from "../../server/indexer/range.ts";
import { runIndexer } from "../../server/indexer/run.ts";
import { createLogger } from "../../server/platform/logger.ts";

const { databaseUrl, rpcUrl, deployment, lastBlock } = JSON.parse(process.argv[2] ?? "") as {
  databaseUrl: string;
  rpcUrl: string;
  deployment: Deployment;
  /** The chain as it was when this block was the last final one. */
  lastBlock: number;
};

const owner = new pg.Client({ connectionString: databaseUrl });
await owner.connect();
await dropMirror(owner);
await createMirror(owner);

const stop = new AbortController();
const chain = connectChain({ rpcUrl, chainId: deployment.chainId });
const reader = createReader(chain, Object.values(deployment.contracts), { ahead: true });
const since = performance.now();
let milliseconds = 0;
await runIndexer({
  chainId: deployment.chainId,
  genesisHash: deployment.genesisHash,
  firstBlock: 0,
  reader: { ...reader, head: async () => lastBlock },
  decode: buildDecoder(deployment.contracts),
  finalUnder: (head) => head,
  rangeBlocks: RANGE_BLOCKS,
  connect: async () => {
    const client = new pg.Client({
      connectionString: databaseUrl,
      options: "-c role=tanpu_indexer",
    });
    await client.connect();
    return client;
  },
  logger: createLogger({ role: "indexer", level: "warn" }),
  signal: stop.signal,
  onReady: () => {
    milliseconds = performance.now() - since;
    stop.abort();
  },
});
const counted = await owner.query<{ n: string }>("SELECT count(*) AS n FROM mirror.transfer");
await owner.end();
chain.close();
const memoryMegabytes = process.resourceUsage().maxRSS / 1024;
const events = Number(counted.rows[0]?.n);
console.log(JSON.stringify({ milliseconds, events, memoryMegabytes }));
