import { id, type JsonRpcProvider, keccak256 } from "ethers";
import {
  type Artifacts,
  type Compiler,
  type ContractName,
  compilerOf,
  type PlannedName,
  withoutImmutables,
} from "./artifacts.ts";
import { type Plan, type PlanFacts, plannedNames } from "./plan.ts";

/** One contract of a manifest. */
export type ManifestContract = {
  address: string;
  codeHash: string;
  /** What the constructor was given. */
  arguments: readonly unknown[];
  /** Hash of the transaction that created it, where the runner knows it. */
  creation?: string;
};

/** Where a registry stands, as published in `manifest.json`. Hashes and addresses are hex. */
export type Manifest = {
  chainId: number;
  genesisHash: string;
  /** Block in which the first contract was created; nothing of the registry is older. */
  deployedBlock: number;
  contracts: Record<ContractName, ManifestContract> & { timelock?: ManifestContract };
  /** What the registry can be built again from, with the sources. */
  plan: PlanFacts;
  /** Issuers admitted since; whoever admits one adds its address here. */
  issuers: readonly string[];
  /** Issuers closed since for new requests. */
  closedIssuers: readonly string[];
  /** One entry for each setting that some contract was compiled with. */
  compilers: readonly (Compiler & { contracts: readonly string[] })[];
  /** Commit of the sources, where it is known; "dirty" behind it when files differed from it. */
  sourcesCommit?: string;
};

/** A deployment that is there but not the one these sources make. */
export class DeploymentError extends Error {
  override readonly name = "DeploymentError";
}

/**
 * Reads a finished deployment from its chain.
 *
 * @throws DeploymentError when a contract is missing or was made from other sources than these.
 */
export async function readManifest(
  provider: JsonRpcProvider,
  plan: Plan,
  artifacts: Artifacts<PlannedName>,
): Promise<Manifest> {
  const contracts: Record<string, ManifestContract> = {};
  for (const { contract: name, call, args } of plan.steps) {
    if (call !== null) continue;
    const address = plan.addresses[name] as string;
    const code = await provider.getCode(address);
    if (code === "0x") throw new DeploymentError(`There is no ${name} at ${address}.`);
    requireCompiledHere(name, address, code, artifacts);
    contracts[name] = { address, codeHash: keccak256(code), arguments: args };
  }
  const { deployer, firstNonce, ownership } = plan;
  return {
    chainId: Number((await provider.getNetwork()).chainId),
    genesisHash: await genesisHash(provider),
    deployedBlock: await deployedBlock(provider, plan.addresses.accessManager),
    contracts: contracts as Manifest["contracts"],
    plan: { deployer, firstNonce, ownership },
    issuers: [],
    closedIssuers: [],
    compilers: await compilersOf(artifacts, plannedNames(plan)),
  };
}

/** @throws DeploymentError when the manifest is of another chain or names other contracts. */
export function requireSame(found: Manifest, expected: Manifest): void {
  if (found.genesisHash !== expected.genesisHash || found.chainId !== expected.chainId) {
    throw new DeploymentError("The manifest belongs to another chain than the one that answers.");
  }
  for (const [name, here] of Object.entries(found.contracts)) {
    const there = expected.contracts[name as ContractName] as ManifestContract | undefined;
    if (here.address !== there?.address || here.codeHash !== there.codeHash) {
      throw new DeploymentError(`The ${name} on the chain differs from the one in the manifest.`);
    }
  }
}

/** @throws DeploymentError when the node does not show the chain's first block. */
export async function genesisHash(provider: JsonRpcProvider): Promise<string> {
  const genesis = await provider.getBlock(0);
  if (!genesis?.hash) throw new DeploymentError("The chain does not show its first block.");
  return genesis.hash;
}

function requireCompiledHere(
  name: PlannedName,
  address: string,
  code: string,
  artifacts: Artifacts<PlannedName>,
): void {
  const artifact = artifacts[name];
  const same =
    code.length === artifact.deployedBytecode.length &&
    withoutImmutables(code, artifact) === artifact.deployedBytecode;
  if (!same) {
    throw new DeploymentError(
      `The ${name} at ${address} was made from other sources than these; ` +
        "use the version that deployed it, or a new data folder.",
    );
  }
}

// The AccessManager speaks first when it is created. A node may have lost old state, but not its logs.
async function deployedBlock(provider: JsonRpcProvider, accessManager: string): Promise<number> {
  const topics = [id("RoleGranted(uint64,address,uint32,uint48,bool)")];
  const [first] = await provider.getLogs({ address: accessManager, topics, fromBlock: 0 });
  if (!first) throw new DeploymentError("The chain does not show the deployment's first event.");
  return first.blockNumber;
}

async function compilersOf(
  artifacts: Artifacts<PlannedName>,
  names: readonly PlannedName[],
): Promise<Manifest["compilers"]> {
  const found = new Map<string, Compiler & { contracts: string[] }>();
  for (const name of names) {
    const compiler = await compilerOf(artifacts[name]);
    if (!compiler) continue;
    const key = JSON.stringify(compiler);
    const entry = found.get(key) ?? { ...compiler, contracts: [] };
    entry.contracts.push(name);
    found.set(key, entry);
  }
  return [...found.values()];
}
