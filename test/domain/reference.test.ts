import { expect } from "chai";
import { gapsOf } from "../../scripts/generateReference.ts";
import { type Entry, readDocumentation } from "../../scripts/reference/documented.ts";
import { callerOf, referencePage } from "../../scripts/reference/page.ts";

const ENTRY: Entry = {
  kind: "function",
  name: "act",
  signature: "act(uint64)",
  ours: true,
  reads: false,
  notice: "Acts. By the authority.",
  details: "",
  inputs: [{ name: "grams", type: "uint64", indexed: false, says: "How many." }],
  outputs: [],
  reverts: "ActorRefuses",
  source: "design.md section 5",
};
const REFUSAL: Entry = {
  ...ENTRY,
  kind: "error",
  name: "ActorRefuses",
  signature: "ActorRefuses()",
  notice: "It refuses.",
  inputs: [],
  reverts: "",
};

const documentationOf = (...entries: Entry[]) => ({
  contracts: [
    { name: "Actor", title: "Actor: acts", notice: "It acts.", details: "", entries, structs: [] },
  ],
  valueTypes: [],
  codes: [],
});

describe("The contract reference", () => {
  it("a function that says nothing, names nobody, or skips a parameter is a gap", () => {
    expect(gapsOf(documentationOf(ENTRY, REFUSAL))).to.deep.equal([]);
    expect(gapsOf(documentationOf({ ...ENTRY, notice: "" }, REFUSAL))).to.deep.equal([
      "Actor: function act(uint64) has no notice.",
    ]);
    expect(gapsOf(documentationOf({ ...ENTRY, notice: "Acts." }, REFUSAL))).to.deep.equal([
      "Actor: function act(uint64) does not say who may call it.",
    ]);
    const inputs = [{ name: "grams", type: "uint64", indexed: false, says: "" }];
    expect(gapsOf(documentationOf({ ...ENTRY, inputs }, REFUSAL))).to.deep.equal([
      "Actor: function act(uint64) does not describe grams.",
    ]);
  });

  it("an error without a notice, and one that does not exist, are gaps", () => {
    expect(gapsOf(documentationOf(ENTRY, { ...REFUSAL, notice: "" }))).to.deep.equal([
      "Actor: error ActorRefuses() has no notice.",
    ]);
    expect(gapsOf(documentationOf({ ...ENTRY, reverts: "ActorGone" }, REFUSAL))).to.deep.equal([
      "Actor: function act(uint64) names ActorGone, which is no error.",
    ]);
  });

  it("the page says who may call, what it reverts with and where the rule comes from", () => {
    expect(callerOf(ENTRY)).to.equal("By the authority.");
    const page = referencePage(documentationOf(ENTRY, REFUSAL));
    expect(page).to.contain("- Who: By the authority.");
    expect(page).to.contain("- Reverts with: `ActorRefuses`");
    expect(page).to.contain("- Rule: design.md section 5");
  });

  it("every public function, event and error of the contracts has a notice", () => {
    expect(gapsOf(readDocumentation())).to.deep.equal([]);
  }).timeout(120_000);
});
