import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { keepPace, type Pace } from "./chainPace.ts";
import { restoreState, stateFile } from "./chainState.ts";
import { lastLines, openLog } from "./logs.ts";
import { findPort } from "./ports.ts";
import type { RunningPart } from "./postgres.ts";
import { endProcess, forgetProcess, recordProcess } from "./processes.ts";
import { blockAt, rpc } from "./rpc.ts";
import { knownCause, StackError } from "./stackError.ts";

/** Which chain belongs to a data folder, so that another one is never taken for it. */
interface ChainIdentity {
  readonly chainId: number;
  /** Unix seconds; with it a chain that lost everything begins from the same genesis again. */
  readonly genesisTimestamp: number;
  readonly genesisHash?: string;
  /** Whether it is the chain of RPC_URL rather than our own. */
  readonly external?: boolean;
}

/** A running embedded chain. Blocks are only made after {@link EmbeddedChain.mine}, so that a lost tail can be replayed first. */
export interface EmbeddedChain extends RunningPart {
  readonly chainId: number;
  /** Sets the clock to now and makes a block every second while there is work; see {@link keepPace}. */
  mine(): Promise<void>;
}

const blockSeconds = 1;

/** Anvil's own writing while it runs is put off for ever: it is neither whole nor sparing. */
const neverSeconds = 1_000_000_000;

function identityFile(dataFolder: string): string {
  return path.join(dataFolder, "chain", "identity.json");
}

function readIdentity(dataFolder: string): ChainIdentity | undefined {
  const file = identityFile(dataFolder);
  if (!fs.existsSync(file)) return undefined;
  return JSON.parse(fs.readFileSync(file, "utf8"));
}

function writeIdentity(dataFolder: string, identity: ChainIdentity): void {
  const file = identityFile(dataFolder);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(`${file}.new`, JSON.stringify(identity), { flush: true });
  fs.renameSync(`${file}.new`, file);
}

function anvilBinary(): string {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const name = `@foundry-rs/anvil-${process.platform}-${arch}`;
  try {
    return createRequire(import.meta.url).resolve(`${name}/bin/anvil`);
  } catch {
    throw new StackError(
      `There is no embedded chain for ${process.platform}-${process.arch} here (package ${name}); set RPC_URL to a chain of your own.`,
    );
  }
}

/**
 * Checks that the chain behind a URL is the one this data folder has been used with, and remembers it at first use.
 *
 * @returns the chain id
 * @throws StackError when it is another chain, or none answers.
 */
export async function checkIdentity(dataFolder: string, url: string): Promise<number> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new StackError("RPC_URL must be a URL such as http://127.0.0.1:8545.");
  let chainId: number;
  let genesisHash: string | undefined;
  try {
    chainId = Number(await rpc<string>(url, "eth_chainId"));
    genesisHash = (await blockAt(url, 0))?.hash;
  } catch (error) {
    const { cause, message } = error as Error & { cause?: NodeJS.ErrnoException };
    throw new StackError(
      `No chain answers at ${new URL(url).host} (RPC_URL): ${cause?.code ?? message}.`,
    );
  }
  const known = readIdentity(dataFolder);
  const differs = known !== undefined && known.chainId !== chainId;
  const otherGenesis = known?.genesisHash !== undefined && known.genesisHash !== genesisHash;
  if (differs || otherGenesis) {
    throw new StackError(
      `The chain of RPC_URL (id ${chainId}) is not the one this folder has been used with (id ${known?.chainId}); use the former one, or ./tanpu reset.`,
    );
  }
  if (known?.genesisHash === undefined && genesisHash !== undefined) {
    const block = known?.genesisTimestamp ?? Math.floor(Date.now() / 1000);
    const external = known === undefined;
    writeIdentity(dataFolder, { chainId, genesisTimestamp: block, genesisHash, external });
  }
  return chainId;
}

/**
 * Makes sure that a chain makes blocks by itself: notices end and blocks become final by later ones, so on a chain that
 * waits for transactions nothing would ever end.
 *
 * @throws StackError when its newest block is old and no other one comes.
 */
export async function requireBlocks(url: string, patienceSeconds = 20): Promise<void> {
  const first = await blockAt(url, "latest");
  if (first === undefined) return;
  if (first.number > 0 && Date.now() / 1000 - first.timestamp < patienceSeconds) return;
  const until = Date.now() + patienceSeconds * 1000;
  while (Date.now() < until) {
    if ((await blockAt(url, "latest"))?.number !== first.number) return;
    await sleep(100);
  }
  throw new StackError(
    `The chain of RPC_URL made no block in ${patienceSeconds} seconds; it must make them by itself, as anvil does with --block-time 1.`,
  );
}

