import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import {
  acting,
  CONTENT,
  EVENT_NEUTRALITY,
  ethers,
  HELD,
  networkHelpers,
  RETIRE_TYPES,
  retireIntent,
  STANDING,
  signFor,
  type TokenRegistry,
  TRANSFER_TYPES,
  tokenRegistry,
  transferIntent,
  ZeroHash,
} from "./tokenSupport.ts";

const { loadFixture } = networkHelpers;

type Exit = {
  name: string;
  /** Takes grams of the owner's first id out. */
  leave(r: TokenRegistry, grams: bigint): Promise<ContractTransactionResponse>;
  /** Where they go; AccountGuard is told. */
  to(r: TokenRegistry): string;
};

const enterprise = (r: TokenRegistry) => r.enterprise.address;
const nowhere = () => ethers.ZeroAddress;
const line = (tokenId: bigint, grams: bigint) => ({ tokenId, grams, beneficiary: ZeroHash });

/** Every way in which units leave an account by its own order. */
const EXITS: Exit[] = [
  {
    name: "safeTransferFrom",
    leave: (r, grams) =>
      r.token
        .connect(r.owner)
        .safeTransferFrom(r.owner.address, r.enterprise.address, r.first, grams, "0x"),
    to: enterprise,
  },
  {
    name: "safeTransferFrom by an operator of the account",
    leave: async (r, grams) => {
      await r.token.connect(r.owner).setApprovalForAll(r.outsider.address, true);
      return r.token
        .connect(r.outsider)
        .safeTransferFrom(r.owner.address, r.enterprise.address, r.first, grams, "0x");
    },
    to: enterprise,
  },
  {
    name: "safeBatchTransferFrom",
    leave: (r, grams) =>
      r.token
        .connect(r.owner)
        .safeBatchTransferFrom(
          r.owner.address,
          r.enterprise.address,
          [r.first, r.second, r.first],
          [grams - 1n, 5n, 1n],
          "0x",
        ),
    to: enterprise,
  },
  {
    name: "transferByIntent",
    leave: async (r, grams) => {
      const intent = transferIntent(r, { grams });
      const signature = await signFor(
        r.token,
        "Tanpu ReductionToken",
        r.owner,
        TRANSFER_TYPES,
        intent,
      );
      return r.token.connect(r.outsider).transferByIntent(intent, signature);
    },
    to: enterprise,
  },
  {
    name: "pull",
    leave: (r, grams) => r.token.connect(r.pledge).pull(r.owner.address, r.first, grams),
    to: (r) => r.pledge.address,
  },
  {
    name: "retire",
    leave: (r, grams) => r.token.connect(r.owner).retire(r.first, grams, 1, CONTENT),
    to: nowhere,
  },
  {
    name: "retireBatch",
    leave: (r, grams) =>
      r.token
        .connect(r.owner)
        .retireBatch(
          [line(r.first, 1n), line(r.second, 5n), line(r.first, grams - 1n)],
          1,
          CONTENT,
        ),
    to: nowhere,
  },
  {
    name: "retireByIntent",
    leave: async (r, grams) => {
      const intent = retireIntent(r, { grams });
      const signature = await signFor(
        r.token,
        "Tanpu ReductionToken",
        r.owner,
        RETIRE_TYPES,
        intent,
      );
      return r.token.connect(r.outsider).retireByIntent(intent, signature);
    },
    to: nowhere,
  },
  {
    name: "retireConsumed",
    leave: async (r, grams) =>
      r.token
        .connect(await acting(r.certificate))
        .retireConsumed(r.owner.address, r.first, grams, EVENT_NEUTRALITY, CONTENT),
    to: nowhere,
  },
  {
    name: "retireAndCertify",
    leave: (r, grams) =>
      r.certificate
        .connect(r.owner)
        .retireAndCertify(r.first, grams, EVENT_NEUTRALITY, CONTENT, grams, 1, CONTENT),
    to: nowhere,
  },
];

/** 400 g of the owner's first id are frozen. */
async function partlyFrozen() {
  const r = await tokenRegistry();
  await r.freezes.setFrozen(r.owner.address, r.first, 400);
  await r.token.connect(await acting(r.freezes)).setPartlyFrozen(r.owner.address, true);
  return r;
}

async function guarded() {
  const r = await tokenRegistry();
  await r.token.connect(await acting(r.accountGuard)).setGuarded(r.owner.address, true);
  return r;
}

async function frozenAndGuarded() {
  const r = await partlyFrozen();
  await r.token.connect(await acting(r.accountGuard)).setGuarded(r.owner.address, true);
  return r;
}

const FREE = HELD - 400n;

