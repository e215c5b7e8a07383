import { createHash } from "node:crypto";
import type { ClientBase, Pool } from "pg";
import type { Role } from "../domain/access.ts";
import { isRole } from "../domain/access.ts";
import { sameBytes } from "../domain/bytes.ts";
import { type Result, refuse, succeed } from "../domain/result.ts";
import { crashPoint } from "../platform/crashPoint.ts";
import { prepared } from "./client.ts";
import { bytesOf, hexOrNull } from "./codec.ts";

/** An API key to be made. Only its SHA-256 is stored. */
export type NewApiKey = {
  /** UUID. */
  id: string;
  /** The secret itself, shown to its owner once. */
  key: string;
  name: string;
  role: Role;
  /** The chain account it orders for, `0x…`. */
  account?: string;
  /** The platform it reports for. */
  platform?: string;
  programme?: number;
  /** Names of actions, or `*`. */
  scopes: readonly string[];
};

/** An API key as stored. */
export type ApiKey = {
  id: string;
  name: string;
  role: Role;
  account: string | null;
  platform: string | null;
  programme: number | null;
  scopes: readonly string[];
  revoked: boolean;
};

/** SHA-256 of a secret key. Keys are long and random, so a slow hash would add nothing. */
export function sha256OfKey(key: string): Buffer {
  return createHash("sha256").update(key, "utf8").digest();
}

/**
 * Stores an API key; storing the same again changes nothing. Needs the owner of the database, because
 * the API's own role cannot make keys.
 *
 * @throws when the id is taken by another key.
 */
export async function createApiKey(client: ClientBase | Pool, key: NewApiKey): Promise<void> {
  const sha256 = sha256OfKey(key.key);
  await client.query(
    `INSERT INTO app.api_key (id, key_sha256, name, role, account, platform, programme, scopes)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
    [
      key.id,
      sha256,
      key.name,
      key.role,
      key.account === undefined ? null : bytesOf(key.account),
      key.platform ?? null,
      key.programme ?? null,
      [...key.scopes],
    ],
  );
  const { rows } = await client.query<{ id: string }>(
    "SELECT id::text FROM app.api_key WHERE id = $1 AND key_sha256 = $2",
    [key.id, sha256],
  );
  if (rows.length === 0) throw new Error(`the API key id ${key.id} or its secret is taken`);
}

/** The key with this SHA-256, revoked or not. */
export async function findApiKey(pool: Pool, sha256: Uint8Array): Promise<ApiKey | undefined> {
  const { rows } = await pool.query<{
    id: string;
    name: string;
    role: string;
    account: Buffer | null;
    platform: string | null;
    programme: bigint | null;
    scopes: string[];
    revoked: boolean;
  }>(
    prepared(
      "api key",
      `SELECT k.id::text, k.name, k.role, k.account, k.platform, k.programme, k.scopes,
            r.key_id IS NOT NULL AS revoked
     FROM app.api_key k LEFT JOIN app.api_key_revocation r ON r.key_id = k.id
     WHERE k.key_sha256 = $1`,
      [sha256],
    ),
  );
  const row = rows[0];
  if (row === undefined || !isRole(row.role)) return undefined;
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    account: hexOrNull(row.account),
    platform: row.platform,
    programme: row.programme === null ? null : Number(row.programme),
    scopes: row.scopes,
    revoked: row.revoked,
  };
}

/** A command as the API stores it. */
export type NewOperation = {
  /** UUID made by the client: its Idempotency-Key. */
  id: string;
  /** 32 bytes over everything that makes two commands the same. */
  contentHash: Uint8Array;
  kind: string;
  /** Commands of one lane are carried out one after the other. */
  lane: string;
  /** Account that signs, `0x…`; null for work off chain. */
  signer: string | null;
  body: Readonly<Record<string, unknown>>;
  apiKeyId: string;
};

/**
 * Whether a command was stored before under this id. IDEMPOTENCY_KEY_CONFLICT when the id stands for
 * other content or belongs to another key.
 */
export async function findRepeat(
  pool: Pool,
  wanted: Pick<NewOperation, "id" | "contentHash" | "apiKeyId">,
): Promise<Result<"new" | "repeated">> {
  const { rows } = await pool.query<{ content_hash: Buffer; api_key_id: string }>(
    prepared("repeat", "SELECT content_hash, api_key_id::text FROM app.operation WHERE id = $1", [
      wanted.id,
    ]),
  );
  const stored = rows[0];
  if (stored === undefined) return succeed("new");
  const same =
    sameBytes(stored.content_hash, wanted.contentHash) && stored.api_key_id === wanted.apiKeyId;
  return same ? succeed("repeated") : refuse("IDEMPOTENCY_KEY_CONFLICT");
}

/**
 * Stores a command, once. A repeat of the same content by the same key changes nothing;
 * IDEMPOTENCY_KEY_CONFLICT for anything else under a used id.
 */
export async function insertOperation(
  pool: Pool,
  operation: NewOperation,
): Promise<Result<"new" | "repeated">> {
  const inserted = await pool.query(
    prepared(
      "operation",
      `INSERT INTO app.operation (id, content_hash, kind, lane, signer, body, api_key_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`,
      [
        operation.id,
        operation.contentHash,
        operation.kind,
        operation.lane,
        operation.signer === null ? null : bytesOf(operation.signer),
        JSON.stringify(operation.body),
        operation.apiKeyId,
      ],
    ),
  );
  if (inserted.rowCount === 0) return findRepeat(pool, operation);
  crashPoint("command-stored");
  return succeed("new");
}
