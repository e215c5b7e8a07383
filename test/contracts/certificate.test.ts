import { expect } from "chai";
import {
  acting,
  CONTENT,
  certificateIdOf,
  DOCUMENT,
  ethers,
  gasOf,
  id,
  instrumented,
  NO_CERTIFICATE,
  networkHelpers,
  OTHER_PROGRAMME,
  PROGRAMME,
  retire,
  retirementIdOf,
  type Signer,
  STANDING,
  type TokenRegistry,
  tokenRegistry,
  walletOf,
} from "./tokenSupport.ts";

const { loadFixture } = networkHelpers;
const SELF_DECLARED = 1;

const certify = (
  r: TokenRegistry,
  retirements: readonly string[],
  emittedGrams: bigint,
  changes: { kind?: number; content?: string; holder?: Signer } = {},
) =>
  r.certificate
    .connect(changes.holder ?? r.owner)
    .certify(
      retirements,
      emittedGrams,
      changes.kind ?? SELF_DECLARED,
      changes.content ?? CONTENT,
      NO_CERTIFICATE,
    );

/** Retirements of 600 g and 400 g, and 5 g of another programme. */
async function retired() {
  const r = await tokenRegistry();
  const one = await retire(r, 600n);
  const two = await retire(r, 400n);
  const elsewhere = await retire(r, 5n, { tokenId: r.foreign });
  return { ...r, one, two, elsewhere };
}

async function certified() {
  const r = await retired();
  await certify(r, [r.one], 600n);
  return { ...r, certificateId: certificateIdOf(r.owner.address, [r.one]) };
}

describe("Certificate: what is refused", () => {
  it("an unknown kind, no retirements, more than fifty", async () => {
    const r = await loadFixture(retired);
    for (const kind of [0, 4]) {
      await expect(certify(r, [r.one], 1n, { kind }))
        .to.be.revertedWithCustomError(r.certificate, "CertificateKindUnknown")
        .withArgs(kind);
    }
    await expect(certify(r, [], 0n)).to.be.revertedWithCustomError(
      r.certificate,
      "CertificateEmpty",
    );
    await expect(certify(r, Array(51).fill(r.one), 1n))
      .to.be.revertedWithCustomError(r.certificate, "CertificateTooMany")
      .withArgs(51, 50);
  });

  it("a retirement that does not exist, or is another's", async () => {
    const r = await loadFixture(retired);
    await expect(certify(r, [id("none")], 1n))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenRetirementUnknown")
      .withArgs(id("none"));
    await expect(certify(r, [r.one], 1n, { holder: r.enterprise }))
      .to.be.revertedWithCustomError(r.certificate, "CertificateNotRetirer")
      .withArgs(r.one, r.owner.address, r.enterprise.address);
    expect(await r.token.isConsumed(r.one)).to.equal(false);
  });

  it("retirements of a programme that is not recognised, or only by the other one", async () => {
    const r = await loadFixture(retired);
    const refused = () =>
      expect(certify(r, [r.one, r.elsewhere], 1n))
        .to.be.revertedWithCustomError(r.certificate, "CertificateMixedProgrammes")
        .withArgs(r.elsewhere, OTHER_PROGRAMME);
    await refused();
    await r.programmes.setRecognised(OTHER_PROGRAMME, PROGRAMME, 1);
    await refused();
    await r.programmes.setRecognised(PROGRAMME, OTHER_PROGRAMME, 2);
    await refused();
  });

  it("retirements of a purpose that certifies nothing in the certificate's programme", async () => {
    const r = await loadFixture(retired);
    const donated = await retire(r, 5n, { purpose: 5 });
    for (const list of [[donated], [r.one, donated]]) {
      await expect(certify(r, list, 1n))
        .to.be.revertedWithCustomError(r.certificate, "CertificatePurpose")
        .withArgs(donated, 5);
    }
    await r.programmes.setRecognised(PROGRAMME, OTHER_PROGRAMME, 1);
    await r.programmes.setPurposes(OTHER_PROGRAMME, 0b111110);
    const theirs = await retire(r, 5n, { tokenId: r.foreign, purpose: 5 });
    await expect(certify(r, [r.one, theirs], 1n))
      .to.be.revertedWithCustomError(r.certificate, "CertificatePurpose")
      .withArgs(theirs, 5);
  });

  it("fewer grams retired than emitted, by a single gram", async () => {
    const r = await loadFixture(retired);
    await expect(certify(r, [r.one, r.two], 1_001n))
      .to.be.revertedWithCustomError(r.certificate, "CertificateShort")
      .withArgs(1_000, 1_001);
  });

  it("the same retirement twice: in one certificate, in a second one, by another content", async () => {
    const r = await loadFixture(retired);
    const used = (call: Promise<unknown>) =>
      expect(call).to.be.revertedWithCustomError(r.token, "ReductionTokenConsumed").withArgs(r.one);
    await used(certify(r, [r.one, r.one], 1_000n));
    await certify(r, [r.one], 1n);
    await used(certify(r, [r.one, r.two], 1n));
    await used(certify(r, [r.two, r.one], 1n));
    await used(certify(r, [r.one], 1n, { content: id("other") }));
    await expect(certify(r, [r.one], 1n))
      .to.be.revertedWithCustomError(r.certificate, "CertificateExists")
      .withArgs(certificateIdOf(r.owner.address, [r.one]));
  });

  it("a holder that is not open and a paused programme", async () => {
    const r = await loadFixture(retired);
    for (const standing of [0, STANDING.open | STANDING.frozen, STANDING.closed]) {
      await r.asProgrammes.setStanding(r.owner.address, standing);
      await expect(certify(r, [r.one], 1n))
        .to.be.revertedWithCustomError(r.certificate, "CertificateHolderStanding")
        .withArgs(r.owner.address, standing);
    }
    await r.asProgrammes.setStanding(r.owner.address, STANDING.open);
    await r.programmes.setPaused(true);
    await expect(certify(r, [r.one], 1n))
      .to.be.revertedWithCustomError(r.programmes, "ProgrammesPaused")
      .withArgs(PROGRAMME);
  });
});

