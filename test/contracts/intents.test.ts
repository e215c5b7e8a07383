import { expect } from "chai";
import {
  CERTIFY_TYPES,
  certificateIdOf,
  certifyIntent,
  create,
  ethers,
  HELD,
  id,
  NO_CERTIFICATE,
  networkHelpers,
  RETIRE_TYPES,
  retire,
  retireIntent,
  retirementIdOf,
  type Signer,
  STANDING,
  signFor,
  type TokenRegistry,
  TRANSFER_TYPES,
  tokenRegistry,
  transferIntent,
  type Wallet,
  walletOf,
} from "./tokenSupport.ts";

const { loadFixture, time } = networkHelpers;

type Fields = Record<string, unknown>;

/** One kind of intent: what it says, who signs it, how it is brought. */
type Kind = {
  name: string;
  domain: "Tanpu ReductionToken" | "Tanpu Certificate";
  types: typeof TRANSFER_TYPES | typeof RETIRE_TYPES | typeof CERTIFY_TYPES;
  contract(r: TokenRegistry): TokenRegistry["token"] | TokenRegistry["certificate"];
  intent(r: TokenRegistry, changes?: Fields): Fields;
  /** Another value for each field but nonce and deadline. */
  others(r: TokenRegistry): Fields;
  signer: "from" | "holder";
  bring(r: TokenRegistry, intent: Fields, signature: string): Promise<unknown>;
};

const OTHER = id("other");

/** Owner's retirements that certificates are made of; the same in every fixture. */
const retirementsOf = (r: TokenRegistry) => [
  retirementIdOf(r.owner.address, r.second, 0n, 10n),
  retirementIdOf(r.owner.address, r.second, 10n, 20n),
];

const KINDS: Kind[] = [
  {
    name: "transferByIntent",
    domain: "Tanpu ReductionToken",
    types: TRANSFER_TYPES,
    contract: (r) => r.token,
    intent: (r, changes) => transferIntent(r, changes),
    others: (r) => ({
      from: r.enterprise.address,
      to: r.owner.address,
      tokenId: r.second,
      grams: 101n,
    }),
    signer: "from",
    bring: (r, intent, signature) =>
      r.token.connect(r.outsider).transferByIntent(intent, signature),
  },
  {
    name: "retireByIntent",
    domain: "Tanpu ReductionToken",
    types: RETIRE_TYPES,
    contract: (r) => r.token,
    intent: (r, changes) => retireIntent(r, changes),
    others: (r) => ({
      holder: r.enterprise.address,
      tokenId: r.second,
      grams: 101n,
      purpose: 2,
      content: OTHER,
    }),
    signer: "holder",
    bring: (r, intent, signature) => r.token.connect(r.outsider).retireByIntent(intent, signature),
  },
  {
    name: "certifyByIntent",
    domain: "Tanpu Certificate",
    types: CERTIFY_TYPES,
    contract: (r) => r.certificate,
    intent: (r, changes) => certifyIntent(r, retirementsOf(r).slice(0, 1), changes),
    others: (r) => ({
      holder: r.enterprise.address,
      delegate: r.outsider.address,
      retirements: retirementsOf(r),
      emittedGrams: 2n,
      kind: 2,
      content: OTHER,
    }),
    signer: "holder",
    bring: (r, intent, signature) =>
      r.certificate.connect(r.outsider).certifyByIntent(intent, NO_CERTIFICATE, signature),
  },
];

async function ready() {
  const r = await tokenRegistry();
  await retire(r, 10n, { tokenId: r.second });
  await retire(r, 10n, { tokenId: r.second });
  return r;
}

const signed = (kind: Kind, r: TokenRegistry, intent: Fields, signer: Signer = r.owner) =>
  signFor(kind.contract(r), kind.domain, signer, kind.types as never, intent);

