import { expect } from "chai";
import { compareBytes, concat, toHex } from "../../server/domain/bytes.ts";
import { encodeLinesFile, verifyLinesFile } from "../../server/domain/epochFile.ts";
import { lineLeaf, lineSaltOf } from "../../server/domain/epochLine.ts";
import { buildTree, encodeLeaves, verifyProof, writeLeaf } from "../../server/domain/sumTree.ts";
import { suite, unwrap } from "./support.ts";

const account = (index: number) => new Uint8Array(16).fill(index);
const saltOf = (index: number, through: bigint) =>
  lineSaltOf(suite, new Uint8Array(16).fill(100 + index), through);

function file(lines: readonly { issued: bigint; points: bigint }[], through = 9n) {
  const leaves = lines
    .map(({ issued, points }, index) =>
      lineLeaf(suite, saltOf(index, through), {
        holder: account(index),
        issuedMilligrams: issued,
        pointsMilligrams: points,
      }),
    )
    .sort((a, b) => compareBytes(a.fingerprint, b.fingerprint));
  const records = encodeLeaves(leaves);
  const tree = unwrap(buildTree(suite, records));
  const header = {
    format: "tanpu-lines/1",
    suite: "keccak",
    ...{ programme: 1, through: through.toString() },
    ...{ count: tree.count, depth: tree.depth, root: toHex(tree.root) },
    totalMilligrams: tree.totalMilligrams.toString(),
  } as const;
  return { leaves, records, tree, header, bytes: encodeLinesFile({ header, records }) };
}

const LINES = [
  { issued: 84_000n, points: 0n },
  { issued: 829_000n, points: 5_000n },
  { issued: 0n, points: 1_000n },
];

describe("lines of the pool", () => {
  it("refuse part grams and nothing", () => {
    for (const issued of [0n, 999n, 1_001n, -1_000n]) {
      expect(() => file([{ issued, points: 0n }])).to.throw(RangeError);
    }
  });

  it("refuse a file that was altered, cut, or holds a line of part grams", () => {
    const good = file(LINES);
    const code = (bytes: Uint8Array) => {
      const read = verifyLinesFile(suite, bytes);
      return read.ok ? "none" : read.refusal.code;
    };
    const start = good.bytes.length - good.records.length;
    expect(code(good.bytes.subarray(0, -1))).to.equal("LEAF_FILE_MALFORMED");
    expect(code(good.bytes.subarray(start))).to.equal("LEAF_FILE_MALFORMED");
    const altered = good.bytes.slice();
    altered[start + 45] = (altered[start + 45] ?? 0) ^ 1;
    expect(code(altered)).to.equal("LEAF_ROOT_WRONG");
    const part = good.records.slice();
    writeLeaf(part, 0, { ...good.leaves[0]!, milligrams: 84_500n });
    expect(code(encodeLinesFile({ header: good.header, records: part }))).to.equal("LINE_FRACTION");
    const more = good.records.slice();
    writeLeaf(more, 0, { ...good.leaves[0]!, milligrams: 1_000_000n });
    expect(code(encodeLinesFile({ header: good.header, records: more }))).to.equal(
      "LEAF_TOTAL_WRONG",
    );
    const named = encodeLinesFile({
      header: { ...good.header, root: `0x${"1".repeat(64)}` },
      records: good.records,
    });
    expect(code(named)).to.equal("LEAF_ROOT_WRONG");
    expect(code(good.bytes)).to.equal("none");
  });

  it("are proved against the root, and only as what they are", () => {
    const { leaves, tree } = file(LINES);
    for (const [index, leaf] of leaves.entries()) {
      const siblings = tree.proof(index);
      expect(verifyProof(suite, tree, leaf, index, siblings)).to.equal(true);
      const richer = { ...leaf, milligrams: leaf.milligrams + 1_000n };
      expect(verifyProof(suite, tree, richer, index, siblings)).to.equal(false);
    }
  });

  it("have another key and other commitments in the next epoch, so nobody follows them", () => {
    const [now, next] = [file(LINES, 9n), file(LINES, 10n)];
    const words = ({ leaves }: typeof now) =>
      leaves.flatMap(({ fingerprint, beneficiary, evidence }) =>
        [fingerprint, beneficiary, evidence].map(toHex),
      );
    expect(words(now).filter((word) => words(next).includes(word))).to.deep.equal([]);
    expect(new Set(words(now)).size).to.equal(9);
    expect(concat(account(1)).length).to.equal(16);
  });
});
