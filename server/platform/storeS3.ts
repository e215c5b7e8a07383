import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { PermanentError, RetryableError } from "./failures.ts";
import {
  type BlobStore,
  BlobStoreError,
  blobPath,
  checkedName,
  type PartReader,
  type RunningHash,
} from "./store.ts";
import type { S3Place } from "./storeUrl.ts";

/** A blob up to this many bytes goes in one request, a longer one in parts of this size, two at a time. */
const PART_BYTES = 16 << 20;
const CHUNK_BYTES = 1 << 20;

type Options = {
  place: S3Place;
  /** Holds a blob that comes in parts until its name is known; on a disk, not in memory. */
  spillFolder: string;
  hash: (bytes: Uint8Array) => string;
  beginHash?: (() => Promise<RunningHash>) | undefined;
};

/**
 * A blob store in an S3-compatible object store: keys `<prefix><first 2 hex digits>/<64 hex digits>`.
 *
 * A blob that comes in parts is hashed on its way into a file that has no name any more, so a crash leaves nothing of it;
 * then it is uploaded under its own key. An object store shows a key only once its upload is complete.
 *
 * Credentials are those of the environment (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`). They need the right to list the bucket: without
 * it a store answers "forbidden" where an object is not there. Beside BlobStoreError all calls throw RetryableError when
 * the object store is away or slow, after some tries, and PermanentError when it refuses.
 */
export function openS3Store({ place, spillFolder, hash, beginHash }: Options): BlobStore {
  const client = new S3Client({
    region: place.region,
    ...(place.endpoint === undefined ? {} : { endpoint: place.endpoint }),
    forcePathStyle: place.bucketInPath,
    // Other makers' servers do not all know Amazon's newer checksums; what is read is checked by its hash.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 30_000 },
  });
  const Bucket = place.bucket;
  const keyOf = (name: string): string => `${place.prefix}${blobPath(name)}`;
  const nameOf = (bytes: Uint8Array): string => checkedName(hash(bytes).toLowerCase());
  const lookUp = (Key: string) => sizeOf(client, Bucket, Key);
  const put = (Key: string, Body: Uint8Array) =>
    told("PutObject", () => client.send(new PutObjectCommand({ Bucket, Key, Body })));
  const open = async (Key: string): Promise<PartReader | undefined> => {
    const found = await lookUp(Key);
    return found && readerOf(client, { Bucket, Key, ...found });
  };
  const has = async (given: string) => (await lookUp(keyOf(checkedName(given)))) !== undefined;
  return {
    has,
    put: async (bytes) => {
      const name = nameOf(bytes);
      if (!(await has(name))) await put(keyOf(name), bytes);
      return `0x${name}`;
    },
    putParts: (parts) =>
      withSpill(spillFolder, async (file) => {
        const running = await beginHash?.();
        for await (const part of parts) {
          running?.update(part);
          await file.writeFile(part);
        }
        const name = running
          ? Buffer.from(running.digest()).toString("hex")
          : nameOf(await buffer(chunksOf(file)));
        if (!(await has(name))) await upload(client, { Bucket, Key: keyOf(name) }, file);
        return `0x${name}`;
      }),
    get: async (given) => {
      const name = checkedName(given);
      const bytes = await orMissing(client, Bucket, "GetObject", async () => {
        const answer = await client.send(new GetObjectCommand({ Bucket, Key: keyOf(name) }));
        return answer.Body?.transformToByteArray();
      });
      if (bytes && nameOf(bytes) !== name) throw new BlobStoreError(`The blob ${name} is damaged.`);
      return bytes;
    },
    remove: async (given) => {
      const Key = keyOf(checkedName(given));
      await orMissing(client, Bucket, "DeleteObject", () =>
        client.send(new DeleteObjectCommand({ Bucket, Key })),
      );
    },
    open: (given) => open(keyOf(checkedName(given))),
    putBeside: async (given, kind, bytes) => {
      await put(`${keyOf(checkedName(given))}.${kind}`, bytes);
    },
    openBeside: (given, kind) => open(`${keyOf(checkedName(given))}.${kind}`),
  };
}

type Found = { length: number; etag: string | undefined };

