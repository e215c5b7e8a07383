import { expect } from "chai";
import { keccak256 } from "ethers";
import { concat, fromHex, toHex, utf8 } from "../../server/domain/bytes.ts";
import {
  encodeLeafFile,
  type LeafFileHeader,
  parseLeafFile,
  verifyLeafFile,
} from "../../server/domain/leafFile.ts";
import {
  buildTree,
  depthOf,
  encodeLeaves,
  type Leaf,
  readLeaf,
  type Sibling,
  verifyProof,
} from "../../server/domain/sumTree.ts";
import { codeOf, seeded, suite, unwrap, vectors } from "./support.ts";

type LeafText = { fingerprint: string; milligrams: string; beneficiary: string; evidence: string };
type TreeVector = {
  count: number;
  depth: number;
  leaves: LeafText[];
  root: string;
  totalMilligrams: string;
  proofs: { index: number; siblings: { hash: string; sum: string }[] }[];
};

const leafOf = (text: LeafText): Leaf => ({
  fingerprint: fromHex(text.fingerprint),
  milligrams: BigInt(text.milligrams),
  beneficiary: fromHex(text.beneficiary),
  evidence: fromHex(text.evidence),
});

/** The tree as the specification says it, with ethers' keccak and every empty leaf written out. */
function slowRoot(leaves: readonly LeafText[]): { hash: string; sum: bigint } {
  const hex = (value: bigint, bytes: number): string => value.toString(16).padStart(2 * bytes, "0");
  let level = leaves.map((leaf) => ({
    hash: keccak256(
      `0x00${leaf.fingerprint.slice(2)}${hex(BigInt(leaf.milligrams), 8)}${leaf.beneficiary.slice(2)}${leaf.evidence.slice(2)}`,
    ),
    sum: BigInt(leaf.milligrams),
  }));
  while (level.length & (level.length - 1)) level.push({ hash: keccak256("0x02"), sum: 0n });
  while (level.length > 1) {
    level = level.flatMap((left, index) => {
      const right = level[index + 1];
      if (index % 2 === 1 || !right) return [];
      const input = `0x01${left.hash.slice(2)}${hex(left.sum, 16)}${right.hash.slice(2)}${hex(right.sum, 16)}`;
      return [{ hash: keccak256(input), sum: left.sum + right.sum }];
    });
  }
  return level[0]!;
}

function randomLeaves(count: number, random: (limit: number) => number): Leaf[] {
  const bytes = (): Uint8Array => Uint8Array.from({ length: 32 }, () => random(256));
  return Array.from({ length: count }, () => ({
    fingerprint: bytes(),
    milligrams: BigInt(random(1_000_000)),
    beneficiary: bytes(),
    evidence: bytes(),
  })).sort((a, b) => Buffer.compare(a.fingerprint, b.fingerprint));
}

