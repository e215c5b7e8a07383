import { readdirSync } from "node:fs";
import { expect } from "chai";
import { actions, mayDo, permissions, roles } from "../../server/domain/access.ts";
import {
  codeOfContractError,
  explain,
  isRefusalCode,
  messageOf,
  refusalCodes,
  refusalOfContractError,
} from "../../server/domain/errors.ts";
import { root } from "./support.ts";

const placeholders = (text: string): string[] =>
  [...text.matchAll(/\{(\w+)\}/g)].map((match) => String(match[1])).sort();

type AbiError = { type: string; name: string; inputs: { name: string }[] };

async function contractErrors(): Promise<AbiError[]> {
  const folder = new URL("server/chain/abi/", root);
  const errors: AbiError[] = [];
  for (const file of readdirSync(folder)) {
    const module: Record<string, unknown> = await import(new URL(file, folder).href);
    for (const abi of Object.values(module)) {
      if (Array.isArray(abi)) errors.push(...abi.filter((entry) => entry.type === "error"));
    }
  }
  return errors;
}

describe("The catalogue of refusals", () => {
  it("says every code in both languages, with the same values", () => {
    expect(refusalCodes.length).to.be.greaterThan(100);
    for (const code of refusalCodes) {
      expect(messageOf(code, "en"), code).to.match(/[.]$/);
      expect(messageOf(code, "zh"), code).to.match(/[\u4e00-\u9fff].*。$/);
      const chinese = placeholders(messageOf(code, "zh"));
      const english = placeholders(messageOf(code, "en"));
      expect(english, code).to.include.members(chinese);
    }
  });

  it("has a code for every custom error of every contract, and knows its values", async () => {
    const errors = await contractErrors();
    expect(errors.length).to.be.greaterThan(100);
    for (const { name, inputs } of errors) {
      const code = codeOfContractError(name);
      if (!isRefusalCode(code)) throw new Error(`${name} has no message: add ${code}`);
      const names = inputs.map((input) => input.name);
      expect(names, code).to.include.members(placeholders(messageOf(code, "en")));
      expect(names, code).to.include.members(placeholders(messageOf(code, "zh")));
    }
  });

  it("names codes by rule and keeps an unknown contract error visible", () => {
    expect(codeOfContractError("SourcesDayTaken")).to.equal("SOURCES_DAY_TAKEN");
    expect(codeOfContractError("ERC1155InvalidSender")).to.equal("ERC1155_INVALID_SENDER");
    expect(refusalOfContractError("NobodyKnows")).to.deep.equal({
      code: "CONTRACT_REFUSED",
      values: { name: "NobodyKnows" },
    });
  });

  it("shows a forgotten value as a question mark", () => {
    const refusal = { code: "CARRIER_MISSING", field: "vehicle" } as const;
    expect(explain(refusal, "en")).to.contain('"vehicle"');
    expect(explain({ code: "FORBIDDEN" }, "en")).to.contain('The role "?"');
  });
});

describe("The access table", () => {
  it("decides every pair of role and action as it is written", () => {
    for (const action of actions) {
      expect(permissions[action], action).to.not.be.empty;
      for (const role of roles) {
        expect(mayDo(role, action), `${role} ${action}`).to.equal(
          permissions[action].some((allowed) => allowed === role),
        );
      }
    }
  });

  it("lets the public read the registry and do nothing", () => {
    expect(actions.filter((action) => mayDo("public", action))).to.deep.equal(["registry.read"]);
  });

  it("lets nobody both apply and decide", () => {
    const deciding = ["request.attest", "request.file", "request.issue"] as const;
    for (const role of roles) {
      if (!mayDo(role, "request.propose")) continue;
      for (const action of deciding)
        expect(mayDo(role, action), `${role} ${action}`).to.equal(false);
    }
  });
});
