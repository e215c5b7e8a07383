import { expect } from "chai";
import { activityTree, leafOf, sorted, type TreeLeaf } from "../../support/activityTree.ts";
import {
  create,
  DOCUMENT,
  ethers,
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
  DEMAND,
  DEMAND_SECONDS,
  DEPOSIT_WEI,
  debtOf,
  FALLEN,
  FAR_SOURCE,
  FAULT,
  issued,
  issueRequest,
  later,
  OTHER_SOURCE,
  type Requested,
  request,
  stateOf,
  withdraw,
} from "./support.ts";

const { loadFixture } = networkHelpers;

const COUNT = 70;
const LEAVES = sorted(
  Array.from({ length: COUNT }, (_, k) => leafOf(FIRST_DAY + (k % 3), `leaf ${k}`, 30_000n)),
);
const HONEST = activityTree(LEAVES);
const DEPTH = 7;
const MOST_LEVEL = 6;

const demand = (
  r: ChallengeRegistry,
  requested: Requested,
  level: number,
  index: number,
  value = DEPOSIT_WEI,
) => r.asChallenger.demand(requested.requestId, requested.proposal, level, index, { value });

const below = (level: number, index: number): TreeLeaf[] =>
  LEAVES.slice(index * 2 ** level, (index + 1) * 2 ** level);

const answer = (
  r: ChallengeRegistry,
  demandId: bigint | number,
  requested: Requested,
  level: number,
  index: number,
  leaves = below(level, index),
) =>
  r.doubleCount
    .connect(r.applicant)
    .answer(demandId, requested.proposal, leaves, requested.tree.place(level, index).siblings);

const stateOfDemand = async (r: ChallengeRegistry, demandId: number) =>
  Number((await r.doubleCount.demandOf(demandId)).state);

/** The contract's money is exactly the deposits of open demands and the credits. */
async function expectSolvent(r: ChallengeRegistry, accounts: string[]): Promise<void> {
  let owed = 0n;
  const count = await r.doubleCount.demandCount();
  for (let demandId = 1n; demandId <= count; demandId++) {
    const { state, depositWei } = await r.doubleCount.demandOf(demandId);
    if (Number(state) === DEMAND.open) owed += depositWei;
  }
  for (const account of accounts) owed += await r.doubleCount.creditOf(account);
  expect(await ethers.provider.getBalance(r.doubleCount)).to.equal(owed);
}

