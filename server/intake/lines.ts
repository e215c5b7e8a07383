import { Buffer } from "node:buffer";
import { type Refusal, type Result, refuse, succeed } from "../domain/result.ts";

/** Longest line that is read, in bytes; a longer one is one row's refusal. */
export const MOST_LINE_BYTES = 65_536;

const NEWLINE = 0x0a;
const TOO_LONG: Refusal = { code: "LINE_TOO_LONG", values: { limit: MOST_LINE_BYTES } };

/** A line's text, or why there is none. */
export type Line = string | Refusal;

/**
 * Cuts bytes into lines, as many at a time as a part of the stream ends; never holds more than one part
 * and one line. Line ends may be LF or CRLF; empty lines are no rows.
 */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Line[]> {
  let rest: Buffer = Buffer.alloc(0);
  let skipping = false;
  let isFirst = true;
  for await (const part of bytes) {
    const block: Buffer = rest.length === 0 ? asBuffer(part) : Buffer.concat([rest, part]);
    const cut = block.lastIndexOf(NEWLINE);
    rest = cut === -1 ? block : block.subarray(cut + 1);
    if (cut !== -1) {
      const lines = splitLines(block.subarray(0, cut), isFirst);
      if (skipping) lines[0] = TOO_LONG;
      [isFirst, skipping] = [false, false];
      yield lines.filter((line) => line !== "");
    }
    if (rest.length > MOST_LINE_BYTES) {
      rest = Buffer.alloc(0);
      skipping = true;
    }
  }
  if (skipping) yield [TOO_LONG];
  else if (rest.length > 0) yield splitLines(rest, isFirst).filter((line) => line !== "");
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Lines of whole bytes; a line end at the end gives an empty last one. Most are short, so few are measured. */
export function splitLines(block: Buffer, isFirst: boolean): Line[] {
  const text = block.toString("utf8");
  const lines: Line[] = (isFirst && text.startsWith("\ufeff") ? text.slice(1) : text).split("\n");
  const isBroken = text.includes("\ufffd");
  const mayBeLong = block.length > MOST_LINE_BYTES;
  const hasReturns = text.includes("\r");
  if (!isBroken && !mayBeLong && !hasReturns) return lines;
  return lines.map((line) => {
    if (typeof line !== "string") return line;
    if (
      mayBeLong &&
      3 * line.length > MOST_LINE_BYTES &&
      Buffer.byteLength(line) > MOST_LINE_BYTES
    ) {
      return TOO_LONG;
    }
    if (line.includes("\ufffd")) return { code: "LINE_MALFORMED", values: { expected: "UTF-8" } };
    return line.endsWith("\r") ? line.slice(0, -1) : line;
  });
}

/** The cells of one line of CSV (RFC 4180, without line ends inside cells); undefined when quotes do not match. */
export function cellsOf(line: string, separator = ","): string[] | undefined {
  if (!line.includes('"')) return line.split(separator);
  const cells: string[] = [];
  for (let at = 0; ; at++) {
    let end: number;
    if (line[at] === '"') {
      let cell = "";
      for (;;) {
        const quote = line.indexOf('"', at + 1);
        if (quote === -1) return undefined;
        cell += line.slice(at + 1, quote);
        at = quote;
        if (line[at + 1] !== '"') break;
        cell += '"';
        at++;
      }
      cells.push(cell);
      end = at + 1;
      if (end < line.length && line[end] !== separator) return undefined;
    } else {
      end = line.indexOf(separator, at);
      if (end === -1) end = line.length;
      cells.push(line.slice(at, end));
    }
    if (end >= line.length) return cells;
    at = end;
  }
}

/** One line as a row. LINE_MALFORMED. */
export type LineReader = (line: string) => Result<Readonly<Record<string, unknown>>>;

function malformed(expected: string): ReturnType<typeof refuse> {
  return refuse("LINE_MALFORMED", { values: { expected } });
}

/** Reads a line that is one JSON object. */
export const readJsonLine: LineReader = (line) => {
  try {
    const row: unknown = JSON.parse(line);
    if (typeof row === "object" && row !== null && !Array.isArray(row)) {
      return succeed(row as Readonly<Record<string, unknown>>);
    }
  } catch {
    // Not JSON at all is told like JSON that is no object.
  }
  return malformed("JSON");
};

/** How lines under a header of CSV are read; undefined when the header names nothing or a member twice. */
export function csvReader(header: string, separator = ","): LineReader | undefined {
  const names = cellsOf(header, separator)?.map((name) => name.trim());
  if (!names || names.includes("") || new Set(names).size !== names.length) return undefined;
  return (line) => {
    const cells = cellsOf(line, separator);
    if (cells?.length !== names.length) return malformed("CSV");
    const row: Record<string, string> = {};
    for (let at = 0; at < names.length; at++) row[names[at] as string] = cells[at] as string;
    return succeed(row);
  };
}
