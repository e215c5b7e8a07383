import type { Pool, PoolClient } from "pg";
import { hexOf } from "../codec.ts";
import {
  type CertificateRow,
  type CertificateView,
  certificateView,
  findRetirements,
  type RetirementView,
} from "./certificates.ts";
import { type TokenRow, type TokenView, tokenView } from "./units.ts";

/** How a certificate stands, in one word; "valid" is the plain case. */
const CERTIFICATE_PLACE =
  "CASE WHEN c.state <> 'valid' THEN c.state WHEN c.impaired THEN 'impaired' ELSE 'valid' END";

export type WebhookAccount = { webhookId: string; account: Buffer; toldBlock: bigint };

/** Begins to follow what happens to the accounts of addresses that are new. What is there already is no news. */
export async function followNewWebhooks(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ webhook_id: string }>(
    `INSERT INTO app.webhook_cursor (webhook_id, told_block)
     SELECT w.id, p.final_block FROM app.webhook w JOIN app.api_key k ON k.id = w.api_key_id, mirror.checkpoint p
     WHERE k.account IS NOT NULL
       AND NOT EXISTS (SELECT FROM app.webhook_end e WHERE e.webhook_id = w.id)
       AND NOT EXISTS (SELECT FROM app.webhook_cursor c WHERE c.webhook_id = w.id)
     ON CONFLICT DO NOTHING RETURNING webhook_id::text`,
  );
  await client.query(
    `INSERT INTO app.webhook_certificate (webhook_id, certificate_id, told)
     SELECT w.id, c.certificate_id, ${CERTIFICATE_PLACE}
     FROM app.webhook w JOIN app.api_key k ON k.id = w.api_key_id JOIN mirror.certificate c ON c.holder = k.account
     WHERE w.id = ANY ($1::uuid[]) AND (c.state <> 'valid' OR c.impaired)
     ON CONFLICT DO NOTHING`,
    [rows.map(({ webhook_id }) => webhook_id)],
  );
}

/** Addresses whose accounts are looked at now, for nobody else until the transaction ends. */
export async function lockWebhookAccounts(client: PoolClient): Promise<WebhookAccount[]> {
  const { rows } = await client.query<{ id: string; account: Buffer; told_block: bigint }>(
    `SELECT w.id::text, k.account, c.told_block
     FROM app.webhook_cursor c JOIN app.webhook w ON w.id = c.webhook_id JOIN app.api_key k ON k.id = w.api_key_id
     WHERE NOT EXISTS (SELECT FROM app.api_key_revocation r WHERE r.key_id = k.id)
     ORDER BY w.id FOR UPDATE OF c SKIP LOCKED`,
  );
  return rows.map(({ id, account, told_block }) => ({
    ...{ webhookId: id, account, toldBlock: told_block },
  }));
}

/** Something that final blocks made and an address has not been told of. */
export type Made = { subject: string; id: Buffer; block: bigint };

/** Retirements of the account, and ids issued to it, in blocks behind the told one; oldest first. */
export async function findMade(
  client: PoolClient,
  { webhookId, account, toldBlock }: WebhookAccount,
  finalBlock: bigint,
  most: number,
): Promise<Made[]> {
  const { rows } = await client.query<Made>(
    `SELECT made.* FROM (
       SELECT 'retirement 0x' || encode(retirement_id, 'hex') AS subject, retirement_id AS id, block_number AS block
       FROM mirror.retirement WHERE holder = $2 AND block_number > $3 AND block_number <= $4
       UNION ALL
       SELECT 'token 0x' || encode(token_id, 'hex'), token_id, block_number
       FROM mirror.token WHERE owner = $2 AND block_number > $3 AND block_number <= $4) AS made
     WHERE NOT EXISTS (
       SELECT FROM app.webhook_message m WHERE m.webhook_id = $1 AND m.subject = made.subject)
     ORDER BY block, subject LIMIT $5`,
    [webhookId, account, toldBlock, finalBlock, most],
  );
  return rows;
}

export async function moveCursor(
  client: PoolClient,
  webhookId: string,
  block: bigint,
): Promise<void> {
  await client.query("UPDATE app.webhook_cursor SET told_block = $2 WHERE webhook_id = $1", [
    ...[webhookId, block],
  ]);
}

/**
 * Notes how the account's certificates stand in the mirror at this block, and gives those that stood so when a block was
 * read that is final by now: their news is told once.
 */
export async function settleCertificates(
  client: PoolClient,
  { webhookId, account }: WebhookAccount,
  at: { block: bigint; finalBlock: bigint },
): Promise<{ id: Buffer; place: string }[]> {
  await client.query(
    `INSERT INTO app.webhook_certificate (webhook_id, certificate_id, told, seen, seen_block)
     SELECT $1, c.certificate_id, 'valid', ${CERTIFICATE_PLACE}, $3
     FROM mirror.certificate c WHERE c.holder = $2 AND (c.state <> 'valid' OR c.impaired)
     ON CONFLICT DO NOTHING`,
    [webhookId, account, at.block],
  );
  // A certificate that a reorganisation took away is none; what was told of it stays told.
  await client.query(
    `UPDATE app.webhook_certificate n
     SET seen = nullif(now.place, n.told), seen_block = CASE WHEN now.place <> n.told THEN $2::bigint END
     FROM (SELECT c.certificate_id, ${CERTIFICATE_PLACE} AS place FROM mirror.certificate c) AS now
     WHERE n.webhook_id = $1 AND now.certificate_id = n.certificate_id
       AND now.place <> coalesce(n.seen, n.told)`,
    [webhookId, at.block],
  );
  const { rows } = await client.query<{ id: Buffer; place: string }>(
    `UPDATE app.webhook_certificate SET told = seen, seen = NULL, seen_block = NULL
     WHERE webhook_id = $1 AND seen_block <= $2 RETURNING certificate_id AS id, told AS place`,
    [webhookId, at.finalBlock],
  );
  return rows;
}

/** What messages about these rows show, by subject: the same as the routes of the API. */
export async function findSubjects(
  pool: Pool,
  ids: { retirements: Buffer[]; tokens: Buffer[]; certificates: Buffer[] },
): Promise<Map<string, RetirementView | TokenView | CertificateView>> {
  const [retirements, tokens, certificates] = await Promise.all([
    findRetirements(pool, ids.retirements.map(hexOf)),
    pool.query<TokenRow>("SELECT * FROM mirror.token WHERE token_id = ANY ($1)", [ids.tokens]),
    pool.query<CertificateRow & { retirements: Buffer[] }>(
      `SELECT c.*, ARRAY(
         SELECT r.retirement_id FROM mirror.certificate_retirement r
         WHERE r.certificate_id = c.certificate_id ORDER BY r.line) AS retirements
       FROM mirror.certificate c WHERE certificate_id = ANY ($1)`,
      [ids.certificates],
    ),
  ]);
  return new Map<string, RetirementView | TokenView | CertificateView>([
    ...retirements.map((one) => [`retirement ${one.retirementId}`, one] as const),
    ...tokens.rows.map((row) => [`token ${hexOf(row.token_id)}`, tokenView(row)] as const),
    ...certificates.rows.map(
      (row) =>
        [
          `certificate ${hexOf(row.certificate_id)}`,
          certificateView(row, row.retirements.map(hexOf)),
        ] as const,
    ),
  ]);
}
