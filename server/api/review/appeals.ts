import {
  appealList,
  decideAppeal,
  findAppeal,
  findRefused,
  insertAppeal,
  listAppeals,
  type Refused,
} from "../../database/queries/appeals.ts";
import { rowKeyOf } from "../../domain/fingerprint.ts";
import { chinaDay, formatDay, parseDay } from "../../domain/period.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import { reviewRulesOn } from "../../domain/reviewRules.ts";
import { keysOf } from "../activities/keys.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { exampleOf } from "../examples.ts";
import { pageRequest } from "../page.ts";
import { defineRoute } from "../route.ts";
import { ownProgramme } from "./findings.ts";
import {
  appealBody,
  appealDecisionBody,
  appealParams,
  appealQuery,
  appealSchema,
  appealsSchema,
} from "./schema.ts";

/** The refusal an appeal is about, if its deadline is not over. NOT_FOUND, APPEAL_TOO_LATE. */
function withinDeadline(
  refused: readonly Refused[],
  { programme, orderNo }: { programme: number; orderNo: string },
  { reviewRules, now }: Pick<ApiDependencies, "reviewRules" | "now">,
): Result<Refused> {
  // The latest one: a refused finding is what was decided last.
  const [latest] = [...refused].sort((a, b) => b.refusedDay - a.refusedDay);
  const rules = latest && reviewRulesOn(reviewRules, programme, latest.refusedDay);
  if (!latest || !rules) {
    return refuse("NOT_FOUND", { field: "orderNo", values: { what: "refused row", id: orderNo } });
  }
  const last = latest.refusedDay + rules.appealDays;
  return chinaDay(now()) > last
    ? refuse("APPEAL_TOO_LATE", { values: { day: formatDay(last) } })
    : succeed(latest);
}

export const appealRoutes = [
  defineRoute({
    method: "post",
    path: "/v1/appeals",
    action: "activities.appeal",
    tag: "Review",
    summary: "Appeal against a refused row 申诉",
    description:
      "Against the refusal of a row on arrival, or of a finding about it, until the deadline of the programme's rules. An upheld appeal about a finding releases the report; about a refusal on arrival the row may be reported again, because its values were not kept.",
    body: appealBody,
    example: {
      ...{ id: exampleOf.uuid, orderNo: "A-1001", day: "2018-09-01" },
      reason: "出站闸机时钟快了三分钟，附运维记录",
    },
    success: { status: 201, description: "The appeal", schema: appealSchema },
    refusals: [
      ...(["NOT_FOUND", "APPEAL_TOO_LATE", "APPEAL_EXISTS", "DATE_MALFORMED"] as const),
      ...(["PLATFORM_MISMATCH", "PROGRAMME_MISMATCH", "PROGRAMME_KEY_MISSING"] as const),
    ],
    handle: async ({ caller, body }, dependencies) => {
      const { pool, suite, intake } = dependencies;
      const programme = ownProgramme(caller);
      if (!programme.ok) return programme;
      const platform = caller.key?.platform ?? null;
      if (platform === null) return refuse("PLATFORM_MISMATCH");
      const day = parseDay(body.day);
      if (!day.ok) return day;
      const keys = keysOf(intake, programme.value);
      if (!keys.ok) return keys;
      const { id, orderNo, reason } = body;
      const key = rowKeyOf(suite, keys.value.keys, programme.value, platform, orderNo);
      const rowKey = Buffer.from(key).toString("hex");
      const refused = withinDeadline(
        await findRefused(pool, platform, rowKey, day.value),
        { programme: programme.value, orderNo },
        dependencies,
      );
      if (!refused.ok) return refused;
      const apiKeyId = caller.key?.id ?? "";
      const stored = await insertAppeal(pool, {
        ...{ id, rowKey, refused: refused.value, programme: programme.value, reason, apiKeyId },
      });
      if (!stored.ok) return stored;
      return succeed({ status: 201, json: await findAppeal(pool, programme.value, id) });
    },
  }),
  defineRoute({
    method: "get",
    path: "/v1/appeals",
    action: "activities.read",
    tag: "Review",
    summary: "Appeals of the programme, the oldest first 申诉清单",
    description: "A platform sees its own.",
    query: appealQuery,
    success: { status: 200, description: "One page", schema: appealsSchema },
    refusals: ["CURSOR_INVALID", "PROGRAMME_MISMATCH"],
    handle: async ({ caller, query }, { pool }) => {
      const programme = ownProgramme(caller);
      if (!programme.ok) return programme;
      const page = pageRequest(appealList, query);
      if (!page.ok) return page;
      const platform = caller.role === "platform" ? (caller.key?.platform ?? "") : null;
      const filter = { programme: programme.value, platform, state: query.state };
      return succeed({ json: await listAppeals(pool, filter, page.value) });
    },
  }),
  defineRoute({
    method: "post",
    path: "/v1/appeals/{id}/decision",
    action: "appeal.decide",
    tag: "Review",
    summary: "Uphold or dismiss an appeal 申诉决定",
    params: appealParams,
    body: appealDecisionBody,
    example: { decision: "upheld", reason: "运维记录属实" },
    success: { status: 200, description: "The appeal with its decision", schema: appealSchema },
    refusals: ["NOT_FOUND", "APPEAL_DECIDED", "APPEAL_OWN_DECISION", "PROGRAMME_MISMATCH"],
    handle: async ({ caller, params, body }, { pool }) => {
      const programme = ownProgramme(caller);
      if (!programme.ok) return programme;
      const apiKeyId = caller.key?.id ?? "";
      const decided = await decideAppeal(pool, programme.value, params.id, { ...body, apiKeyId });
      if (!decided.ok) return decided;
      return succeed({ json: await findAppeal(pool, programme.value, params.id) });
    },
  }),
];
