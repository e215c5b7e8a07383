import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import * as path from "node:path";
import { compareBytes } from "../../domain/bytes.ts";
import { LEAF_BYTES } from "../../domain/sumTree.ts";
import { KEY_BYTES } from "./rowKeys.ts";

/*
 * A period's leaves, unsorted in and sorted out, in bounded memory. Fingerprints begin with their day
 * and go on with PRF output, so they fall evenly into buckets whose order is known before the first
 * leaf; a bucket is sorted when it is read. What does not fit lies in a folder that is removed.
 */

/** A leaf as it is spilled: its record, what it credits, and the row it credits. */
export const SPILLED = {
  /** 1 where the leaf carries a report's milligrams, 0 for an entry beside it. */
  credits: LEAF_BYTES,
  /** The number of the report among those that share fingerprints, plus one; 0 for any other. */
  joined: LEAF_BYTES + 1,
  key: LEAF_BYTES + 5,
  bytes: LEAF_BYTES + 5 + KEY_BYTES,
} as const;

/** Leaves that a bucket should have; some tens of megabytes are sorted at a time. */
const BUCKET_LEAVES = 131_072;
/** What all buckets together should hold in memory, and what each may before it is written to its file. */
const HELD = { bytes: 64 * 2 ** 20, least: 32_768 };
/** Beyond this many in a bucket, places no longer fit behind 32 bits of key in a double. */
const MOST_PLACES = 2 ** 20;

class Bucket {
  #bytes = new Uint8Array(32 * SPILLED.bytes);
  length = 0;
  /** Bytes that lie in the bucket's file. */
  filed = 0;

  get held(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  /** A place for one more leaf. */
  next(): Uint8Array {
    const end = this.length + SPILLED.bytes;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#bytes.length);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    const place = this.#bytes.subarray(this.length, end);
    this.length = end;
    return place;
  }
}

export type DayCount = { day: number; reports: number };

export class LeafSpill {
  readonly #parent: string;
  #folder: string | undefined;
  readonly #firstDay: number;
  /** For each day its first bucket, and one number more. */
  readonly #firstBucket: number[];
  readonly #buckets: (Bucket | undefined)[];
  readonly #flushBytes: number;
  readonly #full = new Set<number>();
  #leaves = 0;

  /**
   * @param reports - days with their number of reports, in ascending order; a fingerprint's day is one of
   * them or the day before or after
   * @param parent - an existing folder
   */
  constructor(reports: readonly DayCount[], parent: string, held = HELD) {
    this.#parent = parent;
    const first = (reports[0]?.day ?? 0) - 1;
    const end = (reports.at(-1)?.day ?? 0) + 2;
    this.#firstDay = first;
    const counts = new Map(reports.map(({ day, reports: count }) => [day, count]));
    this.#firstBucket = [0];
    for (let day = first; day < end; day++) {
      const near = Math.max(counts.get(day) ?? 0, counts.get(day + 1) ?? 0);
      const buckets = Math.max(1, Math.ceil((2 * near) / BUCKET_LEAVES));
      this.#firstBucket.push((this.#firstBucket.at(-1) ?? 0) + buckets);
    }
    const count = this.#firstBucket.at(-1) ?? 1;
    this.#buckets = new Array<Bucket | undefined>(count);
    this.#flushBytes = Math.max(held.least, Math.floor(held.bytes / count));
  }

  /** Leaves that were added. */
  get count(): number {
    return this.#leaves;
  }

