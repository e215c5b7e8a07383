import { expect } from "chai";
import { activityTree, leafOf, sorted, type TreeLeaf } from "../../support/activityTree.ts";
import {
  asContract,
  DOCUMENT,
  ethers,
  FIRST_DAY,
  id,
  institution,
  join,
  METHODOLOGY,
  networkHelpers,
  PROGRAMME,
  ROLE,
  setParameters,
  sourceIdOf,
} from "../support.ts";
import {
  type ChallengeRegistry,
  challengeRegistry,
  claim,
  debtOf,
  FAR_SOURCE,
  issued,
  issueRequest,
  later,
  OTHER_SOURCE,
  REMEDY_SECONDS,
  type Requested,
  request,
  withdraw,
} from "./support.ts";

const { loadFixture } = networkHelpers;

const day = FIRST_DAY;
const YEAR = 365n * 86_400n;

/** Leaves of days outside the period are the shortest proof that a leaf is owed. */
const outside = (name: string, milligrams: bigint): TreeLeaf => leafOf(day - 1, name, milligrams);
const TREE = activityTree(
  sorted([
    leafOf(day, "right", 1_000_000n),
    outside("x", 200_500n),
    outside("y", 100_600n),
    outside("z", 300_000n),
  ]),
);
const GRAMS = 1_601n;
const OTHER_TREE = activityTree([leafOf(day, "other", 5_000_000n)]);

const indexOf = (name: string): number =>
  TREE.leaves.findIndex((leaf) => leaf.beneficiary === id(`beneficiary ${name}`));

const prove = (r: ChallengeRegistry, requested: Requested, name: string) =>
  r.asChallenger.challengePeriod(
    requested.requestId,
    requested.proposal,
    TREE.opening(indexOf(name)),
  );

/** The owner holds 1,601 g of an id and owes 201 g of it. */
async function indebted() {
  const r = await challengeRegistry();
  const debtor = await issued(r, TREE);
  await prove(r, debtor, "x");
  return { ...r, debtor, debtId: debtor.requestId, tokenId: debtor.tokenId };
}

type Indebted = Awaited<ReturnType<typeof indebted>>;

const frozen = (r: Indebted, account: { address: string }): Promise<bigint> =>
  r.freezes.frozenOf(account.address, r.tokenId) as Promise<bigint>;
const held = (r: Indebted, account: { address: string }): Promise<bigint> =>
  r.token.balanceOf(account.address, r.tokenId) as Promise<bigint>;
const move = (
  r: ChallengeRegistry,
  tokenId: bigint,
  from: Indebted["owner"],
  to: string,
  grams: bigint,
) => r.token.connect(from).safeTransferFrom(from.address, to, tokenId, grams, "0x");

/** The owner's units of another id of the same programme. */
async function otherUnits(r: ChallengeRegistry, firstDay = day + 10): Promise<bigint> {
  const leaf = leafOf(firstDay, "later", 900_000n);
  return (await issued(r, activityTree([leaf]), undefined, firstDay)).tokenId;
}

