import { expect } from "chai";
import {
  addAuthority,
  COMPANY,
  DOCUMENT,
  ethers,
  HELD,
  type Holdings,
  holdings,
  id,
  networkHelpers,
  nextAt,
  now,
  OTHER_UNITS,
  PROGRAMME,
  ROLE,
  type Signer,
  send,
  UNITS,
  ZeroHash,
} from "./holdings.ts";

const { loadFixture, time } = networkHelpers;
const { ZeroAddress } = ethers;
const COOLING = 86_400n;
const ORDER_SECONDS = 2_592_000n;
const TRANSACTION = 100n;
const DAY = 250n;
const KIND = { move: 1, trust: 2, limits: 3, second: 4, cooling: 5, off: 6 } as const;
const STATE = { placed: 1, confirmed: 2, done: 3, cancelled: 4 } as const;

async function turnOn(h: Holdings, account: Signer = h.holder) {
  return h.guard
    .connect(account)
    .turnOn(h.second.address, COOLING, TRANSACTION, DAY, [h.partner.address]);
}

/** The holder is guarded: 100 g at once, 250 g a day, to the partner. */
async function guarded() {
  const h = await holdings();
  await turnOn(h);
  return h;
}

type Order = "order" | "orderTrust" | "orderLimits" | "orderSecond" | "orderCooling" | "orderOff";

/** Places an order and answers its id. */
async function place(
  h: Holdings,
  kind: Order,
  args: readonly unknown[],
  account: Signer = h.holder,
): Promise<string> {
  const guard = h.guard.connect(account);
  const orderId: string = await guard[kind].staticCall(...args);
  await guard[kind](...args);
  return orderId;
}

async function confirmed(h: Holdings, kind: Order, args: readonly unknown[]): Promise<string> {
  const orderId = await place(h, kind, args);
  await h.guard.connect(h.second).confirm(orderId);
  return orderId;
}

/** An order that waited to the second. */
async function ripe(h: Holdings, kind: Order, args: readonly unknown[]): Promise<string> {
  const orderId = await confirmed(h, kind, args);
  await time.increase(COOLING);
  return orderId;
}

const stateOf = async (h: Holdings, orderId: string): Promise<number> =>
  Number((await h.guard.orderOf(orderId)).state);

const content = (kind: number, changes: Record<string, unknown> = {}) => ({
  kind,
  subject: ZeroAddress,
  tokenId: 0n,
  grams: 0n,
  dayGrams: 0n,
  coolingSeconds: 0n,
  ...changes,
});

describe("AccountGuard: turning on", () => {
  it("is refused to whoever has no open account", async () => {
    const h = await loadFixture(holdings);
    await h.programmes.connect(h.authority).freezeAccount(PROGRAMME, h.third.address, DOCUMENT);
    await h.programmes.connect(h.authority).closeAccount(PROGRAMME, h.buyer.address, DOCUMENT);
    for (const [account, standing] of [
      [h.outsider, 0],
      [h.third, 3],
      [h.buyer, 16],
    ] as const) {
      await expect(turnOn(h, account))
        .to.be.revertedWithCustomError(h.guard, "AccountGuardStanding")
        .withArgs(account.address, standing);
    }
  });

  it("is refused with a second person who is no other account of the institution", async () => {
    const h = await loadFixture(holdings);
    for (const who of [h.holder, h.buyer, h.outsider, h.authority]) {
      await expect(h.guard.connect(h.holder).turnOn(who.address, COOLING, TRANSACTION, DAY, []))
        .to.be.revertedWithCustomError(h.guard, "AccountGuardSecond")
        .withArgs(h.holder.address, who.address);
    }
    await expect(
      h.guard.connect(h.holder).turnOn(ZeroAddress, COOLING, TRANSACTION, DAY, []),
    ).to.be.revertedWithCustomError(h.guard, "AccountGuardSecond");
    await h.programmes.connect(h.authority).freezeAccount(PROGRAMME, h.second.address, DOCUMENT);
    await expect(turnOn(h))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardStanding")
      .withArgs(h.second.address, 3);
  });

  it("is refused with a cooling-off outside an hour to 30 days", async () => {
    const h = await loadFixture(holdings);
    for (const coolingSeconds of [0n, 3_599n, 2_592_001n]) {
      await expect(h.guard.connect(h.holder).turnOn(h.second.address, coolingSeconds, 1n, 1n, []))
        .to.be.revertedWithCustomError(h.guard, "AccountGuardCooling")
        .withArgs(coolingSeconds, 3_600n, 2_592_000n);
    }
  });

  it("is refused with more grams in a transaction than in a day", async () => {
    const h = await loadFixture(holdings);
    await expect(h.guard.connect(h.holder).turnOn(h.second.address, COOLING, 2n, 1n, []))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardLimits")
      .withArgs(2n, 1n);
  });

  it("is refused with nobody or one receiver twice on the list", async () => {
    const h = await loadFixture(holdings);
    const withList = (list: string[]) =>
      h.guard.connect(h.holder).turnOn(h.second.address, COOLING, 1n, 1n, list);
    await expect(withList([ZeroAddress])).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardReceiverZero",
    );
    await expect(withList([h.buyer.address, h.buyer.address]))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardIsTrusted")
      .withArgs(h.holder.address, h.buyer.address);
  });

  it("is refused twice", async () => {
    const h = await loadFixture(guarded);
    await expect(turnOn(h))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardOn")
      .withArgs(h.holder.address);
  });

  it("works at once, at both ends of the cooling-off's range", async () => {
    const h = await loadFixture(holdings);
    await expect(turnOn(h))
      .to.emit(h.guard, "GuardTurnedOn")
      .withArgs(h.holder.address, h.second.address, 1n, COOLING, TRANSACTION, DAY)
      .and.to.emit(h.guard, "GuardTrusted")
      .withArgs(h.holder.address, h.partner.address, true);
    expect(await h.token.standingOf(h.holder.address)).to.equal(5n);
    expect(await h.guard.allowanceOf(h.holder.address)).to.equal(DAY);
    expect(await h.guard.isTrusted(h.holder.address, h.partner.address)).to.equal(true);
    expect((await h.guard.guardOf(h.holder.address)).second).to.equal(h.second.address);
    await h.guard.connect(h.second).turnOn(h.holder.address, 3_600n, 0n, 0n, []);
    await h.guard.connect(h.third).turnOn(h.holder.address, 2_592_000n, 1n, 1n, []);
  });

  it("is nobody's default: an unguarded account has no allowance and trusts nobody", async () => {
    const h = await loadFixture(holdings);
    expect(await h.guard.allowanceOf(h.holder.address)).to.equal(0n);
    expect(await h.guard.isTrusted(h.holder.address, h.partner.address)).to.equal(false);
    await send(h, h.holder, h.buyer.address, HELD);
  });
});

