import { expect } from "chai";
import {
  acting,
  create,
  ethers,
  HELD,
  id,
  networkHelpers,
  PROGRAMME,
  STANDING,
  type TokenRegistry,
  tokenRegistry,
  walletOf,
} from "./tokenSupport.ts";

const { loadFixture } = networkHelpers;
const REASON = id("reason");

const transfer = (r: TokenRegistry, grams = 1n, tokenId = r.first) =>
  r.token
    .connect(r.owner)
    .safeTransferFrom(r.owner.address, r.enterprise.address, tokenId, grams, "0x");

describe("ReductionToken: who may push into it", () => {
  it("each entry has its own callers, and nobody else", async () => {
    const r = await loadFixture(tokenRegistry);
    const { first } = r;
    const to = r.owner.address;
    const places: Record<string, Parameters<typeof r.token.connect>[0]> = {
      issuance: r.issuance,
      programmes: await acting(r.programmes),
      accountGuard: await acting(r.accountGuard),
      freezes: await acting(r.freezes),
      doubleCount: await acting(r.doubleCount),
      certificate: await acting(r.certificate),
      corrections: r.corrections,
      settlement: r.settlement,
      owner: r.owner,
      registrar: r.registrar,
    };
    const entries: [string, readonly unknown[], string, string[]][] = [
      ["mint", [to, 5, 5], "NotIssuance", ["issuance"]],
      ["setIdState", [first, 2], "NotIssuance", ["issuance"]],
      ["setStanding", [to, 1], "NotProgrammes", ["programmes"]],
      ["setPaused", [PROGRAMME, false], "NotProgrammes", ["programmes"]],
      ["setGuarded", [to, true], "NotAccountGuard", ["accountGuard"]],
      ["setPartlyFrozen", [to, true], "NotFreezes", ["freezes"]],
      ["consume", [REASON], "NotCertificate", ["certificate"]],
      ["retireConsumed", [to, first, 1, 3, REASON], "NotCertificate", ["certificate"]],
      ["forceTransfer", [to, to, first, 1, REASON], "NotCorrections", ["corrections"]],
      ["reissue", [to, first, 1, REASON], "NotCorrections", ["corrections"]],
      ["voidGrams", [to, first, 1, REASON], "NotCorrections", ["corrections", "doubleCount"]],
      ["pull", [to, first, 1], "NotCustodian", ["settlement"]],
    ];
    for (const [name, args, error, callers] of entries) {
      for (const [place, signer] of Object.entries(places)) {
        if (callers.includes(place)) continue;
        await expect(r.token.connect(signer).getFunction(name)(...args), `${name} by ${place}`)
          .to.be.revertedWithCustomError(r.token, `ReductionToken${error}`)
          .withArgs(await (signer as typeof r.owner).getAddress());
      }
    }
  });

  it("an id is minted once, never empty, to an open account, and only an issued id has a state", async () => {
    const r = await loadFixture(tokenRegistry);
    const t = r.token.connect(r.issuance);
    await expect(t.mint(r.owner.address, r.first, 5))
      .to.be.revertedWithCustomError(t, "ReductionTokenExists")
      .withArgs(r.first);
    await expect(t.mint(r.owner.address, 5, 0)).to.be.revertedWithCustomError(
      t,
      "ReductionTokenGramsZero",
    );
    await expect(t.mint(r.outsider.address, 5, 5))
      .to.be.revertedWithCustomError(t, "ReductionTokenStanding")
      .withArgs(r.outsider.address, 0);
    await expect(t.setIdState(5, 2))
      .to.be.revertedWithCustomError(t, "ReductionTokenUnknown")
      .withArgs(5);
    await r.asProgrammes.setPaused(PROGRAMME, true);
    await expect(t.mint(r.owner.address, r.first + 9n, 5))
      .to.be.revertedWithCustomError(t, "ReductionTokenPaused")
      .withArgs(PROGRAMME);
  });

  it("an id may hold all grams of 64 bits", async () => {
    const r = await loadFixture(tokenRegistry);
    const most = 2n ** 64n - 1n;
    const tokenId = r.first + 9n;
    await r.token.connect(r.issuance).mint(r.owner.address, tokenId, most);
    const t = r.token.connect(r.owner);
    const least = 2n ** 56n - 1n;
    for (let k = 0n; k < 3n; k++) await t.retire(tokenId, least, 3, id(`${k}`));
    expect(await t.supplyOf(tokenId)).to.deep.equal([true, 1n, most, 3n * least, 0n]);
    const left = most - 3n * least;
    await r.token.connect(r.corrections).voidGrams(r.owner.address, tokenId, left, REASON);
    expect(await t.supplyOf(tokenId)).to.deep.equal([true, 1n, most, 3n * least, left]);
    expect(await t.balanceOf(r.owner.address, tokenId)).to.equal(0);
    await r.token.connect(r.issuance).setIdState(tokenId, 2);
    expect(await t.supplyOf(tokenId)).to.deep.equal([true, 2n, most, 3n * least, left]);
  });
});

