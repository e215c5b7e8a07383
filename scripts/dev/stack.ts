import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { migrate } from "../../server/database/migrate.ts";
import { checkIdentity, type EmbeddedChain, requireBlocks, startChain } from "./chain.ts";
import { claimDatabase, databaseFailure, requireEmbedded } from "./outsideDatabase.ts";
import { checkRedis } from "./outsideRedis.ts";
import { takeFolder } from "./owner.ts";
import { findPort } from "./ports.ts";
import { type RunningPart, startPostgres } from "./postgres.ts";
import {
  endRecorded,
  forgetGone,
  forgetProcess,
  type ProcessRecord,
  recordProcess,
} from "./processes.ts";
import { Role, type RoleName } from "./roles.ts";
import { answeringUrl } from "./rpc.ts";
import { StackError } from "./stackError.ts";
import { replayTail, requireFinalBlock } from "./tail.ts";

export type { RoleName } from "./roles.ts";

const root = path.resolve(import.meta.dirname, "..", "..");

/** Finality on the embedded chain, in blocks: longer than the time between two dumps of its state. */
const embeddedFinalityBlocks = 12;

const finality = (): number => Number(process.env.FINALITY_BLOCKS || embeddedFinalityBlocks);

/** Demo mode accepts the published demo keys; a folder keeps the mode of its first start. */
export type Mode = "production" | "demo";

