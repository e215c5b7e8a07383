import { expect } from "chai";
import { id, market, now, TOKEN_ID } from "./marketSupport.ts";
import {
  type Bank,
  bank,
  expectState,
  GRAMS,
  offered,
  parties,
  running,
  STATE,
  signed,
  termsOf,
} from "./pledgeSupport.ts";
import { create, createWallet, DOCUMENT, join, networkHelpers, PROGRAMME } from "./support.ts";

const { loadFixture, time } = networkHelpers;

describe("Pledge: what is not offered", () => {
  it("another's units, none, to oneself, too late, due before accepted, to no open account", async () => {
    const m = await loadFixture(bank);
    const p = m.pledge.connect(m.seller);
    const terms = await termsOf(m);
    await expect(m.pledge.connect(m.creditor).offer(terms))
      .to.be.revertedWithCustomError(p, "PledgeNotOwner")
      .withArgs(m.seller.address, m.creditor.address);
    await expect(p.offer({ ...terms, grams: 0 })).to.be.revertedWithCustomError(
      p,
      "PledgeGramsZero",
    );
    await expect(p.offer({ ...terms, creditor: m.seller.address }))
      .to.be.revertedWithCustomError(p, "PledgeSelf")
      .withArgs(m.seller.address);
    const at = (await now()) + 10n;
    await time.setNextBlockTimestamp(at);
    await expect(p.offer({ ...terms, acceptBy: at - 1n }))
      .to.be.revertedWithCustomError(p, "PledgeAcceptBy")
      .withArgs(at - 1n, at);
    await expect(p.offer({ ...terms, dueAt: terms.acceptBy - 1n }))
      .to.be.revertedWithCustomError(p, "PledgeDueTooEarly")
      .withArgs(terms.acceptBy - 1n, terms.acceptBy);
    await expect(p.offer({ ...terms, creditor: m.outsider.address }))
      .to.be.revertedWithCustomError(p, "PledgeStanding")
      .withArgs(m.outsider.address, 0);
  });

  it("units the owner lacks, the same terms twice, in a pause, by a frozen owner", async () => {
    const m = await loadFixture(offered);
    const p = m.pledge.connect(m.seller);
    await expect(p.offer(m.terms))
      .to.be.revertedWithCustomError(p, "PledgeExists")
      .withArgs(m.pledgeId);
    await expect(p.offer({ ...m.terms, grams: 1n << 63n })).to.be.revertedWithCustomError(
      m.token,
      "ERC1155InsufficientBalance",
    );
    const again = { ...m.terms, salt: 2n };
    const a = m.programmes.connect(m.authority);
    await a.freezeAccount(PROGRAMME, m.seller.address, DOCUMENT);
    await expect(p.offer(again)).to.be.revertedWithCustomError(m.token, "ReductionTokenStanding");
    await a.unfreezeAccount(PROGRAMME, m.seller.address, DOCUMENT);
    await a.pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(p.offer(again)).to.be.revertedWithCustomError(m.token, "ReductionTokenPaused");
    await a.resumeProgramme(PROGRAMME, DOCUMENT);
    await p.takeBack(m.terms);
    await expect(p.offer(m.terms)).to.be.revertedWithCustomError(p, "PledgeExists");
  });

  it("units sent here without terms", async () => {
    const m = await loadFixture(bank);
    const to = await m.pledge.getAddress();
    const t = m.token.connect(m.seller);
    await expect(
      t.safeTransferFrom(m.seller.address, to, TOKEN_ID, 1, "0x"),
    ).to.be.revertedWithCustomError(t, "ERC1155InvalidReceiver");
  });
});

