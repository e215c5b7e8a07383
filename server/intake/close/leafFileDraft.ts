import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import * as path from "node:path";
import { encodeLeafHeader, type LeafFileHeader } from "../../domain/leafFile.ts";

const READ_BYTES = 1 << 20;

/**
 * The records of a leaf file that is being made. Its first line states the root, which is known last, so
 * they wait in a file that is removed.
 */
export class LeafFileDraft {
  readonly #folder: string;
  readonly #file: FileHandle;

  private constructor(folder: string, file: FileHandle) {
    this.#folder = folder;
    this.#file = file;
  }

  /** @param parent - an existing folder */
  static async begin(parent: string): Promise<LeafFileDraft> {
    const folder = await mkdtemp(path.join(parent, "tanpu-leaves-"));
    return new LeafFileDraft(folder, await open(path.join(folder, "records"), "wx+"));
  }

  async append(records: Uint8Array): Promise<void> {
    await this.#file.writeFile(records);
  }

  /** The whole file in parts. */
  async *parts(header: LeafFileHeader): AsyncGenerator<Uint8Array> {
    yield encodeLeafHeader(header);
    for (let at = 0; ; ) {
      const { bytesRead, buffer } = await this.#file.read(
        new Uint8Array(READ_BYTES),
        0,
        READ_BYTES,
        at,
      );
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
