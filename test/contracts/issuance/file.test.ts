import { expect } from "chai";
import {
  attest,
  DOCUMENT,
  FIRST_DAY,
  file,
  NOTICE_SECONDS,
  networkHelpers,
  PROGRAMME,
  proposalOf,
  propose,
  ROLE,
  registry,
  STATE,
  setParameters,
} from "../support.ts";
import { colleague } from "./colleague.ts";

const { loadFixture, time } = networkHelpers;

describe("Issuance: filing and notice", () => {
  it("is the operator's, once, in a running programme", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    await attest(r, 1n);
    for (const caller of [r.authority, r.applicant, r.outsider]) {
      await expect(r.issuance.connect(caller).file(1, proposalOf(), DOCUMENT, 0))
        .to.be.revertedWithCustomError(r.issuance, "IssuanceRoleMissing")
        .withArgs(PROGRAMME, ROLE.operator, caller.address);
    }
    const p = r.programmes.connect(r.authority);
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(file(r, 1n)).to.be.revertedWithCustomError(p, "ProgrammesPaused");
    await p.resumeProgramme(PROGRAMME, DOCUMENT);
    await expect(
      r.issuance.connect(r.operator).file(1, proposalOf(), DOCUMENT, 2n ** 40n),
    ).to.be.revertedWithCustomError(r.issuance, "IssuanceNoticeTooLong");
    await file(r, 1n);
    await expect(file(r, 1n))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceState")
      .withArgs(1, STATE.filed);
  });

  it("needs as many institutions as the rule says, not as many statements", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    await expect(file(r, 1n))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceReviewsMissing")
      .withArgs(1, 0, 1);
    await setParameters(r, { "review.count": 2n });
    await attest(r, 1n);
    const sister = await colleague(r, "reviewer", ROLE.reviewer, 12);
    await attest(r, 1n, proposalOf(), {}, sister);
    await expect(file(r, 1n))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceReviewsMissing")
      .withArgs(1, 1, 2);
    const second = await colleague(r, "second reviewer", ROLE.reviewer, 13);
    await attest(r, 1n, proposalOf(), {}, second);
    await file(r, 1n);
  });

  it("is refused while an unfavourable statement stands, even beside a favourable one", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    await attest(r, 1n, proposalOf(), { favourable: false });
    await attest(r, 1n);
    await expect(file(r, 1n))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceReviewUnfavourable")
      .withArgs(1, r.reviewer.address);
  });

  it("does not count statements that ran out", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    const validUntil = BigInt(await time.latest()) + 100n;
    await attest(r, 1n, proposalOf(), { validUntil });
    await time.increaseTo(validUntil + 1n);
    await expect(file(r, 1n))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceReviewsMissing")
      .withArgs(1, 0, 1);
  });

  it("needs no review where the rule says none", async () => {
    const r = await loadFixture(registry);
    await setParameters(r, { "review.count": 0n });
    await propose(r);
    await file(r, 1n);
  });

  it("runs the wanted notice, never a shorter one than the rule's from its own block", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    await attest(r, 1n);
    const at = BigInt(await time.latest()) + 50n;
    await time.setNextBlockTimestamp(at);
    await expect(r.issuance.connect(r.operator).file(1, proposalOf(), DOCUMENT, 7))
      .to.emit(r.issuance, "Filed")
      .withArgs(1, DOCUMENT, at + NOTICE_SECONDS);
    expect((await r.issuance.requestOf(1)).noticeEnd).to.equal(at + NOTICE_SECONDS);
    const other = proposalOf({ firstDay: FIRST_DAY + 1, endDay: FIRST_DAY + 2 });
    await propose(r, other);
    await attest(r, 2n, other);
    await expect(r.issuance.connect(r.operator).file(2, other, DOCUMENT, at + 999_999n))
      .to.emit(r.issuance, "Filed")
      .withArgs(2, DOCUMENT, at + 999_999n);
  });
});
