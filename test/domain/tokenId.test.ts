import { expect } from "chai";
import { AbiCoder, id, keccak256 } from "ethers";
import { fromHex, toHex } from "../../server/domain/bytes.ts";
import {
  decodeTokenId,
  describeTokenId,
  encodeTokenId,
  formatTokenId,
  institutionIdOf,
  parseTokenId,
  sourceIdOf,
} from "../../server/domain/tokenId.ts";
import { codeOf, suite, unwrap, vectors } from "./support.ts";

type TokenIdVector = {
  programme: number;
  methodology: number;
  firstDay: number;
  endDay: number;
  assetKey: string;
  sourceId: string;
  tokenId: string;
};

describe("The token id", () => {
  it("refuses another version, more than 256 bits, and text that is no number", () => {
    expect(codeOf(decodeTokenId(0n))).to.equal("TOKEN_ID_VERSION");
    expect(codeOf(decodeTokenId(2n << 248n))).to.equal("TOKEN_ID_VERSION");
    expect(codeOf(decodeTokenId(1n << 256n))).to.equal("TOKEN_ID_MALFORMED");
    expect(codeOf(decodeTokenId(-1n))).to.equal("TOKEN_ID_MALFORMED");
    for (const text of ["", "0x", "-1", "1e3", `0x${"f".repeat(65)}`, "9".repeat(78)]) {
      expect(codeOf(parseTokenId(text)), text).to.equal("TOKEN_ID_MALFORMED");
    }
  });

  it("follows the shared vectors, and Ethereum's own encoding of them", () => {
    const coder = AbiCoder.defaultAbiCoder();
    for (const vector of vectors<TokenIdVector[]>("tokenId.json")) {
      const { programme, methodology, firstDay, endDay } = vector;
      const assetKey = fromHex(vector.assetKey);
      const sourceId = sourceIdOf(suite, programme, methodology, assetKey);
      const tokenId = encodeTokenId(suite, {
        ...{ programme, methodology, firstDay, endDay },
        ...{ sourceId, assetKey },
      });
      expect(toHex(sourceId)).to.equal(vector.sourceId);
      expect(formatTokenId(tokenId)).to.equal(vector.tokenId);

      const slowSource = keccak256(
        coder.encode(["uint32", "uint32", "bytes32"], [programme, methodology, vector.assetKey]),
      );
      const binding = keccak256(
        coder.encode(["bytes32", "bytes32"], [slowSource, vector.assetKey]),
      );
      const hex = (value: number, digits: number): string =>
        value.toString(16).padStart(digits, "0");
      const slow = `0x01${hex(programme, 8)}${hex(methodology, 8)}${hex(firstDay, 6)}${hex(endDay, 6)}${binding.slice(2, 36)}`;
      expect(slow).to.equal(vector.tokenId);

      const parts = unwrap(decodeTokenId(tokenId));
      expect(parts).to.include({ version: 1, programme, methodology, firstDay, endDay });
      expect(parts.binding).to.equal(`0x${binding.slice(2, 36)}`);
      expect(unwrap(parseTokenId(tokenId.toString()))).to.equal(tokenId);
    }
  });

  it("reads as words in both languages", () => {
    const parts = { version: 1, programme: 1, methodology: 1, binding: "0x" };
    const { en, zh } = describeTokenId({ ...parts, firstDay: 17_775, endDay: 17_776 });
    expect(en).to.equal("programme 1, methodology 1, 2018-09-01 to 2018-09-01");
    expect(zh).to.contain("监测期 2018-09-01 至 2018-09-01");
  });

  it("names an institution by the hash of its register number", () => {
    expect(toHex(institutionIdOf(suite, "91440300MA00000000"))).to.equal(id("91440300MA00000000"));
  });
});
