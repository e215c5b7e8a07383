import { expect } from "chai";
import {
  ASSET,
  attest,
  CLASS,
  chain,
  createWallet,
  DOCUMENT,
  ethers,
  FIRST_DAY,
  file,
  filed,
  id,
  institution,
  issue,
  issuedRegistry,
  join,
  NOTICE_SECONDS,
  networkHelpers,
  noticeOver,
  PROGRAMME,
  proposalOf,
  propose,
  RESERVATION_SECONDS,
  type Registry,
  ROLE,
  registry,
  SOURCE,
  STATE,
  STATEMENT_TYPES,
  setParameters,
  sign,
  sourceIdOf,
  statementOf,
  ZeroHash,
} from "./support.ts";

const { loadFixture, time } = networkHelpers;

/** A second account of an institution that is there already. */
async function colleague(r: Registry, name: string, role: number, place = 12) {
  const account = (await ethers.getSigners())[place]!;
  await join(r, account.address, name, role);
  return account;
}

async function tokenIdOf(r: Registry, requestId: bigint): Promise<bigint> {
  return (await r.issuance.requestOf(requestId)).tokenId;
}

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
    const stored = await r.issuance.requestOf(1);
    await expect(call)
      .to.emit(r.issuance, "Proposed")
      .withArgs(1, stored.tokenId, SOURCE, r.applicant.address, Object.values(proposal));
    expect(stored.state).to.equal(STATE.proposed);
    expect([stored.root, stored.leafFileHash, stored.reportHash]).to.deep.equal([
      proposal.root,
      proposal.leafFileHash,
      proposal.reportHash,
    ]);
    expect([stored.totalMilligrams, stored.count, stored.depth]).to.deep.equal([
      proposal.totalMilligrams,
      proposal.count,
      2n,
    ]);
    expect([stored.firstDay, stored.endDay]).to.deep.equal([
      BigInt(FIRST_DAY),
      BigInt(FIRST_DAY + 1),
    ]);
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
    await r.issuance.connect(r.authority).issue(1, DOCUMENT);
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

