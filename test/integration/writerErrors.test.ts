import { expect } from "chai";
import { AbiCoder, id } from "ethers";
import { interfaces } from "../../server/chain/contracts.ts";
import { refusalOfRevert } from "../../server/chain/errors.ts";

describe("revert data to refusals", () => {
  it("gives a custom error's code and its arguments as text", () => {
    const asset = id("asset");
    const data = interfaces.sources.encodeErrorResult("SourcesDayTaken", [asset, 3, 17_775]);
    expect(refusalOfRevert(data)).to.deep.equal({
      code: "SOURCES_DAY_TAKEN",
      values: { assetKey: asset, class: "3", day: "17775" },
    });
  });

  it("knows the errors of the token standards", () => {
    const holder = `0x${"ab".repeat(20)}`;
    const data = interfaces.reductionToken.encodeErrorResult("ERC1155InsufficientBalance", [
      holder,
      5n,
      7n,
      9n,
    ]);
    expect(refusalOfRevert(data)).to.deep.equal({
      code: "ERC1155_INSUFFICIENT_BALANCE",
      values: { sender: holder, balance: "5", needed: "7", tokenId: "9" },
    });
  });

  it("tells a panic, a plain reason, an unknown error and silence apart", () => {
    const coder = AbiCoder.defaultAbiCoder();
    const reasonOf = (data: string) => {
      const { code, values } = refusalOfRevert(data);
      expect(code).to.equal("TRANSACTION_REVERTED");
      return values!["reason"];
    };
    const panic = `${id("Panic(uint256)").slice(0, 10)}${coder.encode(["uint256"], [17]).slice(2)}`;
    const plain = `${id("Error(string)").slice(0, 10)}${coder.encode(["string"], ["no"]).slice(2)}`;
    expect(reasonOf(panic)).to.equal("panic 17 (arithmetic overflow)");
    expect(reasonOf(plain)).to.equal("no");
    expect(reasonOf("0xdeadbeef")).to.equal("0xdeadbeef");
    expect(reasonOf("0x")).to.equal("no reason given");
  });

  it("does not trip over data that only begins like a known error", () => {
    const data = interfaces.sources.encodeErrorResult("SourcesDayTaken", [id("a"), 3, 1]);
    expect(refusalOfRevert(data.slice(0, 20)).code).to.equal("TRANSACTION_REVERTED");
  });
});
