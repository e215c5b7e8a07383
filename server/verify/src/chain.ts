import { encodeBytes32String, type Interface, keccak256 } from "ethers";
import {
  certificateInterface,
  eventInterfaces,
  programmesInterface,
  reductionTokenInterface,
} from "./abi.ts";
import { type ChainEvent, type ChainFacts, foldEvents } from "./facts.ts";
import type { ContractName, Manifest } from "./formats.ts";
import type { Rpc } from "./rpc.ts";
import { Unusable } from "./unusable.ts";

/** Who the chain says it is and which code it runs. */
export type ChainIdentity = {
  chainId: number;
  genesisHash: string;
  codeHashes: Record<ContractName, string>;
};

export type Supply = {
  exists: boolean;
  issuedGrams: bigint;
  retiredGrams: bigint;
  voidGrams: bigint;
};

/** The rule data of a programme that decides an issue. */
export type IssueRules = { granularityGrams: bigint; keepsCarry: boolean; reviewCount: number };

/** The chain as of one block, so that a chain that moves on meanwhile changes nothing. */
export type ChainView = {
  blockNumber: number;
  facts: ChainFacts;
  supplyOf(tokenId: bigint): Promise<Supply>;
  balanceOf(account: string, tokenId: bigint): Promise<bigint>;
  consumedBy(retirementId: string): Promise<bigint>;
  /** What the programme's rules were in a block. */
  rulesAt(programme: number, blockNumber: number): Promise<IssueRules>;
  /** Throws `Unusable` when the chain was rolled back while it was read. */
  requireUnmoved(): Promise<void>;
};

export async function readIdentity(rpc: Rpc, manifest: Manifest): Promise<ChainIdentity> {
  const codeHash = async (name: ContractName): Promise<string> =>
    keccak256(await rpc.code(manifest.contracts[name].address));
  const genesis = await rpc.block(0);
  return {
    chainId: await rpc.chainId(),
    genesisHash: genesis.hash,
    codeHashes: {
      accessManager: await codeHash("accessManager"),
      programmes: await codeHash("programmes"),
      sources: await codeHash("sources"),
      issuance: await codeHash("issuance"),
      reductionToken: await codeHash("reductionToken"),
      certificate: await codeHash("certificate"),
    },
  };
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
    if (event) events.push({ name: event.name, args: event.args, blockNumber: log.blockNumber });
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

/** Reads all events up to the head of the chain and prepares the views as of that block. */
export async function readChain(rpc: Rpc, manifest: Manifest): Promise<ChainView> {
  const head = await rpc.block("latest");
  const { programmes, reductionToken, certificate } = manifest.contracts;
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
    consumedBy: async (retirementId) => {
      const args = [retirementId];
      const answer = await read(certificate.address, certificateInterface, "consumedBy", args);
      return BigInt(answer[0]);
    },
    rulesAt: async (programme, blockNumber) => {
      const { timestamp } = await rpc.block(blockNumber);
      return {
        granularityGrams: await parameter(programme, "issue.granularityGrams", timestamp),
        keepsCarry: (await parameter(programme, "issue.carry", timestamp)) === 1n,
        reviewCount: Number(await parameter(programme, "review.count", timestamp)),
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
