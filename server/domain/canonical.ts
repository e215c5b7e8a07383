import canonicalize from "canonicalize";
import { utf8 } from "./bytes.ts";
import type { HashSuite } from "./hashSuite.ts";

/** JSON that has one canonical text. Amounts are decimal strings, so no number loses digits. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** RFC 8785 text of a value. */
export function canonicalJson(value: Json): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("this value has no canonical JSON");
  return text;
}

/** Hash of the canonical text: the content hash of documents, commands and rules. */
export function contentHash(suite: HashSuite, value: Json): Uint8Array {
  return suite.hash(utf8(canonicalJson(value)));
}
