import type { ClientBase, Pool } from "pg";
import { inTransaction } from "../database/inTransaction.ts";
import type { BlobStore } from "../platform/store.ts";
import { creditedLeaves } from "./deductedLeaves.ts";
import { beginPosting, GIVEN_UP, institutionOf, type Posting } from "./posting.ts";

type Decided = {
  batch: string;
  source: string;
  programme: number;
  request: bigint;
  /** `0x…`; null when the request came to nothing. */
  token: string | null;
  grams: bigint;
  deducted: bigint;
  carryBefore: bigint;
  carryAfter: bigint;
  /** Whether the programme's pool received the units. */
  pooled: boolean;
};

/** Requests decided in final blocks whose batch the ledger has not followed yet. */
const OPEN = `
  SELECT b.id AS batch, b.source_id, q.programme, q.request_id, t.token_id, q.issued_grams, q.deducted_milligrams,
    q.carry_before_milligrams, q.carry_after_milligrams,
    EXISTS (SELECT FROM mirror.pool_movement w WHERE w.token_id = t.token_id AND w.kind = 'received'
              AND w.counterparty IS NULL) AS pooled
  FROM ledger.posting p
  JOIN intake.batch b ON b.id = p.batch
  JOIN mirror.request q ON q.source_id = b.source_id AND q.first_day = b.first_day AND q.end_day = b.end_day
    AND q.root = b.root
  JOIN mirror.transaction x ON x.hash = q.decision_transaction_hash
  JOIN mirror.checkpoint c ON x.block_number <= c.final_block
  LEFT JOIN mirror.token t ON t.request_id = q.request_id
  WHERE p.kind = 'pending' AND q.state IN ('issued', 'rejected', 'withdrawn', 'expired', 'fallen')
    AND NOT EXISTS (SELECT FROM ledger.posting d WHERE d.batch = b.id AND d.kind IN ('issue', 'fall')
                      AND d.request = q.request_id)
  ORDER BY q.request_id`;

/**
 * Follows what was decided on chain: what was issued goes from pending to issued, what fell, was rejected, withdrawn or
 * expired goes back. Each request in a transaction of its own, each once; gives how many were posted. Throws the first
 * failure after all others were tried. The store has the leaf files, which tell whose a deducted leaf was.
 */
export async function postIssues(pool: Pool, store?: BlobStore): Promise<number> {
  const { rows } = await pool.query<{
    batch: string;
    source_id: Buffer;
    programme: bigint;
    request_id: bigint;
    token_id: Buffer | null;
    issued_grams: bigint | null;
    deducted_milligrams: string;
    carry_before_milligrams: string | null;
    carry_after_milligrams: string | null;
    pooled: boolean;
  }>(OPEN);
  let failed: unknown;
  for (const row of rows) {
    const decided: Decided = {
      batch: row.batch,
      source: `0x${row.source_id.toString("hex")}`,
      programme: Number(row.programme),
      request: BigInt(row.request_id),
      token: row.token_id === null ? null : `0x${row.token_id.toString("hex")}`,
      grams: BigInt(row.issued_grams ?? 0),
      deducted: BigInt(row.deducted_milligrams),
      carryBefore: BigInt(row.carry_before_milligrams ?? 0),
      carryAfter: BigInt(row.carry_after_milligrams ?? 0),
      pooled: row.pooled,
    };
    try {
      await inTransaction(pool, async (client) => {
        await (decided.token === null
          ? postFall(client, decided)
          : postIssue(client, decided, store));
      });
    } catch (cause) {
      // One batch that cannot be followed must not hold up all others.
      failed ??= cause;
    }
  }
  if (failed !== undefined) throw failed;
  return rows.length;
}

/** What is pending of a batch, by account and by the person it comes of. */
const PENDING = `
  line AS MATERIALIZED (
    SELECT e.holder_kind, e.holder, e.actor, sum(e.milligrams) AS mg, sum(e.activities)::integer AS n
    FROM ledger.posting p JOIN ledger.entry e ON e.posting = p.posting AND e.month = p.month
    WHERE p.batch = $1 AND e.compartment = 'pending'
    GROUP BY 1, 2, 3 HAVING sum(e.milligrams) <> 0
  )`;

/** Returns what is pending to the source. A later proposal of the same batch takes it up again. */
async function postFall(client: ClientBase, of: Decided): Promise<void> {
  const made = await beginPosting(client, {
    key: `fall:${of.batch}:${of.request}`,
    kind: "fall",
    programme: of.programme,
    batch: of.batch,
    request: of.request,
  });
  if (made === undefined) return;
  const source = await institutionOf(client, "source", of.programme, of.source);
  await client.query(
    `WITH ${PENDING}
     INSERT INTO ledger.entry (month, posting, holder_kind, holder, actor, compartment, milligrams, activities)
     SELECT $2::integer, $3::bigint, holder_kind, holder, actor, 'pending'::ledger.compartment, -mg::bigint, -n FROM line
     UNION ALL
     SELECT $2::integer, $3::bigint, 'source', $4::uuid, NULL, 'reported', sum(mg)::bigint, 0 FROM line HAVING sum(mg) <> 0`,
    [of.batch, made.month, made.posting.toString(), source],
  );
}

