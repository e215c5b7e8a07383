import { decodeCursor, type PageRequest } from "../database/codec.ts";
import { type Result, succeed } from "../domain/result.ts";
import { z } from "./zod.ts";

/** The answer of every list. */
export const pageSchema = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

/** Reads paging parameters for one list. CURSOR_INVALID. */
export function pageRequest(
  list: { readonly name: string; readonly forms: readonly RegExp[] },
  query: { cursor?: string | undefined; limit: string },
): Result<PageRequest> {
  const after = decodeCursor(list.name, list.forms, query.cursor);
  return after.ok ? succeed({ limit: Number(query.limit), after: after.value }) : after;
}
