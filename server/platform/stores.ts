import path from "node:path";
import type { Config } from "./config.ts";
import { type BlobStore, openBlobStore, type RunningHash } from "./store.ts";
import { parseStoreUrl } from "./storeUrl.ts";

/** What is kept to ourselves (open periods, detached days, epochs' lines), and what anybody may read. */
export type StorePart = "kept" | "published";

const FOLDERS: Readonly<Record<StorePart, string>> = {
  kept: "blobs",
  published: "published/blobs",
};

/**
 * Opens one part of the registry's store: below `TANPU_DATA`, or with `STORE_URL` below its prefix under the same names.
 * Nothing is asked of the object store yet. An Error when `storeUrl` is none, which `readConfig` has checked.
 */
export async function openStore(
  config: Pick<Config, "dataFolder" | "storeUrl">,
  part: StorePart,
  hash: (bytes: Uint8Array) => string,
  beginHash?: () => Promise<RunningHash>,
): Promise<BlobStore> {
  if (config.storeUrl === undefined) {
    return openBlobStore(path.join(config.dataFolder, FOLDERS[part]), hash, beginHash);
  }
  const place = parseStoreUrl(config.storeUrl);
  if (!place) throw new Error("STORE_URL is no place of an object store.");
  // Only who has an object store pays for loading its client.
  const { openS3Store } = await import("./storeS3.ts");
  const prefix = `${place.prefix}${FOLDERS[part]}/`;
  const spillFolder = path.join(config.dataFolder, "spill");
  return openS3Store({ place: { ...place, prefix }, spillFolder, hash, beginHash });
}
