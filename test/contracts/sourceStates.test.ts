import { expect } from "chai";
import {
  ASSET,
  asContract,
  CLASS,
  DOCUMENT,
  ethers,
  FIRST_DAY,
  id,
  institution,
  join,
  METHODOLOGY,
  networkHelpers,
  OTHER_ASSET,
  PROGRAMME,
  proposalOf,
  propose,
  type Registry,
  ROLE,
  registry,
  SOURCE,
  SOURCE_STATE,
  setParameters,
  sourceIdOf,
} from "./support.ts";

const { loadFixture } = networkHelpers;
const PENDING = sourceIdOf(PROGRAMME, METHODOLOGY, OTHER_ASSET);
const CCER = 2;

/** Another pending source of the usual parties. */
async function withPending() {
  const r = await registry();
  await setParameters(r, { "source.review": 1n });
  await r.sources
    .connect(r.operator)
    .registerSource(
      PROGRAMME,
      METHODOLOGY,
      OTHER_ASSET,
      r.applicant.address,
      r.owner.address,
      DOCUMENT,
    );
  return r;
}

async function partial(r: Registry, name: string, place = 12) {
  const account = (await ethers.getSigners())[place]!;
  await join(r, account.address, name, ROLE.authority);
  return account;
}

describe("Sources: the states of a source", () => {
  const ACTS = ["approveSource", "suspendSource", "resumeSource", "delistSource"] as const;

  it("are changed by the authority of its programme only, while that runs", async () => {
    const r = await loadFixture(withPending);
    for (const act of ACTS) {
      for (const caller of [r.operator, r.applicant, r.outsider]) {
        await expect(r.sources.connect(caller)[act](PENDING, DOCUMENT))
          .to.be.revertedWithCustomError(r.sources, "SourcesRoleMissing")
          .withArgs(PROGRAMME, ROLE.authority, caller.address);
      }
      await expect(r.sources.connect(r.authority)[act](id("no"), DOCUMENT))
        .to.be.revertedWithCustomError(r.sources, "SourcesSourceUnknown")
        .withArgs(id("no"));
    }
    await r.programmes.connect(r.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    for (const act of ACTS) {
      await expect(
        r.sources.connect(r.authority)[act](PENDING, DOCUMENT),
      ).to.be.revertedWithCustomError(r.programmes, "ProgrammesPaused");
    }
  });

  it("are not approved or resumed by a party's institution", async () => {
    const r = await loadFixture(withPending);
    for (const [k, party] of [r.applicant, r.owner].entries()) {
      const name = k === 0 ? "applicant" : "owner";
      const sister = await partial(r, name, 12 + k);
      for (const [act, sourceId] of [
        ["approveSource", PENDING],
        ["resumeSource", SOURCE],
      ] as const) {
        await expect(r.sources.connect(sister)[act](sourceId, DOCUMENT))
          .to.be.revertedWithCustomError(r.sources, "SourcesSameInstitution")
          .withArgs(institution(name), sister.address, party.address);
      }
    }
  });

  it("follow each other in one order", async () => {
    const r = await loadFixture(withPending);
    const s = r.sources.connect(r.authority);
    const refused = async (state: number, ...acts: (typeof ACTS)[number][]) => {
      for (const act of acts) {
        await expect(s[act](PENDING, DOCUMENT))
          .to.be.revertedWithCustomError(s, "SourcesSourceState")
          .withArgs(PENDING, state);
      }
    };
    await refused(SOURCE_STATE.pending, "suspendSource", "resumeSource");
    await expect(s.approveSource(PENDING, DOCUMENT))
      .to.emit(s, "SourceStateChanged")
      .withArgs(PENDING, SOURCE_STATE.active, DOCUMENT);
    await refused(SOURCE_STATE.active, "approveSource", "resumeSource");
    await s.suspendSource(PENDING, DOCUMENT);
    await expect(r.issuance.connect(r.applicant).propose(proposalOf({ sourceId: PENDING })))
      .to.be.revertedWithCustomError(s, "SourcesSourceState")
      .withArgs(PENDING, SOURCE_STATE.suspended);
    await refused(SOURCE_STATE.suspended, "approveSource", "suspendSource");
    await s.resumeSource(PENDING, DOCUMENT);
    await propose(r, proposalOf({ sourceId: PENDING }));
    await s.delistSource(PENDING, DOCUMENT);
    await refused(SOURCE_STATE.delisted, ...ACTS);
    expect((await s.sourceOf(PENDING)).state).to.equal(SOURCE_STATE.delisted);
  });
});

describe("Sources: passing a source on", () => {
  it("is the authority's, of neither new party, to accounts that exist, while it is listed", async () => {
    const r = await loadFixture(registry);
    const s = r.sources.connect(r.authority);
    const { applicant, enterprise, operator, outsider } = r;
    const parties = [enterprise.address, enterprise.address] as const;
    await expect(r.sources.connect(operator).transferSource(SOURCE, ...parties, DOCUMENT))
      .to.be.revertedWithCustomError(s, "SourcesRoleMissing")
      .withArgs(PROGRAMME, ROLE.authority, operator.address);
    for (const strange of [
      [outsider.address, enterprise.address],
      [enterprise.address, outsider.address],
    ] as const) {
      await expect(s.transferSource(SOURCE, ...strange, DOCUMENT))
        .to.be.revertedWithCustomError(s, "SourcesAccountUnknown")
        .withArgs(outsider.address);
    }
    await expect(s.transferSource(SOURCE, applicant.address, r.authority.address, DOCUMENT))
      .to.be.revertedWithCustomError(s, "SourcesSameInstitution")
      .withArgs(institution("authority"), r.authority.address, r.authority.address);
    await s.delistSource(SOURCE, DOCUMENT);
    await expect(s.transferSource(SOURCE, ...parties, DOCUMENT))
      .to.be.revertedWithCustomError(s, "SourcesSourceState")
      .withArgs(SOURCE, SOURCE_STATE.delisted);
  });

  it("names the new parties, whose institutions count from then on; the pool is an owner too", async () => {
    const r = await loadFixture(registry);
    const s = r.sources.connect(r.authority);
    const pool = r.addressOf("poolReserve");
    await expect(s.transferSource(SOURCE, r.enterprise.address, pool, DOCUMENT))
      .to.emit(s, "SourceTransferred")
      .withArgs(SOURCE, r.enterprise.address, pool, DOCUMENT);
    const parties = await s.partiesOf(SOURCE);
    expect([parties.applicant, parties.owner]).to.deep.equal([r.enterprise.address, pool]);
    const number = await r.programmes.institutionNumberOf(r.enterprise.address);
    expect([parties.applicantInstitution, parties.ownerInstitution]).to.deep.equal([number, 0n]);
    await expect(r.issuance.connect(r.applicant).propose(proposalOf()))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceNotApplicant")
      .withArgs(SOURCE, r.enterprise.address, r.applicant.address);
  });
});

describe("Sources: consent to a second source", () => {
  const second = [ASSET, PROGRAMME, 2] as const;
  const secondId = sourceIdOf(PROGRAMME, 2, ASSET);

  async function twoMethodologies() {
    const r = await registry();
    await r.sources
      .connect(r.authority)
      .registerMethodology(PROGRAMME, id("second"), CCER, 3, 17_000, 0, 0, DOCUMENT);
    return r;
  }

  const register = (r: Registry) =>
    r.sources
      .connect(r.operator)
      .registerSource(PROGRAMME, 2, ASSET, r.applicant.address, r.enterprise.address, DOCUMENT);

  it("is the first source's owner's, for a methodology that exists", async () => {
    const r = await loadFixture(twoMethodologies);
    for (const act of ["consent", "withdrawConsent"] as const) {
      await expect(r.sources.connect(r.applicant)[act](...second))
        .to.be.revertedWithCustomError(r.sources, "SourcesNotFirstOwner")
        .withArgs(ASSET, r.owner.address, r.applicant.address);
      await expect(r.sources.connect(r.owner)[act](OTHER_ASSET, PROGRAMME, 2))
        .to.be.revertedWithCustomError(r.sources, "SourcesSourceUnknown")
        .withArgs(ethers.ZeroHash);
      await expect(r.sources.connect(r.owner)[act](ASSET, PROGRAMME, 3))
        .to.be.revertedWithCustomError(r.sources, "SourcesMethodologyUnknown")
        .withArgs(PROGRAMME, 3);
    }
    await expect(r.sources.connect(r.owner).withdrawConsent(...second))
      .to.be.revertedWithCustomError(r.sources, "SourcesConsentMissing")
      .withArgs(secondId, r.owner.address);
  });

  it("lets the operator register that one source and no other", async () => {
    const r = await loadFixture(twoMethodologies);
    await expect(register(r)).to.be.revertedWithCustomError(r.sources, "SourcesAssetShared");
    await expect(r.sources.connect(r.owner).consent(...second))
      .to.emit(r.sources, "Consented")
      .withArgs(ASSET, secondId, r.owner.address);
    expect(await r.sources.consentOf(secondId)).to.equal(r.owner.address);
    await r.sources
      .connect(r.authority)
      .registerMethodology(PROGRAMME, id("third"), CCER, 3, 17_000, 0, 0, DOCUMENT);
    await expect(
      r.sources
        .connect(r.operator)
        .registerSource(PROGRAMME, 3, ASSET, r.applicant.address, r.owner.address, DOCUMENT),
    ).to.be.revertedWithCustomError(r.sources, "SourcesAssetShared");
    await register(r);
    expect(await r.sources.firstSourceOf(ASSET)).to.equal(SOURCE);
  });

  it("ends when taken back, and when the first source passes to another owner", async () => {
    const r = await loadFixture(twoMethodologies);
    await r.sources.connect(r.owner).consent(...second);
    await expect(r.sources.connect(r.owner).withdrawConsent(...second))
      .to.emit(r.sources, "ConsentWithdrawn")
      .withArgs(ASSET, secondId, r.owner.address);
    await expect(register(r)).to.be.revertedWithCustomError(r.sources, "SourcesAssetShared");
    await r.sources.connect(r.owner).consent(...second);
    await r.sources
      .connect(r.authority)
      .transferSource(SOURCE, r.applicant.address, r.enterprise.address, DOCUMENT);
    await expect(register(r)).to.be.revertedWithCustomError(r.sources, "SourcesAssetShared");
    await r.sources.connect(r.enterprise).consent(...second);
    await register(r);
  });
});

describe("Sources: closing a methodology", () => {
  it("is the authority's, to an end after its first day and before its present end", async () => {
    const r = await loadFixture(registry);
    const s = r.sources.connect(r.authority);
    await expect(r.sources.connect(r.operator).closeMethodology(PROGRAMME, 1, 18_000, DOCUMENT))
      .to.be.revertedWithCustomError(s, "SourcesRoleMissing")
      .withArgs(PROGRAMME, ROLE.authority, r.operator.address);
    await expect(s.closeMethodology(PROGRAMME, 2, 18_000, DOCUMENT))
      .to.be.revertedWithCustomError(s, "SourcesMethodologyUnknown")
      .withArgs(PROGRAMME, 2);
    await expect(s.closeMethodology(PROGRAMME, 1, 17_000, DOCUMENT))
      .to.be.revertedWithCustomError(s, "SourcesMethodologyDays")
      .withArgs(17_000, 17_000);
    await s.closeMethodology(PROGRAMME, 1, 18_000, DOCUMENT);
    await expect(s.closeMethodology(PROGRAMME, 1, 18_000, DOCUMENT))
      .to.be.revertedWithCustomError(s, "SourcesMethodologyDays")
      .withArgs(17_000, 18_000);
    await r.programmes.connect(r.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(s.closeMethodology(PROGRAMME, 1, 17_900, DOCUMENT)).to.be.revertedWithCustomError(
      r.programmes,
      "ProgrammesPaused",
    );
  });

  it("refuses later days from then on and leaves what was proposed", async () => {
    const r = await loadFixture(registry);
    await propose(r, proposalOf({ firstDay: 18_100, endDay: 18_101 }));
    await expect(r.sources.connect(r.authority).closeMethodology(PROGRAMME, 1, 18_000, DOCUMENT))
      .to.emit(r.sources, "MethodologyClosed")
      .withArgs(PROGRAMME, 1, 18_000, DOCUMENT);
    await expect(
      r.issuance.connect(r.applicant).propose(proposalOf({ firstDay: 17_999, endDay: 18_001 })),
    )
      .to.be.revertedWithCustomError(r.sources, "SourcesPeriodOutsideMethodology")
      .withArgs(17_999, 18_001);
    await propose(r, proposalOf({ firstDay: 17_999, endDay: 18_000 }));
    await r.issuance
      .connect(r.applicant)
      .withdraw(1, proposalOf({ firstDay: 18_100, endDay: 18_101 }));
  });
});

describe("Sources: what another registry issued, withdrawn", () => {
  async function recorded() {
    const r = await registry();
    await r.sources.addExclusion(CLASS, CCER);
    await r.sources
      .connect(r.authority)
      .recordExternal(PROGRAMME, ASSET, CCER, FIRST_DAY, FIRST_DAY + 300, DOCUMENT);
    return r;
  }

  it("is refused for no record, to another programme's authority, in a pause, and twice", async () => {
    const r = await loadFixture(recorded);
    const s = r.sources.connect(r.authority);
    await expect(s.withdrawExternal(2, DOCUMENT))
      .to.be.revertedWithCustomError(s, "SourcesExternalUnknown")
      .withArgs(2);
    await r.programmes.createProgramme(
      2,
      0,
      2,
      r.outsider.address,
      institution("second"),
      DOCUMENT,
    );
    await expect(r.sources.connect(r.outsider).withdrawExternal(1, DOCUMENT))
      .to.be.revertedWithCustomError(s, "SourcesRoleMissing")
      .withArgs(PROGRAMME, ROLE.authority, r.outsider.address);
    await r.programmes.connect(r.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(s.withdrawExternal(1, DOCUMENT)).to.be.revertedWithCustomError(
      r.programmes,
      "ProgrammesPaused",
    );
    await r.programmes.connect(r.authority).resumeProgramme(PROGRAMME, DOCUMENT);
    await s.withdrawExternal(1, DOCUMENT);
    await expect(s.withdrawExternal(1, DOCUMENT))
      .to.be.revertedWithCustomError(s, "SourcesExternalWithdrawn")
      .withArgs(1);
  });

  it("frees exactly its days, not its neighbours'", async () => {
    const r = await loadFixture(recorded);
    const s = r.sources.connect(r.authority);
    await s.recordExternal(PROGRAMME, ASSET, CCER, FIRST_DAY + 300, FIRST_DAY + 310, DOCUMENT);
    expect(Object.values(await s.externalOf(1))).to.deep.equal([
      ASSET,
      BigInt(PROGRAMME),
      BigInt(CCER),
      BigInt(FIRST_DAY),
      BigInt(FIRST_DAY + 300),
      false,
    ]);
    await expect(s.withdrawExternal(1, id("mistake")))
      .to.emit(s, "ExternalWithdrawn")
      .withArgs(1, id("mistake"));
    expect(await s.isBooked(ASSET, CCER, FIRST_DAY + 299)).to.equal(false);
    expect(await s.isBooked(ASSET, CCER, FIRST_DAY + 300)).to.equal(true);
    await propose(r, proposalOf({ firstDay: FIRST_DAY, endDay: FIRST_DAY + 300 }));
    await expect(
      r.issuance
        .connect(r.applicant)
        .propose(proposalOf({ firstDay: FIRST_DAY + 300, endDay: FIRST_DAY + 301 })),
    )
      .to.be.revertedWithCustomError(s, "SourcesDayTaken")
      .withArgs(ASSET, CCER, FIRST_DAY + 300);
    expect((await s.externalOf(1)).withdrawn).to.equal(true);
  });
});

describe("Sources: issuers", () => {
  it("are added and closed by registrars only, once each", async () => {
    const r = await loadFixture(registry);
    const first = await r.issuance.getAddress();
    for (const act of ["addIssuer", "closeIssuer"] as const) {
      await expect(
        r.sources.connect(r.authority)[act](r.outsider.address),
      ).to.be.revertedWithCustomError(r.sources, "AccessManagedUnauthorized");
    }
    await expect(r.sources.addIssuer(first))
      .to.be.revertedWithCustomError(r.sources, "SourcesIssuerState")
      .withArgs(first, 1);
    await expect(r.sources.addIssuer(ethers.ZeroAddress))
      .to.be.revertedWithCustomError(r.sources, "SourcesIssuerState")
      .withArgs(ethers.ZeroAddress, 0);
    await expect(r.sources.closeIssuer(r.outsider.address))
      .to.be.revertedWithCustomError(r.sources, "SourcesIssuerState")
      .withArgs(r.outsider.address, 0);
    await expect(r.sources.addIssuer(r.outsider.address))
      .to.emit(r.sources, "SourcesIssuerAdded")
      .withArgs(r.outsider.address, 1);
    expect(await r.sources.issuerAt(1)).to.equal(r.outsider.address);
    await expect(r.sources.closeIssuer(r.outsider.address))
      .to.emit(r.sources, "SourcesIssuerClosed")
      .withArgs(r.outsider.address);
    await expect(r.sources.addIssuer(r.outsider.address))
      .to.be.revertedWithCustomError(r.sources, "SourcesIssuerState")
      .withArgs(r.outsider.address, 2);
  });

  it("book and free in the same calendar; a closed one only frees", async () => {
    const r = await loadFixture(registry);
    const next = r.sources.connect(r.outsider);
    await expect(next.activate(SOURCE, DOCUMENT))
      .to.be.revertedWithCustomError(next, "SourcesNotIssuance")
      .withArgs(r.outsider.address);
    await r.sources.addIssuer(r.outsider.address);
    expect(await r.sources.isIssuer(r.outsider.address)).to.equal(true);
    await next.reserve(SOURCE, FIRST_DAY, FIRST_DAY + 1);
    await expect(r.issuance.connect(r.applicant).propose(proposalOf()))
      .to.be.revertedWithCustomError(r.sources, "SourcesDayTaken")
      .withArgs(ASSET, CLASS, FIRST_DAY);
    await r.sources.closeIssuer(r.outsider.address);
    expect(await r.sources.isIssuer(r.outsider.address)).to.equal(false);
    await expect(next.reserve(SOURCE, FIRST_DAY + 1, FIRST_DAY + 2))
      .to.be.revertedWithCustomError(next, "SourcesNotIssuance")
      .withArgs(r.outsider.address);
    await next.release(SOURCE, FIRST_DAY, FIRST_DAY + 1);
    await propose(r);
  });

  it("the first version learns from Sources alone that it is closed, and finishes what it began", async () => {
    const r = await loadFixture(registry);
    await expect(r.issuance.close())
      .to.be.revertedWithCustomError(r.issuance, "IssuanceNotSources")
      .withArgs(r.registrar.address);
    await propose(r);
    const first = await r.issuance.getAddress();
    await r.sources.closeIssuer(first);
    const next = proposalOf({ firstDay: FIRST_DAY + 1, endDay: FIRST_DAY + 2 });
    await expect(r.issuance.connect(r.applicant).propose(next)).to.be.revertedWithCustomError(
      r.issuance,
      "IssuanceClosed",
    );
    expect(await r.sources.isBooked(ASSET, CLASS, FIRST_DAY + 1)).to.equal(false);
    await r.issuance.connect(r.applicant).withdraw(1, proposalOf());
    const issuer = r.sources.connect(await asContract(r, "issuance"));
    await issuer.reserve(SOURCE, FIRST_DAY, FIRST_DAY + 1);
  });
});
