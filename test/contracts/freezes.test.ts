import { expect } from "chai";
import {
  addAuthority,
  COMPANY,
  DOCUMENT,
  FOREIGN_UNITS,
  HELD,
  type Holdings,
  holdings,
  id,
  networkHelpers,
  nextAt,
  now,
  OTHER_PROGRAMME,
  OTHER_UNITS,
  PROGRAMME,
  ROLE,
  type Signer,
  send,
  UNITS,
  UNKNOWN_UNITS,
  ZeroHash,
} from "./holdings.ts";

const { loadFixture, time } = networkHelpers;
const NUMBER = id("document number");
const REQUEST = 7n;
const MOST = 2n ** 64n - 1n;

const freezeFrom = (
  h: Holdings,
  who: Signer,
  { account = h.holder.address, units = UNITS, grams = 4_000n, number = NUMBER, until = 0n } = {},
) => h.freezes.connect(who).freezeGrams(account, units, grams, number, until);

/** Freezes grams of the holder and answers the freeze's number. */
async function freeze(
  h: Holdings,
  grams: bigint,
  until = 0n,
  units = UNITS,
  who = h.authority,
): Promise<bigint> {
  const freezes = h.freezes.connect(who);
  const args = [h.holder.address, units, grams, NUMBER, until] as const;
  const freezeId: bigint = await freezes.freezeGrams.staticCall(...args);
  await freezes.freezeGrams(...args);
  return freezeId;
}

const frozen = (h: Holdings, units = UNITS): Promise<bigint> =>
  h.freezes.frozenOf(h.holder.address, units);

const standing = (h: Holdings): Promise<bigint> => h.token.standingOf(h.holder.address);

const asDoubleCount = (h: Holdings) => h.freezes.connect(h.doubleCount);

