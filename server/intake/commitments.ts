import { beneficiaryOf, type Evidence, evidenceOf, saltsOf } from "../domain/commitment.ts";
import type { HashSuite } from "../domain/hashSuite.ts";
import type { AnyMethodology } from "../domain/methodology/catalogue.ts";
import { chinaDay, formatDay } from "../domain/period.ts";

/** A report, as far as its leaf's commitments are about it. */
export type Committed = {
  /** Unix seconds. Its own day decides, not that of its fingerprint, which may begin before midnight. */
  at: number;
  behaviour: string;
  /** Canonical JSON. */
  quantities: string;
  participant: Uint8Array;
  salt: Uint8Array;
};

/** What a report's evidence commitment opens to, by the version it was quantified by. */
export function evidenceIn(any: AnyMethodology, report: Committed): Evidence {
  const { behaviour } = report;
  const quantities = JSON.parse(report.quantities) as Record<string, string>;
  if (any.form === 2) return { behaviour, day: formatDay(chinaDay(report.at)), quantities };
  const parameterIndex = any.methodology.behaviours.get(behaviour)?.parameterIndex ?? 0;
  return { behaviour, parameterIndex, quantities };
}

/** The two commitments of a report's leaf. */
export function commitmentsOf(
  suite: HashSuite,
  any: AnyMethodology,
  report: Committed,
): { beneficiary: Uint8Array; evidence: Uint8Array } {
  const salts = saltsOf(suite, report.salt);
  return {
    beneficiary: beneficiaryOf(suite, salts.beneficiary, report.participant),
    evidence: evidenceOf(suite, salts.evidence, evidenceIn(any, report)),
  };
}
