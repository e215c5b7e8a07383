import { concat, utf8 } from "./bytes.ts";
import { canonicalJson, type Json } from "./canonical.ts";
import type { HashSuite } from "./hashSuite.ts";

/**
 * Where the 32 salt bytes of a commitment come from: randomness in production, a seeded PRF in the
 * demonstration, so that its root is the same on every machine.
 */
export interface SaltSource {
  salt(what: "beneficiary" | "evidence", platform: string, rowKey: Uint8Array): Uint8Array;
}

/** Salts that follow from a key and the row. Whoever knows the key can open every commitment. */
export function seededSalts(suite: HashSuite, key: Uint8Array): SaltSource {
  return {
    salt: (what, platform, rowKey) =>
      suite.prf(key, concat(utf8(`tanpu/salt/1/${what}/${platform}`), new Uint8Array(1), rowKey)),
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

/** What an evidence commitment opens to: enough to quantify the activity again. */
export type Evidence = {
  behaviour: string;
  parameterIndex: number;
  /** Name of the monitored quantity to its decimal text. */
  quantities: Readonly<Record<string, string>>;
};

/** H(0x03 ‖ salt ‖ canonical JSON of the evidence). */
export function evidenceOf(suite: HashSuite, salt: Uint8Array, evidence: Evidence): Uint8Array {
  const { behaviour, parameterIndex, quantities } = evidence;
  const json: Json = { behaviour, parameterIndex, quantities };
  return suite.hash(Uint8Array.of(3), salt, utf8(canonicalJson(json)));
}
