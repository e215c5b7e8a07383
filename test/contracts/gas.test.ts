import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { alone, beside, keeps, shortcomings, table } from "../../scripts/bench/gasRows.ts";
import { instrumented } from "./support.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/bench/gas.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

describe("Gas and bytecode", () => {
  it("goals are read as they are written, and nothing else is a goal", () => {
    expect(keeps(1.25, "<=1.25")).to.equal(true);
    expect(keeps(1.251, "<=1.25")).to.equal(false);
    expect(keeps(1, "<1")).to.equal(false);
    expect(keeps(0.5, ">=0.5")).to.equal(true);
    expect(keeps(0.5, ">0.5")).to.equal(false);
    expect(() => keeps(1, "small")).to.throw("small is no goal.");
  });

  it("a missed goal is told, by ratio where there is a peer, else by value", () => {
    const rows = [
      beside("call", 1304, "plain", 1000, "<=1.25"),
      beside("code of a", 24_576, "EIP-170", 24_576, "<1", "bytes"),
      alone("both at once", 150_001, "<150000"),
      alone("unwanted", 7),
      beside("kept", 12, "plain", 10, "<=1.25"),
    ];
    expect(shortcomings(rows)).to.deep.equal([
      "call: 1.304 times plain, wanted <=1.25.",
      "code of a: 1 times EIP-170, wanted <1.",
      "both at once: 150001 gas, wanted <150000.",
    ]);
    expect(table(rows)).to.contain("MISSED");
  });

  if (instrumented) return;

  // In a process of its own, because addresses, and with them some gas, follow from what ran before.
  it("keep their goals and equal docs/gas.json", async () => {
    const options = { cwd: ROOT, timeout: 110_000 };
    const args = ["--import", "tsx", SCRIPT, "--check", "--json"];
    const { stdout } = await promisify(execFile)(process.execPath, args, options);
    const { bench, rows } = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    expect(bench).to.equal("gas");
    const keys = "what unit value min max beside besideValue ratio goal met".split(" ");
    for (const row of rows) expect(Object.keys(row)).to.deep.equal(keys);
  }).timeout(120_000);
});
