import { expect } from "chai";
import {
  ACT_SECONDS,
  addAuthority,
  COMPANY,
  DOCUMENT,
  ethers,
  FOREIGN_UNITS,
  HELD,
  type Holdings,
  holdings,
  id,
  institution,
  key,
  networkHelpers,
  nextAt,
  now,
  OTHER_PROGRAMME,
  OTHER_UNITS,
  PROGRAMME,
  ROLE,
  type Signer,
  send,
  UNITS,
  UNKNOWN_UNITS,
  ZeroHash,
} from "./holdings.ts";
import { createWallet } from "./support.ts";

const { loadFixture, time } = networkHelpers;
const { ZeroAddress } = ethers;
const KIND = {
  judicial: 1,
  merger: 2,
  inheritance: 3,
  insolvency: 4,
  lostKey: 5,
  void: 6,
  reissue: 7,
  replace: 8,
} as const;
const STATE = { proposed: 1, executed: 2, rejected: 3, withdrawn: 4 } as const;
const DECISION = id("decision");

type Act = Record<keyof ReturnType<typeof transferOf>, unknown>;

/** A judicial transfer of 1,000 g from the holder to the buyer. */
function transferOf(h: Holdings) {
  return {
    kind: KIND.judicial as number,
    from: h.holder.address,
    to: h.buyer.address,
    liable: ZeroAddress,
    tokenId: UNITS,
    replacement: 0n,
    grams: 1_000n,
    voidAct: ZeroHash,
    document: DOCUMENT,
  };
}

const voidOf = (h: Holdings, changes: Partial<Act> = {}): Act => ({
  ...transferOf(h),
  kind: KIND.void,
  to: ZeroAddress,
  ...changes,
});

const reissueOf = (h: Holdings, voidAct: string, changes: Partial<Act> = {}): Act => ({
  ...transferOf(h),
  kind: KIND.reissue,
  from: ZeroAddress,
  voidAct,
  ...changes,
});

/** Voids 1,000 g of the buyer's and gives it as much of the other id from the holder. */
const replaceOf = (h: Holdings, changes: Partial<Act> = {}): Act => ({
  ...transferOf(h),
  kind: KIND.replace,
  from: h.buyer.address,
  to: ZeroAddress,
  liable: h.holder.address,
  replacement: OTHER_UNITS,
  ...changes,
});

/** Proposes an act and answers its id. */
async function propose(h: Holdings, act: Act, who: Signer = h.operator): Promise<string> {
  const corrections = h.corrections.connect(who);
  const actId: string = await corrections.propose.staticCall(act);
  await corrections.propose(act);
  return actId;
}

const approve = (h: Holdings, actId: string, who: Signer = h.authority) =>
  h.corrections.connect(who).approve(actId, DECISION);

/** Proposes and approves, and answers the act's id. */
async function execute(h: Holdings, act: Act): Promise<string> {
  const actId = await propose(h, act);
  await approve(h, actId);
  return actId;
}

const stateOf = async (h: Holdings, actId: string): Promise<number> =>
  Number((await h.corrections.actOf(actId)).state);

const held = (h: Holdings, who: Signer, units = UNITS): Promise<bigint> =>
  h.token.balanceOf(who.address, units);

