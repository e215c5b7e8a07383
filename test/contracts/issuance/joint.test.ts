import { expect } from "chai";
import {
  attest,
  DOCUMENT,
  FIRST_DAY,
  file,
  id,
  issue,
  METHODOLOGY,
  networkHelpers,
  noticeOver,
  PROGRAMME,
  proposalOf,
  propose,
  registry,
  SOURCE_STATE,
  setParameters,
  sourceIdOf,
} from "../support.ts";

const { loadFixture } = networkHelpers;
const PENDING = sourceIdOf(PROGRAMME, METHODOLOGY, id("pending"));

/** A source that waits for its review, with or without a joint decision. */
async function pendingSource() {
  const r = await registry();
  await setParameters(r, { "source.review": 1n });
  await r.sources
    .connect(r.operator)
    .registerSource(
      PROGRAMME,
      METHODOLOGY,
      id("pending"),
      r.applicant.address,
      r.owner.address,
      DOCUMENT,
    );
  return r;
}

async function jointly() {
  const r = await pendingSource();
  await setParameters(r, { "source.joint": 1n });
  return r;
}

const proposal = proposalOf({ sourceId: PENDING });

describe("Issuance: a source's first request decided with the source", () => {
  it("is not proposed where the rule does not say so", async () => {
    const r = await loadFixture(pendingSource);
    await expect(r.issuance.connect(r.applicant).propose(proposal))
      .to.be.revertedWithCustomError(r.sources, "SourcesSourceState")
      .withArgs(PENDING, SOURCE_STATE.pending);
    await setParameters(r, { "source.joint": 0n });
    await expect(r.issuance.connect(r.applicant).propose(proposal)).to.be.revertedWithCustomError(
      r.sources,
      "SourcesSourceState",
    );
  });

  it("needs a favourable validation beside what the rule asks, until the source is approved", async () => {
    const r = await loadFixture(jointly);
    await setParameters(r, { "review.count": 0n });
    await propose(r, proposal);
    await expect(file(r, 1n, proposal))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceKindMissing")
      .withArgs(1, 1, 0, 1);
    await attest(r, 1n, proposal, { kind: 2 });
    await expect(file(r, 1n, proposal))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceKindMissing")
      .withArgs(1, 1, 0, 1);
    await r.sources.connect(r.authority).approveSource(PENDING, DOCUMENT);
    await file(r, 1n, proposal);
  });

  it("approves the source in the same transaction, or changes nothing", async () => {
    const r = await loadFixture(jointly);
    await propose(r, proposal);
    await attest(r, 1n, proposal, { kind: 1 });
    await file(r, 1n, proposal);
    await noticeOver();
    const i = r.issuance.connect(r.authority);
    await r.programmes.connect(r.authority).freezeAccount(PROGRAMME, r.owner.address, DOCUMENT);
    await expect(i.issue(1, proposal, DOCUMENT)).to.be.revertedWithCustomError(
      r.token,
      "ReductionTokenStanding",
    );
    expect((await r.sources.sourceOf(PENDING)).state).to.equal(SOURCE_STATE.pending);
    await r.programmes.connect(r.authority).unfreezeAccount(PROGRAMME, r.owner.address, DOCUMENT);
    await expect(i.issue(1, proposal, id("both")))
      .to.emit(r.sources, "SourceStateChanged")
      .withArgs(PENDING, SOURCE_STATE.active, id("both"))
      .and.to.emit(i, "Issued");
    expect((await r.sources.sourceOf(PENDING)).state).to.equal(SOURCE_STATE.active);
    await issue(r, { ...proposal, firstDay: FIRST_DAY + 1, endDay: FIRST_DAY + 2 });
  });

  it("leaves the source pending when the request falls", async () => {
    const r = await loadFixture(jointly);
    await propose(r, proposal);
    await r.issuance.connect(r.authority).reject(1, proposal, DOCUMENT);
    expect((await r.sources.sourceOf(PENDING)).state).to.equal(SOURCE_STATE.pending);
  });
});
