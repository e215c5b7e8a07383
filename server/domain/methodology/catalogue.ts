import type { HashSuite } from "../hashSuite.ts";
import { type Result, refuse, succeed } from "../result.ts";
import { loadFormulaMethodology } from "./formulaLoad.ts";
import { missingValues } from "./formulaQuantify.ts";
import type { FormulaMethodology } from "./formulaTypes.ts";
import { loadMethodology } from "./load.ts";
import type { Methodology } from "./quantify.ts";
import type { MethodologyStatus } from "./schema.ts";

/** A methodology of either form. */
export type AnyMethodology =
  | { form: 1; methodology: Methodology }
  | { form: 2; methodology: FormulaMethodology };

/** Reads a document of either form by its `format`. Refusals as `loadMethodology` and `loadFormulaMethodology`. */
export function loadAnyMethodology(suite: HashSuite, parsed: unknown): Result<AnyMethodology> {
  const isSecond =
    typeof parsed === "object" &&
    parsed !== null &&
    "format" in parsed &&
    parsed.format === "tanpu-methodology/2";
  if (isSecond) {
    const loaded = loadFormulaMethodology(suite, parsed);
    return loaded.ok ? succeed({ form: 2, methodology: loaded.value }) : loaded;
  }
  const loaded = loadMethodology(suite, parsed);
  return loaded.ok ? succeed({ form: 1, methodology: loaded.value }) : loaded;
}

/** The status that counts: whatever a file calls itself, with something missing it is a draft. */
export function statusOf(any: AnyMethodology): MethodologyStatus {
  const { status } = any.methodology.document;
  return any.form === 2 && any.methodology.missing.length > 0 ? "draft" : status;
}

/**
 * Whether a programme may put it in force: only official and published ones, complete; a demonstration
 * only where nothing is real. METHODOLOGY_DRAFT names what is missing; METHODOLOGY_NOT_QUANTITATIVE an
 * indicative one, which shows grams and never becomes units; METHODOLOGY_NOT_IN_FORCE another status.
 */
export function checkCanBePutInForce(
  any: AnyMethodology,
  { demonstration }: { demonstration: boolean },
): Result<AnyMethodology> {
  if (any.form === 2 && any.methodology.missing.length > 0) {
    return refuse("METHODOLOGY_DRAFT", missingValues(any.methodology));
  }
  const status = statusOf(any);
  if (status === "official" || status === "published") return succeed(any);
  if (status === "demonstration" && demonstration) return succeed(any);
  if (status === "indicative")
    return refuse("METHODOLOGY_NOT_QUANTITATIVE", { values: { status } });
  return refuse("METHODOLOGY_NOT_IN_FORCE", { values: { status } });
}
