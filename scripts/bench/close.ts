// Closes a day of two million reports, of which one in five is another platform's of the same ride:
// `./tanpu bench close [--reports N] [--runs N] [--json]`. Each close is a process of its own.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import pg from "pg";
import { migrate } from "../../server/database/migrate.ts";
import { loadHashSuite } from "../../server/domain/hashSuite.ts";
import { readMethodology } from "../../server/intake/ruleFiles.ts";
import { startPostgres } from "../dev/postgres.ts";
import { fillDay, storedBytes } from "./closeWorld.ts";
import { type Row, table } from "./gasRows.ts";
import { sampled } from "./samples.ts";

const ROOT = path.resolve(import.meta.dirname, "..", "..");
const MEBIBYTE = 2 ** 20;

type Closed = {
  seconds: number;
  cpuSeconds: number;
  rssBytes: number;
  root: string;
  accepted: number;
  duplicates: number;
  totalMilligrams: string;
};

async function closeOnce(databaseUrl: string, folder: string): Promise<Closed> {
  const file = path.join(import.meta.dirname, "closeSubject.ts");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", file, databaseUrl, folder],
    { cwd: ROOT },
  );
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Closed;
}

type Stored = Awaited<ReturnType<typeof storedBytes>>;

function rowsOf(reports: number, runs: readonly Closed[], stored: Stored): Row[] {
  const perMillion = runs.map(({ seconds }) => (seconds / reports) * 1e6);
  const what = `close of ${reports} reports, one in five of a ride reported before`;
  return [
    sampled(
      { what, unit: "reports/s" },
      runs.map(({ seconds }) => Math.round(reports / seconds)),
    ),
    sampled({ what: `${what}: time for a million`, unit: "s" }, perMillion),
    sampled(
      { what: `${what}: processor time of the worker for a million`, unit: "s" },
      runs.map(({ cpuSeconds }) => (cpuSeconds / reports) * 1e6),
    ),
    sampled(
      { what: `${what}: most memory of the worker`, unit: "MiB", goal: "<1024" },
      runs.map(({ rssBytes }) => rssBytes / MEBIBYTE),
    ),
    sampled(
      { what: "Postgres: a report, its marks and edges, until its day is detached", unit: "bytes" },
      [stored.detachable],
    ),
    sampled({ what: "Postgres: a report's membership, which stays", unit: "bytes" }, [
      stored.staying,
    ]),
    sampled({ what: "Postgres: a report's part of the ledger", unit: "bytes" }, [stored.ledger]),
  ];
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean" },
      reports: { type: "string", default: "2000000" },
      runs: { type: "string", default: "3" },
    },
  });
  const [reports, runs] = [Number(values.reports), Number(values.runs)];
  if (!Number.isSafeInteger(reports) || reports < 10 || !Number.isSafeInteger(runs) || runs < 1) {
    throw new Error("--reports is a whole number from 10 on, --runs from 1 on.");
  }
  const folder = await mkdtemp(path.join(tmpdir(), "tanpu-bench-close-"));
  const server = await startPostgres(path.join(folder, "server"));
  const owner = new pg.Pool({ connectionString: server.url });
  try {
    await migrate(server.url);
    const suite = await loadHashSuite("keccak");
    const file = path.join(ROOT, "methodologies", "demo-transit-1.yaml");
    const methodology = await readMethodology(suite, file);
    if (!methodology.ok) throw new Error(methodology.refusal.code);
    const world = await fillDay(owner, reports, methodology.value.contentHash);
    const closes: Closed[] = [];
    let stored: Stored | undefined;
    for (let run = 0; run < runs; run++) {
      const one = await closeOnce(server.url, folder);
      if (
        one.totalMilligrams !== world.milligrams.toString() ||
        one.root !== (closes[0] ?? one).root
      )
        throw new Error("A close gave another tree.");
      closes.push(one);
      console.error(`${one.seconds.toFixed(1)} s, ${Math.round(one.rssBytes / MEBIBYTE)} MiB`);
      stored ??= await storedBytes(owner, reports);
      // The same day again: nothing else can be measured twice.
      await owner.query("TRUNCATE intake.membership, intake.batch CASCADE");
    }
    const at = new Date().toISOString();
    if (!stored) throw new Error("Nothing was closed.");
    const rows = rowsOf(reports, closes, stored);
    console.log(values.json ? JSON.stringify({ bench: "close", at, runs, rows }) : table(rows));
  } finally {
    await owner.end();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

await main(process.argv.slice(2));
