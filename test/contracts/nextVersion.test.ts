import { expect } from "chai";
import { planOf, readPlanned, transactionsOf } from "../../scripts/deploy/plan.ts";
import {
  attest,
  attestationOf,
  create,
  DOCUMENT,
  ethers,
  FIRST_DAY,
  file,
  id,
  issue,
  networkHelpers,
  noticeOver,
  type Proposal,
  proposalOf,
  propose,
  type Registry,
  registry,
  retire,
  type Signer,
  STATEMENT_TYPES,
  signTyped,
  statementOf,
  type TestContract,
} from "./support.ts";

const { loadFixture, time } = networkHelpers;

const WEEK = 7 * 86_400;
const VERSION = 1;
const FIRST_OF_NEXT = (BigInt(VERSION) << 56n) + 1n;

const dayAfter = (days: number, changes: Partial<Record<string, unknown>> = {}): Proposal =>
  proposalOf({ firstDay: FIRST_DAY + days, endDay: FIRST_DAY + days + 1, ...changes });

/** One ride, as the only leaf of a request's tree. */
const RIDE = {
  fingerprint: id("one ride"),
  milligrams: 2_000n,
  beneficiary: id("beneficiary"),
  evidence: id("evidence"),
};

function ridesOf(days: number): Proposal {
  const root = ethers.solidityPackedKeccak256(
    ["uint8", "bytes32", "uint64", "bytes32", "bytes32"],
    [0, RIDE.fingerprint, RIDE.milligrams, RIDE.beneficiary, RIDE.evidence],
  );
  return dayAfter(days, { root, totalMilligrams: RIDE.milligrams, count: 1n, depth: 0 });
}

function claimOf(requestId: bigint, proposal: Proposal) {
  const opening = { index: 0, leaf: RIDE, siblings: [] };
  return { requestId, proposal, entry: opening, carrier: opening };
}

/** A registry in use that belongs to an owner, and a second version nobody has admitted yet. */
async function registryOfAnOwner() {
  const r = await registry();
  const signers = await ethers.getSigners();
  const owner = signers[12] as Signer;
  await handOver(r, owner);
  const next = (await create("IssuanceNext", [
    r.addressOf("programmes"),
    r.addressOf("sources"),
    r.addressOf("token"),
    r.addressOf("doubleCount"),
    VERSION,
  ])) as unknown as Registry["issuance"];
  return { ...r, keeper: owner, next, second: { ...r, issuance: next } };
}

type Owned = Awaited<ReturnType<typeof registryOfAnOwner>>;

/** Takes the plan's steps that follow the creations, as a deployment does. */
async function handOver(r: Registry, owner: Signer): Promise<void> {
  const deployer = r.registrar.address;
  const manager = r.addressOf("manager");
  let firstNonce = 0;
  while (ethers.getCreateAddress({ from: deployer, nonce: firstNonce }) !== manager) firstNonce++;
  const ownership = {
    owner: owner.address,
    timelock: null,
    ownerDelaySeconds: WEEK,
    registrarDelaySeconds: 0,
  };
  const facts = { deployer, firstNonce, ownership };
  const artifacts = await readPlanned(facts);
  const plan = planOf(facts, artifacts);
  // The tests' own table of creations must be the plan's.
  expect(plan.addresses.poolReserve).to.equal(r.addressOf("poolReserve"));
  for (const { to, data } of transactionsOf(plan, artifacts)) {
    if (to !== null) await r.registrar.sendTransaction({ to, data });
  }
}

/** The three acts of the owner, in the order of docs/next-version.md. */
function actsOf(r: Owned) {
  const { sources, token, issuance, next } = r;
  return [
    { name: "admit at Sources", on: sources, call: "addIssuer", issuer: next },
    { name: "admit at the token", on: token, call: "addIssuer", issuer: next },
    { name: "close the first", on: sources, call: "closeIssuer", issuer: issuance },
  ] as const;
}

type Act = ReturnType<typeof actsOf>[number];