describe("Freezes: freezing grams", () => {
  it("is refused to everybody but an authority of the units' or the account's programme", async () => {
    const h = await loadFixture(holdings);
    for (const who of [h.holder, h.operator, h.outsider, h.registrar, h.foreignAuthority]) {
      await expect(freezeFrom(h, who))
        .to.be.revertedWithCustomError(h.freezes, "FreezesRoleMissing")
        .withArgs(PROGRAMME, ROLE.authority, who.address);
    }
  });

  it("is refused to an authority whose role was revoked", async () => {
    const h = await loadFixture(holdings);
    await h.programmes
      .connect(h.authority)
      .revokeRole(PROGRAMME, ROLE.authority, h.supervisor.address, DOCUMENT);
    await expect(freezeFrom(h, h.supervisor)).to.be.revertedWithCustomError(
      h.freezes,
      "FreezesRoleMissing",
    );
  });

  it("is refused for whoever has no account, escrow and pool among them", async () => {
    const h = await loadFixture(holdings);
    for (const who of [h.outsider, h.settlement, h.pledge, h.poolReserve]) {
      await expect(freezeFrom(h, h.authority, { account: who.address }))
        .to.be.revertedWithCustomError(h.freezes, "FreezesAccountUnknown")
        .withArgs(who.address);
    }
  });

  it("is refused for an id that was never issued, no grams and no document", async () => {
    const h = await loadFixture(holdings);
    await expect(freezeFrom(h, h.authority, { units: UNKNOWN_UNITS }))
      .to.be.revertedWithCustomError(h.freezes, "FreezesTokenUnknown")
      .withArgs(UNKNOWN_UNITS);
    await expect(freezeFrom(h, h.authority, { grams: 0n })).to.be.revertedWithCustomError(
      h.freezes,
      "FreezesGramsZero",
    );
    await expect(freezeFrom(h, h.authority, { number: ZeroHash })).to.be.revertedWithCustomError(
      h.freezes,
      "FreezesDocumentZero",
    );
  });

  it("is refused when it would be over at once", async () => {
    const h = await loadFixture(holdings);
    const at = (await now()) + 100n;
    await nextAt(at);
    await expect(freezeFrom(h, h.authority, { until: at }))
      .to.be.revertedWithCustomError(h.freezes, "FreezesExpiry")
      .withArgs(at, at);
    await nextAt(at + 10n);
    await freezeFrom(h, h.authority, { until: at + 11n });
  });

  it("is refused for a ninth live freeze of one account and id, and none other", async () => {
    const h = await loadFixture(holdings);
    for (let i = 0; i < 8; ++i) await freeze(h, 1n);
    await expect(freezeFrom(h, h.authority))
      .to.be.revertedWithCustomError(h.freezes, "FreezesFull")
      .withArgs(h.holder.address, UNITS, 8n);
    await freeze(h, 1n, 0n, OTHER_UNITS);
    await asDoubleCount(h).freezeForDebt(h.holder.address, UNITS, 5n, REQUEST);
    expect(await frozen(h)).to.equal(13n);
    expect(await h.freezes.countOf(h.holder.address)).to.equal(10n);
  });

  it("tells all and marks the account in the token", async () => {
    const h = await loadFixture(holdings);
    const until = (await now()) + 1_000n;
    await expect(freezeFrom(h, h.supervisor, { until }))
      .to.emit(h.freezes, "GramsFrozen")
      .withArgs(1n, h.holder.address, UNITS, PROGRAMME, h.supervisor.address, 4_000n, NUMBER, until)
      .and.to.emit(h.token, "StandingSet")
      .withArgs(h.holder.address, 9n);
    const stored = await h.freezes.freezeOf(1n);
    expect([...stored]).to.deep.equal([h.holder.address, BigInt(PROGRAMME), until, UNITS, 4_000n]);
    expect(await h.freezes.freezesOf(h.holder.address, UNITS)).to.deep.equal([1n]);
  });

  it("works in a pause and on accounts that are frozen or closed", async () => {
    const h = await loadFixture(holdings);
    const programmes = h.programmes.connect(h.authority);
    await programmes.pauseProgramme(PROGRAMME, DOCUMENT);
    await freeze(h, 1n);
    await programmes.freezeAccount(PROGRAMME, h.holder.address, DOCUMENT);
    await freeze(h, 1n);
    await programmes.closeAccount(PROGRAMME, h.holder.address, DOCUMENT);
    await freeze(h, 1n);
    expect(await frozen(h)).to.equal(3n);
    expect(await standing(h)).to.equal(8n | 2n | 16n);
  });

  it("is for the units' programme when the authority has both, else for the account's", async () => {
    const h = await loadFixture(holdings);
    const ofUnits = await freeze(h, 1n, 0n, FOREIGN_UNITS, h.foreignAuthority);
    expect((await h.freezes.freezeOf(ofUnits)).programme).to.equal(OTHER_PROGRAMME);
    const ofAccount = await freeze(h, 1n, 0n, FOREIGN_UNITS);
    expect((await h.freezes.freezeOf(ofAccount)).programme).to.equal(PROGRAMME);
    await h.programmes
      .connect(h.foreignAuthority)
      .grantRole(OTHER_PROGRAMME, ROLE.authority, h.authority.address, 0, DOCUMENT);
    const ofBoth = await freeze(h, 1n, 0n, FOREIGN_UNITS);
    expect((await h.freezes.freezeOf(ofBoth)).programme).to.equal(OTHER_PROGRAMME);
  });
});

describe("Freezes: what stands still", () => {
  it("is not a gram more than the sum, and does not leave by any way", async () => {
    const h = await loadFixture(holdings);
    await freeze(h, 4_000n);
    await freeze(h, 1_000n);
    await h.token.connect(h.holder).setApprovalForAll(h.thief.address, true);
    for (const call of [
      () => send(h, h.holder, h.buyer.address, 5_001n),
      () => h.token.connect(h.holder).retire(UNITS, 5_001n, 2, DOCUMENT),
      () => h.token.connect(h.settlement).pull(h.holder.address, UNITS, 5_001n),
      () =>
        h.token
          .connect(h.thief)
          .safeTransferFrom(h.holder.address, h.thief.address, UNITS, 5_001n, "0x"),
      () =>
        h.token
          .connect(h.holder)
          .safeBatchTransferFrom(
            h.holder.address,
            h.buyer.address,
            [UNITS, UNITS],
            [5_000n, 1n],
            "0x",
          ),
    ]) {
      await expect(call())
        .to.be.revertedWithCustomError(h.token, "ReductionTokenPartlyFrozen")
        .withArgs(h.holder.address, UNITS, 4_999n, 5_000n);
    }
    await send(h, h.holder, h.buyer.address, 5_000n);
    await send(h, h.holder, h.buyer.address, HELD, OTHER_UNITS);
  });

  it("includes what arrives when more is frozen than held", async () => {
    const h = await loadFixture(holdings);
    await send(h, h.holder, h.buyer.address, 100n);
    await freeze(h, HELD - 10n);
    await send(h, h.buyer, h.holder.address, 100n);
    await expect(send(h, h.holder, h.buyer.address, 11n)).to.be.revertedWithCustomError(
      h.token,
      "ReductionTokenPartlyFrozen",
    );
    await send(h, h.holder, h.buyer.address, 10n);
  });

  it("is all when the sum does not fit", async () => {
    const h = await loadFixture(holdings);
    await freeze(h, MOST);
    await freeze(h, MOST);
    expect(await frozen(h)).to.equal(MOST);
  });

  it("does not stop a void, nor what arrives", async () => {
    const h = await loadFixture(holdings);
    await freeze(h, HELD);
    await h.token.connect(h.doubleCount).voidGrams(h.holder.address, UNITS, 1_000n, DOCUMENT);
    expect(await h.token.balanceOf(h.holder.address, UNITS)).to.equal(HELD - 1_000n);
    await send(h, h.holder, h.buyer.address, 10n, OTHER_UNITS);
    await send(h, h.buyer, h.holder.address, 10n, OTHER_UNITS);
  });
});

