import { explain } from "../../domain/errors.ts";
import type { Refusal } from "../../domain/result.ts";
import type { RowResult } from "../../intake/receive.ts";
import type { ActivityResult } from "./schema.ts";

/**
 * One row's answer. Fingerprints stay inside: a platform that learned them could link other platforms'
 * reports, and whose report came before is not told either.
 */
export function resultView(row: RowResult, index: number): ActivityResult {
  if (row.status === "accepted") {
    return { index, result: "accepted", day: row.day, milligrams: row.milligrams };
  }
  if (row.status === "reduced") {
    return { index, result: "reduced", day: row.day, milligrams: row.milligrams };
  }
  if (row.status === "duplicate") {
    const of = row.ownReport ? "own-report" : "another-platform";
    return { index, result: "duplicate", day: row.day, of };
  }
  return { index, result: "refused", ...refusalView(row) };
}

/** A refusal inside an answer of status 200, in both languages. */
export function refusalView(refusal: Refusal) {
  const { code, field } = refusal;
  return {
    code,
    ...(field === undefined ? {} : { field }),
    detail: explain(refusal, "en"),
    detailZh: explain(refusal, "zh"),
  };
}
