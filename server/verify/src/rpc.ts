import { z } from "zod";
import { Unusable } from "./unusable.ts";

const hexNumber = z.string().regex(/^0x[0-9a-f]+$/);
const hexData = z.string().regex(/^0x[0-9a-fA-F]*$/);
const blockSchema = z.object({ number: hexNumber, hash: hexData, timestamp: hexNumber });
const logSchema = z.object({
  address: hexData,
  topics: z.array(hexData),
  data: hexData,
  blockNumber: hexNumber,
  transactionHash: hexData,
  logIndex: hexNumber,
});
const transactionSchema = z.object({ to: hexData.nullish(), input: hexData });
const answerSchema = z.object({
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).nullish(),
});

export type Block = { number: number; hash: string; timestamp: number };
export type Log = {
  address: string;
  topics: string[];
  data: string;
  blockNumber: number;
  transactionHash: string;
};
/** Whom a transaction called, and with what; `to` is null when it created a contract. */
export type Call = { to: string | null; input: string };

/** Longest wait for one answer. */
const PATIENCE_MILLISECONDS = 30_000;
/** Nodes refuse wide questions; a few thousand blocks are answered everywhere. */
export const RANGE_BLOCKS = 5_000;

/** The few questions this checker asks a node. Every method throws `Unusable` when it gets no answer. */
export interface Rpc {
  chainId(): Promise<number>;
  block(which: number | "latest"): Promise<Block>;
  code(address: string): Promise<string>;
  transaction(hash: string): Promise<Call>;
  /** Logs of these addresses in blocks [first, last], both included, oldest first. */
  logs(addresses: readonly string[], first: number, last: number): Promise<Log[]>;
  /** Result of a read-only call as of a block. */
  call(address: string, data: string, block: number): Promise<string>;
}

/** Spans of at most `size` blocks that cover [first, last]. */
export function rangesOf(first: number, last: number, size: number): [number, number][] {
  const ranges: [number, number][] = [];
  for (let start = first; start <= last; start += size) {
    ranges.push([start, Math.min(start + size - 1, last)]);
  }
  return ranges;
}

const toQuantity = (value: number): string => `0x${value.toString(16)}`;

async function answerOf(url: string, method: string, params: unknown[]): Promise<unknown> {
  let body: unknown;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
    });
    body = await response.json();
  } catch {
    throw new Unusable(`The chain node at ${url} does not answer.`);
  }
  const answer = answerSchema.safeParse(body);
  if (!answer.success) throw new Unusable(`What answers at ${url} is not a chain node.`);
  if (answer.data.error) {
    throw new Unusable(`The chain node refuses ${method}: ${answer.data.error.message}`);
  }
  return answer.data.result;
}

/** A client for the node at `url` (http or https). */
export function openRpc(url: string): Rpc {
  const ask = async <T>(method: string, params: unknown[], form: z.ZodType<T>): Promise<T> => {
    const result = form.safeParse(await answerOf(url, method, params));
    if (!result.success)
      throw new Unusable(`The chain node answers ${method} with something else.`);
    return result.data;
  };
  const logsOf = async (addresses: readonly string[], first: number, last: number) => {
    const filter = {
      address: addresses,
      fromBlock: toQuantity(first),
      toBlock: toQuantity(last),
    };
    const logs = await ask("eth_getLogs", [filter], z.array(logSchema));
    return logs.map((log) => ({ ...log, blockNumber: Number(log.blockNumber) }));
  };
  return {
    chainId: async () => Number(await ask("eth_chainId", [], hexNumber)),
    block: async (which) => {
      const tag = which === "latest" ? which : toQuantity(which);
      const block = await ask("eth_getBlockByNumber", [tag, false], blockSchema);
      return {
        number: Number(block.number),
        hash: block.hash.toLowerCase(),
        timestamp: Number(block.timestamp),
      };
    },
    transaction: async (hash) => {
      const { to, input } = await ask("eth_getTransactionByHash", [hash], transactionSchema);
      return { to: to?.toLowerCase() ?? null, input };
    },
    code: (address) => ask("eth_getCode", [address, "latest"], hexData),
    logs: async (addresses, first, last) => {
      const all: Log[] = [];
      for (const [start, end] of rangesOf(first, last, RANGE_BLOCKS)) {
        all.push(...(await logsOf(addresses, start, end)));
      }
      return all;
    },
    call: (address, data, block) =>
      ask("eth_call", [{ to: address, data }, toQuantity(block)], hexData),
  };
}
