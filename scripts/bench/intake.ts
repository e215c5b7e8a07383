// Takes in rides of which a fifth are another platform's too, by file and by HTTP, beside raw staged COPY of such rows:
// `./tanpu bench intake [--rides N] [--there A,B] [--workers N] [--json]`. Each measurement is of a day of its own.
import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import type { IntakeOptions, IntakeTotals } from "../intake/run.ts";
import { alone, beside, type Row, shortcomings, table } from "./gasRows.ts";
import { measureHttp } from "./intakeHttp.ts";
import { measureRaw } from "./intakeRaw.ts";
import { type RideSet, writeRides } from "./intakeRides.ts";
import {
  type IntakeWorld,
  KEYS,
  openIntakeWorld,
  SOURCE_ID,
  seedRows,
  startApi,
} from "./intakeWorld.ts";

const ROOT = path.resolve(import.meta.dirname, "..", "..");
const FIRST_DAY = 18_690;
const SEED_DAY = 18_800;

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

type FileRun = IntakeTotals & { peakMegabytes: number };

async function measureFile(world: IntakeWorld, set: RideSet, workers: number) {
  let seconds = 0;
  let [peakMegabytes, duplicates] = [0, 0];
  for (const platform of ["operator", "map-app"] as const) {
    const file = path.join(world.folder, `${platform}.csv`);
    await writeRides(file, set, platform);
    const options: IntakeOptions = {
      ...{ databaseUrl: world.databaseUrl, file, sourceId: SOURCE_ID, platform, workers },
      ...{ mappingFile: world.mappingFile, methodologies: path.join(ROOT, "methodologies") },
      ...{ keyFile: KEYS, mode: "production" },
      resultsFile: path.join(world.folder, "results.ndjson"),
    };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        ...["--max-semi-space-size=16", "--import", "tsx"],
        ...[path.join(import.meta.dirname, "intakeFile.ts"), JSON.stringify(options)],
      ],
      { cwd: ROOT },
    );
    const run = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as FileRun;
    seconds += run.seconds;
    peakMegabytes = Math.max(peakMegabytes, run.peakMegabytes);
    duplicates += run.counts.duplicate ?? 0;
    const { accepted = 0, duplicate = 0 } = run.counts;
    if (accepted + duplicate !== run.rows) throw new Error(JSON.stringify(run.counts));
    rmSync(file);
  }
  return { rowsPerSecond: set.rides / seconds, peakMegabytes, duplicates };
}

type Level = { there: number; raw: number; file: number; http: number };

const million = (rows: number): string => `${rows / 1_000_000} million rows there`;

function rowsOfLevels(levels: readonly Level[], memory: { file: number; http: number }): Row[] {
  const [base, ...later] = levels;
  if (!base) return [];
  const raw = "staged COPY and sorted ON CONFLICT, bytes ready";
  const per = "activities/s";
  const round = Math.round;
  return [
    ...levels.flatMap(({ there, raw: peer, file, http }) => [
      beside(`by file, ${million(there)}`, round(file), raw, round(peer), ">=0.2", per),
      alone(`by file, ${million(there)}`, round(file), ">=40000", per),
      beside(`by HTTP, ${million(there)}`, round(http), raw, round(peer), ">=0.09", per),
      alone(`by HTTP, ${million(there)}`, round(http), ">=20000", per),
    ]),
    ...later.flatMap(({ there, file, http }) => {
      const peer = `with ${million(base.there)}`;
      return [
        beside(`by file, ${million(there)}`, round(file), peer, round(base.file), ">=0.8", per),
        beside(`by HTTP, ${million(there)}`, round(http), peer, round(base.http), ">=0.8", per),
      ];
    }),
    alone("peak memory of ./tanpu intake", memory.file, "<1024", "MB"),
    alone("peak memory of the API", memory.http, "<1024", "MB"),
  ];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: "boolean" },
      rides: { type: "string", default: "5000000" },
      there: { type: "string", default: "1000000,50000000" },
      workers: { type: "string", default: "2" },
    },
  });
  const rides = Number(values.rides);
  const there = values.there.split(",").map(Number);
  const workers = Number(values.workers);
  const isWrong = [rides, workers, ...there].some((one) => !Number.isInteger(one) || one < 1);
  if (isWrong) throw new Error("--rides, --there and --workers take whole numbers.");
  const world = await openIntakeWorld();
  const levels: Level[] = [];
  const memory = { file: 0, http: 0 };
  try {
    let day = FIRST_DAY;
    for (const rows of there) {
      say(`Seeding until ${rows} rows are there ...`);
      const since = performance.now();
      await seedRows(world, rows, SEED_DAY + 30 * levels.length);
      say(`  ${Math.round((performance.now() - since) / 1000)} s`);
      const raw = await measureRaw(world, day++, rides);
      say(`  raw      ${Math.round(raw)} rows/s`);
      const file = await measureFile(world, { day: day++, rides }, workers);
      say(
        `  by file  ${Math.round(file.rowsPerSecond)}/s, ${file.duplicates} duplicates, ${file.peakMegabytes} MB`,
      );
      const api = await startApi(world);
      const http = await measureHttp(api.url, { day: day++, rides }, world.keyOf);
      memory.http = Math.max(memory.http, api.peakMegabytes());
      await api.stop();
      say(
        `  by HTTP  ${Math.round(http.rowsPerSecond)}/s, ${http.duplicates} duplicates, ${memory.http} MB`,
      );
      memory.file = Math.max(memory.file, file.peakMegabytes);
      levels.push({ there: rows, raw, file: file.rowsPerSecond, http: http.rowsPerSecond });
    }
  } finally {
    await world.close();
  }
  const rows = rowsOfLevels(levels, memory);
  if (values.json) {
    const result = { bench: "intake", at: new Date().toISOString(), runs: 1, rides, rows };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } else process.stdout.write(`${table(rows)}\n`);
  for (const sentence of shortcomings(rows)) say(sentence);
}

await main();
