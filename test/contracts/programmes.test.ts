import { expect } from "chai";
import {
  bareRegistry,
  DOCUMENT,
  ethers,
  institution,
  join,
  key,
  networkHelpers,
  PROGRAMME,
  ROLE,
  registry,
  ZeroHash,
} from "./support.ts";

const { loadFixture, time } = networkHelpers;
const OTHER = 2;

async function twoProgrammes() {
  const r = await registry();
  const [authority2] = (await ethers.getSigners()).slice(10);
  await r.programmes.createProgramme(
    OTHER,
    0,
    3,
    authority2!.address,
    institution("authority2"),
    DOCUMENT,
  );
  return { ...r, authority2: authority2! };
}

describe("Programmes: creating a programme", () => {
  const create = async (changes: {
    programme?: number;
    parent?: number;
    tier?: number;
    authority?: string;
    institution?: string;
  }) => {
    const r = await loadFixture(twoProgrammes);
    const call = r.programmes.createProgramme(
      changes.programme ?? 9,
      changes.parent ?? 0,
      changes.tier ?? 1,
      changes.authority ?? r.outsider.address,
      changes.institution ?? institution("new"),
      DOCUMENT,
    );
    return { r, call };
  };

  it("is refused to anyone who is no registrar", async () => {
    const r = await loadFixture(bareRegistry);
    await expect(
      r.programmes
        .connect(r.outsider)
        .createProgramme(1, 0, 2, r.outsider.address, institution("x"), DOCUMENT),
    ).to.be.revertedWithCustomError(r.programmes, "AccessManagedUnauthorized");
  });

  it("is refused for number 0 and for a number in use", async () => {
    const zero = await create({ programme: 0 });
    await expect(zero.call).to.be.revertedWithCustomError(zero.r.programmes, "ProgrammesIdZero");
    const used = await create({ programme: PROGRAMME });
    await expect(used.call)
      .to.be.revertedWithCustomError(used.r.programmes, "ProgrammesExists")
      .withArgs(PROGRAMME);
  });

  it("is refused for a parent that does not exist", async () => {
    const { r, call } = await create({ parent: 77 });
    await expect(call)
      .to.be.revertedWithCustomError(r.programmes, "ProgrammesUnknown")
      .withArgs(77);
  });

  it("is refused for tiers 0 and 5 and for a tier not below the parent's", async () => {
    for (const [tier, parent, parentTier] of [
      [0, 0, 0],
      [5, 0, 0],
      [3, OTHER, 3],
    ] as const) {
      const { r, call } = await create({ tier, parent });
      await expect(call)
        .to.be.revertedWithCustomError(r.programmes, "ProgrammesTier")
        .withArgs(tier, parentTier);
    }
  });

  it("is refused without an authority or an institution, and for another one's account", async () => {
    const nobody = await create({ authority: ethers.ZeroAddress });
    await expect(nobody.call).to.be.revertedWithCustomError(
      nobody.r.programmes,
      "ProgrammesAccountZero",
    );
    const nameless = await create({ institution: ZeroHash });
    await expect(nameless.call).to.be.revertedWithCustomError(
      nameless.r.programmes,
      "ProgrammesInstitutionZero",
    );
    const r = await loadFixture(twoProgrammes);
    const other = await create({ authority: r.authority.address });
    await expect(other.call)
      .to.be.revertedWithCustomError(r.programmes, "ProgrammesInstitutionMismatch")
      .withArgs(r.authority.address, institution("new"));
  });

  it("opens the authority's account and makes it the authority at once", async () => {
    const { r, call } = await create({ tier: 2, parent: OTHER });
    await expect(call)
      .to.emit(r.programmes, "ProgrammeCreated")
      .withArgs(9, OTHER, 2, r.outsider.address, institution("new"), DOCUMENT)
      .and.to.emit(r.programmes, "AccountOpened")
      .withArgs(9, r.outsider.address, institution("new"), DOCUMENT)
      .and.to.emit(r.programmes, "RoleGranted");
    expect(await r.programmes.hasRole(9, ROLE.authority, r.outsider.address)).to.equal(true);
    expect(await r.token.standingOf(r.outsider.address)).to.equal(1);
    const stored = await r.programmes.programmeOf(9);
    expect([stored.parent, stored.tier, stored.exists]).to.deep.equal([2n, 2n, true]);
  });

  it("lets an authority have a second programme under the same account", async () => {
    const r = await loadFixture(twoProgrammes);
    await r.programmes.createProgramme(
      9,
      0,
      2,
      r.authority.address,
      institution("authority"),
      DOCUMENT,
    );
    expect((await r.programmes.accountOf(r.authority.address)).authorities).to.equal(2);
    expect((await r.programmes.accountOf(r.authority.address)).programme).to.equal(PROGRAMME);
  });
});

