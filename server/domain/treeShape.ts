/** A leaf's record: fingerprint 32, milligrams 8, beneficiary 32, evidence 32. */
export const LEAF_BYTES = 104;
export const HASH_BYTES = 32;
/** A node: hash 32, sum 16. */
export const NODE_BYTES = 48;

/** The smallest d with 2^d >= count. */
export function depthOf(count: number): number {
  let depth = 0;
  while (2 ** depth < count) depth++;
  return depth;
}
