import { toHex } from "../bytes.ts";
import { contentHash } from "../canonical.ts";
import type { HashSuite } from "../hashSuite.ts";
import { parseDay } from "../period.ts";
import { type Result, refuse, succeed } from "../result.ts";
import { prepareFields } from "./fields.ts";
import { compileConditionFormula, compileFormula } from "./formula/compile.ts";
import { parseFormula } from "./formula/parse.ts";
import { resolveConditionFormula, resolveFormula } from "./formula/resolve.ts";
import { type Meaning, reservedNames } from "./formula/scope.ts";
import type { NumberNode } from "./formula/typed.ts";
import { CO2E, type Dimension } from "./formula/units.ts";
import { checkExamples } from "./formulaExamples.ts";
import {
  type FormulaBehaviour,
  type FormulaDocument,
  formulaMethodologySchema,
} from "./formulaSchema.ts";
import type { FormulaMethodology, ReadyBehaviour, ReadyFormula } from "./formulaTypes.ts";
import { type MissingPart, type ReadParameter, readParameter, readUnit } from "./parameters.ts";

type Parameters = ReadonlyMap<string, ReadParameter & { kind: string }>;

function invalid(detail: string): ReturnType<typeof refuse> {
  return refuse("METHODOLOGY_INVALID", { values: { detail } });
}

/** How many reported members name an act, by identity kind. */
const factsOf = {
  "carrier-time": 2,
  "carrier-event": 2,
  "meter-interval": 1,
  "participant-day": 0,
} as const;

function readParameters(document: FormulaDocument): Result<Parameters> {
  const parameters = new Map<string, ReadParameter & { kind: string }>();
  for (const parameter of document.parameters) {
    const read = readParameter(parameter);
    if (!read.ok) return read;
    if (parameters.has(parameter.id) || reservedNames.has(parameter.id)) {
      return invalid(`${parameter.id} stands twice or is a word of the language`);
    }
    parameters.set(parameter.id, { ...read.value, kind: parameter.kind });
  }
  return succeed(parameters);
}

type Making = {
  behaviour: FormulaBehaviour;
  scope: Map<string, Meaning>;
  /** Formulas of named parts, put in place where the name is used. */
  terms: Map<string, string>;
  used: Set<string>;
};

/** Written names become formulas in parentheses, so that a term is worked out wherever it is used. */
function withTerms(making: Making, text: string): string {
  return text.replaceAll(/"[^"]*"|'[^']*'|[A-Za-z_]\w*/g, (word) => {
    const term = making.terms.get(word);
    return term === undefined ? word : `(${term})`;
  });
}

function readFormula(
  making: Making,
  name: string,
  text: string,
  wanted: Dimension,
): Result<NumberNode> {
  const syntax = parseFormula(text);
  if (typeof syntax === "string") {
    return refuse("FORMULA_INVALID", { values: { formula: name, detail: syntax } });
  }
  const resolved = resolveFormula(making.scope, syntax, wanted);
  if ("fault" in resolved) return faultOf(name, resolved.fault);
  for (const one of resolved.used) making.used.add(one);
  return succeed(resolved.node);
}

function faultOf(
  formula: string,
  { about, detail }: { about: "units" | "form"; detail: string },
): ReturnType<typeof refuse> {
  const code = about === "units" ? "FORMULA_UNITS" : "FORMULA_INVALID";
  return refuse(code, { values: { formula, detail } });
}

function readTerms(making: Making): Result<true> {
  for (const term of making.behaviour.terms) {
    const name = `${making.behaviour.id}.${term.name}`;
    const unit = readUnit(name, term.unit);
    if (!unit.ok) return unit;
    if (making.scope.has(term.name) || making.terms.has(term.name)) {
      return invalid(`${name} stands twice`);
    }
    const text = withTerms(making, term.formula);
    const read = readFormula(making, name, text, unit.value.dimension);
    if (!read.ok) return read;
    making.terms.set(term.name, text);
  }
  return succeed(true);
}

function readReduction(making: Making): Result<ReadyFormula> {
  const { formulas, id } = making.behaviour;
  const nodes: NumberNode[] = [];
  for (const [name, text] of Object.entries(formulas)) {
    const read = readFormula(making, `${id}.${name}`, withTerms(making, text), CO2E);
    if (!read.ok) return read;
    nodes.push(read.value);
  }
  const node = nodes.reduce((left, right) => ({
    kind: "arithmetic",
    operator: "-",
    left,
    right,
  }));
  return succeed({ name: id, node, run: compileFormula(node) });
}

function readExclusions(making: Making): Result<ReadyBehaviour["exclusions"]> {
  const exclusions: ReadyBehaviour["exclusions"][number][] = [];
  for (const { id, when } of making.behaviour.exclusions) {
    const name = `${making.behaviour.id}.${id}`;
    const syntax = parseFormula(withTerms(making, when));
    if (typeof syntax === "string") {
      return refuse("FORMULA_INVALID", { values: { formula: name, detail: syntax } });
    }
    const resolved = resolveConditionFormula(making.scope, syntax);
    if ("fault" in resolved) return faultOf(name, resolved.fault);
    for (const one of resolved.used) making.used.add(one);
    const { node } = resolved;
    exclusions.push({ id, node, holds: compileConditionFormula(node) });
  }
  return succeed(exclusions);
}

