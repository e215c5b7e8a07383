import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parse } from "yaml";
import { toHex } from "../../server/domain/bytes.ts";
import { contentHash } from "../../server/domain/canonical.ts";
import {
  chainStatusOf,
  checkCanBecomeUnits,
  loadMethodology,
} from "../../server/domain/methodology/load.ts";
import { quantify } from "../../server/domain/methodology/quantify.ts";
import type { MethodologyDocument } from "../../server/domain/methodology/schema.ts";
import { codeOf, demoMethodology, root, suite, unwrap } from "./support.ts";

const file = new URL("methodologies/demo-transit-1.yaml", root);
const document = (): MethodologyDocument => parse(readFileSync(file, "utf8"));

const bus = {
  orderNo: "o-1",
  userId: "u-1",
  behaviour: "bus-trip",
  card: "AAAAAAAAA",
  vehicle: "01620D",
  at: "2018-09-01T09:33:50+08:00",
};
const metro = {
  orderNo: "o-2",
  userId: "u-1",
  behaviour: "metro-trip",
  card: "AAAAAAAAA",
  entryDevice: "261019118",
  entryAt: "2018-09-01T11:20:37+08:00",
  entryStation: "木棉湾",
  exitDevice: "261020112",
  exitAt: "2018-09-01T11:28:54+08:00",
  exitStation: "大芬",
};

describe("A reported row is refused", () => {
  let codeFor: (row: unknown) => string;
  let fieldFor: (row: unknown) => string | undefined;
  before(async () => {
    const methodology = await demoMethodology();
    codeFor = (row) => codeOf(quantify(methodology, row));
    fieldFor = (row) => {
      const result = quantify(methodology, row);
      return result.ok ? undefined : result.refusal.field;
    };
  });

  it("when its form is wrong, with the field", () => {
    for (const row of [null, 5, "x", [], {}]) expect(codeFor(row)).to.match(/^FIELD_M/);
    expect(codeFor({ ...bus, orderNo: "" })).to.equal("FIELD_MALFORMED");
    expect(fieldFor({ ...bus, orderNo: "" })).to.equal("orderNo");
    expect(codeFor({ ...bus, card: 7 })).to.equal("FIELD_MALFORMED");
    expect(codeFor({ ...bus, behaviour: "walk" })).to.equal("BEHAVIOUR_UNKNOWN");
    expect(codeFor({ ...bus, at: "2018-09-01 09:33:50" })).to.equal("INSTANT_MALFORMED");
    const { at: _, ...timeless } = bus;
    expect(codeFor(timeless)).to.equal("FIELD_MISSING");
    expect(fieldFor(timeless)).to.equal("at");
  });

  it("when nothing tells the ride from another: CARRIER_MISSING", () => {
    for (const [row, field] of [
      [{ ...bus, vehicle: "" }, "vehicle"],
      [{ ...bus, vehicle: "  " }, "vehicle"],
      [{ ...bus, card: undefined }, "card"],
      [{ ...metro, entryDevice: undefined }, "entryDevice"],
      [{ ...metro, card: "" }, "card"],
    ] as const) {
      expect(codeFor(row)).to.equal("CARRIER_MISSING");
      expect(fieldFor(row)).to.equal(field);
    }
  });

  it("when a station is blank, because a blank equals nothing: STATION_MISSING", () => {
    expect(codeFor({ ...metro, entryStation: "" })).to.equal("STATION_MISSING");
    expect(codeFor({ ...metro, exitStation: "" })).to.equal("STATION_MISSING");
    expect(codeFor({ ...metro, entryStation: "", exitStation: "" })).to.equal("STATION_MISSING");
  });

  it("when it returns to the same station: NO_TRAVEL", () => {
    expect(codeFor({ ...metro, exitStation: metro.entryStation })).to.equal("NO_TRAVEL");
  });

  it("when it ends before it begins, or on a day the methodology is not in force", () => {
    expect(codeFor({ ...metro, exitAt: "2018-09-01T11:20:36+08:00" })).to.equal(
      "EXIT_BEFORE_ENTRY",
    );
    expect(codeFor({ ...bus, at: "2017-12-31T23:59:59+08:00" })).to.equal(
      "ACTIVITY_OUTSIDE_METHODOLOGY",
    );
    expect(codeFor({ ...bus, at: 0 })).to.equal("ACTIVITY_OUTSIDE_METHODOLOGY");
  });
});

