import type { ClientBase, Pool } from "pg";
import { inTransaction } from "../database/inTransaction.ts";
import { type Result, refuse, succeed } from "../domain/result.ts";
import { readBalances } from "./accountReads.ts";

/** Everything of one person happens one after the other. */
export async function alone<T>(
  pool: Pool,
  participant: string,
  work: (client: ClientBase) => Promise<T>,
): Promise<T> {
  return inTransaction(pool, async (client) => {
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [
      `tanpu/ledger/${participant}`,
    ]);
    return work(client);
  });
}

/** Moves between a person's compartments, or out of them; see ledger.move_own. BALANCE_SHORT. */
export async function move(
  client: ClientBase,
  of: {
    key: string;
    kind: string;
    participant: string;
    gives: string;
    gains: string;
    milligrams: bigint;
    mandate?: string;
    recipient?: string;
  },
): Promise<Result<bigint>> {
  const { rows } = await client.query<{ posting: bigint | string | null }>(
    "SELECT ledger.move_own($1, $2, $3, $4, $5, $6, $7, $8) AS posting",
    [
      ...[of.key, of.kind, of.participant, of.gives, of.gains, of.milligrams.toString()],
      ...[of.mandate ?? null, of.recipient ?? null],
    ],
  );
  const posting = rows[0]?.posting ?? null;
  if (posting !== null) return succeed(BigInt(posting));
  const balances = await readBalances(client, of.participant);
  const has = balances[of.gives as "issued" | "points"] / 1000n;
  const needed = (of.milligrams / 1000n).toString();
  return refuse("BALANCE_SHORT", { values: { has: has.toString(), needed } });
}
