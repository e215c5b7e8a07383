import { concat, toHex, toUint, uintBytes, utf8 } from "./bytes.ts";
import type { HashSuite } from "./hashSuite.ts";
import { formatDay } from "./period.ts";
import { type Result, refuse, succeed } from "./result.ts";

/** The layout this registry writes: the most significant byte of every id. */
export const TOKEN_ID_VERSION = 1;

/** What a token id says by itself. */
export type TokenIdParts = {
  version: number;
  programme: number;
  methodology: number;
  firstDay: number;
  /** Not included. */
  endDay: number;
  /** 17 bytes, `0x…`: the top of keccak256(abi.encode(sourceId, assetKey)). */
  binding: string;
};

/** keccak256(utf8(code)) of a unified social credit code or any other public register number. */
export function institutionIdOf(suite: HashSuite, registerNumber: string): Uint8Array {
  return suite.hash(utf8(registerNumber));
}

/** keccak256(abi.encode(uint32 programme, uint32 methodology, bytes32 assetKey)). */
export function sourceIdOf(
  suite: HashSuite,
  programme: number,
  methodology: number,
  assetKey: Uint8Array,
): Uint8Array {
  return suite.hash(uintBytes(programme, 32), uintBytes(methodology, 32), assetKey);
}

/**
 * The id of the units that a source earns in a period. The quantity is not part of it, so the same
 * reduction with another amount still collides. Throws a RangeError when a part overflows its field.
 */
export function encodeTokenId(
  suite: HashSuite,
  parts: {
    programme: number;
    methodology: number;
    firstDay: number;
    endDay: number;
    sourceId: Uint8Array;
    assetKey: Uint8Array;
  },
): bigint {
  return toUint(
    concat(
      uintBytes(TOKEN_ID_VERSION, 1),
      uintBytes(parts.programme, 4),
      uintBytes(parts.methodology, 4),
      uintBytes(parts.firstDay, 3),
      uintBytes(parts.endDay, 3),
      suite.hash(parts.sourceId, parts.assetKey).subarray(0, 17),
    ),
  );
}

/** Reads the fields of an id. TOKEN_ID_MALFORMED, TOKEN_ID_VERSION. */
export function decodeTokenId(tokenId: bigint): Result<TokenIdParts> {
  if (tokenId < 0n || tokenId >> 256n !== 0n) return refuse("TOKEN_ID_MALFORMED");
  const bytes = uintBytes(tokenId, 32);
  const field = (first: number, end: number): number => Number(toUint(bytes.subarray(first, end)));
  const version = field(0, 1);
  if (version !== TOKEN_ID_VERSION) return refuse("TOKEN_ID_VERSION", { values: { version } });
  return succeed({
    version,
    programme: field(1, 5),
    methodology: field(5, 9),
    firstDay: field(9, 12),
    endDay: field(12, 15),
    binding: toHex(bytes.subarray(15)),
  });
}

/** The id in words, in both languages. */
export function describeTokenId(parts: TokenIdParts): { en: string; zh: string } {
  const first = formatDay(parts.firstDay);
  const last = formatDay(parts.endDay - 1);
  return {
    en: `programme ${parts.programme}, methodology ${parts.methodology}, ${first} to ${last}`,
    zh: `碳普惠机制 ${parts.programme}，方法学 ${parts.methodology}，监测期 ${first} 至 ${last}`,
  };
}

/** `0x` and 64 digits, the form of an id in JSON and addresses. */
export function formatTokenId(tokenId: bigint): string {
  return toHex(uintBytes(tokenId, 32));
}

/** Reads `0x…` hex or decimal digits. TOKEN_ID_MALFORMED. */
export function parseTokenId(text: string): Result<bigint> {
  if (/^(0x[0-9a-f]{1,64}|\d{1,78})$/i.test(text)) {
    const tokenId = BigInt(text);
    if (tokenId >> 256n === 0n) return succeed(tokenId);
  }
  return refuse("TOKEN_ID_MALFORMED");
}
