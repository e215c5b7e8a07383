import type { ClientBase } from "pg";
import type { ChainEvent } from "../../chain/events.ts";
import type { ChainRange } from "../../chain/reader.ts";
import { batchOf } from "./batch.ts";
import { applyBlocks } from "./blocks.ts";
import { applyCertificates } from "./certificates.ts";
import { correctingRecords } from "./correcting.ts";
import { holdingRecords } from "./holding.ts";
import { applyIssuance } from "./issuance.ts";
import { applyProgrammes } from "./programmes.ts";
import { applyRecords } from "./records.ts";
import { applySources } from "./sources.ts";
import { intentRecords, tradingRecords } from "./trading.ts";
import { applyUnits } from "./units.ts";

/**
 * Writes a range of blocks into the mirror of the search path, table by table: what later tables name
 * comes first. Must run inside the transaction that moves the checkpoint.
 */
export async function applyRange(
  client: ClientBase,
  range: ChainRange,
  events: readonly ChainEvent[],
): Promise<void> {
  await applyBlocks(client, range);
  if (events.length === 0) return;
  const times = new Map(range.blocks.map((block) => [block.number, block.timestamp]));
  const batch = batchOf(client, events, times);
  await applyProgrammes(batch);
  await applySources(batch);
  await applyIssuance(batch);
  await applyUnits(batch);
  await applyCertificates(batch);
  await applyRecords(batch, {
    ...holdingRecords,
    ...correctingRecords,
    ...tradingRecords,
    ...intentRecords,
  });
}
