import { concat, uintBytes, utf8 } from "./bytes.ts";
import type { HashSuite } from "./hashSuite.ts";
import type { KeyRing } from "./keyRing.ts";
import { chinaDay } from "./period.ts";

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

function sized(field: Uint8Array): Uint8Array {
  return concat(uintBytes(field.length, 2), field);
}

function fingerprintOf(
  suite: HashSuite,
  keys: KeyRing,
  facts: CarrierTime,
  grid: 0 | 1,
): { fingerprint: Uint8Array; day: number } {
  const { bucket, start } = bucketOf(facts.at, facts.windowSeconds, grid);
  const day = chinaDay(start);
  const fields = concat(
    sized(utf8("carrier-time")),
    sized(utf8(facts.carrier)),
    sized(utf8(facts.card)),
    sized(uintBytes(facts.windowSeconds, 4)),
    sized(uintBytes(grid, 1)),
    sized(uintBytes(bucket, 8)),
  );
  const secret = suite.prf(keys.dayKey(day), fields).subarray(0, 28);
  return { fingerprint: concat(uintBytes(day, 4), secret), day };
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
  const fields = concat(sized(utf8(kind)), ...facts.map((fact) => sized(utf8(fact))));
  const secret = suite.prf(keys.dayKey(day), fields).subarray(0, 28);
  return concat(uintBytes(day, 4), secret);
}

/** Bytes of a fingerprint that stand for it where rows meet: the beginning of its secret part. */
export function markOf(fingerprint: Uint8Array): Uint8Array {
  return fingerprint.subarray(4, 20);
}

/** The China day in front of a fingerprint. */
export function fingerprintDay(fingerprint: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0] = fingerprint;
  return a * 0x100_0000 + b * 0x1_0000 + c * 0x100 + d;
}

const SEPARATOR = new Uint8Array(1);

/** A person of a platform, as the registry knows them: 16 bytes under the programme's key. */
export function participantOf(
  suite: HashSuite,
  keys: KeyRing,
  programme: number,
  platform: string,
  userId: string,
): Uint8Array {
  const message = concat(utf8("tanpu/participant/1"), utf8(platform), SEPARATOR, utf8(userId));
  return suite.prf(keys.programmeKey(programme), message).subarray(0, 16);
}

/** A platform's order number, as the registry knows it: 16 bytes under the programme's key. */
export function rowKeyOf(
  suite: HashSuite,
  keys: KeyRing,
  programme: number,
  platform: string,
  orderNo: string,
): Uint8Array {
  const message = concat(utf8("tanpu/row/1"), utf8(platform), SEPARATOR, utf8(orderNo));
  return suite.prf(keys.programmeKey(programme), message).subarray(0, 16);
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
  const message = concat(utf8(`tanpu/thing/1/${kind}`), SEPARATOR, utf8(written));
  return suite.prf(keys.assetKeyKey(), message).subarray(0, 16);
}

/** The physical thing behind a source (grid account, parcel, fleet), named under the common key. */
export function assetKeyOf(
  suite: HashSuite,
  keys: KeyRing,
  kind: string,
  assetNo: string,
): Uint8Array {
  const message = concat(utf8("tanpu/asset/1"), utf8(kind), SEPARATOR, utf8(assetNo));
  return suite.prf(keys.assetKeyKey(), message);
}