describe("DoubleCount: demanding leaves", () => {
  it("is refused for places that are none, and above 64 leaves", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await request(r, HONEST);
    const small = await request(r, activityTree(LEAVES.slice(0, 5)), FAR_SOURCE);
    const cases = [
      [requested, MOST_LEVEL + 1, 0],
      [requested, 0, 128],
      [requested, MOST_LEVEL, 2],
      [small, 4, 0],
      [small, 3, 1],
    ] as const;
    for (const [of, level, index] of cases) {
      await expect(demand(r, of, level, index))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountPlace")
        .withArgs(of.requestId, level, index);
    }
  });

  it("costs the deposit of the rule, not more and not less", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await request(r, HONEST);
    for (const value of [0n, DEPOSIT_WEI - 1n, DEPOSIT_WEI + 1n]) {
      await expect(demand(r, requested, 0, 0, value))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountDeposit")
        .withArgs(value, DEPOSIT_WEI);
    }
    await expect(
      r.challenger.sendTransaction({ to: await r.doubleCount.getAddress(), value: 1n }),
    ).to.be.revertedWithoutReason(ethers);
  });

  it("is refused for a request that ended, and with another proposal", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await request(r, HONEST);
    const other = { ...requested, proposal: { ...requested.proposal, count: 71n } };
    await expect(demand(r, other, 0, 0)).to.be.revertedWithCustomError(
      r.doubleCount,
      "DoubleCountProposalMismatch",
    );
    await withdraw(r, requested);
    await expect(demand(r, requested, 0, 0))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountState")
      .withArgs(requested.requestId, STATE.withdrawn);
  });

  it("is refused where a demand is open or was answered, there or above", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await request(r, HONEST);
    await demand(r, requested, 3, 2);
    const covered = [
      [3, 2],
      [2, 4],
      [1, 11],
      [0, 16],
      [0, 23],
    ] as const;
    for (const answered of [false, true]) {
      if (answered) await answer(r, 1, requested, 3, 2);
      for (const [level, index] of covered) {
        await expect(demand(r, requested, level, index))
          .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountDemanded")
          .withArgs(requested.requestId, 1n);
      }
    }
    await demand(r, requested, 0, 24);
    await demand(r, requested, 4, 1);
    expect(await r.doubleCount.demandCount()).to.equal(3n);
  });

  it("holds the issue up until it is answered, and says so", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await request(r, HONEST);
    const { requestId, proposal } = requested;
    await r.issuance.connect(r.operator).file(requestId, proposal, DOCUMENT, 0);
    const now = BigInt(await networkHelpers.time.latest());
    await networkHelpers.time.setNextBlockTimestamp(now + 10n);
    await expect(demand(r, requested, 6, 1))
      .to.emit(r.doubleCount, "DemandOpened")
      .withArgs(1n, requestId, r.challenger.address, 6, 1, DEPOSIT_WEI, now + 10n + DEMAND_SECONDS);
    await demand(r, requested, 0, 3);
    const issue = () => r.issuance.connect(r.authority).issue(requestId, proposal, DOCUMENT);
    for (const [demandId, level, index, holds] of [
      [1, 6, 1, 2],
      [2, 0, 3, 1],
    ] as const) {
      await expect(issue())
        .to.be.revertedWithCustomError(r.issuance, "IssuanceHeld")
        .withArgs(requestId, holds);
      await answer(r, demandId, requested, level, index);
    }
    await issue();
    expect(await stateOf(r, requested)).to.equal(STATE.issued);
  });

  it("needs no deposit where the rule asks for none", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await request(r, HONEST, FAR_SOURCE);
    await expect(demand(r, requested, 2, 0)).to.be.revertedWithCustomError(
      r.doubleCount,
      "DoubleCountDeposit",
    );
    await demand(r, requested, 2, 0, 0n);
    await answer(r, 1, requested, 2, 0);
    expect(await r.doubleCount.creditOf(r.applicant.address)).to.equal(0n);
  });

  it("gives a week where no deadline is set or 0 is, and never more than a year", async () => {
    const r = await loadFixture(challengeRegistry);
    const [week, year] = [7n * 86_400n, 365n * 86_400n];
    const far = await request(r, HONEST, FAR_SOURCE);
    await demand(r, far, 0, 0, 0n);
    const near = await request(r, HONEST, OTHER_SOURCE);
    const times: bigint[] = [BigInt(await networkHelpers.time.latest()) - 1n];
    for (const [k, seconds] of [0n, 2n ** 128n - 1n].entries()) {
      await setParameters(r, { "demand.seconds": seconds });
      await demand(r, near, 0, k);
      times.push(BigInt(await networkHelpers.time.latest()));
    }
    const [first, second, third] = [1, 2, 3].map((demandId) => r.doubleCount.demandOf(demandId));
    expect((await first).deadline).to.equal(times[0]! + week);
    expect((await second).deadline).to.equal(times[1]! + week);
    expect((await third).deadline).to.equal(times[2]! + year);
  });
});

describe("DoubleCount: answering", () => {
  it("is refused with fewer, more or other leaves, or another path", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await request(r, HONEST);
    await demand(r, requested, 3, 8);
    const leaves = below(3, 8);
    expect(leaves.length).to.equal(6);
    for (const wrong of [leaves.slice(1), [...leaves, leaves[0]!], []]) {
      await expect(answer(r, 1, requested, 3, 8, wrong))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountIndex")
        .withArgs(requested.requestId, wrong.length, 6n);
    }
    const first = leaves[0]!;
    for (const wrong of [
      [{ ...first, milligrams: 1n }, ...leaves.slice(1)],
      [{ ...first, evidence: id("other") }, ...leaves.slice(1)],
      [...leaves].reverse(),
    ]) {
      await expect(answer(r, 1, requested, 3, 8, wrong))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountProof")
        .withArgs(requested.requestId, 3, 8n);
    }
    const { siblings } = HONEST.place(3, 9);
    await expect(
      r.asChallenger.answer(1, requested.proposal, leaves, siblings),
    ).to.be.revertedWithCustomError(r.doubleCount, "DoubleCountProof");
    await expect(
      r.asChallenger.answer(1, requested.proposal, leaves, siblings.slice(1)),
    ).to.be.revertedWithCustomError(r.doubleCount, "DoubleCountProof");
  });

  it("is refused for a demand that is not open, after the deadline, for an ended request", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await request(r, HONEST);
    await expect(answer(r, 1, requested, 0, 0))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountDemandState")
      .withArgs(1n, 0);
    for (const index of [0, 1, 2]) await demand(r, requested, 0, index);
    await answer(r, 1, requested, 0, 0);
    await expect(answer(r, 1, requested, 0, 0))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountDemandState")
      .withArgs(1n, DEMAND.answered);
    const { deadline } = await r.doubleCount.demandOf(2);
    await networkHelpers.time.setNextBlockTimestamp(deadline);
    await expect(answer(r, 2, requested, 0, 1))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountDeadline")
      .withArgs(2n, deadline, deadline);
    await withdraw(r, requested);
    await expect(answer(r, 3, requested, 0, 2))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountState")
      .withArgs(requested.requestId, STATE.withdrawn);
  });

  it("shows any subtree, also one at and behind the count", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await request(r, HONEST);
    const cases = [
      [0, 0],
      [6, 0],
      [0, COUNT - 1],
      [1, 35],
      [3, 8],
      [0, 127],
      [5, 3],
      [6, 1],
    ] as const;
    for (const [k, [level, index]] of cases.entries()) {
      await demand(r, requested, level, index);
      await expect(answer(r, k + 1, requested, level, index))
        .to.emit(r.doubleCount, "DemandAnswered")
        .withArgs(k + 1, r.applicant.address);
      expect(await stateOfDemand(r, k + 1)).to.equal(DEMAND.answered);
    }
  });

  it("is possible while the programme is paused, and a pause extends the deadline", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await request(r, HONEST);
    await demand(r, requested, 0, 0);
    await demand(r, requested, 0, 1);
    await r.programmes.connect(r.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    await later(2n * DEMAND_SECONDS);
    await expect(
      r.asChallenger.fellUnanswered(1, requested.proposal),
    ).to.be.revertedWithCustomError(r.doubleCount, "DoubleCountDeadline");
    await answer(r, 1, requested, 0, 0);
    await r.programmes.connect(r.authority).resumeProgramme(PROGRAMME, DOCUMENT);
    await answer(r, 2, requested, 0, 1);
  });
});

