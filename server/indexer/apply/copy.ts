import type { ClientBase } from "pg";
import { from as copyFrom } from "pg-copy-streams";

const SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
const FIRST_BYTES = 64 * 1024;
const WORD = 2 ** 32;

/**
 * Rows in COPY's binary form, cell by cell in the order of the columns. A range's rows are half as many bytes as in text,
 * and neither side has to read numbers or hex digits out of it. Cells are not checked against the columns' types:
 * Postgres refuses a cell of another width.
 */
export class CopyRows {
  readonly #columns: number;
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #length = SIGNATURE.copy(this.#bytes);

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** Begins a row; as many cells must follow as there are columns. */
  row(): this {
    this.#room(2);
    this.#length = this.#bytes.writeInt16BE(this.#columns, this.#length);
    return this;
  }

  null(): this {
    this.#room(4);
    this.#length = this.#bytes.writeInt32BE(-1, this.#length);
    return this;
  }

  smallint(value: number): this {
    this.#cell(2);
    this.#length = this.#bytes.writeInt16BE(value, this.#length);
    return this;
  }

  integer(value: number): this {
    this.#cell(4);
    this.#length = this.#bytes.writeInt32BE(value, this.#length);
    return this;
  }

  /** A `number` must be a whole one that it holds exactly. */
  bigint(value: number | bigint): this {
    this.#cell(8);
    if (typeof value === "bigint") {
      this.#length = this.#bytes.writeBigInt64BE(value, this.#length);
    } else {
      const high = this.#bytes.writeInt32BE(Math.floor(value / WORD), this.#length);
      this.#length = this.#bytes.writeUInt32BE(value >>> 0, high);
    }
    return this;
  }

  /** Bytes as `0x…`; null where there are none. */
  bytea(hex: string | null): this {
    return hex === null ? this.null() : this.#hex(hex.slice(2));
  }

  uuid(text: string | null): this {
    return text === null ? this.null() : this.#hex(text.replaceAll("-", ""));
  }

  /** All that was added, as COPY takes it. */
  finished(): Buffer {
    this.#room(2);
    this.#bytes.writeInt16BE(-1, this.#length);
    return this.#bytes.subarray(0, this.#length + 2);
  }

  #hex(digits: string): this {
    const length = digits.length / 2;
    this.#cell(length);
    if (this.#bytes.write(digits, this.#length, "hex") !== length) {
      throw new RangeError(`not bytes in hex: ${digits.slice(0, 80)}`);
    }
    this.#length += length;
    return this;
  }

  #cell(length: number): void {
    this.#room(4 + length);
    this.#length = this.#bytes.writeInt32BE(length, this.#length);
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(2 * Math.max(this.#bytes.length, more));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/** Inserts all rows by COPY; a row that exists is an error. `fill` adds one row's cells. */
export async function copyRows<Row>(
  client: ClientBase,
  table: string,
  columns: readonly string[],
  rows: readonly Row[],
  fill: (copy: CopyRows, row: Row) => unknown,
): Promise<void> {
  if (rows.length === 0) return;
  const copy = new CopyRows(columns.length);
  for (const row of rows) fill(copy.row(), row);
  await sendCopy(
    client,
    `COPY ${table} (${columns.join(", ")}) FROM STDIN BINARY`,
    copy.finished(),
  );
}

/** Runs one COPY with all its bytes, in whichever form the statement says. */
export async function sendCopy(
  client: ClientBase,
  statement: string,
  bytes: Buffer,
): Promise<void> {
  const stream = client.query(copyFrom(statement));
  await new Promise<void>((resolve, reject) => {
    stream.once("error", reject);
    stream.once("finish", resolve);
    stream.end(bytes);
  });
}
