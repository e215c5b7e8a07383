import { getAddress, JsonRpcProvider, keccak256, type Networkish } from "ethers";
import type { Artifacts, ContractName, PlannedName } from "./artifacts.ts";
import { DeploymentError, genesisHash, type Manifest } from "./manifest.ts";
import { type Plan, planOf, readPlanned, transactionsOf } from "./plan.ts";
import { type Governance, readGovernance } from "./roles.ts";

/** How far behind the first creation the others are looked for, where the manifest does not name them. */
const MOST_BLOCKS = 1_000;

/** How one contract on the chain compares with the one its sources make. */
export type ContractRow = {
  contract: string;
  address: string;
  bytes: number;
  equal: boolean;
  /** First byte that differs, counted from 0; null when they are equal. */
  firstDifference: number | null;
  /** Some bytes from there on, as built here and as found. */
  built?: string;
  found?: string;
  /**
   * Whether the transaction that created it carried the creation code of these sources: a constructor
   * can write storage that no runtime code shows.
   */
  creation: "equal" | "differs" | "not shown by the node";
};

export type Comparison = {
  chainId: number;
  equal: boolean;
  contracts: readonly ContractRow[];
  /** What governance has more or less than the plan and the manifest say. */
  governance: readonly { what: string; planned: boolean; found: boolean }[];
  /** Where the manifest itself disagrees with chain or plan, in sentences. */
  manifest: readonly string[];
};

export type CompareOptions = {
  provider: JsonRpcProvider;
  manifest: Manifest;
  /** Makes an empty chain in this process. */
  emptyChain: (chainId: number) => Promise<Scratch>;
};

/** A chain that lives as long as the comparison. */
export type Scratch = {
  request(call: { method: string; params?: unknown[] }): Promise<unknown>;
  close(): Promise<void>;
};

/**
 * Builds the registry again from the compiled sources, on an empty chain with the same id and by the
 * same deployer and nonces, and compares what the given chain holds byte for byte: immutables and the
 * caches of EIP-712 depend on nothing else.
 *
 * @throws DeploymentError when the manifest cannot be compared with this chain at all.
 */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const { provider, manifest } = options;
  if (!manifest.plan) {
    throw new DeploymentError("This manifest does not say how it was deployed; it is too old.");
  }
  const chainId = Number((await provider.getNetwork()).chainId);
  if (chainId !== manifest.chainId || (await genesisHash(provider)) !== manifest.genesisHash) {
    throw new DeploymentError("The manifest belongs to another chain than the one that answers.");
  }
  const artifacts = await readPlanned(manifest.plan);
  const plan = planOf(manifest.plan, artifacts);
  const scratch = await options.emptyChain(chainId);
  try {
    const built = new ScratchProvider(scratch, chainId);
    await build(built, plan, artifacts);
    const contracts = await compareCode(provider, built, plan, {
      artifacts,
      creations: await creationsOf(provider, plan, manifest),
    });
    const governance = differences(
      withIssuers(await readGovernance(built, plan, artifacts, 0), manifest),
      await readGovernance(provider, plan, artifacts, manifest.deployedBlock),
    );
    const disagreements = await manifestAgainst(provider, plan, manifest);
    const equal =
      contracts.every((row) => row.equal && row.creation === "equal") &&
      governance.length === 0 &&
      disagreements.length === 0;
    return { chainId, equal, contracts, governance, manifest: disagreements };
  } finally {
    await scratch.close();
  }
}

/** Takes every step of the plan as the deployer, without its key. */
async function build(
  built: JsonRpcProvider,
  plan: Plan,
  artifacts: Artifacts<PlannedName>,
): Promise<void> {
  const { deployer, firstNonce } = plan;
  await built.send("hardhat_impersonateAccount", [deployer]);
  await built.send("hardhat_setBalance", [deployer, `0x${(10n ** 24n).toString(16)}`]);
  await built.send("hardhat_setNonce", [deployer, `0x${firstNonce.toString(16)}`]);
  for (const { name, to, data } of transactionsOf(plan, artifacts)) {
    const hash = await built.send("eth_sendTransaction", [
      { from: deployer, data, gas: "0xe4e1c0", ...(to ? { to } : {}) },
    ]);
    const receipt = await built.send("eth_getTransactionReceipt", [hash]);
    if (Number(receipt?.status) !== 1) {
      throw new DeploymentError(`The step "${name}" fails with these sources.`);
    }
  }
}

async function compareCode(
  provider: JsonRpcProvider,
  built: JsonRpcProvider,
  plan: Plan,
  known: { artifacts: Artifacts<PlannedName>; creations: ReadonlyMap<number, Creation> },
): Promise<ContractRow[]> {
  const rows: ContractRow[] = [];
  const steps = transactionsOf(plan, known.artifacts);
  for (const [k, [contract, address]] of Object.entries(plan.addresses).entries()) {
    const creation = creationOf(known.creations.get(plan.firstNonce + k), plan, steps[k]?.data);
    const [wanted, found] = await Promise.all([built.getCode(address), provider.getCode(address)]);
    const at = firstDifference(wanted, found);
    const bytes = (wanted.length - 2) / 2;
    const row = { contract, address, bytes, equal: at === null, firstDifference: at, creation };
    const some = (code: string) => `0x${code.slice(2 + 2 * (at ?? 0)).slice(0, 64)}`;
    rows.push(at === null ? row : { ...row, built: some(wanted), found: some(found) });
  }
  return rows;
}

