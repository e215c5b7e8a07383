import type { Pool } from "pg";
import {
  findMethodology,
  findSource,
  listSources,
  type SourceView,
} from "../../database/queries/sources.ts";
import { fromHex } from "../../domain/bytes.ts";
import { explain } from "../../domain/errors.ts";
import { type AnyMethodology, checkCanBePutInForce } from "../../domain/methodology/catalogue.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import type { IntakeContext } from "../../intake/context.ts";
import { type RowResult, receiveActivities } from "../../intake/receive.ts";
import { type Caller, requireProgramme } from "../auth.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { defineRoute } from "../route.ts";
import { keysOf } from "./keys.ts";
import { type ActivityResult, activitiesAnswer, activitiesBody, MOST_ROWS } from "./schema.ts";

/** The source that is named, or the only one of the key's programme. */
async function sourceOf(
  pool: Pool,
  caller: Caller,
  sourceId: string | undefined,
): Promise<Result<SourceView>> {
  if (sourceId !== undefined) {
    const source = await findSource(pool, sourceId);
    return source
      ? succeed(source)
      : refuse("NOT_FOUND", { field: "sourceId", values: { what: "source", id: sourceId } });
  }
  const programme = caller.key?.programme ?? null;
  const sources = programme === null ? [] : await listSources(pool, programme, 2);
  const only = sources.length === 1 ? sources[0] : undefined;
  return only ? succeed(only) : refuse("FIELD_MISSING", { field: "sourceId" });
}

/**
 * The methodology a source is registered under, as the chain pinned it. The chain knows its status only
 * by what was registered, so a text that can never become units is refused here once more.
 */
async function methodologyOf(
  dependencies: ApiDependencies,
  source: SourceView,
): Promise<Result<AnyMethodology>> {
  const { pool, methodologies } = dependencies;
  const registered = await findMethodology(pool, source.programme, source.methodology);
  const methodology = methodologies.get(registered?.contentHash ?? "");
  return methodology
    ? checkCanBePutInForce(methodology, { demonstration: dependencies.demonstration })
    : refuse("NOT_FOUND", {
        values: { what: "methodology", id: `${source.programme}/${source.methodology}` },
      });
}

async function intakeContext(
  dependencies: ApiDependencies,
  source: SourceView,
): Promise<Result<IntakeContext>> {
  const methodology = await methodologyOf(dependencies, source);
  if (!methodology.ok) return methodology;
  const { intake, pool, suite } = dependencies;
  const keys = keysOf(intake, source.programme);
  if (!keys.ok) return keys;
  return succeed({
    pool,
    suite,
    ...keys.value,
    methodology: methodology.value,
    programme: source.programme,
    sourceId: fromHex(source.sourceId),
  });
}

// Fingerprints stay inside: a platform that learned them could link other platforms' reports.
function resultView(row: RowResult, index: number): ActivityResult {
  if (row.status === "accepted") {
    return { index, result: "accepted", day: row.day, milligrams: row.milligrams };
  }
  if (row.status === "reduced") {
    return { index, result: "reduced", day: row.day, milligrams: row.milligrams };
  }
  if (row.status === "duplicate") return { index, result: "duplicate", day: row.day };
  return {
    index,
    result: "refused",
    code: row.code,
    ...(row.field === undefined ? {} : { field: row.field }),
    detail: explain(row, "en"),
    detailZh: explain(row, "zh"),
  };
}

export const activityRoutes = [
  defineRoute({
    method: "post",
    path: "/v1/activities",
    action: "activities.report",
    tag: "Activities",
    summary: "Report low-carbon activities 报送低碳行为",
    description:
      "Each row is answered by itself, in the order given. Repeating a batch or any of its rows changes nothing and gives the same answers, so no Idempotency-Key is needed.",
    bodyLimit: 2 * 1024 * 1024,
    body: activitiesBody,
    example: {
      rows: [
        {
          orderNo: "A-1001",
          userId: "u-1",
          behaviour: "bus-trip",
          card: "card-1",
          vehicle: "bus-1",
          at: "2018-09-01T09:33:50+08:00",
        },
      ],
    },
    success: { status: 200, description: "One result for each row", schema: activitiesAnswer },
    refusals: ["BATCH_TOO_LARGE", "PLATFORM_MISMATCH", "PROGRAMME_MISMATCH"],
    handle: async (call, dependencies) => {
      const { rows, sourceId } = call.body;
      if (rows.length > MOST_ROWS) {
        return refuse("BATCH_TOO_LARGE", { values: { limit: MOST_ROWS, count: rows.length } });
      }
      const platform = call.caller.key?.platform ?? null;
      if (platform === null) return refuse("PLATFORM_MISMATCH");
      const source = await sourceOf(dependencies.pool, call.caller, sourceId);
      if (!source.ok) return source;
      const own = requireProgramme(call.caller, source.value.programme);
      if (!own.ok) return own;
      const context = await intakeContext(dependencies, source.value);
      if (!context.ok) return context;
      const received = await receiveActivities(context.value, platform, rows, dependencies.now());
      return received.ok
        ? succeed({ json: { results: received.value.map(resultView) } })
        : received;
    },
  }),
];
