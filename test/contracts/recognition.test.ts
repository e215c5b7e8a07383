import { expect } from "chai";
import {
  attest,
  attestationOf,
  DOCUMENT,
  ethers,
  file,
  institution,
  key,
  networkHelpers,
  OTHER_PROGRAMME,
  PROGRAMME,
  proposalOf,
  propose,
  ROLE,
  registry,
  setParameters,
  sign,
  statementOf,
} from "./support.ts";

const { loadFixture, time } = networkHelpers;
const UNITS = 1;
const REVIEWERS = 2;

/** A second programme with a reviewer of its own. */
async function neighbours() {
  const r = await registry();
  const [authority2, reviewer2] = (await ethers.getSigners()).slice(10);
  await r.programmes.createProgramme(
    OTHER_PROGRAMME,
    0,
    2,
    authority2!.address,
    institution("authority2"),
    DOCUMENT,
  );
  const p = r.programmes.connect(authority2!);
  await p.openAccount(OTHER_PROGRAMME, reviewer2!.address, institution("reviewer2"), DOCUMENT);
  await p.grantRole(OTHER_PROGRAMME, ROLE.reviewer, reviewer2!.address, 0, DOCUMENT);
  return { ...r, authority2: authority2!, reviewer2: reviewer2! };
}

describe("Programmes: recognition", () => {
  it("is given and ended by the recognising programme's authority only", async () => {
    const r = await loadFixture(neighbours);
    for (const caller of [r.operator, r.authority2, r.registrar]) {
      const p = r.programmes.connect(caller);
      for (const call of [
        p.recognise(PROGRAMME, OTHER_PROGRAMME, UNITS, 0, DOCUMENT),
        p.endRecognition(PROGRAMME, OTHER_PROGRAMME, UNITS, DOCUMENT),
      ]) {
        await expect(call)
          .to.be.revertedWithCustomError(p, "ProgrammesRoleMissing")
          .withArgs(PROGRAMME, ROLE.authority, caller.address);
      }
    }
  });

  it("is refused for itself, an unknown programme, no known matter, twice, and in a pause", async () => {
    const r = await loadFixture(neighbours);
    const p = r.programmes.connect(r.authority);
    await expect(p.recognise(PROGRAMME, 77, UNITS, 0, DOCUMENT))
      .to.be.revertedWithCustomError(p, "ProgrammesUnknown")
      .withArgs(77);
    await expect(p.recognise(PROGRAMME, PROGRAMME, UNITS, 0, DOCUMENT))
      .to.be.revertedWithCustomError(p, "ProgrammesRecognitionSelf")
      .withArgs(PROGRAMME);
    for (const what of [0, 4, 7]) {
      for (const call of [
        p.recognise(PROGRAMME, OTHER_PROGRAMME, what, 0, DOCUMENT),
        p.endRecognition(PROGRAMME, OTHER_PROGRAMME, what, DOCUMENT),
      ]) {
        await expect(call)
          .to.be.revertedWithCustomError(p, "ProgrammesRecognitionKind")
          .withArgs(what);
      }
    }
    for (const what of [UNITS, REVIEWERS]) {
      await expect(p.endRecognition(PROGRAMME, OTHER_PROGRAMME, what, DOCUMENT))
        .to.be.revertedWithCustomError(p, "ProgrammesNotRecognised")
        .withArgs(PROGRAMME, OTHER_PROGRAMME, what);
      await p.recognise(PROGRAMME, OTHER_PROGRAMME, what, 0, DOCUMENT);
      await expect(p.recognise(PROGRAMME, OTHER_PROGRAMME, what, 0, DOCUMENT))
        .to.be.revertedWithCustomError(p, "ProgrammesRecognised")
        .withArgs(PROGRAMME, OTHER_PROGRAMME, what);
    }
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    await p.endRecognition(PROGRAMME, OTHER_PROGRAMME, UNITS + REVIEWERS, DOCUMENT);
    await expect(p.recognise(PROGRAMME, OTHER_PROGRAMME, UNITS, 0, DOCUMENT))
      .to.be.revertedWithCustomError(p, "ProgrammesPaused")
      .withArgs(PROGRAMME);
  });

  it("holds one way, for what it names, from its date, and ends at once", async () => {
    const r = await loadFixture(neighbours);
    const p = r.programmes.connect(r.authority);
    const from = BigInt(await time.latest()) + 1_000n;
    const pair = [PROGRAMME, OTHER_PROGRAMME] as const;
    await expect(p.recognise(...pair, UNITS, from, DOCUMENT))
      .to.emit(p, "RecognitionGiven")
      .withArgs(...pair, UNITS, from, DOCUMENT);
    expect(await p.recognises(...pair, UNITS)).to.equal(false);
    await time.increaseTo(from);
    expect(await p.recognises(...pair, UNITS)).to.equal(true);
    expect(await p.recognises(...pair, REVIEWERS)).to.equal(false);
    expect(await p.recognises(...pair, UNITS + REVIEWERS)).to.equal(false);
    expect(await p.recognises(...pair, 0)).to.equal(false);
    expect(await p.recognises(OTHER_PROGRAMME, PROGRAMME, UNITS)).to.equal(false);
    expect(await p.recognises(PROGRAMME, PROGRAMME, UNITS)).to.equal(false);
    await p.recognise(...pair, REVIEWERS, 0, DOCUMENT);
    expect(await p.recognises(...pair, UNITS + REVIEWERS)).to.equal(true);
    await expect(p.endRecognition(...pair, UNITS, DOCUMENT))
      .to.emit(p, "RecognitionEnded")
      .withArgs(...pair, UNITS, DOCUMENT);
    expect(await p.recognises(...pair, UNITS)).to.equal(false);
    expect(await p.recognises(...pair, REVIEWERS)).to.equal(true);
  });

  it("lets the other programme's reviewers sign here, as long as both stand", async () => {
    const r = await loadFixture(neighbours);
    await propose(r);
    await expect(attest(r, 1n, proposalOf(), {}, r.reviewer2))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceRoleMissing")
      .withArgs(PROGRAMME, ROLE.reviewer, r.reviewer2.address);
    const p = r.programmes.connect(r.authority);
    await p.recognise(PROGRAMME, OTHER_PROGRAMME, REVIEWERS, 0, DOCUMENT);
    await attest(r, 1n, proposalOf(), {}, r.reviewer2);
    await p.endRecognition(PROGRAMME, OTHER_PROGRAMME, REVIEWERS, DOCUMENT);
    await expect(file(r, 1n))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceReviewsMissing")
      .withArgs(1, 0, 1);
    await p.recognise(PROGRAMME, OTHER_PROGRAMME, REVIEWERS, 0, DOCUMENT);
    await r.programmes
      .connect(r.authority2)
      .freezeAccount(OTHER_PROGRAMME, r.reviewer2.address, DOCUMENT);
    await expect(file(r, 1n)).to.be.revertedWithCustomError(r.issuance, "IssuanceReviewsMissing");
    await r.programmes
      .connect(r.authority2)
      .unfreezeAccount(OTHER_PROGRAMME, r.reviewer2.address, DOCUMENT);
    await file(r, 1n);
    const attestation = await attestationOf(1n, r.enterprise.address);
    const signature = await sign(r, r.enterprise, statementOf(attestation, proposalOf()));
    await expect(
      r.issuance.attest(attestation, proposalOf(), signature),
    ).to.be.revertedWithCustomError(r.issuance, "IssuanceRoleMissing");
  });
});

