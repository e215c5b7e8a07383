// Line and branch coverage of the contracts. Hardhat's coverage tells which statements ran; it knows no branches ("EDR
// does not provide branch coverage information", its lcov writer says), so the sources are compiled with every branch
// marked as a statement (branches.ts), and both figures are counted here from the statements that ran.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { type Branch, lineAt, markBranches, wayOf } from "./branches.ts";

/** Shares of all lines and branches that must have run. */
export const LEAST = { lines: 0.98, branches: 0.95 } as const;

const root = path.resolve(import.meta.dirname, "..", "..");
const dataFolder = path.join(root, "coverage", "data");

interface Statement {
  readonly tag: string;
  readonly line: number;
  readonly way: number | undefined;
}

interface Source {
  readonly statements: readonly Statement[];
  readonly branches: readonly Branch[];
}

export interface Covered {
  readonly file: string;
  readonly lines: number;
  readonly missedLines: readonly number[];
  readonly branches: number;
  readonly missedBranches: readonly Branch[];
}

/** The compiler's way of marking statements; it comes with Hardhat. */
type Instrument = (
  source: string,
  name: string,
  version: string,
) => {
  readonly metadata: readonly {
    readonly kind: string;
    readonly tag: Uint8Array;
    readonly startUtf16: number;
    readonly endUtf16: number;
  }[];
};

/**
 * Marks the branches of everything that is compiled from now on, and keeps Hardhat from printing a report of its own,
 * which would count the marks.
 *
 * @returns what counts, once the tests have run, which lines and branches they reached
 */
export function watchCoverage(hre: HardhatRuntimeEnvironment): () => Covered[] {
  const edr = createRequire(createRequire(import.meta.url).resolve("hardhat/package.json"))(
    "@nomicfoundation/edr",
  ) as {
    addStatementCoverageInstrumentation: Instrument;
    latestSupportedSolidityVersion(): string;
  };
  // An earlier run's statements are not this one's.
  rmSync(dataFolder, { recursive: true, force: true });
  const sources = new Map<string, Source>();
  hre.hooks.registerHandlers("solidity", {
    preprocessProjectFileBeforeBuilding: async (context, name, file, content, version, next) => {
      const place = path.relative(root, file);
      if (!place.startsWith("contracts/") || place.startsWith("contracts/mocks/")) {
        return next(context, name, file, content, version);
      }
      const { text, branches } = markBranches(content);
      const { metadata } = edr.addStatementCoverageInstrumentation(
        text,
        name,
        edr.latestSupportedSolidityVersion(),
      );
      const statements = metadata
        .filter(({ kind }) => kind === "statement")
        .map(({ tag, startUtf16, endUtf16 }) => {
          const statement = text.slice(startUtf16, endUtf16);
          const start = startUtf16 + statement.length - statement.trimStart().length;
          const way = wayOf(statement);
          return { tag: Buffer.from(tag).toString("hex"), line: lineAt(text, start), way };
        });
      sources.set(place, { statements, branches });
      return next(context, name, file, text, version);
    },
  });
  hre.hooks.registerHandlers("solidity", {
    preprocessSolcInputBeforeBuilding: async (context, input, next) =>
      withSafeMarks(await next(context, input)),
  });
  hre.hooks.registerHandlers("test", { onTestRunDone: async () => {} });
  return () => {
    const ran = tagsThatRan();
    return [...sources]
      .filter(([, { statements }]) => statements.length > 0)
      .map(([file, source]) => coveredOf(file, source, ran))
      .sort(byFile);
  };
}

/**
 * The library that a mark calls casts a function in assembly that does not say it keeps to the rules of memory, which
 * it does. Without that word the compiler moves no variable from the stack to memory, and marked functions that are
 * compiled as they are elsewhere have too many.
 */
function withSafeMarks<Input extends { sources: Record<string, object> }>(input: Input): Input {
  for (const [name, source] of Object.entries(input.sources)) {
    if (!name.includes("Coverage-") || !("content" in source)) continue;
    const text = String(source.content);
    const safe = text.replace(/assembly( \{\s*fnOut := fnIn)/, 'assembly ("memory-safe")$1');
    if (safe === text) throw new Error(`${name} marks statements in another way now.`);
    source.content = safe;
  }
  return input;
}

/** Hardhat writes the tags that ran into coverage/data, one file for each kind of test. */
function tagsThatRan(): Set<string> {
  const files = readdirSync(dataFolder, { recursive: true }).filter((name) =>
    `${name}`.endsWith(".json"),
  );
  return new Set(
    files.flatMap((name) =>
      Object.keys(JSON.parse(readFileSync(path.join(dataFolder, `${name}`), "utf8"))),
    ),
  );
}

/** A line has run only when every statement that begins on it has. */
function coveredOf(file: string, { statements, branches }: Source, ran: Set<string>): Covered {
  const lines = new Map<number, boolean>();
  const taken = new Set<number>();
  for (const { tag, line, way } of statements) {
    if (way !== undefined && ran.has(tag)) taken.add(way);
    // An `else` that was added is no line of the source; one that was there begins with its own statements.
    if (way !== undefined && branches[way]?.way === "else") continue;
    lines.set(line, (lines.get(line) ?? true) && ran.has(tag));
  }
  return {
    file,
    lines: lines.size,
    missedLines: [...lines].filter(([, all]) => !all).map(([line]) => line),
    branches: branches.length,
    missedBranches: branches.filter((_, way) => !taken.has(way)),
  };
}

const byFile = (a: Covered, b: Covered): number => (a.file < b.file ? -1 : 1);

const share = (missed: number, all: number): number => (all === 0 ? 1 : 1 - missed / all);

/** A table by file with what was missed, and one sentence for each threshold that is not reached. */
export function coverageReport(files: readonly Covered[]): { text: string; failures: string[] } {
  const sum = (count: (file: Covered) => number): number =>
    files.reduce((total, file) => total + count(file), 0);
  const percent = (part: number): string => `${(part * 100).toFixed(2)} %`.padStart(9);
  const lines = share(
    sum(({ missedLines }) => missedLines.length),
    sum((file) => file.lines),
  );
  const branches = share(
    sum(({ missedBranches }) => missedBranches.length),
    sum((file) => file.branches),
  );
  const row = (file: Covered): string => {
    const missed = [
      ...file.missedLines.map(String),
      ...file.missedBranches.map(({ line, way }) => `${line} ${way}`),
    ];
    return [
      file.file.padEnd(44),
      percent(share(file.missedLines.length, file.lines)),
      percent(share(file.missedBranches.length, file.branches)),
      missed.length > 0 ? `  missed: ${missed.join(", ")}` : "",
    ].join("");
  };
  const head = `${"".padEnd(44)}${"lines".padStart(9)}${"branches".padStart(9)}`;
  const total = `${"all".padEnd(44)}${percent(lines)}${percent(branches)}`;
  const failures = [
    lines < LEAST.lines ? `lines: ${percent(lines).trim()}, wanted ${LEAST.lines * 100} %` : "",
    branches < LEAST.branches
      ? `branches: ${percent(branches).trim()}, wanted ${LEAST.branches * 100} %`
      : "",
  ].filter(Boolean);
  return { text: [head, ...files.map(row), total].join("\n"), failures };
}
