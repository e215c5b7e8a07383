import type { Pool } from "pg";
import { toHex } from "../domain/bytes.ts";
import { formatDay } from "../domain/period.ts";
import { readConsents, readMandates, readStatement } from "./accountReads.ts";
import { uuidBytes } from "./closeEpoch.ts";
import { readDonations } from "./donations.ts";

const ALL = 1_000_000;

/** Everything the registry holds of a person besides balances and lots. */
export async function exportPerson(pool: Pool, participant: string) {
  const of = { participant, first: 0, end: 100_000, limit: ALL };
  const [consents, mandates, donations, statement, choices, benefits, reports] = await Promise.all([
    readConsents(pool, participant),
    readMandates(pool, participant),
    readDonations(pool, participant),
    readStatement(pool, of),
    pool.query<{ pool: boolean; created_at: Date }>(
      "SELECT pool, created_at FROM ledger.choice WHERE participant = $1 ORDER BY sequence",
      [participant],
    ),
    pool.query<{ what: string; fen: bigint | null; document_hash: Buffer; created_at: Date }>(
      "SELECT what, fen, document_hash, created_at FROM ledger.benefit WHERE participant = $1 ORDER BY created_at",
      [participant],
    ),
    pool.query<{
      day: number;
      activity_at: bigint;
      behaviour: string;
      milligrams: bigint;
      quantities: string;
      batch_id: string | null;
      credited: boolean | null;
      salt: string | null;
    }>(
      `SELECT r.day, r.activity_at, r.behaviour, r.milligrams, r.quantities, m.batch_id, m.credited, r.salt
       FROM intake.report r LEFT JOIN intake.membership m
         ON m.day = r.day AND m.platform = r.platform AND m.row_key = r.row_key
       WHERE r.participant = $1 ORDER BY r.day, r.row_key LIMIT ${ALL}`,
      [participant],
    ),
  ]);
  return {
    consents,
    mandates,
    donations,
    choices: choices.rows.map((row) => ({ pool: row.pool, at: row.created_at.toISOString() })),
    benefits: benefits.rows.map((row) => ({
      what: row.what,
      fen: row.fen?.toString() ?? null,
      documentHash: toHex(row.document_hash),
      at: row.created_at.toISOString(),
    })),
    statement,
    reports: reports.rows.map((row) => ({
      day: formatDay(row.day),
      at: Number(row.activity_at),
      behaviour: row.behaviour,
      milligrams: row.milligrams.toString(),
      quantities: JSON.parse(row.quantities) as Record<string, string>,
      batchId: row.batch_id,
      credited: row.credited,
      salt: row.salt === null ? null : toHex(uuidBytes(row.salt)),
    })),
  };
}
