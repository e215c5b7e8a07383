import { concat, uintBytes, utf8 } from "./bytes.ts";
import type { HashSuite } from "./hashSuite.ts";

/**
 * The secrets behind fingerprints, pseudonyms and asset keys. A production ring asks a key store and
 * forgets the key of a day when its longest challenge period is over.
 */
export interface KeyRing {
  /** Key of the fingerprints whose bucket starts on this China day; shared by all programmes. */
  dayKey(day: number): Uint8Array;
  /** Key of one programme's pseudonyms of persons and rows. Throws when the ring holds none. */
  programmeKey(programme: number): Uint8Array;
  /** The common key that asset keys are made under; it lives longer than any day's key. */
  assetKeyKey(): Uint8Array;
}

export type KeySecrets = {
  commonKey: Uint8Array;
  programmeKeys: ReadonlyMap<number, Uint8Array>;
};

/** A ring that derives every day's key from the common key by the suite's PRF. */
export function keyRingOf(suite: HashSuite, secrets: KeySecrets): KeyRing {
  const dayKeys = new Map<number, Uint8Array>();
  return {
    dayKey: (day) => {
      let key = dayKeys.get(day);
      if (!key) {
        const message = concat(utf8("tanpu/fingerprint-day/1"), uintBytes(day, 4));
        key = suite.prf(secrets.commonKey, message);
        dayKeys.set(day, key);
      }
      return key;
    },
    programmeKey: (programme) => {
      const key = secrets.programmeKeys.get(programme);
      if (!key) throw new Error(`no key for programme ${programme}`);
      return key;
    },
    assetKeyKey: () => secrets.commonKey,
  };
}
