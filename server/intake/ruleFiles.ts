import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { explain } from "../domain/errors.ts";
import type { HashSuite } from "../domain/hashSuite.ts";
import {
  type AnyMethodology,
  checkCanBePutInForce,
  loadAnyMethodology,
} from "../domain/methodology/catalogue.ts";
import type { FormulaMethodology } from "../domain/methodology/formulaTypes.ts";
import { loadMethodology } from "../domain/methodology/load.ts";
import type { Methodology } from "../domain/methodology/quantify.ts";
import { parseDay } from "../domain/period.ts";
import { type Result, refuse, succeed } from "../domain/result.ts";

/** Reads `methodologies/*.yaml`. Refusals as `loadMethodology`; a file that is not YAML is METHODOLOGY_INVALID. */
export async function readMethodology(
  suite: HashSuite,
  file: string | URL,
): Promise<Result<Methodology>> {
  const parsed = await readYaml(file);
  return parsed.ok ? loadMethodology(suite, parsed.value) : parsed;
}

/**
 * Reads every methodology of a folder, of either form, by content hash `0x…`. The first file that is not
 * sound refuses the whole, with its name.
 */
export async function readMethodologies(
  suite: HashSuite,
  folder: string,
): Promise<Result<Map<string, AnyMethodology>>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".yaml")).sort();
  const methodologies = new Map<string, AnyMethodology>();
  for (const name of names) {
    const parsed = await readYaml(path.join(folder, name));
    const loaded = parsed.ok ? loadAnyMethodology(suite, parsed.value) : parsed;
    if (!loaded.ok) {
      const detail = `${name}: ${explain(loaded.refusal, "en")}`;
      return refuse("METHODOLOGY_INVALID", { values: { detail } });
    }
    methodologies.set(loaded.value.methodology.contentHash, loaded.value);
  }
  return succeed(methodologies);
}

/** Complete versions that say they take the place of this one. */
export function successorsOf(
  methodologies: ReadonlyMap<string, AnyMethodology>,
  any: AnyMethodology,
): FormulaMethodology[] {
  const { code, version } = any.methodology.document;
  return [...methodologies.values()].flatMap((other) => {
    if (other.form === 1) return [];
    const { supersedes } = other.methodology.document;
    const isNamed = supersedes?.code === code && supersedes.version === version;
    const counts = checkCanBePutInForce(other, { demonstration: true }).ok;
    return isNamed && counts ? [other.methodology] : [];
  });
}

async function readYaml(file: string | URL): Promise<Result<unknown>> {
  const text = await readFile(file, "utf8");
  try {
    return succeed(parse(text, { strict: true, uniqueKeys: true }));
  } catch {
    return refuse("METHODOLOGY_INVALID", { values: { detail: "not YAML" } });
  }
}

const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const programmeRulesSchema = z.strictObject({
  format: z.literal("tanpu-rules/1"),
  programme: z.int().min(1),
  effective: z.strictObject({ first: date, end: date.nullable() }),
  creditRanks: z.array(
    z.strictObject({
      platform: z.string().min(1),
      rank: z.int().min(0),
      reason: z.string().min(1),
    }),
  ),
});

/** The dated rules of one programme, as far as intake needs them. */
export type ProgrammeRules = {
  programme: number;
  firstDay: number;
  /** Not included; undefined while no end is decided. */
  endDay: number | undefined;
  /** Whose report of an activity is credited: the lowest first; unnamed platforms come last. */
  rankOf: (platform: string) => number;
};

/** Reads `rules/*-programme.yaml`. METHODOLOGY_INVALID, DATE_MALFORMED. */
export async function readProgrammeRules(file: string | URL): Promise<Result<ProgrammeRules>> {
  const parsed = await readYaml(file);
  if (!parsed.ok) return parsed;
  const rules = programmeRulesSchema.safeParse(parsed.value);
  if (!rules.success) {
    const detail = `${rules.error.issues[0]?.path.join(".")} ${rules.error.issues[0]?.message}`;
    return refuse("METHODOLOGY_INVALID", { values: { detail } });
  }
  const { programme, effective, creditRanks } = rules.data;
  const firstDay = parseDay(effective.first);
  if (!firstDay.ok) return firstDay;
  const endDay = effective.end === null ? undefined : parseDay(effective.end);
  if (endDay && !endDay.ok) return endDay;
  const ranks = new Map(creditRanks.map(({ platform, rank }) => [platform, rank]));
  return succeed({
    programme,
    firstDay: firstDay.value,
    endDay: endDay?.value,
    rankOf: (platform) => ranks.get(platform) ?? Number.MAX_SAFE_INTEGER,
  });
}
