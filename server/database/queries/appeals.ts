import type { Pool } from "pg";
import { formatDay } from "../../domain/period.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import { type Page, type PageRequest, pageOf } from "../codec.ts";

export const appealList = {
  name: "appeals",
  forms: [/^[\d-]{10}T[\d:.]{8,16}Z$/, /^[0-9a-f-]{36}$/],
} as const;

/** An appeal and what was decided about it. */
export type AppealView = {
  id: string;
  platform: string;
  row: string;
  /** The day of the refusal, or of the report that the finding is about. */
  day: string;
  about: "refusal" | "finding";
  /** Code of the refusal or kind of the finding. */
  subject: string;
  reason: string;
  filedAt: string;
  state: "open" | "upheld" | "dismissed";
  decisionReason: string | null;
  decidedAt: string | null;
};

type Row = {
  id: string;
  platform_name: string;
  row_key: string;
  day: number;
  about: AppealView["about"];
  subject: string;
  reason: string;
  filed_at: Date;
  decision: "upheld" | "dismissed" | null;
  decision_reason: string | null;
  decided_at: Date | null;
};

const COLUMNS = `a.id::text, p.name AS platform_name, a.row_key::text, a.day, a.about, a.subject, a.reason,
  a.filed_at, d.decision, d.reason AS decision_reason, d.decided_at`;
const TABLES = `intake.appeal a JOIN intake.platform p USING (platform)
  LEFT JOIN intake.appeal_decision d ON d.appeal_id = a.id`;

const viewOf = (row: Row): AppealView => ({
  id: row.id,
  platform: row.platform_name,
  row: row.row_key,
  day: formatDay(row.day),
  about: row.about,
  subject: row.subject,
  reason: row.reason,
  filedAt: row.filed_at.toISOString(),
  state: row.decision ?? "open",
  decisionReason: row.decision_reason,
  decidedAt: row.decided_at?.toISOString() ?? null,
});

/** What was refused of one row and when: of its arrival, or by a decision about a finding. */
export type Refused = {
  platform: number;
  about: AppealView["about"];
  subject: string;
  day: number;
  /** China day of the refusal, from which the deadline counts. */
  refusedDay: number;
};

/**
 * Everything that was refused of a platform's row: arrivals by the day they came, findings by the day of
 * the report.
 */
export async function findRefused(
  pool: Pool,
  platform: string,
  rowKey: string,
  day: number,
): Promise<Refused[]> {
  const { rows } = await pool.query<{
    platform: number;
    about: Refused["about"];
    subject: string;
    day: number;
    refused_day: number;
  }>(
    `SELECT p.platform, 'refusal' AS about, r.code AS subject, r.received_day AS day, r.received_day AS refused_day
       FROM intake.refusal r JOIN intake.platform p USING (platform)
      WHERE p.name = $1 AND r.row_key = $2 AND r.received_day = $3
     UNION ALL
     SELECT p.platform, 'finding', f.kind, f.day,
            floor((extract(epoch FROM f.decided_at) + 28800) / 86400)::int
       FROM intake.finding_state f JOIN intake.platform p USING (platform)
      WHERE p.name = $1 AND f.row_key = $2 AND f.day = $3 AND f.state = 'refused'`,
    [platform, rowKey, day],
  );
  return rows.map(({ refused_day, ...row }) => ({ ...row, refusedDay: refused_day }));
}

export type NewAppeal = {
  id: string;
  rowKey: string;
  refused: Refused;
  programme: number;
  reason: string;
  apiKeyId: string;
};

/** Files an appeal; the same id again changes nothing. APPEAL_EXISTS. */
export async function insertAppeal(pool: Pool, appeal: NewAppeal): Promise<Result<true>> {
  const { id, rowKey, refused, programme, reason, apiKeyId } = appeal;
  const { rows } = await pool.query(
    `WITH stored AS (
       INSERT INTO intake.appeal (id, platform, row_key, day, about, subject, programme, reason, api_key_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING id)
     SELECT id FROM stored UNION ALL SELECT id FROM intake.appeal WHERE id = $1 AND api_key_id = $9`,
    [
      ...[id, refused.platform, rowKey, refused.day, refused.about, refused.subject],
      ...[programme, reason, apiKeyId],
    ],
  );
  return rows.length === 0 ? refuse("APPEAL_EXISTS") : succeed(true);
}

