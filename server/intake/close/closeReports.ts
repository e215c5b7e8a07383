import type { PoolClient } from "pg";
import { toHex } from "../../domain/bytes.ts";
import type { HashSuite } from "../../domain/hashSuite.ts";
import { encodeLevelFile } from "../../domain/levelFile.ts";
import type { AnyMethodology } from "../../domain/methodology/catalogue.ts";
import { type KeptTree, LEAF_BYTES, TreeBuilder, type TreeHead } from "../../domain/sumTree.ts";
import { crashPoint } from "../../platform/crashPoint.ts";
import type { BlobStore } from "../../platform/store.ts";
import { Commitments } from "./commitments.ts";
import type { PlatformOrder } from "./components.ts";
import { readJoined } from "./joined.ts";
import { LeafFileDraft } from "./leafFileDraft.ts";
import { type DayCount, LeafSpill, SPILLED } from "./leafSpill.ts";
import { type Counted, type Ground, spillLeaves } from "./leaves.ts";
import { MembershipWriter } from "./membership.ts";
import { type ClosingPeriod, ofPeriod, readExcluded } from "./standing.ts";

export type Closing = {
  /** In the transaction that closes, with the locks taken. */
  client: PoolClient;
  suite: HashSuite;
  store: BlobStore;
  sourceId: Uint8Array;
  period: ClosingPeriod;
  batchId: string;
  order: PlatformOrder;
  methodologyOf: (rule: number) => AnyMethodology | undefined;
  spillFolder: string;
};

/** The tree of a period, and what became of its reports. */
export type ClosedReports = TreeHead & {
  leafFileHash: string;
  accepted: number;
  duplicates: number;
};

async function countDays(client: PoolClient, period: ClosingPeriod): Promise<DayCount[]> {
  const { rows } = await client.query<{ day: number; reports: string }>(
    `SELECT r.day, count(*) AS reports FROM intake.report r WHERE ${ofPeriod("r", period)}
      GROUP BY r.day ORDER BY r.day`,
  );
  return rows.map(({ day, reports }) => ({ day, reports: Number(reports) }));
}

/**
 * Finds the activities behind a period's reports, stores their leaf file and writes what became of each
 * report. Undefined when nothing is credited; then nothing was stored.
 */
export async function closeReports(closing: Closing): Promise<ClosedReports | undefined> {
  const { client, suite, period } = closing;
  const days = await countDays(client, period);
  if (days.length === 0) return undefined;
  const excluded = await readExcluded(client, period);
  const joined = await readJoined(client, period, excluded, closing.order);
  const commitments = new Commitments(suite, closing.methodologyOf);
  const spill = new LeafSpill(days, closing.spillFolder);
  try {
    const ground: Ground = { period, excluded, joined, commitments, spill };
    const counted = await spillLeaves(client, ground);
    return spill.count === 0 ? undefined : await storeLeaves(closing, ground, counted);
  } finally {
    await spill.close();
  }
}

async function storeLeaves(
  closing: Closing,
  ground: Ground,
  counted: Counted,
): Promise<ClosedReports> {
  const { client, suite, store, batchId, period } = closing;
  const draft = await LeafFileDraft.begin(closing.spillFolder);
  try {
    const membership = new MembershipWriter(client, batchId, ground.joined);
    const tree = await buildSorted(suite, ground.spill, draft, membership);
    await membership.finish(ground.excluded);
    if (tree.totalMilligrams !== counted.totalMilligrams) {
      throw new Error("the tree's total is not that of the credited reports");
    }
    const { root, totalMilligrams, count, depth } = tree;
    const leafFileHash = await store.putParts(
      draft.parts({
        format: "tanpu-leaves/1",
        suite: suite.name,
        count,
        depth,
        totalMilligrams: totalMilligrams.toString(),
        root: toHex(root),
        sourceId: toHex(closing.sourceId),
        first: period.firstDay,
        end: period.endDay,
      }),
    );
    await store.putBeside(leafFileHash, "levels", encodeLevelFile(suite, tree));
    crashPoint("leaf-file-stored");
    const { accepted } = counted;
    const { duplicates } = membership;
    return { root, totalMilligrams, count, depth, leafFileHash, accepted, duplicates };
  } finally {
    await draft.close();
  }
}

/** Takes the sorted leaves to the file, the tree and the reports they credit. */
async function buildSorted(
  suite: HashSuite,
  spill: LeafSpill,
  draft: LeafFileDraft,
  membership: MembershipWriter,
): Promise<KeptTree> {
  const builder = new TreeBuilder(suite);
  let leaves = 0;
  for await (const spilled of spill.sorted()) {
    const records = recordsOf(spilled);
    const added = builder.add(records);
    if (!added.ok) throw new Error(`two activities have one fingerprint: ${added.refusal.code}`);
    await draft.append(records);
    await membership.credit(spilled, leaves);
    leaves += records.length / LEAF_BYTES;
  }
  const tree = builder.finish();
  if (!tree.ok) throw new Error("a tree of leaves has none");
  return tree.value;
}

function recordsOf(spilled: Uint8Array): Uint8Array {
  const count = spilled.length / SPILLED.bytes;
  const records = new Uint8Array(count * LEAF_BYTES);
  for (let leaf = 0; leaf < count; leaf++) {
    const from = leaf * SPILLED.bytes;
    records.set(spilled.subarray(from, from + LEAF_BYTES), leaf * LEAF_BYTES);
  }
  return records;
}