describe("Pledge: what does not start", () => {
  it("by anybody but the creditor, too late, in a pause, between frozen parties", async () => {
    const m = await loadFixture(offered);
    for (const caller of parties(m)) {
      await expect(m.pledge.connect(caller).accept(m.terms))
        .to.be.revertedWithCustomError(m.pledge, "PledgeNotCreditor")
        .withArgs(m.creditor.address, caller.address);
    }
    const c = m.pledge.connect(m.creditor);
    const a = m.programmes.connect(m.authority);
    for (const party of [m.seller, m.creditor]) {
      await a.freezeAccount(PROGRAMME, party.address, DOCUMENT);
      await expect(c.accept(m.terms))
        .to.be.revertedWithCustomError(c, "PledgeStanding")
        .withArgs(party.address, 3);
      await a.unfreezeAccount(PROGRAMME, party.address, DOCUMENT);
    }
    await a.pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(c.accept(m.terms)).to.be.revertedWithCustomError(a, "ProgrammesPaused");
    await a.resumeProgramme(PROGRAMME, DOCUMENT);
    await time.setNextBlockTimestamp(m.terms.acceptBy + 1n);
    await expect(c.accept(m.terms))
      .to.be.revertedWithCustomError(c, "PledgeAcceptBy")
      .withArgs(m.terms.acceptBy, m.terms.acceptBy + 1n);
    await expectState(m, STATE.offered);
  });

  it("other terms, what was never offered, what started or ended before", async () => {
    const m = await loadFixture(running);
    const c = m.pledge.connect(m.creditor);
    const other = { ...m.terms, grams: GRAMS - 1n };
    await expect(c.accept(other))
      .to.be.revertedWithCustomError(c, "PledgeState")
      .withArgs(await m.pledge.pledgeIdOf(other), STATE.none);
    await expect(c.accept(m.terms))
      .to.be.revertedWithCustomError(c, "PledgeState")
      .withArgs(m.pledgeId, STATE.running);
    await c.release(m.terms);
    await expect(c.accept(m.terms))
      .to.be.revertedWithCustomError(c, "PledgeState")
      .withArgs(m.pledgeId, STATE.ended);
  });

  it("where no grace for foreclosures was decided", async () => {
    const m = { ...(await loadFixture(market)) } as Bank;
    m.creditor = m.buyer;
    const terms = await termsOf(m);
    await m.pledge.connect(m.seller).offer(terms);
    await expect(m.pledge.connect(m.creditor).accept(terms)).to.be.revertedWithCustomError(
      m.programmes,
      "ProgrammesParameterUnset",
    );
    await m.pledge.connect(m.seller).takeBack(terms);
  });

  it("by a signature of another, over other terms, for another chain or contract", async () => {
    const m = await loadFixture(offered);
    const other = await create<"getAddress">("Pledge", [
      await m.programmes.getAddress(),
      await m.token.getAddress(),
    ]);
    const signatures = [
      await signed(m, m.seller, m.terms),
      await signed(m, m.creditor, m.terms, { chainId: 1 }),
      await signed(m, m.creditor, m.terms, { verifyingContract: await other.getAddress() }),
      "0x",
    ];
    for (const change of [{ grams: 1n }, { dueAt: 1n }, { document: id("x") }, { salt: 2n }]) {
      signatures.push(await signed(m, m.creditor, { ...m.terms, ...change }));
    }
    for (const signature of signatures) {
      await expect(m.pledge.acceptBySignature(m.terms, signature))
        .to.be.revertedWithCustomError(m.pledge, "PledgeSignature")
        .withArgs(m.creditor.address, m.pledgeId);
    }
    await expectState(m, STATE.offered);
  });
});

