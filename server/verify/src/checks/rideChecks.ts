import { compareBytes, fromHex, sameBytes, toHex } from "../../../domain/bytes.ts";
import { beneficiaryOf, evidenceOf } from "../../../domain/commitment.ts";
import { carrierTimeFingerprints } from "../../../domain/fingerprint.ts";
import type { HashSuite } from "../../../domain/hashSuite.ts";
import { keyRingOf } from "../../../domain/keyRing.ts";
import type { LeafFile } from "../../../domain/leafFile.ts";
import type { AnyMethodology } from "../../../domain/methodology/catalogue.ts";
import { requantify, usesAll } from "../../../domain/methodology/requantify.ts";
import { type Leaf, readLeaf, type SumTree, verifyProof } from "../../../domain/sumTree.ts";
import type { Proposal } from "../facts.ts";
import type { Ride } from "../formats.ts";
import { type Check, fail, pass } from "../report.ts";

/** What a ride is compared with. A part that could not be had makes its checks fail. */
export type RideGround = {
  proposal: Proposal;
  file: LeafFile | undefined;
  tree: SumTree | undefined;
  methodology: AnyMethodology | undefined;
};

type Found = { index: number; leaf: Leaf };

/** How many reports of one ride the demonstration publishes, each of another platform. */
const REPORTS = 3;

/** The two fingerprints of every report, recomputed with the published key. */
export function fingerprintsOf(suite: HashSuite, ride: Ride): [Uint8Array, Uint8Array][] {
  const commonKey = fromHex(ride.commonKey);
  const keys = keyRingOf(suite, { commonKey, programmeKeys: new Map() });
  return ride.reports.map(({ carrier, card, at }) => {
    const { windowSeconds } = ride;
    const both = carrierTimeFingerprints(suite, keys, { carrier, card, at, windowSeconds });
    return [both.first, both.second];
  });
}

/** Whether reports that share a fingerprint lead from the first report to all the others. */
export function areConnected(fingerprints: readonly (readonly Uint8Array[])[]): boolean {
  const rest = fingerprints.map((both) => both.map(toHex));
  const reached = new Set(rest.shift());
  for (;;) {
    const next = rest.findIndex((both) => both.some((fingerprint) => reached.has(fingerprint)));
    if (next === -1) return rest.length === 0;
    for (const fingerprint of rest.splice(next, 1).flat()) reached.add(fingerprint);
  }
}

function checkFingerprints(ride: Ride, fingerprints: [Uint8Array, Uint8Array][], window?: number) {
  const id = "ride.fingerprints";
  const platforms = new Set(ride.reports.map(({ platform }) => platform));
  if (platforms.size !== REPORTS || ride.reports.length !== REPORTS) {
    return fail(id, [
      `The ride shows ${ride.reports.length} reports of ${platforms.size} platforms, not three of three.`,
      `该行程有 ${platforms.size} 个平台的 ${ride.reports.length} 次上报，应为三个平台各一次。`,
    ]);
  }
  if ((window !== undefined && ride.windowSeconds !== window) || !areConnected(fingerprints)) {
    return fail(id, [
      "The three reports do not share fingerprints under the methodology's time window.",
      "按方法学的时间窗，三次上报没有共同的指纹。",
    ]);
  }
  const [own, ...others] = fingerprints.map((both) => both.map(toHex));
  const shared = own?.find((one) => others.every((both) => both.includes(one)));
  return pass(id, [
    shared
      ? `Three platforms reported the ride; recomputed, all reports share the fingerprint ${shared}.`
      : "Three platforms reported the ride; recomputed, their fingerprints connect all reports.",
    shared
      ? `三个平台上报了该行程；重新计算后，各次上报共有指纹 ${shared}。`
      : "三个平台上报了该行程；重新计算后，各次上报由共同指纹相连。",
  ]);
}

function leavesOf(file: LeafFile | undefined, fingerprints: ReadonlySet<string>): Found[] {
  const found: Found[] = [];
  for (let index = 0; file && index < file.header.count; index++) {
    const leaf = readLeaf(file.records, index);
    if (fingerprints.has(toHex(leaf.fingerprint))) found.push({ index, leaf });
  }
  return found;
}

function checkOneLeaf(ride: Ride, found: readonly Found[], fingerprintCount: number): Check {
  const id = "ride.leaf";
  const credited = found.filter(({ leaf }) => leaf.milligrams > 0n);
  const [one] = credited;
  if (credited.length !== 1 || one?.index !== ride.leafIndex) {
    const indexes = credited.map(({ index }) => index).join(", ") || "-";
    return fail(id, [
      `The ride's fingerprints carry milligrams at the leaves ${indexes}, not at leaf ${ride.leafIndex} alone.`,
      `该行程的指纹在叶子 ${indexes} 上计有减排量，而非仅在第 ${ride.leafIndex} 个叶子。`,
    ]);
  }
  const isWhole =
    found.length === fingerprintCount &&
    found.every(
      ({ leaf }) =>
        sameBytes(leaf.beneficiary, one.leaf.beneficiary) &&
        sameBytes(leaf.evidence, one.leaf.evidence),
    );
  return isWhole
    ? pass(id, [
        `Of the ride's ${fingerprintCount} fingerprints, all in the file, leaf ${one.index} alone carries milligrams.`,
        `该行程的 ${fingerprintCount} 个指纹均在文件中，仅第 ${one.index} 个叶子计有减排量。`,
      ])
    : fail(id, [
        "A fingerprint of the ride is no entry of the file, or an entry of another ride.",
        "该行程有指纹不在文件中，或属于另一行程。",
      ]);
}

