import { keccak256, Transaction } from "ethers";
import type { ChainClient } from "./client.ts";
import type { ChainLog } from "./decode.ts";
import { RetryableError } from "./failures.ts";
import { operationIdOf } from "./operationTag.ts";
import { signedBytes } from "./transactionBytes.ts";

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

export type RpcBlock = {
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
  input: string;
};
type RpcReceipt = {
  transactionHash: string;
  blockHash: string;
  status: string;
  logs?: readonly { address: string }[];
};

const PARALLEL_CALLS = 8;
/** Up to so many missing statuses of a block are asked for one by one, more with the whole block's receipts. */
const FEW_RECEIPTS = 3;

export function headerOf(block: RpcBlock): BlockHeader {
  return {
    number: Number(block.number),
    hash: block.hash.toLowerCase(),
    parentHash: block.parentHash.toLowerCase(),
    timestamp: Number(block.timestamp),
  };
}

/** The blocks [first, end) with all their transactions, in few requests. Throws when one is not there any more. */
export async function readBlocks(
  client: ChainClient,
  first: number,
  end: number,
): Promise<RpcBlock[]> {
  const lists = Array.from({ length: end - first }, (_, k) => [
    `0x${(first + k).toString(16)}`,
    true,
  ]);
  const blocks = await callAll<RpcBlock | null>(client, "eth_getBlockByNumber", lists);
  return blocks.map((block, k) => {
    if (!block) throw new RetryableError(`the chain has no block ${first + k} any more`);
    return block;
  });
}

/**
 * The transactions of blocks with their statuses. One that emitted a log succeeded; only for the others receipts are
 * read, and where a receipt holds logs of the contracts that the list of logs lacks, the list was read too early.
 */
export async function readTransactions(
  client: ChainClient,
  of: { blocks: readonly RpcBlock[]; logs: readonly ChainLog[]; addresses: readonly string[] },
  raw: boolean,
): Promise<MinedTransaction[]> {
  const { blocks, logs } = of;
  const counts = new Map<string, number>();
  for (const { transactionHash: hash } of logs) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  const statuses = new Map<string, number>();
  for (const hash of counts.keys()) statuses.set(hash, 1);
  const contracts = new Set(of.addresses);
  await readStatuses(client, blocks, statuses, (receipt) => {
    const ours = receipt.logs?.filter(({ address }) => contracts.has(address.toLowerCase()));
    const hash = receipt.transactionHash.toLowerCase();
    if (ours && ours.length !== (counts.get(hash) ?? 0)) {
      throw new RetryableError(`the node's list of logs lacks some of transaction ${hash}`);
    }
  });
  const transactions: MinedTransaction[] = [];
  for (const block of blocks) {
    const blockNumber = Number(block.number);
    for (const transaction of block.transactions) {
      const hash = transaction.hash.toLowerCase();
      transactions.push({
        blockNumber,
        index: Number(transaction.transactionIndex),
        hash,
        signer: transaction.from.toLowerCase(),
        nonce: Number(transaction.nonce),
        recipient: transaction.to?.toLowerCase() ?? null,
        status: statuses.get(hash) ?? 0,
        raw: raw ? await rawOf(client, transaction) : null,
        operationId: operationIdOf(String(transaction.input)),
      });
    }
  }
  return transactions;
}

/** Adds the statuses that are not known yet; `check` sees every receipt that is read. */
async function readStatuses(
  client: ChainClient,
  blocks: readonly RpcBlock[],
  statuses: Map<string, number>,
  check: (receipt: RpcReceipt) => void,
): Promise<void> {
  const whole: RpcBlock[] = [];
  const single: { hash: string; block: RpcBlock }[] = [];
  for (const block of blocks) {
    const missing = block.transactions.filter(({ hash }) => !statuses.has(hash.toLowerCase()));
    if (missing.length > FEW_RECEIPTS) whole.push(block);
    else for (const { hash } of missing) single.push({ hash, block });
  }
  const numbers = whole.map(({ number }) => [number]);
  let receipts: (readonly (RpcReceipt | null)[] | null)[] = [];
  try {
    receipts = await callAll(client, "eth_getBlockReceipts", numbers);
  } catch {
    // Not every node has this method, and what they answer instead differs; the slow way always works.
    for (const block of whole) {
      for (const { hash } of block.transactions) single.push({ hash, block });
    }
  }
  const add = (receipt: RpcReceipt | null | undefined, block: RpcBlock | undefined): void => {
    if (receipt && receipt.blockHash.toLowerCase() === block?.hash.toLowerCase()) {
      check(receipt);
      statuses.set(receipt.transactionHash.toLowerCase(), Number(receipt.status));
    }
  };
  receipts.forEach((list, k) => {
    for (const receipt of list ?? []) add(receipt, whole[k]);
  });
  const hashes = single.map(({ hash }) => [hash]);
  const one = await callAll<RpcReceipt | null>(client, "eth_getTransactionReceipt", hashes);
  one.forEach((receipt, k) => {
    add(receipt, single[k]?.block);
  });
  for (const block of blocks) {
    if (block.transactions.some(({ hash }) => !statuses.has(hash.toLowerCase()))) {
      throw new RetryableError(
        `block ${Number(block.number)} changed while its receipts were read`,
      );
    }
  }
}

/** One method many times: in batches where the client can, else a few calls at a time. Results in order. */
async function callAll<T>(
  client: ChainClient,
  method: string,
  lists: readonly (readonly unknown[])[],
): Promise<T[]> {
  if (lists.length === 0) return [];
  if (client.batch && lists.length > 1) return client.batch<T>(method, lists);
  const results: T[] = new Array(lists.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < lists.length; index = next++) {
      results[index] = await client.send<T>(method, lists[index] as readonly unknown[]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_CALLS, lists.length) }, lane));
  return results;
}

/** The signed bytes, put together from the fields; asked of the node when they do not hash right. */
async function rawOf(client: ChainClient, transaction: RpcTransaction): Promise<string> {
  try {
    const plain = plainBytes(client.chainId, transaction);
    if (plain && keccak256(plain) === transaction.hash.toLowerCase()) {
      return `0x${plain.toString("hex")}`;
    }
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

/** The bytes of the usual kind of transaction; undefined for any other. */
function plainBytes(chainId: number, transaction: RpcTransaction): Buffer | undefined {
  const { type, accessList, r, s, v, yParity } = transaction;
  if (Number(type) !== 2 || (Array.isArray(accessList) && accessList.length > 0)) return undefined;
  const amount = (name: string): bigint => BigInt(transaction[name] as string);
  const fields = {
    ...{ chainId, nonce: Number(transaction.nonce), to: transaction.to, data: transaction.input },
    ...{ value: amount("value"), gasLimit: amount("gas") },
    ...{ maxFeePerGas: amount("maxFeePerGas") },
    maxPriorityFeePerGas: amount("maxPriorityFeePerGas"),
  };
  const rs = Buffer.from(`${padded(r).slice(2)}${padded(s).slice(2)}`, "hex");
  return signedBytes(fields, { rs, yParity: Number(yParity ?? v) });
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
