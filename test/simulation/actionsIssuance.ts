import { concat, fromHex, toUint, uintBytes } from "../../server/domain/bytes.ts";
import { formatTokenId } from "../../server/domain/tokenId.ts";
import {
  type Action,
  document,
  move,
  NOBODY,
  nextSerial,
  type Request,
  type Stage,
  someOf,
} from "./world.ts";

const FAR = 4_102_444_800n;
const OPEN = ["proposed", "filed"];

const openRequest = (stage: Stage, states: readonly string[] = OPEN): Request | undefined =>
  someOf(
    stage,
    stage.world.requests.filter(({ state }) => states.includes(state)),
  );

/** The days of a request are free again. */
function release({ world, emit }: Stage, request: Request): void {
  const at = world.bookings.findIndex(({ sourceId }) => sourceId === request.sourceId);
  const booked = world.bookings[at];
  if (!booked) return;
  const { assetKey, sourceId, firstDay, endDay } = booked;
  emit("sources", "DaysReleased", assetKey, 1, sourceId, firstDay, endDay);
  world.bookings.splice(at, 1);
}

/** Requests from proposal to issue or fall. */
export const issuanceActions: Readonly<Record<string, Action>> = {
  propose: (stage) => {
    const { world, draw, emit } = stage;
    const source = someOf(stage, world.sources);
    if (!source) return false;
    const requestId = world.requests.length + 1;
    const firstDay = 17_000 + 40 * requestId;
    const endDay = firstDay + draw.between(1, 40);
    const { sourceId, assetKey, programme, methodology } = source;
    const tokenId = formatTokenId(
      toUint(
        concat(
          uintBytes(1, 1),
          ...[uintBytes(programme, 4), uintBytes(methodology, 4), uintBytes(firstDay, 3)],
          ...[uintBytes(endDay, 3), fromHex(sourceId).subarray(0, 17)],
        ),
      ),
    );
    const milligrams = BigInt(draw.between(1_000, 900_000));
    emit("sources", "DaysBooked", assetKey, 1, sourceId, firstDay, endDay);
    const tree = [draw.hex(32), milligrams, draw.between(1, 99), 7, 1, draw.hex(32), draw.hex(32)];
    const proposal = [sourceId, firstDay, endDay, ...tree];
    emit("issuance", "Proposed", requestId, BigInt(tokenId), sourceId, draw.hex(20), proposal);
    world.bookings.push({ assetKey, sourceId, firstDay, endDay });
    world.requests.push({
      ...{ requestId, tokenId, sourceId, programme, milligrams },
      ...{ deducted: 0n, state: "proposed", objections: 0, holds: 0 },
    });
    return true;
  },
  attest: (stage) => {
    const request = openRequest(stage);
    if (!request) return false;
    const { draw, emit } = stage;
    const who = [draw.hex(20), draw.hex(32)];
    const what = [draw.between(1, 3), draw.chance(0.8), FAR, draw.hex(32)];
    emit("issuance", "Attested", request.requestId, ...who, ...what);
    return true;
  },
  object: (stage) => {
    const request = openRequest(stage);
    if (!request) return false;
    const { draw, emit } = stage;
    const { requestId } = request;
    if (request.objections > 0 && draw.chance(0.5)) {
      const index = draw.below(request.objections);
      emit("issuance", "ObjectionDecided", requestId, index, draw.chance(0.3), document(stage));
    } else {
      emit("issuance", "Objected", requestId, request.objections, draw.hex(20), document(stage));
      request.objections += 1;
    }
    return true;
  },
  forward: (stage) => {
    const request = openRequest(stage, ["filed"]);
    if (!request) return false;
    stage.emit("issuance", "Forwarded", request.requestId, stage.draw.hex(20), document(stage));
    return true;
  },
  file: (stage) => {
    const request = openRequest(stage, ["proposed"]);
    if (!request) return false;
    stage.emit("issuance", "Filed", request.requestId, document(stage), FAR);
    request.state = "filed";
    return true;
  },
  end: (stage) => {
    const request = openRequest(stage);
    if (!request) return false;
    const { draw, emit } = stage;
    const name = draw.pick(["Rejected", "Withdrawn", "Expired", "Fell"]);
    release(stage, request);
    emit("issuance", name, request.requestId, ...(name === "Rejected" ? [document(stage)] : []));
    request.state = "ended";
    return true;
  },
  issue: (stage) => {
    const request = openRequest(stage, ["filed"]);
    const { world, emit } = stage;
    const owner = someOf(stage, world.accounts)?.account;
    const source = world.sources.find(({ sourceId }) => sourceId === request?.sourceId);
    if (!request || !owner || !source || request.holds > 0) return false;
    const { tokenId, requestId } = request;
    const before = source.carry;
    const total = request.milligrams - request.deducted + before;
    const issued = total / 1_000n;
    source.carry = total - issued * 1_000n;
    emit("reductionToken", "IdStateSet", BigInt(tokenId), 1);
    if (issued > 0n) {
      move(stage, tokenId, {
        operator: stage.draw.hex(20),
        from: NOBODY,
        to: owner,
        grams: issued,
      });
    }
    const carries = [before, source.carry, request.deducted];
    const values = [requestId, BigInt(tokenId), owner, issued, ...carries, document(stage)];
    emit("issuance", "Issued", ...values);
    request.state = "issued";
    const { programme } = request;
    const none = { retired: 0n, voided: 0n };
    world.tokens.push({ tokenId, programme, requestId, issued, ...none, state: 1 });
    return true;
  },
  suspend: (stage) => {
    const token = someOf(stage, stage.world.tokens);
    if (!token) return false;
    token.state = 3 - token.state;
    stage.emit("reductionToken", "IdStateSet", BigInt(token.tokenId), token.state);
    const name = token.state === 2 ? "TokenSuspended" : "TokenResumed";
    stage.emit("issuance", name, BigInt(token.tokenId), document(stage));
    return true;
  },
  deduct: (stage) => {
    const { world, draw, emit } = stage;
    const leaf = someOf(stage, world.leaves);
    const owner = world.requests.find(({ requestId }) => requestId === leaf?.requestId);
    if (leaf && owner && OPEN.includes(owner.state) && draw.chance(0.4)) {
      owner.deducted -= leaf.milligrams;
      const { requestId, index, milligrams } = leaf;
      emit("issuance", "Restored", requestId, milligrams, owner.deducted);
      emit("doubleCount", "LeafRestored", requestId, index, milligrams);
      world.leaves.splice(world.leaves.indexOf(leaf), 1);
      return true;
    }
    const request = openRequest(stage);
    if (!request || request.milligrams - request.deducted < 100n) return false;
    const [index, milligrams] = [nextSerial(stage), BigInt(draw.between(1, 99))];
    request.deducted += milligrams;
    const { requestId } = request;
    emit("issuance", "Deducted", requestId, milligrams, request.deducted);
    const more = [draw.between(1, 4), milligrams, 1, 2, false, draw.hex(20)];
    emit("doubleCount", "LeafDeducted", requestId, index, ...more);
    world.leaves.push({ requestId, index, milligrams });
    return true;
  },
  refute: (stage) => {
    const request = openRequest(stage);
    if (!request) return false;
    const { draw, emit } = stage;
    const values = [request.requestId, draw.between(1, 4), 2, 3, false, draw.hex(20)];
    emit("doubleCount", "TreeRefuted", ...values);
    release(stage, request);
    emit("issuance", "Fell", request.requestId);
    request.state = "ended";
    return true;
  },
  demand: (stage) => {
    const { world, draw, emit } = stage;
    const open = someOf(stage, world.demands);
    if (open && draw.chance(0.6)) {
      const request = world.requests[open.requestId - 1] as Request;
      request.holds -= 1;
      const demander = draw.hex(20);
      const how = draw.pick(["DemandAnswered", "DemandUnanswered", "DemandReclaimed"]);
      const more = how === "DemandAnswered" ? [draw.hex(20)] : [];
      emit("doubleCount", "DepositCredited", demander, 5n);
      world.credits[demander] = 5n;
      emit("doubleCount", how, open.demandId, ...more);
      emit("issuance", "RequestHeld", request.requestId, request.holds);
      world.demands.splice(world.demands.indexOf(open), 1);
      return true;
    }
    const request = openRequest(stage);
    if (!request) return false;
    request.holds += 1;
    const demandId = nextSerial(stage);
    emit("issuance", "RequestHeld", request.requestId, request.holds);
    const more = [draw.hex(20), 1, 2, 5n, 1_900_000_000];
    emit("doubleCount", "DemandOpened", demandId, request.requestId, ...more);
    world.demands.push({ demandId, requestId: request.requestId });
    return true;
  },
  withdrawDeposit: (stage) => {
    const { world, emit } = stage;
    const account = someOf(stage, Object.keys(world.credits));
    if (!account) return false;
    emit("doubleCount", "DepositsWithdrawn", account, account, world.credits[account]);
    delete world.credits[account];
    return true;
  },
};
