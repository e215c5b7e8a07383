import { expect } from "chai";
import {
  attest,
  createWallet,
  DOCUMENT,
  ethers,
  FIRST_DAY,
  file,
  filed,
  id,
  institution,
  issue,
  join,
  networkHelpers,
  PROGRAMME,
  proposalOf,
  propose,
  ROLE,
  registry,
  SOURCE,
  STATE,
  setParameters,
  sourceIdOf,
} from "../support.ts";
import { colleague } from "./colleague.ts";

const { loadFixture, time } = networkHelpers;

describe("Issuance: issuing", () => {
  it("is an authority's, of neither the applicant's nor the owner's institution", async () => {
    const r = await loadFixture(registry);
    await filed(r);
    for (const caller of [r.operator, r.applicant, r.reviewer, r.registrar]) {
      await expect(r.issuance.connect(caller).issue(1, proposalOf(), DOCUMENT))
        .to.be.revertedWithCustomError(r.issuance, "IssuanceRoleMissing")
        .withArgs(PROGRAMME, ROLE.authority, caller.address);
    }
    for (const [k, party] of [r.applicant, r.owner].entries()) {
      const name = k === 0 ? "applicant" : "owner";
      const sister = await colleague(r, name, ROLE.authority, 12 + k);
      await expect(r.issuance.connect(sister).issue(1, proposalOf(), DOCUMENT))
        .to.be.revertedWithCustomError(r.issuance, "IssuanceSameInstitution")
        .withArgs(institution(name), sister.address, party.address);
    }
  });

  it("waits for filing and for the end of the notice, and happens once", async () => {
    const r = await loadFixture(registry);
    const i = r.issuance.connect(r.authority);
    await expect(i.issue(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceRequestUnknown")
      .withArgs(1);
    await propose(r);
    await expect(i.issue(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceState")
      .withArgs(1, STATE.proposed);
    await attest(r, 1n);
    await file(r, 1n);
    const { noticeEnd } = await i.requestOf(1);
    await time.setNextBlockTimestamp(noticeEnd - 1n);
    await expect(i.issue(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceNoticeRunning")
      .withArgs(1, noticeEnd);
    await time.setNextBlockTimestamp(noticeEnd);
    await i.issue(1, proposalOf(), DOCUMENT);
    await expect(i.issue(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceState")
      .withArgs(1, STATE.issued);
  });

  it("looks at the statements again: accreditation lost, run out, or turned unfavourable", async () => {
    const r = await loadFixture(registry);
    await filed(r);
    const i = r.issuance.connect(r.authority);
    const p = r.programmes.connect(r.authority);
    await p.revokeRole(PROGRAMME, ROLE.reviewer, r.reviewer.address, DOCUMENT);
    await expect(i.issue(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceReviewsMissing")
      .withArgs(1, 0, 1);
    await p.grantRole(PROGRAMME, ROLE.reviewer, r.reviewer.address, 0, DOCUMENT);
    await p.freezeAccount(PROGRAMME, r.reviewer.address, DOCUMENT);
    await expect(i.issue(1, proposalOf(), DOCUMENT)).to.be.revertedWithCustomError(
      i,
      "IssuanceReviewsMissing",
    );
    await p.unfreezeAccount(PROGRAMME, r.reviewer.address, DOCUMENT);
    const second = await colleague(r, "second reviewer", ROLE.reviewer, 12);
    await attest(r, 1n, proposalOf(), { favourable: false }, second);
    await expect(i.issue(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceReviewUnfavourable")
      .withArgs(1, second.address);
    await p.revokeRole(PROGRAMME, ROLE.reviewer, second.address, DOCUMENT);
    await time.increase(32_000_000);
    await expect(i.issue(1, proposalOf(), DOCUMENT)).to.be.revertedWithCustomError(
      i,
      "IssuanceReviewsMissing",
    );
  });

  it("stands still in a paused programme, and for an owner whose account is frozen", async () => {
    const r = await loadFixture(registry);
    await filed(r);
    const i = r.issuance.connect(r.authority);
    const p = r.programmes.connect(r.authority);
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(i.issue(1, proposalOf(), DOCUMENT)).to.be.revertedWithCustomError(
      p,
      "ProgrammesPaused",
    );
    await p.resumeProgramme(PROGRAMME, DOCUMENT);
    await p.freezeAccount(PROGRAMME, r.owner.address, DOCUMENT);
    await expect(i.issue(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenStanding")
      .withArgs(r.owner.address, 3);
  });

  it("refuses parameters that make no sense, and amounts below one granule", async () => {
    const r = await loadFixture(registry);
    await filed(r);
    const i = r.issuance.connect(r.authority);
    const { encodeBytes32String } = ethers;
    for (const value of [0n, 1_000_001n]) {
      await setParameters(r, { "issue.granularityGrams": value });
      await expect(i.issue(1, proposalOf(), DOCUMENT))
        .to.be.revertedWithCustomError(i, "IssuanceParameterInvalid")
        .withArgs(PROGRAMME, encodeBytes32String("issue.granularityGrams"), value);
    }
    await setParameters(r, { "issue.granularityGrams": 1_000_000n });
    await expect(i.issue(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceBelowGranularity")
      .withArgs(10_000_500n, 1_000_000_000n);
    await setParameters(r, { "issue.granularityGrams": 1n, "issue.carry": 2n });
    await expect(i.issue(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceParameterInvalid")
      .withArgs(PROGRAMME, encodeBytes32String("issue.carry"), 2);
  });

  it("makes whole granules of grams and keeps the rest for the source", async () => {
    const r = await loadFixture(registry);
    await filed(r);
    const tokenId = await r.issuance.tokenIdOf(proposalOf());
    await expect(r.issuance.connect(r.authority).issue(1, proposalOf(), id("decision")))
      .to.emit(r.issuance, "Issued")
      .withArgs(1, tokenId, r.owner.address, 10_000, 0, 500, 0, id("decision"))
      .and.to.emit(r.token, "TransferSingle")
      .withArgs(
        await r.issuance.getAddress(),
        ethers.ZeroAddress,
        r.owner.address,
        tokenId,
        10_000,
      );
    expect(await r.issuance.carryOf(SOURCE)).to.equal(500);
    expect(await r.token.supplyOf(tokenId)).to.deep.equal([true, 1n, 10_000n, 0n, 0n]);
    const next = proposalOf({
      firstDay: FIRST_DAY + 1,
      endDay: FIRST_DAY + 2,
      totalMilligrams: 1_999_600n,
    });
    await filed(r, next);
    await expect(r.issuance.connect(r.authority).issue(2, next, DOCUMENT))
      .to.emit(r.issuance, "Issued")
      .withArgs(2, await r.issuance.tokenIdOf(next), r.owner.address, 2_000, 500, 100, 0, DOCUMENT);
  });

  it("issues kilograms where the rule says so, and voids the rest where it says so", async () => {
    const r = await loadFixture(registry);
    await setParameters(r, { "issue.granularityGrams": 1_000n });
    const tokenId = await issue(r, proposalOf({ totalMilligrams: 2_999_999_999n }));
    expect((await r.token.supplyOf(tokenId)).issuedGrams).to.equal(2_999_000);
    expect(await r.issuance.carryOf(SOURCE)).to.equal(999_999);
    await setParameters(r, { "issue.carry": 0n });
    const next = { firstDay: FIRST_DAY + 1, endDay: FIRST_DAY + 2, totalMilligrams: 1_500_000n };
    const second = await issue(r, proposalOf(next));
    expect((await r.token.supplyOf(second)).issuedGrams).to.equal(2_000);
    expect(await r.issuance.carryOf(SOURCE)).to.equal(0);
  });

  it("goes to an applicant that is its own owner", async () => {
    const r = await loadFixture(registry);
    const own = [PROGRAMME, 1, id("own"), r.applicant.address, r.applicant.address] as const;
    await r.sources.connect(r.operator).registerSource(...own, DOCUMENT);
    const tokenId = await issue(r, proposalOf({ sourceId: sourceIdOf(PROGRAMME, 1, id("own")) }));
    expect(await r.token.balanceOf(r.applicant.address, tokenId)).to.equal(10_000);
  });

  it("meets an owner that is a contract: one that refuses, and one that calls back", async () => {
    const r = await loadFixture(registry);
    const wallet = await createWallet(r.authority.address);
    const address = await wallet.getAddress();
    await join(r, address, "wallet", ROLE.authority);
    await r.sources
      .connect(r.operator)
      .registerSource(PROGRAMME, 1, id("walled"), r.applicant.address, address, DOCUMENT);
    const proposal = proposalOf({ sourceId: sourceIdOf(PROGRAMME, 1, id("walled")) });
    await filed(r, proposal);
    const i = r.issuance.connect(r.authority);
    await wallet.setRefuses(true);
    await expect(i.issue(1, proposal, DOCUMENT)).to.be.revertedWithCustomError(
      wallet,
      "ContractWalletRefuses",
    );
    await wallet.setRefuses(false);
    const again = i.interface.encodeFunctionData("issue", [1, proposal, DOCUMENT]);
    await wallet.setCallback(await i.getAddress(), again);
    await i.issue(1, proposal, DOCUMENT);
    expect(await wallet.callbackFailed()).to.equal(true);
    expect(i.interface.parseError(await wallet.callbackError())!.name).to.equal("IssuanceState");
    expect(await r.token.balanceOf(address, await r.issuance.tokenIdOf(proposal))).to.equal(10_000);
  });
});
