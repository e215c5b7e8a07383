import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import * as path from "node:path";

const root = path.resolve(import.meta.dirname, "..");

/** The parts of the test run, in the order in which they run: what is quick to fail comes first. */
export const PARTS = ["lint", "domain", "contracts", "integration", "simulation", "e2e"] as const;
export type Part = (typeof PARTS)[number];

/** How long a part may take on two cores. A slower one is told, but is not red: machines differ. */
const budgetMinutes: Readonly<Record<Part, number>> = {
  lint: 2,
  domain: 1,
  contracts: 5,
  integration: 5,
  simulation: 2,
  e2e: 3,
};

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Outcome extends Counts {
  readonly part: Part;
  readonly red: boolean;
  readonly seconds: number;
  readonly why: string;
}

/** One tool that says by its exit code whether the sources are as they should be. */
interface Check {
  readonly name: string;
  readonly args: readonly string[];
}

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const tool = (...parts: string[]): string => path.join(root, "node_modules", ...parts);

/** Runs Node with the given arguments in the repository and gives the exit code. */
export function runNode(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number> {
  return ended(
    spawn(process.execPath, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } }),
  );
}

/** The same, but keeps what is printed. */
async function hearNode(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  return { code: await ended(child), output };
}

/** Waits for a child's end; a signal to end goes on to it. */
function ended(child: ChildProcess): Promise<number> {
  const pass = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  process.on("SIGTERM", pass);
  // Ctrl-C reaches the child by itself; we only wait for it.
  const wait = (): void => {};
  process.on("SIGINT", wait);
  return new Promise((resolve) => {
    const end = (code: number): void => {
      process.removeListener("SIGTERM", pass);
      process.removeListener("SIGINT", wait);
      resolve(code);
    };
    child.once("error", () => end(1));
    child.once("close", (code) => end(code ?? 1));
  });
}

function lintChecks(): Check[] {
  const has = (name: string): boolean => existsSync(path.join(root, name));
  const roomsOfCode = ["server", "scripts", "test"].filter(has);
  const checks: Check[] = [
    {
      name: "biome",
      args: [tool("@biomejs", "biome", "bin", "biome"), "check", "--error-on-warnings", "."],
    },
    { name: "tsc", args: [tool("typescript", "bin", "tsc"), "--noEmit"] },
    {
      name: "import rules",
      args: [
        tool("dependency-cruiser", "bin", "dependency-cruiser.mjs"),
        "--config",
        ".dependency-cruiser.mjs",
        ...roomsOfCode,
      ],
    },
    {
      name: "solhint",
      args: [
        tool("solhint", "solhint.js"),
        "--disc",
        "--noPoster",
        "--max-warnings",
        "0",
        "contracts/**/*.sol",
      ],
    },
    {
      name: "prettier",
      args: [
        tool("prettier", "bin", "prettier.cjs"),
        "--plugin=prettier-plugin-solidity",
        "--check",
        "{contracts,test}/**/*.sol",
      ],
    },
  ];
  if (has("scripts/generate.ts")) {
    checks.push({
      name: "generated files",
      args: ["--import", "tsx", "scripts/generate.ts", "--check"],
    });
  }
  if (has("scripts/generateReference.ts")) {
    checks.push({
      name: "contract reference",
      args: ["--import", "tsx", "scripts/generateReference.ts", "--check"],
    });
  }
  if (has("scripts/generateOpenapi.ts")) {
    checks.push({
      name: "OpenAPI document",
      args: ["--import", "tsx", "scripts/generateOpenapi.ts", "--check"],
    });
  }
  return checks;
}

/** Runs the checks, as many at a time as there are cores, and prints what each of them said when it has ended. */
async function runLint(): Promise<Counts & { why: string }> {
  const failed: string[] = [];
  const checks = lintChecks();
  const waiting = [...checks];
  const work = async (): Promise<void> => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      const since = Date.now();
      const { code, output } = await hearNode(check.args, { NO_UPDATE_NOTIFIER: "1" });
      const seconds = ((Date.now() - since) / 1000).toFixed(1);
      say(`${output}${code === 0 ? "ok " : "RED"} ${check.name} (${seconds} s)`);
      if (code !== 0) failed.push(check.name);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  const why = failed.length === 0 ? "" : `failed: ${failed.join(", ")}`;
  return { passed: checks.length - failed.length, failed: failed.length, skipped: 0, why };
}

