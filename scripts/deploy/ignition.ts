import { readFile } from "node:fs/promises";
import path from "node:path";
import type {
  ContractDeploymentFuture,
  DeploymentResult,
  Future,
  Artifact as IgnitionArtifact,
} from "@nomicfoundation/ignition-core";
import {
  buildModule,
  deploy as deployModule,
  trackTransaction,
  wipe,
} from "@nomicfoundation/ignition-core";
import type { JsonRpcProvider } from "ethers";
import { Contract, getAddress, id } from "ethers";
import { writeDurably } from "../../server/platform/store.ts";
import type { Artifacts, PlannedName } from "./artifacts.ts";
import { mendJournal, unsureNonce } from "./journal.ts";
import {
  DeploymentError,
  genesisHash,
  type Manifest,
  type ManifestContract,
  readManifest,
} from "./manifest.ts";
import { type Plan, type PlanFacts, planOf, ROLES, readPlanned, transactionsOf } from "./plan.ts";
import { PlanProvider, type Transport } from "./planProvider.ts";
import type { StepSigner } from "./runSteps.ts";

const MODULE = "Registry";

export type IgnitionOptions = {
  /** A provider of the chain, and the calls Ignition's own requests go by. */
  provider: JsonRpcProvider;
  transport: Transport;
  deployer: StepSigner;
  /** Folder of this chain's deployment: journal, kept transactions, manifest. */
  folder: string;
  ownership: NonNullable<PlanFacts["ownership"]>;
  /** Blocks that must stand on a step before the next one is sent. */
  confirmations: number;
  pollMilliseconds?: number;
  sourcesCommit?: string | undefined;
  onStep?: (k: number, of: number, name: string) => void;
};

/** What a deployment was begun with; it is taken up with the same or not at all. */
type Begun = PlanFacts & {
  chainId: number;
  genesisHash: string;
  /** Over every step's receiver and data: Ignition itself looks no more at steps that were taken. */
  stepsHash: string;
};

export const manifestFileOf = (folder: string): string => path.join(folder, "manifest.json");

/**
 * Deploys the registry on an operator's chain by Hardhat Ignition and hands it to its owner. May be cut
 * anywhere and called again. The manifest is written when everything stands and was checked.
 *
 * @throws DeploymentError in one sentence when it cannot be taken up or ended otherwise than planned.
 */
export async function deployByIgnition(options: IgnitionOptions): Promise<Manifest> {
  const { provider, deployer, folder } = options;
  const { facts, plan, artifacts, steps } = await begin(options);
  const eip1193 = new PlanProvider({
    transport: options.transport,
    signer: deployer,
    firstNonce: facts.firstNonce,
    steps,
    sentFolder: path.join(folder, "sent"),
    ...(options.onStep ? { onStep: options.onStep } : {}),
  });
  await eip1193.takeUp();
  await mendJournal(folder);
  const unsure = await unsureNonce(folder);
  if (unsure !== undefined) await settle(eip1193, folder, unsure, options.confirmations);
  await runModule(options, eip1193, plan, artifacts);
  await eip1193.takeUp();
  await requireHandedOver(provider, plan, artifacts);
  const { sourcesCommit } = options;
  const read = await readManifest(provider, plan, artifacts);
  const manifest: Manifest = {
    ...read,
    contracts: await withCreations(read.contracts, plan, eip1193),
    ...(sourcesCommit ? { sourcesCommit } : {}),
  };
  await writeJson(manifestFileOf(folder), manifest);
  return manifest;
}

async function withCreations(
  contracts: Manifest["contracts"],
  plan: Plan,
  eip1193: PlanProvider,
): Promise<Manifest["contracts"]> {
  const found: Record<string, ManifestContract> = {};
  for (const [k, [name, contract]] of Object.entries(contracts).entries()) {
    found[name] = { ...contract, creation: await eip1193.minedHash(plan.firstNonce + k) };
  }
  return found as Manifest["contracts"];
}

