import { type ContractAddresses, contractNames, interfaces } from "../../server/chain/contracts.ts";
import { issuanceActions } from "./actionsIssuance.ts";
import { registryActions } from "./actionsRegistry.ts";
import { tradingActions } from "./actionsTrading.ts";
import { unitActions } from "./actionsUnits.ts";
import { Random } from "./random.ts";
import { type Action, type Draft, emptyWorld, type World } from "./world.ts";

export const CHAIN_ID = 31_337;
const GENESIS_TIME = 1_700_000_000;

export const ADDRESSES = Object.fromEntries(
  contractNames.map((name, k) => [name, `0x${(0xa1 + k).toString(16).repeat(20)}`]),
) as ContractAddresses;

const actions: Readonly<Record<string, Action>> = {
  ...{ ...registryActions, ...issuanceActions, ...unitActions, ...tradingActions },
};
const names = Object.keys(actions);
/** Without these nothing else can happen, so every branch begins with them. */
const FIRST = ["createProgramme", "openAccount", "openAccount", "registerMethodology"];
const SECOND = ["registerSource", "propose", "file", "issue", "transfer"];
/** What a registry does most. */
const USUAL = ["propose", "file", "issue", "transfer", "transfer", "retire"];

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

/** A transaction and a log as JSON-RPC tells them. */
export type RpcTransaction = Readonly<Record<string, unknown>> & { hash: string; status: number };
export type RpcLog = Readonly<Record<string, unknown>>;

export type FakeBlock = {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  readonly timestamp: number;
  readonly transactions: readonly RpcTransaction[];
  readonly logs: readonly RpcLog[];
  /** The model after this block. */
  readonly world: World;
};

/**
 * A chain that follows from its seed: blocks with what contracts could emit, branches that replace one
 * another, never deeper than `finality` blocks under the highest head there ever was.
 */
export class FakeChain {
  readonly finality: number;
  readonly orphans: FakeBlock[] = [];
  #canonical: FakeBlock[];
  #highest = 0;
  readonly #draw: Random;
  readonly #signers: readonly string[];
  /** Hashes of transactions by signer and nonce: another branch may hold the very same ones. */
  readonly #sent = new Map<string, string>();

  constructor(seed: string, finality: number) {
    this.#draw = new Random(`${seed} chain`);
    this.finality = finality;
    this.#signers = [1, 2, 3].map(() => this.#draw.hex(20));
    const parentHash = `0x${"0".repeat(64)}`;
    const empty = { transactions: [], logs: [], world: emptyWorld() };
    const genesis = { number: 0, hash: this.#draw.hex(32), parentHash, timestamp: GENESIS_TIME };
    this.#canonical = [{ ...genesis, ...empty }];
  }

  get head(): FakeBlock {
    return this.#canonical.at(-1) as FakeBlock;
  }

  /** Blocks up to this one are never replaced. */
  get final(): number {
    return this.#highest - this.finality;
  }

  at(number: number): FakeBlock | undefined {
    return this.#canonical[number];
  }

  extend(blocks: number): void {
    for (let count = 0; count < blocks; count++) {
      this.#canonical.push(this.#next());
      this.#highest = Math.max(this.#highest, this.head.number);
    }
  }

  /** Drops up to `depth` blocks, as far as they are not final; the head has then gone backwards. */
  rollBack(depth: number): void {
    const end = Math.max(this.final, this.head.number - depth, 0) + 1;
    this.orphans.push(...this.#canonical.splice(end));
  }

  /** What a chain does between two looks at it. */
  live(): void {
    const draw = this.#draw;
    if (draw.chance(0.25)) {
      const depth = draw.between(1, this.finality + 2);
      this.rollBack(depth);
      // The new branch may be longer, shorter, or not there yet.
      this.extend(draw.below(depth + 3));
    } else {
      this.extend(draw.between(1, 5));
    }
  }

  #next(): FakeBlock {
    const parent = this.head;
    const draw = this.#draw;
    const number = parent.number + 1;
    const world = structuredClone(parent.world);
    const hash = draw.hex(32);
    const transactions: RpcTransaction[] = [];
    const logs: RpcLog[] = [];
    for (const wanted of this.#wanted(number)) {
      const drafts = wanted === undefined ? [] : this.#perform(world, wanted);
      const signer = draw.pick(this.#signers);
      const nonce = world.nonces[signer] ?? 0;
      world.nonces[signer] = nonce + 1;
      const place = { blockNumber: hex(number), blockHash: hash };
      const at = { ...place, transactionIndex: hex(transactions.length) };
      const transactionHash = this.#hashOf(`${signer} ${nonce}`);
      transactions.push({
        ...{ ...at, hash: transactionHash, from: signer, nonce: hex(nonce) },
        ...{ to: draw.chance(0.1) ? null : draw.hex(20), input: draw.hex(20), type: "0x2" },
        ...{ gas: "0x5208", value: "0x0", r: "0x1", s: "0x1", v: "0x0" },
        status: wanted === undefined ? 0 : 1,
      });
      for (const draft of drafts) {
        const log = { ...at, transactionHash, logIndex: hex(logs.length), removed: false };
        logs.push({ ...log, ...encoded(draft) });
      }
    }
    const timestamp = parent.timestamp + draw.between(1, 12);
    const base = { number, hash, parentHash: parent.hash, timestamp };
    return { ...base, transactions, logs, world };
  }

  /** Names of the actions of a block; undefined is a transaction that reverted. */
  #wanted(number: number): (string | undefined)[] {
    if (number === 1) return FIRST;
    if (number === 2) return SECOND;
    const draw = this.#draw;
    if (draw.chance(0.3)) return [];
    return Array.from({ length: draw.between(1, 5) }, () => {
      if (draw.chance(0.05)) return undefined;
      return draw.pick(draw.chance(0.4) ? USUAL : names);
    });
  }

  #perform(world: World, name: string): Draft[] {
    const drafts: Draft[] = [];
    const emit = (contract: Draft["contract"], event: string, ...values: readonly unknown[]) => {
      drafts.push({ contract, name: event, values });
    };
    actions[name]?.({ world, draw: this.#draw, emit });
    return drafts;
  }

  #hashOf(key: string): string {
    const old = this.#sent.get(key);
    if (old !== undefined && this.#draw.chance(0.5)) return old;
    const fresh = this.#draw.hex(32);
    this.#sent.set(key, fresh);
    return fresh;
  }
}

function encoded({ contract, name, values }: Draft): RpcLog {
  const fragment = interfaces[contract].getEvent(name);
  if (!fragment) throw new Error(`${contract} has no event ${name}`);
  const { data, topics } = interfaces[contract].encodeEventLog(fragment, [...values]);
  return { address: ADDRESSES[contract], data, topics };
}