describe("AccountGuard: within the limits", () => {
  it("only the token asks, and only about guarded accounts", async () => {
    const h = await loadFixture(guarded);
    for (const caller of [h.holder, h.second, h.outsider]) {
      await expect(h.guard.connect(caller).spend(h.holder.address, ZeroAddress, [UNITS], [1n]))
        .to.be.revertedWithCustomError(h.guard, "AccountGuardNotToken")
        .withArgs(caller.address);
    }
    const token = await ethers.getImpersonatedSigner(await h.token.getAddress());
    await networkHelpers.setBalance(token.address, 10n ** 18n);
    await expect(h.guard.connect(token).spend(h.buyer.address, ZeroAddress, [UNITS], [1n]))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardOff")
      .withArgs(h.buyer.address);
  });

  it("no gram leaves to a receiver off the list, by whatever way", async () => {
    const h = await loadFixture(guarded);
    const untrusted = (to: string) =>
      [h.guard, "AccountGuardUntrusted", [h.holder.address, to]] as const;
    const refused = async (call: Promise<unknown>, to: string) => {
      const [contract, name, args] = untrusted(to);
      await expect(call)
        .to.be.revertedWithCustomError(contract, name)
        .withArgs(...args);
    };
    await refused(send(h, h.holder, h.buyer.address, 1n), h.buyer.address);
    await refused(send(h, h.holder, h.second.address, 1n), h.second.address);
    await refused(send(h, h.holder, h.holder.address, 1n), h.holder.address);
    await refused(
      h.token.connect(h.settlement).pull(h.holder.address, UNITS, 1n),
      h.settlement.address,
    );
    await h.token.connect(h.holder).setApprovalForAll(h.thief.address, true);
    await refused(
      h.token.connect(h.thief).safeTransferFrom(h.holder.address, h.thief.address, UNITS, 1n, "0x"),
      h.thief.address,
    );
  });

  it("not more than the transaction's grams, in sum over all ids", async () => {
    const h = await loadFixture(guarded);
    await expect(send(h, h.holder, h.partner.address, TRANSACTION + 1n))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardTransactionGrams")
      .withArgs(h.holder.address, TRANSACTION + 1n, TRANSACTION);
    await expect(h.token.connect(h.holder).retire(UNITS, TRANSACTION + 1n, 2, DOCUMENT))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardTransactionGrams")
      .withArgs(h.holder.address, TRANSACTION + 1n, TRANSACTION);
    const batch = (grams: bigint[]) =>
      h.token
        .connect(h.holder)
        .safeBatchTransferFrom(
          h.holder.address,
          h.partner.address,
          [UNITS, OTHER_UNITS],
          grams,
          "0x",
        );
    await expect(batch([60n, 41n]))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardTransactionGrams")
      .withArgs(h.holder.address, 101n, TRANSACTION);
    await expect(batch([1n, ethers.MaxUint256])).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardTransactionGrams",
    );
    await batch([60n, 40n]);
  });

  it("not more than the day's grams, retirements counted", async () => {
    const h = await loadFixture(guarded);
    // Well inside a China day, so that the test does not cross midnight.
    const day = (await now()) / 86_400n + 2n;
    await time.increaseTo(day * 86_400n);
    await expect(send(h, h.holder, h.partner.address, 100n))
      .to.emit(h.guard, "GuardSpent")
      .withArgs(h.holder.address, day, 100n, 100n);
    await expect(h.token.connect(h.holder).retire(OTHER_UNITS, 100n, 2, DOCUMENT))
      .to.emit(h.guard, "GuardSpent")
      .withArgs(h.holder.address, day, 100n, 200n);
    await expect(send(h, h.holder, h.partner.address, 51n))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardDayGrams")
      .withArgs(h.holder.address, day, 251n, DAY);
    expect(await h.guard.allowanceOf(h.holder.address)).to.equal(50n);
    await send(h, h.holder, h.partner.address, 50n);
    expect(await h.guard.allowanceOf(h.holder.address)).to.equal(0n);
    await expect(send(h, h.holder, h.partner.address, 1n)).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardDayGrams",
    );
    expect(await h.token.balanceOf(h.partner.address, UNITS)).to.equal(150n);
  });

  it("the day ends at midnight in China, which is 16:00 UTC", async () => {
    const h = await loadFixture(guarded);
    const midnight = ((await now()) / 86_400n + 2n) * 86_400n + 57_600n;
    await time.increaseTo(midnight - 100n);
    await send(h, h.holder, h.partner.address, 100n);
    await send(h, h.holder, h.partner.address, 100n);
    await nextAt(midnight - 1n);
    await expect(send(h, h.holder, h.partner.address, 100n)).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardDayGrams",
    );
    await nextAt(midnight);
    await expect(send(h, h.holder, h.partner.address, 100n))
      .to.emit(h.guard, "GuardSpent")
      .withArgs(h.holder.address, (midnight + 28_800n) / 86_400n, 100n, 100n);
    expect(await h.guard.allowanceOf(h.holder.address)).to.equal(DAY - 100n);
  });

  it("a transfer that fails uses nothing of the day", async () => {
    const h = await loadFixture(guarded);
    await h.programmes.connect(h.authority).freezeAccount(PROGRAMME, h.partner.address, DOCUMENT);
    await expect(send(h, h.holder, h.partner.address, 100n)).to.be.revertedWithCustomError(
      h.token,
      "ReductionTokenStanding",
    );
    expect(await h.guard.allowanceOf(h.holder.address)).to.equal(DAY);
  });

  it("a trusted contract takes up to the limits, an approved account too", async () => {
    const h = await loadFixture(holdings);
    await h.guard
      .connect(h.holder)
      .turnOn(h.second.address, COOLING, 100n, 100n, [h.settlement.address]);
    await h.token.connect(h.settlement).pull(h.holder.address, UNITS, 60n);
    await h.token.connect(h.holder).setApprovalForAll(h.third.address, true);
    await h.token
      .connect(h.third)
      .safeTransferFrom(h.holder.address, h.settlement.address, UNITS, 40n, "0x");
    await expect(
      h.token.connect(h.settlement).pull(h.holder.address, UNITS, 1n),
    ).to.be.revertedWithCustomError(h.guard, "AccountGuardDayGrams");
  });
});

