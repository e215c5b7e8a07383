import { expect } from "chai";
import {
  acting,
  CONTENT,
  ethers,
  HELD,
  id,
  networkHelpers,
  PROGRAMME,
  retire,
  STANDING,
  type TokenRegistry,
  tokenRegistry,
  walletOf,
} from "./tokenSupport.ts";

const { loadFixture } = networkHelpers;
const REASON = id("judgment");

const force = (r: TokenRegistry, from: string, to: string, grams = 10n, tokenId = r.first) =>
  r.token.connect(r.corrections).forceTransfer(from, to, tokenId, grams, REASON);
const voidGrams = (r: TokenRegistry, from: string, grams = 10n, tokenId = r.first) =>
  r.token.connect(r.corrections).voidGrams(from, tokenId, grams, REASON);
const reissue = (r: TokenRegistry, to: string, grams = 10n, tokenId = r.first) =>
  r.token.connect(r.corrections).reissue(to, tokenId, grams, REASON);

/** All of the owner's account stands still: frozen, guarded by a guard that refuses, all grams frozen. */
async function locked() {
  const r = await tokenRegistry();
  const { address } = r.owner;
  await r.asProgrammes.setStanding(address, STANDING.open | STANDING.frozen);
  await r.token.connect(await acting(r.accountGuard)).setGuarded(address, true);
  await r.accountGuard.setRefusesSpending(true);
  await r.token.connect(await acting(r.freezes)).setPartlyFrozen(address, true);
  await r.freezes.setFrozen(address, r.first, HELD);
  await r.token.connect(r.issuance).setIdState(r.first, 2);
  return r;
}

/** Settlement, Pledge and PoolReserve hold 100 g each. */
async function inCustody() {
  const r = await tokenRegistry();
  const pool = await acting(r.poolReserve);
  for (const custodian of [r.settlement, r.pledge, pool]) {
    await r.token.connect(custodian).pull(r.owner.address, r.first, 100);
  }
  return { ...r, pool };
}

describe("ReductionToken: forced transfer", () => {
  it("is refused for no grams, from nobody, beyond the balance, to whoever is not open", async () => {
    const r = await loadFixture(tokenRegistry);
    const [from, to] = [r.owner.address, r.enterprise.address];
    await expect(force(r, from, to, 0n)).to.be.revertedWithCustomError(
      r.token,
      "ReductionTokenGramsZero",
    );
    await expect(force(r, ethers.ZeroAddress, to))
      .to.be.revertedWithCustomError(r.token, "ERC1155InvalidSender")
      .withArgs(ethers.ZeroAddress);
    await expect(force(r, from, to, HELD + 1n))
      .to.be.revertedWithCustomError(r.token, "ERC1155InsufficientBalance")
      .withArgs(from, HELD, HELD + 1n, r.first);
    await expect(force(r, from, to, 1n, 5n)).to.be.revertedWithCustomError(
      r.token,
      "ERC1155InsufficientBalance",
    );
    for (const nobody of [ethers.ZeroAddress, r.outsider.address]) {
      await expect(force(r, from, nobody))
        .to.be.revertedWithCustomError(r.token, "ReductionTokenStanding")
        .withArgs(nobody, 0);
    }
    await r.asProgrammes.setStanding(to, STANDING.closed);
    await expect(force(r, from, to))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenStanding")
      .withArgs(to, STANDING.closed);
  });

  it("is refused in a paused programme", async () => {
    const r = await loadFixture(tokenRegistry);
    await r.asProgrammes.setPaused(PROGRAMME, true);
    await expect(force(r, r.owner.address, r.enterprise.address))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenPaused")
      .withArgs(PROGRAMME);
  });

  it("is refused out of and into Settlement, Pledge and PoolReserve", async () => {
    const r = await loadFixture(inCustody);
    for (const { address } of [r.settlement, r.pledge, r.pool]) {
      await expect(force(r, address, r.enterprise.address))
        .to.be.revertedWithCustomError(r.token, "ReductionTokenInCustody")
        .withArgs(address);
      await expect(force(r, r.owner.address, address))
        .to.be.revertedWithCustomError(r.token, "ReductionTokenInCustody")
        .withArgs(address);
    }
  });

  it("is refused where the receiver's contract refuses, and undone", async () => {
    const r = await loadFixture(tokenRegistry);
    const { wallet, address } = await walletOf(r);
    await wallet.setRefuses(true);
    await expect(force(r, r.owner.address, address)).to.be.revertedWithCustomError(
      wallet,
      "ContractWalletRefuses",
    );
    expect(await r.token.balanceOf(address, r.first)).to.equal(1_000);
  });

  it("passes the holder's standing, guard and freezes and the state of the id", async () => {
    const r = await loadFixture(locked);
    const [from, to] = [r.owner.address, r.enterprise.address];
    await expect(force(r, from, to, HELD))
      .to.emit(r.token, "ForcedTransfer")
      .withArgs(r.first, from, to, HELD, REASON)
      .and.to.emit(r.token, "TransferSingle")
      .withArgs(r.corrections.address, from, to, r.first, HELD);
    expect(await r.token.balanceOf(to, r.first)).to.equal(HELD);
    expect(await r.token.supplyOf(r.first)).to.deep.equal([true, 2n, HELD, 0n, 0n]);
    expect(await r.accountGuard.spendings()).to.equal(0);
  });

  it("tells a receiving contract, which may spend what it has", async () => {
    const r = await loadFixture(tokenRegistry);
    const { wallet, address } = await walletOf(r);
    const call = r.token.interface.encodeFunctionData("retire", [r.first, 1_010, 3, CONTENT]);
    await wallet.setCallback(await r.token.getAddress(), call);
    await force(r, r.owner.address, address);
    expect(await wallet.callbackFailed()).to.equal(false);
    expect(await r.token.balanceOf(address, r.first)).to.equal(0);
  });
});

