import { Transaction, type TransactionLike } from "ethers";
import type { Refusal } from "../domain/result.ts";
import { type ChainClient, nodeMessage } from "./client.ts";
import { refusalOfRevert } from "./errors.ts";
import { PermanentError } from "./failures.ts";
import type { KeyStore } from "./keys.ts";

/** A contract call that nobody has signed yet. */
export type UnsignedCall = { readonly to: string; readonly data: string };

/** Signed bytes and their hash, `0x…`. */
export type SignedTransaction = { readonly raw: string; readonly hash: string };

/**
 * Builds, tries out, signs and sends transactions. It keeps nothing: which nonce belongs to which
 * command is the caller's business, and is in the database before `send` is called.
 */
export interface ChainWriter {
  /** What the contract would say now: a gas limit with headroom, or the refusal. Nothing is spent. */
  simulate(
    signer: string,
    call: UnsignedCall,
  ): Promise<{ ok: true; gasLimit: bigint } | { ok: false; refusal: Refusal }>;
  sign(
    signer: string,
    call: UnsignedCall,
    terms: { nonce: number; gasLimit: bigint },
  ): Promise<SignedTransaction>;
  /** A transfer of nothing to oneself, which only uses up the nonce. */
  signFiller(signer: string, nonce: number): Promise<SignedTransaction>;
  /**
   * Hands the bytes to the node. That it knows them, or that their nonce is used, is as good as success:
   * the mirror tells what became of them. PermanentError when no node can ever take these bytes.
   */
  send(raw: string): Promise<void>;
}

const FILLER_GAS = 21_000n;

const ALREADY_THERE =
  /already known|already imported|already exists|known transaction|nonce (is )?too low|nonce has already been used/i;
const NEVER_ACCEPTABLE =
  /intrinsic gas too low|exceeds (the )?block gas limit|gas limit (is )?(too high|exceed)|exceeds.*gas limit|oversized|invalid (sender|signature|chain ?id)|type not supported|failed to decode|rlp/i;

export function createWriter(client: ChainClient, keys: KeyStore): ChainWriter {
  const sign = async (signer: string, transaction: TransactionLike): Promise<SignedTransaction> => {
    const raw = await keys.signTransaction(signer, {
      type: 2,
      chainId: client.chainId,
      value: 0n,
      ...(await readFees(client)),
      ...transaction,
    });
    return { raw, hash: Transaction.from(raw).hash ?? "" };
  };
  return {
    simulate: async (signer, call) => {
      const request = { from: signer, to: call.to, data: call.data };
      const answer = await client.attempt("eth_call", [request, "latest"]);
      if (!answer.ok) return { ok: false, refusal: refusalOfRevert(answer.revertData) };
      const estimate = await client.attempt("eth_estimateGas", [request]);
      if (!estimate.ok) return { ok: false, refusal: refusalOfRevert(estimate.revertData) };
      // A block that comes in between may make the call dearer, for example by a first balance.
      return { ok: true, gasLimit: (BigInt(estimate.data) * 3n) / 2n };
    },
    sign: (signer, call, terms) => sign(signer, { ...call, ...terms }),
    signFiller: (signer, nonce) => sign(signer, { to: signer, nonce, gasLimit: FILLER_GAS }),
    send: async (raw) => {
      try {
        await client.send<string>("eth_sendRawTransaction", [raw]);
      } catch (cause) {
        const said = nodeMessage(cause instanceof Error ? (cause.cause ?? cause) : cause);
        if (ALREADY_THERE.test(said)) return;
        if (NEVER_ACCEPTABLE.test(said)) {
          throw new PermanentError(`the node can never accept it: ${said}`, { cause });
        }
        throw cause;
      }
    },
  };
}

/** Twice the base fee of now, so that it still does after some full blocks; zero where it is zero. */
async function readFees(
  client: ChainClient,
): Promise<{ maxFeePerGas: bigint; maxPriorityFeePerGas: bigint }> {
  const block = await client.send<{ baseFeePerGas?: string }>("eth_getBlockByNumber", [
    "latest",
    false,
  ]);
  const baseFee = BigInt(block.baseFeePerGas ?? "0x0");
  if (baseFee === 0n) return { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n };
  const tip = BigInt(await client.send<string>("eth_maxPriorityFeePerGas", []));
  return { maxFeePerGas: 2n * baseFee + tip, maxPriorityFeePerGas: tip };
}