export interface StackOptions {
  /** Where everything lives; default `.tanpu` of the repository. */
  readonly dataFolder?: string;
  /** Default: the mode the folder has been used in, else production. */
  readonly mode?: Mode;
  /** Roles to start at once; others follow with `startRole`. */
  readonly roles?: readonly RoleName[];
  /** Put over the roles' environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly onProgress?: (text: string) => void;
}

/** A running stack: database and chain, and the roles started on it. */
export interface Stack {
  readonly dataFolder: string;
  readonly databaseUrl: string;
  readonly rpcUrl: string;
  /** Undefined when the queue lives in the database. */
  readonly redisUrl: string | undefined;
  readonly chainId: number;
  readonly mode: Mode;
  /** How many blocks must stand on a block before it is final. */
  readonly finalityBlocks: number;
  /** What the chain lost at the last end and was given again. */
  readonly replayed: { readonly blocks: number; readonly transactions: number };
  /** Resolves with one sentence when the database or the chain ended unasked. */
  readonly broken: Promise<string>;
  apiUrl(): string;
  /** Starts a role once; `env` is put over its environment. */
  startRole(name: RoleName, env?: Readonly<Record<string, string>>): Promise<void>;
  stopRole(name: RoleName): Promise<void>;
  /** Ends everything in order; may be called twice. */
  stop(): Promise<void>;
}

/** The data folder of the repository this file belongs to. */
export const defaultDataFolder = path.join(root, ".tanpu");

/** The file by which `reset` knows that a folder is one of ours. */
export const dataMarker = "README.txt";

interface Parts {
  readonly dataFolder: string;
  readonly owner: ProcessRecord;
  readonly lifeline: { readonly child: ChildProcess; readonly record: ProcessRecord | undefined };
  readonly postgres: RunningPart | undefined;
  readonly chain: EmbeddedChain | undefined;
  readonly databaseUrl: string;
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly replayed: { blocks: number; transactions: number };
  readonly apiPort: number;
  readonly mode: Mode;
}

/**
 * Brings the infrastructure up: Postgres and chain (embedded, or those of DATABASE_URL and RPC_URL), the chain's lost
 * tail replayed, the database migrated; then the roles asked for.
 *
 * @throws StackError with one sentence a person can act on.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const dataFolder = path.resolve(options.dataFolder ?? defaultDataFolder);
  const onProgress = options.onProgress ?? (() => {});
  const parts = await startParts(dataFolder, options.mode, onProgress);
  const stack = makeStack(parts, options, onProgress);
  try {
    await migrateDatabase(parts.databaseUrl);
    await Promise.all((options.roles ?? []).map((role) => stack.startRole(role)));
    return stack;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function startParts(
  dataFolder: string,
  wantedMode: Mode | undefined,
  onProgress: (text: string) => void,
): Promise<Parts> {
  fs.mkdirSync(dataFolder, { recursive: true, mode: 0o755 });
  fs.writeFileSync(
    path.join(dataFolder, dataMarker),
    "Local data of Tanpu; ./tanpu reset deletes this folder's content.\n",
  );
  const owner = takeFolder(dataFolder);
  let lifeline: Parts["lifeline"] | undefined;
  const started: { postgres?: RunningPart; chain?: EmbeddedChain } = {};
  try {
    const mode = settleMode(dataFolder, wantedMode);
    const stale = await endRecorded(dataFolder, new Set(["stack"]));
    forgetGone(dataFolder);
    if (stale > 0) onProgress(`Ended ${stale} processes the last run had left`);
    lifeline = startLifeline(dataFolder);
    const apiPort = process.env.PORT ? Number(process.env.PORT) : await findPort(dataFolder, "api");
    const since = Date.now();
    await checkOutside(dataFolder);
    const begun = await Promise.allSettled([
      process.env.DATABASE_URL ? undefined : startPostgres(dataFolder),
      process.env.RPC_URL ? undefined : startChain(dataFolder, finality(), onProgress),
    ]);
    if (begun[0].status === "fulfilled" && begun[0].value) started.postgres = begun[0].value;
    if (begun[1].status === "fulfilled" && begun[1].value) started.chain = begun[1].value;
    for (const part of begun) if (part.status === "rejected") throw part.reason;
    const databaseUrl = started.postgres?.url ?? process.env.DATABASE_URL ?? "";
    const rpcUrl = started.chain?.url ?? (await answeringUrl(process.env.RPC_URL ?? ""));
    const chainId = started.chain?.chainId ?? (await checkIdentity(dataFolder, rpcUrl));
    onProgress(
      `Database and chain ${chainId} are up (${((Date.now() - since) / 1000).toFixed(1)} s)`,
    );
    if (started.chain === undefined) await requireFinalBlock(databaseUrl, rpcUrl);
    const replayed = started.chain
      ? await replayTail(databaseUrl, rpcUrl)
      : { blocks: 0, transactions: 0 };
    if (replayed.blocks > 0) {
      onProgress(
        `The chain had lost its tail: replayed ${replayed.blocks} blocks with ${replayed.transactions} transactions`,
      );
    }
    await started.chain?.mine();
    const { postgres, chain } = started;
    return {
      dataFolder,
      owner,
      lifeline,
      postgres,
      chain,
      databaseUrl,
      rpcUrl,
      chainId,
      replayed,
      apiPort,
      mode,
    };
  } catch (error) {
    await Promise.allSettled([started.chain?.stop(), started.postgres?.stop()]);
    // A part that failed half-way up may have left its process.
    await endRecorded(dataFolder, new Set(["stack", "lifeline"]));
    endLifeline(dataFolder, lifeline);
    forgetProcess(dataFolder, owner);
    throw error;
  }
}

/**
 * The mode of the folder, kept from its first start on: what was made under published demo keys must never pass for
 * a real registry, nor a real one be opened to them.
 */
function settleMode(dataFolder: string, wanted: Mode | undefined): Mode {
  const file = path.join(dataFolder, "mode");
  const kept = fs.existsSync(file) ? fs.readFileSync(file, "utf8").trim() : undefined;
  if (kept !== undefined && wanted !== undefined && kept !== wanted) {
    throw new StackError(
      `The folder ${dataFolder} holds a registry in ${kept} mode; set TANPU_DATA to another folder for ${wanted} mode, or ./tanpu reset.`,
    );
  }
  const mode: Mode = (kept ?? wanted) === "demo" ? "demo" : "production";
  if (kept === undefined) fs.writeFileSync(file, `${mode}\n`, { flush: true });
  return mode;
}

/** The small process that ends what we started when this one dies without a chance to do so. */
function startLifeline(dataFolder: string): Parts["lifeline"] {
  const script = path.join(import.meta.dirname, "lifeline.ts");
  const child = spawn(
    process.execPath,
    ["--import", "tsx", script, dataFolder, String(process.pid)],
    {
      cwd: root,
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    },
  );
  child.on("error", () => {});
  child.stdin?.on("error", () => {});
  child.unref();
  const record =
    child.pid === undefined ? undefined : recordProcess(dataFolder, "lifeline", child.pid);
  return { child, record };
}

function endLifeline(dataFolder: string, lifeline: Parts["lifeline"] | undefined): void {
  if (lifeline === undefined) return;
  lifeline.child.kill("SIGKILL");
  if (lifeline.record) forgetProcess(dataFolder, lifeline.record);
}

/** The passphrase of the keystore, made once per folder and readable by its owner only. */
function passphraseFile(dataFolder: string): string {
  const file = path.join(dataFolder, "secrets", "keystore-passphrase");
  if (!fs.existsSync(file)) {
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    fs.writeFileSync(`${file}.new`, randomBytes(32).toString("hex"), { mode: 0o600, flush: true });
    fs.renameSync(`${file}.new`, file);
  }
  return file;
}

/** Looks at what the environment puts in the place of our parts before any of them is started. */
async function checkOutside(dataFolder: string): Promise<void> {
  const { DATABASE_URL: databaseUrl, RPC_URL: rpcUrl, REDIS_URL: redisUrl } = process.env;
  if (redisUrl) await checkRedis(redisUrl);
  if (rpcUrl) {
    const url = await answeringUrl(rpcUrl);
    await checkIdentity(dataFolder, url);
    await requireBlocks(url);
  }
  if (databaseUrl) await claimDatabase(dataFolder, databaseUrl);
  else requireEmbedded(dataFolder);
}

/** Roles belong to the whole server: databases of it that are set up at the same moment may get in each other's way. */
const rolesRaced = new Set(["23505", "42710", "XX000"]);

async function migrateDatabase(databaseUrl: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await migrate(databaseUrl);
    } catch (error) {
      if (tries > 4 || !rolesRaced.has(String((error as NodeJS.ErrnoException).code))) {
        throw process.env.DATABASE_URL ? databaseFailure(error, databaseUrl) : error;
      }
      await sleep(200 * tries);
    }
  }
}

