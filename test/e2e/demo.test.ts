import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { DemoSummary } from "../../scripts/demo/summary.ts";
import { type Stack, startStack } from "../../scripts/dev/stack.ts";
import { verify } from "../../server/verify/src/verify.ts";
import { EDITS } from "./edits.ts";
import { makeDataFolder, removeDataFolder, runDemoOnce, summaryOf, totalsOf } from "./support.ts";

const expected = JSON.parse(
  await readFile(join(import.meta.dirname, "..", "vectors", "demo.json"), "utf8"),
) as Partial<DemoSummary>;

describe("the demo, as a newcomer runs it", function () {
  this.timeout(240_000);
  let dataFolder = "";
  let first: DemoSummary;

  before(async () => {
    dataFolder = await makeDataFolder();
  });
  after(() => removeDataFolder(dataFolder));

  it("gives the counts, grams, root and token id that every machine gives", async () => {
    const run = await runDemoOnce(dataFolder);
    first = summaryOf(run);
    expect(run.code, run.stderr.slice(-2000)).to.equal(0);
    expect(totalsOf(first)).to.deep.equal(expected);
  });

  it("accounts for every report: accepted, duplicate or refused", () => {
    expect(first.activities).to.equal(first.accepted + first.duplicates + first.refused);
    const byCode = Object.values(first.refusedBy).reduce((sum, count) => sum + count, 0);
    expect(byCode).to.equal(first.refused);
  });

  it("retires at least what the conference emitted", () => {
    expect(first.retiredGrams).to.be.at.least(first.inventoryGrams);
    expect(first.inventoryGrams).to.be.greaterThan(0);
  });

  it("rebuilds the mirror to an equal digest", () => {
    expect(first.mirrorDigest).to.match(/^[0-9a-f]{64}$/);
    expect(first.reindexDigest).to.equal(first.mirrorDigest);
    expect(first.resumed).to.equal(false);
  });

  it("gives the same totals when it runs again in the same folder", async () => {
    const run = await runDemoOnce(dataFolder);
    const second = summaryOf(run);
    expect(run.code, run.stderr.slice(-2000)).to.equal(0);
    expect(totalsOf(second)).to.deep.equal(expected);
    expect(second.certificateId).to.equal(first.certificateId);
    expect(second.resumed).to.equal(true);
  });

  describe("and what an outsider finds in its published files, with the server stopped", () => {
    let stack: Stack;

    before(async () => {
      // Database and chain only: no part of the server runs while the files are checked.
      stack = await startStack({ dataFolder, mode: "demo" });
    });
    after(() => stack?.stop());

    for (const [index, edit] of EDITS.entries()) {
      it(`is refused when somebody edited ${edit.what}`, async () => {
        const copy = join(dataFolder, `edited-${index}`);
        await cp(join(dataFolder, "published"), copy, { recursive: true });
        await edit.apply(copy);
        const report = await verify({ filesFolder: copy, rpcUrl: stack.rpcUrl });
        const failed = report.checks.filter(({ result }) => result === "fail").map(({ id }) => id);
        expect(report.ok).to.equal(false);
        expect(
          failed.some((id) => edit.caughtBy.includes(id)),
          `failed: ${failed}`,
        ).to.equal(true);
      });
    }

    it("is right in every check as it was published", async () => {
      const filesFolder = join(dataFolder, "published");
      const report = await verify({ filesFolder, rpcUrl: stack.rpcUrl });
      expect(report.checks.filter(({ result }) => result !== "pass")).to.deep.equal([]);
      expect(report.ok).to.equal(true);
    });
  });
});
