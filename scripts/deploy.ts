import { getCreateAddress, Interface, id, JsonRpcProvider, keccak256 } from "ethers";
import {
  type Artifact,
  CONTRACT_NAMES,
  type ContractName,
  creationCode,
  readArtifact,
  withoutImmutables,
} from "./deploy/artifacts.ts";
import { runSteps, type Step, type StepSigner } from "./deploy/runSteps.ts";

export type { ContractName } from "./deploy/artifacts.ts";
export { runSteps, type Step, StepError, type StepSigner } from "./deploy/runSteps.ts";

/** Where a registry stands, as published in `manifest.json`. Hashes and addresses are hex. */
export type Manifest = {
  chainId: number;
  genesisHash: string;
  /** Block in which the first contract was created; nothing of the registry is older. */
  deployedBlock: number;
  contracts: Record<ContractName, { address: string; codeHash: string }>;
};

export type DeployOptions = {
  rpcUrl: string;
  /** A key used for nothing else: its nonces from 0 on are the deployment's steps. */
  deployer: StepSigner;
  onStep?: (k: number, of: number, name: string) => void;
  /** A manifest published before; the chain must still agree with it. */
  expected?: Manifest;
};

/** AccessManager role that creates programmes and adds exclusion pairs, and decides nothing else. */
export const REGISTRAR_ROLE = 1n;

/** A deployment that is there but not the one these sources make. */
export class DeploymentError extends Error {
  override readonly name = "DeploymentError";
}

/** Number of nonces of the deployer that a deployment takes; later steps of that key begin here. */
export const DEPLOYMENT_STEPS = CONTRACT_NAMES.length + 4;

/**
 * Deploys the registry, or takes up a deployment that was cut, or finds it complete. Addresses follow
 * from the deployer and its nonces, so every contract knows the others from its constructor.
 *
 * @throws DeploymentError when the chain holds other code at these addresses than was compiled here.
 * @throws StepError when a step reverted or the chain stands still.
 */
export async function deploy(options: DeployOptions): Promise<Manifest> {
  const provider = chainAt(options.rpcUrl);
  try {
    const { deployer, onStep, expected } = options;
    const addresses = addressesOf(deployer.address);
    const artifacts = await readArtifacts();
    const steps = [
      ...creationSteps(artifacts, addresses, deployer.address),
      ...wiringSteps(artifacts, addresses, deployer.address),
    ];
    await runSteps({
      signer: deployer,
      provider,
      firstNonce: 0,
      steps,
      ...(onStep ? { onStep } : {}),
    });
    const manifest = await readManifest(provider, addresses, artifacts);
    if (expected) requireSame(manifest, expected);
    return manifest;
  } finally {
    provider.destroy();
  }
}

/** A provider that asks the chain every time; its own cache would hide a block of this instant. */
export function chainAt(rpcUrl: string): JsonRpcProvider {
  const provider = new JsonRpcProvider(rpcUrl, undefined, {
    cacheTimeout: -1,
    staticNetwork: true,
    batchMaxCount: 1,
  });
  provider.pollingInterval = 100;
  return provider;
}

/** Addresses of a deployer's registry. */
export function addressesOf(deployer: string): Record<ContractName, string> {
  return byName((_, nonce) => getCreateAddress({ from: deployer, nonce }));
}

function creationSteps(
  artifacts: Record<ContractName, Artifact>,
  at: Record<ContractName, string>,
  deployer: string,
): Step[] {
  const args: Record<ContractName, readonly unknown[]> = {
    accessManager: [deployer],
    programmes: [at.accessManager, at.reductionToken],
    sources: [at.accessManager, at.programmes, at.issuance],
    issuance: [at.programmes, at.sources, at.reductionToken],
    reductionToken: [at.programmes, at.issuance],
    certificate: [at.reductionToken, at.programmes],
  };
  return CONTRACT_NAMES.map((name) => ({
    name: `create ${name}`,
    to: null,
    data: creationCode(artifacts[name], args[name]),
  }));
}

