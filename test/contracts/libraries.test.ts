import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { create, ethers } from "./support.ts";

type LeafVector = {
  fingerprint: string;
  milligrams: string;
  beneficiary: string;
  evidence: string;
};
type TreeVector = {
  count: number;
  depth: number;
  leaves: LeafVector[];
  root: string;
  totalMilligrams: string;
  proofs: { index: number; siblings: { hash: string; sum: string }[] }[];
};
type TokenIdVector = {
  programme: number;
  methodology: number;
  firstDay: number;
  endDay: number;
  assetKey: string;
  sourceId: string;
  tokenId: string;
};

async function vectors<T>(name: string): Promise<T[]> {
  const file = new URL(`../vectors/${name}.json`, import.meta.url);
  return JSON.parse(await readFile(file, "utf8")) as T[];
}

const trees = await vectors<TreeVector>("tree");
const tokenIds = await vectors<TokenIdVector>("tokenId");

const createTree = () =>
  create<"leafHash" | "nodeHash" | "emptyHash" | "depthOf" | "verify">("SumTreeHarness");
const createIds = () => create<"pack" | "unpack">("TokenIdsHarness");

/** Any other value of the same length. */
function altered(hex: string): string {
  return hex.slice(0, -1) + (hex.endsWith("0") ? "1" : "0");
}

describe("SumTree, on the vectors that the server's tree is made by", () => {
  let harness: Awaited<ReturnType<typeof createTree>>;
  before(async () => {
    harness = await createTree();
  });
  const treeOf = (v: TreeVector) => ({
    root: v.root,
    totalMilligrams: v.totalMilligrams,
    count: v.count,
    depth: v.depth,
  });

  it("refuses every leaf, sibling, sum, index, root, total and shape that differs", async () => {
    const vector = trees.find((v) => v.count === 5)!;
    const tree = treeOf(vector);
    const { index, siblings } = vector.proofs.find((proof) => proof.index > 0)!;
    const leaf = vector.leaves[index]!;
    const verify = (
      changes: Partial<{ tree: unknown; index: number; leaf: unknown; siblings: unknown }>,
    ) =>
      harness.verify(
        changes.tree ?? tree,
        changes.index ?? index,
        changes.leaf ?? leaf,
        changes.siblings ?? siblings,
      );
    expect(await verify({})).to.equal(true);

    for (const field of ["fingerprint", "beneficiary", "evidence"] as const) {
      const wrong = { ...leaf, [field]: altered(leaf[field]) };
      expect(await verify({ leaf: wrong }), field).to.equal(false);
    }
    const more = { ...leaf, milligrams: BigInt(leaf.milligrams) + 1n };
    expect(await verify({ leaf: more })).to.equal(false);
    for (let level = 0; level < siblings.length; level++) {
      const change = (to: { hash?: string; sum?: bigint }) =>
        siblings.map((sibling, k) => (k === level ? { ...sibling, ...to } : sibling));
      const { hash, sum } = siblings[level]!;
      expect(await verify({ siblings: change({ hash: altered(hash) }) })).to.equal(false);
      expect(await verify({ siblings: change({ sum: BigInt(sum) + 1n }) })).to.equal(false);
      const overflow = change({ sum: 2n ** 128n - 1n });
      expect(await verify({ siblings: overflow })).to.equal(false);
    }
    expect(await verify({ index: index ^ 1 })).to.equal(false);
    expect(await verify({ tree: { ...tree, root: altered(tree.root) } })).to.equal(false);
    const total = BigInt(tree.totalMilligrams) + 1n;
    expect(await verify({ tree: { ...tree, totalMilligrams: total } })).to.equal(false);
    expect(await verify({ tree: { ...tree, count: index } })).to.equal(false);
    expect(await verify({ tree: { ...tree, depth: tree.depth - 1 } })).to.equal(false);
    expect(await verify({ siblings: siblings.slice(1) })).to.equal(false);
  });

  for (const vector of trees) {
    it(`proves the leaves of the tree of ${vector.count}`, async () => {
      expect(await harness.depthOf(vector.count)).to.equal(vector.depth);
      for (const { index, siblings } of vector.proofs) {
        const leaf = vector.leaves[index];
        expect(await harness.verify(treeOf(vector), index, leaf, siblings)).to.equal(true);
      }
    });

    it(`builds the root of the tree of ${vector.count} from its leaves`, async () => {
      const empty = { hash: await harness.emptyHash(), sum: 0n };
      let level: { hash: string; sum: bigint }[] = [];
      for (const leaf of vector.leaves) {
        level.push({ hash: await harness.leafHash(leaf), sum: BigInt(leaf.milligrams) });
      }
      while (level.length < 2 ** vector.depth) level.push(empty);
      while (level.length > 1) {
        const next: typeof level = [];
        for (let k = 0; k < level.length; k += 2) {
          const [left, right] = [level[k]!, level[k + 1]!];
          next.push({ hash: await harness.nodeHash(left, right), sum: left.sum + right.sum });
        }
        level = next;
      }
      expect(level[0]).to.deep.equal({
        hash: vector.root,
        sum: BigInt(vector.totalMilligrams),
      });
    });
  }
});

describe("TokenIds, on the vectors that the server packs ids by", () => {
  it("refuses days that do not fit", async () => {
    const harness = await createIds();
    const v = tokenIds[0]!;
    for (const [firstDay, endDay] of [
      [2 ** 24, 2 ** 24 - 1],
      [1, 2 ** 24],
    ]) {
      await expect(
        harness.pack(v.programme, v.methodology, firstDay, endDay, v.sourceId, v.assetKey),
      )
        .to.be.revertedWithCustomError(harness, "TokenIdsDayTooLate")
        .withArgs(2 ** 24);
    }
  });

  it("packs and unpacks each of them", async () => {
    const harness = await createIds();
    expect(tokenIds.length).to.be.greaterThan(2);
    for (const v of tokenIds) {
      const packed: bigint = await harness.pack(
        v.programme,
        v.methodology,
        v.firstDay,
        v.endDay,
        v.sourceId,
        v.assetKey,
      );
      expect(ethers.toBeHex(packed, 32)).to.equal(v.tokenId);
      const parts = await harness.unpack(packed);
      expect([...parts].slice(0, 5)).to.deep.equal(
        [1, v.programme, v.methodology, v.firstDay, v.endDay].map(BigInt),
      );
    }
  });
});
