import type { ChainClient } from "./client.ts";
import type { ChainLog } from "./decode.ts";
import { TooMuchError } from "./failures.ts";

type RpcLog = {
  address: string;
  topics: string[];
  data: string;
  blockNumber: string;
  blockHash: string;
  transactionIndex: string;
  transactionHash: string;
  logIndex: string;
};

/** Some providers cut an answer at a round number of logs without a word. */
const CUT_UNIT = 500;

/**
 * The contracts' logs of the blocks [first, end), each once and in chain order. Throws TooMuchError where the node does
 * not give that many. An answer with a round number of logs is not believed to be whole: its end is asked for again.
 */
export async function readLogs(
  client: ChainClient,
  addresses: readonly string[],
  first: number,
  end: number,
): Promise<ChainLog[]> {
  const ask = (from: number): Promise<RpcLog[]> =>
    client.send<RpcLog[]>("eth_getLogs", [
      { fromBlock: hex(from), toBlock: hex(end - 1), address: addresses },
    ]);
  const logs = inOrder(logsOf(await ask(first)));
  const last = logs.at(-1)?.blockNumber;
  if (last === undefined || logs.length % CUT_UNIT !== 0 || end - first === 1) return logs;
  // Of a range that was cut in its first block, the blocks behind it tell.
  const from = Math.max(last, first + 1);
  const had = logs.reduce((count, log) => count + (log.blockNumber >= from ? 1 : 0), 0);
  if ((await ask(from)).length > had) {
    throw new TooMuchError(`eth_getLogs: the answer was cut at ${logs.length} logs`);
  }
  return logs;
}

/** Nodes need not answer in order, and some repeat themselves. */
function inOrder(logs: ChainLog[]): ChainLog[] {
  const follows = (a: ChainLog, b: ChainLog): number =>
    a.blockNumber - b.blockNumber || a.logIndex - b.logIndex;
  const ordered = logs.every((log, k) => k === 0 || follows(logs[k - 1] as ChainLog, log) < 0);
  if (ordered) return logs;
  const sorted = logs.toSorted(follows);
  return sorted.filter((log, k) => k === 0 || follows(sorted[k - 1] as ChainLog, log) !== 0);
}

const hex = (value: number): string => `0x${value.toString(16)}`;

/** The logs as read. What a log has in common with the one before it is kept once: most of a range is such. */
function logsOf(answer: readonly RpcLog[]): ChainLog[] {
  let last: RpcLog | undefined;
  return answer.map((log) => {
    const { topics } = log;
    if (last) {
      if (log.address === last.address) log.address = last.address;
      if (log.blockHash === last.blockHash) log.blockHash = last.blockHash;
      if (log.transactionHash === last.transactionHash) log.transactionHash = last.transactionHash;
      for (let k = 0; k < topics.length; k++) {
        const before = last.topics[k];
        if (before !== undefined && topics[k] === before) topics[k] = before;
      }
    }
    last = log;
    return {
      address: log.address.toLowerCase(),
      topics,
      data: log.data,
      blockNumber: Number(log.blockNumber),
      blockHash: log.blockHash.toLowerCase(),
      transactionIndex: Number(log.transactionIndex),
      transactionHash: log.transactionHash.toLowerCase(),
      logIndex: Number(log.logIndex),
    };
  });
}
