import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parse } from "yaml";
import { toHex } from "../../server/domain/bytes.ts";
import { canonicalJson, contentHash } from "../../server/domain/canonical.ts";
import {
  neutralityCertificate,
  type RetiredUnits,
  retirementContent,
  retirementStatement,
  watermarkOf,
} from "../../server/domain/certificate.ts";
import {
  countInventory,
  type Factor,
  type InventoryLine,
  loadFactors,
} from "../../server/domain/inventory.ts";
import { codeOf, root, suite, unwrap } from "./support.ts";

const file = (): Record<string, unknown> =>
  parse(readFileSync(new URL("rules/factors.yaml", root), "utf8"));
const factors: ReadonlyMap<string, Factor> = unwrap(loadFactors(file()));

const electricity: InventoryLine = {
  activity: "electricity",
  quantity: "420.5",
  unit: "kWh",
  factorId: "electricity-guangdong-2022",
};
const travel: InventoryLine = {
  activity: "localTravel",
  quantity: "960",
  unit: "person-km",
  factorId: "local-travel-qingdao-2021",
};
const meals: InventoryLine = { activity: "meals", quantity: "80", unit: "meal" };

const units: RetiredUnits = {
  retirementId: `0x${"aa".repeat(32)}`,
  tokenId: `0x01${"00".repeat(31)}`,
  grams: 379_067n,
  firstSerial: 0n,
  endSerial: 379_067n,
  programme: 1,
  methodology: 1,
  period: { firstDay: 17_775, endDay: 17_776 },
  transactionHash: `0x${"bb".repeat(32)}`,
  content: `0x${"cc".repeat(32)}`,
};

describe("An inventory", () => {
  it("refuses quantities that are no decimal number, and units that do not fit the factor", () => {
    for (const quantity of ["", "-1", "1e3", "1,000", "abc", "."]) {
      expect(codeOf(countInventory([{ ...electricity, quantity }], factors)), quantity).to.equal(
        "QUANTITY_MALFORMED",
      );
    }
    expect(codeOf(countInventory([{ ...electricity, unit: "MWh" }], factors))).to.equal(
      "FACTOR_UNIT_MISMATCH",
    );
    const wrong: InventoryLine = { ...travel, factorId: electricity.factorId, unit: "kWh" };
    expect(codeOf(countInventory([wrong], factors))).to.equal("FACTOR_UNIT_MISMATCH");
  });

  it("refuses to be empty: lines without a factor alone are no inventory", () => {
    expect(codeOf(countInventory([], factors))).to.equal("INVENTORY_EMPTY");
    expect(codeOf(countInventory([meals], factors))).to.equal("INVENTORY_EMPTY");
    expect(codeOf(countInventory([{ ...meals, factorId: "invented" }], factors))).to.equal(
      "INVENTORY_EMPTY",
    );
  });

  it("shows lines without a factor and counts the others, rounded up to the gram", () => {
    const inventory = unwrap(countInventory([electricity, meals, travel], factors));
    // 420.5 kWh x 440.3 g = 185,146.15 g; 960 person-km x 202 g = 193,920 g.
    expect(inventory.counted.map(({ emittedGrams }) => emittedGrams)).to.deep.equal([
      185_147n,
      193_920n,
    ]);
    expect(inventory.emittedGrams).to.equal(379_067n);
    expect(inventory.factorMissing).to.deep.equal([meals]);
    const least = { ...electricity, quantity: "0.000001" };
    expect(unwrap(countInventory([least], factors)).emittedGrams).to.equal(1n);
  });

  it("uses factors that all name source, year and region", () => {
    expect(factors.size).to.equal(39);
    for (const factor of factors.values()) {
      expect(factor.source.title, factor.id).to.not.equal("");
      expect(factor.source.note, factor.id).to.not.equal("");
      expect(factor.year).to.be.within(2015, 2026);
    }
    expect(factors.get("electricity-guangdong-2022")?.source.status).to.equal(
      "third-party-transcription",
    );
    const lost = { ...file(), sources: [] };
    expect(codeOf(loadFactors(lost))).to.equal("FACTOR_MISSING");
    expect(codeOf(loadFactors({}))).to.equal("METHODOLOGY_INVALID");
  });
});

describe("Documents", () => {
  const beneficiary = { name: "Example Conference Ltd", registerNumber: "91440300MA00000000" };
  const inventory = unwrap(countInventory([electricity, meals, travel], factors));
  const subject = {
    ...{ title: "A small conference", organiser: "Example Conference Ltd", place: "深圳" },
    period: { firstDay: 20_000, endDay: 20_002 },
    boundary: "electricity of the hall, local travel of the guests",
  };
  const certificate = (statuses: ("official" | "demonstration")[]) =>
    neutralityCertificate({
      ...{ kind: "neutralitySelfDeclared", beneficiary, subject, inventory },
      ...{ retirements: [units], statuses },
    });

  it("are watermarked unless every methodology is official or published", () => {
    expect(watermarkOf(["official", "published"])).to.equal(null);
    expect(watermarkOf(["official", "demonstration"])?.zh).to.contain("仅供演示");
    expect(canonicalJson(certificate(["demonstration"]))).to.contain("Demonstration only");
    expect(canonicalJson(certificate(["official"]))).to.not.contain("Demonstration only");
    const statement = retirementStatement({
      ...{ beneficiary, purpose: "eventNeutrality", units, statuses: ["demonstration"] },
    });
    expect(canonicalJson(statement))
      .to.contain("Demonstration only")
      .and.to.contain("大型活动碳中和");
  });

  it("have the same hash for the same facts and another for any other", () => {
    const hash = (of: ReturnType<typeof certificate>): string => toHex(contentHash(suite, of));
    expect(hash(certificate(["official"]))).to.equal(hash(certificate(["official"])));
    expect(hash(certificate(["official"]))).to.not.equal(hash(certificate(["demonstration"])));
    const content = (grams: bigint) =>
      retirementContent({
        ...{ programme: 1, beneficiary, purpose: "eventNeutrality" as const },
        ...{ subject: subject.title, tokenId: units.tokenId, grams },
      });
    expect(hash(content(1n))).to.not.equal(hash(content(2n)));
  });

  it("show what could not be counted", () => {
    expect(canonicalJson(certificate(["official"]))).to.contain("factor missing, not counted");
  });

  it("hold amounts as text, so that no number loses digits", () => {
    const text = canonicalJson(certificate(["official"]));
    expect(text).to.contain('"grams":"379067"').and.to.contain('"shown":"0.379067 t"');
  });
});
