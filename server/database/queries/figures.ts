import type { Pool } from "pg";
import type { Period } from "../../domain/period.ts";
import { formatDay } from "../../domain/period.ts";
import { bytesOf, hexOf } from "../codec.ts";

/** What somebody else counted of a source in a period. */
export type IndependentFigure = {
  id: string;
  first: string;
  /** Not included. */
  end: string;
  /** "activities", "milligrams" or "behaviour.quantity". */
  measure: string;
  /** In millionths of the measure's unit. */
  millionths: bigint;
  provider: string;
  /** Hash of the document it was read from, `0x…`. */
  document: string;
  filedAt: string;
};

type Row = {
  id: string;
  first_day: number;
  end_day: number;
  measure: string;
  millionths: string;
  provider: string;
  document: Buffer;
  filed_at: Date;
};

/** Every figure of a source that touches a period, or of all periods, newest first. */
export async function findFigures(
  pool: Pool,
  sourceId: string,
  period?: Period,
): Promise<IndependentFigure[]> {
  const { rows } = await pool.query<Row>(
    `SELECT f.id::text, f.first_day, f.end_day, f.measure, f.millionths::text, f.provider, f.document, f.filed_at
       FROM intake.independent_figure f JOIN intake.source s USING (source)
      WHERE s.source_id = $1 AND ($2::int IS NULL OR (f.first_day = $2 AND f.end_day = $3))
      ORDER BY f.filed_at DESC, f.id LIMIT 500`,
    [bytesOf(sourceId), period?.firstDay ?? null, period?.endDay ?? null],
  );
  return rows.map((row) => ({
    id: row.id,
    first: formatDay(row.first_day),
    end: formatDay(row.end_day),
    measure: row.measure,
    millionths: BigInt(row.millionths),
    provider: row.provider,
    document: hexOf(row.document),
    filedAt: row.filed_at.toISOString(),
  }));
}

export type NewFigure = Omit<IndependentFigure, "first" | "end" | "filedAt"> & {
  sourceId: string;
  period: Period;
  apiKeyId: string;
};

/** Files a figure; the same id again changes nothing. False when nothing was ever reported to the source. */
export async function insertFigure(pool: Pool, figure: NewFigure): Promise<boolean> {
  const { rows } = await pool.query(
    `WITH known AS (SELECT source FROM intake.source WHERE source_id = $2),
     stored AS (
       INSERT INTO intake.independent_figure
         (id, source, first_day, end_day, measure, millionths, provider, document, api_key_id)
       SELECT $1, source, $3, $4, $5, $6, $7, $8, $9 FROM known ON CONFLICT (id) DO NOTHING)
     SELECT source FROM known`,
    [
      figure.id,
      bytesOf(figure.sourceId),
      ...[figure.period.firstDay, figure.period.endDay, figure.measure],
      figure.millionths.toString(),
      ...[figure.provider, bytesOf(figure.document), figure.apiKeyId],
    ],
  );
  return rows.length > 0;
}

/**
 * What a batch comes to by a measure, in millionths of the measure's unit: of the credited reports, as
 * their leaves stand. Undefined when the measure is none.
 */
export async function measureBatch(
  pool: Pool,
  batchId: string,
  measure: string,
): Promise<bigint | undefined> {
  const [behaviour, quantity] = measure.split(".");
  const sum =
    measure === "activities"
      ? "count(*)"
      : measure === "milligrams"
        ? "coalesce(sum(r.milligrams), 0)"
        : quantity === undefined
          ? undefined
          : "coalesce(sum((r.quantities::jsonb ->> $3)::numeric) FILTER (WHERE r.behaviour = $2), 0)";
  if (sum === undefined) return undefined;
  const isQuantity = quantity !== undefined;
  const { rows } = await pool.query<{ millionths: string }>(
    `SELECT floor(${sum} * 1000000)::text AS millionths
       FROM intake.batch b
       JOIN intake.membership m ON m.batch_id = b.id AND m.credited
        AND m.day >= b.first_day AND m.day < b.end_day
       JOIN intake.report r USING (day, platform, row_key)
      WHERE b.id = $1`,
    [batchId, ...(isQuantity ? [behaviour, quantity] : [])],
  );
  return BigInt(rows[0]?.millionths ?? 0);
}
