import { findFigures, measureBatch } from "../../database/queries/figures.ts";
import type { BatchView } from "../../database/queries/sources.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import { formatMillionths, isWithinTolerance, reviewRulesOn } from "../../domain/reviewRules.ts";
import type { ApiDependencies } from "../dependencies.ts";

/**
 * Compares a closed period with every independent figure of exactly this period; of one measure the newest
 * counts. INDEPENDENT_FIGURE_MISSING where the rules ask for one, INDEPENDENT_FIGURE_DIFFERS.
 */
export async function compareFigures(
  batch: BatchView,
  programme: number,
  { pool, reviewRules }: ApiDependencies,
): Promise<Result<true>> {
  const rules = reviewRulesOn(reviewRules, programme, batch.firstDay);
  if (!rules) return succeed(true);
  const { isRequired, tolerancePermille: permille } = rules.independentFigure;
  const figures = await findFigures(pool, batch.sourceId, batch);
  if (isRequired && figures.length === 0) return refuse("INDEPENDENT_FIGURE_MISSING");
  const compared = new Set<string>();
  for (const { measure, millionths } of figures) {
    if (compared.has(measure)) continue;
    compared.add(measure);
    const actual = await measureBatch(pool, batch.batchId, measure);
    if (actual !== undefined && !isWithinTolerance(actual, millionths, permille)) {
      return refuse("INDEPENDENT_FIGURE_DIFFERS", {
        values: {
          ...{ measure, permille },
          actual: formatMillionths(actual),
          figure: formatMillionths(millionths),
        },
      });
    }
  }
  return succeed(true);
}
