import type { FrameReader } from "./fields.ts";
import type { compileConditionFormula, compileFormula } from "./formula/compile.ts";
import type { ConditionNode, NumberNode } from "./formula/typed.ts";
import type { FormulaBehaviour, FormulaDocument } from "./formulaSchema.ts";
import type { MissingPart } from "./parameters.ts";

/** A formula ready for use: as resolved, for the plain evaluator, and compiled. */
export type ReadyFormula = {
  name: string;
  node: NumberNode;
  run: ReturnType<typeof compileFormula>;
};

/** A behaviour whose formulas were resolved, checked and compiled. */
export type ReadyBehaviour = {
  rule: FormulaBehaviour;
  reader: FrameReader;
  /** baseline - project - leakage, or the stated reduction alone. */
  reduction: ReadyFormula;
  exclusions: readonly {
    id: string;
    node: ConditionNode;
    holds: ReturnType<typeof compileConditionFormula>;
  }[];
  /** Whether a parameter its formulas use has no value; then nothing can be worked out. */
  lacksValues: boolean;
};

/** A `tanpu-methodology/2` that was read, checked and pinned. */
export type FormulaMethodology = {
  document: FormulaDocument;
  /** Hash of the canonical form, 32 bytes `0x…`; the chain stores it. */
  contentHash: string;
  capMilligrams: bigint;
  /** The first day of activity; undefined when it is not known. */
  firstDay: number | undefined;
  /** Not included; undefined while no end is decided. */
  endDay: number | undefined;
  behaviours: ReadonlyMap<string, ReadyBehaviour>;
  /** What keeps it a draft; empty when nothing is missing. */
  missing: readonly MissingPart[];
};
