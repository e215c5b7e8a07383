import type { PoolClient } from "pg";
import type { BehaviourExclusions } from "../../domain/methodology/behaviourExclusions.ts";
import type { Period } from "../../domain/period.ts";
import { type ReviewRules, reviewRulesOn } from "../../domain/reviewRules.ts";
import { checksOf } from "./checks.ts";

/** What a period's reports are judged by. */
export type AssessRules = {
  review: readonly ReviewRules[];
  exclusions: BehaviourExclusions;
};

/** Findings of a period by state. */
export type FindingCounts = { open: number; released: number; refused: number };

const number = async (
  client: PoolClient,
  sourceId: Uint8Array,
): Promise<{ source: number; programme: number } | undefined> => {
  const { rows } = await client.query<{ source: number; programme: string }>(
    `SELECT s.source, m.programme::text FROM intake.source s JOIN mirror.source m USING (source_id)
      WHERE s.source_id = $1`,
    [Buffer.from(sourceId)],
  );
  return rows[0] && { source: rows[0].source, programme: Number(rows[0].programme) };
};

/**
 * Looks at every day of a source's period and keeps what it finds. Findings that nobody decided and that
 * no longer hold, because a correction replaced a report, go again; decided ones stay. Looking again
 * changes nothing.
 */
export async function assessPeriod(
  client: PoolClient,
  sourceId: Uint8Array,
  period: Period,
  rules: AssessRules,
): Promise<FindingCounts> {
  const found = await number(client, sourceId);
  if (!found) return { open: 0, released: 0, refused: 0 };
  for (let day = period.firstDay; day < period.endDay; day++) {
    const onDay = reviewRulesOn(rules.review, found.programme, day);
    if (onDay) await assessDay(client, day, found.source, checksOf(onDay, rules.exclusions));
  }
  return countFindings(client, found.source, period);
}

async function assessDay(
  client: PoolClient,
  day: number,
  source: number,
  checks: ReturnType<typeof checksOf>,
): Promise<void> {
  await client.query(
    `CREATE TEMP TABLE IF NOT EXISTS found_now
       (day int, platform smallint, row_key uuid, kind text, source int, detail jsonb) ON COMMIT DROP`,
  );
  await client.query("TRUNCATE found_now");
  for (const { text, values } of checks) {
    await client.query(`INSERT INTO found_now ${text}`, [day, [source], ...values]);
  }
  await client.query(
    `DELETE FROM intake.finding f WHERE f.day = $1 AND f.source = $2
       AND NOT EXISTS (SELECT 1 FROM found_now n WHERE n.platform = f.platform AND n.row_key = f.row_key AND n.kind = f.kind)
       AND NOT EXISTS (SELECT 1 FROM intake.finding_decision d WHERE d.day = f.day AND d.platform = f.platform
                          AND d.row_key = f.row_key AND d.kind = f.kind)`,
    [day, source],
  );
  await client.query(
    `INSERT INTO intake.finding (day, platform, row_key, kind, source, detail)
     SELECT DISTINCT ON (platform, row_key, kind) day, platform, row_key, kind, source, detail
       FROM found_now ORDER BY platform, row_key, kind
     ON CONFLICT DO NOTHING`,
  );
}

/** How many findings of a source's period are open, released and refused. */
async function countFindings(
  client: PoolClient,
  source: number,
  period: Period,
): Promise<FindingCounts> {
  const { rows } = await client.query<{ state: keyof FindingCounts; count: string }>(
    `SELECT state, count(*) FROM intake.finding_state
      WHERE source = $1 AND day >= $2 AND day < $3 GROUP BY state`,
    [source, period.firstDay, period.endDay],
  );
  const counts = { open: 0, released: 0, refused: 0 };
  for (const { state, count } of rows) counts[state] = Number(count);
  return counts;
}
