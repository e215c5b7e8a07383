import type { ClientBase } from "pg";
import type { ChainRange } from "../../chain/reader.ts";
import { copyRows } from "./copy.ts";

const BLOCK = ["number", "hash", "parent_hash", "timestamp"];
const TRANSACTION = [
  ...["block_number", "index", "hash", "signer", "nonce", "recipient", "status", "raw"],
  "operation_id",
];

/** Every block, also the empty ones, and every transaction in them. */
export async function applyBlocks(client: ClientBase, range: ChainRange): Promise<void> {
  const { blocks, transactions } = range;
  await copyRows(client, "block", BLOCK, blocks, (copy, block) =>
    copy.bigint(block.number).bytea(block.hash).bytea(block.parentHash).bigint(block.timestamp),
  );
  await copyRows(client, "transaction", TRANSACTION, transactions, (copy, transaction) =>
    copy
      .bigint(transaction.blockNumber)
      .integer(transaction.index)
      .bytea(transaction.hash)
      .bytea(transaction.signer)
      .bigint(transaction.nonce)
      .bytea(transaction.recipient)
      .smallint(transaction.status)
      .bytea(transaction.raw)
      .uuid(transaction.operationId),
  );
}
