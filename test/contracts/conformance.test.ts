import type { ContractTransactionResponse } from "ethers";
import {
  BURNING_RULE,
  ERC721_RULES,
  type Erc721,
  type Erc721Function,
  type Erc721Subject,
} from "./conformance/erc721.ts";
import { ERC1155_RULES } from "./conformance/erc1155.ts";
import type { Erc1155, Erc1155Function, Erc1155Subject } from "./conformance/erc1155Subject.ts";
import { ERC5192_RULES, type Erc5192Subject, refusedByLock } from "./conformance/erc5192.ts";
import { describeConformance, type Verdict } from "./conformance/rule.ts";
import {
  create,
  DOCUMENT,
  ethers,
  FIRST_DAY,
  filed,
  type IssuedRegistry,
  id,
  issue,
  issuedRegistry,
  join,
  METHODOLOGY,
  PROGRAMME,
  proposalOf,
  retire,
  sourceIdOf,
  type TestContract,
  ZeroHash,
} from "./support.ts";

const VALUE = 1_000n;
/** Opening of no certificate: nothing is replaced. */
const NO_CERTIFICATE = { content: ZeroHash, retirements: [] };
const NOTHING_BURNS: Record<string, Verdict> = {
  [BURNING_RULE]: { is: "absent", because: "nothing destroys a certificate" },
};

const newReceiver = () => create<"setAnswer">("RecordingReceiver");

/** A contract without any hook. */
async function deafContract(): Promise<string> {
  return (await create("SumTreeHarness")).getAddress();
}

async function plainToken(): Promise<Erc1155Subject> {
  const [holder, other, operator] = await ethers.getSigners();
  const token = await create<Erc1155Function | "mint" | "burn">("PlainToken");
  const ids = [7n, 2n ** 255n] as const;
  for (const one of ids) await token.mint(holder!.address, one, VALUE);
  let next = 100n;
  return {
    token,
    ids,
    holder: holder!,
    other: other!,
    operator: operator!,
    receiver: await newReceiver(),
    deaf: await deafContract(),
    mint: async (to) => {
      next += 1n;
      return { sent: token.mint(to, next, VALUE), id: next, value: VALUE };
    },
    burn: (one, value) => token.connect(holder!).burn(holder!.address, one, value),
  };
}

/** Issues to an account by a source of its own, up to the last step, which it sends. */
async function mintUnits(r: IssuedRegistry, to: string, asset: string) {
  await r.sources
    .connect(r.operator)
    .registerSource(PROGRAMME, METHODOLOGY, asset, r.applicant.address, to, DOCUMENT);
  const proposal = proposalOf({ sourceId: sourceIdOf(PROGRAMME, METHODOLOGY, asset) });
  const requestId = await filed(r, proposal);
  const tokenId: bigint = await r.issuance.tokenIdOf(proposal);
  const sent = r.issuance.connect(r.authority).issue(requestId, proposal, DOCUMENT);
  return { sent, id: tokenId, value: 10_000n };
}

async function reductionToken(): Promise<Erc1155Subject> {
  const r = await issuedRegistry();
  const second = await issue(r, proposalOf({ firstDay: FIRST_DAY + 1, endDay: FIRST_DAY + 2 }));
  const receiver = await newReceiver();
  const deaf = await deafContract();
  await join(r, await receiver.getAddress(), "receiver", 0);
  await join(r, deaf, "deaf", 0);
  let assets = 0;
  return {
    token: r.token as unknown as Erc1155,
    ids: [r.tokenId, second],
    holder: r.owner,
    other: r.enterprise,
    operator: r.outsider,
    receiver,
    deaf,
    mint: (to) => mintUnits(r, to, id(`asset ${++assets}`)),
    burn: (one, value) => r.token.connect(r.owner).retire(one, value, 3, id("content")),
  };
}

async function plainNft(name: string): Promise<Erc5192Subject> {
  const [holder, other, operator] = await ethers.getSigners();
  const token = await create<Erc721Function | "mint" | "burn" | "locked">(name);
  const tokenId = 2n ** 255n;
  await token.mint(holder!.address, tokenId);
  let next = 100n;
  return {
    token,
    locks: token,
    tokenId,
    unknownId: 5n,
    holder: holder!,
    other: other!,
    operator: operator!,
    receiver: await newReceiver(),
    deaf: await deafContract(),
    mint: async () => {
      next += 1n;
      return { sent: token.mint(holder!.address, next), tokenId: next };
    },
    burn: () => token.connect(holder!).burn(tokenId),
  };
}

const openZeppelinNft = () => plainNft("PlainNft");
const plainSoulbound = () => plainNft("PlainSoulbound");

async function certificate(): Promise<Erc5192Subject> {
  const r = await issuedRegistry();
  const mint = async (): Promise<{
    sent: Promise<ContractTransactionResponse>;
    tokenId: bigint;
  }> => {
    const retirements = [await retire(r, r.owner, 100n)];
    const certify = r.certificate.connect(r.owner).certify;
    const args = [retirements, 100n, 1, id("certificate"), NO_CERTIFICATE] as const;
    return { tokenId: await certify.staticCall(...args), sent: certify(...args) };
  };
  const first = await mint();
  await first.sent;
  return {
    token: r.certificate as unknown as Erc721,
    locks: r.certificate as unknown as TestContract<"locked">,
    tokenId: first.tokenId,
    unknownId: 5n,
    holder: r.owner,
    other: r.enterprise,
    operator: r.outsider,
    receiver: await newReceiver(),
    deaf: await deafContract(),
    mint,
  };
}

// OpenZeppelin's contracts come first: a suite they do not pass would be wrong.
describeConformance("ERC-1155 of OpenZeppelin's ERC1155", ERC1155_RULES, plainToken);
describeConformance("ERC-1155 of ReductionToken", ERC1155_RULES, reductionToken);
describeConformance<Erc721Subject>(
  "ERC-721 of OpenZeppelin's ERC721",
  ERC721_RULES,
  openZeppelinNft,
);
describeConformance<Erc721Subject>(
  "ERC-721 of a plain locked token",
  ERC721_RULES,
  plainSoulbound,
  {
    ...refusedByLock("PlainSoulboundLocked"),
    ...NOTHING_BURNS,
  },
);
describeConformance<Erc721Subject>("ERC-721 of Certificate", ERC721_RULES, certificate, {
  ...refusedByLock("CertificateLocked"),
  ...NOTHING_BURNS,
});
describeConformance("ERC-5192 of a plain locked token", ERC5192_RULES, plainSoulbound);
describeConformance("ERC-5192 of Certificate", ERC5192_RULES, certificate);