function makeStack(parts: Parts, options: StackOptions, onProgress: (text: string) => void): Stack {
  const { dataFolder, databaseUrl, rpcUrl } = parts;
  const finalityBlocks = finality();
  const redisUrl = process.env.REDIS_URL || undefined;
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    // The roles get every node of the setting, the stack itself uses the one that answers.
    RPC_URL: parts.chain ? rpcUrl : process.env.RPC_URL || rpcUrl,
    PORT: String(parts.apiPort),
    TANPU_DATA: dataFolder,
    TANPU_MODE: parts.mode,
    // The demonstration's outsider checks a folder of files.
    ...(parts.mode === "demo" ? { STORE_URL: "" } : {}),
    FINALITY_BLOCKS: String(finalityBlocks),
    KEYSTORE_PASSPHRASE_FILE: process.env.KEYSTORE_PASSPHRASE_FILE ?? passphraseFile(dataFolder),
    ...options.env,
  };
  const roles = new Map<RoleName, Role>();
  let stopping: Promise<void> | undefined;
  let tellBroken: (sentence: string) => void = () => {};
  const broken = new Promise<string>((resolve) => {
    tellBroken = resolve;
  });
  const watch = (part: RunningPart | undefined, noun: string, log: string): void => {
    part?.gone.then(() => {
      if (stopping === undefined)
        tellBroken(`The ${noun} ended unexpectedly; see ${path.join(dataFolder, "logs", log)}.`);
    });
  };
  watch(parts.postgres, "database", "postgres.log");
  watch(parts.chain, "chain", "chain.log");

  const stopAll = async (): Promise<void> => {
    await Promise.allSettled([...roles.values()].map((role) => role.stop()));
    await Promise.allSettled([parts.chain?.stop(), parts.postgres?.stop()]);
    endLifeline(dataFolder, parts.lifeline);
    forgetProcess(dataFolder, parts.owner);
  };
  return {
    dataFolder,
    databaseUrl,
    rpcUrl,
    redisUrl,
    chainId: parts.chainId,
    mode: parts.mode,
    finalityBlocks,
    replayed: parts.replayed,
    broken,
    apiUrl: () => `http://127.0.0.1:${parts.apiPort}`,
    startRole: async (name, roleEnv = {}) => {
      if (stopping !== undefined) throw new StackError("The stack is being stopped.");
      const role =
        roles.get(name) ??
        new Role(name, { root, dataFolder, env: { ...env, ...roleEnv }, onProgress });
      roles.set(name, role);
      await role.start();
    },
    stopRole: async (name) => roles.get(name)?.stop(),
    stop: () => {
      stopping ??= stopAll();
      return stopping;
    },
  };
}
