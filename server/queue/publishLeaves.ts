import type { Pool } from "pg";
import { type BlobStore, BlobStoreError, partsOf } from "../platform/store.ts";

/**
 * Publishes leaf files: a period's file is kept to ourselves until the block of its proposal, which
 * fixes who came first, and is anybody's to read from then on. `done` remembers what was published, so
 * that a sweep costs one query. A proposal of another server's file is not ours to publish.
 */
export async function publishLeaves(options: {
  pool: Pool;
  from: BlobStore;
  to: BlobStore;
  done: Set<string>;
}): Promise<void> {
  const found = await options.pool.query<{ leaf_file_hash: Buffer }>(
    "SELECT DISTINCT leaf_file_hash FROM mirror.request",
  );
  for (const row of found.rows) {
    const name = `0x${row.leaf_file_hash.toString("hex")}`;
    if (options.done.has(name)) continue;
    if (!(await options.to.has(name))) {
      const file = await options.from.open(name);
      if (file === undefined) continue;
      const copied = await options.to.putParts(partsOf(file));
      if (copied !== name) throw new BlobStoreError(`The blob ${name} is damaged.`);
      await copyLevels(options.from, options.to, name);
    }
    options.done.add(name);
  }
}

/** Where there are none, the first proof out of the published file makes them. */
async function copyLevels(from: BlobStore, to: BlobStore, name: string): Promise<void> {
  const levels = await from.openBeside(name, "levels");
  if (!levels) return;
  try {
    await to.putBeside(name, "levels", await levels.read(0, levels.length));
  } finally {
    await levels.close();
  }
}