describe("The activity tree", () => {
  it("refuses no leaves, leaves out of order and a repeated fingerprint", () => {
    expect(codeOf(buildTree(suite, new Uint8Array()))).to.equal("LEAVES_EMPTY");
    const [a, b, c] = randomLeaves(3, seeded(3)) as [Leaf, Leaf, Leaf];
    const broken = buildTree(suite, encodeLeaves([a, c, b]));
    expect(broken).to.deep.equal({
      ok: false,
      refusal: { code: "LEAF_ORDER_BROKEN", values: { index: 2 } },
    });
    expect(codeOf(buildTree(suite, encodeLeaves([a, a, b])))).to.equal("LEAF_ORDER_BROKEN");
  });

  it("refuses a proof with anything changed", () => {
    const leaves = randomLeaves(13, seeded(4));
    const tree = unwrap(buildTree(suite, encodeLeaves(leaves)));
    const leaf = leaves[6]!;
    const proof = tree.proof(6);
    expect(verifyProof(suite, tree, leaf, 6, proof)).to.equal(true);
    const changed = (siblings: Sibling[]): Sibling[] =>
      siblings.map((one, level) => (level === 2 ? { ...one, sum: one.sum + 1n } : one));
    const swapped = proof.map((one, level) =>
      level === 1 ? { ...one, hash: leaf.evidence } : one,
    );
    expect(verifyProof(suite, tree, leaf, 7, proof)).to.equal(false);
    expect(verifyProof(suite, tree, leaf, 6 + 16, proof)).to.equal(false);
    expect(verifyProof(suite, tree, { ...leaf, milligrams: 1n }, 6, proof)).to.equal(false);
    expect(verifyProof(suite, tree, leaf, 6, changed(proof))).to.equal(false);
    expect(verifyProof(suite, tree, leaf, 6, swapped)).to.equal(false);
    expect(verifyProof(suite, tree, leaf, 6, proof.slice(1))).to.equal(false);
    expect(verifyProof(suite, { ...tree, totalMilligrams: 1n }, leaf, 6, proof)).to.equal(false);
    expect(verifyProof(suite, { ...tree, depth: 5 }, leaf, 6, proof)).to.equal(false);
    const first = proof[0]!;
    const negative = [{ ...first, sum: -1n }, ...proof.slice(1)];
    expect(verifyProof(suite, tree, leaf, 6, negative)).to.equal(false);
  });

  it("cannot take a node for a leaf, nor an empty place for a leaf", () => {
    const leaves = randomLeaves(5, seeded(5));
    const tree = unwrap(buildTree(suite, encodeLeaves(leaves)));
    expect(() => tree.proof(5)).to.throw(RangeError);
    expect(() => tree.proof(-1)).to.throw(RangeError);
    expect(() => tree.proof(0.5)).to.throw(RangeError);
  });

  it("follows the shared vectors, computed two ways", () => {
    const known = vectors<TreeVector[]>("tree.json");
    expect(known.map(({ count }) => count)).to.include.members([1, 2, 3, 5, 8, 33]);
    for (const vector of known) {
      const tree = unwrap(buildTree(suite, encodeLeaves(vector.leaves.map(leafOf))));
      expect(toHex(tree.root)).to.equal(vector.root);
      expect(tree.totalMilligrams).to.equal(BigInt(vector.totalMilligrams));
      expect(tree).to.include({ count: vector.count, depth: vector.depth });
      const slow = slowRoot(vector.leaves);
      expect(slow).to.deep.equal({ hash: vector.root, sum: BigInt(vector.totalMilligrams) });
      for (const { index, siblings } of vector.proofs) {
        const shown = siblings.map(({ hash, sum }) => ({ hash: fromHex(hash), sum: BigInt(sum) }));
        expect(tree.proof(index)).to.deep.equal(shown);
        expect(verifyProof(suite, tree, leafOf(vector.leaves[index]!), index, shown)).to.equal(
          true,
        );
      }
    }
  });

  it("proves every leaf of trees of any size", () => {
    const random = seeded(6);
    for (const count of [1, 2, 3, 4, 7, 16, 17, 100]) {
      const leaves = randomLeaves(count, random);
      const records = encodeLeaves(leaves);
      const tree = unwrap(buildTree(suite, records));
      expect(tree.depth).to.equal(depthOf(count));
      leaves.forEach((leaf, index) => {
        expect(readLeaf(records, index)).to.deep.equal(leaf);
        expect(verifyProof(suite, tree, leaf, index, tree.proof(index))).to.equal(true);
      });
    }
  });
});

describe("The leaf file", () => {
  const records = encodeLeaves(randomLeaves(6, seeded(7)));
  const tree = unwrap(buildTree(suite, records));
  const header: LeafFileHeader = {
    format: "tanpu-leaves/1",
    suite: "keccak",
    count: tree.count,
    depth: tree.depth,
    totalMilligrams: tree.totalMilligrams.toString(),
    root: toHex(tree.root),
    sourceId: `0x${"11".repeat(32)}`,
    first: 17_775,
    end: 17_776,
  };
  const codeWith = (changed: Partial<LeafFileHeader>): string =>
    codeOf(verifyLeafFile(suite, encodeLeafFile({ header: { ...header, ...changed }, records })));

  it("is refused when the header states anything the records do not give", () => {
    expect(codeWith({ count: 5 })).to.equal("LEAF_FILE_MALFORMED");
    expect(codeWith({ depth: 4 })).to.equal("LEAF_FILE_MALFORMED");
    expect(codeWith({ totalMilligrams: (tree.totalMilligrams + 1n).toString() })).to.equal(
      "LEAF_TOTAL_WRONG",
    );
    expect(codeWith({ root: `0x${"22".repeat(32)}` })).to.equal("LEAF_ROOT_WRONG");
  });

  it("is refused when it is cut, has a byte more, or no header", () => {
    const file = encodeLeafFile({ header, records });
    expect(codeOf(parseLeafFile(file.subarray(0, file.length - 1)))).to.equal(
      "LEAF_FILE_MALFORMED",
    );
    expect(codeOf(parseLeafFile(concat(file, Uint8Array.of(0))))).to.equal("LEAF_FILE_MALFORMED");
    expect(codeOf(parseLeafFile(records))).to.equal("LEAF_FILE_MALFORMED");
    expect(codeOf(parseLeafFile(utf8("{}\n")))).to.equal("LEAF_FILE_MALFORMED");
    expect(codeOf(parseLeafFile(new Uint8Array()))).to.equal("LEAF_FILE_MALFORMED");
  });

  it("is refused when any byte of any record is changed", () => {
    const file = encodeLeafFile({ header, records });
    const start = file.length - records.length;
    for (let at = start; at < file.length; at += 13) {
      const edited = file.slice();
      edited[at] = (edited[at] ?? 0) ^ 1;
      expect(codeOf(verifyLeafFile(suite, edited)), `byte ${at}`).to.not.equal("accepted");
    }
  });

  it("gives back what was written", () => {
    const read = unwrap(verifyLeafFile(suite, encodeLeafFile({ header, records })));
    expect(read.header).to.deep.equal(header);
    expect([...read.records]).to.deep.equal([...records]);
    expect(toHex(read.tree.root)).to.equal(header.root);
  });
});