describe("Freezes: lifting", () => {
  it("is refused for a freeze that does not exist, or ended", async () => {
    const h = await loadFixture(holdings);
    const freezeId = await freeze(h, 1n);
    await h.freezes.connect(h.authority).lift(freezeId, DOCUMENT);
    for (const unknown of [0n, freezeId, 99n]) {
      await expect(h.freezes.connect(h.authority).lift(unknown, DOCUMENT))
        .to.be.revertedWithCustomError(h.freezes, "FreezesUnknown")
        .withArgs(unknown);
    }
  });

  it("is refused to everybody but an authority of the programme that ordered it", async () => {
    const h = await loadFixture(holdings);
    const freezeId = await freeze(h, 1n, 0n, FOREIGN_UNITS, h.foreignAuthority);
    for (const who of [h.holder, h.foreignOperator, h.outsider, h.authority]) {
      await expect(h.freezes.connect(who).lift(freezeId, DOCUMENT))
        .to.be.revertedWithCustomError(h.freezes, "FreezesRoleMissing")
        .withArgs(OTHER_PROGRAMME, ROLE.authority, who.address);
    }
    await h.freezes.connect(h.foreignAuthority).lift(freezeId, DOCUMENT);
  });

  it("is refused to an authority of the holder's institution, and without a document", async () => {
    const h = await loadFixture(holdings);
    await addAuthority(h, h.outsider.address, COMPANY);
    const freezeId = await freeze(h, 1n);
    await expect(h.freezes.connect(h.outsider).lift(freezeId, DOCUMENT))
      .to.be.revertedWithCustomError(h.freezes, "FreezesSameInstitution")
      .withArgs(h.holder.address, h.outsider.address);
    await expect(
      h.freezes.connect(h.authority).lift(freezeId, ZeroHash),
    ).to.be.revertedWithCustomError(h.freezes, "FreezesDocumentZero");
  });

  it("frees that freeze only, whatever its place in the list", async () => {
    const h = await loadFixture(holdings);
    for (const lifted of [0, 1, 2]) {
      const ids = [await freeze(h, 1n), await freeze(h, 10n), await freeze(h, 100n)];
      await expect(h.freezes.connect(h.supervisor).lift(ids[lifted]!, DOCUMENT))
        .to.emit(h.freezes, "FreezeLifted")
        .withArgs(ids[lifted], h.supervisor.address, DOCUMENT);
      const left = ids.filter((_, i) => i !== lifted);
      const listed = await h.freezes.freezesOf(h.holder.address, UNITS);
      expect([...listed].sort()).to.deep.equal([...left].sort());
      expect(await frozen(h)).to.equal(111n - 10n ** BigInt(lifted));
      expect(await standing(h)).to.equal(9n);
      for (const freezeId of left) await h.freezes.connect(h.authority).lift(freezeId, DOCUMENT);
      expect(await standing(h)).to.equal(1n);
    }
  });

  it("clears the account's mark with the last freeze over all ids", async () => {
    const h = await loadFixture(holdings);
    const first = await freeze(h, HELD);
    const second = await freeze(h, HELD, 0n, OTHER_UNITS);
    await asDoubleCount(h).freezeForDebt(h.holder.address, FOREIGN_UNITS, 1n, REQUEST);
    const lift = (freezeId: bigint) => h.freezes.connect(h.authority).lift(freezeId, DOCUMENT);
    await expect(lift(first)).not.to.emit(h.token, "StandingSet");
    await expect(lift(second)).not.to.emit(h.token, "StandingSet");
    await expect(asDoubleCount(h).liftForDebt(h.holder.address, FOREIGN_UNITS, REQUEST))
      .to.emit(h.token, "StandingSet")
      .withArgs(h.holder.address, 1n);
    expect(await h.freezes.countOf(h.holder.address)).to.equal(0n);
    await send(h, h.holder, h.buyer.address, HELD);
  });

  it("leaves the account's guard alone", async () => {
    const h = await loadFixture(holdings);
    await h.guard
      .connect(h.holder)
      .turnOn(h.second.address, 3_600n, 100n, 100n, [h.partner.address]);
    const freezeId = await freeze(h, HELD);
    expect(await standing(h)).to.equal(13n);
    await expect(send(h, h.holder, h.partner.address, 100n)).to.be.revertedWithCustomError(
      h.token,
      "ReductionTokenPartlyFrozen",
    );
    expect(await h.guard.allowanceOf(h.holder.address)).to.equal(100n);
    await h.freezes.connect(h.authority).lift(freezeId, DOCUMENT);
    expect(await standing(h)).to.equal(5n);
    await send(h, h.holder, h.partner.address, 100n);
  });
});

