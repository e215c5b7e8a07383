import type { Pool, PoolClient } from "pg";
import type { SignedTransaction } from "../chain/writer.ts";
import { prepared } from "../database/client.ts";
import type { Refusal } from "../domain/result.ts";
import { bytesOf, hexOf, storeRefusal, UNIQUE_VIOLATION } from "./ledger.ts";
import { attempts } from "./metrics.ts";

/** The newest bytes of an operation that no block seems to hold yet. */
export type OpenAttempt = {
  readonly operationId: string;
  readonly signer: string;
  readonly nonce: number;
  readonly attempt: number;
  readonly raw: string;
  /** How long ago these bytes were stored. */
  readonly ageMilliseconds: number;
};

type Row = {
  operation_id: string;
  signer: Buffer;
  nonce: bigint | string;
  attempt: number;
  raw: Buffer;
  age: number;
};

const openAttemptOf = (row: Row): OpenAttempt => ({
  operationId: row.operation_id,
  signer: hexOf(row.signer),
  nonce: Number(row.nonce),
  attempt: row.attempt,
  raw: hexOf(row.raw),
  ageMilliseconds: row.age,
});

const NEWEST = `CROSS JOIN LATERAL (
  SELECT attempt, raw, created_at FROM app.attempt
  WHERE operation_id = n.operation_id ORDER BY attempt DESC LIMIT 1) a`;

/** Most attempts of one signer that a sweep looks at; those behind them wait for them anyway. */
const SWEEP_LIMIT = 1_000;

/**
 * The newest attempt of every nonce that the mirror does not hold, in the order in which the chain must take them.
 * Blocks take an account's nonces in order, so each signer's are those above the highest in the mirror: a few looks
 * into indexes for each signer, however many commands have been carried out.
 */
export async function openAttempts(pool: Pool, chainId: number): Promise<OpenAttempt[]> {
  const found = await pool.query<Row>(
    prepared(
      "open attempts",
      `WITH RECURSIVE signer AS (
       (SELECT signer AS account FROM app.operation_nonce WHERE chain_id = $1 ORDER BY signer LIMIT 1)
       UNION ALL
       SELECT n.signer FROM signer s CROSS JOIN LATERAL (
         SELECT signer FROM app.operation_nonce
         WHERE chain_id = $1 AND signer > s.account ORDER BY signer LIMIT 1) n)
     SELECT n.operation_id::text, n.signer, n.nonce, a.attempt, a.raw,
            (extract(epoch FROM clock_timestamp() - a.created_at) * 1000)::float8 AS age
     FROM signer s
     CROSS JOIN LATERAL (
       SELECT coalesce((SELECT t.nonce FROM mirror.transaction t
                        WHERE t.signer = s.account ORDER BY t.nonce DESC LIMIT 1), -1) AS mined) m
     CROSS JOIN LATERAL (
       SELECT * FROM app.operation_nonce
       WHERE chain_id = $1 AND signer = s.account AND nonce > m.mined
       ORDER BY nonce LIMIT ${SWEEP_LIMIT}) n
     ${NEWEST}
     ORDER BY n.signer, n.nonce`,
      [chainId],
    ),
  );
  return found.rows.map(openAttemptOf);
}

/** The newest attempt of each of a signer's nonces from `nonce` on, in their order. */
export async function attemptsFrom(
  client: PoolClient,
  chainId: number,
  signer: string,
  nonce: number,
): Promise<OpenAttempt[]> {
  const found = await client.query<Row>(
    prepared(
      "attempts from",
      `SELECT n.operation_id::text, n.signer, n.nonce, a.attempt, a.raw, 0::float8 AS age
     FROM app.operation_nonce n ${NEWEST}
     WHERE n.chain_id = $1 AND n.signer = $2 AND n.nonce >= $3 ORDER BY n.nonce`,
      [chainId, bytesOf(signer), nonce],
    ),
  );
  return found.rows.map(openAttemptOf);
}

/**
 * Records another attempt of a nonce before it is sent: with `refusal` a self-transfer that only uses the nonce up,
 * else the same call for a higher fee. One transaction. False when another worker was faster; its attempt is as good.
 */
export async function storeAttempt(
  pool: Pool,
  open: OpenAttempt,
  signed: SignedTransaction,
  refusal?: Refusal,
): Promise<boolean> {
  const client = await pool.connect();
  let broken = false;
  try {
    await client.query("BEGIN");
    await client.query(
      `INSERT INTO app.attempt (operation_id, attempt, reason, tx_hash, raw)
       VALUES ($1, $2, $3, $4, $5)`,
      [
        open.operationId,
        open.attempt + 1,
        refusal ? "nonce filled" : "fee bump",
        bytesOf(signed.hash),
        bytesOf(signed.raw),
      ],
    );
    if (refusal) await storeRefusal(client, open.operationId, refusal);
    await client.query("COMMIT");
    attempts.inc({ reason: refusal ? "nonce filled" : "fee bump" });
    return true;
  } catch (cause) {
    await client.query("ROLLBACK").catch(() => {
      broken = true;
    });
    if ((cause as { code?: string }).code !== UNIQUE_VIOLATION) throw cause;
    return false;
  } finally {
    client.release(broken);
  }
}
