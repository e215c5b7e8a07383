import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** How a fake node answers one call; throwing a FakeError gives that JSON-RPC error. */
export type Answerer = (method: string, params: readonly unknown[]) => unknown;

export class FakeError extends Error {
  readonly code: number;
  readonly data: unknown;
  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

type Call = { id: number; method: string; params: unknown[] };

/** A JSON-RPC server whose chain is a list of hashes, and whose faults a test switches on. */
export class FakeNode {
  readonly url: string;
  readonly #server: Server;
  /** Methods in the order in which they were asked; a batch gives `batch` before its calls. */
  readonly asked: string[] = [];
  /** What it does with every request: answer, an HTTP status, or nothing at all. */
  fault: number | "silent" | undefined;
  takesBatches = true;
  answer: Answerer;

  private constructor(server: Server, answer: Answerer) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.answer = answer;
  }

  static async open(answer: Answerer): Promise<FakeNode> {
    let node: FakeNode | undefined;
    const server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      if (!node || node.fault === "silent") return;
      response.statusCode = node.fault ?? 200;
      if (node.fault !== undefined) return void response.end("out of order");
      const body = JSON.parse(Buffer.concat(parts).toString()) as Call | Call[];
      response.end(JSON.stringify(node.#respond(body)));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    node = new FakeNode(server, answer);
    return node;
  }

  count(method: string): number {
    return this.asked.filter((one) => one === method).length;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #respond(body: Call | Call[]): unknown {
    if (!Array.isArray(body)) return this.#one(body);
    this.asked.push("batch");
    if (!this.takesBatches) return { id: null, error: { code: -32600, message: "no batches" } };
    // Nodes may answer a batch in any order.
    return body.map((call) => this.#one(call)).reverse();
  }

  #one({ id, method, params }: Call): unknown {
    this.asked.push(method);
    try {
      return { jsonrpc: "2.0", id, result: this.answer(method, params) };
    } catch (cause) {
      const { code, message, data } = cause as FakeError;
      return { jsonrpc: "2.0", id, error: { code: code ?? -32_000, message, data } };
    }
  }
}

/** A chain for fake nodes: block n has the hash that `hashOf` says. */
export type FakeChain = {
  chainId: number;
  head: number;
  /** Makes branches: blocks with another salt have other hashes. */
  saltOf: (height: number) => number;
};

export function fakeHash(height: number, salt = 0): string {
  return `0x${salt.toString(16).padStart(32, "0")}${height.toString(16).padStart(32, "0")}`;
}

/** Answers of a node that has this chain, of empty blocks. */
export function answersOf(chain: FakeChain): Answerer {
  const blockAt = (height: number): unknown => {
    if (height > chain.head) return null;
    const hash = fakeHash(height, chain.saltOf(height));
    const parentHash =
      height === 0 ? fakeHash(0, 99) : fakeHash(height - 1, chain.saltOf(height - 1));
    const number = `0x${height.toString(16)}`;
    return { number, hash, parentHash, timestamp: number, transactions: [] };
  };
  return (method, [first]) => {
    if (method === "eth_chainId") return `0x${chain.chainId.toString(16)}`;
    if (method === "eth_blockNumber") return `0x${chain.head.toString(16)}`;
    if (method === "eth_getLogs") return [];
    if (method === "eth_sendRawTransaction") return fakeHash(1, 7);
    if (method === "eth_getBlockByNumber") {
      return blockAt(first === "latest" ? chain.head : Number(first));
    }
    throw new FakeError(-32_601, `the method ${method} does not exist`);
  };
}