describe("The demonstration methodology", () => {
  it("gives 371 g for a bus trip and 515.5 g for a metro trip, exactly", async () => {
    const methodology = await demoMethodology();
    expect(unwrap(quantify(methodology, bus)).milligrams).to.equal(371_000n);
    expect(unwrap(quantify(methodology, metro)).milligrams).to.equal(515_500n);
    expect(unwrap(quantify(methodology, { ...bus, at: 1_535_765_630 })).at).to.equal(1_535_765_630);
  });

  it("runs its own examples, and there are refusals among them", async () => {
    const { behaviours } = await demoMethodology();
    const examples = [...behaviours.values()].flatMap(({ rule }) => rule.examples);
    expect(examples.filter((example) => "refusal" in example).length).to.be.greaterThan(2);
  });

  it("is marked as a demonstration, says why, and names a source for each value", async () => {
    const methodology = await demoMethodology();
    expect(methodology.document.status).to.equal("demonstration");
    expect(methodology.document.statusReason.en).to.contain("three cities");
    expect(chainStatusOf(methodology)).to.equal(3);
    for (const { source } of methodology.document.parameters) expect(source).to.not.equal("");
  });

  it("has another hash when any value of it changes, and the same when only comments do", async () => {
    const pinned = (await demoMethodology()).contentHash;
    expect(unwrap(loadMethodology(suite, document())).contentHash).to.equal(pinned);
    // Whoever reads the file with nothing but a YAML reader and RFC 8785 finds the same hash.
    expect(toHex(contentHash(suite, document()))).to.equal(pinned);
    const changed = document();
    changed.issuer = "Somebody else";
    expect(unwrap(loadMethodology(suite, changed)).contentHash).to.not.equal(pinned);
  });
});

describe("A methodology is refused", () => {
  const codeWith = (change: (one: MethodologyDocument) => void): string => {
    const changed = document();
    change(changed);
    return codeOf(loadMethodology(suite, changed));
  };

  it("without a source, with an unknown member, or with a number in floating point", () => {
    expect(codeWith((one) => Reflect.deleteProperty(one.parameters[0]!, "source"))).to.equal(
      "METHODOLOGY_INVALID",
    );
    expect(codeWith((one) => Object.assign(one, { extra: 1 }))).to.equal("METHODOLOGY_INVALID");
    expect(codeWith((one) => Object.assign(one.parameters[0]!, { value: 0.371 }))).to.equal(
      "METHODOLOGY_INVALID",
    );
    expect(codeWith((one) => Object.assign(one.parameters[0]!, { value: "-1" }))).to.equal(
      "METHODOLOGY_INVALID",
    );
    expect(codeOf(loadMethodology(suite, "text"))).to.equal("METHODOLOGY_INVALID");
  });

  it("when units do not fit, a parameter is unknown, or a leaf could pass the cap", () => {
    expect(
      codeWith((one) => {
        one.parameters[0]!.unit = "kgCO2e/km";
      }),
    ).to.equal("FACTOR_UNIT_MISMATCH");
    expect(
      codeWith((one) => {
        one.behaviours[0]!.parameter = "nobody";
      }),
    ).to.equal("PARAMETER_UNKNOWN");
    expect(
      codeWith((one) => {
        one.capMilligrams = "370999";
      }),
    ).to.equal("LEAF_CAP_EXCEEDED");
  });

  it("when an example comes out otherwise, or it is in force on no day", () => {
    expect(
      codeWith((one) => {
        one.parameters[0]!.value = "0.372";
      }),
    ).to.equal("METHODOLOGY_EXAMPLE_WRONG");
    expect(
      codeWith((one) => {
        one.effective.end = one.effective.first;
      }),
    ).to.equal("METHODOLOGY_INVALID");
  });

  it("as a source of units while it is indicative or a draft", () => {
    for (const status of ["indicative", "draft"] as const) {
      const methodology = unwrap(loadMethodology(suite, { ...document(), status }));
      expect(codeOf(checkCanBecomeUnits(methodology))).to.equal("METHODOLOGY_NOT_QUANTITATIVE");
      expect(chainStatusOf(methodology)).to.equal(undefined);
    }
  });
});
