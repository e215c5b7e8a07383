import type { ClientBase } from "pg";
import { sendCopy } from "./copy.ts";

/** What a column of a bulk statement may hold; `0x…` text for bytea, the rest as its type says. */
export type Cell = string | number | bigint | boolean | null;

/** Column names with their Postgres types, in the order of the cells. */
export type Columns = Readonly<Record<string, string>>;

/** From so many rows on, COPY is cheaper than arrays as parameters, which the driver quotes cell by cell. */
const COPIED_ROWS = 50;

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
    const text = rows.map((row) => `${row.map(copied).join("\t")}\n`).join("");
    const statement = `COPY ${table} (${Object.keys(columns).join(", ")}) FROM STDIN`;
    await sendCopy(client, statement, Buffer.from(text, "utf8"));
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
