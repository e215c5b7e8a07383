import { type Action, document, nextSerial, someOf } from "./world.ts";

const ROLES = [1, 2, 3, 4, 5, 6];
const FAR = 4_102_444_800n;

/** Programmes, accounts, roles, methodologies, sources and calendars. */
export const registryActions: Readonly<Record<string, Action>> = {
  createProgramme: (stage) => {
    const { world, draw, emit } = stage;
    if (world.programmes.length >= 4) return false;
    const programme = world.programmes.length + 1;
    const parent = programme === 1 ? 0 : draw.below(programme);
    const [tier, authority] = [draw.between(1, 3), draw.hex(20)];
    const values = [programme, parent, tier, authority, draw.hex(32), document(stage)];
    emit("programmes", "ProgrammeCreated", ...values);
    world.programmes.push({ programme, paused: false, methodologies: 0 });
    return true;
  },
  pause: (stage) => {
    const programme = someOf(stage, stage.world.programmes);
    if (!programme) return false;
    programme.paused = !programme.paused;
    const name = programme.paused ? "ProgrammePaused" : "ProgrammeResumed";
    stage.emit("reductionToken", "PausedSet", programme.programme, programme.paused);
    stage.emit("programmes", name, programme.programme, document(stage));
    return true;
  },
  setTier: (stage) => {
    const found = someOf(stage, stage.world.programmes);
    if (!found) return false;
    const tier = stage.draw.between(0, 3);
    stage.emit("programmes", "DecidingTierSet", found.programme, tier, document(stage));
    return true;
  },
  setParameter: (stage) => {
    const found = someOf(stage, stage.world.programmes);
    if (!found) return false;
    // The widest values a chain takes must fit the mirror.
    const value = stage.draw.chance(0.1) ? 2n ** 128n - 1n : BigInt(stage.draw.next());
    const time = stage.draw.chance(0.1) ? 2n ** 64n - 1n : FAR;
    const values = [found.programme, stage.draw.hex(32), value, time, document(stage)];
    stage.emit("programmes", "ParameterSet", ...values);
    return true;
  },
  recognise: (stage) => {
    const { world, draw, emit } = stage;
    const [programme, other] = [someOf(stage, world.programmes), someOf(stage, world.programmes)];
    if (!programme || !other || programme === other) return false;
    const given = { programme: programme.programme, other: other.programme };
    const live = world.recognitions.find(
      (one) => one.programme === given.programme && one.other === given.other,
    );
    if (live) {
      const { what } = live;
      emit("programmes", "RecognitionEnded", given.programme, given.other, what, document(stage));
      world.recognitions.splice(world.recognitions.indexOf(live), 1);
    } else {
      const what = draw.between(1, 3);
      const values = [given.programme, given.other, what, FAR, document(stage)];
      emit("programmes", "RecognitionGiven", ...values);
      world.recognitions.push({ ...given, what });
    }
    return true;
  },
  openAccount: (stage) => {
    const { world, draw, emit } = stage;
    const found = someOf(stage, world.programmes);
    if (!found || world.accounts.length >= 12) return false;
    const account = draw.hex(20);
    emit("reductionToken", "StandingSet", account, 1);
    const values = [found.programme, account, draw.hex(32), document(stage)];
    emit("programmes", "AccountOpened", ...values);
    world.accounts.push({ account, programme: found.programme, guard: 0, guarded: false });
    return true;
  },
  changeStanding: (stage) => {
    const found = someOf(stage, stage.world.accounts);
    if (!found) return false;
    const standing = stage.draw.pick([1, 2, 3, 9, 16]);
    stage.emit("reductionToken", "StandingSet", found.account, standing);
    const values = [found.programme, found.account, standing, document(stage)];
    stage.emit("programmes", "AccountStandingChanged", ...values);
    return true;
  },
  grantRole: (stage) => {
    const { world, draw, emit } = stage;
    const found = someOf(stage, world.accounts);
    if (!found) return false;
    const { programme, account } = found;
    const role = draw.pick(ROLES);
    const same = (one: (typeof world.roles)[number]): boolean =>
      one.account === account && one.role === role && one.programme === programme;
    const held = world.roles.findIndex(same);
    if (held >= 0) {
      emit("programmes", "RoleRevoked", programme, role, account, document(stage));
      world.roles.splice(held, 1);
    } else {
      emit("programmes", "RoleGranted", programme, role, account, FAR, document(stage));
      world.roles.push({ programme, role, account });
    }
    return true;
  },
  registerMethodology: (stage) => {
    const found = someOf(stage, stage.world.programmes);
    if (!found || found.methodologies >= 3) return false;
    found.methodologies += 1;
    const terms = [stage.draw.hex(32), 1, 3, 17_000, 0, 600_000, document(stage)];
    stage.emit("sources", "MethodologyRegistered", found.programme, found.methodologies, ...terms);
    return true;
  },
  closeMethodology: (stage) => {
    const found = someOf(stage, stage.world.programmes);
    if (!found || found.methodologies === 0) return false;
    const methodology = stage.draw.between(1, found.methodologies);
    const values = [found.programme, methodology, 20_000, document(stage)];
    stage.emit("sources", "MethodologyClosed", ...values);
    return true;
  },
  registerSource: (stage) => {
    const { world, draw, emit } = stage;
    const found = someOf(stage, world.programmes);
    if (!found || found.methodologies === 0 || world.sources.length >= 8) return false;
    const methodology = draw.between(1, found.methodologies);
    const [sourceId, assetKey] = [draw.hex(32), draw.hex(32)];
    const { programme } = found;
    const parties = [draw.hex(20), draw.hex(20), document(stage)];
    emit("sources", "SourceRegistered", programme, methodology, sourceId, assetKey, ...parties);
    world.sources.push({ sourceId, assetKey, programme, methodology, carry: 0n });
    return true;
  },
  changeSource: (stage) => {
    const found = someOf(stage, stage.world.sources);
    if (!found) return false;
    const { draw, emit } = stage;
    if (draw.chance(0.3)) {
      const values = [found.sourceId, draw.hex(20), draw.hex(20), document(stage)];
      emit("sources", "SourceTransferred", ...values);
    } else {
      const state = draw.between(1, 4);
      emit("sources", "SourceStateChanged", found.sourceId, state, document(stage));
    }
    return true;
  },
  consent: (stage) => {
    const { world, draw, emit } = stage;
    const found = someOf(stage, world.sources);
    if (!found) return false;
    const given = world.consents.findIndex((one) => one.sourceId === found.sourceId);
    const old = world.consents[given];
    if (old) {
      emit("sources", "ConsentWithdrawn", old.assetKey, old.sourceId, old.owner);
      world.consents.splice(given, 1);
    } else {
      const owner = draw.hex(20);
      emit("sources", "Consented", found.assetKey, found.sourceId, owner);
      world.consents.push({ assetKey: found.assetKey, sourceId: found.sourceId, owner });
    }
    return true;
  },
  exclude: ({ world, emit }) => {
    world.pairs += 1;
    emit("sources", "ExclusionAdded", 1, 1 + world.pairs);
    return world.pairs < 60_000;
  },
  external: (stage) => {
    const { world, draw, emit } = stage;
    const source = someOf(stage, world.sources);
    if (!source) return false;
    const recorded = someOf(stage, world.externals);
    if (recorded !== undefined && draw.chance(0.4)) {
      emit("sources", "ExternalWithdrawn", recorded, document(stage));
      world.externals.splice(world.externals.indexOf(recorded), 1);
      return true;
    }
    const externalId = nextSerial(stage);
    const first = draw.between(17_000, 18_000);
    const { programme, assetKey } = source;
    const days = [first, first + draw.between(1, 40)];
    const values = [programme, assetKey, 1, ...days, document(stage), externalId];
    emit("sources", "ExternalRecorded", ...values);
    world.externals.push(externalId);
    return true;
  },
};
