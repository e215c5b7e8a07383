import type { Pool } from "pg";
import type { Judgement } from "./identify.ts";

/** What taking in one source's activities needs; put together once by whoever runs the process. */
export type IntakeContext = Judgement & {
  pool: Pool;
  /** The source the activities are reported to. */
  sourceId: Uint8Array;
};

/** Names of the database's advisory locks. A close waits for the chunks under way and they for it. */
export const lockOf = {
  close: "tanpu/intake/close",
  source: (sourceId: Uint8Array): string =>
    `tanpu/intake/source/${Buffer.from(sourceId).toString("hex")}`,
};
