import { JsonRpcProvider } from "ethers";
import type { ContractName } from "./deploy/artifacts.ts";
import { type Manifest, readManifest, requireSame } from "./deploy/manifest.ts";
import {
  addressesFrom,
  EMBEDDED_STEPS,
  type PlanFacts,
  planOf,
  readPlanned,
  transactionsOf,
} from "./deploy/plan.ts";
import { runSteps, type StepSigner } from "./deploy/runSteps.ts";

export type { ContractName } from "./deploy/artifacts.ts";
export { DeploymentError, type Manifest } from "./deploy/manifest.ts";
export { runSteps, type Step, StepError, type StepSigner } from "./deploy/runSteps.ts";

export type DeployOptions = {
  rpcUrl: string;
  /** A key used for nothing else: its nonces from 0 on are the deployment's steps. */
  deployer: StepSigner;
  onStep?: (k: number, of: number, name: string) => void;
  /** A manifest published before; the chain must still agree with it. */
  expected?: Manifest;
};

/** Number of nonces of the deployer that a deployment takes; later steps of that key begin here. */
export const DEPLOYMENT_STEPS = EMBEDDED_STEPS;

/**
 * Deploys the registry on the embedded chain, or takes up a deployment that was cut, or finds it
 * complete. The deployer keeps the roles. An operator's chain is deployed by deploy/ignition.ts.
 *
 * @throws DeploymentError when the chain holds other code at these addresses than was compiled here.
 * @throws StepError when a step reverted or the chain stands still.
 */
export async function deploy(options: DeployOptions): Promise<Manifest> {
  const provider = chainAt(options.rpcUrl);
  try {
    const { deployer, onStep, expected } = options;
    const facts = factsOf(deployer.address);
    const artifacts = await readPlanned(facts);
    const plan = planOf(facts, artifacts);
    await runSteps({
      signer: deployer,
      provider,
      firstNonce: facts.firstNonce,
      steps: transactionsOf(plan, artifacts),
      ...(onStep ? { onStep } : {}),
    });
    const manifest = await readManifest(provider, plan, artifacts);
    if (expected) requireSame(manifest, expected);
    return manifest;
  } finally {
    provider.destroy();
  }
}

/**
 * Makes sure that a registry of an operator's chain is there and is the one of its manifest.
 *
 * @throws DeploymentError when it is not.
 */
export async function checkDeployed(rpcUrl: string, expected: Manifest): Promise<Manifest> {
  const provider = chainAt(rpcUrl);
  try {
    const artifacts = await readPlanned(expected.plan);
    requireSame(
      await readManifest(provider, planOf(expected.plan, artifacts), artifacts),
      expected,
    );
    return expected;
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

/** Addresses of the registry that a deployer of the embedded chain makes. */
export function addressesOf(deployer: string): Readonly<Record<ContractName, string>> {
  return addressesFrom(factsOf(deployer));
}

function factsOf(deployer: string): PlanFacts {
  return { deployer, firstNonce: 0, ownership: null };
}
