import type { ClientBase } from "pg";
import { beneficiaries, rightOn, weightOf } from "../domain/rights.ts";
import { beginPosting, GIVEN_UP, institutionOf } from "./posting.ts";
import { storedRightRules } from "./rightRules.ts";

type Batch = {
  source: string;
  first: number;
  end: number;
  totalMilligrams: bigint;
  programme: number;
  /** Account that receives the source's units, `0x…`; undefined when the source is not mirrored. */
  owner: string | undefined;
};

async function findBatch(
  client: ClientBase,
  batchId: string,
  programme: number | undefined,
): Promise<Batch> {
  const { rows } = await client.query<{
    source_id: Buffer;
    first_day: number;
    end_day: number;
    total_milligrams: string;
    programme: bigint | string | null;
    owner: Buffer | null;
  }>(
    `SELECT b.source_id, b.first_day, b.end_day, b.total_milligrams, s.programme, s.owner
     FROM intake.batch b LEFT JOIN mirror.source s USING (source_id) WHERE b.id = $1`,
    [batchId],
  );
  const row = rows[0];
  const of = row?.programme ?? programme;
  if (row === undefined || of === undefined || of === null) {
    throw new Error(`the batch ${batchId} or its source is not known`);
  }
  return {
    source: `0x${row.source_id.toString("hex")}`,
    first: row.first_day,
    end: row.end_day,
    totalMilligrams: BigInt(row.total_milligrams),
    programme: Number(of),
    owner: row.owner === null ? undefined : `0x${row.owner.toString("hex")}`,
  };
}

/** What one platform's lines are divided by, in the form the statement reads. */
type PlatformRight = {
  platform: number;
  platform_holder: string;
  /** Null: nothing is pooled. */
  threshold: string | null;
  needs_benefit: boolean;
  pool_default: boolean;
  weights: string[];
};

async function platformRights(
  client: ClientBase,
  batch: Batch,
  batchId: string,
): Promise<PlatformRight[]> {
  const rules = await storedRightRules(client, batch.programme);
  const { rows } = await client.query<{ platform: number; name: string }>(
    `SELECT p.platform, p.name FROM intake.platform p
     WHERE EXISTS (SELECT FROM intake.membership m WHERE m.platform = p.platform AND m.batch_id = $1
                     AND m.day >= $2 AND m.day < $3)`,
    [batchId, batch.first, batch.end],
  );
  const found: PlatformRight[] = [];
  for (const { platform, name } of rows) {
    const day = batch.end - 1;
    const right = rightOn(rules, { programme: batch.programme, platform: name, day });
    const pools = right.kind === "platform" ? right : undefined;
    found.push({
      platform,
      platform_holder: await institutionOf(client, "platform", batch.programme, name),
      threshold: pools?.thresholdMilligrams ?? null,
      needs_benefit: pools?.benefit === "required",
      pool_default: pools?.withoutChoice === "pool",
      weights: beneficiaries.map((whom) => weightOf(right, whom).toString()),
    });
  }
  return found;
}

/** What each person earned in the batch, by platform; who is new gets a row and a salt. */
const LINES = `
  line AS MATERIALIZED (
    SELECT r.participant, r.platform, sum(r.milligrams)::bigint AS mg, count(*)::integer AS n
    FROM intake.membership m
    JOIN intake.report r ON r.day = m.day AND r.platform = m.platform AND r.row_key = m.row_key
    WHERE m.batch_id = $1 AND m.credited AND r.milligrams > 0
      AND m.day >= $2 AND m.day < $3 AND r.day >= $2 AND r.day < $3
    GROUP BY 1, 2
  ), known AS (
    INSERT INTO ledger.person (participant, programme, platform)
    SELECT l.participant, $10::bigint, p.name FROM line l JOIN intake.platform p ON p.platform = l.platform
    WHERE NOT EXISTS (SELECT FROM ledger.person o WHERE o.participant = l.participant)
      AND NOT EXISTS (SELECT FROM ledger.deletion d WHERE d.participant = l.participant)
    ORDER BY 1 ON CONFLICT DO NOTHING
  )`;

/**
 * What a platform pools comes off first, then shares are divided by the largest remainder; domain/rights.ts says the
 * same for one person, and a test compares the two.
 */
