import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import { expect } from "chai";
import { concat, keccak256 } from "ethers";
import { toHex } from "../../../server/domain/bytes.ts";
import { buildTree, encodeLeaves } from "../../../server/domain/sumTree.ts";
import {
  type ActivityTree,
  activityTree,
  EMPTY,
  type Forgery,
  leafBytes,
  leafOf,
  nodeBytes,
  sorted,
  type TreeLeaf,
} from "../../support/activityTree.ts";
import { bytesOf, loadedSuite } from "../../support/domainTree.ts";
import { DOCUMENT, FIRST_DAY, id, networkHelpers, PROGRAMME, STATE } from "../support.ts";
import {
  CAP,
  type ChallengeRegistry,
  challengeRegistry,
  debtOf,
  deductedOf,
  FALLEN,
  FAR_SOURCE,
  FAULT,
  issueRequest,
  PERIOD_DAYS,
  type Requested,
  request,
  stateOf,
  withdraw,
} from "./support.ts";

const { loadFixture } = networkHelpers;

const day = FIRST_DAY;
/** 19 leaves, so that depth 5 has places behind the count in every level but the top one. */
const COUNT = 19;
const LEAVES = sorted(
  Array.from({ length: COUNT }, (_, k) => leafOf(day + (k % PERIOD_DAYS), `leaf ${k}`, 50_000n)),
);
const TOTAL = 50_000n * BigInt(COUNT);
const DEPTH = 5;
const HONEST = activityTree(LEAVES);
const forge = (...forgeries: Forgery[]): ActivityTree => activityTree(LEAVES, forgeries);

const sumCall = (r: ChallengeRegistry, requested: Requested, level: number, index: number) =>
  r.asChallenger.challengeSum(
    requested.requestId,
    requested.proposal,
    requested.tree.place(level, index),
    requested.tree.content(level, index),
  );
const shapeCall = (r: ChallengeRegistry, requested: Requested, level: number, index: number) =>
  r.asChallenger.challengeShape(
    requested.requestId,
    requested.proposal,
    requested.tree.place(level, index),
    requested.tree.content(level, index),
  );

/** Proposes a forged tree, challenges it before issue, then the same after issue. */
async function provenTwice(
  r: ChallengeRegistry,
  tree: ActivityTree,
  fault: number,
  prove: (requested: Requested) => Promise<unknown>,
): Promise<void> {
  const snapshot = await networkHelpers.takeSnapshot();
  const before = await request(r, tree);
  await expect(prove(before))
    .to.emit(r.doubleCount, "TreeRefuted")
    .withArgs(before.requestId, fault, anyValue, anyValue, false, r.challenger.address);
  expect(await stateOf(r, before)).to.equal(FALLEN);
  const after = await request(r, tree);
  const tokenId = await issueRequest(r, after);
  await expect(prove(after))
    .to.emit(r.doubleCount, "TreeRefuted")
    .withArgs(after.requestId, fault, anyValue, anyValue, true, r.challenger.address);
  const [, , issuedGrams] = await r.token.supplyOf(tokenId);
  const debt = await debtOf(r, after);
  expect([debt.whole, debt.open, debt.outstanding]).to.deep.equal([true, true, issuedGrams]);
  await expect(prove(after))
    .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountWholeOwed")
    .withArgs(after.requestId);
  await snapshot.restore();
}

/** Every level and index of the tree. */
function* places(): Generator<[number, number]> {
  for (let level = 0; level <= DEPTH; level++) {
    for (let index = 0; index < 2 ** (DEPTH - level); index++) yield [level, index];
  }
}

