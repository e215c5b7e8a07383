import { concat, utf8 } from "./bytes.ts";
import { canonicalJson, type Json } from "./canonical.ts";
import type { HashSuite } from "./hashSuite.ts";

/** Bytes a row's two salts derive from. */
export const SALT_BYTES = 16;

/**
 * Where the 16 bytes come from that both commitments' salts of a row derive from: randomness in
 * production, a seeded PRF in the demonstration, so that its root is the same on every machine.
 */
export interface SaltSource {
  salt(platform: string, rowKey: Uint8Array): Uint8Array;
}

const RANDOM_SALTS = 4_096;

/** Salts nobody can know; drawn many at a time, because each call to the generator costs more than its bytes. */
export function randomSalts(randomBytes: (length: number) => Uint8Array): SaltSource {
  let drawn: Uint8Array = new Uint8Array();
  let at = 0;
  return {
    salt: () => {
      if (at === drawn.length) [drawn, at] = [randomBytes(RANDOM_SALTS * SALT_BYTES), 0];
      at += SALT_BYTES;
      return drawn.slice(at - SALT_BYTES, at);
    },
  };
}

/** Salts that follow from a key and the row. Whoever knows the key can open every commitment. */
export function seededSalts(suite: HashSuite, key: Uint8Array): SaltSource {
  return {
    salt: (platform, rowKey) =>
      suite
        .prf(key, concat(utf8(`tanpu/salt/2/${platform}`), new Uint8Array(1), rowKey))
        .subarray(0, SALT_BYTES),
  };
}

/** A row's two salts, H(0x05 ‖ salt ‖ 0x00) and H(0x05 ‖ salt ‖ 0x01): one may be shown without the other. */
export function saltsOf(
  suite: HashSuite,
  salt: Uint8Array,
): { beneficiary: Uint8Array; evidence: Uint8Array } {
  return {
    beneficiary: suite.hash(Uint8Array.of(5), salt, Uint8Array.of(0)),
    evidence: suite.hash(Uint8Array.of(5), salt, Uint8Array.of(1)),
  };
}

/** H(0x04 ‖ salt ‖ participant): says nothing about the person until the salt is shown. */
export function beneficiaryOf(
  suite: HashSuite,
  salt: Uint8Array,
  participant: Uint8Array,
): Uint8Array {
  return suite.hash(Uint8Array.of(4), salt, participant);
}

/**
 * What an evidence commitment opens to: enough to quantify the activity again. A methodology of the
 * first form has one parameter for each behaviour; formulas need the day, on which their tables may depend.
 */
export type Evidence = {
  behaviour: string;
  /** Name of the monitored quantity to its decimal text. */
  quantities: Readonly<Record<string, string>>;
} & (
  | { parameterIndex: number; day?: undefined }
  | { /** `YYYY-MM-DD`, China time. */ day: string; parameterIndex?: undefined }
);

/** H(0x03 ‖ salt ‖ canonical JSON of the evidence). */
export function evidenceOf(suite: HashSuite, salt: Uint8Array, evidence: Evidence): Uint8Array {
  const { behaviour, parameterIndex, day, quantities } = evidence;
  const json: Json =
    day === undefined ? { behaviour, parameterIndex, quantities } : { behaviour, day, quantities };
  return suite.hash(Uint8Array.of(3), salt, utf8(canonicalJson(json)));
}

/** Canonical JSON of monitored quantities, which evidence repeats; written here because intake needs it for every row. */
export function canonicalQuantities(quantities: Evidence["quantities"]): string {
  const names = Object.keys(quantities);
  if (names.length > 1) names.sort();
  let text = "{";
  for (const name of names) {
    text += `${text.length > 1 ? "," : ""}${JSON.stringify(name)}:${JSON.stringify(quantities[name])}`;
  }
  return `${text}}`;
}
