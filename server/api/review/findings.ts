import { decideFindings, findingList, listFindings } from "../../database/queries/findings.ts";
import { parseDay } from "../../domain/period.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import type { Caller } from "../auth.ts";
import { exampleOf } from "../examples.ts";
import { pageRequest } from "../page.ts";
import { defineRoute } from "../route.ts";
import { decidedSchema, findingDecisionBody, findingQuery, findingsSchema } from "./schema.ts";

/** The programme somebody reviews for. PROGRAMME_MISMATCH for a key of none. */
export function ownProgramme(caller: Caller): Result<number> {
  const programme = caller.key?.programme ?? null;
  return programme === null ? refuse("PROGRAMME_MISMATCH") : succeed(programme);
}

export const findingRoutes = [
  defineRoute({
    method: "get",
    path: "/v1/findings",
    action: "activities.read",
    tag: "Review",
    summary: "Reports that wait for a decision 待复核上报",
    description:
      "What was found about reports of the programme before their period closes: overlapping trips of one person, behaviours that exclude each other, quantities beyond a limit. A report with a finding that is not released earns nothing. A platform sees its own.",
    query: findingQuery,
    success: { status: 200, description: "One page", schema: findingsSchema },
    refusals: ["CURSOR_INVALID", "PROGRAMME_MISMATCH"],
    handle: async ({ caller, query }, { pool }) => {
      const programme = ownProgramme(caller);
      if (!programme.ok) return programme;
      const page = pageRequest(findingList, query);
      if (!page.ok) return page;
      const { sourceId, state } = query;
      const platform = caller.role === "platform" ? (caller.key?.platform ?? "") : null;
      const filter = { programme: programme.value, platform, sourceId, state };
      return succeed({ json: await listFindings(pool, filter, page.value) });
    },
  }),
  defineRoute({
    method: "post",
    path: "/v1/findings/decisions",
    action: "activities.review",
    tag: "Review",
    summary: "Release or refuse reports that were found 复核处理",
    description:
      "All of the named findings are decided, or none. A released report counts as if nothing had been found; a refused one earns nothing and can be appealed.",
    body: findingDecisionBody,
    example: {
      findings: [{ day: "2018-09-01", platform: "map-app", row: exampleOf.uuid, kind: "overlap" }],
      decision: "refused",
      reason: "同一时段已有地铁行程",
    },
    success: { status: 200, description: "How many were decided", schema: decidedSchema },
    refusals: ["NOT_FOUND", "FINDING_DECIDED", "DATE_MALFORMED", "PROGRAMME_MISMATCH"],
    handle: async ({ caller, body }, { pool }) => {
      const programme = ownProgramme(caller);
      if (!programme.ok) return programme;
      const keys = [];
      for (const { day, ...key } of body.findings) {
        const parsed = parseDay(day);
        if (!parsed.ok) return parsed;
        keys.push({ ...key, day: parsed.value });
      }
      const { decision, reason } = body;
      const apiKeyId = caller.key?.id ?? "";
      const decided = await decideFindings(pool, programme.value, keys, {
        ...{ decision, reason, apiKeyId },
      });
      return decided.ok ? succeed({ json: { decided: decided.value } }) : decided;
    },
  }),
];
