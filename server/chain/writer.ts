import { keccak256, Transaction, type TransactionLike } from "ethers";
import type { Refusal } from "../domain/result.ts";
import type { UnsignedCall } from "./call.ts";
import { type ChainClient, nodeMessage } from "./client.ts";
import { refusalOfRevert } from "./errors.ts";
import { PermanentError } from "./failures.ts";
import { type FeeMarket, type Fees, readFeeMarket } from "./fees.ts";
import type { KeyStore } from "./keys.ts";
import { simulateBundle } from "./simulate.ts";

/** Signed bytes and their hash, `0x…`. */
export type SignedTransaction = { readonly raw: string; readonly hash: string };

/** What signed bytes say; they are read back where another attempt is made of them. */
export type SignedContent = UnsignedCall & {
  readonly nonce: number;
  readonly gasLimit: bigint;
  readonly fees: Fees;
};

/** What a signed transaction is besides its call. Fees are read from the chain where none are given. */
export type Terms = { readonly nonce: number; readonly gasLimit: bigint; readonly fees?: Fees };

/** The next nonces of an account: by its blocks alone, and with what waits in the node's pool. */
export type Nonces = { readonly mined: number; readonly pending: number };

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
  /**
   * Tries calls one after the other, each on what those before it did and all on what `earlier` will do, which is
   * signed but in no block. Gas limits of as many as succeed in a row. A node that can only try one call on its
   * pending block answers for the first one alone.
   */
  simulateNext(
    signer: string,
    earlier: readonly UnsignedCall[],
    calls: readonly UnsignedCall[],
  ): Promise<bigint[]>;
  nonces(signer: string): Promise<Nonces>;
  feeMarket(): Promise<FeeMarket>;
  sign(signer: string, call: UnsignedCall, terms: Terms): Promise<SignedTransaction>;
  /** A transfer of nothing to oneself, which only uses up the nonce. */
  signFiller(signer: string, nonce: number, fees?: Fees): Promise<SignedTransaction>;
  /**
   * Hands the bytes to the node. That it knows them, that their nonce is used, or that it has others under this
   * nonce which pay more, is as good as success: the mirror tells what became of it. PermanentError when no node can
   * ever take these bytes.
   */
  send(raw: string): Promise<void>;
  /** Hands many over in few requests; what `send` would have done for each, in order. Never rejects. */
  sendAll(raws: readonly string[]): Promise<PromiseSettledResult<void>[]>;
  /** The signed bytes of a transaction on the chain, `0x` when the node does not keep them. */
  rawOf(hash: string): Promise<string>;
  /** The call of a transaction on the chain; undefined when the node does not have it. */
  callOf(hash: string): Promise<UnsignedCall | undefined>;
}

const FILLER_GAS = 21_000n;
/** 500 gwei; a registry that pays more should be asked first. */
const DEFAULT_CEILING_WEI = 500_000_000_000n;

const ALREADY_THERE =
  /already known|already imported|already exists|known transaction|nonce (is )?too low|nonce has already been used|replacement transaction underpriced/i;
const NEVER_ACCEPTABLE =
  /intrinsic gas too low|exceeds (the )?block gas limit|gas limit (is )?(too high|exceed)|exceeds.*gas limit|oversized|invalid (sender|signature|chain ?id)|type not supported|failed to decode|rlp/i;

export type WriterOptions = {
  /** Most that is ever offered, in wei per gas. */
  readonly feeCeilingWei?: bigint;
};

export function createWriter(
  client: ChainClient,
  keys: KeyStore,
  { feeCeilingWei = DEFAULT_CEILING_WEI }: WriterOptions = {},
): ChainWriter {
  const sign = async (
    signer: string,
    { fees, ...transaction }: TransactionLike & { fees?: Fees | undefined },
  ): Promise<SignedTransaction> => {
    const raw = await keys.signTransaction(signer, {
      type: 2,
      chainId: client.chainId,
      value: 0n,
      ...(fees ?? (await readFeeMarket(client, feeCeilingWei)).offer),
      ...transaction,
    });
    return { raw, hash: keccak256(raw) };
  };
  const countsOf = (signer: string): Promise<string[]> => {
    const method = "eth_getTransactionCount";
    const lists = [
      [signer, "latest"],
      [signer, "pending"],
    ];
    if (client.batch) return client.batch<string>(method, lists);
    return Promise.all(lists.map((params) => client.send<string>(method, params)));
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
    simulateNext: (signer, earlier, calls) => simulateBundle(client, signer, earlier, calls),
    nonces: async (signer) => {
      const [mined = 0, pending = 0] = (await countsOf(signer)).map(Number);
      return { mined, pending: Math.max(mined, pending) };
    },
    feeMarket: () => readFeeMarket(client, feeCeilingWei),
    sign: (signer, call, terms) => sign(signer, { ...call, ...terms }),
    signFiller: (signer, nonce, fees) =>
      sign(signer, { to: signer, nonce, gasLimit: FILLER_GAS, fees }),
    send: async (raw) => {
      try {
        await client.send<string>("eth_sendRawTransaction", [raw]);
      } catch (cause) {
        requireTaken(cause);
      }
    },
    sendAll: async (raws) => {
      const lists = raws.map((raw) => [raw]);
      const sent = client.each
        ? await client.each<string>("eth_sendRawTransaction", lists)
        : await Promise.allSettled(
            lists.map((params) => client.send<string>("eth_sendRawTransaction", params)),
          );
      return Promise.allSettled(
        sent.map(async (one) => {
          if (one.status === "rejected") requireTaken(one.reason);
        }),
      );
    },
    rawOf: async (hash) => {
      try {
        return (await client.send<string | null>("eth_getRawTransactionByHash", [hash])) ?? "0x";
      } catch (cause) {
        if (cause instanceof PermanentError) return "0x";
        throw cause;
      }
    },
    callOf: async (hash) => {
      const found = await client.send<{ to: string | null; input: string } | null>(
        "eth_getTransactionByHash",
        [hash],
      );
      if (!found) return undefined;
      return { to: (found.to ?? "0x").toLowerCase(), data: found.input.toLowerCase() };
    },
  };
}

/** Throws what a node said of bytes that it did not take, unless it says that they are there. */
function requireTaken(cause: unknown): void {
  const said = nodeMessage(cause instanceof Error ? (cause.cause ?? cause) : cause);
  if (ALREADY_THERE.test(said)) return;
  if (NEVER_ACCEPTABLE.test(said)) {
    throw new PermanentError(`the node can never accept it: ${said}`, { cause });
  }
  throw cause;
}

/** Reads signed bytes of ours back. */
export function contentOf(raw: string): SignedContent {
  const transaction = Transaction.from(raw);
  return {
    to: (transaction.to ?? "0x").toLowerCase(),
    data: transaction.data,
    nonce: transaction.nonce,
    gasLimit: transaction.gasLimit,
    fees: {
      maxFeePerGas: transaction.maxFeePerGas ?? 0n,
      maxPriorityFeePerGas: transaction.maxPriorityFeePerGas ?? 0n,
    },
  };
}
