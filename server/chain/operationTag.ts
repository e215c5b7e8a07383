/*
 * Every transaction that the writer sends carries the id of its operation as the last 16 bytes of its calldata, where
 * Solidity's decoder never looks. So the chain itself knows which command a transaction carried out, also when the
 * database that ordered it was lost. Plain calldata is a selector and words of 32 bytes, so the length tells a tag.
 */

const SELECTOR_BYTES = 4;
const WORD_BYTES = 32;
const TAG_BYTES = 16;

/** Calldata with the operation's id behind it. `operationId` is a UUID, `data` is `0x…` and begins with a selector. */
export function tagCalldata(data: string, operationId: string): string {
  return `${data}${operationId.replaceAll("-", "").toLowerCase()}`;
}

/** The UUID behind calldata, or null where there is none. Anyone may write anything there: it counts with its signer. */
export function operationIdOf(calldata: string): string | null {
  const bytes = (calldata.length - 2) / 2 - SELECTOR_BYTES;
  if (bytes < TAG_BYTES || bytes % WORD_BYTES !== TAG_BYTES) return null;
  const hex = calldata.slice(-2 * TAG_BYTES).toLowerCase();
  return [
    ...[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)],
    hex.slice(20),
  ].join("-");
}
