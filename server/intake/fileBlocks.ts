import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";

/** Whole lines of a file that are stored together. */
export type FileBlock = {
  bytes: Uint8Array<ArrayBuffer>;
  /** Number of the block's first line, from 1. */
  line: number;
};

const NEWLINE = 0x0a;
const READ_BYTES = 1 << 20;

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

/**
 * Cuts a file, plain or gzip by its first bytes, into blocks of whole lines of at most `rows` lines and some
 * `bytes`; a single longer line is a block of its own.
 */
export async function* fileBlocks(
  file: string,
  most: { rows: number; bytes: number },
): AsyncGenerator<FileBlock> {
  const plain = createReadStream(file, { highWaterMark: READ_BYTES });
  const source = (await isGzip(file))
    ? pipeline(plain, createGunzip({ chunkSize: READ_BYTES }), () => {})
    : plain;
  let parts: Uint8Array[] = [];
  let size = 0;
  let lines = 0;
  let line = 1;
  const take = (last: Uint8Array): FileBlock => {
    const bytes = new Uint8Array(size + last.length);
    let at = 0;
    for (const part of [...parts, last]) {
      bytes.set(part, at);
      at += part.length;
    }
    const block = { bytes, line };
    line += lines;
    [parts, size, lines] = [[], 0, 0];
    return block;
  };
  for await (const read of source as AsyncIterable<Buffer>) {
    let start = 0;
    for (let at = read.indexOf(NEWLINE); at !== -1; at = read.indexOf(NEWLINE, at + 1)) {
      lines++;
      if (lines < most.rows && size + at - start < most.bytes) continue;
      yield take(read.subarray(start, at + 1));
      start = at + 1;
    }
    if (start < read.length) {
      parts.push(read.subarray(start));
      size += read.length - start;
    }
  }
  if (size > 0) yield take(new Uint8Array());
}