for (const kind of KINDS) {
  describe(`Intents: ${kind.name}`, () => {
    const refusedSignature = (r: TokenRegistry, intent: Fields, signature: string) =>
      expect(kind.bring(r, intent, signature)).to.be.revertedWithCustomError(
        kind.contract(r) as never,
        "IntentNoncesSignature",
      );

    it("is refused with another's signature, none, or a broken one", async () => {
      const r = await loadFixture(ready);
      const intent = kind.intent(r);
      const signature = await signed(kind, r, intent);
      for (const wrong of [
        await signed(kind, r, intent, r.enterprise),
        "0x",
        signature.slice(0, -2),
        `${signature}00`,
        `0x${"11".repeat(65)}`,
      ]) {
        await refusedSignature(r, intent, wrong);
      }
      // The same signature with s in the upper half of the curve.
      const { r: x, s, v } = ethers.Signature.from(signature);
      const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
      const upper = ethers.toBeHex(order - BigInt(s), 32);
      await refusedSignature(r, intent, ethers.concat([x, upper, v === 27 ? "0x1c" : "0x1b"]));
    });

    it("is refused when any of its fields is another one than was signed", async () => {
      const r = await loadFixture(ready);
      const intent = kind.intent(r);
      const signature = await signed(kind, r, intent);
      const others: Fields = { ...kind.others(r), nonce: 8n, deadline: 9_999_999_999n };
      const covered = Object.values(kind.types)[0]?.map(({ name }) => name) ?? [];
      // What a certificate replaces has a check of its own in front of the signature.
      expect(Object.keys(others)).to.have.members(covered.filter((name) => name !== "replaces"));
      for (const [name, value] of Object.entries(others)) {
        await refusedSignature(r, { ...intent, [name]: value }, signature);
      }
    });

    it("is refused on another chain, in another contract, after a redeployment", async () => {
      const r = await loadFixture(ready);
      const intent = kind.intent(r);
      const domains: Fields[] = [
        { chainId: 1n },
        { verifyingContract: r.wiring.settlement },
        { name: "Tanpu Settlement" },
        { version: "2" },
      ];
      for (const domain of domains) {
        const signature = await signFor(
          kind.contract(r),
          kind.domain,
          r.owner,
          kind.types as never,
          intent,
          domain,
        );
        await refusedSignature(r, intent, signature);
      }
      const token = await create<string>("ReductionToken", [r.access, r.wiring]);
      const certificate = await create<string>("Certificate", [
        await token.getAddress(),
        r.wiring.programmes,
        r.wiring.doubleCount,
      ]);
      const redeployed = { ...r, token, certificate } as unknown as TokenRegistry;
      await refusedSignature(redeployed, intent, await signed(kind, r, intent));
    });

    it("is refused after its last second", async () => {
      const r = await loadFixture(ready);
      const deadline = BigInt(await time.latest()) + 100n;
      const intent = kind.intent(r, { deadline });
      const signature = await signed(kind, r, intent);
      await time.setNextBlockTimestamp(deadline + 1n);
      await expect(kind.bring(r, intent, signature))
        .to.be.revertedWithCustomError(kind.contract(r) as never, "IntentNoncesExpired")
        .withArgs(deadline, deadline + 1n);
    });

    it("counts in its last second", async () => {
      const r = await loadFixture(ready);
      const deadline = BigInt(await time.latest()) + 100n;
      const intent = kind.intent(r, { deadline });
      const signature = await signed(kind, r, intent);
      await time.setNextBlockTimestamp(deadline);
      await kind.bring(r, intent, signature);
    });

    it("is refused a second time, and under a nonce that was used or cancelled", async () => {
      const r = await loadFixture(ready);
      const contract = kind.contract(r);
      const intent = kind.intent(r);
      await kind.bring(r, intent, await signed(kind, r, intent));
      expect(await contract.isNonceUsed(r.owner.address, 7)).to.equal(true);
      await expect(kind.bring(r, intent, await signed(kind, r, intent)))
        .to.be.revertedWithCustomError(contract as never, "IntentNoncesUsed")
        .withArgs(r.owner.address, 7);
      const { nonce: _, deadline: __, ...rest } = kind.others(r);
      const another = { ...intent, ...rest, [kind.signer]: r.owner.address };
      await expect(kind.bring(r, another, await signed(kind, r, another)))
        .to.be.revertedWithCustomError(contract as never, "IntentNoncesUsed")
        .withArgs(r.owner.address, 7);
      const last = 2n ** 256n - 1n;
      await contract.connect(r.owner).cancelNonces(last >> 8n, 1n << 255n);
      const cancelled = { ...intent, nonce: last };
      await expect(kind.bring(r, cancelled, await signed(kind, r, cancelled)))
        .to.be.revertedWithCustomError(contract as never, "IntentNoncesUsed")
        .withArgs(r.owner.address, last);
    });

    it("uses its nonce only where it succeeds", async () => {
      const r = await loadFixture(ready);
      const intent = kind.intent(r);
      const signature = await signed(kind, r, intent);
      await r.asProgrammes.setStanding(r.owner.address, STANDING.open | STANDING.frozen);
      await expect(kind.bring(r, intent, signature)).to.be.revert(ethers);
      expect(await kind.contract(r).isNonceUsed(r.owner.address, 7)).to.equal(false);
      await r.asProgrammes.setStanding(r.owner.address, STANDING.open);
      await kind.bring(r, intent, signature);
    });

    it("tells digest, signer and nonce", async () => {
      const r = await loadFixture(ready);
      const contract = kind.contract(r);
      const intent = kind.intent(r);
      const domain = {
        name: kind.domain,
        version: "1",
        chainId: (await ethers.provider.getNetwork()).chainId,
        verifyingContract: await contract.getAddress(),
      };
      const digest = ethers.TypedDataEncoder.hash(domain, kind.types as never, intent);
      await expect(kind.bring(r, intent, await signed(kind, r, intent)))
        .to.emit(contract as never, "IntentUsed")
        .withArgs(digest, r.owner.address, 7);
    });

    it("counts in any order of nonces", async () => {
      const r = await loadFixture(ready);
      const contract = kind.contract(r);
      const [one, two] = retirementsOf(r);
      for (const [nonce, retirement] of [
        [300n, one],
        [2n, two],
      ] as const) {
        const changes = kind.name === "certifyByIntent" ? { retirements: [retirement] } : {};
        const intent = kind.intent(r, { nonce, ...changes });
        await kind.bring(r, intent, await signed(kind, r, intent));
      }
      for (const [nonce, used] of [
        [300, true],
        [2, true],
        [301, false],
        [44, false],
      ] as const) {
        expect(await contract.isNonceUsed(r.owner.address, nonce)).to.equal(used);
      }
      expect(await contract.isNonceUsed(r.enterprise.address, 2)).to.equal(false);
    });
  });
}

