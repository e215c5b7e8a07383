import type { Pool } from "pg";
import { z } from "zod";
import { fromHex } from "../../domain/bytes.ts";
import type { HashSuite } from "../../domain/hashSuite.ts";
import { type Result, succeed } from "../../domain/result.ts";
import { closePeriod as closeBatch } from "../../intake/batch.ts";
import type { BlobStore } from "../../platform/store.ts";
import type { Operation } from "../ledger.ts";
import { hash, small } from "./fields.ts";

/** What closing a period needs besides its command. */
export type CloseContext = {
  readonly pool: Pool;
  readonly suite: HashSuite;
  readonly store: BlobStore;
  /** Rank of a platform's reports, the lowest is credited. */
  readonly rankOf: (platform: string) => number;
};

const body = z.object({ sourceId: hash, firstDay: small, endDay: small });

/**
 * Closes a source's period: the activities behind its reports become a tree. Works off chain; the
 * result is what the issuance request will state. Closing again under the same id gives the same batch.
 */
export async function closePeriod(
  operation: Operation,
  context: CloseContext,
): Promise<Result<Record<string, unknown>>> {
  const { sourceId, firstDay, endDay } = body.parse(operation.body);
  const closed = await closeBatch({
    ...context,
    sourceId: fromHex(sourceId),
    period: { firstDay, endDay },
    batchId: operation.id,
  });
  if (!closed.ok) return closed;
  return succeed({ ...closed.value, totalMilligrams: closed.value.totalMilligrams.toString() });
}
