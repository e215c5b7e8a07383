import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { Wallet } from "ethers";
import { chainAt } from "../deploy.ts";
import { liveOwner, takeFolder } from "../dev/owner.ts";
import { knownPort } from "../dev/ports.ts";
import { forgetProcess } from "../dev/processes.ts";
import { folders, openRegistryKeys, readJson, stepSigner, writeJson } from "../dev/registry.ts";
import { rpc } from "../dev/rpc.ts";
import { StackError } from "../dev/stackError.ts";
import { type Comparison, compare, hardhatChain } from "./compare.ts";
import { type DeployConfig, readConfig } from "./config.ts";
import { deployByIgnition, manifestFileOf } from "./ignition.ts";
import { DeploymentError, type Manifest } from "./manifest.ts";
import { httpTransport } from "./planProvider.ts";
import type { StepSigner } from "./runSteps.ts";

const ROOT = path.resolve(import.meta.dirname, "..", "..");

/** Folder of the deployment on a chain: journal, kept transactions, manifest. */
export const deploymentFolder = (chainId: number): string =>
  path.join(ROOT, "deployments", String(chainId));

export type DeployCommand = {
  configFile: string;
  /** Where the deployer's key is looked for, and where the manifest is published to be served. */
  dataFolder: string;
  rpcUrl: string | undefined;
  /** File with the deployer's private key in hexadecimal, instead of the key store. */
  keyFile?: string | undefined;
  folder?: string;
  pollMilliseconds?: number;
  say: (text: string) => void;
};

/**
 * `./tanpu deploy`: deploys on an operator's chain, or takes up what was cut.
 *
 * @throws DeploymentError in one sentence.
 */
export async function runDeploy(command: DeployCommand): Promise<Manifest> {
  const { configFile, dataFolder, rpcUrl, say } = command;
  const config = await readConfig(configFile);
  if (!rpcUrl) throw new DeploymentError("RPC_URL names no chain to deploy on.");
  const chainId = await chainIdAt(rpcUrl);
  const folder = command.folder ?? deploymentFolder(config.chainId);
  const provider = chainAt(rpcUrl);
  const lock = takeDeployment(folder);
  try {
    if (chainId !== config.chainId) {
      throw new DeploymentError(
        `${configFile} is meant for the chain ${config.chainId}, but RPC_URL is the chain ${chainId}.`,
      );
    }
    await requireOwnersCode(config, (address) => provider.getCode(address));
    const manifest = await deployByIgnition({
      provider,
      transport: httpTransport(rpcUrl),
      deployer: await deployerOf(config, command),
      folder,
      ownership: config.ownership,
      confirmations: config.confirmations,
      ...(command.pollMilliseconds ? { pollMilliseconds: command.pollMilliseconds } : {}),
      sourcesCommit: await sourcesCommit(),
      onStep: (k, of, name) => say(`Contracts: ${k} of ${of} (${name})`),
    });
    say(`The registry stands on chain ${chainId}; its manifest is ${manifestFileOf(folder)}`);
    await publish(dataFolder, manifest, say);
    return manifest;
  } finally {
    forgetProcess(folder, lock);
    provider.destroy();
  }
}

/** @throws DeploymentError when the owner is an account without code and the config does not say so. */
export async function requireOwnersCode(
  config: DeployConfig,
  codeOf: (address: string) => Promise<string>,
): Promise<void> {
  const { owner } = config.ownership;
  if (owner === null || config.ownerWithoutCode) return;
  if ((await codeOf(owner)) !== "0x") return;
  throw new DeploymentError(
    `The owner ${owner} has no code on this chain: it is one person's key, or the address is wrong. ` +
      "Name a multisig or a timelock, or set owner.withoutCode.",
  );
}

/** @throws DeploymentError when no chain answers. */
async function chainIdAt(rpcUrl: string): Promise<number> {
  if (!URL.canParse(rpcUrl) || !/^https?:$/.test(new URL(rpcUrl).protocol)) {
    throw new DeploymentError("RPC_URL must be a URL such as http://127.0.0.1:8545.");
  }
  try {
    return Number(await rpc<string>(rpcUrl, "eth_chainId"));
  } catch (cause) {
    const { cause: inner, message } = cause as Error & { cause?: NodeJS.ErrnoException };
    throw new DeploymentError(
      `No chain answers at ${new URL(rpcUrl).host} (RPC_URL): ${inner?.code ?? message}.`,
      { cause },
    );
  }
}

function takeDeployment(folder: string) {
  try {
    return takeFolder(folder);
  } catch (cause) {
    if (!(cause instanceof StackError)) throw cause;
    throw new DeploymentError(`Another deployment runs in ${folder}; wait until it has ended.`, {
      cause,
    });
  }
}