type Creation = { from: string; nonce: string; to: string | null; input: string };

function creationOf(
  found: Creation | undefined,
  plan: Plan,
  data: string | undefined,
): ContractRow["creation"] {
  if (!found) return "not shown by the node";
  const same = found.to === null && found.input.toLowerCase() === data?.toLowerCase();
  return same && found.from.toLowerCase() === plan.deployer.toLowerCase() ? "equal" : "differs";
}

/**
 * The deployer's transactions by nonce: those the manifest names, the others from the blocks after the
 * first creation. A sender and a nonce are one transaction on a chain, so it created that address.
 */
async function creationsOf(
  provider: JsonRpcProvider,
  plan: Plan,
  manifest: Manifest,
): Promise<ReadonlyMap<number, Creation>> {
  const found = new Map<number, Creation>();
  const note = (transaction: Creation | null): void => {
    if (transaction?.from.toLowerCase() !== plan.deployer.toLowerCase()) return;
    found.set(Number(transaction.nonce), transaction);
  };
  const names = Object.keys(plan.addresses) as PlannedName[];
  for (const name of names) {
    const hash = manifest.contracts[name]?.creation;
    if (hash) note(await provider.send("eth_getTransactionByHash", [hash]));
  }
  const head = await provider.getBlockNumber();
  const last = Math.min(head, manifest.deployedBlock + MOST_BLOCKS);
  for (let height = manifest.deployedBlock; height <= last; height++) {
    if (names.every((_, k) => found.has(plan.firstNonce + k))) break;
    const number = `0x${height.toString(16)}`;
    const block = (await provider.send("eth_getBlockByNumber", [number, true])) as {
      transactions?: readonly Creation[];
    } | null;
    for (const transaction of block?.transactions ?? []) note(transaction);
  }
  return found;
}

/** Offset of the first byte that differs; where one code ends before the other, its length. */
export function firstDifference(wanted: string, found: string): number | null {
  if (wanted.toLowerCase() === found.toLowerCase()) return null;
  const [a, b] = [wanted.toLowerCase(), found.toLowerCase()];
  for (let at = 2; at < Math.min(a.length, b.length); at += 2) {
    if (a.slice(at, at + 2) !== b.slice(at, at + 2)) return (at - 2) / 2;
  }
  return (Math.min(a.length, b.length) - 2) / 2;
}

/** What became of issuers since the deployment, as whoever did it wrote it into the manifest. */
function withIssuers(planned: Governance, manifest: Manifest): Governance {
  const admitted = (manifest.issuers ?? []).flatMap((issuer) => [
    `reductionToken admitted ${getAddress(issuer)}`,
    `sources admitted ${getAddress(issuer)}`,
  ]);
  const closed = (manifest.closedIssuers ?? []).map(
    (issuer) => `sources closed ${getAddress(issuer)}`,
  );
  return { ...planned, issuers: [...planned.issuers, ...admitted, ...closed].sort() };
}

function differences(planned: Governance, found: Governance): Comparison["governance"] {
  return (Object.keys(planned) as (keyof Governance)[]).flatMap((kind) => [
    ...planned[kind]
      .filter((what) => !found[kind].includes(what))
      .map((what) => ({ what, planned: true, found: false })),
    ...found[kind]
      .filter((what) => !planned[kind].includes(what))
      .map((what) => ({ what, planned: false, found: true })),
  ]);
}

async function manifestAgainst(
  provider: JsonRpcProvider,
  plan: Plan,
  manifest: Manifest,
): Promise<string[]> {
  const sentences: string[] = [];
  for (const [name, address] of Object.entries(plan.addresses)) {
    const stated = manifest.contracts[name as ContractName];
    if (stated?.address.toLowerCase() !== address.toLowerCase()) {
      sentences.push(
        `The manifest has ${name} at ${stated?.address}; by its plan it is at ${address}.`,
      );
    } else if (stated.codeHash !== keccak256(await provider.getCode(address))) {
      sentences.push(`The code of ${name} has another hash than the manifest says.`);
    }
  }
  return sentences;
}

/** The scratch chain as an ethers provider. */
class ScratchProvider extends JsonRpcProvider {
  readonly #scratch: Scratch;

  constructor(scratch: Scratch, chainId: number) {
    super("http://127.0.0.1:0", chainId as Networkish, { staticNetwork: true, cacheTimeout: -1 });
    this.#scratch = scratch;
  }

  override async send(method: string, params: unknown[]): Promise<ReturnType<typeof JSON.parse>> {
    return this.#scratch.request({ method, params });
  }
}

/** An empty Hardhat chain in this process, with the fork the contracts are compiled for. */
export async function hardhatChain(chainId: number): Promise<Scratch> {
  const { network } = await import("hardhat");
  const connection = await network.create({
    network: "default",
    override: { chainId, hardfork: "cancun", initialBaseFeePerGas: 0n, blockGasLimit: 60_000_000n },
  });
  return {
    request: ({ method, params = [] }) => connection.provider.request({ method, params }),
    close: () => connection.close(),
  };
}
