import {
  type Action,
  document,
  move,
  NOBODY,
  NONE,
  nextSerial,
  type Stage,
  shift,
  someGrams,
  someHolding,
  someOf,
} from "./world.ts";

/** Grams leave for ever, with serials from the id's one cursor. */
function takeSerials(stage: Stage, tokenId: string, grams: bigint): [bigint, bigint] {
  const token = stage.world.tokens.find((one) => one.tokenId === tokenId);
  if (!token) throw new Error("somebody holds an id that was never issued");
  const first = token.retired;
  token.retired += grams;
  return [first, token.retired];
}

const tokenOf = ({ world }: Stage, tokenId: string) =>
  world.tokens.find((one) => one.tokenId === tokenId);

/** Transfers, retirements, corrections, freezes, certificates. */
export const unitActions: Readonly<Record<string, Action>> = {
  transfer: (stage) => {
    const held = someHolding(stage);
    if (!held) return false;
    const { draw, world } = stage;
    const to = draw.chance(0.1) ? draw.hex(20) : draw.pick(world.accounts).account;
    // Some send nothing at all, and some to themselves.
    const grams = draw.chance(0.05) ? 0n : someGrams(stage, held.grams);
    move(stage, held.tokenId, { operator: held.account, from: held.account, to, grams });
    return true;
  },
  transferBatch: (stage) => {
    const held = someHolding(stage);
    if (!held || held.grams < 2n) return false;
    const { draw, world, emit } = stage;
    const { tokenId, account, grams } = held;
    const to = draw.pick(world.accounts).account;
    const values = [grams / 2n, someGrams(stage, grams - grams / 2n)];
    for (const one of values) shift(world, tokenId, { from: account, to, grams: one });
    const ids = values.map(() => BigInt(tokenId));
    emit("reductionToken", "TransferBatch", account, account, to, ids, values);
    return true;
  },
  retire: (stage) => {
    const held = someHolding(stage);
    const token = held && tokenOf(stage, held.tokenId);
    if (!held || !token) return false;
    const { draw, world, emit } = stage;
    const { tokenId, account: holder } = held;
    const grams = someGrams(stage, held.grams);
    const retirementId = draw.hex(32);
    const facts = [draw.between(1, 6), draw.hex(32)];
    move(stage, tokenId, { operator: holder, from: holder, to: NOBODY, grams });
    if (grams > 1n && draw.chance(0.4)) {
      const parts = [1n, grams - 1n];
      const lines = parts.map((part, index) => [
        BigInt(tokenId),
        ...takeSerials(stage, tokenId, part),
        index === 0 ? NONE : draw.hex(32),
      ]);
      emit("reductionToken", "RetiredBatch", retirementId, holder, ...facts, lines);
    } else {
      const serials = takeSerials(stage, tokenId, grams);
      const values = [retirementId, BigInt(tokenId), holder, ...serials, ...facts];
      emit("reductionToken", "Retired", ...values);
    }
    world.retirements.push({ retirementId, holder, programme: token.programme, grams });
    return true;
  },
  useIntent: (stage) => {
    const { draw, emit } = stage;
    const contract = draw.pick(["reductionToken", "settlement", "certificate"] as const);
    if (draw.chance(0.3)) {
      emit(contract, "NoncesCancelled", draw.hex(20), draw.below(9), 2n ** 256n - 1n);
    } else {
      emit(contract, "IntentUsed", draw.hex(32), draw.hex(20), BigInt(draw.hex(32)));
    }
    return true;
  },
  force: (stage) => {
    const held = someHolding(stage);
    if (!held) return false;
    const { draw, world, emit } = stage;
    const { tokenId, account: from } = held;
    const to = draw.pick(world.accounts).account;
    const grams = someGrams(stage, held.grams);
    const reason = draw.hex(32);
    move(stage, tokenId, { operator: draw.hex(20), from, to, grams });
    emit("reductionToken", "ForcedTransfer", BigInt(tokenId), from, to, grams, reason);
    return true;
  },
  voidUnits: (stage) => {
    const held = someHolding(stage);
    const token = held && tokenOf(stage, held.tokenId);
    if (!held || !token) return false;
    const { draw, emit } = stage;
    const { tokenId, account: from } = held;
    const grams = someGrams(stage, held.grams);
    move(stage, tokenId, { operator: draw.hex(20), from, to: NOBODY, grams });
    emit("reductionToken", "Voided", BigInt(tokenId), from, grams, draw.hex(32));
    token.voided += grams;
    return true;
  },
  reissue: (stage) => {
    const { draw, world, emit } = stage;
    const token = someOf(
      stage,
      world.tokens.filter(({ voided }) => voided > 0n),
    );
    if (!token) return false;
    const grams = someGrams(stage, token.voided);
    const to = draw.pick(world.accounts).account;
    move(stage, token.tokenId, { operator: draw.hex(20), from: NOBODY, to, grams });
    emit("reductionToken", "Reissued", BigInt(token.tokenId), to, grams, draw.hex(32));
    token.voided -= grams;
    return true;
  },
  act: (stage) => {
    const { world, draw, emit } = stage;
    const open = someOf(stage, world.acts);
    if (open && draw.chance(0.6)) {
      const name = draw.pick(["ActExecuted", "ActRejected", "ActWithdrawn"]);
      const more = name === "ActWithdrawn" ? [] : [document(stage)];
      emit("corrections", name, open, draw.hex(20), ...more);
      world.acts.splice(world.acts.indexOf(open), 1);
      return true;
    }
    const programme = someOf(stage, world.programmes)?.programme;
    if (programme === undefined) return false;
    const actId = draw.hex(32);
    const parties = [draw.between(1, 7), draw.hex(20), NOBODY, NOBODY];
    const act = [...parties, BigInt(draw.hex(32)), 0n, 2n ** 64n - 1n, NONE, document(stage)];
    const number = nextSerial(stage);
    emit("corrections", "ActProposed", actId, programme, draw.hex(20), number, 1_900_000_000, act);
    world.acts.push(actId);
    return true;
  },
  freeze: (stage) => {
    const { world, draw, emit } = stage;
    const old = someOf(stage, world.freezes);
    if (old !== undefined && draw.chance(0.5)) {
      if (draw.chance(0.5)) emit("freezes", "FreezeExpired", old);
      else emit("freezes", "FreezeLifted", old, draw.hex(20), document(stage));
      world.freezes.splice(world.freezes.indexOf(old), 1);
      return true;
    }
    const held = someHolding(stage);
    if (!held) return false;
    const freezeId = nextSerial(stage);
    const grams = draw.chance(0.2) ? 2n ** 64n - 1n : held.grams;
    const more = [1, draw.hex(20), grams, document(stage), draw.chance(0.5) ? 0n : 2n ** 64n - 1n];
    emit("freezes", "GramsFrozen", freezeId, held.account, BigInt(held.tokenId), ...more);
    emit("reductionToken", "StandingSet", held.account, 9);
    world.freezes.push(freezeId);
    return true;
  },
  certify: (stage) => {
    const { world, draw, emit } = stage;
    const certified = new Set(world.certificates.flatMap(({ retirements }) => retirements));
    const free = world.retirements.filter(({ retirementId }) => !certified.has(retirementId));
    const first = someOf(stage, free);
    if (!first) return false;
    const { holder, programme } = first;
    const taken = free.filter((one) => one.holder === holder && one.programme === programme);
    const retirements = taken.map(({ retirementId }) => retirementId);
    const grams = taken.reduce((sum, one) => sum + one.grams, 0n);
    const certificateId = draw.hex(32);
    const facts = [draw.between(1, 3), grams, grams / 2n, draw.hex(32), retirements, 0n];
    emit("certificate", "Certified", BigInt(certificateId), holder, programme, ...facts);
    world.certificates.push({ certificateId, holder, programme, retirements, state: "valid" });
    return true;
  },
  endCertificate: (stage) => {
    const { world, draw, emit } = stage;
    const revoked = world.certificates.find(({ state }) => state === "revoked");
    if (revoked) {
      const { holder, programme, retirements } = revoked;
      const certificateId = draw.hex(32);
      const facts = [draw.between(1, 3), 5n, 5n, draw.hex(32), retirements];
      const replaces = BigInt(revoked.certificateId);
      emit(
        "certificate",
        "Certified",
        BigInt(certificateId),
        holder,
        programme,
        ...facts,
        replaces,
      );
      revoked.state = "replaced";
      world.certificates.push({ certificateId, holder, programme, retirements, state: "valid" });
      return true;
    }
    const valid = someOf(
      stage,
      world.certificates.filter(({ state }) => state === "valid"),
    );
    if (!valid) return false;
    emit("certificate", "CertificateRevoked", BigInt(valid.certificateId), document(stage));
    valid.state = "revoked";
    return true;
  },
  impair: (stage) => {
    const { world, draw, emit } = stage;
    const old = someOf(stage, world.impairments);
    if (old && draw.chance(0.5)) {
      const { certificateId, tokenId } = old;
      emit("certificate", "CertificateMended", BigInt(certificateId), BigInt(tokenId));
      world.impairments.splice(world.impairments.indexOf(old), 1);
      return true;
    }
    const certificate = someOf(stage, world.certificates);
    const token = someOf(stage, world.tokens);
    const [retirementId] = certificate?.retirements ?? [];
    if (!certificate || !token || retirementId === undefined) return false;
    const { certificateId } = certificate;
    const { tokenId } = token;
    const ids = [BigInt(certificateId), BigInt(tokenId)];
    emit("certificate", "CertificateImpaired", ...ids, retirementId);
    const same = (one: { certificateId: string; tokenId: string }): boolean =>
      one.certificateId === certificateId && one.tokenId === tokenId;
    if (!world.impairments.some(same)) world.impairments.push({ certificateId, tokenId });
    return true;
  },
  owe: (stage) => {
    const { world, draw, emit } = stage;
    const debt = someOf(stage, world.debts);
    const token = someOf(stage, world.tokens);
    if (!debt || draw.chance(0.4)) {
      if (!token) return false;
      const { requestId, tokenId } = token;
      const grams = [7n, draw.chance(0.5) ? 7n : 3n, 7_000n];
      emit(
        "doubleCount",
        "DebtChanged",
        requestId,
        BigInt(tokenId),
        ...grams,
        false,
        1_900_000_000,
      );
      emit("issuance", "IssueBlocked", token.programme, draw.hex(32), true);
      if (!world.debts.some((one) => one.requestId === requestId)) {
        world.debts.push({ requestId, tokenId, frozen: [] });
      }
      return true;
    }
    const { requestId, tokenId } = debt;
    const account = draw.pick(world.accounts).account;
    const how = draw.pick(["add", "freeze", "lift", "allow", "decide", "void", "repay", "close"]);
    const place = [requestId, account, BigInt(tokenId)];
    if (how === "add") emit("doubleCount", "DebtAccountAdded", requestId, account);
    else if (how === "freeze") {
      emit("freezes", "DebtFrozen", ...place, 3n, 3n);
      debt.frozen.push(account);
    } else if (how === "lift") {
      const frozen = someOf(stage, debt.frozen);
      if (frozen === undefined) return false;
      emit("freezes", "DebtLifted", requestId, frozen, BigInt(tokenId), 3n);
    } else if (how === "allow") {
      emit("doubleCount", "DebtReplacementAllowed", requestId, 1_900_000_001, document(stage));
    } else if (how === "decide") {
      emit("doubleCount", "DebtVoidDecided", requestId, draw.hex(20), document(stage));
    } else if (how === "void") {
      emit("doubleCount", "DebtVoided", requestId, account, 1n);
    } else if (how === "repay") {
      emit("doubleCount", "DebtRepaid", ...place, 1n);
    } else {
      emit("doubleCount", "DebtClosed", requestId);
      world.debts.splice(world.debts.indexOf(debt), 1);
    }
    return true;
  },
};
