import type { ContractTransactionResponse } from "ethers";
import {
  asContract,
  create,
  DOCUMENT,
  ethers,
  id,
  institution,
  join,
  networkHelpers,
  PROGRAMME,
  type Registry,
  ROLE,
  registry,
  type Signer,
  setParameters,
} from "./support.ts";

export const GRACE_SECONDS = 3_600n;
export const LISTED_GRAMS = 3_000_000n;
/** 40 CNY a tonne. */
export const PRICE = 4_000n;
export const CASH = ethers.ZeroHash;
export const EXCHANGE = institution("exchange");

/** An id of the packing of libraries/TokenIds.sol. */
export function tokenIdOf(programme: number, tag: number): bigint {
  return (1n << 248n) | (BigInt(programme) << 216n) | (1n << 184n) | BigInt(tag);
}

export const TOKEN_ID = tokenIdOf(PROGRAMME, 1);

/** Units as Issuance would mint them. */
export async function mint(r: Registry, to: string, tokenId: bigint, grams: bigint): Promise<void> {
  await r.token.connect(await asContract(r, "issuance")).mint(to, tokenId, grams);
}

/** A market with an exchange of two desks, a rival, a custodian, a seller with units and a buyer. */
export async function market() {
  const r = await registry();
  const [exchange, secondDesk, rival, custodian, otherBuyer] = (await ethers.getSigners()).slice(8);
  const roles = { exchange: exchange!, rival: rival!, custodian: custodian! };
  await join(r, roles.exchange.address, "exchange", ROLE.exchange);
  await join(r, secondDesk!.address, "exchange", ROLE.exchange);
  await join(r, roles.rival.address, "rival", ROLE.exchange);
  await join(r, roles.custodian.address, "custodian", ROLE.custodian);
  await join(r, otherBuyer!.address, "other buyer", 0);
  await setParameters(r, { "settlement.graceSeconds": GRACE_SECONDS });
  await mint(r, r.owner.address, TOKEN_ID, 10n * LISTED_GRAMS);
  return {
    ...r,
    ...roles,
    secondDesk: secondDesk!,
    otherBuyer: otherBuyer!,
    seller: r.owner,
    buyer: r.enterprise,
  };
}

export type Market = Awaited<ReturnType<typeof market>>;

export async function now(): Promise<bigint> {
  return BigInt(await networkHelpers.time.latest());
}

export async function sellOrder(m: Market, changes: Partial<Record<string, unknown>> = {}) {
  return {
    seller: m.seller.address,
    exchange: EXCHANGE,
    tokenId: TOKEN_ID,
    grams: LISTED_GRAMS,
    leastGrams: 1n,
    minPriceFenPerTonne: PRICE,
    payment: CASH,
    expiry: (await now()) + 86_400n,
    nonce: 1n,
    ...changes,
  };
}

export type SellOrder = Awaited<ReturnType<typeof sellOrder>>;

export async function buyOrder(m: Market, changes: Partial<Record<string, unknown>> = {}) {
  return {
    buyer: m.buyer.address,
    exchange: EXCHANGE,
    tokenId: TOKEN_ID,
    grams: LISTED_GRAMS,
    leastGrams: 1n,
    maxPriceFenPerTonne: PRICE,
    payment: CASH,
    expiry: (await now()) + 86_400n,
    nonce: 1n,
    ...changes,
  };
}

export type BuyOrder = Awaited<ReturnType<typeof buyOrder>>;

const orderFields = (party: string, price: string) => [
  { name: party, type: "address" },
  { name: "exchange", type: "bytes32" },
  { name: "tokenId", type: "uint256" },
  { name: "grams", type: "uint64" },
  { name: "leastGrams", type: "uint64" },
  { name: price, type: "uint64" },
  { name: "payment", type: "bytes32" },
  { name: "expiry", type: "uint64" },
  { name: "nonce", type: "uint256" },
];

export const SELL_TYPES = { SellOrder: orderFields("seller", "minPriceFenPerTonne") };
export const BUY_TYPES = { BuyOrder: orderFields("buyer", "maxPriceFenPerTonne") };
export const CONSENT_TYPES = {
  CancelConsent: [
    { name: "orderId", type: "bytes32" },
    { name: "account", type: "address" },
    { name: "deadline", type: "uint64" },
  ],
};
export const RECEIPT_TYPES = {
  CashReceipt: [
    { name: "tradeId", type: "uint256" },
    { name: "sellOrderId", type: "bytes32" },
    { name: "buyOrderId", type: "bytes32" },
    { name: "buyer", type: "address" },
    { name: "seller", type: "address" },
    { name: "tokenId", type: "uint256" },
    { name: "grams", type: "uint64" },
    { name: "fen", type: "uint64" },
    { name: "custodian", type: "address" },
    { name: "deadline", type: "uint64" },
  ],
};

export async function domain(m: Market, changes: Record<string, unknown> = {}) {
  return {
    name: "Tanpu Settlement",
    version: "1",
    chainId: (await ethers.provider.getNetwork()).chainId,
    verifyingContract: await m.settlement.getAddress(),
    ...changes,
  };
}

export async function list(m: Market, order: SellOrder, seller: Signer = m.seller) {
  await m.settlement.connect(seller).list(order);
  return order;
}

