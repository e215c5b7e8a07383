import { expect } from "chai";
import {
  ANSWER,
  addressOf,
  BAD_ANSWERS,
  balances,
  changesOf,
  type Erc1155Subject,
  LONG_DATA,
  receivedOf,
  sender,
  ZeroAddress,
} from "./erc1155Subject.ts";
import { logsOf, type Rule, refused } from "./rule.ts";

export const SINGLE_RULES: readonly Rule<Erc1155Subject>[] = [
  {
    says: "safeTransferFrom moves the value and emits TransferSingle with the operator",
    text: "EIP-1155, safeTransferFrom rules",
    check: async (s) => {
      const [id] = s.ids;
      const [before] = await balances(s, s.holder.address);
      await sender(s).approve(s.operator.address, true);
      const sent = sender(s, s.operator).one(s.other.address, id, 10n);
      expect(await logsOf(sent, s.token)).to.deep.equal([
        {
          name: "TransferSingle",
          args: [s.operator.address, s.holder.address, s.other.address, id, 10n],
        },
      ]);
      expect(await s.token.balanceOf(s.holder.address, id)).to.equal(before! - 10n);
      expect(await s.token.balanceOf(s.other.address, id)).to.equal(10n);
    },
  },
  {
    says: "a transfer of nothing emits its event, too",
    text: "EIP-1155, TransferSingle",
    check: async (s) => {
      const { holder, other } = s;
      expect(await logsOf(sender(s).one(other.address, s.ids[0], 0n), s.token)).to.deep.equal([
        {
          name: "TransferSingle",
          args: [holder.address, holder.address, other.address, s.ids[0], 0n],
        },
      ]);
    },
  },
  {
    says: "a transfer to oneself changes no balance, and the whole balance can be sent",
    text: "EIP-1155, safeTransferFrom rules",
    check: async (s) => {
      const [id] = s.ids;
      const [all] = await balances(s, s.holder.address);
      await sender(s).one(s.holder.address, id, all!);
      expect(await s.token.balanceOf(s.holder.address, id)).to.equal(all);
      await sender(s).one(s.other.address, id, all!);
      expect(await s.token.balanceOf(s.holder.address, id)).to.equal(0n);
      expect(await s.token.balanceOf(s.other.address, id)).to.equal(all);
    },
  },
  {
    says: "safeTransferFrom reverts for the zero address and for more than the balance",
    text: "EIP-1155, safeTransferFrom rules",
    check: async (s) => {
      const [id] = s.ids;
      const [all] = await balances(s, s.holder.address);
      await refused(sender(s).one(ZeroAddress, id, 1n));
      await refused(sender(s).one(s.other.address, id, all! + 1n));
      await refused(sender(s).one(s.other.address, id, 2n ** 256n - 1n));
      await refused(sender(s, s.other).one(s.holder.address, id, 1n, "0x", s.other.address));
      expect((await balances(s, s.holder.address))[0]).to.equal(all);
    },
  },
  {
    says: "onERC1155Received is called after balance and event, with the data unaltered",
    text: "EIP-1155, Scenario 6 and onERC1155Received rules",
    check: async (s) => {
      const [id] = s.ids;
      const to = await addressOf(s.receiver);
      await sender(s).approve(s.operator.address, true);
      let balance = 0n;
      for (const data of ["0x", "0x00", LONG_DATA]) {
        balance += 9n;
        const sent = sender(s, s.operator).one(to, id, 9n, data);
        expect(await logsOf(sent, s.token, s.receiver)).to.deep.equal([
          { name: "TransferSingle", args: [s.operator.address, s.holder.address, to, id, 9n] },
          {
            name: "SingleReceived",
            args: [s.operator.address, s.holder.address, id, 9n, data, balance],
          },
        ]);
      }
    },
  },
  {
    says: "safeTransferFrom reverts when the receiver answers anything else or reverts",
    text: "EIP-1155, Scenarios 4 and 5",
    check: async (s) => {
      const to = await addressOf(s.receiver);
      for (const answer of BAD_ANSWERS) {
        await s.receiver.setAnswer(answer);
        await refused(sender(s).one(to, s.ids[0], 1n));
      }
      expect(await s.token.balanceOf(to, s.ids[0])).to.equal(0n);
      await s.receiver.setAnswer(ANSWER.accept);
      await sender(s).one(to, s.ids[0], 1n);
    },
  },
  {
    says: "transfers to a contract without hooks revert",
    text: "EIP-1155, Scenario 3",
    check: async (s) => {
      await refused(sender(s).one(s.deaf, s.ids[0], 1n));
      await refused(sender(s).many(s.deaf, [...s.ids], [1n, 1n]));
    },
  },
];

