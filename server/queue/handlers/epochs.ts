import type { Pool } from "pg";
import { z } from "zod";
import type { HashSuite } from "../../domain/hashSuite.ts";
import { type Result, succeed } from "../../domain/result.ts";
import { closeEpoch } from "../../ledger/closeEpoch.ts";
import { leavePool, leavingKinds } from "../../ledger/leavePool.ts";
import type { BlobStore } from "../../platform/store.ts";
import type { Operation } from "../ledger.ts";
import { address, hash, small, whole } from "./fields.ts";
import { type ChainHandler, callOf } from "./handler.ts";

const closing = z.object({ programme: small });

/**
 * Closes an epoch: the lines of all personal accounts become a tree. Works off chain; closing again under the same id
 * gives the same epoch. LINES_EMPTY.
 */
export async function closeEpochOf(
  operation: Operation,
  { pool, suite, store }: { pool: Pool; suite: HashSuite; store: BlobStore },
): Promise<Result<Record<string, unknown>>> {
  const { programme } = closing.parse(operation.body);
  const closed = await closeEpoch({ pool, suite, store, programme, epochId: operation.id });
  if (!closed.ok) return closed;
  const { through, totalMilligrams, ...epoch } = closed.value;
  return succeed({
    ...epoch,
    through: through.toString(),
    totalMilligrams: totalMilligrams.toString(),
  });
}

const anchoring = z.object({
  programme: small,
  root: hash,
  totalMilligrams: whole,
  count: whole,
  depth: small,
  fileHash: hash,
});

/** States the lines of a closed epoch to the pool. By the programme's operator. */
export const anchorEpoch: ChainHandler = async (stored, { contracts }) => {
  const { programme, root, totalMilligrams, count, depth, fileHash } = anchoring.parse(stored);
  const values = [programme, root, totalMilligrams, count, depth, fileHash];
  return callOf(contracts, "poolReserve", "anchor", values);
};

const leaving = z.object({
  programme: small,
  holder: z.object({ kind: z.enum(leavingKinds), name: z.string().min(1) }),
  grams: whole,
});

/** Takes an institution's grams off the lines of the pool. Works off chain. BALANCE_SHORT. */
export async function leavePoolOf(
  operation: Operation,
  { pool }: { pool: Pool },
): Promise<Result<Record<string, unknown>>> {
  const { programme, holder, grams } = leaving.parse(operation.body);
  return leavePool(pool, { id: operation.id, programme, ...holder, grams });
}

const withdrawal = z.object({
  ...{ programme: small, to: address, tokenId: whole, grams: whole, document: hash },
});

/** Transfers units out of the pool, never below what the last epoch owes. By the programme's operator. */
export const poolWithdraw: ChainHandler = async (stored, { contracts }) => {
  const { programme, to, tokenId, grams, document } = withdrawal.parse(stored);
  return callOf(contracts, "poolReserve", "withdraw", [programme, to, tokenId, grams, document]);
};

const retirement = z.object({
  ...{ programme: small, tokenId: whole, grams: whole, purpose: small, content: hash },
});

/** Retires units of the pool, such as those behind points that were used. By the programme's operator. */
export const poolRetire: ChainHandler = async (stored, { contracts }) => {
  const { programme, tokenId, grams, purpose, content } = retirement.parse(stored);
  return callOf(contracts, "poolReserve", "retire", [programme, tokenId, grams, purpose, content]);
};
