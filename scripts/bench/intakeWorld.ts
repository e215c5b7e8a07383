import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { parse } from "yaml";
import { createApiKey } from "../../server/database/commands.ts";
import { migrate } from "../../server/database/migrate.ts";
import { loadHashSuite } from "../../server/domain/hashSuite.ts";
import { loadAnyMethodology } from "../../server/domain/methodology/catalogue.ts";
import { findPort } from "../dev/ports.ts";
import { startPostgres } from "../dev/postgres.ts";
import { RIDES_MAPPING, type RidePlatform } from "./intakeRides.ts";

const ROOT = path.resolve(import.meta.dirname, "..", "..");
/** In force in 2021, with formulas, by carrier and time. */
const METHODOLOGY = path.join(ROOT, "methodologies", "travel-qingdao-2021.yaml");
/** Keys as production has them: with salts that are drawn. */
export const KEYS = {
  format: "tanpu-keys/1",
  demonstration: false,
  commonKey: `0x${"c1".repeat(32)}`,
  programmeKeys: { 1: `0x${"d2".repeat(32)}` },
} as const;
export const SOURCE_ID = `0x${"5a".repeat(32)}`;
const PLATFORMS: readonly RidePlatform[] = ["operator", "map-app"];
const SEED_ROWS = 1_000_000;

export type IntakeWorld = {
  databaseUrl: string;
  owner: pg.Pool;
  folder: string;
  mappingFile: string;
  keyOf: (platform: RidePlatform) => string;
  close: () => Promise<void>;
};

/** Postgres as the stack starts it, one source under a shipped methodology, and two platforms' keys. */
export async function openIntakeWorld(): Promise<IntakeWorld> {
  const folder = mkdtempSync(path.join(process.env.TANPU_BENCH || tmpdir(), "tanpu-intake-"));
  mkdirSync(path.join(folder, "run"), { recursive: true });
  const server = await startPostgres(folder);
  await migrate(server.url);
  const owner = new pg.Pool({ connectionString: server.url, max: 4 });
  owner.on("error", () => {});
  const suite = await loadHashSuite("keccak");
  const read = loadAnyMethodology(suite, parse(readFileSync(METHODOLOGY, "utf8")));
  if (!read.ok) throw new Error(JSON.stringify(read.refusal));
  const document = Buffer.alloc(32);
  const account = Buffer.alloc(20, 1);
  await owner.query(
    `INSERT INTO mirror.methodology (programme, methodology, content_hash, class, status, first_day, end_day,
       cap_milligrams, document, block_number) VALUES (1, 1, $1, 1, 2, 18628, 18993, 110000000, $2, 1)`,
    [Buffer.from(read.value.methodology.contentHash.slice(2), "hex"), document],
  );
  await owner.query(
    `INSERT INTO mirror.source (source_id, programme, methodology, asset_key, applicant, owner, document,
       block_number) VALUES ($1, 1, 1, $2, $3, $3, $2, 1)`,
    [Buffer.from(SOURCE_ID.slice(2), "hex"), document, account],
  );
  const keyOf = (platform: RidePlatform): string => `tanpu_bench_${platform}_${"x".repeat(24)}`;
  for (const platform of PLATFORMS) {
    await createApiKey(owner, {
      ...{ id: randomUUID(), key: keyOf(platform), name: platform, role: "platform" },
      ...{ programme: 1, scopes: ["*"], platform },
    });
  }
  const mappingFile = path.join(folder, "mapping.yaml");
  writeFileSync(path.join(folder, "keys.json"), JSON.stringify(KEYS));
  writeFileSync(mappingFile, RIDES_MAPPING);
  return {
    ...{ databaseUrl: server.url, owner, folder, mappingFile, keyOf },
    close: async () => {
      await owner.end();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Fills days nobody measures with reports and marks of their own, set by set, until `rows` are there. */
export async function seedRows(world: IntakeWorld, rows: number, firstDay: number): Promise<void> {
  const { rows: counted } = await world.owner.query<{ there: string }>(
    "SELECT count(*)::text AS there FROM intake.report",
  );
  const missing = Math.max(0, rows - Number(counted[0]?.there ?? 0));
  const jobs: { day: number; first: number; end: number }[] = [];
  for (let at = 0; at < missing; at += SEED_ROWS) {
    const first = at % (5 * SEED_ROWS);
    const day = firstDay + Math.floor(at / (5 * SEED_ROWS));
    jobs.push({ day, first, end: first + Math.min(SEED_ROWS, missing - at) });
  }
  const lane = async (): Promise<void> => {
    for (let job = jobs.shift(); job; job = jobs.shift()) await seedDay(world.owner, job);
  };
  await Promise.all([lane(), lane()]);
  await world.owner.query("CHECKPOINT");
}

async function seedDay(
  owner: pg.Pool,
  { day, first, end }: { day: number; first: number; end: number },
): Promise<void> {
  await owner.query("SELECT intake.ensure_day($1)", [day]);
  const key = "('00000000-0000-4000-8000-' || lpad(to_hex(i), 12, '0'))::uuid";
  await owner.query(
    `INSERT INTO intake.report (day, platform, row_key, source, rule, behaviour, fingerprint_a, fingerprint_b,
       participant, milligrams, activity_at, seconds, quantities, salt)
     SELECT $1, 1, k, 1, 1, 'bike-ride', int4send($1) || uuid_send(k) || '\\x000000000000000000000000',
            int4send($1) || uuid_send(k) || '\\x000000000000000000000001', k, 300000, $1 * 86400::bigint, 0,
            '{"distance":"1.500"}', k
       FROM generate_series($2::int, $3::int - 1) AS i, LATERAL (SELECT ${key} AS k) AS keys`,
    [day, first, end],
  );
  await owner.query(
    `INSERT INTO intake.fingerprint (day, mark, platform, row_key, report_day)
     SELECT $1, ('00000000-0000-4000-8000-' || lpad(to_hex(2 * i + j), 12, '0'))::uuid, 1, ${key}, $1
       FROM generate_series($2::int, $3::int - 1) AS i, generate_series(0, 1) AS j`,
    [day, first, end],
  );
}

/** The API's own process, as the stack starts it. */
export async function startApi(
  world: IntakeWorld,
): Promise<{ url: string; peakMegabytes: () => number; stop: () => Promise<void> }> {
  const port = await findPort(world.folder, "api");
  const child: ChildProcess = spawn(
    process.execPath,
    ["--max-semi-space-size=16", "--import", "tsx", path.join(ROOT, "server", "main", "api.ts")],
    {
      cwd: ROOT,
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        ...process.env,
        ...{ DATABASE_URL: world.databaseUrl, PORT: String(port), METRICS_PORT: "0" },
        ...{ TANPU_DATA: world.folder, TANPU_MODE: "production", LOG_LEVEL: "warn" },
        KEYS_FILE: path.join(world.folder, "keys.json"),
        RPC_URL: "http://127.0.0.1:8545",
      },
    },
  );
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`${url}/openapi.json`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) break;
    if (tries > 900 || child.exitCode !== null) throw new Error("the API did not start");
    await sleep(100);
  }
  return {
    url,
    peakMegabytes: () => {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
    },
    stop: async () => {
      child.kill("SIGTERM");
      await gone;
    },
  };
}
