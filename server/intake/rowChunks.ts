import type { Result } from "../domain/result.ts";
import { csvReader, type Line, type LineReader, linesOf, readJsonLine } from "./lines.ts";

/** What platforms send rows in, one line each. */
export type LineFormat = "ndjson" | "csv";

export type RowRead = Result<Readonly<Record<string, unknown>>>;

/** The whole cannot be read: no header where one must be. */
export class HeaderMissing extends Error {}

/**
 * Rows of a stream of bytes, `most` at a time; a line that cannot be read is one refused row. Of CSV the
 * first line names the members; throws HeaderMissing when it does not.
 */
export async function* rowChunks(
  bytes: AsyncIterable<Uint8Array>,
  format: LineFormat,
  most: number,
): AsyncGenerator<RowRead[]> {
  let read: LineReader | undefined = format === "ndjson" ? readJsonLine : undefined;
  let rows: RowRead[] = [];
  const add = (line: Line): void => {
    if (typeof line !== "string") rows.push({ ok: false, refusal: line });
    else if (read) rows.push(read(line));
    else {
      read = csvReader(line);
      if (!read) throw new HeaderMissing("the first line names no members");
    }
  };
  for await (const lines of linesOf(bytes)) {
    for (const line of lines) {
      add(line);
      if (rows.length === most) {
        yield rows;
        rows = [];
      }
    }
  }
  if (rows.length > 0) yield rows;
}
