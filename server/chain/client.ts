import { FetchRequest, isError, JsonRpcProvider, Network } from "ethers";
import { PermanentError, RetryableError } from "./failures.ts";

const REQUEST_TIMEOUT_MILLISECONDS = 20_000;

/** What a call of a contract gave: its return data, or the revert data it refused with. */
export type CallResult =
  | { readonly ok: true; readonly data: string }
  | { readonly ok: false; readonly revertData: string };

/**
 * JSON-RPC to one node of one chain. Nothing is cached, detected or polled behind the caller's back:
 * ethers would otherwise answer from a quarter of a second ago, which breaks "read the head, then act".
 */
export interface ChainClient {
  readonly chainId: number;
  /** One JSON-RPC call. Throws RetryableError or PermanentError, with the cause. */
  send<T>(method: string, params: readonly unknown[]): Promise<T>;
  /** `eth_call` or `eth_estimateGas`, where a revert is an answer and not a failure. */
  attempt(method: "eth_call" | "eth_estimateGas", params: readonly unknown[]): Promise<CallResult>;
  close(): void;
}

/** Connects lazily; the first call tells whether the node is there. */
export function connectChain(options: { rpcUrl: string; chainId: number }): ChainClient {
  const request = new FetchRequest(options.rpcUrl);
  request.timeout = REQUEST_TIMEOUT_MILLISECONDS;
  const network = Network.from(options.chainId);
  const provider = new JsonRpcProvider(request, network, {
    staticNetwork: network,
    cacheTimeout: -1,
    batchMaxCount: 1,
    batchStallTime: 0,
  });
  const send = async <T>(method: string, params: readonly unknown[]): Promise<T> => {
    try {
      return (await provider.send(method, [...params])) as T;
    } catch (cause) {
      throw failureOf(method, cause);
    }
  };
  return {
    chainId: options.chainId,
    send,
    attempt: async (method, params) => {
      try {
        return { ok: true, data: (await provider.send(method, [...params])) as string };
      } catch (cause) {
        if (isError(cause, "CALL_EXCEPTION")) return { ok: false, revertData: cause.data ?? "0x" };
        throw failureOf(method, cause);
      }
    },
    close: () => provider.destroy(),
  };
}

/** Asks a node which chain it serves, before a client bound to one can exist. */
export async function askChainId(rpcUrl: string): Promise<number> {
  const request = new FetchRequest(rpcUrl);
  request.timeout = REQUEST_TIMEOUT_MILLISECONDS;
  request.body = { jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] };
  try {
    const response = await request.send();
    response.assertOk();
    return Number((response.bodyJson as { result: string }).result);
  } catch (cause) {
    throw new RetryableError("the chain's node does not answer", { cause });
  }
}

// The node understood these and will say the same again, whoever asks and whenever.
const PERMANENT_CODES = new Set<unknown>([-32600, -32601, -32602, -32700]);

/** Sorts a failure by whether the same call may succeed later. */
function failureOf(method: string, cause: unknown): RetryableError | PermanentError {
  const text = nodeMessage(cause);
  const message = `${method}: ${text}`;
  const code = nodeError(cause)?.code;
  return PERMANENT_CODES.has(code)
    ? new PermanentError(message, { cause })
    : new RetryableError(message, { cause });
}

type NodeError = { code?: unknown; message?: unknown };

/** The error object of the JSON-RPC answer, which ethers files in one of two places. */
function nodeError(cause: unknown): NodeError | undefined {
  if (typeof cause !== "object" || cause === null) return undefined;
  const { error, info } = cause as { error?: NodeError; info?: { error?: NodeError } };
  return error ?? info?.error;
}

/** What the node itself said, or the transport when it said nothing. */
export function nodeMessage(cause: unknown): string {
  const said = nodeError(cause)?.message;
  if (typeof said === "string") return said;
  return cause instanceof Error ? cause.message : String(cause);
}
