import {
  asContract,
  ethers,
  FIRST_DAY,
  institution,
  join,
  proposalOf,
  type Registry,
  ROLE,
  type Signer,
  setParameters,
  signTyped,
  ZeroHash,
} from "../../test/contracts/support.ts";
import { alone, gasOf, type Row } from "./gasRows.ts";

const TRADES = 50;
const GRAMS = 1_000_000n;
/** 40 CNY a tonne. */
const PRICE = 4_000n;
const EXCHANGE = institution("exchange");
/** The chain's clock says 3,000,000,000 at the start (gas.ts); an order may live for 366 days. */
const EXPIRY = 3_010_000_000n;
/** TRADE_GAS for each, and what the batch itself needs. */
const BATCH_GAS = 50_000_000n;

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
const BUY_TYPES = { BuyOrder: orderFields("buyer", "maxPriceFenPerTonne") };
const SELL_TYPES = { SellOrder: orderFields("seller", "minPriceFenPerTonne") };
const RECEIPT_TYPES = {
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

/** A market whose seller is the source's owner and whose buyer is the enterprise; paid in cash that a custodian holds. */
export async function measureTrades(r: Registry): Promise<Row[]> {
  const [exchange, custodian] = (await ethers.getSigners()).slice(10) as [Signer, Signer];
  await join(r, exchange.address, "exchange", ROLE.exchange);
  await join(r, custodian.address, "custodian", ROLE.custodian);
  await setParameters(r, { "settlement.graceSeconds": 3_600n });
  const tokenId: bigint = await r.issuance.tokenIdOf(
    proposalOf({ firstDay: FIRST_DAY + 5_000, endDay: FIRST_DAY + 5_001 }),
  );
  const token = r.token.connect(await asContract(r, "issuance"));
  await token.mint(r.owner.address, tokenId, GRAMS * BigInt(2 * TRADES + 6));

  let nonce = 0n;
  const trade = async (listed: { gas: number }) => {
    nonce += 1n;
    const common = {
      exchange: EXCHANGE,
      tokenId,
      grams: GRAMS,
      leastGrams: GRAMS,
      payment: ZeroHash,
      expiry: EXPIRY,
      nonce,
    };
    const sell = { seller: r.owner.address, minPriceFenPerTonne: PRICE, ...common };
    const buy = { buyer: r.enterprise.address, maxPriceFenPerTonne: PRICE, ...common };
    listed.gas = await gasOf(r.settlement.connect(r.owner).list(sell));
    const fen = (GRAMS * PRICE) / 1_000_000n;
    const receipt = {
      tradeId: nonce,
      sellOrderId: await r.settlement.sellOrderId(sell),
      buyOrderId: await r.settlement.buyOrderId(buy),
      buyer: buy.buyer,
      seller: sell.seller,
      tokenId,
      grams: GRAMS,
      fen,
      custodian: custodian.address,
      deadline: EXPIRY,
    };
    const signed = (signer: Signer, types: Parameters<typeof signTyped>[2], value: object) =>
      signTyped(r.settlement, "Tanpu Settlement", types, value as Record<string, unknown>, signer);
    return {
      tradeId: nonce,
      sell,
      buy,
      buySignature: await signed(r.enterprise, BUY_TYPES, buy),
      grams: GRAMS,
      fen,
      receipt: {
        custodian: custodian.address,
        deadline: EXPIRY,
        signature: await signed(custodian, RECEIPT_TYPES, receipt),
      },
    };
  };
  const listed = { gas: 0 };
  const settle = async (count: number) => {
    const trades = [];
    for (let k = 0; k < count; k += 1) trades.push(await trade(listed));
    const sent = r.settlement.connect(exchange).settle(trades, { gasLimit: BATCH_GAS });
    const gas = await gasOf(sent);
    await requireSettled(r, count);
    return gas;
  };
  await settle(1);
  const single = await settle(1);
  const batch = await settle(TRADES);
  await trade(listed);
  const firstListed = listed.gas;
  // With an order left open, this one and the next find escrow that is not empty.
  await trade(listed);
  const byIntent = await listByIntent(r, tokenId);
  return [
    alone("list a sell order, the first open one of an id", firstListed),
    alone("list a sell order", listed.gas),
    alone("listByIntent, first nonce of a word", byIntent.first),
    alone("listByIntent", byIntent.next),
    alone("surcharge of listByIntent over list", byIntent.next - listed.gas),
    alone("settle one trade, paid in cash", single),
    alone(`settle ${TRADES} trades, paid in cash`, batch),
    alone(`settle, a trade of ${TRADES}`, batch / TRADES, null, "gas a trade"),
  ];
}

async function listByIntent(
  r: Registry,
  tokenId: bigint,
): Promise<{ first: number; next: number }> {
  const list = async (nonce: bigint) => {
    const order = {
      seller: r.owner.address,
      exchange: EXCHANGE,
      tokenId,
      grams: GRAMS,
      leastGrams: GRAMS,
      minPriceFenPerTonne: PRICE,
      payment: ZeroHash,
      expiry: EXPIRY,
      nonce,
    };
    const signature = await signTyped(r.settlement, "Tanpu Settlement", SELL_TYPES, order, r.owner);
    return gasOf(r.settlement.connect(r.outsider).listByIntent(order, signature));
  };
  const first = await list(1_000n);
  return { first, next: await list(1_001n) };
}

/** A trade that fails costs less and only tells so in an event. */
async function requireSettled(r: Registry, count: number): Promise<void> {
  const address = await r.settlement.getAddress();
  const logs = await ethers.provider.getLogs({ address, fromBlock: "latest" });
  const names = logs.map((log) => r.settlement.interface.parseLog(log)?.name);
  const settled = names.filter((name) => name === "TradeSettled").length;
  if (settled !== count) throw new Error(`${settled} of ${count} trades were settled: ${names}.`);
}
