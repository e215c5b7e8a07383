import { compareBytes, toUint, uintBytes } from "./bytes.ts";
import type { HashSuite } from "./hashSuite.ts";
import { type Result, refuse, succeed } from "./result.ts";

/*
 * The activity tree: a perfect binary tree whose every node carries the milligrams below it.
 *   leaf  = H(0x00 ‖ fingerprint32 ‖ milligrams8 ‖ beneficiary32 ‖ evidence32)
 *   node  = H(0x01 ‖ left hash32 ‖ left sum16 ‖ right hash32 ‖ right sum16)
 *   empty = H(0x02), sum 0
 * Leaves lie in ascending order of fingerprint, empties only behind the last leaf, and the index of a
 * leaf is its path (bit 0 is the lowest level, 0 is left).
 *
 * A leaf is kept as its 104-byte record and a node as hash ‖ sum, 48 bytes in one flat array for each
 * level: two siblings are then exactly the bytes that their parent hashes, and nothing is allocated.
 */

export const LEAF_BYTES = 104;
const HASH_BYTES = 32;
const NODE_BYTES = 48;
/** The index has 32 bits on chain; deeper trees do not exist. */
export const DEEPEST = 32;

export type Leaf = {
  fingerprint: Uint8Array;
  milligrams: bigint;
  beneficiary: Uint8Array;
  evidence: Uint8Array;
};

/** A sibling on the way up, from the lowest level on. */
export type Sibling = { hash: Uint8Array; sum: bigint };

export type TreeHead = {
  root: Uint8Array;
  totalMilligrams: bigint;
  count: number;
  depth: number;
};

export type SumTree = TreeHead & {
  /** The siblings of a leaf. Throws a RangeError beyond the last leaf. */
  proof(index: number): Sibling[];
};

/** Writes leaves as the flat records that trees and leaf files are made of. */
export function encodeLeaves(leaves: readonly Leaf[]): Uint8Array {
  const records = new Uint8Array(leaves.length * LEAF_BYTES);
  leaves.forEach((leaf, index) => {
    writeLeaf(records, index, leaf);
  });
  return records;
}

export function writeLeaf(records: Uint8Array, index: number, leaf: Leaf): void {
  const at = index * LEAF_BYTES;
  records.set(leaf.fingerprint, at);
  records.set(uintBytes(leaf.milligrams, 8), at + 32);
  records.set(leaf.beneficiary, at + 40);
  records.set(leaf.evidence, at + 72);
}

export function readLeaf(records: Uint8Array, index: number): Leaf {
  const record = records.subarray(index * LEAF_BYTES, (index + 1) * LEAF_BYTES);
  return {
    fingerprint: record.slice(0, 32),
    milligrams: toUint(record.subarray(32, 40)),
    beneficiary: record.slice(40, 72),
    evidence: record.slice(72, 104),
  };
}

/** The smallest d with 2^d >= count. */
export function depthOf(count: number): number {
  let depth = 0;
  while (2 ** depth < count) depth++;
  return depth;
}

