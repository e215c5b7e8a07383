import { expect } from "chai";
import {
  DOCUMENT,
  ethers,
  FIRST_DAY,
  id,
  issue,
  issuedRegistry,
  networkHelpers,
  PROGRAMME,
  proposalOf,
  registry,
  retire,
} from "./support.ts";

const { loadFixture } = networkHelpers;
const HELD = 10_000n;

describe("ReductionToken: who may push into it", () => {
  it("mint and id state are Issuance's, standing and pause are Programmes'", async () => {
    const r = await loadFixture(issuedRegistry);
    for (const caller of [r.authority, r.operator, r.registrar, r.owner]) {
      const t = r.token.connect(caller);
      await expect(t.mint(caller.address, 5, 5))
        .to.be.revertedWithCustomError(t, "ReductionTokenNotIssuance")
        .withArgs(caller.address);
      await expect(t.setIdState(r.tokenId, 2))
        .to.be.revertedWithCustomError(t, "ReductionTokenNotIssuance")
        .withArgs(caller.address);
      await expect(t.setStanding(caller.address, 1))
        .to.be.revertedWithCustomError(t, "ReductionTokenNotProgrammes")
        .withArgs(caller.address);
      await expect(t.setPaused(PROGRAMME, false))
        .to.be.revertedWithCustomError(t, "ReductionTokenNotProgrammes")
        .withArgs(caller.address);
    }
  });

  it("an id is minted once, never empty, and only an issued id has a state", async () => {
    const r = await loadFixture(issuedRegistry);
    const issuance = await r.issuance.getAddress();
    await networkHelpers.impersonateAccount(issuance);
    await networkHelpers.setBalance(issuance, 10n ** 18n);
    const t = r.token.connect(await ethers.getSigner(issuance));
    await expect(t.mint(r.owner.address, r.tokenId, 5))
      .to.be.revertedWithCustomError(t, "ReductionTokenExists")
      .withArgs(r.tokenId);
    await expect(t.mint(r.owner.address, 5, 0)).to.be.revertedWithCustomError(
      t,
      "ReductionTokenGramsZero",
    );
    await expect(t.mint(r.outsider.address, 5, 5))
      .to.be.revertedWithCustomError(t, "ReductionTokenStanding")
      .withArgs(r.outsider.address, 0);
    await expect(t.setIdState(5, 2))
      .to.be.revertedWithCustomError(t, "ReductionTokenUnknown")
      .withArgs(5);
  });
});

