import { Transaction } from "ethers";
import type { ChainClient } from "./client.ts";
import type { ChainLog } from "./decode.ts";
import { RetryableError } from "./failures.ts";
import { operationIdOf } from "./operationTag.ts";

export type BlockHeader = {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  /** Unix seconds. */
  readonly timestamp: number;
};

/** A transaction as it stands in a block. `raw` are its signed bytes, null when not asked for. */
export type MinedTransaction = {
  readonly blockNumber: number;
  readonly index: number;
  readonly hash: string;
  readonly signer: string;
  readonly nonce: number;
  /** Null when it created a contract. */
  readonly recipient: string | null;
  /** 1 succeeded, 0 reverted. */
  readonly status: number;
  readonly raw: string | null;
  /** The operation that its calldata names, a UUID; it counts for operations of this signer only. */
  readonly operationId: string | null;
};

/** Everything the mirror wants of the blocks [first, end). */
export type ChainRange = {
  readonly first: number;
  readonly end: number;
  readonly blocks: readonly BlockHeader[];
  readonly transactions: readonly MinedTransaction[];
  /** Of the registry's contracts, in chain order. */
  readonly logs: readonly ChainLog[];
};

/** Reads blocks, transactions and logs. Everything it throws is RetryableError or PermanentError. */
export interface ChainReader {
  /** Number of the newest block. */
  head(): Promise<number>;
  /** Null when the chain has no such block (any more). */
  header(number: number): Promise<BlockHeader | null>;
  /**
   * The blocks [first, end) with all their transactions and the registry's logs, taken from one and the
   * same fork: RetryableError when the chain changed while reading.
   */
  range(first: number, end: number, options: { raw: boolean }): Promise<ChainRange>;
  /** How many transactions of the account are in blocks: its next nonce. */
  transactionCount(address: string): Promise<number>;
}

type RpcBlock = {
  number: string;
  hash: string;
  parentHash: string;
  timestamp: string;
  transactions: RpcTransaction[];
};
type RpcTransaction = Record<string, unknown> & {
  hash: string;
  from: string;
  to: string | null;
  nonce: string;
  transactionIndex: string;
};
type RpcReceipt = { transactionHash: string; blockHash: string; status: string };
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

const PARALLEL_READS = 8;
const hex = (value: number): string => `0x${value.toString(16)}`;

export function createReader(client: ChainClient, addresses: readonly string[]): ChainReader {
  const header = async (number: number): Promise<BlockHeader | null> => {
    const block = await client.send<RpcBlock | null>("eth_getBlockByNumber", [hex(number), false]);
    return block && headerOf(block);
  };
  return {
    head: async () => Number(await client.send<string>("eth_blockNumber", [])),
    header,
    transactionCount: async (address) =>
      Number(await client.send<string>("eth_getTransactionCount", [address, "latest"])),
    range: async (first, end, { raw }) => {
      const numbers = Array.from({ length: end - first }, (_, index) => first + index);
      const [rpcLogs, read] = await Promise.all([
        client.send<RpcLog[]>("eth_getLogs", [
          { fromBlock: hex(first), toBlock: hex(end - 1), address: addresses },
        ]),
        inParallel(numbers, (number) => readBlock(client, number, raw)),
      ]);
      const blocks = read.map((block) => block.header);
      const logs = rpcLogs.map(logOf);
      checkSameFork(first, blocks, logs);
      return {
        first,
        end,
        blocks,
        transactions: read.flatMap((block) => block.transactions),
        logs,
      };
    },
  };
}

function headerOf(block: RpcBlock): BlockHeader {
  return {
    number: Number(block.number),
    hash: block.hash.toLowerCase(),
    parentHash: block.parentHash.toLowerCase(),
    timestamp: Number(block.timestamp),
  };
}

function logOf(log: RpcLog): ChainLog {
  return {
    address: log.address.toLowerCase(),
    topics: log.topics,
    data: log.data,
    blockNumber: Number(log.blockNumber),
    blockHash: log.blockHash.toLowerCase(),
    transactionIndex: Number(log.transactionIndex),
    transactionHash: log.transactionHash.toLowerCase(),
    logIndex: Number(log.logIndex),
  };
}

