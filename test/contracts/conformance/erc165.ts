import { expect } from "chai";
import type { BaseContract } from "ethers";
import { create } from "../support.ts";
import type { Rule } from "./rule.ts";

interface HasToken {
  readonly token: BaseContract;
}

/** Asks as the standard says: a static call with 30,000 gas. */
export async function supports(token: BaseContract, interfaceId: string): Promise<boolean> {
  const probe = await create<"ask">("InterfaceProbe");
  const [success, words, answer] = await probe.ask.staticCall(
    await token.getAddress(),
    interfaceId,
  );
  expect(success, `supportsInterface(${interfaceId}) within 30,000 gas`).to.equal(true);
  expect(words).to.equal(1n);
  expect(answer).to.be.oneOf([0n, 1n]);
  return answer === 1n;
}

/** EIP-165, "How a Contract will Publish the Interfaces it Implements". */
export const ERC165_RULES: readonly Rule<HasToken>[] = [
  {
    says: "supportsInterface answers true for ERC-165 itself, with at most 30,000 gas",
    text: "EIP-165",
    check: async ({ token }) => {
      expect(await supports(token, "0x01ffc9a7")).to.equal(true);
    },
  },
  {
    says: "supportsInterface answers false for 0xffffffff",
    text: "EIP-165",
    check: async ({ token }) => {
      expect(await supports(token, "0xffffffff")).to.equal(false);
    },
  },
  {
    says: "supportsInterface answers false for interfaces that are not there",
    text: "EIP-165",
    check: async ({ token }) => {
      // ERC-20, ERC-1155's receiver, the safe transfer alone, and nothing.
      for (const absent of ["0x36372b07", "0x4e2312e0", "0xf242432a", "0x00000000"]) {
        expect(await supports(token, absent)).to.equal(false);
      }
    },
  },
];