describe("Activity trees of the tests", () => {
  it("are those of the domain", async () => {
    const suite = await loadedSuite();
    for (const count of [1, 2, 3, 5, 8, 19, 32]) {
      const leaves = sorted(
        Array.from({ length: count }, (_, k) => leafOf(day, `some ${k}`, BigInt(k) * 7_000n)),
      );
      const built = buildTree(suite, encodeLeaves(leaves.map(bytesOf)));
      if (!built.ok) throw new Error(built.refusal.code);
      const { head, opening } = activityTree(leaves);
      expect(head).to.deep.equal({
        root: toHex(built.value.root),
        totalMilligrams: built.value.totalMilligrams,
        count: BigInt(count),
        depth: built.value.depth,
      });
      const expected = built.value.proof(count - 1).map(({ hash, sum }) => ({
        hash: toHex(hash),
        sum,
      }));
      expect(opening(count - 1).siblings).to.deep.equal(expected);
    }
  });
});

describe("DoubleCount: honest trees", () => {
  it("no place of them can be challenged for its sum or its shape", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await request(r, HONEST);
    for (const [level, index] of places()) {
      await expect(sumCall(r, requested, level, index))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountSumRight")
        .withArgs(requested.requestId, level, index);
      await expect(shapeCall(r, requested, level, index))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountShapeRight")
        .withArgs(requested.requestId, level, index);
    }
  });

  it("no leaf of them can be challenged for its order, its period or its cap", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await request(r, HONEST);
    const { requestId, proposal, tree } = requested;
    for (let index = 0; index < COUNT; index++) {
      const opening = tree.opening(index);
      await expect(
        r.asChallenger.challengePeriod(requestId, proposal, opening),
      ).to.be.revertedWithCustomError(r.doubleCount, "DoubleCountInPeriod");
      await expect(r.asChallenger.challengeLeaf(requestId, proposal, opening))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountBelowCap")
        .withArgs(requestId, index, CAP);
      if (index + 1 === COUNT) continue;
      await expect(
        r.asChallenger.challengeOrder(requestId, proposal, opening, tree.opening(index + 1)),
      )
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountInOrder")
        .withArgs(requestId, index);
    }
  });

  it("a lie of the challenger about a place does not lead to the root", async () => {
    const r = await loadFixture(challengeRegistry);
    const { requestId, proposal, tree } = await request(r, HONEST);
    const place = tree.place(2, 1);
    const content = tree.content(2, 1);
    const sum = place.node.sum;
    const lies = [
      { ...place, node: { ...place.node, sum: sum + 1n } },
      { ...place, node: { hash: id("other"), sum } },
      { ...place, level: 1 },
      { ...place, index: 9n },
      { ...place, siblings: place.siblings.slice(1) },
      { ...place, siblings: [...place.siblings, place.node] },
      {
        ...place,
        siblings: place.siblings.map((node) => ({ ...node, sum: 2n ** 128n - 1n })),
      },
    ];
    for (const lie of lies) {
      for (const call of [r.asChallenger.challengeSum, r.asChallenger.challengeShape]) {
        await expect(call(requestId, proposal, lie, content))
          .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountProof")
          .withArgs(requestId, lie.level, lie.index);
      }
    }
    for (const call of [r.asChallenger.challengeSum, r.asChallenger.challengeShape]) {
      await expect(call(requestId, proposal, place, EMPTY))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountContent")
        .withArgs(place.node.hash, keccak256(EMPTY));
    }
  });

  it("a request that ended, or whose proposal is another, is not challenged", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await request(r, forge({ level: 3, index: 0, sum: 1n }));
    const other = { ...requested, proposal: { ...requested.proposal, count: 20n } };
    await expect(sumCall(r, other, 3, 0)).to.be.revertedWithCustomError(
      r.doubleCount,
      "DoubleCountProposalMismatch",
    );
    await withdraw(r, requested);
    await expect(sumCall(r, requested, 3, 0))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountState")
      .withArgs(requested.requestId, STATE.withdrawn);
  });
});

