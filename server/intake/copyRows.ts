import { finished } from "node:stream/promises";
import type { PoolClient } from "pg";
import { from as copyFrom } from "pg-copy-streams";

const HEADER = Buffer.concat([
  Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"),
  Buffer.alloc(8), // no flags, no extension
]);

/** Rows in the binary form of COPY, which Postgres reads without parsing a text. */
export class CopyRows {
  #bytes: Buffer;
  #at: number;

  /** @param bytes - about how many bytes there will be */
  constructor(bytes = 1 << 16) {
    this.#bytes = Buffer.allocUnsafe(bytes);
    this.#at = HEADER.copy(this.#bytes);
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#at + bytes));
    this.#bytes.copy(grown, 0, 0, this.#at);
    this.#bytes = grown;
  }

  row(columns: number): void {
    this.#room(2);
    this.#at = this.#bytes.writeInt16BE(columns, this.#at);
  }

  null(): void {
    this.#room(4);
    this.#at = this.#bytes.writeInt32BE(-1, this.#at);
  }

  bool(value: boolean): void {
    this.#room(5);
    this.#at = this.#bytes.writeInt32BE(1, this.#at);
    this.#at = this.#bytes.writeUInt8(value ? 1 : 0, this.#at);
  }

  int2(value: number): void {
    this.#room(6);
    this.#at = this.#bytes.writeInt32BE(2, this.#at);
    this.#at = this.#bytes.writeInt16BE(value, this.#at);
  }

  int4(value: number): void {
    this.#room(8);
    this.#at = this.#bytes.writeInt32BE(4, this.#at);
    this.#at = this.#bytes.writeInt32BE(value, this.#at);
  }

  /** A whole number that a double holds exactly. */
  int8(value: number): void {
    this.#room(12);
    this.#at = this.#bytes.writeInt32BE(8, this.#at);
    this.#at = this.#bytes.writeInt32BE(Math.floor(value / 0x1_0000_0000), this.#at);
    this.#at = this.#bytes.writeUInt32BE(value % 0x1_0000_0000, this.#at);
  }

  bigint(value: bigint): void {
    this.#room(12);
    this.#at = this.#bytes.writeInt32BE(8, this.#at);
    this.#at = this.#bytes.writeBigInt64BE(value, this.#at);
  }

  /** A bytea, or a uuid of 16 bytes; a part of the value where one is named. */
  bytes(value: Uint8Array | undefined, start = 0, end = value?.length ?? 0): void {
    if (value === undefined) {
      this.null();
      return;
    }
    this.#room(4 + end - start);
    let at = this.#bytes.writeInt32BE(end - start, this.#at);
    for (let from = start; from < end; from++) this.#bytes[at++] = value[from] as number;
    this.#at = at;
  }

  /** A uuid of a number of two bytes and the named part of a value. */
  mark(time: number, value: Uint8Array, [start, end]: readonly [number, number]): void {
    this.#room(6 + end - start);
    let at = this.#bytes.writeInt32BE(2 + end - start, this.#at);
    at = this.#bytes.writeUInt16BE(time, at);
    for (let from = start; from < end; from++) this.#bytes[at++] = value[from] as number;
    this.#at = at;
  }

  text(value: string): void {
    this.#room(4 + 3 * value.length);
    const length = this.#bytes.write(value, this.#at + 4, "utf8");
    this.#bytes.writeInt32BE(length, this.#at);
    this.#at += 4 + length;
  }

  /** The whole, ended; nothing may be added afterwards. */
  end(): Buffer {
    this.#room(2);
    this.#at = this.#bytes.writeInt16BE(-1, this.#at);
    return this.#bytes.subarray(0, this.#at);
  }
}

/** Sends rows into `target`, such as `staged (ord, day)`. */
export async function copyInto(client: PoolClient, target: string, rows: CopyRows): Promise<void> {
  const stream = client.query(copyFrom(`COPY ${target} FROM STDIN (FORMAT binary)`));
  stream.end(rows.end());
  await finished(stream);
}