describe("Programmes: accounts", () => {
  it("are opened by the operator or the authority of the programme only", async () => {
    const r = await loadFixture(twoProgrammes);
    for (const caller of [r.outsider, r.reviewer, r.applicant, r.authority2, r.registrar]) {
      await expect(
        r.programmes
          .connect(caller)
          .openAccount(PROGRAMME, r.outsider.address, institution("x"), DOCUMENT),
      )
        .to.be.revertedWithCustomError(r.programmes, "ProgrammesRoleMissing")
        .withArgs(PROGRAMME, ROLE.operator, caller.address);
    }
    await expect(
      r.programmes
        .connect(r.operator)
        .openAccount(PROGRAMME, r.outsider.address, institution("x"), DOCUMENT),
    )
      .to.emit(r.programmes, "AccountOpened")
      .withArgs(PROGRAMME, r.outsider.address, institution("x"), DOCUMENT)
      .and.to.emit(r.token, "StandingSet")
      .withArgs(r.outsider.address, 1);
    expect(await r.programmes.institutionOf(r.outsider.address)).to.equal(institution("x"));
  });

  it("are not opened twice, nor for nobody, nor in an unknown or paused programme", async () => {
    const r = await loadFixture(twoProgrammes);
    const asAuthority = r.programmes.connect(r.authority);
    await expect(
      r.programmes
        .connect(r.authority2)
        .openAccount(OTHER, r.owner.address, institution("owner"), DOCUMENT),
    )
      .to.be.revertedWithCustomError(r.programmes, "ProgrammesAccountExists")
      .withArgs(r.owner.address, PROGRAMME);
    await expect(
      asAuthority.openAccount(PROGRAMME, ethers.ZeroAddress, institution("x"), DOCUMENT),
    ).to.be.revertedWithCustomError(r.programmes, "ProgrammesAccountZero");
    await expect(
      asAuthority.openAccount(PROGRAMME, r.outsider.address, ZeroHash, DOCUMENT),
    ).to.be.revertedWithCustomError(r.programmes, "ProgrammesInstitutionZero");
    await expect(asAuthority.openAccount(77, r.outsider.address, institution("x"), DOCUMENT))
      .to.be.revertedWithCustomError(r.programmes, "ProgrammesUnknown")
      .withArgs(77);
    await asAuthority.pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(asAuthority.openAccount(PROGRAMME, r.outsider.address, institution("x"), DOCUMENT))
      .to.be.revertedWithCustomError(r.programmes, "ProgrammesPaused")
      .withArgs(PROGRAMME);
  });

  it("are frozen, unfrozen and closed by their programme's authority only", async () => {
    const r = await loadFixture(twoProgrammes);
    for (const act of ["freezeAccount", "unfreezeAccount", "closeAccount"] as const) {
      await expect(r.programmes.connect(r.operator)[act](PROGRAMME, r.owner.address, DOCUMENT))
        .to.be.revertedWithCustomError(r.programmes, "ProgrammesRoleMissing")
        .withArgs(PROGRAMME, ROLE.authority, r.operator.address);
      await expect(r.programmes.connect(r.authority2)[act](OTHER, r.owner.address, DOCUMENT))
        .to.be.revertedWithCustomError(r.programmes, "ProgrammesAccountElsewhere")
        .withArgs(r.owner.address, PROGRAMME);
      await expect(r.programmes.connect(r.authority)[act](PROGRAMME, r.outsider.address, DOCUMENT))
        .to.be.revertedWithCustomError(r.programmes, "ProgrammesAccountUnknown")
        .withArgs(r.outsider.address);
    }
  });

  it("of an authority are neither frozen nor closed", async () => {
    const r = await loadFixture(twoProgrammes);
    for (const act of ["freezeAccount", "closeAccount"] as const) {
      await expect(r.programmes.connect(r.authority)[act](PROGRAMME, r.authority.address, DOCUMENT))
        .to.be.revertedWithCustomError(r.programmes, "ProgrammesAuthorityProtected")
        .withArgs(r.authority.address);
    }
  });

  it("pass through their standings, which the token copies, and no others", async () => {
    const r = await loadFixture(twoProgrammes);
    const p = r.programmes.connect(r.authority);
    const refused = (standing: number) => async (call: Promise<unknown>) =>
      expect(call)
        .to.be.revertedWithCustomError(r.programmes, "ProgrammesAccountStanding")
        .withArgs(r.owner.address, standing);
    const args = [PROGRAMME, r.owner.address, DOCUMENT] as const;

    await refused(1)(p.unfreezeAccount(...args));
    await expect(p.freezeAccount(...args))
      .to.emit(r.programmes, "AccountStandingChanged")
      .withArgs(PROGRAMME, r.owner.address, 3, DOCUMENT)
      .and.to.emit(r.token, "StandingSet")
      .withArgs(r.owner.address, 3);
    await refused(3)(p.freezeAccount(...args));
    await p.unfreezeAccount(...args);
    expect(await r.token.standingOf(r.owner.address)).to.equal(1);
    await p.freezeAccount(...args);
    await p.closeAccount(...args);
    expect(await r.token.standingOf(r.owner.address)).to.equal(18);
    await refused(18)(p.freezeAccount(...args));
    await refused(18)(p.unfreezeAccount(...args));
    await refused(18)(p.closeAccount(...args));
  });

  it("do not act in a role while frozen", async () => {
    const r = await loadFixture(twoProgrammes);
    const p = r.programmes.connect(r.authority);
    await p.freezeAccount(PROGRAMME, r.operator.address, DOCUMENT);
    expect(await p.hasRole(PROGRAMME, ROLE.operator, r.operator.address)).to.equal(false);
    await p.unfreezeAccount(PROGRAMME, r.operator.address, DOCUMENT);
    expect(await p.hasRole(PROGRAMME, ROLE.operator, r.operator.address)).to.equal(true);
  });
});