describe("Certificate: what is made", () => {
  it("names holder, programme, grams and content, and consumes its retirements", async () => {
    const r = await loadFixture(retired);
    const list = [r.one, r.two];
    const certificateId = certificateIdOf(r.owner.address, list);
    await expect(certify(r, list, 999n))
      .to.emit(r.certificate, "Certified")
      .withArgs(
        certificateId,
        r.owner.address,
        PROGRAMME,
        SELF_DECLARED,
        1_000,
        999,
        CONTENT,
        list,
        0,
      )
      .and.to.emit(r.certificate, "Locked")
      .withArgs(certificateId)
      .and.to.emit(r.certificate, "Transfer")
      .withArgs(ethers.ZeroAddress, r.owner.address, certificateId);
    for (const retirement of list) {
      expect(await r.token.isConsumed(retirement)).to.equal(true);
    }
    expect(await r.certificate.certificateOf(certificateId)).to.deep.equal([
      r.owner.address,
      BigInt(PROGRAMME),
      1n,
      1n,
      1_000n,
      999n,
      false,
    ]);
    expect(await r.certificate.ownerOf(certificateId)).to.equal(r.owner.address);
    expect((await r.certificate.certificateOf(5)).holder).to.equal(ethers.ZeroAddress);
    const opening = { content: CONTENT, retirements: list };
    expect(await r.certificate.certificateIdOf(r.owner.address, opening)).to.equal(certificateId);
    expect(await r.certificate.certificateIdOf(r.enterprise.address, opening)).not.to.equal(
      certificateId,
    );
  });

  it("is a guarded or partly frozen holder's as well", async () => {
    const r = await loadFixture(retired);
    const address = r.owner.address;
    await r.token.connect(await acting(r.accountGuard)).setGuarded(address, true);
    await r.token.connect(await acting(r.freezes)).setPartlyFrozen(address, true);
    await r.accountGuard.setRefusesSpending(true);
    await certify(r, [r.one], 600n);
    expect(await r.certificate.balanceOf(address)).to.equal(1);
  });

  it("is of the first retirement's programme, over those of programmes it recognises", async () => {
    const r = await loadFixture(retired);
    await r.programmes.setRecognised(PROGRAMME, OTHER_PROGRAMME, 3);
    const more = await retire(r, 6n, { tokenId: r.foreign });
    const list = [r.one, r.elsewhere, more, r.two];
    await certify(r, list, 1_011n);
    const made = await r.certificate.certificateOf(certificateIdOf(r.owner.address, list));
    expect(made.programme).to.equal(PROGRAMME);
    expect(made.retiredGrams).to.equal(1_011);
  });

  it("takes fifty retirements, and of a contract account too", async () => {
    const r = await loadFixture(tokenRegistry);
    const { wallet, address } = await walletOf(r);
    const token = await r.token.getAddress();
    const list: string[] = [];
    for (let k = 0n; k < 50n; k++) {
      const call = r.token.interface.encodeFunctionData("retire", [r.first, 1, 3, CONTENT]);
      await wallet.execute(token, call);
      list.push(retirementIdOf(address, r.first, k, k + 1n));
    }
    const args = [list, 50, SELF_DECLARED, CONTENT, NO_CERTIFICATE];
    const call = r.certificate.interface.encodeFunctionData("certify", args);
    await wallet.execute(await r.certificate.getAddress(), call);
    expect(await r.certificate.balanceOf(address)).to.equal(1);
  });

  it("may stand on batch retirements", async () => {
    const r = await loadFixture(retired);
    const lines = [r.first, r.second].map((tokenId) => ({
      tokenId,
      grams: 50,
      beneficiary: id("b"),
    }));
    const t = r.token.connect(r.owner);
    const batch: string = await t.retireBatch.staticCall(lines, 3, CONTENT);
    await t.retireBatch(lines, 3, CONTENT);
    await expect(certify(r, [batch], 101n)).to.be.revertedWithCustomError(
      r.certificate,
      "CertificateShort",
    );
    await certify(r, [batch], 100n);
  });
});

