import type { ClientBase, Pool } from "pg";
import { hexOf } from "../codec.ts";

/** A transaction of an account of this registry that names an operation which this database does not have. */
export type Orphan = {
  /** UUID. */
  readonly operationId: string;
  /** `0x…` */
  readonly signer: string;
  readonly nonce: number;
  /** `0x…` */
  readonly transactionHash: string;
  readonly blockNumber: number;
  /** False when it reverted. */
  readonly succeeded: boolean;
};

/**
 * What the chain has carried out and `app` has forgotten, in the order of blocks: after a restore the commands that
 * their clients have not repeated. An id counts only with its signer, and only for accounts that a key of the API
 * orders for or that an operation was signed by: anybody may write anything into calldata.
 */
export async function findOrphans(client: ClientBase | Pool): Promise<Orphan[]> {
  const { rows } = await client.query<{
    operation_id: string;
    signer: Buffer;
    nonce: bigint | string;
    hash: Buffer;
    block_number: bigint | string;
    status: number;
  }>(
    `SELECT t.operation_id::text, t.signer, t.nonce, t.hash, t.block_number, t.status
     FROM mirror.transaction t
     WHERE t.operation_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM app.operation o WHERE o.id = t.operation_id AND o.signer = t.signer)
       AND (EXISTS (SELECT FROM app.api_key k WHERE k.account = t.signer)
         OR EXISTS (SELECT FROM app.operation_nonce n WHERE n.signer = t.signer))
     ORDER BY t.block_number, t.index`,
  );
  return rows.map((row) => ({
    operationId: row.operation_id,
    signer: hexOf(row.signer),
    nonce: Number(row.nonce),
    transactionHash: hexOf(row.hash),
    blockNumber: Number(row.block_number),
    succeeded: row.status === 1,
  }));
}