describe("Programmes: roles", () => {
  it("are granted and revoked by the programme's authority only", async () => {
    const r = await loadFixture(twoProgrammes);
    for (const caller of [r.operator, r.authority2, r.registrar]) {
      await expect(
        r.programmes
          .connect(caller)
          .grantRole(PROGRAMME, ROLE.reviewer, r.owner.address, 0, DOCUMENT),
      )
        .to.be.revertedWithCustomError(r.programmes, "ProgrammesRoleMissing")
        .withArgs(PROGRAMME, ROLE.authority, caller.address);
      await expect(
        r.programmes
          .connect(caller)
          .revokeRole(PROGRAMME, ROLE.reviewer, r.reviewer.address, DOCUMENT),
      ).to.be.revertedWithCustomError(r.programmes, "ProgrammesRoleMissing");
    }
  });

  it("are refused when unknown, held already, or for an account that is unknown or frozen", async () => {
    const r = await loadFixture(twoProgrammes);
    const p = r.programmes.connect(r.authority);
    for (const role of [0, 7]) {
      await expect(p.grantRole(PROGRAMME, role, r.owner.address, 0, DOCUMENT))
        .to.be.revertedWithCustomError(p, "ProgrammesRoleUnknown")
        .withArgs(role);
      await expect(p.revokeRole(PROGRAMME, role, r.owner.address, DOCUMENT))
        .to.be.revertedWithCustomError(p, "ProgrammesRoleUnknown")
        .withArgs(role);
    }
    await expect(p.grantRole(PROGRAMME, ROLE.reviewer, r.reviewer.address, 0, DOCUMENT))
      .to.be.revertedWithCustomError(p, "ProgrammesRoleHeld")
      .withArgs(PROGRAMME, ROLE.reviewer, r.reviewer.address);
    await expect(p.grantRole(PROGRAMME, ROLE.reviewer, r.outsider.address, 0, DOCUMENT))
      .to.be.revertedWithCustomError(p, "ProgrammesAccountUnknown")
      .withArgs(r.outsider.address);
    await p.freezeAccount(PROGRAMME, r.owner.address, DOCUMENT);
    await expect(p.grantRole(PROGRAMME, ROLE.reviewer, r.owner.address, 0, DOCUMENT))
      .to.be.revertedWithCustomError(p, "ProgrammesAccountStanding")
      .withArgs(r.owner.address, 3);
  });

  it("are not revoked from who does not hold them, and nobody revokes its own authority", async () => {
    const r = await loadFixture(twoProgrammes);
    const p = r.programmes.connect(r.authority);
    await expect(p.revokeRole(PROGRAMME, ROLE.reviewer, r.owner.address, DOCUMENT))
      .to.be.revertedWithCustomError(p, "ProgrammesRoleNotHeld")
      .withArgs(PROGRAMME, ROLE.reviewer, r.owner.address);
    await expect(p.revokeRole(PROGRAMME, ROLE.authority, r.authority.address, DOCUMENT))
      .to.be.revertedWithCustomError(p, "ProgrammesSelfRevoke")
      .withArgs(PROGRAMME, r.authority.address);
  });

  it("hold from their date and end at once", async () => {
    const r = await loadFixture(twoProgrammes);
    const p = r.programmes.connect(r.authority);
    const from = BigInt(await time.latest()) + 1_000n;
    await expect(p.grantRole(PROGRAMME, ROLE.reviewer, r.owner.address, from, DOCUMENT))
      .to.emit(p, "RoleGranted")
      .withArgs(PROGRAMME, ROLE.reviewer, r.owner.address, from, DOCUMENT);
    expect(await p.hasRole(PROGRAMME, ROLE.reviewer, r.owner.address)).to.equal(false);
    await time.increaseTo(from);
    expect(await p.hasRole(PROGRAMME, ROLE.reviewer, r.owner.address)).to.equal(true);
    expect(await p.hasRole(OTHER, ROLE.reviewer, r.owner.address)).to.equal(false);
    await expect(p.revokeRole(PROGRAMME, ROLE.reviewer, r.owner.address, DOCUMENT))
      .to.emit(p, "RoleRevoked")
      .withArgs(PROGRAMME, ROLE.reviewer, r.owner.address, DOCUMENT);
    expect(await p.hasRole(PROGRAMME, ROLE.reviewer, r.owner.address)).to.equal(false);
    expect(await p.roleEffectiveAt(PROGRAMME, ROLE.reviewer, r.owner.address)).to.equal(0);
  });

  it("never hold from the past: a transaction sent again later counts from its own block", async () => {
    const r = await loadFixture(twoProgrammes);
    const p = r.programmes.connect(r.authority);
    await p.grantRole(PROGRAMME, ROLE.reviewer, r.owner.address, 5, DOCUMENT);
    expect(await p.roleEffectiveAt(PROGRAMME, ROLE.reviewer, r.owner.address)).to.equal(
      await time.latest(),
    );
  });

  it("of an authority pass to a successor, who may revoke the former one", async () => {
    const r = await loadFixture(twoProgrammes);
    await join(r, r.outsider.address, "successor", ROLE.authority);
    await r.programmes
      .connect(r.outsider)
      .revokeRole(PROGRAMME, ROLE.authority, r.authority.address, DOCUMENT);
    await expect(
      r.programmes.connect(r.authority).pauseProgramme(PROGRAMME, DOCUMENT),
    ).to.be.revertedWithCustomError(r.programmes, "ProgrammesRoleMissing");
    await r.programmes.connect(r.outsider).freezeAccount(PROGRAMME, r.authority.address, DOCUMENT);
  });
});

