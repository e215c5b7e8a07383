import { expect } from "chai";
import {
  createWallet,
  DOCUMENT,
  ethers,
  type IssuedRegistry,
  id,
  institution,
  issuedRegistry,
  networkHelpers,
  PROGRAMME,
  proposalOf,
  ROLE,
  registry,
  retire,
  type Signer,
} from "./support.ts";

const { loadFixture } = networkHelpers;
const SELF_DECLARED = 1;
const CONTENT = id("certificate");

function certificateIdOf(holder: string, retirements: string[], content = CONTENT): bigint {
  const coder = ethers.AbiCoder.defaultAbiCoder();
  const types = ["address", "bytes32[]", "bytes32"];
  return BigInt(ethers.keccak256(coder.encode(types, [holder, retirements, content])));
}

const certify = (
  r: IssuedRegistry,
  holder: Signer,
  retirements: string[],
  emittedGrams: bigint,
  changes: { kind?: number; content?: string; replaces?: bigint } = {},
) =>
  r.certificate
    .connect(holder)
    .certify(
      retirements,
      emittedGrams,
      changes.kind ?? SELF_DECLARED,
      changes.content ?? CONTENT,
      changes.replaces ?? 0n,
    );

async function retired() {
  const r = await issuedRegistry();
  const first = await retire(r, r.owner, 600n);
  const second = await retire(r, r.owner, 400n);
  return { ...r, first, second };
}

async function certified() {
  const r = await retired();
  await certify(r, r.owner, [r.first], 600n);
  return { ...r, certificateId: certificateIdOf(r.owner.address, [r.first]) };
}

/** The owner's retirement of units of a second programme. */
async function retirementElsewhere(r: IssuedRegistry): Promise<string> {
  const [, , , , , , , , , authority2] = await ethers.getSigners();
  const p = r.programmes;
  await p.createProgramme(2, 0, 2, authority2!.address, institution("a2"), DOCUMENT);
  const asSecond = p.connect(authority2!);
  for (const [role, account] of [
    [ROLE.operator, r.operator],
    [ROLE.reviewer, r.reviewer],
    [ROLE.applicant, r.applicant],
  ] as const) {
    await asSecond.grantRole(2, role, account.address, 0, DOCUMENT);
  }
  const parameters = {
    "notice.seconds": 0n,
    "review.count": 0n,
    "issue.granularityGrams": 1n,
    "issue.carry": 1n,
    "certificate.purposes": 0b1000n,
  };
  for (const [name, value] of Object.entries(parameters)) {
    await asSecond.setParameter(2, ethers.encodeBytes32String(name), value, 0, DOCUMENT);
  }
  await r.sources
    .connect(authority2!)
    .registerMethodology(2, id("m2"), 1, 3, 17_000, 0, 0, DOCUMENT);
  const source = [2, 1, id("a2"), r.applicant.address, r.owner.address, DOCUMENT] as const;
  const sourceId = await r.sources.connect(r.operator).registerSource.staticCall(...source);
  await r.sources.connect(r.operator).registerSource(...source);
  await r.issuance.connect(r.applicant).propose(proposalOf({ sourceId }));
  const requestId = await r.issuance.requestCount();
  await r.issuance.connect(r.operator).file(requestId, DOCUMENT, 0);
  await r.issuance.connect(authority2!).issue(requestId, DOCUMENT);
  const { tokenId } = await r.issuance.requestOf(requestId);
  return retire({ ...r, tokenId }, r.owner, 5n);
}

