import type { Pool, PoolClient } from "pg";
import type { SignedTransaction } from "../chain/writer.ts";
import type { Refusal } from "../domain/result.ts";

/** A command as ordered; `signer` is null for work off chain. Addresses `0x…` lowercase. */
export type Operation = {
  readonly id: string;
  readonly kind: string;
  readonly lane: string;
  readonly signer: string | null;
  readonly body: unknown;
};

/** The newest bytes of an operation that no block seems to hold yet. */
export type OpenAttempt = {
  readonly operationId: string;
  readonly signer: string;
  readonly nonce: number;
  readonly attempt: number;
  readonly raw: string;
};

/** Another worker stored this operation, or took its nonce, at the same moment. */
export class NonceTakenError extends Error {
  override readonly name = "NonceTakenError";
}

const UNIQUE_VIOLATION = "23505";

// An operation is pending while it has neither a nonce nor an outcome.
const PENDING = `NOT EXISTS (SELECT FROM app.operation_nonce n WHERE n.operation_id = o.id)
  AND NOT EXISTS (SELECT FROM app.outcome r WHERE r.operation_id = o.id)`;

const hexOf = (bytes: Buffer): string => `0x${bytes.toString("hex")}`;
const bytesOf = (hex: string): Buffer => Buffer.from(hex.slice(2), "hex");

/** The first pending operation of every lane, for the queue. */
export async function pendingLanes(pool: Pool): Promise<{ lane: string; operationId: string }[]> {
  const found = await pool.query<{ lane: string; id: string }>(
    `SELECT DISTINCT ON (o.lane) o.lane, o.id::text FROM app.operation o WHERE ${PENDING}
     ORDER BY o.lane, o.sequence`,
  );
  return found.rows.map(({ lane, id }) => ({ lane, operationId: id }));
}

/** The oldest pending operation of a lane. */
export async function nextInLane(
  client: Pool | PoolClient,
  lane: string,
): Promise<Operation | undefined> {
  const found = await client.query<{
    id: string;
    kind: string;
    lane: string;
    signer: Buffer | null;
    body: unknown;
  }>(
    `SELECT o.id::text, o.kind, o.lane, o.signer, o.body FROM app.operation o
     WHERE o.lane = $1 AND ${PENDING} ORDER BY o.sequence LIMIT 1`,
    [lane],
  );
  const row = found.rows[0];
  return row && { ...row, signer: row.signer && hexOf(row.signer) };
}

/** The highest nonce ever stored for a signer, or -1. */
export async function highestNonce(
  client: Pool | PoolClient,
  chainId: number,
  signer: string,
): Promise<number> {
  const found = await client.query<{ nonce: bigint | string | null }>(
    "SELECT max(nonce) AS nonce FROM app.operation_nonce WHERE chain_id = $1 AND signer = $2",
    [chainId, bytesOf(signer)],
  );
  const nonce = found.rows[0]?.nonce;
  return nonce === null || nonce === undefined ? -1 : Number(nonce);
}

/**
 * Gives the operation its nonce and stores the signed bytes, in one transaction: from here on exactly
 * these bytes are sent, however often. NonceTakenError when somebody was faster.
 */
export async function storeSigned(
  client: PoolClient,
  stored: { operationId: string; chainId: number; signer: string; nonce: number },
  signed: SignedTransaction,
): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query(
      "INSERT INTO app.operation_nonce (operation_id, chain_id, signer, nonce) VALUES ($1, $2, $3, $4)",
      [stored.operationId, stored.chainId, bytesOf(stored.signer), stored.nonce],
    );
    await client.query(
      "INSERT INTO app.attempt (operation_id, attempt, tx_hash, raw) VALUES ($1, 1, $2, $3)",
      [stored.operationId, bytesOf(signed.hash), bytesOf(signed.raw)],
    );
    await client.query("COMMIT");
  } catch (cause) {
    await client.query("ROLLBACK").catch(() => undefined);
    if ((cause as { code?: string }).code === UNIQUE_VIOLATION) {
      throw new NonceTakenError(`nonce ${stored.nonce} of ${stored.signer} is taken`, { cause });
    }
    throw cause;
  }
}

/** Records that an operation was refused before anything was sent. A second refusal changes nothing. */
export async function storeRefusal(
  client: Pool | PoolClient,
  operationId: string,
  refusal: Refusal,
): Promise<void> {
  await client.query(
    `INSERT INTO app.outcome (operation_id, kind, code, detail) VALUES ($1, 'refused', $2, $3)
     ON CONFLICT DO NOTHING`,
    [
      operationId,
      refusal.code,
      JSON.stringify({
        ...(refusal.field === undefined ? {} : { field: refusal.field }),
        values: refusal.values ?? {},
      }),
    ],
  );
}

/** Records the result of work off chain; chain commands are never marked as done here. */
export async function storeCompleted(
  client: Pool | PoolClient,
  operationId: string,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  await client.query(
    `INSERT INTO app.outcome (operation_id, kind, detail) VALUES ($1, 'completed', $2)
     ON CONFLICT DO NOTHING`,
    [operationId, JSON.stringify(detail)],
  );
}

/**
 * The newest attempt of every nonce that the mirror does not hold, older than `ageMilliseconds`, in the
 * order in which the chain must take them.
 */
export async function openAttempts(
  pool: Pool,
  chainId: number,
  ageMilliseconds: number,
): Promise<OpenAttempt[]> {
  const found = await pool.query<{
    operation_id: string;
    signer: Buffer;
    nonce: bigint | string;
    attempt: number;
    raw: Buffer;
  }>(
    `SELECT n.operation_id::text, n.signer, n.nonce, a.attempt, a.raw
     FROM app.operation_nonce n
     CROSS JOIN LATERAL (
       SELECT attempt, raw, created_at FROM app.attempt
       WHERE operation_id = n.operation_id ORDER BY attempt DESC LIMIT 1) a
     WHERE n.chain_id = $1 AND a.created_at < now() - $2 * interval '1 millisecond'
       AND NOT EXISTS (
         SELECT FROM mirror.transaction t WHERE t.signer = n.signer AND t.nonce = n.nonce)
     ORDER BY n.signer, n.nonce`,
    [chainId, ageMilliseconds],
  );
  return found.rows.map((row) => ({
    operationId: row.operation_id,
    signer: hexOf(row.signer),
    nonce: Number(row.nonce),
    attempt: row.attempt,
    raw: hexOf(row.raw),
  }));
}

/**
 * Records the self-transfer that fills a nonce whose bytes no node can take, and that the command is
 * therefore refused, in one transaction.
 */
export async function storeFiller(
  pool: Pool,
  open: OpenAttempt,
  filler: SignedTransaction,
  refusal: Refusal,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query(
      `INSERT INTO app.attempt (operation_id, attempt, reason, tx_hash, raw)
       VALUES ($1, $2, 'nonce filled', $3, $4)`,
      [open.operationId, open.attempt + 1, bytesOf(filler.hash), bytesOf(filler.raw)],
    );
    await storeRefusal(client, open.operationId, refusal);
    await client.query("COMMIT");
  } catch (cause) {
    await client.query("ROLLBACK").catch(() => undefined);
    // Two sweeps may find the same attempt; the first one's filler is as good.
    if ((cause as { code?: string }).code !== UNIQUE_VIOLATION) throw cause;
  } finally {
    client.release();
  }
}
