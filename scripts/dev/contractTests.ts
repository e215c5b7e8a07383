// Runs the contracts' tests, those in TypeScript and those in Solidity, and writes their counts as JSON into the
// file TANPU_TEST_COUNTS names: Hardhat prints them, but only its tasks' results hold them as numbers.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import hre from "hardhat";

const file = process.env.TANPU_TEST_COUNTS ?? "";
const wanted = process.argv.slice(2).map((name) => path.resolve(name));

interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped?: number;
}

/** Hardhat wraps the summary differently for success and failure. */
function summaryOf(result: unknown): Summary {
  const outer = result as { value?: unknown; error?: unknown; summary?: Summary };
  const inner = (outer.value ?? outer.error ?? outer) as { summary?: Summary };
  if (inner.summary === undefined) throw new Error("Hardhat gave no test summary");
  return inner.summary;
}

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
    : summaryOf(await hre.tasks.getTask(["test", "solidity"]).run(theirs));

const total = {
  passed: counted.passed + solidity.passed,
  failed: counted.failed + solidity.failed,
  skipped: (counted.skipped ?? 0) + (solidity.skipped ?? 0),
};
writeFileSync(file, JSON.stringify(total));
process.exit(total.failed === 0 ? 0 : 1);
