import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { keccak256, Transaction, Wallet } from "ethers";
import { addressWord, hashWord, numberWord } from "../../server/chain/calldata.ts";
import { interfaces } from "../../server/chain/contracts.ts";
import { PermanentError } from "../../server/chain/failures.ts";
import { signPlain } from "../../server/chain/plainSigning.ts";
import { plainOf, unsignedBytes } from "../../server/chain/transactionBytes.ts";
import { retire, transfer } from "../../server/queue/handlers/units.ts";
import { Random } from "../simulation/random.ts";

const hexOf = (length: number): string => `0x${randomBytes(length).toString("hex")}`;
const KEY = `0x${"00".repeat(31)}07`;
const PLAIN = {
  ...{ type: 2, chainId: 31_337, nonce: 0, gasLimit: 21_000n, to: `0x${"ab".repeat(20)}` },
  ...{ data: "0x", value: 0n, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n },
};

describe("the bytes of a plain transaction", () => {
  it("are made of nothing that says more than they can hold", () => {
    for (const more of [
      { type: 0 },
      { type: null },
      { accessList: [] as never[] },
      { from: PLAIN.to },
      { to: null },
      { to: "vitalik.eth" },
      { gasLimit: 21_000 },
      { maxFeePerGas: null },
      { nonce: null },
    ]) {
      expect(plainOf({ ...PLAIN, ...more }), JSON.stringify(Object.keys(more))).to.equal(undefined);
    }
  });

  it("are refused for fields that are none", () => {
    const plain = plainOf(PLAIN);
    if (!plain) throw new Error("it is plain");
    for (const more of [{ data: "0xabc" }, { data: "0xzz" }, { data: "ab" }, { value: -1n }]) {
      expect(() => unsignedBytes({ ...plain, ...more })).to.throw(PermanentError);
    }
  });

  it("and its signature are those of ethers, whatever the fields", async () => {
    const random = new Random("transaction bytes");
    for (let round = 0; round < 60; round++) {
      const key = round === 0 ? KEY : hexOf(32);
      const wallet = new Wallet(key);
      const amount = (): bigint => {
        const bytes = random.below(12);
        return bytes === 0 ? 0n : BigInt(hexOf(bytes));
      };
      const like = {
        ...PLAIN,
        ...{
          chainId: 1 + random.below(2_000_000_000),
          nonce: random.below(round < 30 ? 200 : 70_000),
        },
        ...{
          gasLimit: amount(),
          maxFeePerGas: 2n ** 100n + amount(),
          maxPriorityFeePerGas: amount(),
        },
        ...{ to: hexOf(20), value: amount(), data: hexOf(random.below(round < 45 ? 80 : 70_000)) },
      };
      const plain = plainOf(like);
      if (!plain) throw new Error("it is plain");
      const raw = signPlain(plain, Buffer.from(key.slice(2), "hex"));
      expect(raw).to.equal(await wallet.signTransaction(like));
      const hash = Transaction.from(raw).unsignedHash;
      expect(keccak256(unsignedBytes(plain))).to.equal(hash);
    }
  });
});

describe("calldata of words", () => {
  const contracts = { reductionToken: hexOf(20) } as never;
  const signer = hexOf(20);
  const context = { contracts, signer } as never;

  it("refuses what does not fit", () => {
    expect(() => numberWord(2n ** 64n, 64)).to.throw(PermanentError);
    expect(() => numberWord(-1n, 64)).to.throw(PermanentError);
    expect(() => addressWord("0x12")).to.throw(PermanentError);
    expect(() => hashWord("0x12")).to.throw(PermanentError);
  });

  it("is that of ethers for transfers and retirements", async () => {
    const tokenId = BigInt(hexOf(32));
    const grams = BigInt(hexOf(7));
    const [to, content] = [hexOf(20), hexOf(32)];
    const token = interfaces.reductionToken;
    expect(
      (await transfer({ to, tokenId: String(tokenId), grams: String(grams) }, context)).data,
    ).to.equal(token.encodeFunctionData("safeTransferFrom", [signer, to, tokenId, grams, "0x"]));
    const body = { tokenId: String(tokenId), grams: String(grams), purpose: 3, content };
    expect((await retire(body, context)).data).to.equal(
      token.encodeFunctionData("retire", [tokenId, grams, 3, content]),
    );
  });
});
