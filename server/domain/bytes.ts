/**
 * Bytes and their hex text. The domain works on `Uint8Array`; `0x…` lowercase hex exists only at the
 * edges (API, JSON, files).
 */

const encoder = new TextEncoder();

/** UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

const HEX = /^0x(?:[0-9a-f]{2})*$/i;
const digits: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, "0"),
);

/** `0x…`, lowercase. */
export function toHex(bytes: Uint8Array): string {
  let text = "0x";
  for (const byte of bytes) text += digits[byte];
  return text;
}

/** The bytes of an `0x…` text. Throws a RangeError on anything else: the text must be checked before. */
export function fromHex(text: string): Uint8Array {
  if (!HEX.test(text)) throw new RangeError("not 0x-prefixed hex of whole bytes");
  const bytes = new Uint8Array((text.length - 2) / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number.parseInt(text.slice(2 + 2 * i, 4 + 2 * i), 16);
  }
  return bytes;
}

/** Whether `text` is `0x…` hex of exactly `length` bytes. */
export function isHexOf(text: string, length: number): boolean {
  return text.length === 2 + 2 * length && HEX.test(text);
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** `length` bytes, most significant first. Throws a RangeError when the value does not fit. */
export function uintBytes(value: number | bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  if (typeof value === "number" && Number.isSafeInteger(value)) {
    let rest = value;
    for (let i = length - 1; i >= 0; i--) {
      bytes[i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    if (rest === 0) return bytes;
  } else {
    let rest = BigInt(value);
    for (let i = length - 1; i >= 0; i--) {
      bytes[i] = Number(rest & 0xffn);
      rest >>= 8n;
    }
    if (rest === 0n) return bytes;
  }
  throw new RangeError(`${value} does not fit ${length} unsigned bytes`);
}

/** The unsigned integer whose bytes these are, most significant first. */
export function toUint(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

/** Negative, zero or positive like a sort wants it; byte by byte, a prefix before its extension. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0;
}
