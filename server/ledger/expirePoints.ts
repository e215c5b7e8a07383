import type { Pool } from "pg";
import { inTransaction } from "../database/inTransaction.ts";
import { chinaDay } from "../domain/period.ts";
import { move } from "./accountActs.ts";

const AT_ONCE = 500;

/** Ends points whose day is over: their grams are units of the person again. Gives how many lots ended. */
export async function expirePoints(pool: Pool, now: number): Promise<number> {
  const { rows } = await pool.query<{ lot: string; participant: string; grams: bigint }>(
    `SELECT l.lot, l.participant, l.grams FROM ledger.points l
     WHERE l.end_day <= $1 AND NOT EXISTS (SELECT FROM ledger.points_end e WHERE e.lot = l.lot) LIMIT ${AT_ONCE}`,
    [chinaDay(now)],
  );
  let ended = 0;
  for (const { lot, participant, grams } of rows) {
    await inTransaction(pool, async (client) => {
      await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [
        `tanpu/ledger/${participant}`,
      ]);
      const made = await client.query(
        "INSERT INTO ledger.points_end (lot, kind) VALUES ($1, 'expired') ON CONFLICT DO NOTHING",
        [lot],
      );
      if (made.rowCount === 0) return;
      const moved = await move(client, {
        ...{ key: `expire-points:${lot}`, kind: "expire-points", participant },
        ...{ gives: "points", gains: "issued", milligrams: BigInt(grams) * 1000n },
      });
      if (!moved.ok) throw new Error(`the grams behind the points ${lot} are not there`);
      ended += 1;
    });
  }
  return ended;
}
