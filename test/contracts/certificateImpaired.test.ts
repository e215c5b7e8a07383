import { expect } from "chai";
import {
  batchIdOf,
  CONTENT,
  certificateIdOf,
  DOCUMENT,
  id,
  NO_CERTIFICATE,
  networkHelpers,
  type RetiredLine,
  retire,
  tokenRegistry,
  ZeroHash,
} from "./tokenSupport.ts";

const { loadFixture } = networkHelpers;
const PURPOSE = 3;

type RetirementOpening = {
  purpose: number;
  content: string;
  batch: boolean;
  lines: RetiredLine[];
};

/** A certificate over a plain retirement of the first id and a batch of both, and their openings. */
async function certified() {
  const r = await tokenRegistry();
  const retirement = await retire(r, 100n);
  const plain: RetirementOpening = {
    purpose: PURPOSE,
    content: CONTENT,
    batch: false,
    lines: [{ tokenId: r.first, firstSerial: 0n, endSerial: 100n, beneficiary: ZeroHash }],
  };
  const lines = [
    { tokenId: r.first, firstSerial: 100n, endSerial: 110n, beneficiary: id("ann") },
    { tokenId: r.second, firstSerial: 0n, endSerial: 20n, beneficiary: id("bob") },
  ];
  await r.token.connect(r.owner).retireBatch(
    lines.map(({ tokenId, firstSerial, endSerial, beneficiary }) => ({
      tokenId,
      grams: endSerial - firstSerial,
      beneficiary,
    })),
    PURPOSE,
    CONTENT,
  );
  const batch: RetirementOpening = { purpose: PURPOSE, content: CONTENT, batch: true, lines };
  const opening = {
    content: CONTENT,
    retirements: [retirement, batchIdOf(r.owner.address, lines)],
  };
  await r.certificate
    .connect(r.owner)
    .certify(opening.retirements, 130, 1, CONTENT, NO_CERTIFICATE);
  const certificateId = certificateIdOf(r.owner.address, opening.retirements);
  const impaired = async () => (await r.certificate.certificateOf(certificateId)).impaired;
  return { ...r, plain, batch, opening, certificateId, impaired };
}

async function disputed() {
  const r = await certified();
  await r.doubleCount.setDisputed(r.first, true);
  await r.doubleCount.setDisputed(r.second, true);
  return r;
}

type Disputed = Awaited<ReturnType<typeof disputed>>;

const flag = (
  r: Disputed,
  index: number,
  retirement: RetirementOpening,
  line = 0,
  changes: { certificateId?: bigint; opening?: typeof NO_CERTIFICATE } = {},
) =>
  r.certificate
    .connect(r.outsider)
    .flagImpaired(
      changes.certificateId ?? r.certificateId,
      changes.opening ?? r.opening,
      index,
      retirement,
      line,
    );

