import { findFigures, insertFigure } from "../../database/queries/figures.ts";
import { findSource } from "../../database/queries/sources.ts";
import { parsePeriod } from "../../domain/period.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import { formatMillionths, parseMillionths } from "../../domain/reviewRules.ts";
import type { Caller } from "../auth.ts";
import { requireProgramme } from "../auth.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { exampleOf } from "../examples.ts";
import { defineRoute } from "../route.ts";
import { figureBody, figureQuery, figuresSchema } from "./schema.ts";

const MEASURE = /^(activities|milligrams|[a-z][a-z0-9-]*\.[a-z][A-Za-z0-9]*)$/;

/** NOT_FOUND, PROGRAMME_MISMATCH. */
async function ownSource(
  caller: Caller,
  sourceId: string,
  { pool }: ApiDependencies,
): Promise<Result<true>> {
  const source = await findSource(pool, sourceId);
  return source
    ? requireProgramme(caller, source.programme)
    : refuse("NOT_FOUND", { field: "sourceId", values: { what: "source", id: sourceId } });
}

export const figureRoutes = [
  defineRoute({
    method: "post",
    path: "/v1/independent-figures",
    action: "activities.review",
    tag: "Review",
    summary: "File what somebody else counted of a period 独立数据",
    description:
      "For example the fare system's trips, or the grid company's kilowatt-hours. A request for exactly this period is refused while the credited reports lie further apart than the programme's rules allow; where the rules ask for a figure, also while there is none.",
    body: figureBody,
    example: {
      ...{ id: exampleOf.uuid, sourceId: exampleOf.hash, first: "2018-09-01", end: "2018-09-02" },
      ...{ measure: "activities", value: "36412", provider: "票务清分中心" },
      document: exampleOf.hash,
    },
    success: { status: 201, description: "All figures of the source", schema: figuresSchema },
    refusals: [
      ...(["NOT_FOUND", "MEASURE_UNKNOWN", "DATE_MALFORMED", "PERIOD_EMPTY"] as const),
      ...(["PERIOD_TOO_LONG", "PROGRAMME_MISMATCH"] as const),
    ],
    handle: async ({ caller, body }, dependencies) => {
      const { id, sourceId, measure, provider, document } = body;
      const own = await ownSource(caller, sourceId, dependencies);
      if (!own.ok) return own;
      const period = parsePeriod(body.first, body.end);
      if (!period.ok) return period;
      if (!MEASURE.test(measure)) {
        return refuse("MEASURE_UNKNOWN", { field: "measure", values: { measure } });
      }
      const isKnown = await insertFigure(dependencies.pool, {
        ...{ id, sourceId, measure, provider, document, period: period.value },
        millionths: parseMillionths(body.value),
        apiKeyId: caller.key?.id ?? "",
      });
      if (!isKnown) {
        const values = { what: "report to the source", id: sourceId };
        return refuse("NOT_FOUND", { field: "sourceId", values });
      }
      return succeed({ status: 201, json: await figuresOf(dependencies, sourceId) });
    },
  }),
  defineRoute({
    method: "get",
    path: "/v1/independent-figures",
    action: "activities.read",
    tag: "Review",
    summary: "A source's independent figures, the newest first 独立数据清单",
    query: figureQuery,
    success: { status: 200, description: "Its figures", schema: figuresSchema },
    refusals: ["NOT_FOUND", "PROGRAMME_MISMATCH"],
    handle: async ({ caller, query }, dependencies) => {
      const own = await ownSource(caller, query.sourceId, dependencies);
      return own.ok ? succeed({ json: await figuresOf(dependencies, query.sourceId) }) : own;
    },
  }),
];

async function figuresOf({ pool }: ApiDependencies, sourceId: string) {
  const figures = await findFigures(pool, sourceId);
  return {
    items: figures.map(({ millionths, ...figure }) => ({
      ...figure,
      value: formatMillionths(millionths),
    })),
  };
}