describe("AccountGuard: placing orders", () => {
  it("is refused to an account that is not guarded", async () => {
    const h = await loadFixture(guarded);
    const guard = h.guard.connect(h.second);
    for (const call of [
      () => guard.order(h.buyer.address, UNITS, 1n),
      () => guard.orderTrust(h.buyer.address),
      () => guard.orderLimits(1n, 1n),
      () => guard.orderSecond(h.third.address),
      () => guard.orderCooling(3_600n),
      () => guard.orderOff(),
    ]) {
      await expect(call())
        .to.be.revertedWithCustomError(h.guard, "AccountGuardOff")
        .withArgs(h.second.address);
    }
  });

  it("is refused to a frozen account", async () => {
    const h = await loadFixture(guarded);
    await h.programmes.connect(h.authority).freezeAccount(PROGRAMME, h.holder.address, DOCUMENT);
    const guard = h.guard.connect(h.holder);
    for (const call of [() => guard.order(h.buyer.address, UNITS, 1n), () => guard.orderOff()]) {
      await expect(call())
        .to.be.revertedWithCustomError(h.guard, "AccountGuardStanding")
        .withArgs(h.holder.address, 3);
    }
  });

  it("is refused for what could never be done", async () => {
    const h = await loadFixture(guarded);
    const guard = h.guard.connect(h.holder);
    const refused = (call: Promise<unknown>, name: string) =>
      expect(call).to.be.revertedWithCustomError(h.guard, name);
    await refused(guard.order(h.buyer.address, UNITS, 0n), "AccountGuardGramsZero");
    await refused(guard.orderTrust(ZeroAddress), "AccountGuardReceiverZero");
    await refused(guard.orderTrust(h.partner.address), "AccountGuardIsTrusted");
    await refused(guard.orderLimits(2n, 1n), "AccountGuardLimits");
    await refused(guard.orderSecond(h.second.address), "AccountGuardSecond");
    await refused(guard.orderSecond(h.holder.address), "AccountGuardSecond");
    await refused(guard.orderSecond(h.buyer.address), "AccountGuardSecond");
    await refused(guard.orderCooling(3_599n), "AccountGuardCooling");
    await refused(guard.orderCooling(2_592_001n), "AccountGuardCooling");
  });

  it("is refused while an order of the same content lives", async () => {
    const h = await loadFixture(guarded);
    const orderId = await place(h, "order", [h.buyer.address, UNITS, 500n]);
    const again = () => h.guard.connect(h.holder).order(h.buyer.address, UNITS, 500n);
    await expect(again())
      .to.be.revertedWithCustomError(h.guard, "AccountGuardOrderLive")
      .withArgs(orderId);
    await h.guard.connect(h.second).confirm(orderId);
    await expect(again()).to.be.revertedWithCustomError(h.guard, "AccountGuardOrderLive");
    await place(h, "order", [h.buyer.address, UNITS, 501n]);
  });

  it("gives each order an id of its own, also for the same content", async () => {
    const h = await loadFixture(guarded);
    const args = [h.buyer.address, UNITS, 500n];
    const first = await place(h, "order", args);
    const endsAt = (await now()) + ORDER_SECONDS;
    expect((await h.guard.orderOf(first)).endsAt).to.equal(endsAt);
    const says = content(KIND.move, { subject: h.buyer.address, tokenId: UNITS, grams: 500n });
    expect(await h.guard.liveOrderOf(h.holder.address, says)).to.equal(first);
    expect(await h.guard.liveOrderOf(h.third.address, says)).to.equal(ZeroHash);
    await h.guard.connect(h.holder).cancel(first);
    expect(await h.guard.liveOrderOf(h.holder.address, says)).to.equal(ZeroHash);
    const second = await place(h, "order", args);
    expect(second).to.not.equal(first);
    // Nobody confirmed it within 30 days: to the second it is over.
    await time.increase(ORDER_SECONDS);
    const third = await place(h, "order", args);
    expect(third).to.not.equal(second);
    expect(await stateOf(h, second)).to.equal(STATE.placed);
  });

  it("tells everything the order says", async () => {
    const h = await loadFixture(guarded);
    const guard = h.guard.connect(h.holder);
    const orderId = await guard.orderLimits.staticCall(300n, 600n);
    const at = (await now()) + 10n;
    await nextAt(at);
    await expect(guard.orderLimits(300n, 600n))
      .to.emit(h.guard, "GuardOrderPlaced")
      .withArgs(orderId, h.holder.address, 1n, at + ORDER_SECONDS, [
        KIND.limits,
        ZeroAddress,
        0n,
        300n,
        600n,
        0n,
      ]);
  });
});

