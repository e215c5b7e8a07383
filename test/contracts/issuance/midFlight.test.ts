import { expect } from "chai";
import {
  attest,
  DOCUMENT,
  ethers,
  FIRST_DAY,
  file,
  filed,
  institution,
  join,
  NOTICE_SECONDS,
  networkHelpers,
  noticeOver,
  PROGRAMME,
  proposalOf,
  propose,
  RESERVATION_SECONDS,
  ROLE,
  registry,
  SOURCE,
  STATE,
  setParameters,
} from "../support.ts";
import { colleague } from "./colleague.ts";

const { loadFixture, time } = networkHelpers;

describe("Issuance: what changes while a request is under way", () => {
  it("a reviewer that lost its accreditation after signing no longer counts", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    await attest(r, 1n);
    const p = r.programmes.connect(r.authority);
    await p.revokeRole(PROGRAMME, ROLE.reviewer, r.reviewer.address, DOCUMENT);
    await expect(file(r, 1n))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceReviewsMissing")
      .withArgs(1, 0, 1);
    await p.grantRole(PROGRAMME, ROLE.reviewer, r.reviewer.address, 0, DOCUMENT);
    await file(r, 1n);
    await noticeOver();
    await p.revokeRole(PROGRAMME, ROLE.reviewer, r.reviewer.address, DOCUMENT);
    await expect(r.issuance.connect(r.authority).issue(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceReviewsMissing")
      .withArgs(1, 0, 1);
  });

  it("an authority that was revoked after filing decides nothing; its successor does", async () => {
    const r = await loadFixture(registry);
    await filed(r);
    await r.issuance
      .connect(r.authority)
      .object_(1, DOCUMENT)
      .catch(() => undefined);
    await join(r, r.outsider.address, "successor", ROLE.authority);
    await r.programmes
      .connect(r.outsider)
      .revokeRole(PROGRAMME, ROLE.authority, r.authority.address, DOCUMENT);
    for (const call of [
      r.issuance.connect(r.authority).issue(1, proposalOf(), DOCUMENT),
      r.issuance.connect(r.authority).reject(1, proposalOf(), DOCUMENT),
    ]) {
      await expect(call)
        .to.be.revertedWithCustomError(r.issuance, "IssuanceRoleMissing")
        .withArgs(PROGRAMME, ROLE.authority, r.authority.address);
    }
    await r.issuance.connect(r.outsider).issue(1, proposalOf(), DOCUMENT);
  });

  it("an operator that was revoked after the review does not file", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    await attest(r, 1n);
    await r.programmes
      .connect(r.authority)
      .revokeRole(PROGRAMME, ROLE.operator, r.operator.address, DOCUMENT);
    await expect(file(r, 1n))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceRoleMissing")
      .withArgs(PROGRAMME, ROLE.operator, r.operator.address);
  });

  it("a source that passed to the reviewer's institution makes the statement partial", async () => {
    const r = await loadFixture(registry);
    await filed(r);
    const heir = await colleague(r, "reviewer", ROLE.applicant);
    await r.sources
      .connect(r.authority)
      .transferSource(SOURCE, r.applicant.address, heir.address, DOCUMENT);
    await expect(r.issuance.connect(r.authority).issue(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceSameInstitution")
      .withArgs(institution("reviewer"), r.reviewer.address, heir.address);
  });

  it("a source that passed to the issuing authority's institution is not issued by it", async () => {
    const r = await loadFixture(registry);
    await filed(r);
    const heir = await colleague(r, "authority", ROLE.applicant, 12);
    const other = await colleague(r, "other authority", ROLE.authority, 13);
    const parties = [heir.address, r.owner.address] as const;
    await r.sources.connect(other).transferSource(SOURCE, ...parties, DOCUMENT);
    await expect(r.issuance.connect(r.authority).issue(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceSameInstitution")
      .withArgs(institution("authority"), r.authority.address, heir.address);
    await r.issuance.connect(other).issue(1, proposalOf(), DOCUMENT);
  });

  it("who proposed stays a party after the source passed on", async () => {
    const r = await loadFixture(registry);
    await filed(r);
    const heir = await colleague(r, "heir", ROLE.applicant, 12);
    const sister = await colleague(r, "applicant", ROLE.authority, 13);
    await r.sources
      .connect(r.authority)
      .transferSource(SOURCE, heir.address, heir.address, DOCUMENT);
    await expect(r.issuance.connect(sister).issue(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceSameInstitution")
      .withArgs(institution("applicant"), sister.address, r.applicant.address);
    await expect(r.issuance.connect(r.applicant).withdraw(1, proposalOf()))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceNotApplicant")
      .withArgs(SOURCE, heir.address, r.applicant.address);
    await r.issuance.connect(r.authority).issue(1, proposalOf(), DOCUMENT);
    const tokenId = await r.issuance.tokenIdOf(proposalOf());
    expect(await r.token.balanceOf(heir.address, tokenId)).to.equal(10_000);
  });

  it("a source that was suspended or delisted earns nothing, whatever was filed", async () => {
    const r = await loadFixture(registry);
    await filed(r);
    const next = proposalOf({ firstDay: FIRST_DAY + 1, endDay: FIRST_DAY + 2 });
    await propose(r, next);
    await attest(r, 2n, next);
    const s = r.sources.connect(r.authority);
    const refused = async (state: number) => {
      for (const call of [
        r.issuance.connect(r.authority).issue(1, proposalOf(), DOCUMENT),
        r.issuance.connect(r.operator).file(2, next, DOCUMENT, 0),
      ]) {
        await expect(call)
          .to.be.revertedWithCustomError(r.issuance, "IssuanceSourceState")
          .withArgs(SOURCE, state);
      }
    };
    await s.suspendSource(SOURCE, DOCUMENT);
    await refused(3);
    await s.resumeSource(SOURCE, DOCUMENT);
    await file(r, 2n, next);
    await r.issuance.connect(r.applicant).withdraw(2, next);
    await s.delistSource(SOURCE, DOCUMENT);
    await expect(r.issuance.connect(r.authority).issue(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceSourceState")
      .withArgs(SOURCE, 4);
    await r.issuance.connect(r.authority).reject(1, proposalOf(), DOCUMENT);
  });

  it("a pause extends the notice and the reservation by just its length, however many there are", async () => {
    const r = await loadFixture(registry);
    await filed(r);
    const next = proposalOf({ firstDay: FIRST_DAY + 1, endDay: FIRST_DAY + 2 });
    await propose(r, next);
    const proposedAt = BigInt(await time.latest());
    await attest(r, 1n, proposalOf(), { validUntil: proposedAt + 900_000n });
    const third = proposalOf({ firstDay: FIRST_DAY + 2, endDay: FIRST_DAY + 3 });
    await propose(r, third);
    await attest(r, 3n, third);
    await file(r, 3n, third);
    const { noticeEnd } = await r.issuance.requestOf(3);
    const p = r.programmes.connect(r.authority);
    let paused = 0n;
    for (const seconds of [100n, 5_000n]) {
      await p.pauseProgramme(PROGRAMME, DOCUMENT);
      const from = BigInt(await time.latest());
      await time.increase(seconds);
      await p.resumeProgramme(PROGRAMME, DOCUMENT);
      paused += BigInt(await time.latest()) - from;
    }
    expect((await r.issuance.requestOf(3)).noticeEnd).to.equal(noticeEnd + paused);
    expect((await r.issuance.requestOf(2)).proposedAt).to.equal(proposedAt + paused);
    await time.setNextBlockTimestamp(noticeEnd + paused - 1n);
    await expect(r.issuance.connect(r.authority).issue(3, third, DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceNoticeRunning")
      .withArgs(3, noticeEnd + paused);
    await time.setNextBlockTimestamp(noticeEnd + paused);
    await r.issuance.connect(r.authority).issue(3, third, DOCUMENT);
    const expiry = proposedAt + RESERVATION_SECONDS + paused;
    await time.setNextBlockTimestamp(expiry - 1n);
    await expect(r.issuance.releaseExpired(2, next))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceNotExpired")
      .withArgs(2, expiry);
    await time.setNextBlockTimestamp(expiry);
    await r.issuance.releaseExpired(2, next);
    expect((await r.issuance.requestOf(2)).state).to.equal(STATE.expired);
  });

  it("a rule that changes after filing counts at issue from its date", async () => {
    const r = await loadFixture(registry);
    await filed(r);
    const from = BigInt(await time.latest()) + NOTICE_SECONDS;
    const key = ethers.encodeBytes32String("issue.granularityGrams");
    const p = r.programmes.connect(r.authority);
    await p.setParameter(PROGRAMME, key, 1_000_000, from, DOCUMENT);
    await setParameters(r, { "issue.carry": 0n });
    const tokenId = await r.issuance.tokenIdOf(proposalOf());
    const i = r.issuance.connect(r.authority);
    await i.issue.staticCall(1, proposalOf(), DOCUMENT);
    await time.increaseTo(from);
    await expect(i.issue(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceBelowGranularity")
      .withArgs(10_000_500, 1_000_000_000);
    await p.setParameter(PROGRAMME, key, 1_000, 0, DOCUMENT);
    await i.issue(1, proposalOf(), DOCUMENT);
    expect((await r.token.supplyOf(tokenId)).issuedGrams).to.equal(10_000);
  });
});
