import { findBatch, findSource } from "../../database/queries/sources.ts";
import { checkPeriodEnded, chinaDay, parsePeriod } from "../../domain/period.ts";
import { refuse, succeed } from "../../domain/result.ts";
import { requireProgramme } from "../auth.ts";
import { defineCommand } from "../command.ts";
import { exampleOf } from "../examples.ts";
import { defineRead } from "../read.ts";
import { batchParams, batchSchema, periodBody } from "./schema.ts";

export const periodRoutes = [
  defineCommand({
    path: "/v1/periods",
    action: "period.close",
    tag: "Issuance",
    summary: "Close a source's period and build its activity tree 核算周期关账",
    description:
      "The operation's result is the batch that an issuance request then proposes. It fails with FINDINGS_OPEN while findings about the period's reports wait for a decision.",
    body: periodBody,
    example: { sourceId: exampleOf.hash, first: "2018-09-01", end: "2018-09-02" },
    refusals: [
      "DATE_MALFORMED",
      "PERIOD_EMPTY",
      "PERIOD_TOO_LONG",
      "PERIOD_NOT_ENDED",
      "NOT_FOUND",
    ],
    prepare: async (call, dependencies) => {
      const { sourceId, first, end, openFindings = "refuse" } = call.body;
      const shape = parsePeriod(first, end);
      if (!shape.ok) return shape;
      const period = checkPeriodEnded(shape.value, chinaDay(dependencies.now()));
      if (!period.ok) return period;
      const source = await findSource(dependencies.pool, sourceId);
      if (!source) {
        return refuse("NOT_FOUND", {
          field: "sourceId",
          values: { what: "source", id: sourceId },
        });
      }
      const own = requireProgramme(call.caller, source.programme);
      if (!own.ok) return own;
      if (call.caller.role === "applicant" && call.caller.key?.account !== source.applicant) {
        return refuse("ACCOUNT_MISMATCH");
      }
      return succeed({
        kind: "close-period",
        lane: `source:${sourceId}`,
        signer: null,
        body: { sourceId, ...period.value, openFindings, record: { first, end } },
      });
    },
  }),
  defineRead({
    path: "/v1/batches/{id}",
    tag: "Issuance",
    summary: "A closed period: root, total and counts 关账结果",
    params: batchParams,
    answer: "The batch",
    schema: batchSchema,
    refusals: ["NOT_FOUND"],
    find: async ({ params }, { pool }) => {
      const batch = await findBatch(pool, params.id);
      return batch
        ? succeed(batch)
        : refuse("NOT_FOUND", { values: { what: "batch", id: params.id } });
    },
  }),
];
