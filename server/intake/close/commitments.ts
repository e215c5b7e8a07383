import { concat, utf8 } from "../../domain/bytes.ts";
import { beneficiaryOf, saltsOf } from "../../domain/commitment.ts";
import type { HashSuite } from "../../domain/hashSuite.ts";
import type { AnyMethodology } from "../../domain/methodology/catalogue.ts";
import { chinaDay, formatDay } from "../../domain/period.ts";

/** What of a stored report its leaf commits to. */
export type Committed = {
  rule: number;
  behaviour: string;
  /** Canonical JSON, as it is stored. */
  quantities: Uint8Array;
  /** Unix seconds. */
  at: number;
  participant: Uint8Array;
  salt: Uint8Array;
};

/** A report was quantified by a methodology that the process closing its period does not have. */
export class RuleUnknown extends Error {
  override name = "RuleUnknown";
}

/**
 * Computes the commitments of stored reports. The stored quantities are canonical JSON already, so that
 * the evidence's text is put together around them; a test compares it with `commitmentsOf`.
 */
export class Commitments {
  readonly #suite: HashSuite;
  readonly #methodologyOf: (rule: number) => AnyMethodology | undefined;
  readonly #texts = new Map<string, [Uint8Array, Uint8Array]>();

  constructor(suite: HashSuite, methodologyOf: (rule: number) => AnyMethodology | undefined) {
    this.#suite = suite;
    this.#methodologyOf = methodologyOf;
  }

  /** Writes beneficiary and evidence, 32 bytes each, one behind the other. */
  write(report: Committed, into: Uint8Array, at: number): void {
    const salts = saltsOf(this.#suite, report.salt);
    const [before, after] = this.#around(report);
    into.set(beneficiaryOf(this.#suite, salts.beneficiary, report.participant), at);
    const evidence = concat(THREE, salts.evidence, before, report.quantities, after);
    into.set(this.#suite.hash(evidence), at + 32);
  }

  /** The evidence's text before and behind the quantities. */
  #around({ rule, behaviour, at }: Committed): [Uint8Array, Uint8Array] {
    const day = chinaDay(at);
    const name = `${rule}/${day}/${behaviour}`;
    const known = this.#texts.get(name);
    if (known) return known;
    const any = this.#methodologyOf(rule);
    if (!any) throw new RuleUnknown(`the methodology of rule ${rule} is not among the files here`);
    const member =
      any.form === 1
        ? `"parameterIndex":${any.methodology.behaviours.get(behaviour)?.parameterIndex}`
        : `"day":"${formatDay(day)}"`;
    // Canonical JSON has its members in the order of their names.
    const text: [Uint8Array, Uint8Array] = [
      utf8(`{"behaviour":${JSON.stringify(behaviour)},${member},"quantities":`),
      utf8("}"),
    ];
    this.#texts.set(name, text);
    return text;
  }
}

const THREE = Uint8Array.of(3);
