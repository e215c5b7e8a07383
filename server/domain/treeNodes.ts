import type { HashSuite } from "./hashSuite.ts";
import { HASH_BYTES, LEAF_BYTES, NODE_BYTES } from "./treeShape.ts";

/*
 * The nodes of the activity tree as flat bytes. A leaf is its 104-byte record and a node is hash ‖
 * sum, 48 bytes in one array for each level: two siblings are then exactly the bytes that their
 * parent hashes. Where a suite has a kernel for the two shapes it makes many nodes in one call;
 * otherwise each is hashed by the suite's ordinary function.
 */

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

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

/** The nodes of level 0 over flat records, in the first bytes of `into`. */
export function leafNodes(
  suite: HashSuite,
  records: Uint8Array,
  into: Uint8Array = new Uint8Array((records.length / LEAF_BYTES) * NODE_BYTES),
): Uint8Array {
  const count = records.length / LEAF_BYTES;
  const nodes = into.subarray(0, count * NODE_BYTES);
  if (suite.treeKernel) {
    suite.treeKernel.leafNodes(records, nodes);
    return nodes;
  }
  const input = new Uint8Array(1 + LEAF_BYTES);
  for (let index = 0; index < count; index++) {
    input.set(records.subarray(index * LEAF_BYTES, (index + 1) * LEAF_BYTES), 1);
    nodes.set(suite.hash(input), index * NODE_BYTES);
    // The record's eight bytes are the low half of the node's sixteen.
    nodes.set(input.subarray(33, 41), index * NODE_BYTES + HASH_BYTES + 8);
  }
  return nodes;
}

const parentBytes = (children: Uint8Array): number =>
  Math.ceil(children.length / (2 * NODE_BYTES)) * NODE_BYTES;

/**
 * The level above some nodes that begin at an even place; the last one's missing neighbour is
 * `emptyChild`. Sums stay below 2^128, because a tree has at most 2^32 leaves of 64 bits. `into`
 * may be the children: a parent is written when both were read.
 */
export function parentNodes(
  suite: HashSuite,
  children: Uint8Array,
  emptyChild: Uint8Array,
  into: Uint8Array = new Uint8Array(parentBytes(children)),
): Uint8Array {
  const count = children.length / NODE_BYTES;
  const parents = into.subarray(0, parentBytes(children));
  if (suite.treeKernel) {
    suite.treeKernel.parentNodes(children, emptyChild, parents);
    return parents;
  }
  const input = nodeInput();
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

/** The node over nothing of each level, level 0 first, up to and with level `depth`. */
export function emptyNodes(suite: HashSuite, depth: number): Uint8Array[] {
  let node = new Uint8Array(NODE_BYTES);
  node.set(suite.hash(Uint8Array.of(2)));
  const levels = [node];
  const input = nodeInput();
  for (let level = 1; level <= depth; level++) {
    input.set(node, 1);
    input.set(node, 1 + NODE_BYTES);
    node = new Uint8Array(NODE_BYTES);
    node.set(suite.hash(input));
    levels.push(node);
  }
  return levels;
}

/** The node at a place of a level, or the empty one behind the last. */
export function nodeAt(nodes: Uint8Array, index: number, empty: Uint8Array): Uint8Array {
  const at = index * NODE_BYTES;
  return at < nodes.length ? nodes.subarray(at, at + NODE_BYTES) : empty;
}
