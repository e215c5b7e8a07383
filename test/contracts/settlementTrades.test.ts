import { expect } from "chai";
import {
  BUY_TYPES,
  buyOrder,
  domain,
  EXCHANGE,
  escrow,
  failure,
  LISTED_GRAMS,
  list,
  market,
  now,
  PRICE,
  receiptOf,
  sellOrder,
  TOKEN_ID,
  tokenIdOf,
  tradeOf,
} from "./marketSupport.ts";
import {
  create,
  DOCUMENT,
  ethers,
  institution,
  networkHelpers,
  PROGRAMME,
  ROLE,
} from "./support.ts";

const { loadFixture, time } = networkHelpers;
const TRADE_GAS = 600_000n;
const OTHER_ID = tokenIdOf(PROGRAMME, 2);

async function listed() {
  const m = await market();
  const sell = await list(m, await sellOrder(m));
  return { ...m, sell, sellId: (await m.settlement.sellOrderId(sell)) as string };
}

type Listed = Awaited<ReturnType<typeof listed>>;

/** Nothing moved: units, orders and trade numbers are as after listing. */
async function expectUntouched(m: Listed) {
  expect(await escrow(m)).to.equal(LISTED_GRAMS);
  expect(await m.settlement.orderOf(m.sellId)).to.deep.equal([true, LISTED_GRAMS]);
  expect(await m.token.balanceOf(m.buyer.address, TOKEN_ID)).to.equal(0n);
  expect(await m.settlement.isTradeSettled(EXCHANGE, 1)).to.equal(false);
}

describe("Settlement: batches that are refused whole", () => {
  it("none, more than a hundred, or brought by who is no exchange", async () => {
    const m = await loadFixture(listed);
    const trade = await tradeOf(m, m.sell);
    const x = m.settlement.connect(m.exchange);
    await expect(x.settle([])).to.be.revertedWithCustomError(x, "SettlementBatch").withArgs(0, 100);
    await expect(x.settle(Array(101).fill(trade)))
      .to.be.revertedWithCustomError(x, "SettlementBatch")
      .withArgs(101, 100);
    for (const caller of [m.seller, m.buyer, m.custodian, m.operator, m.authority, m.outsider]) {
      await expect(m.settlement.connect(caller).settle([trade]))
        .to.be.revertedWithCustomError(x, "SettlementRoleMissing")
        .withArgs(PROGRAMME, ROLE.exchange, caller.address);
    }
    const elsewhere = { ...trade, sell: { ...m.sell, tokenId: tokenIdOf(2, 1) } };
    await expect(x.settle([trade, elsewhere]))
      .to.be.revertedWithCustomError(x, "SettlementRoleMissing")
      .withArgs(2, ROLE.exchange, m.exchange.address);
    await expectUntouched(m);
  });

  it("of an exchange whose role was revoked or whose account was frozen on the way", async () => {
    const m = await loadFixture(listed);
    const trade = await tradeOf(m, m.sell);
    const p = m.programmes.connect(m.authority);
    const x = m.settlement.connect(m.exchange);
    await p.freezeAccount(PROGRAMME, m.exchange.address, DOCUMENT);
    await expect(x.settle([trade])).to.be.revertedWithCustomError(x, "SettlementRoleMissing");
    await p.unfreezeAccount(PROGRAMME, m.exchange.address, DOCUMENT);
    await p.revokeRole(PROGRAMME, ROLE.exchange, m.exchange.address, DOCUMENT);
    await expect(x.settle([trade])).to.be.revertedWithCustomError(x, "SettlementRoleMissing");
    expect(await failure(m, trade, m.secondDesk)).to.equal(null);
  });

  it("with too little gas for a trade, so that none fails for want of it", async () => {
    const m = await loadFixture(listed);
    const x = m.settlement.connect(m.exchange);
    const trade = await tradeOf(m, m.sell);
    await expect(x.settle([trade], { gasLimit: TRADE_GAS })).to.be.revertedWithCustomError(
      x,
      "SettlementGasShort",
    );
    await expectUntouched(m);
  });

  it("of one trade that somebody brings as if he were the contract", async () => {
    const m = await loadFixture(listed);
    const trade = await tradeOf(m, m.sell);
    await expect(m.settlement.connect(m.exchange).settleAlone(trade, EXCHANGE))
      .to.be.revertedWithCustomError(m.settlement, "SettlementOnlySelf")
      .withArgs(m.exchange.address);
  });
});

