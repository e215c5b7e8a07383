import { expect } from "chai";
import { concat, toUint, uintBytes } from "../../server/domain/bytes.ts";
import type { HashSuite } from "../../server/domain/hashSuite.ts";
import {
  buildTree,
  depthOf,
  LEAF_BYTES,
  readLeaf,
  TreeBuilder,
  verifyProof,
} from "../../server/domain/sumTree.ts";
import { codeOf, seeded, suite, unwrap } from "./support.ts";

/** The suite as one without a kernel has it. */
const { treeKernel, ...ordinary } = suite;
const generic: HashSuite = ordinary;

/** Records with rising fingerprints, and milligrams up to the greatest there are. */
function randomRecords(count: number, random: (limit: number) => number): Uint8Array {
  const records = Uint8Array.from({ length: count * LEAF_BYTES }, () => random(256));
  for (let index = 0; index < count; index++) {
    records.set(uintBytes(index, 6), index * LEAF_BYTES);
    if (random(4) === 0) records.fill(0xff, index * LEAF_BYTES + 32, index * LEAF_BYTES + 40);
  }
  return records;
}

type Node = { hash: Uint8Array; sum: bigint };

/** The tree as the specification says it: one hash for each node, sums as bigints, empties written out. */
function simpleRoot(records: Uint8Array): Node {
  const count = records.length / LEAF_BYTES;
  let level: Node[] = Array.from({ length: 2 ** depthOf(count) }, (_, index) => {
    if (index >= count) return { hash: suite.hash(Uint8Array.of(2)), sum: 0n };
    const record = records.subarray(index * LEAF_BYTES, (index + 1) * LEAF_BYTES);
    return {
      hash: suite.hash(concat(Uint8Array.of(0), record)),
      sum: toUint(record.subarray(32, 40)),
    };
  });
  while (level.length > 1) {
    level = Array.from({ length: level.length / 2 }, (_, index) => {
      const [left, right] = [level[2 * index]!, level[2 * index + 1]!];
      const bytes = [left.hash, uintBytes(left.sum, 16), right.hash, uintBytes(right.sum, 16)];
      return { hash: suite.hash(Uint8Array.of(1), ...bytes), sum: left.sum + right.sum };
    });
  }
  return level[0]!;
}

describe("The tree's kernel", () => {
  it("is there for keccak", () => {
    expect(treeKernel).to.not.equal(undefined);
  });

  it("hashes leaves and nodes as the suite does, sums with carries included", () => {
    const random = seeded(11);
    for (const count of [1, 2, 3, 511, 512, 513, 1025]) {
      const records = randomRecords(count, random);
      const nodes = new Uint8Array(count * 48);
      treeKernel!.leafNodes(records, nodes);
      for (let index = 0; index < count; index += Math.ceil(count / 20)) {
        const record = records.subarray(index * LEAF_BYTES, (index + 1) * LEAF_BYTES);
        const hash = suite.hash(Uint8Array.of(0), record);
        const node = concat(hash, new Uint8Array(8), record.subarray(32, 40));
        expect(nodes.subarray(index * 48, (index + 1) * 48)).to.deep.equal(node);
      }
      // Sums of every width, so that each byte carries into the next one somewhere.
      const children = Uint8Array.from({ length: count * 48 }, (_, at) =>
        at % 48 === 32 ? 0 : random(256),
      );
      for (let at = 0; at < children.length; at += 48) {
        if (random(2)) children.fill(0xff, at + 33 + random(14), at + 48);
      }
      const empty = Uint8Array.from({ length: 48 }, (_, at) => (at < 32 ? random(256) : 0));
      const parents = new Uint8Array(Math.ceil(count / 2) * 48);
      treeKernel!.parentNodes(children, empty, parents);
      for (let index = 0; index < parents.length / 48; index++) {
        const left = children.subarray(96 * index, 96 * index + 48);
        const right =
          2 * index + 1 < count ? children.subarray(96 * index + 48, 96 * index + 96) : empty;
        const hash = suite.hash(Uint8Array.of(1), left, right);
        const sum = toUint(left.subarray(32)) + toUint(right.subarray(32));
        const node = concat(hash, uintBytes(sum, 16));
        expect(
          parents.subarray(index * 48, (index + 1) * 48),
          `${index} of ${count}`,
        ).to.deep.equal(node);
      }
    }
  });

  it("gives the tree that the specification says, at every size about a power of two", () => {
    const random = seeded(12);
    const sizes = [1, 2, 3, 4, 5, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000, 4095, 4096, 4097];
    for (const count of [...sizes, 2 + random(5_000), 2 + random(5_000)]) {
      const records = randomRecords(count, random);
      const simple = simpleRoot(records);
      for (const one of [suite, generic]) {
        const tree = unwrap(buildTree(one, records));
        expect(tree.root, `${count} leaves`).to.deep.equal(simple.hash);
        expect(tree.totalMilligrams).to.equal(simple.sum);
        for (const index of [0, count - 1, random(count)]) {
          const proof = tree.proof(index);
          expect(verifyProof(one, tree, readLeaf(records, index), index, proof)).to.equal(true);
        }
      }
    }
  });
});

describe("A tree built from pieces", () => {
  const random = seeded(13);
  const records = randomRecords(9_000, random);

  it("refuses a leaf out of order at the border of two pieces, and one in a later piece", () => {
    const builder = new TreeBuilder(suite);
    unwrap(builder.add(records.subarray(0, 100 * LEAF_BYTES)));
    const repeated = builder.add(records.subarray(99 * LEAF_BYTES, 101 * LEAF_BYTES));
    expect(repeated).to.have.nested.property("refusal.values.index", 100);
    const swapped = concat(
      records.slice(7 * LEAF_BYTES, 8 * LEAF_BYTES),
      records.slice(6 * LEAF_BYTES, 7 * LEAF_BYTES),
    );
    const later = new TreeBuilder(suite);
    unwrap(later.add(records.subarray(0, 3 * LEAF_BYTES)));
    expect(later.add(swapped)).to.have.nested.property("refusal.values.index", 4);
    expect(codeOf(new TreeBuilder(suite).finish())).to.equal("LEAVES_EMPTY");
  });

  it("is the same tree whatever the pieces", () => {
    const whole = unwrap(buildTree(suite, records));
    for (const most of [1, 63, 64, 65, 5_000]) {
      const builder = new TreeBuilder(suite);
      for (let first = 0; first < 9_000; ) {
        const end = Math.min(9_000, first + (most === 1 ? 1 : random(most + 1)));
        unwrap(builder.add(records.subarray(first * LEAF_BYTES, end * LEAF_BYTES)));
        first = end;
      }
      const { root, totalMilligrams, count, depth, levels } = unwrap(builder.finish());
      expect({ root, totalMilligrams, count, depth, levels }).to.deep.equal({
        root: whole.root,
        totalMilligrams: whole.totalMilligrams,
        count: 9_000,
        depth: 14,
        levels: whole.levels,
      });
    }
  });
});