describe("ReductionToken: void", () => {
  it("is refused for no grams, from nobody, beyond the balance and in a paused programme", async () => {
    const r = await loadFixture(tokenRegistry);
    const from = r.owner.address;
    await expect(voidGrams(r, from, 0n)).to.be.revertedWithCustomError(
      r.token,
      "ReductionTokenGramsZero",
    );
    await expect(voidGrams(r, ethers.ZeroAddress))
      .to.be.revertedWithCustomError(r.token, "ERC1155InvalidSender")
      .withArgs(ethers.ZeroAddress);
    await expect(voidGrams(r, from, HELD + 1n))
      .to.be.revertedWithCustomError(r.token, "ERC1155InsufficientBalance")
      .withArgs(from, HELD, HELD + 1n, r.first);
    await r.asProgrammes.setPaused(PROGRAMME, true);
    await expect(voidGrams(r, from))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenPaused")
      .withArgs(PROGRAMME);
  });

  it("is refused of what Settlement and Pledge hold", async () => {
    const r = await loadFixture(inCustody);
    const doubleCount = r.token.connect(await acting(r.doubleCount));
    for (const { address } of [r.settlement, r.pledge]) {
      for (const by of [doubleCount, r.token.connect(r.corrections)]) {
        await expect(by.voidGrams(address, r.first, 1, REASON))
          .to.be.revertedWithCustomError(r.token, "ReductionTokenInCustody")
          .withArgs(address);
      }
    }
  });

  it("tells PoolReserve, and only it, of what it loses", async () => {
    const r = await loadFixture(inCustody);
    await voidGrams(r, r.owner.address, 7n);
    expect(await r.poolReserve.voidedGrams()).to.equal(0);
    await voidGrams(r, r.pool.address, 40n);
    expect(await r.poolReserve.voidedGrams()).to.equal(40);
    expect(await r.token.balanceOf(r.pool.address, r.first)).to.equal(60);
  });

  it("passes the holder's standing, guard and freezes and the state of the id", async () => {
    const r = await loadFixture(locked);
    const from = r.owner.address;
    const doubleCount = await acting(r.doubleCount);
    await expect(r.token.connect(doubleCount).voidGrams(from, r.first, 4_000, REASON))
      .to.emit(r.token, "Voided")
      .withArgs(r.first, from, 4_000, REASON)
      .and.to.emit(r.token, "TransferSingle")
      .withArgs(doubleCount.address, from, ethers.ZeroAddress, r.first, 4_000);
    await voidGrams(r, from, 6_000n);
    expect(await r.token.supplyOf(r.first)).to.deep.equal([true, 2n, HELD, 0n, HELD]);
    expect(await r.token.balanceOf(from, r.first)).to.equal(0);
  });

  it("takes no serials", async () => {
    const r = await loadFixture(tokenRegistry);
    await retire(r, 100n);
    await voidGrams(r, r.owner.address, 50n);
    await expect(r.token.connect(r.owner).retire(r.first, 10, 3, CONTENT)).to.emit(
      r.token,
      "Retired",
    );
    expect(await r.token.supplyOf(r.first)).to.deep.equal([true, 1n, HELD, 110n, 50n]);
  });
});

