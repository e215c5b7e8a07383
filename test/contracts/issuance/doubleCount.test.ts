import { expect } from "chai";
import {
  asContract,
  DOCUMENT,
  filed,
  id,
  institution,
  issue,
  networkHelpers,
  PROGRAMME,
  proposalOf,
  propose,
  registry,
  SOURCE,
  STATE,
} from "../support.ts";

const { loadFixture } = networkHelpers;

/** A filed request, and who alone may take something off it. */
async function challenged() {
  const r = await registry();
  await filed(r);
  const challenges = r.issuance.connect(await asContract(r, "doubleCount"));
  return { ...r, challenges };
}

describe("Issuance: what challenges do to a request", () => {
  it("is for the contract of the challenges only", async () => {
    const r = await loadFixture(challenged);
    const { authority, issuance } = r;
    const i = issuance.connect(authority);
    for (const call of [
      i.deduct(1, 1, 1),
      i.restore(1, 1, 1),
      i.fall(1, proposalOf()),
      i.hold(1),
      i.unhold(1),
      i.setBlocked(PROGRAMME, institution("applicant"), true),
    ]) {
      await expect(call)
        .to.be.revertedWithCustomError(i, "IssuanceNotDoubleCount")
        .withArgs(authority.address);
    }
  });

  it("is refused for unknown and decided requests", async () => {
    const r = await loadFixture(challenged);
    const c = r.challenges;
    await expect(c.deduct(2, 1, 1))
      .to.be.revertedWithCustomError(c, "IssuanceRequestUnknown")
      .withArgs(2);
    await expect(c.unhold(2))
      .to.be.revertedWithCustomError(c, "IssuanceRequestUnknown")
      .withArgs(2);
    await expect(c.fall(1, proposalOf({ root: id("x") }))).to.be.revertedWithCustomError(
      c,
      "IssuanceProposalMismatch",
    );
    await r.issuance.connect(r.authority).issue(1, proposalOf(), DOCUMENT);
    for (const call of [
      c.deduct(1, 1, 1),
      c.restore(1, 1, 1),
      c.fall(1, proposalOf()),
      c.hold(1),
    ]) {
      await expect(call)
        .to.be.revertedWithCustomError(c, "IssuanceState")
        .withArgs(1, STATE.issued);
    }
  });

  it("takes milligrams off what is issued, and gives them back", async () => {
    const r = await loadFixture(challenged);
    await expect(r.challenges.deduct(1, 4_000_000, 2))
      .to.emit(r.issuance, "Deducted")
      .withArgs(1, 4_000_000, 4_000_000);
    await expect(r.challenges.restore(1, 1_000_000, 1))
      .to.emit(r.issuance, "Restored")
      .withArgs(1, 1_000_000, 3_000_000);
    const stored = await r.issuance.requestOf(1);
    expect([stored.deductedMilligrams, stored.deductedLeaves]).to.deep.equal([3_000_000n, 1n]);
    await expect(r.challenges.restore(1, 3_000_001, 1)).to.be.revertedWithPanic(0x11);
    const tokenId = await r.issuance.tokenIdOf(proposalOf());
    await expect(r.issuance.connect(r.authority).issue(1, proposalOf(), DOCUMENT))
      .to.emit(r.issuance, "Issued")
      .withArgs(1, tokenId, r.owner.address, 7_000, 0, 500, 3_000_000, DOCUMENT);
  });

  it("leaves nothing to issue where more is taken than there is", async () => {
    const r = await loadFixture(challenged);
    await r.challenges.deduct(1, 10_000_501, 3);
    await expect(r.issuance.connect(r.authority).issue(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceBelowGranularity")
      .withArgs(0, 1_000);
  });

  it("fells a request and frees its days, also while the programme is paused", async () => {
    const r = await loadFixture(challenged);
    await r.programmes.connect(r.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(r.challenges.fall(1, proposalOf()))
      .to.emit(r.issuance, "Fell")
      .withArgs(1)
      .and.to.emit(r.sources, "DaysReleased");
    expect((await r.issuance.requestOf(1)).state).to.equal(STATE.fallen);
    await r.programmes.connect(r.authority).resumeProgramme(PROGRAMME, DOCUMENT);
    await propose(r);
  });

  it("holds an issue up until the last demand is answered, and closes demands of what fell", async () => {
    const r = await loadFixture(challenged);
    await expect(r.challenges.hold(1)).to.emit(r.issuance, "RequestHeld").withArgs(1, 1);
    await r.challenges.hold(1);
    await r.challenges.unhold(1);
    const i = r.issuance.connect(r.authority);
    await expect(i.issue(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceHeld")
      .withArgs(1, 1);
    await r.challenges.fall(1, proposalOf());
    await r.challenges.unhold(1);
    expect((await i.requestOf(1)).holds).to.equal(0);
  });

  it("blocks issues for the applicant's and the owner's institution in that programme alone", async () => {
    const r = await loadFixture(challenged);
    const i = r.issuance.connect(r.authority);
    await r.challenges.setBlocked(PROGRAMME, institution("enterprise"), true);
    await r.challenges.setBlocked(2, institution("owner"), true);
    for (const name of ["applicant", "owner"]) {
      await expect(r.challenges.setBlocked(PROGRAMME, institution(name), true))
        .to.emit(i, "IssueBlocked")
        .withArgs(PROGRAMME, institution(name), true);
      expect(await i.isBlocked(PROGRAMME, institution(name))).to.equal(true);
      await expect(i.issue(1, proposalOf(), DOCUMENT))
        .to.be.revertedWithCustomError(i, "IssuanceBlocked")
        .withArgs(PROGRAMME, institution(name));
      // Said twice, it still takes one word to end it.
      await r.challenges.setBlocked(PROGRAMME, institution(name), true);
      await r.challenges.setBlocked(PROGRAMME, institution(name), false);
    }
    await i.issue(1, proposalOf(), DOCUMENT);
    expect(await i.carryOf(SOURCE)).to.equal(500);
  });

  it("does not outlast the request: a later one of the same day starts whole", async () => {
    const r = await loadFixture(challenged);
    await r.challenges.deduct(1, 5_000_000, 1);
    await r.challenges.fall(1, proposalOf());
    const tokenId = await issue(r);
    expect((await r.token.supplyOf(tokenId)).issuedGrams).to.equal(10_000);
  });
});
