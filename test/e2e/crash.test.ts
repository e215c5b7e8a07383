import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { DemoSummary } from "../../scripts/demo/summary.ts";
import { makeDataFolder, removeDataFolder, runDemoOnce, summaryOf, totalsOf } from "./support.ts";

const expected = JSON.parse(
  await readFile(join(import.meta.dirname, "..", "vectors", "demo.json"), "utf8"),
) as Partial<DemoSummary>;

const DEEP = process.env["TANPU_DEEP"] === "1";

/** Every named point, in the order in which the demo passes them. */
const ALL_POINTS = [
  "deployed-half",
  "accounts-open",
  "block-applied:3",
  "intake-batch-stored:7",
  "leaf-file-stored",
  "period-closed",
  "command-stored:2",
  "nonce-stored",
  "transaction-sent:2",
  "units-issued",
  "retired",
  "certified",
];
const POINTS = DEEP ? ALL_POINTS : ["leaf-file-stored", "nonce-stored", "retired"];
const SEEDED_KILLS = DEEP ? 20 : 1;
const SEED = process.env["TANPU_SEED"] ?? "tanpu-kill-1";

describe("the demo under kill -9", function () {
  this.timeout(DEEP ? 3_600_000 : 240_000);

  it(`ends with the same totals after it was killed at ${POINTS.length} named points`, async () => {
    const dataFolder = await makeDataFolder();
    try {
      for (const point of POINTS) {
        const killed = await runDemoOnce(dataFolder, { env: { TANPU_CRASH_AT: point } });
        expect(killed.signal, `${point} was not reached: ${killed.stderr.slice(-3000)}`).to.equal(
          "SIGKILL",
        );
      }
      await expectTheSameTotals(dataFolder);
    } finally {
      await removeDataFolder(dataFolder);
    }
  });

  it(`ends with the same totals after ${SEEDED_KILLS} kills at seeded times (${SEED})`, async () => {
    const dataFolder = await makeDataFolder();
    try {
      for (let kill = 0; kill < SEEDED_KILLS; kill++) {
        const killAfterMilliseconds = seededMilliseconds(kill);
        const run = await runDemoOnce(dataFolder, { killAfterMilliseconds });
        // A run that was quicker than its kill has ended well; anything else is a failure of its own.
        if (run.signal === null) expect(run.code, run.stderr.slice(-3000)).to.equal(0);
      }
      await expectTheSameTotals(dataFolder);
    } finally {
      await removeDataFolder(dataFolder);
    }
  });
});

async function expectTheSameTotals(dataFolder: string): Promise<void> {
  const run = await runDemoOnce(dataFolder);
  expect(run.code, run.stderr.slice(-3000)).to.equal(0);
  const summary = summaryOf(run);
  expect(totalsOf(summary)).to.deep.equal(expected);
  expect(summary.reindexDigest).to.equal(summary.mirrorDigest);
  expect(summary.resumed).to.equal(true);
}

/** Between 3 and 28 seconds: from the first contracts to the certificate on a warm machine. */
function seededMilliseconds(kill: number): number {
  const digest = createHash("sha256").update(`${SEED}:${kill}`).digest();
  return 3_000 + (digest.readUInt32BE(0) % 25_000);
}
