// Runs the contracts' tests, those in TypeScript and those in Solidity, and writes their counts as JSON into the
// file TANPU_TEST_COUNTS names: Hardhat prints them, but only its tasks' results hold them as numbers.
//
// With HARDHAT_COVERAGE=true the contracts are compiled apart (hardhat.config.ts) with marks, and too little coverage
// counts as a failure.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import * as path from "node:path";
import hre from "hardhat";
import { coverageReport, watchCoverage } from "./coverage.ts";

const file = process.env.TANPU_TEST_COUNTS ?? "";
const wanted = process.argv.slice(2).map((name) => path.resolve(name));

interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped?: number;
}

interface SolidityRun {
  readonly suiteResults: readonly {
    readonly testResults: readonly { readonly status: string }[];
  }[];
}

/**
 * Counts the Solidity tests one by one: run by itself, the task's own summary stays at zero. A run that broke off
 * counts as a failure even when no single test failed.
 */
function countSolidity(result: {
  success: boolean;
  value?: SolidityRun;
  error?: SolidityRun;
}): Summary {
  const run = result.success ? result.value : result.error;
  if (run === undefined) return { passed: 0, failed: 1 };
  const statuses = run.suiteResults.flatMap((suite) =>
    suite.testResults.map(({ status }) => status),
  );
  const count = (status: string): number => statuses.filter((one) => one === status).length;
  const failed = count("Failure");
  const broke = !result.success && failed === 0;
  return { passed: count("Success"), failed: broke ? 1 : failed, skipped: count("Skipped") };
}

const covered = hre.globalOptions.coverage ? watchCoverage(hre) : undefined;
// Coverage is gathered in this process, so only a plain run has helpers.
hre.config.test.mocha.parallel = covered === undefined;
hre.config.test.mocha.jobs = availableParallelism();
hre.config.test.mocha.reporter = path.join(import.meta.dirname, "testReporter.cjs");
const mine = { noCompile: false, testFiles: wanted.filter((name) => name.endsWith(".ts")) };
rmSync(file, { force: true });
const typescript =
  wanted.length > 0 && mine.testFiles.length === 0
    ? undefined
    : await hre.tasks.getTask(["test", "mocha"]).run(mine);
const counted: Summary =
  typescript === undefined
    ? { passed: 0, failed: 0, skipped: 0 }
    : JSON.parse(readFileSync(file, "utf8"));

const theirs = { noCompile: false, testFiles: wanted.filter((name) => name.endsWith(".sol")) };
const solidity =
  wanted.length > 0 && theirs.testFiles.length === 0
    ? { passed: 0, failed: 0, skipped: 0 }
    : countSolidity(await hre.tasks.getTask(["test", "solidity"]).run(theirs));

const coverage = covered === undefined ? undefined : coverageReport(covered());
if (coverage !== undefined) console.log(coverage.text);
for (const failure of coverage?.failures ?? []) console.error(`Too little coverage of ${failure}.`);

const total = {
  passed: counted.passed + solidity.passed,
  failed: counted.failed + solidity.failed + (coverage?.failures.length ?? 0),
  skipped: (counted.skipped ?? 0) + (solidity.skipped ?? 0),
};
writeFileSync(file, JSON.stringify(total));
process.exit(total.failed === 0 ? 0 : 1);