describe("Certificate: impairment, what is refused", () => {
  it("a certificate that is not there, or no longer valid", async () => {
    const r = await loadFixture(disputed);
    await expect(flag(r, 0, r.plain, 0, { certificateId: 5n }))
      .to.be.revertedWithCustomError(r.certificate, "CertificateUnknown")
      .withArgs(5);
    await expect(r.certificate.mend(5, r.first))
      .to.be.revertedWithCustomError(r.certificate, "CertificateUnknown")
      .withArgs(5);
    await r.certificate.connect(r.authority).revoke(r.certificateId, DOCUMENT);
    await expect(flag(r, 0, r.plain))
      .to.be.revertedWithCustomError(r.certificate, "CertificateNotValid")
      .withArgs(r.certificateId, 2);
  });

  it("an opening that is not the certificate's, or an entry behind its end", async () => {
    const r = await loadFixture(disputed);
    const { content, retirements } = r.opening;
    for (const opening of [
      { content: DOCUMENT, retirements },
      { content, retirements: retirements.slice(0, 1) },
      { content, retirements: [] },
    ]) {
      await expect(flag(r, 0, r.plain, 0, { opening }))
        .to.be.revertedWithCustomError(r.certificate, "CertificateOpeningMismatch")
        .withArgs(r.certificateId);
    }
    await expect(flag(r, 2, r.plain))
      .to.be.revertedWithCustomError(r.certificate, "CertificateOpeningMismatch")
      .withArgs(r.certificateId);
  });

  it("an opening that is not the retirement's: any of its parts, or of another entry", async () => {
    const r = await loadFixture(disputed);
    const [only] = r.plain.lines as [RetiredLine];
    const [one, two] = r.batch.lines as [RetiredLine, RetiredLine];
    const retirementOf = (index: number) => r.opening.retirements[index];
    const wrong: [number, RetirementOpening][] = [
      [0, { ...r.plain, purpose: 2 }],
      [0, { ...r.plain, content: DOCUMENT }],
      [0, { ...r.plain, batch: true }],
      [0, { ...r.plain, lines: [{ ...only, tokenId: r.second }] }],
      [0, { ...r.plain, lines: [{ ...only, firstSerial: 1n }] }],
      [0, { ...r.plain, lines: [{ ...only, endSerial: 99n }] }],
      [1, r.plain],
      [1, { ...r.batch, batch: false }],
      [1, { ...r.batch, purpose: 2 }],
      [1, { ...r.batch, content: DOCUMENT }],
      [1, { ...r.batch, lines: [one] }],
      [1, { ...r.batch, lines: [two, one] }],
      [1, { ...r.batch, lines: [one, { ...two, beneficiary: id("eve") }] }],
    ];
    for (const [index, opening] of wrong) {
      await expect(flag(r, index, opening))
        .to.be.revertedWithCustomError(r.certificate, "CertificateRetirementMismatch")
        .withArgs(retirementOf(index));
    }
    await expect(flag(r, 1, r.batch, 2))
      .to.be.revertedWithCustomError(r.certificate, "CertificateLineUnknown")
      .withArgs(retirementOf(1), 2);
    await expect(flag(r, 0, { ...r.plain, lines: [] }))
      .to.be.revertedWithCustomError(r.certificate, "CertificateLineUnknown")
      .withArgs(retirementOf(0), 0);
  });

  it("units that carry no debt, and an id shown before", async () => {
    const r = await loadFixture(certified);
    await expect(flag(r, 0, r.plain))
      .to.be.revertedWithCustomError(r.certificate, "CertificateNotDisputed")
      .withArgs(r.first);
    await r.doubleCount.setDisputed(r.first, true);
    await flag(r, 0, r.plain);
    for (const [index, opening] of [
      [0, r.plain],
      [1, r.batch],
    ] as const) {
      await expect(flag(r, index, opening))
        .to.be.revertedWithCustomError(r.certificate, "CertificateImpairedAlready")
        .withArgs(r.certificateId, r.first);
    }
  });

  it("mending what was not shown, or still carries a debt", async () => {
    const r = await loadFixture(disputed);
    await expect(r.certificate.mend(r.certificateId, r.first))
      .to.be.revertedWithCustomError(r.certificate, "CertificateNotImpaired")
      .withArgs(r.certificateId, r.first);
    await flag(r, 0, r.plain);
    await expect(r.certificate.mend(r.certificateId, r.first))
      .to.be.revertedWithCustomError(r.certificate, "CertificateDisputed")
      .withArgs(r.first);
  });
});

describe("Certificate: impairment, what is shown", () => {
  it("by anyone, for each id, until the last one carries no debt", async () => {
    const r = await loadFixture(disputed);
    await expect(flag(r, 0, r.plain))
      .to.emit(r.certificate, "CertificateImpaired")
      .withArgs(r.certificateId, r.first, r.opening.retirements[0]);
    await expect(flag(r, 1, r.batch, 1))
      .to.emit(r.certificate, "CertificateImpaired")
      .withArgs(r.certificateId, r.second, r.opening.retirements[1]);
    expect(await r.impaired()).to.equal(true);
    await r.doubleCount.setDisputed(r.first, false);
    await expect(r.certificate.connect(r.outsider).mend(r.certificateId, r.first))
      .to.emit(r.certificate, "CertificateMended")
      .withArgs(r.certificateId, r.first);
    expect(await r.certificate.isImpairedBy(r.certificateId, r.first)).to.equal(false);
    expect(await r.certificate.isImpairedBy(r.certificateId, r.second)).to.equal(true);
    expect(await r.impaired()).to.equal(true);
    await r.doubleCount.setDisputed(r.second, false);
    await r.certificate.mend(r.certificateId, r.second);
    expect(await r.impaired()).to.equal(false);
    expect((await r.certificate.certificateOf(r.certificateId)).state).to.equal(1);
  });

  it("also while the programme is paused, and again when a debt comes again", async () => {
    const r = await loadFixture(disputed);
    await r.programmes.setPaused(true);
    await flag(r, 0, r.plain);
    await r.doubleCount.setDisputed(r.first, false);
    await r.certificate.mend(r.certificateId, r.first);
    await r.doubleCount.setDisputed(r.first, true);
    await flag(r, 1, r.batch);
    expect(await r.impaired()).to.equal(true);
  });

  it("of a revoked certificate can still be mended", async () => {
    const r = await loadFixture(disputed);
    await flag(r, 0, r.plain);
    await r.certificate.connect(r.authority).revoke(r.certificateId, DOCUMENT);
    await r.doubleCount.setDisputed(r.first, false);
    await r.certificate.mend(r.certificateId, r.first);
    expect(await r.impaired()).to.equal(false);
  });
});