  /**
   * A place of `SPILLED.bytes` zero bytes for a leaf with this fingerprint, which is written there. To be
   * filled before anything else is called.
   */
  add(fingerprint: Uint8Array): Uint8Array {
    const number = this.#bucketOf(fingerprint);
    let bucket = this.#buckets[number];
    if (!bucket) {
      bucket = new Bucket();
      this.#buckets[number] = bucket;
    }
    const place = bucket.next();
    place.fill(0);
    place.set(fingerprint);
    if (bucket.length >= this.#flushBytes) this.#full.add(number);
    this.#leaves++;
    return place;
  }

  #bucketOf(fingerprint: Uint8Array): number {
    const view = new DataView(fingerprint.buffer, fingerprint.byteOffset, 8);
    const day = view.getUint32(0) - this.#firstDay;
    const first = this.#firstBucket[day];
    const end = this.#firstBucket[day + 1];
    if (first === undefined || end === undefined) {
      throw new RangeError(`a fingerprint of day ${view.getUint32(0)} is not of the period`);
    }
    return first + Math.floor((view.getUint32(4) / 2 ** 32) * (end - first));
  }

  /** Writes full buckets to their files; to be called now and then. */
  async relieve(): Promise<void> {
    for (const number of this.#full) {
      const bucket = this.#buckets[number];
      if (!bucket) continue;
      await appendFile(await this.#fileOf(number), bucket.held);
      bucket.filed += bucket.length;
      bucket.length = 0;
    }
    this.#full.clear();
  }

  async #fileOf(bucket: number): Promise<string> {
    this.#folder ??= await mkdtemp(path.join(this.#parent, "tanpu-close-"));
    return path.join(this.#folder, String(bucket));
  }

  /** All leaves in ascending order of fingerprint, a bucket at a time; each can be read once. */
  async *sorted(): AsyncGenerator<Uint8Array> {
    for (const [number, bucket] of this.#buckets.entries()) {
      if (!bucket) continue;
      const filed = bucket.filed === 0 ? undefined : await readFile(await this.#fileOf(number));
      const bytes = filed ? Buffer.concat([filed, bucket.held]) : bucket.held;
      this.#buckets[number] = undefined;
      if (filed) await rm(await this.#fileOf(number));
      yield sortedLeaves(bytes);
    }
  }

  async close(): Promise<void> {
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The spilled leaves of one day in ascending order of fingerprint. */
export function sortedLeaves(bytes: Uint8Array): Uint8Array {
  const width = SPILLED.bytes;
  const count = bytes.length / width;
  const fingerprint = (place: number): Uint8Array =>
    bytes.subarray(place * width, place * width + 32);
  const places =
    count <= MOST_PLACES
      ? byLeadingBits(bytes, count)
      : Uint32Array.from({ length: count }, (_, place) => place);
  // Leading bits are seldom equal, so little is left to compare whole; all of it when they were not used.
  if (count > MOST_PLACES) places.sort((a, b) => compareBytes(fingerprint(a), fingerprint(b)));
  else settleTies(places, bytes, fingerprint);
  const result = new Uint8Array(bytes.length);
  for (let rank = 0; rank < count; rank++) {
    const from = (places[rank] ?? 0) * width;
    result.set(bytes.subarray(from, from + width), rank * width);
  }
  return result;
}

/** Sorts by the four bytes behind the day, as doubles that carry the place, which engines sort natively. */
function byLeadingBits(bytes: Uint8Array, count: number): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const keys = new Float64Array(count);
  for (let place = 0; place < count; place++) {
    keys[place] = view.getUint32(place * SPILLED.bytes + 4) * MOST_PLACES + place;
  }
  keys.sort();
  return Uint32Array.from(keys, (key) => key % MOST_PLACES);
}

function settleTies(
  places: Uint32Array,
  bytes: Uint8Array,
  fingerprint: (place: number) => Uint8Array,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bitsOf = (rank: number): number => view.getUint32((places[rank] ?? 0) * SPILLED.bytes + 4);
  for (let first = 0; first < places.length; ) {
    let end = first + 1;
    while (end < places.length && bitsOf(end) === bitsOf(first)) end++;
    if (end - first > 1) {
      places.subarray(first, end).sort((a, b) => compareBytes(fingerprint(a), fingerprint(b)));
    }
    first = end;
  }
}
