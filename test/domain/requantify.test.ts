import { readdirSync, readFileSync } from "node:fs";
import { expect } from "chai";
import { parse } from "yaml";
import { toHex, utf8 } from "../../server/domain/bytes.ts";
import { canonicalJson, type Json } from "../../server/domain/canonical.ts";
import {
  type AnyMethodology,
  loadAnyMethodology,
} from "../../server/domain/methodology/catalogue.ts";
import { quantifyDry } from "../../server/domain/methodology/formulaQuantify.ts";
import type { FormulaDocument } from "../../server/domain/methodology/formulaSchema.ts";
import { requantify, usesAll } from "../../server/domain/methodology/requantify.ts";
import { chinaDay, formatDay } from "../../server/domain/period.ts";
import { checkMethodology } from "../../server/verify/src/checks/methodologyChecks.ts";
import { milligramsOf } from "../../server/verify/src/checks/rideChecks.ts";
import { codeOf, root, suite, unwrap } from "./support.ts";

const folder = new URL("methodologies/", root);
const document = (name: string): FormulaDocument =>
  parse(readFileSync(new URL(name, folder), "utf8"));
const load = (parsed: unknown): AnyMethodology => unwrap(loadAnyMethodology(suite, parsed));

/** A roof's methodology with the dates its source does not state, so that it is whole. */
function solar(change: (one: FormulaDocument) => void = () => {}): FormulaDocument {
  const one = document("pv-shanghai.yaml");
  one.status = "demonstration";
  one.effective.first = "2024-01-01";
  change(one);
  return one;
}

const EVIDENCE = {
  behaviour: "pv-generation",
  day: "2024-06-01",
  quantities: { generated: "1.237", capacity: "0.004" },
};
const MILLIGRAMS = 519_540n;

/** Without its worked examples, which would tell of a changed factor before the chain does. */
const unproven = (one: FormulaDocument): void => {
  for (const behaviour of one.behaviours) {
    for (const example of behaviour.examples) {
      if ("milligrams" in example) Object.assign(example, { milligrams: "0" });
    }
  }
};

describe("A ride under formulas, worked out again by an outsider", () => {
  it("does not come out with another quantity, one too many or one too few", () => {
    const any = load(solar());
    const worth = (quantities: Record<string, string>) =>
      milligramsOf(any, { ...EVIDENCE, quantities });
    expect(worth({ ...EVIDENCE.quantities, generated: "1.238" })).to.equal(519_960n);
    expect(worth({ generated: "1.237" })).to.equal(undefined);
    expect(worth({ ...EVIDENCE.quantities, bonus: "2" })).to.equal(undefined);
    expect(worth({ ...EVIDENCE.quantities, generated: "1.2371" })).to.equal(undefined);
    expect(worth({ ...EVIDENCE.quantities, capacity: "1.5" })).to.equal(undefined);
  });

  it("does not come out on a day before the methodology, nor with evidence of the other form", () => {
    const any = load(solar());
    expect(milligramsOf(any, { ...EVIDENCE, day: "2023-12-31" })).to.equal(undefined);
    const { behaviour, quantities } = EVIDENCE;
    expect(milligramsOf(any, { behaviour, parameterIndex: 0, quantities })).to.equal(undefined);
  });

  it("comes out otherwise under another factor or rounding, and the chain pins neither", () => {
    const pinned = load(solar()).methodology.contentHash;
    const registered = { contentHash: pinned, capMilligrams: 4_000_000_000_000n };
    const told = (one: FormulaDocument) => {
      const bytes = utf8(canonicalJson(one as unknown as Json));
      const isNamed = toHex(suite.hash(bytes)) === pinned;
      return checkMethodology(suite, { bytes, isNamed }, registered).check.result;
    };
    const factor = solar((one) => {
      const [parameter] = one.parameters;
      if (parameter && "value" in parameter) parameter.value = "0.43";
      unproven(one);
    });
    const rounding = solar((one) => {
      one.rounding = { to: "g", mode: "half-up" };
    });
    expect(told(factor)).to.equal("fail");
    expect(told(rounding)).to.equal("fail");
    expect(told(solar())).to.equal("pass");
    expect(milligramsOf(load(rounding), EVIDENCE)).to.equal(520_000n);
  });

  it("comes out as it was credited", () => {
    expect(milligramsOf(load(solar()), EVIDENCE)).to.equal(MILLIGRAMS);
  });
});

describe("Quantities that were kept", () => {
  it("name what a methodology needs and nobody kept", () => {
    const quantities = { distance: "3" };
    const kept = { behaviour: "pv-generation", day: "2024-06-01", quantities };
    const refused = requantify(load(solar()), kept);
    expect(codeOf(refused)).to.equal("FIELD_MISSING");
    expect(codeOf(requantify(load(solar()), { ...kept, behaviour: "walk" }))).to.equal(
      "BEHAVIOUR_UNKNOWN",
    );
  });

  it("give what the rows of every worked example gave, list by list and choice by choice", () => {
    let compared = 0;
    for (const name of readdirSync(folder)) {
      const any = load(document(name));
      if (any.form === 1) continue;
      for (const { rule, lacksValues } of any.methodology.behaviours.values()) {
        for (const example of lacksValues ? [] : rule.examples) {
          const first = quantifyDry(any.methodology, example.row);
          if (!first.ok) continue;
          const { behaviour, quantities, at, milligrams } = first.value;
          const kept = { behaviour, day: formatDay(chinaDay(at)), quantities };
          expect(usesAll(any, kept), `${name} ${example.title}`).to.equal(true);
          const again = unwrap(requantify(any, kept));
          expect(again, `${name} ${example.title}`).to.equal(milligrams);
          compared++;
        }
      }
    }
    expect(compared).to.be.greaterThan(20);
  });
});