describe("Certificate: what is refused", () => {
  it("an unknown kind, no retirements, more than fifty", async () => {
    const r = await loadFixture(retired);
    for (const kind of [0, 4]) {
      await expect(certify(r, r.owner, [r.first], 1n, { kind }))
        .to.be.revertedWithCustomError(r.certificate, "CertificateKindUnknown")
        .withArgs(kind);
    }
    await expect(certify(r, r.owner, [], 0n)).to.be.revertedWithCustomError(
      r.certificate,
      "CertificateEmpty",
    );
    await expect(certify(r, r.owner, Array(51).fill(r.first), 1n))
      .to.be.revertedWithCustomError(r.certificate, "CertificateTooMany")
      .withArgs(51, 50);
  });

  it("a retirement that does not exist, or is another's", async () => {
    const r = await loadFixture(retired);
    await expect(certify(r, r.owner, [id("none")], 1n))
      .to.be.revertedWithCustomError(r.certificate, "CertificateRetirementUnknown")
      .withArgs(id("none"));
    await expect(certify(r, r.enterprise, [r.first], 1n))
      .to.be.revertedWithCustomError(r.certificate, "CertificateNotRetirer")
      .withArgs(r.first, r.owner.address, r.enterprise.address);
  });

  it("retirements of two programmes, and of a purpose that certifies nothing", async () => {
    const r = await loadFixture(retired);
    const elsewhere = await retirementElsewhere(r);
    await expect(certify(r, r.owner, [r.first, elsewhere], 1n))
      .to.be.revertedWithCustomError(r.certificate, "CertificateMixedProgrammes")
      .withArgs(elsewhere, 2);
    const donated = await retire(r, r.owner, 5n, 5);
    await expect(certify(r, r.owner, [donated], 1n))
      .to.be.revertedWithCustomError(r.certificate, "CertificatePurpose")
      .withArgs(donated, 5);
  });

  it("fewer grams retired than emitted, by a single gram", async () => {
    const r = await loadFixture(retired);
    await expect(certify(r, r.owner, [r.first, r.second], 1_001n))
      .to.be.revertedWithCustomError(r.certificate, "CertificateShort")
      .withArgs(1_000, 1_001);
  });

  it("the same retirement twice: in one certificate, in a second one, by another content", async () => {
    const r = await loadFixture(retired);
    const twice = certificateIdOf(r.owner.address, [r.first, r.first]);
    await expect(certify(r, r.owner, [r.first, r.first], 1_000n))
      .to.be.revertedWithCustomError(r.certificate, "CertificateRetirementConsumed")
      .withArgs(r.first, twice);
    await certify(r, r.owner, [r.first], 1n);
    const certificateId = certificateIdOf(r.owner.address, [r.first]);
    await expect(certify(r, r.owner, [r.first, r.second], 1n))
      .to.be.revertedWithCustomError(r.certificate, "CertificateRetirementConsumed")
      .withArgs(r.first, certificateId);
    await expect(certify(r, r.owner, [r.first], 1n, { content: id("other") }))
      .to.be.revertedWithCustomError(r.certificate, "CertificateRetirementConsumed")
      .withArgs(r.first, certificateId);
    await expect(certify(r, r.owner, [r.first], 1n))
      .to.be.revertedWithCustomError(r.certificate, "CertificateExists")
      .withArgs(certificateId);
  });

  it("a frozen holder and a paused programme", async () => {
    const r = await loadFixture(retired);
    const p = r.programmes.connect(r.authority);
    await p.freezeAccount(PROGRAMME, r.owner.address, DOCUMENT);
    await expect(certify(r, r.owner, [r.first], 1n))
      .to.be.revertedWithCustomError(r.certificate, "CertificateHolderStanding")
      .withArgs(r.owner.address, 3);
    await p.unfreezeAccount(PROGRAMME, r.owner.address, DOCUMENT);
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(certify(r, r.owner, [r.first], 1n))
      .to.be.revertedWithCustomError(p, "ProgrammesPaused")
      .withArgs(PROGRAMME);
  });
});

describe("Certificate: what is made", () => {
  it("names holder, programme, grams and content, and marks its retirements", async () => {
    const r = await loadFixture(retired);
    const retirements = [r.first, r.second];
    const certificateId = certificateIdOf(r.owner.address, retirements);
    await expect(certify(r, r.owner, retirements, 999n))
      .to.emit(r.certificate, "Certified")
      .withArgs(
        certificateId,
        r.owner.address,
        PROGRAMME,
        SELF_DECLARED,
        1_000,
        999,
        CONTENT,
        retirements,
        0,
      )
      .and.to.emit(r.certificate, "Locked")
      .withArgs(certificateId);
    expect(await r.certificate.consumedBy(r.second)).to.equal(certificateId);
    expect(await r.certificate.certificateOf(certificateId)).to.deep.equal([
      r.owner.address,
      BigInt(PROGRAMME),
      1n,
      1n,
      1_000n,
      999n,
      CONTENT,
    ]);
    expect(await r.certificate.ownerOf(certificateId)).to.equal(r.owner.address);
    expect((await r.certificate.certificateOf(5)).holder).to.equal(ethers.ZeroAddress);
  });

  it("takes fifty retirements, and of a contract account too", async () => {
    const r = await loadFixture(issuedRegistry);
    const wallet = await createWallet(r.owner.address);
    const address = await wallet.getAddress();
    await r.programmes
      .connect(r.authority)
      .openAccount(PROGRAMME, address, institution("wallet"), DOCUMENT);
    await r.token.connect(r.owner).safeTransferFrom(r.owner.address, address, r.tokenId, 50, "0x");
    const retirements: string[] = [];
    for (let k = 0; k < 50; k++) {
      const call = r.token.interface.encodeFunctionData("retire", [r.tokenId, 1, 3, id("c")]);
      const args = [await r.token.getAddress(), call] as const;
      const result = await wallet.connect(r.owner).execute.staticCall(...args);
      retirements.push(r.token.interface.decodeFunctionResult("retire", result)[0] as string);
      await wallet.connect(r.owner).execute(...args);
    }
    const call = r.certificate.interface.encodeFunctionData("certify", [
      retirements,
      50,
      SELF_DECLARED,
      CONTENT,
      0,
    ]);
    await wallet.connect(r.owner).execute(await r.certificate.getAddress(), call);
    expect(await r.certificate.balanceOf(address)).to.equal(1);
  });

  it("never moves, whoever asks and with whatever approval", async () => {
    const r = await loadFixture(certified);
    const c = r.certificate.connect(r.owner);
    await c.approve(r.enterprise.address, r.certificateId);
    await c.setApprovalForAll(r.enterprise.address, true);
    for (const caller of [r.owner, r.enterprise, r.authority]) {
      const move = [r.owner.address, r.enterprise.address, r.certificateId] as const;
      const as = r.certificate.connect(caller);
      for (const call of [
        as.transferFrom(...move),
        as.getFunction("safeTransferFrom(address,address,uint256)")(...move),
        as.getFunction("safeTransferFrom(address,address,uint256,bytes)")(...move, "0x"),
      ]) {
        await expect(call)
          .to.be.revertedWithCustomError(c, "CertificateLocked")
          .withArgs(r.certificateId);
      }
    }
    expect(await c.locked(r.certificateId)).to.equal(true);
    await expect(c.locked(5))
      .to.be.revertedWithCustomError(c, "ERC721NonexistentToken")
      .withArgs(5);
  });

  it("supports ERC-165, ERC-721 and ERC-5192", async () => {
    const r = await loadFixture(registry);
    for (const interfaceId of ["0x01ffc9a7", "0x80ac58cd", "0xb45a3c0e"]) {
      expect(await r.certificate.supportsInterface(interfaceId)).to.equal(true);
    }
    expect(await r.certificate.supportsInterface("0xffffffff")).to.equal(false);
  });
});

