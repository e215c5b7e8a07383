import { refusalView, resultView } from "../../server/api/activities/answer.ts";
import type { RowResult } from "../../server/intake/receive.ts";

/** One line of the results file: the number of the row's line in the file, and the answer the API would give. */
export function resultLine(line: number, row: RowResult): string {
  // Most rows, and nothing in them needs escaping.
  if (row.status === "accepted") {
    return `{"line":${line},"result":"accepted","day":"${row.day}","milligrams":"${row.milligrams}"}\n`;
  }
  if (row.status === "refused") {
    return `${JSON.stringify({ line, result: "refused", ...refusalView(row) })}\n`;
  }
  const { index: _, ...view } = resultView(row, 0);
  return `${JSON.stringify({ line, ...view })}\n`;
}
