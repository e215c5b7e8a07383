import { expect } from "chai";
import { id, market, mint, now, TOKEN_ID, tokenIdOf } from "./marketSupport.ts";
import {
  asContract,
  create,
  createWallet,
  DOCUMENT,
  ethers,
  institution,
  join,
  networkHelpers,
  PROGRAMME,
  ROLE,
  setParameters,
} from "./support.ts";

const { loadFixture } = networkHelpers;
const HELD_GRAMS = 1_000n;
const OTHER_ID = tokenIdOf(PROGRAMME, 2);
const FOREIGN_ID = tokenIdOf(2, 1);
const FILE = id("file of lines");

type Line = { fingerprint: string; milligrams: bigint; beneficiary: string; evidence: string };
type Node = { hash: string; sum: bigint };

const line = (name: string, milligrams: bigint): Line => ({
  fingerprint: id(name),
  milligrams,
  beneficiary: id(`${name}'s salt`),
  evidence: id("reserve"),
});

/** Two lines of 600 g and 400 g and the siblings that prove them. */
async function treeOf(lines: readonly [Line, Line]) {
  const harness = await create<"leafHash" | "nodeHash">("SumTreeHarness");
  const nodes: Node[] = [];
  for (const leaf of lines) {
    nodes.push({ hash: (await harness.leafHash(leaf)) as string, sum: leaf.milligrams });
  }
  const root = (await harness.nodeHash(nodes[0], nodes[1])) as string;
  return { root, total: nodes[0]!.sum + nodes[1]!.sum, siblings: [[nodes[1]], [nodes[0]]] };
}

const LINES = [line("one", 600_000n), line("two", 400_000n)] as const;

/** A pool with 700 g minted to it and 300 g transferred of another id. */
async function pool() {
  const m = await market();
  const address = await m.poolReserve.getAddress();
  await mint(m, address, OTHER_ID, 700n);
  const t = m.token.connect(m.seller);
  await t.safeTransferFrom(m.seller.address, address, TOKEN_ID, 300, "0x");
  return { ...m, address, reserve: m.poolReserve.connect(m.operator) };
}

async function anchored() {
  const m = await pool();
  const tree = await treeOf(LINES);
  await m.reserve.anchor(PROGRAMME, tree.root, tree.total, 2, 1, FILE);
  return { ...m, tree };
}

type Pool = Awaited<ReturnType<typeof pool>>;

const anchor = (m: Pool, totalMilligrams: bigint, count = 1n, depth = 0) =>
  m.reserve.anchor(PROGRAMME, id("root"), totalMilligrams, count, depth, FILE);

/** The counter is the sum of the balances. */
async function held(m: Pool): Promise<bigint> {
  const sums = await Promise.all(
    [TOKEN_ID, OTHER_ID].map((tokenId) => m.token.balanceOf(m.address, tokenId)),
  );
  const counted = (await m.poolReserve.heldGrams(PROGRAMME)) as bigint;
  expect(sums.reduce((a, b) => a + b, 0n)).to.equal(counted);
  return counted;
}

async function voidOf(m: Pool, tokenId: bigint, grams: bigint) {
  const doubleCount = await asContract(m, "doubleCount");
  return m.token.connect(doubleCount).voidGrams(m.address, tokenId, grams, DOCUMENT);
}

