import { readFile } from "node:fs/promises";
import { getAddress, isAddress } from "ethers";
import { parse } from "yaml";
import { z } from "zod";
import { DeploymentError } from "./manifest.ts";
import type { Ownership } from "./plan.ts";

const address = z
  .string()
  .refine((text) => isAddress(text), "is no address")
  .transform((text) => getAddress(text));
const seconds = z.int().min(0).max(4_294_967_295);

const schema = z.strictObject({
  chainId: z.int().min(1),
  deployer: address,
  owner: z
    .strictObject({
      address: address.optional(),
      withoutCode: z.boolean().default(false),
      timelock: z
        .strictObject({
          delaySeconds: seconds,
          proposers: z.array(address).min(1),
          executors: z.array(address).min(1),
        })
        .optional(),
    })
    .refine(
      (owner) => (owner.address === undefined) !== (owner.timelock === undefined),
      "names either an address or a timelock to be made",
    ),
  delays: z.strictObject({ ownerSeconds: seconds, registrarSeconds: seconds }),
  confirmations: z.int().min(1).max(1_000).default(5),
});

/** What an operator decides about a deployment; see deployments/sample.yaml. */
export type DeployConfig = {
  chainId: number;
  deployer: string;
  ownership: Ownership;
  /** Whether the owner may be an account without code, that is, one person's key. */
  ownerWithoutCode: boolean;
  confirmations: number;
};

/** @throws DeploymentError that names the file and the first field that is wrong. */
export async function readConfig(file: string): Promise<DeployConfig> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new DeploymentError(`The configuration ${file} cannot be read.`, { cause });
  }
  return parseConfig(text, file);
}

/** @throws DeploymentError that names the file and the first field that is wrong. */
export function parseConfig(text: string, file: string): DeployConfig {
  let document: unknown;
  try {
    // Addresses are hexadecimal; nothing in the file is to be taken for a large number.
    document = parse(text, { schema: "core", intAsBigInt: false });
  } catch (cause) {
    throw new DeploymentError(`The configuration ${file} is no YAML.`, { cause });
  }
  const read = schema.safeParse(document);
  if (!read.success) {
    const [issue] = read.error.issues;
    const field = issue?.path.join(".") || "the file";
    throw new DeploymentError(`In ${file}, ${field}: ${issue?.message}.`);
  }
  const { chainId, deployer, owner, delays, confirmations } = read.data;
  return {
    chainId,
    deployer,
    confirmations,
    ownerWithoutCode: owner.withoutCode,
    ownership: {
      owner: owner.address ?? null,
      timelock: owner.timelock ?? null,
      ownerDelaySeconds: delays.ownerSeconds,
      registrarDelaySeconds: delays.registrarSeconds,
    },
  };
}