describe("DoubleCount: forged sums", () => {
  it("are proved at every place of every level, before issue and after", async () => {
    const r = await loadFixture(challengeRegistry);
    for (const [level, index] of places()) {
      const honest = HONEST.place(level, index).node.sum;
      const tree = forge({ level, index, sum: honest + 1_000_000n });
      expect(tree.head.totalMilligrams).to.equal(TOTAL + 1_000_000n);
      await provenTwice(r, tree, FAULT.sum, (requested) => sumCall(r, requested, level, index));
    }
  }).timeout(60_000);

  it("a sum that is stated too low is one too", async () => {
    const r = await loadFixture(challengeRegistry);
    const tree = forge({ level: 2, index: 1, sum: 7n });
    await provenTwice(r, tree, FAULT.sum, (requested) => sumCall(r, requested, 2, 1));
  });

  it("children whose sums overflow are proved at their parent", async () => {
    const r = await loadFixture(challengeRegistry);
    const most = 2n ** 128n - 1n;
    const tree = forge(
      { level: 1, index: 2, sum: most },
      { level: 1, index: 3, sum: most },
      { level: 2, index: 1, sum: 1n },
    );
    await provenTwice(r, tree, FAULT.sum, (requested) => sumCall(r, requested, 2, 1));
    const requested = await request(r, tree);
    await expect(sumCall(r, requested, 1, 2)).to.be.revertedWithCustomError(
      r.doubleCount,
      "DoubleCountProof",
    );
  });

  it("of two lies on one path the upper one is proved", async () => {
    const r = await loadFixture(challengeRegistry);
    const tree = forge({ level: 0, index: 4, sum: 9n }, { level: 3, index: 0, sum: 1n });
    const requested = await request(r, tree);
    await expect(sumCall(r, requested, 0, 4)).to.be.revertedWithCustomError(
      r.doubleCount,
      "DoubleCountProof",
    );
    await sumCall(r, requested, 3, 0);
    expect(await stateOf(r, requested)).to.equal(FALLEN);
  });

  it("a tree of one leaf states its total", async () => {
    const r = await loadFixture(challengeRegistry);
    const leaf = leafOf(day, "only", 1_000n);
    const tree = activityTree([leaf], [{ level: 0, index: 0, sum: 2_000n }]);
    expect(tree.head.depth).to.equal(0);
    await provenTwice(r, tree, FAULT.sum, (requested) => sumCall(r, requested, 0, 0));
  });

  it("content of another level or of no kind is not for this challenge", async () => {
    const r = await loadFixture(challengeRegistry);
    const contents = [
      [1, 3, leafBytes(LEAVES[3]!)],
      [1, 3, EMPTY],
      [1, 3, "0x01"],
      [0, 3, HONEST.content(1, 0)],
      [0, 3, concat(["0x03", HONEST.content(1, 0)])],
    ] as const;
    for (const [level, index, content] of contents) {
      const requested = await request(r, forge({ level, index, content, sum: 5n }));
      await expect(sumCall(r, requested, level, index))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountPlace")
        .withArgs(requested.requestId, level, index);
      await withdraw(r, requested);
    }
  });
});

describe("DoubleCount: forged shapes", () => {
  const [left, right] = [HONEST.place(0, 0).node, HONEST.place(0, 1).node];
  const leaf = leafBytes(leafOf(day, "extra", 1_000n));
  const cases: [string, Forgery][] = [
    ["an empty place before the count", { level: 0, index: 7, content: EMPTY }],
    ["a node among the leaves", { level: 0, index: 7, content: nodeBytes(left, right) }],
    ["a leaf among the nodes", { level: 2, index: 1, content: leaf }],
    ["an empty place among the nodes", { level: 1, index: 2, content: EMPTY }],
    ["a leaf for a root", { level: DEPTH, index: 0, content: leaf }],
    ["a leaf of another length", { level: 0, index: 7, content: concat([leaf, "0x00"]) }],
    ["a node with another tag", { level: 1, index: 2, content: `0x07${"00".repeat(96)}` }],
    ["nothing at all before the count", { level: 0, index: 7, content: "0x" }],
    ["a leaf behind the count", { level: 0, index: COUNT, content: leaf }],
    ["a hash of nothing behind the count", { level: 0, index: 31, hash: id("nothing") }],
    ["a hash of nothing for a subtree behind it", { level: 3, index: 3, hash: id("nothing") }],
    ["an empty place for a subtree behind it", { level: 2, index: 6, content: EMPTY }],
    ["milligrams behind the count", { level: 0, index: 25, sum: 5n }],
    ["milligrams of a subtree behind it", { level: 2, index: 7, sum: 5n }],
  ];
  for (const [name, forgery] of cases) {
    it(name, async () => {
      const r = await loadFixture(challengeRegistry);
      const { level, index } = forgery;
      const tree = forge({ sum: HONEST.place(level, index).node.sum, ...forgery });
      await provenTwice(r, tree, FAULT.shape, (requested) => shapeCall(r, requested, level, index));
    });
  }

  it("a node over the count is judged by its content, not by its place", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await request(r, HONEST);
    for (const level of [1, 2, 3, 4]) {
      const index = Math.floor((COUNT - 1) / 2 ** level);
      await expect(shapeCall(r, requested, level, index)).to.be.revertedWithCustomError(
        r.doubleCount,
        "DoubleCountShapeRight",
      );
    }
  });
});