function wiringSteps(
  artifacts: Record<ContractName, Artifact>,
  at: Record<ContractName, string>,
  deployer: string,
): Step[] {
  const manager = Interface.from(artifacts.accessManager.abi);
  const step = (name: string, call: string, args: readonly unknown[]): Step => ({
    name,
    to: at.accessManager,
    data: manager.encodeFunctionData(call, args),
  });
  const selector = (name: ContractName, call: string) =>
    Interface.from(artifacts[name].abi).getFunction(call)?.selector;
  return [
    step("label the registrars", "labelRole", [REGISTRAR_ROLE, "registrar"]),
    step("let registrars create programmes", "setTargetFunctionRole", [
      at.programmes,
      [selector("programmes", "createProgramme")],
      REGISTRAR_ROLE,
    ]),
    step("let registrars add exclusion pairs", "setTargetFunctionRole", [
      at.sources,
      [selector("sources", "addExclusion")],
      REGISTRAR_ROLE,
    ]),
    step("make the deployer a registrar", "grantRole", [REGISTRAR_ROLE, deployer, 0]),
  ];
}

async function readManifest(
  provider: JsonRpcProvider,
  addresses: Record<ContractName, string>,
  artifacts: Record<ContractName, Artifact>,
): Promise<Manifest> {
  const codes = {} as Record<ContractName, string>;
  for (const name of CONTRACT_NAMES) {
    const code = await provider.getCode(addresses[name]);
    if (code === "0x") throw new DeploymentError(`There is no ${name} at ${addresses[name]}.`);
    requireCompiledHere(name, addresses[name], code, artifacts[name]);
    codes[name] = code;
  }
  const genesis = await provider.getBlock(0);
  if (!genesis?.hash) throw new DeploymentError("The chain does not show its first block.");
  return {
    chainId: Number((await provider.getNetwork()).chainId),
    genesisHash: genesis.hash,
    deployedBlock: await deployedBlock(provider, addresses.accessManager),
    contracts: byName((name) => ({
      address: addresses[name],
      codeHash: keccak256(codes[name]),
    })),
  };
}

function requireCompiledHere(
  name: ContractName,
  address: string,
  code: string,
  artifact: Artifact,
): void {
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

function requireSame(found: Manifest, expected: Manifest): void {
  if (found.genesisHash !== expected.genesisHash || found.chainId !== expected.chainId) {
    throw new DeploymentError("The manifest belongs to another chain than the one that answers.");
  }
  for (const name of CONTRACT_NAMES) {
    const there = expected.contracts[name];
    const here = found.contracts[name];
    if (here.address !== there.address || here.codeHash !== there.codeHash) {
      throw new DeploymentError(`The ${name} on the chain differs from the one in the manifest.`);
    }
  }
}

// The AccessManager speaks first when it is created. A node may have lost old state, but not its logs.
async function deployedBlock(provider: JsonRpcProvider, accessManager: string): Promise<number> {
  const topics = [id("RoleGranted(uint64,address,uint32,uint48,bool)")];
  const [first] = await provider.getLogs({ address: accessManager, topics, fromBlock: 0 });
  if (!first) throw new DeploymentError("The chain does not show the deployment's first event.");
  return first.blockNumber;
}

async function readArtifacts(): Promise<Record<ContractName, Artifact>> {
  const read = await Promise.all(CONTRACT_NAMES.map((name) => readArtifact(name)));
  return Object.fromEntries(CONTRACT_NAMES.map((name, k) => [name, read[k]])) as Record<
    ContractName,
    Artifact
  >;
}

function byName<T>(of: (name: ContractName, nonce: number) => T): Record<ContractName, T> {
  return Object.fromEntries(CONTRACT_NAMES.map((name, nonce) => [name, of(name, nonce)])) as Record<
    ContractName,
    T
  >;
}
