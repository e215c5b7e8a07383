import { readFile } from "node:fs/promises";
import * as path from "node:path";
import {
  FileKeyStore,
  type KeyMaker,
  type KeyStore,
  readPassphrase,
} from "../../server/chain/keys.ts";
import { openKeyStore } from "../../server/chain/openKeys.ts";
import { readKeyStoreConfig } from "../../server/platform/keystoreConfig.ts";
import { writeDurably } from "../../server/platform/store.ts";
import { checkDeployed, deploy, type Manifest, type StepSigner } from "../deploy.ts";

/** Where a data folder keeps what the registry's parties need. */
export const folders = {
  keys: (dataFolder: string) => path.join(dataFolder, "keystore"),
  published: (dataFolder: string) => path.join(dataFolder, "published"),
  manifest: (dataFolder: string) => path.join(dataFolder, "published", "manifest.json"),
  parties: (dataFolder: string) => path.join(dataFolder, "secrets", "parties.json"),
};

/** The store that the registry's own parties sign with: the one of the configuration. */
export function openRegistryKeys(dataFolder: string): Promise<KeyMaker> {
  return openKeyStore(readKeyStoreConfig(), dataFolder);
}

/** A folder of key files, opened with the passphrase the stack made for the data folder. */
export async function openKeys(dataFolder: string, folder: string): Promise<FileKeyStore> {
  const file =
    process.env.KEYSTORE_PASSPHRASE_FILE ?? path.join(dataFolder, "secrets", "keystore-passphrase");
  return new FileKeyStore({ folder, passphrase: await readPassphrase(file) });
}

/**
 * Addresses by the names of the parties; a party without a key gets one. Written only after the keys
 * are, so a crash in between leaves at most an unused key.
 */
export async function namedKeys<Name extends string>(
  file: string,
  names: readonly Name[],
  keys: KeyMaker,
): Promise<Record<Name, string>> {
  const known = (await readJson<Record<string, string>>(file)) ?? {};
  const missing = names.filter((name) => known[name] === undefined);
  for (const name of missing) known[name] = await keys.create();
  if (missing.length > 0) await writeJson(file, known);
  return known as Record<Name, string>;
}

/** A key of the store in the shape that set-up steps are signed with. */
export function stepSigner(keys: KeyStore, address: string): StepSigner {
  return { address, signTransaction: (transaction) => keys.signTransaction(address, transaction) };
}

/**
 * Deploys the registry's contracts, or takes up a deployment that was cut, or finds it complete; then
 * publishes the manifest. The deployer's key is made on first use.
 */
export async function prepareRegistry(options: {
  dataFolder: string;
  rpcUrl: string;
  onStep?: (k: number, of: number, name: string) => void;
}): Promise<{ manifest: Manifest; keys: KeyMaker; deployer: string }> {
  const { dataFolder, rpcUrl, onStep } = options;
  const keys = await openRegistryKeys(dataFolder);
  const expected = await readJson<Manifest>(folders.manifest(dataFolder));
  // A registry of ./tanpu deploy: its deployer has no say any more, so there is nothing to take up.
  if (expected?.plan?.ownership) {
    const manifest = await checkDeployed(rpcUrl, expected);
    return { manifest, keys, deployer: expected.plan.deployer };
  }
  const { deployer } = await namedKeys(folders.parties(dataFolder), ["deployer"], keys);
  const manifest = await deploy({
    rpcUrl,
    deployer: stepSigner(keys, deployer),
    ...(onStep ? { onStep } : {}),
    ...(expected ? { expected } : {}),
  });
  if (!expected) await writeJson(folders.manifest(dataFolder), manifest);
  return { manifest, keys, deployer };
}

/**
 * What the roles of a served folder need besides: the account that brings reviewers' statements to the chain is the
 * operator's, where the folder has one. What the environment says goes first.
 */
export async function partyEnvironment(dataFolder: string): Promise<Record<string, string>> {
  if (process.env.RELAY_ACCOUNT) return {};
  const known = await readJson<{ operator?: string }>(folders.parties(dataFolder));
  return known?.operator === undefined ? {} : { RELAY_ACCOUNT: known.operator };
}

export async function readJson<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as T;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
}

export async function writeJson(file: string, value: unknown): Promise<void> {
  await writeDurably(file, new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`));
}