/** A batch that fell and was proposed again is pending again; who was deleted in between gave it up. */
async function postAgain(client: ClientBase, of: Decided): Promise<void> {
  const { rows } = await client.query<{ posting: string }>(
    `SELECT p.posting::text FROM ledger.posting p WHERE p.batch = $1 AND p.kind = 'fall'
       AND NOT EXISTS (SELECT FROM ledger.posting r WHERE r.reverses = p.posting) ORDER BY p.posting DESC`,
    [of.batch],
  );
  for (const { posting } of rows) {
    const made = await beginPosting(client, {
      key: `again:${posting}`,
      kind: "again",
      programme: of.programme,
      batch: of.batch,
      request: of.request,
      reverses: BigInt(posting),
    });
    if (made === undefined) continue;
    const givenUp = await institutionOf(client, "programme", of.programme, GIVEN_UP);
    await client.query(
      `INSERT INTO ledger.entry (month, posting, holder_kind, holder, actor, compartment, milligrams, activities)
       SELECT $1::integer, $2::bigint,
         CASE WHEN d.participant IS NULL THEN e.holder_kind ELSE 'programme' END,
         CASE WHEN d.participant IS NULL THEN e.holder ELSE $4::uuid END,
         e.actor, e.compartment, -e.milligrams, -e.activities
       FROM ledger.posting p JOIN ledger.entry e ON e.posting = p.posting AND e.month = p.month
       LEFT JOIN ledger.deletion d ON d.participant = e.holder AND e.holder_kind = 'person'
       WHERE p.posting = $3`,
      [made.month, made.posting.toString(), posting, givenUp],
    );
  }
}

/**
 * The grams issued, divided by what each account has left after deductions, by the largest remainder. A deduction comes
 * off the person behind its leaf; one whose person cannot be found weighs on all alike. What the whole grams
 * do not hold is the source's carry, or void by the programme's rule.
 */
const ISSUE = `
  cut AS (
    SELECT r.participant, sum(d.milligrams) AS mg
    FROM mirror.deduction d
    JOIN intake.batch b ON b.id = $1
    JOIN intake.membership m ON m.batch_id = b.id AND m.credited
      AND m.leaf_index = coalesce((SELECT t.credited FROM unnest($11::bigint[], $12::bigint[]) AS t (named, credited)
                                   WHERE t.named = d.leaf_index), d.leaf_index)
      AND m.day >= b.first_day AND m.day < b.end_day
    JOIN intake.report r ON r.day = m.day AND r.platform = m.platform AND r.row_key = m.row_key
    WHERE d.request_id = $4 AND NOT d.after_issue AND NOT d.restored
    GROUP BY 1
  ), net AS (
    SELECT l.*, CASE WHEN c.mg IS NULL THEN l.mg
      ELSE greatest(0, l.mg - div(l.mg * c.mg, sum(l.mg) OVER (PARTITION BY l.actor))) END AS weight
    FROM line l LEFT JOIN cut c ON c.participant = l.actor
  ), quota AS (
    SELECT *, div(weight * $5::numeric, nullif(sum(weight) OVER (), 0)) AS base,
      mod(weight * $5::numeric, nullif(sum(weight) OVER (), 0)) AS remainder
    FROM net
  ), granted AS (
    SELECT *, base + CASE WHEN row_number() OVER (ORDER BY remainder DESC, holder_kind, holder, actor)
      <= $5::numeric - sum(base) OVER () THEN 1 ELSE 0 END AS grams
    FROM quota
  )
  INSERT INTO ledger.entry (month, posting, holder_kind, holder, actor, compartment, milligrams, activities)
  SELECT $2::integer, $3::bigint, holder_kind, holder, actor, 'pending'::ledger.compartment, -mg::bigint, -n FROM granted
  UNION ALL
  SELECT $2::integer, $3::bigint, holder_kind, holder, actor, $6::ledger.compartment, (1000 * grams)::bigint, n
  FROM granted WHERE grams > 0
  UNION ALL
  SELECT $2::integer, $3::bigint, 'source', $7::uuid, NULL, s.compartment::ledger.compartment, s.mg::bigint, 0
  FROM (VALUES ('reported', $8::numeric), ('carry', $9::numeric), ('void', $10::numeric)) AS s (compartment, mg)
  WHERE s.mg <> 0`;

async function postIssue(client: ClientBase, of: Decided, store?: BlobStore): Promise<void> {
  await postAgain(client, of);
  const made = await beginPosting(client, {
    key: `issue:${of.batch}`,
    kind: "issue",
    programme: of.programme,
    batch: of.batch,
    request: of.request,
    ...(of.token === null ? {} : { token: of.token }),
  });
  if (made === undefined) return;
  const { rows } = await client.query<{ mg: string | null }>(
    `WITH ${PENDING} SELECT sum(mg) AS mg FROM line`,
    [of.batch],
  );
  const pending = BigInt(rows[0]?.mg ?? 0);
  const carried = of.carryAfter - of.carryBefore;
  const lost = pending - of.deducted - carried - of.grams * 1000n;
  if (lost < 0n) throw new Error(`the chain issued more of batch ${of.batch} than was pending`);
  const leaves = store ? await creditedLeaves(client, store, of) : new Map<number, number>();
  await writeIssue(client, of, made, { carried, lost, leaves });
}

async function writeIssue(
  client: ClientBase,
  of: Decided,
  made: Posting,
  rest: { carried: bigint; lost: bigint; leaves: ReadonlyMap<number, number> },
): Promise<void> {
  const source = await institutionOf(client, "source", of.programme, of.source);
  await client.query(`WITH ${PENDING}, ${ISSUE}`, [
    of.batch,
    made.month,
    made.posting.toString(),
    of.request.toString(),
    of.grams.toString(),
    of.pooled ? "issued" : "recorded",
    source,
    of.deducted.toString(),
    rest.carried.toString(),
    rest.lost.toString(),
    [...rest.leaves.keys()],
    [...rest.leaves.values()],
  ]);
}