describe("Issuance: review statements", () => {
  it("must repeat the request exactly", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    for (const changes of [
      { root: id("x") },
      { totalMilligrams: 1n },
      { firstDay: FIRST_DAY - 1 },
      { endDay: FIRST_DAY + 2 },
      { methodology: 2 },
      { reportHash: id("x") },
    ]) {
      await expect(attest(r, 1n, proposalOf(), changes))
        .to.be.revertedWithCustomError(r.issuance, "IssuanceStatementMismatch")
        .withArgs(1);
    }
    await expect(attest(r, 2n))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceRequestUnknown")
      .withArgs(2);
  });

  it("must be of a known kind and still valid", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    for (const kind of [0, 4]) {
      await expect(attest(r, 1n, proposalOf(), { kind }))
        .to.be.revertedWithCustomError(r.issuance, "IssuanceStatementKind")
        .withArgs(kind);
    }
    await expect(attest(r, 1n, proposalOf(), { validUntil: 9n })).to.be.revertedWithCustomError(
      r.issuance,
      "IssuanceStatementExpired",
    );
  });

  it("must be of an accredited reviewer of neither the applicant's nor the owner's institution", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    await expect(attest(r, 1n, proposalOf(), {}, r.enterprise))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceRoleMissing")
      .withArgs(PROGRAMME, ROLE.reviewer, r.enterprise.address);
    const sister = await colleague(r, "applicant", ROLE.reviewer, 12);
    await expect(attest(r, 1n, proposalOf(), {}, sister))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceSameInstitution")
      .withArgs(institution("applicant"), sister.address, r.applicant.address);
    const owners = await colleague(r, "owner", ROLE.reviewer, 13);
    await expect(attest(r, 1n, proposalOf(), {}, owners))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceSameInstitution")
      .withArgs(institution("owner"), owners.address, r.owner.address);
    await r.programmes
      .connect(r.authority)
      .revokeRole(PROGRAMME, ROLE.reviewer, r.reviewer.address, DOCUMENT);
    await expect(attest(r, 1n)).to.be.revertedWithCustomError(r.issuance, "IssuanceRoleMissing");
  });

  it("are void when signed by another, altered, or made for another contract or chain", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    const statement = await statementOf(1n, proposalOf(), r.reviewer.address);
    const digest = await r.issuance.statementDigest(statement);
    const refused = (signature: string) =>
      expect(r.issuance.attest(statement, signature))
        .to.be.revertedWithCustomError(r.issuance, "IssuanceSignature")
        .withArgs(r.reviewer.address, digest);
    await refused(await sign(r, r.outsider, statement));
    await refused(await sign(r, r.reviewer, { ...statement, favourable: false }));
    await refused("0x");
    const elsewhere = { ...r, issuance: r.sources } as unknown as Registry;
    await refused(await sign(elsewhere, r.reviewer, statement));
    const otherChain = {
      name: "Tanpu Issuance",
      version: "1",
      chainId: 1n,
      verifyingContract: await r.issuance.getAddress(),
    };
    await refused(await r.reviewer.signTypedData(otherChain, STATEMENT_TYPES, statement));
  });

  it("are refused in a paused programme and after the request is decided", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    const p = r.programmes.connect(r.authority);
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(attest(r, 1n)).to.be.revertedWithCustomError(p, "ProgrammesPaused");
    await p.resumeProgramme(PROGRAMME, DOCUMENT);
    await r.issuance.connect(r.applicant).withdraw(1);
    await expect(attest(r, 1n))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceState")
      .withArgs(1, STATE.withdrawn);
  });

  it("count once however often they are brought, and sixteen at most", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    const statement = await statementOf(1n, proposalOf(), r.reviewer.address);
    const signature = await sign(r, r.reviewer, statement);
    await r.issuance.attest(statement, signature);
    await expect(r.issuance.connect(r.outsider).attest(statement, signature))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceStatementKnown")
      .withArgs(1, r.reviewer.address);
    for (let k = 1n; k < 16n; k++) {
      await attest(r, 1n, proposalOf(), { validUntil: statement.validUntil + k });
    }
    await expect(attest(r, 1n, proposalOf(), { kind: 1 }))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceStatementsFull")
      .withArgs(1, 16);
  });

  it("are brought by anyone and stored with their institution named", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    const statement = await statementOf(1n, proposalOf(), r.reviewer.address);
    const call = r.issuance
      .connect(r.outsider)
      .attest(statement, await sign(r, r.reviewer, statement));
    await expect(call)
      .to.emit(r.issuance, "Attested")
      .withArgs(
        1,
        r.reviewer.address,
        institution("reviewer"),
        2,
        true,
        statement.validUntil,
        await r.issuance.statementDigest(statement),
      );
    expect(await r.issuance.statementOf(1, 0)).to.deep.equal([
      r.reviewer.address,
      2n,
      true,
      statement.validUntil,
    ]);
  });

  it("of a contract account count by ERC-1271, and only what its owner signed", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    const wallet = await createWallet(r.enterprise.address);
    const address = await wallet.getAddress();
    await join(r, address, "reviewing firm", ROLE.reviewer);
    const statement = await statementOf(1n, proposalOf(), address);
    await expect(
      r.issuance.attest(statement, await sign(r, r.outsider, statement)),
    ).to.be.revertedWithCustomError(r.issuance, "IssuanceSignature");
    await r.issuance.attest(statement, await sign(r, r.enterprise, statement));
    await file(r, 1n);
  });
});

