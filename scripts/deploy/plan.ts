import { getCreateAddress, Interface, ZeroAddress } from "ethers";
import {
  type Artifact,
  type Artifacts,
  CONTRACT_NAMES,
  type ContractName,
  creationCode,
  type PlannedName,
  readArtifacts,
} from "./artifacts.ts";
import type { Step } from "./runSteps.ts";

/** Roles of the AccessManager. They govern wiring and what is common to all programmes, nothing else. */
export const ROLES = {
  /** Changes roles, delays and who may call what; the number is the AccessManager's own. */
  admin: 0n,
  /** Creates top programmes and adds exclusion pairs. */
  registrar: 1n,
  /** Admits a further issuer, or closes one: the way to a next version. */
  issuerKeeper: 2n,
} as const;

export type RoleName = keyof typeof ROLES;

const KEPT_ROLES = ["registrar", "issuerKeeper"] as const;

/** A TimelockController that the deployment makes to own the registry. */
export type TimelockPlan = {
  delaySeconds: number;
  proposers: readonly string[];
  /** The zero address lets anyone execute what was proposed and has waited. */
  executors: readonly string[];
};

/** Who holds the roles at the end. The deployer holds none then. */
export type Ownership = {
  /** Address of the multisig or timelock; null when the deployment makes the timelock itself. */
  owner: string | null;
  timelock: TimelockPlan | null;
  /** How long an announced act of the admin or the keeper of issuers waits. */
  ownerDelaySeconds: number;
  /** How long an announced act of the registrar waits. */
  registrarDelaySeconds: number;
};

/** All a plan depends on. Addresses follow from it, so it is enough to build a registry again. */
export type PlanFacts = {
  deployer: string;
  /** Nonce of the deployer that creates the first contract. */
  firstNonce: number;
  /** Null where the deployer keeps the roles: on the embedded chain. */
  ownership: Ownership | null;
};

/** The creation of a contract, or a call to one. The place in the plan is the nonce. */
export type PlanStep = {
  name: string;
  contract: PlannedName;
  /** The function to call; null for the creation. */
  call: string | null;
  args: readonly unknown[];
};

export type Plan = PlanFacts & {
  addresses: Readonly<Record<ContractName, string>> & { readonly timelock?: string };
  /** Who holds the roles when all steps are taken. */
  holder: string;
  steps: readonly PlanStep[];
};

/** What each role may call. A test compares it with what the sources restrict. */
export const RESTRICTED: Readonly<
  Record<Exclude<RoleName, "admin">, Partial<Record<ContractName, readonly string[]>>>
> = {
  registrar: { programmes: ["createProgramme"], sources: ["addExclusion"] },
  issuerKeeper: { sources: ["addIssuer", "closeIssuer"], reductionToken: ["addIssuer"] },
};

/** Number of nonces a plan takes where the deployer keeps the roles. */
export const EMBEDDED_STEPS =
  CONTRACT_NAMES.length +
  2 * KEPT_ROLES.length +
  KEPT_ROLES.flatMap((role) => Object.keys(RESTRICTED[role])).length;

/** The contracts a plan creates, in order. */
export function plannedNames(facts: Pick<PlanFacts, "ownership">): readonly PlannedName[] {
  return facts.ownership?.timelock ? [...CONTRACT_NAMES, "timelock"] : CONTRACT_NAMES;
}

/** The artifacts a plan is made of. */
export function readPlanned(facts: Pick<PlanFacts, "ownership">): Promise<Artifacts<PlannedName>> {
  return readArtifacts(plannedNames(facts));
}

/** Addresses of what a deployer creates from a nonce on. */
export function addressesFrom(facts: PlanFacts): Plan["addresses"] {
  const at = (k: number) => getCreateAddress({ from: facts.deployer, nonce: facts.firstNonce + k });
  const entries = plannedNames(facts).map((name, k) => [name, at(k)]);
  return Object.fromEntries(entries) as Plan["addresses"];
}

/**
 * What is deployed, in which order, and who owns it in the end. Contracts know each other from their
 * constructors by addresses that follow from the deployer and its nonces.
 */
export function planOf(facts: PlanFacts, artifacts: Artifacts<PlannedName>): Plan {
  const addresses = addressesFrom(facts);
  const holder = facts.ownership?.owner ?? addresses.timelock ?? facts.deployer;
  const plan = { ...facts, addresses, holder };
  return {
    ...plan,
    steps: [...creations(plan), ...wiring(addresses, artifacts), ...handover(plan)],
  };
}

