import { expect } from "chai";
import {
  attest,
  DOCUMENT,
  file,
  issue,
  networkHelpers,
  PROGRAMME,
  proposalOf,
  propose,
  RESERVATION_SECONDS,
  ROLE,
  registry,
  SOURCE,
  STATE,
} from "../support.ts";
import { colleague } from "./colleague.ts";

const { loadFixture, time } = networkHelpers;

describe("Issuance: requests that fall", () => {
  it("are rejected by an impartial authority only, before issue only", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    await expect(r.issuance.connect(r.operator).reject(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceRoleMissing")
      .withArgs(PROGRAMME, ROLE.authority, r.operator.address);
    const sister = await colleague(r, "applicant", ROLE.authority, 12);
    await expect(
      r.issuance.connect(sister).reject(1, proposalOf(), DOCUMENT),
    ).to.be.revertedWithCustomError(r.issuance, "IssuanceSameInstitution");
    await expect(r.issuance.connect(r.authority).reject(1, proposalOf(), DOCUMENT))
      .to.emit(r.issuance, "Rejected")
      .withArgs(1, DOCUMENT);
    await expect(r.issuance.connect(r.authority).reject(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceState")
      .withArgs(1, STATE.rejected);
    await issue(r);
    await expect(r.issuance.connect(r.authority).reject(2, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceState")
      .withArgs(2, STATE.issued);
  });

  it("are withdrawn by their applicant only, before issue only", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    await expect(r.issuance.connect(r.authority).withdraw(1, proposalOf()))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceNotApplicant")
      .withArgs(SOURCE, r.applicant.address, r.authority.address);
    const p = r.programmes.connect(r.authority);
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(
      r.issuance.connect(r.applicant).withdraw(1, proposalOf()),
    ).to.be.revertedWithCustomError(p, "ProgrammesPaused");
    await p.resumeProgramme(PROGRAMME, DOCUMENT);
    await expect(r.issuance.connect(r.applicant).withdraw(1, proposalOf()))
      .to.emit(r.issuance, "Withdrawn")
      .withArgs(1);
    await issue(r);
    await expect(r.issuance.connect(r.applicant).withdraw(2, proposalOf()))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceState")
      .withArgs(2, STATE.issued);
  });

  it("expire without a review, to the second, pauses not counted, released by anyone", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    const at = BigInt(await time.latest());
    const p = r.programmes.connect(r.authority);
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    const pausedAt = BigInt(await time.latest());
    await expect(
      r.issuance.connect(r.outsider).releaseExpired(1, proposalOf()),
    ).to.be.revertedWithCustomError(p, "ProgrammesPaused");
    await time.increase(1_000);
    await p.resumeProgramme(PROGRAMME, DOCUMENT);
    const end = at + RESERVATION_SECONDS + BigInt(await time.latest()) - pausedAt;
    await time.setNextBlockTimestamp(end - 1n);
    await expect(r.issuance.connect(r.outsider).releaseExpired(1, proposalOf()))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceNotExpired")
      .withArgs(1, end);
    await time.setNextBlockTimestamp(end);
    await expect(r.issuance.connect(r.outsider).releaseExpired(1, proposalOf()))
      .to.emit(r.issuance, "Expired")
      .withArgs(1)
      .and.to.emit(r.sources, "DaysReleased");
    expect((await r.issuance.requestOf(1)).state).to.equal(STATE.expired);
    await issue(r);
  });

  it("do not expire once a reviewer has spoken", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    await attest(r, 1n);
    await time.increase(RESERVATION_SECONDS * 2n);
    await expect(r.issuance.releaseExpired(1, proposalOf()))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceReviewed")
      .withArgs(1, 1);
    await file(r, 1n);
    await expect(r.issuance.releaseExpired(1, proposalOf()))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceState")
      .withArgs(1, STATE.filed);
  });
});
