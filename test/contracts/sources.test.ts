import { expect } from "chai";
import {
  ASSET,
  CLASS,
  DOCUMENT,
  ethers,
  FIRST_DAY,
  filed,
  id,
  institution,
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
  sourceIdOf,
  ZeroHash,
} from "./support.ts";

const { loadFixture, time } = networkHelpers;
const CCER = 7;

const methodology = (changes: Record<string, unknown> = {}) => {
  const all = {
    programme: PROGRAMME,
    contentHash: id("text"),
    class: CLASS,
    status: 2,
    firstDay: 17_000,
    endDay: 0,
    capMilligrams: 0,
    document: DOCUMENT,
    ...changes,
  };
  return [
    all.programme,
    all.contentHash,
    all.class,
    all.status,
    all.firstDay,
    all.endDay,
    all.capMilligrams,
    all.document,
  ] as const;
};

const today = async () => Math.floor(((await time.latest()) + 28_800) / 86_400);

async function withSource(r: Registry, number: number, assetKey = OTHER_ASSET): Promise<string> {
  await r.sources
    .connect(r.authority)
    .registerSource(PROGRAMME, number, assetKey, r.applicant.address, r.owner.address, DOCUMENT);
  return sourceIdOf(PROGRAMME, number, assetKey);
}

describe("Sources: methodologies", () => {
  it("are registered by the authority of a running programme only", async () => {
    const r = await loadFixture(registry);
    for (const caller of [r.operator, r.applicant, r.reviewer, r.registrar]) {
      await expect(r.sources.connect(caller).registerMethodology(...methodology()))
        .to.be.revertedWithCustomError(r.sources, "SourcesRoleMissing")
        .withArgs(PROGRAMME, ROLE.authority, caller.address);
    }
    await r.programmes.connect(r.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(r.sources.connect(r.authority).registerMethodology(...methodology()))
      .to.be.revertedWithCustomError(r.programmes, "ProgrammesPaused")
      .withArgs(PROGRAMME);
  });

  it("need a text, a class, a known status and days in order", async () => {
    const r = await loadFixture(registry);
    const s = r.sources.connect(r.authority);
    await expect(
      s.registerMethodology(...methodology({ contentHash: ZeroHash })),
    ).to.be.revertedWithCustomError(s, "SourcesContentHashZero");
    await expect(s.registerMethodology(...methodology({ class: 0 }))).to.be.revertedWithCustomError(
      s,
      "SourcesClassZero",
    );
    for (const status of [0, 4]) {
      await expect(s.registerMethodology(...methodology({ status })))
        .to.be.revertedWithCustomError(s, "SourcesMethodologyStatus")
        .withArgs(status);
    }
    await expect(s.registerMethodology(...methodology({ firstDay: 9, endDay: 9 })))
      .to.be.revertedWithCustomError(s, "SourcesMethodologyDays")
      .withArgs(9, 9);
  });

  it("get running numbers in their programme", async () => {
    const r = await loadFixture(registry);
    await expect(
      r.sources.connect(r.authority).registerMethodology(...methodology({ capMilligrams: 5 })),
    )
      .to.emit(r.sources, "MethodologyRegistered")
      .withArgs(PROGRAMME, 2, id("text"), CLASS, 2, 17_000, 0, 5, DOCUMENT);
    expect(await r.sources.methodologyCountOf(PROGRAMME)).to.equal(2);
    expect((await r.sources.methodologyOf(PROGRAMME, 2)).capMilligrams).to.equal(5);
    await expect(r.sources.methodologyOf(PROGRAMME, 3))
      .to.be.revertedWithCustomError(r.sources, "SourcesMethodologyUnknown")
      .withArgs(PROGRAMME, 3);
  });
});

describe("Sources: registering sources", () => {
  const source = (r: Registry, changes: Record<string, unknown> = {}) => {
    const all = {
      methodology: METHODOLOGY,
      assetKey: OTHER_ASSET,
      applicant: r.applicant.address,
      owner: r.owner.address,
      ...changes,
    };
    return [PROGRAMME, all.methodology, all.assetKey, all.applicant, all.owner, DOCUMENT] as const;
  };

  it("is the operator's", async () => {
    const r = await loadFixture(registry);
    for (const caller of [r.applicant, r.reviewer, r.outsider]) {
      await expect(r.sources.connect(caller).registerSource(...source(r)))
        .to.be.revertedWithCustomError(r.sources, "SourcesRoleMissing")
        .withArgs(PROGRAMME, ROLE.operator, caller.address);
    }
    await r.programmes.connect(r.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(
      r.sources.connect(r.operator).registerSource(...source(r)),
    ).to.be.revertedWithCustomError(r.programmes, "ProgrammesPaused");
  });

  it("is refused for unknown methodologies and accounts, no asset key, and twice", async () => {
    const r = await loadFixture(registry);
    const s = r.sources.connect(r.operator);
    await expect(s.registerSource(...source(r, { methodology: 9 })))
      .to.be.revertedWithCustomError(s, "SourcesMethodologyUnknown")
      .withArgs(PROGRAMME, 9);
    await expect(
      s.registerSource(...source(r, { assetKey: ZeroHash })),
    ).to.be.revertedWithCustomError(s, "SourcesAssetKeyZero");
    for (const party of ["applicant", "owner"]) {
      await expect(s.registerSource(...source(r, { [party]: r.outsider.address })))
        .to.be.revertedWithCustomError(s, "SourcesAccountUnknown")
        .withArgs(r.outsider.address);
    }
    await expect(r.sources.connect(r.authority).registerSource(...source(r, { assetKey: ASSET })))
      .to.be.revertedWithCustomError(s, "SourcesSourceExists")
      .withArgs(SOURCE);
    await expect(r.sources.sourceOf(id("none")))
      .to.be.revertedWithCustomError(s, "SourcesSourceUnknown")
      .withArgs(id("none"));
  });

  it("on an asset that has a source already needs the authority, also from elsewhere", async () => {
    const r = await loadFixture(registry);
    await r.sources.connect(r.authority).registerMethodology(...methodology());
    const second = source(r, { methodology: 2, assetKey: ASSET });
    await expect(r.sources.connect(r.operator).registerSource(...second))
      .to.be.revertedWithCustomError(r.sources, "SourcesAssetShared")
      .withArgs(ASSET, SOURCE);

    const p = r.programmes;
    await p.createProgramme(2, 0, 2, r.outsider.address, institution("second"), DOCUMENT);
    await p.connect(r.outsider).grantRole(2, ROLE.operator, r.operator.address, 0, DOCUMENT);
    await r.sources.connect(r.outsider).registerMethodology(...methodology({ programme: 2 }));
    const elsewhere = [2, 1, ASSET, r.applicant.address, r.owner.address, DOCUMENT] as const;
    await expect(r.sources.connect(r.operator).registerSource(...elsewhere))
      .to.be.revertedWithCustomError(r.sources, "SourcesAssetShared")
      .withArgs(ASSET, SOURCE);
    await r.sources.connect(r.outsider).registerSource(...elsewhere);
    await r.sources.connect(r.authority).registerSource(...second);
    expect(await r.sources.firstSourceOf(ASSET)).to.equal(SOURCE);
  });

  it("names the source by programme, methodology and asset key", async () => {
    const r = await loadFixture(registry);
    const sourceId = sourceIdOf(PROGRAMME, METHODOLOGY, OTHER_ASSET);
    await expect(r.sources.connect(r.operator).registerSource(...source(r)))
      .to.emit(r.sources, "SourceRegistered")
      .withArgs(
        PROGRAMME,
        METHODOLOGY,
        sourceId,
        OTHER_ASSET,
        r.applicant.address,
        r.owner.address,
        DOCUMENT,
      );
    const stored = await r.sources.sourceOf(sourceId);
    expect([stored.programme, stored.class, stored.assetKey]).to.deep.equal([
      BigInt(PROGRAMME),
      BigInt(CLASS),
      OTHER_ASSET,
    ]);
  });
});

describe("Sources: the calendar", () => {
  it("is written by Issuance only", async () => {
    const r = await loadFixture(registry);
    for (const act of ["reserve", "release"] as const) {
      await expect(r.sources.connect(r.authority)[act](SOURCE, FIRST_DAY, FIRST_DAY + 1))
        .to.be.revertedWithCustomError(r.sources, "SourcesNotIssuance")
        .withArgs(r.authority.address);
    }
  });

  it("refuses periods that are empty, too long, not over, or outside the methodology", async () => {
    const r = await loadFixture(registry);
    const i = r.issuance.connect(r.applicant);
    const period = (firstDay: number, endDay: number) =>
      i.propose(proposalOf({ firstDay, endDay }));
    await expect(period(FIRST_DAY, FIRST_DAY))
      .to.be.revertedWithCustomError(r.sources, "SourcesPeriodEmpty")
      .withArgs(FIRST_DAY, FIRST_DAY);
    await expect(period(FIRST_DAY, FIRST_DAY - 1)).to.be.revertedWithCustomError(
      r.sources,
      "SourcesPeriodEmpty",
    );
    await expect(period(FIRST_DAY, FIRST_DAY + 1_828))
      .to.be.revertedWithCustomError(r.sources, "SourcesPeriodTooLong")
      .withArgs(FIRST_DAY, FIRST_DAY + 1_828, 1_827);
    const now = await today();
    await expect(period(now - 1, now + 1))
      .to.be.revertedWithCustomError(r.sources, "SourcesPeriodNotEnded")
      .withArgs(now + 1, now);
    await expect(period(2 ** 32 - 2, 2 ** 32 - 1)).to.be.revertedWithCustomError(
      r.sources,
      "SourcesPeriodNotEnded",
    );
    await expect(period(16_999, 17_001))
      .to.be.revertedWithCustomError(r.sources, "SourcesPeriodOutsideMethodology")
      .withArgs(16_999, 17_001);
    await r.sources.connect(r.authority).registerMethodology(...methodology({ endDay: 17_100 }));
    const sourceId = await withSource(r, 2);
    await expect(
      i.propose(proposalOf({ sourceId, firstDay: 17_090, endDay: 17_101 })),
    ).to.be.revertedWithCustomError(r.sources, "SourcesPeriodOutsideMethodology");
    await i.propose(proposalOf({ sourceId, firstDay: 17_090, endDay: 17_100 }));
  });

  it("takes yesterday but not today, and five years whole", async () => {
    const r = await loadFixture(registry);
    const now = await today();
    await propose(r, proposalOf({ firstDay: now - 1, endDay: now }));
    await propose(r, proposalOf({ firstDay: now - 1_828, endDay: now - 1 }));
  });

  it("names the first day that is taken, whatever the order and overlap", async () => {
    const r = await loadFixture(registry);
    await propose(r, proposalOf({ firstDay: 17_900, endDay: 18_300 }));
    const refused = async (firstDay: number, endDay: number, day: number) =>
      expect(r.issuance.connect(r.applicant).propose(proposalOf({ firstDay, endDay })))
        .to.be.revertedWithCustomError(r.sources, "SourcesDayTaken")
        .withArgs(ASSET, CLASS, day);
    await refused(17_900, 18_300, 17_900);
    await refused(17_800, 17_901, 17_900);
    await refused(18_299, 18_400, 18_299);
    await refused(18_000, 18_001, 18_000);
    await refused(17_000, 18_800, 17_900);
    await propose(r, proposalOf({ firstDay: 17_899, endDay: 17_900 }));
    await propose(r, proposalOf({ firstDay: 18_300, endDay: 18_301 }));
    expect(await r.sources.isBooked(ASSET, CLASS, 17_898)).to.equal(false);
    expect(await r.sources.isBooked(ASSET, CLASS, 18_300)).to.equal(true);
    expect(await r.sources.isBooked(ASSET, CLASS, 18_301)).to.equal(false);
  });

  it("frees exactly a fallen request's days", async () => {
    const r = await loadFixture(registry);
    const period = proposalOf({ firstDay: 17_800, endDay: 17_900 });
    const first = await propose(r, period);
    await propose(r, proposalOf({ firstDay: 17_900, endDay: 18_000 }));
    await expect(r.issuance.connect(r.applicant).withdraw(first, period))
      .to.emit(r.sources, "DaysReleased")
      .withArgs(ASSET, CLASS, SOURCE, 17_800, 17_900);
    expect(await r.sources.isBooked(ASSET, CLASS, 17_899)).to.equal(false);
    expect(await r.sources.isBooked(ASSET, CLASS, 17_900)).to.equal(true);
    await propose(r, proposalOf({ firstDay: 17_850, endDay: 17_900 }));
  });
});

describe("Sources: what Issuance could not free", () => {
  it("is a day that is not taken, or an empty period", async () => {
    const r = await loadFixture(registry);
    await propose(r, proposalOf({ firstDay: 17_900, endDay: 17_901 }));
    const issuance = await r.issuance.getAddress();
    await networkHelpers.impersonateAccount(issuance);
    await networkHelpers.setBalance(issuance, 10n ** 18n);
    const s = r.sources.connect(await ethers.getSigner(issuance));
    await expect(s.release(SOURCE, 17_900, 17_902))
      .to.be.revertedWithCustomError(s, "SourcesDayNotTaken")
      .withArgs(ASSET, CLASS, 17_901);
    await expect(s.release(SOURCE, 17_900, 17_900))
      .to.be.revertedWithCustomError(s, "SourcesPeriodEmpty")
      .withArgs(17_900, 17_900);
    await s.release(SOURCE, 17_900, 17_901);
    expect(await s.calendarWord(ASSET, CLASS, 17_900 >> 8)).to.equal(0);
  });
});

describe("Sources: exclusion pairs and external issuances", () => {
  it("pairs are added by registrars only, once, of two classes that exist", async () => {
    const r = await loadFixture(registry);
    await expect(
      r.sources.connect(r.authority).addExclusion(CLASS, CCER),
    ).to.be.revertedWithCustomError(r.sources, "AccessManagedUnauthorized");
    await expect(r.sources.addExclusion(0, CCER)).to.be.revertedWithCustomError(
      r.sources,
      "SourcesClassZero",
    );
    await expect(r.sources.addExclusion(CCER, 0)).to.be.revertedWithCustomError(
      r.sources,
      "SourcesClassZero",
    );
    await expect(r.sources.addExclusion(CCER, CCER))
      .to.be.revertedWithCustomError(r.sources, "SourcesExclusionSame")
      .withArgs(CCER);
    await expect(r.sources.addExclusion(CLASS, CCER))
      .to.emit(r.sources, "ExclusionAdded")
      .withArgs(CLASS, CCER);
    await expect(r.sources.addExclusion(CCER, CLASS))
      .to.be.revertedWithCustomError(r.sources, "SourcesExclusionExists")
      .withArgs(CCER, CLASS);
    expect((await r.sources.exclusionsOf(CCER))[0]).to.equal(CLASS);
  });

  it("a class has at most eight", async () => {
    const r = await loadFixture(registry);
    for (let other = 10; other < 18; other++) await r.sources.addExclusion(CLASS, other);
    await expect(r.sources.addExclusion(18, CLASS))
      .to.be.revertedWithCustomError(r.sources, "SourcesExclusionsFull")
      .withArgs(CLASS, 8);
    expect((await r.sources.exclusionsOf(18))[0]).to.equal(0);
  });

  it("external issuances are recorded by an authority only, with sound values", async () => {
    const r = await loadFixture(registry);
    const s = r.sources.connect(r.authority);
    await expect(
      r.sources.connect(r.operator).recordExternal(PROGRAMME, ASSET, CCER, 1, 2, DOCUMENT),
    )
      .to.be.revertedWithCustomError(s, "SourcesRoleMissing")
      .withArgs(PROGRAMME, ROLE.authority, r.operator.address);
    await expect(
      s.recordExternal(PROGRAMME, ZeroHash, CCER, 1, 2, DOCUMENT),
    ).to.be.revertedWithCustomError(s, "SourcesAssetKeyZero");
    await expect(
      s.recordExternal(PROGRAMME, ASSET, 0, 1, 2, DOCUMENT),
    ).to.be.revertedWithCustomError(s, "SourcesClassZero");
    await expect(
      s.recordExternal(PROGRAMME, ASSET, CCER, 2, 2, DOCUMENT),
    ).to.be.revertedWithCustomError(s, "SourcesPeriodEmpty");
    await expect(
      s.recordExternal(PROGRAMME, ASSET, CCER, 0, 2_000, DOCUMENT),
    ).to.be.revertedWithCustomError(s, "SourcesPeriodTooLong");
    await r.programmes.connect(r.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(
      s.recordExternal(PROGRAMME, ASSET, CCER, 1, 2, DOCUMENT),
    ).to.be.revertedWithCustomError(r.programmes, "ProgrammesPaused");
  });

  it("a day of an excluded class is taken, in both directions, for that asset only", async () => {
    const r = await loadFixture(registry);
    await r.sources.addExclusion(CLASS, CCER);
    const s = r.sources.connect(r.authority);
    await expect(s.recordExternal(PROGRAMME, ASSET, CCER, FIRST_DAY, FIRST_DAY + 2, DOCUMENT))
      .to.emit(s, "ExternalRecorded")
      .withArgs(PROGRAMME, ASSET, CCER, FIRST_DAY, FIRST_DAY + 2, DOCUMENT, 1);
    await expect(r.issuance.connect(r.applicant).propose(proposalOf()))
      .to.be.revertedWithCustomError(s, "SourcesDayTaken")
      .withArgs(ASSET, CCER, FIRST_DAY);
    const elsewhere = await withSource(r, METHODOLOGY);
    await propose(r, proposalOf({ sourceId: elsewhere }));
    await filed(r, proposalOf({ firstDay: FIRST_DAY + 2, endDay: FIRST_DAY + 3 }));
    await expect(s.recordExternal(PROGRAMME, ASSET, CCER, FIRST_DAY + 2, FIRST_DAY + 3, DOCUMENT))
      .to.be.revertedWithCustomError(s, "SourcesDayTaken")
      .withArgs(ASSET, CLASS, FIRST_DAY + 2);
  });
});
