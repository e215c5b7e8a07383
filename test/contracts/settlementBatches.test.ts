import { expect } from "chai";
import {
  createHostile,
  EXCHANGE,
  escrow,
  failure,
  LISTED_GRAMS,
  list,
  market,
  sellOrder,
  settle,
  TOKEN_ID,
  tradeOf,
} from "./marketSupport.ts";
import {
  create,
  DOCUMENT,
  ethers,
  institution,
  instrumented,
  networkHelpers,
  PROGRAMME,
  ROLE,
} from "./support.ts";

const { loadFixture } = networkHelpers;

async function listed() {
  const m = await market();
  const sell = await list(m, await sellOrder(m));
  return { ...m, sell, sellId: (await m.settlement.sellOrderId(sell)) as string };
}

describe("Settlement: a batch", () => {
  it("settles each trade alone and says all of it", async () => {
    const m = await loadFixture(listed);
    const good = await tradeOf(m, m.sell);
    const bad = await tradeOf(m, m.sell, { tradeId: 2n, fen: 1n });
    const other = await tradeOf(m, m.sell, { tradeId: 3n, buyer: m.otherBuyer });
    const outcomes = await settle(m, [good, bad, other, good]);
    expect(outcomes.map(([tradeId, name]) => [tradeId, name])).to.deep.equal([
      [1n, "settled"],
      [2n, "SettlementBelowPrice"],
      [3n, "settled"],
      [1n, "SettlementTradeUsed"],
    ]);
    expect(await escrow(m)).to.equal(LISTED_GRAMS - 2_000_000n);
    expect(await m.token.balanceOf(m.buyer.address, TOKEN_ID)).to.equal(1_000_000n);
    expect(await m.token.balanceOf(m.otherBuyer.address, TOKEN_ID)).to.equal(1_000_000n);
    const fourth = await tradeOf(m, m.sell, { tradeId: 4n, buy: { nonce: 2n } });
    await expect(m.settlement.connect(m.exchange).settle([fourth]))
      .to.emit(m.settlement, "TradeSettled")
      .withArgs(
        EXCHANGE,
        4n,
        m.sellId,
        await m.settlement.buyOrderId(fourth.buy),
        m.seller.address,
        m.buyer.address,
        TOKEN_ID,
        1_000_000n,
        4_000n,
        ethers.ZeroHash,
        m.custodian.address,
      );
    expect(await escrow(m)).to.equal(0n);
  });

  it("goes on past receivers that refuse, answer nonsense, burn their gas or talk too much", async () => {
    const m = await loadFixture(listed);
    const refusals = [1, 2, 3, 4];
    const trades = [];
    for (const mode of refusals) {
      const buyer = await (await createHostile(m, mode)).getAddress();
      const grams = 1_000n;
      const trade = await tradeOf(m, m.sell, {
        tradeId: BigInt(mode),
        grams,
        fen: 4n,
        buy: { buyer },
      });
      trades.push({ ...trade, buySignature: "0x" });
    }
    const signer = await createHostile(m, 0);
    await signer.setBurnsGasSigning(true);
    const buyer = await signer.getAddress();
    const slow = await tradeOf(m, m.sell, { tradeId: 5n, buy: { buyer } });
    const good = await tradeOf(m, m.sell, { tradeId: 6n });
    const outcomes = await settle(m, [...trades, { ...slow, buySignature: "0x" }, good]);
    expect(outcomes.map(([tradeId, name]) => [tradeId, name])).to.deep.equal([
      [1n, "SettlementDeliveryRefused"],
      [2n, "SettlementDeliveryRefused"],
      [3n, "SettlementDeliveryRefused"],
      [4n, "SettlementDeliveryRefused"],
      [5n, "IntentNoncesSignature"],
      [6n, "settled"],
    ]);
    expect(await escrow(m)).to.equal(LISTED_GRAMS - 1_000_000n);
  });

  it("lets a receiver who comes back neither settle, list nor unlock, and settles him", async () => {
    const m = await loadFixture(listed);
    const wallet = await create<"setCallback" | "callbackFailed" | "callbackError" | "getAddress">(
      "ContractWallet",
      [m.buyer.address],
    );
    const buyer = await wallet.getAddress();
    await m.programmes
      .connect(m.authority)
      .openAccount(PROGRAMME, buyer, institution("exchange"), DOCUMENT);
    await m.programmes.connect(m.authority).grantRole(PROGRAMME, ROLE.exchange, buyer, 0, DOCUMENT);
    const inner = await tradeOf(m, m.sell, { tradeId: 50n, buyer: m.otherBuyer });
    const s = m.settlement.interface;
    const calls = [
      s.encodeFunctionData("settle", [[inner]]),
      s.encodeFunctionData("release", [m.sell]),
      s.encodeFunctionData("list", [await sellOrder(m, { seller: buyer, grams: 1n })]),
    ];
    for (const [k, call] of calls.entries()) {
      await wallet.setCallback(await m.settlement.getAddress(), call);
      const nonce = BigInt(k);
      const buy = { buyer, nonce };
      const outer = await tradeOf(m, m.sell, { tradeId: nonce, grams: 1_000n, fen: 4n, buy });
      expect(await failure(m, outer)).to.equal(null);
      expect(await wallet.callbackFailed()).to.equal(true);
      expect(await wallet.callbackError()).to.equal(
        s.encodeErrorResult("ReentrancyGuardReentrantCall"),
      );
    }
    expect(await escrow(m)).to.equal(LISTED_GRAMS - 3_000n);
  });

  it("of fifty trades costs less than 80,000 gas each", async () => {
    const m = await loadFixture(listed);
    const trades = [];
    for (let k = 0n; k < 50n; k++) {
      const buy = { nonce: k };
      trades.push(await tradeOf(m, m.sell, { tradeId: k, grams: 1_000n, fen: 4n, buy }));
    }
    const x = m.settlement.connect(m.exchange);
    const { gasUsed } = (await (await x.settle(trades)).wait())!;
    if (!instrumented) expect(Number(gasUsed)).to.be.lessThan(50 * 80_000);
    expect(await escrow(m)).to.equal(LISTED_GRAMS - 50_000n);
  });
});
