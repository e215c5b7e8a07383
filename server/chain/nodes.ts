import { DisagreementError, RetryableError } from "./failures.ts";
import { isRateLimit, type Node, NodeError, openNode } from "./node.ts";

/** How long a node that is in trouble is left alone, doubling from `first` to `most`. Milliseconds. */
export type NodePauses = { readonly first: number; readonly most: number };

/** Why a node was set aside. `node` is its place in the configuration, from 1, and its host. */
export type NodeTrouble = {
  readonly node: string;
  readonly reason: string;
  readonly pauseMilliseconds: number;
};

/** How many nodes have a block, and how many must before it may become final. */
export type Agreement = {
  readonly agreed: boolean;
  readonly agreeing: number;
  readonly needed: number;
};

/** More than half of the nodes. */
export const majorityOf = (nodes: number): number => Math.floor(nodes / 2) + 1;

type Member = {
  readonly name: string;
  readonly node: Node;
  /** Whether it was seen to serve the right chain since it was last in trouble. */
  known: boolean;
  troubles: number;
  /** When it may be asked again, by the clock of this process; 0 while it is in order. */
  restsUntil: number;
};

const PAUSES: NodePauses = { first: 1_000, most: 60_000 };
const QUICK_MILLISECONDS = 5_000;
const SURVEY_MILLISECONDS = 2_000;
/** Nodes of one chain may differ by so many blocks for a moment. */
const BEHIND_BLOCKS = 3;
/** For how long a lower head after a change of nodes is taken for a node that is late, and not for the chain's. */
const PATIENCE_MILLISECONDS = 30_000;

const hex = (value: number): string => `0x${value.toString(16)}`;

/**
 * Several nodes as one. With a single node nothing stands between it and the caller; with more, a node that does not
 * answer, asks to be left alone, serves another chain or is behind is set aside, and the next one is asked.
 */
export class NodePool {
  readonly #members: readonly Member[];
  readonly #chainId: number;
  readonly #genesisHash: string | undefined;
  readonly #needed: number;
  readonly #pauses: NodePauses;
  readonly #onTrouble: (trouble: NodeTrouble) => void;
  #surveyedAt = Number.NEGATIVE_INFINITY;
  #head: { number: number; member: Member; at: number } | undefined;

