import type { ClientBase, Pool } from "pg";
import { type Cause, pledgeFenOf } from "../domain/accountDonation.ts";
import { type Result, refuse, succeed } from "../domain/result.ts";
import { alone, move } from "./accountActs.ts";
import type { Person } from "./persons.ts";

/**
 * Gives issued grams to a cause (以碳代捐): they go to its account in the pool, and what its sponsor owes it is recorded.
 * The same id again changes nothing. BALANCE_SHORT, IDEMPOTENCY_KEY_CONFLICT.
 */
export async function donate(
  pool: Pool,
  person: Person,
  of: { id: string; cause: Cause; grams: bigint },
): Promise<Result<{ pledgeFen: string }>> {
  const { participant, programme } = person;
  const pledgeFen = pledgeFenOf(of.cause, of.grams).toString();
  return alone(pool, participant, async (client) => {
    const { rows } = await client.query<{ same: boolean }>(
      `SELECT participant = $2 AND recipient = $3 AND grams = $4 AS same FROM ledger.donation WHERE donation = $1`,
      [of.id, participant, of.cause.id, of.grams.toString()],
    );
    if (rows[0]) {
      return rows[0].same ? succeed({ pledgeFen }) : refuse("IDEMPOTENCY_KEY_CONFLICT");
    }
    const moved = await move(client, {
      ...{ key: `donate:${of.id}`, kind: "donate", participant, recipient: of.cause.id },
      ...{ gives: "issued", gains: "issued", milligrams: of.grams * 1000n },
    });
    if (!moved.ok) return moved;
    await client.query(
      `INSERT INTO ledger.donation (donation, programme, participant, recipient, grams, pledge_fen)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [of.id, programme, participant, of.cause.id, of.grams.toString(), pledgeFen],
    );
    return succeed({ pledgeFen });
  });
}

/** What a person gave, the newest first. */
export async function readDonations(client: Pool | ClientBase, participant: string) {
  const { rows } = await client.query<{
    donation: string;
    recipient: string;
    grams: bigint | string;
    pledge_fen: bigint | string;
    created_at: Date;
  }>(
    `SELECT donation, recipient, grams, pledge_fen, created_at FROM ledger.donation WHERE participant = $1
     ORDER BY created_at DESC, donation LIMIT 500`,
    [participant],
  );
  return rows.map((row) => ({
    donationId: row.donation,
    cause: row.recipient,
    grams: row.grams.toString(),
    pledgeFen: row.pledge_fen.toString(),
    at: row.created_at.toISOString(),
  }));
}
