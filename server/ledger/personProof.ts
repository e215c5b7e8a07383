import type { Pool } from "pg";
import { fromHex, toHex } from "../domain/bytes.ts";
import { type Evidence, saltsOf } from "../domain/commitment.ts";
import { lineKeyOf, lineSaltOf } from "../domain/epochLine.ts";
import type { HashSuite } from "../domain/hashSuite.ts";
import type { Leaf, Sibling, TreeHead } from "../domain/sumTree.ts";
import type { BlobStore } from "../platform/store.ts";
import { type RideRow, readBalances, readRides } from "./accountReads.ts";
import { uuidBytes } from "./closeEpoch.ts";
import { readLineProof } from "./lineProof.ts";
import type { Person } from "./persons.ts";

export type ProofPlace = {
  pool: Pool;
  suite: HashSuite;
  /** Where files of lines are. */
  lines: BlobStore;
};

/** The last anchored epoch of a programme, as the chain has it. */
async function lastEpoch(pool: Pool, programme: number) {
  const { rows } = await pool.query<{
    epoch: bigint | string;
    through: bigint | string | null;
    file_hash: Buffer;
    transaction_hash: Buffer;
    block_number: bigint | string;
    anchored_at: bigint | string;
  }>(
    `SELECT p.epoch, e.through, p.file_hash, p.transaction_hash, p.block_number, p.anchored_at
     FROM mirror.pool_epoch p LEFT JOIN ledger.epoch e ON e.file_hash = p.file_hash AND e.programme = p.programme
     WHERE p.programme = $1 ORDER BY p.epoch DESC LIMIT 1`,
    [programme],
  );
  const row = rows[0];
  return (
    row && {
      epoch: row.epoch.toString(),
      through: row.through === null ? undefined : BigInt(row.through),
      fileHash: toHex(row.file_hash),
      transactionHash: toHex(row.transaction_hash),
      blockNumber: row.block_number.toString(),
      anchoredAt: Number(row.anchored_at),
    }
  );
}

const leafOf = (leaf: Leaf) => ({
  fingerprint: toHex(leaf.fingerprint),
  milligrams: leaf.milligrams.toString(),
  beneficiary: toHex(leaf.beneficiary),
  evidence: toHex(leaf.evidence),
});
const siblingsOf = (siblings: readonly Sibling[]) =>
  siblings.map(({ hash, sum }) => ({ hash: toHex(hash), sum: sum.toString() }));
const headOf = ({ root, totalMilligrams, count, depth }: TreeHead) => ({
  root: toHex(root),
  totalMilligrams: totalMilligrams.toString(),
  count: String(count),
  depth,
});

/**
 * A person's line in the last anchored epoch, with what leads to the anchored root and what opens its commitments.
 * Undefined before there is an epoch; a line of null when the person had no grams in it.
 */
export async function proveLine(place: ProofPlace, person: Person) {
  const { pool, suite, lines } = place;
  const found = await lastEpoch(pool, person.programme);
  if (found === undefined) return undefined;
  const { through, ...rest } = found;
  const epoch = { ...rest, programme: person.programme, through: through?.toString() ?? null };
  if (through === undefined) return { epoch, line: null };
  const { rows } = await pool.query<{ salt: string }>(
    "SELECT salt FROM ledger.person WHERE participant = $1",
    [person.participant],
  );
  const holder = uuidBytes(person.participant);
  const lineSalt = lineSaltOf(suite, uuidBytes(rows[0]?.salt ?? ""), through);
  const key = lineKeyOf(suite, lineSalt, holder);
  const proof = await readLineProof({ suite, store: lines }, found.fileHash, key);
  if (!proof) return { epoch, line: null };
  const { issued, points } = await readBalances(pool, person.participant, through);
  return {
    epoch,
    line: {
      head: headOf(proof.head),
      index: String(proof.index),
      leaf: leafOf(proof.leaf),
      siblings: siblingsOf(proof.siblings),
      opening: {
        participant: toHex(holder),
        lineSalt: toHex(lineSalt),
        issuedMilligrams: issued.toString(),
        pointsMilligrams: points.toString(),
      },
    },
  };
}

/** How a leaf is proved, and how a ride's evidence was committed to; both come from intake. */
export type RideProver = {
  leafProof: (
    fileHash: string,
    head: TreeHead,
    index: number,
  ) => Promise<{ leaf: Leaf; siblings: Sibling[] } | undefined>;
  /** Undefined when this process does not have the methodology's text. */
  evidence: (ride: RideRow) => Evidence | undefined;
};

/**
 * A person's credited rides of a span of days, each with its place in its request's tree, what leads to the root there,
 * and what opens its commitments. Rides whose leaf file is not published yet have no proof.
 */
export async function proveRides(
  { pool, suite }: ProofPlace,
  person: Person,
  span: { first: number; end: number; limit: number },
  prover: RideProver,
) {
  const rides = await readRides(pool, { ...span, ...person, creditedOnly: true });
  const heads = await readHeads(pool, [...new Set(rides.map(({ batchId }) => batchId))]);
  return Promise.all(
    rides.map(async (ride) => {
      const batch = heads.get(ride.batchId);
      const proof =
        batch?.requestId && ride.leafIndex !== null
          ? await prover.leafProof(batch.leafFileHash, batch.head, ride.leafIndex)
          : undefined;
      const evidence = prover.evidence(ride);
      const salts = ride.salt === null ? undefined : saltsOf(suite, uuidBytes(ride.salt));
      return {
        batchId: ride.batchId,
        requestId: batch?.requestId ?? null,
        methodology: ride.rule,
        milligrams: ride.milligrams.toString(),
        index: ride.leafIndex === null ? null : String(ride.leafIndex),
        head: batch ? headOf(batch.head) : null,
        leafFileHash: batch?.leafFileHash ?? null,
        leaf: proof ? leafOf(proof.leaf) : null,
        siblings: proof ? siblingsOf(proof.siblings) : null,
        opening:
          salts && evidence
            ? {
                participant: toHex(uuidBytes(person.participant)),
                beneficiarySalt: toHex(salts.beneficiary),
                evidenceSalt: toHex(salts.evidence),
                evidence,
              }
            : null,
      };
    }),
  );
}

type BatchHead = { head: TreeHead; leafFileHash: string; requestId: string | null };

async function readHeads(pool: Pool, batchIds: readonly string[]): Promise<Map<string, BatchHead>> {
  const { rows } = await pool.query<{
    id: string;
    root: Buffer;
    total_milligrams: string;
    count: bigint | string;
    depth: number;
    leaf_file_hash: Buffer;
    request_id: bigint | string | null;
  }>(
    `SELECT b.id, b.root, b.total_milligrams, b.count, b.depth, b.leaf_file_hash,
       (SELECT max(q.request_id) FROM mirror.request q WHERE q.source_id = b.source_id AND q.root = b.root
          AND q.first_day = b.first_day AND q.end_day = b.end_day) AS request_id
     FROM intake.batch b WHERE b.id = ANY ($1::uuid[])`,
    [batchIds],
  );
  return new Map(
    rows.map((row) => [
      row.id,
      {
        head: {
          root: fromHex(toHex(row.root)),
          totalMilligrams: BigInt(row.total_milligrams),
          count: Number(row.count),
          depth: row.depth,
        },
        leafFileHash: toHex(row.leaf_file_hash),
        requestId: row.request_id?.toString() ?? null,
      },
    ]),
  );
}
