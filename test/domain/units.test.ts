import { expect } from "chai";
import {
  formatGrams,
  formatKilograms,
  formatMilligrams,
  formatTonnes,
  formatYuan,
  gramsFloor,
  issueOf,
  LARGEST_GRAMS,
  parseGrams,
  priceFenOf,
  tonnesFloor,
} from "../../server/domain/units.ts";
import { codeOf, seeded, unwrap } from "./support.ts";

describe("Amounts", () => {
  it("refuse what is not a whole, positive, possible amount", () => {
    for (const text of ["", "0", "-1", "1.5", "01", "1e3", "0x10", " 1", "１"]) {
      expect(codeOf(parseGrams(text)), text).to.equal("AMOUNT_MALFORMED");
    }
    expect(codeOf(parseGrams((LARGEST_GRAMS + 1n).toString()))).to.equal("AMOUNT_TOO_LARGE");
    expect(codeOf(parseGrams("9".repeat(100_000)))).to.equal("AMOUNT_TOO_LARGE");
    expect(unwrap(parseGrams(LARGEST_GRAMS.toString()))).to.equal(LARGEST_GRAMS);
  });

  it("are shown to the last gram and never rounded up", () => {
    expect(formatGrams(6_920_452n)).to.equal("6,920,452 g");
    expect(formatKilograms(6_920_452n)).to.equal("6,920.452 kg");
    expect(formatTonnes(6_920_452n)).to.equal("6.920452 t");
    expect(formatTonnes(1n)).to.equal("0.000001 t");
    expect(formatMilligrams(515_500n)).to.equal("515.500 g");
    expect(formatYuan(41_452_000n)).to.equal("414,520.00");
    expect(gramsFloor(1_999n)).to.equal(1n);
    expect(tonnesFloor(1_999_999n)).to.equal(1n);
  });

  it("lose nothing at issue: what is not issued is carried", () => {
    const random = seeded(8);
    for (let i = 0; i < 500; i++) {
      const milligrams = BigInt(random(2 ** 31));
      const carry = BigInt(random(1_000));
      const granularityGrams = [1n, 1_000n, 1_000_000n][random(3)]!;
      const issue = issueOf({
        ...{ milligrams, deductedMilligrams: 0n },
        ...{ carryMilligrams: carry, granularityGrams },
      });
      expect(issue.issuedGrams * 1_000n + issue.carryMilligrams).to.equal(milligrams + carry);
      expect(issue.issuedGrams % granularityGrams).to.equal(0n);
      expect(issue.carryMilligrams < granularityGrams * 1_000n).to.equal(true);
    }
  });

  it("price a whole lot exactly: 10,363 t at 40 CNY are 414,520 CNY", () => {
    expect(priceFenOf(10_363_000_000n, 4_000n)).to.equal(41_452_000n);
    expect(priceFenOf(1n, 4_000n)).to.equal(0n);
    expect(priceFenOf(125n, 4_000n)).to.equal(1n);
  });
});
