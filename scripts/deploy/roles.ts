import { Contract, Interface, type JsonRpcProvider, type Log } from "ethers";
import type { Artifacts, PlannedName } from "./artifacts.ts";
import { type Plan, ROLES } from "./plan.ts";

/** Who may do what by the AccessManager, and which issuers there are. Sorted, so that two can be compared. */
export type Governance = {
  /** "admin 0x… after 604800 s" */
  members: readonly string[];
  /** "programmes.createProgramme(…) role 1" */
  functions: readonly string[];
  /** Role admins, guardians, grant delays, delays and closures of targets, other than at the beginning. */
  settings: readonly string[];
  /** "sources admitted 0x…" */
  issuers: readonly string[];
};

const MANAGER_EVENTS = [
  "RoleGranted",
  "RoleRevoked",
  "RoleAdminChanged",
  "RoleGuardianChanged",
  "RoleGrantDelayChanged",
  "TargetFunctionRoleUpdated",
  "TargetAdminDelayUpdated",
  "TargetClosed",
] as const;

/** Reads governance from a chain: which accounts and functions to ask about from the events, the answers from state. */
export async function readGovernance(
  provider: JsonRpcProvider,
  plan: Pick<Plan, "addresses">,
  artifacts: Artifacts<PlannedName>,
  fromBlock: number,
): Promise<Governance> {
  const at = plan.addresses;
  const manager = Interface.from(artifacts.accessManager.abi);
  const events = (await logsOf(provider, at.accessManager, fromBlock)).flatMap((log) => {
    const parsed = manager.parseLog(log);
    return parsed && MANAGER_EVENTS.some((name) => name === parsed.name) ? [parsed] : [];
  });
  const of = (name: (typeof MANAGER_EVENTS)[number]) =>
    events.filter((event) => event.name === name).map(({ args }) => args);
  const contract = new Contract(at.accessManager, manager, provider);
  const ask = (name: string, ...args: unknown[]) => contract.getFunction(name).staticCall(...args);

  const members: string[] = [];
  const grants = unique(of("RoleGranted").map(({ roleId, account }) => `${roleId} ${account}`));
  for (const grant of grants) {
    const [roleId = "", account = ""] = grant.split(" ");
    const [since, delay, pendingDelay] = await ask("getAccess", roleId, account);
    if (since === 0n) continue;
    const pending = pendingDelay === 0n ? "" : `, later ${pendingDelay} s`;
    members.push(`${roleName(roleId)} ${account} after ${delay} s${pending}`);
  }

  const nameOf = namesOf(at);
  const functions: string[] = [];
  const assigned = unique(
    of("TargetFunctionRoleUpdated").map(({ target, selector }) => `${target} ${selector}`),
  );
  for (const one of assigned) {
    const [target = "", selector = ""] = one.split(" ");
    const role = await ask("getTargetFunctionRole", target, selector);
    if (role === ROLES.admin) continue;
    const name = nameOf(target);
    const artifact = artifacts[name as PlannedName] as Artifacts[keyof Artifacts] | undefined;
    const called = artifact
      ? (Interface.from(artifact.abi).getFunction(selector)?.format() ?? selector)
      : selector;
    functions.push(`${roleName(role)} may call ${name}.${called}`);
  }

  const settings: string[] = [];
  for (const roleId of unique(of("RoleAdminChanged").map((args) => `${args.roleId}`))) {
    const admin = await ask("getRoleAdmin", roleId);
    if (admin !== 0n) settings.push(`${roleName(roleId)} is granted by ${roleName(admin)}`);
  }
  for (const roleId of unique(of("RoleGuardianChanged").map((args) => `${args.roleId}`))) {
    const guardian = await ask("getRoleGuardian", roleId);
    if (guardian !== 0n) settings.push(`${roleName(roleId)} is guarded by ${roleName(guardian)}`);
  }
  for (const roleId of unique(of("RoleGrantDelayChanged").map((args) => `${args.roleId}`))) {
    const delay = await ask("getRoleGrantDelay", roleId);
    if (delay !== 0n) settings.push(`${roleName(roleId)} is granted after ${delay} s`);
  }
  for (const target of unique(of("TargetAdminDelayUpdated").map((args) => args.target))) {
    const delay = await ask("getTargetAdminDelay", target);
    if (delay !== 0n) settings.push(`${nameOf(target)} is changed after ${delay} s`);
  }
  for (const target of unique(of("TargetClosed").map((args) => args.target))) {
    if (await ask("isTargetClosed", target)) settings.push(`${nameOf(target)} is closed`);
  }
  const issuers = await readIssuers(provider, at, artifacts, fromBlock);
  for (const list of [members, functions, settings, issuers]) list.sort();
  return { members, functions, settings, issuers };
}

// They are only ever added and closed, each with an event, so events say all.
async function readIssuers(
  provider: JsonRpcProvider,
  at: Plan["addresses"],
  artifacts: Artifacts<PlannedName>,
  fromBlock: number,
): Promise<string[]> {
  const found: string[] = [];
  for (const name of ["reductionToken", "sources"] as const) {
    const face = Interface.from(artifacts[name].abi);
    const topics = face.fragments.flatMap((fragment) =>
      fragment.type === "event" &&
      /Issuer(Added|Closed)$/.test((fragment as { name?: string }).name ?? "")
        ? [face.getEvent((fragment as unknown as { name: string }).name)?.topicHash ?? ""]
        : [],
    );
    if (topics.length === 0) continue;
    for (const log of await logsOf(provider, at[name], fromBlock, [topics])) {
      const parsed = face.parseLog(log);
      if (!parsed) continue;
      const did = parsed.name.endsWith("Closed") ? "closed" : "admitted";
      found.push(`${name} ${did} ${parsed.args[0]}`);
    }
  }
  return unique(found);
}

/** Logs from a block on; a node that refuses so many at once is asked for halves. */
async function logsOf(
  provider: JsonRpcProvider,
  address: string,
  fromBlock: number,
  topics: (string | string[])[] = [],
): Promise<Log[]> {
  const read = async (first: number, last: number): Promise<Log[]> => {
    try {
      return await provider.getLogs({ address, topics, fromBlock: first, toBlock: last });
    } catch (cause) {
      if (last <= first) throw cause;
      const middle = Math.floor((first + last) / 2);
      return [...(await read(first, middle)), ...(await read(middle + 1, last))];
    }
  };
  return read(fromBlock, await provider.getBlockNumber());
}

function namesOf(addresses: Plan["addresses"]): (address: string) => string {
  const byAddress = new Map(
    Object.entries(addresses).map(([name, address]) => [address.toLowerCase(), name]),
  );
  return (address) => byAddress.get(address.toLowerCase()) ?? address;
}

function roleName(role: bigint | string): string {
  return Object.entries(ROLES).find(([, id]) => id === BigInt(role))?.[0] ?? `role ${role}`;
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)];
}