describe("Programmes: what other contracts ask in one call", () => {
  it("is refused for unknown and paused programmes", async () => {
    const r = await loadFixture(neighbours);
    const { programmes, authority } = r;
    const asked = (programme: number) => [
      programmes.actorIn(programme, ROLE.authority, authority.address),
      programmes.deciderIn(programme, authority.address),
      programmes.issueFactsOf(programme, authority.address),
      programmes.reviewerIn(programme, r.reviewer.address),
    ];
    for (const call of asked(77)) {
      await expect(call)
        .to.be.revertedWithCustomError(programmes, "ProgrammesUnknown")
        .withArgs(77);
    }
    await programmes.connect(authority).pauseProgramme(PROGRAMME, DOCUMENT);
    for (const call of asked(PROGRAMME)) {
      await expect(call)
        .to.be.revertedWithCustomError(programmes, "ProgrammesPaused")
        .withArgs(PROGRAMME);
    }
  });

  it("is what the single questions answer", async () => {
    const r = await loadFixture(neighbours);
    const { programmes, authority, authority2, reviewer } = r;
    const p = programmes.connect(authority);
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    await time.increase(50);
    await p.resumeProgramme(PROGRAMME, DOCUMENT);
    const paused = await p.pausedSecondsOf(PROGRAMME);
    const number = await p.institutionNumberOf(authority.address);
    expect(await p.actorIn(PROGRAMME, ROLE.authority, authority.address)).to.deep.equal([
      true,
      paused,
    ]);
    expect(await p.deciderIn(PROGRAMME, authority.address)).to.deep.equal([
      BigInt(PROGRAMME),
      true,
      number,
      paused,
    ]);
    expect((await p.deciderIn(PROGRAMME, authority2.address)).holds).to.equal(false);
    expect(await p.reviewerIn(PROGRAMME, reviewer.address)).to.deep.equal([
      true,
      await p.institutionNumberOf(reviewer.address),
    ]);
    expect(await p.institutionNumberOf(r.outsider.address)).to.equal(0);
    expect(
      await p.institutionsOf([authority.address, r.outsider.address, reviewer.address]),
    ).to.deep.equal([institution("authority"), ethers.ZeroHash, institution("reviewer")]);
  });

  it("gives the rules of an issue in force, whatever was decided for later", async () => {
    const r = await loadFixture(neighbours);
    const p = r.programmes.connect(r.authority);
    const rules = async () => (await p.issueFactsOf(PROGRAMME, r.authority.address)).rules;
    const later = BigInt(await time.latest()) + 1_000n;
    for (const [name, value] of [
      ["review.count", 7n],
      ["issue.granularityGrams", 1_000n],
      ["issue.carry", 0n],
    ] as const) {
      await p.setParameter(PROGRAMME, key(name), value, later, DOCUMENT);
    }
    expect(await rules()).to.deep.equal([1n, 1n, 1n]);
    await time.increaseTo(later);
    expect(await rules()).to.deep.equal([7n, 1_000n, 0n]);
    await setParameters(r, { "issue.carry": 1n });
    expect(await rules()).to.deep.equal([7n, 1_000n, 1n]);
    await expect(p.issueFactsOf(OTHER_PROGRAMME, r.authority.address))
      .to.be.revertedWithCustomError(p, "ProgrammesParameterUnset")
      .withArgs(OTHER_PROGRAMME, key("review.count"));
  });

  it("takes no value or date of an issue's rules that would not fit their slot", async () => {
    const r = await loadFixture(neighbours);
    const p = r.programmes.connect(r.authority);
    for (const name of ["review.count", "issue.granularityGrams", "issue.carry"]) {
      await expect(p.setParameter(PROGRAMME, key(name), 2n ** 32n, 2n ** 39n, DOCUMENT))
        .to.be.revertedWithCustomError(p, "ProgrammesParameterTooLarge")
        .withArgs(key(name), 2n ** 32n, 2n ** 39n);
      await expect(p.setParameter(PROGRAMME, key(name), 1, 2n ** 40n, DOCUMENT))
        .to.be.revertedWithCustomError(p, "ProgrammesParameterTooLarge")
        .withArgs(key(name), 1, 2n ** 40n);
    }
    await p.setParameter(PROGRAMME, key("another"), 2n ** 100n, 2n ** 50n, DOCUMENT);
  });

  it("answers otherwise for a parameter that is not set, or not yet in force", async () => {
    const r = await loadFixture(neighbours);
    const p = r.programmes.connect(r.authority);
    const later = BigInt(await time.latest()) + 1_000n;
    expect(await p.parameterOr(PROGRAMME, key("x"), 9)).to.equal(9);
    await p.setParameter(PROGRAMME, key("x"), 4, later, DOCUMENT);
    expect(await p.parameterOr(PROGRAMME, key("x"), 9)).to.equal(9);
    await time.increaseTo(later);
    expect(await p.parameterOr(PROGRAMME, key("x"), 9)).to.equal(4);
  });
});
