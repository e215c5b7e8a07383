import { formatDay } from "../period.ts";
import { type Result, refuse, succeed } from "../result.ts";
import type { FormulaMethodology } from "./formulaTypes.ts";

/** The days of one request: when people acted (half-open), and when it is filed. */
export type RequestDays = { firstDay: number; endDay: number; filingDay: number };

/**
 * Whether a version that `successor` supersedes may still be used. With the cut-off on the activity day
 * all activities must lie before the successor's first day plus grace; on the filing day the request must
 * be filed by then. A successor whose first day is not known supersedes nothing yet.
 * METHODOLOGY_SUPERSEDED with the last usable day.
 */
export function checkNotSuperseded(
  superseded: FormulaMethodology,
  successor: FormulaMethodology,
  days: RequestDays,
): Result<FormulaMethodology> {
  const { supersedes, code, version } = successor.document;
  const isNamed =
    supersedes?.code === superseded.document.code &&
    supersedes.version === superseded.document.version;
  if (!isNamed || successor.firstDay === undefined) return succeed(superseded);
  const endDay = successor.firstDay + supersedes.graceDays;
  const isInTime =
    supersedes.cutoff === "activity-day" ? days.endDay <= endDay : days.filingDay < endDay;
  return isInTime
    ? succeed(superseded)
    : refuse("METHODOLOGY_SUPERSEDED", { values: { day: formatDay(endDay - 1), code, version } });
}