describe("Intents: nonces", () => {
  it("are cancelled by their signer only, by the word, also when the account is frozen", async () => {
    const r = await loadFixture(tokenRegistry);
    await r.asProgrammes.setStanding(r.owner.address, STANDING.open | STANDING.frozen);
    await expect(r.token.connect(r.owner).cancelNonces(3, 0b101))
      .to.emit(r.token, "NoncesCancelled")
      .withArgs(r.owner.address, 3, 0b101);
    for (const [nonce, used] of [
      [768, true],
      [769, false],
      [770, true],
      [0, false],
    ] as const) {
      expect(await r.token.isNonceUsed(r.owner.address, nonce)).to.equal(used);
      expect(await r.token.isNonceUsed(r.enterprise.address, nonce)).to.equal(false);
      expect(await r.certificate.isNonceUsed(r.owner.address, nonce)).to.equal(false);
    }
    await r.token.connect(r.owner).cancelNonces(3, 0b010);
    expect(await r.token.isNonceUsed(r.owner.address, 768)).to.equal(true);
  });
});

describe("Intents: what they do", () => {
  it("a transfer moves, whoever brings it, as the operator of the event", async () => {
    const r = await loadFixture(tokenRegistry);
    const intent = transferIntent(r);
    const signature = await signed(KINDS[0] as Kind, r, intent);
    await expect(r.token.connect(r.outsider).transferByIntent(intent, signature))
      .to.emit(r.token, "TransferSingle")
      .withArgs(r.outsider.address, r.owner.address, r.enterprise.address, r.first, 100);
    expect(await r.token.balanceOf(r.enterprise.address, r.first)).to.equal(100);
  });

  it("a transfer to nobody is refused", async () => {
    const r = await loadFixture(tokenRegistry);
    const intent = transferIntent(r, { to: ethers.ZeroAddress });
    await expect(r.token.transferByIntent(intent, await signed(KINDS[0] as Kind, r, intent)))
      .to.be.revertedWithCustomError(r.token, "ERC1155InvalidReceiver")
      .withArgs(ethers.ZeroAddress);
  });

  it("a retirement is the holder's", async () => {
    const r = await loadFixture(tokenRegistry);
    const intent = retireIntent(r);
    await r.token
      .connect(r.outsider)
      .retireByIntent(intent, await signed(KINDS[1] as Kind, r, intent));
    const retirementId = retirementIdOf(r.owner.address, r.first, 0n, 100n);
    expect((await r.token.retirementOf(retirementId)).holder).to.equal(r.owner.address);
    expect(await r.token.balanceOf(r.owner.address, r.first)).to.equal(HELD - 100n);
  });

  it("a certificate is the holder's, and only the named delegate may bring its order", async () => {
    const r = await loadFixture(ready);
    const retirements = retirementsOf(r);
    const intent = certifyIntent(r, retirements, { delegate: r.enterprise.address });
    const signature = await signed(KINDS[2] as Kind, r, intent);
    await expect(
      r.certificate.connect(r.outsider).certifyByIntent(intent, NO_CERTIFICATE, signature),
    )
      .to.be.revertedWithCustomError(r.certificate, "CertificateNotDelegate")
      .withArgs(r.enterprise.address, r.outsider.address);
    await r.certificate.connect(r.enterprise).certifyByIntent(intent, NO_CERTIFICATE, signature);
    const certificateId = certificateIdOf(r.owner.address, retirements);
    expect(await r.certificate.ownerOf(certificateId)).to.equal(r.owner.address);
  });

  it("a certificate of another's retirements is refused, whoever signs", async () => {
    const r = await loadFixture(ready);
    const [retirement] = retirementsOf(r);
    const intent = certifyIntent(r, [retirement as string], { holder: r.enterprise.address });
    const signature = await signed(KINDS[2] as Kind, r, intent, r.enterprise);
    await expect(r.certificate.certifyByIntent(intent, NO_CERTIFICATE, signature))
      .to.be.revertedWithCustomError(r.certificate, "CertificateNotRetirer")
      .withArgs(retirement, r.owner.address, r.enterprise.address);
  });
});

