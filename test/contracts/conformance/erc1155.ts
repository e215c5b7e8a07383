import { expect } from "chai";
import { ethers, type Signer } from "../support.ts";
import { ERC165_RULES, supports } from "./erc165.ts";
import {
  ANSWER,
  addressOf,
  balances,
  changesOf,
  type Erc1155Subject,
  receivedOf,
  sender,
  ZeroAddress,
} from "./erc1155Subject.ts";
import { BATCH_RULES, SINGLE_RULES } from "./erc1155Transfers.ts";
import { logsOf, type Rule, refused } from "./rule.ts";

const INTERFACES: readonly Rule<Erc1155Subject>[] = [
  {
    says: "supportsInterface answers true for 0xd9b67a26",
    text: "EIP-1155, Specification",
    check: async ({ token }) => {
      expect(await supports(token, "0xd9b67a26")).to.equal(true);
    },
  },
  {
    says: "a contract that claims the metadata extension answers uri for any id",
    text: "EIP-1155, Metadata Extensions",
    check: async ({ token, ids }) => {
      if (!(await supports(token, "0x0e89341c"))) return;
      for (const id of [...ids, 5n]) expect(await token.uri(id)).to.be.a("string");
    },
  },
];

const APPROVALS: readonly Rule<Erc1155Subject>[] = [
  {
    says: "setApprovalForAll emits ApprovalForAll, each time, for yes and for no",
    text: "EIP-1155, setApprovalForAll",
    check: async (s) => {
      for (const approved of [true, true, false, false]) {
        const logs = await logsOf(sender(s).approve(s.operator.address, approved), s.token);
        expect(logs).to.deep.equal([
          { name: "ApprovalForAll", args: [s.holder.address, s.operator.address, approved] },
        ]);
      }
    },
  },
  {
    says: "isApprovedForAll tells the approval of one owner for each of several operators",
    text: "EIP-1155, isApprovedForAll",
    check: async (s) => {
      const approved = (owner: Signer, operator: Signer) =>
        s.token.isApprovedForAll(owner.address, operator.address);
      expect(await approved(s.holder, s.operator)).to.equal(false);
      await sender(s).approve(s.operator.address, true);
      await sender(s).approve(s.other.address, true);
      expect(await approved(s.holder, s.operator)).to.equal(true);
      expect(await approved(s.holder, s.other)).to.equal(true);
      expect(await approved(s.operator, s.holder)).to.equal(false);
      expect(await approved(s.other, s.operator)).to.equal(false);
      await sender(s).approve(s.operator.address, false);
      expect(await approved(s.holder, s.operator)).to.equal(false);
      expect(await approved(s.holder, s.other)).to.equal(true);
    },
  },
  {
    says: "only the owner and approved operators transfer, until the approval ends",
    text: "EIP-1155, Approval",
    check: async (s) => {
      const theirs = sender(s, s.operator);
      const id = s.ids[0];
      const one = () => theirs.one(s.other.address, id, 1n);
      const many = () => theirs.many(s.other.address, [id], [1n]);
      await refused(one());
      await refused(many());
      await sender(s).approve(s.operator.address, true);
      await one();
      await many();
      expect(await s.token.balanceOf(s.other.address, id)).to.equal(2n);
      // The approval is the holder's alone: the new holder never gave one.
      await refused(theirs.one(s.operator.address, id, 1n, "0x", s.other.address));
      await sender(s).approve(s.operator.address, false);
      await refused(one());
      await refused(many());
    },
  },
];

