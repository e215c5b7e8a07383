import { canonicalQuantities, type SaltSource } from "../domain/commitment.ts";
import {
  carrierTimeFingerprints,
  fingerprintDay,
  markTime,
  participantOf,
  rowKeyOf,
  singleFingerprint,
  thingOf,
} from "../domain/fingerprint.ts";
import type { HashSuite } from "../domain/hashSuite.ts";
import type { KeyRing } from "../domain/keyRing.ts";
import type { AnyMethodology } from "../domain/methodology/catalogue.ts";
import type { FormulaMethodology } from "../domain/methodology/formulaTypes.ts";
import { identityOf, type QuantifiedRow } from "../domain/methodology/quantifyRow.ts";
import { chinaDay } from "../domain/period.ts";

/** What turns a platform's words into what the registry keeps. */
export type Identification = {
  suite: HashSuite;
  keys: KeyRing;
  salts: SaltSource;
  methodology: AnyMethodology;
  programme: number;
};

/** What judging a row needs: its methodology, and later versions that may have taken its place. */
export type Judgement = Identification & {
  successors?: readonly FormulaMethodology[];
};

/** An activity as it is stored: keyed pseudonyms, no raw value of person, place or thing. */
export type IdentifiedReport = {
  /** China day the activity counts for. */
  day: number;
  rowKey: Uint8Array;
  behaviour: string;
  fingerprintA: Uint8Array;
  /** Kinds of identity with one entry have none. */
  fingerprintB: Uint8Array | undefined;
  /** What stands in front of their marks. */
  markTimeA: number;
  markTimeB: number;
  participant: Uint8Array;
  milligrams: bigint;
  /** Unix seconds. */
  at: number;
  /** From its beginning to its end; 0 for a moment. */
  seconds: number;
  /** Canonical JSON. */
  quantities: string;
  thing: Uint8Array | undefined;
  /** Row key of the earlier row it takes the place of. */
  corrects: Uint8Array | undefined;
  salt: Uint8Array;
};

type Fingerprints = {
  first: Uint8Array;
  second: Uint8Array | undefined;
  firstTime: number;
  secondTime: number;
};

function fingerprintsOf(
  { suite, keys, methodology }: Identification,
  platform: string,
  row: QuantifiedRow,
): Fingerprints {
  const { kind, windowSeconds } = identityOf(methodology);
  const [one = "", two = ""] = row.facts;
  const { at } = row;
  if (kind === "carrier-time") {
    return {
      ...carrierTimeFingerprints(suite, keys, { carrier: one, card: two, at, windowSeconds }),
      firstTime: markTime(at, windowSeconds, 0),
      secondTime: markTime(at, windowSeconds, 1),
    };
  }
  const identity =
    kind === "carrier-event"
      ? ({ kind, facts: [one, two] } as const)
      : kind === "meter-interval"
        ? ({ kind, facts: [one, String(at)] } as const)
        : ({ kind, facts: [platform, row.userId, row.behaviour] } as const);
  const first = singleFingerprint(suite, keys, identity, chinaDay(at));
  // The one act may be told with two times, so nothing of them may stand in its mark.
  return { first, second: undefined, firstTime: 0, secondTime: 0 };
}

/** Replaces every raw value of a quantified row by its keyed form. */
export function identify(
  by: Identification,
  platform: string,
  row: QuantifiedRow,
): IdentifiedReport {
  const { suite, keys, programme } = by;
  const { first, second, firstTime, secondTime } = fingerprintsOf(by, platform, row);
  const rowKey = rowKeyOf(suite, keys, programme, platform, row.orderNo);
  const { thing, corrects } = row;
  return {
    day: fingerprintDay(first),
    rowKey,
    behaviour: row.behaviour,
    fingerprintA: first,
    fingerprintB: second,
    markTimeA: firstTime,
    markTimeB: secondTime,
    participant: participantOf(suite, keys, programme, platform, row.userId),
    milligrams: row.milligrams,
    at: row.at,
    seconds: row.end - row.at,
    quantities: canonicalQuantities(row.quantities),
    thing: thing && thingOf(suite, keys, thing.kind, thing.name),
    corrects:
      corrects === undefined ? undefined : rowKeyOf(suite, keys, programme, platform, corrects),
    salt: by.salts.salt(platform, rowKey),
  };
}