async function readBlock(
  client: ChainClient,
  number: number,
  raw: boolean,
): Promise<{ header: BlockHeader; transactions: MinedTransaction[] }> {
  const block = await client.send<RpcBlock | null>("eth_getBlockByNumber", [hex(number), true]);
  if (!block) throw new RetryableError(`the chain has no block ${number} any more`);
  const header = headerOf(block);
  if (block.transactions.length === 0) return { header, transactions: [] };
  const statuses = await readStatuses(client, block);
  const transactions = await inParallel(block.transactions, async (transaction) => ({
    blockNumber: number,
    index: Number(transaction.transactionIndex),
    hash: transaction.hash.toLowerCase(),
    signer: transaction.from.toLowerCase(),
    nonce: Number(transaction.nonce),
    recipient: transaction.to?.toLowerCase() ?? null,
    status: statuses.get(transaction.hash.toLowerCase()) ?? 0,
    raw: raw ? await rawOf(client, transaction) : null,
    operationId: operationIdOf(String(transaction.input)),
  }));
  return { header, transactions };
}

/** Whether each transaction of a block succeeded; one call where the node can, else one each. */
async function readStatuses(client: ChainClient, block: RpcBlock): Promise<Map<string, number>> {
  let receipts: (RpcReceipt | null)[] | null;
  try {
    receipts = await client.send<RpcReceipt[] | null>("eth_getBlockReceipts", [block.number]);
  } catch {
    // Not every node has this method, and what they answer instead differs; the slow way always works.
    receipts = await inParallel(block.transactions, ({ hash }) =>
      client.send<RpcReceipt | null>("eth_getTransactionReceipt", [hash]),
    );
  }
  const statuses = new Map<string, number>();
  for (const receipt of receipts ?? []) {
    if (receipt?.blockHash.toLowerCase() === block.hash.toLowerCase()) {
      statuses.set(receipt.transactionHash.toLowerCase(), Number(receipt.status));
    }
  }
  if (statuses.size !== block.transactions.length) {
    throw new RetryableError(`block ${Number(block.number)} changed while its receipts were read`);
  }
  return statuses;
}

/** The signed bytes, put together from the fields; asked of the node when they do not hash right. */
async function rawOf(client: ChainClient, transaction: RpcTransaction): Promise<string> {
  try {
    const built = Transaction.from({
      type: Number(transaction.type ?? 0),
      chainId: client.chainId,
      nonce: Number(transaction.nonce),
      to: transaction.to,
      gasLimit: transaction.gas as string,
      value: transaction.value as string,
      data: transaction.input as string,
      ...feesOf(transaction),
      signature: {
        r: padded(transaction.r),
        s: padded(transaction.s),
        v: Number(transaction.v ?? transaction.yParity),
      },
    });
    if (built.hash?.toLowerCase() === transaction.hash.toLowerCase()) return built.serialized;
  } catch {
    // A kind of transaction that ethers does not know; the node does.
  }
  return client.send<string>("eth_getRawTransactionByHash", [transaction.hash]);
}

const padded = (value: unknown): string => `0x${String(value).slice(2).padStart(64, "0")}`;

function feesOf(transaction: RpcTransaction): Record<string, unknown> {
  const type = Number(transaction.type ?? 0);
  if (type === 0) return { gasPrice: transaction.gasPrice };
  const accessList = transaction.accessList ?? [];
  if (type === 1) return { gasPrice: transaction.gasPrice, accessList };
  const { maxFeePerGas, maxPriorityFeePerGas } = transaction;
  return { maxFeePerGas, maxPriorityFeePerGas, accessList };
}

function checkSameFork(
  first: number,
  blocks: readonly BlockHeader[],
  logs: readonly ChainLog[],
): void {
  for (let index = 1; index < blocks.length; index++) {
    if (blocks[index]?.parentHash !== blocks[index - 1]?.hash) {
      throw new RetryableError(`block ${first + index} does not follow the one read before it`);
    }
  }
  for (const log of logs) {
    if (blocks[log.blockNumber - first]?.hash !== log.blockHash) {
      throw new RetryableError(`a log of block ${log.blockNumber} is from another fork`);
    }
  }
}

/** Maps with a bounded number of calls under way, keeping the order. */
async function inParallel<In, Out>(
  items: readonly In[],
  work: (item: In) => Promise<Out>,
): Promise<Out[]> {
  const results: Out[] = new Array(items.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await work(items[index] as In);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_READS, items.length) }, lane));
  return results;
}