// Written before anything is sent, so that a later run with another config cannot continue this one.
async function begin(options: IgnitionOptions) {
  const { provider, folder, ownership } = options;
  const file = path.join(folder, "plan.json");
  const chainId = Number((await provider.getNetwork()).chainId);
  const chain = { chainId, genesisHash: await genesisHash(provider) };
  const known = await readJson<Begun>(file);
  const deployer = getAddress(options.deployer.address);
  if (known) requireAsBegun(known, { ...chain, deployer, ownership }, folder);
  const firstNonce = known?.firstNonce ?? (await restingNonce(provider, deployer));
  const facts: PlanFacts = { deployer, firstNonce, ownership };
  const artifacts = await readPlanned(facts);
  const plan = planOf(facts, artifacts);
  const steps = transactionsOf(plan, artifacts);
  const stepsHash = id(JSON.stringify(steps));
  if (!known) await writeJson(file, { ...chain, ...facts, stepsHash });
  else if (known.stepsHash !== stepsHash) {
    throw new DeploymentError(
      `The deployment in ${folder} was begun with other sources or compiler settings than these; ` +
        "use the version that began it.",
    );
  }
  return { facts, plan, artifacts, steps };
}

function requireAsBegun(
  known: Begun,
  now: Pick<Begun, "chainId" | "genesisHash" | "deployer" | "ownership">,
  folder: string,
): void {
  const begun = `The deployment in ${folder} was begun`;
  if (known.chainId !== now.chainId || known.genesisHash !== now.genesisHash) {
    throw new DeploymentError(
      `${begun} on another chain (id ${known.chainId}) than the one that answers (id ${now.chainId}).`,
    );
  }
  if (known.deployer !== now.deployer) {
    throw new DeploymentError(`${begun} by ${known.deployer}; only that key can end it.`);
  }
  if (JSON.stringify(known.ownership) !== JSON.stringify(now.ownership)) {
    throw new DeploymentError(
      `${begun} with another owner or other delays than the configuration says now; ` +
        "it can only be ended as it was begun.",
    );
  }
}

async function restingNonce(provider: JsonRpcProvider, deployer: string): Promise<number> {
  const mined = await provider.getTransactionCount(deployer, "latest");
  if (mined === (await provider.getTransactionCount(deployer, "pending"))) return mined;
  throw new DeploymentError(
    `${deployer} has transactions under way; a deployment begins when there are none.`,
  );
}

