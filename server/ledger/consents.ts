import type { Pool } from "pg";
import { type Result, refuse, succeed } from "../domain/result.ts";
import { alone } from "./accountActs.ts";
import type { Person } from "./persons.ts";

/** Whether the platform may pool what this person earns from the next close on. */
export async function choosePooling(pool: Pool, person: Person, choice: boolean): Promise<void> {
  await pool.query("INSERT INTO ledger.choice (participant, pool) VALUES ($1, $2)", [
    person.participant,
    choice,
  ]);
}

/** The purpose without which nothing of a person is counted. */
export const COUNTING = "counting";

/** Records a consent; the same id again changes nothing. IDEMPOTENCY_KEY_CONFLICT for another person's id. */
export async function giveConsent(
  pool: Pool,
  person: Person,
  of: { id: string; purpose: string; textHash: string },
): Promise<Result<true>> {
  return alone(pool, person.participant, async (client) => {
    const made = await client.query(
      "INSERT INTO ledger.consent (consent, participant, purpose, text_hash) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
      [of.id, person.participant, of.purpose, Buffer.from(of.textHash.slice(2), "hex")],
    );
    if (made.rowCount === 0) {
      const { rows } = await client.query(
        "SELECT FROM ledger.consent WHERE consent = $1 AND participant = $2 AND purpose = $3",
        [of.id, person.participant, of.purpose],
      );
      return rows.length > 0 ? succeed(true) : refuse("IDEMPOTENCY_KEY_CONFLICT");
    }
    if (of.purpose === COUNTING) {
      await client.query("DELETE FROM ledger.no_consent WHERE participant = $1", [
        person.participant,
      ]);
    }
    return succeed(true);
  });
}

/** Takes a consent back. Without one to count, what is reported of the person from now on is refused. NOT_FOUND. */
export async function withdrawConsent(
  pool: Pool,
  person: Person,
  consentId: string,
): Promise<Result<true>> {
  return alone(pool, person.participant, async (client) => {
    const { rows } = await client.query<{ purpose: string }>(
      "SELECT purpose FROM ledger.consent WHERE consent = $1 AND participant = $2",
      [consentId, person.participant],
    );
    if (!rows[0]) return refuse("NOT_FOUND", { values: { what: "consent", id: consentId } });
    await client.query(
      "INSERT INTO ledger.consent_end (consent) VALUES ($1) ON CONFLICT DO NOTHING",
      [consentId],
    );
    const left = await client.query(
      `SELECT FROM ledger.consent c WHERE c.participant = $1 AND c.purpose = $2
         AND NOT EXISTS (SELECT FROM ledger.consent_end e WHERE e.consent = c.consent)`,
      [person.participant, rows[0].purpose],
    );
    if (rows[0].purpose === COUNTING && left.rowCount === 0) {
      await client.query(
        "INSERT INTO ledger.no_consent (participant) VALUES ($1) ON CONFLICT DO NOTHING",
        [person.participant],
      );
    }
    return succeed(true);
  });
}
