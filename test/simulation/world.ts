import type { ContractName } from "../../server/chain/events.ts";
import type { Random } from "./random.ts";

export const NOBODY = `0x${"0".repeat(40)}`;
export const NONE = `0x${"0".repeat(64)}`;

/** Where the escrow, the pledges and the pool stand; other than the contracts that emit, which is all one here. */
export const SETTLEMENT = `0x${"5e".repeat(20)}`;
export const PLEDGE = `0x${"91".repeat(20)}`;
export const POOL = `0x${"b0".repeat(20)}`;

export type Account = { account: string; programme: number; guard: number; guarded: boolean };
export type Source = {
  sourceId: string;
  assetKey: string;
  programme: number;
  methodology: number;
  carry: bigint;
};
export type Request = {
  requestId: number;
  tokenId: string;
  sourceId: string;
  programme: number;
  milligrams: bigint;
  deducted: bigint;
  state: string;
  objections: number;
  holds: number;
};
export type Token = {
  tokenId: string;
  programme: number;
  requestId: number;
  issued: bigint;
  retired: bigint;
  voided: bigint;
  state: number;
};
export type Retirement = { retirementId: string; holder: string; programme: number; grams: bigint };
export type Certificate = {
  certificateId: string;
  holder: string;
  programme: number;
  retirements: string[];
  state: string;
};

/**
 * What the contracts would hold after a block, as far as the next events depend on it: a model beside the
 * indexer, told by nobody but the actions. Plain data, because every block keeps its own copy.
 */
export type World = {
  /** Makes ids that no other event of the branch has. */
  serial: number;
  nonces: Record<string, number>;
  programmes: { programme: number; paused: boolean; methodologies: number }[];
  accounts: Account[];
  roles: { programme: number; role: number; account: string }[];
  recognitions: { programme: number; other: number; what: number }[];
  sources: Source[];
  consents: { assetKey: string; sourceId: string; owner: string }[];
  pairs: number;
  bookings: { assetKey: string; sourceId: string; firstDay: number; endDay: number }[];
  externals: number[];
  requests: Request[];
  tokens: Token[];
  /** Grams by token id and account, joined by a space. */
  balances: Record<string, bigint>;
  retirements: Retirement[];
  certificates: Certificate[];
  impairments: { certificateId: string; tokenId: string }[];
  freezes: number[];
  guardOrders: { orderId: string; account: string; confirmed: boolean }[];
  acts: string[];
  leaves: { requestId: number; index: number; milligrams: bigint }[];
  demands: { demandId: number; requestId: number }[];
  credits: Record<string, bigint>;
  debts: { requestId: number; tokenId: string; frozen: string[] }[];
  orders: { orderId: string; seller: string; tokenId: string; left: bigint }[];
  pledges: { pledgeId: string; owner: string; tokenId: string; grams: bigint; state: string }[];
  epochs: Record<string, number>;
};

export function emptyWorld(): World {
  return {
    ...{ serial: 0, nonces: {}, programmes: [], accounts: [], roles: [], recognitions: [] },
    ...{ sources: [], consents: [], pairs: 0, bookings: [], externals: [], requests: [] },
    ...{ tokens: [], balances: {}, retirements: [], certificates: [], impairments: [] },
    ...{ freezes: [], guardOrders: [], acts: [], leaves: [], demands: [], credits: {} },
    ...{ debts: [], orders: [], pledges: [], epochs: {} },
  };
}

/** An event as a contract would emit it: its arguments in the order of the ABI. */
export type Draft = { contract: ContractName; name: string; values: readonly unknown[] };

/** What an action works with. It changes `world` and emits; false when it has nothing to act on now. */
export type Stage = {
  readonly world: World;
  readonly draw: Random;
  emit(contract: ContractName, name: string, ...values: readonly unknown[]): void;
};
export type Action = (stage: Stage) => boolean;

/** The next number of this branch; starts at 1, like the contracts' counters. */
export function nextSerial({ world }: Stage): number {
  world.serial += 1;
  return world.serial;
}

/** One of the items, or undefined when there is none. */
export function someOf<T>({ draw }: Stage, items: readonly T[]): T | undefined {
  return items.length === 0 ? undefined : draw.pick(items);
}

export const document = ({ draw }: Stage): string => draw.hex(32);

const keyOf = (tokenId: string, account: string): string => `${tokenId} ${account}`;

export function balanceOf(world: World, tokenId: string, account: string): bigint {
  return world.balances[keyOf(tokenId, account)] ?? 0n;
}

/** Moves units in the model only; whoever calls it emits what the token would. */
export function shift(
  world: World,
  tokenId: string,
  move: { from: string; to: string; grams: bigint },
): void {
  for (const [account, change] of [
    [move.from, -move.grams],
    [move.to, move.grams],
  ] as const) {
    if (account === NOBODY) continue;
    const key = keyOf(tokenId, account);
    world.balances[key] = (world.balances[key] ?? 0n) + change;
  }
}

/** Moves units and emits the token's event. */
export function move(
  stage: Stage,
  tokenId: string,
  how: { operator: string; from: string; to: string; grams: bigint },
): void {
  shift(stage.world, tokenId, how);
  const { operator, from, to, grams } = how;
  stage.emit("reductionToken", "TransferSingle", operator, from, to, BigInt(tokenId), grams);
}

/** Somebody who holds grams of an id, with how many; of the contracts only the pool, and when asked for. */
export function someHolding(
  stage: Stage,
  who: "people" | "pool" = "people",
): { tokenId: string; account: string; grams: bigint } | undefined {
  const isMeant = (key: string): boolean => {
    const account = key.split(" ")[1] ?? "";
    return who === "pool" ? account === POOL : ![SETTLEMENT, PLEDGE, POOL].includes(account);
  };
  const held = Object.entries(stage.world.balances).filter(
    ([key, grams]) => grams > 0n && isMeant(key),
  );
  const found = someOf(stage, held);
  if (!found) return undefined;
  const [tokenId = "", account = ""] = found[0].split(" ");
  return { tokenId, account, grams: found[1] };
}

/** From 1 to all of it. */
export function someGrams({ draw }: Stage, most: bigint): bigint {
  return 1n + BigInt(draw.below(Number(most)));
}
