import http from "node:http";
import https from "node:https";

const REQUEST_TIMEOUT_MILLISECONDS = 20_000;
/** More than this in one answer is refused like a node would refuse it, so that memory stays bounded. */
const MOST_ANSWER_BYTES = 256 * 1024 * 1024;
/** The same for the logs of several blocks, which can be asked for in smaller ranges. */
const MOST_RANGE_BYTES = 6 * 1024 * 1024;
/** A batch is cut so that its answer stays near this. */
const WANTED_BATCH_BYTES = 2 * 1024 * 1024;
const MOST_BATCH_CALLS = 100;

/** What a node answered instead of a result: the error object of JSON-RPC. */
export class NodeError extends Error {
  override readonly name = "NodeError";
  readonly code: unknown;
  readonly data: unknown;

  constructor(error: { code?: unknown; message?: unknown; data?: unknown }) {
    super(typeof error.message === "string" ? error.message : "the node refused");
    this.code = error.code;
    this.data = error.data;
  }
}

/** The node did not answer in time. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
}

const RATE =
  /\brate\b|rate.?limit|too many requests|per second|quota|capacity|throttl|daily request/i;

/** Whether a node asks to be left alone for a while. */
export function isRateLimit(cause: unknown): boolean {
  return cause instanceof NodeError && (cause.code === 429 || RATE.test(cause.message));
}

/** JSON-RPC over HTTP to one node, on connections that stay open. */
export interface Node {
  /** Throws NodeError for what the node said, TimeoutError, or the transport's own error. */
  call<T>(method: string, params: readonly unknown[], milliseconds?: number): Promise<T>;
  /** The same method with many parameter lists, in as few requests as the answers' size allows; results in order. */
  batch<T>(method: string, lists: readonly (readonly unknown[])[]): Promise<T[]>;
  /** The same, where each call has an end of its own: what fails for one says nothing of the others. Never rejects. */
  each<T>(
    method: string,
    lists: readonly (readonly unknown[])[],
  ): Promise<PromiseSettledResult<T>[]>;
  close(): void;
}

type Answer = { id?: number; result?: unknown; error?: Record<string, unknown> };

/** Connects when first called. */
export function openNode(url: string): Node {
  const secure = new URL(url).protocol === "https:";
  const agent = new (secure ? https : http).Agent({ keepAlive: true, maxSockets: 16 });
  let nextId = 1;
  // What one call of a batch has weighed lately; the first guess is that of a block with few transactions.
  let callBytes = 20_000;

  const request = (
    body: string,
    milliseconds: number,
    mostBytes = MOST_ANSWER_BYTES,
  ): Promise<Buffer> => {
    const post = (): Promise<Buffer> => postOnce(url, agent, body, { milliseconds, mostBytes });
    return post().catch((cause) => {
      // The node closed an idle connection just as it was used; nothing was heard of the call.
      if (isStale(cause)) return post();
      throw cause;
    });
  };

  const answersOf = async (
    method: string,
    lists: readonly (readonly unknown[])[],
  ): Promise<(Answer | undefined)[]> => {
    const first = nextId;
    nextId += lists.length;
    const calls = lists.map((params, k) => ({ jsonrpc: "2.0", id: first + k, method, params }));
    const bytes = await request(JSON.stringify(calls), REQUEST_TIMEOUT_MILLISECONDS);
    const answers = parse(bytes) as Answer | Answer[];
    if (!Array.isArray(answers)) throw new NodeError(answers.error ?? {});
    callBytes = Math.max(1, bytes.length / lists.length);
    const results = new Map(answers.map((answer) => [answer.id, answer]));
    return lists.map((_, k) => results.get(first + k));
  };

  const some = async <T>(
    method: string,
    lists: readonly (readonly unknown[])[],
  ): Promise<readonly T[]> => {
    const answers = await answersOf(method, lists);
    return answers.map((answer) => resultOf<T>(answer));
  };

  const settled = async <T>(
    method: string,
    part: readonly (readonly unknown[])[],
  ): Promise<PromiseSettledResult<T>[]> => {
    const alone = (): Promise<PromiseSettledResult<T>[]> =>
      Promise.allSettled(part.map((params) => node.call<T>(method, params)));
    if (part.length === 1) return alone();
    try {
      const answers = await answersOf(method, part);
      return Promise.allSettled(answers.map(async (answer) => resultOf<T>(answer)));
    } catch (cause) {
      // A node that takes no batches says so in its own words; one that is away is away for each.
      if (cause instanceof NodeError && !isRateLimit(cause)) return alone();
      return part.map(() => ({ status: "rejected", reason: cause }));
    }
  };

  const node: Node = {
    call: async <T>(method: string, params: readonly unknown[], milliseconds?: number) => {
      const body = JSON.stringify({ jsonrpc: "2.0", id: nextId++, method, params });
      const bytes = await request(
        body,
        milliseconds ?? REQUEST_TIMEOUT_MILLISECONDS,
        isRange(method, params) ? MOST_RANGE_BYTES : MOST_ANSWER_BYTES,
      );
      const answer = parse(bytes) as Answer;
      if (answer.error) throw new NodeError(answer.error);
      return answer.result as T;
    },
    batch: async <T>(method: string, lists: readonly (readonly unknown[])[]) => {
      const results: T[] = [];
      let most = MOST_BATCH_CALLS;
      while (results.length < lists.length) {
        const count = Math.max(1, Math.min(most, Math.floor(WANTED_BATCH_BYTES / callBytes)));
        const part = lists.slice(results.length, results.length + count);
        if (part.length === 1) {
          results.push(await node.call<T>(method, part[0] ?? []));
          continue;
        }
        try {
          results.push(...(await some<T>(method, part)));
        } catch (cause) {
          // Nodes refuse batches in their own words, or at their own length; one by one always works.
          if (!(cause instanceof NodeError)) throw cause;
          most = Math.floor(part.length / 2);
        }
      }
      return results;
    },
    each: async <T>(method: string, lists: readonly (readonly unknown[])[]) => {
      const results: PromiseSettledResult<T>[] = [];
      while (results.length < lists.length) {
        const part = lists.slice(results.length, results.length + MOST_BATCH_CALLS);
        results.push(...(await settled<T>(method, part)));
      }
      return results;
    },
    close: () => agent.destroy(),
  };
  return node;
}