async function dataOf({ on, call, issuer }: Act) {
  const face = on as unknown as TestContract<string>;
  const to = await face.getAddress();
  return { to, data: face.interface.encodeFunctionData(call, [await issuer.getAddress()]) };
}

async function announce(r: Owned, act: Act): Promise<void> {
  const { to, data } = await dataOf(act);
  await r.manager.connect(r.keeper).schedule(to, data, 0);
}

const take = async (act: Act, signer: Signer) => signer.sendTransaction(await dataOf(act));

/** Admits the second version and closes the first for new requests. */
async function succeed(r: Owned): Promise<void> {
  for (const act of actsOf(r)) await announce(r, act);
  await time.increase(WEEK);
  for (const act of actsOf(r)) await take(act, r.keeper);
}

async function succeeded() {
  const r = await registryOfAnOwner();
  await succeed(r);
  return r;
}

/** Reviews and files a request of the second version. */
async function filedNext(r: Owned, proposal: Proposal): Promise<bigint> {
  await r.next.connect(r.applicant).propose(proposal);
  const requestId: bigint = await r.next.requestCount();
  const attestation = await attestationOf(requestId, r.reviewer.address);
  const statement = statementOf(attestation, proposal);
  const signature = await signTyped(
    r.next,
    "Tanpu Issuance",
    STATEMENT_TYPES,
    statement,
    r.reviewer,
  );
  await r.next.attest(attestation, proposal, signature);
  await file(r.second, requestId, proposal);
  await noticeOver();
  return requestId;
}

const decide = (r: Owned, requestId: bigint, proposal: Proposal) =>
  r.next.connect(r.authority).issue(requestId, proposal, DOCUMENT);