const sizeOf = (client: S3Client, Bucket: string, Key: string): Promise<Found | undefined> =>
  orMissing(client, Bucket, "HeadObject", async () => {
    const head = await client.send(new HeadObjectCommand({ Bucket, Key }));
    return { length: head.ContentLength ?? 0, etag: head.ETag };
  });

/** Reads ranges of an object as it was when it was opened: one replaced since then is told, not mixed in. */
function readerOf(
  client: S3Client,
  { Bucket, Key, length, etag }: Found & { Bucket: string; Key: string },
): PartReader {
  return {
    length,
    read: async (first, end) => {
      if (end > length) throw new BlobStoreError(`${Key} ends before byte ${end}.`);
      // A range of no bytes cannot be said in a request.
      if (end <= first) return new Uint8Array();
      const Range = `bytes=${first}-${end - 1}`;
      const bytes = await told("GetObject", async () => {
        const IfMatch = etag;
        const answer = await client.send(new GetObjectCommand({ Bucket, Key, Range, IfMatch }));
        return answer.Body?.transformToByteArray();
      });
      if (bytes?.length !== end - first) {
        throw new RetryableError(`the object store gave another range of ${Key} than asked for`);
      }
      return bytes;
    },
    close: async () => {},
  };
}

/** Gives a file that only this process can reach; it is gone when the process is. */
async function withSpill<T>(folder: string, use: (file: fs.FileHandle) => Promise<T>): Promise<T> {
  await fs.mkdir(folder, { recursive: true });
  const name = path.join(folder, `${randomBytes(12).toString("hex")}.new`);
  const file = await fs.open(name, "wx+", 0o600);
  try {
    await fs.rm(name);
    return await use(file);
  } finally {
    await file.close();
  }
}

/** The file from its beginning, wherever writing has left it. */
async function* chunksOf(file: fs.FileHandle): AsyncGenerator<Uint8Array> {
  for (let at = 0; ; ) {
    const bytes = new Uint8Array(CHUNK_BYTES);
    const { bytesRead } = await file.read(bytes, 0, CHUNK_BYTES, at);
    if (bytesRead === 0) return;
    yield bytes.subarray(0, bytesRead);
    at += bytesRead;
  }
}

async function upload(
  client: S3Client,
  to: { Bucket: string; Key: string },
  file: fs.FileHandle,
): Promise<void> {
  const Body = Readable.from(chunksOf(file), { objectMode: false });
  try {
    const one = new Upload({
      ...{ client, params: { ...to, Body } },
      ...{ partSize: PART_BYTES, queueSize: 2, leavePartsOnError: false },
    });
    await told("upload", () => one.done());
  } finally {
    Body.destroy();
  }
}

type Answered = { name?: string; $metadata?: { httpStatusCode?: number } };

/** As `told`, and undefined when the object is not there. A bucket that is not there is a failure. */
async function orMissing<T>(
  client: S3Client,
  Bucket: string,
  what: string,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (cause) {
    const { name, $metadata } = cause as Answered;
    if (name === "NoSuchKey") return undefined;
    if ($metadata?.httpStatusCode !== 404 || name === "NoSuchBucket") throw failureOf(what, cause);
    // The answer to HEAD has no body, so it does not say whether the object is missing or all of the bucket.
    await told("HeadBucket", () => client.send(new HeadBucketCommand({ Bucket })));
    return undefined;
  }
}

async function told<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw failureOf(what, cause);
  }
}

/** Refusals that pass by themselves: too slow, in conflict, replaced meanwhile, too early, too many. */
const PASSING = new Set([408, 409, 412, 425, 429]);

function failureOf(what: string, cause: unknown): RetryableError | PermanentError {
  const { name = "an error", $metadata } = cause as Answered;
  const status = $metadata?.httpStatusCode;
  if (name === "CredentialsProviderError") {
    return new PermanentError("the object store needs credentials and none are set", { cause });
  }
  const refused = status !== undefined && status >= 300 && status < 500 && !PASSING.has(status);
  return refused
    ? new PermanentError(`the object store refused ${what}: ${name} (${status})`, { cause })
    : new RetryableError(`the object store did not answer ${what}: ${name}`, { cause });
}