describe("AccountGuard: confirming", () => {
  it("is refused for an order that does not exist", async () => {
    const h = await loadFixture(guarded);
    await expect(h.guard.connect(h.second).confirm(id("none")))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardOrderUnknown")
      .withArgs(id("none"));
  });

  it("is refused to everybody but the second person", async () => {
    const h = await loadFixture(guarded);
    const orderId = await place(h, "order", [h.buyer.address, UNITS, 500n]);
    for (const who of [h.holder, h.third, h.thief, h.authority, h.outsider]) {
      await expect(h.guard.connect(who).confirm(orderId))
        .to.be.revertedWithCustomError(h.guard, "AccountGuardNotSecond")
        .withArgs(h.holder.address, who.address);
    }
  });

  it("is refused twice, and for a cancelled order", async () => {
    const h = await loadFixture(guarded);
    const orderId = await confirmed(h, "order", [h.buyer.address, UNITS, 500n]);
    await expect(h.guard.connect(h.second).confirm(orderId))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardOrderState")
      .withArgs(orderId, STATE.confirmed);
    await h.guard.connect(h.second).cancel(orderId);
    await expect(h.guard.connect(h.second).confirm(orderId))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardOrderState")
      .withArgs(orderId, STATE.cancelled);
  });

  it("is refused while either of the two is frozen", async () => {
    const h = await loadFixture(guarded);
    const orderId = await place(h, "order", [h.buyer.address, UNITS, 500n]);
    const programmes = h.programmes.connect(h.authority);
    for (const who of [h.holder, h.second]) {
      await programmes.freezeAccount(PROGRAMME, who.address, DOCUMENT);
      await expect(h.guard.connect(h.second).confirm(orderId))
        .to.be.revertedWithCustomError(h.guard, "AccountGuardStanding")
        .withArgs(who.address, 3);
      await programmes.unfreezeAccount(PROGRAMME, who.address, DOCUMENT);
    }
    await h.guard.connect(h.second).confirm(orderId);
  });

  it("is refused from 30 days after the order on", async () => {
    const h = await loadFixture(guarded);
    const orderId = await place(h, "order", [h.buyer.address, UNITS, 500n]);
    const endsAt = (await now()) + ORDER_SECONDS;
    await nextAt(endsAt);
    await expect(h.guard.connect(h.second).confirm(orderId))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardOrderOver")
      .withArgs(orderId, endsAt);
  });

  it("works in the last second and starts the cooling-off", async () => {
    const h = await loadFixture(guarded);
    const orderId = await place(h, "order", [h.buyer.address, UNITS, 500n]);
    const at = (await now()) + ORDER_SECONDS - 1n;
    await nextAt(at);
    await expect(h.guard.connect(h.second).confirm(orderId))
      .to.emit(h.guard, "GuardOrderConfirmed")
      .withArgs(orderId, h.second.address, at + COOLING, at + COOLING + ORDER_SECONDS);
  });
});

describe("AccountGuard: cancelling", () => {
  it("is refused for an unknown order and to strangers", async () => {
    const h = await loadFixture(guarded);
    await expect(h.guard.connect(h.second).cancel(id("none"))).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardOrderUnknown",
    );
    const orderId = await place(h, "orderOff", []);
    for (const who of [h.third, h.thief, h.authority]) {
      await expect(h.guard.connect(who).cancel(orderId))
        .to.be.revertedWithCustomError(h.guard, "AccountGuardNotPerson")
        .withArgs(h.holder.address, who.address);
    }
  });

  it("is refused for what is done, cancelled, or of a guard that is off", async () => {
    const h = await loadFixture(guarded);
    const other = await place(h, "orderCooling", [3_600n]);
    const orderId = await ripe(h, "orderOff", []);
    await h.guard.connect(h.holder).execute(orderId);
    await expect(h.guard.connect(h.holder).cancel(orderId))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardOrderState")
      .withArgs(orderId, STATE.done);
    await expect(h.guard.connect(h.holder).cancel(other))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardOff")
      .withArgs(h.holder.address);
    await turnOn(h);
    const third = await place(h, "orderOff", []);
    await h.guard.connect(h.second).cancel(third);
    await expect(h.guard.connect(h.second).cancel(third)).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardOrderState",
    );
  });

  it("works for either person, before and after the cooling-off, also for a frozen account", async () => {
    const h = await loadFixture(guarded);
    const ids: string[] = [];
    for (const grams of [501n, 502n, 503n]) {
      ids.push(await confirmed(h, "order", [h.buyer.address, UNITS, grams]));
    }
    await expect(h.guard.connect(h.holder).cancel(ids[0]!))
      .to.emit(h.guard, "GuardOrderCancelled")
      .withArgs(ids[0], h.holder.address);
    await time.increase(COOLING);
    await h.guard.connect(h.second).cancel(ids[1]!);
    await h.programmes.connect(h.authority).freezeAccount(PROGRAMME, h.holder.address, DOCUMENT);
    await h.guard.connect(h.second).cancel(ids[2]!);
    await h.programmes.connect(h.authority).unfreezeAccount(PROGRAMME, h.holder.address, DOCUMENT);
    for (const grams of [501n, 502n, 503n]) {
      await expect(send(h, h.holder, h.buyer.address, grams)).to.be.revertedWithCustomError(
        h.guard,
        "AccountGuardTransactionGrams",
      );
    }
  });
});

