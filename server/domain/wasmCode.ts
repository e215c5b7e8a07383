/*
 * As much of the WebAssembly binary format as the tree's kernels need: expressions and statements
 * as byte lists, and a module of functions over one memory. Names follow the instructions of the
 * specification.
 */

/** Instructions in binary form; an expression leaves one value on the stack, a statement none. */
export type Code = readonly number[];

const I32 = 0x7f;
const WORD = 0x7b;

function unsigned(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

function signed(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  for (; rest < -64 || rest > 63; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest & 0x7f];
}

const vector = (code: number): Code => [0xfd, ...unsigned(code)];
/** Nothing is assumed of alignment, because a tag of one byte shifts everything. */
const at = (offset: number): Code => [0, ...unsigned(offset)];
const twice =
  (code: Code) =>
  (a: Code, b: Code): Code => [...a, ...b, ...code];

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
export const int = (value: number): Code => [0x41, ...signed(value)];
/** Adds a constant to a 32-bit local. */
export const advance = (local: number, by: number): Code =>
  set(local, [...get(local), ...int(by), 0x6a]);
/** Runs the statements again for as long as one 32-bit value is below the other. */
export const repeatWhileBelow = (a: Code, b: Code, statements: Code): Code => [
  ...[0x03, 0x40, ...statements],
  ...[...a, ...b, 0x49, 0x0d, 0x00, 0x0b],
];

export const load64 = (address: Code, offset: number): Code => [...address, 0x29, ...at(offset)];
export const store64 = (address: Code, offset: number, value: Code): Code => [
  ...[...address, ...value],
  ...[0x37, ...at(offset)],
];
export const zero64: Code = [0x42, 0];
export const add64 = twice([0x7c]);
/** 1 where a < b as unsigned 64-bit integers, else 0, as 64 bits. */
export const below64 = (a: Code, b: Code): Code => [...a, ...b, 0x54, 0xad];

/** A 128-bit word with the same 64 bits in both halves. */
export function both(value: bigint): Code {
  const half = Array.from({ length: 8 }, (_, byte) => Number((value >> BigInt(8 * byte)) & 0xffn));
  return [...vector(12), ...half, ...half];
}
export const loadWord = (address: Code, offset: number): Code => [
  ...address,
  ...vector(0),
  ...at(offset),
];
export const storeWord = (address: Code, offset: number, value: Code): Code => [
  ...[...address, ...value],
  ...[...vector(11), ...at(offset)],
];
/** 64 bits of memory in both halves. */
export const loadBoth = (address: Code, offset: number): Code => [
  ...address,
  ...vector(10),
  ...at(offset),
];
/** 64 bits of each of two places, the first in the low half. */
export const loadHalves = (address: Code, first: number, second: number): Code => [
  ...[...address, ...address, ...vector(93), ...at(first)],
  ...[...vector(87), ...at(second), 1],
];
/** Writes one half of a word, 0 the low one. */
export const storeHalf = (address: Code, offset: number, word: Code, half: 0 | 1): Code => [
  ...[...address, ...word],
  ...[...vector(91), ...at(offset), half],
];
export const halfOf = (word: Code, half: 0 | 1): Code => [...word, ...vector(29), half];
export const withHalf = (word: Code, half: 0 | 1, value: Code): Code => [
  ...[...word, ...value],
  ...[...vector(30), half],
];
export const bytesReversed = (word: Code): Code => [
  ...[...word, ...word, ...vector(13)],
  ...Array.from({ length: 16 }, (_, byte) => 15 - byte),
];
export const xor = twice(vector(81));
export const or = twice(vector(80));
/** a and not b. */
export const andNot = twice(vector(79));
/** Adds the halves each by itself, without a carry between them. */
export const addHalves = twice(vector(206));
export const shiftLeft = (word: Code, by: number): Code => [...word, ...int(by), ...vector(203)];
export const shiftRight = (word: Code, by: number): Code => [...word, ...int(by), ...vector(205)];

/** A function of 32-bit parameters without a result. */
export type KernelFunction = {
  name: string;
  parameters: number;
  /** Further 32-bit locals, numbered behind the parameters. */
  ints: number;
  /** 128-bit locals, numbered behind those. */
  words: number;
  body: Code;
};

const sized = (code: Code): Code => [...unsigned(code.length), ...code];
const listed = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const section = (id: number, content: Code): Code => [id, ...sized(content)];
const text = (name: string): Code => sized([...name].map((letter) => letter.charCodeAt(0)));

/** A module that exports the functions and `memory`, so many pages of 64 KiB. */
export function moduleOf(pages: number, functions: readonly KernelFunction[]): Uint8Array {
  const types = functions.map(({ parameters }) => [
    ...[0x60, ...listed(Array.from({ length: parameters }, () => [I32]))],
    0,
  ]);
  const bodies = functions.map(({ ints, words, body }) =>
    sized([
      ...listed([
        [...unsigned(ints), I32],
        [...unsigned(words), WORD],
      ]),
      ...body,
      0x0b,
    ]),
  );
  const exports = functions.map(({ name }, index) => [...text(name), 0, ...unsigned(index)]);
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, listed(types)),
    ...section(3, listed(functions.map((_, index) => unsigned(index)))),
    ...section(5, listed([[0, ...unsigned(pages)]])),
    ...section(7, listed([...exports, [...text("memory"), 2, 0]])),
    ...section(10, listed(bodies)),
  ]);
}
