import { expect } from "chai";
import {
  DEEP,
  expectTheSameTotals,
  makeDataFolder,
  removeDataFolder,
  runDemoOnce,
} from "./support.ts";

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

describe("the demo under kill -9", function () {
  this.timeout(DEEP ? 3_600_000 : 480_000);

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
});