describe("AccountGuard: moving units by order", () => {
  it("is refused to the second before the cooling-off is over, and works at its end", async () => {
    const h = await loadFixture(guarded);
    const orderId = await confirmed(h, "order", [h.buyer.address, UNITS, HELD]);
    const ripeAt = (await now()) + COOLING;
    await nextAt(ripeAt - 1n);
    await expect(send(h, h.holder, h.buyer.address, HELD)).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardTransactionGrams",
    );
    await nextAt(ripeAt);
    await expect(send(h, h.holder, h.buyer.address, HELD))
      .to.emit(h.guard, "GuardOrderDone")
      .withArgs(orderId)
      .and.not.to.emit(h.guard, "GuardSpent");
    expect(await h.token.balanceOf(h.buyer.address, UNITS)).to.equal(HELD);
    expect(await h.guard.allowanceOf(h.holder.address)).to.equal(DAY);
  });

  it("is refused from 30 days after the cooling-off on", async () => {
    const h = await loadFixture(guarded);
    await confirmed(h, "order", [h.buyer.address, UNITS, 500n]);
    await confirmed(h, "order", [h.buyer.address, UNITS, 501n]);
    const endsAt = (await now()) + COOLING + ORDER_SECONDS;
    await nextAt(endsAt - 1n);
    await send(h, h.holder, h.buyer.address, 501n);
    await nextAt(endsAt);
    await expect(send(h, h.holder, h.buyer.address, 500n)).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardTransactionGrams",
    );
  });

  it("is refused when receiver, id or grams differ, and when nobody confirmed", async () => {
    const h = await loadFixture(guarded);
    await place(h, "order", [h.buyer.address, UNITS, 50n]);
    await ripe(h, "order", [h.buyer.address, UNITS, 40n]);
    for (const call of [
      () => send(h, h.holder, h.buyer.address, 50n),
      () => send(h, h.holder, h.thief.address, 40n),
      () => send(h, h.holder, h.buyer.address, 40n, OTHER_UNITS),
      () => send(h, h.holder, h.buyer.address, 39n),
    ]) {
      await expect(call()).to.be.revertedWithCustomError(h.guard, "AccountGuardUntrusted");
    }
  });

  it("works once", async () => {
    const h = await loadFixture(guarded);
    const orderId = await ripe(h, "order", [h.buyer.address, UNITS, 40n]);
    await send(h, h.holder, h.buyer.address, 40n);
    expect(await stateOf(h, orderId)).to.equal(STATE.done);
    await expect(send(h, h.holder, h.buyer.address, 40n)).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardUntrusted",
    );
    await ripe(h, "order", [h.buyer.address, UNITS, 40n]);
    const batch = h.token
      .connect(h.holder)
      .safeBatchTransferFrom(h.holder.address, h.buyer.address, [UNITS, UNITS], [40n, 40n], "0x");
    await expect(batch).to.be.revertedWithCustomError(h.guard, "AccountGuardUntrusted");
    await send(h, h.holder, h.buyer.address, 40n);
  });

  it("is used up only by a transfer that succeeds", async () => {
    const h = await loadFixture(guarded);
    const orderId = await ripe(h, "order", [h.buyer.address, UNITS, HELD + 1n]);
    await expect(send(h, h.holder, h.buyer.address, HELD + 1n)).to.be.revertedWithCustomError(
      h.token,
      "ERC1155InsufficientBalance",
    );
    expect(await stateOf(h, orderId)).to.equal(STATE.confirmed);
  });

  it("covers retirements, pulls and single lines of a batch", async () => {
    const h = await loadFixture(guarded);
    await ripe(h, "order", [ZeroAddress, UNITS, 700n]);
    await ripe(h, "order", [h.settlement.address, UNITS, 800n]);
    await ripe(h, "order", [h.partner.address, OTHER_UNITS, 900n]);
    await h.token.connect(h.holder).retire(UNITS, 700n, 2, DOCUMENT);
    await h.token.connect(h.settlement).pull(h.holder.address, UNITS, 800n);
    await expect(
      h.token
        .connect(h.holder)
        .safeBatchTransferFrom(
          h.holder.address,
          h.partner.address,
          [UNITS, OTHER_UNITS],
          [100n, 900n],
          "0x",
        ),
    )
      .to.emit(h.guard, "GuardSpent")
      .withArgs(h.holder.address, (value: bigint) => value > 0n, 100n, 100n);
  });
});

