import type { Pool, PoolClient } from "pg";
import type { SignedTransaction } from "../chain/writer.ts";
import { prepared } from "../database/client.ts";
import type { Refusal } from "../domain/result.ts";
import { attempts, outcomes } from "./metrics.ts";

/** A command as ordered; `signer` is null for work off chain. Addresses `0x…` lowercase. */
export type Operation = {
  readonly id: string;
  readonly kind: string;
  readonly lane: string;
  readonly signer: string | null;
  readonly body: unknown;
};

/** Another worker stored this operation, or took its nonce, at the same moment. */
export class NonceTakenError extends Error {
  override readonly name = "NonceTakenError";
}

export const UNIQUE_VIOLATION = "23505";

export const hexOf = (bytes: Buffer): string => `0x${bytes.toString("hex")}`;
export const bytesOf = (hex: string): Buffer => Buffer.from(hex.slice(2), "hex");

/** The first open operation of every lane, for the queue. One look into an index for each lane that has any. */
export async function pendingLanes(pool: Pool): Promise<{ lane: string; operationId: string }[]> {
  const found = await pool.query<{ lane: string; operation_id: string }>(
    prepared(
      "lanes",
      `WITH RECURSIVE first AS (
       (SELECT lane, sequence, operation_id FROM app.open_operation ORDER BY lane, sequence LIMIT 1)
       UNION ALL
       SELECT n.* FROM first f CROSS JOIN LATERAL (
         SELECT lane, sequence, operation_id FROM app.open_operation
         WHERE lane > f.lane ORDER BY lane, sequence LIMIT 1) n)
     SELECT lane, operation_id::text FROM first`,
    ),
  );
  return found.rows.map(({ lane, operation_id: operationId }) => ({ lane, operationId }));
}

/** The oldest operations of a lane that have neither a nonce nor an outcome, in their order. */
export async function nextInLane(
  client: Pool | PoolClient,
  lane: string,
  limit: number,
): Promise<Operation[]> {
  const found = await client.query<{
    id: string;
    kind: string;
    lane: string;
    signer: Buffer | null;
    body: unknown;
  }>(
    prepared(
      "next in lane",
      `SELECT o.id::text, o.kind, o.lane, o.signer, o.body
     FROM app.open_operation w JOIN app.operation o ON o.id = w.operation_id
     WHERE w.lane = $1 ORDER BY w.sequence LIMIT $2`,
      [lane, limit],
    ),
  );
  return found.rows.map((row) => ({ ...row, signer: row.signer && hexOf(row.signer) }));
}

/** What one operation is sent as. */
export type Stored = {
  readonly operationId: string;
  readonly nonce: number;
  readonly signed: SignedTransaction;
};

/**
 * Gives operations their nonces and stores the signed bytes, all in one transaction: from here on exactly these bytes
 * are sent, however often. NonceTakenError when somebody was faster; then nothing is stored.
 */
export async function storeSigned(
  client: PoolClient,
  { chainId, signer }: { chainId: number; signer: string },
  stored: readonly Stored[],
  reason: "first" | "adopted" = "first",
): Promise<void> {
  const ids = stored.map(({ operationId }) => operationId);
  await client.query("BEGIN");
  try {
    await client.query(
      prepared(
        "nonces",
        `INSERT INTO app.operation_nonce (operation_id, chain_id, signer, nonce)
       SELECT id, $1, $2, nonce FROM unnest($3::uuid[], $4::bigint[]) AS fresh (id, nonce)`,
        [chainId, bytesOf(signer), ids, stored.map(({ nonce }) => nonce)],
      ),
    );
    await client.query(
      prepared(
        "attempts",
        `INSERT INTO app.attempt (operation_id, attempt, reason, tx_hash, raw)
       SELECT id, 1, $1, hash, raw FROM unnest($2::uuid[], $3::bytea[], $4::bytea[]) AS fresh (id, hash, raw)`,
        [
          reason,
          ids,
          stored.map(({ signed }) => bytesOf(signed.hash)),
          stored.map(({ signed }) => bytesOf(signed.raw)),
        ],
      ),
    );
    await client.query("COMMIT");
    attempts.inc({ reason }, stored.length);
  } catch (cause) {
    await client.query("ROLLBACK").catch(() => undefined);
    if ((cause as { code?: string }).code === UNIQUE_VIOLATION) {
      const nonces = stored.map(({ nonce }) => nonce).join(", ");
      throw new NonceTakenError(`nonces ${nonces} of ${signer} are taken`, { cause });
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
  const stored = await client.query(
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
  outcomes.inc({ outcome: "refused", code: refusal.code }, stored.rowCount ?? 0);
}

/** Records the result of work off chain; chain commands are never marked as done here. */
export async function storeCompleted(
  client: Pool | PoolClient,
  operationId: string,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  const stored = await client.query(
    `INSERT INTO app.outcome (operation_id, kind, detail) VALUES ($1, 'completed', $2)
     ON CONFLICT DO NOTHING`,
    [operationId, JSON.stringify(detail)],
  );
  outcomes.inc({ outcome: "completed", code: "" }, stored.rowCount ?? 0);
}
