// Measures how fast transfers ordered over the API are in the mirror, beside a bare sign-and-send pipeline on the same
// chain in the same run: `./tanpu bench writer`. For development `--commands N` and `--rounds N` make it short.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { startStack } from "../dev/stack.ts";
import { alone, beside, keeps, type Row, table } from "./gasRows.ts";
import { processTimes, usedBetween } from "./processTimes.ts";
import { openWorld } from "./registryWorld.ts";
import { Bare } from "./writerBare.ts";
import { Ours } from "./writerOurs.ts";

const ACCOUNTS = 8;
const STEADY_PER_SECOND = 50;
const STEADY_SECONDS = 20;

const { values: flags } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    commands: { type: "string", default: "2000" },
    rounds: { type: "string", default: "3" },
  },
});
const commands = Number(flags.commands);
const rounds = Number(flags.rounds);

const say = (text: string): void => void process.stderr.write(`${text}\n`);

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function used(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): string {
  const parts = usedBetween(before, after, commands);
  const whole = parts.reduce((sum, [, milliseconds]) => sum + milliseconds, 0);
  const each = parts.map(([part, milliseconds]) => `${part} ${milliseconds.toFixed(2)}`);
  return `processor milliseconds for each: ${whole.toFixed(2)} (${each.join(", ")})`;
}

async function measure(): Promise<Row[]> {
  const dataFolder = mkdtempSync(path.join(tmpdir(), "tanpu bench "));
  const stack = await startStack({ dataFolder, mode: "demo" });
  try {
    const world = await openWorld(stack, {
      accounts: ACCOUNTS,
      outsiders: ACCOUNTS,
      grams: 10n ** 9n,
    });
    for (const role of ["indexer", "worker", "api"] as const) await stack.startRole(role);
    const ours = await Ours.open(stack, world);
    const bare = new Bare(stack.rpcUrl, world);
    say(`${world.accounts.length} accounts each; warming up`);
    await ours.burst(Math.min(200, commands));
    await bare.burst(Math.min(200, commands));
    const rates = { ours: [] as number[], bare: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      const begun = processTimes(dataFolder);
      rates.bare.push(await bare.burst(commands));
      const between = processTimes(dataFolder);
      rates.ours.push(await ours.burst(commands));
      const ended = processTimes(dataFolder);
      say(`bare, ${used(begun, between)}`);
      say(`by API, ${used(between, ended)}`);
      say(
        `bare ${rates.bare.at(-1)?.toFixed(1)}/s, by API until mirrored ${rates.ours.at(-1)?.toFixed(1)}/s`,
      );
    }
    const seconds = Math.min(STEADY_SECONDS, Math.max(2, commands / STEADY_PER_SECOND));
    const steady = await ours.steady(STEADY_PER_SECOND, seconds);
    await ours.close();
    return rowsOf(rates, steady);
  } finally {
    await stack.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

function rowsOf(rates: { ours: number[]; bare: number[] }, steady: number[]): Row[] {
  const sorted = [...steady].sort((a, b) => a - b);
  const at = (part: number): number => sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN;
  const what = `${commands} transfers by API until mirrored, blocks of 1 s, ${ACCOUNTS} accounts`;
  const ratios = rates.ours.map((rate, round) => rate / (rates.bare[round] ?? Number.NaN));
  const ratio = Math.round(median(ratios) * 1_000) / 1_000;
  const rate: Row = {
    ...beside(
      what,
      median(rates.ours),
      "bare sign and send",
      median(rates.bare),
      null,
      "per second",
    ),
    ...{ min: Math.min(...rates.ours), max: Math.max(...rates.ours) },
    ...{ ratio, goal: ">=0.75", met: keeps(ratio, ">=0.75") },
  };
  const p99 = `p99 from request to mirrored at ${STEADY_PER_SECOND} commands/s`;
  return [
    rate,
    {
      ...alone(p99, at(0.99), "<4000", "ms"),
      ...{ min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN },
    },
    alone(`p50 from request to mirrored at ${STEADY_PER_SECOND} commands/s`, at(0.5), null, "ms"),
  ];
}

const rows = await measure();
const at = new Date().toISOString();
console.log(flags.json ? JSON.stringify({ bench: "writer", at, runs: rounds, rows }) : table(rows));
process.exit(0);
