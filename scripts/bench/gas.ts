// Measures what the registry's calls cost, beside plain tokens of OpenZeppelin and Solady, on a chain in this process:
// `./tanpu bench gas`. docs/gas.json is the committed snapshot; test/contracts/gas.test.ts runs this with --check.
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { issuedRegistry, networkHelpers, registry } from "../../test/contracts/support.ts";
import { CONTRACT_NAMES, readArtifact } from "../deploy/artifacts.ts";
import { measureChallenges } from "./gasChallenges.ts";
import { measureIssue } from "./gasIssue.ts";
import { beside, type Row, shortcomings, table } from "./gasRows.ts";
import { measureTrades } from "./gasTrades.ts";
import { measureUnits } from "./gasUnits.ts";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
const SNAPSHOT = path.join(ROOT, "docs", "gas.json");
/** EIP-170: the most runtime code a contract may have, in bytes. */
const MOST_CODE_BYTES = 24_576;
/** A time after every real one, so that no figure depends on the day it was measured. */
const START = 3_000_000_000;

/** Fixed accounts and a fixed time, so that the figures repeat to the unit. */
export async function measureGas(): Promise<Row[]> {
  await networkHelpers.time.setNextBlockTimestamp(START);
  const rows = [
    ...(await measureUnits(await issuedRegistry())),
    ...(await measureIssue(await registry())),
    ...(await measureTrades(await registry())),
    ...(await measureChallenges(await registry())),
  ];
  for (const name of CONTRACT_NAMES) {
    const { deployedBytecode } = await readArtifact(name);
    const bytes = (deployedBytecode.length - 2) / 2;
    rows.push(beside(`code of ${name}`, bytes, "EIP-170", MOST_CODE_BYTES, "<1", "bytes"));
  }
  return rows;
}

/** What is committed: a row without what one run on one machine would add. */
export function snapshotText(rows: readonly Row[]): string {
  const kept = rows.map(({ min: _min, max: _max, ...row }) => row);
  return `${JSON.stringify({ rows: kept }, null, 2)}\n`;
}

async function main(args: readonly string[]): Promise<number> {
  const { default: hre } = await import("hardhat");
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
  const rows = await measureGas();
  const failures = shortcomings(rows);
  const text = snapshotText(rows);
  if (args.includes("--write")) await writeFile(SNAPSHOT, text);
  else if (text !== (await readFile(SNAPSHOT, "utf8").catch(() => ""))) {
    failures.push(
      "docs/gas.json differs from what was measured; run node --import tsx scripts/bench/gas.ts --write.",
    );
  }
  for (const failure of failures) console.error(failure);
  const at = new Date().toISOString();
  console.log(
    args.includes("--json") ? JSON.stringify({ bench: "gas", at, runs: 1, rows }) : table(rows),
  );
  return args.includes("--check") && failures.length > 0 ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  process.exitCode = await main(process.argv.slice(2));
}
