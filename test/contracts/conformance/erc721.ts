import { expect } from "chai";
import type { BaseContract, ContractTransactionResponse } from "ethers";
import { ethers, type Signer, type TestContract } from "../support.ts";
import { ERC165_RULES, supports } from "./erc165.ts";
import { logsOf, type Rule, refused } from "./rule.ts";

type Sent = Promise<ContractTransactionResponse>;

/** The functions of EIP-721 by name. */
export type Erc721Function =
  | "transferFrom"
  | "safeTransferFrom(address,address,uint256)"
  | "safeTransferFrom(address,address,uint256,bytes)"
  | "approve"
  | "getApproved"
  | "setApprovalForAll"
  | "isApprovedForAll"
  | "ownerOf"
  | "balanceOf"
  | "name"
  | "symbol"
  | "tokenURI";
export type Erc721 = TestContract<Erc721Function>;

/** A contract under test. `holder` holds the token and nothing else, the others hold nothing. */
export interface Erc721Subject {
  readonly token: Erc721;
  readonly tokenId: bigint;
  /** An id that no token has. */
  readonly unknownId: bigint;
  readonly holder: Signer;
  readonly other: Signer;
  readonly operator: Signer;
  /** A RecordingReceiver. */
  readonly receiver: TestContract<"setAnswer">;
  /** Address of a contract without hooks. */
  readonly deaf: string;
  /** Makes another token of the holder. */
  mint(): Promise<{ sent: Sent; tokenId: bigint }>;
  /** Destroys the token, where that can be done at all. */
  burn?(): Sent;
}

const { ZeroAddress } = ethers;
const UNKNOWN_VALUE = 1;
const BAD_ANSWERS = [UNKNOWN_VALUE, 2, 3, 4, 5];
const DATA = ethers.concat(Array.from({ length: 7 }, (_, k) => ethers.id(`data ${k}`)));

const addressOf = (contract: BaseContract) => contract.getAddress();

/** Sends as somebody; the holder's token unless told otherwise. */
function sender(s: Erc721Subject, by: Signer = s.holder) {
  const token = s.token.connect(by);
  const transfer = (to: string, from = s.holder.address, tokenId = s.tokenId): Sent =>
    token.transferFrom(from, to, tokenId);
  const safe = (to: string, from = s.holder.address, tokenId = s.tokenId): Sent =>
    token["safeTransferFrom(address,address,uint256)"](from, to, tokenId);
  const safeWith = (data: string, to: string, from = s.holder.address, tokenId = s.tokenId): Sent =>
    token["safeTransferFrom(address,address,uint256,bytes)"](from, to, tokenId, data);
  return {
    transfer,
    safe,
    safeWith,
    /** The three ways to move a token, with the same arguments. */
    ways: [transfer, safe, (...args: Parameters<typeof safe>) => safeWith(DATA, ...args)],
    approve: (to: string, tokenId = s.tokenId): Sent => token.approve(to, tokenId),
    approveAll: (operator: string, approved: boolean): Sent =>
      token.setApprovalForAll(operator, approved),
  };
}

/** All three ways for one caller, as acts that a soulbound token refuses. */
function waysOf(s: Erc721Subject, by: Signer, to: string): (() => Sent)[] {
  return sender(s, by).ways.map((way) => () => way(to));
}

/** Back to where it was, so that the next way starts from the same place. */
async function giveBack(s: Erc721Subject): Promise<void> {
  await sender(s, s.other).transfer(s.holder.address, s.other.address);
}

const READS: readonly Rule<Erc721Subject>[] = [
  {
    says: "supportsInterface answers true for 0x80ac58cd",
    text: "EIP-721, Specification",
    check: async ({ token }) => {
      expect(await supports(token, "0x80ac58cd")).to.equal(true);
    },
  },
  {
    says: "an extension that is claimed is there; tokenURI throws for what is no token",
    text: "EIP-721, metadata and enumeration extensions",
    check: async (s) => {
      expect(await supports(s.token, "0x780e9d63")).to.equal(false);
      expect(s.token.interface.hasFunction("tokenByIndex(uint256)")).to.equal(false);
      if (!(await supports(s.token, "0x5b5e139f"))) return;
      for (const found of [s.token.name(), s.token.symbol(), s.token.tokenURI(s.tokenId)]) {
        expect(await found).to.be.a("string");
      }
      await refused(s.token.tokenURI(s.unknownId));
    },
  },
  {
    says: "balanceOf counts, is 0 for who has none, and throws for the zero address",
    text: "EIP-721, balanceOf",
    check: async (s) => {
      expect(await s.token.balanceOf(s.holder.address)).to.equal(1n);
      expect(await s.token.balanceOf(s.other.address)).to.equal(0n);
      await refused(s.token.balanceOf(ZeroAddress));
      await (await s.mint()).sent;
      expect(await s.token.balanceOf(s.holder.address)).to.equal(2n);
    },
  },
  {
    says: "ownerOf tells the owner and throws for what is no token",
    text: "EIP-721, ownerOf",
    check: async (s) => {
      expect(await s.token.ownerOf(s.tokenId)).to.equal(s.holder.address);
      await refused(s.token.ownerOf(s.unknownId));
    },
  },
  {
    says: "a token comes from the zero address by event",
    text: "EIP-721, event Transfer",
    check: async (s) => {
      const { sent, tokenId } = await s.mint();
      const logs = (await logsOf(sent, s.token)).filter(({ name }) => name === "Transfer");
      expect(logs).to.deep.equal([
        { name: "Transfer", args: [ZeroAddress, s.holder.address, tokenId] },
      ]);
      expect(await s.token.ownerOf(tokenId)).to.equal(s.holder.address);
    },
  },
  {
    says: "a token that is destroyed goes to the zero address by event and is no token any more",
    text: "EIP-721, event Transfer and ownerOf",
    check: async (s) => {
      const logs = await logsOf(s.burn!(), s.token);
      expect(logs).to.deep.equal([
        { name: "Transfer", args: [s.holder.address, ZeroAddress, s.tokenId] },
      ]);
      await refused(s.token.ownerOf(s.tokenId));
      await refused(s.token.getApproved(s.tokenId));
      expect(await s.token.balanceOf(s.holder.address)).to.equal(0n);
    },
  },
];

