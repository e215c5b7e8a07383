import { expect } from "chai";
import {
  createHostile,
  createPaymentToken,
  domain,
  EXCHANGE,
  escrow,
  failure,
  LISTED_GRAMS,
  list,
  type Market,
  market,
  now,
  PAYS,
  RECEIPT_TYPES,
  receiptOf,
  sellOrder,
  settle,
  TOKEN_ID,
  tokenMarket,
  tradeOf,
  UNITS_PER_FEN,
} from "./marketSupport.ts";
import {
  create,
  createWallet,
  DOCUMENT,
  ethers,
  id,
  institution,
  join,
  networkHelpers,
  PROGRAMME,
  ROLE,
} from "./support.ts";

const { loadFixture, time } = networkHelpers;
const DUE = 4_000n * UNITS_PER_FEN;

async function cashListed() {
  const m = await market();
  return { ...m, sell: await list(m, await sellOrder(m)) };
}

async function tokenListed() {
  const m = await tokenMarket();
  return { ...m, sell: await list(m, await sellOrder(m, { payment: m.payment })) };
}

describe("Settlement: which token pays", () => {
  it("is the authority's to decide, of a running programme, for a contract and a rate", async () => {
    const m = await loadFixture(market);
    const pay = await (await createPaymentToken()).getAddress();
    const s = m.settlement.connect(m.authority);
    for (const caller of [m.exchange, m.operator, m.registrar, m.outsider]) {
      await expect(m.settlement.connect(caller).setPayment(PROGRAMME, pay, 1, 0, DOCUMENT))
        .to.be.revertedWithCustomError(s, "SettlementRoleMissing")
        .withArgs(PROGRAMME, ROLE.authority, caller.address);
    }
    await expect(s.setPayment(9, pay, 1, 0, DOCUMENT)).to.be.revertedWithCustomError(
      m.programmes,
      "ProgrammesUnknown",
    );
    for (const [token, unitsPerFen] of [
      [pay, 0n],
      [ethers.ZeroAddress, 1n],
      [m.outsider.address, 1n],
    ] as const) {
      await expect(s.setPayment(PROGRAMME, token, unitsPerFen, 0, DOCUMENT))
        .to.be.revertedWithCustomError(s, "SettlementPaymentInvalid")
        .withArgs(token, unitsPerFen);
    }
    await m.programmes.connect(m.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(s.setPayment(PROGRAMME, pay, 1, 0, DOCUMENT)).to.be.revertedWithCustomError(
      m.programmes,
      "ProgrammesPaused",
    );
  });

  it("holds from its date, and until then a later decision takes its place", async () => {
    const m = await loadFixture(market);
    const pay = await (await createPaymentToken()).getAddress();
    const s = m.settlement.connect(m.authority);
    const none = [ethers.ZeroAddress, 0n, ethers.ZeroHash];
    expect(await s.paymentOf(PROGRAMME)).to.deep.equal(none);
    const later = (await now()) + 1_000n;
    const payment = await s.paymentIdOf(pay, 5);
    expect(payment).to.equal(
      ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode(["address", "uint96"], [pay, 5])),
    );
    await s.setPayment(PROGRAMME, pay, 4, later, DOCUMENT);
    await expect(s.setPayment(PROGRAMME, pay, 5, later, DOCUMENT))
      .to.emit(s, "SettlementPaymentSet")
      .withArgs(PROGRAMME, pay, 5, payment, later, DOCUMENT);
    await time.increaseTo(later - 1n);
    expect(await s.paymentOf(PROGRAMME)).to.deep.equal(none);
    await time.increaseTo(later);
    expect(await s.paymentOf(PROGRAMME)).to.deep.equal([pay, 5n, payment]);
    await s.setPayment(PROGRAMME, ethers.ZeroAddress, 0, later + 1_000n, DOCUMENT);
    expect(await s.paymentOf(PROGRAMME)).to.deep.equal([pay, 5n, payment]);
    await s.setPayment(PROGRAMME, pay, 6, 0, DOCUMENT);
    await time.increaseTo(later + 1_000n);
    expect((await s.paymentOf(PROGRAMME)).unitsPerFen).to.equal(6n);
  });

  it("changes no order that somebody signed", async () => {
    const m = await loadFixture(tokenListed);
    const trade = await tradeOf(m, m.sell);
    const s = m.settlement.connect(m.authority);
    const pay = await m.pay.getAddress();
    await s.setPayment(PROGRAMME, pay, UNITS_PER_FEN * 100n, 0, DOCUMENT);
    expect(await failure(m, trade)).to.deep.equal([
      "SettlementPaymentUnknown",
      m.payment,
      await s.paymentIdOf(pay, UNITS_PER_FEN * 100n),
    ]);
    await s.setPayment(PROGRAMME, ethers.ZeroAddress, 0, 0, DOCUMENT);
    expect(await failure(m, trade)).to.deep.equal([
      "SettlementPaymentUnknown",
      m.payment,
      ethers.ZeroHash,
    ]);
    expect(await escrow(m)).to.equal(LISTED_GRAMS);
  });
});

