import { expect } from "chai";
import type { TestContract } from "../support.ts";
import { supports } from "./erc165.ts";
import type { Erc721Subject } from "./erc721.ts";
import { MOVING_RULES } from "./erc721.ts";
import { logsOf, type Rule, refused, type Verdict } from "./rule.ts";

export interface Erc5192Subject extends Erc721Subject {
  readonly locks: TestContract<"locked">;
}

/** EIP-5192 for a contract all of whose tokens are locked for ever; that they refuse to move is ERC-721's list. */
export const ERC5192_RULES: readonly Rule<Erc5192Subject>[] = [
  {
    says: "supportsInterface answers true for 0xb45a3c0e",
    text: "EIP-5192, Contract Interface",
    check: async ({ token }) => {
      expect(await supports(token, "0xb45a3c0e")).to.equal(true);
    },
  },
  {
    says: "a token that is made locked emits Locked once",
    text: "EIP-5192, event Locked",
    check: async (s) => {
      const { sent, tokenId } = await s.mint();
      const logs = (await logsOf(sent, s.token)).filter(({ name }) => name.endsWith("ocked"));
      expect(logs).to.deep.equal([{ name: "Locked", args: [tokenId] }]);
    },
  },
  {
    says: "locked answers true for a token and throws for what is none",
    text: "EIP-5192, locked",
    check: async (s) => {
      expect(await s.locks.locked(s.tokenId)).to.equal(true);
      await refused(s.locks.locked(s.unknownId));
    },
  },
];

/** The verdicts ERC-5192 gives on ERC-721's rules of moving. */
export function refusedByLock(error: string): Record<string, Verdict> {
  return Object.fromEntries(
    MOVING_RULES.map((says) => [says, { is: "refused", by: "ERC-5192", error }]),
  );
}
