import { expect } from "chai";
import {
  acting,
  batchIdOf,
  CONTENT,
  EVENT_NEUTRALITY,
  ethers,
  gasOf,
  HELD,
  id,
  idOf,
  instrumented,
  networkHelpers,
  PROGRAMME,
  retire,
  retirementIdOf,
  STANDING,
  type TokenRegistry,
  tokenRegistry,
  ZeroHash,
} from "./tokenSupport.ts";

const { loadFixture } = networkHelpers;
const MOST = 2n ** 56n - 1n;

const line = (tokenId: bigint, grams: bigint, beneficiary = ZeroHash) => ({
  tokenId,
  grams,
  beneficiary,
});

const retireBatch = (
  r: TokenRegistry,
  lines: readonly ReturnType<typeof line>[],
  purpose = EVENT_NEUTRALITY,
) => r.token.connect(r.owner).retireBatch(lines, purpose, CONTENT);

/** A third id of the programme, of which the owner holds the most that 64 bits count. */
async function huge() {
  const r = await tokenRegistry();
  const hugeId = idOf(PROGRAMME, 9n);
  await r.token.connect(r.issuance).mint(r.owner.address, hugeId, 2n ** 64n - 1n);
  return { ...r, huge: hugeId };
}

describe("ReductionToken: retirement", () => {
  it("is refused for other purposes, no grams, too many grams and ids never issued", async () => {
    const r = await loadFixture(tokenRegistry);
    const t = r.token.connect(r.owner);
    for (const purpose of [0, 7, 0x83, 255]) {
      await expect(t.retire(r.first, 1, purpose, CONTENT))
        .to.be.revertedWithCustomError(t, "ReductionTokenPurpose")
        .withArgs(purpose);
    }
    await expect(t.retire(r.first, 0, 1, CONTENT)).to.be.revertedWithCustomError(
      t,
      "ReductionTokenGramsZero",
    );
    await expect(t.retire(r.first, MOST + 1n, 1, CONTENT))
      .to.be.revertedWithCustomError(t, "ReductionTokenGramsTooMany")
      .withArgs(MOST + 1n, MOST);
    await expect(t.retire(5, 1, 1, CONTENT))
      .to.be.revertedWithCustomError(t, "ReductionTokenUnknown")
      .withArgs(5);
    await expect(t.retire(r.first, HELD + 1n, 1, CONTENT))
      .to.be.revertedWithCustomError(t, "ERC1155InsufficientBalance")
      .withArgs(r.owner.address, HELD, HELD + 1n, r.first);
  });

  it("is refused to accounts that are not open, of suspended ids and in paused programmes", async () => {
    const r = await loadFixture(tokenRegistry);
    const call = () => r.token.connect(r.owner).retire(r.first, 1, 1, CONTENT);
    for (const standing of [0, STANDING.open | STANDING.frozen, STANDING.closed]) {
      await r.asProgrammes.setStanding(r.owner.address, standing);
      await expect(call())
        .to.be.revertedWithCustomError(r.token, "ReductionTokenStanding")
        .withArgs(r.owner.address, standing);
    }
    await r.asProgrammes.setStanding(r.owner.address, STANDING.open);
    await r.token.connect(r.issuance).setIdState(r.first, 2);
    await expect(call())
      .to.be.revertedWithCustomError(r.token, "ReductionTokenState")
      .withArgs(r.first, 2);
    await r.token.connect(r.issuance).setIdState(r.first, 1);
    await r.asProgrammes.setPaused(PROGRAMME, true);
    await expect(call())
      .to.be.revertedWithCustomError(r.token, "ReductionTokenPaused")
      .withArgs(PROGRAMME);
  });

  it("leaves nothing to transfer or to retire again", async () => {
    const r = await loadFixture(tokenRegistry);
    await retire(r, HELD);
    const t = r.token.connect(r.owner);
    await expect(t.safeTransferFrom(r.owner.address, r.enterprise.address, r.first, 1, "0x"))
      .to.be.revertedWithCustomError(r.token, "ERC1155InsufficientBalance")
      .withArgs(r.owner.address, 0, 1, r.first);
    await expect(t.retire(r.first, 1, 1, CONTENT)).to.be.revertedWithCustomError(
      r.token,
      "ERC1155InsufficientBalance",
    );
  });

  it("gives serials from one cursor, whoever retires, and a record of one slot", async () => {
    const r = await loadFixture(tokenRegistry);
    const t = r.token.connect(r.owner);
    await t.safeTransferFrom(r.owner.address, r.enterprise.address, r.first, 500, "0x");
    const retirementId = retirementIdOf(r.owner.address, r.first, 0n, 300n, 2);
    await expect(t.retire(r.first, 300, 2, CONTENT))
      .to.emit(r.token, "Retired")
      .withArgs(retirementId, r.first, r.owner.address, 0, 300, 2, CONTENT)
      .and.to.emit(r.token, "TransferSingle")
      .withArgs(r.owner.address, r.owner.address, ethers.ZeroAddress, r.first, 300);
    const record = [r.owner.address, BigInt(PROGRAMME), 2n, 300n];
    expect(await r.token.retirementOf(retirementId)).to.deep.equal(record);
    expect(await r.token.isConsumed(retirementId)).to.equal(false);
    await expect(r.token.connect(r.enterprise).retire(r.first, 200, 5, CONTENT))
      .to.emit(r.token, "Retired")
      .withArgs(
        retirementIdOf(r.enterprise.address, r.first, 300n, 500n, 5),
        r.first,
        r.enterprise.address,
        300,
        500,
        5,
        CONTENT,
      );
    expect(await r.token.supplyOf(r.first)).to.deep.equal([true, 1n, HELD, 500n, 0n]);
    expect((await r.token.retirementOf(id("none"))).holder).to.equal(ethers.ZeroAddress);
  });

  it("keeps the same words of the same holder apart by their serials", async () => {
    const r = await loadFixture(tokenRegistry);
    expect(await retire(r, 100n)).to.equal(retirementIdOf(r.owner.address, r.first, 0n, 100n));
    expect(await retire(r, 100n)).to.equal(retirementIdOf(r.owner.address, r.first, 100n, 200n));
  });

  it("takes the most that a record counts", async () => {
    const r = await loadFixture(huge);
    const retirementId = await retire(r, MOST, { tokenId: r.huge });
    expect((await r.token.retirementOf(retirementId)).grams).to.equal(MOST);
  });
});