describe("Settlement: payment by token", () => {
  it("fails with a token that lies, says no, keeps a fee, reverts or takes more", async () => {
    const m = await loadFixture(tokenListed);
    const trade = await tradeOf(m, m.sell);
    const pay = await m.pay.getAddress();
    const outcomes: [number, unknown[]][] = [
      [PAYS.lying, ["SettlementPaidShort", 0n, DUE]],
      [PAYS.no, ["SettlementPaymentFailed", pay]],
      [PAYS.lessFee, ["SettlementPaidShort", DUE - 1n, DUE]],
      [PAYS.reverting, ["SettlementPaymentFailed", pay]],
      [PAYS.draining, ["SettlementPaidShort", 0n, DUE]],
    ];
    await m.pay.mint(m.seller.address, 5n);
    for (const [mode, expected] of outcomes) {
      await m.pay.setMode(mode);
      expect(await failure(m, trade)).to.deep.equal(expected);
      expect(await m.pay.balanceOf(m.seller.address)).to.equal(5n);
    }
    expect(await escrow(m)).to.equal(LISTED_GRAMS);
    await m.pay.setMode(PAYS.honestly);
    expect(await failure(m, trade)).to.equal(null);
  });

  it("fails without money or allowance, and gives nothing to who cannot receive", async () => {
    const m = await loadFixture(tokenListed);
    const pay = await m.pay.getAddress();
    const settlement = await m.settlement.getAddress();
    const poor = await tradeOf(m, m.sell, { buyer: m.otherBuyer });
    expect(await failure(m, poor)).to.deep.equal(["SettlementPaymentFailed", pay]);
    await m.pay.connect(m.otherBuyer).approve(settlement, DUE);
    expect(await failure(m, poor)).to.deep.equal(["SettlementPaymentFailed", pay]);
    const hostile = await createHostile(m, 1);
    const buyer = await hostile.getAddress();
    await m.pay.mint(buyer, DUE);
    const refusing = await tradeOf(m, m.sell, { buy: { buyer }, buySignature: "0x" });
    expect((await failure(m, refusing))?.[0]).to.equal("SettlementPaymentFailed");
    expect(await m.pay.balanceOf(buyer)).to.equal(DUE);
  });

  it("takes the money back when the units are refused", async () => {
    const m = await loadFixture(tokenListed);
    const wallet = await createWallet(m.buyer.address);
    const buyer = await wallet.getAddress();
    await join(m, buyer, "wallet", 0);
    await m.pay.mint(buyer, DUE);
    const approve = m.pay.interface.encodeFunctionData("approve", [
      await m.settlement.getAddress(),
      DUE,
    ]);
    await wallet.connect(m.buyer).execute(await m.pay.getAddress(), approve);
    await wallet.setRefuses(true);
    const trade = await tradeOf(m, m.sell, { buy: { buyer } });
    expect((await failure(m, trade))?.[0]).to.equal("SettlementDeliveryRefused");
    expect(await m.pay.balanceOf(buyer)).to.equal(DUE);
    await wallet.setRefuses(false);
    expect(await failure(m, trade)).to.equal(null);
    expect(await m.pay.balanceOf(m.seller.address)).to.equal(DUE);
  });

  it("pays the seller exactly, with a token that answers nothing too", async () => {
    const m = await loadFixture(tokenListed);
    expect(await failure(m, await tradeOf(m, m.sell))).to.equal(null);
    expect(await m.pay.balanceOf(m.seller.address)).to.equal(DUE);
    expect(await m.token.balanceOf(m.buyer.address, TOKEN_ID)).to.equal(1_000_000n);
    const silent = await create<"mint" | "balanceOf" | "getAddress">("SilentPaymentToken");
    const address = await silent.getAddress();
    await m.settlement.connect(m.authority).setPayment(PROGRAMME, address, 1, 0, DOCUMENT);
    const payment = (await m.settlement.paymentIdOf(address, 1)) as string;
    await silent.mint(m.buyer.address, 4_000);
    const sell = await list(m, await sellOrder(m, { payment, nonce: 2n }));
    expect(await failure(m, await tradeOf(m, sell, { tradeId: 2n }))).to.equal(null);
    expect(await silent.balanceOf(m.seller.address)).to.equal(4_000n);
    const broke = await tradeOf(m, sell, { tradeId: 3n, buy: { nonce: 2n } });
    expect(await failure(m, broke)).to.deep.equal(["SettlementPaymentFailed", address]);
  });

  it("lets nobody come back in the middle of a payment", async () => {
    const m = await loadFixture(tokenListed);
    const inner = await tradeOf(m, m.sell, { tradeId: 9n, buy: { nonce: 9n } });
    const pay = await m.pay.getAddress();
    await m.programmes
      .connect(m.authority)
      .openAccount(PROGRAMME, pay, institution("exchange"), DOCUMENT);
    await m.programmes.connect(m.authority).grantRole(PROGRAMME, ROLE.exchange, pay, 0, DOCUMENT);
    const s = m.settlement.interface;
    for (const [k, call] of [
      s.encodeFunctionData("settle", [[inner]]),
      s.encodeFunctionData("release", [m.sell]),
      s.encodeFunctionData("settleAlone", [inner, EXCHANGE]),
    ].entries()) {
      await m.pay.setCallback(await m.settlement.getAddress(), call);
      const trade = await tradeOf(m, m.sell, { tradeId: BigInt(k), grams: 250n, fen: 1n });
      expect(await failure(m, trade)).to.equal(null);
      expect(await m.pay.callbackFailed()).to.equal(true);
    }
    expect(await m.pay.callbackError()).to.equal(s.encodeErrorResult("SettlementOnlySelf", [pay]));
    expect(await escrow(m)).to.equal(LISTED_GRAMS - 750n);
  });
});