function startFailure(dataFolder: string, code: string): StackError {
  const lines = lastLines(dataFolder, "chain", 10);
  const cause = knownCause(lines.join("\n")) ?? lines.at(-1) ?? `it ended with ${code}`;
  return new StackError(
    `The embedded chain did not start: ${cause}; details in ${path.join(dataFolder, "logs", "chain.log")}.`,
  );
}

async function attempt(dataFolder: string, port: number, identity: ChainIdentity) {
  const log = openLog(dataFolder, "chain");
  const args = [
    "--host",
    "127.0.0.1",
    "--port",
    String(port),
    "--chain-id",
    String(identity.chainId),
  ];
  args.push(
    "--state",
    stateFile(dataFolder),
    "--state-interval",
    String(neverSeconds),
    "--no-mining",
    "--order",
    "fifo",
  );
  args.push("--hardfork", "cancun", "--accounts", "0", "--gas-limit", "100000000");
  args.push("--block-base-fee-per-gas", "0", "--gas-price", "0", "--quiet");
  // Every start makes a genesis block, also when a state is loaded; with the same timestamp it is the same block.
  // The clock begins there, too, and is set right by `mine()`.
  args.push("--timestamp", String(identity.genesisTimestamp));
  const child = spawn(anvilBinary(), args, { stdio: ["ignore", log, log], detached: true });
  fs.closeSync(log);
  let ended: string | undefined;
  const gone = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      ended = error.message;
      resolve();
    });
    child.once("exit", (code, signal) => {
      ended = signal ?? String(code);
      resolve();
    });
  });
  if (child.pid === undefined) throw startFailure(dataFolder, "no process");
  const record = recordProcess(dataFolder, "chain", child.pid);
  const url = `http://127.0.0.1:${port}`;
  const until = Date.now() + 60_000;
  while (ended === undefined) {
    const chainId = await rpc<string>(url, "eth_chainId").catch(() => undefined);
    // A stranger on the port has another id, and ours would have ended because it could not listen.
    if (Number(chainId) === identity.chainId && ended === undefined) return { record, url, gone };
    if (Date.now() > until) {
      await endProcess(record, 2_000);
      throw startFailure(dataFolder, "a timeout of a minute");
    }
    await sleep(25);
  }
  forgetProcess(dataFolder, record);
  return { ended };
}

/**
 * Starts the embedded chain of a data folder from its newest whole state; no block is made until `mine()`.
 *
 * @throws StackError with one sentence when the platform or the folder does not allow it.
 */
export async function startChain(
  dataFolder: string,
  finalityBlocks: number,
  onProgress: (text: string) => void,
): Promise<EmbeddedChain> {
  let identity = readIdentity(dataFolder);
  if (identity === undefined) {
    identity = {
      chainId: randomInt(1_000_000, 2_000_000_000),
      genesisTimestamp: Math.floor(Date.now() / 1000),
    };
    writeIdentity(dataFolder, identity);
  }
  if (identity.external === true) {
    throw new StackError(
      `This folder has been used with the chain ${identity.chainId} of an RPC_URL; set RPC_URL to it again, or ./tanpu reset.`,
    );
  }
  const state = restoreState(dataFolder);
  if (state?.fromCopy)
    onProgress(`The chain did not end in order; it goes on from block ${state.height}`);
  let taken: number | undefined;
  for (let tries = 0; ; tries++) {
    const port = await findPort(dataFolder, "chain", taken);
    const outcome = await attempt(dataFolder, port, identity);
    if ("ended" in outcome) {
      const said = lastLines(dataFolder, "chain", 6).join("\n");
      if (tries > 3 || !/address.*in use|os error 98|os error 48/i.test(said)) {
        throw startFailure(dataFolder, outcome.ended ?? "");
      }
      taken = port;
      continue;
    }
    const { record, url, gone } = outcome;
    await checkIdentity(dataFolder, url);
    let pace: Pace | undefined;
    return {
      url,
      gone,
      chainId: identity.chainId,
      mine: async () => {
        await rpc(url, "evm_setTime", [Math.floor(Date.now() / 1000)]);
        await rpc(url, "evm_setIntervalMining", [blockSeconds]);
        pace = keepPace(dataFolder, url, finalityBlocks);
      },
      stop: async () => {
        await pace?.end();
        await endProcess(record, 15_000);
        await gone;
        forgetProcess(dataFolder, record);
      },
    };
  }
}