describe("ReductionToken: reissue", () => {
  async function voided() {
    const r = await tokenRegistry();
    await voidGrams(r, r.owner.address, 100n);
    return r;
  }

  it("is refused for no grams and beyond what is void, also of ids never issued", async () => {
    const r = await loadFixture(voided);
    const to = r.enterprise.address;
    await expect(reissue(r, to, 0n)).to.be.revertedWithCustomError(
      r.token,
      "ReductionTokenGramsZero",
    );
    await expect(reissue(r, to, 101n))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenVoidTooFew")
      .withArgs(r.first, 100, 101);
    for (const tokenId of [r.second, 5n]) {
      await expect(reissue(r, to, 1n, tokenId))
        .to.be.revertedWithCustomError(r.token, "ReductionTokenVoidTooFew")
        .withArgs(tokenId, 0, 1);
    }
  });

  it("is refused to whoever is not open, of a suspended id and in a paused programme", async () => {
    const r = await loadFixture(voided);
    await expect(reissue(r, r.outsider.address))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenStanding")
      .withArgs(r.outsider.address, 0);
    await expect(reissue(r, ethers.ZeroAddress))
      .to.be.revertedWithCustomError(r.token, "ERC1155InvalidReceiver")
      .withArgs(ethers.ZeroAddress);
    await r.token.connect(r.issuance).setIdState(r.first, 2);
    await expect(reissue(r, r.enterprise.address)).to.be.revertedWithCustomError(
      r.token,
      "ReductionTokenState",
    );
    await r.token.connect(r.issuance).setIdState(r.first, 1);
    await r.asProgrammes.setPaused(PROGRAMME, true);
    await expect(reissue(r, r.enterprise.address)).to.be.revertedWithCustomError(
      r.token,
      "ReductionTokenPaused",
    );
  });

  it("gives back what was void, never more, whatever a receiver does in its hook", async () => {
    const r = await loadFixture(voided);
    const { wallet, address } = await walletOf(r);
    const call = r.token.interface.encodeFunctionData("retire", [r.first, 1_060, 3, CONTENT]);
    await wallet.setCallback(await r.token.getAddress(), call);
    await expect(reissue(r, address, 60n))
      .to.emit(r.token, "Reissued")
      .withArgs(r.first, address, 60, REASON);
    expect(await wallet.callbackFailed()).to.equal(false);
    expect(await r.token.supplyOf(r.first)).to.deep.equal([true, 1n, HELD, 1_060n, 40n]);
    await expect(reissue(r, r.enterprise.address, 41n))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenVoidTooFew")
      .withArgs(r.first, 40, 41);
    await reissue(r, r.enterprise.address, 40n);
    expect((await r.token.supplyOf(r.first)).voidedGrams).to.equal(0);
  });
});
