import {
  type Action,
  document,
  move,
  NOBODY,
  nextSerial,
  PLEDGE,
  POOL,
  SETTLEMENT,
  type Stage,
  someGrams,
  someHolding,
  someOf,
} from "./world.ts";

const FAR = 4_102_444_800n;

const guard: Record<string, Action> = {
  turnGuard: (stage) => {
    const found = someOf(stage, stage.world.accounts);
    if (!found) return false;
    const { draw, emit } = stage;
    found.guard += 1;
    found.guarded = !found.guarded;
    if (found.guarded) {
      const most = 2n ** 64n - 1n;
      const values = [found.account, draw.hex(20), found.guard, 3_600, most, most];
      emit("accountGuard", "GuardTurnedOn", ...values);
    } else {
      emit("accountGuard", "GuardTurnedOff", found.account, found.guard);
    }
    return true;
  },
  changeGuard: (stage) => {
    const { draw, emit, world } = stage;
    const found = someOf(
      stage,
      world.accounts.filter(({ guarded }) => guarded),
    );
    if (!found) return false;
    const { account } = found;
    const what = draw.pick(["trust", "limits", "cooling", "second", "spent", "replace"]);
    if (what === "trust") {
      const receiver = draw.pick(world.accounts).account;
      emit("accountGuard", "GuardTrusted", account, receiver, draw.chance(0.7));
    } else if (what === "limits") emit("accountGuard", "GuardLimitsSet", account, 7n, 9n);
    else if (what === "cooling") emit("accountGuard", "GuardCoolingSet", account, 60);
    else if (what === "spent") emit("accountGuard", "GuardSpent", account, 20_000, 3n, 5n);
    else {
      found.guard += 1;
      emit("accountGuard", "GuardSecondSet", account, draw.hex(20), found.guard);
      const values = [account, draw.hex(20), found.programme, document(stage)];
      if (what === "replace") emit("accountGuard", "GuardSecondReplaced", ...values);
    }
    return true;
  },
  guardOrder: (stage) => {
    const { draw, emit, world } = stage;
    const order = someOf(stage, world.guardOrders);
    if (order && draw.chance(0.6)) {
      const { orderId } = order;
      if (!order.confirmed && draw.chance(0.5)) {
        const times = [1_800_000_000, 1_800_100_000];
        emit("accountGuard", "GuardOrderConfirmed", orderId, draw.hex(20), ...times);
        order.confirmed = true;
        return true;
      }
      if (order.confirmed) emit("accountGuard", "GuardOrderDone", orderId);
      else emit("accountGuard", "GuardOrderCancelled", orderId, draw.hex(20));
      world.guardOrders.splice(world.guardOrders.indexOf(order), 1);
      return true;
    }
    const found = someOf(
      stage,
      world.accounts.filter(({ guarded }) => guarded),
    );
    if (!found) return false;
    const { account } = found;
    const orderId = draw.hex(32);
    const content = [draw.between(1, 4), draw.hex(20), BigInt(draw.hex(32)), 5n, 6n, 60];
    const values = [orderId, account, found.guard, 1_900_000_000, content];
    emit("accountGuard", "GuardOrderPlaced", ...values);
    world.guardOrders.push({ orderId, account, confirmed: false });
    return true;
  },
};

const market: Record<string, Action> = {
  list: (stage) => {
    const held = someHolding(stage);
    if (!held) return false;
    const { draw, emit, world } = stage;
    const { tokenId, account: seller } = held;
    const grams = someGrams(stage, held.grams);
    const orderId = draw.hex(32);
    move(stage, tokenId, { operator: SETTLEMENT, from: seller, to: SETTLEMENT, grams });
    const price = [1n, 2n ** 64n - 1n, document(stage), FAR, BigInt(draw.hex(32))];
    const order = [seller, draw.hex(32), BigInt(tokenId), grams, ...price];
    emit("settlement", "OrderListed", orderId, order);
    world.orders.push({ orderId, seller, tokenId, left: grams });
    return true;
  },
  trade: (stage) => {
    const { draw, emit, world } = stage;
    const order = someOf(stage, world.orders);
    if (!order) return false;
    const { orderId, seller, tokenId } = order;
    const exchange = draw.hex(32);
    if (draw.chance(0.2)) {
      const details = Array.from({ length: draw.below(3) }, () => draw.hex(32));
      emit("settlement", "TradeFailed", exchange, nextSerial(stage), draw.hex(4), details);
      return true;
    }
    const buyer = draw.pick(world.accounts).account;
    const grams = someGrams(stage, order.left);
    move(stage, tokenId, { operator: SETTLEMENT, from: SETTLEMENT, to: buyer, grams });
    const ids = [exchange, nextSerial(stage), orderId, draw.hex(32), seller, buyer];
    const paid = [draw.between(0, 9_999), draw.hex(32), draw.chance(0.5) ? NOBODY : draw.hex(20)];
    emit("settlement", "TradeSettled", ...ids, BigInt(tokenId), grams, ...paid);
    order.left -= grams;
    if (order.left === 0n) world.orders.splice(world.orders.indexOf(order), 1);
    return true;
  },
  returnOrder: (stage) => {
    const { draw, emit, world } = stage;
    const order = someOf(stage, world.orders);
    if (!order) return false;
    const { orderId, seller, tokenId, left: grams } = order;
    move(stage, tokenId, { operator: SETTLEMENT, from: SETTLEMENT, to: seller, grams });
    const by = draw.chance(0.5) ? NOBODY : draw.hex(20);
    emit("settlement", "OrderReturned", orderId, seller, BigInt(tokenId), grams, by);
    world.orders.splice(world.orders.indexOf(order), 1);
    return true;
  },
  setPayment: (stage) => {
    const programme = someOf(stage, stage.world.programmes)?.programme;
    if (programme === undefined) return false;
    const { draw, emit } = stage;
    const values = [programme, draw.hex(20), 2n ** 96n - 1n, draw.hex(32), FAR, document(stage)];
    emit("settlement", "SettlementPaymentSet", ...values);
    return true;
  },
};

