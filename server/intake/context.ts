import type { Pool } from "pg";
import type { Identification } from "./identify.ts";

/** What taking in one source's activities needs; put together once by whoever runs the process. */
export type IntakeContext = Identification & {
  pool: Pool;
  /** The source the activities are reported to. */
  sourceId: Uint8Array;
};

/**
 * Names of the database's advisory locks. A platform's batches follow one another, so that a repeated
 * order number meets its first row; a close waits for the batches under way and they for it.
 */
export const lockOf = {
  close: "tanpu/intake/close",
  platform: (platform: string): string => `tanpu/intake/platform/${platform}`,
  source: (sourceId: Uint8Array): string =>
    `tanpu/intake/source/${Buffer.from(sourceId).toString("hex")}`,
};
