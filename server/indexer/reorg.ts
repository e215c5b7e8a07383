import type { ClientBase } from "pg";
import type { ChainReader } from "../chain/reader.ts";
import type { Checkpoint } from "./checkpoint.ts";

/** The chain and the mirror differ in a block that was final. Nobody may go on from here unseen. */
export class FinalityBrokenError extends Error {
  override readonly name = "FinalityBrokenError";
}

/**
 * The newest mirrored block that the chain still has. The chain took another branch, or its head went
 * backwards: both are the same question. Throws FinalityBrokenError when even the last final block is
 * not the chain's.
 */
export async function commonAncestor(
  client: ClientBase,
  reader: ChainReader,
  checkpoint: Checkpoint,
  head: number,
): Promise<{ number: number; hash: string | null }> {
  const mirrored = await client.query<{ number: string; hash: Buffer }>(
    "SELECT number, hash FROM block WHERE number >= $1 AND number <= $2 ORDER BY number DESC",
    [checkpoint.finalBlock, head],
  );
  for (const row of mirrored.rows) {
    const number = Number(row.number);
    const hash = `0x${row.hash.toString("hex")}`;
    const header = await reader.header(number);
    if (header?.hash === hash) return { number, hash };
  }
  if (checkpoint.finalBlock < checkpoint.firstBlock) {
    return { number: checkpoint.firstBlock - 1, hash: null };
  }
  throw new FinalityBrokenError(
    `the chain no longer holds block ${checkpoint.finalBlock}, which was final; its head is ${head}`,
  );
}
