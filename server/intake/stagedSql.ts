/*
 * The statements a chunk is stored by. $1 platform, $2 source, $3 rule, $4 closed days, $5 and $6 the first and
 * last day that may matter, so that Postgres looks at those partitions only. Rows there before are looked up one by
 * one under a LIMIT: Postgres cannot know how large a day has become, and would read all of it.
 */

/** One connection's table of rows on their way in; empty again after each transaction. */
export const STAGED = `CREATE TEMP TABLE IF NOT EXISTS staged (
  ord integer, day integer, row_key uuid, behaviour text, fingerprint_a bytea, fingerprint_b bytea,
  participant uuid, milligrams bigint, activity_at bigint, seconds integer, quantities text,
  thing uuid, corrects uuid, salt uuid,
  day_a integer, mark_a uuid, day_b integer, mark_b uuid
) ON COMMIT DELETE ROWS`;

export const STAGED_TARGET = "staged";
export const STAGED_COLUMNS = 18;

/** Takes out the rows of persons who withdrew their consent; few did, so the list is small. */
export const WITHDRAWN = `
DELETE FROM staged s USING ledger.no_consent n WHERE n.participant = s.participant RETURNING s.ord`;

/**
 * Stores what is new, notes who brought each mark first, and says which rows are not simply accepted. Every
 * table is filled in the order of its key, reports before marks, so that chunks at the same time wait for each
 * other and never in a circle.
 */
export const STORE = `
WITH fresh AS (
  INSERT INTO intake.report
    (day, platform, row_key, source, rule, behaviour, fingerprint_a, fingerprint_b, participant, milligrams,
     activity_at, seconds, quantities, thing, corrects, salt)
  SELECT s.day, $1, s.row_key, $2, $3, s.behaviour, s.fingerprint_a, s.fingerprint_b, s.participant,
         s.milligrams, s.activity_at, s.seconds, s.quantities, s.thing, s.corrects, s.salt
    FROM staged s
    LEFT JOIN LATERAL (
      SELECT true AS known FROM intake.report r
       WHERE r.day BETWEEN $5 AND $6 AND r.day = s.day - 1 AND r.platform = $1 AND r.row_key = s.row_key LIMIT 1
    ) before ON true
    LEFT JOIN LATERAL (
      SELECT true AS known FROM intake.report r
       WHERE r.day BETWEEN $5 AND $6 AND r.day = s.day + 1 AND r.platform = $1 AND r.row_key = s.row_key LIMIT 1
    ) after ON true
   WHERE s.day <> ALL ($4::int[]) AND before.known IS NULL AND after.known IS NULL
   ORDER BY s.day, s.row_key
  ON CONFLICT DO NOTHING
  RETURNING day, row_key
), brought AS (
  INSERT INTO intake.fingerprint (day, mark, platform, row_key, report_day)
  SELECT m.day, m.mark, $1, s.row_key, s.day
    FROM staged s
    JOIN fresh USING (day, row_key)
   CROSS JOIN LATERAL (VALUES (s.day_a, s.mark_a), (s.day_b, s.mark_b)) AS m (day, mark)
   WHERE m.mark IS NOT NULL
   ORDER BY m.day, m.mark, s.ord
  ON CONFLICT DO NOTHING
  RETURNING report_day, row_key
)
SELECT s.ord, fresh.row_key IS NOT NULL AS fresh
  FROM staged s
  LEFT JOIN fresh USING (day, row_key)
  LEFT JOIN (SELECT report_day AS day, row_key, count(*) AS marks FROM brought GROUP BY 1, 2) b
       USING (day, row_key)
 WHERE fresh.row_key IS NULL
    OR b.marks IS DISTINCT FROM CASE WHEN s.mark_b IS NULL THEN 1 ELSE 2 END`;

/**
 * Who holds the marks of these rows ($1 platform, $2 and $3 days, $4 the rows' places, $5 which of them are new).
 * New rows get their edges, which nobody can have written before. A row that only meets the one it corrects is no duplicate of it.
 */
export const HOLDERS = `
WITH held AS (
  SELECT s.ord, s.day, s.row_key, n.fresh, f.report_day, f.platform, f.row_key AS holder,
         f.platform = $1 AND f.row_key IS NOT DISTINCT FROM s.corrects AS corrected
    FROM unnest($4::int[], $5::bool[]) AS n (ord, fresh)
    JOIN staged s USING (ord)
   CROSS JOIN LATERAL (VALUES (s.day_a, s.mark_a), (s.day_b, s.mark_b)) AS m (day, mark)
   CROSS JOIN LATERAL (
      SELECT f.platform, f.row_key, f.report_day FROM intake.fingerprint f
       WHERE f.day BETWEEN $2 AND $3 AND f.day = m.day AND f.mark = m.mark LIMIT 1
   ) f
   WHERE NOT (f.platform = $1 AND f.row_key = s.row_key)
), edges AS (
  INSERT INTO intake.shared (day, platform, row_key, holder_day, holder_platform, holder_row_key)
  SELECT DISTINCT day, $1::smallint, row_key, report_day, platform, holder FROM held WHERE fresh
   ORDER BY 1, 2, 3, 4, 5, 6
)
SELECT ord, bool_and(platform = $1) AS own FROM held WHERE NOT corrected GROUP BY ord`;

/** What is stored under the order numbers of rows that were not new: $1 to $4 as above, $5 source. */
export const STORED = `
SELECT s.ord,
       bool_and(r.day = s.day AND r.source = $5 AND r.behaviour = s.behaviour
         AND r.activity_at = s.activity_at AND r.seconds = s.seconds AND r.milligrams = s.milligrams
         AND r.fingerprint_a = s.fingerprint_a AND r.fingerprint_b IS NOT DISTINCT FROM s.fingerprint_b
         AND r.participant = s.participant AND r.quantities = s.quantities
         AND r.thing IS NOT DISTINCT FROM s.thing AND r.corrects IS NOT DISTINCT FROM s.corrects) AS same
  FROM unnest($4::int[]) AS n (ord)
  JOIN staged s USING (ord)
 CROSS JOIN LATERAL (
    SELECT r.* FROM intake.report r
     WHERE r.day BETWEEN $2 AND $3 AND r.day BETWEEN s.day - 1 AND s.day + 1
       AND r.platform = $1 AND r.row_key = s.row_key LIMIT 3
 ) r
 GROUP BY s.ord`;

/** Days that were closed for the source, and days that lie in files for everybody. */
export const CLOSED = `
SELECT first_day, end_day FROM intake.batch WHERE source_id = $1 AND first_day <= $3 AND end_day > $2
UNION ALL
SELECT day, day + 1 FROM intake.detached WHERE part = 'report' AND day BETWEEN $2 AND $3`;

/** Keeps what was refused and why, without any of the row's values. */
export const REFUSE = `
INSERT INTO intake.refusal (received_day, platform, row_key, code, field)
SELECT $1, $2, row_key, code, field
  FROM unnest($3::uuid[], $4::text[], $5::text[]) AS t (row_key, code, field)
 ORDER BY row_key
ON CONFLICT DO NOTHING`;
