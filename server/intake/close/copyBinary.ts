import { once } from "node:events";
import { finished } from "node:stream/promises";
import type { PoolClient } from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";

/*
 * Rows in and out of Postgres in its binary COPY form: a day of a city is read once, and neither side
 * turns its bytes into text.
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

const TRAILER = Buffer.from([0xff, 0xff]);
const FLUSH_BYTES = 1 << 18;

/** Sends rows of fixed size to a table by binary COPY. */
export class RowWriter {
  readonly #stream: ReturnType<typeof copyFrom>;
  #buffer: Buffer;
  #length = 0;
  #isFull = false;

  constructor(client: PoolClient, into: string) {
    this.#stream = client.query(copyFrom(`COPY ${into} FROM STDIN (FORMAT binary)`));
    this.#buffer = Buffer.alloc(FLUSH_BYTES);
    const signature = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
    this.#length = signature.copy(this.#buffer);
  }

  /** Begins a row of so many fields that needs at most so many bytes. */
  row(fields: number, bytes: number): void {
    if (this.#length + bytes > this.#buffer.length) this.#flush();
    this.#length = this.#buffer.writeInt16BE(fields, this.#length);
  }

  bytes(value: Uint8Array | undefined): void {
    this.#length = this.#buffer.writeInt32BE(value ? value.length : -1, this.#length);
    if (!value) return;
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  int2(value: number): void {
    this.#length = this.#buffer.writeInt32BE(2, this.#length);
    this.#length = this.#buffer.writeInt16BE(value, this.#length);
  }

  int4(value: number): void {
    this.#length = this.#buffer.writeInt32BE(4, this.#length);
    this.#length = this.#buffer.writeInt32BE(value, this.#length);
  }

  int8(value: number | undefined): void {
    this.#length = this.#buffer.writeInt32BE(value === undefined ? -1 : 8, this.#length);
    if (value === undefined) return;
    this.#length = this.#buffer.writeBigInt64BE(BigInt(value), this.#length);
  }

  bool(value: boolean): void {
    this.#length = this.#buffer.writeInt32BE(1, this.#length);
    this.#length = this.#buffer.writeUInt8(value ? 1 : 0, this.#length);
  }

  #flush(): void {
    this.#isFull = !this.#stream.write(this.#buffer.subarray(0, this.#length));
    this.#buffer = Buffer.alloc(FLUSH_BYTES);
    this.#length = 0;
  }

  /** Waits until Postgres has kept up; to be called now and then. */
  async drained(): Promise<void> {
    if (!this.#isFull) return;
    this.#isFull = false;
    if (this.#stream.writableNeedDrain) await once(this.#stream, "drain");
  }

  async end(): Promise<void> {
    this.#flush();
    this.#stream.end(TRAILER);
    await finished(this.#stream);
  }
}
