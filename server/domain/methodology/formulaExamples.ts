import { type Result, refuse, succeed } from "../result.ts";
import { type Evaluator, quantifyDry } from "./formulaQuantify.ts";
import type { FormulaExample } from "./formulaSchema.ts";
import type { FormulaMethodology } from "./formulaTypes.ts";

/** One worked example after both evaluators ran it. */
export type ExampleOutcome = {
  behaviour: string;
  example: FormulaExample;
  expected: string;
  /** Milligrams or the code of a refusal. */
  actual: Readonly<Record<Evaluator, string>>;
};

/** Runs every example whose values are known, by both evaluators. */
export function runExamples(methodology: FormulaMethodology): ExampleOutcome[] {
  return [...methodology.behaviours.values()]
    .filter(({ lacksValues }) => !lacksValues)
    .flatMap(({ rule }) =>
      rule.examples.map((example) => {
        const by = (evaluator: Evaluator): string => {
          const result = quantifyDry(methodology, example.row, evaluator);
          return result.ok ? result.value.milligrams.toString() : result.refusal.code;
        };
        return {
          behaviour: rule.id,
          example,
          expected: "milligrams" in example ? example.milligrams : example.refusal,
          actual: { compiled: by("compiled"), exact: by("exact") },
        };
      }),
    );
}

/**
 * A methodology whose own examples come out otherwise does not say what its author meant; one without any
 * says nothing that could be checked, unless the values for it are missing. METHODOLOGY_EXAMPLE_WRONG,
 * METHODOLOGY_INVALID.
 */
export function checkExamples(methodology: FormulaMethodology): Result<FormulaMethodology> {
  for (const { rule, lacksValues } of methodology.behaviours.values()) {
    if (!lacksValues && !rule.examples.some((example) => "milligrams" in example)) {
      const detail = `${rule.id} has no worked example`;
      return refuse("METHODOLOGY_INVALID", { values: { detail } });
    }
  }
  for (const { example, expected, actual } of runExamples(methodology)) {
    const wrong = Object.values(actual).find((one) => one !== expected);
    if (wrong !== undefined) {
      return refuse("METHODOLOGY_EXAMPLE_WRONG", {
        values: { example: example.title, actual: wrong, expected },
      });
    }
  }
  return succeed(methodology);
}
