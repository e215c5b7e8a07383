import type { BehaviourExclusions } from "../../domain/methodology/behaviourExclusions.ts";
import type { Limit, ReviewRules } from "../../domain/reviewRules.ts";

/*
 * What one day's reports are looked at for, each as one set-based statement. A statement gives the
 * reports it finds something about as (day, platform, row_key, kind, source, detail). Which of several
 * reports is found depends on the reports alone: the one that comes later by (credited before, activity
 * time, platform name, row key), so neither order of arrival nor repetition changes it.
 */

/** A statement and its values; $1 is the day, $2 the sources that are looked at. */
export type Check = { text: string; values: readonly unknown[] };

/**
 * The reports of some days without those that a correction of the same platform replaced. `behaviours`
 * is a fragment that limits them.
 */
const standing = (days: string, behaviours: string): string => `
  SELECT r.*, p.name AS platform_name
    FROM intake.report r JOIN intake.platform p USING (platform)
   WHERE r.day BETWEEN ${days} AND ${behaviours}
     AND NOT EXISTS (SELECT 1 FROM intake.report c
                      WHERE c.day BETWEEN r.day - 1 AND r.day + 1 AND c.platform = r.platform
                        AND c.corrects = r.row_key)`;

const IN_ORDER = "activity_at, platform_name, row_key";

function limitCheck({ behaviour, quantity, basis, most, unit }: Limit): Check {
  const value = "(quantities::jsonb ->> $4)::numeric";
  const values = [behaviour, quantity, most, unit];
  const found = (measured: string, from: string, where: string): Check => ({
    text: `SELECT day, platform, row_key, 'limit:' || $4, source,
                  jsonb_build_object('basis', '${basis}', 'measured', round(${measured}, 3)::text,
                                     'most', $5::text, 'unit', $6::text)
             FROM (${from}) s
            WHERE day = $1 AND source = ANY ($2::int[]) AND ${where}`,
    values,
  });
  if (basis === "thing-day") {
    const summed = `SELECT s.*, sum(${value}) OVER (PARTITION BY thing ORDER BY ${IN_ORDER}) AS summed
      FROM (${standing("$1 AND $1", "r.behaviour = $3 AND r.thing IS NOT NULL")}) s`;
    return found("summed", summed, "summed > $5::numeric");
  }
  const own = standing("$1 AND $1", "r.behaviour = $3");
  return basis === "each"
    ? found(value, own, `${value} > $5::numeric`)
    : found(
        `${value} * 3600 / seconds`,
        own,
        `seconds > 0 AND ${value} * 3600 > $5::numeric * seconds`,
      );
}

function personDayCheck({ personDayMostMilligrams: most }: ReviewRules): Check {
  return {
    text: `SELECT day, platform, row_key, 'person-day', source,
                  jsonb_build_object('measured', summed::text, 'most', $3::text, 'unit', 'mg')
             FROM (SELECT s.*, sum(milligrams) OVER (PARTITION BY participant ORDER BY ${IN_ORDER}) AS summed
                     FROM (${standing("$1 AND $1", "true")}) s) t
            WHERE source = ANY ($2::int[]) AND summed > $3::numeric`,
    values: [most.toString()],
  };
}

/** One body, one trip: a trip that begins while an earlier one of the same person still goes on. */
function overlapCheck(trips: readonly string[]): Check {
  return {
    text: `SELECT day, platform, row_key, 'overlap', source,
                  jsonb_build_object('measured', (busy_until - activity_at)::text, 'unit', 's')
             FROM (SELECT s.*, max(activity_at + seconds) OVER (PARTITION BY participant ORDER BY ${IN_ORDER}
                            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS busy_until
                     FROM (${standing("$1::int - 1 AND $1", "r.behaviour = ANY ($3::text[]) AND r.seconds > 0")}) s) t
            WHERE day = $1 AND source = ANY ($2::int[]) AND activity_at < busy_until`,
    values: [trips],
  };
}

/**
 * One meter's intervals that have a moment in common. Those that begin together are one activity by their
 * fingerprint and are left to the close.
 */
const meterCheck: Check = {
  text: `SELECT day, platform, row_key, 'meter-overlap', source,
                jsonb_build_object('measured', (busy_until - activity_at)::text, 'unit', 's')
           FROM (SELECT s.*, max(activity_at + seconds) OVER (PARTITION BY thing, behaviour ORDER BY activity_at
                          RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE GROUP) AS busy_until
                   FROM (${standing("$1::int - 1 AND $1", "r.thing IS NOT NULL AND r.seconds > 0")}) s) t
          WHERE day = $1 AND source = ANY ($2::int[]) AND activity_at < busy_until`,
  values: [],
};

/** Two behaviours of one car or meter that exclude each other within the window. */
function exclusionCheck(group: ExclusionGroup): Check {
  const { id, on, window, pairs } = group;
  const same = on === "person" ? "participant" : "thing";
  const span = window === "day" ? "$1 AND $1" : "$1::int - 1 AND $1::int + 1";
  const meets =
    window === "day"
      ? "e.day = r.day"
      : "e.activity_at < r.activity_at + r.seconds AND r.activity_at < e.activity_at + e.seconds";
  const involved = "r.behaviour = ANY ($3::text[] || $4::text[])";
  return {
    text: `WITH involved AS MATERIALIZED (
             SELECT s.*, EXISTS (SELECT 1 FROM intake.membership m
                                  WHERE m.day = s.day AND m.platform = s.platform AND m.row_key = s.row_key
                                    AND m.credited) AS is_credited
               FROM (${standing(span, `${involved} AND r.${same} IS NOT NULL`)}) s)
           SELECT DISTINCT ON (r.day, r.platform, r.row_key)
                  r.day, r.platform, r.row_key, 'exclusion:' || $5::text, r.source,
                  jsonb_build_object('beside', e.behaviour)
             FROM involved r
             JOIN involved e ON e.${same} = r.${same} AND ${meets}
              AND (e.is_credited::int * -1, e.activity_at, e.platform_name, e.row_key)
                  < (r.is_credited::int * -1, r.activity_at, r.platform_name, r.row_key)
             JOIN unnest($3::text[], $4::text[]) AS pair(one, other)
               ON (r.behaviour, e.behaviour) IN ((pair.one, pair.other), (pair.other, pair.one))
            WHERE r.day = $1 AND r.source = ANY ($2::int[]) AND NOT r.is_credited
            ORDER BY r.day, r.platform, r.row_key, e.activity_at, e.behaviour`,
    values: [pairs.map(([one]) => one), pairs.map(([, other]) => other), id],
  };
}

type ExclusionGroup = BehaviourExclusions["groups"][number];

/** Every check of a day under these rules. */
export function checksOf(rules: ReviewRules, exclusions: BehaviourExclusions): Check[] {
  const trips = exclusions.groups
    .filter(({ on, window }) => on === "person" && window === "overlap")
    .flatMap(({ pairs }) => pairs.flat());
  return [
    ...rules.limits.map(limitCheck),
    personDayCheck(rules),
    overlapCheck([...new Set(trips)]),
    meterCheck,
    // Overlapping trips of one person are found above, two of the same behaviour too.
    ...exclusions.groups
      .filter(({ on, window }) => on !== "person" || window !== "overlap")
      .map(exclusionCheck),
  ];
}