  constructor(options: {
    urls: readonly string[];
    chainId: number;
    genesisHash?: string | undefined;
    agreement?: number | undefined;
    pauses?: NodePauses | undefined;
    onTrouble?: ((trouble: NodeTrouble) => void) | undefined;
  }) {
    this.#members = options.urls.map((url, place) => ({
      name: `${place + 1} (${URL.canParse(url) ? new URL(url).host : "no URL"})`,
      node: openNode(url),
      known: false,
      troubles: 0,
      restsUntil: 0,
    }));
    this.#chainId = options.chainId;
    this.#genesisHash = options.genesisHash;
    this.#needed = options.agreement ?? majorityOf(options.urls.length);
    this.#pauses = options.pauses ?? PAUSES;
    this.#onTrouble = options.onTrouble ?? (() => undefined);
  }

  /** Asks the first node that is in order. Throws what the last one asked threw; see Node. */
  call<T>(method: string, params: readonly unknown[]): Promise<T> {
    const [first, second] = this.#members;
    if (first && !second) return first.node.call<T>(method, params);
    if (method === "eth_blockNumber") return this.#newest() as Promise<T>;
    if (method === "eth_sendRawTransaction") return this.#everywhere<T>(method, params);
    return this.#first((member) => member.node.call<T>(method, params));
  }

  batch<T>(method: string, lists: readonly (readonly unknown[])[]): Promise<T[]> {
    return this.#first((member) => member.node.batch<T>(method, lists));
  }

  /** See ChainClient.each. With several nodes each call goes its own way. */
  each<T>(
    method: string,
    lists: readonly (readonly unknown[])[],
  ): Promise<PromiseSettledResult<T>[]> {
    const [first, second] = this.#members;
    if (first && !second) return first.node.each<T>(method, lists);
    return Promise.allSettled(lists.map((params) => this.call<T>(method, params)));
  }

  /** See ChainClient.agree. */
  async agree(height: number, hash: string): Promise<Agreement> {
    const needed = this.#needed;
    if (this.#members.length === 1) return { agreed: true, agreeing: 1, needed };
    const asked = this.#inOrder();
    const told = await Promise.all(
      asked.map(async (member) => {
        try {
          await this.#know(member);
          const params = [hex(height), false];
          const block = await member.node.call<{ hash: string } | null>(
            "eth_getBlockByNumber",
            params,
            QUICK_MILLISECONDS,
          );
          return { member, hash: block?.hash.toLowerCase() };
        } catch (cause) {
          this.#setAside(member, reasonOf(cause));
          return { member, hash: undefined };
        }
      }),
    );
    const same = told.filter((one) => one.hash === hash);
    const other = told.filter((one) => one.hash !== undefined && one.hash !== hash);
    const agreeing = same.length;
    // However few are enough, as many others against them are a dispute that nobody here can settle.
    if (agreeing >= needed && agreeing > other.length) {
      for (const { member, hash: theirs } of other) {
        this.#setAside(member, `has ${theirs} as block ${height}, others have ${hash}`);
      }
      return { agreed: true, agreeing, needed };
    }
    if (other.length === 0) return { agreed: false, agreeing, needed };
    const list = [...same, ...other].map((one) => `node ${one.member.name} has ${one.hash}`);
    throw new DisagreementError(`the nodes differ at block ${height}: ${list.join(", ")}`);
  }

  close(): void {
    for (const { node } of this.#members) node.close();
  }

  /** Nodes to ask, in the configured order; when all rest, the one whose pause ends first. */
  #inOrder(): Member[] {
    const now = performance.now();
    const ready = this.#members.filter((member) => member.restsUntil <= now);
    if (ready.length > 0) return ready;
    return this.#members.toSorted((a, b) => a.restsUntil - b.restsUntil).slice(0, 1);
  }

  async #first<T>(work: (member: Member) => Promise<T>): Promise<T> {
    if (this.#members.length === 1) return work(this.#members[0] as Member);
    let last: unknown;
    for (const member of this.#inOrder()) {
      try {
        await this.#know(member);
        const result = await work(member);
        member.troubles = 0;
        member.restsUntil = 0;
        return result;
      } catch (cause) {
        // What a node says of the call itself, others would say too.
        if (cause instanceof NodeError && !isRateLimit(cause)) throw cause;
        last = cause;
        this.#setAside(member, reasonOf(cause));
      }
    }
    throw last;
  }

  /** Makes sure once that the node serves this chain. */
  async #know(member: Member): Promise<void> {
    if (member.known) return;
    const { node } = member;
    const chainId = Number(await node.call<string>("eth_chainId", [], QUICK_MILLISECONDS));
    if (chainId !== this.#chainId) throw new RetryableError(`it serves chain ${chainId}`);
    if (this.#genesisHash !== undefined) {
      const genesis = await node.call<{ hash: string } | null>(
        "eth_getBlockByNumber",
        ["0x0", false],
        QUICK_MILLISECONDS,
      );
      if (genesis?.hash.toLowerCase() !== this.#genesisHash) {
        throw new RetryableError("its chain begins with another block");
      }
    }
    member.known = true;
  }

  #setAside(member: Member, reason: string): void {
    const { first, most } = this.#pauses;
    const pauseMilliseconds = Math.min(first * 2 ** member.troubles, most);
    member.troubles += 1;
    member.known = false;
    member.restsUntil = performance.now() + pauseMilliseconds;
    this.#onTrouble({ node: member.name, reason, pauseMilliseconds });
  }

  /** The head of the first node that is in order and not behind the others. */
  async #newest(): Promise<string> {
    if (performance.now() - this.#surveyedAt > SURVEY_MILLISECONDS) {
      const first = this.#surveyedAt === Number.NEGATIVE_INFINITY;
      this.#surveyedAt = performance.now();
      const survey = this.#survey();
      if (first) await survey;
    }
    let asked: Member | undefined;
    const text = await this.#first((member) => {
      asked = member;
      return member.node.call<string>("eth_blockNumber", []);
    });
    const number = Number(text);
    const now = performance.now();
    const before = this.#head;
    // Another node took over and has not come as far: waiting is cheaper than undoing blocks that stand.
    const late = before && before.member !== asked && number < before.number;
    if (late && now - before.at < PATIENCE_MILLISECONDS) {
      throw new RetryableError(
        `node ${asked?.name} is at block ${number}, an earlier one was at ${before.number}`,
      );
    }
    this.#head = { number, member: asked as Member, at: now };
    return text;
  }

  /** Sets aside the nodes that are behind. A head counts only when its node can show that block. */
  async #survey(): Promise<void> {
    const heads = await Promise.all(
      this.#inOrder().map(async (member) => {
        try {
          await this.#know(member);
          const { node } = member;
          const block = await node.call<{ number: string } | null>(
            "eth_getBlockByNumber",
            ["latest", false],
            QUICK_MILLISECONDS,
          );
          return { member, number: Number(block?.number ?? -1) };
        } catch (cause) {
          this.#setAside(member, reasonOf(cause));
          return { member, number: -1 };
        }
      }),
    );
    const newest = Math.max(...heads.map(({ number }) => number));
    for (const { member, number } of heads) {
      if (number >= 0 && number < newest - BEHIND_BLOCKS) {
        this.#setAside(member, `it is at block ${number}, another one at ${newest}`);
      }
    }
  }

  /** Hands the same to all nodes; the first to take it is enough, and the others go on in the background. */
  async #everywhere<T>(method: string, params: readonly unknown[]): Promise<T> {
    const sent = this.#inOrder().map(async (member) => {
      try {
        await this.#know(member);
        return await member.node.call<T>(method, params);
      } catch (cause) {
        if (!(cause instanceof NodeError) || isRateLimit(cause)) {
          this.#setAside(member, reasonOf(cause));
        }
        throw cause;
      }
    });
    try {
      return await Promise.any(sent);
    } catch (cause) {
      const errors: unknown[] = (cause as AggregateError).errors;
      // What a node says of the transaction tells more than that another one is away.
      throw errors.find((error) => error instanceof NodeError) ?? errors[0];
    }
  }
}

const reasonOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message || cause.name : String(cause);
