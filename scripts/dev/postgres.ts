import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { totalmem } from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { lastLines, openLog } from "./logs.ts";
import { findPort } from "./ports.ts";
import { findPostgresPlace, type PostgresPlace } from "./postgresPlace.ts";
import {
  commandLineOf,
  endProcess,
  forgetProcess,
  type ProcessRecord,
  recordProcess,
  startOf,
} from "./processes.ts";
import { knownCause, StackError } from "./stackError.ts";

/** One part of the stack that runs as a process of its own. */
export interface RunningPart {
  readonly url: string;
  /** Resolves when the process is gone, for whatever reason. */
  readonly gone: Promise<void>;
  stop(): Promise<void>;
}

const databaseName = "tanpu";
const recoveryMilliseconds = 180_000;
const retryMilliseconds = 20_000;

/** The environment without the variables by which Postgres and its clients would be led elsewhere. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG[A-Z]|LC_|LANG)/.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: "C" };
}

function spawnAt(place: PostgresPlace, program: string, args: string[], log: number): ChildProcess {
  const [command = program, ...rest] = [
    ...place.prefix,
    path.join(place.binaries, program),
    ...args,
  ];
  return spawn(command, rest, {
    cwd: place.home,
    stdio: ["ignore", log, log],
    env: cleanEnvironment(),
    detached: true,
    ...place.user,
  });
}

const exitOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? String(code)));
  });

/** The password made for this folder; it is on disk before a database that wants it exists. */
function passwordOf(dataFolder: string, place: PostgresPlace): string {
  const file = path.join(dataFolder, "secrets", "postgres-password");
  if (fs.existsSync(file)) return fs.readFileSync(file, "utf8");
  if (fs.existsSync(path.join(place.home, "data"))) {
    throw new StackError(
      `The database's password file ${file} is missing; ./tanpu reset starts afresh.`,
    );
  }
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const password = randomBytes(24).toString("hex");
  fs.writeFileSync(`${file}.new`, password, { mode: 0o600, flush: true });
  fs.renameSync(`${file}.new`, file);
  return password;
}

/** Makes the data folder under a temporary name first, so that a half-made one is never started. */
async function initialise(
  dataFolder: string,
  place: PostgresPlace,
  password: string,
): Promise<void> {
  const data = path.join(place.home, "data");
  if (fs.existsSync(path.join(data, "PG_VERSION"))) return;
  for (const name of fs.readdirSync(place.home)) {
    if (name.startsWith("data.new-"))
      fs.rmSync(path.join(place.home, name), { recursive: true, force: true });
  }
  const draft = path.join(place.home, `data.new-${process.pid}`);
  const passwordFile = path.join(place.home, "password.new");
  fs.writeFileSync(passwordFile, password, { mode: 0o600 });
  if (place.user) fs.chownSync(passwordFile, place.user.uid, place.user.gid);
  const log = openLog(dataFolder, "postgres");
  try {
    // The built-in locale provider sorts alike on every machine, whatever locales it has.
    const child = spawnAt(
      place,
      "initdb",
      [
        `--pgdata=${draft}`,
        `--pwfile=${passwordFile}`,
        "--username=tanpu",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
      ],
      log,
    );
    const code = await exitOf(child);
    if (code !== "0") throw startFailure(dataFolder, "could not be set up", code);
    fs.renameSync(draft, data);
  } finally {
    fs.closeSync(log);
    fs.rmSync(passwordFile, { force: true });
  }
}

function startFailure(dataFolder: string, what: string, code: string): StackError {
  const lines = lastLines(dataFolder, "postgres", 20);
  const cause = knownCause(lines.join("\n")) ?? lines.at(-1) ?? `it ended with ${code}`;
  return new StackError(
    `The embedded Postgres ${what}: ${cause}; details in ${path.join(dataFolder, "logs", "postgres.log")}.`,
  );
}

/** Deals with what a kill -9 left: an orphaned server of this very folder is ended, a stale pid file removed. */
async function clearLeftovers(data: string): Promise<void> {
  const file = path.join(data, "postmaster.pid");
  if (!fs.existsSync(file)) return;
  const pid = Number(fs.readFileSync(file, "utf8").split("\n")[0]);
  const start = Number.isInteger(pid) && pid > 1 ? startOf(pid) : undefined;
  if (start !== undefined && commandLineOf(pid).includes(data)) {
    await endProcess({ name: "postgres", pid, start }, 15_000);
  }
  // Whoever has the pid now is not this server, and Postgres would take it for one.
  fs.rmSync(file, { force: true });
}