describe("Issuance: filing and notice", () => {
  it("is the operator's, once, in a running programme", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    await attest(r, 1n);
    for (const caller of [r.authority, r.applicant, r.outsider]) {
      await expect(r.issuance.connect(caller).file(1, DOCUMENT, 0))
        .to.be.revertedWithCustomError(r.issuance, "IssuanceRoleMissing")
        .withArgs(PROGRAMME, ROLE.operator, caller.address);
    }
    const p = r.programmes.connect(r.authority);
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(file(r, 1n)).to.be.revertedWithCustomError(p, "ProgrammesPaused");
    await p.resumeProgramme(PROGRAMME, DOCUMENT);
    await expect(
      r.issuance.connect(r.operator).file(1, DOCUMENT, 2n ** 40n),
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
    await expect(r.issuance.connect(r.operator).file(1, DOCUMENT, 7))
      .to.emit(r.issuance, "Filed")
      .withArgs(1, DOCUMENT, at + NOTICE_SECONDS);
    expect((await r.issuance.requestOf(1)).noticeEnd).to.equal(at + NOTICE_SECONDS);
    const other = proposalOf({ firstDay: FIRST_DAY + 1, endDay: FIRST_DAY + 2 });
    await propose(r, other);
    await attest(r, 2n, other);
    await expect(r.issuance.connect(r.operator).file(2, DOCUMENT, at + 999_999n))
      .to.emit(r.issuance, "Filed")
      .withArgs(2, DOCUMENT, at + 999_999n);
  });
});

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
    await expect(r.issuance.connect(r.operator).decideObjection(1, 0, false, DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceRoleMissing")
      .withArgs(PROGRAMME, ROLE.authority, r.operator.address);
    const partial = await colleague(r, "owner", ROLE.authority, 12);
    await expect(r.issuance.connect(partial).decideObjection(1, 0, false, DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceSameInstitution")
      .withArgs(institution("owner"), partial.address, r.owner.address);
    const i = r.issuance.connect(r.authority);
    await expect(i.decideObjection(1, 1, false, DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceObjectionUnknown")
      .withArgs(1, 1);
    await i.decideObjection(1, 0, false, DOCUMENT);
    await expect(i.decideObjection(1, 0, true, DOCUMENT))
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
    await expect(i.issue(1, DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceObjectionsOpen")
      .withArgs(1, 1);
    await expect(i.decideObjection(1, 0, false, DOCUMENT))
      .to.emit(i, "ObjectionDecided")
      .withArgs(1, 0, false, DOCUMENT);
    expect((await i.objectionOf(1, 0)).state).to.equal(3);
    await i.issue(1, DOCUMENT);
  });

  it("that are upheld reject the request and free its days", async () => {
    const r = await loadFixture(filedRegistry);
    await r.issuance.connect(r.enterprise).object_(1, DOCUMENT);
    await expect(r.issuance.connect(r.authority).decideObjection(1, 0, true, id("why")))
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
      r.issuance.connect(r.authority).decideObjection(1, 0, true, DOCUMENT),
    ).to.be.revertedWithCustomError(p, "ProgrammesPaused");
    await p.resumeProgramme(PROGRAMME, DOCUMENT);
    const paused = BigInt(await time.latest()) - pausedAt;
    expect((await r.issuance.requestOf(1)).noticeEnd).to.equal(noticeEnd + paused);
    await expect(r.issuance.connect(r.authority).issue(1, DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceNoticeRunning")
      .withArgs(1, noticeEnd + paused);
  });
});

describe("Issuance: issuing", () => {
  it("is an authority's, of neither the applicant's nor the owner's institution", async () => {
    const r = await loadFixture(registry);
    await filed(r);
    for (const caller of [r.operator, r.applicant, r.reviewer, r.registrar]) {
      await expect(r.issuance.connect(caller).issue(1, DOCUMENT))
        .to.be.revertedWithCustomError(r.issuance, "IssuanceRoleMissing")
        .withArgs(PROGRAMME, ROLE.authority, caller.address);
    }
    for (const [k, party] of [r.applicant, r.owner].entries()) {
      const name = k === 0 ? "applicant" : "owner";
      const sister = await colleague(r, name, ROLE.authority, 12 + k);
      await expect(r.issuance.connect(sister).issue(1, DOCUMENT))
        .to.be.revertedWithCustomError(r.issuance, "IssuanceSameInstitution")
        .withArgs(institution(name), sister.address, party.address);
    }
  });

  it("waits for filing and for the end of the notice, and happens once", async () => {
    const r = await loadFixture(registry);
    const i = r.issuance.connect(r.authority);
    await expect(i.issue(1, DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceRequestUnknown")
      .withArgs(1);
    await propose(r);
    await expect(i.issue(1, DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceState")
      .withArgs(1, STATE.proposed);
    await attest(r, 1n);
    await file(r, 1n);
    const { noticeEnd } = await i.requestOf(1);
    await time.setNextBlockTimestamp(noticeEnd - 1n);
    await expect(i.issue(1, DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceNoticeRunning")
      .withArgs(1, noticeEnd);
    await time.setNextBlockTimestamp(noticeEnd);
    await i.issue(1, DOCUMENT);
    await expect(i.issue(1, DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceState")
      .withArgs(1, STATE.issued);
  });

  it("looks at the statements again: accreditation lost, run out, or turned unfavourable", async () => {
    const r = await loadFixture(registry);
    await filed(r);
    const i = r.issuance.connect(r.authority);
    const p = r.programmes.connect(r.authority);
    await p.revokeRole(PROGRAMME, ROLE.reviewer, r.reviewer.address, DOCUMENT);
    await expect(i.issue(1, DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceReviewsMissing")
      .withArgs(1, 0, 1);
    await p.grantRole(PROGRAMME, ROLE.reviewer, r.reviewer.address, 0, DOCUMENT);
    await p.freezeAccount(PROGRAMME, r.reviewer.address, DOCUMENT);
    await expect(i.issue(1, DOCUMENT)).to.be.revertedWithCustomError(i, "IssuanceReviewsMissing");
    await p.unfreezeAccount(PROGRAMME, r.reviewer.address, DOCUMENT);
    const second = await colleague(r, "second reviewer", ROLE.reviewer, 12);
    await attest(r, 1n, proposalOf(), { favourable: false }, second);
    await expect(i.issue(1, DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceReviewUnfavourable")
      .withArgs(1, second.address);
    await p.revokeRole(PROGRAMME, ROLE.reviewer, second.address, DOCUMENT);
    await time.increase(32_000_000);
    await expect(i.issue(1, DOCUMENT)).to.be.revertedWithCustomError(i, "IssuanceReviewsMissing");
  });

  it("stands still in a paused programme, and for an owner whose account is frozen", async () => {
    const r = await loadFixture(registry);
    await filed(r);
    const i = r.issuance.connect(r.authority);
    const p = r.programmes.connect(r.authority);
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(i.issue(1, DOCUMENT)).to.be.revertedWithCustomError(p, "ProgrammesPaused");
    await p.resumeProgramme(PROGRAMME, DOCUMENT);
    await p.freezeAccount(PROGRAMME, r.owner.address, DOCUMENT);
    await expect(i.issue(1, DOCUMENT))
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
      await expect(i.issue(1, DOCUMENT))
        .to.be.revertedWithCustomError(i, "IssuanceParameterInvalid")
        .withArgs(PROGRAMME, encodeBytes32String("issue.granularityGrams"), value);
    }
    await setParameters(r, { "issue.granularityGrams": 1_000_000n });
    await expect(i.issue(1, DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceBelowGranularity")
      .withArgs(10_000_500n, 1_000_000_000n);
    await setParameters(r, { "issue.granularityGrams": 1n, "issue.carry": 2n });
    await expect(i.issue(1, DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceParameterInvalid")
      .withArgs(PROGRAMME, encodeBytes32String("issue.carry"), 2);
  });

  it("makes whole granules of grams and keeps the rest for the source", async () => {
    const r = await loadFixture(registry);
    await filed(r);
    const tokenId = await tokenIdOf(r, 1n);
    await expect(r.issuance.connect(r.authority).issue(1, id("decision")))
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
    await expect(r.issuance.connect(r.authority).issue(2, DOCUMENT))
      .to.emit(r.issuance, "Issued")
      .withArgs(2, await tokenIdOf(r, 2n), r.owner.address, 2_000, 500, 100, 0, DOCUMENT);
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
    await expect(i.issue(1, DOCUMENT)).to.be.revertedWithCustomError(
      wallet,
      "ContractWalletRefuses",
    );
    await wallet.setRefuses(false);
    const again = i.interface.encodeFunctionData("issue", [1, DOCUMENT]);
    await wallet.setCallback(await i.getAddress(), again);
    await i.issue(1, DOCUMENT);
    expect(await wallet.callbackFailed()).to.equal(true);
    expect(i.interface.parseError(await wallet.callbackError())!.name).to.equal("IssuanceState");
    expect(await r.token.balanceOf(address, await tokenIdOf(r, 1n))).to.equal(10_000);
  });
});

describe("Issuance: requests that fall", () => {
  it("are rejected by an impartial authority only, before issue only", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    await expect(r.issuance.connect(r.operator).reject(1, DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceRoleMissing")
      .withArgs(PROGRAMME, ROLE.authority, r.operator.address);
    const sister = await colleague(r, "applicant", ROLE.authority, 12);
    await expect(r.issuance.connect(sister).reject(1, DOCUMENT)).to.be.revertedWithCustomError(
      r.issuance,
      "IssuanceSameInstitution",
    );
    await expect(r.issuance.connect(r.authority).reject(1, DOCUMENT))
      .to.emit(r.issuance, "Rejected")
      .withArgs(1, DOCUMENT);
    await expect(r.issuance.connect(r.authority).reject(1, DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceState")
      .withArgs(1, STATE.rejected);
    await issue(r);
    await expect(r.issuance.connect(r.authority).reject(2, DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceState")
      .withArgs(2, STATE.issued);
  });

  it("are withdrawn by their applicant only, before issue only", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    await expect(r.issuance.connect(r.authority).withdraw(1))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceNotApplicant")
      .withArgs(SOURCE, r.applicant.address, r.authority.address);
    const p = r.programmes.connect(r.authority);
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(r.issuance.connect(r.applicant).withdraw(1)).to.be.revertedWithCustomError(
      p,
      "ProgrammesPaused",
    );
    await p.resumeProgramme(PROGRAMME, DOCUMENT);
    await expect(r.issuance.connect(r.applicant).withdraw(1))
      .to.emit(r.issuance, "Withdrawn")
      .withArgs(1);
    await issue(r);
    await expect(r.issuance.connect(r.applicant).withdraw(2))
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
    await expect(r.issuance.connect(r.outsider).releaseExpired(1)).to.be.revertedWithCustomError(
      p,
      "ProgrammesPaused",
    );
    await time.increase(1_000);
    await p.resumeProgramme(PROGRAMME, DOCUMENT);
    const end = at + RESERVATION_SECONDS + BigInt(await time.latest()) - pausedAt;
    await time.setNextBlockTimestamp(end - 1n);
    await expect(r.issuance.connect(r.outsider).releaseExpired(1))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceNotExpired")
      .withArgs(1, end);
    await time.setNextBlockTimestamp(end);
    await expect(r.issuance.connect(r.outsider).releaseExpired(1))
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
    await expect(r.issuance.releaseExpired(1))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceReviewed")
      .withArgs(1, 1);
    await file(r, 1n);
    await expect(r.issuance.releaseExpired(1))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceState")
      .withArgs(1, STATE.filed);
  });
});

describe("Issuance: suspending an id", () => {
  it("is the authority's, of an issued id, in the order suspend, resume", async () => {
    const r = await loadFixture(issuedRegistry);
    const i = r.issuance.connect(r.authority);
    for (const act of ["suspendToken", "resumeToken"] as const) {
      await expect(i[act](5, DOCUMENT))
        .to.be.revertedWithCustomError(i, "IssuanceTokenUnknown")
        .withArgs(5);
      await expect(r.issuance.connect(r.operator)[act](r.tokenId, DOCUMENT))
        .to.be.revertedWithCustomError(i, "IssuanceRoleMissing")
        .withArgs(PROGRAMME, ROLE.authority, r.operator.address);
    }
    await expect(i.resumeToken(r.tokenId, DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceTokenState")
      .withArgs(r.tokenId, 1);
    await expect(i.suspendToken(r.tokenId, DOCUMENT))
      .to.emit(i, "TokenSuspended")
      .withArgs(r.tokenId, DOCUMENT)
      .and.to.emit(r.token, "IdStateSet")
      .withArgs(r.tokenId, 2);
    await expect(i.suspendToken(r.tokenId, DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceTokenState")
      .withArgs(r.tokenId, 2);
    await expect(i.resumeToken(r.tokenId, DOCUMENT))
      .to.emit(i, "TokenResumed")
      .withArgs(r.tokenId, DOCUMENT);
  });
});
