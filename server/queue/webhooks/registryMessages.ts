import { randomUUID } from "node:crypto";
import type { Pool, PoolClient } from "pg";
import { hexOf } from "../../database/codec.ts";
import {
  findMade,
  findSubjects,
  followNewWebhooks,
  lockWebhookAccounts,
  moveCursor,
  settleCertificates,
  type WebhookAccount,
} from "../../database/queries/webhookNews.ts";

/** Messages about retirements and ids that one look makes for one address. */
export const MOST_AT_ONCE = 200;

/** One thing to tell: what it is about, where that stands, and the name of the event. */
type News = { subject: string; place: string; type: string; id: Buffer };

const MADE = { retirement: "retirement.made", token: "token.issued" } as const;

/**
 * Makes a message for each retirement of a key's account and each id issued to it in a final block, and for each of its
 * certificates that is impaired, mended, revoked or replaced. Safe in many workers at once: each takes other addresses.
 * A worker that dies in between makes them again; their subject and place are the same, so they are stored once.
 * @returns how many messages were made.
 */
export async function makeRegistryMessages(pool: Pool): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await followNewWebhooks(client);
    const { rows } = await client.query<{ block: bigint; final_block: bigint }>(
      "SELECT block_number AS block, final_block FROM mirror.checkpoint",
    );
    const [position] = rows;
    let made = 0;
    if (position !== undefined) {
      const at = { block: position.block, finalBlock: position.final_block };
      for (const webhook of await lockWebhookAccounts(client)) {
        const news = await newsOf(client, webhook, at);
        if (news.length > 0) made += await store(pool, client, webhook.webhookId, news);
      }
    }
    await client.query("COMMIT");
    return made;
  } catch (cause) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw cause;
  } finally {
    client.release();
  }
}

async function newsOf(
  client: PoolClient,
  webhook: WebhookAccount,
  at: { block: bigint; finalBlock: bigint },
): Promise<News[]> {
  const made = await findMade(client, webhook, at.finalBlock, MOST_AT_ONCE);
  // Of a full hand, the last one's block may hold more.
  const last = made.length === MOST_AT_ONCE ? made.at(-1) : undefined;
  const told = last === undefined ? at.finalBlock : last.block - 1n;
  if (told > webhook.toldBlock) await moveCursor(client, webhook.webhookId, told);
  const changed = await settleCertificates(client, webhook, at);
  return [
    ...made.map(({ subject, id, block }) => ({
      ...{ subject, id, place: `final.${block}` },
      type: subject.startsWith("token") ? MADE.token : MADE.retirement,
    })),
    ...changed.map(({ id, place }) => ({
      ...{ subject: `certificate ${hexOf(id)}`, id },
      // It can be impaired again after it was mended, and each time is news.
      place: `${place}.${at.finalBlock}`,
      type: `certificate.${place === "valid" ? "mended" : place}`,
    })),
  ];
}

async function store(
  pool: Pool,
  client: PoolClient,
  webhookId: string,
  news: readonly News[],
): Promise<number> {
  const idsOf = (kind: string): Buffer[] =>
    news.filter(({ subject }) => subject.startsWith(kind)).map(({ id }) => id);
  const shown = await findSubjects(pool, {
    retirements: idsOf("retirement"),
    tokens: idsOf("token"),
    certificates: idsOf("certificate"),
  });
  const timestamp = new Date().toISOString();
  const told = news.filter(({ subject }) => shown.has(subject));
  await client.query(
    `WITH fresh AS (
       INSERT INTO app.webhook_message (id, webhook_id, subject, place, payload)
       SELECT id, $1, subject, place, payload
       FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) AS n (id, subject, place, payload)
       RETURNING id, webhook_id, sequence)
     INSERT INTO app.webhook_due (message_id, webhook_id, sequence) SELECT id, webhook_id, sequence FROM fresh`,
    [
      webhookId,
      told.map(() => randomUUID()),
      told.map(({ subject }) => subject),
      told.map(({ place }) => place),
      told.map(({ subject, type }) =>
        JSON.stringify({ type, timestamp, data: shown.get(subject) }),
      ),
    ],
  );
  return told.length;
}
