import { compareBytes, concat, toUint, uintBytes } from "./bytes.ts";
import type { HashSuite } from "./hashSuite.ts";
import { type Result, refuse, succeed } from "./result.ts";
import {
  BLOCK,
  blocksOf,
  keptLevels,
  proofFrom,
  raise,
  readNode,
  type Sibling,
  STEP,
  type TreeHead,
} from "./treeBlocks.ts";
import { emptyNodes, leafNodes } from "./treeNodes.ts";
import { depthOf, HASH_BYTES, LEAF_BYTES, NODE_BYTES } from "./treeShape.ts";

/*
 * The activity tree: a perfect binary tree whose every node carries the milligrams below it.
 *   leaf  = H(0x00 ‖ fingerprint32 ‖ milligrams8 ‖ beneficiary32 ‖ evidence32)
 *   node  = H(0x01 ‖ left hash32 ‖ left sum16 ‖ right hash32 ‖ right sum16)
 *   empty = H(0x02), sum 0
 * Leaves lie in ascending order of fingerprint, empties only behind the last leaf, and the index of
 * a leaf is its path (bit 0 is the lowest level, 0 is left).
 */

export type { Sibling, TreeHead } from "./treeBlocks.ts";
export { depthOf, LEAF_BYTES } from "./treeShape.ts";

export type Leaf = {
  fingerprint: Uint8Array;
  milligrams: bigint;
  beneficiary: Uint8Array;
  evidence: Uint8Array;
};

/**
 * A tree as it is kept: its head and the nodes of every sixth level (`keptLevels`), lowest first.
 */
export type KeptTree = TreeHead & { levels: readonly Uint8Array[] };

export type SumTree = KeptTree & {
  /** The siblings of a leaf. Throws a RangeError beyond the last leaf. */
  proof(index: number): Sibling[];
};

/** The index has 32 bits on chain; deeper trees do not exist. */
const DEEPEST = 32;

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

const NOTHING = new Uint8Array();

/**
 * Leaves hashed at a time: their nodes are all the memory that building needs beside what it keeps.
 */
const CHUNK_LEAVES = 64 * BLOCK;

/** Bytes that grow by doubling. */
class GrowingBytes {
  #bytes = new Uint8Array(BLOCK * NODE_BYTES);
  #length = 0;

  append(part: Uint8Array): void {
    if (this.#length + part.length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + part.length));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(part, this.#length);
    this.#length += part.length;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}

/**
 * Builds a tree from leaves that come in pieces, without keeping them: 0.8 bytes for each leaf stay
 * in memory.
 */
export class TreeBuilder {
  readonly #suite: HashSuite;
  readonly #empties: readonly Uint8Array[];
  readonly #lowest = new GrowingBytes();
  readonly #scratch = new Uint8Array(CHUNK_LEAVES * NODE_BYTES);
  /** Leaves that do not fill a block yet. */
  #rest: Uint8Array = NOTHING;
  #count = 0;
  #last: Uint8Array | undefined;

  constructor(suite: HashSuite) {
    this.#suite = suite;
    this.#empties = emptyNodes(suite, DEEPEST);
  }

  /**
   * Adds flat records. LEAF_ORDER_BROKEN names the first leaf that does not follow its neighbour (a
   * repeated fingerprint breaks the order too); the tree is then of no use any more.
   */
  add(records: Uint8Array): Result<number> {
    if (records.length % LEAF_BYTES !== 0) throw new RangeError("records are 104 bytes each");
    const broken = firstOutOfOrder(records, this.#last);
    if (broken !== -1) {
      return refuse("LEAF_ORDER_BROKEN", { values: { index: this.#count + broken } });
    }
    this.#count += records.length / LEAF_BYTES;
    if (records.length > 0) this.#last = records.slice(-LEAF_BYTES).subarray(0, HASH_BYTES);
    let at = 0;
    if (this.#rest.length > 0) {
      at = Math.min(records.length, BLOCK * LEAF_BYTES - this.#rest.length);
      this.#rest = concat(this.#rest, records.subarray(0, at));
      if (this.#rest.length < BLOCK * LEAF_BYTES) return succeed(this.#count);
      this.#raiseLeaves(this.#rest);
      this.#rest = NOTHING;
    }
    const whole = records.length - ((records.length - at) % (BLOCK * LEAF_BYTES));
    for (; at < whole; at += CHUNK_LEAVES * LEAF_BYTES) {
      this.#raiseLeaves(records.subarray(at, Math.min(at + CHUNK_LEAVES * LEAF_BYTES, whole)));
    }
    this.#rest = records.slice(whole);
    return succeed(this.#count);
  }

  #raiseLeaves(records: Uint8Array): void {
    const nodes = leafNodes(this.#suite, records, this.#scratch);
    this.#lowest.append(raise(this.#suite, nodes, 0, STEP, this.#empties, nodes));
  }

  /** The tree of what was added. LEAVES_EMPTY without a leaf. */
  finish(): Result<KeptTree> {
    const count = this.#count;
    if (count === 0) return refuse("LEAVES_EMPTY");
    const depth = depthOf(count);
    const [suite, empties] = [this.#suite, this.#empties];
    let level = Math.min(STEP, depth);
    if (this.#rest.length > 0) {
      this.#lowest.append(raise(suite, leafNodes(suite, this.#rest), 0, level, empties));
      this.#rest = NOTHING;
    }
    let nodes = this.#lowest.bytes;
    const levels: Uint8Array[] = [];
    for (const kept of keptLevels(count)) {
      levels.push(nodes);
      const steps = Math.min(STEP, depth - kept);
      nodes = raise(suite, nodes, kept, steps, empties);
      level = kept + steps;
    }
    if (level !== depth) throw new Error("the levels of a tree do not reach its root");
    const top = readNode(nodes);
    return succeed({ root: top.hash, totalMilligrams: top.sum, count, depth, levels });
  }
}

/**
 * Builds the tree over flat records. LEAVES_EMPTY without a leaf; LEAF_ORDER_BROKEN names the first
 * leaf that does not follow its neighbour (a repeated fingerprint breaks the order too).
 */
export function buildTree(suite: HashSuite, records: Uint8Array): Result<SumTree> {
  const builder = new TreeBuilder(suite);
  const added = builder.add(records);
  if (!added.ok) return added;
  const tree = builder.finish();
  if (!tree.ok) return tree;
  const kept = tree.value;
  const proof = (index: number): Sibling[] => {
    const blocks = blocksOf(kept.count, index).map(({ level, first, end }) =>
      level === 0
        ? records.subarray(first * LEAF_BYTES, end * LEAF_BYTES)
        : (kept.levels[level / STEP - 1] ?? NOTHING).subarray(first * NODE_BYTES, end * NODE_BYTES),
    );
    const siblings = proofFrom(suite, kept, index, blocks);
    if (!siblings) throw new Error("the records changed after their tree was built");
    return siblings;
  };
  return succeed({ ...kept, proof });
}

/** The first record whose fingerprint is not above the one before it, or -1. */
function firstOutOfOrder(records: Uint8Array, before: Uint8Array | undefined): number {
  const count = records.length / LEAF_BYTES;
  if (count === 0) return -1;
  if (before && compareBytes(before, records.subarray(0, HASH_BYTES)) >= 0) return 0;
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  for (let index = 1; index < count; index++) {
    const at = index * LEAF_BYTES;
    let offset = 0;
    let difference = 0;
    for (; offset < HASH_BYTES && difference === 0; offset += 4) {
      difference = view.getUint32(at + offset) - view.getUint32(at - LEAF_BYTES + offset);
    }
    if (difference <= 0) return index;
  }
  return -1;
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