/** Adds two 16-byte sums that lie 48 bytes apart, in limbs that stay exact. */
function writeSum(children: DataView, at: number, parents: DataView, parentAt: number): void {
  let carry = 0;
  for (let limb = 12; limb >= 0; limb -= 4) {
    const left = children.getUint32(at + HASH_BYTES + limb);
    const right = children.getUint32(at + NODE_BYTES + HASH_BYTES + limb);
    const sum = left + right + carry;
    parents.setUint32(parentAt + HASH_BYTES + limb, sum % 0x1_0000_0000);
    carry = sum > 0xffff_ffff ? 1 : 0;
  }
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function leafNodes(suite: HashSuite, records: Uint8Array, count: number): Uint8Array {
  const nodes = new Uint8Array(count * NODE_BYTES);
  const input = new Uint8Array(1 + LEAF_BYTES);
  for (let index = 0; index < count; index++) {
    input.set(records.subarray(index * LEAF_BYTES, (index + 1) * LEAF_BYTES), 1);
    nodes.set(suite.hash(input), index * NODE_BYTES);
    // The record's eight bytes are the low half of the node's sixteen.
    nodes.set(input.subarray(33, 41), index * NODE_BYTES + HASH_BYTES + 8);
  }
  return nodes;
}

function parentNodes(
  suite: HashSuite,
  children: Uint8Array,
  emptyChild: Uint8Array,
  input: Uint8Array,
): Uint8Array {
  const count = children.length / NODE_BYTES;
  const parents = new Uint8Array(Math.ceil(count / 2) * NODE_BYTES);
  const inputView = viewOf(input);
  const parentView = viewOf(parents);
  for (let index = 0; index < count; index += 2) {
    const at = index * NODE_BYTES;
    const parentAt = at / 2;
    input.set(children.subarray(at, Math.min(at + 2 * NODE_BYTES, children.length)), 1);
    if (index + 1 === count) input.set(emptyChild, 1 + NODE_BYTES);
    parents.set(suite.hash(input), parentAt);
    writeSum(inputView, 1, parentView, parentAt);
  }
  return parents;
}

function nodeInput(): Uint8Array {
  const input = new Uint8Array(1 + 2 * NODE_BYTES);
  input[0] = 1;
  return input;
}

/** The whole empty subtree of each level, level 0 first. */
function emptyNodes(suite: HashSuite, depth: number): Uint8Array[] {
  const levels = [new Uint8Array(NODE_BYTES)];
  levels[0]?.set(suite.hash(Uint8Array.of(2)));
  const input = nodeInput();
  for (let level = 1; level <= depth; level++) {
    const child = levels[level - 1] ?? new Uint8Array(NODE_BYTES);
    input.set(child, 1);
    input.set(child, 1 + NODE_BYTES);
    const node = new Uint8Array(NODE_BYTES);
    node.set(suite.hash(input));
    levels.push(node);
  }
  return levels;
}

/**
 * Builds the tree over flat records. LEAVES_EMPTY without a leaf; LEAF_ORDER_BROKEN names the first
 * leaf that does not follow its neighbour (a repeated fingerprint breaks the order too).
 */
export function buildTree(suite: HashSuite, records: Uint8Array): Result<SumTree> {
  const count = records.length / LEAF_BYTES;
  if (count === 0) return refuse("LEAVES_EMPTY");
  if (!Number.isInteger(count)) throw new RangeError("records are 104 bytes each");
  const broken = firstOutOfOrder(records, count);
  if (broken !== -1) return refuse("LEAF_ORDER_BROKEN", { values: { index: broken } });

  const depth = depthOf(count);
  const empties = emptyNodes(suite, depth);
  const levels = [leafNodes(suite, records, count)];
  const input = nodeInput();
  for (let level = 0; level < depth; level++) {
    const [children, empty] = [levels[level], empties[level]];
    if (children && empty) levels.push(parentNodes(suite, children, empty, input));
  }
  const top = levels[depth] ?? new Uint8Array(NODE_BYTES);
  return succeed({
    root: top.slice(0, HASH_BYTES),
    totalMilligrams: toUint(top.subarray(HASH_BYTES, NODE_BYTES)),
    count,
    depth,
    proof: (index) => proofOf(levels, empties, count, depth, index),
  });
}

function firstOutOfOrder(records: Uint8Array, count: number): number {
  for (let index = 1; index < count; index++) {
    const at = index * LEAF_BYTES;
    const before = records.subarray(at - LEAF_BYTES, at - LEAF_BYTES + HASH_BYTES);
    if (compareBytes(before, records.subarray(at, at + HASH_BYTES)) >= 0) return index;
  }
  return -1;
}

function proofOf(
  levels: readonly Uint8Array[],
  empties: readonly Uint8Array[],
  count: number,
  depth: number,
  index: number,
): Sibling[] {
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new RangeError(`leaf ${index} of ${count}`);
  }
  const siblings: Sibling[] = [];
  for (let level = 0; level < depth; level++) {
    const at = (Math.floor(index / 2 ** level) ^ 1) * NODE_BYTES;
    const nodes = levels[level] ?? new Uint8Array();
    const node = at < nodes.length ? nodes.subarray(at, at + NODE_BYTES) : empties[level];
    if (node) siblings.push({ hash: node.slice(0, 32), sum: toUint(node.subarray(32)) });
  }
  return siblings;
}

/**
 * Whether the siblings lead from the leaf at `index` to the head: root, total, depth and place all
 * have to agree.
 */
export function verifyProof(
  suite: HashSuite,
  head: TreeHead,
  leaf: Leaf,
  index: number,
  siblings: readonly Sibling[],
): boolean {
  if (head.depth !== depthOf(head.count) || siblings.length !== head.depth) return false;
  if (!Number.isInteger(index) || index < 0 || index >= head.count) return false;
  let hash = suite.hash(Uint8Array.of(0), encodeLeaves([leaf]));
  let sum = leaf.milligrams;
  for (const [level, sibling] of siblings.entries()) {
    if (sibling.sum < 0n || sibling.sum >> 128n !== 0n) return false;
    const own = [hash, uintBytes(sum, 16)];
    const other = [sibling.hash, uintBytes(sibling.sum, 16)];
    const isRight = Math.floor(index / 2 ** level) % 2 === 1;
    const children = isRight ? [...other, ...own] : [...own, ...other];
    hash = suite.hash(Uint8Array.of(1), ...children);
    sum += sibling.sum;
    if (sum >> 128n !== 0n) return false;
  }
  return compareBytes(hash, head.root) === 0 && sum === head.totalMilligrams;
}
