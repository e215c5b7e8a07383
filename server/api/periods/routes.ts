import { findBatch, findSource } from "../../database/queries/sources.ts";
import { checkPeriodEnded, chinaDay, parsePeriod } from "../../domain/period.ts";
import { refuse, succeed } from "../../domain/result.ts";
import { requireProgramme } from "../auth.ts";
import { defineCommand } from "../command.ts";
import { defineRoute } from "../route.ts";
import { batchParams, batchSchema, periodBody } from "./schema.ts";

export const periodRoutes = [
  defineCommand({
    path: "/v1/periods",
    action: "period.close",
    tag: "Issuance",
    summary: "Close a source's period and build its activity tree",
    description: "The operation's result is the batch that an issuance request then proposes.",
    body: periodBody,
    refusals: [
      "DATE_MALFORMED",
      "PERIOD_EMPTY",
      "PERIOD_TOO_LONG",
      "PERIOD_NOT_ENDED",
      "NOT_FOUND",
    ],
    prepare: async (call, dependencies) => {
      const { sourceId, first, end } = call.body;
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
        body: { sourceId, ...period.value, record: { first, end } },
      });
    },
  }),
  defineRoute({
    method: "get",
    path: "/v1/batches/{id}",
    action: "registry.read",
    tag: "Issuance",
    summary: "A closed period: root, total and counts",
    params: batchParams,
    success: { status: 200, description: "The batch", schema: batchSchema },
    refusals: ["NOT_FOUND"],
    handle: async (call, { pool }) => {
      const batch = await findBatch(pool, call.params.id);
      return batch
        ? succeed({ json: batch })
        : refuse("NOT_FOUND", { values: { what: "batch", id: call.params.id } });
    },
  }),
];
