import { createHash } from "node:crypto";
import type { ClientBase, Pool } from "pg";
import type { Role } from "../domain/access.ts";
import { isRole } from "../domain/access.ts";
import { sameBytes } from "../domain/bytes.ts";
import { type Result, refuse, succeed } from "../domain/result.ts";
import { crashPoint } from "../platform/crashPoint.ts";
import { gather, perOwner } from "../platform/gather.ts";
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

type ApiKeyRow = {
  key_sha256: Buffer;
  id: string;
  name: string;
  role: string;
  account: Buffer | null;
  platform: string | null;
  programme: bigint | null;
  scopes: string[];
  revoked: boolean;
};

function apiKeyOf(row: ApiKeyRow | undefined): ApiKey | undefined {
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

async function findApiKeys(
  pool: Pool,
  wanted: readonly Uint8Array[],
): Promise<(ApiKey | undefined)[]> {
  const { rows } = await pool.query<ApiKeyRow>(
    prepared(
      "api keys",
      `SELECT k.key_sha256, k.id::text, k.name, k.role, k.account, k.platform, k.programme, k.scopes,
            r.key_id IS NOT NULL AS revoked
     FROM app.api_key k LEFT JOIN app.api_key_revocation r ON r.key_id = k.id
     WHERE k.key_sha256 = ANY ($1::bytea[])`,
      [wanted],
    ),
  );
  const found = new Map(rows.map((row) => [row.key_sha256.toString("hex"), row]));
  return wanted.map((sha256) => apiKeyOf(found.get(Buffer.from(sha256).toString("hex"))));
}

/** Most requests that one statement serves; what came after them waits for the next one. */
const MOST_TOGETHER = 256;

const keyFinder = perOwner((pool: Pool) =>
  gather((wanted: readonly Uint8Array[]) => findApiKeys(pool, wanted), { most: MOST_TOGETHER }),
);

/**
 * The key with this SHA-256, revoked or not, as it is stored now: nothing is remembered, so a revocation holds from the
 * next request on. Requests that come together ask together.
 */
export async function findApiKey(pool: Pool, sha256: Uint8Array): Promise<ApiKey | undefined> {
  return keyFinder(pool)(sha256);
}

/** A command as the API stores it. */
export type NewOperation = {
  /** UUID made by the client, in lower case: its Idempotency-Key. */
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

/** What makes a command the same as one that was stored before. */
type Claim = Pick<NewOperation, "id" | "contentHash" | "apiKeyId">;

type ClaimRow = { id: string; content_hash: Buffer; api_key_id: string; created_at: Date };

async function findRepeats(
  pool: Pool,
  claims: readonly Claim[],
): Promise<Result<Date | undefined>[]> {
  // One look into the index for each id, however the planner guesses the size of a table that grows.
  const { rows } = await pool.query<ClaimRow>(
    prepared(
      "repeats",
      `SELECT o.* FROM unnest($1::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
         SELECT id::text, content_hash, api_key_id::text, created_at
         FROM app.operation WHERE id = wanted.id LIMIT 1) o`,
      [claims.map(({ id }) => id)],
    ),
  );
  const stored = new Map(rows.map((row) => [row.id, row]));
  return claims.map(({ id, contentHash, apiKeyId }) => {
    const row = stored.get(id);
    if (row === undefined) return succeed(undefined);
    const same = sameBytes(row.content_hash, contentHash) && row.api_key_id === apiKeyId;
    return same ? succeed(row.created_at) : refuse("IDEMPOTENCY_KEY_CONFLICT");
  });
}

const repeatFinder = perOwner((pool: Pool) =>
  gather((claims: readonly Claim[]) => findRepeats(pool, claims), { most: MOST_TOGETHER }),
);

/**
 * Whether a command was stored before under this id, a UUID in lower case. IDEMPOTENCY_KEY_CONFLICT when the id stands
 * for other content or belongs to another key.
 */
export async function findRepeat(pool: Pool, claim: Claim): Promise<Result<"new" | "repeated">> {
  const stored = await repeatFinder(pool)(claim);
  if (!stored.ok) return stored;
  return succeed(stored.value === undefined ? "new" : "repeated");
}

/** Ids that this statement stored, with when it did. */
async function insertOperations(
  pool: Pool,
  operations: readonly NewOperation[],
): Promise<Map<string, Date>> {
  const { rows } = await pool.query<{ id: string; created_at: Date }>(
    prepared(
      "operations",
      `INSERT INTO app.operation (id, content_hash, kind, lane, signer, body, api_key_id)
     SELECT id, content_hash, kind, lane, signer, body, api_key_id
     FROM unnest($1::uuid[], $2::bytea[], $3::text[], $4::text[], $5::bytea[], $6::jsonb[], $7::uuid[])
       WITH ORDINALITY AS fresh (id, content_hash, kind, lane, signer, body, api_key_id, place)
     ORDER BY place ON CONFLICT (id) DO NOTHING RETURNING id::text, created_at`,
      [
        operations.map(({ id }) => id),
        operations.map(({ contentHash }) => contentHash),
        operations.map(({ kind }) => kind),
        operations.map(({ lane }) => lane),
        operations.map(({ signer }) => (signer === null ? null : bytesOf(signer))),
        operations.map(({ body }) => JSON.stringify(body)),
        operations.map(({ apiKeyId }) => apiKeyId),
      ],
    ),
  );
  return new Map(rows.map((row) => [row.id, row.created_at]));
}

/** Whether a command was stored just now or before, and when. */
export type StoredOperation = { readonly isNew: boolean; readonly createdAt: Date };

async function storeOperations(
  pool: Pool,
  operations: readonly NewOperation[],
): Promise<Result<StoredOperation>[]> {
  const created = await insertOperations(pool, operations);
  for (const _ of created) crashPoint("command-stored");
  // Of two under one id the statement stored the first; the other is compared with it like any repeat.
  const answers: (Result<StoredOperation> | undefined)[] = operations.map(({ id }) => {
    const createdAt = created.get(id);
    created.delete(id);
    return createdAt && succeed({ isNew: true, createdAt });
  });
  const others = operations.filter((_, index) => answers[index] === undefined);
  const repeats = others.length === 0 ? [] : (await findRepeats(pool, others)).map(storedBefore);
  return answers.map((answer) => answer ?? (repeats.shift() as Result<StoredOperation>));
}

function storedBefore(repeat: Result<Date | undefined>): Result<StoredOperation> {
  if (!repeat.ok) return repeat;
  if (repeat.value === undefined) throw new Error("a stored operation cannot be read back");
  return succeed({ isNew: false, createdAt: repeat.value });
}

/** Bad values, a broken rule, or two processes that stored the same ids in another order. */
const ONES_OWN = /^(22|23)|^40P01$/;

const operationStore = perOwner((pool: Pool) =>
  gather((operations: readonly NewOperation[]) => storeOperations(pool, operations), {
    most: MOST_TOGETHER,
    isOnes: (cause) => ONES_OWN.test(String((cause as { code?: unknown } | null)?.code)),
  }),
);

/**
 * Stores a command, once; it is on disk when this resolves. A repeat of the same content by the same key changes
 * nothing; IDEMPOTENCY_KEY_CONFLICT for anything else under a used id. Commands that come together are stored in one
 * statement, each with its own answer.
 */
export async function insertOperation(
  pool: Pool,
  operation: NewOperation,
): Promise<Result<StoredOperation>> {
  return operationStore(pool)(operation);
}
