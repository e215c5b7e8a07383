import { type Result, refuse, succeed } from "../../domain/result.ts";
import { BATCH_NAME } from "../../intake/receipts.ts";
import type { RawCall } from "../route.ts";

/** Name a platform gives a batch, so that it is not received twice with different content. */
export const BATCH_HEADER = "Tanpu-Batch";

/** The batch's name, or undefined. FIELD_MALFORMED. */
export function batchIdOf(call: Pick<RawCall, "header">): Result<string | undefined> {
  const name = call.header(BATCH_HEADER);
  return name === undefined || BATCH_NAME.test(name)
    ? succeed(name)
    : refuse("FIELD_MALFORMED", { field: BATCH_HEADER });
}