describe("DoubleCount: owing", () => {
  it("rounds the sum of the leaves up to grams and freezes as much, once for all leaves", async () => {
    const r = await loadFixture(indebted);
    const first = await debtOf(r, r.debtor);
    expect([first.owed, first.outstanding, first.milligrams]).to.deep.equal([201n, 201n, 200_500n]);
    expect([first.owner, first.applicant]).to.deep.equal([r.owner.address, r.applicant.address]);
    expect(await frozen(r, r.owner)).to.equal(201n);
    await expect(prove(r, r.debtor, "y"))
      .to.emit(r.doubleCount, "DebtChanged")
      .withArgs(r.debtId, r.tokenId, 302n, 302n, 301_100n, false, first.deadline);
    expect(await frozen(r, r.owner)).to.equal(302n);
    expect(await r.doubleCount.openDebtsOf(PROGRAMME, institution("owner"))).to.equal(1n);
    await expect(prove(r, r.debtor, "x")).to.be.revertedWithCustomError(
      r.doubleCount,
      "DoubleCountDeducted",
    );
  });

  it("never more than was issued", async () => {
    const r = await loadFixture(challengeRegistry);
    await setParameters(r, { "issue.granularityGrams": 1_000n, "issue.carry": 0n });
    const requested = await issued(r, TREE);
    for (const name of ["x", "y", "z"]) await prove(r, requested, name);
    expect((await debtOf(r, requested)).owed).to.equal(602n);
    const small = await issued(r, activityTree([outside("all", 1_400_000n)]), OTHER_SOURCE);
    const { requestId, proposal, tree } = small;
    await r.asChallenger.challengePeriod(requestId, proposal, tree.opening(0));
    expect((await debtOf(r, small)).owed).to.equal(1_000n);
  });

  it("a proof about an entry without milligrams owes nothing", async () => {
    const r = await loadFixture(challengeRegistry);
    const entry = leafOf(day - 2, "entry", 0n);
    const requested = await issued(r, activityTree([entry, leafOf(day, "right", 1_000_000n)]));
    const { requestId, proposal, tree } = requested;
    await r.asChallenger.challengePeriod(requestId, proposal, tree.opening(0));
    const debt = await debtOf(r, requested);
    expect([debt.open, debt.outstanding]).to.deep.equal([false, 0n]);
    expect(await r.issuance.isBlocked(PROGRAMME, institution("owner"))).to.equal(false);
  });

  it("frozen grams neither move nor retire, the others do", async () => {
    const r = await loadFixture(indebted);
    const to = r.enterprise.address;
    await expect(move(r, r.tokenId, r.owner, to, GRAMS - 200n)).to.be.revert(ethers);
    await expect(
      r.token.connect(r.owner).retire(r.tokenId, GRAMS - 200n, 3, DOCUMENT),
    ).to.be.revert(ethers);
    await move(r, r.tokenId, r.owner, to, GRAMS - 201n);
    await r.token.connect(r.enterprise).retire(r.tokenId, 100n, 3, DOCUMENT);
  });

  it("blocks issue for applicant and owner in that programme until it is closed", async () => {
    const r = await loadFixture(indebted);
    const names = ["applicant", "owner"];
    for (const name of names) {
      expect(await r.issuance.isBlocked(PROGRAMME, institution(name))).to.equal(true);
    }
    const next = await request(r, activityTree([leafOf(day + 9, "a", 5_000n)]), undefined, day + 9);
    await expect(issueRequest(r, next)).to.be.revertedWithCustomError(
      r.issuance,
      "IssuanceBlocked",
    );
    await issued(r, OTHER_TREE, OTHER_SOURCE);
    await expect(r.doubleCount.connect(r.owner).repay(r.debtId, r.tokenId, 201n))
      .to.emit(r.doubleCount, "DebtClosed")
      .withArgs(r.debtId);
    for (const name of names) {
      expect(await r.issuance.isBlocked(PROGRAMME, institution(name))).to.equal(false);
    }
    await r.issuance.connect(r.authority).issue(next.requestId, next.proposal, DOCUMENT);
  });

  it("two debts of one institution block until both are closed", async () => {
    const r = await loadFixture(challengeRegistry);
    const first = await issued(r, TREE);
    const later = activityTree([leafOf(day, "too early", 40_000n), leafOf(day + 9, "b", 90_000n)]);
    const second = await issued(r, later, undefined, day + 9);
    await prove(r, first, "x");
    await r.asChallenger.challengePeriod(second.requestId, second.proposal, later.opening(0));
    expect(await r.doubleCount.openDebtsOf(PROGRAMME, institution("owner"))).to.equal(2n);
    const asOwner = r.doubleCount.connect(r.owner);
    await asOwner.repay(first.requestId, first.tokenId, 201n);
    expect(await r.issuance.isBlocked(PROGRAMME, institution("owner"))).to.equal(true);
    await asOwner.repay(second.requestId, second.tokenId, 40n);
    expect(await r.issuance.isBlocked(PROGRAMME, institution("owner"))).to.equal(false);
    expect(await r.issuance.isBlocked(PROGRAMME, institution("applicant"))).to.equal(false);
  });

  it("an institution that is applicant and owner is counted once", async () => {
    const r = await loadFixture(challengeRegistry);
    const { requestId, proposal } = await selfOwned(r, r.applicantB.address);
    const opening = TREE.opening(indexOf("x"));
    await r.asChallenger.challengePeriod(requestId, proposal, opening);
    expect(await r.doubleCount.openDebtsOf(PROGRAMME, institution("applicantB"))).to.equal(1n);
    expect(await r.doubleCount.debtAccountsOf(requestId)).to.deep.equal([r.applicantB.address]);
  });

  it("units that the pool of persons owns are not frozen; the applicant owes", async () => {
    const r = await loadFixture(challengeRegistry);
    const pool = await r.poolReserve.getAddress();
    const { requestId, proposal, tokenId } = await selfOwned(r, pool);
    await r.asChallenger.challengePeriod(requestId, proposal, TREE.opening(indexOf("x")));
    expect(await r.doubleCount.debtAccountsOf(requestId)).to.deep.equal([r.applicantB.address]);
    expect(await r.freezes.frozenOf(pool, tokenId)).to.equal(0n);
    expect(await r.issuance.isBlocked(PROGRAMME, institution("applicantB"))).to.equal(true);
    await expect(r.asChallenger.freeze(requestId, pool))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountNotLiable")
      .withArgs(requestId, pool);
    await later(REMEDY_SECONDS);
    await r.asChallenger.enforce(requestId);
    expect(await r.token.balanceOf(pool, tokenId)).to.equal(GRAMS);
  });

  it("is disputed, while the debt is open", async () => {
    const r = await loadFixture(indebted);
    expect(await r.doubleCount.isDisputed(r.tokenId)).to.equal(true);
    await r.doubleCount.connect(r.owner).repay(r.debtId, r.tokenId, 201n);
    expect(await r.doubleCount.isDisputed(r.tokenId)).to.equal(false);
    await prove(r, r.debtor, "z");
    expect(await r.doubleCount.isDisputed(r.tokenId)).to.equal(true);
    expect((await debtOf(r, r.debtor)).outstanding).to.equal(300n);
  });

  it("is opened while the programme is paused", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await issued(r, TREE);
    await r.programmes.connect(r.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    await prove(r, requested, "x");
    expect((await debtOf(r, requested)).open).to.equal(true);
  });
});