describe("DoubleCount: order", () => {
  const swapped = (at: number): TreeLeaf[] => {
    const leaves = [...LEAVES];
    [leaves[at], leaves[at + 1]] = [leaves[at + 1]!, leaves[at]!];
    return leaves;
  };
  const orderCall = (r: ChallengeRegistry, requested: Requested, left: number, right: number) =>
    r.asChallenger.challengeOrder(
      requested.requestId,
      requested.proposal,
      requested.tree.opening(left),
      requested.tree.opening(right),
    );

  it("leaves that are no neighbours prove nothing, nor in the wrong order", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await request(r, activityTree(swapped(4)));
    for (const [left, right] of [
      [5, 4],
      [3, 6],
      [4, 4],
    ] as const) {
      await expect(orderCall(r, requested, left, right))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountPlace")
        .withArgs(requested.requestId, 0, right);
    }
    const { requestId, proposal, tree } = requested;
    const forged = { ...tree.opening(5), leaf: { ...tree.opening(5).leaf, milligrams: 1n } };
    await expect(
      r.asChallenger.challengeOrder(requestId, proposal, tree.opening(4), forged),
    ).to.be.revertedWithCustomError(r.doubleCount, "DoubleCountProof");
    const beyond = { ...tree.opening(5), index: BigInt(COUNT) };
    await expect(r.asChallenger.challengeOrder(requestId, proposal, tree.opening(4), beyond))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountIndex")
      .withArgs(requestId, COUNT, COUNT);
  });

  it("equal fingerprints are a duplicate and no fault of order", async () => {
    const r = await loadFixture(challengeRegistry);
    const leaves = LEAVES.map((leaf) => ({ ...leaf }));
    leaves[5]!.fingerprint = leaves[4]!.fingerprint;
    const requested = await request(r, activityTree(leaves));
    await expect(orderCall(r, requested, 4, 5))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountInOrder")
      .withArgs(requested.requestId, 4);
  });

  it("two neighbours that descend fell the request, before issue and after", async () => {
    const r = await loadFixture(challengeRegistry);
    for (const at of [0, 3, 7, COUNT - 2]) {
      await provenTwice(r, activityTree(swapped(at)), FAULT.order, (requested) =>
        orderCall(r, requested, at, at + 1),
      );
    }
  });
});