describe("ReductionToken: further issuers", () => {
  it("are added by the registry only, once, and never nobody", async () => {
    const r = await loadFixture(tokenRegistry);
    await expect(r.token.connect(r.owner).addIssuer(r.outsider.address))
      .to.be.revertedWithCustomError(r.token, "AccessManagedUnauthorized")
      .withArgs(r.owner.address);
    await expect(r.token.addIssuer(ethers.ZeroAddress)).to.be.revertedWithCustomError(
      r.token,
      "ReductionTokenIssuerZero",
    );
    await expect(r.token.addIssuer(r.issuance.address))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenIssuerKnown")
      .withArgs(r.issuance.address);
    await r.token.addIssuer(r.outsider.address);
    await expect(r.token.addIssuer(r.outsider.address))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenIssuerKnown")
      .withArgs(r.outsider.address);
  });

  it("mint beside the first one, and no issuer mints what another did", async () => {
    const r = await loadFixture(tokenRegistry);
    await expect(r.token.addIssuer(r.outsider.address))
      .to.emit(r.token, "TokenIssuerAdded")
      .withArgs(r.outsider.address);
    const next = r.token.connect(r.outsider);
    await expect(next.mint(r.owner.address, r.first, 5))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenExists")
      .withArgs(r.first);
    await next.mint(r.owner.address, r.first + 9n, 5);
    await r.token.connect(r.issuance).mint(r.owner.address, r.first + 10n, 5);
    await next.setIdState(r.first, 2);
    for (const account of [r.issuance, r.outsider]) {
      expect(await r.token.isIssuer(account.address)).to.equal(true);
    }
    expect(await r.token.isIssuer(r.owner.address)).to.equal(false);
  });
});

describe("ReductionToken: standing", () => {
  it("of Settlement, Pledge and PoolReserve is open from the start and nobody's to change", async () => {
    const r = await loadFixture(tokenRegistry);
    for (const account of [r.wiring.settlement, r.wiring.pledge, r.wiring.poolReserve]) {
      expect(await r.token.standingOf(account)).to.equal(STANDING.open);
      await expect(r.asProgrammes.setStanding(account, STANDING.frozen))
        .to.be.revertedWithCustomError(r.token, "ReductionTokenStandingFixed")
        .withArgs(account);
    }
    const deployed = await create("ReductionToken", [r.access, r.wiring]);
    await expect(deployed.deploymentTransaction())
      .to.emit(deployed, "StandingSet")
      .withArgs(r.wiring.settlement, STANDING.open)
      .and.to.emit(deployed, "StandingSet")
      .withArgs(r.wiring.pledge, STANDING.open)
      .and.to.emit(deployed, "StandingSet")
      .withArgs(r.wiring.poolReserve, STANDING.open);
  });

  it("keeps the bits of guard and freezes, whatever the programme decides", async () => {
    const r = await loadFixture(tokenRegistry);
    const guard = r.token.connect(await acting(r.accountGuard));
    const freezes = r.token.connect(await acting(r.freezes));
    const account = r.owner.address;
    const { open, frozen, guarded, partlyFrozen, closed } = STANDING;
    const now = () => r.token.standingOf(account);
    await expect(guard.setGuarded(account, true))
      .to.emit(r.token, "StandingSet")
      .withArgs(account, open | guarded);
    await expect(freezes.setPartlyFrozen(account, true))
      .to.emit(r.token, "StandingSet")
      .withArgs(account, open | guarded | partlyFrozen);
    await r.asProgrammes.setStanding(account, open | frozen);
    expect(await now()).to.equal(open | frozen | guarded | partlyFrozen);
    await guard.setGuarded(account, false);
    expect(await now()).to.equal(open | frozen | partlyFrozen);
    await r.asProgrammes.setStanding(account, closed | guarded);
    expect(await now()).to.equal(closed | partlyFrozen);
    await freezes.setPartlyFrozen(account, false);
    expect(await now()).to.equal(closed);
  });
});