describe("A next version of Issuance", () => {
  it("is admitted and the first closed by nobody but the owner", async () => {
    const r = await loadFixture(registryOfAnOwner);
    for (const act of actsOf(r)) {
      for (const signer of [r.registrar, r.authority, r.operator, r.outsider]) {
        const { to, data } = await dataOf(act);
        await expect(take(act, signer), act.name)
          .to.be.revertedWithCustomError(act.on, "AccessManagedUnauthorized")
          .withArgs(signer.address);
        await expect(r.manager.connect(signer).schedule(to, data, 0), act.name)
          .to.be.revertedWithCustomError(r.manager, "AccessManagerUnauthorizedCall")
          .withArgs(signer.address, to, data.slice(0, 10));
      }
    }
  });

  it("is admitted and the first closed by the owner only after the announced delay", async () => {
    const r = await loadFixture(registryOfAnOwner);
    for (const act of actsOf(r)) {
      await expect(take(act, r.keeper), act.name).to.be.revertedWithCustomError(
        r.manager,
        "AccessManagerNotScheduled",
      );
      await announce(r, act);
      await time.increase(WEEK - 60);
      await expect(take(act, r.keeper), act.name).to.be.revertedWithCustomError(
        r.manager,
        "AccessManagerNotReady",
      );
      await time.increase(60);
      await take(act, r.keeper);
    }
    expect(await r.sources.isIssuer(await r.next.getAddress())).to.equal(true);
    expect(await r.sources.isIssuer(r.addressOf("issuance"))).to.equal(false);
    expect(await r.token.isIssuer(r.addressOf("issuance"))).to.equal(true);
    expect(await r.sources.issuerAt(0)).to.equal(r.addressOf("issuance"));
    expect(await r.sources.issuerAt(VERSION)).to.equal(await r.next.getAddress());
    expect(await r.sources.issuerAt(VERSION + 1)).to.equal(ethers.ZeroAddress);
  });

  it("is not admitted by an announcement that was cancelled or that is a week old", async () => {
    const r = await loadFixture(registryOfAnOwner);
    const [admit, , close] = actsOf(r);
    await announce(r, admit);
    const { to, data } = await dataOf(admit);
    await r.manager.connect(r.keeper).cancel(r.keeper.address, to, data);
    await announce(r, close);
    await time.increase(WEEK);
    await expect(take(admit, r.keeper)).to.be.revertedWithCustomError(
      r.manager,
      "AccessManagerNotScheduled",
    );
    await time.increase(WEEK);
    await expect(take(close, r.keeper)).to.be.revertedWithCustomError(
      r.manager,
      "AccessManagerExpired",
    );
  });

  it("can neither book days nor make units before it is admitted to both", async () => {
    const r = await loadFixture(registryOfAnOwner);
    const proposal = dayAfter(0);
    await expect(r.next.connect(r.applicant).propose(proposal))
      .to.be.revertedWithCustomError(r.sources, "SourcesNotIssuance")
      .withArgs(await r.next.getAddress());
    const [atSources] = actsOf(r);
    await announce(r, atSources);
    await time.increase(WEEK);
    await take(atSources, r.keeper);
    const requestId = await filedNext(r, proposal);
    await expect(decide(r, requestId, proposal))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenNotIssuance")
      .withArgs(await r.next.getAddress());
  });

  it("leaves the first nothing new to propose, and lets it finish what is under way", async () => {
    const r = await loadFixture(registryOfAnOwner);
    const [open, falls] = [dayAfter(0), dayAfter(1)];
    const requestId = await propose(r, open);
    await attest(r, requestId, open);
    await file(r, requestId, open);
    const unfiled = await propose(r, falls);
    await succeed(r);

    await expect(
      r.issuance.connect(r.applicant).propose(dayAfter(2)),
    ).to.be.revertedWithCustomError(r.issuance, "IssuanceClosed");
    await r.issuance.connect(r.authority).issue(requestId, open, DOCUMENT);
    const tokenId = await r.issuance.tokenIdOf(open);
    expect(await r.token.balanceOf(r.owner.address, tokenId)).to.equal(10_000n);

    await expect(r.next.connect(r.applicant).propose(falls)).to.be.revertedWithCustomError(
      r.sources,
      "SourcesDayTaken",
    );
    await r.issuance.connect(r.applicant).withdraw(unfiled, falls);
    const again = await filedNext(r, falls);
    expect(again).to.equal(FIRST_OF_NEXT);
    await decide(r, again, falls);
    expect(
      await r.token.balanceOf(r.owner.address, await r.next.tokenIdOf(falls)),
    ).to.be.greaterThan(0n);
  });

  it("books no day the first booked and mints no id the first minted", async () => {
    const r = await loadFixture(registryOfAnOwner);
    const tokenId = await issue(r, dayAfter(0));
    await succeed(r);
    for (const days of [
      dayAfter(0),
      proposalOf({ firstDay: FIRST_DAY - 3, endDay: FIRST_DAY + 3 }),
    ]) {
      await expect(r.next.connect(r.applicant).propose(days)).to.be.revertedWithCustomError(
        r.sources,
        "SourcesDayTaken",
      );
    }
    const address = await r.next.getAddress();
    await networkHelpers.impersonateAccount(address);
    await networkHelpers.setBalance(address, 10n ** 18n);
    const asNext = r.token.connect(await ethers.getSigner(address));
    await expect(asNext.mint(r.owner.address, tokenId, 1n))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenExists")
      .withArgs(tokenId);
  });

  it("changes nothing about units, retirements and certificates of the first", async () => {
    const r = await loadFixture(registryOfAnOwner);
    const tokenId = await issue(r, dayAfter(0));
    const holder = { ...r, tokenId };
    const retirementId = await retire(holder, r.owner, 400n);
    const certify = [
      [retirementId],
      300n,
      1,
      id("certificate"),
      { content: ethers.ZeroHash, retirements: [] },
    ];
    const asOwner = r.certificate.connect(r.owner);
    const certificateId = await asOwner.certify.staticCall(...certify);
    await asOwner.certify(...certify);
    const read = async () => ({
      certificate: [...(await r.certificate.certificateOf(certificateId))],
      holder: await r.certificate.ownerOf(certificateId),
      retirement: [...(await r.token.retirementOf(retirementId))],
      supply: [...(await r.token.supplyOf(tokenId))],
      booked: await r.sources.isBooked(id("fleet"), 1, FIRST_DAY),
      request: [...(await r.issuance.requestOf(1))],
    });
    const before = await read();
    await succeed(r);
    await decide(r, await filedNext(r, dayAfter(1)), dayAfter(1));
    expect(await read()).to.deep.equal(before);

    await r.token
      .connect(r.owner)
      .safeTransferFrom(r.owner.address, r.enterprise.address, tokenId, 100n, "0x");
    await retire(holder, r.enterprise, 100n);
    await r.issuance.connect(r.authority).suspendToken(tokenId, DOCUMENT);
    await r.issuance.connect(r.authority).resumeToken(tokenId, DOCUMENT);
    expect((await r.token.supplyOf(tokenId)).state).to.equal(1n);
    const none = { content: ethers.ZeroHash, retirements: [] };
    await expect(
      asOwner.certify([retirementId], 300n, 1, id("another certificate"), none),
    ).to.be.revertedWithCustomError(r.token, "ReductionTokenConsumed");
  });

  it("takes no statement that was signed for the first", async () => {
    const r = await loadFixture(succeeded);
    const proposal = dayAfter(0);
    await r.next.connect(r.applicant).propose(proposal);
    const attestation = await attestationOf(FIRST_OF_NEXT, r.reviewer.address);
    const statement = statementOf(attestation, proposal);
    const signature = await signTyped(
      r.issuance,
      "Tanpu Issuance",
      STATEMENT_TYPES,
      statement,
      r.reviewer,
    );
    await expect(r.next.attest(attestation, proposal, signature)).to.be.revertedWithCustomError(
      r.next,
      "IssuanceSignature",
    );
  });

  it("pays for an activity that the first counted, never the other way round", async () => {
    const r = await loadFixture(registryOfAnOwner);
    const [earlier, later] = [ridesOf(0), ridesOf(1)];
    await issue(r, earlier);
    await succeed(r);
    await r.next.connect(r.applicant).propose(later);
    const [first, second] = [claimOf(1n, earlier), claimOf(FIRST_OF_NEXT, later)];
    await expect(r.doubleCount.challengeDuplicate(second, first)).to.be.revertedWithCustomError(
      r.doubleCount,
      "DoubleCountPriority",
    );
    await r.doubleCount.connect(r.outsider).challengeDuplicate(first, second);
    const request = await r.next.requestOf(FIRST_OF_NEXT);
    expect(request.deductedMilligrams).to.equal(RIDE.milligrams);
    await expect(r.doubleCount.challengeDuplicate(first, second)).to.be.revertedWithCustomError(
      r.doubleCount,
      "DoubleCountDeducted",
    );
  });

  it("issues nothing to a party that owes for units of the first", async () => {
    const r = await loadFixture(registryOfAnOwner);
    const [one, same, other] = [ridesOf(0), ridesOf(1), dayAfter(2)];
    await issue(r, one);
    await issue(r, same);
    await succeed(r);
    const requestId = await filedNext(r, other);
    await r.doubleCount.challengeDuplicate(claimOf(1n, one), claimOf(2n, same));
    await expect(decide(r, requestId, other)).to.be.revertedWithCustomError(
      r.next,
      "IssuanceBlocked",
    );
    await r.doubleCount.connect(r.owner).repay(2n, await r.issuance.tokenIdOf(one), 2n);
    await decide(r, requestId, other);
  });

  it("owes for its own issued units by the one DoubleCount there is", async () => {
    const r = await loadFixture(registryOfAnOwner);
    const [one, same] = [ridesOf(0), ridesOf(1)];
    await issue(r, one);
    await succeed(r);
    const requestId = await filedNext(r, same);
    await decide(r, requestId, same);
    const tokenId = await r.next.tokenIdOf(same);
    await r.doubleCount.challengeDuplicate(claimOf(1n, one), claimOf(requestId, same));
    expect(await r.doubleCount.isDisputed(tokenId)).to.equal(true);
    await expect(
      r.token
        .connect(r.owner)
        .safeTransferFrom(r.owner.address, r.enterprise.address, tokenId, 1n, "0x"),
    ).to.be.revertedWithCustomError(r.token, "ReductionTokenPartlyFrozen");
  });
});
