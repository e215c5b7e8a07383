import type { Pool } from "pg";
import { formatDay } from "../../domain/period.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import { bytesOf, hexOf, type Page, type PageRequest, pageOf } from "../codec.ts";

/** Findings are paged by (day, platform, row, kind). */
export const findingList = {
  name: "findings",
  forms: [/^\d{1,6}$/, /^\d{1,5}$/, /^[0-9a-f-]{36}$/, /^[\w:-]{1,80}$/],
} as const;

/** One thing about one report that waits, or waited, for a decision. */
export type FindingView = {
  day: string;
  platform: string;
  /** Pseudonym of the row, as a UUID. */
  row: string;
  kind: string;
  sourceId: string;
  detail: Record<string, string>;
  state: "open" | "released" | "refused";
  foundAt: string;
  reason: string | null;
  decidedAt: string | null;
};

type Row = {
  day: number;
  platform: number;
  platform_name: string;
  row_key: string;
  kind: string;
  source_id: Buffer;
  detail: Record<string, string>;
  state: FindingView["state"];
  found_at: Date;
  reason: string | null;
  decided_at: Date | null;
};

const viewOf = (row: Row): FindingView => ({
  day: formatDay(row.day),
  platform: row.platform_name,
  row: row.row_key,
  kind: row.kind,
  sourceId: hexOf(row.source_id),
  detail: row.detail,
  state: row.state,
  foundAt: row.found_at.toISOString(),
  reason: row.reason,
  decidedAt: row.decided_at?.toISOString() ?? null,
});

/** Whose findings are listed: a programme's, of one platform alone where it asks itself. */
export type FindingFilter = {
  programme: number;
  platform: string | null;
  sourceId?: string | undefined;
  state?: string | undefined;
};

/** A page of a programme's findings, in the order of days. */
export async function listFindings(
  pool: Pool,
  { programme, platform, sourceId, state }: FindingFilter,
  page: PageRequest,
): Promise<Page<FindingView>> {
  const [day, number, row, kind] = page.after ?? ["0", "0", "", ""];
  const { rows } = await pool.query<Row>(
    `SELECT f.day, f.platform, p.name AS platform_name, f.row_key::text, f.kind, s.source_id, f.detail,
            f.state, f.found_at, f.reason, f.decided_at
       FROM intake.finding_state f
       JOIN intake.source s USING (source)
       JOIN mirror.source m ON m.source_id = s.source_id AND m.programme = $1
       JOIN intake.platform p ON p.platform = f.platform
      WHERE ($2::text IS NULL OR p.name = $2) AND ($3::bytea IS NULL OR s.source_id = $3)
        AND ($4::text IS NULL OR f.state = $4)
        AND (f.day, f.platform, f.row_key::text, f.kind) > ($5, $6, $7, $8)
      ORDER BY f.day, f.platform, f.row_key::text, f.kind LIMIT $9`,
    [
      programme,
      platform,
      sourceId === undefined ? null : bytesOf(sourceId),
      state ?? null,
      ...[Number(day), Number(number), row, kind],
      page.limit + 1,
    ],
  );
  return pageOf(findingList.name, rows, page.limit, {
    view: viewOf,
    key: (one) => [String(one.day), String(one.platform), one.row_key, one.kind],
  });
}

/** Names one finding. */
export type FindingKey = { day: number; platform: string; row: string; kind: string };

/** What was decided, why, and by whose key. */
export type Decision = {
  decision: "released" | "refused";
  reason: string;
  apiKeyId: string;
};

/**
 * Decides open findings of a programme, all or none of them. NOT_FOUND names the first that does not
 * exist, FINDING_DECIDED when one was decided before.
 */
export async function decideFindings(
  pool: Pool,
  programme: number,
  keys: readonly FindingKey[],
  { decision, reason, apiKeyId }: Decision,
): Promise<Result<number>> {
  const { rows } = await pool.query<{ known: string; decided: string; stored: string }>(
    `WITH asked AS (
       SELECT DISTINCT * FROM unnest($1::int[], $2::text[], $3::uuid[], $4::text[]) AS t(day, platform_name, row_key, kind)),
     known AS (
       SELECT f.* FROM asked a
         JOIN intake.platform p ON p.name = a.platform_name
         JOIN intake.finding_state f ON f.day = a.day AND f.platform = p.platform
          AND f.row_key = a.row_key AND f.kind = a.kind
         JOIN intake.source s USING (source)
         JOIN mirror.source m ON m.source_id = s.source_id AND m.programme = $5),
     fit AS (
       SELECT (SELECT count(*) FROM known) = (SELECT count(*) FROM asked)
          AND NOT EXISTS (SELECT 1 FROM known WHERE state <> 'open') AS all_fit),
     stored AS (
       INSERT INTO intake.finding_decision (day, platform, row_key, kind, turn, decision, reason, api_key_id)
       SELECT day, platform, row_key, kind, 1, $6, $7, $8 FROM known, fit WHERE all_fit
       ON CONFLICT DO NOTHING RETURNING 1)
     SELECT (SELECT count(*) FROM asked) - (SELECT count(*) FROM known) AS known,
            (SELECT count(*) FROM known WHERE state <> 'open') AS decided,
            (SELECT count(*) FROM stored) AS stored`,
    [
      keys.map(({ day }) => day),
      keys.map(({ platform }) => platform),
      keys.map(({ row }) => row),
      keys.map(({ kind }) => kind),
      ...[programme, decision, reason, apiKeyId],
    ],
  );
  const [counts] = rows;
  if (Number(counts?.known) > 0) {
    return refuse("NOT_FOUND", {
      field: "findings",
      values: { what: "finding", id: "one of them" },
    });
  }
  if (Number(counts?.decided) > 0) return refuse("FINDING_DECIDED", { field: "findings" });
  return succeed(Number(counts?.stored));
}
