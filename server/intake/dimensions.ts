import type { Pool } from "pg";
import { toHex } from "../domain/bytes.ts";

/*
 * Platforms, sources and methodology versions are numbers in the rows of intake. Rows of a name are made
 * outside of any chunk's transaction and never change, so a process may remember them.
 */

type Kind = "platform" | "source" | "rule";

const column = { platform: "name", source: "source_id", rule: "content_hash" } as const;

const known = new WeakMap<Pool, Map<string, number>>();

async function numberOf(pool: Pool, kind: Kind, name: string | Buffer): Promise<number> {
  const remembered = known.get(pool) ?? new Map<string, number>();
  known.set(pool, remembered);
  const key = `${kind} ${typeof name === "string" ? name : toHex(name)}`;
  const there = remembered.get(key);
  if (there !== undefined) return there;
  // Looked for first: an INSERT that meets a row still uses up a number.
  const find = `SELECT ${kind} AS number FROM intake.${kind} WHERE ${column[kind]} = $1`;
  let found = await pool.query<{ number: number }>(find, [name]);
  if (!found.rows[0]) {
    await pool.query(
      `INSERT INTO intake.${kind} (${column[kind]}) VALUES ($1) ON CONFLICT DO NOTHING`,
      [name],
    );
    found = await pool.query<{ number: number }>(find, [name]);
  }
  const number = found.rows[0]?.number;
  if (number === undefined) throw new Error(`the ${kind} got no number`);
  remembered.set(key, number);
  return number;
}

/** Number of a platform in intake's rows. */
export function platformNumber(pool: Pool, name: string): Promise<number> {
  return numberOf(pool, "platform", name);
}

/** Number of a source, by its 32 bytes. */
export function sourceNumber(pool: Pool, sourceId: Uint8Array): Promise<number> {
  return numberOf(pool, "source", Buffer.from(sourceId));
}

/** Number of a methodology version, by its content hash `0x…`. */
export function ruleNumber(pool: Pool, contentHash: string): Promise<number> {
  return numberOf(pool, "rule", Buffer.from(contentHash.slice(2), "hex"));
}

const made = new WeakMap<Pool, Set<number>>();

/** Makes the partitions of days, once for each process. Apart from any chunk, because it locks tables. */
export async function ensureDays(pool: Pool, days: Iterable<number>): Promise<void> {
  const there = made.get(pool) ?? new Set<number>();
  made.set(pool, there);
  for (const day of [...new Set(days)].sort((a, b) => a - b)) {
    if (there.has(day)) continue;
    await pool.query("SELECT intake.ensure_day($1)", [day]);
    there.add(day);
  }
}