type Attempt =
  | { kind: "up"; child: ChildProcess; record: ProcessRecord }
  | { kind: "ended"; code: string };

/**
 * An eighth of the machine's memory, at most 1 GB: a city's day writes into indexes of about that size, and what is not
 * held here is read from the system again for every chunk. Pages are taken only as they are used.
 */
function sharedMegabytes(): number {
  const eighth = Math.floor(totalmem() / 2 ** 23);
  return Math.min(1_024, Math.max(128, eighth));
}

/** Starts the server once and waits until it lets us in with our password, or until it has ended. */
async function attempt(
  dataFolder: string,
  place: PostgresPlace,
  port: number,
  url: string,
): Promise<Attempt> {
  const data = path.join(place.home, "data");
  await clearLeftovers(data);
  const log = openLog(dataFolder, "postgres");
  const settings = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=on",
    "synchronous_commit=on",
    "timezone=UTC",
    "log_timezone=UTC",
    "max_connections=120",
    `shared_buffers=${sharedMegabytes()}MB`,
    "max_wal_size=2GB",
    "jit=off",
  ];
  const args = ["-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])];
  const child = spawnAt(place, "postgres", args, log);
  fs.closeSync(log);
  let ended: string | undefined;
  exitOf(child).then((code) => {
    ended = code;
  });
  if (child.pid === undefined) return { kind: "ended", code: "no process" };
  const record = recordProcess(dataFolder, "postgres", child.pid);
  const until = Date.now() + recoveryMilliseconds;
  while (ended === undefined) {
    if (await letsUsIn(url)) return { kind: "up", child, record };
    if (Date.now() > until) {
      await endProcess(record, 5_000);
      throw startFailure(dataFolder, "did not become ready in three minutes", "a timeout");
    }
    await sleep(30);
  }
  forgetProcess(dataFolder, record);
  return { kind: "ended", code: ended };
}

async function letsUsIn(url: string): Promise<boolean> {
  const client = new pg.Client({
    connectionString: url.replace(/\/[^/]*$/, "/postgres"),
    ssl: false,
  });
  client.on("error", () => {});
  try {
    await client.connect();
    const known = await client.query("select 1 from pg_database where datname = $1", [
      databaseName,
    ]);
    if (known.rowCount === 0) await client.query(`create database ${databaseName}`);
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * Starts the embedded Postgres of a data folder: real server, random password, loopback only, fsync on.
 * After a crash it tries for some seconds, because the last backends of the old server may still be leaving.
 *
 * @throws StackError with one sentence when the platform, the disk or the folder does not allow it.
 */
export async function startPostgres(dataFolder: string): Promise<RunningPart> {
  const place = findPostgresPlace(dataFolder);
  fs.mkdirSync(place.home, { recursive: true, mode: 0o700 });
  const password = passwordOf(dataFolder, place);
  await initialise(dataFolder, place, password);
  const until = Date.now() + retryMilliseconds;
  let taken: number | undefined;
  for (;;) {
    const port = await findPort(dataFolder, "postgres", taken);
    const url = `postgres://tanpu:${password}@127.0.0.1:${port}/${databaseName}`;
    const outcome = await attempt(dataFolder, place, port, url);
    if (outcome.kind === "up") {
      const { child, record } = outcome;
      const gone = new Promise<void>((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) resolve();
        child.once("exit", () => resolve());
      });
      return {
        url,
        gone,
        stop: async () => {
          await endProcess(record, 30_000);
          await gone;
          forgetProcess(dataFolder, record);
        },
      };
    }
    const said = lastLines(dataFolder, "postgres", 6).join("\n");
    if (/could not bind|Address already in use/i.test(said)) taken = port;
    else if (!/shared memory block|lock file/i.test(said) || Date.now() > until) {
      throw startFailure(dataFolder, "did not start", outcome.code);
    }
    await sleep(300);
  }
}
