import type { Pool, PoolClient } from "pg";

/**
 * Tables of which a day's partition can lie in a file. Membership stays, so that every report of a closed
 * period still has its leaf; the leaf files and the ledger were never here.
 */
export const parts = ["report", "shared", "fingerprint"] as const;
export type Part = (typeof parts)[number];

/** Columns by name, so that a file outlives a table to which columns are added. */
export const columnsOf: Readonly<Record<Part, string>> = {
  report:
    "day, platform, row_key, source, rule, behaviour, fingerprint_a, fingerprint_b, participant, milligrams, activity_at, seconds, quantities, thing, corrects, salt, received_at",
  shared: "day, platform, row_key, holder_day, holder_platform, holder_row_key",
  fingerprint: "day, mark, platform, row_key, report_day",
};

export const partitionOf = (part: Part, day: number): string => `intake.${part}_${day}`;

/** Days of which a table's partition is attached, in ascending order. */
export async function attachedDays(client: Pool | PoolClient, part: Part): Promise<number[]> {
  const { rows } = await client.query<{ day: number }>(
    `SELECT substring(c.relname FROM '[0-9]+$')::integer AS day
       FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = to_regclass($1) ORDER BY 1`,
    [`intake.${part}`],
  );
  return rows.map(({ day }) => day);
}

/** One at a time: locks as `intake.ensure_day` takes them, and the close's. */
export async function lockDay(client: PoolClient, day: number): Promise<void> {
  await client.query("SET LOCAL lock_timeout = '10s'");
  await client.query(
    `SELECT pg_advisory_xact_lock(hashtextextended('tanpu/intake/close', 0)),
            pg_advisory_xact_lock(hashtext('tanpu intake day'), $1)`,
    [day],
  );
}