describe("AccountGuard: changing the guard", () => {
  it("is refused for unknown, unconfirmed and moving orders, and to strangers", async () => {
    const h = await loadFixture(guarded);
    const execute = (orderId: string, who = h.holder) => h.guard.connect(who).execute(orderId);
    await expect(execute(id("none"))).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardOrderUnknown",
    );
    const placed = await place(h, "orderOff", []);
    await expect(execute(placed))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardOrderState")
      .withArgs(placed, STATE.placed);
    const moving = await ripe(h, "order", [h.buyer.address, UNITS, 1n]);
    await expect(execute(moving))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardOrderKind")
      .withArgs(moving, KIND.move);
    const trust = await ripe(h, "orderTrust", [h.buyer.address]);
    for (const who of [h.third, h.thief, h.outsider]) {
      await expect(execute(trust, who))
        .to.be.revertedWithCustomError(h.guard, "AccountGuardNotPerson")
        .withArgs(h.holder.address, who.address);
    }
  });

  it("is refused to the second before the cooling-off is over, and works at its end", async () => {
    const h = await loadFixture(guarded);
    const orderId = await confirmed(h, "orderTrust", [h.buyer.address]);
    const ripeAt = (await now()) + COOLING;
    await nextAt(ripeAt - 1n);
    await expect(h.guard.connect(h.holder).execute(orderId))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardOrderCooling")
      .withArgs(orderId, ripeAt);
    await nextAt(ripeAt);
    await expect(h.guard.connect(h.second).execute(orderId))
      .to.emit(h.guard, "GuardTrusted")
      .withArgs(h.holder.address, h.buyer.address, true)
      .and.to.emit(h.guard, "GuardOrderDone")
      .withArgs(orderId);
    await send(h, h.holder, h.buyer.address, 100n);
    await expect(h.guard.connect(h.holder).execute(orderId))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardOrderState")
      .withArgs(orderId, STATE.done);
  });

  it("is refused when it is too late, or the account is frozen", async () => {
    const h = await loadFixture(guarded);
    const orderId = await confirmed(h, "orderOff", []);
    const endsAt = (await now()) + COOLING + ORDER_SECONDS;
    await time.increase(COOLING);
    await h.programmes.connect(h.authority).freezeAccount(PROGRAMME, h.holder.address, DOCUMENT);
    await expect(h.guard.connect(h.holder).execute(orderId))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardStanding")
      .withArgs(h.holder.address, 3);
    await nextAt(endsAt);
    await expect(h.guard.connect(h.holder).execute(orderId))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardOrderOver")
      .withArgs(orderId, endsAt);
  });

  it("sets limits and cooling-off, which hold for what is confirmed from then on", async () => {
    const h = await loadFixture(guarded);
    const limits = await confirmed(h, "orderLimits", [1_000n, 1_000n]);
    const cooling = await ripe(h, "orderCooling", [3_600n]);
    await expect(h.guard.connect(h.holder).execute(limits))
      .to.emit(h.guard, "GuardLimitsSet")
      .withArgs(h.holder.address, 1_000n, 1_000n);
    const earlier = await confirmed(h, "order", [h.buyer.address, UNITS, 1_500n]);
    const earlierRipe = (await now()) + COOLING;
    await expect(h.guard.connect(h.holder).execute(cooling))
      .to.emit(h.guard, "GuardCoolingSet")
      .withArgs(h.holder.address, 3_600n);
    expect((await h.guard.orderOf(earlier)).ripeAt).to.equal(earlierRipe);
    const later = await confirmed(h, "order", [h.buyer.address, UNITS, 2_500n]);
    expect((await h.guard.orderOf(later)).ripeAt).to.equal((await now()) + 3_600n);
    await send(h, h.holder, h.partner.address, 1_000n);
  });

  it("gives another second person, and orders of the former one die", async () => {
    const h = await loadFixture(guarded);
    const waiting = await confirmed(h, "order", [h.buyer.address, UNITS, 500n]);
    const change = await confirmed(h, "orderTrust", [h.buyer.address]);
    const open = await place(h, "orderCooling", [3_600n]);
    const orderId = await ripe(h, "orderSecond", [h.third.address]);
    await h.programmes.connect(h.authority).freezeAccount(PROGRAMME, h.third.address, DOCUMENT);
    await expect(h.guard.connect(h.holder).execute(orderId))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardStanding")
      .withArgs(h.third.address, 3);
    await h.programmes.connect(h.authority).unfreezeAccount(PROGRAMME, h.third.address, DOCUMENT);
    await expect(h.guard.connect(h.holder).execute(orderId))
      .to.emit(h.guard, "GuardSecondSet")
      .withArgs(h.holder.address, h.third.address, 2n);
    await expect(send(h, h.holder, h.buyer.address, 500n)).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardTransactionGrams",
    );
    await expect(h.guard.connect(h.holder).execute(change))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardOrderDead")
      .withArgs(change, 1n);
    await expect(h.guard.connect(h.third).confirm(open))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardOrderDead")
      .withArgs(open, 1n);
    await expect(h.guard.connect(h.second).cancel(waiting)).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardNotPerson",
    );
    // The list stays, and the same content may be ordered anew.
    await send(h, h.holder, h.partner.address, 1n);
    const anew = await place(h, "order", [h.buyer.address, UNITS, 500n]);
    await h.guard.connect(h.third).confirm(anew);
  });

  it("turns off, and a guard that is turned on again starts with an empty list", async () => {
    const h = await loadFixture(guarded);
    const waiting = await confirmed(h, "order", [h.buyer.address, UNITS, 500n]);
    const orderId = await ripe(h, "orderOff", []);
    await expect(h.guard.connect(h.holder).execute(orderId))
      .to.emit(h.guard, "GuardTurnedOff")
      .withArgs(h.holder.address, 2n);
    expect(await h.token.standingOf(h.holder.address)).to.equal(1n);
    await send(h, h.holder, h.thief.address, 1_000n);
    await expect(h.guard.connect(h.second).confirm(waiting)).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardOrderState",
    );
    await expect(
      h.guard.connect(h.holder).lowerLimits(h.holder.address, 0n, 0n),
    ).to.be.revertedWithCustomError(h.guard, "AccountGuardOff");
    await h.guard.connect(h.holder).turnOn(h.third.address, COOLING, 100n, 100n, []);
    expect(await h.guard.isTrusted(h.holder.address, h.partner.address)).to.equal(false);
    await expect(send(h, h.holder, h.buyer.address, 500n)).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardTransactionGrams",
    );
  });

  it("keeps the bit when the authority freezes and unfreezes the account", async () => {
    const h = await loadFixture(guarded);
    const programmes = h.programmes.connect(h.authority);
    await programmes.freezeAccount(PROGRAMME, h.holder.address, DOCUMENT);
    await programmes.unfreezeAccount(PROGRAMME, h.holder.address, DOCUMENT);
    expect(await h.token.standingOf(h.holder.address)).to.equal(5n);
  });
});

