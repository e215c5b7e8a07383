import { expect } from "chai";
import {
  BUY_TYPES,
  buyOrder,
  CONSENT_TYPES,
  domain,
  EXCHANGE,
  escrow,
  GRACE_SECONDS,
  id,
  LISTED_GRAMS,
  list,
  type Market,
  market,
  now,
  SELL_TYPES,
  type SellOrder,
  sellOrder,
  settle,
  TOKEN_ID,
  tokenIdOf,
  tradeOf,
} from "./marketSupport.ts";
import {
  create,
  createWallet,
  DOCUMENT,
  ethers,
  institution,
  join,
  networkHelpers,
  PROGRAMME,
  ROLE,
  type Signer,
  setParameters,
} from "./support.ts";

const { loadFixture, time } = networkHelpers;
const YEAR_SECONDS = 366n * 86_400n;

async function listed() {
  const m = await market();
  const order = await list(m, await sellOrder(m));
  return { ...m, order, orderId: (await m.settlement.sellOrderId(order)) as string };
}

async function consent(
  m: Market,
  orderId: string,
  changes: { account?: Signer; deadline?: bigint; signedOrderId?: string } = {},
) {
  const account = changes.account ?? m.exchange;
  const deadline = changes.deadline ?? (await now()) + 3_600n;
  const message = {
    orderId: changes.signedOrderId ?? orderId,
    account: account.address,
    deadline,
  };
  const signature = await account.signTypedData(await domain(m), CONSENT_TYPES, message);
  return { account: account.address, deadline, signature };
}