/** States of a pledge with the events that may come next. */
const NEXT: Readonly<Record<string, readonly string[]>> = {
  offered: ["PledgeAccepted", "PledgeTakenBack"],
  running: ["PledgeReleased", "PledgeClaimed"],
  claimed: ["PledgeStayed", "PledgeForeclosed", "PledgeReleased"],
  stayed: ["PledgeStayLifted"],
};
const AFTER: Readonly<Record<string, string>> = {
  ...{ PledgeAccepted: "running", PledgeClaimed: "claimed", PledgeStayed: "stayed" },
  ...{ PledgeStayLifted: "running" },
};

function endPledge(stage: Stage, at: number, name: string): void {
  const [pledge] = stage.world.pledges.splice(at, 1);
  if (!pledge) return;
  const to = name === "PledgeForeclosed" ? stage.draw.hex(20) : pledge.owner;
  move(stage, pledge.tokenId, { operator: PLEDGE, from: PLEDGE, to, grams: pledge.grams });
}

const pledges: Record<string, Action> = {
  offerPledge: (stage) => {
    const held = someHolding(stage);
    if (!held) return false;
    const { draw, emit, world } = stage;
    const { tokenId, account: owner } = held;
    const grams = someGrams(stage, held.grams);
    const pledgeId = draw.hex(32);
    move(stage, tokenId, { operator: PLEDGE, from: owner, to: PLEDGE, grams });
    const times = [FAR, 2n ** 64n - 1n, document(stage), BigInt(draw.hex(32))];
    emit("pledge", "PledgeOffered", pledgeId, [
      owner,
      draw.hex(20),
      BigInt(tokenId),
      grams,
      ...times,
    ]);
    world.pledges.push({ pledgeId, owner, tokenId, grams, state: "offered" });
    return true;
  },
  movePledge: (stage) => {
    const { draw, emit, world } = stage;
    const pledge = someOf(stage, world.pledges);
    if (!pledge) return false;
    const name = draw.pick(NEXT[pledge.state] ?? []);
    const state = AFTER[name];
    if (state === undefined) endPledge(stage, world.pledges.indexOf(pledge), name);
    else pledge.state = state;
    const told: Record<string, () => unknown[]> = {
      PledgeClaimed: () => [FAR, document(stage)],
      PledgeStayed: () => [draw.hex(20), document(stage)],
      PledgeStayLifted: () => [draw.hex(20), document(stage)],
    };
    emit("pledge", name, pledge.pledgeId, ...(told[name]?.() ?? []));
    return true;
  },
};

const pool: Record<string, Action> = {
  receive: (stage) => {
    const held = someHolding(stage);
    if (!held) return false;
    const { tokenId, account: from } = held;
    const grams = someGrams(stage, held.grams);
    move(stage, tokenId, { operator: from, from, to: POOL, grams });
    stage.emit("poolReserve", "PoolReceived", 1, BigInt(tokenId), from, grams);
    return true;
  },
  withdraw: (stage) => {
    const held = someHolding(stage, "pool");
    if (!held) return false;
    const { tokenId } = held;
    const grams = someGrams(stage, held.grams);
    const to = stage.draw.pick(stage.world.accounts).account;
    move(stage, tokenId, { operator: POOL, from: POOL, to, grams });
    const values = [1, BigInt(tokenId), to, grams, document(stage)];
    stage.emit("poolReserve", "PoolWithdrawn", ...values);
    return true;
  },
  anchor: (stage) => {
    const programme = someOf(stage, stage.world.programmes)?.programme;
    if (programme === undefined) return false;
    const { world, draw, emit } = stage;
    const epoch = (world.epochs[programme] ?? 0) + 1;
    world.epochs[programme] = epoch;
    const total = draw.chance(0.2) ? 2n ** 128n - 1n : BigInt(draw.next());
    const lines = [total, draw.between(1, 9), 4, draw.hex(32)];
    const values = [programme, epoch, draw.hex(32), ...lines, total / 1_000n, 1_900_000_000];
    emit("poolReserve", "PoolAnchored", ...values);
    return true;
  },
};

/** Guarded accounts, orders in escrow, pledges and the pool. */
export const tradingActions: Readonly<Record<string, Action>> = {
  ...guard,
  ...market,
  ...pledges,
  ...pool,
};