/** A source whose applicant is the second platform and whose owner is whom we say; issued. */
async function selfOwned(r: ChallengeRegistry, owner: string) {
  const asset = id("own fleet");
  await r.sources
    .connect(r.operator)
    .registerSource(PROGRAMME, METHODOLOGY, asset, r.applicantB.address, owner, DOCUMENT);
  const proposal = {
    sourceId: sourceIdOf(PROGRAMME, METHODOLOGY, asset),
    firstDay: day,
    endDay: day + 3,
    ...TREE.head,
    hashSuite: 1,
    leafFileHash: id("leaf file"),
    reportHash: id("report"),
  };
  await r.issuance.connect(r.applicantB).propose(proposal);
  const requestId = (await r.issuance.requestCount()) as bigint;
  await r.issuance.connect(r.operator).file(requestId, proposal, DOCUMENT, 0);
  await r.issuance.connect(r.authority).issue(requestId, proposal, DOCUMENT);
  return { requestId, proposal, tokenId: (await r.issuance.tokenIdOf(proposal)) as bigint };
}

describe("DoubleCount: units that were moved away", () => {
  it("buyers keep theirs; debt and block stay with who sold", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await issued(r, TREE);
    await move(r, requested.tokenId, r.owner, r.enterprise.address, GRAMS);
    await prove(r, requested, "x");
    expect(await r.freezes.frozenOf(r.enterprise.address, requested.tokenId)).to.equal(0n);
    expect((await debtOf(r, requested)).outstanding).to.equal(201n);
    expect(await r.issuance.isBlocked(PROGRAMME, institution("owner"))).to.equal(true);
    await later(REMEDY_SECONDS);
    await r.asChallenger.enforce(requested.requestId);
    expect(await r.token.balanceOf(r.enterprise.address, requested.tokenId)).to.equal(GRAMS);
    expect((await debtOf(r, requested)).outstanding).to.equal(201n);
    expect(await r.issuance.isBlocked(PROGRAMME, institution("owner"))).to.equal(true);
  });

  it("accounts of another institution are not frozen, nor those that hold nothing", async () => {
    const r = await loadFixture(indebted);
    for (const account of [r.enterprise, r.authority, r.outsider]) {
      await expect(r.asChallenger.freeze(r.debtId, account.address))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountNotLiable")
        .withArgs(r.debtId, account.address);
    }
    await r.asChallenger.freeze(r.debtId, r.sister.address);
    expect(await r.doubleCount.debtAccountsOf(r.debtId)).to.deep.equal([
      r.owner.address,
      r.applicant.address,
    ]);
    await expect(r.asChallenger.freeze(9, r.owner.address))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountNoDebt")
      .withArgs(9n);
  });

  it("to another account of the institution are frozen there by anyone", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await issued(r, TREE);
    const { requestId, tokenId } = requested;
    await move(r, tokenId, r.owner, r.sister.address, 1_500n);
    await prove(r, requested, "x");
    expect(await r.freezes.frozenOf(r.owner.address, tokenId)).to.equal(101n);
    await expect(r.asChallenger.freeze(requestId, r.sister.address))
      .to.emit(r.doubleCount, "DebtAccountAdded")
      .withArgs(requestId, r.sister.address);
    expect(await r.freezes.frozenOf(r.sister.address, tokenId)).to.equal(100n);
    await later(REMEDY_SECONDS);
    await expect(r.asChallenger.enforce(requestId))
      .to.emit(r.doubleCount, "DebtVoided")
      .withArgs(requestId, r.sister.address, 100n);
    expect((await debtOf(r, requested)).open).to.equal(false);
    expect(await r.freezes.countOf(r.sister.address)).to.equal(0n);
  });

  it("that come back are frozen by anyone", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await issued(r, TREE);
    const { requestId, tokenId } = requested;
    await move(r, tokenId, r.owner, r.enterprise.address, GRAMS);
    await prove(r, requested, "x");
    expect(await r.freezes.frozenOf(r.owner.address, tokenId)).to.equal(0n);
    await move(r, tokenId, r.enterprise, r.owner.address, 150n);
    await r.asChallenger.freeze(requestId, r.owner.address);
    expect(await r.freezes.frozenOf(r.owner.address, tokenId)).to.equal(150n);
  });

  it("units of the applicant's stand for the debt after the owner's", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await issued(r, TREE);
    const { tokenId } = requested;
    await move(r, tokenId, r.owner, r.applicant.address, 1_500n);
    await prove(r, requested, "x");
    expect(await r.freezes.frozenOf(r.owner.address, tokenId)).to.equal(101n);
    expect(await r.freezes.frozenOf(r.applicant.address, tokenId)).to.equal(100n);
  });

  it("at most 32 accounts are frozen for one debt", async () => {
    const r = await loadFixture(challengeRegistry);
    const requested = await issued(r, TREE);
    const { requestId, tokenId } = requested;
    const accounts = Array.from({ length: 31 }, (_, k) =>
      ethers.zeroPadValue(ethers.toBeHex(k + 1_000), 20),
    );
    for (const account of accounts) {
      await join(r, account, "owner", 0);
      await move(r, tokenId, r.owner, account, 1n);
    }
    await prove(r, requested, "x");
    for (const account of accounts.slice(0, 30)) await r.asChallenger.freeze(requestId, account);
    await expect(r.asChallenger.freeze(requestId, accounts[30]))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountAccountsFull")
      .withArgs(requestId, 32n);
  });
});

