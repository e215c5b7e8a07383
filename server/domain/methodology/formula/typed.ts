import type { Rational } from "../../rational.ts";
import type { Arithmetic, Comparison } from "./parse.ts";
import type { Dimension } from "./units.ts";

/*
 * A formula whose names are resolved and whose units fit. All numbers are in base units (units.ts), so
 * evaluating needs no unit any more.
 */

/** Values one activity brings, by slot. Numbers are whole: the reported decimal times 10^decimals. */
export type Frame = {
  readonly numbers: readonly bigint[];
  readonly texts: readonly string[];
  readonly lists: readonly (readonly Frame[])[];
};

/** Where a reported value stands; `inner` means in the element a sum is at. */
export type Place = { readonly slot: number; readonly inner: boolean };

export type NumberNode =
  | { kind: "constant"; value: Rational }
  | { kind: "reported"; place: Place; scale: Rational }
  | { kind: "lookup"; table: Table; keys: readonly KeyNode[] }
  | { kind: "arithmetic"; operator: Arithmetic; left: NumberNode; right: NumberNode }
  | { kind: "extreme"; which: "min" | "max"; of: readonly NumberNode[] }
  | { kind: "choose"; condition: ConditionNode; chosen: NumberNode; otherwise: NumberNode }
  | { kind: "sum"; list: number; body: NumberNode };

export type TextNode = { kind: "written"; value: string } | { kind: "text"; place: Place };

export type KeyNode = { by: "text"; text: TextNode } | { by: "band"; number: NumberNode };

export type ConditionNode =
  | { kind: "numbers"; operator: Comparison; left: NumberNode; right: NumberNode }
  | { kind: "texts"; equal: boolean; left: TextNode; right: TextNode }
  | { kind: "logic"; operator: "&&" | "||"; left: ConditionNode; right: ConditionNode }
  | { kind: "not"; operand: ConditionNode };

/** A value of a table: exact texts, or bands with both ends included, one per axis. */
export type TableRow = {
  readonly at: readonly (string | { readonly first: Rational; readonly last: Rational })[];
  readonly value: Rational;
};

/** A parameter with one value per place, such as a factor by province and year. */
export type Table = {
  readonly id: string;
  readonly axes: readonly Axis[];
  readonly dimension: Dimension;
  readonly rows: readonly TableRow[];
  /** Row number by its texts, when every axis is one; joined by a character no text has. */
  readonly index: ReadonlyMap<string, number> | undefined;
};

export type Axis = { readonly by: "text" } | { readonly by: "band"; readonly dimension: Dimension };

/** Why a formula has no value for this activity; the first one counts. */
export type Obstacle =
  | { kind: "not stated"; table: string; key: string }
  | { kind: "division by zero" };

export const KEY_JOINT = "\u001f";