describe("ReductionToken: retirement of many lines", () => {
  it("is refused for no lines, too many, no grams, other purposes and two programmes", async () => {
    const r = await loadFixture(tokenRegistry);
    await expect(retireBatch(r, [])).to.be.revertedWithCustomError(
      r.token,
      "ReductionTokenLinesEmpty",
    );
    await expect(retireBatch(r, Array(201).fill(line(r.first, 1n))))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenLinesTooMany")
      .withArgs(201, 200);
    await expect(
      retireBatch(r, [line(r.first, 1n), line(r.second, 0n)]),
    ).to.be.revertedWithCustomError(r.token, "ReductionTokenGramsZero");
    for (const purpose of [0, 7, 0x83]) {
      await expect(retireBatch(r, [line(r.first, 1n)], purpose))
        .to.be.revertedWithCustomError(r.token, "ReductionTokenPurpose")
        .withArgs(purpose);
    }
    await expect(retireBatch(r, [line(r.first, 1n), line(r.foreign, 1n)]))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenLinesMixed")
      .withArgs(r.foreign, 2);
  });

  it("is refused beyond what a record counts, also where a sum of 64 bits would wrap", async () => {
    const r = await loadFixture(huge);
    await expect(retireBatch(r, [line(r.huge, MOST), line(r.first, 1n)]))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenGramsTooMany")
      .withArgs(MOST + 1n, MOST);
    await expect(retireBatch(r, [line(r.first, 2n), line(r.huge, 2n ** 64n - 1n)]))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenGramsTooMany")
      .withArgs(2n ** 64n - 1n, MOST);
  });

  it("is refused when any line is: state, pause, balance, also of two lines of one id", async () => {
    const r = await loadFixture(tokenRegistry);
    const lines = [line(r.first, 1n), line(r.second, 1n)];
    await r.token.connect(r.issuance).setIdState(r.second, 2);
    await expect(retireBatch(r, lines))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenState")
      .withArgs(r.second, 2);
    await r.token.connect(r.issuance).setIdState(r.second, 1);
    await expect(retireBatch(r, [line(r.first, HELD), line(r.first, 1n)]))
      .to.be.revertedWithCustomError(r.token, "ERC1155InsufficientBalance")
      .withArgs(r.owner.address, 0, 1, r.first);
    await r.asProgrammes.setPaused(PROGRAMME, true);
    await expect(retireBatch(r, lines)).to.be.revertedWithCustomError(
      r.token,
      "ReductionTokenPaused",
    );
    await r.asProgrammes.setPaused(PROGRAMME, false);
    await r.asProgrammes.setStanding(r.owner.address, STANDING.closed);
    await expect(retireBatch(r, lines))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenStanding")
      .withArgs(r.owner.address, STANDING.closed);
  });

  it("makes one record, with serials and a beneficiary for each line", async () => {
    const r = await loadFixture(tokenRegistry);
    await retire(r, 50n);
    const [ann, bob] = [id("ann"), id("bob")];
    const lines = [
      { tokenId: r.first, firstSerial: 50n, endSerial: 60n, beneficiary: ann },
      { tokenId: r.second, firstSerial: 0n, endSerial: 7n, beneficiary: ZeroHash },
      { tokenId: r.first, firstSerial: 60n, endSerial: 63n, beneficiary: bob },
    ];
    const retirementId = batchIdOf(r.owner.address, lines);
    const sent = [line(r.first, 10n, ann), line(r.second, 7n), line(r.first, 3n, bob)];
    expect(
      await r.token.connect(r.owner).retireBatch.staticCall(sent, EVENT_NEUTRALITY, CONTENT),
    ).to.equal(retirementId);
    await expect(retireBatch(r, sent))
      .to.emit(r.token, "RetiredBatch")
      .withArgs(retirementId, r.owner.address, EVENT_NEUTRALITY, CONTENT, (told: unknown[][]) => {
        expect(told).to.deep.equal(lines.map((each) => Object.values(each)));
        return true;
      });
    expect(await r.token.retirementOf(retirementId)).to.deep.equal([
      r.owner.address,
      BigInt(PROGRAMME),
      BigInt(EVENT_NEUTRALITY),
      20n,
    ]);
    expect((await r.token.supplyOf(r.first)).retiredGrams).to.equal(63);
    expect((await r.token.supplyOf(r.second)).retiredGrams).to.equal(7);
    expect(await r.token.balanceOf(r.owner.address, r.first)).to.equal(HELD - 63n);
  });

  it("of one line is another record than a plain retirement", async () => {
    const r = await loadFixture(tokenRegistry);
    const retirementId = await r.token
      .connect(r.owner)
      .retireBatch.staticCall([line(r.first, 5n)], EVENT_NEUTRALITY, CONTENT);
    expect(retirementId).not.to.equal(retirementIdOf(r.owner.address, r.first, 0n, 5n));
    await retireBatch(r, [line(r.first, 5n)]);
    expect((await r.token.retirementOf(retirementId)).grams).to.equal(5);
  });

  it("takes two hundred lines, each at most 20,000 gas", async () => {
    const r = await loadFixture(tokenRegistry);
    const lines = [];
    for (let k = 0n; k < 200n; k++) {
      const tokenId = idOf(PROGRAMME, 100n + k);
      await r.token.connect(r.issuance).mint(r.owner.address, tokenId, 10);
      lines.push(line(tokenId, 5n, id(`${k}`)));
    }
    const one = await gasOf(retireBatch(r, [lines[0] as ReturnType<typeof line>]));
    const all = await gasOf(retireBatch(r, lines));
    if (!instrumented) expect((all - one) / 199).to.be.lessThan(20_000);
  });
});