describe("PoolReserve: what is refused", () => {
  it("units of another token, and a void that the token did not tell", async () => {
    const m = await loadFixture(pool);
    const plain = await create<"mint" | "getAddress">("PlainToken");
    await expect(plain.mint(m.address, 1, 1))
      .to.be.revertedWithCustomError(m.poolReserve, "PoolReserveNotToken")
      .withArgs(await plain.getAddress());
    const r = m.reserve;
    const one = [m.operator.address, m.operator.address, TOKEN_ID, 1, "0x"] as const;
    const many = [m.operator.address, m.operator.address, [TOKEN_ID], [1], "0x"] as const;
    for (const call of [
      r.onERC1155Received(...one),
      r.onERC1155BatchReceived(...many),
      r.onVoided(TOKEN_ID, 1),
    ]) {
      await expect(call)
        .to.be.revertedWithCustomError(r, "PoolReserveNotToken")
        .withArgs(m.operator.address);
    }
  });

  it("an epoch that is not the operator's, of an unknown or paused programme", async () => {
    const m = await loadFixture(pool);
    for (const caller of [m.authority, m.seller, m.registrar, m.outsider]) {
      await expect(m.poolReserve.connect(caller).anchor(PROGRAMME, FILE, 0, 0, 0, FILE))
        .to.be.revertedWithCustomError(m.poolReserve, "PoolReserveRoleMissing")
        .withArgs(PROGRAMME, ROLE.operator, caller.address);
    }
    await expect(m.reserve.anchor(9, FILE, 0, 0, 0, FILE)).to.be.revertedWithCustomError(
      m.programmes,
      "ProgrammesUnknown",
    );
    await m.programmes.connect(m.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    for (const call of [
      anchor(m, 1_000n),
      m.reserve.withdraw(PROGRAMME, m.buyer.address, TOKEN_ID, 1, DOCUMENT),
      m.reserve.retire(PROGRAMME, TOKEN_ID, 1, 2, DOCUMENT),
    ]) {
      await expect(call).to.be.revertedWithCustomError(m.programmes, "ProgrammesPaused");
    }
  });

  it("an epoch of part grams, of a wrong shape, or of a gram more than is held", async () => {
    const m = await loadFixture(pool);
    await expect(anchor(m, 999_999n))
      .to.be.revertedWithCustomError(m.reserve, "PoolReserveFraction")
      .withArgs(999_999n);
    for (const [count, depth, total] of [
      [2n, 0, 1_000n],
      [2n, 2, 1_000n],
      [3n, 1, 1_000n],
      [1n, 255, 1_000n],
      [0n, 1, 0n],
      [0n, 0, 1_000n],
    ] as const) {
      await expect(anchor(m, total, count, depth))
        .to.be.revertedWithCustomError(m.reserve, "PoolReserveShape")
        .withArgs(count, depth);
    }
    await expect(anchor(m, (HELD_GRAMS + 1n) * 1_000n))
      .to.be.revertedWithCustomError(m.reserve, "PoolReserveShort")
      .withArgs(HELD_GRAMS, HELD_GRAMS + 1n);
    const most = ((1n << 128n) - 1n) / 1_000n;
    await expect(anchor(m, most * 1_000n))
      .to.be.revertedWithCustomError(m.reserve, "PoolReserveShort")
      .withArgs(HELD_GRAMS, most);
    expect(await m.reserve.lastEpoch(PROGRAMME)).to.equal(0n);
  });

  it("leaving by anybody but the operator, also one whose role was revoked", async () => {
    const m = await loadFixture(pool);
    const p = m.programmes.connect(m.authority);
    await p.revokeRole(PROGRAMME, ROLE.operator, m.operator.address, DOCUMENT);
    for (const caller of [m.operator, m.authority, m.seller, m.outsider]) {
      const r = m.poolReserve.connect(caller);
      for (const call of [
        r.withdraw(PROGRAMME, m.buyer.address, TOKEN_ID, 1, DOCUMENT),
        r.retire(PROGRAMME, TOKEN_ID, 1, 2, DOCUMENT),
      ]) {
        await expect(call)
          .to.be.revertedWithCustomError(r, "PoolReserveRoleMissing")
          .withArgs(PROGRAMME, ROLE.operator, caller.address);
      }
    }
  });

  it("leaving to the operator's own institution, of another programme, below the epoch", async () => {
    const m = await loadFixture(anchored);
    const own = (await ethers.getSigners())[15]!;
    await join(m, own.address, "operator", 0);
    for (const to of [m.operator.address, own.address]) {
      await expect(m.reserve.withdraw(PROGRAMME, to, TOKEN_ID, 1, DOCUMENT))
        .to.be.revertedWithCustomError(m.reserve, "PoolReserveOwnInstitution")
        .withArgs(to, institution("operator"));
    }
    for (const call of [
      m.reserve.withdraw(PROGRAMME, m.buyer.address, FOREIGN_ID, 1, DOCUMENT),
      m.reserve.retire(PROGRAMME, FOREIGN_ID, 1, 2, DOCUMENT),
    ]) {
      await expect(call)
        .to.be.revertedWithCustomError(m.reserve, "PoolReserveProgramme")
        .withArgs(PROGRAMME, FOREIGN_ID);
    }
    for (const call of [
      m.reserve.withdraw(PROGRAMME, m.buyer.address, TOKEN_ID, 1, DOCUMENT),
      m.reserve.retire(PROGRAMME, TOKEN_ID, 1, 2, DOCUMENT),
    ]) {
      await expect(call)
        .to.be.revertedWithCustomError(m.reserve, "PoolReserveShort")
        .withArgs(HELD_GRAMS, HELD_GRAMS + 1n);
    }
    expect(await held(m)).to.equal(HELD_GRAMS);
  });

  it("leaving to no account, of frozen grams, of more than an id has", async () => {
    const m = await loadFixture(pool);
    await expect(
      m.reserve.withdraw(PROGRAMME, m.outsider.address, TOKEN_ID, 1, DOCUMENT),
    ).to.be.revertedWithCustomError(m.token, "ReductionTokenStanding");
    await expect(
      m.reserve.withdraw(PROGRAMME, m.buyer.address, TOKEN_ID, 301, DOCUMENT),
    ).to.be.revertedWithCustomError(m.token, "ERC1155InsufficientBalance");
    const doubleCount = await asContract(m, "doubleCount");
    await m.freezes.connect(doubleCount).freezeForDebt(m.address, TOKEN_ID, 200, 1);
    for (const call of [
      m.reserve.withdraw(PROGRAMME, m.buyer.address, TOKEN_ID, 101, DOCUMENT),
      m.reserve.retire(PROGRAMME, TOKEN_ID, 101, 2, DOCUMENT),
    ]) {
      await expect(call).to.be.revertedWithCustomError(m.token, "ReductionTokenPartlyFrozen");
    }
    await m.reserve.withdraw(PROGRAMME, m.buyer.address, TOKEN_ID, 100, DOCUMENT);
    expect(await held(m)).to.equal(HELD_GRAMS - 100n);
  });
});

describe("PoolReserve: units", () => {
  it("come by issue and by transfer, of one id or many, and count for their programme", async () => {
    const m = await loadFixture(pool);
    expect(await held(m)).to.equal(HELD_GRAMS);
    await expect(
      m.token.connect(await asContract(m, "issuance")).mint(m.address, tokenIdOf(PROGRAMME, 3), 5),
    )
      .to.emit(m.poolReserve, "PoolReceived")
      .withArgs(PROGRAMME, tokenIdOf(PROGRAMME, 3), ethers.ZeroAddress, 5);
    await mint(m, m.seller.address, FOREIGN_ID, 40n);
    await mint(m, m.seller.address, tokenIdOf(PROGRAMME, 4), 40n);
    const ids = [FOREIGN_ID, tokenIdOf(PROGRAMME, 4)];
    const t = m.token.connect(m.seller);
    await t.safeBatchTransferFrom(m.seller.address, m.address, ids, [30, 40], "0x");
    expect(await m.poolReserve.heldGrams(2)).to.equal(30n);
    expect(await m.poolReserve.heldGrams(PROGRAMME)).to.equal(HELD_GRAMS + 45n);
    for (const interfaceId of ["0x01ffc9a7", "0x4e2312e0"]) {
      expect(await m.poolReserve.supportsInterface(interfaceId)).to.equal(true);
    }
    expect(await m.poolReserve.supportsInterface("0xffffffff")).to.equal(false);
  });

  it("leave after an epoch with the lower total, to accounts or by retirement", async () => {
    const m = await loadFixture(anchored);
    await anchor(m, 900_000n);
    await expect(m.reserve.withdraw(PROGRAMME, m.buyer.address, TOKEN_ID, 60, DOCUMENT))
      .to.emit(m.reserve, "PoolWithdrawn")
      .withArgs(PROGRAMME, TOKEN_ID, m.buyer.address, 60, DOCUMENT);
    const args = [PROGRAMME, OTHER_ID, 40, 2, id("content")] as const;
    const retirementId = await m.reserve.retire.staticCall(...args);
    await expect(m.reserve.retire(...args))
      .to.emit(m.reserve, "PoolRetired")
      .withArgs(PROGRAMME, OTHER_ID, retirementId, 40)
      .and.to.emit(m.token, "Retired")
      .withArgs(retirementId, OTHER_ID, m.address, 0, 40, 2, id("content"));
    expect(await held(m)).to.equal(900n);
    await expect(m.reserve.withdraw(PROGRAMME, m.buyer.address, TOKEN_ID, 1, DOCUMENT))
      .to.be.revertedWithCustomError(m.reserve, "PoolReserveShort")
      .withArgs(900, 901);
  });

  it("do not leave twice through a receiver who comes back as the operator", async () => {
    const m = await loadFixture(pool);
    await anchor(m, 900_000n);
    const wallet = await createWallet(m.buyer.address);
    const address = await wallet.getAddress();
    await join(m, address, "wallet", ROLE.operator);
    const again = [PROGRAMME, m.otherBuyer.address, TOKEN_ID, 1, DOCUMENT];
    const call = m.poolReserve.interface.encodeFunctionData("withdraw", again);
    await wallet.setCallback(m.address, call);
    await m.reserve.withdraw(PROGRAMME, address, TOKEN_ID, 100, DOCUMENT);
    expect(await wallet.callbackFailed()).to.equal(true);
    expect(await wallet.callbackError()).to.equal(
      m.poolReserve.interface.encodeErrorResult("PoolReserveShort", [900, 901]),
    );
    await wallet.setRefuses(true);
    await anchor(m, 0n);
    await expect(
      m.reserve.withdraw(PROGRAMME, address, TOKEN_ID, 1, DOCUMENT),
    ).to.be.revertedWithCustomError(wallet, "ContractWalletRefuses");
    expect(await held(m)).to.equal(900n);
  });

  it("are not for Corrections to move by force", async () => {
    const m = await loadFixture(pool);
    const corrections = await asContract(m, "corrections");
    await expect(
      m.token.connect(corrections).forceTransfer(m.address, m.buyer.address, TOKEN_ID, 1, DOCUMENT),
    ).to.be.revertedWithCustomError(m.token, "ReductionTokenInCustody");
  });
});

describe("PoolReserve: a void of its units", () => {
  it("counts at once, shows what is lacking and stops all leaving until it is made good", async () => {
    const m = await loadFixture(anchored);
    await expect(voidOf(m, OTHER_ID, 150n))
      .to.emit(m.poolReserve, "PoolVoided")
      .withArgs(PROGRAMME, OTHER_ID, 150, 150);
    expect(await held(m)).to.equal(850n);
    expect(await m.poolReserve.deficitGrams(PROGRAMME)).to.equal(150n);
    expect(await m.poolReserve.anchoredGrams(PROGRAMME)).to.equal(HELD_GRAMS);
    await expect(m.reserve.withdraw(PROGRAMME, m.buyer.address, TOKEN_ID, 1, DOCUMENT))
      .to.be.revertedWithCustomError(m.reserve, "PoolReserveShort")
      .withArgs(850, 1_001);
    await expect(anchor(m, 851_000n))
      .to.be.revertedWithCustomError(m.reserve, "PoolReserveShort")
      .withArgs(850, 851);
    const t = m.token.connect(m.seller);
    await t.safeTransferFrom(m.seller.address, m.address, TOKEN_ID, 151, "0x");
    expect(await m.poolReserve.deficitGrams(PROGRAMME)).to.equal(0n);
    await m.reserve.withdraw(PROGRAMME, m.buyer.address, TOKEN_ID, 1, DOCUMENT);
    expect(await held(m)).to.equal(HELD_GRAMS);
  });

  it("never fails for what is owed, also of all there is; a lower epoch ends the deficit", async () => {
    const m = await loadFixture(anchored);
    await voidOf(m, OTHER_ID, 700n);
    await voidOf(m, TOKEN_ID, 300n);
    expect(await held(m)).to.equal(0n);
    expect(await m.poolReserve.deficitGrams(PROGRAMME)).to.equal(HELD_GRAMS);
    await anchor(m, 0n, 0n, 0);
    expect(await m.poolReserve.deficitGrams(PROGRAMME)).to.equal(0n);
    expect(await m.poolReserve.lastEpoch(PROGRAMME)).to.equal(2n);
  });
});

describe("PoolReserve: a lower floor", () => {
  const WAIT_SECONDS = 7n * 86_400n;
  const { time } = networkHelpers;

  async function waiting() {
    const m = await anchored();
    await setParameters(m, { "pool.lowerSeconds": WAIT_SECONDS });
    return m;
  }

  /** What a withdrawal of one gram is told to need is the floor and the gram. */
  async function floor(m: Pool, grams: bigint, lower = 0n, from = 0n): Promise<void> {
    expect(await m.poolReserve.floorOf(PROGRAMME)).to.deep.equal([grams, lower, from]);
    const holds = await held(m);
    const more = holds - grams + 1n;
    // One after the other: a call that nobody awaits yet would fail unheard.
    for (const call of [
      () => m.reserve.withdraw(PROGRAMME, m.buyer.address, TOKEN_ID, more, DOCUMENT),
      () => m.reserve.retire(PROGRAMME, TOKEN_ID, more, 2, DOCUMENT),
    ]) {
      await expect(call())
        .to.be.revertedWithCustomError(m.reserve, "PoolReserveShort")
        .withArgs(holds, holds + 1n);
    }
  }

  /** Anchors so many grams, which count from so many seconds ahead. */
  async function lowered(m: Pool, grams: bigint, floorGrams: bigint): Promise<bigint> {
    const call = await anchor(m, grams * 1_000n);
    const from = (await now()) + WAIT_SECONDS;
    const epoch = await m.poolReserve.lastEpoch(PROGRAMME);
    await expect(call)
      .to.emit(m.poolReserve, "PoolAnchored")
      .withArgs(PROGRAMME, epoch, id("root"), grams * 1_000n, 1, 0, FILE, floorGrams, from);
    return from;
  }

  it("lets nothing out before its time, to the second", async () => {
    const m = await loadFixture(waiting);
    const from = await lowered(m, 0n, HELD_GRAMS);
    await floor(m, HELD_GRAMS, 0n, from);
    expect(await m.poolReserve.anchoredGrams(PROGRAMME)).to.equal(0n);
    await time.setNextBlockTimestamp(from - 1n);
    await expect(m.reserve.withdraw(PROGRAMME, m.buyer.address, TOKEN_ID, 1, DOCUMENT))
      .to.be.revertedWithCustomError(m.reserve, "PoolReserveShort")
      .withArgs(HELD_GRAMS, HELD_GRAMS + 1n);
    await time.setNextBlockTimestamp(from);
    await m.reserve.withdraw(PROGRAMME, m.buyer.address, TOKEN_ID, 300, DOCUMENT);
    expect(await m.poolReserve.floorOf(PROGRAMME)).to.deep.equal([0n, 0n, 0n]);
    expect(await held(m)).to.equal(HELD_GRAMS - 300n);
  });

  it("waits longer by every pause, and a pause alone ends no wait", async () => {
    const m = await loadFixture(waiting);
    const p = m.programmes.connect(m.authority);
    const from = await lowered(m, 900n, HELD_GRAMS);
    await p.pauseProgramme(PROGRAMME, DOCUMENT);
    const paused = await now();
    await time.increase(2n * WAIT_SECONDS);
    expect(await m.poolReserve.floorOf(PROGRAMME)).to.deep.equal([HELD_GRAMS, 900n, from]);
    await p.resumeProgramme(PROGRAMME, DOCUMENT);
    const lost = (await now()) - paused;
    await floor(m, HELD_GRAMS, 900n, from);
    await time.increaseTo(from + lost - 1n);
    expect(await m.poolReserve.floorOf(PROGRAMME)).to.deep.equal([HELD_GRAMS, 900n, from]);
    await time.increaseTo(from + lost);
    await floor(m, 900n);
  });

  it("starts again when a still lower one takes its place", async () => {
    const m = await loadFixture(waiting);
    const first = await lowered(m, 900n, HELD_GRAMS);
    await time.increaseTo(first - 10n);
    const second = await lowered(m, 100n, HELD_GRAMS);
    await time.increaseTo(first + 10n);
    await floor(m, HELD_GRAMS, 100n, second);
    await time.increaseTo(second);
    await floor(m, 100n);
  });

  it("gives its time to one that is not below it, and to no other", async () => {
    const m = await loadFixture(waiting);
    const first = await lowered(m, 500n, HELD_GRAMS);
    await time.increaseTo(first - 100n);
    for (const grams of [500n, 700n]) {
      await anchor(m, grams * 1_000n);
      await floor(m, HELD_GRAMS, grams, first);
    }
    await time.increaseTo(first - 50n);
    // 500 g were told long ago, but what is withdrawn is told by the last word.
    const again = await lowered(m, 500n, HELD_GRAMS);
    await time.increaseTo(first);
    await floor(m, HELD_GRAMS, 500n, again);
  });

  it("ends when a total is anchored that is not below the floor", async () => {
    const m = await loadFixture(waiting);
    const first = await lowered(m, 500n, HELD_GRAMS);
    await time.increaseTo(first - 100n);
    await anchor(m, HELD_GRAMS * 1_000n);
    await floor(m, HELD_GRAMS);
    const second = await lowered(m, 500n, HELD_GRAMS);
    await time.increaseTo(first);
    await floor(m, HELD_GRAMS, 500n, second);
    await time.increaseTo(second);
    // The floor fell although nobody wrote so; from there it rises at once and falls slowly.
    await anchor(m, 600_000n);
    await floor(m, 600n);
    await floor(m, 600n, 599n, await lowered(m, 599n, 600n));
  });

  it("keeps the time it was given when another wait is decided later", async () => {
    const m = await loadFixture(waiting);
    const from = await lowered(m, 500n, HELD_GRAMS);
    await setParameters(m, { "pool.lowerSeconds": 0n });
    await floor(m, HELD_GRAMS, 500n, from);
    await anchor(m, 400_000n);
    await floor(m, 400n);
  });

  it("waits a year at most, whatever is decided", async () => {
    const m = await loadFixture(waiting);
    await setParameters(m, { "pool.lowerSeconds": 1n << 100n });
    await anchor(m, 500_000n);
    const most = (await m.poolReserve.MOST_LOWER_SECONDS()) as bigint;
    expect(most).to.equal(365n * 86_400n);
    await floor(m, HELD_GRAMS, 500n, (await now()) + most);
  });

  it("is what a deficit is counted to", async () => {
    const m = await loadFixture(waiting);
    await voidOf(m, OTHER_ID, 150n);
    const from = await lowered(m, 850n, HELD_GRAMS);
    expect(await m.poolReserve.deficitGrams(PROGRAMME)).to.equal(150n);
    await time.increaseTo(from);
    expect(await m.poolReserve.deficitGrams(PROGRAMME)).to.equal(0n);
    await expect(voidOf(m, OTHER_ID, 1n))
      .to.emit(m.poolReserve, "PoolVoided")
      .withArgs(PROGRAMME, OTHER_ID, 1, 1);
  });
});

describe("PoolReserve: epochs", () => {
  it("say all of the tree and stay as they were", async () => {
    const m = await loadFixture(pool);
    const tree = await treeOf(LINES);
    await expect(m.reserve.anchor(PROGRAMME, tree.root, tree.total, 2, 1, FILE))
      .to.emit(m.reserve, "PoolAnchored")
      .withArgs(PROGRAMME, 1, tree.root, tree.total, 2, 1, FILE, HELD_GRAMS, 0);
    const first = [tree.root, FILE, tree.total, 2n, 1n, await now()];
    await anchor(m, 5_000n);
    expect(await m.poolReserve.epochOf(PROGRAMME, 1)).to.deep.equal(first);
    expect(await m.poolReserve.anchoredGrams(PROGRAMME)).to.equal(5n);
    for (const epoch of [0, 3]) {
      await expect(m.poolReserve.epochOf(PROGRAMME, epoch))
        .to.be.revertedWithCustomError(m.poolReserve, "PoolReserveEpochUnknown")
        .withArgs(PROGRAMME, epoch);
    }
  });

  it("prove each line, and none that is another's, elsewhere, or of part grams", async () => {
    const m = await loadFixture(anchored);
    const { siblings } = m.tree;
    const verify = (epoch: number, index: number, leaf: Line, path: unknown) =>
      m.poolReserve.verifyLine(PROGRAMME, epoch, index, leaf, path);
    for (const [index, leaf] of LINES.entries()) {
      expect(await verify(1, index, leaf, siblings[index])).to.equal(true);
      expect(await verify(1, 1 - index, leaf, siblings[index])).to.equal(false);
      const more = { ...leaf, milligrams: leaf.milligrams + 1_000n };
      expect(await verify(1, index, more, siblings[index])).to.equal(false);
      expect(await verify(1, index, leaf, siblings[1 - index])).to.equal(false);
      expect(await verify(1, index, leaf, [])).to.equal(false);
    }
    await expect(verify(2, 0, LINES[0], siblings[0])).to.be.revertedWithCustomError(
      m.poolReserve,
      "PoolReserveEpochUnknown",
    );
    const parts = [line("one", 600_500n), line("two", 399_500n)] as const;
    const tree = await treeOf(parts);
    await m.reserve.anchor(PROGRAMME, tree.root, tree.total, 2, 1, FILE);
    expect(await verify(2, 0, parts[0], tree.siblings[0])).to.equal(false);
    expect(await verify(1, 0, LINES[0], siblings[0])).to.equal(true);
  });
});