const DIVIDED = `
  standing AS (
    SELECT l.*, q.platform_holder, q.weights,
      CASE
        WHEN q.threshold IS NULL THEN 0
        WHEN (NOT q.needs_benefit OR EXISTS (SELECT FROM ledger.benefit b WHERE b.participant = l.participant))
          AND coalesce((SELECT c.pool FROM ledger.choice c WHERE c.participant = l.participant
                        ORDER BY c.sequence DESC LIMIT 1), q.pool_default)
        THEN LEAST(l.mg, GREATEST(0, q.threshold - coalesce((
          SELECT sum(e.milligrams) FROM ledger.entry e
          WHERE e.actor = l.participant AND e.actor <> e.holder AND e.holder = q.platform_holder), 0)))
        ELSE 0
      END AS pooled
    FROM line l JOIN jsonb_to_recordset($7::jsonb) AS q (platform smallint, platform_holder uuid, threshold numeric,
      needs_benefit boolean, pool_default boolean, weights numeric[]) ON q.platform = l.platform
  ), share AS (
    SELECT s.participant, s.platform, s.platform_holder, s.n, s.mg - s.pooled AS rest, w.place, w.weight,
      div((s.mg - s.pooled) * w.weight, sum(w.weight) OVER whole) AS base,
      mod((s.mg - s.pooled) * w.weight, sum(w.weight) OVER whole) AS remainder
    FROM standing s CROSS JOIN LATERAL unnest(s.weights) WITH ORDINALITY AS w (weight, place)
    WHERE w.weight > 0
    WINDOW whole AS (PARTITION BY s.participant, s.platform)
  ), divided AS (
    SELECT participant, platform, platform_holder, n, place,
      base + CASE WHEN row_number() OVER (PARTITION BY participant, platform ORDER BY remainder DESC, place)
                    <= rest - sum(base) OVER (PARTITION BY participant, platform) THEN 1 ELSE 0 END AS mg
    FROM share
    UNION ALL
    SELECT participant, platform, platform_holder, n, 2, pooled FROM standing WHERE pooled > 0
  ), part AS (
    SELECT participant, CASE place WHEN 1 THEN 'person' WHEN 2 THEN 'platform' ELSE 'owner' END AS kind,
      CASE place WHEN 1 THEN participant WHEN 2 THEN platform_holder ELSE $8::uuid END AS holder,
      mg::bigint AS mg,
      -- The activities are told once, with the largest part.
      CASE WHEN row_number() OVER (PARTITION BY participant, platform ORDER BY mg DESC, place) = 1
        THEN n ELSE 0 END AS n
    FROM divided WHERE mg > 0
  )`;

const WHOLE = `
  part AS (SELECT participant, 'person' AS kind, participant AS holder, mg, n FROM line)`;

/** A deleted person's part goes where what they gave up is. The source gives what all others gain. */
const WRITE = `
  INSERT INTO ledger.entry (month, posting, holder_kind, holder, actor, compartment, milligrams, activities)
  SELECT $4::integer, $5::bigint,
    (CASE WHEN d.participant IS NULL OR p.kind <> 'person' THEN p.kind ELSE 'programme' END)::ledger.holder_kind,
    CASE WHEN d.participant IS NULL OR p.kind <> 'person' THEN p.holder ELSE $9::uuid END,
    p.participant, 'pending'::ledger.compartment, p.mg, p.n
  FROM part p LEFT JOIN ledger.deletion d ON d.participant = p.participant
  UNION ALL
  SELECT $4::integer, $5::bigint, 'source', $6::uuid, NULL, 'reported'::ledger.compartment, -sum(mg)::bigint, 0
  FROM part HAVING sum(mg) > 0`;

// One set of parameters serves both statements; the simple one does not read two of them.
const SIMPLE = `WITH unread AS (SELECT $7::jsonb, $8::uuid), ${LINES}, ${WHOLE} ${WRITE}`;
const BY_RIGHTS = `WITH ${LINES}, ${DIVIDED} ${WRITE}`;

/**
 * Posts what a closed batch credits as pending: one entry for each person (and for whoever else the rule of rights
 * gives a part), against the source they came from, in one statement. In the caller's transaction, after the batch and
 * its membership are written; posting again changes nothing. `programme` serves a source that is not mirrored.
 *
 * Throws when what was posted is not the batch's total: then the close has to fail.
 */
export async function postPending(
  client: ClientBase,
  of: { batchId: string; programme?: number },
): Promise<{ posted: boolean; milligrams: bigint }> {
  const batch = await findBatch(client, of.batchId, of.programme);
  const made = await beginPosting(client, {
    key: `pending:${of.batchId}`,
    kind: "pending",
    programme: batch.programme,
    batch: of.batchId,
  });
  if (made === undefined) return { posted: false, milligrams: batch.totalMilligrams };
  const rights = await platformRights(client, batch, of.batchId);
  const isWhole = rights.every(
    ({ threshold, weights }) => threshold === null && weights[1] === "0" && weights[2] === "0",
  );
  const source = await institutionOf(client, "source", batch.programme, batch.source);
  const owner = batch.owner && (await institutionOf(client, "owner", batch.programme, batch.owner));
  const givenUp = await institutionOf(client, "programme", batch.programme, GIVEN_UP);
  await client.query(isWhole ? SIMPLE : BY_RIGHTS, [
    of.batchId,
    batch.first,
    batch.end,
    made.month,
    made.posting.toString(),
    source,
    JSON.stringify(rights),
    owner ?? givenUp,
    givenUp,
    batch.programme,
  ]);
  const { rows } = await client.query<{ milligrams: string }>(
    "SELECT coalesce(-sum(milligrams), 0) AS milligrams FROM ledger.entry WHERE month = $1 AND posting = $2 AND holder = $3",
    [made.month, made.posting.toString(), source],
  );
  const milligrams = BigInt(rows[0]?.milligrams ?? 0);
  if (milligrams !== batch.totalMilligrams) {
    throw new Error(
      `the ledger would hold ${milligrams} mg of a batch of ${batch.totalMilligrams} mg: ${of.batchId}`,
    );
  }
  return { posted: true, milligrams };
}