/** A trade whose receipt says something else than the trade. */
async function misstated(m: Market & { sell: Awaited<ReturnType<typeof sellOrder>> }) {
  const trade = await tradeOf(m, m.sell);
  const changes: Partial<Record<string, unknown>>[] = [
    { tradeId: 2n },
    { sellOrderId: id("other") },
    { buyOrderId: id("other") },
    { buyer: m.otherBuyer.address },
    { seller: m.otherBuyer.address },
    { tokenId: TOKEN_ID + 1n },
    { grams: trade.grams - 1n },
    { fen: trade.fen - 1n },
    { custodian: m.otherBuyer.address },
  ];
  const receipts = [];
  for (const change of changes) receipts.push(await receiptOf(m, trade, change));
  const right = await receiptOf(m, trade);
  receipts.push({ ...right, deadline: right.deadline + 1n });
  receipts.push({ ...right, signature: "0x" });
  return receipts.map((receipt) => ({ ...trade, receipt }));
}

describe("Settlement: payment in cash", () => {
  it("fails when the receipt says anything else than the trade, or is signed elsewhere", async () => {
    const m = await loadFixture(cashListed);
    for (const trade of await misstated(m)) {
      expect((await failure(m, trade))?.slice(0, 2)).to.deep.equal([
        "IntentNoncesSignature",
        m.custodian.address,
      ]);
    }
    const trade = await tradeOf(m, m.sell);
    const message = {
      tradeId: 1n,
      sellOrderId: await m.settlement.sellOrderId(trade.sell),
      buyOrderId: await m.settlement.buyOrderId(trade.buy),
      buyer: trade.buy.buyer,
      seller: trade.sell.seller,
      tokenId: TOKEN_ID,
      grams: trade.grams,
      fen: trade.fen,
      custodian: m.custodian.address,
      deadline: trade.receipt.deadline,
    };
    for (const change of [{ chainId: 1 }, { verifyingContract: await m.token.getAddress() }]) {
      const elsewhere = await domain(m, change);
      const signature = await m.custodian.signTypedData(elsewhere, RECEIPT_TYPES, message);
      const receipt = { ...trade.receipt, signature };
      expect((await failure(m, { ...trade, receipt }))?.[0]).to.equal("IntentNoncesSignature");
    }
    expect(await failure(m, trade)).to.equal(null);
  });

  it("fails after the receipt's deadline", async () => {
    const m = await loadFixture(cashListed);
    const trade = await tradeOf(m, m.sell);
    const deadline = (await now()) + 100n;
    const receipt = await receiptOf(m, trade, { deadline });
    await time.setNextBlockTimestamp(deadline + 1n);
    expect(await failure(m, { ...trade, receipt })).to.deep.equal([
      "IntentNoncesExpired",
      deadline,
      deadline + 1n,
    ]);
  });

  it("fails without the role, also when it was revoked after signing", async () => {
    const m = await loadFixture(cashListed);
    const trade = await tradeOf(m, m.sell);
    for (const custodian of [m.exchange, m.operator, m.outsider]) {
      const receipt = await receiptOf(m, trade, {}, custodian);
      expect(await failure(m, { ...trade, receipt })).to.deep.equal([
        "SettlementRoleMissing",
        BigInt(PROGRAMME),
        BigInt(ROLE.custodian),
        custodian.address,
      ]);
    }
    await m.programmes
      .connect(m.authority)
      .revokeRole(PROGRAMME, ROLE.custodian, m.custodian.address, DOCUMENT);
    expect((await failure(m, trade))?.[0]).to.equal("SettlementRoleMissing");
    expect(await escrow(m)).to.equal(LISTED_GRAMS);
  });

  it("fails with a custodian of the exchange's, the seller's or the buyer's institution", async () => {
    const m = await loadFixture(cashListed);
    const trade = await tradeOf(m, m.sell);
    const signers = (await ethers.getSigners()).slice(14);
    for (const [k, name] of ["exchange", "owner", "enterprise"].entries()) {
      await join(m, signers[k]!.address, name, ROLE.custodian);
      const receipt = await receiptOf(m, trade, {}, signers[k]!);
      expect(await failure(m, { ...trade, receipt })).to.deep.equal([
        "SettlementCustodianInstitution",
        signers[k]!.address,
        institution(name),
      ]);
    }
    expect(await escrow(m)).to.equal(LISTED_GRAMS);
  });

  it("takes a receipt once, and one of a contract account", async () => {
    const m = await loadFixture(cashListed);
    const trade = await tradeOf(m, m.sell);
    const wallet = await createWallet(m.outsider.address);
    const custodian = await wallet.getAddress();
    await join(m, custodian, "second custodian", ROLE.custodian);
    const signed = await receiptOf(m, trade, { custodian }, m.outsider);
    const byWallet = { ...trade, receipt: { ...signed, custodian } };
    const outcomes = await settle(m, [byWallet, byWallet, trade]);
    expect(outcomes.map(([, name]) => name)).to.deep.equal([
      "settled",
      "SettlementTradeUsed",
      "SettlementTradeUsed",
    ]);
    const renumbered = { ...trade, tradeId: 2n };
    expect((await failure(m, renumbered))?.[0]).to.equal("IntentNoncesSignature");
  });
});
