import { PermanentError, RetryableError, TooMuchError } from "./failures.ts";
import { isRateLimit, NodeError, openNode, TimeoutError } from "./node.ts";
import { type Agreement, type NodePauses, NodePool, type NodeTrouble } from "./nodes.ts";

/** What a call of a contract gave: its return data, or the revert data it refused with. */
export type CallResult =
  | { readonly ok: true; readonly data: string }
  | { readonly ok: false; readonly revertData: string };

/**
 * JSON-RPC to one chain, through one node or several. Nothing is cached behind the caller's back: an answer
 * of a quarter of a second ago would break "read the head, then act".
 */
export interface ChainClient {
  readonly chainId: number;
  /** One JSON-RPC call. Throws RetryableError (TooMuchError among them) or PermanentError, with the cause. */
  send<T>(method: string, params: readonly unknown[]): Promise<T>;
  /** One method with many parameter lists, in few requests; results in order. Who lacks it is asked one by one. */
  batch?<T>(method: string, lists: readonly (readonly unknown[])[]): Promise<T[]>;
  /** The same, where each call has an end of its own, in order; a failure is one that `send` would throw. */
  each?<T>(
    method: string,
    lists: readonly (readonly unknown[])[],
  ): Promise<PromiseSettledResult<T>[]>;
  /** `eth_call` or `eth_estimateGas`, where a revert is an answer and not a failure. */
  attempt(method: "eth_call" | "eth_estimateGas", params: readonly unknown[]): Promise<CallResult>;
  /**
   * Whether enough nodes have this block at this height for it to become final; a single configured node is not asked.
   * Throws DisagreementError when nodes have another block there, and those with this one are not enough or not more.
   */
  agree?(height: number, hash: string): Promise<Agreement>;
  close(): void;
}

/**
 * Connects lazily; the first call tells whether the node is there. `rpcUrl` may name several nodes, in a list or
 * separated by commas, the preferred one first: calls go to the first that is in order, transactions to all.
 */
export function connectChain(options: {
  rpcUrl: string | readonly string[];
  chainId: number;
  /** Told when a node is set aside, by host: its URL may hold a key. */
  onTrouble?: (trouble: NodeTrouble) => void;
  /** Hash of block 0; where given, a second node that begins otherwise is never asked. */
  genesisHash?: string;
  /** How many nodes must have a block before it may become final; more than half of them when not given. */
  agreement?: number | undefined;
  pauses?: NodePauses;
}): ChainClient {
  const pool = new NodePool({ ...options, urls: rpcUrlsOf(options.rpcUrl) });
  const mapped = async <T>(method: string, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (cause) {
      throw failureOf(method, cause);
    }
  };
  return {
    chainId: options.chainId,
    send: (method, params) => mapped(method, pool.call(method, params)),
    batch: (method, lists) => mapped(method, pool.batch(method, lists)),
    each: async <T>(method: string, lists: readonly (readonly unknown[])[]) => {
      const results = await pool.each<T>(method, lists);
      return results.map((result) =>
        result.status === "fulfilled"
          ? result
          : { status: "rejected", reason: failureOf(method, result.reason) },
      );
    },
    attempt: async (method, params) => {
      try {
        return { ok: true, data: await pool.call<string>(method, params) };
      } catch (cause) {
        const revertData = revertDataOf(cause);
        if (revertData !== undefined) return { ok: false, revertData };
        throw failureOf(method, cause);
      }
    },
    agree: (height, hash) => pool.agree(height, hash),
    close: () => pool.close(),
  };
}

/** Asks a node which chain it serves, before a client bound to one can exist. Throws RetryableError. */
export async function askChainId(rpcUrl: string): Promise<number> {
  const url = rpcUrlsOf(rpcUrl)[0] ?? rpcUrl;
  const node = openNode(url);
  try {
    return Number(await node.call<string>("eth_chainId", []));
  } catch (cause) {
    throw new RetryableError("the chain's node does not answer", { cause });
  } finally {
    node.close();
  }
}

/** The URLs of a setting such as `RPC_URL`, which separates them with commas. */
export function rpcUrlsOf(setting: string | readonly string[]): readonly string[] {
  if (typeof setting !== "string") return setting;
  const urls = setting.split(",").map((url) => url.trim());
  return urls.filter((url) => url !== "");
}

// The node understood these and will say the same again, whoever asks and whenever.
const PERMANENT_CODES = new Set<unknown>([-32600, -32601, -32602, -32700]);
const TOO_MUCH =
  /too (many|large|big|wide|long)|more than \d|limit|exceed|range|time(d)? ?out|response size|maximum|max /i;
const REVERTED =
  /revert|opcode|out of gas|gas required exceeds|always failing|jump|stack (over|under)flow|VM Exception/i;

/** Sorts a failure by whether the same call, or a smaller one, may succeed later. */
function failureOf(method: string, cause: unknown): RetryableError | PermanentError {
  const message = `${method}: ${nodeMessage(cause)}`;
  const options = { cause };
  if (!(cause instanceof NodeError)) {
    return cause instanceof TimeoutError && method === "eth_getLogs"
      ? new TooMuchError(message, options)
      : new RetryableError(message, options);
  }
  if (isRateLimit(cause)) return new RetryableError(message, options);
  // Nodes refuse a range under every code there is; only the words tell it from a malformed call.
  if (method === "eth_getLogs" && (cause.code === -32005 || TOO_MUCH.test(cause.message))) {
    return new TooMuchError(message, options);
  }
  return PERMANENT_CODES.has(cause.code)
    ? new PermanentError(message, options)
    : new RetryableError(message, options);
}

/** What a refused call reverted with, `0x` when it says nothing; undefined when the call itself failed. */
function revertDataOf(cause: unknown): string | undefined {
  if (!(cause instanceof NodeError) || isRateLimit(cause)) return undefined;
  const data = hexWithin(cause.data);
  if (data !== undefined) return data;
  return cause.code === 3 || REVERTED.test(cause.message) ? "0x" : undefined;
}

/** Nodes put the revert data into `data`, or somewhere below it. */
function hexWithin(data: unknown): string | undefined {
  if (typeof data === "string") {
    const found = /^(?:Reverted )?(0x(?:[0-9a-f]{2})*)$/i.exec(data)?.[1];
    return found === "0x" ? undefined : found;
  }
  if (typeof data !== "object" || data === null) return undefined;
  for (const value of Object.values(data)) {
    const found = hexWithin(value);
    if (found !== undefined && found.length >= 10 && found.length !== 66) return found;
  }
  return undefined;
}

/** What the node itself said, or the transport when it said nothing. */
export function nodeMessage(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0)
    return nodeMessage(cause.errors[0]);
  return cause instanceof Error ? cause.message : String(cause);
}
