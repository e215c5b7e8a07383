import { type Result, refuse, succeed } from "../domain/result.ts";

/** `0x…` lowercase of a bytea column. */
export function hexOf(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}

/** `0x…` of a nullable bytea column. */
export function hexOrNull(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : hexOf(bytes);
}

/** The bytes of checked `0x…` hex, for a bytea column. */
export function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.slice(2), "hex");
}

/** Decimal text of a nullable amount. */
export function textOrNull(amount: bigint | string | null): string | null {
  return amount === null ? null : amount.toString();
}

/** Where a list goes on: the sort key of the last row shown, as texts. */
export type Cursor = readonly string[];

/**
 * One page of a list. Pages are cut by key and not by offset, so rows that are added meanwhile neither
 * repeat nor hide others.
 */
export type Page<T> = { items: T[]; nextCursor: string | null };

/** How many rows to show, and after which. */
export type PageRequest = { limit: number; after: Cursor | null };

/** Opaque text of a cursor; it names its list, so that another list refuses it. */
export function encodeCursor(list: string, key: Cursor): string {
  return Buffer.from(JSON.stringify([list, ...key])).toString("base64url");
}

/** Reads a cursor that `list` gave out, with the form of each part. CURSOR_INVALID. */
export function decodeCursor(
  list: string,
  forms: readonly RegExp[],
  text: string | undefined,
): Result<Cursor | null> {
  if (text === undefined) return succeed(null);
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    if (Array.isArray(parts) && parts[0] === list && parts.length === forms.length + 1) {
      const key = parts.slice(1);
      const fits = key.every((part, at) => typeof part === "string" && forms[at]?.test(part));
      if (fits) return succeed(key as string[]);
    }
  } catch {
    // Not ours; the refusal below says so.
  }
  return refuse("CURSOR_INVALID", { field: "cursor" });
}

/** Cuts a page out of `limit + 1` rows: the extra one only tells that there are more. */
export function pageOf<Row, T>(
  list: string,
  rows: readonly Row[],
  limit: number,
  of: { view: (row: Row) => T; key: (row: Row) => Cursor },
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: shown.map(of.view), nextCursor: more ? encodeCursor(list, of.key(last)) : null };
}
