import type { ClientBase } from "pg";
import type { Agreement } from "../chain/nodes.ts";
import { bytesOrNull } from "./apply/rows.ts";

/** How far the mirror has come. Numbers of blocks; `firstBlock - 1` before the first was applied. */
export type Checkpoint = {
  readonly chainId: number;
  readonly firstBlock: number;
  /** End of the applied part, sortable as text; see `positionAfter`. */
  readonly position: string;
  readonly blockNumber: number;
  readonly blockHash: string | null;
  /** Blocks up to this one can no longer be undone. */
  readonly finalBlock: number;
};

/** Another process moved the checkpoint: this one has lost the mirror and must begin anew. */
export class FencedError extends Error {
  override readonly name = "FencedError";
}

/** Position behind all of a block: block (12 digits), transaction (8), log (12), the next to come. */
export function positionAfter(blockNumber: number): string {
  return `${String(blockNumber + 1).padStart(12, "0")}${"0".repeat(20)}`;
}

/** The checkpoint of the mirror in the search path; made when there is none. */
export async function openCheckpoint(
  client: ClientBase,
  start: { chainId: number; firstBlock: number },
): Promise<Checkpoint> {
  const last = start.firstBlock - 1;
  await client.query(
    `INSERT INTO checkpoint (chain_id, first_block, position, block_number, final_block)
     VALUES ($1, $2, $3, $4, $4) ON CONFLICT DO NOTHING`,
    [start.chainId, start.firstBlock, positionAfter(last), last],
  );
  const found = await client.query<{
    chain_id: string;
    first_block: string;
    position: string;
    block_number: string;
    block_hash: Buffer | null;
    final_block: string;
  }>("SELECT * FROM checkpoint");
  const row = found.rows[0];
  if (!row) throw new FencedError("the checkpoint is gone");
  return {
    chainId: Number(row.chain_id),
    firstBlock: Number(row.first_block),
    position: row.position,
    blockNumber: Number(row.block_number),
    blockHash: row.block_hash && `0x${row.block_hash.toString("hex")}`,
    finalBlock: Number(row.final_block),
  };
}

/** What else the statement that moves the checkpoint does, so that it need not wait for a second one. */
export type Along = {
  /** The block whose changes leave undo rows; null when they are final. */
  readonly undoable: number | null;
  /** Tell listeners of this block when the transaction is over. */
  readonly notify: number;
  /** The agreement for want of which no more blocks became final; null when nothing is held back. */
  readonly held: Agreement | null;
};

/**
 * Moves the checkpoint within the caller's transaction, forwards or back. It must stand where the
 * caller believes; otherwise FencedError, and the caller's rows roll back with it.
 */
export async function moveCheckpoint(
  client: ClientBase,
  from: Checkpoint,
  to: { blockNumber: number; blockHash: string | null; finalBlock: number },
  along?: Along,
): Promise<Checkpoint> {
  const position = positionAfter(to.blockNumber);
  const values: unknown[] = [
    position,
    to.blockNumber,
    bytesOrNull(to.blockHash),
    to.finalBlock,
    from.position,
    bytesOrNull(from.blockHash),
  ];
  if (along) {
    // Final blocks that a crash of the database takes back are only read again. Of later ones the mirror may hold the
    // only copy of a transaction, so their commit waits for the disk.
    const isFinal = along.undoable === null;
    values.push(along.undoable ?? "", isFinal ? "off" : "on", along.notify);
    values.push(along.held?.agreeing ?? null, along.held?.needed ?? null);
  }
  const moved = await client.query(
    `UPDATE checkpoint
     SET position = $1, block_number = $2, block_hash = $3, final_block = $4, updated_at = now()${along ? HELD : ""}
     WHERE position = $5 AND block_hash IS NOT DISTINCT FROM $6 AND final_block <= $4${along ? RETURNING : ""}`,
    values,
  );
  if (moved.rowCount !== 1) throw new FencedError("another process moved the checkpoint");
  return { ...from, ...to, position };
}

const HELD = ", nodes_agreeing = $10, nodes_needed = $11";
const RETURNING = `
     RETURNING set_config('tanpu.block', $7, true), set_config('synchronous_commit', $8, true),
       pg_notify('tanpu_block', $9)`;
