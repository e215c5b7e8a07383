import { ethers } from "../../test/contracts/support.ts";

const { concat, id, keccak256, toBeHex } = ethers;

export interface Leaf {
  readonly fingerprint: string;
  readonly milligrams: bigint;
  readonly beneficiary: string;
  readonly evidence: string;
}

export interface Node {
  readonly hash: string;
  readonly sum: bigint;
}

/** A leaf of a day, with a fingerprint that has a rank among the leaves of that day. */
export function leafOf(day: number, rank: number, milligrams: bigint): Leaf {
  const fingerprint = concat([toBeHex(day, 4), toBeHex(rank, 4), id("rest").slice(0, 50)]);
  return { fingerprint, milligrams, beneficiary: id("beneficiary"), evidence: id("evidence") };
}

/** What the hash of a leaf is made of; server/domain/sumTree.ts says the format. */
export function leafContent(leaf: Leaf): string {
  const { fingerprint, milligrams, beneficiary, evidence } = leaf;
  return concat(["0x00", fingerprint, toBeHex(milligrams, 8), beneficiary, evidence]);
}

export const leafNode = (leaf: Leaf): Node => ({
  hash: keccak256(leafContent(leaf)),
  sum: leaf.milligrams,
});

/**
 * A tree of any depth of which only some places of the lowest level are known; whatever else there is stands as one
 * node with milligrams. So a proof can be as long as that of a million leaves without a million leaves.
 */
export function sparseTree(depth: number, known: ReadonlyMap<bigint, Node>) {
  const nodes = new Map<string, Node>();
  const nodeAt = (level: number, index: bigint): Node => {
    const key = `${level} ${index}`;
    const found = nodes.get(key);
    if (found) return found;
    const below = [...known.keys()].some((place) => place >> BigInt(level) === index);
    let node: Node = { hash: id(`node ${key}`), sum: 1_000n };
    if (below && level === 0) node = known.get(index) ?? node;
    else if (below) {
      const [left, right] = [nodeAt(level - 1, index * 2n), nodeAt(level - 1, index * 2n + 1n)];
      const sums = [toBeHex(left.sum, 16), toBeHex(right.sum, 16)] as const;
      const hash = keccak256(concat(["0x01", left.hash, sums[0], right.hash, sums[1]]));
      node = { hash, sum: left.sum + right.sum };
    }
    nodes.set(key, node);
    return node;
  };
  const root = nodeAt(depth, 0n);
  return {
    head: { root: root.hash, totalMilligrams: root.sum, depth },
    siblings: (index: bigint): Node[] =>
      Array.from({ length: depth }, (_, level) => nodeAt(level, (index >> BigInt(level)) ^ 1n)),
  };
}