describe("ReductionToken: transfers", () => {
  it("are refused to and from whoever has no open account", async () => {
    const r = await loadFixture(tokenRegistry);
    await expect(
      r.token
        .connect(r.owner)
        .safeTransferFrom(r.owner.address, r.outsider.address, r.first, 1, "0x"),
    )
      .to.be.revertedWithCustomError(r.token, "ReductionTokenStanding")
      .withArgs(r.outsider.address, 0);
    for (const party of [r.owner, r.enterprise]) {
      for (const standing of [0, STANDING.open | STANDING.frozen, STANDING.closed]) {
        await r.asProgrammes.setStanding(party.address, standing);
        await expect(transfer(r))
          .to.be.revertedWithCustomError(r.token, "ReductionTokenStanding")
          .withArgs(party.address, standing);
      }
      await r.asProgrammes.setStanding(party.address, STANDING.open);
    }
  });

  it("are refused for ids never issued, suspended, or of a paused programme", async () => {
    const r = await loadFixture(tokenRegistry);
    await expect(transfer(r, 0n, 5n))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenUnknown")
      .withArgs(5);
    await r.token.connect(r.issuance).setIdState(r.first, 2);
    await expect(transfer(r))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenState")
      .withArgs(r.first, 2);
    await r.token.connect(r.issuance).setIdState(r.first, 1);
    await r.asProgrammes.setPaused(PROGRAMME, true);
    await expect(transfer(r))
      .to.be.revertedWithCustomError(r.token, "ReductionTokenPaused")
      .withArgs(PROGRAMME);
    expect(await r.token.isPaused(PROGRAMME)).to.equal(true);
    await transfer(r, 1n, r.foreign);
    await r.asProgrammes.setPaused(PROGRAMME, false);
    await transfer(r);
  });

  it("are refused beyond the balance and to whoever has no approval", async () => {
    const r = await loadFixture(tokenRegistry);
    await expect(transfer(r, HELD + 1n))
      .to.be.revertedWithCustomError(r.token, "ERC1155InsufficientBalance")
      .withArgs(r.owner.address, HELD, HELD + 1n, r.first);
    const move = [r.owner.address, r.enterprise.address, r.first, 1, "0x"] as const;
    await expect(r.token.connect(r.enterprise).safeTransferFrom(...move))
      .to.be.revertedWithCustomError(r.token, "ERC1155MissingApprovalForAll")
      .withArgs(r.enterprise.address, r.owner.address);
    // Those that pull have no other right than that.
    await expect(r.token.connect(r.settlement).safeTransferFrom(...move))
      .to.be.revertedWithCustomError(r.token, "ERC1155MissingApprovalForAll")
      .withArgs(r.settlement.address, r.owner.address);
  });

  it("in a batch are held to the same rules, for every id", async () => {
    const r = await loadFixture(tokenRegistry);
    const batch = () =>
      r.token
        .connect(r.owner)
        .safeBatchTransferFrom(
          r.owner.address,
          r.enterprise.address,
          [r.first, r.second],
          [1, 2],
          "0x",
        );
    await r.token.connect(r.issuance).setIdState(r.second, 2);
    await expect(batch())
      .to.be.revertedWithCustomError(r.token, "ReductionTokenState")
      .withArgs(r.second, 2);
    await r.token.connect(r.issuance).setIdState(r.second, 1);
    await batch();
    expect(await r.token.balanceOf(r.enterprise.address, r.second)).to.equal(2);
  });

  it("move grams between open accounts", async () => {
    const r = await loadFixture(tokenRegistry);
    await expect(transfer(r, 4_000n))
      .to.emit(r.token, "TransferSingle")
      .withArgs(r.owner.address, r.owner.address, r.enterprise.address, r.first, 4_000);
    expect(await r.token.balanceOf(r.owner.address, r.first)).to.equal(6_000);
    expect(await r.token.balanceOf(r.enterprise.address, r.first)).to.equal(4_000);
    expect(await r.accountGuard.spendings()).to.equal(0);
  });
});