describe("ReductionToken: transfers", () => {
  const args = (r: Awaited<ReturnType<typeof issuedRegistry>>, grams = 1n) =>
    [r.owner.address, r.enterprise.address, r.tokenId, grams, "0x"] as const;

  it("are refused to and from whoever has no open account", async () => {
    const r = await loadFixture(issuedRegistry);
    await expect(
      r.token
        .connect(r.owner)
        .safeTransferFrom(r.owner.address, r.outsider.address, r.tokenId, 1, "0x"),
    )
      .to.be.revertedWithCustomError(r.token, "ReductionTokenStanding")
      .withArgs(r.outsider.address, 0);
    for (const party of [r.owner, r.enterprise]) {
      const p = r.programmes.connect(r.authority);
      await p.freezeAccount(PROGRAMME, party.address, DOCUMENT);
      await expect(r.token.connect(r.owner).safeTransferFrom(...args(r)))
        .to.be.revertedWithCustomError(r.token, "ReductionTokenStanding")
        .withArgs(party.address, 3);
      await p.unfreezeAccount(PROGRAMME, party.address, DOCUMENT);
    }
    await r.programmes.connect(r.authority).closeAccount(PROGRAMME, r.enterprise.address, DOCUMENT);
    await expect(r.token.connect(r.owner).safeTransferFrom(...args(r)))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenStanding")
      .withArgs(r.enterprise.address, 16);
  });

  it("are refused for ids never issued, suspended, or of a paused programme", async () => {
    const r = await loadFixture(issuedRegistry);
    const t = r.token.connect(r.owner);
    await expect(t.safeTransferFrom(r.owner.address, r.enterprise.address, 5, 0, "0x"))
      .to.be.revertedWithCustomError(t, "ReductionTokenUnknown")
      .withArgs(5);
    await r.issuance.connect(r.authority).suspendToken(r.tokenId, DOCUMENT);
    await expect(t.safeTransferFrom(...args(r)))
      .to.be.revertedWithCustomError(t, "ReductionTokenState")
      .withArgs(r.tokenId, 2);
    await r.issuance.connect(r.authority).resumeToken(r.tokenId, DOCUMENT);
    await r.programmes.connect(r.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(t.safeTransferFrom(...args(r)))
      .to.be.revertedWithCustomError(t, "ReductionTokenPaused")
      .withArgs(PROGRAMME);
    await r.programmes.connect(r.authority).resumeProgramme(PROGRAMME, DOCUMENT);
    await t.safeTransferFrom(...args(r));
  });

  it("in a batch are held to the same rules, for every id", async () => {
    const r = await loadFixture(issuedRegistry);
    const second = await issue(r, proposalOf({ firstDay: FIRST_DAY + 1, endDay: FIRST_DAY + 2 }));
    const t = r.token.connect(r.owner);
    const batch = () =>
      t.safeBatchTransferFrom(
        r.owner.address,
        r.enterprise.address,
        [r.tokenId, second],
        [1, 2],
        "0x",
      );
    await r.issuance.connect(r.authority).suspendToken(second, DOCUMENT);
    await expect(batch())
      .to.be.revertedWithCustomError(t, "ReductionTokenState")
      .withArgs(second, 2);
    await r.issuance.connect(r.authority).resumeToken(second, DOCUMENT);
    await batch();
    expect(await t.balanceOf(r.enterprise.address, second)).to.equal(2);
  });

  it("are refused beyond the balance and without the holder's approval", async () => {
    const r = await loadFixture(issuedRegistry);
    await expect(r.token.connect(r.owner).safeTransferFrom(...args(r, HELD + 1n)))
      .to.be.revertedWithCustomError(r.token, "ERC1155InsufficientBalance")
      .withArgs(r.owner.address, HELD, HELD + 1n, r.tokenId);
    await expect(r.token.connect(r.enterprise).safeTransferFrom(...args(r)))
      .to.be.revertedWithCustomError(r.token, "ERC1155MissingApprovalForAll")
      .withArgs(r.enterprise.address, r.owner.address);
  });

  it("move grams between open accounts", async () => {
    const r = await loadFixture(issuedRegistry);
    await expect(r.token.connect(r.owner).safeTransferFrom(...args(r, 4_000n)))
      .to.emit(r.token, "TransferSingle")
      .withArgs(r.owner.address, r.owner.address, r.enterprise.address, r.tokenId, 4_000);
    expect(await r.token.balanceOf(r.owner.address, r.tokenId)).to.equal(6_000);
    expect(await r.token.balanceOf(r.enterprise.address, r.tokenId)).to.equal(4_000);
  });
});

describe("ReductionToken: retirement", () => {
  it("is refused for other purposes, no grams, too many grams and ids never issued", async () => {
    const r = await loadFixture(issuedRegistry);
    const t = r.token.connect(r.owner);
    for (const purpose of [0, 7]) {
      await expect(t.retire(r.tokenId, 1, purpose, id("c")))
        .to.be.revertedWithCustomError(t, "ReductionTokenPurpose")
        .withArgs(purpose);
    }
    await expect(t.retire(r.tokenId, 0, 1, id("c"))).to.be.revertedWithCustomError(
      t,
      "ReductionTokenGramsZero",
    );
    await expect(t.retire(r.tokenId, 2n ** 56n, 1, id("c")))
      .to.be.revertedWithCustomError(t, "ReductionTokenGramsTooMany")
      .withArgs(2n ** 56n, 2n ** 56n - 1n);
    await expect(t.retire(5, 1, 1, id("c")))
      .to.be.revertedWithCustomError(t, "ReductionTokenUnknown")
      .withArgs(5);
    await expect(t.retire(r.tokenId, HELD + 1n, 1, id("c"))).to.be.revertedWithCustomError(
      t,
      "ERC1155InsufficientBalance",
    );
  });

  it("is refused to frozen accounts, of suspended ids and in paused programmes", async () => {
    const r = await loadFixture(issuedRegistry);
    const call = () => r.token.connect(r.owner).retire(r.tokenId, 1, 1, id("c"));
    const p = r.programmes.connect(r.authority);
    await p.freezeAccount(PROGRAMME, r.owner.address, DOCUMENT);
    await expect(call())
      .to.be.revertedWithCustomError(r.token, "ReductionTokenStanding")
      .withArgs(r.owner.address, 3);
    await p.unfreezeAccount(PROGRAMME, r.owner.address, DOCUMENT);
    await r.issuance.connect(r.authority).suspendToken(r.tokenId, DOCUMENT);
    await expect(call()).to.be.revertedWithCustomError(r.token, "ReductionTokenState");
    await r.issuance.connect(r.authority).resumeToken(r.tokenId, DOCUMENT);
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(call()).to.be.revertedWithCustomError(r.token, "ReductionTokenPaused");
  });

  it("leaves nothing to transfer or to retire again", async () => {
    const r = await loadFixture(issuedRegistry);
    await retire(r, r.owner, HELD);
    await expect(
      r.token
        .connect(r.owner)
        .safeTransferFrom(r.owner.address, r.enterprise.address, r.tokenId, 1, "0x"),
    )
      .to.be.revertedWithCustomError(r.token, "ERC1155InsufficientBalance")
      .withArgs(r.owner.address, 0, 1, r.tokenId);
    await expect(
      r.token.connect(r.owner).retire(r.tokenId, 1, 1, id("c")),
    ).to.be.revertedWithCustomError(r.token, "ERC1155InsufficientBalance");
  });

  it("gives serials from one cursor, whoever retires, and a record of one slot", async () => {
    const r = await loadFixture(issuedRegistry);
    await r.token
      .connect(r.owner)
      .safeTransferFrom(r.owner.address, r.enterprise.address, r.tokenId, 500, "0x");
    const content = id("first");
    const retirementId = ethers.keccak256(
      ethers.AbiCoder.defaultAbiCoder().encode(
        ["address", "uint8", "bytes32", "uint256", "uint64", "uint64"],
        [r.owner.address, 2, content, r.tokenId, 0, 300],
      ),
    );
    await expect(r.token.connect(r.owner).retire(r.tokenId, 300, 2, content))
      .to.emit(r.token, "Retired")
      .withArgs(retirementId, r.tokenId, r.owner.address, 0, 300, 2, content);
    expect(await r.token.retirementOf(retirementId)).to.deep.equal([
      r.owner.address,
      BigInt(PROGRAMME),
      2n,
      300n,
    ]);
    await expect(r.token.connect(r.enterprise).retire(r.tokenId, 200, 5, content)).to.emit(
      r.token,
      "Retired",
    );
    expect(await r.token.supplyOf(r.tokenId)).to.deep.equal([true, 1n, HELD, 500n, 0n]);
    expect((await r.token.retirementOf(id("none"))).holder).to.equal(ethers.ZeroAddress);
  });
});

describe("ReductionToken: what it is", () => {
  it("supports ERC-165, ERC-1155 and its metadata extension", async () => {
    const r = await loadFixture(registry);
    for (const interfaceId of ["0x01ffc9a7", "0xd9b67a26", "0x0e89341c"]) {
      expect(await r.token.supportsInterface(interfaceId)).to.equal(true);
    }
    expect(await r.token.supportsInterface("0xffffffff")).to.equal(false);
    expect(await r.token.supplyOf(5)).to.deep.equal([false, 0n, 0n, 0n, 0n]);
  });
});
