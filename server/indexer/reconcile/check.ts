import type { ContractName } from "../../chain/events.ts";
import type { HashSuite } from "../../domain/hashSuite.ts";

/**
 * One comparison: rows of the mirror, each with the arguments of a contract's view and what the mirror makes of its
 * answer, as text. `sql` gives `id` text, `arguments` text[] and `mirror` text. The chain's text is the named fields of
 * the answer, in order, joined by spaces; without names the whole answer. A list is its texts, sorted, joined by commas.
 */
export type Check = {
  readonly what: string;
  readonly contract: ContractName;
  readonly view: string;
  readonly fields?: readonly Field[];
  /** Rows that go into one call as lists, for views that take and give lists. */
  readonly gathered?: number;
  readonly sql: string;
  /** Makes the mirror's text where the chain keeps no more than a hash: `sql` gives text[] as `mirror` then. */
  readonly hash?: HashCheck["hash"];
};

/** A field of an answer, with dots into structs; as a `word` a number is told as 32 bytes of hex, like ids are. */
export type Field = string | { readonly word: string };

/**
 * Rows whose id is the hash of what they say: no call is needed to know whether they still say it. `sql` gives `id`
 * text and `parts` text[].
 */
export type HashCheck = {
  readonly what: string;
  readonly sql: string;
  readonly hash: (suite: HashSuite, parts: readonly string[]) => string;
};

/** SQL of bytes as `0x…` text. */
export const hex = (column: string): string => `('0x' || encode(${column}, 'hex'))`;

/** SQL of the number that a contract has for a state, which counts from 1 in this order. */
export const place = (states: readonly string[], column = "state"): string =>
  `array_position(ARRAY[${states.map((state) => `'${state}'`).join(", ")}], ${column})`;

export const ZERO_ADDRESS = `0x${"0".repeat(40)}`;
export const ZERO_WORD = `0x${"0".repeat(64)}`;