async function deployerOf(config: DeployConfig, command: DeployCommand): Promise<StepSigner> {
  if (command.keyFile) {
    const wallet = await walletIn(command.keyFile);
    if (wallet.address === config.deployer) return wallet;
    throw new DeploymentError(
      `The key in ${command.keyFile} is ${wallet.address}'s, but the deployer is ${config.deployer}.`,
    );
  }
  const { dataFolder } = command;
  try {
    const keys = await openRegistryKeys(dataFolder);
    if ((await keys.addresses()).includes(config.deployer.toLowerCase())) {
      return stepSigner(keys, config.deployer);
    }
  } catch (cause) {
    throw new DeploymentError(`The key store of ${dataFolder} cannot be opened.`, { cause });
  }
  throw new DeploymentError(
    `${dataFolder} holds no key of ${config.deployer}; set DEPLOYER_KEY_FILE, or make one with ./tanpu keys create.`,
  );
}

async function walletIn(file: string): Promise<Wallet> {
  try {
    return new Wallet((await readFile(file, "utf8")).trim());
  } catch {
    // Without the cause: it may quote the key.
    throw new DeploymentError(`${file} holds no private key in hexadecimal.`);
  }
}

// What the roles serve from. A folder that was used with another registry keeps its own manifest.
async function publish(
  dataFolder: string,
  manifest: Manifest,
  say: (text: string) => void,
): Promise<void> {
  const file = folders.manifest(dataFolder);
  const present = await readJson<Manifest>(file);
  const same =
    present?.contracts.accessManager.address === manifest.contracts.accessManager.address;
  if (present && !(same && present.genesisHash === manifest.genesisHash)) {
    say(
      `${file} is another registry's and stays; to serve this one, set TANPU_DATA to a new folder`,
    );
    return;
  }
  await writeJson(file, manifest);
  say("./tanpu start with this RPC_URL now serves it");
}

/** Commit of these sources, with "dirty" when files differ from it; undefined outside a repository. */
async function sourcesCommit(): Promise<string | undefined> {
  const git = async (...args: string[]) =>
    (await promisify(execFile)("git", args, { cwd: ROOT })).stdout.trim();
  try {
    const commit = await git("rev-parse", "HEAD");
    const changed = await git("status", "--porcelain", "--", "contracts", "hardhat.config.ts");
    return changed === "" ? commit : `${commit} dirty`;
  } catch {
    return undefined;
  }
}

export type CompareCommand = {
  manifestFile: string | undefined;
  json: boolean;
  dataFolder: string;
  rpcUrl: string | undefined;
  print: (text: string) => void;
};

/** `./tanpu compare`: exit code 0 when chain, sources and manifest agree, else 1. */
export async function runCompare(command: CompareCommand): Promise<number> {
  const { dataFolder, json, print } = command;
  const rpcUrl = command.rpcUrl ?? embeddedUrl(dataFolder);
  const chainId = await chainIdAt(rpcUrl);
  const provider = chainAt(rpcUrl);
  try {
    const deployed = manifestFileOf(deploymentFolder(chainId));
    const file =
      command.manifestFile ?? (existsSync(deployed) ? deployed : folders.manifest(dataFolder));
    const manifest = await readJson<Manifest>(file);
    if (!manifest) throw new DeploymentError(`There is no manifest at ${file}.`);
    const comparison = await compare({ provider, manifest, emptyChain: hardhatChain });
    if (json) print(JSON.stringify(comparison));
    else for (const line of linesOf(comparison)) print(line);
    return comparison.equal ? 0 : 1;
  } finally {
    provider.destroy();
  }
}

function embeddedUrl(dataFolder: string): string {
  const port = liveOwner(dataFolder) ? knownPort(dataFolder, "chain") : undefined;
  if (port !== undefined) return `http://127.0.0.1:${port}`;
  throw new DeploymentError(
    "There is no chain to compare: set RPC_URL, or ./tanpu start in another terminal.",
  );
}

/** A comparison for people. */
export function linesOf(comparison: Comparison): string[] {
  const lines = comparison.contracts.map((row) => {
    const name = row.contract.padEnd(16);
    if (row.equal && row.creation !== "equal") {
      return `differs  ${name} ${row.address} in its creation: ${row.creation}`;
    }
    return row.equal
      ? `equal    ${name} ${row.address} ${row.bytes} bytes`
      : `differs  ${name} ${row.address} from byte ${row.firstDifference} of ${row.bytes}: ` +
          `built ${row.built}, found ${row.found}`;
  });
  for (const { what, planned } of comparison.governance) {
    lines.push(planned ? `missing  ${what}` : `foreign  ${what}`);
  }
  for (const sentence of comparison.manifest) lines.push(`manifest ${sentence}`);
  lines.push(
    comparison.equal
      ? `The registry on chain ${comparison.chainId} is the one these sources make.`
      : `The registry on chain ${comparison.chainId} is NOT the one these sources and the manifest say.`,
  );
  return lines;
}
