import { expect } from "chai";
import {
  attest,
  DOCUMENT,
  file,
  filed,
  networkHelpers,
  noticeOver,
  proposalOf,
  propose,
  ROLE,
  registry,
  setParameters,
} from "../support.ts";
import { colleague } from "./colleague.ts";

const { loadFixture } = networkHelpers;

/** The review rule as its parameter packs it. */
const rule = (total: number, validations = 0, verifications = 0, technical = 0): bigint =>
  BigInt(total + validations * 256 + verifications * 65_536 + technical * 16_777_216);

describe("Issuance: the packed review rule", () => {
  it("names the kind that is missing, however many statements of another kind there are", async () => {
    const r = await loadFixture(registry);
    await setParameters(r, { "review.count": rule(1, 1, 1, 1) });
    await propose(r);
    await attest(r, 1n, proposalOf(), { kind: 2 });
    await expect(file(r, 1n))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceKindMissing")
      .withArgs(1, 1, 0, 1);
    await attest(r, 1n, proposalOf(), { kind: 1 });
    await expect(file(r, 1n))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceKindMissing")
      .withArgs(1, 3, 0, 1);
    await attest(r, 1n, proposalOf(), { kind: 3 });
    await file(r, 1n);
  });

  it("counts institutions of a kind, not statements", async () => {
    const r = await loadFixture(registry);
    await setParameters(r, { "review.count": rule(0, 0, 2) });
    await propose(r);
    await attest(r, 1n);
    const sister = await colleague(r, "reviewer", ROLE.reviewer, 12);
    await attest(r, 1n, proposalOf(), {}, sister);
    await expect(file(r, 1n))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceKindMissing")
      .withArgs(1, 2, 1, 2);
    const second = await colleague(r, "second reviewer", ROLE.reviewer, 13);
    await attest(r, 1n, proposalOf(), {}, second);
    await file(r, 1n);
  });

  it("asks for institutions in total beside those of a kind", async () => {
    const r = await loadFixture(registry);
    await setParameters(r, { "review.count": rule(2, 1) });
    await propose(r);
    await attest(r, 1n, proposalOf(), { kind: 1 });
    await attest(r, 1n, proposalOf(), { kind: 2 });
    await expect(file(r, 1n))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceReviewsMissing")
      .withArgs(1, 1, 2);
    const second = await colleague(r, "second reviewer", ROLE.reviewer, 12);
    await attest(r, 1n, proposalOf(), { kind: 3 }, second);
    await file(r, 1n);
  });

  it("that is in force at issue counts, not the one at filing", async () => {
    const r = await loadFixture(registry);
    await filed(r);
    await setParameters(r, { "review.count": rule(1, 1) });
    const i = r.issuance.connect(r.authority);
    await expect(i.issue(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceKindMissing")
      .withArgs(1, 1, 0, 1);
    await attest(r, 1n, proposalOf(), { kind: 1 });
    await noticeOver();
    await i.issue(1, proposalOf(), DOCUMENT);
  });
});