describe("Certificate: retirement and certificate at once", () => {
  const both = (
    r: TokenRegistry,
    changes: { grams?: bigint; purpose?: number; emittedGrams?: bigint; kind?: number } = {},
  ) =>
    r.certificate
      .connect(r.owner)
      .retireAndCertify(
        r.first,
        changes.grams ?? 500n,
        changes.purpose ?? 3,
        id("retirement"),
        changes.emittedGrams ?? 500n,
        changes.kind ?? SELF_DECLARED,
        CONTENT,
      );

  it("is refused for what either refuses, and leaves the units where they are", async () => {
    const r = await loadFixture(tokenRegistry);
    for (const kind of [0, 4]) {
      await expect(both(r, { kind }))
        .to.be.revertedWithCustomError(r.certificate, "CertificateKindUnknown")
        .withArgs(kind);
    }
    await expect(both(r, { emittedGrams: 501n }))
      .to.be.revertedWithCustomError(r.certificate, "CertificateShort")
      .withArgs(500, 501);
    const retirement = retirementIdOf(r.owner.address, r.first, 0n, 500n, 5, id("retirement"));
    await expect(both(r, { purpose: 5 }))
      .to.be.revertedWithCustomError(r.certificate, "CertificatePurpose")
      .withArgs(retirement, 5);
    await expect(both(r, { purpose: 7 })).to.be.revertedWithCustomError(
      r.token,
      "ReductionTokenPurpose",
    );
    await expect(both(r, { grams: 0n, emittedGrams: 0n })).to.be.revertedWithCustomError(
      r.token,
      "ReductionTokenGramsZero",
    );
    await r.asProgrammes.setPaused(PROGRAMME, true);
    await expect(both(r)).to.be.revertedWithCustomError(r.token, "ReductionTokenPaused");
    await r.asProgrammes.setPaused(PROGRAMME, false);
    expect((await r.token.supplyOf(r.first)).retiredGrams).to.equal(0);
  });

  it("makes what the two calls make, for less than 150,000 gas", async () => {
    const r = await loadFixture(tokenRegistry);
    await both(r);
    const retirement = retirementIdOf(r.owner.address, r.first, 500n, 900n, 3, id("retirement"));
    const certificateId = certificateIdOf(r.owner.address, [retirement]);
    const sent = both(r, { grams: 400n, emittedGrams: 399n });
    await expect(sent)
      .to.emit(r.certificate, "Certified")
      .withArgs(
        certificateId,
        r.owner.address,
        PROGRAMME,
        SELF_DECLARED,
        400,
        399,
        CONTENT,
        [retirement],
        0,
      )
      .and.to.emit(r.certificate, "Locked")
      .withArgs(certificateId);
    if (!instrumented) expect(await gasOf(sent)).to.be.lessThan(150_000);
    expect(await r.token.isConsumed(retirement)).to.equal(true);
    expect(await r.certificate.ownerOf(certificateId)).to.equal(r.owner.address);
    await expect(certify(r, [retirement], 1n, { content: id("again") }))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenConsumed")
      .withArgs(retirement);
  });
});

describe("Certificate: what it is", () => {
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
    const r = await loadFixture(tokenRegistry);
    for (const interfaceId of ["0x01ffc9a7", "0x80ac58cd", "0xb45a3c0e"]) {
      expect(await r.certificate.supportsInterface(interfaceId)).to.equal(true);
    }
    expect(await r.certificate.supportsInterface("0xffffffff")).to.equal(false);
  });

  it("is revoked by its programme's authority only, once, where it exists", async () => {
    const r = await loadFixture(certified);
    await r.programmes.setRole(OTHER_PROGRAMME, 1, r.enterprise.address, true);
    await r.programmes.setRole(PROGRAMME, 2, r.outsider.address, true);
    await expect(r.certificate.connect(r.authority).revoke(5, DOCUMENT))
      .to.be.revertedWithCustomError(r.certificate, "CertificateUnknown")
      .withArgs(5);
    for (const caller of [r.owner, r.enterprise, r.outsider, r.registrar]) {
      await expect(r.certificate.connect(caller).revoke(r.certificateId, DOCUMENT))
        .to.be.revertedWithCustomError(r.certificate, "CertificateRoleMissing")
        .withArgs(PROGRAMME, 1, caller.address);
    }
    const c = r.certificate.connect(r.authority);
    await expect(c.revoke(r.certificateId, DOCUMENT))
      .to.emit(c, "CertificateRevoked")
      .withArgs(r.certificateId, DOCUMENT);
    await expect(c.revoke(r.certificateId, DOCUMENT))
      .to.be.revertedWithCustomError(c, "CertificateNotValid")
      .withArgs(r.certificateId, 2);
    // Nothing is free again, and the holder keeps what was revoked.
    await expect(certify(r, [r.one], 1n, { content: id("new") }))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenConsumed")
      .withArgs(r.one);
    expect(await r.certificate.ownerOf(r.certificateId)).to.equal(r.owner.address);
  });
});