describe("Programmes: parameters and pauses", () => {
  it("are the authority's, have a key and a running programme", async () => {
    const r = await loadFixture(twoProgrammes);
    await expect(r.programmes.connect(r.operator).setParameter(PROGRAMME, key("x"), 1, 0, DOCUMENT))
      .to.be.revertedWithCustomError(r.programmes, "ProgrammesRoleMissing")
      .withArgs(PROGRAMME, ROLE.authority, r.operator.address);
    const p = r.programmes.connect(r.authority);
    await expect(p.setParameter(PROGRAMME, ZeroHash, 1, 0, DOCUMENT)).to.be.revertedWithCustomError(
      p,
      "ProgrammesParameterKeyZero",
    );
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(p.setParameter(PROGRAMME, key("x"), 1, 0, DOCUMENT))
      .to.be.revertedWithCustomError(p, "ProgrammesPaused")
      .withArgs(PROGRAMME);
  });

  it("that are not set are named", async () => {
    const r = await loadFixture(twoProgrammes);
    await expect(r.programmes.parameterAt(PROGRAMME, key("unheard.of"), 1))
      .to.be.revertedWithCustomError(r.programmes, "ProgrammesParameterUnset")
      .withArgs(PROGRAMME, key("unheard.of"));
  });

  it("hold from their date, the last decision in force counts and the past never changes", async () => {
    const r = await loadFixture(twoProgrammes);
    const p = r.programmes.connect(r.authority);
    await p.setParameter(PROGRAMME, key("x"), 1, 0, DOCUMENT);
    const first = await time.latest();
    const later = first + 10_000;
    await expect(p.setParameter(PROGRAMME, key("x"), 2, later, DOCUMENT))
      .to.emit(p, "ParameterSet")
      .withArgs(PROGRAMME, key("x"), 2, later, DOCUMENT);
    await expect(p.parameterAt(PROGRAMME, key("x"), first - 1)).to.be.revertedWithCustomError(
      p,
      "ProgrammesParameterUnset",
    );
    expect(await p.parameterAt(PROGRAMME, key("x"), later - 1)).to.equal(1);
    expect(await p.parameterAt(PROGRAMME, key("x"), later)).to.equal(2);
    await p.setParameter(PROGRAMME, key("x"), 3, later - 5_000, DOCUMENT);
    expect(await p.parameterAt(PROGRAMME, key("x"), later - 5_001)).to.equal(1);
    expect(await p.parameterAt(PROGRAMME, key("x"), later - 5_000)).to.equal(3);
    expect(await p.parameterAt(PROGRAMME, key("x"), later)).to.equal(3);
  });

  it("are paused and resumed by the authority, once each", async () => {
    const r = await loadFixture(twoProgrammes);
    const p = r.programmes.connect(r.authority);
    for (const act of ["pauseProgramme", "resumeProgramme"] as const) {
      await expect(r.programmes.connect(r.operator)[act](PROGRAMME, DOCUMENT))
        .to.be.revertedWithCustomError(p, "ProgrammesRoleMissing")
        .withArgs(PROGRAMME, ROLE.authority, r.operator.address);
    }
    await expect(p.resumeProgramme(PROGRAMME, DOCUMENT))
      .to.be.revertedWithCustomError(p, "ProgrammesNotPaused")
      .withArgs(PROGRAMME);
    await expect(p.pauseProgramme(PROGRAMME, DOCUMENT))
      .to.emit(p, "ProgrammePaused")
      .withArgs(PROGRAMME, DOCUMENT)
      .and.to.emit(r.token, "PausedSet")
      .withArgs(PROGRAMME, true);
    await expect(p.pauseProgramme(PROGRAMME, DOCUMENT))
      .to.be.revertedWithCustomError(p, "ProgrammesPaused")
      .withArgs(PROGRAMME);
    const start = await time.latest();
    await time.increaseTo(start + 500);
    expect(await p.pausedSecondsOf(PROGRAMME)).to.equal(500);
    await time.setNextBlockTimestamp(start + 600);
    await p.resumeProgramme(PROGRAMME, DOCUMENT);
    await time.increase(1_000);
    expect(await p.pausedSecondsOf(PROGRAMME)).to.equal(600);
    expect(await r.token.isPaused(PROGRAMME)).to.equal(false);
  });

  it("still let the authority revoke roles and freeze accounts while paused", async () => {
    const r = await loadFixture(twoProgrammes);
    const p = r.programmes.connect(r.authority);
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    await p.revokeRole(PROGRAMME, ROLE.reviewer, r.reviewer.address, DOCUMENT);
    await p.freezeAccount(PROGRAMME, r.owner.address, DOCUMENT);
    await expect(p.grantRole(PROGRAMME, ROLE.reviewer, r.reviewer.address, 0, DOCUMENT))
      .to.be.revertedWithCustomError(p, "ProgrammesPaused")
      .withArgs(PROGRAMME);
  });
});