describe("AccountGuard: tightening at once", () => {
  it("is refused to strangers, without a guard, and for what is no tightening", async () => {
    const h = await loadFixture(guarded);
    const { holder, guard } = h;
    for (const who of [h.third, h.thief, h.authority]) {
      await expect(guard.connect(who).untrust(holder.address, h.partner.address))
        .to.be.revertedWithCustomError(guard, "AccountGuardNotPerson")
        .withArgs(holder.address, who.address);
      await expect(
        guard.connect(who).lowerLimits(holder.address, 0n, 0n),
      ).to.be.revertedWithCustomError(guard, "AccountGuardNotPerson");
    }
    await expect(
      guard.connect(h.buyer).untrust(h.buyer.address, h.partner.address),
    ).to.be.revertedWithCustomError(guard, "AccountGuardOff");
    await expect(guard.connect(holder).untrust(holder.address, h.buyer.address))
      .to.be.revertedWithCustomError(guard, "AccountGuardUntrusted")
      .withArgs(holder.address, h.buyer.address);
    for (const [transaction, day] of [
      [TRANSACTION + 1n, DAY],
      [TRANSACTION, DAY + 1n],
    ] as const) {
      await expect(guard.connect(holder).lowerLimits(holder.address, transaction, day))
        .to.be.revertedWithCustomError(guard, "AccountGuardNotLower")
        .withArgs(holder.address, TRANSACTION, DAY);
    }
    await expect(
      guard.connect(holder).lowerLimits(holder.address, 50n, 49n),
    ).to.be.revertedWithCustomError(guard, "AccountGuardLimits");
  });

  it("takes a receiver off the list", async () => {
    const h = await loadFixture(guarded);
    await expect(h.guard.connect(h.holder).untrust(h.holder.address, h.partner.address))
      .to.emit(h.guard, "GuardTrusted")
      .withArgs(h.holder.address, h.partner.address, false);
    await expect(send(h, h.holder, h.partner.address, 1n)).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardUntrusted",
    );
  });

  it("lowers the limits, below what was spent too", async () => {
    const h = await loadFixture(guarded);
    await time.increaseTo(((await now()) / 86_400n + 2n) * 86_400n);
    await send(h, h.holder, h.partner.address, 100n);
    await expect(h.guard.connect(h.second).lowerLimits(h.holder.address, 10n, 99n))
      .to.emit(h.guard, "GuardLimitsSet")
      .withArgs(h.holder.address, 10n, 99n);
    expect(await h.guard.allowanceOf(h.holder.address)).to.equal(0n);
    await expect(send(h, h.holder, h.partner.address, 1n)).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardDayGrams",
    );
  });
});

describe("AccountGuard: a second person who is lost", () => {
  const replace = (h: Holdings, who: Signer, second: string, document = DOCUMENT) =>
    h.guard.connect(who).replaceSecond(h.holder.address, second, document);

  it("is refused without a guard", async () => {
    const h = await loadFixture(holdings);
    await expect(replace(h, h.authority, h.third.address))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardOff")
      .withArgs(h.holder.address);
  });

  it("is refused to everybody but an authority of the account's programme", async () => {
    const h = await loadFixture(guarded);
    for (const who of [h.holder, h.second, h.third, h.operator, h.foreignAuthority, h.registrar]) {
      await expect(replace(h, who, h.third.address))
        .to.be.revertedWithCustomError(h.guard, "AccountGuardRoleMissing")
        .withArgs(PROGRAMME, ROLE.authority, who.address);
    }
  });

  it("is refused to an authority of the account's own institution", async () => {
    const h = await loadFixture(guarded);
    await addAuthority(h, h.outsider.address, COMPANY);
    await expect(replace(h, h.outsider, h.third.address))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardSameInstitution")
      .withArgs(h.holder.address, h.outsider.address);
  });

  it("is refused for whoever cannot be one, and without a document", async () => {
    const h = await loadFixture(guarded);
    for (const second of [h.holder, h.second, h.thief, h.authority, h.outsider]) {
      await expect(replace(h, h.authority, second.address))
        .to.be.revertedWithCustomError(h.guard, "AccountGuardSecond")
        .withArgs(h.holder.address, second.address);
    }
    await expect(replace(h, h.authority, h.third.address, ZeroHash)).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardDocumentZero",
    );
    await h.programmes.connect(h.authority).closeAccount(PROGRAMME, h.third.address, DOCUMENT);
    await expect(replace(h, h.authority, h.third.address)).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardStanding",
    );
  });

  it("is replaced at once, in a pause and for a frozen account too; every order dies", async () => {
    const h = await loadFixture(guarded);
    await ripe(h, "order", [h.buyer.address, UNITS, 500n]);
    const programmes = h.programmes.connect(h.authority);
    await programmes.freezeAccount(PROGRAMME, h.holder.address, DOCUMENT);
    await programmes.pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(replace(h, h.supervisor, h.third.address))
      .to.emit(h.guard, "GuardSecondReplaced")
      .withArgs(h.holder.address, h.supervisor.address, PROGRAMME, DOCUMENT)
      .and.to.emit(h.guard, "GuardSecondSet")
      .withArgs(h.holder.address, h.third.address, 2n);
    await programmes.resumeProgramme(PROGRAMME, DOCUMENT);
    await programmes.unfreezeAccount(PROGRAMME, h.holder.address, DOCUMENT);
    await expect(send(h, h.holder, h.buyer.address, 500n)).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardTransactionGrams",
    );
    const anew = await place(h, "order", [h.buyer.address, UNITS, 500n]);
    await expect(h.guard.connect(h.second).confirm(anew)).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardNotSecond",
    );
    await h.guard.connect(h.third).confirm(anew);
    await time.increase(COOLING);
    await send(h, h.holder, h.buyer.address, 500n);
  });
});

