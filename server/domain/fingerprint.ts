import type { HashSuite } from "./hashSuite.ts";
import type { KeyRing } from "./keyRing.ts";
import { chinaDay, dayStart } from "./period.ts";

/** The physical facts that identify an activity of kind carrier-time. */
export type CarrierTime = {
  /** The vehicle, gate or device. */
  carrier: string;
  /** The card or account it read. */
  card: string;
  /** Unix seconds by the reporting platform's clock. */
  at: number;
  /** Width W of a bucket; an even number of seconds. */
  windowSeconds: number;
};

/** An activity's two entries, one per grid. `day` is the day the activity belongs to. */
export type Fingerprints = { first: Uint8Array; second: Uint8Array; day: number };

export const FINGERPRINT_BYTES = 32;

/** The bucket of a moment in grid 0 or in grid 1, which lies half a window beside it. */
export function bucketOf(
  at: number,
  windowSeconds: number,
  grid: 0 | 1,
): { bucket: number; start: number } {
  const shift = (grid * windowSeconds) / 2;
  const bucket = Math.floor((at + shift) / windowSeconds);
  return { bucket, start: bucket * windowSeconds - shift };
}

/**
 * Messages are put together in one place that is used again, because four of them are needed for every
 * activity. Whoever asks for the bytes uses them before the next message is begun.
 */
class Message {
  #bytes = new Uint8Array(1024);
  #at = 0;

  begin(): this {
    this.#at = 0;
    return this;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.#at + bytes));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  text(text: string): this {
    this.#room(3 * text.length);
    let at = this.#at;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        const { written } = encoder.encodeInto(text.slice(i), this.#bytes.subarray(at));
        at += written;
        break;
      }
      this.#bytes[at++] = code;
    }
    this.#at = at;
    return this;
  }

  uint(value: number, length: number): this {
    this.#room(length);
    let rest = value;
    for (let i = length - 1; i >= 0; i--) {
      this.#bytes[this.#at + i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    this.#at += length;
    return this;
  }

  /** A text with its length in two bytes before it. */
  sized(text: string): this {
    this.#room(2 + 3 * text.length);
    const start = this.#at;
    this.#at += 2;
    this.text(text);
    const length = this.#at - start - 2;
    if (length > 0xffff) throw new RangeError("a fact is too long");
    this.#bytes[start] = length >>> 8;
    this.#bytes[start + 1] = length & 0xff;
    return this;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }
}

const encoder = new TextEncoder();
const message = new Message();

/** A PRF's first 28 bytes behind the day. */
function underDay(day: number, prf: Uint8Array): Uint8Array {
  const fingerprint = new Uint8Array(FINGERPRINT_BYTES);
  fingerprint[0] = day >>> 24;
  fingerprint[1] = day >>> 16;
  fingerprint[2] = day >>> 8;
  fingerprint[3] = day;
  for (let i = 4; i < FINGERPRINT_BYTES; i++) fingerprint[i] = prf[i - 4] as number;
  return fingerprint;
}

function fingerprintOf(
  suite: HashSuite,
  keys: KeyRing,
  facts: CarrierTime,
  grid: 0 | 1,
): { fingerprint: Uint8Array; day: number } {
  const { bucket, start } = bucketOf(facts.at, facts.windowSeconds, grid);
  const day = chinaDay(start);
  message
    .begin()
    .sized("carrier-time")
    .sized(facts.carrier)
    .sized(facts.card)
    .uint(4, 2)
    .uint(facts.windowSeconds, 4)
    .uint(1, 2)
    .uint(grid, 1)
    .uint(8, 2)
    .uint(bucket, 8);
  const fingerprint = underDay(day, suite.prf(keys.dayKey(day), message.bytes()));
  return { fingerprint, day };
}

/**
 * The two fingerprints of an activity. Two reports at most W/2 apart always share one of them. The
 * day and its key follow from the bucket, never from the time of intake; the day stands in front, so
 * that an index grows at its end.
 */
