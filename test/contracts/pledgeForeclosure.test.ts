import { expect } from "chai";
import { now, TOKEN_ID } from "./marketSupport.ts";
import {
  claimed,
  expectState,
  GRACE_SECONDS,
  GRAMS,
  parties,
  running,
  STATE,
  signed,
  termsOf,
} from "./pledgeSupport.ts";
import {
  createWallet,
  DOCUMENT,
  ethers,
  join,
  networkHelpers,
  PROGRAMME,
  ROLE,
  setParameters,
} from "./support.ts";

const { loadFixture, time } = networkHelpers;

describe("Pledge: foreclosure", () => {
  it("is claimed by the creditor alone, not a second before it is due, once", async () => {
    const m = await loadFixture(running);
    const c = m.pledge.connect(m.creditor);
    for (const caller of parties(m)) {
      await expect(m.pledge.connect(caller).claim(m.terms, DOCUMENT))
        .to.be.revertedWithCustomError(c, "PledgeNotCreditor")
        .withArgs(m.creditor.address, caller.address);
    }
    await time.setNextBlockTimestamp(m.terms.dueAt - 1n);
    await expect(c.claim(m.terms, DOCUMENT))
      .to.be.revertedWithCustomError(c, "PledgeNotDue")
      .withArgs(m.pledgeId, m.terms.dueAt);
    await expect(c.foreclose(m.terms))
      .to.be.revertedWithCustomError(c, "PledgeState")
      .withArgs(m.pledgeId, STATE.running);
    await m.programmes.connect(m.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(c.claim(m.terms, DOCUMENT)).to.be.revertedWithCustomError(
      m.programmes,
      "ProgrammesPaused",
    );
    await m.programmes.connect(m.authority).resumeProgramme(PROGRAMME, DOCUMENT);
    const at = m.terms.dueAt + 100n;
    await time.setNextBlockTimestamp(at);
    await expect(c.claim(m.terms, DOCUMENT))
      .to.emit(c, "PledgeClaimed")
      .withArgs(m.pledgeId, at + GRACE_SECONDS, DOCUMENT);
    await expect(c.claim(m.terms, DOCUMENT)).to.be.revertedWithCustomError(c, "PledgeState");
  });

  it("goes to the creditor after the grace, by the creditor, and to nobody else", async () => {
    const m = await loadFixture(claimed);
    const c = m.pledge.connect(m.creditor);
    await time.setNextBlockTimestamp(m.ripeAt - 1n);
    await expect(c.foreclose(m.terms))
      .to.be.revertedWithCustomError(c, "PledgeNotRipe")
      .withArgs(m.pledgeId, m.ripeAt);
    await time.increaseTo(m.ripeAt);
    for (const caller of parties(m)) {
      await expect(m.pledge.connect(caller).foreclose(m.terms))
        .to.be.revertedWithCustomError(c, "PledgeNotCreditor")
        .withArgs(m.creditor.address, caller.address);
    }
    await expect(c.foreclose({ ...m.terms, creditor: m.otherBuyer.address }))
      .to.be.revertedWithCustomError(c, "PledgeNotCreditor")
      .withArgs(m.otherBuyer.address, m.creditor.address);
    await expect(c.foreclose(m.terms)).to.emit(c, "PledgeForeclosed").withArgs(m.pledgeId);
    expect(await m.token.balanceOf(m.creditor.address, TOKEN_ID)).to.equal(GRAMS);
    await expectState(m, STATE.ended);
    await expect(c.foreclose(m.terms)).to.be.revertedWithCustomError(c, "PledgeState");
  });

  it("waits as long as the programme was paused, and not past a year of grace", async () => {
    const m = await loadFixture(claimed);
    const c = m.pledge.connect(m.creditor);
    const p = m.programmes.connect(m.authority);
    const pausedAt = (await now()) + 10n;
    await time.setNextBlockTimestamp(pausedAt);
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    await time.setNextBlockTimestamp(pausedAt + 500_000n);
    await p.resumeProgramme(PROGRAMME, DOCUMENT);
    await expect(c.foreclose(m.terms))
      .to.be.revertedWithCustomError(c, "PledgeNotRipe")
      .withArgs(m.pledgeId, m.ripeAt + 500_000n);
    await setParameters(m, { "pledge.graceSeconds": 1n << 100n });
    const terms = await termsOf(m, { salt: 2n });
    await m.pledge.connect(m.seller).offer(terms);
    await c.accept(terms);
    const at = terms.dueAt;
    await time.setNextBlockTimestamp(at);
    await expect(c.claim(terms, DOCUMENT))
      .to.emit(c, "PledgeClaimed")
      .withArgs(await c.pledgeIdOf(terms), at + 366n * 86_400n, DOCUMENT);
  });

  it("is refused while the owner is frozen, and in a pause; a closed owner keeps nothing", async () => {
    const m = await loadFixture(claimed);
    await time.increaseTo(m.ripeAt);
    const c = m.pledge.connect(m.creditor);
    const p = m.programmes.connect(m.authority);
    await p.freezeAccount(PROGRAMME, m.seller.address, DOCUMENT);
    await expect(c.foreclose(m.terms))
      .to.be.revertedWithCustomError(c, "PledgeStanding")
      .withArgs(m.seller.address, 3);
    await p.unfreezeAccount(PROGRAMME, m.seller.address, DOCUMENT);
    await p.closeAccount(PROGRAMME, m.seller.address, DOCUMENT);
    await expect(c.release(m.terms)).to.be.revertedWithCustomError(
      m.token,
      "ReductionTokenStanding",
    );
    await expectState(m, STATE.claimed);
    await c.foreclose(m.terms);
    await expectState(m, STATE.ended);
  });

  it("is refused to a creditor whose account is frozen or whose contract refuses", async () => {
    const m = await loadFixture(claimed);
    await time.increaseTo(m.ripeAt);
    const p = m.programmes.connect(m.authority);
    await p.freezeAccount(PROGRAMME, m.creditor.address, DOCUMENT);
    await expect(m.pledge.connect(m.creditor).foreclose(m.terms)).to.be.revertedWithCustomError(
      m.token,
      "ReductionTokenStanding",
    );
    await p.unfreezeAccount(PROGRAMME, m.creditor.address, DOCUMENT);
    const wallet = await createWallet(m.creditor.address);
    const creditor = await wallet.getAddress();
    await join(m, creditor, "wallet", 0);
    const terms = await termsOf(m, { creditor });
    await m.pledge.connect(m.seller).offerAccepted(terms, await signed(m, m.creditor, terms));
    const pledge = await m.pledge.getAddress();
    const act = (name: string, args: unknown[]) =>
      wallet.connect(m.creditor).execute(pledge, m.pledge.interface.encodeFunctionData(name, args));
    await time.increaseTo(terms.dueAt);
    await act("claim", [terms, DOCUMENT]);
    await time.increase(GRACE_SECONDS);
    await wallet.setRefuses(true);
    await expect(act("foreclose", [terms])).to.be.revertedWithCustomError(
      wallet,
      "ContractWalletRefuses",
    );
    await wallet.setRefuses(false);
    const again = m.pledge.interface.encodeFunctionData("foreclose", [terms]);
    await wallet.setCallback(pledge, again);
    await act("foreclose", [terms]);
    expect(await wallet.callbackFailed()).to.equal(true);
    expect(await m.token.balanceOf(creditor, TOKEN_ID)).to.equal(GRAMS);
    expect(await m.pledge.pledgedGrams(TOKEN_ID)).to.equal(GRAMS);
  });
});

describe("Pledge: a stay", () => {
  it("is an authority's of neither party, of a claim, in a running programme", async () => {
    const m = await loadFixture(claimed);
    const p = m.programmes.connect(m.authority);
    for (const caller of [m.seller, m.creditor, m.operator, m.outsider]) {
      await expect(m.pledge.connect(caller).stay(m.terms, DOCUMENT))
        .to.be.revertedWithCustomError(m.pledge, "PledgeRoleMissing")
        .withArgs(PROGRAMME, ROLE.authority, caller.address);
    }
    const [first, second] = (await ethers.getSigners()).slice(15);
    for (const [own, name, party] of [
      [first!, "owner", m.seller],
      [second!, "enterprise", m.creditor],
    ] as const) {
      await join(m, own.address, name, ROLE.authority);
      await expect(m.pledge.connect(own).stay(m.terms, DOCUMENT))
        .to.be.revertedWithCustomError(m.pledge, "PledgeSameInstitution")
        .withArgs(own.address, party.address);
    }
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    const s = m.pledge.connect(m.authority);
    await expect(s.stay(m.terms, DOCUMENT)).to.be.revertedWithCustomError(p, "ProgrammesPaused");
    await p.resumeProgramme(PROGRAMME, DOCUMENT);
    await expect(s.liftStay(m.terms, DOCUMENT)).to.be.revertedWithCustomError(s, "PledgeState");
    const other = { ...m.terms, salt: 2n };
    await expect(s.stay(other, DOCUMENT)).to.be.revertedWithCustomError(s, "PledgeState");
  });

  it("keeps the creditor out until it is lifted; then the grace runs anew", async () => {
    const m = await loadFixture(claimed);
    const s = m.pledge.connect(m.authority);
    const c = m.pledge.connect(m.creditor);
    await expect(s.stay(m.terms, DOCUMENT))
      .to.emit(s, "PledgeStayed")
      .withArgs(m.pledgeId, m.authority.address, DOCUMENT);
    await time.increaseTo(m.ripeAt);
    for (const call of [c.foreclose(m.terms), c.claim(m.terms, DOCUMENT)]) {
      await expect(call)
        .to.be.revertedWithCustomError(c, "PledgeState")
        .withArgs(m.pledgeId, STATE.stayed);
    }
    await expect(c.liftStay(m.terms, DOCUMENT)).to.be.revertedWithCustomError(
      c,
      "PledgeRoleMissing",
    );
    await expect(s.liftStay(m.terms, DOCUMENT))
      .to.emit(s, "PledgeStayLifted")
      .withArgs(m.pledgeId, m.authority.address, DOCUMENT);
    await expectState(m, STATE.running);
    await c.claim(m.terms, DOCUMENT);
    const ripeAt = (await now()) + GRACE_SECONDS;
    await expect(c.foreclose(m.terms))
      .to.be.revertedWithCustomError(c, "PledgeNotRipe")
      .withArgs(m.pledgeId, ripeAt);
  });

  it("does not keep the creditor from releasing", async () => {
    const m = await loadFixture(claimed);
    await m.pledge.connect(m.authority).stay(m.terms, DOCUMENT);
    await m.pledge.connect(m.creditor).release(m.terms);
    await expectState(m, STATE.ended);
    expect(await m.pledge.pledgeOf(m.pledgeId)).to.deep.equal([STATE.ended, 0n]);
  });
});
