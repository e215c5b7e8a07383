import type { Pool } from "pg";
import {
  findMethodology,
  findSource,
  listSources,
  type SourceView,
} from "../../database/queries/sources.ts";
import { fromHex } from "../../domain/bytes.ts";
import { type AnyMethodology, checkCanBePutInForce } from "../../domain/methodology/catalogue.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import type { IntakeContext } from "../../intake/context.ts";
import { successorsOf } from "../../intake/ruleFiles.ts";
import { type Caller, requireProgramme } from "../auth.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { keysOf } from "./keys.ts";

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
  const { pool, methodologies, demonstration } = dependencies;
  const registered = await findMethodology(pool, source.programme, source.methodology);
  const methodology = methodologies.get(registered?.contentHash ?? "");
  return methodology
    ? checkCanBePutInForce(methodology, { demonstration })
    : refuse("NOT_FOUND", {
        values: { what: "methodology", id: `${source.programme}/${source.methodology}` },
      });
}

/**
 * Everything that taking in a caller's rows needs, and whose rows they are. PLATFORM_MISMATCH,
 * PROGRAMME_MISMATCH, NOT_FOUND, FIELD_MISSING, PROGRAMME_KEY_MISSING, and why a methodology is not in force.
 */
export async function intakeOf(
  dependencies: ApiDependencies,
  caller: Caller,
  sourceId: string | undefined,
): Promise<Result<{ context: IntakeContext; platform: string }>> {
  const platform = caller.key?.platform ?? null;
  if (platform === null) return refuse("PLATFORM_MISMATCH");
  const source = await sourceOf(dependencies.pool, caller, sourceId);
  if (!source.ok) return source;
  const own = requireProgramme(caller, source.value.programme);
  if (!own.ok) return own;
  const methodology = await methodologyOf(dependencies, source.value);
  if (!methodology.ok) return methodology;
  const { pool, suite } = dependencies;
  const { programme } = source.value;
  const keys = keysOf(dependencies.intake, programme);
  if (!keys.ok) return keys;
  const context: IntakeContext = {
    ...{ pool, suite, programme, ...keys.value },
    methodology: methodology.value,
    successors: successorsOf(dependencies.methodologies, methodology.value),
    sourceId: fromHex(source.value.sourceId),
  };
  return succeed({ context, platform });
}
