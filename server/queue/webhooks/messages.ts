import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import { viewOperation } from "../../database/operationView.ts";
import { findOperations, type OperationRow, placeOf } from "../../database/queries/operations.ts";

const MOST_AT_ONCE = 500;

type Watched = { webhook_id: string; operation_id: string; place: string };

/**
 * Makes a message for every change of a watched operation since the last look. Safe in many workers at
 * once: each takes other rows of the list. What a message says is what the mirror said when it was made.
 * @returns how many operations were looked at.
 */
export async function makeMessages(pool: Pool): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const { rows } = await client.query<Watched>(
      `SELECT webhook_id::text, operation_id::text, place FROM app.webhook_watch
       ORDER BY looked_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [MOST_AT_ONCE],
    );
    const ids = [...new Set(rows.map((row) => row.operation_id))];
    const found = new Map((await findOperations(pool, ids)).map((row) => [row.id, row]));
    for (const watched of rows) {
      const row = found.get(watched.operation_id);
      if (row === undefined) continue;
      const place = placeOf(row);
      if (isNews(row, watched.place)) {
        const id = randomUUID();
        const stored = await client.query<{ sequence: bigint }>(
          `INSERT INTO app.webhook_message (id, webhook_id, operation_id, place, payload)
           VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING sequence`,
          [id, watched.webhook_id, row.id, place, await payloadOf(pool, row)],
        );
        if (stored.rows[0]) {
          await client.query(
            "INSERT INTO app.webhook_due (message_id, webhook_id, sequence) VALUES ($1, $2, $3)",
            [id, watched.webhook_id, stored.rows[0].sequence],
          );
        }
      }
      await client.query(
        `UPDATE app.webhook_watch SET place = $3, looked_at = now()
         WHERE webhook_id = $1 AND operation_id = $2`,
        [watched.webhook_id, row.id, place],
      );
      if (row.isSettled) {
        await client.query(
          "DELETE FROM app.webhook_watch WHERE webhook_id = $1 AND operation_id = $2",
          [watched.webhook_id, row.id],
        );
      }
    }
    await client.query("COMMIT");
    return rows.length;
  } catch (cause) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw cause;
  } finally {
    client.release();
  }
}

/** That a command was signed is no news, but that a block which held it is gone is. */
function isNews(row: OperationRow, told: string): boolean {
  const place = placeOf(row);
  if (place === told || place === "queued") return false;
  return row.state !== "sent" || told !== "queued";
}

async function payloadOf(pool: Pool, row: OperationRow): Promise<string> {
  const type = `operation.${row.state}`;
  const timestamp = new Date().toISOString();
  return JSON.stringify({ type, timestamp, data: await viewOperation(pool, row) });
}