function resultOf<T>(answer: Answer | undefined): T {
  if (answer?.error) throw new NodeError(answer.error);
  if (!answer) throw new NodeError({ message: "the node left calls of a batch out" });
  return answer.result as T;
}

/** Whether a call asks for the logs of more than one block. */
function isRange(method: string, [filter]: readonly unknown[]): boolean {
  const { fromBlock, toBlock } = (filter ?? {}) as { fromBlock?: unknown; toBlock?: unknown };
  return method === "eth_getLogs" && fromBlock !== toBlock;
}

function parse(bytes: Buffer): unknown {
  try {
    const answer: unknown = JSON.parse(bytes.toString("utf8"));
    if (typeof answer === "object" && answer !== null) return answer;
  } catch {
    // Told below.
  }
  throw new Error("the node's answer is not JSON-RPC");
}

const isStale = (cause: unknown): boolean =>
  (cause as { code?: unknown }).code === "ECONNRESET" &&
  (cause as { reused?: unknown }).reused === true;

function postOnce(
  url: string,
  agent: http.Agent,
  body: string,
  { milliseconds, mostBytes }: { milliseconds: number; mostBytes: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith("https:") ? https.request : http.request;
    const request = send(url, {
      method: "POST",
      agent,
      headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
    });
    const timer = setTimeout(() => {
      request.destroy(new TimeoutError(`no answer in ${milliseconds} ms`));
    }, milliseconds);
    const fail = (cause: Error): void => {
      clearTimeout(timer);
      reject(Object.assign(cause, { reused: request.reusedSocket }));
    };
    request.once("error", fail);
    request.once("response", (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on("data", (part: Buffer) => {
        parts.push(part);
        bytes += part.length;
        if (bytes > mostBytes) {
          // In this order: breaking the answer off is reported as a failure of its own.
          fail(new NodeError({ code: -32005, message: "response size exceeded" }));
          response.destroy();
        }
      });
      response.once("error", fail);
      response.once("aborted", () => fail(new Error("the node broke its answer off")));
      response.once("end", () => {
        clearTimeout(timer);
        const status = response.statusCode ?? 0;
        const whole = Buffer.concat(parts);
        if (status < 400 || looksLikeRpc(whole)) resolve(whole);
        else if (status === 429) reject(new NodeError({ code: 429, message: "too many requests" }));
        else if (status === 413) {
          reject(new NodeError({ code: -32005, message: "response size exceeded" }));
        } else reject(new Error(`the node answered with HTTP status ${status}`));
      });
    });
    request.end(body);
  });
}

/** Many nodes answer a refused call with an HTTP error and say in its body what is wrong. */
const looksLikeRpc = (body: Buffer): boolean =>
  /^\s*[[{]/.test(body.subarray(0, 16).toString()) && body.includes('"error"');