describe("Settlement: what is not listed", () => {
  it("another's order, no grams, no least fill or one above the order, no exchange", async () => {
    const m = await loadFixture(market);
    const order = await sellOrder(m);
    const s = m.settlement.connect(m.seller);
    await expect(m.settlement.connect(m.buyer).list(order))
      .to.be.revertedWithCustomError(s, "SettlementNotSeller")
      .withArgs(m.seller.address, m.buyer.address);
    await expect(s.list({ ...order, grams: 0 })).to.be.revertedWithCustomError(
      s,
      "SettlementGramsZero",
    );
    for (const leastGrams of [0n, LISTED_GRAMS + 1n]) {
      await expect(s.list({ ...order, leastGrams }))
        .to.be.revertedWithCustomError(s, "SettlementLeastGrams")
        .withArgs(LISTED_GRAMS, leastGrams);
    }
    await expect(s.list({ ...order, exchange: ethers.ZeroHash }))
      .to.be.revertedWithCustomError(s, "SettlementNotExchange")
      .withArgs(ethers.ZeroHash, ethers.ZeroHash);
  });

  it("an order that is over or lives too long, by a second", async () => {
    const m = await loadFixture(market);
    const s = m.settlement.connect(m.seller);
    const at = (await now()) + 10n;
    await time.setNextBlockTimestamp(at);
    await expect(s.list(await sellOrder(m, { expiry: at - 1n })))
      .to.be.revertedWithCustomError(s, "SettlementExpired")
      .withArgs(at - 1n, at);
    await time.setNextBlockTimestamp(at + 1n);
    const latest = at + 1n + YEAR_SECONDS;
    await expect(s.list(await sellOrder(m, { expiry: latest + 1n })))
      .to.be.revertedWithCustomError(s, "SettlementLife")
      .withArgs(latest + 1n, latest);
    await time.setNextBlockTimestamp(at + 2n);
    await s.list(await sellOrder(m, { expiry: at + 2n }));
    await time.setNextBlockTimestamp(at + 3n);
    await s.list(await sellOrder(m, { expiry: at + 3n + YEAR_SECONDS }));
  });

  it("the same order twice, also after it came back", async () => {
    const m = await loadFixture(listed);
    const s = m.settlement.connect(m.seller);
    await expect(s.list(m.order))
      .to.be.revertedWithCustomError(s, "SettlementKnown")
      .withArgs(m.orderId);
    await m.settlement.connect(m.exchange).release(m.order);
    const signature = await m.seller.signTypedData(await domain(m), SELL_TYPES, m.order);
    for (const again of [s.list(m.order), s.listByIntent(m.order, signature)]) {
      await expect(again).to.be.revertedWithCustomError(s, "SettlementKnown").withArgs(m.orderId);
    }
    expect(await m.settlement.orderOf(m.orderId)).to.deep.equal([true, 0n]);
  });

  it("units the seller does not have, of an unknown id, of a frozen account, in a pause", async () => {
    const m = await loadFixture(market);
    const s = m.settlement.connect(m.seller);
    const p = m.programmes.connect(m.authority);
    const order = await sellOrder(m);
    await expect(
      s.list({ ...order, grams: 10n * LISTED_GRAMS + 1n }),
    ).to.be.revertedWithCustomError(m.token, "ERC1155InsufficientBalance");
    await expect(s.list({ ...order, tokenId: 5n })).to.be.revertedWithCustomError(
      m.token,
      "ReductionTokenUnknown",
    );
    await p.freezeAccount(PROGRAMME, m.seller.address, DOCUMENT);
    await expect(s.list(order)).to.be.revertedWithCustomError(m.token, "ReductionTokenStanding");
    await p.unfreezeAccount(PROGRAMME, m.seller.address, DOCUMENT);
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(s.list(order)).to.be.revertedWithCustomError(m.token, "ReductionTokenPaused");
  });

  it("units sent here without an order, one id or many", async () => {
    const m = await loadFixture(market);
    const to = await m.settlement.getAddress();
    const t = m.token.connect(m.seller);
    await expect(t.safeTransferFrom(m.seller.address, to, TOKEN_ID, 1, "0x"))
      .to.be.revertedWithCustomError(t, "ERC1155InvalidReceiver")
      .withArgs(to);
    await expect(t.safeBatchTransferFrom(m.seller.address, to, [TOKEN_ID], [1], "0x"))
      .to.be.revertedWithCustomError(t, "ERC1155InvalidReceiver")
      .withArgs(to);
    expect(await escrow(m)).to.equal(0n);
  });

  it("by a signature of another, over other terms, for another chain or contract", async () => {
    const m = await loadFixture(market);
    const s = m.settlement.connect(m.outsider);
    const order = await sellOrder(m);
    const digest = await m.settlement.sellOrderId(order);
    const other = await create<"getAddress">("Settlement", [
      await m.programmes.getAddress(),
      await m.token.getAddress(),
    ]);
    const signed = async (by: Signer, what: SellOrder, changes = {}) =>
      by.signTypedData(await domain(m, changes), SELL_TYPES, what);
    const worthless = [
      await signed(m.buyer, order),
      await signed(m.seller, order, { chainId: 1 }),
      await signed(m.seller, order, { verifyingContract: await other.getAddress() }),
      await signed(m.seller, order, { version: "2" }),
      await m.seller.signTypedData(await domain(m), BUY_TYPES, {
        ...(await buyOrder(m)),
        buyer: m.seller.address,
      }),
      "0x",
    ];
    for (const change of [
      { exchange: institution("rival") },
      { tokenId: TOKEN_ID + 1n },
      { grams: order.grams - 1n },
      { leastGrams: 2n },
      { minPriceFenPerTonne: order.minPriceFenPerTonne - 1n },
      { payment: id("other") },
      { expiry: order.expiry + 1n },
      { nonce: 2n },
    ]) {
      worthless.push(await signed(m.seller, { ...order, ...change }));
    }
    for (const signature of worthless) {
      await expect(s.listByIntent(order, signature))
        .to.be.revertedWithCustomError(s, "IntentNoncesSignature")
        .withArgs(m.seller.address, digest);
    }
  });

  it("by a signature whose nonce was used or cancelled, or that is over", async () => {
    const m = await loadFixture(market);
    const s = m.settlement.connect(m.outsider);
    const signed = async (order: SellOrder) =>
      m.seller.signTypedData(await domain(m), SELL_TYPES, order);
    const first = await sellOrder(m, { nonce: 7n });
    await s.listByIntent(first, await signed(first));
    const second = { ...first, grams: 1n };
    await expect(s.listByIntent(second, await signed(second)))
      .to.be.revertedWithCustomError(s, "IntentNoncesUsed")
      .withArgs(m.seller.address, 7n);
    await m.settlement.connect(m.seller).cancelNonces(0, 1n << 8n);
    const third = { ...first, nonce: 8n };
    await expect(s.listByIntent(third, await signed(third)))
      .to.be.revertedWithCustomError(s, "IntentNoncesUsed")
      .withArgs(m.seller.address, 8n);
    const late = { ...first, nonce: 9n };
    await time.increaseTo(late.expiry);
    await expect(s.listByIntent(late, await signed(late))).to.be.revertedWithCustomError(
      s,
      "IntentNoncesExpired",
    );
  });
});

