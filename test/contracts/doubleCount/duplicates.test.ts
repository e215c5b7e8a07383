import { expect } from "chai";
import {
  type ActivityTree,
  activityTree,
  entryOf,
  leafOf,
  sorted,
  type TreeLeaf,
} from "../../support/activityTree.ts";
import {
  DOCUMENT,
  FIRST_DAY,
  id,
  networkHelpers,
  PROGRAMME,
  STATE,
  setParameters,
} from "../support.ts";
import {
  type ChallengeRegistry,
  challengeRegistry,
  claim,
  debtOf,
  deductedOf,
  FALLEN,
  FAR_SOURCE,
  FAULT,
  issued,
  issueRequest,
  OTHER_SOURCE,
  type Requested,
  request,
  stateOf,
  withdraw,
} from "./support.ts";

const { loadFixture } = networkHelpers;

const RIDE_MILLIGRAMS = 200_000n;
const day = FIRST_DAY;

/** One ride as a platform enters it: its own bucket carries the grams, the shared one is the second entry. */
function ride(platform: string, milligrams = RIDE_MILLIGRAMS): TreeLeaf[] {
  const carrier = { ...leafOf(day, `ride of ${platform}`, milligrams) };
  return [carrier, entryOf(carrier, day, "shared bucket")];
}

const OTHERS = ["a", "b", "c"].map((name) => leafOf(day + 1, name, 100_000n));
const treeWith = (...leaves: TreeLeaf[]): ActivityTree =>
  activityTree(sorted([...leaves, ...OTHERS.map((leaf) => ({ ...leaf }))]));

/** Other activities differ between platforms, so that only the ride is shared. */
function platformTree(platform: string, ...leaves: TreeLeaf[]): ActivityTree {
  const own = [1, 2, 3].map((k) => leafOf(day + 1, `${platform} ${k}`, 100_000n));
  return activityTree(sorted([...leaves, ...own]));
}

const indexOf = (tree: ActivityTree, leaf: TreeLeaf): number =>
  tree.leaves.findIndex((other) => other.fingerprint === leaf.fingerprint);

/** A leaf that carries grams and that two platforms have alike. */
const SHARED = leafOf(day, "same bucket", RIDE_MILLIGRAMS);
const sharedBy = (platform: string): TreeLeaf => ({
  ...leafOf(day, platform, RIDE_MILLIGRAMS),
  fingerprint: SHARED.fingerprint,
});

async function pair(r: ChallengeRegistry): Promise<[Requested, Requested, number, number]> {
  const [a, b] = [platformTree("a", sharedBy("a")), platformTree("b", sharedBy("b"))];
  const [first, second] = [await request(r, a), await request(r, b, OTHER_SOURCE)];
  return [first, second, indexOf(a, SHARED), indexOf(b, SHARED)];
}

