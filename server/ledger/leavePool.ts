import type { Pool } from "pg";
import { inTransaction } from "../database/inTransaction.ts";
import { type Result, refuse, succeed } from "../domain/result.ts";
import { beginPosting, institutionOf } from "./posting.ts";

/** Accounts whose grams the operator may take out of the pool; a person's never. */
export const leavingKinds = ["platform", "owner", "agent", "programme"] as const;

/**
 * Takes grams of a platform, owner, agent or the programme off the lines, so that the next epoch is lower and the units
 * can then be withdrawn or retired from the pool. The same id again changes nothing. BALANCE_SHORT.
 */
export async function leavePool(
  pool: Pool,
  of: {
    id: string;
    programme: number;
    kind: (typeof leavingKinds)[number];
    name: string;
    grams: bigint;
  },
): Promise<Result<{ holder: string; grams: string }>> {
  const milligrams = of.grams * 1000n;
  return inTransaction(pool, async (client) => {
    const holder = await institutionOf(client, of.kind, of.programme, of.name);
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [
      `tanpu/ledger/${holder}`,
    ]);
    const done = { holder, grams: of.grams.toString() };
    const key = `withdraw:${of.id}`;
    const state = await client.query<{ known: boolean; mg: string }>(
      `SELECT EXISTS (SELECT FROM ledger.posting WHERE key = $1) AS known, ledger.balance_of($2, 'issued') AS mg`,
      [key, holder],
    );
    if (state.rows[0]?.known) return succeed(done);
    const has = BigInt(state.rows[0]?.mg ?? 0);
    if (has < milligrams) {
      const values = { has: (has / 1000n).toString(), needed: done.grams };
      return refuse("BALANCE_SHORT", { values });
    }
    const made = await beginPosting(client, { key, kind: "withdraw", programme: of.programme });
    if (made === undefined) return succeed(done);
    await client.query(
      `INSERT INTO ledger.entry (month, posting, holder_kind, holder, compartment, milligrams)
       VALUES ($1, $2, $3, $4, 'issued', -$5::bigint), ($1, $2, $3, $4, 'left', $5::bigint)`,
      [made.month, made.posting.toString(), of.kind, holder, milligrams.toString()],
    );
    return succeed(done);
  });
}