describe("Settlement: listing", () => {
  it("takes the grams into escrow and says all terms", async () => {
    const m = await loadFixture(market);
    const order = await sellOrder(m);
    const orderId = await m.settlement.sellOrderId(order);
    expect(orderId).to.equal(
      ethers.TypedDataEncoder.hash(await domain(m), SELL_TYPES, order as never),
    );
    await expect(m.settlement.connect(m.seller).list(order))
      .to.emit(m.settlement, "OrderListed")
      .withArgs(orderId, Object.values(order));
    expect(await m.settlement.orderOf(orderId)).to.deep.equal([true, LISTED_GRAMS]);
    expect(await escrow(m)).to.equal(LISTED_GRAMS);
    expect(await m.token.balanceOf(m.seller.address, TOKEN_ID)).to.equal(9n * LISTED_GRAMS);
  });

  it("works by signature of a key and of a contract account, whoever brings it", async () => {
    const m = await loadFixture(market);
    const order = await sellOrder(m);
    const signature = await m.seller.signTypedData(await domain(m), SELL_TYPES, order);
    await expect(m.settlement.connect(m.outsider).listByIntent(order, signature)).to.emit(
      m.settlement,
      "OrderListed",
    );
    const wallet = await createWallet(m.buyer.address);
    const address = await wallet.getAddress();
    await join(m, address, "wallet", 0);
    await m.token.connect(m.seller).safeTransferFrom(m.seller.address, address, TOKEN_ID, 50, "0x");
    const byWallet = await sellOrder(m, { seller: address, grams: 50n });
    const owners = await m.buyer.signTypedData(await domain(m), SELL_TYPES, byWallet);
    await m.settlement.connect(m.outsider).listByIntent(byWallet, owners);
    expect(await escrow(m)).to.equal(LISTED_GRAMS + 50n);
  });
});

describe("Settlement: what stays in escrow", () => {
  it("an order cancelled by another, or without this exchange's consent", async () => {
    const m = await loadFixture(listed);
    const { order, orderId } = m;
    const s = m.settlement.connect(m.seller);
    await expect(m.settlement.connect(m.buyer).cancel(order, await consent(m, orderId)))
      .to.be.revertedWithCustomError(s, "SettlementNotSeller")
      .withArgs(m.seller.address, m.buyer.address);
    await expect(s.cancel(order, await consent(m, orderId, { account: m.outsider })))
      .to.be.revertedWithCustomError(s, "SettlementRoleMissing")
      .withArgs(PROGRAMME, ROLE.exchange, m.outsider.address);
    await expect(s.cancel(order, await consent(m, orderId, { account: m.rival })))
      .to.be.revertedWithCustomError(s, "SettlementNotExchange")
      .withArgs(EXCHANGE, institution("rival"));
    const elsewhere = await consent(m, orderId, { signedOrderId: id("other") });
    await expect(s.cancel(order, elsewhere)).to.be.revertedWithCustomError(
      s,
      "IntentNoncesSignature",
    );
    const desk = await consent(m, orderId);
    await expect(
      s.cancel(order, { ...desk, account: m.secondDesk.address }),
    ).to.be.revertedWithCustomError(s, "IntentNoncesSignature");
    const over = await consent(m, orderId, { deadline: await now() });
    await expect(s.cancel(order, over)).to.be.revertedWithCustomError(s, "IntentNoncesExpired");
    await m.programmes
      .connect(m.authority)
      .revokeRole(PROGRAMME, ROLE.exchange, m.exchange.address, DOCUMENT);
    await expect(s.cancel(order, desk))
      .to.be.revertedWithCustomError(s, "SettlementRoleMissing")
      .withArgs(PROGRAMME, ROLE.exchange, m.exchange.address);
    expect(await escrow(m)).to.equal(LISTED_GRAMS);
  });

  it("an order released by anybody but its exchange", async () => {
    const m = await loadFixture(listed);
    for (const caller of [m.seller, m.buyer, m.authority, m.operator]) {
      await expect(m.settlement.connect(caller).release(m.order))
        .to.be.revertedWithCustomError(m.settlement, "SettlementRoleMissing")
        .withArgs(PROGRAMME, ROLE.exchange, caller.address);
    }
    await expect(m.settlement.connect(m.rival).release(m.order))
      .to.be.revertedWithCustomError(m.settlement, "SettlementNotExchange")
      .withArgs(EXCHANGE, institution("rival"));
  });

  it("an order that was never listed, or came back already", async () => {
    const m = await loadFixture(listed);
    const unlisted = { ...m.order, nonce: 2n };
    const x = m.settlement.connect(m.exchange);
    await expect(x.release(unlisted)).to.be.revertedWithCustomError(x, "SettlementNotOpen");
    await x.release(m.order);
    await expect(x.release(m.order))
      .to.be.revertedWithCustomError(x, "SettlementNotOpen")
      .withArgs(m.orderId);
    const s = m.settlement.connect(m.seller);
    await expect(s.cancel(m.order, await consent(m, m.orderId))).to.be.revertedWithCustomError(
      s,
      "SettlementNotOpen",
    );
    await time.increaseTo(m.order.expiry + GRACE_SECONDS);
    await expect(s.returnExpired(m.order)).to.be.revertedWithCustomError(s, "SettlementNotOpen");
  });

  it("until the last second of the grace", async () => {
    const m = await loadFixture(listed);
    const s = m.settlement.connect(m.outsider);
    const last = m.order.expiry + GRACE_SECONDS;
    expect(await s.overAfter(m.order)).to.equal(last);
    await time.setNextBlockTimestamp(last);
    await expect(s.returnExpired(m.order))
      .to.be.revertedWithCustomError(s, "SettlementNotOver")
      .withArgs(m.orderId, last);
    await time.setNextBlockTimestamp(last + 1n);
    await expect(s.returnExpired(m.order))
      .to.emit(s, "OrderReturned")
      .withArgs(m.orderId, m.seller.address, TOKEN_ID, LISTED_GRAMS, ethers.ZeroAddress);
  });

  it("while the seller is frozen, the programme paused or the seller's contract refuses", async () => {
    const m = await loadFixture(listed);
    const p = m.programmes.connect(m.authority);
    const x = m.settlement.connect(m.exchange);
    await p.freezeAccount(PROGRAMME, m.seller.address, DOCUMENT);
    await expect(x.release(m.order)).to.be.revertedWithCustomError(
      m.token,
      "ReductionTokenStanding",
    );
    await p.unfreezeAccount(PROGRAMME, m.seller.address, DOCUMENT);
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(x.release(m.order)).to.be.revertedWithCustomError(m.token, "ReductionTokenPaused");
    await p.resumeProgramme(PROGRAMME, DOCUMENT);

    const wallet = await createWallet(m.buyer.address);
    const address = await wallet.getAddress();
    await join(m, address, "wallet", 0);
    await m.token.connect(m.seller).safeTransferFrom(m.seller.address, address, TOKEN_ID, 50, "0x");
    const order = await sellOrder(m, { seller: address, grams: 50n });
    const signature = await m.buyer.signTypedData(await domain(m), SELL_TYPES, order);
    await m.settlement.listByIntent(order, signature);
    await wallet.setRefuses(true);
    await expect(x.release(order)).to.be.revertedWithCustomError(wallet, "ContractWalletRefuses");
    expect(await escrow(m)).to.equal(LISTED_GRAMS + 50n);
    await wallet.setRefuses(false);
    const again = m.settlement.interface.encodeFunctionData("returnExpired", [order]);
    await wallet.setCallback(await m.settlement.getAddress(), again);
    await x.release(order);
    expect(await wallet.callbackFailed()).to.equal(true);
    expect(await wallet.callbackError()).to.equal(
      m.settlement.interface.encodeErrorResult("ReentrancyGuardReentrantCall"),
    );
    await x.release(m.order);
    expect(await escrow(m)).to.equal(0n);
  });
});