const APPROVALS: readonly Rule<Erc721Subject>[] = [
  {
    says: "the owner and its operators approve; each time Approval is emitted, zero is nobody",
    text: "EIP-721, approve",
    check: async (s) => {
      await sender(s).approveAll(s.operator.address, true);
      for (const by of [s.holder, s.operator]) {
        for (const to of [s.other.address, s.other.address, ZeroAddress]) {
          expect(await logsOf(sender(s, by).approve(to), s.token)).to.deep.equal([
            { name: "Approval", args: [s.holder.address, to, s.tokenId] },
          ]);
          expect(await s.token.getApproved(s.tokenId)).to.equal(to);
        }
      }
    },
  },
  {
    says: "approve throws for anyone else, the approved address among them, and for no token",
    text: "EIP-721, approve",
    check: async (s) => {
      await refused(sender(s, s.other).approve(s.other.address));
      await sender(s).approve(s.other.address);
      await refused(sender(s, s.other).approve(s.operator.address));
      await refused(sender(s).approve(s.other.address, s.unknownId));
      await sender(s).approveAll(s.operator.address, true);
      await sender(s).approveAll(s.operator.address, false);
      await refused(sender(s, s.operator).approve(s.operator.address));
      expect(await s.token.getApproved(s.tokenId)).to.equal(s.other.address);
    },
  },
  {
    says: "getApproved is zero when there is none, and throws for what is no token",
    text: "EIP-721, getApproved",
    check: async (s) => {
      expect(await s.token.getApproved(s.tokenId)).to.equal(ZeroAddress);
      await refused(s.token.getApproved(s.unknownId));
    },
  },
  {
    says: "setApprovalForAll emits ApprovalForAll and allows several operators of an owner",
    text: "EIP-721, setApprovalForAll",
    check: async (s) => {
      const approved = (owner: Signer, operator: Signer) =>
        s.token.isApprovedForAll(owner.address, operator.address);
      for (const one of [s.operator, s.other]) {
        expect(await approved(s.holder, one)).to.equal(false);
        const sent = sender(s).approveAll(one.address, true);
        expect(await logsOf(sent, s.token)).to.deep.equal([
          { name: "ApprovalForAll", args: [s.holder.address, one.address, true] },
        ]);
      }
      expect(await approved(s.holder, s.operator)).to.equal(true);
      expect(await approved(s.holder, s.other)).to.equal(true);
      expect(await approved(s.operator, s.holder)).to.equal(false);
      const sent = sender(s).approveAll(s.other.address, false);
      expect(await logsOf(sent, s.token)).to.deep.equal([
        { name: "ApprovalForAll", args: [s.holder.address, s.other.address, false] },
      ]);
      expect(await approved(s.holder, s.operator)).to.equal(true);
      expect(await approved(s.holder, s.other)).to.equal(false);
    },
  },
];

