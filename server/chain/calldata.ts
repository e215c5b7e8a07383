import { PermanentError } from "./failures.ts";

/*
 * Calldata of functions whose arguments are single words, for the commands that come in thousands. A general encoder
 * spends as long on one of them as the signature takes.
 */

const WORD_DIGITS = 64;
const ADDRESS = /^0x[0-9a-f]{40}$/i;
const BYTES_32 = /^0x[0-9a-f]{64}$/i;

/** A number of at most `bits` bits, as a word without `0x`. PermanentError when it does not fit. */
export function numberWord(value: bigint, bits: number): string {
  if (value < 0n || value >> BigInt(bits) !== 0n) {
    throw new PermanentError(`a number does not fit into ${bits} bits`);
  }
  return value.toString(16).padStart(WORD_DIGITS, "0");
}

/** An address `0x…` as a word without `0x`. PermanentError when it is none. */
export function addressWord(address: string): string {
  if (!ADDRESS.test(address)) throw new PermanentError("an address is none");
  return address.slice(2).toLowerCase().padStart(WORD_DIGITS, "0");
}

/** 32 bytes `0x…` as a word without `0x`. PermanentError when they are none. */
export function hashWord(hash: string): string {
  if (!BYTES_32.test(hash)) throw new PermanentError("32 bytes are none");
  return hash.slice(2).toLowerCase();
}
