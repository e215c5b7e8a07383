import { expect } from "chai";
import {
  ASSET,
  attest,
  CLASS,
  chain,
  DOCUMENT,
  ethers,
  FIRST_DAY,
  file,
  id,
  networkHelpers,
  noticeOver,
  PROGRAMME,
  proposalOf,
  propose,
  ROLE,
  registry,
  SOURCE,
  STATE,
  ZeroHash,
} from "../support.ts";

const { loadFixture, time } = networkHelpers;

describe("Issuance: proposing", () => {
  it("is the source's applicant's, while it holds the role", async () => {
    const r = await loadFixture(registry);
    for (const caller of [r.owner, r.operator, r.authority, r.outsider]) {
      await expect(r.issuance.connect(caller).propose(proposalOf()))
        .to.be.revertedWithCustomError(r.issuance, "IssuanceNotApplicant")
        .withArgs(SOURCE, r.applicant.address, caller.address);
    }
    await r.programmes
      .connect(r.authority)
      .revokeRole(PROGRAMME, ROLE.applicant, r.applicant.address, DOCUMENT);
    await expect(r.issuance.connect(r.applicant).propose(proposalOf()))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceRoleMissing")
      .withArgs(PROGRAMME, ROLE.applicant, r.applicant.address);
  });

  it("is refused for an unknown source and in a paused programme", async () => {
    const r = await loadFixture(registry);
    await expect(r.issuance.connect(r.applicant).propose(proposalOf({ sourceId: id("no") })))
      .to.be.revertedWithCustomError(r.sources, "SourcesSourceUnknown")
      .withArgs(id("no"));
    await r.programmes.connect(r.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(r.issuance.connect(r.applicant).propose(proposalOf()))
      .to.be.revertedWithCustomError(r.programmes, "ProgrammesPaused")
      .withArgs(PROGRAMME);
  });

  it("is refused for a tree that cannot be", async () => {
    const r = await loadFixture(registry);
    const refused = (changes: Record<string, unknown>, error: string, ...values: unknown[]) =>
      expect(r.issuance.connect(r.applicant).propose(proposalOf(changes)))
        .to.be.revertedWithCustomError(r.issuance, error)
        .withArgs(...values);
    await refused({ hashSuite: 0 }, "IssuanceHashSuite", 0);
    await refused({ hashSuite: 2 }, "IssuanceHashSuite", 2);
    await refused({ root: ZeroHash }, "IssuanceRootZero");
    await refused({ count: 0n, depth: 0 }, "IssuanceCountZero");
    await refused({ depth: 1 }, "IssuanceDepth", 1, 3);
    await refused({ depth: 3 }, "IssuanceDepth", 3, 3);
    await refused({ totalMilligrams: 0n }, "IssuanceTotalZero");
    const most = 2n ** 64n - 1n;
    await refused({ totalMilligrams: most + 1n }, "IssuanceTotalTooLarge", most + 1n, most);
    const cap = 3_000_000_000n;
    await refused({ totalMilligrams: cap + 1n }, "IssuanceAboveCap", cap + 1n, cap);
    await propose(r, proposalOf({ totalMilligrams: cap }));
  });

  it("books the days, numbers the request and names the token", async () => {
    const r = await loadFixture(registry);
    const proposal = proposalOf();
    const call = r.issuance.connect(r.applicant).propose(proposal);
    await expect(call)
      .to.emit(r.sources, "DaysBooked")
      .withArgs(ASSET, CLASS, SOURCE, FIRST_DAY, FIRST_DAY + 1);
    const tokenId = await r.issuance.tokenIdOf(proposal);
    await expect(call)
      .to.emit(r.issuance, "Proposed")
      .withArgs(1, tokenId, SOURCE, r.applicant.address, Object.values(proposal));
    const stored = await r.issuance.requestOf(1);
    expect(stored.content).to.equal(await r.issuance.proposalHash(proposal));
    expect([stored.programme, stored.applicant]).to.deep.equal([
      BigInt(PROGRAMME),
      r.applicant.address,
    ]);
    expect([stored.state, stored.statements, stored.forwarded]).to.deep.equal([
      BigInt(STATE.proposed),
      0n,
      false,
    ]);
    expect([stored.noticeEnd, stored.deductedMilligrams, stored.holds]).to.deep.equal([0n, 0n, 0n]);
    expect(stored.proposedAt).to.equal(await time.latest());
    await expect(r.issuance.requestOf(2))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceRequestUnknown")
      .withArgs(2);
  });

  it("of the same day a second time is refused, before and after issue, with other amounts", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    const again = () =>
      r.issuance
        .connect(r.applicant)
        .propose(proposalOf({ root: id("other root"), totalMilligrams: 7n }));
    await expect(again())
      .to.be.revertedWithCustomError(r.sources, "SourcesDayTaken")
      .withArgs(ASSET, CLASS, FIRST_DAY);
    await attest(r, 1n);
    await file(r, 1n);
    await noticeOver();
    await r.issuance.connect(r.authority).issue(1, proposalOf(), DOCUMENT);
    await expect(again())
      .to.be.revertedWithCustomError(r.sources, "SourcesDayTaken")
      .withArgs(ASSET, CLASS, FIRST_DAY);
  });

  it("twice for one day in one block lets exactly the first pass", async () => {
    const r = await loadFixture(registry);
    await chain.provider.request({ method: "evm_setAutomine", params: [false] });
    try {
      const i = r.issuance.connect(r.applicant);
      const options = { gasLimit: 2_000_000 };
      const first = await i.propose(proposalOf(), options);
      const second = await i.propose(proposalOf({ root: id("second") }), options);
      await networkHelpers.mine();
      const receipts = await Promise.all(
        [first, second].map((sent) => ethers.provider.getTransactionReceipt(sent.hash)),
      );
      expect(receipts.map((receipt) => receipt!.status)).to.deep.equal([1, 0]);
      expect(receipts[0]!.blockNumber).to.equal(receipts[1]!.blockNumber);
      expect(await r.issuance.requestCount()).to.equal(1);
    } finally {
      await chain.provider.request({ method: "evm_setAutomine", params: [true] });
    }
  });
});