describe("Intents of contract accounts", () => {
  async function withWallet() {
    const r = await tokenRegistry();
    return { ...r, ...(await walletOf(r)) };
  }

  const bring = async (
    r: TokenRegistry & { wallet: Wallet; address: string },
    nonce: bigint,
    signer: Signer = r.owner,
  ) => {
    const intent = transferIntent(r, { from: r.address, nonce });
    return r.token.transferByIntent(intent, await signed(KINDS[0] as Kind, r, intent, signer));
  };

  it("count while the contract accepts the signature, not before or after", async () => {
    const r = await loadFixture(withWallet);
    const refused = (call: Promise<unknown>) =>
      expect(call).to.be.revertedWithCustomError(r.token, "IntentNoncesSignature");
    await refused(bring(r, 1n, r.enterprise));
    await r.wallet.setSignsNothing(true);
    await refused(bring(r, 1n));
    await r.wallet.setSignsNothing(false);
    await bring(r, 1n);
    await r.wallet.setSignsNothing(true);
    await refused(bring(r, 2n));
    // A used nonce stays used when the contract changes its mind back.
    await r.wallet.setSignsNothing(false);
    await expect(bring(r, 1n))
      .to.be.revertedWithCustomError(r.token, "IntentNoncesUsed")
      .withArgs(r.address, 1);
    expect(await r.token.balanceOf(r.address, r.first)).to.equal(900);
  });

  it("are refused of contracts that know no signatures", async () => {
    const r = await loadFixture(withWallet);
    const deaf = await r.certificate.getAddress();
    const intent = transferIntent(r, { from: deaf });
    await expect(
      r.token.transferByIntent(intent, await signed(KINDS[0] as Kind, r, intent)),
    ).to.be.revertedWithCustomError(r.token, "IntentNoncesSignature");
  });

  it("cannot be brought again by a receiver out of its hook", async () => {
    const r = await loadFixture(withWallet);
    const intent = transferIntent(r, { to: r.address, grams: 10n });
    const signature = await signed(KINDS[0] as Kind, r, intent);
    const call = r.token.interface.encodeFunctionData("transferByIntent", [intent, signature]);
    await r.wallet.setCallback(await r.token.getAddress(), call);
    await r.token.transferByIntent(intent, signature);
    expect(await r.wallet.callbackFailed()).to.equal(true);
    const error = r.token.interface.parseError(await r.wallet.callbackError());
    expect(error?.name).to.equal("IntentNoncesUsed");
    expect(await r.token.balanceOf(r.address, r.first)).to.equal(1_010);
  });

  it("may be another's in the hook: each counts once", async () => {
    const r = await loadFixture(withWallet);
    const first = transferIntent(r, { to: r.address, grams: 10n, nonce: 1n });
    const second = transferIntent(r, { to: r.address, grams: 20n, nonce: 2n });
    const sign = (intent: Fields) => signed(KINDS[0] as Kind, r, intent);
    const call = r.token.interface.encodeFunctionData("transferByIntent", [
      second,
      await sign(second),
    ]);
    await r.wallet.setCallback(await r.token.getAddress(), call);
    await r.token.transferByIntent(first, await sign(first));
    expect(await r.wallet.callbackFailed()).to.equal(false);
    expect(await r.token.balanceOf(r.address, r.first)).to.equal(1_030);
    await expect(
      r.token.transferByIntent(second, await sign(second)),
    ).to.be.revertedWithCustomError(r.token, "IntentNoncesUsed");
  });
});
