/**
 * Writes test/vectors/*.json, which TypeScript and Solidity both run. Run after a deliberate change of
 * a format only: `node --import tsx scripts/generateVectors.ts`. The tests compute the same values a
 * second way, with other libraries, so a mistake here does not become the truth.
 */
import { writeFile } from "node:fs/promises";
import { concat, toHex, uintBytes, utf8 } from "../server/domain/bytes.ts";
import {
  assetKeyOf,
  carrierTimeFingerprints,
  participantOf,
  rowKeyOf,
} from "../server/domain/fingerprint.ts";
import { type HashSuite, loadHashSuite } from "../server/domain/hashSuite.ts";
import { keyRingOf } from "../server/domain/keyRing.ts";
import { checkPeriodShape, chinaDay, formatDay, formatInstant } from "../server/domain/period.ts";
import { buildTree, encodeLeaves, type Leaf } from "../server/domain/sumTree.ts";
import {
  encodeTokenId,
  formatTokenId,
  institutionIdOf,
  sourceIdOf,
} from "../server/domain/tokenId.ts";

const suite = await loadHashSuite("keccak");
const folder = new URL("../test/vectors/", import.meta.url);

async function write(name: string, content: unknown): Promise<void> {
  await writeFile(new URL(name, folder), `${JSON.stringify(content, null, 2)}\n`);
}

function vectorLeaf(index: number, milligrams: bigint): Leaf {
  const seeded = (label: string): Uint8Array => suite.hash(utf8(`tanpu/vector/${label}/${index}`));
  return {
    fingerprint: concat(uintBytes(17_775, 4), seeded("fingerprint").subarray(0, 28)),
    milligrams,
    beneficiary: seeded("beneficiary"),
    evidence: seeded("evidence"),
  };
}

function treeVector(count: number, milligramsOf: (index: number) => bigint): unknown {
  const leaves = Array.from({ length: count }, (_, index) =>
    vectorLeaf(index, milligramsOf(index)),
  );
  leaves.sort((a, b) => (toHex(a.fingerprint) < toHex(b.fingerprint) ? -1 : 1));
  const tree = buildTree(suite, encodeLeaves(leaves));
  if (!tree.ok) throw new Error(tree.refusal.code);
  const shown = [...new Set([0, Math.floor(count / 2), count - 1])];
  return {
    count,
    depth: tree.value.depth,
    leaves: leaves.map((leaf) => ({
      fingerprint: toHex(leaf.fingerprint),
      milligrams: leaf.milligrams.toString(),
      beneficiary: toHex(leaf.beneficiary),
      evidence: toHex(leaf.evidence),
    })),
    root: toHex(tree.value.root),
    totalMilligrams: tree.value.totalMilligrams.toString(),
    proofs: shown.map((index) => ({
      index,
      siblings: tree.value
        .proof(index)
        .map((sibling) => ({ hash: toHex(sibling.hash), sum: sibling.sum.toString() })),
    })),
  };
}

function tokenIdVectors(hashes: HashSuite): unknown[] {
  const cases = [
    { programme: 1, methodology: 1, firstDay: 17_775, endDay: 17_776, asset: "fleet/shenzhen" },
    { programme: 1, methodology: 1, firstDay: 17_775, endDay: 17_777, asset: "fleet/shenzhen" },
    { programme: 440_300, methodology: 7, firstDay: 18_993, endDay: 19_358, asset: "meter/0001" },
    {
      programme: 4_294_967_295,
      methodology: 4_294_967_295,
      firstDay: 0,
      endDay: 16_777_215,
      asset: "edge",
    },
  ];
  return cases.map(({ asset, ...parts }) => {
    const assetKey = hashes.hash(utf8(`tanpu/vector/asset/${asset}`));
    const sourceId = sourceIdOf(hashes, parts.programme, parts.methodology, assetKey);
    return {
      ...parts,
      assetKey: toHex(assetKey),
      sourceId: toHex(sourceId),
      tokenId: formatTokenId(encodeTokenId(hashes, { ...parts, sourceId, assetKey })),
    };
  });
}

function fingerprintVectors(): unknown {
  const commonKey = suite.hash(utf8("tanpu/vector/common-key"));
  const programmeKey = suite.hash(utf8("tanpu/vector/programme-key"));
  const keys = keyRingOf(suite, { commonKey, programmeKeys: new Map([[1, programmeKey]]) });
  // 2018-09-01 00:00:00 China time is 1535731200; the edges of a bucket and of the day are here.
  const times = [1_535_731_200, 1_535_731_199, 1_535_731_380, 1_535_731_379, 1_535_773_051];
  const activities = [
    ...times.map((at) => ({ carrier: "01620D", card: "FHEFIHBJC", at, windowSeconds: 360 })),
    { carrier: "粤B05935D", card: "BEBABAHFE", at: 1_535_773_051, windowSeconds: 360 },
    { carrier: "", card: "", at: 0, windowSeconds: 2 },
  ];
  return {
    commonKey: toHex(commonKey),
    programmeKey: toHex(programmeKey),
    dayKeys: [17_774, 17_775].map((day) => ({ day, key: toHex(keys.dayKey(day)) })),
    activities: activities.map((facts) => {
      const { first, second, day } = carrierTimeFingerprints(suite, keys, facts);
      return { ...facts, first: toHex(first), second: toHex(second), day };
    }),
    participants: [
      {
        programme: 1,
        platform: "map-app",
        userId: "u-1",
        participant: toHex(participantOf(suite, keys, 1, "map-app", "u-1")),
      },
    ],
    rowKeys: [
      {
        programme: 1,
        platform: "map-app",
        orderNo: "o-1",
        rowKey: toHex(rowKeyOf(suite, keys, 1, "map-app", "o-1")),
      },
    ],
    assetKeys: [
      {
        kind: "transit-network",
        assetNo: "shenzhen",
        assetKey: toHex(assetKeyOf(suite, keys, "transit-network", "shenzhen")),
      },
    ],
    institutions: [
      {
        registerNumber: "91440300MA00000000",
        institution: toHex(institutionIdOf(suite, "91440300MA00000000")),
      },
    ],
  };
}

function periodVectors(): unknown {
  const times = [0, -28_801, -28_800, 1_535_731_199, 1_535_731_200, 1_535_817_599, 4_107_513_600];
  const days = [0, 17_774, 17_775, 17_776, 18_321, 18_322, 47_482, 11_016];
  const periods = [
    { firstDay: 17_775, endDay: 17_776 },
    { firstDay: 17_775, endDay: 17_775 },
    { firstDay: 17_776, endDay: 17_775 },
    { firstDay: 17_775, endDay: 17_775 + 1_827 },
    { firstDay: 17_775, endDay: 17_775 + 1_828 },
  ];
  return {
    instants: times.map((at) => ({ at, day: chinaDay(at), text: formatInstant(at) })),
    days: days.map((day) => ({ day, date: formatDay(day) })),
    periods: periods.map((period) => {
      const checked = checkPeriodShape(period);
      return { ...period, refusal: checked.ok ? null : checked.refusal.code };
    }),
  };
}

const small = (index: number): bigint => (index % 3 === 2 ? 0n : 371_000n + BigInt(index));
await write("tree.json", [
  ...[1, 2, 3, 5, 8, 33].map((count) => treeVector(count, small)),
  // The largest leaves there can be: their sum needs more than 64 bits.
  treeVector(7, () => 2n ** 64n - 1n),
]);
await write("tokenId.json", tokenIdVectors(suite));
await write("fingerprint.json", fingerprintVectors());
await write("period.json", periodVectors());
