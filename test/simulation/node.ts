import type { ChainClient } from "../../server/chain/client.ts";
import { PermanentError, RetryableError } from "../../server/chain/failures.ts";
import { CHAIN_ID, type FakeBlock, type FakeChain } from "./chain.ts";
import { Random } from "./random.ts";

const hex = (value: number): string => `0x${value.toString(16)}`;

/** How often a node does what it should not, per call. */
export type Faults = {
  readonly timeout: number;
  readonly staleHead: number;
  readonly nullBlock: number;
  readonly otherFork: number;
  readonly repeated: number;
  readonly doubled: number;
  readonly cutRange: number;
  /** The chain moves on, or back, while it is being read. */
  readonly moving: number;
};

/** Every run has its own mix: some nodes are well but slow, some lie all the time. */
export function someFaults(draw: Random): Faults {
  const upTo = (most: number): number => (draw.chance(0.3) ? 0 : (most * draw.below(100)) / 100);
  return {
    timeout: upTo(0.03),
    staleHead: upTo(0.2),
    nullBlock: upTo(0.02),
    otherFork: upTo(0.2),
    repeated: upTo(0.05),
    doubled: upTo(0.05),
    cutRange: upTo(0.3),
    moving: upTo(0.05),
  };
}

/**
 * A node of the fake chain, spoken to in JSON-RPC. What a call meets depends on the seed, the call and
 * how often it was made, not on what else is under way, so that a run repeats whatever the timing.
 *
 * One lie is left out: a block of another branch in place of a final one. Nobody can tell that from one
 * provider; the reader's agreement between providers is for that.
 */
export class FakeNode implements ChainClient {
  readonly chainId = CHAIN_ID;
  faults: Faults | undefined;
  /** Serves the chain only up to this block, when set. */
  until: number | undefined;
  readonly #chain: FakeChain;
  readonly #seed: string;
  readonly #asked = new Map<string, number>();
  readonly #answers = new Map<string, unknown>();

  constructor(chain: FakeChain, seed: string, faults?: Faults) {
    this.#chain = chain;
    this.#seed = seed;
    this.faults = faults;
  }

  async send<T>(method: string, params: readonly unknown[]): Promise<T> {
    const call = `${method} ${JSON.stringify(params)}`;
    const times = (this.#asked.get(call) ?? 0) + 1;
    this.#asked.set(call, times);
    const answer = this.faults
      ? this.#faulty(this.faults, method, params, new Random(`${this.#seed} ${call} ${times}`))
      : this.#honest(method, params);
    this.#answers.set(call, answer);
    return structuredClone(answer) as T;
  }

  async attempt(): Promise<never> {
    throw new PermanentError("the fake node calls no contracts");
  }

  close(): void {}

  #faulty(faults: Faults, method: string, params: readonly unknown[], draw: Random): unknown {
    if (draw.chance(faults.moving)) this.#chain.live();
    if (draw.chance(faults.timeout)) throw new RetryableError(`${method}: timeout`);
    const before = this.#answers.get(`${method} ${JSON.stringify(params)}`);
    if (draw.chance(faults.repeated) && before !== undefined && this.#mayRepeat(method, params)) {
      return before;
    }
    const answer = this.#honest(method, params);
    if (method === "eth_blockNumber" && draw.chance(faults.staleHead)) {
      return hex(Math.max(0, Number(answer) - draw.between(1, this.#chain.finality + 3)));
    }
    if (method === "eth_getBlockByNumber" && draw.chance(faults.nullBlock)) return null;
    return method === "eth_getLogs" ? this.#faultyLogs(faults, params, draw, answer) : answer;
  }

  #faultyLogs(faults: Faults, params: readonly unknown[], draw: Random, answer: unknown): unknown {
    const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }];
    const logs = answer as unknown[];
    if (draw.chance(faults.cutRange) && Number(toBlock) - Number(fromBlock) >= draw.below(20)) {
      throw new RetryableError("eth_getLogs: query returned more than 10000 results");
    }
    if (draw.chance(faults.otherFork)) {
      const strangers = this.#chain.orphans.filter(
        ({ number }) => number >= Number(fromBlock) && number <= Number(toBlock),
      );
      if (strangers.length > 0) return [...logs, ...draw.pick(strangers).logs];
    }
    if (draw.chance(faults.doubled) && logs.length > 0) return [...logs, draw.pick(logs)];
    return logs;
  }

  /** See the class: a final block is never one of another branch. */
  #mayRepeat(method: string, params: readonly unknown[]): boolean {
    return method !== "eth_getBlockByNumber" || Number(params[0]) > this.#chain.final;
  }

  #block(tag: unknown): FakeBlock | undefined {
    const number = Number(tag);
    return number > (this.until ?? Number.POSITIVE_INFINITY) ? undefined : this.#chain.at(number);
  }

  #honest(method: string, params: readonly unknown[]): unknown {
    const head = Math.min(this.#chain.head.number, this.until ?? Number.POSITIVE_INFINITY);
    switch (method) {
      case "eth_blockNumber":
        return hex(head);
      case "eth_getBlockByNumber": {
        const block = this.#block(params[0] === "latest" ? head : params[0]);
        if (!block) return null;
        const { number, hash, parentHash, timestamp, transactions } = block;
        const header = { number: hex(number), hash, parentHash, timestamp: hex(timestamp) };
        return {
          ...header,
          transactions: params[1] === true ? transactions : transactions.map((one) => one.hash),
        };
      }
      case "eth_getLogs": {
        const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }];
        const logs: unknown[] = [];
        for (let at = Number(fromBlock); at <= Math.min(head, Number(toBlock)); at++) {
          logs.push(...(this.#chain.at(at)?.logs ?? []));
        }
        return logs;
      }
      case "eth_getBlockReceipts": {
        const block = this.#block(params[0]);
        return block?.transactions.map((one) => receiptOf(one, block)) ?? null;
      }
      case "eth_getTransactionReceipt": {
        return this.#receipt(params[0]);
      }
      case "eth_getRawTransactionByHash":
        // Any bytes will do that are the transaction's own.
        return params[0];
      default:
        throw new PermanentError(`the fake node has no ${method}`);
    }
  }

  #receipt(hash: unknown): unknown {
    for (let at = this.#chain.head.number; at >= 0; at--) {
      const block = this.#block(at);
      const found = block?.transactions.find((one) => one.hash === hash);
      if (block && found) return receiptOf(found, block);
    }
    return null;
  }
}

function receiptOf(transaction: FakeBlock["transactions"][number], block: FakeBlock): unknown {
  const { hash, blockHash, status } = transaction;
  const logs = block.logs.filter(({ transactionHash }) => transactionHash === hash);
  return { transactionHash: hash, blockHash, status: hex(status), logs };
}