/** An appeal of a programme by its id, or undefined. */
export async function findAppeal(
  pool: Pool,
  programme: number,
  id: string,
): Promise<AppealView | undefined> {
  const { rows } = await pool.query<Row>(
    `SELECT ${COLUMNS} FROM ${TABLES} WHERE a.id = $1 AND a.programme = $2`,
    [id, programme],
  );
  return rows[0] && viewOf(rows[0]);
}

/** A page of a programme's appeals, oldest first; of one platform alone where it asks itself. */
export async function listAppeals(
  pool: Pool,
  filter: { programme: number; platform: string | null; state?: string | undefined },
  page: PageRequest,
): Promise<Page<AppealView>> {
  const [filedAt, id] = page.after ?? ["-infinity", "00000000-0000-0000-0000-000000000000"];
  const { rows } = await pool.query<Row>(
    `SELECT ${COLUMNS} FROM ${TABLES}
      WHERE a.programme = $1 AND ($2::text IS NULL OR p.name = $2)
        AND ($3::text IS NULL OR coalesce(d.decision, 'open') = $3)
        AND (date_trunc('milliseconds', a.filed_at), a.id) > ($4::timestamptz, $5::uuid)
      ORDER BY date_trunc('milliseconds', a.filed_at), a.id LIMIT $6`,
    [filter.programme, filter.platform, filter.state ?? null, filedAt, id, page.limit + 1],
  );
  return pageOf(appealList.name, rows, page.limit, {
    view: viewOf,
    key: (one) => [one.filed_at.toISOString(), one.id],
  });
}

/**
 * Decides an appeal once. An upheld one about a finding releases the report; about a refusal on arrival
 * it says that the row may be reported again, because the row itself was not kept. NOT_FOUND,
 * APPEAL_DECIDED; APPEAL_OWN_DECISION when the same key refused.
 */
export async function decideAppeal(
  pool: Pool,
  programme: number,
  id: string,
  of: { decision: "upheld" | "dismissed"; reason: string; apiKeyId: string },
): Promise<Result<true>> {
  const { rows } = await pool.query<{ own: boolean; decided: boolean; stored: boolean }>(
    `WITH known AS (
       SELECT a.*, (SELECT f.api_key_id FROM intake.finding_state f
                     WHERE a.about = 'finding' AND f.day = a.day AND f.platform = a.platform
                       AND f.row_key = a.row_key AND f.kind = a.subject) AS refused_by
         FROM intake.appeal a WHERE a.id = $1 AND a.programme = $2),
     stored AS (
       INSERT INTO intake.appeal_decision (appeal_id, decision, reason, api_key_id)
       SELECT id, $3, $4, $5 FROM known WHERE refused_by IS DISTINCT FROM $5
       ON CONFLICT DO NOTHING RETURNING appeal_id),
     released AS (
       INSERT INTO intake.finding_decision (day, platform, row_key, kind, turn, decision, reason, api_key_id)
       SELECT day, platform, row_key, subject, 2, 'released', $4, $5
         FROM known JOIN stored ON stored.appeal_id = known.id
        WHERE about = 'finding' AND $3 = 'upheld')
     SELECT refused_by IS NOT DISTINCT FROM $5 AS own, EXISTS (SELECT 1 FROM stored) AS stored,
            EXISTS (SELECT 1 FROM intake.appeal_decision d WHERE d.appeal_id = known.id) AS decided
       FROM known`,
    [id, programme, of.decision, of.reason, of.apiKeyId],
  );
  const [appeal] = rows;
  if (!appeal) return refuse("NOT_FOUND", { values: { what: "appeal", id } });
  if (appeal.stored) return succeed(true);
  return refuse(appeal.own && !appeal.decided ? "APPEAL_OWN_DECISION" : "APPEAL_DECIDED");
}