for (const exit of EXITS) {
  describe(`ReductionToken: units that leave by ${exit.name}`, () => {
    it("stay with an account that is frozen, closed or none", async () => {
      const r = await loadFixture(tokenRegistry);
      const { open, frozen, closed, guarded: guard, partlyFrozen: part } = STANDING;
      for (const standing of [0, open | frozen, closed, closed | frozen]) {
        await r.asProgrammes.setStanding(r.owner.address, standing);
        await expect(exit.leave(r, 10n))
          .to.be.revertedWithCustomError(r.token, "ReductionTokenStanding")
          .withArgs(r.owner.address, standing);
      }
      await r.token.connect(await acting(r.accountGuard)).setGuarded(r.owner.address, true);
      await r.token.connect(await acting(r.freezes)).setPartlyFrozen(r.owner.address, true);
      await r.asProgrammes.setStanding(r.owner.address, open | frozen);
      await expect(exit.leave(r, 10n))
        .to.be.revertedWithCustomError(r.token, "ReductionTokenStanding")
        .withArgs(r.owner.address, open | frozen | guard | part);
      expect(await r.accountGuard.spendings()).to.equal(0);
    });

    it("leave what is partly frozen behind, by a single gram", async () => {
      const r = await loadFixture(partlyFrozen);
      await expect(exit.leave(r, FREE + 1n))
        .to.be.revertedWithCustomError(r.token, "ReductionTokenPartlyFrozen")
        .withArgs(r.owner.address, r.first, 399, 400);
      await exit.leave(r, FREE);
      expect(await r.token.balanceOf(r.owner.address, r.first)).to.equal(400);
    });

    it("leave when the freeze has ended before its bit was cleared", async () => {
      const r = await loadFixture(partlyFrozen);
      await r.freezes.setFrozen(r.owner.address, r.first, 0);
      await exit.leave(r, HELD);
      expect(await r.token.balanceOf(r.owner.address, r.first)).to.equal(0);
    });

    it("stay when AccountGuard refuses, and it is told where they go", async () => {
      const r = await loadFixture(guarded);
      await r.accountGuard.setRefusesSpending(true);
      await expect(exit.leave(r, 10n))
        .to.be.revertedWithCustomError(r.accountGuard, "SurroundingsRefused")
        .withArgs(r.owner.address, exit.to(r));
      await r.accountGuard.setRefusesSpending(false);
      await exit.leave(r, 10n);
      expect(await r.accountGuard.spendings()).to.equal(1);
      expect(await r.accountGuard.lastTo()).to.equal(exit.to(r));
    });

    it("stay for either reason where an account has both", async () => {
      const r = await loadFixture(frozenAndGuarded);
      await expect(exit.leave(r, FREE + 1n)).to.be.revertedWithCustomError(
        r.token,
        "ReductionTokenPartlyFrozen",
      );
      // What AccountGuard noted of the attempt is undone with it.
      expect(await r.accountGuard.spendings()).to.equal(0);
      await r.accountGuard.setRefusesSpending(true);
      await expect(exit.leave(r, 1n + 9n)).to.be.revertedWithCustomError(
        r.accountGuard,
        "SurroundingsRefused",
      );
    });

    it("stay when the id is suspended or its programme paused", async () => {
      const r = await loadFixture(tokenRegistry);
      await r.token.connect(r.issuance).setIdState(r.first, 2);
      await expect(exit.leave(r, 10n))
        .to.be.revertedWithCustomError(r.token, "ReductionTokenState")
        .withArgs(r.first, 2);
      await r.token.connect(r.issuance).setIdState(r.first, 1);
      await r.asProgrammes.setPaused(1, true);
      await expect(exit.leave(r, 10n))
        .to.be.revertedWithCustomError(r.token, "ReductionTokenPaused")
        .withArgs(1);
    });
  });
}

describe("ReductionToken: accounts with a guard or a partial freeze", () => {
  it("receive as any other", async () => {
    const r = await loadFixture(frozenAndGuarded);
    await r.accountGuard.setRefusesSpending(true);
    const e = r.token.connect(r.enterprise);
    await r.token
      .connect(r.corrections)
      .forceTransfer(r.owner.address, enterprise(r), r.first, 9, CONTENT);
    await e.safeTransferFrom(r.enterprise.address, r.owner.address, r.first, 9, "0x");
    await r.token.connect(r.issuance).mint(r.owner.address, r.first + 9n, 5);
    expect(await r.token.balanceOf(r.owner.address, r.first)).to.equal(HELD);
  });

  it("keep other ids free", async () => {
    const r = await loadFixture(partlyFrozen);
    const t = r.token.connect(r.owner);
    await t.safeTransferFrom(r.owner.address, r.enterprise.address, r.second, HELD, "0x");
    expect(await r.token.balanceOf(r.enterprise.address, r.second)).to.equal(HELD);
  });

  it("that hold less than is frozen move nothing of that id until it is covered", async () => {
    const r = await loadFixture(partlyFrozen);
    await r.token.connect(r.corrections).voidGrams(r.owner.address, r.first, FREE + 1n, CONTENT);
    const t = r.token.connect(r.owner);
    await expect(t.safeTransferFrom(r.owner.address, r.enterprise.address, r.first, 0, "0x"))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenPartlyFrozen")
      .withArgs(r.owner.address, r.first, 399, 400);
    await r.token.connect(r.corrections).reissue(r.owner.address, r.first, 2, CONTENT);
    await t.safeTransferFrom(r.owner.address, r.enterprise.address, r.first, 1, "0x");
    expect(await r.token.balanceOf(r.owner.address, r.first)).to.equal(400);
  });
});