export function carrierTimeFingerprints(
  suite: HashSuite,
  keys: KeyRing,
  facts: CarrierTime,
): Fingerprints {
  const first = fingerprintOf(suite, keys, facts, 0);
  const second = fingerprintOf(suite, keys, facts, 1);
  return { first: first.fingerprint, second: second.fingerprint, day: first.day };
}

/** The facts of an act that is named once, by identity kind; see `singleFingerprint`. */
export type SingleIdentity =
  | { kind: "carrier-event"; facts: readonly [operator: string, event: string] }
  | { kind: "meter-interval"; facts: readonly [meter: string, start: string] }
  | {
      kind: "participant-day";
      facts: readonly [platform: string, userId: string, behaviour: string];
    };

/**
 * The one fingerprint of an act whose identity has no clock to compare: an operator's event, a meter's
 * interval by its beginning, a platform's user on a day. `day` is the day of the activity.
 */
export function singleFingerprint(
  suite: HashSuite,
  keys: KeyRing,
  { kind, facts }: SingleIdentity,
  day: number,
): Uint8Array {
  message.begin().sized(kind);
  for (const fact of facts) message.sized(fact);
  return underDay(day, suite.prf(keys.dayKey(day), message.bytes()));
}

/** The part of a fingerprint that its mark repeats: of the secret part as much as a mark has room for. */
export const MARK = [4, 18] as const;

/**
 * What stands in front of a mark: where in the China day its bucket begins, in steps of two seconds. Reports that
 * share a bucket share it, and reports of one hour lie together in the index, which arrival is mostly about.
 */
export function markTime(at: number, windowSeconds: number, grid: 0 | 1): number {
  const { start } = bucketOf(at, windowSeconds, grid);
  return Math.floor((start - dayStart(chinaDay(start))) / 2);
}

/** The China day in front of a fingerprint. */
export function fingerprintDay(fingerprint: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = fingerprint;
  return a * 0x100_0000 + b * 0x1_0000 + c * 0x100 + d;
}

/*
 * Cut with `slice`: a small array lives in the heap of the engine, while a view of it would give it a
 * buffer of its own outside of it, which costs more than the hash.
 */
function keyed(
  suite: HashSuite,
  key: Uint8Array,
  label: string,
  first: string,
  second: string,
): Uint8Array {
  message.begin().text(label).text(first).uint(0, 1).text(second);
  return suite.prf(key, message.bytes());
}

/** A person of a platform, as the registry knows them: 16 bytes under the programme's key. */
export function participantOf(
  suite: HashSuite,
  keys: KeyRing,
  programme: number,
  platform: string,
  userId: string,
): Uint8Array {
  const key = keys.programmeKey(programme);
  return keyed(suite, key, "tanpu/participant/1", platform, userId).slice(0, 16);
}

/** A platform's order number, as the registry knows it: 16 bytes under the programme's key. */
export function rowKeyOf(
  suite: HashSuite,
  keys: KeyRing,
  programme: number,
  platform: string,
  orderNo: string,
): Uint8Array {
  return keyed(suite, keys.programmeKey(programme), "tanpu/row/1", platform, orderNo).subarray(
    0,
    16,
  );
}

/**
 * The car or meter an activity was done with, under the common key, so that all programmes' reports of
 * one car meet: 16 bytes. Spaces and case do not tell two plates apart.
 */
export function thingOf(
  suite: HashSuite,
  keys: KeyRing,
  kind: "car" | "meter",
  name: string,
): Uint8Array {
  const written = name.replaceAll(/\s/g, "").toUpperCase();
  return keyed(suite, keys.assetKeyKey(), "tanpu/thing/1/", kind, written).slice(0, 16);
}

/** The physical thing behind a source (grid account, parcel, fleet), named under the common key. */
export function assetKeyOf(
  suite: HashSuite,
  keys: KeyRing,
  kind: string,
  assetNo: string,
): Uint8Array {
  return keyed(suite, keys.assetKeyKey(), "tanpu/asset/1", kind, assetNo);
}