describe("Corrections: proposing", () => {
  it("is refused to everybody but an operator of the units' programme", async () => {
    const h = await loadFixture(holdings);
    for (const who of [h.holder, h.authority, h.outsider, h.foreignOperator, h.registrar]) {
      await expect(h.corrections.connect(who).propose(transferOf(h)))
        .to.be.revertedWithCustomError(h.corrections, "CorrectionsRoleMissing")
        .withArgs(PROGRAMME, ROLE.operator, who.address);
    }
    await expect(
      h.corrections.connect(h.operator).propose({ ...transferOf(h), tokenId: FOREIGN_UNITS }),
    )
      .to.be.revertedWithCustomError(h.corrections, "CorrectionsRoleMissing")
      .withArgs(OTHER_PROGRAMME, ROLE.operator, h.operator.address);
  });

  it("is refused for kinds that do not exist", async () => {
    const h = await loadFixture(holdings);
    for (const kind of [0, 9, 255]) {
      await expect(h.corrections.connect(h.operator).propose({ ...transferOf(h), kind }))
        .to.be.revertedWithCustomError(h.corrections, "CorrectionsKind")
        .withArgs(kind);
    }
  });

  it("is refused when a field is missing or says what the kind never does", async () => {
    const h = await loadFixture(holdings);
    const { holder, buyer, partner } = h;
    const acts: Act[] = [
      { ...transferOf(h), from: ZeroAddress },
      { ...transferOf(h), to: ZeroAddress },
      { ...transferOf(h), to: holder.address },
      { ...transferOf(h), liable: partner.address },
      { ...transferOf(h), replacement: OTHER_UNITS },
      { ...transferOf(h), voidAct: id("act") },
      { ...transferOf(h), kind: KIND.lostKey, to: ZeroAddress },
      voidOf(h, { from: ZeroAddress }),
      voidOf(h, { to: buyer.address }),
      voidOf(h, { liable: partner.address }),
      voidOf(h, { replacement: OTHER_UNITS }),
      voidOf(h, { voidAct: id("act") }),
      reissueOf(h, ZeroHash),
      reissueOf(h, id("act"), { from: holder.address }),
      reissueOf(h, id("act"), { to: ZeroAddress }),
      reissueOf(h, id("act"), { liable: partner.address }),
      replaceOf(h, { from: ZeroAddress }),
      replaceOf(h, { to: partner.address }),
      replaceOf(h, { liable: ZeroAddress }),
      replaceOf(h, { liable: buyer.address }),
      replaceOf(h, { replacement: 0n }),
      replaceOf(h, { voidAct: id("act") }),
    ];
    for (const act of acts) {
      await expect(h.corrections.connect(h.operator).propose(act))
        .to.be.revertedWithCustomError(h.corrections, "CorrectionsFields")
        .withArgs(act.kind);
    }
  });

  it("is refused without grams or a document", async () => {
    const h = await loadFixture(holdings);
    const corrections = h.corrections.connect(h.operator);
    await expect(
      corrections.propose({ ...transferOf(h), grams: 0n }),
    ).to.be.revertedWithCustomError(h.corrections, "CorrectionsGramsZero");
    await expect(
      corrections.propose({ ...transferOf(h), document: ZeroHash }),
    ).to.be.revertedWithCustomError(h.corrections, "CorrectionsDocumentZero");
  });

  it("is refused in a pause", async () => {
    const h = await loadFixture(holdings);
    await h.programmes.connect(h.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(h.corrections.connect(h.operator).propose(transferOf(h)))
      .to.be.revertedWithCustomError(h.programmes, "ProgrammesPaused")
      .withArgs(PROGRAMME);
  });

  it("is refused for parties without an account: escrow, pledge and pool", async () => {
    const h = await loadFixture(holdings);
    await h.token.connect(h.settlement).pull(h.holder.address, UNITS, 5_000n);
    await send(h, h.holder, h.buyer.address, 1_000n);
    for (const who of [h.settlement, h.pledge, h.poolReserve, h.outsider]) {
      for (const act of [
        { ...transferOf(h), from: who.address },
        { ...transferOf(h), to: who.address },
        voidOf(h, { from: who.address }),
        replaceOf(h, { from: who.address }),
        replaceOf(h, { liable: who.address }),
        reissueOf(h, id("act"), { to: who.address }),
      ]) {
        await expect(h.corrections.connect(h.operator).propose(act))
          .to.be.revertedWithCustomError(h.corrections, "CorrectionsPartyUnknown")
          .withArgs(who.address);
      }
    }
  });

  it("is refused for a lost key when the new account is another institution's", async () => {
    const h = await loadFixture(holdings);
    await expect(
      h.corrections.connect(h.operator).propose({ ...transferOf(h), kind: KIND.lostKey }),
    )
      .to.be.revertedWithCustomError(h.corrections, "CorrectionsOtherInstitution")
      .withArgs(h.holder.address, h.buyer.address);
  });

  it("is refused for an id that was never issued and for more than is held", async () => {
    const h = await loadFixture(holdings);
    const corrections = h.corrections.connect(h.operator);
    await expect(corrections.propose({ ...transferOf(h), tokenId: UNKNOWN_UNITS }))
      .to.be.revertedWithCustomError(h.corrections, "CorrectionsTokenUnknown")
      .withArgs(UNKNOWN_UNITS);
    await expect(corrections.propose({ ...transferOf(h), grams: HELD + 1n }))
      .to.be.revertedWithCustomError(h.corrections, "CorrectionsBalance")
      .withArgs(h.holder.address, UNITS, HELD, HELD + 1n);
    await expect(corrections.propose(replaceOf(h)))
      .to.be.revertedWithCustomError(h.corrections, "CorrectionsBalance")
      .withArgs(h.buyer.address, UNITS, 0n, 1_000n);
  });

  it("is refused for a replacement by the same id, or of another programme, or too little of it", async () => {
    const h = await loadFixture(holdings);
    await send(h, h.holder, h.buyer.address, 1_000n);
    const corrections = h.corrections.connect(h.operator);
    for (const replacement of [UNITS, FOREIGN_UNITS]) {
      await expect(corrections.propose(replaceOf(h, { replacement })))
        .to.be.revertedWithCustomError(h.corrections, "CorrectionsReplacement")
        .withArgs(UNITS, replacement);
    }
    await expect(corrections.propose(replaceOf(h, { liable: h.partner.address })))
      .to.be.revertedWithCustomError(h.corrections, "CorrectionsBalance")
      .withArgs(h.partner.address, OTHER_UNITS, 0n, 1_000n);
  });

  it("is refused for a reissue of what no act voided", async () => {
    const h = await loadFixture(holdings);
    const waiting = await propose(h, voidOf(h));
    const transfer = await execute(h, transferOf(h));
    const elsewhere = await execute(h, voidOf(h, { tokenId: OTHER_UNITS }));
    for (const act of [id("none"), waiting, transfer, elsewhere]) {
      await expect(h.corrections.connect(h.operator).propose(reissueOf(h, act)))
        .to.be.revertedWithCustomError(h.corrections, "CorrectionsNotVoided")
        .withArgs(act, UNITS);
    }
  });

  it("is refused when the programme did not decide, or not sensibly, how long an act lives", async () => {
    const h = await loadFixture(holdings);
    const act = { ...transferOf(h), tokenId: FOREIGN_UNITS };
    await expect(h.corrections.connect(h.foreignOperator).propose(act))
      .to.be.revertedWithCustomError(h.programmes, "ProgrammesParameterUnset")
      .withArgs(OTHER_PROGRAMME, key("act.seconds"));
    for (const actSeconds of [0n, 315_360_001n, 2n ** 128n - 1n]) {
      await h.programmes
        .connect(h.authority)
        .setParameter(PROGRAMME, key("act.seconds"), actSeconds, 0, DOCUMENT);
      await expect(h.corrections.connect(h.operator).propose(transferOf(h)))
        .to.be.revertedWithCustomError(h.corrections, "CorrectionsExpirySeconds")
        .withArgs(actSeconds);
    }
  });

  it("moves nothing, tells all, and gives each act an id of its own", async () => {
    const h = await loadFixture(holdings);
    const act = transferOf(h);
    const at = (await now()) + 10n;
    const actId = await h.corrections.connect(h.operator).propose.staticCall(act);
    await nextAt(at);
    await expect(h.corrections.connect(h.operator).propose(act))
      .to.emit(h.corrections, "ActProposed")
      .withArgs(
        actId,
        PROGRAMME,
        h.operator.address,
        1n,
        at + ACT_SECONDS,
        Object.values(act).map((value) => (typeof value === "number" ? BigInt(value) : value)),
      );
    expect(await propose(h, act)).to.not.equal(actId);
    expect(await h.corrections.actCount()).to.equal(2n);
    expect(await held(h, h.holder)).to.equal(HELD);
    const record = await h.corrections.actOf(actId);
    expect([record.proposer, record.state, record.expiresAt, record.act.grams]).to.deep.equal([
      h.operator.address,
      BigInt(STATE.proposed),
      at + ACT_SECONDS,
      1_000n,
    ]);
  });
});

describe("Corrections: approving", () => {
  it("is refused for an act that does not exist", async () => {
    const h = await loadFixture(holdings);
    await expect(approve(h, id("none")))
      .to.be.revertedWithCustomError(h.corrections, "CorrectionsUnknown")
      .withArgs(id("none"));
  });

  it("is refused to everybody but an authority of the units' programme", async () => {
    const h = await loadFixture(holdings);
    const actId = await propose(h, transferOf(h));
    for (const who of [h.operator, h.holder, h.buyer, h.foreignAuthority, h.outsider]) {
      await expect(approve(h, actId, who))
        .to.be.revertedWithCustomError(h.corrections, "CorrectionsRoleMissing")
        .withArgs(PROGRAMME, ROLE.authority, who.address);
    }
  });

  it("is refused to an authority of the operator's institution or a party's", async () => {
    for (const [name, party] of [
      ["operator", "operator"],
      ["company", "holder"],
      ["buyer", "buyer"],
    ] as const) {
      const h = await loadFixture(holdings);
      await addAuthority(h, h.outsider.address, institution(name));
      const actId = await propose(h, transferOf(h));
      await expect(approve(h, actId, h.outsider))
        .to.be.revertedWithCustomError(h.corrections, "CorrectionsSameInstitution")
        .withArgs(institution(name), h.outsider.address, h[party].address);
    }
  });

  it("is refused to an authority of the liable party's institution", async () => {
    const h = await loadFixture(holdings);
    await addAuthority(h, h.outsider.address, COMPANY);
    await send(h, h.holder, h.buyer.address, 1_000n);
    const actId = await propose(h, replaceOf(h));
    await expect(approve(h, actId, h.outsider))
      .to.be.revertedWithCustomError(h.corrections, "CorrectionsSameInstitution")
      .withArgs(COMPANY, h.outsider.address, h.holder.address);
  });

  it("is refused to an operator who is an authority too", async () => {
    const h = await loadFixture(holdings);
    await h.programmes
      .connect(h.authority)
      .grantRole(PROGRAMME, ROLE.authority, h.operator.address, 0, DOCUMENT);
    const actId = await propose(h, transferOf(h));
    await expect(approve(h, actId, h.operator)).to.be.revertedWithCustomError(
      h.corrections,
      "CorrectionsSameInstitution",
    );
  });

  it("is refused without a document, and in a pause", async () => {
    const h = await loadFixture(holdings);
    const actId = await propose(h, transferOf(h));
    await expect(
      h.corrections.connect(h.authority).approve(actId, ZeroHash),
    ).to.be.revertedWithCustomError(h.corrections, "CorrectionsDocumentZero");
    await h.programmes.connect(h.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(approve(h, actId))
      .to.be.revertedWithCustomError(h.programmes, "ProgrammesPaused")
      .withArgs(PROGRAMME);
  });

  it("is refused when the operator or the authority lost its role in between", async () => {
    const h = await loadFixture(holdings);
    const programmes = h.programmes.connect(h.authority);
    const actId = await propose(h, transferOf(h));
    await programmes.revokeRole(PROGRAMME, ROLE.authority, h.supervisor.address, DOCUMENT);
    await expect(approve(h, actId, h.supervisor))
      .to.be.revertedWithCustomError(h.corrections, "CorrectionsRoleMissing")
      .withArgs(PROGRAMME, ROLE.authority, h.supervisor.address);
    await programmes.freezeAccount(PROGRAMME, h.operator.address, DOCUMENT);
    await expect(approve(h, actId))
      .to.be.revertedWithCustomError(h.corrections, "CorrectionsRoleMissing")
      .withArgs(PROGRAMME, ROLE.operator, h.operator.address);
    await programmes.unfreezeAccount(PROGRAMME, h.operator.address, DOCUMENT);
    await programmes.revokeRole(PROGRAMME, ROLE.operator, h.operator.address, DOCUMENT);
    await expect(approve(h, actId)).to.be.revertedWithCustomError(
      h.corrections,
      "CorrectionsRoleMissing",
    );
    expect(await stateOf(h, actId)).to.equal(STATE.proposed);
  });

  it("is refused from its end on, and works in the last second", async () => {
    const h = await loadFixture(holdings);
    const late = await propose(h, transferOf(h));
    const lateEnd = (await now()) + ACT_SECONDS;
    await nextAt(lateEnd);
    await expect(approve(h, late))
      .to.be.revertedWithCustomError(h.corrections, "CorrectionsExpired")
      .withArgs(late, lateEnd);
    await time.increaseTo(lateEnd);
    expect(await h.corrections.isExpired(late)).to.equal(true);
    const another = await propose(h, transferOf(h));
    const anotherEnd = (await now()) + ACT_SECONDS;
    await nextAt(anotherEnd - 1n);
    await approve(h, another);
    expect(await held(h, h.buyer)).to.equal(1_000n);
  });

  it("gains the seconds of pauses since it was proposed, and no earlier ones", async () => {
    const h = await loadFixture(holdings);
    const programmes = h.programmes.connect(h.authority);
    const pause = async (seconds: bigint) => {
      await programmes.pauseProgramme(PROGRAMME, DOCUMENT);
      await nextAt((await now()) + seconds);
      await programmes.resumeProgramme(PROGRAMME, DOCUMENT);
    };
    await pause(5_000n);
    const actId = await propose(h, transferOf(h));
    const end = (await now()) + ACT_SECONDS;
    await pause(700n);
    await nextAt(end + 700n);
    await expect(approve(h, actId)).to.be.revertedWithCustomError(
      h.corrections,
      "CorrectionsExpired",
    );
    await time.increaseTo(end + 700n);
    expect(await h.corrections.isExpired(actId)).to.equal(true);
    const again = await propose(h, transferOf(h));
    const againEnd = (await now()) + ACT_SECONDS;
    await pause(700n);
    await nextAt(againEnd + 699n);
    expect(await h.corrections.isExpired(again)).to.equal(false);
    await approve(h, again);
    expect(await h.corrections.isExpired(again)).to.equal(false);
  });

  it("is done once, and never after a rejection or withdrawal", async () => {
    const h = await loadFixture(holdings);
    const done = await execute(h, transferOf(h));
    const rejected = await propose(h, transferOf(h));
    await h.corrections.connect(h.authority).reject(rejected, DECISION);
    const withdrawn = await propose(h, transferOf(h));
    await h.corrections.connect(h.operator).withdraw(withdrawn);
    for (const [actId, state] of [
      [done, STATE.executed],
      [rejected, STATE.rejected],
      [withdrawn, STATE.withdrawn],
    ] as const) {
      for (const again of [
        () => approve(h, actId),
        () => h.corrections.connect(h.authority).reject(actId, DECISION),
        () => h.corrections.connect(h.operator).withdraw(actId),
      ]) {
        await expect(again())
          .to.be.revertedWithCustomError(h.corrections, "CorrectionsState")
          .withArgs(actId, state);
      }
    }
    expect(await held(h, h.buyer)).to.equal(1_000n);
  });
});

describe("Corrections: transfers", () => {
  it("move what the act says, for each kind, from whoever of the operators proposed", async () => {
    const h = await loadFixture(holdings);
    for (const kind of [KIND.judicial, KIND.merger, KIND.inheritance, KIND.insolvency]) {
      const actId = await propose(h, { ...transferOf(h), kind }, h.otherOperator);
      await expect(approve(h, actId, h.supervisor))
        .to.emit(h.corrections, "ActExecuted")
        .withArgs(actId, h.supervisor.address, DECISION)
        .and.to.emit(h.token, "ForcedTransfer")
        .withArgs(UNITS, h.holder.address, h.buyer.address, 1_000n, actId);
    }
    await execute(h, { ...transferOf(h), kind: KIND.lostKey, to: h.third.address });
    expect(await held(h, h.buyer)).to.equal(4_000n);
    expect(await held(h, h.third)).to.equal(1_000n);
    expect(await held(h, h.holder)).to.equal(HELD - 5_000n);
  });

  it("pass a frozen, guarded, partly frozen and closed holder", async () => {
    const h = await loadFixture(holdings);
    const programmes = h.programmes.connect(h.authority);
    await h.guard.connect(h.holder).turnOn(h.second.address, 3_600n, 0n, 0n, []);
    await h.freezes.connect(h.authority).freezeGrams(h.holder.address, UNITS, HELD, DOCUMENT, 0n);
    await execute(h, transferOf(h));
    await programmes.freezeAccount(PROGRAMME, h.holder.address, DOCUMENT);
    await execute(h, transferOf(h));
    await programmes.closeAccount(PROGRAMME, h.holder.address, DOCUMENT);
    await execute(h, transferOf(h));
    expect(await held(h, h.buyer)).to.equal(3_000n);
    // The freeze is for the authority to lift; it does not follow the units.
    expect(await h.freezes.frozenOf(h.holder.address, UNITS)).to.equal(HELD);
  });

  it("are refused whole when the holder moved units in between", async () => {
    const h = await loadFixture(holdings);
    const actId = await propose(h, { ...transferOf(h), grams: HELD });
    await send(h, h.holder, h.partner.address, 1n);
    await expect(approve(h, actId))
      .to.be.revertedWithCustomError(h.token, "ERC1155InsufficientBalance")
      .withArgs(h.holder.address, HELD - 1n, HELD, UNITS);
    expect(await held(h, h.buyer)).to.equal(0n);
    expect(await stateOf(h, actId)).to.equal(STATE.proposed);
    await send(h, h.partner, h.holder.address, 1n);
    await approve(h, actId);
    expect(await held(h, h.buyer)).to.equal(HELD);
  });

  it("take no more than the act says when the holder has more by then", async () => {
    const h = await loadFixture(holdings);
    await send(h, h.holder, h.partner.address, 9_000n);
    const actId = await propose(h, transferOf(h));
    await send(h, h.partner, h.holder.address, 9_000n);
    await approve(h, actId);
    expect(await held(h, h.holder)).to.equal(9_000n);
  });

  it("are refused when two acts want the same units: the first wins", async () => {
    const h = await loadFixture(holdings);
    const first = await propose(h, { ...transferOf(h), grams: 6_000n });
    const second = await propose(h, { ...transferOf(h), grams: 6_000n, to: h.partner.address });
    await approve(h, second);
    await expect(approve(h, first)).to.be.revertedWithCustomError(
      h.token,
      "ERC1155InsufficientBalance",
    );
    expect(await held(h, h.partner)).to.equal(6_000n);
    expect(await held(h, h.holder)).to.equal(4_000n);
  });

  it("are refused when the receiver is frozen by then", async () => {
    const h = await loadFixture(holdings);
    const actId = await propose(h, transferOf(h));
    await h.programmes.connect(h.authority).freezeAccount(PROGRAMME, h.buyer.address, DOCUMENT);
    await expect(approve(h, actId))
      .to.be.revertedWithCustomError(h.token, "ReductionTokenStanding")
      .withArgs(h.buyer.address, 3);
    expect(await held(h, h.holder)).to.equal(HELD);
  });

  it("are executed once, whatever a receiving contract does", async () => {
    const h = await loadFixture(holdings);
    const wallet = await createWallet(h.outsider.address);
    const address = await wallet.getAddress();
    await h.programmes
      .connect(h.authority)
      .openAccount(PROGRAMME, address, institution("wallet"), DOCUMENT);
    const actId = await propose(h, { ...transferOf(h), to: address });
    await wallet.setRefuses(true);
    await expect(approve(h, actId)).to.be.revertedWithCustomError(wallet, "ContractWalletRefuses");
    await wallet.setRefuses(false);
    await wallet.setCallback(
      await h.corrections.getAddress(),
      h.corrections.interface.encodeFunctionData("approve", [actId, DECISION]),
    );
    await approve(h, actId);
    expect(await wallet.callbackFailed()).to.equal(true);
    expect(await h.token.balanceOf(address, UNITS)).to.equal(1_000n);
    expect(await held(h, h.holder)).to.equal(HELD - 1_000n);
  });
});

describe("Corrections: voids and reissues", () => {
  it("a void takes the grams out and counts them", async () => {
    const h = await loadFixture(holdings);
    const actId = await propose(h, voidOf(h));
    await expect(approve(h, actId))
      .to.emit(h.token, "Voided")
      .withArgs(UNITS, h.holder.address, 1_000n, actId);
    expect(await held(h, h.holder)).to.equal(HELD - 1_000n);
    expect((await h.token.supplyOf(UNITS))[4]).to.equal(1_000n);
  });

  it("a void is refused whole when too little is left", async () => {
    const h = await loadFixture(holdings);
    const actId = await propose(h, voidOf(h, { grams: HELD }));
    await h.token.connect(h.holder).retire(UNITS, 1n, 2, DOCUMENT);
    await expect(approve(h, actId)).to.be.revertedWithCustomError(
      h.token,
      "ERC1155InsufficientBalance",
    );
    expect((await h.token.supplyOf(UNITS))[4]).to.equal(0n);
  });

  it("a reissue is refused above what its act voided, in one or several steps", async () => {
    const h = await loadFixture(holdings);
    const voided = await execute(h, voidOf(h));
    const reissue = (grams: bigint) =>
      h.corrections.connect(h.operator).propose(reissueOf(h, voided, { grams }));
    await expect(reissue(1_001n))
      .to.be.revertedWithCustomError(h.corrections, "CorrectionsAboveVoided")
      .withArgs(voided, 1_001n, 1_000n);
    await execute(h, reissueOf(h, voided, { grams: 600n }));
    await expect(reissue(401n))
      .to.be.revertedWithCustomError(h.corrections, "CorrectionsAboveVoided")
      .withArgs(voided, 401n, 400n);
    // Two that fit alone do not fit together.
    const first = await propose(h, reissueOf(h, voided, { grams: 400n }));
    const second = await propose(h, reissueOf(h, voided, { grams: 1n }));
    await approve(h, first);
    await expect(approve(h, second))
      .to.be.revertedWithCustomError(h.corrections, "CorrectionsAboveVoided")
      .withArgs(voided, 1n, 0n);
    expect(await held(h, h.buyer)).to.equal(1_000n);
    expect((await h.token.supplyOf(UNITS))[4]).to.equal(0n);
    expect((await h.corrections.actOf(voided)).reissuedGrams).to.equal(1_000n);
  });

  it("a reissue never gives back what a challenge voided", async () => {
    const h = await loadFixture(holdings);
    const voided = await execute(h, voidOf(h));
    await h.token.connect(h.doubleCount).voidGrams(h.holder.address, UNITS, 3_000n, DOCUMENT);
    await expect(
      h.corrections.connect(h.operator).propose(reissueOf(h, voided, { grams: 1_001n })),
    ).to.be.revertedWithCustomError(h.corrections, "CorrectionsAboveVoided");
    await execute(h, reissueOf(h, voided));
    expect((await h.token.supplyOf(UNITS))[4]).to.equal(3_000n);
  });

  it("a reissue is refused to a receiver who may not receive", async () => {
    const h = await loadFixture(holdings);
    const voided = await execute(h, voidOf(h));
    const actId = await propose(h, reissueOf(h, voided));
    await h.programmes.connect(h.authority).closeAccount(PROGRAMME, h.buyer.address, DOCUMENT);
    await expect(approve(h, actId)).to.be.revertedWithCustomError(
      h.token,
      "ReductionTokenStanding",
    );
    expect((await h.corrections.actOf(voided)).reissuedGrams).to.equal(0n);
  });

  it("a reissue is refused to the authority of its receiver", async () => {
    const h = await loadFixture(holdings);
    const voided = await execute(h, voidOf(h));
    await addAuthority(h, h.outsider.address, institution("buyer"));
    const actId = await propose(h, reissueOf(h, voided));
    await expect(approve(h, actId, h.outsider)).to.be.revertedWithCustomError(
      h.corrections,
      "CorrectionsSameInstitution",
    );
    await expect(approve(h, actId))
      .to.emit(h.token, "Reissued")
      .withArgs(UNITS, h.buyer.address, 1_000n, actId);
  });
});

describe("Corrections: replacements", () => {
  async function bought() {
    const h = await holdings();
    await send(h, h.holder, h.buyer.address, 1_000n);
    return h;
  }

  it("void at the holder and move as much of the other id from whoever is liable", async () => {
    const h = await loadFixture(bought);
    const actId = await propose(h, replaceOf(h));
    await expect(approve(h, actId))
      .to.emit(h.token, "Voided")
      .withArgs(UNITS, h.buyer.address, 1_000n, actId)
      .and.to.emit(h.token, "ForcedTransfer")
      .withArgs(OTHER_UNITS, h.holder.address, h.buyer.address, 1_000n, actId);
    expect(await held(h, h.buyer)).to.equal(0n);
    expect(await held(h, h.buyer, OTHER_UNITS)).to.equal(1_000n);
    expect(await held(h, h.holder, OTHER_UNITS)).to.equal(HELD - 1_000n);
    expect((await h.token.supplyOf(UNITS))[4]).to.equal(1_000n);
  });

  it("are refused whole when the liable party sold in between", async () => {
    const h = await loadFixture(bought);
    const actId = await propose(h, replaceOf(h));
    await send(h, h.holder, h.partner.address, HELD - 999n, OTHER_UNITS);
    await expect(approve(h, actId)).to.be.revertedWithCustomError(
      h.token,
      "ERC1155InsufficientBalance",
    );
    expect(await held(h, h.buyer)).to.equal(1_000n);
    expect((await h.token.supplyOf(UNITS))[4]).to.equal(0n);
    expect(await stateOf(h, actId)).to.equal(STATE.proposed);
  });

  it("are refused whole when the holder moved or cannot receive", async () => {
    const h = await loadFixture(bought);
    const actId = await propose(h, replaceOf(h));
    await send(h, h.buyer, h.partner.address, 1n);
    await expect(approve(h, actId)).to.be.revertedWithCustomError(
      h.token,
      "ERC1155InsufficientBalance",
    );
    await send(h, h.partner, h.buyer.address, 1n);
    await h.programmes.connect(h.authority).freezeAccount(PROGRAMME, h.buyer.address, DOCUMENT);
    await expect(approve(h, actId)).to.be.revertedWithCustomError(
      h.token,
      "ReductionTokenStanding",
    );
    expect(await held(h, h.buyer)).to.equal(1_000n);
    expect(await held(h, h.holder, OTHER_UNITS)).to.equal(HELD);
  });

  it("can be put right by a reissue of what they voided", async () => {
    const h = await loadFixture(bought);
    const replaced = await execute(h, replaceOf(h));
    await execute(h, reissueOf(h, replaced));
    expect(await held(h, h.buyer)).to.equal(1_000n);
  });
});

describe("Corrections: rejecting and withdrawing", () => {
  it("rejecting is refused to whoever could not approve, without a document, and in a pause", async () => {
    const h = await loadFixture(holdings);
    const reject = (actId: string, who: Signer = h.authority, document = DECISION) =>
      h.corrections.connect(who).reject(actId, document);
    await expect(reject(id("none"))).to.be.revertedWithCustomError(
      h.corrections,
      "CorrectionsUnknown",
    );
    const actId = await propose(h, transferOf(h));
    for (const who of [h.operator, h.holder, h.foreignAuthority, h.outsider]) {
      await expect(reject(actId, who))
        .to.be.revertedWithCustomError(h.corrections, "CorrectionsRoleMissing")
        .withArgs(PROGRAMME, ROLE.authority, who.address);
    }
    await addAuthority(h, h.outsider.address, COMPANY);
    await expect(reject(actId, h.outsider)).to.be.revertedWithCustomError(
      h.corrections,
      "CorrectionsSameInstitution",
    );
    await expect(reject(actId, h.authority, ZeroHash)).to.be.revertedWithCustomError(
      h.corrections,
      "CorrectionsDocumentZero",
    );
    await h.programmes.connect(h.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(reject(actId)).to.be.revertedWithCustomError(h.programmes, "ProgrammesPaused");
  });

  it("rejecting works after the operator lost its role", async () => {
    const h = await loadFixture(holdings);
    const actId = await propose(h, transferOf(h));
    await h.programmes
      .connect(h.authority)
      .revokeRole(PROGRAMME, ROLE.operator, h.operator.address, DOCUMENT);
    await expect(h.corrections.connect(h.supervisor).reject(actId, DECISION))
      .to.emit(h.corrections, "ActRejected")
      .withArgs(actId, h.supervisor.address, DECISION);
  });

  it("withdrawing is refused to whoever is no operator, for unknown acts, and in a pause", async () => {
    const h = await loadFixture(holdings);
    await expect(
      h.corrections.connect(h.operator).withdraw(id("none")),
    ).to.be.revertedWithCustomError(h.corrections, "CorrectionsUnknown");
    const actId = await propose(h, transferOf(h));
    for (const who of [h.holder, h.buyer, h.authority, h.foreignOperator, h.outsider]) {
      await expect(h.corrections.connect(who).withdraw(actId))
        .to.be.revertedWithCustomError(h.corrections, "CorrectionsRoleMissing")
        .withArgs(PROGRAMME, ROLE.operator, who.address);
    }
    await h.programmes.connect(h.authority).pauseProgramme(PROGRAMME, DOCUMENT);
    await expect(h.corrections.connect(h.operator).withdraw(actId)).to.be.revertedWithCustomError(
      h.programmes,
      "ProgrammesPaused",
    );
  });

  it("withdrawing works for the proposer, also without its role, and for another operator", async () => {
    const h = await loadFixture(holdings);
    const first = await propose(h, transferOf(h));
    const second = await propose(h, transferOf(h));
    await expect(h.corrections.connect(h.otherOperator).withdraw(first))
      .to.emit(h.corrections, "ActWithdrawn")
      .withArgs(first, h.otherOperator.address);
    await h.programmes
      .connect(h.authority)
      .revokeRole(PROGRAMME, ROLE.operator, h.operator.address, DOCUMENT);
    await h.corrections.connect(h.operator).withdraw(second);
    expect(await stateOf(h, second)).to.equal(STATE.withdrawn);
    expect(await h.corrections.isExpired(second)).to.equal(false);
  });

  it("nobody asks whether an unknown act is over", async () => {
    const h = await loadFixture(holdings);
    await expect(h.corrections.isExpired(id("none"))).to.be.revertedWithCustomError(
      h.corrections,
      "CorrectionsUnknown",
    );
  });
});
