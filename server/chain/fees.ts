import type { ChainClient } from "./client.ts";

/** What a transaction offers, in wei per gas. */
export type Fees = { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint };

/** What the next block asks for, and what is offered for it. */
export type FeeMarket = { readonly baseFee: bigint; readonly offer: Fees };

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/**
 * The base fee of now, and an offer of twice that, so that it still does after some full blocks; zero where it is
 * zero, and never above the ceiling.
 */
export async function readFeeMarket(client: ChainClient, ceiling: bigint): Promise<FeeMarket> {
  const block = await client.send<{ baseFeePerGas?: string }>("eth_getBlockByNumber", [
    "latest",
    false,
  ]);
  const baseFee = BigInt(block.baseFeePerGas ?? "0x0");
  if (baseFee === 0n) return { baseFee, offer: { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n } };
  const tip = BigInt(await client.send<string>("eth_maxPriorityFeePerGas", []));
  const maxFeePerGas = least(2n * baseFee + tip, ceiling);
  return { baseFee, offer: { maxFeePerGas, maxPriorityFeePerGas: least(tip, maxFeePerGas) } };
}

/** An eighth more, at least one wei: nodes want ten per cent on both before they let go of what they have. */
const raised = (fee: bigint): bigint => fee + (fee + 7n) / 8n + (fee === 0n ? 1n : 0n);

/**
 * What the next attempt of a nonce offers: more than the former one by what nodes demand, and what the market asks.
 * Null when that is above the ceiling; then the former bytes have to wait for the fee to fall.
 */
export function bumpedFees(former: Fees, market: FeeMarket, ceiling: bigint): Fees | null {
  const maxFeePerGas = raised(former.maxFeePerGas);
  const maxPriorityFeePerGas = raised(former.maxPriorityFeePerGas);
  if (maxFeePerGas > ceiling || maxPriorityFeePerGas > ceiling) return null;
  const tip = most(maxPriorityFeePerGas, market.offer.maxPriorityFeePerGas);
  const cap = most(most(maxFeePerGas, market.offer.maxFeePerGas), tip);
  return { maxFeePerGas: least(cap, ceiling), maxPriorityFeePerGas: least(tip, ceiling) };
}