/** A plan's steps as the transactions that take them. */
export function transactionsOf(plan: Plan, artifacts: Artifacts<PlannedName>): Step[] {
  return plan.steps.map(({ name, contract, call, args }) =>
    call === null
      ? { name, to: null, data: creationCode(artifacts[contract], args) }
      : {
          name,
          to: plan.addresses[contract] as string,
          data: Interface.from(artifacts[contract].abi).encodeFunctionData(call, args),
        },
  );
}

function creations(plan: Omit<Plan, "steps">): PlanStep[] {
  const { addresses: at, ownership } = plan;
  const timelock = ownership?.timelock;
  const args: Record<PlannedName, readonly unknown[]> = {
    accessManager: [plan.deployer],
    programmes: [at.accessManager, at.reductionToken],
    sources: [at.accessManager, at.programmes, at.issuance, at.poolReserve],
    issuance: [at.programmes, at.sources, at.reductionToken, at.doubleCount],
    reductionToken: [at.accessManager, tokenWiring(at)],
    certificate: [at.reductionToken, at.programmes, at.doubleCount],
    accountGuard: [at.programmes, at.reductionToken],
    freezes: [at.programmes, at.reductionToken, at.doubleCount],
    corrections: [at.programmes, at.reductionToken],
    doubleCount: [at.programmes, at.sources, at.issuance, at.reductionToken, at.freezes],
    settlement: [at.programmes, at.reductionToken],
    pledge: [at.programmes, at.reductionToken],
    poolReserve: [at.programmes, at.reductionToken],
    // Without an admin of its own: only what was proposed and has waited changes it.
    timelock: timelock
      ? [timelock.delaySeconds, timelock.proposers, timelock.executors, ZeroAddress]
      : [],
  };
  return plannedNames(plan).map((name) => ({
    name: `create ${name}`,
    contract: name,
    call: null,
    args: args[name],
  }));
}

/** Who may do what with units; the struct of the token's constructor. */
function tokenWiring(at: Plan["addresses"]): Record<string, string> {
  const { programmes, issuance, certificate, accountGuard, freezes } = at;
  const { corrections, doubleCount, settlement, pledge, poolReserve } = at;
  return {
    programmes,
    issuance,
    certificate,
    accountGuard,
    freezes,
    corrections,
    doubleCount,
    settlement,
    pledge,
    poolReserve,
  };
}

function wiring(at: Plan["addresses"], artifacts: Artifacts<PlannedName>): PlanStep[] {
  const labels = KEPT_ROLES.map((role) =>
    managerStep(`label the ${role}`, "labelRole", [ROLES[role], role]),
  );
  const functions = KEPT_ROLES.flatMap((role) =>
    Object.entries(RESTRICTED[role]).map(([name, calls]) =>
      managerStep(`let the ${role} call ${calls.join(" and ")}`, "setTargetFunctionRole", [
        at[name as ContractName],
        calls.map((call) => selectorOf(artifacts[name as ContractName], call)),
        ROLES[role],
      ]),
    ),
  );
  return [...labels, ...functions];
}

// The last step takes from the deployer what it needed for the others.
function handover(plan: Omit<Plan, "steps">): PlanStep[] {
  const { holder, ownership, deployer } = plan;
  const grant = (role: RoleName, seconds: number) =>
    managerStep(`make ${holder} ${role}`, "grantRole", [ROLES[role], holder, seconds]);
  const kept = [
    grant("registrar", ownership?.registrarDelaySeconds ?? 0),
    grant("issuerKeeper", ownership?.ownerDelaySeconds ?? 0),
  ];
  if (!ownership) return kept;
  return [
    ...kept,
    grant("admin", ownership.ownerDelaySeconds),
    managerStep("take the admin role from the deployer", "renounceRole", [ROLES.admin, deployer]),
  ];
}

function managerStep(name: string, call: string, args: readonly unknown[]): PlanStep {
  return { name, contract: "accessManager", call, args };
}

/** @throws Error when the contract has no such function: the plan and the sources have parted. */
export function selectorOf(artifact: Artifact, call: string): string {
  const found = Interface.from(artifact.abi).getFunction(call);
  if (!found) throw new Error(`${artifact.contractName} has no function ${call}.`);
  return found.selector;
}
