import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { shortcomings } from "../../scripts/bench/gas.ts";
import { instrumented } from "./support.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/bench/gas.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

describe("Gas and bytecode", () => {
  it("a missed goal and a contract that is too large are told", () => {
    const row = { what: "call", gas: 13, beside: "plain", besideGas: 10, goal: "<=1.25" };
    expect(
      shortcomings({ rows: [{ ...row, ratio: 1.3 }], codeBytes: { a: 24_576 } }),
    ).to.deep.equal([
      "call: 1.3 times plain, wanted <=1.25.",
      "a: 24576 bytes of code, wanted < 24576.",
    ]);
  });

  if (instrumented) return;

  // In a process of its own, because addresses, and with them some gas, follow from what ran before.
  it("keep their goals beside OpenZeppelin's plain calls and equal docs/gas.json", async () => {
    const options = { cwd: ROOT, timeout: 60_000 };
    const args = ["--import", "tsx", SCRIPT, "--check"];
    const { stdout } = await promisify(execFile)(process.execPath, args, options);
    expect(stdout).to.match(/transfer to an existing holder/);
  }).timeout(60_000);
});