describe("Certificate: revocation and replacement", () => {
  it("is the authority's of its programme, once, of a certificate that exists", async () => {
    const r = await loadFixture(certified);
    await expect(r.certificate.connect(r.authority).revoke(5, DOCUMENT))
      .to.be.revertedWithCustomError(r.certificate, "CertificateUnknown")
      .withArgs(5);
    for (const caller of [r.owner, r.operator, r.registrar]) {
      await expect(r.certificate.connect(caller).revoke(r.certificateId, DOCUMENT))
        .to.be.revertedWithCustomError(r.certificate, "CertificateRoleMissing")
        .withArgs(PROGRAMME, ROLE.authority, caller.address);
    }
    const c = r.certificate.connect(r.authority);
    await expect(c.revoke(r.certificateId, DOCUMENT))
      .to.emit(c, "CertificateRevoked")
      .withArgs(r.certificateId, DOCUMENT);
    await expect(c.revoke(r.certificateId, DOCUMENT))
      .to.be.revertedWithCustomError(c, "CertificateNotValid")
      .withArgs(r.certificateId, 2);
  });

  it("frees nothing", async () => {
    const r = await loadFixture(certified);
    await r.certificate.connect(r.authority).revoke(r.certificateId, DOCUMENT);
    await expect(certify(r, r.owner, [r.first], 1n, { content: id("new") }))
      .to.be.revertedWithCustomError(r.certificate, "CertificateRetirementConsumed")
      .withArgs(r.first, r.certificateId);
  });

  it("lets only its own holder replace it, only when revoked, and only its own retirements", async () => {
    const r = await loadFixture(certified);
    const replaces = r.certificateId;
    const content = id("corrected");
    await expect(certify(r, r.owner, [r.first], 1n, { content, replaces: 5n }))
      .to.be.revertedWithCustomError(r.certificate, "CertificateUnknown")
      .withArgs(5);
    await expect(certify(r, r.owner, [r.first], 1n, { content, replaces }))
      .to.be.revertedWithCustomError(r.certificate, "CertificateReplacedNotRevoked")
      .withArgs(replaces);
    await r.certificate.connect(r.authority).revoke(replaces, DOCUMENT);
    await expect(certify(r, r.enterprise, [r.first], 1n, { content, replaces }))
      .to.be.revertedWithCustomError(r.certificate, "CertificateReplacedHolder")
      .withArgs(replaces, r.owner.address);
    await certify(r, r.owner, [r.second], 400n, { content: id("other") });
    const other = certificateIdOf(r.owner.address, [r.second], id("other"));
    await expect(certify(r, r.owner, [r.first, r.second], 1n, { content, replaces }))
      .to.be.revertedWithCustomError(r.certificate, "CertificateRetirementConsumed")
      .withArgs(r.second, other);

    await certify(r, r.owner, [r.first], 600n, { content, replaces });
    const next = certificateIdOf(r.owner.address, [r.first], content);
    expect(await r.certificate.consumedBy(r.first)).to.equal(next);
    await expect(certify(r, r.owner, [r.first], 1n, { content: id("again"), replaces }))
      .to.be.revertedWithCustomError(r.certificate, "CertificateRetirementConsumed")
      .withArgs(r.first, next);
  });
});