// The journal was cut between the announcement of a transaction and its hash.
async function settle(
  eip1193: PlanProvider,
  folder: string,
  nonce: number,
  confirmations: number,
): Promise<void> {
  const hash = await eip1193.sendAgain(nonce);
  for (let tries = 0; ; tries++) {
    const seen = await eip1193.request({ method: "eth_getTransactionByHash", params: [hash] });
    if (seen !== null) break;
    if (tries === 50) throw new DeploymentError(`The node does not show the transaction ${hash}.`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await trackTransaction(folder, hash, eip1193, confirmations);
}

async function runModule(
  options: IgnitionOptions,
  eip1193: PlanProvider,
  plan: Plan,
  artifacts: Artifacts<PlannedName>,
): Promise<void> {
  const { folder, confirmations } = options;
  for (let tries = 0; ; tries++) {
    const result = await deployModule({
      provider: eip1193,
      deploymentDir: folder,
      artifactResolver: noNames,
      ignitionModule: moduleOf(plan, artifacts),
      deploymentParameters: {},
      accounts: [plan.deployer],
      defaultSender: plan.deployer,
      config: {
        requiredConfirmations: confirmations,
        blockPollingInterval: options.pollMilliseconds ?? 1_000,
        retryInterval: options.pollMilliseconds ?? 1_000,
        // A replacement under another hash could be mined unseen; what was kept is sent again instead.
        disableFeeBumping: true,
        timeBeforeBumpingFees: Number.MAX_SAFE_INTEGER,
      },
    }).catch(async (cause: Error) => {
      if (cause instanceof DeploymentError) throw cause;
      if (cause.name === "HardhatError") {
        // What stands behind it is often a foreign nonce or an empty account: the better sentences.
        await eip1193.takeUp();
        await eip1193.requireFunds();
        throw new DeploymentError(`Ignition stopped: ${cause.message}`, { cause });
      }
      throw cause;
    });
    if (result.type === "SUCCESSFUL_DEPLOYMENT") return requireAddresses(result, plan);
    const failed = failedFutures(result);
    if (tries > 0 || failed.length === 0) throw new DeploymentError(sentenceOf(result, plan));
    await eip1193.takeUp();
    // What failed before it was sent has used no nonce, so it may be tried again.
    for (const futureId of failed) await wipe(folder, noNames, futureId);
  }
}

/** The plan as an Ignition module: every step waits for the one before it. */
export function moduleOf(plan: Plan, artifacts: Artifacts<PlannedName>) {
  return buildModule(MODULE, (m) => {
    const created = new Map<PlannedName, ContractDeploymentFuture>();
    let before: Future[] = [];
    for (const [k, step] of plan.steps.entries()) {
      const id = stepId(k, step.call === null ? step.contract : step.call);
      const options = { id, after: before };
      const artifact = artifacts[step.contract];
      if (step.call === null) {
        const future = m.contract(
          artifact.contractName,
          artifact as unknown as IgnitionArtifact,
          step.args as never[],
          options,
        ) as unknown as ContractDeploymentFuture;
        created.set(step.contract, future);
        before = [future];
      } else {
        const target = created.get(step.contract);
        if (!target) throw new Error(`The plan calls ${step.contract} before it creates it.`);
        before = [m.call(target, step.call, step.args as never[], options)];
      }
    }
    return Object.fromEntries(created);
  });
}

const stepId = (k: number, what: string): string => `step${String(k).padStart(2, "0")}_${what}`;

// Every step brings its artifact along, so that no name has to be looked up.
const noNames = {
  loadArtifact: (name: string): Promise<IgnitionArtifact> =>
    Promise.reject(new Error(`The plan brings no artifact of ${name}.`)),
  getBuildInfo: async () => undefined,
};

function requireAddresses(
  result: Extract<DeploymentResult, { contracts: unknown }>,
  plan: Plan,
): void {
  for (const [k, { contract: name, call }] of plan.steps.entries()) {
    if (call !== null) continue;
    const found = result.contracts[`${MODULE}#${stepId(k, name)}`]?.address;
    const planned = plan.addresses[name];
    if (found?.toLowerCase() === planned?.toLowerCase()) continue;
    throw new DeploymentError(
      `The ${name} stands at ${found}, but the other contracts know it at ${planned}: a foreign ` +
        "transaction took a nonce of the deployer. Deploy again from a key used for nothing else.",
    );
  }
}

function failedFutures(result: DeploymentResult): string[] {
  if (result.type === "EXECUTION_ERROR") return result.failed.map(({ futureId }) => futureId);
  return result.type === "PREVIOUS_RUN_ERROR" ? Object.keys(result.errors) : [];
}

function sentenceOf(result: DeploymentResult, plan: Plan): string {
  const nameOf = (futureId: string): string =>
    plan.steps[Number(/#step(\d+)/.exec(futureId)?.[1])]?.name ?? futureId;
  if (result.type === "EXECUTION_ERROR") {
    const [first] = result.failed;
    return first
      ? `The step "${nameOf(first.futureId)}" failed: ${first.error}`
      : `The deployment did not end; run it again (waiting for ${result.started.map(nameOf)}).`;
  }
  if (result.type === "SUCCESSFUL_DEPLOYMENT") return "";
  const [[futureId, errors] = []] = Object.entries(result.errors);
  const what = `The step "${nameOf(futureId ?? "")}"`;
  return result.type === "RECONCILIATION_ERROR"
    ? `${what} was taken with other code or arguments than these sources make; use the version that ` +
        `began the deployment (${errors?.[0]})`
    : `${what} cannot be taken: ${errors?.[0]}`;
}

/** @throws DeploymentError unless the owner holds every role and the deployer none. */
async function requireHandedOver(
  provider: JsonRpcProvider,
  plan: Plan,
  artifacts: Artifacts<PlannedName>,
): Promise<void> {
  const manager = new Contract(plan.addresses.accessManager, artifacts.accessManager.abi, provider);
  for (const [name, role] of Object.entries(ROLES)) {
    const [held] = await manager.getFunction("hasRole")(role, plan.holder);
    if (!held) throw new DeploymentError(`The owner ${plan.holder} is not ${name}.`);
    const [kept] = await manager.getFunction("hasRole")(role, plan.deployer);
    if (kept) throw new DeploymentError(`The deployer ${plan.deployer} is still ${name}.`);
  }
}

async function readJson<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as T;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await writeDurably(file, new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`));
}
