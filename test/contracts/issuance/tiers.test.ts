import { expect } from "chai";
import {
  DOCUMENT,
  ethers,
  filed,
  id,
  institution,
  networkHelpers,
  PROGRAMME,
  proposalOf,
  propose,
  ROLE,
  registry,
  STATE,
} from "../support.ts";
import { colleague } from "./colleague.ts";

const { loadFixture } = networkHelpers;
const PROVINCE = 7;
const CITY = 8;

/** The usual programme's requests are decided by a province above it. */
async function tieredRegistry() {
  const r = await registry();
  const [province, city] = (await ethers.getSigners()).slice(14);
  const p = r.programmes;
  const above = [province!.address, institution("province"), DOCUMENT] as const;
  await p.createProgramme(PROVINCE, 0, 3, ...above);
  const below = [city!.address, institution("city"), DOCUMENT] as const;
  await p.createProgramme(CITY, PROVINCE, 2, ...below);
  return { ...r, province: province!, city: city! };
}

/** A filed request of a city whose province decides. */
async function filedInCity() {
  const r = await tieredRegistry();
  const { programmes, sources, city } = r;
  const p = programmes.connect(city);
  for (const name of ["operator", "reviewer", "applicant"] as const) {
    await p.grantRole(CITY, ROLE[name], r[name].address, 0, DOCUMENT);
  }
  for (const [name, value] of [
    ["notice.seconds", 3_600n],
    ["review.count", 1n],
    ["issue.granularityGrams", 1n],
    ["issue.carry", 1n],
  ] as const) {
    await p.setParameter(CITY, ethers.encodeBytes32String(name), value, 0, DOCUMENT);
  }
  await sources.connect(city).registerMethodology(CITY, id("m"), 1, 3, 17_000, 0, 0, DOCUMENT);
  const asset = id("asset of the city");
  await sources
    .connect(city)
    .registerSource(CITY, 1, asset, r.applicant.address, r.owner.address, DOCUMENT);
  const sourceId = ethers.keccak256(
    ethers.AbiCoder.defaultAbiCoder().encode(["uint32", "uint32", "bytes32"], [CITY, 1, asset]),
  );
  const proposal = proposalOf({ sourceId });
  await filed(r, proposal);
  await p.setDecidingTier(CITY, 3, DOCUMENT);
  return { ...r, proposal };
}

