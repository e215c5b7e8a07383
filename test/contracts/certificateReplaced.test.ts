import { expect } from "chai";
import {
  CERTIFY_TYPES,
  CONTENT,
  certificateIdOf,
  certifyIntent,
  DOCUMENT,
  id,
  NO_CERTIFICATE,
  networkHelpers,
  OTHER_PROGRAMME,
  PROGRAMME,
  retire,
  type Signer,
  signFor,
  type TokenRegistry,
  tokenRegistry,
} from "./tokenSupport.ts";

const { loadFixture } = networkHelpers;
const CORRECTED = id("corrected");

type Opening = typeof NO_CERTIFICATE;

const replace = (
  r: TokenRegistry,
  retirements: readonly string[],
  replaces: Opening,
  changes: { emittedGrams?: bigint; content?: string; holder?: Signer } = {},
) =>
  r.certificate
    .connect(changes.holder ?? r.owner)
    .certify(retirements, changes.emittedGrams ?? 1n, 1, changes.content ?? CORRECTED, replaces);

/** A certificate over three of four retirements of 100 g, not yet revoked. */
async function valid() {
  const r = await tokenRegistry();
  const list: string[] = [];
  for (let k = 0; k < 4; k++) list.push(await retire(r, 100n));
  const [a, b, c, fresh] = list as [string, string, string, string];
  const opening = { content: CONTENT, retirements: [a, b, c] };
  await replace(r, opening.retirements, NO_CERTIFICATE, { content: CONTENT });
  return { ...r, ...{ a, b, c, fresh, opening } };
}

async function revoked() {
  const r = await valid();
  const old = certificateIdOf(r.owner.address, r.opening.retirements);
  await r.certificate.connect(r.authority).revoke(old, DOCUMENT);
  return { ...r, old };
}

describe("Certificate: replacement, what is refused", () => {
  it("a certificate that is not there: another list, order, content or holder", async () => {
    const r = await loadFixture(revoked);
    const wrong: Opening[] = [
      { content: CONTENT, retirements: [r.a, r.b] },
      { content: CONTENT, retirements: [r.b, r.a, r.c] },
      { content: CORRECTED, retirements: r.opening.retirements },
      { content: CONTENT, retirements: [r.a, r.b, r.c, r.fresh] },
    ];
    for (const opening of wrong) {
      await expect(replace(r, [r.fresh], opening))
        .to.be.revertedWithCustomError(r.certificate, "CertificateUnknown")
        .withArgs(certificateIdOf(r.owner.address, opening.retirements, opening.content));
    }
    await expect(replace(r, [r.a], r.opening, { holder: r.enterprise }))
      .to.be.revertedWithCustomError(r.certificate, "CertificateUnknown")
      .withArgs(certificateIdOf(r.enterprise.address, r.opening.retirements));
  });

  it("a certificate that is valid, or was replaced before", async () => {
    const r = await loadFixture(valid);
    const old = certificateIdOf(r.owner.address, r.opening.retirements);
    const refused = (call: Promise<unknown>) =>
      expect(call)
        .to.be.revertedWithCustomError(r.certificate, "CertificateReplacedNotRevoked")
        .withArgs(old);
    await refused(replace(r, [r.a], r.opening));
    await r.certificate.connect(r.authority).revoke(old, DOCUMENT);
    await replace(r, [r.a], r.opening);
    await refused(replace(r, [r.b], r.opening, { content: id("again") }));
    await expect(r.certificate.connect(r.authority).revoke(old, DOCUMENT))
      .to.be.revertedWithCustomError(r.certificate, "CertificateNotValid")
      .withArgs(old, 3);
  });

  it("a retirement that another certificate took, and one named twice", async () => {
    const r = await loadFixture(revoked);
    const used = (retirement: string, call: Promise<unknown>) =>
      expect(call)
        .to.be.revertedWithCustomError(r.token, "ReductionTokenConsumed")
        .withArgs(retirement);
    await used(r.a, replace(r, [r.a, r.a], r.opening));
    await used(r.a, replace(r, [r.a, r.b, r.a], r.opening));
    await used(r.fresh, replace(r, [r.fresh, r.a, r.fresh], r.opening));
    await replace(r, [r.fresh], NO_CERTIFICATE, { content: id("other") });
    await used(r.fresh, replace(r, [r.a, r.fresh], r.opening));
  });

  it("the replaced one's retirements in another order", async () => {
    const r = await loadFixture(revoked);
    await expect(replace(r, [r.b, r.a], r.opening))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenConsumed")
      .withArgs(r.a);
  });

  it("a certificate of another programme than the replaced one", async () => {
    const r = await loadFixture(revoked);
    await r.programmes.setRecognised(OTHER_PROGRAMME, PROGRAMME, 1);
    const elsewhere = await retire(r, 5n, { tokenId: r.foreign });
    await expect(replace(r, [elsewhere, r.a], r.opening))
      .to.be.revertedWithCustomError(r.certificate, "CertificateReplacedProgramme")
      .withArgs(r.old, PROGRAMME);
  });

  it("more emissions than the new list covers, and the old list under the old content", async () => {
    const r = await loadFixture(revoked);
    await expect(replace(r, [r.a, r.c], r.opening, { emittedGrams: 201n }))
      .to.be.revertedWithCustomError(r.certificate, "CertificateShort")
      .withArgs(200, 201);
    await expect(replace(r, r.opening.retirements, r.opening, { content: CONTENT }))
      .to.be.revertedWithCustomError(r.certificate, "CertificateExists")
      .withArgs(r.old);
  });

  it("an order whose opening is of another certificate than was signed", async () => {
    const r = await loadFixture(revoked);
    const sign = (intent: Record<string, unknown>) =>
      signFor(r.certificate, "Tanpu Certificate", r.owner, CERTIFY_TYPES, intent);
    const plain = certifyIntent(r, [r.fresh], { content: CORRECTED });
    await expect(r.certificate.certifyByIntent(plain, r.opening, await sign(plain)))
      .to.be.revertedWithCustomError(r.certificate, "CertificateReplacedMismatch")
      .withArgs(r.old, 0);
    const replacing = certifyIntent(r, [r.a], { content: CORRECTED, replaces: r.old });
    await expect(r.certificate.certifyByIntent(replacing, NO_CERTIFICATE, await sign(replacing)))
      .to.be.revertedWithCustomError(r.certificate, "CertificateReplacedMismatch")
      .withArgs(0, r.old);
    const altered = { ...plain, replaces: r.old };
    await expect(
      r.certificate.certifyByIntent(altered, r.opening, await sign(plain)),
    ).to.be.revertedWithCustomError(r.certificate, "IntentNoncesSignature");
  });
});

