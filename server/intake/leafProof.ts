import { toHex } from "../domain/bytes.ts";
import type { HashSuite } from "../domain/hashSuite.ts";
import { checkLeafHeader, LONGEST_HEADER_BYTES, parseLeafHeader } from "../domain/leafFile.ts";
import { encodeLevelFile, nodesFromEnd } from "../domain/levelFile.ts";
import {
  LEAF_BYTES,
  type Leaf,
  readLeaf,
  type Sibling,
  TreeBuilder,
  type TreeHead,
} from "../domain/sumTree.ts";
import { blocksOf, proofFrom } from "../domain/treeBlocks.ts";
import { type BlobStore, BlobStoreError, type PartReader } from "../platform/store.ts";

/** A leaf with the siblings that lead from it to the root of its tree. */
export type LeafProof = { leaf: Leaf; siblings: Sibling[] };

type Place = { suite: HashSuite; store: BlobStore };

/**
 * Proves a leaf out of the stored leaf file and the level file beside it, reading some ten
 * kilobytes however many leaves there are. What is read is checked against the head before it is
 * returned; a level file that is missing or damaged is made again from the leaf file, which takes
 * as long as building the tree.
 *
 * Undefined when the store has no such file, or the file is of a tree with another head. RangeError
 * beyond the last leaf. BlobStoreError when the leaf file itself is damaged.
 */
export async function readLeafProof(
  place: Place,
  leafFileHash: string,
  head: TreeHead,
  index: number,
): Promise<LeafProof | undefined> {
  const found = await readParts(place, leafFileHash, head, index);
  if (found === "another tree") return undefined;
  if (found) return found;
  await makeLevels(place, leafFileHash);
  const again = await readParts(place, leafFileHash, head, index);
  if (again === "another tree") return undefined;
  if (!again) throw new BlobStoreError(`The leaf file ${leafFileHash} changed while it was read.`);
  return again;
}

/** The proof as far as the files have it, or undefined when the levels do not lead to the head. */
async function readParts(
  place: Place,
  leafFileHash: string,
  head: TreeHead,
  index: number,
): Promise<LeafProof | "another tree" | undefined> {
  const blocks = blocksOf(head.count, index);
  const [leaves, levels] = await Promise.all([
    place.store.open(leafFileHash),
    place.store.openBeside(leafFileHash, "levels"),
  ]);
  try {
    if (!leaves || !(await isOf(leaves, head))) return "another tree";
    const start = leaves.length - head.count * LEAF_BYTES;
    const parts = blocks.map((block) => {
      const { level, first, end } = block;
      if (level === 0) return leaves.read(start + first * LEAF_BYTES, start + end * LEAF_BYTES);
      if (!levels) return new Uint8Array();
      const fromEnd = nodesFromEnd(head.count, block);
      if (fromEnd.first > levels.length) return new Uint8Array();
      return levels.read(levels.length - fromEnd.first, levels.length - fromEnd.end);
    });
    const read = await Promise.all(parts);
    const siblings = proofFrom(place.suite, head, index, read);
    const records = read[0];
    if (siblings && records) {
      return { leaf: readLeaf(records, index - (blocks[0]?.first ?? 0)), siblings };
    }
  } finally {
    await Promise.all([leaves?.close(), levels?.close()]);
  }
  return undefined;
}

/**
 * Whether the first line states this head; so a false claim about a file costs nobody a rebuild.
 */
async function isOf(leaves: PartReader, head: TreeHead): Promise<boolean> {
  const line = parseLeafHeader(await leaves.read(0, Math.min(leaves.length, LONGEST_HEADER_BYTES)));
  if (!line.ok) return false;
  const { root, totalMilligrams, count, depth } = line.value.header;
  return (
    root === toHex(head.root) &&
    totalMilligrams === head.totalMilligrams.toString() &&
    count === head.count &&
    depth === head.depth &&
    line.value.end + count * LEAF_BYTES === leaves.length
  );
}

/** What is being made again at this moment: several who ask at once wait for one building. */
const making = new WeakMap<BlobStore, Map<string, Promise<void>>>();

async function makeLevels(place: Place, leafFileHash: string): Promise<void> {
  const all = making.get(place.store) ?? new Map<string, Promise<void>>();
  making.set(place.store, all);
  const one = all.get(leafFileHash) ?? rebuild(place, leafFileHash);
  all.set(leafFileHash, one);
  try {
    await one;
  } finally {
    all.delete(leafFileHash);
  }
}

/** Records read at a time, so that a city's file is never whole in memory. */
const PART_BYTES = 65_536 * LEAF_BYTES;

async function rebuild({ suite, store }: Place, leafFileHash: string): Promise<void> {
  const leaves = await store.open(leafFileHash);
  if (!leaves) throw new BlobStoreError(`The leaf file ${leafFileHash} is gone.`);
  try {
    const start = Math.min(leaves.length, LONGEST_HEADER_BYTES);
    const line = parseLeafHeader(await leaves.read(0, start));
    const builder = new TreeBuilder(suite);
    for (let at = line.ok ? line.value.end : leaves.length; at < leaves.length; ) {
      const end = Math.min(at + PART_BYTES, leaves.length);
      const added = builder.add(await leaves.read(at, end));
      if (!added.ok) throw damaged(leafFileHash, added.refusal.code);
      at = end;
    }
    const tree = builder.finish();
    if (!line.ok || !tree.ok) throw damaged(leafFileHash, "LEAF_FILE_MALFORMED");
    const checked = checkLeafHeader(suite, line.value.header, tree.value);
    if (!checked.ok) throw damaged(leafFileHash, checked.refusal.code);
    await store.putBeside(leafFileHash, "levels", encodeLevelFile(suite, tree.value));
  } finally {
    await leaves.close();
  }
}

const damaged = (leafFileHash: string, code: string): BlobStoreError =>
  new BlobStoreError(`The leaf file ${leafFileHash} is not one: ${code}.`);
