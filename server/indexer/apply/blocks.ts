import type { ClientBase } from "pg";
import type { ChainRange } from "../../chain/reader.ts";
import { bytes, bytesOrNull, insertRows } from "./rows.ts";

/** Every block, also the empty ones, and every transaction in them. */
export async function applyBlocks(client: ClientBase, range: ChainRange): Promise<void> {
  await insertRows(
    client,
    "block",
    { number: "bigint", hash: "bytea", parent_hash: "bytea", timestamp: "bigint" },
    range.blocks.map((block) => [
      block.number,
      bytes(block.hash),
      bytes(block.parentHash),
      block.timestamp,
    ]),
  );
  await insertRows(
    client,
    "transaction",
    {
      block_number: "bigint",
      index: "integer",
      hash: "bytea",
      signer: "bytea",
      nonce: "bigint",
      recipient: "bytea",
      status: "smallint",
      raw: "bytea",
      operation_id: "uuid",
    },
    range.transactions.map((transaction) => [
      transaction.blockNumber,
      transaction.index,
      bytes(transaction.hash),
      bytes(transaction.signer),
      transaction.nonce,
      bytesOrNull(transaction.recipient),
      transaction.status,
      bytesOrNull(transaction.raw),
      transaction.operationId,
    ]),
  );
}
