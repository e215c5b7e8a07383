import type { FunctionFragment, ParamType } from "ethers";

/*
 * Calls and answers whose parts are single words, or lists of them, written and read as text: a comparison makes three
 * calls an account, and a general decoder costs more than the node's answer.
 */

const WORD_DIGITS = 64;
const WORD_BYTES = 32;

const numberWord = (value: number): string => value.toString(16).padStart(WORD_DIGITS, "0");

/** The word of one argument. Throws a RangeError where the text is no value of the type. */
function wordOf(type: string, text: string): string {
  if (type === "address" && /^0x[0-9a-f]{40}$/.test(text)) return text.slice(2).padStart(64, "0");
  if (type === "bytes32" && /^0x[0-9a-f]{64}$/.test(text)) return text.slice(2);
  const bits = /^uint(\d+)$/.exec(type)?.[1];
  if (bits !== undefined && /^(0x[0-9a-f]{1,64}|\d{1,78})$/.test(text)) {
    const digits = BigInt(text).toString(16);
    if (digits.length * 4 <= Number(bits)) return digits.padStart(WORD_DIGITS, "0");
    if (BigInt(text) >> BigInt(bits) === 0n) return digits.padStart(WORD_DIGITS, "0");
  }
  throw new RangeError(`${text} is no ${type}`);
}

/** The calldata of a call with single values, in the order of the view's inputs. Throws as `wordOf`. */
export function calldataOf(view: FunctionFragment, values: readonly string[]): string {
  if (values.length !== view.inputs.length) throw new RangeError(`${view.name}: other arguments`);
  return view.selector + view.inputs.map(({ type }, k) => wordOf(type, values[k] ?? "")).join("");
}

/** The calldata of a call with lists: a list for each input, one value of each row. Throws as `wordOf`. */
export function listCalldataOf(
  view: FunctionFragment,
  rows: readonly (readonly string[])[],
): string {
  const listBytes = WORD_BYTES * (1 + rows.length);
  const heads = view.inputs.map((_, k) =>
    numberWord(WORD_BYTES * view.inputs.length + k * listBytes),
  );
  const lists = view.inputs.map(({ arrayChildren }, k) => {
    const type = arrayChildren?.type ?? "no list";
    return numberWord(rows.length) + rows.map((row) => wordOf(type, row[k] ?? "")).join("");
  });
  return view.selector + heads.join("") + lists.join("");
}

/** A word as its text. */
type Read = (word: string) => string;

const readWord: Read = (word) => `0x${word}`;

function readerOf({ type }: ParamType): Read | undefined {
  if (type === "address") return (word) => `0x${word.slice(24)}`;
  if (type === "bool") return (word) => String(BigInt(`0x${word}`) !== 0n);
  if (type === "bytes32") return readWord;
  return /^uint\d+$/.test(type) ? (word) => BigInt(`0x${word}`).toString() : undefined;
}

/** Where a field stands in an answer, and how it is read. */
type Place = { readonly at: number; readonly read: Read };
/** The fields of an answer by their names, with dots into structs; undefined when one is no single word. */
export type Layout = ReadonlyMap<string, Place>;

/** The layout of a view's answer. A view that gives one struct gives its fields. */
export function layoutOf(view: FunctionFragment): Layout | undefined {
  const [only] = view.outputs;
  const isStruct = view.outputs.length === 1 && only?.components;
  const places = new Map<string, Place>();
  const walk = (params: readonly ParamType[], prefix: string): boolean =>
    params.every((param) => {
      const name = prefix + param.name;
      if (param.components && !param.arrayChildren) return walk(param.components, `${name}.`);
      const read = readerOf(param);
      if (read) places.set(name, { at: places.size, read });
      return read !== undefined;
    });
  return walk(isStruct ? (only.components ?? []) : view.outputs, "") ? places : undefined;
}

/** A field of an answer, `0x…`; as 32 bytes of hex when `asWord`. Undefined when the answer is not of the layout. */
export function fieldOf(
  layout: Layout,
  answer: string,
  name: string | undefined,
  asWord = false,
): string | undefined {
  if (answer.length !== 2 + layout.size * WORD_DIGITS) return undefined;
  const place = name === undefined ? layout.values().next().value : layout.get(name);
  if (place === undefined) return undefined;
  const word = answer.slice(2 + place.at * WORD_DIGITS, 2 + (place.at + 1) * WORD_DIGITS);
  return (asWord ? readWord : place.read)(word);
}

/** The numbers of an answer that is one list of them; undefined when it is not of that form. */
export function numbersOf(answer: string): string[] | undefined {
  const count = (answer.length - 2) / WORD_DIGITS - 2;
  if (
    count < 0 ||
    answer.slice(2, 2 + 2 * WORD_DIGITS) !== numberWord(WORD_BYTES) + numberWord(count)
  )
    return undefined;
  return Array.from({ length: count }, (_, k) => {
    const at = 2 + (k + 2) * WORD_DIGITS;
    return BigInt(`0x${answer.slice(at, at + WORD_DIGITS)}`).toString();
  });
}