/** The custodian's receipt for a trade; `changes` are signed, the rest is as in the trade. */
export async function receiptOf(
  m: Market,
  trade: { tradeId: bigint; sell: SellOrder; buy: BuyOrder; grams: bigint; fen: bigint },
  changes: Partial<Record<string, unknown>> = {},
  custodian: Signer = m.custodian,
) {
  const deadline = (await now()) + 86_400n;
  const message = {
    tradeId: trade.tradeId,
    sellOrderId: await m.settlement.sellOrderId(trade.sell),
    buyOrderId: await m.settlement.buyOrderId(trade.buy),
    buyer: trade.buy.buyer,
    seller: trade.sell.seller,
    tokenId: trade.sell.tokenId,
    grams: trade.grams,
    fen: trade.fen,
    custodian: custodian.address,
    deadline,
    ...changes,
  };
  return {
    custodian: custodian.address,
    deadline: message.deadline as bigint,
    signature: await custodian.signTypedData(await domain(m), RECEIPT_TYPES, message),
  };
}

const NO_RECEIPT = { custodian: ethers.ZeroAddress, deadline: 0n, signature: "0x" };

/** A signed trade of a listed order at its least price, with a receipt when it is paid in cash. */
export async function tradeOf(
  m: Market,
  sell: SellOrder,
  changes: {
    tradeId?: bigint;
    grams?: bigint;
    fen?: bigint;
    buy?: Partial<Record<string, unknown>>;
    buyer?: Signer;
    buySignature?: string;
    receipt?: { custodian: string; deadline: bigint; signature: string };
  } = {},
) {
  const buyer = changes.buyer ?? m.buyer;
  const grams = changes.grams ?? 1_000_000n;
  const buy = await buyOrder(m, {
    buyer: buyer.address,
    payment: sell.payment,
    ...changes.buy,
  });
  const trade = {
    tradeId: changes.tradeId ?? 1n,
    sell,
    buy,
    buySignature:
      changes.buySignature ?? (await buyer.signTypedData(await domain(m), BUY_TYPES, buy)),
    grams,
    fen: changes.fen ?? (grams * PRICE) / 1_000_000n,
  };
  const cash = sell.payment === CASH;
  return {
    ...trade,
    receipt: changes.receipt ?? (cash ? await receiptOf(m, trade) : NO_RECEIPT),
  };
}

export type Trade = Awaited<ReturnType<typeof tradeOf>>;

/** What became of each trade: "settled", or the error's name and its values. */
export async function settle(
  m: Market,
  trades: readonly Trade[],
  exchange: Signer = m.exchange,
): Promise<[bigint, string, ...unknown[]][]> {
  const response = (await m.settlement
    .connect(exchange)
    .settle(trades)) as ContractTransactionResponse;
  const receipt = await response.wait();
  const outcomes: [bigint, string, ...unknown[]][] = [];
  for (const log of receipt!.logs) {
    const event = m.settlement.interface.parseLog(log);
    if (event?.name === "TradeSettled") outcomes.push([event.args.tradeId, "settled"]);
    if (event?.name !== "TradeFailed") continue;
    const { tradeId, reason, details } = event.args;
    const error = m.settlement.interface.parseError(ethers.concat([reason, ...details]));
    outcomes.push([tradeId, error?.name ?? reason, ...(error?.args ?? details)]);
  }
  return outcomes;
}

/** What became of one trade; null when it was settled. */
export async function failure(m: Market, trade: Trade, exchange: Signer = m.exchange) {
  const [[, name, ...values]] = (await settle(m, [trade], exchange)) as [
    [bigint, string, ...unknown[]],
  ];
  return name === "settled" ? null : [name, ...values];
}

/** The escrow of an id equals the counter, whatever happened. */
export async function escrow(m: Market, tokenId = TOKEN_ID): Promise<bigint> {
  const held = (await m.token.balanceOf(await m.settlement.getAddress(), tokenId)) as bigint;
  const open = (await m.settlement.openGrams(tokenId)) as bigint;
  if (held !== open) throw new Error(`escrow ${held} differs from open orders ${open}`);
  return held;
}

export const createPaymentToken = () =>
  create<
    | "mint"
    | "setMode"
    | "setCallback"
    | "callbackFailed"
    | "callbackError"
    | "approve"
    | "balanceOf"
  >("PaymentToken");

export const PAYS = { honestly: 0, lying: 1, no: 2, lessFee: 3, reverting: 4, draining: 5 };
export const UNITS_PER_FEN = 10_000n;

/** A market in which a token pays; the buyer has some and lets Settlement take it. */
export async function tokenMarket() {
  const m = await market();
  const pay = await createPaymentToken();
  const address = await pay.getAddress();
  await m.settlement
    .connect(m.authority)
    .setPayment(PROGRAMME, address, UNITS_PER_FEN, 0, DOCUMENT);
  await pay.mint(m.buyer.address, 10n ** 12n);
  await pay.connect(m.buyer).approve(await m.settlement.getAddress(), 10n ** 12n);
  const payment = (await m.settlement.paymentIdOf(address, UNITS_PER_FEN)) as string;
  return { ...m, pay, payment };
}

/** A contract account that receives as it likes; modes of the mock HostileReceiver. */
export async function createHostile(m: Market, mode: number) {
  const hostile = await create<"setMode" | "setBurnsGasSigning">("HostileReceiver");
  await hostile.setMode(mode);
  await join(m, await hostile.getAddress(), `hostile ${mode}`, 0);
  return hostile;
}

export { id };