describe("DoubleCount: the authority's remedy", () => {
  it("is its own only, of neither party's institution, in a running programme", async () => {
    const r = await loadFixture(indebted);
    const calls = (caller: Indebted["owner"]) => [
      r.doubleCount.connect(caller).voidFrozen(r.debtId, DOCUMENT),
      r.doubleCount.connect(caller).allowReplacement(r.debtId, 10, DOCUMENT),
    ];
    for (const caller of [r.owner, r.operator, r.farAuthority, r.challenger]) {
      for (const call of calls(caller)) {
        await expect(call)
          .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountNotAuthority")
          .withArgs(PROGRAMME, caller.address);
      }
    }
    const asAuthority = r.programmes.connect(r.authority);
    for (const [party, name] of [
      [r.applicant, "applicant"],
      [r.owner, "owner"],
    ] as const) {
      const colleague = (await ethers.getSigners())[name === "owner" ? 16 : 17]!;
      await join(r, colleague.address, name, ROLE.authority);
      for (const call of calls(colleague)) {
        await expect(call)
          .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountSameInstitution")
          .withArgs(institution(name), colleague.address, party.address);
      }
    }
    await asAuthority.pauseProgramme(PROGRAMME, DOCUMENT);
    for (const call of calls(r.authority)) {
      await expect(call).to.be.revertedWithCustomError(r.programmes, "ProgrammesPaused");
    }
  });

  it("is for open debts only", async () => {
    const r = await loadFixture(challengeRegistry);
    const asAuthority = r.doubleCount.connect(r.authority);
    const calls = [
      asAuthority.voidFrozen(1, DOCUMENT),
      asAuthority.allowReplacement(1, 10, DOCUMENT),
      asAuthority.enforce(1),
      r.doubleCount.connect(r.owner).repay(1, 1, 1),
    ];
    for (const call of calls) {
      await expect(call)
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountNoDebt")
        .withArgs(1n);
    }
  });

  it("voids what is frozen", async () => {
    const r = await loadFixture(indebted);
    await expect(r.doubleCount.connect(r.authority).voidFrozen(r.debtId, DOCUMENT))
      .to.emit(r.doubleCount, "DebtVoidDecided")
      .withArgs(r.debtId, r.authority.address, DOCUMENT)
      .to.emit(r.token, "Voided")
      .withArgs(r.tokenId, r.owner.address, 201n, ethers.toBeHex(r.debtId, 32));
    expect(await held(r, r.owner)).to.equal(GRAMS - 201n);
    expect(await frozen(r, r.owner)).to.equal(0n);
    const debt = await debtOf(r, r.debtor);
    expect([debt.open, debt.voidedGrams]).to.deep.equal([false, 201n]);
  });

  it("lets the parties replace once, before the deadline, for a year at most", async () => {
    const r = await loadFixture(indebted);
    const asAuthority = r.doubleCount.connect(r.authority);
    await expect(asAuthority.allowReplacement(r.debtId, YEAR + 1n, DOCUMENT))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountReplacementSeconds")
      .withArgs(YEAR + 1n, YEAR);
    const snapshot = await networkHelpers.takeSnapshot();
    await later(REMEDY_SECONDS);
    await expect(
      asAuthority.allowReplacement(r.debtId, YEAR, DOCUMENT),
    ).to.be.revertedWithCustomError(r.doubleCount, "DoubleCountDebtDeadline");
    await snapshot.restore();
    const now = BigInt(await networkHelpers.time.latest());
    await networkHelpers.time.setNextBlockTimestamp(now + 10n);
    await expect(asAuthority.allowReplacement(r.debtId, 2n * REMEDY_SECONDS, DOCUMENT))
      .to.emit(r.doubleCount, "DebtReplacementAllowed")
      .withArgs(r.debtId, now + 10n + 2n * REMEDY_SECONDS, DOCUMENT);
    await expect(asAuthority.allowReplacement(r.debtId, 10n, DOCUMENT))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountReplacing")
      .withArgs(r.debtId);
    await later(REMEDY_SECONDS);
    await expect(r.asChallenger.enforce(r.debtId)).to.be.revertedWithCustomError(
      r.doubleCount,
      "DoubleCountDebtDeadline",
    );
    await later(REMEDY_SECONDS);
    await r.asChallenger.enforce(r.debtId);
    expect(await held(r, r.owner)).to.equal(GRAMS - 201n);
  });
});

