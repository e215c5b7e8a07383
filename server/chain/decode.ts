import type { EventFragment, ParamType } from "ethers";
import { type ContractAddresses, contractNames, interfaces } from "./contracts.ts";
import { type ChainEvent, type ContractName, ID_ARGUMENTS, UNUSED_EVENTS } from "./events.ts";
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

const UNUSED: ReadonlySet<string> = new Set(UNUSED_EVENTS);
const IDS: ReadonlySet<string> = new Set(ID_ARGUMENTS);

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
      byTopic.set(fragment.topicHash, decoderOf(contract, fragment));
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

type Word = string | number | bigint | boolean;
type Element = Word | Readonly<Record<string, Word>>;
type Value = Word | readonly Element[];
type Field = { name: string; read: (log: ChainLog) => Value };

function decoderOf(contract: ContractName, fragment: EventFragment): Decoder {
  const { name } = fragment;
  if (UNUSED.has(name)) return () => null;
  const fields = fieldsOf(fragment);
  return (log) => {
    const values: Record<string, Value> = {};
    for (const field of fields) values[field.name] = field.read(log);
    return {
      contract,
      name,
      arguments: values,
      blockNumber: log.blockNumber,
      transactionIndex: log.transactionIndex,
      logIndex: log.logIndex,
      transactionHash: log.transactionHash,
      // Fields and type both follow from the ABI, one here and one for the compiler.
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
      const { words, read } = elementOf(parameter.arrayChildren as ParamType, parameter.name);
      fields.push({ name: parameter.name, read: (log) => arrayAt(log.data, at, words, read) });
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

type ReadAt<T> = (data: string, index: number) => T;

/** How one element of an array is read: a word, or a struct of words. */
function elementOf(element: ParamType, name: string): { words: number; read: ReadAt<Element> } {
  if (element.baseType !== "tuple") {
    const read = readerOf(element, name);
    return { words: 1, read: (data, index) => read(wordAt(data, index)) };
  }
  const members = (element.components ?? []).map((member) => ({
    name: member.name,
    read: readerOf(member, member.name),
  }));
  return {
    words: members.length,
    read: (data, index) =>
      Object.fromEntries(
        members.map((member, place) => [member.name, member.read(wordAt(data, index + place))]),
      ),
  };
}

function arrayAt(
  data: string,
  index: number,
  words: number,
  read: ReadAt<Element>,
): readonly Element[] {
  const start = Number.parseInt(wordAt(data, index), 16) / 32;
  const count = Number.parseInt(wordAt(data, start), 16);
  const elements: Element[] = [];
  for (let k = 0; k < count; k++) elements.push(read(data, start + 1 + k * words));
  return elements;
}

/** How one word is read. Numbers up to 32 bits are exact as `number`; wider ones are `bigint`. */
function readerOf(parameter: ParamType, name: string): (word: string) => Word {
  const type = parameter.baseType;
  if (type === "address") return remembering((word) => `0x${word.slice(24)}`);
  if (type === "bytes32" || IDS.has(name)) return remembering((word) => `0x${word}`);
  const bytes = /^bytes(\d+)$/.exec(type)?.[1];
  if (bytes !== undefined) return (word) => `0x${word.slice(0, 2 * Number(bytes))}`;
  if (type === "bool") return (word) => word.endsWith("1");
  const bits = /^uint(\d+)$/.exec(type)?.[1];
  if (bits === undefined) throw new PermanentError(`no reader for the event argument type ${type}`);
  return Number(bits) <= 32 ? (word) => Number.parseInt(word, 16) : (word) => BigInt(`0x${word}`);
}

/** Ids and senders come many times in a row; the text that was made of one is given again instead of a copy. */
function remembering(read: (word: string) => string): (word: string) => string {
  let last = "";
  let made = "";
  return (word) => {
    if (word !== last) {
      made = read(word);
      last = word;
    }
    return made;
  };
}
