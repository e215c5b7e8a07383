import type { Pool } from "pg";
import type { Period } from "../domain/period.ts";
import { attachedDays } from "./partitions/parts.ts";

async function seal(pool: Pool, days: readonly number[]): Promise<void> {
  for (const day of days) await pool.query("SELECT intake.seal_day($1)", [day]);
}

/**
 * Gives a period's days what reading them as a whole needs: indexes, and statistics for the planner. Apart
 * from the close, because it locks a day against rows for as long as it takes.
 */
export async function sealPeriod(pool: Pool, sourceId: Uint8Array, period: Period): Promise<void> {
  const { rows } = await pool.query<{ day: number }>(
    `SELECT DISTINCT r.day FROM intake.report r JOIN intake.source s USING (source)
      WHERE s.source_id = $1 AND r.day >= $2 AND r.day < $3
        AND NOT EXISTS (SELECT FROM intake.sealed_day d WHERE d.day = r.day)
      ORDER BY 1`,
    [Buffer.from(sourceId), period.firstDay, period.endDay],
  );
  await seal(
    pool,
    rows.map(({ day }) => day),
  );
}

/** Days after which one is sealed although its period goes on, and how far back that is looked for. */
const SEALED_AFTER_DAYS = 2;
const LOOKED_BACK_DAYS = 9;

/**
 * Seals the days that were over two days ago, so that persons see what was reported of them. Older ones
 * are left to their close: rows that come so late come many at a time, and are slower on a sealed day.
 */
export async function sealRecentDays(pool: Pool, today: number): Promise<void> {
  const { rows } = await pool.query<{ day: number }>(
    "SELECT day FROM intake.sealed_day WHERE day >= $1",
    [today - LOOKED_BACK_DAYS],
  );
  const sealed = new Set(rows.map(({ day }) => day));
  const days = (await attachedDays(pool, "report")).filter(
    (day) => day >= today - LOOKED_BACK_DAYS && day <= today - SEALED_AFTER_DAYS,
  );
  await seal(
    pool,
    days.filter((day) => !sealed.has(day)),
  );
}
