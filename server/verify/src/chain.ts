import { encodeBytes32String, type Interface, keccak256 } from "ethers";
import {
  eventInterfaces,
  issuanceInterface,
  programmesInterface,
  reductionTokenInterface,
  signerInterface,
} from "./abi.ts";
import { type ChainEvent, type ChainFacts, foldEvents } from "./facts.ts";
import type { ContractName, Manifest } from "./formats.ts";
import type { Rpc } from "./rpc.ts";
import { Unusable } from "./unusable.ts";

/** Who the chain says it is and which code it runs. */
export type ChainIdentity = {
  chainId: number;
  genesisHash: string;
  codeHashes: Readonly<Partial<Record<ContractName, string>>>;
};

export type Supply = {
  exists: boolean;
  issuedGrams: bigint;
  retiredGrams: bigint;
  voidGrams: bigint;
};

/**
 * How many institutions must have stated favourably: of any kind, and least of validation,
 * verification and technical statements.
 */
export type ReviewRule = readonly [number, number, number, number];

/** The rule data of a programme that decides an issue. */
export type IssueRules = { granularityGrams: bigint; keepsCarry: boolean; review: ReviewRule };

/** The chain as of one block, so that a chain that moves on meanwhile changes nothing. */
export type ChainView = {
  blockNumber: number;
  facts: ChainFacts;
  supplyOf(tokenId: bigint): Promise<Supply>;
  balanceOf(account: string, tokenId: bigint): Promise<bigint>;
  /** Whether the token marks a retirement as used by a certificate. */
  isConsumed(retirementId: string): Promise<boolean>;
  /** The signature that a transaction brought to Issuance; undefined when it did not itself call it. */
  signatureIn(transactionHash: string): Promise<string | undefined>;
  /** Whether an account that is a contract accepts a signature; undefined when it has no code. */
  acceptsSignature(
    account: string,
    digest: string,
    signature: string,
  ): Promise<boolean | undefined>;
  /** What the programme's rules were in a block. */
  rulesAt(programme: number, blockNumber: number): Promise<IssueRules>;
  /** Throws `Unusable` when the chain was rolled back while it was read. */
  requireUnmoved(): Promise<void>;
};

export async function readIdentity(rpc: Rpc, manifest: Manifest): Promise<ChainIdentity> {
  const codeHash = async (name: ContractName): Promise<string> =>
    keccak256(await rpc.code(manifest.contracts[name].address));
  const genesis = await rpc.block(0);
  const names = Object.keys(manifest.contracts) as ContractName[];
  const hashes: Partial<Record<ContractName, string>> = {};
  for (const name of names) hashes[name] = await codeHash(name);
  return { chainId: await rpc.chainId(), genesisHash: genesis.hash, codeHashes: hashes };
}

async function readEvents(rpc: Rpc, manifest: Manifest, last: number): Promise<ChainEvent[]> {
  const byAddress = new Map<string, Interface>();
  for (const [name, contractInterface] of Object.entries(eventInterfaces)) {
    byAddress.set(manifest.contracts[name as ContractName].address, contractInterface);
  }
  const logs = await rpc.logs([...byAddress.keys()], manifest.deployedBlock, last);
  const events: ChainEvent[] = [];
  for (const log of logs) {
    const event = byAddress.get(log.address.toLowerCase())?.parseLog(log);
    if (!event) continue;
    const { blockNumber, transactionHash } = log;
    events.push({ name: event.name, args: event.args, blockNumber, transactionHash });
  }
  return events;
}

function reader(rpc: Rpc, block: number) {
  return async (
    address: string,
    contractInterface: Interface,
    name: string,
    args: readonly unknown[],
  ) => {
    const answer = await rpc.call(address, contractInterface.encodeFunctionData(name, args), block);
    try {
      return contractInterface.decodeFunctionResult(name, answer);
    } catch {
      throw new Unusable(`The contract at ${address} does not answer ${name}.`);
    }
  };
}

/** Four bytes, the lowest first. */
function reviewRuleOf(packed: bigint): ReviewRule {
  const byte = (place: bigint): number => Number((packed >> (8n * place)) & 0xffn);
  return [byte(0n), byte(1n), byte(2n), byte(3n)];
}

const ERC1271_ACCEPTED = "0x1626ba7e";

/** Reads all events up to the head of the chain and prepares the views as of that block. */
export async function readChain(rpc: Rpc, manifest: Manifest): Promise<ChainView> {
  const head = await rpc.block("latest");
  const { programmes, issuance, reductionToken } = manifest.contracts;
  const facts = foldEvents(await readEvents(rpc, manifest, head.number));
  const read = reader(rpc, head.number);
  const parameter = async (programme: number, key: string, time: number): Promise<bigint> => {
    const args = [programme, encodeBytes32String(key), time];
    return BigInt((await read(programmes.address, programmesInterface, "parameterAt", args))[0]);
  };
  return {
    blockNumber: head.number,
    facts,
    supplyOf: async (tokenId) => {
      const answer = await read(reductionToken.address, reductionTokenInterface, "supplyOf", [
        tokenId,
      ]);
      return {
        exists: answer.getValue("exists") === true,
        issuedGrams: BigInt(answer.getValue("issuedGrams")),
        retiredGrams: BigInt(answer.getValue("retiredGrams")),
        voidGrams: BigInt(answer.getValue("voidGrams")),
      };
    },
    balanceOf: async (account, tokenId) => {
      const args = [account, tokenId];
      const answer = await read(reductionToken.address, reductionTokenInterface, "balanceOf", args);
      return BigInt(answer[0]);
    },
    isConsumed: async (retirementId) => {
      const args = [retirementId];
      const answer = await read(
        reductionToken.address,
        reductionTokenInterface,
        "isConsumed",
        args,
      );
      return answer[0] === true;
    },
    signatureIn: async (transactionHash) => {
      const { to, input } = await rpc.transaction(transactionHash);
      const call =
        to === issuance.address ? issuanceInterface.parseTransaction({ data: input }) : null;
      return call?.name === "attest" ? String(call.args.getValue("signature")) : undefined;
    },
    acceptsSignature: async (account, digest, signature) => {
      if ((await rpc.code(account)) === "0x") return undefined;
      const data = signerInterface.encodeFunctionData("isValidSignature", [digest, signature]);
      const answer = await rpc.call(account, data, head.number).catch(() => "0x");
      return answer.startsWith(ERC1271_ACCEPTED);
    },
    rulesAt: async (programme, blockNumber) => {
      const { timestamp } = await rpc.block(blockNumber);
      return {
        granularityGrams: await parameter(programme, "issue.granularityGrams", timestamp),
        keepsCarry: (await parameter(programme, "issue.carry", timestamp)) === 1n,
        review: reviewRuleOf(await parameter(programme, "review.count", timestamp)),
      };
    },
    requireUnmoved: async () => {
      const again = await rpc.block(head.number);
      if (again.hash !== head.hash) {
        throw new Unusable("The chain was rolled back while it was read; run the check again.");
      }
    },
  };
}
