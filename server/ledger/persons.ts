import type { Pool } from "pg";
import { inTransaction } from "../database/inTransaction.ts";
import { formatDay } from "../domain/period.ts";
import { type Result, refuse, succeed } from "../domain/result.ts";

/** A person of one platform in one programme, as the registry knows them. */
export type Person = {
  /** UUID: the keyed pseudonym intake stores. */
  participant: string;
  programme: number;
  platform: string;
};

/**
 * Whose personal token this is. "replaced" for one after which the person was given another.
 *
 * @param tokenSha256 - SHA-256 of the token
 */
export async function findPersonByToken(
  pool: Pool,
  tokenSha256: Uint8Array,
): Promise<Person | "replaced" | undefined> {
  const { rows } = await pool.query<{
    participant: string;
    programme: bigint;
    platform: string;
    replaced: boolean;
  }>(
    `SELECT p.participant, p.programme, p.platform, EXISTS (SELECT FROM ledger.person_token n
       WHERE n.participant = t.participant AND n.sequence > t.sequence) AS replaced
     FROM ledger.person_token t JOIN ledger.person p USING (participant) WHERE t.token_sha256 = $1`,
    [Buffer.from(tokenSha256)],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  if (row.replaced) return "replaced";
  const { participant, platform } = row;
  return { participant, programme: Number(row.programme), platform };
}

/** PERSON_DELETED, with the day until which what was issued stays restricted. */
export async function requireNotDeleted(pool: Pool, participant: string): Promise<Result<true>> {
  const { rows } = await pool.query<{ retained_until: number }>(
    "SELECT retained_until FROM ledger.deletion WHERE participant = $1",
    [participant],
  );
  const found = rows[0];
  if (found === undefined) return succeed(true);
  return refuse("PERSON_DELETED", { values: { until: formatDay(found.retained_until) } });
}

/** Gives a person a token; from now on only this one opens their account. PERSON_DELETED. */
export async function registerPerson(
  pool: Pool,
  person: Person,
  tokenSha256: Uint8Array,
): Promise<Result<true>> {
  const there = await requireNotDeleted(pool, person.participant);
  if (!there.ok) return there;
  await inTransaction(pool, async (client) => {
    await client.query(
      "INSERT INTO ledger.person (participant, programme, platform) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
      [person.participant, person.programme, person.platform],
    );
    await client.query(
      "INSERT INTO ledger.person_token (token_sha256, participant) VALUES ($1, $2)",
      [Buffer.from(tokenSha256), person.participant],
    );
  });
  return succeed(true);
}

/** Records what a platform gave a person for pooling; the same id again changes nothing. */
export async function recordBenefit(
  pool: Pool,
  of: { id: string; participant: string; what: string; fen: string | null; documentHash: string },
): Promise<void> {
  await pool.query(
    `INSERT INTO ledger.benefit (benefit, participant, what, fen, document_hash) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING`,
    [of.id, of.participant, of.what, of.fen, Buffer.from(of.documentHash.slice(2), "hex")],
  );
}