describe("DoubleCount: period and cap", () => {
  const withLeaf = (leaf: TreeLeaf): [ActivityTree, number] => {
    const tree = activityTree(sorted([...LEAVES, leaf]));
    return [tree, tree.leaves.indexOf(leaf)];
  };
  const periodCall = (r: ChallengeRegistry, { requestId, proposal, tree }: Requested, k: number) =>
    r.asChallenger.challengePeriod(requestId, proposal, tree.opening(k));
  const capCall = (r: ChallengeRegistry, { requestId, proposal, tree }: Requested, k: number) =>
    r.asChallenger.challengeLeaf(requestId, proposal, tree.opening(k));

  it("days of the period are right, for entries without milligrams also the days beside it", async () => {
    const r = await loadFixture(challengeRegistry);
    const cases = [
      [0, 1n],
      [PERIOD_DAYS - 1, 1n],
      [-1, 0n],
      [0, 0n],
      [PERIOD_DAYS, 0n],
    ] as const;
    for (const [offset, milligrams] of cases) {
      const [tree, k] = withLeaf(leafOf(day + offset, "edge", milligrams));
      const requested = await request(r, tree);
      await expect(periodCall(r, requested, k))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountInPeriod")
        .withArgs(requested.requestId, k, day + offset);
      await withdraw(r, requested);
    }
  });

  it("a leaf of another day is deducted, before issue and after, once", async () => {
    const r = await loadFixture(challengeRegistry);
    const cases = [
      [-1, 70_000n],
      [PERIOD_DAYS, 70_000n],
      [-2, 0n],
      [PERIOD_DAYS + 1, 0n],
      [4_000_000_000 - day, 70_000n],
    ] as const;
    for (const [offset, milligrams] of cases) {
      const [tree, k] = withLeaf(leafOf(day + offset, "outside", milligrams));
      const snapshot = await networkHelpers.takeSnapshot();
      const before = await request(r, tree);
      await expect(periodCall(r, before, k))
        .to.emit(r.doubleCount, "LeafDeducted")
        .withArgs(before.requestId, k, FAULT.period, milligrams, 0, 0, false, r.challenger.address);
      expect(await deductedOf(r, before)).to.equal(milligrams);
      await expect(periodCall(r, before, k))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountDeducted")
        .withArgs(before.requestId, k);
      await snapshot.restore();
      const after = await request(r, tree);
      await issueRequest(r, after);
      await periodCall(r, after, k);
      expect((await debtOf(r, after)).outstanding).to.equal(milligrams / 1_000n);
      await expect(periodCall(r, after, k))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountDeducted")
        .withArgs(after.requestId, k);
      await snapshot.restore();
    }
  });

  it("a leaf up to the cap is right, one above is deducted, before issue and after", async () => {
    const r = await loadFixture(challengeRegistry);
    const [fair, at] = withLeaf(leafOf(day, "fair", CAP));
    const honest = await request(r, fair);
    await expect(capCall(r, honest, at))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountBelowCap")
      .withArgs(honest.requestId, at, CAP);
    await withdraw(r, honest);

    const [tree, k] = withLeaf(leafOf(day, "greedy", CAP + 1n));
    const before = await request(r, tree);
    await expect(capCall(r, before, k))
      .to.emit(r.doubleCount, "LeafDeducted")
      .withArgs(before.requestId, k, FAULT.cap, CAP + 1n, 0, 0, false, r.challenger.address);
    await expect(capCall(r, before, k)).to.be.revertedWithCustomError(
      r.doubleCount,
      "DoubleCountDeducted",
    );
    await withdraw(r, before);
    const after = await request(r, tree);
    await issueRequest(r, after);
    await capCall(r, after, k);
    expect((await debtOf(r, after)).owed).to.equal(CAP / 1_000n + 1n);
  });

  it("a methodology without a cap has none", async () => {
    const r = await loadFixture(challengeRegistry);
    const [tree, k] = withLeaf(leafOf(day, "great", CAP + 1n));
    const requested = await request(r, tree, FAR_SOURCE);
    await expect(capCall(r, requested, k))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountBelowCap")
      .withArgs(requested.requestId, k, 0n);
  });

  it("a pause stops no challenge", async () => {
    const r = await loadFixture(challengeRegistry);
    const [tree, k] = withLeaf(leafOf(day - 1, "outside", 70_000n));
    const requested = await request(r, tree);
    const forged = await request(r, forge({ level: 1, index: 0, sum: 1n }), FAR_SOURCE);
    await r.programmes.connect(r.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    await r.programmes.connect(r.farAuthority).pauseProgramme(2, DOCUMENT);
    await periodCall(r, requested, k);
    await sumCall(r, forged, 1, 0);
    expect(await stateOf(r, forged)).to.equal(FALLEN);
  });
});
