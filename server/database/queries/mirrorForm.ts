import type { Pool } from "pg";
import { readMirrorDefinition } from "../mirror.ts";

/** What keeps the mirror that is there from being served by this version. */
export type MirrorLack =
  /** Another version made it, and it is without this table or column (`table.column`). */
  | { readonly kind: "outdated"; readonly lacks: string }
  /** It has not come to the chain's head for the first time: its indexes by account are built then. */
  | { readonly kind: "first sync" };

/**
 * What the mirror in place lacks for this version of the program; undefined when nothing. One of another version whose
 * tables have all that this one reads lacks nothing: it is served until the indexer has built its successor.
 */
export async function findMirrorLack(pool: Pool): Promise<MirrorLack | undefined> {
  const { comment, text } = await readMirrorDefinition();
  const found = await pool.query<{ same: boolean; indexed: boolean }>(
    `SELECT coalesce(obj_description(to_regnamespace('mirror'), 'pg_namespace') = $1, false) AS same,
       to_regclass('mirror.transfer_sender') IS NOT NULL
         AND to_regclass('mirror.transfer_recipient') IS NOT NULL AS indexed`,
    [comment],
  );
  const mirror = found.rows[0];
  if (mirror?.same !== true) {
    const lacks = await firstMissing(pool, columnsOf(text));
    if (lacks !== undefined) return { kind: "outdated", lacks };
  }
  return mirror?.indexed === true ? undefined : { kind: "first sync" };
}

/** For want of how many nodes no more blocks become final; null while nothing is held back. */
export async function findHeldFinality(
  pool: Pool,
): Promise<{ agreeing: number; needed: number } | null> {
  const { rows } = await pool.query<{ agreeing: number | null; needed: number | null }>(
    "SELECT nodes_agreeing AS agreeing, nodes_needed AS needed FROM mirror.checkpoint",
  );
  const { agreeing = null, needed = null } = rows[0] ?? {};
  return agreeing === null || needed === null ? null : { agreeing, needed };
}

async function firstMissing(
  pool: Pool,
  columns: readonly (readonly [table: string, column: string])[],
): Promise<string | undefined> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT w.tab || '.' || w.col AS name FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (tab, col, place)
     WHERE NOT EXISTS (
       SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass(format('mirror.%I', w.tab)) AND a.attname = w.col
         AND NOT a.attisdropped)
     ORDER BY w.place LIMIT 1`,
    [columns.map(([table]) => table), columns.map(([, column]) => column)],
  );
  return rows[0]?.name;
}

/** Every column that the definition creates. Its form is ours: one column a line, constraints in capitals. */
export function columnsOf(definition: string): [table: string, column: string][] {
  const tables = definition.matchAll(/^CREATE TABLE mirror\.(\w+) \(\n([\s\S]*?)^\)/gm);
  return [...tables].flatMap(([, table = "", body = ""]) =>
    [...body.matchAll(/^ {2}([a-z_]+) /gm)].map(([, column = ""]): [string, string] => [
      table,
      column,
    ]),
  );
}