describe("ReductionToken: retirements that a certificate consumes", () => {
  it("are refused when there is none, and a second time", async () => {
    const r = await loadFixture(tokenRegistry);
    const certificate = r.token.connect(await acting(r.certificate));
    await expect(certificate.consume(id("none")))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenRetirementUnknown")
      .withArgs(id("none"));
    const retirementId = await retire(r, 5n);
    await certificate.consume(retirementId);
    await expect(certificate.consume(retirementId))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenConsumed")
      .withArgs(retirementId);
  });

  it("keep holder, programme, purpose and grams", async () => {
    const r = await loadFixture(tokenRegistry);
    const certificate = r.token.connect(await acting(r.certificate));
    const retirementId = await retire(r, 5n, { purpose: 6 });
    const record = [r.owner.address, BigInt(PROGRAMME), 6n, 5n];
    expect(await certificate.consume.staticCall(retirementId)).to.deep.equal(record);
    await certificate.consume(retirementId);
    expect(await r.token.retirementOf(retirementId)).to.deep.equal(record);
    expect(await r.token.isConsumed(retirementId)).to.equal(true);
  });

  it("may be consumed as they are made, under every rule of a retirement", async () => {
    const r = await loadFixture(tokenRegistry);
    const certificate = r.token.connect(await acting(r.certificate));
    const call = (grams: bigint, purpose = EVENT_NEUTRALITY) =>
      certificate.retireConsumed(r.owner.address, r.first, grams, purpose, CONTENT);
    await expect(call(5n, 0x83)).to.be.revertedWithCustomError(r.token, "ReductionTokenPurpose");
    await expect(call(0n)).to.be.revertedWithCustomError(r.token, "ReductionTokenGramsZero");
    await expect(call(HELD + 1n)).to.be.revertedWithCustomError(
      r.token,
      "ERC1155InsufficientBalance",
    );
    const retirementId = retirementIdOf(r.owner.address, r.first, 0n, 5n);
    await expect(call(5n))
      .to.emit(r.token, "Retired")
      .withArgs(retirementId, r.first, r.owner.address, 0, 5, EVENT_NEUTRALITY, CONTENT);
    expect(await r.token.isConsumed(retirementId)).to.equal(true);
    await expect(certificate.consume(retirementId))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenConsumed")
      .withArgs(retirementId);
  });
});
