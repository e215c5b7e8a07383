import { expect } from "chai";
import {
  attest,
  DOCUMENT,
  FIRST_DAY,
  file,
  id,
  institution,
  NOTICE_SECONDS,
  networkHelpers,
  noticeOver,
  PROGRAMME,
  proposalOf,
  propose,
  ROLE,
  registry,
  STATE,
} from "../support.ts";
import { colleague } from "./colleague.ts";

const { loadFixture, time } = networkHelpers;

describe("Issuance: objections", () => {
  async function filedRegistry() {
    const r = await registry();
    await propose(r);
    await attest(r, 1n);
    await file(r, 1n);
    return r;
  }

  it("are for open accounts, once each, during the notice of a filed request", async () => {
    const r = await loadFixture(filedRegistry);
    await expect(r.issuance.connect(r.outsider).object_(1, DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceObjectorStanding")
      .withArgs(r.outsider.address, 0);
    await r.programmes.connect(r.authority).freezeAccount(PROGRAMME, r.owner.address, DOCUMENT);
    await expect(r.issuance.connect(r.owner).object_(1, DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceObjectorStanding")
      .withArgs(r.owner.address, 3);
    await r.issuance.connect(r.enterprise).object_(1, DOCUMENT);
    await expect(r.issuance.connect(r.enterprise).object_(1, DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceObjectionExists")
      .withArgs(1, r.enterprise.address, 0);
    const { noticeEnd } = await r.issuance.requestOf(1);
    await time.increaseTo(noticeEnd);
    await expect(r.issuance.connect(r.operator).object_(1, DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceNoticeOver")
      .withArgs(1, noticeEnd);
    await propose(r, proposalOf({ firstDay: FIRST_DAY + 1, endDay: FIRST_DAY + 2 }));
    await expect(r.issuance.connect(r.enterprise).object_(2, DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceState")
      .withArgs(2, STATE.proposed);
  });

  it("are decided once, by an authority that is no party", async () => {
    const r = await loadFixture(filedRegistry);
    await r.issuance.connect(r.enterprise).object_(1, DOCUMENT);
    await expect(
      r.issuance.connect(r.operator).decideObjection(1, proposalOf(), 0, false, DOCUMENT),
    )
      .to.be.revertedWithCustomError(r.issuance, "IssuanceRoleMissing")
      .withArgs(PROGRAMME, ROLE.authority, r.operator.address);
    const partial = await colleague(r, "owner", ROLE.authority, 12);
    await expect(r.issuance.connect(partial).decideObjection(1, proposalOf(), 0, false, DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceSameInstitution")
      .withArgs(institution("owner"), partial.address, r.owner.address);
    const i = r.issuance.connect(r.authority);
    await expect(i.decideObjection(1, proposalOf(), 1, false, DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceObjectionUnknown")
      .withArgs(1, 1);
    await i.decideObjection(1, proposalOf(), 0, false, DOCUMENT);
    await expect(i.decideObjection(1, proposalOf(), 0, true, DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceObjectionDecided")
      .withArgs(1, 0);
  });

  it("stand in the way of issue until decided", async () => {
    const r = await loadFixture(filedRegistry);
    await expect(r.issuance.connect(r.enterprise).object_(1, DOCUMENT))
      .to.emit(r.issuance, "Objected")
      .withArgs(1, 0, r.enterprise.address, DOCUMENT);
    await noticeOver();
    const i = r.issuance.connect(r.authority);
    await expect(i.issue(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceObjectionsOpen")
      .withArgs(1, 1);
    await expect(i.decideObjection(1, proposalOf(), 0, false, DOCUMENT))
      .to.emit(i, "ObjectionDecided")
      .withArgs(1, 0, false, DOCUMENT);
    expect((await i.objectionOf(1, 0)).state).to.equal(3);
    await i.issue(1, proposalOf(), DOCUMENT);
  });

  it("that are upheld reject the request and free its days", async () => {
    const r = await loadFixture(filedRegistry);
    await r.issuance.connect(r.enterprise).object_(1, DOCUMENT);
    await expect(
      r.issuance.connect(r.authority).decideObjection(1, proposalOf(), 0, true, id("why")),
    )
      .to.emit(r.issuance, "Rejected")
      .withArgs(1, id("why"))
      .and.to.emit(r.sources, "DaysReleased");
    expect((await r.issuance.requestOf(1)).state).to.equal(STATE.rejected);
    await propose(r);
  });

  it("are heard while the programme is paused, and the pause extends the notice", async () => {
    const r = await loadFixture(filedRegistry);
    const p = r.programmes.connect(r.authority);
    const { noticeEnd } = await r.issuance.requestOf(1);
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    const pausedAt = BigInt(await time.latest());
    await time.increase(NOTICE_SECONDS * 3n);
    await r.issuance.connect(r.enterprise).object_(1, DOCUMENT);
    await expect(
      r.issuance.connect(r.authority).decideObjection(1, proposalOf(), 0, true, DOCUMENT),
    ).to.be.revertedWithCustomError(p, "ProgrammesPaused");
    await p.resumeProgramme(PROGRAMME, DOCUMENT);
    const paused = BigInt(await time.latest()) - pausedAt;
    expect((await r.issuance.requestOf(1)).noticeEnd).to.equal(noticeEnd + paused);
    await expect(r.issuance.connect(r.authority).issue(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceNoticeRunning")
      .withArgs(1, noticeEnd + paused);
  });
});