describe("Settlement: what comes back", () => {
  it("the whole rest, by consent of any desk of the exchange", async () => {
    const m = await loadFixture(listed);
    await settle(m, [await tradeOf(m, m.order)]);
    const rest = LISTED_GRAMS - 1_000_000n;
    const yes = await consent(m, m.orderId, { account: m.secondDesk });
    await expect(m.settlement.connect(m.seller).cancel(m.order, yes))
      .to.emit(m.settlement, "OrderReturned")
      .withArgs(m.orderId, m.seller.address, TOKEN_ID, rest, m.secondDesk.address);
    expect(await escrow(m)).to.equal(0n);
    expect(await m.token.balanceOf(m.seller.address, TOKEN_ID)).to.equal(
      10n * LISTED_GRAMS - 1_000_000n,
    );
  });

  it("the whole order, released by a desk of the exchange", async () => {
    const m = await loadFixture(listed);
    await expect(m.settlement.connect(m.secondDesk).release(m.order))
      .to.emit(m.settlement, "OrderReturned")
      .withArgs(m.orderId, m.seller.address, TOKEN_ID, LISTED_GRAMS, m.secondDesk.address);
  });

  it("at expiry where no grace was decided, after 30 days where a longer one was", async () => {
    const m = await loadFixture(listed);
    const elsewhere = { ...m.order, tokenId: tokenIdOf(2, 1) };
    expect(await m.settlement.overAfter(elsewhere)).to.equal(m.order.expiry);
    await setParameters(m, { "settlement.graceSeconds": 1n << 100n });
    expect(await m.settlement.overAfter(m.order)).to.equal(m.order.expiry + 30n * 86_400n);
  });

  it("when it would have, whatever is decided after the order's expiry", async () => {
    const m = await loadFixture(listed);
    await time.increaseTo(m.order.expiry + 1n);
    await setParameters(m, { "settlement.graceSeconds": 30n * 86_400n });
    await time.increaseTo(m.order.expiry + GRACE_SECONDS);
    await m.settlement.connect(m.outsider).returnExpired(m.order);
    expect(await escrow(m)).to.equal(0n);
  });
});