const BALANCES: readonly Rule<Erc1155Subject>[] = [
  {
    says: "balanceOfBatch answers the balance of each pair, in order, and nothing for none",
    text: "EIP-1155, balanceOfBatch",
    check: async (s) => {
      const [a, b] = s.ids;
      await sender(s).one(s.other.address, b, 7n);
      const owners = [s.other.address, s.holder.address, s.other.address, s.other.address];
      const found = await s.token.balanceOfBatch(owners, [b, a, a, b]);
      expect([...found]).to.deep.equal([7n, await s.token.balanceOf(s.holder.address, a), 0n, 7n]);
      expect([...(await s.token.balanceOfBatch([], []))]).to.deep.equal([]);
    },
  },
  {
    says: "balances equal what the transfer events add up to",
    text: "EIP-1155, Guaranteed log trace",
    check: async (s) => {
      await s.mint(s.holder.address);
      await sender(s).many(s.other.address, [...s.ids], [3n, 4n]);
      await sender(s).one(await addressOf(s.receiver), s.ids[0], 5n);
      await s.burn(s.ids[1], 6n);
      const sums = await sumOfEvents(s);
      expect(sums.size).to.be.greaterThan(3);
      for (const [key, sum] of sums) {
        const [account, id] = key.split(" ");
        expect(await s.token.balanceOf(account, BigInt(id!)), key).to.equal(sum);
      }
    },
  },
];

/** Adds up every TransferSingle and TransferBatch since the first block. */
async function sumOfEvents(s: Erc1155Subject): Promise<Map<string, bigint>> {
  const sums = new Map<string, bigint>();
  const add = (account: string, id: bigint, value: bigint) => {
    if (account === ZeroAddress) return;
    const key = `${account} ${id}`;
    sums.set(key, (sums.get(key) ?? 0n) + value);
  };
  const address = await addressOf(s.token);
  for (const log of await ethers.provider.getLogs({ address, fromBlock: 0 })) {
    const parsed = s.token.interface.parseLog(log);
    if (parsed?.name !== "TransferSingle" && parsed?.name !== "TransferBatch") continue;
    const [, from, to, what, amount] = parsed.args;
    const ids: bigint[] = parsed.name === "TransferSingle" ? [what] : [...what];
    const values: bigint[] = parsed.name === "TransferSingle" ? [amount] : [...amount];
    for (const [k, id] of ids.entries()) {
      add(from, id, -values[k]!);
      add(to, id, values[k]!);
    }
  }
  return sums;
}

const SUPPLY: readonly Rule<Erc1155Subject>[] = [
  {
    says: "what is made comes from the zero address, by event and by hook",
    text: "EIP-1155, Minting/creating and burning/destroying rules",
    check: async (s) => {
      const to = await addressOf(s.receiver);
      const { sent, id, value } = await s.mint(to);
      const logs = await logsOf(sent, s.token, s.receiver);
      const changes = changesOf(logs);
      expect(changes.map((change) => change.slice(1))).to.deep.equal([
        [ZeroAddress, to, id, value],
      ]);
      const [[, from, hooksId, hooksValue, , balance]] = receivedOf(logs) as [unknown[]];
      expect([from, hooksId, hooksValue, balance]).to.deep.equal([ZeroAddress, id, value, value]);
    },
  },
  {
    says: "nothing is made for a contract that refuses or has no hooks",
    text: "EIP-1155, Minting/creating and burning/destroying rules",
    check: async (s) => {
      const to = await addressOf(s.receiver);
      for (const answer of [ANSWER.unknownValue, ANSWER.revert]) {
        await s.receiver.setAnswer(answer);
        await refused(s.mint(to).then(({ sent }) => sent));
      }
      await refused(s.mint(s.deaf).then(({ sent }) => sent));
    },
  },
  {
    says: "what is destroyed goes to the zero address by event",
    text: "EIP-1155, Minting/creating and burning/destroying rules",
    check: async (s) => {
      const [id] = s.ids;
      const [before] = await balances(s, s.holder.address);
      const logs = await logsOf(s.burn(id, 6n), s.token);
      expect(changesOf(logs)).to.deep.equal([
        [s.holder.address, s.holder.address, ZeroAddress, id, 6n],
      ]);
      expect(await s.token.balanceOf(s.holder.address, id)).to.equal(before! - 6n);
      await refused(s.burn(id, before! - 5n));
    },
  },
];

/** Every rule of EIP-1155 that a transaction can try, and EIP-165's. */
export const ERC1155_RULES: readonly Rule<Erc1155Subject>[] = [
  ...ERC165_RULES,
  ...INTERFACES,
  ...APPROVALS,
  ...BALANCES,
  ...SINGLE_RULES,
  ...BATCH_RULES,
  ...SUPPLY,
];
