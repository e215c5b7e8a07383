import type { EventFragment, ParamType } from "ethers";
import { type ContractAddresses, contractNames, interfaces } from "./contracts.ts";
import type { ChainEvent, EventName } from "./events.ts";
import { PermanentError } from "./failures.ts";

/** A log as JSON-RPC gives it, with numbers read. */
export type ChainLog = {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly transactionIndex: number;
  readonly transactionHash: string;
  readonly logIndex: number;
};

type Decoder = (log: ChainLog) => ChainEvent | null;

// What these say stands in another event too, or is of no consequence to the registry.
const UNUSED: ReadonlySet<string> = new Set([
  "ApprovalForAll",
  "Approval",
  "URI",
  "Transfer",
  "Locked",
  "Unlocked",
  "StandingSet",
  "PausedSet",
  "AuthorityUpdated",
  "EIP712DomainChanged",
]);

// Listed as an object so that the compiler demands every name of the union.
const USED: Readonly<Record<EventName, true>> = {
  ProgrammeCreated: true,
  ProgrammePaused: true,
  ProgrammeResumed: true,
  AccountOpened: true,
  AccountStandingChanged: true,
  RoleGranted: true,
  RoleRevoked: true,
  ParameterSet: true,
  MethodologyRegistered: true,
  SourceRegistered: true,
  ExclusionAdded: true,
  DaysBooked: true,
  DaysReleased: true,
  ExternalRecorded: true,
  Proposed: true,
  Attested: true,
  Filed: true,
  Objected: true,
  ObjectionDecided: true,
  Issued: true,
  Rejected: true,
  Withdrawn: true,
  Expired: true,
  TokenSuspended: true,
  TokenResumed: true,
  IdStateSet: true,
  TransferSingle: true,
  TransferBatch: true,
  Retired: true,
  Certified: true,
  CertificateRevoked: true,
};

// These are 256-bit numbers that are really ids: they stay hex, 32 bytes.
const ID_ARGUMENTS: ReadonlySet<string> = new Set([
  "tokenId",
  "id",
  "ids",
  "certificateId",
  "replaces",
]);

/**
 * Builds the decoder of one deployment's logs. Offsets are worked out once per event from the ABI, so
 * that decoding a log only cuts words out of it: the general decoders of ethers and viem cost more than
 * everything else in a cold sync. Logs of other addresses give null; a log of ours that the ABI does not
 * know throws PermanentError, because a mirror that skips what it cannot read is wrong without saying so.
 */
export function buildDecoder(addresses: ContractAddresses): Decoder {
  const byAddress = new Map<string, Map<string, Decoder>>();
  for (const contract of contractNames) {
    const byTopic = new Map<string, Decoder>();
    interfaces[contract].forEachEvent((fragment) => {
      byTopic.set(fragment.topicHash, decoderOf(fragment));
    });
    byAddress.set(addresses[contract], byTopic);
  }
  return (log) => {
    const byTopic = byAddress.get(log.address);
    if (!byTopic) return null;
    const decode = byTopic.get(log.topics[0] ?? "");
    if (!decode) {
      throw new PermanentError(
        `block ${log.blockNumber}, log ${log.logIndex}: the contract ${log.address} emitted an event this version does not know (${log.topics[0] ?? "no topic"})`,
      );
    }
    return decode(log);
  };
}

type Value = string | number | bigint | boolean | readonly (string | bigint)[];
type Field = { name: string; read: (log: ChainLog) => Value };

function decoderOf(fragment: EventFragment): Decoder {
  if (UNUSED.has(fragment.name)) return () => null;
  if (!Object.hasOwn(USED, fragment.name)) {
    throw new PermanentError(`the ABI has an event that nobody reads: ${fragment.name}`);
  }
  const name = fragment.name as EventName;
  const fields = fieldsOf(fragment);
  return (log) => {
    const values: Record<string, Value> = {};
    for (const field of fields) values[field.name] = field.read(log);
    return {
      name,
      arguments: values,
      blockNumber: log.blockNumber,
      transactionIndex: log.transactionIndex,
      logIndex: log.logIndex,
      transactionHash: log.transactionHash,
      // The fields come from the ABI and the type from the same contracts; a test compares the two.
    } as unknown as ChainEvent;
  };
}

/** Indexed arguments stand in the topics, the others word by word in the data; a struct is laid flat. */
function fieldsOf(fragment: EventFragment): Field[] {
  const fields: Field[] = [];
  let topic = 1;
  let word = 0;
  const addData = (parameter: ParamType): void => {
    const at = word;
    if (parameter.baseType === "tuple") {
      for (const component of parameter.components ?? []) addData(component);
      return;
    }
    word += 1;
    if (parameter.baseType === "array") {
      const element = readerOf(parameter.arrayChildren as ParamType, parameter.name);
      fields.push({ name: parameter.name, read: (log) => arrayAt(log.data, at, element) });
    } else {
      const read = readerOf(parameter, parameter.name);
      fields.push({ name: parameter.name, read: (log) => read(wordAt(log.data, at)) });
    }
  };
  for (const parameter of fragment.inputs) {
    if (parameter.indexed) {
      const at = topic++;
      const read = readerOf(parameter, parameter.name);
      fields.push({ name: parameter.name, read: (log) => read((log.topics[at] ?? "").slice(2)) });
    } else {
      addData(parameter);
    }
  }
  return fields;
}

/** The 64 hex digits of word `index`. */
function wordAt(data: string, index: number): string {
  const first = 2 + 64 * index;
  return data.slice(first, first + 64);
}

function arrayAt(
  data: string,
  index: number,
  read: (word: string) => Value,
): readonly (string | bigint)[] {
  const start = Number.parseInt(wordAt(data, index), 16) / 32;
  const count = Number.parseInt(wordAt(data, start), 16);
  const values: (string | bigint)[] = [];
  for (let i = 0; i < count; i++) values.push(read(wordAt(data, start + 1 + i)) as string | bigint);
  return values;
}

/** How one word is read. Numbers up to 32 bits are exact as `number`; wider ones are `bigint`. */
function readerOf(parameter: ParamType, name: string): (word: string) => Value {
  const type = parameter.baseType;
  if (type === "address") return (word) => `0x${word.slice(24)}`;
  if (type === "bytes32" || ID_ARGUMENTS.has(name)) return (word) => `0x${word}`;
  if (type === "bool") return (word) => word.endsWith("1");
  const bits = /^uint(\d+)$/.exec(type)?.[1];
  if (bits === undefined) throw new PermanentError(`no reader for the event argument type ${type}`);
  return Number(bits) <= 32 ? (word) => Number.parseInt(word, 16) : (word) => BigInt(`0x${word}`);
}