describe("Issuance: requests that a higher tier decides", () => {
  it("are not passed on where the programme decides itself", async () => {
    const r = await loadFixture(tieredRegistry);
    await filed(r);
    await expect(r.issuance.connect(r.authority).forward(1, proposalOf(), DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceForwardNeedless")
      .withArgs(1);
  });

  it("are passed on by an impartial authority of their own, once, after filing", async () => {
    const r = await loadFixture(filedInCity);
    for (const caller of [r.operator, r.province, r.authority]) {
      await expect(r.issuance.connect(caller).forward(1, r.proposal, DOCUMENT))
        .to.be.revertedWithCustomError(r.issuance, "IssuanceRoleMissing")
        .withArgs(CITY, ROLE.authority, caller.address);
    }
    const partial = await colleague(r, "owner", 0);
    await r.programmes
      .connect(r.city)
      .grantRole(CITY, ROLE.authority, partial.address, 0, DOCUMENT);
    await expect(r.issuance.connect(partial).forward(1, r.proposal, DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceSameInstitution")
      .withArgs(institution("owner"), partial.address, r.owner.address);
    const i = r.issuance.connect(r.city);
    await expect(i.forward(1, proposalOf(), DOCUMENT)).to.be.revertedWithCustomError(
      i,
      "IssuanceProposalMismatch",
    );
    const next = { ...r.proposal, firstDay: 17_900, endDay: 17_901 };
    await propose(r, next);
    await expect(i.forward(2, next, DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceState")
      .withArgs(2, STATE.proposed);
    await expect(i.forward(1, r.proposal, DOCUMENT))
      .to.emit(i, "Forwarded")
      .withArgs(1, r.city.address, DOCUMENT);
    expect((await i.requestOf(1)).forwarded).to.equal(true);
    await expect(i.forward(1, r.proposal, DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceForwardNeedless")
      .withArgs(1);
  });

  it("are issued by the higher authority only, and only when passed on", async () => {
    const r = await loadFixture(filedInCity);
    await expect(r.issuance.connect(r.city).issue(1, r.proposal, DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceRoleMissing")
      .withArgs(PROVINCE, ROLE.authority, r.city.address);
    const i = r.issuance.connect(r.province);
    await expect(i.issue(1, r.proposal, DOCUMENT))
      .to.be.revertedWithCustomError(i, "IssuanceNotForwarded")
      .withArgs(1);
    await r.issuance.connect(r.city).forward(1, r.proposal, DOCUMENT);
    await i.issue(1, r.proposal, DOCUMENT);
    expect((await i.requestOf(1)).state).to.equal(STATE.issued);
  });

  it("are rejected by the higher authority, also before they are passed on", async () => {
    const r = await loadFixture(filedInCity);
    await expect(r.issuance.connect(r.city).reject(1, r.proposal, DOCUMENT))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceRoleMissing")
      .withArgs(PROVINCE, ROLE.authority, r.city.address);
    await r.issuance.connect(r.province).reject(1, r.proposal, DOCUMENT);
  });

  it("go back to their own authority when the higher one gives the decision back", async () => {
    const r = await loadFixture(filedInCity);
    await r.programmes.connect(r.province).setDecidingTier(CITY, 0, DOCUMENT);
    await r.issuance.connect(r.city).issue(1, r.proposal, DOCUMENT);
  });
});

describe("Programmes: who decides and who appoints", () => {
  it("is set by who decides now or a tier above, to a tier there is", async () => {
    const r = await loadFixture(tieredRegistry);
    const p = r.programmes;
    for (const caller of [r.operator, r.registrar, r.authority]) {
      await expect(p.connect(caller).setDecidingTier(CITY, 3, DOCUMENT))
        .to.be.revertedWithCustomError(p, "ProgrammesRoleMissing")
        .withArgs(CITY, ROLE.authority, caller.address);
    }
    for (const tier of [4, 5]) {
      await expect(p.connect(r.city).setDecidingTier(CITY, tier, DOCUMENT))
        .to.be.revertedWithCustomError(p, "ProgrammesDecidingTier")
        .withArgs(CITY, tier);
    }
    await expect(p.connect(r.authority).setDecidingTier(PROGRAMME, 3, DOCUMENT))
      .to.be.revertedWithCustomError(p, "ProgrammesDecidingTier")
      .withArgs(PROGRAMME, 3);
    await expect(p.connect(r.city).setDecidingTier(77, 0, DOCUMENT))
      .to.be.revertedWithCustomError(p, "ProgrammesUnknown")
      .withArgs(77);
    await expect(p.connect(r.province).setDecidingTier(CITY, 3, DOCUMENT))
      .to.emit(p, "DecidingTierSet")
      .withArgs(CITY, 3, DOCUMENT);
    expect(await p.deciderOf(CITY)).to.equal(PROVINCE);
    await expect(p.connect(r.city).setDecidingTier(CITY, 0, DOCUMENT))
      .to.be.revertedWithCustomError(p, "ProgrammesRoleMissing")
      .withArgs(PROVINCE, ROLE.authority, r.city.address);
    await p.connect(r.province).setDecidingTier(CITY, 1, DOCUMENT);
    expect(await p.deciderOf(CITY)).to.equal(CITY);
    await p.connect(r.city).pauseProgramme(CITY, DOCUMENT);
    await expect(p.connect(r.city).setDecidingTier(CITY, 3, DOCUMENT))
      .to.be.revertedWithCustomError(p, "ProgrammesPaused")
      .withArgs(CITY);
  });

  it("lets a tier above appoint and revoke authorities, nothing else, also in a paused programme", async () => {
    const r = await loadFixture(tieredRegistry);
    const above = r.programmes.connect(r.province);
    const { outsider, owner } = r;
    await expect(above.grantRole(CITY, ROLE.reviewer, owner.address, 0, DOCUMENT))
      .to.be.revertedWithCustomError(above, "ProgrammesRoleMissing")
      .withArgs(CITY, ROLE.authority, r.province.address);
    await expect(above.grantRole(PROGRAMME, ROLE.authority, owner.address, 0, DOCUMENT))
      .to.be.revertedWithCustomError(above, "ProgrammesRoleMissing")
      .withArgs(PROGRAMME, ROLE.authority, r.province.address);
    const below = r.programmes.connect(r.city);
    await expect(below.revokeRole(PROVINCE, ROLE.authority, r.province.address, DOCUMENT))
      .to.be.revertedWithCustomError(above, "ProgrammesRoleMissing")
      .withArgs(PROVINCE, ROLE.authority, r.city.address);
    await above.openAccount(PROVINCE, outsider.address, institution("successor"), DOCUMENT);
    await below.pauseProgramme(CITY, DOCUMENT);
    await above.grantRole(CITY, ROLE.authority, outsider.address, 0, DOCUMENT);
    await above.revokeRole(CITY, ROLE.authority, r.city.address, DOCUMENT);
    await expect(below.resumeProgramme(CITY, DOCUMENT)).to.be.revertedWithCustomError(
      below,
      "ProgrammesRoleMissing",
    );
    await r.programmes.connect(outsider).resumeProgramme(CITY, DOCUMENT);
  });
});
