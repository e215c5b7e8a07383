import type { ClientBase } from "pg";
import type { ChainRange } from "../../chain/reader.ts";
import { copiedBytes, copiedBytesOrNull, copyRows } from "./rows.ts";

const BLOCK = ["number", "hash", "parent_hash", "timestamp"];
const TRANSACTION = [
  ...["block_number", "index", "hash", "signer", "nonce", "recipient", "status", "raw"],
  "operation_id",
];

/** Every block, also the empty ones, and every transaction in them. */
export async function applyBlocks(client: ClientBase, range: ChainRange): Promise<void> {
  const { blocks, transactions } = range;
  await copyRows(client, "block", BLOCK, blocks, (block) =>
    [block.number, copiedBytes(block.hash), copiedBytes(block.parentHash), block.timestamp].join(
      "\t",
    ),
  );
  await copyRows(client, "transaction", TRANSACTION, transactions, (transaction) =>
    [
      transaction.blockNumber,
      transaction.index,
      copiedBytes(transaction.hash),
      copiedBytes(transaction.signer),
      transaction.nonce,
      copiedBytesOrNull(transaction.recipient),
      transaction.status,
      copiedBytesOrNull(transaction.raw),
      transaction.operationId ?? "\\N",
    ].join("\t"),
  );
}