describe("DoubleCount: repaying", () => {
  const repay = (r: Indebted, caller: Indebted["owner"], tokenId: bigint, grams: bigint) =>
    r.doubleCount.connect(caller).repay(r.debtId, tokenId, grams);

  it("is for the liable institutions, not for more than is outstanding and not for nothing", async () => {
    const r = await loadFixture(indebted);
    await move(r, r.tokenId, r.owner, r.enterprise.address, 300n);
    await expect(repay(r, r.enterprise, r.tokenId, 100n))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountNotLiable")
      .withArgs(r.debtId, r.enterprise.address);
    for (const grams of [0n, 202n]) {
      await expect(repay(r, r.owner, r.tokenId, grams))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountGrams")
        .withArgs(grams, 201n);
    }
    await expect(repay(r, r.applicant, r.tokenId, 1n))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountGrams")
      .withArgs(1n, 0n);
  });

  it("is refused with units of another programme, of no programme, suspended or disputed", async () => {
    const r = await loadFixture(challengeRegistry);
    const debtor = await issued(r, TREE);
    const other = await otherUnits(r);
    const disputed = activityTree([leafOf(day, "early", 40_000n), leafOf(day + 20, "b", 90_000n)]);
    const second = await issued(r, disputed, undefined, day + 20);
    const far = await issued(r, OTHER_TREE, FAR_SOURCE);
    await prove(r, debtor, "x");
    await r.asChallenger.challengePeriod(second.requestId, second.proposal, disputed.opening(0));
    const asOwner = r.doubleCount.connect(r.owner);
    for (const tokenId of [far.tokenId, 5n]) {
      await expect(asOwner.repay(debtor.requestId, tokenId, 1n))
        .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountTokenProgramme")
        .withArgs(tokenId, PROGRAMME);
    }
    await expect(asOwner.repay(debtor.requestId, second.tokenId, 1n))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountTokenDisputed")
      .withArgs(second.tokenId);
    await r.issuance.connect(r.authority).suspendToken(other, DOCUMENT);
    await expect(asOwner.repay(debtor.requestId, other, 1n))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountTokenState")
      .withArgs(other, 2);
  });

  it("is refused from a frozen account, with units frozen for another cause, and in a pause", async () => {
    const r = await loadFixture(challengeRegistry);
    const other = await otherUnits(r);
    const debtor = await issued(r, TREE);
    await prove(r, debtor, "x");
    const asOwner = r.doubleCount.connect(r.owner);
    const asAuthority = r.programmes.connect(r.authority);
    const freezes = r.freezes.connect(r.authority);
    await freezes.freezeGrams(r.owner.address, other, 850n, DOCUMENT, 0);
    await expect(asOwner.repay(debtor.requestId, other, 51n))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountGrams")
      .withArgs(51n, 50n);
    await freezes.freezeGrams(r.owner.address, debtor.tokenId, GRAMS + 5n, DOCUMENT, 0);
    await expect(asOwner.repay(debtor.requestId, debtor.tokenId, 1n))
      .to.be.revertedWithCustomError(r.doubleCount, "DoubleCountGrams")
      .withArgs(1n, 0n);
    await asAuthority.freezeAccount(PROGRAMME, r.owner.address, DOCUMENT);
    await expect(asOwner.repay(debtor.requestId, other, 1n)).to.be.revertedWithCustomError(
      r.doubleCount,
      "DoubleCountStanding",
    );
    await asAuthority.unfreezeAccount(PROGRAMME, r.owner.address, DOCUMENT);
    await asAuthority.pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(asOwner.repay(debtor.requestId, other, 1n)).to.be.revertedWithCustomError(
      r.programmes,
      "ProgrammesPaused",
    );
  });

  it("closes the debt with own units of the id, frozen ones too, or equal ones", async () => {
    const r = await loadFixture(challengeRegistry);
    const other = await otherUnits(r);
    const debtor = await issued(r, TREE);
    await prove(r, debtor, "x");
    const { requestId, tokenId } = debtor;
    await move(r, tokenId, r.owner, r.enterprise.address, GRAMS - 201n);
    const asOwner = r.doubleCount.connect(r.owner);
    await asOwner.repay(requestId, tokenId, 100n);
    expect(await r.freezes.frozenOf(r.owner.address, tokenId)).to.equal(101n);
    await expect(asOwner.repay(requestId, other, 51n))
      .to.emit(r.doubleCount, "DebtRepaid")
      .withArgs(requestId, r.owner.address, other, 51n);
    expect(await r.freezes.frozenOf(r.owner.address, tokenId)).to.equal(50n);
    await move(r, other, r.owner, r.sister.address, 50n);
    await r.doubleCount.connect(r.sister).repay(requestId, other, 50n);
    const debt = await debtOf(r, debtor);
    expect([debt.open, debt.repaidGrams]).to.deep.equal([false, 201n]);
    expect(await r.freezes.frozenOf(r.owner.address, tokenId)).to.equal(0n);
    expect(await r.freezes.countOf(r.owner.address)).to.equal(0n);
    await move(r, tokenId, r.owner, r.enterprise.address, 101n);
  });
});

