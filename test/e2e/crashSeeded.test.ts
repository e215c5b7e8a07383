import { createHash } from "node:crypto";
import { expect } from "chai";
import {
  DEEP,
  expectTheSameTotals,
  makeDataFolder,
  removeDataFolder,
  runDemoOnce,
} from "./support.ts";

const SEEDED_KILLS = DEEP ? 20 : 1;
const SEED = process.env["TANPU_SEED"] ?? "tanpu-kill-1";

describe("the demo under kill -9 at any time", function () {
  this.timeout(DEEP ? 3_600_000 : 480_000);

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

/** Between 3 and 28 seconds: from the first contracts to the certificate on a warm machine. */
function seededMilliseconds(kill: number): number {
  const digest = createHash("sha256").update(`${SEED}:${kill}`).digest();
  return 3_000 + (digest.readUInt32BE(0) % 25_000);
}
