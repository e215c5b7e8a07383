import {
  type BlockHeader,
  headerOf,
  type MinedTransaction,
  type RpcBlock,
  readBlocks,
  readTransactions,
} from "./blocks.ts";
import type { ChainClient } from "./client.ts";
import type { ChainLog } from "./decode.ts";
import { RetryableError, TooMuchError } from "./failures.ts";
import { readLogs } from "./logs.ts";
import type { Agreement } from "./nodes.ts";
import { createPace } from "./pace.ts";

/** Everything the mirror wants of the blocks [first, end). */
export type ChainRange = {
  readonly first: number;
  readonly end: number;
  readonly blocks: readonly BlockHeader[];
  readonly transactions: readonly MinedTransaction[];
  /** Of the registry's contracts, in chain order. */
  readonly logs: readonly ChainLog[];
};

/** Reads blocks, transactions and logs. Everything it throws is RetryableError, PermanentError or DisagreementError. */
export interface ChainReader {
  /** Number of the newest block. */
  head(): Promise<number>;
  /** Null when the chain has no such block (any more). */
  header(number: number): Promise<BlockHeader | null>;
  /**
   * The blocks [first, end) with all their transactions and the registry's logs, taken from one and the same fork:
   * RetryableError when the chain changed while reading. It may end earlier than asked, where the node does not give
   * that much at once or memory would not hold it; never before its first block.
   */
  range(first: number, end: number, options: { raw: boolean }): Promise<ChainRange>;
  /** Whether enough configured nodes have this block; see ChainClient. Where it is missing, nobody is asked. */
  agree?(height: number, hash: string): Promise<Agreement>;
  /** How many transactions of the account are in blocks: its next nonce. */
  transactionCount(address: string): Promise<number>;
}

/** In how many answers a range is read. */
const PARTS = 4;

const hex = (value: number): string => `0x${value.toString(16)}`;

/**
 * A reader of these contracts. With `ahead`, the part of a range that did not fit into one answer is fetched while the
 * caller writes the part before it; that takes the memory of two answers.
 */
export function createReader(
  client: ChainClient,
  addresses: readonly string[],
  options: { ahead?: boolean } = {},
): ChainReader {
  const pace = createPace();
  let ahead: { first: number; range: Promise<ChainRange | undefined> } | undefined;
  const readPart = async (first: number, end: number, raw: boolean): Promise<ChainRange> => {
    const [logs, rpcBlocks] = await Promise.all([
      readLogs(client, addresses, first, end),
      readBlocks(client, first, end),
    ]);
    const blocks = rpcBlocks.map(headerOf);
    checkFork(first, blocks);
    checkLogs(first, blocks, logs);
    const of = { blocks: rpcBlocks, logs, addresses };
    const transactions = await readTransactions(client, of, raw);
    return { first, end, blocks, transactions, logs };
  };
  const read = async (first: number, end: number, raw: boolean): Promise<ChainRange> => {
    const range = await inParts(first, end, (from, until) => readPart(from, until, raw));
    checkFork(first, range.blocks);
    pace.came(end - first, Math.max(range.logs.length, range.transactions.length));
    return range;
  };
  const readSome = async (first: number, end: number, raw: boolean): Promise<ChainRange> => {
    for (;;) {
      const last = Math.min(end, first + pace.blocks);
      try {
        return await read(first, last, raw);
      } catch (cause) {
        if (!(cause instanceof TooMuchError) || last - first === 1) throw cause;
        pace.refused(last - first);
      }
    }
  };
  return {
    head: async () => Number(await client.send<string>("eth_blockNumber", [])),
    header: async (number) => {
      const block = await client.send<RpcBlock | null>("eth_getBlockByNumber", [
        hex(number),
        false,
      ]);
      return block && headerOf(block);
    },
    transactionCount: async (address) =>
      Number(await client.send<string>("eth_getTransactionCount", [address, "latest"])),
    ...(client.agree === undefined ? {} : { agree: client.agree }),
    range: async (first, end, { raw }) => {
      const fetched = ahead?.first === first && !raw ? await ahead.range : undefined;
      ahead = undefined;
      const range = fetched && fetched.end <= end ? fetched : await readSome(first, end, raw);
      if (options.ahead && !raw && range.end < end) {
        // What goes wrong here is thrown when the same blocks are asked for.
        const next = readSome(range.end, end, false).catch(() => undefined);
        ahead = { first: range.end, range: next };
      }
      return range;
    },
  };
}

/**
 * Reads a range in a few parts, the next one under way while one is taken apart. A node's answer is many times as large
 * as what is kept of it, and the smaller the answers are, the less of them is moved about before it is garbage.
 */
async function inParts(
  first: number,
  end: number,
  read: (first: number, end: number) => Promise<ChainRange>,
): Promise<ChainRange> {
  const blocks = Math.ceil((end - first) / PARTS);
  const readFrom = (from: number): Promise<ChainRange> => read(from, Math.min(from + blocks, end));
  const parts: ChainRange[] = [];
  let next = readFrom(first);
  for (;;) {
    const part = await next;
    parts.push(part);
    if (part.end === end) break;
    next = readFrom(part.end);
    // Thrown where it is awaited, which is a turn later.
    next.catch(() => undefined);
  }
  return {
    ...{ first, end },
    blocks: parts.flatMap((part) => part.blocks),
    transactions: parts.flatMap((part) => part.transactions),
    logs: parts.flatMap((part) => part.logs),
  };
}

function checkFork(first: number, blocks: readonly BlockHeader[]): void {
  for (let index = 1; index < blocks.length; index++) {
    if (blocks[index]?.parentHash !== blocks[index - 1]?.hash) {
      throw new RetryableError(`block ${first + index} does not follow the one read before it`);
    }
  }
}

/** A log of a block that was not asked for is of no block here either. */
function checkLogs(first: number, blocks: readonly BlockHeader[], logs: readonly ChainLog[]): void {
  for (const log of logs) {
    if (blocks[log.blockNumber - first]?.hash !== log.blockHash) {
      throw new RetryableError(`a log of block ${log.blockNumber} is from another fork`);
    }
  }
}
