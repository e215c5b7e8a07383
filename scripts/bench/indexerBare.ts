// The least an indexer can do, as a process of its own: read the logs by range, cut the words out by hand, and copy raw
// rows into one table without keys. Its last line of output: {"milliseconds", "events", "memoryMegabytes"}.
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { openNode } from "../../server/chain/node.ts";

const { databaseUrl, rpcUrl, token, firstBlock, lastBlock } = JSON.parse(process.argv[2] ?? "") as {
  databaseUrl: string;
  rpcUrl: string;
  token: string;
  firstBlock: number;
  lastBlock: number;
};
type Log = { topics: string[]; data: string; blockNumber: string; logIndex: string };

/** 6,000 logs at once; from 8 to 30 blocks it is equally fast, with more the answers become too large. */
const BLOCKS = 30;
const TRANSFER_SINGLE = "0xc3d58168c5ae7397731d063d5bbf3d657854427343f4c083240f7aacaa2d0f62";

const client = new pg.Client({ connectionString: databaseUrl });
await client.connect();
await client.query("DROP TABLE IF EXISTS bare_transfer");
await client.query(
  `CREATE TABLE bare_transfer (block bigint, log integer, operator bytea, sender bytea, recipient bytea,
   token_id bytea, grams numeric)`,
);
const node = openNode(rpcUrl);
const since = performance.now();
let events = 0;
for (let first = firstBlock; first <= lastBlock; first += BLOCKS) {
  const last = Math.min(first + BLOCKS - 1, lastBlock);
  const logs = await node.call<Log[]>("eth_getLogs", [
    {
      fromBlock: `0x${first.toString(16)}`,
      toBlock: `0x${last.toString(16)}`,
      address: token,
      topics: [TRANSFER_SINGLE],
    },
  ]);
  let lines = "";
  for (const { topics, data, blockNumber, logIndex } of logs) {
    const [, operator = "", sender = "", recipient = ""] = topics;
    lines += `${Number(blockNumber)}\t${Number(logIndex)}\t\\\\x${operator.slice(26)}\t\\\\x${sender.slice(26)}\t\\\\x${recipient.slice(26)}\t\\\\x${data.slice(2, 66)}\t${BigInt(`0x${data.slice(66, 130)}`)}\n`;
  }
  events += logs.length;
  await pipeline(Readable.from([lines]), client.query(copyFrom("COPY bare_transfer FROM STDIN")));
}
const milliseconds = performance.now() - since;
await client.query("DROP TABLE bare_transfer");
await client.end();
node.close();
const memoryMegabytes = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ milliseconds, events, memoryMegabytes }));