describe("DoubleCount: demands without an answer", () => {
  it("fell nothing before the deadline, and not twice", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await request(r, HONEST);
    await demand(r, requested, 0, 0);
    const { deadline } = await r.doubleCount.demandOf(1);
    await networkHelpers.time.setNextBlockTimestamp(deadline - 1n);
    await expect(r.asChallenger.fellUnanswered(1, requested.proposal))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountDeadline")
      .withArgs(1n, deadline, deadline - 1n);
    await networkHelpers.time.increaseTo(deadline);
    await r.asChallenger.fellUnanswered(1, requested.proposal);
    await expect(r.asChallenger.fellUnanswered(1, requested.proposal))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountDemandState")
      .withArgs(1n, DEMAND.unanswered);
  });

  it("fell a withheld request before issue; the demander has the deposit back", async () => {
    const r = await loadFixture(challengeRegistry);
    const hidden = activityTree(LEAVES, [{ level: 0, index: 9, hash: id("nobody knows") }]);
    const requested = await request(r, hidden);
    await demand(r, requested, 0, 9);
    await expect(answer(r, 1, requested, 0, 9)).to.be.revertedWithCustomError(
      r.doubleCount,
      "DoubleCountProof",
    );
    await later(DEMAND_SECONDS);
    await expect(r.doubleCount.connect(r.outsider).fellUnanswered(1, requested.proposal))
      .to.emit(r.doubleCount, "TreeRefuted")
      .withArgs(requested.requestId, FAULT.unanswered, 0, 9, false, r.outsider.address)
      .to.emit(r.doubleCount, "DemandUnanswered")
      .withArgs(1n);
    expect(await stateOf(r, requested)).to.equal(FALLEN);
    expect(await r.doubleCount.creditOf(r.challenger.address)).to.equal(DEPOSIT_WEI);
  });

  it("owe everything after issue", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await issued(r, HONEST);
    await demand(r, requested, 6, 0);
    await later(DEMAND_SECONDS);
    await r.asChallenger.fellUnanswered(1, requested.proposal);
    const debt = await debtOf(r, requested);
    expect([debt.whole, debt.outstanding]).to.deep.equal([true, 2_100n]);
    expect(await r.token.balanceOf(r.owner.address, requested.tokenId)).to.equal(2_100n);
    expect(await r.freezes.frozenOf(r.owner.address, requested.tokenId)).to.equal(2_100n);
  });

  it("a forged sum anywhere above a place cannot be shown", async () => {
    const r = await loadFixture(challengeRegistry);
    for (let level = 0; level <= DEPTH; level++) {
      const tree = activityTree(LEAVES, [{ level, index: 0, sum: 5n }]);
      const requested = await request(r, tree);
      const at = Number((await r.doubleCount.demandCount()) as bigint) + 1;
      await demand(r, requested, 2, 0);
      await expect(answer(r, at, requested, 2, 0)).to.be.revertedWithCustomError(
        r.doubleCount,
        "DoubleCountProof",
      );
      await withdraw(r, requested);
    }
  });
});