describe("Freezes: expiry", () => {
  it("counts to the last second before it, and not from it on", async () => {
    const h = await loadFixture(holdings);
    const until = (await now()) + 1_000n;
    await freeze(h, HELD, until);
    await nextAt(until - 1n);
    await expect(send(h, h.holder, h.buyer.address, 1n)).to.be.revertedWithCustomError(
      h.token,
      "ReductionTokenPartlyFrozen",
    );
    expect(await frozen(h)).to.equal(HELD);
    await nextAt(until);
    await send(h, h.holder, h.buyer.address, HELD);
    expect(await frozen(h)).to.equal(0n);
    // The mark stays until somebody clears it; it costs gas and stops nothing.
    expect(await standing(h)).to.equal(9n);
  });

  it("is not cleared before, and not without one", async () => {
    const h = await loadFixture(holdings);
    const until = (await now()) + 1_000n;
    const freezeId = await freeze(h, 1n, until);
    const forEver = await freeze(h, 1n);
    await nextAt(until - 1n);
    await expect(h.freezes.connect(h.outsider).clearExpired(freezeId))
      .to.be.revertedWithCustomError(h.freezes, "FreezesNotExpired")
      .withArgs(freezeId, until);
    await time.increase(10n ** 9n);
    await expect(h.freezes.connect(h.outsider).clearExpired(forEver))
      .to.be.revertedWithCustomError(h.freezes, "FreezesNotExpired")
      .withArgs(forEver, 0n);
    await expect(h.freezes.connect(h.outsider).clearExpired(99n)).to.be.revertedWithCustomError(
      h.freezes,
      "FreezesUnknown",
    );
  });

  it("is cleared by anyone, once, in a pause too", async () => {
    const h = await loadFixture(holdings);
    const until = (await now()) + 1_000n;
    const freezeId = await freeze(h, 1n, until);
    await h.programmes.connect(h.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    await nextAt(until);
    await expect(h.freezes.connect(h.outsider).clearExpired(freezeId))
      .to.emit(h.freezes, "FreezeExpired")
      .withArgs(freezeId);
    expect(await standing(h)).to.equal(1n);
    await expect(
      h.freezes.connect(h.outsider).clearExpired(freezeId),
    ).to.be.revertedWithCustomError(h.freezes, "FreezesUnknown");
  });

  it("makes room for a new freeze in a full list", async () => {
    const h = await loadFixture(holdings);
    const until = (await now()) + 1_000n;
    const ids: bigint[] = [];
    for (let i = 0; i < 8; ++i) ids.push(await freeze(h, 1n, i % 2 === 0 ? until : 0n));
    await nextAt(until);
    const call = freezeFrom(h, h.authority, { grams: 50n });
    for (const expired of [0, 2, 4, 6]) {
      await expect(call).to.emit(h.freezes, "FreezeExpired").withArgs(ids[expired]);
    }
    expect(await h.freezes.freezesOf(h.holder.address, UNITS)).to.have.length(5);
    expect(await frozen(h)).to.equal(54n);
    expect(await h.freezes.countOf(h.holder.address)).to.equal(5n);
  });

  it("keeps the mark when a full list of expired ones makes room", async () => {
    const h = await loadFixture(holdings);
    const until = (await now()) + 1_000n;
    for (let i = 0; i < 8; ++i) await freeze(h, 1n, until);
    await nextAt(until);
    await freezeFrom(h, h.authority, { grams: HELD });
    expect(await standing(h)).to.equal(9n);
    await expect(send(h, h.holder, h.buyer.address, 1n)).to.be.revertedWithCustomError(
      h.token,
      "ReductionTokenPartlyFrozen",
    );
  });
});

describe("Freezes: debts", () => {
  it("are frozen and lifted by DoubleCount only", async () => {
    const h = await loadFixture(holdings);
    for (const who of [h.authority, h.holder, h.issuance, h.outsider]) {
      const freezes = h.freezes.connect(who);
      await expect(freezes.freezeForDebt(h.holder.address, UNITS, 1n, REQUEST))
        .to.be.revertedWithCustomError(h.freezes, "FreezesNotDoubleCount")
        .withArgs(who.address);
      await expect(
        freezes.liftForDebt(h.holder.address, UNITS, REQUEST),
      ).to.be.revertedWithCustomError(h.freezes, "FreezesNotDoubleCount");
    }
  });

  it("are refused without grams, and not lifted when there is none", async () => {
    const h = await loadFixture(holdings);
    await expect(
      asDoubleCount(h).freezeForDebt(h.holder.address, UNITS, 0n, REQUEST),
    ).to.be.revertedWithCustomError(h.freezes, "FreezesGramsZero");
    await asDoubleCount(h).freezeForDebt(h.holder.address, UNITS, 1n, REQUEST);
    for (const [units, request] of [
      [OTHER_UNITS, REQUEST],
      [UNITS, REQUEST + 1n],
    ] as const) {
      await expect(asDoubleCount(h).liftForDebt(h.holder.address, units, request))
        .to.be.revertedWithCustomError(h.freezes, "FreezesDebtUnknown")
        .withArgs(h.holder.address, units, request);
    }
  });

  it("add up per request, and beside other freezes", async () => {
    const h = await loadFixture(holdings);
    const { address } = h.holder;
    await freeze(h, 1_000n);
    await expect(asDoubleCount(h).freezeForDebt(address, UNITS, 200n, REQUEST))
      .to.emit(h.freezes, "DebtFrozen")
      .withArgs(REQUEST, address, UNITS, 200n, 200n);
    await expect(asDoubleCount(h).freezeForDebt(address, UNITS, 30n, REQUEST))
      .to.emit(h.freezes, "DebtFrozen")
      .withArgs(REQUEST, address, UNITS, 30n, 230n);
    await asDoubleCount(h).freezeForDebt(address, UNITS, 4n, REQUEST + 1n);
    expect(await frozen(h)).to.equal(1_234n);
    expect(await h.freezes.debtOf(address, UNITS, REQUEST)).to.equal(230n);
    expect(await h.freezes.countOf(address)).to.equal(3n);
    expect(await asDoubleCount(h).liftForDebt.staticCall(address, UNITS, REQUEST)).to.equal(230n);
    await expect(asDoubleCount(h).liftForDebt(address, UNITS, REQUEST))
      .to.emit(h.freezes, "DebtLifted")
      .withArgs(REQUEST, address, UNITS, 230n);
    expect(await frozen(h)).to.equal(1_004n);
    await expect(
      asDoubleCount(h).liftForDebt(address, UNITS, REQUEST),
    ).to.be.revertedWithCustomError(h.freezes, "FreezesDebtUnknown");
  });

  it("do not expire and are lifted by no authority", async () => {
    const h = await loadFixture(holdings);
    await asDoubleCount(h).freezeForDebt(h.holder.address, UNITS, HELD, REQUEST);
    expect(await h.freezes.freezesOf(h.holder.address, UNITS)).to.deep.equal([]);
    await time.increase(10n ** 9n);
    await expect(h.freezes.connect(h.authority).lift(1n, DOCUMENT)).to.be.revertedWithCustomError(
      h.freezes,
      "FreezesUnknown",
    );
    await expect(send(h, h.holder, h.buyer.address, 1n)).to.be.revertedWithCustomError(
      h.token,
      "ReductionTokenPartlyFrozen",
    );
  });
});
