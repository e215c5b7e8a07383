import { Interface, type InterfaceAbi } from "ethers";
import { accountGuardAbi } from "./abi/accountGuard.ts";
import { certificateAbi } from "./abi/certificate.ts";
import { correctionsAbi } from "./abi/corrections.ts";
import { doubleCountAbi } from "./abi/doubleCount.ts";
import { freezesAbi } from "./abi/freezes.ts";
import { issuanceAbi } from "./abi/issuance.ts";
import { pledgeAbi } from "./abi/pledge.ts";
import { poolReserveAbi } from "./abi/poolReserve.ts";
import { programmesAbi } from "./abi/programmes.ts";
import { reductionTokenAbi } from "./abi/reductionToken.ts";
import { settlementAbi } from "./abi/settlement.ts";
import { sourcesAbi } from "./abi/sources.ts";
import type { ChainClient } from "./client.ts";
import type { ContractName } from "./events.ts";
import { PermanentError } from "./failures.ts";

/** Their interfaces, parsed once per process. */
export const interfaces: Readonly<Record<ContractName, Interface>> = {
  programmes: parse(programmesAbi),
  sources: parse(sourcesAbi),
  issuance: parse(issuanceAbi),
  reductionToken: parse(reductionTokenAbi),
  certificate: parse(certificateAbi),
  accountGuard: parse(accountGuardAbi),
  freezes: parse(freezesAbi),
  corrections: parse(correctionsAbi),
  doubleCount: parse(doubleCountAbi),
  settlement: parse(settlementAbi),
  pledge: parse(pledgeAbi),
  poolReserve: parse(poolReserveAbi),
};

function parse(abi: InterfaceAbi): Interface {
  return Interface.from(abi);
}

export const contractNames = Object.keys(interfaces) as readonly ContractName[];

/** Addresses of one deployment, `0x…` lowercase. */
export type ContractAddresses = Readonly<Record<ContractName, string>>;

/** What indexer and writer need to know of a deployment; part of `published/manifest.json`. */
export type Deployment = {
  readonly chainId: number;
  /** `0x…`; a chain with another first block is another chain, whatever its id says. */
  readonly genesisHash: string;
  readonly deployedBlock: number;
  readonly contracts: ContractAddresses;
};

/** Reads the deployment out of a parsed manifest. Throws a TypeError that names what is missing. */
export function readDeployment(manifest: unknown): Deployment {
  const { chainId, genesisHash, deployedBlock, contracts } = manifest as Record<string, unknown>;
  const stated = (contracts ?? {}) as Partial<Record<ContractName, { address?: unknown }>>;
  const addressOf = (name: ContractName): string => {
    const address = stated[name]?.address;
    if (typeof address !== "string") {
      throw new TypeError(`the manifest has no address of ${name}`);
    }
    return address.toLowerCase();
  };
  if (typeof chainId !== "number" || typeof genesisHash !== "string") {
    throw new TypeError("the manifest names no chain");
  }
  return {
    chainId,
    genesisHash: genesisHash.toLowerCase(),
    deployedBlock: Number(deployedBlock ?? 0),
    contracts: Object.fromEntries(
      contractNames.map((name) => [name, addressOf(name)]),
    ) as ContractAddresses,
  };
}

/**
 * Makes sure that the node serves the deployment's chain and holds its contracts: a call to an address
 * without code succeeds and does nothing. Throws PermanentError that says what is missing.
 */
export async function requireDeployment(
  client: ChainClient,
  deployment: Deployment,
): Promise<void> {
  const genesis = await client.send<{ hash: string } | null>("eth_getBlockByNumber", [
    "0x0",
    false,
  ]);
  if (genesis?.hash.toLowerCase() !== deployment.genesisHash) {
    throw new PermanentError("the node's chain begins with another block than the manifest says");
  }
  for (const name of contractNames) {
    const address = deployment.contracts[name];
    const code = await client.send<string>("eth_getCode", [address, "latest"]);
    if (code === "0x") throw new PermanentError(`the chain has no ${name} contract at ${address}`);
  }
}