function checkProof(suite: HashSuite, ride: Ride, ground: RideGround): Check {
  const id = "ride.proof";
  const { file, tree, proposal } = ground;
  const index = ride.leafIndex;
  if (!file || index >= file.header.count) {
    return fail(id, ["The file has no such leaf.", "文件中没有该叶子。"]);
  }
  const leaf = readLeaf(file.records, index);
  const neighbours = [index - 1, index + 1]
    .filter((place) => place >= 0 && place < file.header.count)
    .map((place) => ({ place, fingerprint: readLeaf(file.records, place).fingerprint }));
  const isBetween = neighbours.every(({ place, fingerprint }) =>
    place < index
      ? compareBytes(fingerprint, leaf.fingerprint) < 0
      : compareBytes(leaf.fingerprint, fingerprint) < 0,
  );
  const { totalMilligrams, count, depth } = proposal;
  const head = { root: fromHex(proposal.root), totalMilligrams, count, depth };
  const isProven = tree !== undefined && verifyProof(suite, head, leaf, index, tree.proof(index));
  return isProven && isBetween
    ? pass(id, [
        `The proof of leaf ${index} leads to the root on chain, and its neighbours stand in order.`,
        `第 ${index} 个叶子的证明可推得链上的根，相邻叶子顺序正确。`,
      ])
    : fail(id, [
        isBetween
          ? `The proof of leaf ${index} does not lead to the root on chain.`
          : `Leaf ${index} does not stand in order between its neighbours.`,
        isBetween
          ? `第 ${index} 个叶子的证明推不出链上的根。`
          : `第 ${index} 个叶子与相邻叶子的顺序不正确。`,
      ]);
}

function checkCommitments(suite: HashSuite, ride: Ride, leaf: Leaf | undefined): Check {
  const id = "ride.commitments";
  const { salts, participant, evidence } = ride;
  const beneficiary = beneficiaryOf(suite, fromHex(salts.beneficiary), fromHex(participant));
  const opened = evidenceOf(suite, fromHex(salts.evidence), evidence);
  const isOpen =
    leaf !== undefined &&
    sameBytes(leaf.beneficiary, beneficiary) &&
    sameBytes(leaf.evidence, opened);
  return isOpen
    ? pass(id, [
        "The leaf's commitments to beneficiary and evidence open with the published salts.",
        "叶子中对受益人和证据的承诺可用公布的盐值打开。",
      ])
    : fail(id, [
        "The leaf's commitments do not open with the published salts, participant and evidence.",
        "用公布的盐值、参与者和证据无法打开叶子中的承诺。",
      ]);
}

/**
 * The evidence's quantities through the methodology's parameter or formulas, exactly, in whole milligrams;
 * undefined when it has no rule for them.
 */
export function milligramsOf(any: AnyMethodology, evidence: Ride["evidence"]) {
  const form = evidence.day === undefined ? 1 : 2;
  if (any.form !== form || !usesAll(any, evidence)) return undefined;
  const milligrams = requantify(any, evidence, "exact");
  return milligrams.ok ? milligrams.value : undefined;
}

/** The width of the buckets its fingerprints fall into; undefined where it has none. */
function windowOf(any: AnyMethodology): number | undefined {
  if (any.form === 1) return any.methodology.windowSeconds;
  const { identity } = any.methodology.document;
  return identity.kind === "carrier-time" ? identity.windowSeconds : undefined;
}

function checkMilligrams(
  ride: Ride,
  leaf: Leaf | undefined,
  methodology: AnyMethodology | undefined,
) {
  const id = "ride.milligrams";
  const milligrams = methodology && milligramsOf(methodology, ride.evidence);
  return milligrams !== undefined &&
    [ride.milligrams, leaf?.milligrams].every((it) => it === milligrams)
    ? pass(id, [
        `The methodology gives ${milligrams} mg for the quantities, as the leaf carries.`,
        `按方法学由监测量得 ${milligrams} 毫克，与叶子一致。`,
      ])
    : fail(id, [
        `The methodology gives ${milligrams ?? "no"} mg; the ride states ${ride.milligrams} mg and the leaf carries ${leaf?.milligrams ?? "no"} mg.`,
        `按方法学应为 ${milligrams ?? "无"} 毫克；行程所载为 ${ride.milligrams} 毫克，叶子为 ${leaf?.milligrams ?? "无"} 毫克。`,
      ]);
}

/** One published ride, from the platforms' reports to the root on chain. */
export function checkRide(suite: HashSuite, ride: Ride, ground: RideGround): Check[] {
  const { file, methodology } = ground;
  const fingerprints = fingerprintsOf(suite, ride);
  const component = new Set(fingerprints.flat().map(toHex));
  const isThere = file && ride.leafIndex < file.header.count;
  const leaf = isThere ? readLeaf(file.records, ride.leafIndex) : undefined;
  return [
    checkFingerprints(ride, fingerprints, methodology && windowOf(methodology)),
    checkOneLeaf(ride, leavesOf(file, component), component.size),
    checkProof(suite, ride, ground),
    checkCommitments(suite, ride, leaf),
    checkMilligrams(ride, leaf, methodology),
  ];
}