describe("Pledge: starting and letting go", () => {
  it("says all terms and takes the grams; the owner may take an offer back", async () => {
    const m = await loadFixture(bank);
    const terms = await termsOf(m);
    const pledgeId = await m.pledge.pledgeIdOf(terms);
    const p = m.pledge.connect(m.seller);
    await expect(p.offer(terms))
      .to.emit(p, "PledgeOffered")
      .withArgs(pledgeId, Object.values(terms));
    for (const caller of [m.creditor, m.authority, m.outsider]) {
      await expect(m.pledge.connect(caller).takeBack(terms))
        .to.be.revertedWithCustomError(p, "PledgeNotOwner")
        .withArgs(m.seller.address, caller.address);
    }
    const before = (await m.token.balanceOf(m.seller.address, TOKEN_ID)) as bigint;
    await expect(p.takeBack(terms)).to.emit(p, "PledgeTakenBack").withArgs(pledgeId);
    expect(await m.token.balanceOf(m.seller.address, TOKEN_ID)).to.equal(before + GRAMS);
  });

  it("starts by the creditor's signature, at once or later, of a contract account too", async () => {
    const m = await loadFixture(offered);
    await expect(m.pledge.acceptBySignature(m.terms, await signed(m, m.creditor, m.terms)))
      .to.emit(m.pledge, "PledgeAccepted")
      .withArgs(m.pledgeId);
    await expectState(m, STATE.running);
    const wallet = await createWallet(m.creditor.address);
    const creditor = await wallet.getAddress();
    await join(m, creditor, "wallet", 0);
    const terms = await termsOf(m, { creditor });
    const signature = await signed(m, m.creditor, terms);
    await expect(m.pledge.connect(m.creditor).offerAccepted(terms, signature))
      .to.be.revertedWithCustomError(m.pledge, "PledgeNotOwner")
      .withArgs(m.seller.address, m.creditor.address);
    await m.pledge.connect(m.seller).offerAccepted(terms, signature);
    expect(await m.pledge.pledgeOf(await m.pledge.pledgeIdOf(terms))).to.deep.equal([
      STATE.running,
      0n,
    ]);
    expect(await m.pledge.pledgedGrams(TOKEN_ID)).to.equal(2n * GRAMS);
  });

  it("keeps the owner from taking back what runs, and frees it only for the creditor", async () => {
    const m = await loadFixture(running);
    await expect(m.pledge.connect(m.seller).takeBack(m.terms))
      .to.be.revertedWithCustomError(m.pledge, "PledgeState")
      .withArgs(m.pledgeId, STATE.running);
    for (const caller of parties(m)) {
      await expect(m.pledge.connect(caller).release(m.terms))
        .to.be.revertedWithCustomError(m.pledge, "PledgeNotCreditor")
        .withArgs(m.creditor.address, caller.address);
    }
    await expect(m.pledge.connect(m.creditor).release(m.terms))
      .to.emit(m.pledge, "PledgeReleased")
      .withArgs(m.pledgeId);
    await expectState(m, STATE.ended);
    await expect(m.pledge.connect(m.creditor).release(m.terms))
      .to.be.revertedWithCustomError(m.pledge, "PledgeState")
      .withArgs(m.pledgeId, STATE.ended);
  });

  it("keeps the units while the owner refuses them or comes back for more", async () => {
    const m = await loadFixture(bank);
    const wallet = await createWallet(m.seller.address);
    const owner = await wallet.getAddress();
    await join(m, owner, "wallet", 0);
    const t = m.token.connect(m.seller);
    await t.safeTransferFrom(m.seller.address, owner, TOKEN_ID, GRAMS, "0x");
    const terms = await termsOf(m, { owner });
    const pledge = await m.pledge.getAddress();
    const call = (name: string) => m.pledge.interface.encodeFunctionData(name, [terms]);
    await wallet.connect(m.seller).execute(pledge, call("offer"));
    await wallet.setRefuses(true);
    await expect(
      wallet.connect(m.seller).execute(pledge, call("takeBack")),
    ).to.be.revertedWithCustomError(wallet, "ContractWalletRefuses");
    await wallet.setRefuses(false);
    await wallet.setCallback(pledge, call("takeBack"));
    await wallet.connect(m.seller).execute(pledge, call("takeBack"));
    expect(await wallet.callbackFailed()).to.equal(true);
    expect(await m.token.balanceOf(owner, TOKEN_ID)).to.equal(GRAMS);
    expect(await m.pledge.pledgedGrams(TOKEN_ID)).to.equal(0n);
  });
});
