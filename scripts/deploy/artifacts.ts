import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { getBytes, hexlify, Interface, type InterfaceAbi } from "ethers";

const ARTIFACTS = path.resolve(
  path.dirname(fileURLToPath(import.meta.url)),
  "..",
  "..",
  "artifacts",
);

/** The contracts of a registry, in the order of their deployment: the place is the nonce. */
export const CONTRACT_NAMES = [
  "accessManager",
  "programmes",
  "sources",
  "issuance",
  "reductionToken",
  "certificate",
  "accountGuard",
  "freezes",
  "corrections",
  "doubleCount",
  "settlement",
  "pledge",
  "poolReserve",
] as const;

export type ContractName = (typeof CONTRACT_NAMES)[number];

/** What a plan may create: the registry's contracts and, where it is asked for, their owner. */
export type PlannedName = ContractName | "timelock";

const ARTIFACT_OF: Record<PlannedName, string> = {
  accessManager: "@openzeppelin/contracts/access/manager/AccessManager.sol/AccessManager.json",
  programmes: "contracts/Programmes.sol/Programmes.json",
  sources: "contracts/Sources.sol/Sources.json",
  issuance: "contracts/Issuance.sol/Issuance.json",
  reductionToken: "contracts/ReductionToken.sol/ReductionToken.json",
  certificate: "contracts/Certificate.sol/Certificate.json",
  accountGuard: "contracts/AccountGuard.sol/AccountGuard.json",
  freezes: "contracts/Freezes.sol/Freezes.json",
  corrections: "contracts/Corrections.sol/Corrections.json",
  doubleCount: "contracts/DoubleCount.sol/DoubleCount.json",
  settlement: "contracts/Settlement.sol/Settlement.json",
  pledge: "contracts/Pledge.sol/Pledge.json",
  poolReserve: "contracts/PoolReserve.sol/PoolReserve.json",
  timelock: "@openzeppelin/contracts/governance/TimelockController.sol/TimelockController.json",
};

type Place = { start: number; length: number };

export type Artifact = {
  contractName: string;
  abi: InterfaceAbi;
  bytecode: string;
  deployedBytecode: string;
  immutableReferences?: Record<string, readonly Place[]>;
  buildInfoId?: string;
};

export type Artifacts<Name extends PlannedName = ContractName> = Readonly<Record<Name, Artifact>>;

/** Compiler and settings of one contract, as the build recorded them. */
export type Compiler = { version: string; settings: Record<string, unknown> };

/** @throws Error in one sentence when the contracts are not compiled. */
export async function readArtifact(name: PlannedName): Promise<Artifact> {
  return readBuilt<Artifact>(ARTIFACT_OF[name]);
}

/** The artifacts of the named contracts. */
export async function readArtifacts<Name extends PlannedName>(
  names: readonly Name[],
): Promise<Artifacts<Name>> {
  const read = await Promise.all(names.map(async (name) => [name, await readArtifact(name)]));
  return Object.fromEntries(read) as Artifacts<Name>;
}

/** What compiled an artifact; undefined when the build left no record of it. */
export async function compilerOf(artifact: Artifact): Promise<Compiler | undefined> {
  if (!artifact.buildInfoId) return undefined;
  const file = `build-info/${artifact.buildInfoId}.json`;
  const { solcLongVersion, input } = await readBuilt<BuildInfo>(file);
  const { outputSelection: _, ...settings } = input.settings;
  return { version: solcLongVersion, settings };
}

type BuildInfo = { solcLongVersion: string; input: { settings: Record<string, unknown> } };

async function readBuilt<T>(name: string): Promise<T> {
  const file = path.join(ARTIFACTS, name);
  try {
    return JSON.parse(await readFile(file, "utf8")) as T;
  } catch (cause) {
    throw new Error(`The contracts are not compiled: ${file} cannot be read.`, { cause });
  }
}

/** Creation code with the constructor's arguments. */
export function creationCode(artifact: Artifact, args: readonly unknown[]): string {
  return artifact.bytecode + Interface.from(artifact.abi).encodeDeploy(args).slice(2);
}

/** Runtime code with every immutable set to zero, as the compiler leaves it in the artifact. */
export function withoutImmutables(code: string, artifact: Artifact): string {
  const bytes = getBytes(code);
  for (const place of Object.values(artifact.immutableReferences ?? {}).flat()) {
    bytes.fill(0, place.start, place.start + place.length);
  }
  return hexlify(bytes);
}
