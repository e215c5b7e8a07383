import { findSource } from "../../database/queries/sources.ts";
import { checkPeriodEnded, chinaDay, parsePeriod } from "../../domain/period.ts";
import { refuse, succeed } from "../../domain/result.ts";
import { requireProgramme } from "../auth.ts";
import { defineCommand } from "../command.ts";
import { exampleOf } from "../examples.ts";
import { assessmentBody } from "./schema.ts";

export const assessmentRoutes = [
  defineCommand({
    path: "/v1/assessments",
    action: "activities.review",
    tag: "Review",
    summary: "Look at a source's period before it is closed 周期复核",
    description:
      "Finds what `GET /v1/findings` then lists. Closing a period does the same first; asking earlier gives reviewers time.",
    answer: "The operation; its result counts the findings by state",
    body: assessmentBody,
    example: { sourceId: exampleOf.hash, first: "2018-09-01", end: "2018-09-02" },
    refusals: [
      ...(["DATE_MALFORMED", "PERIOD_EMPTY", "PERIOD_TOO_LONG", "PERIOD_NOT_ENDED"] as const),
      ...(["NOT_FOUND", "PROGRAMME_MISMATCH"] as const),
    ],
    prepare: async ({ caller, body: { sourceId, first, end } }, { pool, now }) => {
      const shape = parsePeriod(first, end);
      if (!shape.ok) return shape;
      const period = checkPeriodEnded(shape.value, chinaDay(now()));
      if (!period.ok) return period;
      const source = await findSource(pool, sourceId);
      if (!source) {
        const values = { what: "source", id: sourceId };
        return refuse("NOT_FOUND", { field: "sourceId", values });
      }
      const own = requireProgramme(caller, source.programme);
      if (!own.ok) return own;
      return succeed({
        kind: "assess-period",
        lane: `source:${sourceId}`,
        signer: null,
        body: { sourceId, ...period.value, record: { first, end } },
      });
    },
  }),
];
