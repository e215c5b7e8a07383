import type { Pool } from "pg";

export type WebhookRow = { id: string; url: string; createdAt: Date };

/** The addresses that a key is told at, those that were ended left out. */
export async function findWebhooks(pool: Pool, apiKeyId: string): Promise<WebhookRow[]> {
  const { rows } = await pool.query<{ id: string; url: string; created_at: Date }>(
    `SELECT w.id::text, w.url, w.created_at FROM app.webhook w
     WHERE w.api_key_id = $1 AND NOT EXISTS (SELECT FROM app.webhook_end e WHERE e.webhook_id = w.id)
     ORDER BY w.created_at, w.id`,
    [apiKeyId],
  );
  return rows.map(({ id, url, created_at }) => ({ id, url, createdAt: created_at }));
}

export async function insertWebhook(
  pool: Pool,
  webhook: { id: string; apiKeyId: string; url: string; secret: Uint8Array },
): Promise<void> {
  await pool.query(
    "INSERT INTO app.webhook (id, api_key_id, url, secret) VALUES ($1, $2, $3, $4)",
    [webhook.id, webhook.apiKeyId, webhook.url, webhook.secret],
  );
}

export async function endWebhook(pool: Pool, id: string): Promise<void> {
  await pool.query("INSERT INTO app.webhook_end (webhook_id) VALUES ($1) ON CONFLICT DO NOTHING", [
    id,
  ]);
}

/** A message and what came of it; `delivered` and `dead` follow from its attempts. */
export type WebhookDelivery = {
  id: string;
  /** What it is about: a command, or a subject such as `certificate 0x…`. */
  operationId: string | null;
  subject: string | null;
  place: string;
  state: "waiting" | "delivered" | "dead";
  attempts: number;
  lastStatus: number | null;
  lastFailure: string | null;
  nextAt: Date | null;
  createdAt: Date;
};

/** The newest messages to an address, newest first. */
export async function findDeliveries(
  pool: Pool,
  webhookId: string,
  most: number,
): Promise<WebhookDelivery[]> {
  const { rows } = await pool.query<{
    id: string;
    operation_id: string | null;
    subject: string | null;
    place: string;
    created_at: Date;
    attempts: bigint;
    last_status: number | null;
    last_failure: string | null;
    due_at: Date | null;
  }>(
    `SELECT m.id::text, m.operation_id::text, m.subject, m.place, m.created_at, last.status AS last_status,
            last.failure AS last_failure, coalesce(last.attempt, 0)::bigint AS attempts, d.due_at
     FROM app.webhook_message m
     LEFT JOIN app.webhook_due d ON d.message_id = m.id
     LEFT JOIN LATERAL (
       SELECT a.attempt, a.status, a.failure FROM app.webhook_attempt a
       WHERE a.message_id = m.id ORDER BY a.attempt DESC LIMIT 1) last ON true
     WHERE m.webhook_id = $1 ORDER BY m.sequence DESC LIMIT $2`,
    [webhookId, most],
  );
  return rows.map((row) => {
    const ok = row.last_status !== null && row.last_status >= 200 && row.last_status < 300;
    return {
      id: row.id,
      operationId: row.operation_id,
      subject: row.subject,
      place: row.place,
      state: row.due_at !== null ? "waiting" : ok ? "delivered" : "dead",
      attempts: Number(row.attempts),
      lastStatus: row.last_status,
      lastFailure: row.last_failure,
      nextAt: row.due_at,
      createdAt: row.created_at,
    };
  });
}

/** Has a message sent again, as if it were new. False when the address has no such message. */
export async function replayMessage(
  pool: Pool,
  replay: { id: string; webhookId: string; messageId: string },
): Promise<boolean> {
  const inserted = await pool.query(
    `INSERT INTO app.webhook_replay (id, message_id)
     SELECT $1, m.id FROM app.webhook_message m WHERE m.id = $2 AND m.webhook_id = $3`,
    [replay.id, replay.messageId, replay.webhookId],
  );
  return inserted.rowCount === 1;
}
