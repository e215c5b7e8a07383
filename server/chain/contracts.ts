import { Interface, type InterfaceAbi } from "ethers";
import { certificateAbi } from "./abi/certificate.ts";
import { issuanceAbi } from "./abi/issuance.ts";
import { programmesAbi } from "./abi/programmes.ts";
import { reductionTokenAbi } from "./abi/reductionToken.ts";
import { sourcesAbi } from "./abi/sources.ts";

/** The contracts whose events make up the registry's state. */
export type ContractName = "programmes" | "sources" | "issuance" | "reductionToken" | "certificate";

/** Their interfaces, parsed once per process. */
export const interfaces: Readonly<Record<ContractName, Interface>> = {
  programmes: parse(programmesAbi),
  sources: parse(sourcesAbi),
  issuance: parse(issuanceAbi),
  reductionToken: parse(reductionTokenAbi),
  certificate: parse(certificateAbi),
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
    contracts: {
      programmes: addressOf("programmes"),
      sources: addressOf("sources"),
      issuance: addressOf("issuance"),
      reductionToken: addressOf("reductionToken"),
      certificate: addressOf("certificate"),
    },
  };
}
