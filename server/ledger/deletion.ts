import type { Pool } from "pg";
import { chinaDay, formatDay } from "../domain/period.ts";
import { type Result, refuse, succeed } from "../domain/result.ts";
import { alone, move } from "./accountActs.ts";
import { readBalances } from "./accountReads.ts";
import type { Person } from "./persons.ts";

/** Gives up what an account still has, pending and issued, in favour of the programme. */
export async function giveUp(pool: Pool, person: Person, id: string): Promise<Result<true>> {
  const { participant } = person;
  return alone(pool, participant, async (client) => {
    await client.query("SELECT ledger.give_up_pending($1)", [participant]);
    const { issued } = await readBalances(client, participant);
    if (issued === 0n) return succeed(true);
    const moved = await move(client, {
      ...{ key: `settle:${participant}:${id}`, kind: "settle", participant },
      ...{ gives: "issued", gains: "issued", milligrams: issued },
    });
    return moved.ok ? succeed(true) : moved;
  });
}

/**
 * Deletes a person: the row that is theirs, and every salt that could open what was published. What was issued stays,
 * restricted, until `retainedUntil`. ACCOUNT_NOT_SETTLED, ACCOUNT_MANDATE_OPEN.
 */
export async function deletePerson(
  pool: Pool,
  person: Person,
  of: { retainedUntil: number; now: number },
): Promise<Result<{ retainedUntil: string }>> {
  const { participant } = person;
  return alone(pool, participant, async (client) => {
    const { pending, issued, points } = await readBalances(client, participant);
    if (pending !== 0n || issued !== 0n || points !== 0n) {
      const values = { pending: `${pending}`, issued: `${issued}`, points: `${points}` };
      return refuse("ACCOUNT_NOT_SETTLED", { values });
    }
    const { rowCount } = await client.query(
      `SELECT FROM ledger.mandate m WHERE m.participant = $1 AND m.end_day > $2
         AND NOT EXISTS (SELECT FROM ledger.mandate_end e WHERE e.mandate = m.mandate)`,
      [participant, chinaDay(of.now)],
    );
    if (rowCount !== 0) return refuse("ACCOUNT_MANDATE_OPEN");
    await client.query("SELECT ledger.forget($1, $2)", [participant, of.retainedUntil]);
    return succeed({ retainedUntil: formatDay(of.retainedUntil) });
  });
}
