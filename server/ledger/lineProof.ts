import { compareBytes, fromHex } from "../domain/bytes.ts";
import { parseLinesHeader, verifyLinesFile } from "../domain/epochFile.ts";
import type { HashSuite } from "../domain/hashSuite.ts";
import { LONGEST_HEADER_BYTES } from "../domain/leafFile.ts";
import { nodesFromEnd } from "../domain/levelFile.ts";
import { LEAF_BYTES, type Leaf, readLeaf, type Sibling, type TreeHead } from "../domain/sumTree.ts";
import { blocksOf, proofFrom } from "../domain/treeBlocks.ts";
import type { BlobStore, PartReader } from "../platform/store.ts";

/** A line with its place and what leads from it to the anchored root. */
export type LineProof = { index: number; leaf: Leaf; siblings: Sibling[]; head: TreeHead };

type Place = { suite: HashSuite; store: BlobStore };

/**
 * Finds the line with this key in a stored file of lines and proves it, reading some ten kilobytes however many lines
 * there are: the keys are in order, and every sixth level of the tree lies beside the file. Undefined when there is no
 * such file or no such line.
 */
export async function readLineProof(
  place: Place,
  fileHash: string,
  key: Uint8Array,
): Promise<LineProof | undefined> {
  const lines = await place.store.open(fileHash);
  if (!lines) return undefined;
  const levels = await place.store.openBeside(fileHash, "levels");
  try {
    const first = await lines.read(0, Math.min(lines.length, LONGEST_HEADER_BYTES));
    const read = parseLinesHeader(first);
    if (!read.ok) throw new Error(`the file of lines ${fileHash} is not one`);
    const { header, end: start } = read.value;
    const { count, depth } = header;
    const totalMilligrams = BigInt(header.totalMilligrams);
    const head: TreeHead = { root: fromHex(header.root), totalMilligrams, count, depth };
    const index = await indexOf(lines, { start, count }, key);
    if (index === undefined) return undefined;
    const parts = blocksOf(count, index).map((block) => {
      if (block.level === 0) {
        return lines.read(start + block.first * LEAF_BYTES, start + block.end * LEAF_BYTES);
      }
      const fromEnd = nodesFromEnd(count, block);
      if (!levels || fromEnd.first > levels.length) return Promise.resolve(new Uint8Array());
      return levels.read(levels.length - fromEnd.first, levels.length - fromEnd.end);
    });
    const siblings = proofFrom(place.suite, head, index, await Promise.all(parts));
    const record = await lines.read(start + index * LEAF_BYTES, start + (index + 1) * LEAF_BYTES);
    if (siblings) return { index, leaf: readLeaf(record, 0), siblings, head };
  } finally {
    await Promise.all([lines.close(), levels?.close()]);
  }
  return fromWholeFile(place, fileHash, key);
}

/** Where the levels beside the file are missing or damaged, its tree is built again. */
async function fromWholeFile(
  { suite, store }: Place,
  fileHash: string,
  key: Uint8Array,
): Promise<LineProof | undefined> {
  const bytes = await store.get(fileHash);
  const file = bytes && verifyLinesFile(suite, bytes);
  if (!file?.ok) throw new Error(`the file of lines ${fileHash} is damaged`);
  const { records, tree } = file.value;
  for (let index = 0; index < tree.count; index++) {
    const leaf = readLeaf(records, index);
    if (compareBytes(leaf.fingerprint, key) === 0) {
      return { index, leaf, siblings: tree.proof(index), head: tree };
    }
  }
  return undefined;
}

/** The first bytes of a key as a number; keys are hashes, so it tells about where among all of them a key stands. */
function headOf(key: Uint8Array): number {
  return new DataView(key.buffer, key.byteOffset).getUint32(0);
}

/**
 * Narrows the span until the key is found; the records stand in the order of their keys. Two of three steps look where
 * the key should be by its value, so that a few reads are enough, and the third halves the span, so that no file makes
 * it long.
 */
async function indexOf(
  lines: PartReader,
  { start, count }: { start: number; count: number },
  key: Uint8Array,
): Promise<number | undefined> {
  let [low, high] = [0, count];
  let [lowHead, highHead] = [0, 2 ** 32];
  const wanted = headOf(key);
  for (let step = 0; low < high; step++) {
    const share = step % 3 === 2 ? 0.5 : (wanted - lowHead + 0.5) / (highHead - lowHead + 1);
    const guess = low + Math.floor((high - low) * share);
    const middle = Math.min(high - 1, Math.max(low, guess));
    const at = start + middle * LEAF_BYTES;
    const found = await lines.read(at, at + key.length);
    const order = compareBytes(found, key);
    if (order === 0) return middle;
    if (order < 0) [low, lowHead] = [middle + 1, headOf(found)];
    else [high, highHead] = [middle, headOf(found)];
  }
  return undefined;
}