describe("Settlement: trades that fail", () => {
  it("of another exchange, id or payment than both signed, or with oneself", async () => {
    const m = await loadFixture(listed);
    const rival = institution("rival");
    expect(await failure(m, await tradeOf(m, m.sell), m.rival)).to.deep.equal([
      "SettlementNotExchange",
      EXCHANGE,
      rival,
    ]);
    expect(await failure(m, await tradeOf(m, m.sell, { buy: { exchange: rival } }))).to.deep.equal([
      "SettlementNotExchange",
      rival,
      EXCHANGE,
    ]);
    for (const tokenId of [0n, OTHER_ID]) {
      expect(await failure(m, await tradeOf(m, m.sell, { buy: { tokenId } }))).to.deep.equal([
        "SettlementTokenId",
        TOKEN_ID,
        tokenId,
      ]);
    }
    const payment = ethers.id("dollars");
    expect(await failure(m, await tradeOf(m, m.sell, { buy: { payment } }))).to.deep.equal([
      "SettlementPaymentDiffers",
      ethers.ZeroHash,
      payment,
    ]);
    expect(await failure(m, await tradeOf(m, m.sell, { buyer: m.seller }))).to.deep.equal([
      "SettlementSelfTrade",
      m.seller.address,
    ]);
    await expectUntouched(m);
  });

  it("at a price outside either limit, by one fen", async () => {
    const m = await loadFixture(listed);
    // 1.5 t and a gram at 40 CNY a tonne are 6000.004 fen.
    const grams = 1_500_001n;
    expect(await failure(m, await tradeOf(m, m.sell, { grams, fen: 5_999n }))).to.deep.equal([
      "SettlementBelowPrice",
      5_999n,
      6_000n,
    ]);
    expect(await failure(m, await tradeOf(m, m.sell, { grams, fen: 6_002n }))).to.deep.equal([
      "SettlementAbovePrice",
      6_002n,
      6_001n,
    ]);
    await expectUntouched(m);
    const dear = { maxPriceFenPerTonne: PRICE - 1n };
    expect(await failure(m, await tradeOf(m, m.sell, { buy: dear }))).to.deep.equal([
      "SettlementAbovePrice",
      4_000n,
      3_999n,
    ]);
    expect(await failure(m, await tradeOf(m, m.sell, { grams: 0n, fen: 0n }))).to.deep.equal([
      "SettlementGramsZero",
    ]);
    expect(await failure(m, await tradeOf(m, m.sell, { grams, fen: 6_000n }))).to.equal(null);
    const buy = { nonce: 2n };
    const rest = { tradeId: 2n, grams: LISTED_GRAMS - grams, fen: 6_000n, buy };
    expect(await failure(m, await tradeOf(m, m.sell, rest))).to.equal(null);
  });

  it("after the last second of either order", async () => {
    const m = await loadFixture(listed);
    const expiry = (await now()) + 1_000n;
    const long = await tradeOf(m, m.sell, { tradeId: 2n });
    const short = await tradeOf(m, m.sell, { buy: { expiry } });
    await time.setNextBlockTimestamp(expiry + 1n);
    expect(await failure(m, short)).to.deep.equal(["IntentNoncesExpired", expiry, expiry + 1n]);
    const last = m.sell.expiry;
    const buy = { expiry: last + 100n };
    const late = await tradeOf(m, m.sell, { buy });
    const receipt = await receiptOf(m, late, { deadline: last + 100n });
    await time.setNextBlockTimestamp(last + 1n);
    expect(await failure(m, { ...late, receipt })).to.deep.equal([
      "SettlementExpired",
      last,
      last + 1n,
    ]);
    await expectUntouched(m);
    expect(await failure(m, long)).to.deep.equal(["SettlementExpired", last, last + 2n]);
  });

  it("of more than is listed or was ordered, of less than the least fill", async () => {
    const m = await loadFixture(listed);
    const sell = await list(m, await sellOrder(m, { nonce: 2n, grams: 100n, leastGrams: 40n }));
    const sellId = await m.settlement.sellOrderId(sell);
    const at = (tradeId: bigint, grams: bigint, buy = {}) =>
      tradeOf(m, sell, { tradeId, grams, fen: 1n, buy });
    expect(await failure(m, await at(1n, 101n))).to.deep.equal([
      "SettlementTooMany",
      sellId,
      101n,
      100n,
    ]);
    expect(await failure(m, await at(1n, 39n))).to.deep.equal([
      "SettlementTooFew",
      sellId,
      39n,
      40n,
    ]);
    const buy = { grams: 50n, leastGrams: 45n };
    expect((await failure(m, await at(1n, 51n, buy)))?.slice(0, 1)).to.deep.equal([
      "SettlementTooMany",
    ]);
    expect(await failure(m, await at(1n, 44n, { ...buy, expiry: m.sell.expiry }))).to.deep.equal([
      "SettlementTooFew",
      await m.settlement.buyOrderId(await buyOrder(m, { ...buy, expiry: m.sell.expiry })),
      44n,
      45n,
    ]);
    expect(await failure(m, await at(1n, 70n))).to.equal(null);
    // 30 g are below the least fill and all that is left.
    expect(await failure(m, await at(2n, 29n, { nonce: 2n }))).to.deep.equal([
      "SettlementTooFew",
      sellId,
      29n,
      40n,
    ]);
    expect(await failure(m, await at(2n, 30n, { nonce: 2n }))).to.equal(null);
    expect(await failure(m, await at(3n, 1n, { nonce: 3n }))).to.deep.equal([
      "SettlementNotOpen",
      sellId,
    ]);
    const unlisted = await sellOrder(m, { nonce: 9n });
    expect(await failure(m, await tradeOf(m, unlisted, { tradeId: 3n }))).to.deep.equal([
      "SettlementNotOpen",
      await m.settlement.sellOrderId(unlisted),
    ]);
  });

  it("over what one buy order still wants, whatever is listed", async () => {
    const m = await loadFixture(listed);
    const expiry = (await now()) + 5_000n;
    const buy = { grams: 1_500_000n, expiry };
    const first = await tradeOf(m, m.sell, { buy });
    expect(await failure(m, first)).to.equal(null);
    const buyId = await m.settlement.buyOrderId(first.buy);
    expect(await m.settlement.boughtGrams(buyId)).to.equal(1_000_000n);
    expect(await failure(m, await tradeOf(m, m.sell, { tradeId: 2n, buy }))).to.deep.equal([
      "SettlementTooMany",
      buyId,
      1_000_000n,
      500_000n,
    ]);
    const rest = await tradeOf(m, m.sell, { tradeId: 2n, buy, grams: 500_000n });
    expect(await failure(m, rest)).to.equal(null);
    const more = await tradeOf(m, m.sell, { tradeId: 3n, buy, grams: 1n, fen: 0n });
    expect(await failure(m, more)).to.deep.equal(["SettlementTooMany", buyId, 1n, 0n]);
  });

  it("a number twice, also of another desk; an order's numbers are not another exchange's", async () => {
    const m = await loadFixture(listed);
    expect(await failure(m, await tradeOf(m, m.sell))).to.equal(null);
    const again = await tradeOf(m, m.sell, { buy: { nonce: 2n } });
    for (const desk of [m.exchange, m.secondDesk]) {
      expect(await failure(m, again, desk)).to.deep.equal(["SettlementTradeUsed", EXCHANGE, 1n]);
    }
    const rival = institution("rival");
    const theirs = await list(m, await sellOrder(m, { exchange: rival }));
    const same = await tradeOf(m, theirs, { buy: { exchange: rival } });
    expect(await failure(m, same, m.rival)).to.equal(null);
    const high = await tradeOf(m, m.sell, { tradeId: (1n << 256n) - 1n, buy: { nonce: 3n } });
    expect(await failure(m, high)).to.equal(null);
    expect(await m.settlement.isTradeSettled(EXCHANGE, (1n << 256n) - 1n)).to.equal(true);
    expect(await m.settlement.isTradeSettled(EXCHANGE, 2)).to.equal(false);
  });

  it("not signed by the buyer, signed for another chain or contract, or cancelled by him", async () => {
    const m = await loadFixture(listed);
    const other = await create<"getAddress">("Settlement", [
      await m.programmes.getAddress(),
      await m.token.getAddress(),
    ]);
    const buy = await buyOrder(m);
    const buyId = await m.settlement.buyOrderId(buy);
    const signatures = [
      await m.seller.signTypedData(await domain(m), BUY_TYPES, buy),
      await m.buyer.signTypedData(await domain(m, { chainId: 1 }), BUY_TYPES, buy),
      await m.buyer.signTypedData(
        await domain(m, { verifyingContract: await other.getAddress() }),
        BUY_TYPES,
        buy,
      ),
    ];
    for (const change of [{ maxPriceFenPerTonne: 1n }, { grams: 1n }, { nonce: 5n }]) {
      const otherTerms = { ...buy, ...change };
      signatures.push(await m.buyer.signTypedData(await domain(m), BUY_TYPES, otherTerms));
    }
    for (const buySignature of signatures) {
      expect(await failure(m, { ...(await tradeOf(m, m.sell)), buy, buySignature })).to.deep.equal([
        "IntentNoncesSignature",
        m.buyer.address,
        buyId,
      ]);
    }
    await m.settlement.connect(m.buyer).cancelNonces(0, 1n << 1n);
    expect(await failure(m, await tradeOf(m, m.sell))).to.deep.equal([
      "IntentNoncesUsed",
      m.buyer.address,
      1n,
    ]);
    await expectUntouched(m);
  });

  it("of frozen or closed parties, who lose nothing, and in a paused programme", async () => {
    const m = await loadFixture(listed);
    const p = m.programmes.connect(m.authority);
    const trade = await tradeOf(m, m.sell);
    for (const party of [m.seller, m.buyer]) {
      await p.freezeAccount(PROGRAMME, party.address, DOCUMENT);
      expect(await failure(m, trade)).to.deep.equal(["SettlementStanding", party.address, 3n]);
      await p.unfreezeAccount(PROGRAMME, party.address, DOCUMENT);
    }
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    const paused = m.token.interface.getError("ReductionTokenPaused")!.selector;
    expect((await failure(m, trade))?.map(String)).to.deep.equal([
      "SettlementDeliveryRefused",
      paused,
    ]);
    await p.resumeProgramme(PROGRAMME, DOCUMENT);
    const stranger = await tradeOf(m, m.sell, { buyer: m.outsider });
    expect(await failure(m, stranger)).to.deep.equal([
      "SettlementStanding",
      m.outsider.address,
      0n,
    ]);
    await p.closeAccount(PROGRAMME, m.seller.address, DOCUMENT);
    expect(await failure(m, trade)).to.deep.equal(["SettlementStanding", m.seller.address, 16n]);
    await expectUntouched(m);
  });
});