export const BATCH_RULES: readonly Rule<Erc1155Subject>[] = [
  {
    says: "safeBatchTransferFrom moves every value and emits them in the order of the lists",
    text: "EIP-1155, safeBatchTransferFrom rules",
    check: async (s) => {
      const [a, b] = s.ids;
      const sent = sender(s).many(s.other.address, [b, a], [2n, 3n]);
      expect(changesOf(await logsOf(sent, s.token))).to.deep.equal([
        [s.holder.address, s.holder.address, s.other.address, b, 2n],
        [s.holder.address, s.holder.address, s.other.address, a, 3n],
      ]);
      expect(await balances(s, s.other.address)).to.deep.equal([3n, 2n]);
    },
  },
  {
    says: "a batch may name an id twice and may be empty",
    text: "EIP-1155, safeBatchTransferFrom rules",
    check: async (s) => {
      const [id] = s.ids;
      const [all] = await balances(s, s.holder.address);
      await sender(s).many(s.other.address, [id, id], [1n, 2n]);
      expect(await s.token.balanceOf(s.other.address, id)).to.equal(3n);
      await refused(sender(s).many(s.other.address, [id, id], [all! - 3n, 1n]));
      expect(
        changesOf(await logsOf(sender(s).many(s.other.address, [], []), s.token)),
      ).to.have.lengthOf(0);
    },
  },
  {
    says: "safeBatchTransferFrom reverts for lists of different length",
    text: "EIP-1155, safeBatchTransferFrom rules",
    check: async (s) => {
      const [a, b] = s.ids;
      await refused(sender(s).many(s.other.address, [a, b], [1n]));
      await refused(sender(s).many(s.other.address, [a], [1n, 1n]));
      await refused(sender(s).many(s.other.address, [], [1n]));
      await refused(sender(s).many(s.other.address, [a], []));
    },
  },
  {
    says: "safeBatchTransferFrom reverts as a whole for the zero address or one value too many",
    text: "EIP-1155, safeBatchTransferFrom rules",
    check: async (s) => {
      const [a, b] = s.ids;
      const before = await balances(s, s.holder.address);
      await refused(sender(s).many(ZeroAddress, [a, b], [1n, 1n]));
      await refused(sender(s).many(s.other.address, [a, b], [1n, before[1]! + 1n]));
      await refused(sender(s).many(s.other.address, [a, b], [before[0]! + 1n, 1n]));
      expect(await balances(s, s.holder.address)).to.deep.equal(before);
      expect(await balances(s, s.other.address)).to.deep.equal([0n, 0n]);
    },
  },
  {
    says: "the hooks tell a contract every change of a batch, after balances and events",
    text: "EIP-1155, Scenario 7 and onERC1155BatchReceived rules",
    check: async (s) => {
      const [a, b] = s.ids;
      const to = await addressOf(s.receiver);
      await sender(s).approve(s.operator.address, true);
      for (const data of ["0x", LONG_DATA]) {
        const held = await balances(s, to);
        const sent = sender(s, s.operator).many(to, [b, a], [2n, 3n], data);
        const logs = await logsOf(sent, s.token, s.receiver);
        const firstHook = logs.findIndex(({ name }) => name.endsWith("Received"));
        const hooks = logs.slice(firstHook);
        expect(changesOf(logs.slice(0, firstHook))).to.have.lengthOf(2);
        expect(changesOf(hooks)).to.have.lengthOf(0);
        expect(receivedOf(hooks)).to.deep.equal([
          [s.operator.address, s.holder.address, b, 2n, data, held[1]! + 2n],
          [s.operator.address, s.holder.address, a, 3n, data, held[0]! + 3n],
        ]);
      }
    },
  },
  {
    says: "safeBatchTransferFrom reverts when the receiver answers anything else or reverts",
    text: "EIP-1155, Scenarios 4 and 5",
    check: async (s) => {
      const to = await addressOf(s.receiver);
      for (const answer of BAD_ANSWERS) {
        await s.receiver.setAnswer(answer);
        await refused(sender(s).many(to, [...s.ids], [1n, 1n]));
      }
      expect(await balances(s, to)).to.deep.equal([0n, 0n]);
      await s.receiver.setAnswer(ANSWER.accept);
      await sender(s).many(to, [...s.ids], [1n, 1n]);
    },
  },
  {
    says: "approvals call no hook",
    text: "EIP-1155, Scenario 2",
    check: async (s) => {
      const to = await addressOf(s.receiver);
      const logs = await logsOf(sender(s).approve(to, true), s.token, s.receiver);
      expect(logs.map(({ name }) => name)).to.deep.equal(["ApprovalForAll"]);
    },
  },
];
