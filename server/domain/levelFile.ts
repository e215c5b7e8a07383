import { concat, toHex, utf8 } from "./bytes.ts";
import type { HashSuite } from "./hashSuite.ts";
import type { KeptTree } from "./sumTree.ts";
import { type BlockPlace, keptLevels, widthOf } from "./treeBlocks.ts";
import { NODE_BYTES } from "./treeShape.ts";

/*
 * The level file lies beside a leaf file and can be made out of it again at any time: a line of
 * JSON that says what it is, then every sixth level of the tree, the lowest first. Nothing in it
 * has to be believed, because `proofFrom` finds out whether its nodes lead from the leaf to the
 * root.
 */

/** The bytes of a level file. A tree of up to 64 leaves has no kept level, so only the line. */
export function encodeLevelFile(suite: HashSuite, tree: KeptTree): Uint8Array {
  const { count, root, levels } = tree;
  const line = { format: "tanpu-levels/1", suite: suite.name, count, root: toHex(root) };
  return concat(utf8(`${JSON.stringify(line)}\n`), ...levels);
}

/**
 * Where a block's nodes lie, in bytes from the end of a level file: the line may be of any length.
 */
export function nodesFromEnd(count: number, place: BlockPlace): { first: number; end: number } {
  let behind = 0;
  for (const level of keptLevels(count)) {
    if (level >= place.level) behind += widthOf(count, level) * NODE_BYTES;
  }
  return { first: behind - place.first * NODE_BYTES, end: behind - place.end * NODE_BYTES };
}
