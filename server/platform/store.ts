import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";

/**
 * Keeps byte strings under their own hash. There is no listing: who has the hash may have the
 * content, and nobody learns from the store what else is in it.
 */
export interface BlobStore {
  /**
   * Stores the bytes durably; storing them again changes nothing. Returns the name: `0x` and 64 hex
   * digits.
   */
  put(bytes: Uint8Array): Promise<string>;
  /** As `put`, for a blob that is made or copied a part at a time and never whole in memory. */
  putParts(parts: AsyncIterable<Uint8Array>): Promise<string>;
  /**
   * The bytes, or undefined when the store does not have them. @throws BlobStoreError when they no
   * longer have their hash.
   */
  get(hash: string): Promise<Uint8Array | undefined>;
  has(hash: string): Promise<boolean>;
  /** Forgets a blob, for content that must not be kept; nothing when it is not there. */
  remove(hash: string): Promise<void>;
  /**
   * Parts of a blob, for one too large to read for a few bytes; undefined when the store does not
   * have it.
   */
  open(hash: string): Promise<PartReader | undefined>;
  /**
   * Keeps beside a blob what was made out of it and can be made again, such as an index into it. It
   * has no hash, so whoever reads it has to find out whether it belongs to the blob.
   */
  putBeside(hash: string, kind: "levels", bytes: Uint8Array): Promise<void>;
  openBeside(hash: string, kind: "levels"): Promise<PartReader | undefined>;
}

/** A file that is read in parts. Nothing compares them with a hash; the reader's user has to. */
export interface PartReader {
  readonly length: number;
  /** The bytes [first, end). @throws BlobStoreError when the file ends before. */
  read(first: number, end: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

const PART_BYTES = 1 << 20;

/** The whole of a file in parts; closes it. */
export async function* partsOf(file: PartReader): AsyncGenerator<Uint8Array> {
  try {
    for (let at = 0; at < file.length; at += PART_BYTES) {
      yield await file.read(at, Math.min(at + PART_BYTES, file.length));
    }
  } finally {
    await file.close();
  }
}

/** A store that was misused or whose content is damaged. */
export class BlobStoreError extends Error {
  override name = "BlobStoreError";
}

/** A hash over bytes that come in parts. */
export interface RunningHash {
  update(bytes: Uint8Array): void;
  /** The last call. */
  digest(): Uint8Array;
}

/** A blob's name without `0x`; also what keeps a name from leaving its folder. @throws BlobStoreError */
export function checkedName(given: string): string {
  const name = given.replace(/^0x/, "");
  if (!/^[0-9a-f]{64}$/.test(name)) {
    throw new BlobStoreError("A blob's name is 64 lowercase hex digits.");
  }
  return name;
}

/** Where a blob lies below the place of its store. */
export const blobPath = (name: string): string => `${name.slice(0, 2)}/${name}`;

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";

/**
 * A blob store in a folder: `<folder>/<first 2 hex digits>/<64 hex digits>`.
 *
 * A blob is written aside, flushed and renamed, so a crash leaves either the whole blob or none.
 *
 * @param hash - 32-byte hash of the bytes as hex, with or without `0x`; passed in because only the
 * domain knows which
 * @param beginHash - the same hash over parts; without it a blob put in parts is read back whole once
 */
export function openBlobStore(
  folder: string,
  hash: (bytes: Uint8Array) => string,
  beginHash?: () => Promise<RunningHash>,
): BlobStore {
  const nameOf = (bytes: Uint8Array): string => hash(bytes).replace(/^0x/, "").toLowerCase();
  const fileOf = (name: string): string => path.join(folder, blobPath(name));
  const has = async (given: string): Promise<boolean> => {
    try {
      await fs.access(fileOf(checkedName(given)));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  };
  return {
    has,
    put: async (bytes) => {
      const name = checkedName(nameOf(bytes));
      if (!(await has(name))) await writeDurably(fileOf(name), bytes);
      return `0x${name}`;
    },
    putParts: async (parts) => {
      const draft = path.join(folder, `${randomBytes(12).toString("hex")}.new`);
      await fs.mkdir(folder, { recursive: true });
      try {
        const running = await beginHash?.();
        await writeParts(draft, parts, running);
        const name = running
          ? Buffer.from(running.digest()).toString("hex")
          : nameOf(await fs.readFile(draft));
        if (await has(name)) await fs.rm(draft);
        else await moveDurably(draft, fileOf(name));
        return `0x${name}`;
      } catch (error) {
        await fs.rm(draft, { force: true });
        throw error;
      }
    },
    get: async (given) => {
      const name = checkedName(given);
      let bytes: Uint8Array;
      try {
        bytes = new Uint8Array(await fs.readFile(fileOf(name)));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
      if (nameOf(bytes) !== name) throw new BlobStoreError(`The blob ${name} is damaged.`);
      return bytes;
    },
    remove: (given) => fs.rm(fileOf(checkedName(given)), { force: true }),
    open: (given) => openParts(fileOf(checkedName(given))),
    putBeside: (given, kind, bytes) => writeDurably(`${fileOf(checkedName(given))}.${kind}`, bytes),
    openBeside: (given, kind) => openParts(`${fileOf(checkedName(given))}.${kind}`),
  };
}

async function openParts(file: string): Promise<PartReader | undefined> {
  let handle: fs.FileHandle;
  try {
    handle = await fs.open(file, "r");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const { size } = await handle.stat();
    return {
      length: size,
      read: async (first, end) => {
        const bytes = new Uint8Array(end - first);
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, first);
        if (bytesRead < bytes.length) throw new BlobStoreError(`${file} ends before byte ${end}.`);
        return bytes;
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Writes a file so that after a crash it is whole or absent. */
export async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  await fs.mkdir(path.dirname(file), { recursive: true });
  const draft = `${file}.${randomBytes(6).toString("hex")}.new`;
  try {
    await fs.writeFile(draft, bytes, { flush: true });
    await moveDurably(draft, file);
  } catch (error) {
    await fs.rm(draft, { force: true });
    throw error;
  }
}

async function writeParts(
  file: string,
  parts: AsyncIterable<Uint8Array>,
  running: RunningHash | undefined,
): Promise<void> {
  const handle = await fs.open(file, "wx");
  try {
    for await (const part of parts) {
      running?.update(part);
      await handle.writeFile(part);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Gives a flushed file its name. */
async function moveDurably(draft: string, file: string): Promise<void> {
  const folder = path.dirname(file);
  await fs.mkdir(folder, { recursive: true });
  await fs.rename(draft, file);
  // The rename itself is only durable once the folder is.
  const handle = await fs.open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
