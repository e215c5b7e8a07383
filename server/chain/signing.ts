import {
  getBytes,
  recoverAddress,
  Signature,
  Transaction,
  type TransactionLike,
  TypedDataEncoder,
} from "ethers";
import { PermanentError } from "./failures.ts";
import type { TypedData } from "./keys.ts";

/** Signs 32 bytes and gives r and s, 32 bytes each, as the store made them. */
export type SignDigest = (digest: Uint8Array) => Promise<Uint8Array>;

// Order of secp256k1's group. Chains take only the lower of the two s that sign the same.
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const word = (value: bigint): string => `0x${value.toString(16).padStart(64, "0")}`;
const wholeOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);

/**
 * Turns r and s of a store that knows nothing of chains into a signature that they take: the low s, and
 * which of the two points it was, found by trying. Throws PermanentError when it is not the address's.
 */
export async function signatureOf(
  address: string,
  digest: string,
  sign: SignDigest,
): Promise<Signature> {
  const raw = await sign(getBytes(digest));
  if (raw.length !== 64) throw new PermanentError(`a signature of ${raw.length} bytes is not one`);
  const r = wholeOf(raw.subarray(0, 32));
  const highOrLow = wholeOf(raw.subarray(32));
  const s = highOrLow > ORDER / 2n ? ORDER - highOrLow : highOrLow;
  for (const yParity of [0, 1] as const) {
    const signature = Signature.from({ r: word(r), s: word(s), yParity });
    let signer: string | undefined;
    try {
      signer = recoverAddress(digest, signature);
    } catch {
      continue; // No point has this r with this parity.
    }
    if (signer.toLowerCase() === address) return signature;
  }
  throw new PermanentError(`the store's signature is not one of ${address}`);
}

/** Signed bytes of a transaction, `0x…`. */
export async function signTransactionWith(
  address: string,
  like: TransactionLike,
  sign: SignDigest,
): Promise<string> {
  const transaction = Transaction.from({ ...like, from: null });
  transaction.signature = await signatureOf(address, transaction.unsignedHash, sign);
  return transaction.serialized;
}

/** 65-byte signature of typed data, `0x…`. */
export async function signTypedDataWith(
  address: string,
  { domain, types, value }: TypedData,
  sign: SignDigest,
): Promise<string> {
  const digest = TypedDataEncoder.hash(domain, types, value);
  return (await signatureOf(address, digest, sign)).serialized;
}
