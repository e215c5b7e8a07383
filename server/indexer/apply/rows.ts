import type { ClientBase } from "pg";
import { from as copyFrom } from "pg-copy-streams";

/** What a column of a bulk statement may hold; `0x…` text for bytea, the rest as its type says. */
export type Cell = string | number | bigint | boolean | null;

/** Column names with their Postgres types, in the order of the cells. */
export type Columns = Readonly<Record<string, string>>;

/** From so many rows on, COPY is cheaper than arrays as parameters, which the driver quotes cell by cell. */
const COPIED_ROWS = 50;
/** COPY gets its text in pieces of about this many characters, so that a range is never one string. */
const PIECE_CHARACTERS = 512 * 1024;

/** Turns `0x…` into what Postgres reads as bytea. */
export function bytes(hex: string): string {
  return `\\x${hex.slice(2)}`;
}

export function bytesOrNull(hex: string | null): string | null {
  return hex === null ? null : bytes(hex);
}

/** Cells column by column, the form in which `unnest` takes them. */
function transposed(columns: Columns, rows: readonly (readonly Cell[])[]): Cell[][] {
  return Object.keys(columns).map((_, index) => rows.map((row) => row[index] ?? null));
}

function unnested(columns: Columns): string {
  const arrays = Object.values(columns).map((type, index) => `$${index + 1}::${type}[]`);
  return `unnest(${arrays.join(", ")}) AS fresh (${Object.keys(columns).join(", ")})`;
}

/**
 * Inserts all rows in one statement. `onConflict` is the clause after `ON CONFLICT`; without it a row
 * that exists is an error, because the chain writes nothing twice.
 */
export async function insertRows(
  client: ClientBase,
  table: string,
  columns: Columns,
  rows: readonly (readonly Cell[])[],
  onConflict?: string,
): Promise<void> {
  if (rows.length === 0) return;
  if (onConflict === undefined && rows.length >= COPIED_ROWS) {
    await copyRows(client, table, Object.keys(columns), rows, (row) => row.map(copied).join("\t"));
    return;
  }
  await client.query(
    `INSERT INTO ${table} (${Object.keys(columns).join(", ")})
     SELECT * FROM ${unnested(columns)}${onConflict ? ` ON CONFLICT ${onConflict}` : ""}`,
    transposed(columns, rows),
  );
}

/** A cell in COPY's text form. */
function copied(cell: Cell): string {
  if (cell === null) return "\\N";
  if (typeof cell !== "string") return String(cell);
  if (cell.startsWith("\\x")) return `\\${cell}`;
  return cell.replaceAll(/[\\\t\n\r]/g, (one) => COPY_ESCAPES[one] ?? one);
}

const COPY_ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
};

/** `0x…` as a bytea cell of a line for `copyRows`. */
export function copiedBytes(hex: string): string {
  return `\\\\x${hex.slice(2)}`;
}

/** The same for a cell that may be null. */
export function copiedBytesOrNull(hex: string | null): string {
  return hex === null ? "\\N" : copiedBytes(hex);
}

/**
 * Inserts all rows by COPY. `lineOf` gives a row's cells in COPY's text form, separated by tabs. For rows that come
 * in thousands; a row that exists is an error.
 */
export async function copyRows<Row>(
  client: ClientBase,
  table: string,
  columns: readonly string[],
  rows: readonly Row[],
  lineOf: (row: Row) => string,
): Promise<void> {
  const count = rows.length;
  if (count === 0) return;
  const stream = client.query(copyFrom(`COPY ${table} (${columns.join(", ")}) FROM STDIN`));
  await new Promise<void>((resolve, reject) => {
    stream.once("error", reject);
    stream.once("finish", resolve);
    let next = 0;
    const write = (): void => {
      while (next < count) {
        let piece = "";
        while (next < count && piece.length < PIECE_CHARACTERS)
          piece += `${lineOf(rows[next++] as Row)}\n`;
        if (!stream.write(Buffer.from(piece, "utf8"))) {
          stream.once("drain", write);
          return;
        }
      }
      stream.end();
    };
    write();
  });
}

/**
 * Updates rows from `fresh`, a table of the given cells, in one statement. Throws an Error unless
 * exactly as many rows change as were given: an event about something unknown means a hole before it.
 */
export async function updateRows(
  client: ClientBase,
  table: string,
  change: { set: string; where: string },
  columns: Columns,
  rows: readonly (readonly Cell[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const result = await client.query(
    `UPDATE ${table} SET ${change.set} FROM ${unnested(columns)} WHERE ${change.where}`,
    transposed(columns, rows),
  );
  if (result.rowCount !== rows.length) {
    throw new Error(
      `${table}: ${rows.length} rows should change, ${result.rowCount} did; the mirror has a hole`,
    );
  }
}