describe("DoubleCount: duplicates that are none", () => {
  it("a proposal that was not proposed, and a request that is not there", async () => {
    const r = await loadFixture(challengeRegistry);
    const [first, second, i, j] = await pair(r);
    const other = { ...second, proposal: { ...second.proposal, endDay: day + 9 } };
    await expect(r.asChallenger.challengeDuplicate(claim(first, i), claim(other, j)))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountProposalMismatch")
      .withArgs(second.requestId, await r.issuance.proposalHash(other.proposal));
    const unknown = { ...second, requestId: 9n };
    await expect(r.asChallenger.challengeDuplicate(claim(first, i), claim(unknown, j)))
      .to.be.revertedWithCustomError(r.issuance, "IssuanceRequestUnknown")
      .withArgs(9n);
  });

  it("the earlier proposal never pays", async () => {
    const r = await loadFixture(challengeRegistry);
    const [first, second, i, j] = await pair(r);
    await expect(r.asChallenger.challengeDuplicate(claim(second, j), claim(first, i)))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountPriority")
      .withArgs(second.requestId, first.requestId);
  });

  it("two activities with two fingerprints", async () => {
    const r = await loadFixture(challengeRegistry);
    const [first, second, i, j] = await pair(r);
    const [a, b] = [i === 0 ? 1 : 0, j];
    await expect(r.asChallenger.challengeDuplicate(claim(first, a), claim(second, b)))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountFingerprints")
      .withArgs(first.tree.leaves[a]?.fingerprint, SHARED.fingerprint);
  });

  it("a request that ended claims nothing and pays nothing", async () => {
    const r = await loadFixture(challengeRegistry);
    for (const ended of [0, 1]) {
      const [first, second, i, j] = await pair(r);
      const gone = ended === 0 ? first : second;
      await withdraw(r, gone);
      await expect(r.asChallenger.challengeDuplicate(claim(first, i), claim(second, j)))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountState")
        .withArgs(gone.requestId, STATE.withdrawn);
      await withdraw(r, ended === 0 ? second : first);
    }
  });

  it("a leaf that does not stand in the tree, with another amount or another path", async () => {
    const r = await loadFixture(challengeRegistry);
    const [first, second, i, j] = await pair(r);
    const right = claim(second, j);
    const { entry } = right;
    const wrong = [
      { ...entry, leaf: { ...entry.leaf, milligrams: 1n } },
      { ...entry, leaf: { ...entry.leaf, evidence: id("other") } },
      { ...entry, index: entry.index ^ 1n },
      { ...entry, siblings: entry.siblings.slice(1) },
      { ...entry, siblings: [...entry.siblings, { hash: id("more"), sum: 0n }] },
    ];
    for (const forged of wrong) {
      const later = { ...right, entry: forged };
      await expect(
        r.asChallenger.challengeDuplicate(claim(first, i), later),
      ).to.be.revertedWithCustomError(r.doubleCount, "DoubleCountProof");
    }
    const beyond = { ...right, entry: { ...entry, index: 4n } };
    await expect(r.asChallenger.challengeDuplicate(claim(first, i), beyond))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountIndex")
      .withArgs(second.requestId, 4n, 4n);
  });

  it("a leaf against itself, against its own companion, against its own entry", async () => {
    const r = await loadFixture(challengeRegistry);
    const carrier = leafOf(day, "carrier", RIDE_MILLIGRAMS);
    // An applicant's mistake: an activity's entry has its carrier's own fingerprint, twice.
    const entry = { ...carrier, milligrams: 0n };
    const tree = activityTree([carrier, entry, entry, leafOf(day + 1, "other", 1_000n)]);
    const requested = await request(r, tree);
    const cases = [
      [claim(requested, 0), claim(requested, 0)],
      [claim(requested, 0), claim(requested, 1, 0)],
      [claim(requested, 1, 0), claim(requested, 2, 0)],
      [claim(requested, 1, 0), claim(requested, 0)],
    ] as const;
    for (const [earlier, later] of cases) {
      await expect(r.asChallenger.challengeDuplicate(earlier, later))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountSameLeaf")
        .withArgs(requested.requestId, later.entry.index);
    }
  });

  it("in one tree the smaller index does not pay", async () => {
    const r = await loadFixture(challengeRegistry);
    const tree = activityTree(sorted([sharedBy("a"), sharedBy("b"), ...OTHERS]));
    const at = indexOf(tree, SHARED);
    const requested = await request(r, tree);
    await expect(r.asChallenger.challengeDuplicate(claim(requested, at + 1), claim(requested, at)))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountSameLeaf")
      .withArgs(requested.requestId, at);
  });

  it("an entry without milligrams needs the companion that has them, on both sides", async () => {
    const r = await loadFixture(challengeRegistry);
    const [a, b] = [ride("a"), ride("b")];
    const first = await request(r, platformTree("a", ...a));
    const second = await request(r, platformTree("b", ...b), OTHER_SOURCE);
    const [i, j] = [indexOf(first.tree, a[1]!), indexOf(second.tree, b[1]!)];
    const [carrierA, carrierB] = [indexOf(first.tree, a[0]!), indexOf(second.tree, b[0]!)];
    const stranger = first.tree.leaves.findIndex((leaf) => leaf.milligrams === 100_000n);
    for (const wrong of [i, stranger]) {
      await expect(
        r.asChallenger.challengeDuplicate(claim(first, i, wrong), claim(second, j, carrierB)),
      )
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountNotCompanion")
        .withArgs(first.requestId, i, wrong);
      await expect(
        r.asChallenger.challengeDuplicate(claim(first, i, carrierA), claim(second, j, wrong)),
      )
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountNotCompanion")
        .withArgs(second.requestId, j, wrong);
    }
    const forged = claim(second, j, carrierB);
    forged.carrier = { ...forged.carrier, leaf: { ...forged.carrier.leaf, milligrams: 1n } };
    await expect(r.asChallenger.challengeDuplicate(claim(first, i, carrierA), forged))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountProof")
      .withArgs(second.requestId, 0, carrierB);
    forged.carrier = { ...forged.carrier, index: 5n };
    await expect(r.asChallenger.challengeDuplicate(claim(first, i, carrierA), forged))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountIndex")
      .withArgs(second.requestId, 5n, 5n);
  });

  it("no leaf pays twice, and none that paid makes others pay", async () => {
    const r = await loadFixture(challengeRegistry);
    const [first, second, i, j] = await pair(r);
    const tree = platformTree("c", sharedBy("c"));
    const third = await request(r, tree, FAR_SOURCE);
    const k = indexOf(tree, SHARED);
    await r.asChallenger.challengeDuplicate(claim(first, i), claim(second, j));
    await expect(r.asChallenger.challengeDuplicate(claim(first, i), claim(second, j)))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountDeducted")
      .withArgs(second.requestId, j);
    await expect(r.asChallenger.challengeDuplicate(claim(second, j), claim(third, k)))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountDeducted")
      .withArgs(second.requestId, j);
  });
});

