import { toHex, uintBytes } from "../../server/domain/bytes.ts";
import { encodeLeafFile } from "../../server/domain/leafFile.ts";
import { encodeLevelFile } from "../../server/domain/levelFile.ts";
import { buildTree, LEAF_BYTES, type SumTree } from "../../server/domain/sumTree.ts";
import type { BlobStore } from "../../server/platform/store.ts";
import { suite, unwrap } from "../domain/support.ts";

export type StoredTree = { hash: string; tree: SumTree; records: Uint8Array };

/** Stores a tree of random leaves as closing a period does: its leaf file and the level file beside it. */
export async function storeTree(
  store: BlobStore,
  count: number,
  random: (limit: number) => number,
): Promise<StoredTree> {
  const records = Uint8Array.from({ length: count * LEAF_BYTES }, () => random(256));
  for (let at = 0; at < records.length; at += LEAF_BYTES) records.set(uintBytes(at, 5), at);
  const tree = unwrap(buildTree(suite, records));
  const header = {
    format: "tanpu-leaves/1",
    suite: "keccak",
    count,
    depth: tree.depth,
    totalMilligrams: tree.totalMilligrams.toString(),
    root: toHex(tree.root),
    sourceId: `0x${"11".repeat(32)}`,
    first: 17_775,
    end: 17_776,
  } as const;
  const hash = await store.put(encodeLeafFile({ header, records }));
  await store.putBeside(hash, "levels", encodeLevelFile(suite, tree));
  return { hash, tree, records };
}