describe("DoubleCount: enforcing", () => {
  it("is refused before the deadline and in a pause, which extends it", async () => {
    const r = await loadFixture(indebted);
    await expect(r.asChallenger.enforce(r.debtId)).to.be.revertedWithCustomError(
      r.doubleCount,
      "DoubleCountDebtDeadline",
    );
    const asAuthority = r.programmes.connect(r.authority);
    await asAuthority.pauseProgramme(PROGRAMME, DOCUMENT);
    await later(2n * REMEDY_SECONDS);
    await expect(r.asChallenger.enforce(r.debtId)).to.be.revertedWithCustomError(
      r.programmes,
      "ProgrammesPaused",
    );
    await asAuthority.resumeProgramme(PROGRAMME, DOCUMENT);
    await expect(r.asChallenger.enforce(r.debtId)).to.be.revertedWithCustomError(
      r.doubleCount,
      "DoubleCountDebtDeadline",
    );
    await later(REMEDY_SECONDS);
    await r.asChallenger.enforce(r.debtId);
    expect(await held(r, r.owner)).to.equal(GRAMS - 201n);
  });

  it("gives a month where no time is set", async () => {
    const r = await loadFixture(challengeRegistry);
    const far = await issued(r, TREE, FAR_SOURCE);
    await prove(r, far, "x");
    const { deadline } = await debtOf(r, far);
    expect(deadline).to.equal(BigInt(await networkHelpers.time.latest()) + 30n * 86_400n);
  });

  it("voids what is there; the rest stays owed until it is repaid", async () => {
    const r = await loadFixture(indebted);
    await prove(r, r.debtor, "z");
    // A court takes units past the freeze.
    const corrections = await asContract(r, "corrections");
    await r.token
      .connect(corrections)
      .forceTransfer(r.owner.address, r.enterprise.address, r.tokenId, GRAMS - 150n, DOCUMENT);
    await later(REMEDY_SECONDS);
    await r.asChallenger.enforce(r.debtId);
    const debt = await debtOf(r, r.debtor);
    expect([debt.voidedGrams, debt.outstanding, debt.open]).to.deep.equal([150n, 351n, true]);
    expect(await held(r, r.enterprise)).to.equal(GRAMS - 150n);
    await move(r, r.tokenId, r.enterprise, r.owner.address, 351n);
    await r.doubleCount.connect(r.owner).repay(r.debtId, r.tokenId, 351n);
    expect((await debtOf(r, r.debtor)).open).to.equal(false);
  });

  it("a debt that grows after its deadline has a new one", async () => {
    const r = await loadFixture(indebted);
    const { deadline } = await debtOf(r, r.debtor);
    await r.doubleCount.connect(r.authority).allowReplacement(r.debtId, 100n, DOCUMENT);
    await later(REMEDY_SECONDS);
    await prove(r, r.debtor, "y");
    const debt = await debtOf(r, r.debtor);
    expect(debt.deadline > deadline).to.equal(true);
    expect(debt.replacing).to.equal(false);
  });

  it("a restored leaf lifts what is frozen too much", async () => {
    const r = await loadFixture(challengeRegistry);
    const shared = leafOf(day, "shared", 50_000n);
    const decoy = await request(r, activityTree([shared]), FAR_SOURCE);
    const tree = activityTree(sorted([shared, ...TREE.leaves]));
    const debtor = await issued(r, tree);
    const at = tree.leaves.indexOf(shared);
    const { requestId, proposal, tokenId } = debtor;
    const x = tree.leaves.findIndex(({ milligrams }) => milligrams === 200_500n);
    await r.asChallenger.challengePeriod(requestId, proposal, tree.opening(x));
    await r.asChallenger.challengeDuplicate(claim(decoy, 0), claim(debtor, at));
    expect(await r.freezes.frozenOf(r.owner.address, tokenId)).to.equal(251n);
    await withdraw(r, decoy);
    await r.asChallenger.restore(requestId, at);
    expect(await r.freezes.frozenOf(r.owner.address, tokenId)).to.equal(201n);
    expect((await debtOf(r, debtor)).outstanding).to.equal(201n);
  });
});