describe("DoubleCount: deposits", () => {
  it("are not reclaimed while somebody can still answer", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await request(r, HONEST);
    await expect(r.asChallenger.reclaim(1))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountDemandState")
      .withArgs(1n, 0);
    await demand(r, requested, 0, 0);
    await expect(r.asChallenger.reclaim(1))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountRequestLive")
      .withArgs(requested.requestId, STATE.proposed);
  });

  it("come back when the request ends otherwise or is owed whole, once", async () => {
    const r = await loadFixture(challengeRegistry);
    const ended = await request(r, HONEST, OTHER_SOURCE);
    const owed = await issued(r, HONEST);
    await demand(r, ended, 0, 0);
    for (const index of [0, 1]) await demand(r, owed, 0, index);
    await withdraw(r, ended);
    await later(DEMAND_SECONDS);
    await r.asChallenger.fellUnanswered(3, owed.proposal);
    await expect(r.asChallenger.fellUnanswered(2, owed.proposal))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountWholeOwed")
      .withArgs(owed.requestId);
    for (const demandId of [1, 2]) {
      await expect(r.doubleCount.connect(r.outsider).reclaim(demandId))
        .to.emit(r.doubleCount, "DemandReclaimed")
        .withArgs(demandId)
        .to.emit(r.doubleCount, "DepositCredited")
        .withArgs(r.challenger.address, DEPOSIT_WEI);
      await expect(r.asChallenger.reclaim(demandId))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountDemandState")
        .withArgs(demandId, DEMAND.reclaimed);
    }
    await expectSolvent(r, [r.challenger.address]);
    expect(await r.doubleCount.creditOf(r.challenger.address)).to.equal(3n * DEPOSIT_WEI);
  });

  it("go to the answerer and are paid out only when asked, once", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await request(r, HONEST);
    await expect(r.asChallenger.withdrawDeposits(r.challenger.address))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountNothingCredited")
      .withArgs(r.challenger.address);
    for (const index of [0, 1, 2]) await demand(r, requested, 0, index);
    await answer(r, 1, requested, 0, 0);
    await answer(r, 2, requested, 0, 1);
    await expectSolvent(r, [r.applicant.address, r.challenger.address]);
    const credited = r.doubleCount.connect(r.applicant);
    await expect(credited.withdrawDeposits(r.outsider.address)).to.changeEtherBalances(
      ethers,
      [r.doubleCount, r.outsider],
      [-2n * DEPOSIT_WEI, 2n * DEPOSIT_WEI],
    );
    await expect(credited.withdrawDeposits(r.outsider.address)).to.be.revertedWithCustomError(
      r.doubleCount,
      "DoubleCountNothingCredited",
    );
    await expectSolvent(r, [r.applicant.address, r.challenger.address]);
  });

  it("a receiver that refuses or calls back stands in nobody's way and gets nothing twice", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await request(r, HONEST);
    const hostile = await create<"demand" | "withdraw" | "setMode" | "attempts">(
      "HostileDemander",
      [await r.doubleCount.getAddress()],
    );
    const address = await hostile.getAddress();
    await demand(r, requested, 0, 1);
    for (const index of [2, 3]) {
      await hostile.demand(requested.requestId, requested.proposal, 0, index, {
        value: DEPOSIT_WEI,
      });
    }
    // It refuses money, and the demand is felled and credited all the same.
    await hostile.setMode(1);
    await later(DEMAND_SECONDS);
    await r.asChallenger.fellUnanswered(2, requested.proposal);
    expect(await stateOf(r, requested)).to.equal(FALLEN);
    await r.asChallenger.reclaim(1);
    await r.asChallenger.reclaim(3);
    await expect(hostile.withdraw(address))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountPayment")
      .withArgs(address, 2n * DEPOSIT_WEI);
    await expectSolvent(r, [address, r.challenger.address]);
    // It asks again while it is paid.
    await hostile.setMode(2);
    await hostile.withdraw(address);
    expect(await hostile.attempts()).to.equal(1n);
    expect(await ethers.provider.getBalance(address)).to.equal(2n * DEPOSIT_WEI);
    await expectSolvent(r, [r.challenger.address]);
  });

  it("a demand before issue on a request that is issued meanwhile cannot be", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await request(r, HONEST);
    await demand(r, requested, 0, 0);
    await expect(issueRequest(r, requested)).to.be.revertedWithCustomError(
      r.issuance,
      "IssuanceHeld",
    );
  });
});
