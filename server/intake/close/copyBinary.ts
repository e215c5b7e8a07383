import type { PoolClient } from "pg";
import { to as copyTo } from "pg-copy-streams";

/*
 * Rows out of Postgres in its binary COPY form: a day of a city is read once, and neither side turns its
 * bytes into text.
 */

/** A row's fields as they lie in the stream; undefined for NULL. Views that the next chunk leaves alone. */
export type Fields = readonly (Buffer | undefined)[];

const SIGNATURE_BYTES = 19;

/** Splits a binary COPY stream into rows, wherever its chunks end. */
export class BinaryRows {
  #rest: Buffer = Buffer.alloc(0);
  #isBegun = false;

  push(chunk: Buffer): Fields[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const rows: Fields[] = [];
    let at = 0;
    if (!this.#isBegun) {
      if (bytes.length < SIGNATURE_BYTES) {
        this.#rest = bytes;
        return rows;
      }
      at = SIGNATURE_BYTES + bytes.readUInt32BE(SIGNATURE_BYTES - 4);
      this.#isBegun = true;
    }
    for (;;) {
      const row = rowAt(bytes, at);
      if (!row) break;
      if (row.fields) rows.push(row.fields);
      at = row.end;
    }
    this.#rest = bytes.subarray(at);
    return rows;
  }
}

/** The row that begins at a place, or nothing while its bytes have not all come. */
function rowAt(bytes: Buffer, first: number): { fields?: Fields; end: number } | undefined {
  if (first + 2 > bytes.length) return undefined;
  const count = bytes.readInt16BE(first);
  let at = first + 2;
  // The trailer.
  if (count === -1) return { end: at };
  const fields = new Array<Buffer | undefined>(count);
  for (let field = 0; field < count; field++) {
    if (at + 4 > bytes.length) return undefined;
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length === -1) continue;
    if (at + length > bytes.length) return undefined;
    fields[field] = bytes.subarray(at, at + length);
    at += length;
  }
  return { fields, end: at };
}

/** The rows of a query, some at a time. Values go into the text, because COPY takes no parameters. */
export async function* readRows(client: PoolClient, query: string): AsyncGenerator<Fields[]> {
  const rows = new BinaryRows();
  const stream = client.query(copyTo(`COPY (${query}) TO STDOUT (FORMAT binary)`));
  for await (const chunk of stream) yield rows.push(chunk as Buffer);
}
