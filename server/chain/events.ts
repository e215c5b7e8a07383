import type { accountGuardAbi } from "./abi/accountGuard.ts";
import type { certificateAbi } from "./abi/certificate.ts";
import type { correctionsAbi } from "./abi/corrections.ts";
import type { doubleCountAbi } from "./abi/doubleCount.ts";
import type { freezesAbi } from "./abi/freezes.ts";
import type { issuanceAbi } from "./abi/issuance.ts";
import type { pledgeAbi } from "./abi/pledge.ts";
import type { poolReserveAbi } from "./abi/poolReserve.ts";
import type { programmesAbi } from "./abi/programmes.ts";
import type { reductionTokenAbi } from "./abi/reductionToken.ts";
import type { settlementAbi } from "./abi/settlement.ts";
import type { sourcesAbi } from "./abi/sources.ts";

type Abis = {
  programmes: typeof programmesAbi;
  sources: typeof sourcesAbi;
  issuance: typeof issuanceAbi;
  reductionToken: typeof reductionTokenAbi;
  certificate: typeof certificateAbi;
  accountGuard: typeof accountGuardAbi;
  freezes: typeof freezesAbi;
  corrections: typeof correctionsAbi;
  doubleCount: typeof doubleCountAbi;
  settlement: typeof settlementAbi;
  pledge: typeof pledgeAbi;
  poolReserve: typeof poolReserveAbi;
};

/** The contracts whose events make up the registry's state. */
export type ContractName = keyof Abis;

/** Events whose content stands in another one too, or is of no consequence to the registry. */
export const UNUSED_EVENTS = [
  "ApprovalForAll",
  "Approval",
  "URI",
  "Transfer",
  "Locked",
  "Unlocked",
  "PausedSet",
  "AuthorityUpdated",
  "EIP712DomainChanged",
] as const;

/** These are 256-bit numbers that are really ids: they stay hex, 32 bytes. */
export const ID_ARGUMENTS = [
  "tokenId",
  "id",
  "ids",
  "certificateId",
  "replaces",
  "replacement",
] as const;

type Parameter = { name: string; type: string; components?: readonly Parameter[] };
type AbiEvent = Extract<Abis[ContractName][number], { type: "event" }>;

type WordOf<Type extends string, Name extends string> = Type extends "bool"
  ? boolean
  : Type extends "address" | `bytes${string}`
    ? string
    : Name extends (typeof ID_ARGUMENTS)[number]
      ? string
      : Type extends "uint8" | "uint16" | "uint24" | "uint32"
        ? number
        : bigint;

type ComponentsOf<P extends Parameter> = P extends { components: readonly Parameter[] }
  ? P["components"][number]
  : never;

type ValueOf<P extends Parameter> = P["type"] extends "tuple[]"
  ? readonly { readonly [C in ComponentsOf<P> as C["name"]]: WordOf<C["type"], C["name"]> }[]
  : P["type"] extends `${infer Type}[]`
    ? readonly WordOf<Type, P["name"]>[]
    : WordOf<P["type"], P["name"]>;

/** A struct among the arguments is laid flat. */
type FlatOf<P extends Parameter> = P extends { type: "tuple" } ? ComponentsOf<P> : P;

type ArgumentsOf<E extends { inputs: readonly Parameter[] }> = {
  readonly [P in FlatOf<E["inputs"][number]> as P["name"]]: ValueOf<P>;
};

/**
 * The arguments of every event the mirror is made of, by event name; they follow from the contracts'
 * own interfaces. Programmes, days, kinds and other small numbers are `number`; grams, milligrams,
 * serials and times are `bigint`; hashes, ids (32 bytes) and addresses (20 bytes) are `0x…` lowercase.
 */
export type EventArguments = {
  [E in Exclude<AbiEvent, { name: (typeof UNUSED_EVENTS)[number] }> as E["name"]]: ArgumentsOf<E>;
};

export type EventName = keyof EventArguments;

/** Where on the chain an event stands. `logIndex` counts over the whole block. */
export type EventPlace = {
  readonly contract: ContractName;
  readonly blockNumber: number;
  readonly transactionIndex: number;
  readonly logIndex: number;
  readonly transactionHash: string;
};

/** An event of one name; of several names, the union, so that the name tells the arguments. */
export type ChainEventOf<Name extends EventName> = Name extends EventName
  ? EventPlace & { readonly name: Name; readonly arguments: EventArguments[Name] }
  : never;

/** An event of one of the registry's contracts, decoded. */
export type ChainEvent = ChainEventOf<EventName>;