describe("ReductionToken: units that custodians pull", () => {
  it("are refused as any transfer is", async () => {
    const r = await loadFixture(tokenRegistry);
    const pull = (grams = 1n) =>
      r.token.connect(r.settlement).pull(r.owner.address, r.first, grams);
    await expect(pull(HELD + 1n))
      .to.be.revertedWithCustomError(r.token, "ERC1155InsufficientBalance")
      .withArgs(r.owner.address, HELD, HELD + 1n, r.first);
    await expect(r.token.connect(r.settlement).pull(ethers.ZeroAddress, r.first, 1))
      .to.be.revertedWithCustomError(r.token, "ERC1155InvalidSender")
      .withArgs(ethers.ZeroAddress);
    await r.token.connect(r.issuance).setIdState(r.first, 2);
    await expect(pull()).to.be.revertedWithCustomError(r.token, "ReductionTokenState");
    await r.token.connect(r.issuance).setIdState(r.first, 1);
    await r.asProgrammes.setPaused(PROGRAMME, true);
    await expect(pull()).to.be.revertedWithCustomError(r.token, "ReductionTokenPaused");
  });

  it("arrive at who asked, without a hook", async () => {
    const r = await loadFixture(tokenRegistry);
    const pool = await acting(r.poolReserve);
    for (const custodian of [r.settlement, r.pledge, pool]) {
      await expect(r.token.connect(custodian).pull(r.owner.address, r.first, 3))
        .to.emit(r.token, "TransferSingle")
        .withArgs(custodian.address, r.owner.address, custodian.address, r.first, 3);
      expect(await r.token.balanceOf(custodian.address, r.first)).to.equal(3);
    }
  });
});

describe("ReductionToken: receivers that are contracts", () => {
  it("may refuse, or not know what they receive", async () => {
    const r = await loadFixture(tokenRegistry);
    const { wallet, address } = await walletOf(r);
    await wallet.setRefuses(true);
    const send = (to: string) =>
      r.token.connect(r.owner).safeTransferFrom(r.owner.address, to, r.first, 1, "0x");
    await expect(send(address)).to.be.revertedWithCustomError(wallet, "ContractWalletRefuses");
    await expect(
      r.token.connect(r.issuance).mint(address, r.first + 9n, 1),
    ).to.be.revertedWithCustomError(wallet, "ContractWalletRefuses");
    const deaf = await r.certificate.getAddress();
    await r.asProgrammes.setStanding(deaf, STANDING.open);
    await expect(send(deaf))
      .to.be.revertedWithCustomError(r.token, "ERC1155InvalidReceiver")
      .withArgs(deaf);
  });

  it("may spend in the hook only what they have, once", async () => {
    const r = await loadFixture(tokenRegistry);
    const { wallet, address } = await walletOf(r);
    const token = await r.token.getAddress();
    const encode = (name: string, args: readonly unknown[]) =>
      r.token.interface.encodeFunctionData(name, args);
    const calls: [string, string][] = [
      ["retire all", encode("retire", [r.first, 1_100, 3, REASON])],
      ["retire one more", encode("retire", [r.first, 1, 3, REASON])],
      [
        "take from the sender",
        encode("safeTransferFrom", [r.owner.address, address, r.first, 1, "0x"]),
      ],
      ["mint", encode("mint", [address, r.first + 9n, 1])],
    ];
    const failed: boolean[] = [];
    for (const [, call] of calls) {
      await wallet.setCallback(token, call);
      const grams = failed.length === 0 ? 100 : 0;
      await r.token
        .connect(r.owner)
        .safeTransferFrom(r.owner.address, address, r.first, grams, "0x");
      failed.push(await wallet.callbackFailed());
    }
    expect(failed).to.deep.equal([false, true, true, true]);
    expect(await r.token.balanceOf(address, r.first)).to.equal(0);
    expect(await r.token.supplyOf(r.first)).to.deep.equal([true, 1n, HELD, 1_100n, 0n]);
  });

  it("may retire what is being minted to them, and nothing is counted twice", async () => {
    const r = await loadFixture(tokenRegistry);
    const { wallet, address } = await walletOf(r);
    const tokenId = r.first + 9n;
    const call = r.token.interface.encodeFunctionData("retire", [tokenId, 70, 3, REASON]);
    await wallet.setCallback(await r.token.getAddress(), call);
    await r.token.connect(r.issuance).mint(address, tokenId, 100);
    expect(await wallet.callbackFailed()).to.equal(false);
    expect(await r.token.supplyOf(tokenId)).to.deep.equal([true, 1n, 100n, 70n, 0n]);
    expect(await r.token.balanceOf(address, tokenId)).to.equal(30);
  });
});

describe("ReductionToken: what it is", () => {
  it("supports ERC-165, ERC-1155 and its metadata extension", async () => {
    const r = await loadFixture(tokenRegistry);
    for (const interfaceId of ["0x01ffc9a7", "0xd9b67a26", "0x0e89341c"]) {
      expect(await r.token.supportsInterface(interfaceId)).to.equal(true);
    }
    expect(await r.token.supportsInterface("0xffffffff")).to.equal(false);
    expect(await r.token.supplyOf(5)).to.deep.equal([false, 0n, 0n, 0n, 0n]);
    expect(await r.token.uri(r.first)).to.equal("");
  });
});
