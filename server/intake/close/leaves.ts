import type { PoolClient } from "pg";
import type { Commitments } from "./commitments.ts";
import { COUNTED_BEFORE } from "./components.ts";
import { type Fields, readRows } from "./copyBinary.ts";
import type { Joined } from "./joined.ts";
import { type LeafSpill, SPILLED } from "./leafSpill.ts";
import { reasons } from "./reasons.ts";
import { writeKey } from "./rowKeys.ts";
import {
  bytesOf,
  type ClosingPeriod,
  type Excluded,
  int2,
  int4,
  int8,
  ofPeriod,
} from "./standing.ts";

const LEAF = { fingerprint: 0, milligrams: 32, beneficiary: 40, bytes: 104 } as const;

export type Ground = {
  period: ClosingPeriod;
  excluded: Excluded;
  joined: Joined;
  commitments: Commitments;
  spill: LeafSpill;
};

/** What the leaves of a period come to. */
export type Counted = { reports: number; accepted: number; totalMilligrams: bigint };

/**
 * Reads the reports of a period once, in the order they lie, and spills their leaves: the first
 * fingerprint of a credited report with its milligrams, every other fingerprint of its activity with
 * none and the same commitments, so that a match on any of them is seen.
 */
export async function spillLeaves(client: PoolClient, ground: Ground): Promise<Counted> {
  const counted: Counted = { reports: 0, accepted: 0, totalMilligrams: 0n };
  const query = `SELECT r.day, r.platform, r.row_key, r.fingerprint_a, r.fingerprint_b, r.activity_at,
        r.milligrams, r.participant, r.salt, r.rule, r.behaviour, r.quantities
      FROM intake.report r WHERE ${ofPeriod("r", ground.period)}`;
  for await (const rows of readRows(client, query)) {
    for (const row of rows) {
      counted.reports++;
      const milligrams = spillReport(ground, row);
      if (milligrams === undefined) continue;
      counted.accepted++;
      counted.totalMilligrams += milligrams;
    }
    await ground.spill.relieve();
  }
  return counted;
}

/** The milligrams of a credited report; undefined for one that earns nothing. */
function spillReport(ground: Ground, row: Fields): bigint | undefined {
  const { excluded, joined, spill } = ground;
  const [day, platform, rowKey] = [int4(row[0]), int2(row[1]), bytesOf(row[2])];
  if (excluded.has(platform, day, rowKey)) return undefined;
  const number = joined.find(platform, day, rowKey);
  if (number !== -1 && joined.components.winnerOf(number) !== number) return undefined;
  if (row[8] === undefined) {
    excluded.add(row, reasons.personDeleted);
    return undefined;
  }
  const leaf = spill.add(bytesOf(row[3]));
  leaf.set(bytesOf(row[6]), LEAF.milligrams);
  ground.commitments.write(
    {
      rule: int2(row[9]),
      behaviour: behaviourOf(bytesOf(row[10])),
      quantities: bytesOf(row[11]),
      at: int8(row[5]),
      participant: bytesOf(row[7]),
      salt: row[8],
    },
    leaf,
    LEAF.beneficiary,
  );
  leaf[SPILLED.credits] = 1;
  viewOf(leaf).setUint32(SPILLED.joined, number + 1);
  writeKey(leaf, SPILLED.key, platform, day, rowKey);
  const commitments = leaf.slice(LEAF.beneficiary, LEAF.bytes);
  for (const fingerprint of othersOf(joined, number, row[4])) {
    spill.add(fingerprint).set(commitments, LEAF.beneficiary);
  }
  return bytesOf(row[6]).readBigInt64BE(0);
}

function othersOf(
  joined: Joined,
  number: number,
  second: Buffer | undefined,
): Iterable<Uint8Array> {
  if (number !== -1) return joined.components.othersOf(number);
  return second ? [second] : [];
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset);

const behaviours = new Map<string, string>();

/** A period has few behaviours: each is decoded once for all rows. */
function behaviourOf(bytes: Buffer): string {
  const key = bytes.toString("latin1");
  let behaviour = behaviours.get(key);
  if (behaviour === undefined) {
    behaviour = bytes.toString("utf8");
    behaviours.set(key, behaviour);
  }
  return behaviour;
}

/** Whether a report that shares fingerprints earns nothing because an earlier period counted its activity. */
export const isCountedBefore = (joined: Joined, number: number): boolean =>
  joined.components.winnerOf(number) === COUNTED_BEFORE;
