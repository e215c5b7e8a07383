import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { type BlobStore, openBlobStore, type RunningHash } from "../../server/platform/store.ts";
import { openS3Store } from "../../server/platform/storeS3.ts";
import { parseStoreUrl, type S3Place } from "../../server/platform/storeUrl.ts";

type Hash = (bytes: Uint8Array) => string;

/** A store's own files, past the store: `key` is the path below its place, such as `ab/ab…`. */
export interface StorePlace {
  open(hash: Hash, beginHash?: () => Promise<RunningHash>): BlobStore;
  /** All of them, sorted; not where blobs wait for their name. */
  keys(): Promise<string[]>;
  read(key: string): Promise<Buffer>;
  write(key: string, bytes: Uint8Array): Promise<void>;
  remove(key: string): Promise<void>;
  /** Removes everything. */
  close(): Promise<void>;
}

export const keyOf = (hash: string, ending = ""): string =>
  `${hash.slice(2, 4)}/${hash.slice(2)}${ending}`;

async function folderPlace(): Promise<StorePlace> {
  const folder = await fs.mkdtemp(path.join(tmpdir(), "tanpu-store-"));
  return {
    open: (hash, beginHash) => openBlobStore(folder, hash, beginHash),
    keys: async () => {
      const found = await fs.readdir(folder, { recursive: true, withFileTypes: true });
      return found
        .filter((file) => file.isFile())
        .map((file) => path.relative(folder, path.join(file.parentPath, file.name)))
        .sort();
    },
    read: (key) => fs.readFile(path.join(folder, key)),
    write: (key, bytes) => fs.writeFile(path.join(folder, key), bytes),
    remove: (key) => fs.rm(path.join(folder, key)),
    close: () => fs.rm(folder, { recursive: true, force: true }),
  };
}

/** The object store that tests may use, a `STORE_URL`; empty: there is none, and its tests are left out. */
export const testS3Url = process.env.TANPU_TEST_S3_URL ?? "";

/** A place of its own in the tests' object store. */
export function s3Place(): StorePlace & { place: S3Place; spillFolder: string } {
  const given = parseStoreUrl(testS3Url);
  if (!given) throw new Error("TANPU_TEST_S3_URL is no place of an object store.");
  const own = randomBytes(8).toString("hex");
  const place = { ...given, prefix: `${given.prefix}test-${own}/` };
  const spillFolder = path.join(tmpdir(), `tanpu-spill-${own}`);
  const client = new S3Client({
    region: place.region,
    ...(place.endpoint === undefined ? {} : { endpoint: place.endpoint }),
    forcePathStyle: place.bucketInPath,
  });
  const at = (key: string) => ({ Bucket: place.bucket, Key: `${place.prefix}${key}` });
  const keys = async (): Promise<string[]> => {
    const Prefix = place.prefix;
    const found = await client.send(new ListObjectsV2Command({ Bucket: place.bucket, Prefix }));
    return (found.Contents ?? []).map(({ Key = "" }) => Key.slice(Prefix.length)).sort();
  };
  const remove = async (key: string): Promise<void> => {
    await client.send(new DeleteObjectCommand(at(key)));
  };
  return {
    ...{ place, spillFolder, keys, remove },
    open: (hash, beginHash) => openS3Store({ place, spillFolder, hash, beginHash }),
    read: async (key) => {
      const { Body } = await client.send(new GetObjectCommand(at(key)));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    write: async (key, Body) => {
      await client.send(new PutObjectCommand({ ...at(key), Body }));
    },
    close: async () => {
      for (const key of await keys()) await remove(key);
      await fs.rm(spillFolder, { recursive: true, force: true });
      client.destroy();
    },
  };
}

/** What a test of stores runs on: a folder, and the object store where there is one. */
export const storePlaces: readonly (readonly [string, () => Promise<StorePlace>])[] = [
  ["a folder", folderPlace],
  ...(testS3Url === "" ? [] : [["an object store", async () => s3Place()] as const]),
];
