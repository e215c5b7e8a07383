import type { TransactionLike } from "ethers";
import { PermanentError } from "./failures.ts";

/*
 * The bytes of a transaction with a fee cap (EIP-1559, type 2) without an access list, which is all that the writer
 * sends and nearly all that blocks hold. A general library spends more time on them than on the signature.
 */

/** What is signed. Amounts in wei, `to` and `data` `0x…`; `to` is null where a contract is made. */
export type PlainTransaction = {
  readonly chainId: number;
  readonly nonce: number;
  readonly maxPriorityFeePerGas: bigint;
  readonly maxFeePerGas: bigint;
  readonly gasLimit: bigint;
  readonly to: string | null;
  readonly value: bigint;
  readonly data: string;
};

/** A signature's parts: r and s of 32 bytes together, and which of the two points it was. */
export type PlainSignature = { readonly rs: Uint8Array; readonly yParity: number };

const TYPE = Buffer.of(2);
/** An empty list, as the access list. */
const NOTHING = Buffer.of(0xc0);
const SHORT_BYTES = 55;
const STRING = 0x80;
const LIST = 0xc0;

const ADDRESS = /^0x[0-9a-f]{40}$/i;

/** The same of what was given for any kind of transaction; undefined when it is of another one, or says more. */
export function plainOf(like: TransactionLike): PlainTransaction | undefined {
  const { chainId, nonce, gasLimit, maxFeePerGas, maxPriorityFeePerGas } = like;
  const { type, to, value = 0n, data = "0x", accessList, ...rest } = like;
  if (type !== 2 || accessList || rest.from || typeof to !== "string" || !ADDRESS.test(to)) {
    return undefined;
  }
  const amounts = [gasLimit, maxFeePerGas, maxPriorityFeePerGas, value];
  if (typeof nonce !== "number" || typeof data !== "string") return undefined;
  if (!amounts.every((amount) => typeof amount === "bigint")) return undefined;
  return {
    ...{ chainId: Number(chainId), nonce, to, data, value: value as bigint },
    ...{ gasLimit: gasLimit as bigint, maxFeePerGas: maxFeePerGas as bigint },
    maxPriorityFeePerGas: maxPriorityFeePerGas as bigint,
  };
}

/** Bytes over whose hash the signature is made. PermanentError when a field is none. */
export function unsignedBytes(transaction: PlainTransaction): Buffer {
  return Buffer.concat([TYPE, list(fieldsOf(transaction))]);
}

/** Bytes as nodes take them; their hash is the transaction's. */
export function signedBytes(
  transaction: PlainTransaction,
  { rs, yParity }: PlainSignature,
): Buffer {
  const fields = fieldsOf(transaction);
  fields.push(whole(BigInt(yParity)), number(rs.subarray(0, 32)), number(rs.subarray(32, 64)));
  return Buffer.concat([TYPE, list(fields)]);
}

function fieldsOf(transaction: PlainTransaction): Buffer[] {
  const { to } = transaction;
  return [
    whole(BigInt(transaction.chainId)),
    whole(BigInt(transaction.nonce)),
    whole(transaction.maxPriorityFeePerGas),
    whole(transaction.maxFeePerGas),
    whole(transaction.gasLimit),
    string(to === null ? Buffer.alloc(0) : bytesOf(to, 20)),
    whole(transaction.value),
    string(bytesOf(transaction.data)),
    NOTHING,
  ];
}

/** The bytes of `0x…`; `Buffer.from` alone would stop at the first letter that is none. */
function bytesOf(hex: string, length?: number): Buffer {
  const bytes = Buffer.from(hex.slice(2), "hex");
  const isHex = hex.startsWith("0x") && bytes.length * 2 + 2 === hex.length;
  if (!isHex || (length !== undefined && bytes.length !== length)) {
    throw new PermanentError("a transaction has a field that is no hex number of its length");
  }
  return bytes;
}

function whole(value: bigint): Buffer {
  if (value < 0n) throw new PermanentError("a transaction has a field below zero");
  if (value === 0n) return Buffer.of(STRING);
  const hex = value.toString(16);
  return string(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex"));
}

/** A number in bytes, without the zeros before it. */
function number(bytes: Uint8Array): Buffer {
  let first = 0;
  while (first < bytes.length && bytes[first] === 0) first += 1;
  return string(Buffer.from(bytes.subarray(first)));
}

function string(bytes: Buffer): Buffer {
  if (bytes.length === 1 && (bytes[0] as number) < STRING) return bytes;
  return Buffer.concat([head(bytes.length, STRING), bytes]);
}

function list(fields: readonly Buffer[]): Buffer {
  const length = fields.reduce((sum, field) => sum + field.length, 0);
  return Buffer.concat([head(length, LIST), ...fields]);
}

/** What stands before a string or list: its length, and before a long one the length of that. */
function head(length: number, kind: number): Buffer {
  if (length <= SHORT_BYTES) return Buffer.of(kind + length);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  return Buffer.concat([Buffer.of(kind + SHORT_BYTES + bytes.length), bytes]);
}
