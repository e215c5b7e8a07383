import type { Rational } from "../../rational.ts";
import type { Table } from "./typed.ts";
import type { Dimension } from "./units.ts";

/** What a name in a formula stands for. */
export type Meaning =
  | { kind: "constant"; dimension: Dimension; value: Rational }
  /** A reported number: base units are the whole number in the slot times `scale`. */
  | { kind: "quantity"; dimension: Dimension; slot: number; scale: Rational }
  | { kind: "text"; slot: number; of: readonly string[] | undefined }
  | { kind: "list"; slot: number; elements: ReadonlyMap<string, Meaning> }
  | { kind: "table"; table: Table };

export type Scope = ReadonlyMap<string, Meaning>;

/** Words of the language; no field and no parameter may be called so. */
export const reservedNames: ReadonlySet<string> = new Set(["min", "max", "sum", "true", "false"]);