/** An average of the grid says what one more kilowatt-hour of use emits, not what a plant saves. */
function checkFactorKinds(making: Making, parameters: Parameters): Result<true> {
  if (making.behaviour.electricity !== "generated") return succeed(true);
  for (const name of making.used) {
    if (parameters.get(name)?.kind === "grid-average") {
      return refuse("FACTOR_KIND", { values: { formula: making.behaviour.id, factor: name } });
    }
  }
  return succeed(true);
}

function readBehaviour(
  document: FormulaDocument,
  behaviour: FormulaBehaviour,
  parameters: Parameters,
): Result<ReadyBehaviour> {
  const wanted = factsOf[document.identity.kind];
  if (behaviour.identity.facts.length !== wanted) {
    return invalid(`${behaviour.id}: ${document.identity.kind} is named by ${wanted} facts`);
  }
  const reader = prepareFields(behaviour.fields);
  if (!reader.ok) return reader;
  const scope = new Map<string, Meaning>();
  for (const [name, { meaning }] of parameters) scope.set(name, meaning);
  for (const [name, meaning] of reader.value.meanings) {
    if (scope.has(name) || reservedNames.has(name)) return invalid(`${name} stands twice`);
    scope.set(name, meaning);
  }
  const making: Making = { behaviour, scope, terms: new Map(), used: new Set() };
  const terms = readTerms(making);
  if (!terms.ok) return terms;
  const reduction = readReduction(making);
  if (!reduction.ok) return reduction;
  const exclusions = readExclusions(making);
  if (!exclusions.ok) return exclusions;
  const kinds = checkFactorKinds(making, parameters);
  if (!kinds.ok) return kinds;
  const lacksValues = document.parameters.some(
    (parameter) =>
      making.used.has(parameter.id) &&
      ("rows" in parameter
        ? parameter.rows.length === 0 || parameter.rows.some(({ value }) => value === null)
        : parameter.value === null),
  );
  return succeed({
    rule: behaviour,
    reader: reader.value,
    reduction: reduction.value,
    exclusions: exclusions.value,
    lacksValues,
  });
}

/** What the document as a whole lacks; indicative ones show grams without ever being in force. */
function missingOfDocument(document: FormulaDocument): MissingPart[] {
  const missing: MissingPart[] = [];
  if (document.effective.first === null && document.status !== "indicative") {
    missing.push({
      where: "effective.first",
      what: { en: "the day from which it applies", zh: "起始适用日期" },
    });
  }
  if (document.gwpSet === null && document.gases.some((gas) => gas !== "CO2")) {
    missing.push({ where: "gwpSet", what: { en: "the warming potentials", zh: "全球变暖潜势" } });
  }
  return missing;
}

type Days = { firstDay: number | undefined; endDay: number | undefined };

function readDays({ effective }: FormulaDocument): Result<Days> {
  const first = effective.first === null ? undefined : parseDay(effective.first);
  if (first && !first.ok) return first;
  const end = effective.end === null ? undefined : parseDay(effective.end);
  if (end && !end.ok) return end;
  if (first && end && end.value <= first.value) return invalid("it is in force on no day");
  return succeed({ firstDay: first?.value, endDay: end?.value });
}

/**
 * Reads a `tanpu-methodology/2` from its parsed document: form, dates, units of every formula, kinds of
 * factors, and every worked example whose values are known. What nobody published makes a draft, which
 * loads and says what is missing. METHODOLOGY_INVALID, DATE_MALFORMED, UNIT_UNKNOWN, FORMULA_INVALID,
 * FORMULA_UNITS, FACTOR_KIND, METHODOLOGY_EXAMPLE_WRONG.
 */
export function loadFormulaMethodology(
  suite: HashSuite,
  parsed: unknown,
): Result<FormulaMethodology> {
  const shape = formulaMethodologySchema.safeParse(parsed);
  if (!shape.success) {
    const issue = shape.error.issues[0];
    return invalid(`${issue?.path.join(".")} ${issue?.message}`);
  }
  const document = shape.data;
  const days = readDays(document);
  if (!days.ok) return days;
  const parameters = readParameters(document);
  if (!parameters.ok) return parameters;
  const behaviours = new Map<string, ReadyBehaviour>();
  for (const behaviour of document.behaviours) {
    const read = readBehaviour(document, behaviour, parameters.value);
    if (!read.ok) return read;
    if (behaviours.has(behaviour.id)) return invalid(`${behaviour.id} stands twice`);
    behaviours.set(behaviour.id, read.value);
  }
  const ofParameters = [...parameters.value.values()].flatMap(({ missing }) => missing);
  return checkExamples({
    document,
    contentHash: toHex(contentHash(suite, document)),
    capMilligrams: BigInt(document.capMilligrams),
    ...days.value,
    behaviours,
    missing: [...missingOfDocument(document), ...ofParameters],
  });
}