describe("Certificate: replacement, what is made", () => {
  it("takes what it names of the old list, with unused ones between, and ends the old one", async () => {
    const r = await loadFixture(revoked);
    const list = [r.a, r.fresh, r.c];
    const next = certificateIdOf(r.owner.address, list, CORRECTED);
    await expect(replace(r, list, r.opening, { emittedGrams: 300n }))
      .to.emit(r.certificate, "Certified")
      .withArgs(next, r.owner.address, PROGRAMME, 1, 300, 300, CORRECTED, list, r.old);
    expect((await r.certificate.certificateOf(r.old)).state).to.equal(3);
    expect((await r.certificate.certificateOf(next)).state).to.equal(1);
    // What it left out stays used.
    await expect(replace(r, [r.b], NO_CERTIFICATE, { content: id("b") }))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenConsumed")
      .withArgs(r.b);
  });

  it("goes on in a chain, each link taking from the one before", async () => {
    const r = await loadFixture(revoked);
    await replace(r, [r.a, r.b], r.opening);
    const second = { content: CORRECTED, retirements: [r.a, r.b] };
    const secondId = certificateIdOf(r.owner.address, second.retirements, CORRECTED);
    await r.certificate.connect(r.authority).revoke(secondId, DOCUMENT);
    const content = id("third");
    await expect(replace(r, [r.c], second, { content }))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenConsumed")
      .withArgs(r.c);
    await replace(r, [r.b], second, { content });
    expect(await r.certificate.balanceOf(r.owner.address)).to.equal(3);
  });

  it("by a signed order", async () => {
    const r = await loadFixture(revoked);
    const intent = certifyIntent(r, [r.a], { content: CORRECTED, replaces: r.old });
    const signature = await signFor(
      r.certificate,
      "Tanpu Certificate",
      r.owner,
      CERTIFY_TYPES,
      intent,
    );
    await r.certificate.connect(r.outsider).certifyByIntent(intent, r.opening, signature);
    const next = certificateIdOf(r.owner.address, [r.a], CORRECTED);
    expect(await r.certificate.ownerOf(next)).to.equal(r.owner.address);
  });
});