describe("AccountGuard: thieves", () => {
  it("with the account's key get a day's limit to trusted accounts, and the second stops that", async () => {
    const h = await loadFixture(guarded);
    await time.increaseTo(((await now()) / 86_400n + 2n) * 86_400n);
    const stolen = h.guard.connect(h.holder);
    for (const args of [
      ["orderTrust", [h.thief.address]],
      ["orderLimits", [HELD, HELD]],
      ["orderSecond", [h.third.address]],
      ["orderCooling", [3_600n]],
      ["orderOff", []],
      ["order", [h.thief.address, UNITS, HELD]],
    ] as const) {
      const orderId = await place(h, args[0], args[1]);
      await expect(stolen.confirm(orderId)).to.be.revertedWithCustomError(
        h.guard,
        "AccountGuardNotSecond",
      );
    }
    await time.increase(COOLING);
    await expect(send(h, h.holder, h.thief.address, 1n)).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardUntrusted",
    );
    await h.token.connect(h.holder).retire(UNITS, 100n, 2, DOCUMENT);
    await h.guard.connect(h.second).lowerLimits(h.holder.address, 0n, 0n);
    await expect(
      h.token.connect(h.holder).retire(UNITS, 1n, 2, DOCUMENT),
    ).to.be.revertedWithCustomError(h.guard, "AccountGuardTransactionGrams");
    expect(await h.token.balanceOf(h.holder.address, UNITS)).to.equal(HELD - 100n);
  });

  it("with the account's key cannot keep the units: the authority moves them to another account", async () => {
    const h = await loadFixture(guarded);
    const act = {
      kind: 5,
      from: h.holder.address,
      to: h.third.address,
      liable: ZeroAddress,
      tokenId: UNITS,
      replacement: 0n,
      grams: HELD,
      voidAct: ZeroHash,
      document: DOCUMENT,
    };
    await h.guard.connect(h.holder).lowerLimits(h.holder.address, 0n, 0n);
    await h.programmes.connect(h.authority).freezeAccount(PROGRAMME, h.holder.address, DOCUMENT);
    const operator = h.corrections.connect(h.operator);
    const actId = await operator.propose.staticCall(act);
    await operator.propose(act);
    await h.corrections.connect(h.authority).approve(actId, DOCUMENT);
    expect(await h.token.balanceOf(h.third.address, UNITS)).to.equal(HELD);
  });

  it("with the second person's key move nothing and block for no longer than until it is replaced", async () => {
    const h = await loadFixture(guarded);
    const stolen = h.guard.connect(h.second);
    await expect(stolen.order(h.thief.address, UNITS, HELD)).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardOff",
    );
    await expect(
      h.token
        .connect(h.second)
        .safeTransferFrom(h.holder.address, h.thief.address, UNITS, 1n, "0x"),
    ).to.be.revertedWithCustomError(h.token, "ERC1155MissingApprovalForAll");
    await stolen.lowerLimits(h.holder.address, 0n, 0n);
    const waiting = await place(h, "orderSecond", [h.third.address]);
    await stolen.cancel(waiting);
    await h.guard.connect(h.authority).replaceSecond(h.holder.address, h.third.address, DOCUMENT);
    const orderId = await place(h, "orderLimits", [TRANSACTION, DAY]);
    await h.guard.connect(h.third).confirm(orderId);
    await expect(stolen.cancel(orderId)).to.be.revertedWithCustomError(
      h.guard,
      "AccountGuardNotPerson",
    );
    await time.increase(COOLING);
    await h.guard.connect(h.third).execute(orderId);
    await send(h, h.holder, h.partner.address, TRANSACTION);
  });

  it("cannot use an order that was meant for another turn", async () => {
    const h = await loadFixture(guarded);
    // The second confirms what it saw; what is ordered anew after a cancellation has another id.
    const seen = await place(h, "order", [h.buyer.address, UNITS, 500n]);
    await h.guard.connect(h.holder).cancel(seen);
    const anew = await place(h, "order", [h.buyer.address, UNITS, 500n]);
    await expect(h.guard.connect(h.second).confirm(seen))
      .to.be.revertedWithCustomError(h.guard, "AccountGuardOrderState")
      .withArgs(seen, STATE.cancelled);
    expect(await stateOf(h, anew)).to.equal(STATE.placed);
  });

  it("with the account's key cannot guard it for a person of their own", async () => {
    const h = await loadFixture(holdings);
    await expect(
      h.guard.connect(h.holder).turnOn(h.thief.address, COOLING, 0n, 0n, []),
    ).to.be.revertedWithCustomError(h.guard, "AccountGuardSecond");
  });
});
