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
] as const;

export type ContractName = (typeof CONTRACT_NAMES)[number];

const ARTIFACT_OF: Record<ContractName, string> = {
  accessManager: "@openzeppelin/contracts/access/manager/AccessManager.sol/AccessManager.json",
  programmes: "contracts/Programmes.sol/Programmes.json",
  sources: "contracts/Sources.sol/Sources.json",
  issuance: "contracts/Issuance.sol/Issuance.json",
  reductionToken: "contracts/ReductionToken.sol/ReductionToken.json",
  certificate: "contracts/Certificate.sol/Certificate.json",
};

type Place = { start: number; length: number };

export type Artifact = {
  abi: InterfaceAbi;
  bytecode: string;
  deployedBytecode: string;
  immutableReferences?: Record<string, readonly Place[]>;
};

/** @throws Error in one sentence when the contracts are not compiled. */
export async function readArtifact(name: ContractName): Promise<Artifact> {
  const file = path.join(ARTIFACTS, ARTIFACT_OF[name]);
  try {
    return JSON.parse(await readFile(file, "utf8")) as Artifact;
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