/** Runs one suite that writes its counts into a file; counts are never guessed from what is printed. */
async function runSuite(
  args: readonly string[],
  deep: boolean,
  more: Readonly<Record<string, string>> = {},
): Promise<Counts & { why: string }> {
  const folder = mkdtempSync(path.join(tmpdir(), "tanpu-test-"));
  const file = path.join(folder, "counts.json");
  try {
    const env = {
      TANPU_TEST_COUNTS: file,
      TANPU_DEEP: deep ? "1" : "",
      HARDHAT_DISABLE_TELEMETRY_PROMPT: "true",
      ...more,
    };
    const code = await runNode(args, env);
    if (!existsSync(file))
      return { passed: 0, failed: 1, skipped: 0, why: `the run broke off (exit ${code})` };
    const counts: Counts = JSON.parse(readFileSync(file, "utf8"));
    const broke = code !== 0 && counts.failed === 0;
    return {
      ...counts,
      failed: broke ? 1 : counts.failed,
      why: broke ? `exit ${code} after the tests` : "",
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether servers of somebody else's are given, on which test/integration/operator.test.ts runs the whole flow. */
function hasOperatorServers(): boolean {
  const { TANPU_TEST_DATABASE_URL: database, TANPU_TEST_REDIS_URL: redis } = process.env;
  return Boolean(database) && Boolean(redis);
}

function hasTests(folder: string): boolean {
  const full = path.join(root, folder);
  return (
    existsSync(full) &&
    readdirSync(full, { recursive: true }).some((name) => /\.(test\.ts|t\.sol)$/.test(`${name}`))
  );
}

/**
 * The contracts' tests; a deep run runs them once more on marked code, to see that they reach enough lines and branches.
 * That compiles everything a second time, which is more than the part's budget holds.
 */
async function runContracts(deep: boolean): Promise<Counts & { why: string }> {
  const args = ["--import", "tsx", "scripts/dev/contractTests.ts"];
  const plain = await runSuite(args, deep);
  if (!deep) return plain;
  const marked = await runSuite(args, false, { HARDHAT_COVERAGE: "true" });
  return {
    passed: plain.passed + marked.passed,
    failed: plain.failed + marked.failed,
    skipped: plain.skipped + marked.skipped,
    why: [plain.why, marked.why].filter(Boolean).join("; "),
  };
}

async function runPart(part: Part, deep: boolean): Promise<Outcome> {
  say(`\n== ${part} ==`);
  const since = Date.now();
  const mocha = [
    ...["--import", "tsx", tool("mocha", "bin", "mocha.js"), `test/${part}/**/*.test.ts`],
    // Test files have folders, ports and databases of their own; one more than cores, because many of them wait.
    ...["--parallel", "--jobs", String(availableParallelism() + 1)],
  ];
  let counts: Counts & { why: string };
  if (part === "lint") counts = await runLint();
  else if (!hasTests(`test/${part}`)) counts = { passed: 0, failed: 0, skipped: 0, why: "" };
  else if (part === "contracts") {
    counts = await runContracts(deep);
  } else counts = await runSuite(mocha, deep);
  const ran = counts.passed + counts.failed;
  const why = counts.why || (ran === 0 ? "no test ran" : "");
  return {
    part,
    ...counts,
    why,
    red: counts.failed > 0 || ran === 0,
    seconds: (Date.now() - since) / 1000,
  };
}

/**
 * Runs the tests of one part or of all and prints seconds per part and the total of tests.
 *
 * @returns the exit code: 1 when any part is red. A part in which no test ran is red, too.
 */
export async function runTests(options: {
  part?: string | undefined;
  deep: boolean;
}): Promise<number> {
  const outcomes: Outcome[] = [];
  for (const part of PARTS) {
    if (options.part === undefined || options.part === part)
      outcomes.push(await runPart(part, options.deep));
  }
  say("\n== summary ==");
  for (const outcome of outcomes) {
    const { part, passed, failed, skipped, seconds, why } = outcome;
    const noun = part === "lint" ? "checks" : "tests";
    const over = seconds > budgetMinutes[part] * 60;
    const slow = over ? `over its budget of ${budgetMinutes[part] * 60} s` : "";
    const more = [skipped > 0 ? `${skipped} skipped` : "", why, slow]
      .filter((text) => text !== "")
      .join("; ");
    say(
      `${outcome.red ? "RED" : "ok "} ${part.padEnd(12)} ${String(passed + failed).padStart(5)} ${noun.padEnd(6)} ${seconds.toFixed(1).padStart(7)} s${more ? `  (${more})` : ""}`,
    );
  }
  const integrated = outcomes.some(({ part }) => part === "integration");
  if (integrated && !hasOperatorServers()) {
    say(
      "The flow on an operator's own Postgres and Redis was not run: TANPU_TEST_DATABASE_URL and TANPU_TEST_REDIS_URL are not set.",
    );
  }
  if (integrated && !process.env.TANPU_TEST_S3_URL) {
    say("Files in an object store were not tried: TANPU_TEST_S3_URL is not set.");
  }
  if (integrated && !process.env.TANPU_TEST_PKCS11_LIBRARY) {
    say("Keys in a PKCS#11 token were not tried: TANPU_TEST_PKCS11_LIBRARY is not set.");
  }
  // Checks are not tests, so only those that failed show in the total; a part without tests counts as one failure.
  const passed = outcomes.reduce(
    (sum, { part, passed }) => sum + (part === "lint" ? 0 : passed),
    0,
  );
  const failed = outcomes.reduce(
    (sum, { failed, red }) => sum + (red ? Math.max(failed, 1) : 0),
    0,
  );
  say(`${passed} passed, ${failed} failed`);
  return outcomes.some((outcome) => outcome.red) ? 1 : 0;
}
