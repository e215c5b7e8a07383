import type { Pool, PoolClient } from "pg";
import type { WebhookRules } from "../../platform/webhookTarget.ts";
import { sendOnce, type Tried } from "./send.ts";

/** Seconds between one try of a message and the next: eleven tries within a day, then it is dead. */
export const RETRY_SECONDS: readonly number[] = [
  5, 15, 60, 300, 900, 3_600, 7_200, 14_400, 21_600, 36_000,
];
/** A message tried this often no longer holds up those behind it. */
const PATIENT_TRIES = 5;

export type Delivery = {
  readonly pool: Pool;
  readonly rules: WebhookRules;
  readonly retrySeconds?: readonly number[];
  readonly timeoutMilliseconds?: number;
};

type Due = {
  id: string;
  url: string;
  secret: Buffer;
  payload: string;
  tries: number;
};

/**
 * Sends the next message that is due, if there is one. Its row is locked while it is sent, so that many
 * workers send it once, and free again when this one dies: then it is sent again, by its id the same.
 */
export async function deliverNext(options: Delivery): Promise<boolean> {
  const client = await options.pool.connect();
  let broken: Error | undefined;
  try {
    await client.query("BEGIN");
    const due = await nextDue(client);
    if (due) {
      const since = Date.now();
      const tried = await sendOnce(due, options.rules, options.timeoutMilliseconds);
      await record(client, due, tried, Date.now() - since, options.retrySeconds ?? RETRY_SECONDS);
    }
    await client.query("COMMIT");
    return due !== undefined;
  } catch (cause) {
    broken = cause instanceof Error ? cause : new Error(String(cause));
    throw cause;
  } finally {
    client.release(broken);
  }
}

/** The oldest due message that no earlier one of its endpoint holds up, locked. */
async function nextDue(client: PoolClient): Promise<Due | undefined> {
  const { rows } = await client.query<Due>(
    `SELECT m.id::text, w.url, w.secret, m.payload, d.tries
     FROM app.webhook_due d
     JOIN app.webhook_message m ON m.id = d.message_id
     JOIN app.webhook w ON w.id = d.webhook_id
     WHERE d.due_at <= now() AND NOT EXISTS (
       SELECT FROM app.webhook_due earlier
       WHERE earlier.webhook_id = d.webhook_id AND earlier.sequence < d.sequence AND earlier.tries < $1)
     ORDER BY d.due_at LIMIT 1 FOR UPDATE OF d SKIP LOCKED`,
    [PATIENT_TRIES],
  );
  return rows[0];
}

async function record(
  client: PoolClient,
  { id, tries }: Due,
  tried: Tried,
  milliseconds: number,
  retrySeconds: readonly number[],
): Promise<void> {
  const status = "status" in tried ? tried.status : null;
  await client.query(
    `INSERT INTO app.webhook_attempt (message_id, attempt, status, failure, milliseconds)
     SELECT $1, coalesce(max(attempt), 0) + 1, $2, $3, $4 FROM app.webhook_attempt WHERE message_id = $1`,
    [id, status, "failure" in tried ? tried.failure : null, milliseconds],
  );
  const wait = retrySeconds[tries];
  if ((status !== null && status >= 200 && status < 300) || wait === undefined) {
    await client.query("DELETE FROM app.webhook_due WHERE message_id = $1", [id]);
    return;
  }
  await client.query(
    `UPDATE app.webhook_due SET tries = tries + 1, due_at = clock_timestamp() + $2 * interval '1 second'
     WHERE message_id = $1`,
    [id, wait],
  );
}