const TRANSFERS: readonly Rule<Erc721Subject>[] = [
  {
    says: "the owner moves a token in three ways, with one Transfer event",
    text: "EIP-721, transferFrom and safeTransferFrom",
    acts: async (s) => waysOf(s, s.holder, s.other.address),
    check: async (s) => {
      for (const way of sender(s).ways) {
        expect(await logsOf(way(s.other.address), s.token)).to.deep.equal([
          { name: "Transfer", args: [s.holder.address, s.other.address, s.tokenId] },
        ]);
        expect(await s.token.ownerOf(s.tokenId)).to.equal(s.other.address);
        expect(await s.token.balanceOf(s.holder.address)).to.equal(0n);
        expect(await s.token.balanceOf(s.other.address)).to.equal(1n);
        await giveBack(s);
      }
    },
  },
  {
    says: "an operator moves a token, until its approval ends",
    text: "EIP-721, transferFrom and safeTransferFrom",
    acts: async (s) => {
      await sender(s).approveAll(s.operator.address, true);
      return waysOf(s, s.operator, s.other.address);
    },
    check: async (s) => {
      for (const way of sender(s, s.operator).ways) {
        await sender(s).approveAll(s.operator.address, true);
        await way(s.other.address);
        expect(await s.token.ownerOf(s.tokenId)).to.equal(s.other.address);
        await giveBack(s);
        await sender(s).approveAll(s.operator.address, false);
        await refused(way(s.other.address));
      }
    },
  },
  {
    says: "the approved address moves a token once: a transfer ends the approval",
    text: "EIP-721, event Transfer",
    acts: async (s) => {
      await sender(s).approve(s.operator.address);
      return waysOf(s, s.operator, s.other.address);
    },
    check: async (s) => {
      for (const way of sender(s, s.operator).ways) {
        await sender(s).approve(s.operator.address);
        await way(s.other.address);
        expect(await s.token.getApproved(s.tokenId)).to.equal(ZeroAddress);
        await giveBack(s);
        await refused(way(s.other.address));
      }
    },
  },
  {
    says: "a transfer to oneself leaves owner and balance as they are",
    text: "EIP-721, transferFrom",
    acts: async (s) => waysOf(s, s.holder, s.holder.address),
    check: async (s) => {
      for (const way of sender(s).ways) await way(s.holder.address);
      expect(await s.token.ownerOf(s.tokenId)).to.equal(s.holder.address);
      expect(await s.token.balanceOf(s.holder.address)).to.equal(1n);
    },
  },
  {
    says: "a transfer throws for strangers, a wrong owner, the zero address and no token",
    text: "EIP-721, transferFrom and safeTransferFrom",
    check: async (s) => {
      for (const way of sender(s, s.other).ways) await refused(way(s.other.address));
      for (const way of sender(s).ways) {
        await refused(way(s.holder.address, s.other.address));
        await refused(way(ZeroAddress));
        await refused(way(s.other.address, s.holder.address, s.unknownId));
        await refused(way(s.other.address, ZeroAddress, s.unknownId));
      }
      expect(await s.token.ownerOf(s.tokenId)).to.equal(s.holder.address);
    },
  },
  {
    says: "onERC721Received is called after the transfer, with the data or with none",
    text: "EIP-721, safeTransferFrom",
    acts: async (s) => waysOf(s, s.holder, await addressOf(s.receiver)),
    check: async (s) => {
      await sender(s).approveAll(s.operator.address, true);
      const to = await addressOf(s.receiver);
      const theirs = sender(s, s.operator);
      await checkHook(s, () => theirs.safeWith(DATA, to), DATA);
      const next = await s.mint();
      await next.sent;
      const tokenId = next.tokenId;
      await checkHook(s, () => theirs.safe(to, s.holder.address, tokenId), "0x", tokenId);
    },
  },
  {
    says: "safeTransferFrom throws when the receiver answers anything else, throws or has no hook",
    text: "EIP-721, safeTransferFrom and ERC721TokenReceiver",
    acts: async (s) => waysOf(s, s.holder, await addressOf(s.receiver)),
    check: async (s) => {
      const to = await addressOf(s.receiver);
      const [, ...safeWays] = sender(s).ways;
      for (const way of safeWays) {
        for (const answer of BAD_ANSWERS) {
          await s.receiver.setAnswer(answer);
          await refused(way(to));
        }
        await refused(way(s.deaf));
      }
      expect(await s.token.ownerOf(s.tokenId)).to.equal(s.holder.address);
    },
  },
  {
    says: "transferFrom asks no receiver",
    text: "EIP-721, transferFrom",
    acts: async (s) => waysOf(s, s.holder, s.deaf),
    check: async (s) => {
      await s.receiver.setAnswer(UNKNOWN_VALUE);
      const sent = sender(s).transfer(await addressOf(s.receiver));
      const logs = await logsOf(sent, s.token, s.receiver);
      expect(logs.map(({ name }) => name)).to.deep.equal(["Transfer"]);
      const next = await s.mint();
      await next.sent;
      await sender(s).transfer(s.deaf, s.holder.address, next.tokenId);
      expect(await s.token.ownerOf(next.tokenId)).to.equal(s.deaf);
    },
  },
];

async function checkHook(
  s: Erc721Subject,
  send: () => Sent,
  data: string,
  tokenId = s.tokenId,
): Promise<void> {
  const to = await addressOf(s.receiver);
  expect(await logsOf(send(), s.token, s.receiver)).to.deep.equal([
    { name: "Transfer", args: [s.holder.address, to, tokenId] },
    { name: "NftReceived", args: [s.operator.address, s.holder.address, tokenId, data, to] },
  ]);
}

/** Rules that let a token move; ERC-5192 asks that a locked token refuses every one of them. */
export const MOVING_RULES: readonly string[] = TRANSFERS.filter(({ acts }) => acts).map(
  ({ says }) => says,
);

/** The rule that only a contract with a way to destroy tokens can be tried on. */
export const BURNING_RULE = READS.at(-1)!.says;

/** Every rule of EIP-721 that a transaction can try, and EIP-165's. */
export const ERC721_RULES: readonly Rule<Erc721Subject>[] = [
  ...ERC165_RULES,
  ...READS,
  ...APPROVALS,
  ...TRANSFERS,
];
