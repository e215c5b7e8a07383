import { concat, id, keccak256, toBeHex } from "ethers";

/*
 * Activity trees for challenges, honest ones and forged ones. Written from the specification, with every node's
 * stated sum apart from its content, so that a test can lie at any place. Nodes without a known leaf below them are
 * made up, so that a tree of depth 20 costs two paths and not a million leaves.
 */

export type TreeLeaf = {
  fingerprint: string;
  milligrams: bigint;
  beneficiary: string;
  evidence: string;
};
export type TreeNode = { hash: string; sum: bigint };
export type Opening = { index: bigint; leaf: TreeLeaf; siblings: TreeNode[] };
export type Place = { level: number; index: bigint; node: TreeNode; siblings: TreeNode[] };

/** A lie about one place: another stated sum, other bytes behind the hash, or a hash of nothing. */
export type Forgery = {
  level: number;
  index: number;
  sum?: bigint;
  content?: string;
  hash?: string;
};

export type ActivityTree = {
  head: { root: string; totalMilligrams: bigint; count: bigint; depth: number };
  leaves: readonly TreeLeaf[];
  /** The leaf at an index with its path. */
  opening(index: number): Opening;
  /** A place with what is stated of it. */
  place(level: number, index: number): Place;
  /** The bytes behind a place's hash. */
  content(level: number, index: number): string;
};

const MADE_UP_MILLIGRAMS = 1_000n;
export const EMPTY = "0x02";
export const NO_OPENING: Opening = {
  index: 0n,
  leaf: {
    fingerprint: id(""),
    milligrams: 0n,
    beneficiary: id(""),
    evidence: id(""),
  },
  siblings: [],
};

/** A fingerprint of a day: the day number stands in front. */
export const fingerprintOf = (day: number, name: string): string =>
  concat([toBeHex(day, 4), `0x${id(name).slice(10)}`]);

export const leafOf = (day: number, name: string, milligrams: bigint): TreeLeaf => ({
  fingerprint: fingerprintOf(day, name),
  milligrams,
  beneficiary: id(`beneficiary ${name}`),
  evidence: id(`evidence ${name}`),
});

/** A further entry of a leaf's activity: no milligrams, the same commitments. */
export const entryOf = (leaf: TreeLeaf, day: number, name: string): TreeLeaf => ({
  ...leaf,
  fingerprint: fingerprintOf(day, name),
  milligrams: 0n,
});

export const sorted = (leaves: readonly TreeLeaf[]): TreeLeaf[] =>
  [...leaves].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));

export const leafBytes = (leaf: TreeLeaf): string =>
  concat(["0x00", leaf.fingerprint, toBeHex(leaf.milligrams, 8), leaf.beneficiary, leaf.evidence]);

export const nodeBytes = (left: TreeNode, right: TreeNode): string =>
  concat(["0x01", left.hash, toBeHex(left.sum, 16), right.hash, toBeHex(right.sum, 16)]);

const depthFor = (count: number): number => Math.ceil(Math.log2(count));
const nameOf = (level: number, index: number): string => `${level}/${index}`;

/**
 * A tree over leaves in the order given. `count` and `known` describe trees of which only some leaves are known:
 * `known` maps an index to its leaf, the others are made up.
 */
export function activityTree(
  leaves: readonly TreeLeaf[],
  forgeries: readonly Forgery[] = [],
  count = leaves.length,
  known: ReadonlyMap<number, TreeLeaf> = new Map(leaves.entries()),
): ActivityTree {
  const depth = depthFor(count);
  const sparse = known.size < count;
  const forged = new Map(
    forgeries.map((forgery) => [nameOf(forgery.level, forgery.index), forgery]),
  );
  const told = new Set<string>();
  for (const [level, index] of [
    ...[...known.keys()].map((at) => [0, at] as const),
    ...forgeries.map((forgery) => [forgery.level, forgery.index] as const),
  ]) {
    for (let up = level; up <= depth; up++)
      told.add(nameOf(up, Math.floor(index / 2 ** (up - level))));
  }

  const nodes = new Map<string, TreeNode & { content: string }>();
  const build = (level: number, index: number): TreeNode & { content: string } => {
    const lie = forged.get(nameOf(level, index));
    const first = index * 2 ** level;
    if (sparse && !told.has(nameOf(level, index)) && first < count) {
      const sum = MADE_UP_MILLIGRAMS * BigInt(2 ** level);
      return { hash: id(`made up ${level} ${index}`), sum, content: "0x" };
    }
    let content = EMPTY;
    let sum = 0n;
    if (level > 0) {
      const [left, right] = [nodeAt(level - 1, 2 * index), nodeAt(level - 1, 2 * index + 1)];
      content = nodeBytes(left, right);
      sum = left.sum + right.sum;
    } else if (index < count) {
      const leaf = known.get(index);
      if (leaf) [content, sum] = [leafBytes(leaf), leaf.milligrams];
    }
    content = lie?.content ?? content;
    return { hash: lie?.hash ?? keccak256(content), sum: lie?.sum ?? sum, content };
  };
  const nodeAt = (level: number, index: number): TreeNode & { content: string } => {
    const name = nameOf(level, index);
    const node = nodes.get(name) ?? build(level, index);
    nodes.set(name, node);
    return node;
  };
  const plain = ({ hash, sum }: TreeNode): TreeNode => ({ hash, sum });
  const siblings = (level: number, index: number): TreeNode[] => {
    const path: TreeNode[] = [];
    for (let up = level; up < depth; up++) {
      path.push(plain(nodeAt(up, Math.floor(index / 2 ** (up - level)) ^ 1)));
    }
    return path;
  };

  const root = nodeAt(depth, 0);
  return {
    head: { root: root.hash, totalMilligrams: root.sum, count: BigInt(count), depth },
    leaves,
    opening: (index) => {
      const leaf = known.get(index);
      if (!leaf) throw new RangeError(`leaf ${index} is not known`);
      return { index: BigInt(index), leaf, siblings: siblings(0, index) };
    },
    place: (level, index) => ({
      level,
      index: BigInt(index),
      node: plain(nodeAt(level, index)),
      siblings: siblings(level, index),
    }),
    content: (level, index) => nodeAt(level, index).content,
  };
}

/** A tree of many leaves of which only some are known. */
export const sparseTree = (
  count: number,
  known: ReadonlyMap<number, TreeLeaf>,
  forgeries: readonly Forgery[] = [],
): ActivityTree => activityTree([], forgeries, count, known);
