/*
 * Takes one check out of a copy of the sources at a time and expects the tests that are there for it to
 * turn red. A check that can be removed unseen is not tested, whatever the coverage says. Also fails
 * when a mutation's text is no longer in the source, so that this list cannot go stale in silence.
 *
 *   node --import tsx scripts/mutate.ts [name ...]
 */
import { execFileSync, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "..");
const TIMEOUT_MS = 300_000;

type Suite = "domain" | "contracts";

/** A check taken out: `original` must stand in `file` exactly once. */
type Mutation = {
  name: string;
  what: string;
  file: string;
  original: string;
  replacement: string;
  suite: Suite;
  /** The narrow tests that must notice. */
  test: string;
};

const MUTATIONS: readonly Mutation[] = [
  {
    name: "fingerprint",
    what: "reports that share a fingerprint are no longer one activity",
    file: "server/intake/close/components.ts",
    original: "    this.#parents.set(this.#rootOf(a), this.#rootOf(b));\n",
    replacement: "    this.#rootOf(b);\n",
    suite: "domain",
    test: "test/domain/components.test.ts",
  },
  {
    name: "period",
    what: "a day of an asset can be booked twice",
    file: "contracts/Sources.sol",
    original: "        if (taken) revert SourcesDayTaken(assetKey, class, day);\n",
    replacement:
      "        if (taken && day == type(uint32).max) revert SourcesDayTaken(assetKey, class, day);\n",
    suite: "contracts",
    test: "test/contracts/sources.test.ts",
  },
  {
    name: "certificate",
    what: "a retirement can stand in two certificates",
    file: "contracts/Certificate.sol",
    original: "if (CertificateId.unwrap(consumer) != 0 && consumer != replaces) {",
    replacement:
      "if (CertificateId.unwrap(consumer) == type(uint256).max && consumer != replaces) {",
    suite: "contracts",
    test: "test/contracts/certificate.test.ts",
  },
];

type Counts = { passed: number; failed: number };

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** The files git knows, as they are in the working tree, with the dependencies linked in. */
async function copyTree(): Promise<string> {
  const copy = await mkdtemp(path.join(tmpdir(), "tanpu-mutate-"));
  const listed = execFileSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8" });
  for (const file of listed.split("\0").filter((name) => name !== "")) {
    await mkdir(path.dirname(path.join(copy, file)), { recursive: true });
    // A file that was deleted but not committed yet is simply not there.
    await cp(path.join(ROOT, file), path.join(copy, file)).catch(ignoreMissing);
  }
  // What is compiled already need not be compiled again for the unmutated run.
  for (const folder of ["artifacts", "cache"]) {
    await cp(path.join(ROOT, folder), path.join(copy, folder), { recursive: true }).catch(
      ignoreMissing,
    );
  }
  await symlink(path.join(ROOT, "node_modules"), path.join(copy, "node_modules"));
  return copy;
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

function commandOf(suite: Suite, test: string): string[] {
  return suite === "contracts"
    ? ["--import", "tsx", "scripts/dev/contractTests.ts", test]
    : ["--import", "tsx", path.join("node_modules", "mocha", "bin", "mocha.js"), test];
}

/** Runs one test file. Undefined when no test ran, as when the source no longer compiles. */
async function runTest(copy: string, suite: Suite, test: string): Promise<Counts | undefined> {
  const file = path.join(copy, "counts.json");
  await rm(file, { force: true });
  const child = spawn(process.execPath, commandOf(suite, test), {
    cwd: copy,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: TIMEOUT_MS,
    env: { ...process.env, TANPU_TEST_COUNTS: file, HARDHAT_DISABLE_TELEMETRY_PROMPT: "true" },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000);
    });
  }
  await new Promise((resolve) => child.on("close", resolve));
  try {
    const { passed, failed } = JSON.parse(await readFile(file, "utf8")) as Counts;
    if (passed + failed > 0) return { passed, failed };
  } catch {
    // No counts: the run broke off before any test; its output says why.
  }
  say(output);
  return undefined;
}

/** Why the mutation is not caught, or undefined when it is. */
async function tryMutation(copy: string, mutation: Mutation): Promise<string | undefined> {
  const { file, original, replacement, suite, test } = mutation;
  const target = path.join(copy, file);
  const source = await readFile(target, "utf8");
  const places = source.split(original).length - 1;
  if (places !== 1) return `its text stands ${places} times in ${file}, not once`;

  const before = await runTest(copy, suite, test);
  if (before === undefined) return `${test} does not run without the mutation`;
  if (before.failed > 0) return `${test} is red without the mutation`;
  try {
    await writeFile(
      target,
      source.replace(original, () => replacement),
    );
    const after = await runTest(copy, suite, test);
    if (after === undefined) return `with the mutation ${test} does not run at all`;
    if (after.failed === 0) return `${test} stays green: the mutation survives`;
    say(`caught    ${mutation.name}: ${after.failed} of ${before.passed} tests red in ${test}`);
    return undefined;
  } finally {
    await writeFile(target, source);
  }
}

async function main(names: readonly string[]): Promise<number> {
  const wanted = MUTATIONS.filter(({ name }) => names.length === 0 || names.includes(name));
  if (wanted.length === 0) {
    say(`No such mutation; there are: ${MUTATIONS.map(({ name }) => name).join(", ")}`);
    return 2;
  }
  const copy = await copyTree();
  let missed = 0;
  try {
    for (const mutation of wanted) {
      say(`mutating  ${mutation.name}: ${mutation.what}`);
      const problem = await tryMutation(copy, mutation);
      if (problem === undefined) continue;
      missed++;
      say(`NOT CAUGHT ${mutation.name}: ${problem}`);
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
  say(`${wanted.length - missed} of ${wanted.length} mutations caught`);
  return missed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