describe("DoubleCount: duplicates", () => {
  it("the later proposal pays, whoever proves it, without an account", async () => {
    const r = await loadFixture(challengeRegistry);
    const [first, second, i, j] = await pair(r);
    await expect(r.asChallenger.challengeDuplicate(claim(first, i), claim(second, j)))
      .to.emit(r.doubleCount, "LeafDeducted")
      .withArgs(
        second.requestId,
        j,
        FAULT.duplicate,
        RIDE_MILLIGRAMS,
        first.requestId,
        i,
        false,
        r.challenger.address,
      )
      .to.emit(r.issuance, "Deducted")
      .withArgs(second.requestId, RIDE_MILLIGRAMS, RIDE_MILLIGRAMS);
    expect(await deductedOf(r, first)).to.equal(0n);
    const deduction = await r.doubleCount.deductionOf(second.requestId, j);
    expect(deduction.toArray()).to.deep.equal([
      RIDE_MILLIGRAMS,
      first.requestId,
      BigInt(i),
      BigInt(FAULT.duplicate),
      false,
    ]);
    const tokenId = await issueRequest(r, second);
    expect(await r.token.balanceOf(r.ownerB.address, tokenId)).to.equal(300n);
  });

  it("a match on any entry deducts what its companion carries", async () => {
    const r = await loadFixture(challengeRegistry);
    const [a, b] = [ride("a"), ride("b", 150_000n)];
    const first = await request(r, platformTree("a", ...a));
    const second = await request(r, platformTree("b", ...b), OTHER_SOURCE);
    const earlier = claim(first, indexOf(first.tree, a[1]!), indexOf(first.tree, a[0]!));
    const carrier = indexOf(second.tree, b[0]!);
    const later = claim(second, indexOf(second.tree, b[1]!), carrier);
    await r.asChallenger.challengeDuplicate(earlier, later);
    expect(await deductedOf(r, second)).to.equal(150_000n);
    const { milligrams } = await r.doubleCount.deductionOf(second.requestId, carrier);
    expect(milligrams).to.equal(150_000n);
    await expect(r.asChallenger.challengeDuplicate(earlier, later))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountDeducted")
      .withArgs(second.requestId, carrier);
  });

  it("in one tree the greater index pays", async () => {
    const r = await loadFixture(challengeRegistry);
    const tree = activityTree(sorted([sharedBy("a"), sharedBy("b"), ...OTHERS]));
    const at = indexOf(tree, SHARED);
    const requested = await request(r, tree);
    await r.asChallenger.challengeDuplicate(claim(requested, at), claim(requested, at + 1));
    expect(await deductedOf(r, requested)).to.equal(RIDE_MILLIGRAMS);
  });

  it("three platforms of two programmes submit one ride: one amount survives, in any order", async () => {
    const r = await loadFixture(challengeRegistry);
    const trees = ["a", "b", "c"].map((platform) => platformTree(platform, sharedBy(platform)));
    const sources = [undefined, OTHER_SOURCE, FAR_SOURCE];
    const orders = [
      [
        [0, 1],
        [0, 2],
      ],
      [
        [1, 2],
        [0, 1],
      ],
      [
        [0, 2],
        [0, 1],
      ],
    ] as const;
    for (const order of orders) {
      const snapshot = await networkHelpers.takeSnapshot();
      const requests: Requested[] = [];
      for (const [k, tree] of trees.entries()) requests.push(await request(r, tree, sources[k]));
      for (const [earlier, later] of order) {
        const [one, other] = [requests[earlier]!, requests[later]!];
        await r.asChallenger.challengeDuplicate(
          claim(one, indexOf(one.tree, SHARED)),
          claim(other, indexOf(other.tree, SHARED)),
        );
      }
      let left = 0n;
      for (const requested of requests) left += RIDE_MILLIGRAMS - (await deductedOf(r, requested));
      expect(left).to.equal(RIDE_MILLIGRAMS);
      expect(await deductedOf(r, requests[0]!)).to.equal(0n);
      await snapshot.restore();
    }
  });

  it("after issue the duplicate is a debt", async () => {
    const r = await loadFixture(challengeRegistry);
    const [a, b] = [platformTree("a", sharedBy("a")), platformTree("b", sharedBy("b"))];
    const first = await issued(r, a);
    const second = await issued(r, b, OTHER_SOURCE);
    await r.asChallenger.challengeDuplicate(
      claim(first, indexOf(a, SHARED)),
      claim(second, indexOf(b, SHARED)),
    );
    expect((await debtOf(r, second)).outstanding).to.equal(200n);
    expect(await r.freezes.frozenOf(r.ownerB.address, second.tokenId)).to.equal(200n);
    expect((await debtOf(r, first)).outstanding).to.equal(0n);
  });

  it("works while both programmes are paused", async () => {
    const r = await loadFixture(challengeRegistry);
    const [first, second, i, j] = await pair(r);
    await r.programmes.connect(r.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    await r.asChallenger.challengeDuplicate(claim(first, i), claim(second, j));
    expect(await deductedOf(r, second)).to.equal(RIDE_MILLIGRAMS);
  });

  it("so many deducted leaves fell a request as the rule says, and free its days", async () => {
    const r = await loadFixture(challengeRegistry);
    await setParameters(r, { "duplicates.fell": 2n });
    const shared = [0, 1, 2].map((k) => leafOf(day + 1, `shared ${k}`, 10_000n));
    const [a, b] = [treeWith(...shared), platformTree("b", ...shared)];
    const first = await request(r, a);
    const second = await request(r, b, OTHER_SOURCE);
    const prove = (k: number) =>
      r.asChallenger.challengeDuplicate(
        claim(first, indexOf(a, shared[k]!)),
        claim(second, indexOf(b, shared[k]!)),
      );
    await prove(0);
    expect(await stateOf(r, second)).to.equal(STATE.proposed);
    await expect(prove(2)).to.emit(r.issuance, "Fell").withArgs(second.requestId);
    expect(await stateOf(r, second)).to.equal(FALLEN);
    await expect(prove(1))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountState")
      .withArgs(second.requestId, FALLEN);
    const again = await request(r, platformTree("b"), OTHER_SOURCE);
    expect(await stateOf(r, again)).to.equal(STATE.proposed);
  });
});

describe("DoubleCount: restoring a duplicate", () => {
  it("is refused while the earlier claim stands, and for what is no duplicate", async () => {
    const r = await loadFixture(challengeRegistry);
    const [first, second, i, j] = await pair(r);
    const refused = (index: number) =>
      expect(r.asChallenger.restore(second.requestId, index))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountNotRestorable")
        .withArgs(second.requestId, index);
    await refused(j);
    await r.asChallenger.challengeDuplicate(claim(first, i), claim(second, j));
    await refused(j);
    await issueRequest(r, first);
    await refused(j);
  });

  it("is refused once the later request was issued with the deduction or ended", async () => {
    const r = await loadFixture(challengeRegistry);
    for (const end of [issueRequest, withdraw]) {
      const snapshot = await networkHelpers.takeSnapshot();
      const [first, second, i, j] = await pair(r);
      await r.asChallenger.challengeDuplicate(claim(first, i), claim(second, j));
      await end(r, second);
      await withdraw(r, first);
      await expect(r.asChallenger.restore(second.requestId, j))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountNotRestorable")
        .withArgs(second.requestId, j);
      await snapshot.restore();
    }
  });

  it("gives the milligrams back when the earlier request ends; the leaf may be challenged again", async () => {
    const r = await loadFixture(challengeRegistry);
    const [first, second, i, j] = await pair(r);
    const third = await request(r, platformTree("c", sharedBy("c")), FAR_SOURCE);
    const k = indexOf(third.tree, SHARED);
    await r.asChallenger.challengeDuplicate(claim(first, i), claim(second, j));
    await r.asChallenger.challengeDuplicate(claim(first, i), claim(third, k));
    await withdraw(r, first);
    for (const [requested, index] of [
      [second, j],
      [third, k],
    ] as const) {
      await expect(r.asChallenger.restore(requested.requestId, index))
        .to.emit(r.doubleCount, "LeafRestored")
        .withArgs(requested.requestId, index, RIDE_MILLIGRAMS)
        .to.emit(r.issuance, "Restored")
        .withArgs(requested.requestId, RIDE_MILLIGRAMS, 0n);
      await expect(
        r.asChallenger.restore(requested.requestId, index),
      ).to.be.revertedWithCustomError(r.doubleCount, "DoubleCountNotRestorable");
    }
    await r.asChallenger.challengeDuplicate(claim(second, j), claim(third, k));
    expect(await deductedOf(r, second)).to.equal(0n);
    expect(await deductedOf(r, third)).to.equal(RIDE_MILLIGRAMS);
  });

  it("gives back when the earlier leaf was deducted in turn", async () => {
    const r = await loadFixture(challengeRegistry);
    const [first, second, i, j] = await pair(r);
    const third = await request(r, platformTree("c", sharedBy("c")), FAR_SOURCE);
    const k = indexOf(third.tree, SHARED);
    await r.asChallenger.challengeDuplicate(claim(second, j), claim(third, k));
    await r.asChallenger.challengeDuplicate(claim(first, i), claim(second, j));
    await r.asChallenger.restore(third.requestId, k);
    await r.asChallenger.challengeDuplicate(claim(first, i), claim(third, k));
    expect(await deductedOf(r, second)).to.equal(RIDE_MILLIGRAMS);
    expect(await deductedOf(r, third)).to.equal(RIDE_MILLIGRAMS);
  });

  it("counts no more towards what fells a request", async () => {
    const r = await loadFixture(challengeRegistry);
    await setParameters(r, { "duplicates.fell": 2n });
    const shared = [0, 1].map((k) => leafOf(day + 1, `shared ${k}`, 10_000n));
    const a = await request(r, platformTree("a", shared[0]!));
    const c = await request(r, platformTree("c", shared[1]!), FAR_SOURCE);
    const b = await request(r, platformTree("b", ...shared), OTHER_SOURCE);
    const at = (requested: Requested, k: number) => indexOf(requested.tree, shared[k]!);
    await r.asChallenger.challengeDuplicate(claim(a, at(a, 0)), claim(b, at(b, 0)));
    await withdraw(r, a);
    await r.asChallenger.restore(b.requestId, at(b, 0));
    await r.asChallenger.challengeDuplicate(claim(c, at(c, 1)), claim(b, at(b, 1)));
    expect(await stateOf(r, b)).to.equal(STATE.proposed);
    expect(await deductedOf(r, b)).to.equal(10_000n);
  });

  it("after issue shrinks the debt while it is open, down to nothing", async () => {
    const r = await loadFixture(challengeRegistry);
    const [a, b] = [platformTree("a", sharedBy("a")), platformTree("b", sharedBy("b"))];
    const first = await request(r, a);
    const second = await issued(r, b, OTHER_SOURCE);
    const j = indexOf(b, SHARED);
    await r.asChallenger.challengeDuplicate(claim(first, indexOf(a, SHARED)), claim(second, j));
    expect(await r.doubleCount.isDisputed(second.tokenId)).to.equal(true);
    await withdraw(r, first);
    await expect(r.asChallenger.restore(second.requestId, j))
      .to.emit(r.doubleCount, "DebtClosed")
      .withArgs(second.requestId);
    expect(await r.doubleCount.isDisputed(second.tokenId)).to.equal(false);
    expect(await r.freezes.frozenOf(r.ownerB.address, second.tokenId)).to.equal(0n);
  });

  it("after issue is refused once the debt is paid", async () => {
    const r = await loadFixture(challengeRegistry);
    const [a, b] = [platformTree("a", sharedBy("a")), platformTree("b", sharedBy("b"))];
    const first = await request(r, a);
    const second = await issued(r, b, OTHER_SOURCE);
    const j = indexOf(b, SHARED);
    await r.asChallenger.challengeDuplicate(claim(first, indexOf(a, SHARED)), claim(second, j));
    await r.doubleCount.connect(r.ownerB).repay(second.requestId, second.tokenId, 200n);
    await withdraw(r, first);
    await expect(r.asChallenger.restore(second.requestId, j))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountNotRestorable")
      .withArgs(second.requestId, j);
  });
});
