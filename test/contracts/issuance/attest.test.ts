import { expect } from "chai";
import {
  attest,
  attestationOf,
  createWallet,
  DOCUMENT,
  FIRST_DAY,
  file,
  id,
  institution,
  join,
  networkHelpers,
  PROGRAMME,
  proposalOf,
  propose,
  type Registry,
  ROLE,
  registry,
  STATE,
  STATEMENT_TYPES,
  sign,
  statementOf,
} from "../support.ts";
import { colleague } from "./colleague.ts";

const { loadFixture } = networkHelpers;

describe("Issuance: review statements", () => {
  it("bring what was proposed, and bind root, milligrams, period, methodology and report", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    await expect(attest(r, 2n))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceRequestUnknown")
      .withArgs(2);
    const attestation = await attestationOf(1n, r.reviewer.address);
    const statement = statementOf(attestation, proposalOf());
    for (const changes of [
      { root: id("x") },
      { totalMilligrams: 1n },
      { firstDay: FIRST_DAY - 1 },
      { endDay: FIRST_DAY + 2 },
      { reportHash: id("x") },
      { count: 4n },
      { leafFileHash: id("x") },
    ]) {
      const other = proposalOf(changes);
      await expect(attest(r, 1n, other))
        .to.be.revertedWithCustomError(r.issuance, "IssuanceProposalMismatch")
        .withArgs(1, await r.issuance.proposalHash(other));
    }
    for (const changes of [
      { requestId: 2n },
      { root: id("x") },
      { totalMilligrams: 1n },
      { firstDay: FIRST_DAY - 1 },
      { endDay: FIRST_DAY + 2 },
      { methodology: 2 },
      { reportHash: id("x") },
      { kind: 1 },
      { validUntil: attestation.validUntil + 1n },
    ]) {
      const signature = await sign(r, r.reviewer, { ...statement, ...changes });
      await expect(
        r.issuance.attest(attestation, proposalOf(), signature),
      ).to.be.revertedWithCustomError(r.issuance, "IssuanceSignature");
    }
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
    const attestation = await attestationOf(1n, r.reviewer.address);
    const digest = await r.issuance.statementDigest(attestation, proposalOf());
    const statement = statementOf(attestation, proposalOf());
    const refused = (signature: string) =>
      expect(r.issuance.attest(attestation, proposalOf(), signature))
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
    await r.issuance.connect(r.applicant).withdraw(1, proposalOf());
    await expect(attest(r, 1n))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceState")
      .withArgs(1, STATE.withdrawn);
  });

  it("count once however often they are brought, and sixteen at most", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    const attestation = await attestationOf(1n, r.reviewer.address);
    const signature = await sign(r, r.reviewer, statementOf(attestation, proposalOf()));
    await r.issuance.attest(attestation, proposalOf(), signature);
    await expect(r.issuance.connect(r.outsider).attest(attestation, proposalOf(), signature))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceStatementKnown")
      .withArgs(1, r.reviewer.address);
    for (let k = 1n; k < 16n; k++) {
      await attest(r, 1n, proposalOf(), { validUntil: attestation.validUntil + k });
    }
    await expect(attest(r, 1n, proposalOf(), { kind: 1 }))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceStatementsFull")
      .withArgs(1, 16);
  });

  it("are brought by anyone and stored with their institution named", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    const attestation = await attestationOf(1n, r.reviewer.address);
    const call = r.issuance
      .connect(r.outsider)
      .attest(
        attestation,
        proposalOf(),
        await sign(r, r.reviewer, statementOf(attestation, proposalOf())),
      );
    await expect(call)
      .to.emit(r.issuance, "Attested")
      .withArgs(
        1,
        r.reviewer.address,
        institution("reviewer"),
        2,
        true,
        attestation.validUntil,
        await r.issuance.statementDigest(attestation, proposalOf()),
      );
    expect(await r.issuance.statementOf(1, 0)).to.deep.equal([
      r.reviewer.address,
      2n,
      true,
      attestation.validUntil,
    ]);
  });

  it("of a contract account count by ERC-1271, and only what its owner signed", async () => {
    const r = await loadFixture(registry);
    await propose(r);
    const wallet = await createWallet(r.enterprise.address);
    const address = await wallet.getAddress();
    await join(r, address, "reviewing firm", ROLE.reviewer);
    const attestation = await attestationOf(1n, address);
    await expect(
      r.issuance.attest(
        attestation,
        proposalOf(),
        await sign(r, r.outsider, statementOf(attestation, proposalOf())),
      ),
    ).to.be.revertedWithCustomError(r.issuance, "IssuanceSignature");
    await r.issuance.attest(
      attestation,
      proposalOf(),
      await sign(r, r.enterprise, statementOf(attestation, proposalOf())),
    );
    await file(r, 1n);
  });
});
