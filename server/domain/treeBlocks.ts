import { sameBytes, toUint } from "./bytes.ts";
import type { HashSuite } from "./hashSuite.ts";
import { emptyNodes, leafNodes, nodeAt, parentNodes } from "./treeNodes.ts";
import { depthOf, HASH_BYTES, LEAF_BYTES, NODE_BYTES } from "./treeShape.ts";

/*
 * A tree is kept as its leaves and every sixth level: blocks of up to 64 leaves or nodes, each of
 * which gives one node of the next kept level. That is less than a byte for each leaf beside its
 * 104. A proof hashes again the one block of each kept level that lies on its way, a few hundred
 * hashes however large the tree is, and by doing so finds out whether the blocks belong to the
 * root.
 */

/** Levels from one kept level to the next. */
export const STEP = 6;
export const BLOCK = 2 ** STEP;

/** A sibling on the way up, from the lowest level on. */
export type Sibling = { hash: Uint8Array; sum: bigint };

export type TreeHead = {
  root: Uint8Array;
  totalMilligrams: bigint;
  count: number;
  depth: number;
};

/** Which part of a kept level, level 0 being the leaves: places [first, end). */
export type BlockPlace = { level: number; first: number; end: number };

/** How many leaves or nodes a level has before the empty ones begin. */
export const widthOf = (count: number, level: number): number => Math.ceil(count / 2 ** level);

/** The kept levels of node records: every sixth one that has more than a root. */
export function keptLevels(count: number): number[] {
  const levels: number[] = [];
  for (let level = STEP; level < depthOf(count); level += STEP) levels.push(level);
  return levels;
}

/** The blocks on the way from a leaf to the root. RangeError for a leaf that is not there. */
export function blocksOf(count: number, index: number): BlockPlace[] {
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new RangeError(`leaf ${index} of ${count}`);
  }
  return [0, ...keptLevels(count)].map((level) => {
    const first = Math.floor(index / 2 ** level / BLOCK) * BLOCK;
    return { level, first, end: Math.min(first + BLOCK, widthOf(count, level)) };
  });
}

/**
 * Raises nodes that begin at a block's border by so many levels, `into` other bytes or the nodes'
 * own.
 */
export function raise(
  suite: HashSuite,
  nodes: Uint8Array,
  level: number,
  steps: number,
  empties: readonly Uint8Array[],
  into?: Uint8Array,
): Uint8Array {
  let raised = nodes;
  for (let step = 0; step < steps; step++) {
    const place = step === 0 ? into : raised;
    raised = parentNodes(suite, raised, empties[level + step] ?? EMPTY, place);
  }
  return raised;
}

const EMPTY = new Uint8Array(NODE_BYTES);

/** A node of 48 bytes as hash and sum. */
export const readNode = (node: Uint8Array): Sibling => ({
  hash: node.slice(0, HASH_BYTES),
  sum: toUint(node.subarray(HASH_BYTES)),
});

/**
 * The siblings of a leaf out of the blocks of `blocksOf`, in that order: records of the first,
 * nodes of the others. Undefined when they do not lead to the head, so that nothing that is
 * returned has to be checked again.
 */
export function proofFrom(
  suite: HashSuite,
  head: TreeHead,
  index: number,
  blocks: readonly Uint8Array[],
  empties: readonly Uint8Array[] = emptyNodes(suite, head.depth),
): Sibling[] | undefined {
  const places = blocksOf(head.count, index);
  if (blocks.length !== places.length) return undefined;
  const siblings: Sibling[] = [];
  let own: Uint8Array | undefined;
  for (const [part, { level, first, end }] of places.entries()) {
    const block = blocks[part] ?? EMPTY;
    if (block.length !== (end - first) * (level === 0 ? LEAF_BYTES : NODE_BYTES)) return undefined;
    let nodes = level === 0 ? leafNodes(suite, block) : block;
    let place = Math.floor(index / 2 ** level) - first;
    if (own && !sameBytes(own, nodeAt(nodes, place, EMPTY))) return undefined;
    for (let at = level; at < Math.min(level + STEP, head.depth); at++) {
      const empty = empties[at] ?? EMPTY;
      siblings.push(readNode(nodeAt(nodes, place ^ 1, empty)));
      nodes = parentNodes(suite, nodes, empty);
      place >>= 1;
    }
    own = nodes;
  }
  const top = readNode(own ?? EMPTY);
  const isSame = sameBytes(top.hash, head.root) && top.sum === head.totalMilligrams;
  return isSame ? siblings : undefined;
}
