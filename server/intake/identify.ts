import { beneficiaryOf, evidenceOf, type SaltSource } from "../domain/commitment.ts";
import { carrierTimeFingerprints, participantOf, rowKeyOf } from "../domain/fingerprint.ts";
import type { HashSuite } from "../domain/hashSuite.ts";
import type { KeyRing } from "../domain/keyRing.ts";
import type { Methodology, QuantifiedActivity } from "../domain/methodology/quantify.ts";

/** What turns a platform's words into what the registry keeps. */
export type Identification = {
  suite: HashSuite;
  keys: KeyRing;
  salts: SaltSource;
  methodology: Methodology;
  programme: number;
};

/** An activity as it is stored: keyed pseudonyms and commitments, no raw value of person or place. */
export type IdentifiedReport = {
  day: number;
  platform: string;
  rowKey: Uint8Array;
  behaviour: string;
  fingerprintA: Uint8Array;
  fingerprintB: Uint8Array;
  participant: Uint8Array;
  milligrams: bigint;
  /** Unix seconds. */
  at: number;
  parameterIndex: number;
  quantities: Readonly<Record<string, string>>;
  beneficiary: Uint8Array;
  beneficiarySalt: Uint8Array;
  evidence: Uint8Array;
  evidenceSalt: Uint8Array;
};

/** Replaces every raw value of a quantified activity by its keyed form. */
export function identify(
  by: Identification,
  platform: string,
  activity: QuantifiedActivity,
): IdentifiedReport {
  const { suite, keys, programme } = by;
  const { carrier, card, at, behaviour, parameterIndex, quantities, milligrams } = activity;
  const { windowSeconds } = by.methodology;
  const fingerprints = carrierTimeFingerprints(suite, keys, { carrier, card, at, windowSeconds });
  const rowKey = rowKeyOf(suite, keys, programme, platform, activity.orderNo);
  const participant = participantOf(suite, keys, programme, platform, activity.userId);
  const beneficiarySalt = by.salts.salt("beneficiary", platform, rowKey);
  const evidenceSalt = by.salts.salt("evidence", platform, rowKey);
  return {
    day: fingerprints.day,
    platform,
    rowKey,
    behaviour,
    fingerprintA: fingerprints.first,
    fingerprintB: fingerprints.second,
    participant,
    milligrams,
    at,
    parameterIndex,
    quantities,
    beneficiary: beneficiaryOf(suite, beneficiarySalt, participant),
    beneficiarySalt,
    evidence: evidenceOf(suite, evidenceSalt, { behaviour, parameterIndex, quantities }),
    evidenceSalt,
  };
}
