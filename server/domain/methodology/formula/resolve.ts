import { compare as compareNumbers, ZERO } from "../../rational.ts";
import type { Syntax } from "./parse.ts";
import type { Meaning, Scope } from "./scope.ts";
import type { ConditionNode, KeyNode, NumberNode, Place, TextNode } from "./typed.ts";
import { combine, DIMENSIONLESS, type Dimension, nameDimension, sameDimension } from "./units.ts";

/** Why a formula cannot be published: "units" when dimensions do not fit, "form" for the rest. */
export type Fault = { readonly about: "units" | "form"; readonly detail: string };

/** Thrown inside this module and turned into a value at its door. */
class FaultFound extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault.detail);
    this.fault = fault;
  }
}

function form(detail: string): never {
  throw new FaultFound({ about: "form", detail });
}

/** A number with its dimension; a written zero fits every dimension. */
type Measured = { node: NumberNode; dimension: Dimension | "any" };

type Names = { scope: Scope; elements: Scope | undefined; used: Set<string> };

function meaningOf(names: Names, name: string): { meaning: Meaning; inner: boolean } {
  const inner = names.elements?.get(name);
  const meaning = inner ?? names.scope.get(name);
  if (!meaning) return form(`nothing is called ${name}`);
  names.used.add(name);
  return { meaning, inner: inner !== undefined };
}

/** The common dimension of things that are added, compared or chosen between. */
function common(what: string, parts: readonly Measured[]): Dimension | "any" {
  let found: Dimension | "any" = "any";
  for (const { dimension } of parts) {
    if (dimension === "any") continue;
    if (found !== "any" && !sameDimension(found, dimension)) {
      const detail = `${what} of ${nameDimension(found)} and ${nameDimension(dimension)}`;
      throw new FaultFound({ about: "units", detail });
    }
    found = dimension;
  }
  return found;
}

function resolveText(names: Names, syntax: Syntax): TextNode | undefined {
  if (syntax.kind === "text") return { kind: "written", value: syntax.value };
  if (syntax.kind !== "name") return undefined;
  const { meaning, inner } = meaningOf(names, syntax.name);
  return meaning.kind === "text"
    ? { kind: "text", place: { slot: meaning.slot, inner } }
    : undefined;
}

/** Both sides of a comparison of texts; a written text must be one the other side can be. */
function resolveTexts(names: Names, left: Syntax, right: Syntax): [TextNode, TextNode] | undefined {
  const sides = [resolveText(names, left), resolveText(names, right)] as const;
  if (!sides[0] && !sides[1]) return undefined;
  if (!sides[0] || !sides[1]) return form("a text is compared with a number");
  for (const [one, other] of [
    [left, right],
    [right, left],
  ] as const) {
    if (one.kind !== "text" || other.kind !== "name") continue;
    const { meaning } = meaningOf(names, other.name);
    if (meaning.kind === "text" && meaning.of && !meaning.of.includes(one.value)) {
      return form(`${other.name} is never "${one.value}"`);
    }
  }
  return [sides[0], sides[1]];
}

function resolveCondition(names: Names, syntax: Syntax): ConditionNode {
  switch (syntax.kind) {
    case "logic": {
      const [left, right] = [
        resolveCondition(names, syntax.left),
        resolveCondition(names, syntax.right),
      ];
      return { kind: "logic", operator: syntax.operator, left, right };
    }
    case "not":
      return { kind: "not", operand: resolveCondition(names, syntax.operand) };
    case "compare": {
      const { operator } = syntax;
      const texts = resolveTexts(names, syntax.left, syntax.right);
      if (texts) {
        if (operator !== "==" && operator !== "!=") return form(`texts have no ${operator}`);
        return { kind: "texts", equal: operator === "==", left: texts[0], right: texts[1] };
      }
      const [left, right] = [resolveNumber(names, syntax.left), resolveNumber(names, syntax.right)];
      common(`a comparison (${operator})`, [left, right]);
      return { kind: "numbers", operator, left: left.node, right: right.node };
    }
    default:
      return form("a condition is a comparison, or comparisons joined by && || !");
  }
}

function resolveLookup(names: Names, name: string, args: readonly Syntax[]): Measured {
  const { meaning } = meaningOf(names, name);
  if (meaning.kind !== "table") return form(`${name} is not a table and cannot be called`);
  const { table } = meaning;
  if (args.length !== table.axes.length) {
    return form(`${name} is looked up by ${table.axes.length} keys, not ${args.length}`);
  }
  const keys = table.axes.map((axis, place): KeyNode => {
    const arg = args[place] as Syntax;
    if (axis.by === "text") {
      const text = resolveText(names, arg);
      return text ? { by: "text", text } : form(`key ${place + 1} of ${name} must be a text`);
    }
    const number = resolveNumber(names, arg);
    const wanted: Measured = { node: number.node, dimension: axis.dimension };
    common(`key ${place + 1} of ${name}: a comparison`, [wanted, number]);
    return { by: "band", number: number.node };
  });
  return { node: { kind: "lookup", table, keys }, dimension: table.dimension };
}

function resolveSum(names: Names, args: readonly Syntax[]): Measured {
  const [list, body] = args;
  if (args.length !== 2 || list?.kind !== "name" || !body) {
    return form("sum takes the name of a list and a formula over its elements");
  }
  if (names.elements) return form("a sum cannot stand inside a sum");
  const { meaning } = meaningOf(names, list.name);
  if (meaning.kind !== "list") return form(`${list.name} is not a list`);
  const summed = resolveNumber({ ...names, elements: meaning.elements }, body);
  return {
    node: { kind: "sum", list: meaning.slot, body: summed.node },
    dimension: summed.dimension,
  };
}

function resolveCall(names: Names, name: string, args: readonly Syntax[]): Measured {
  if (name === "sum") return resolveSum(names, args);
  if (name !== "min" && name !== "max") return resolveLookup(names, name, args);
  if (args.length < 2) return form(`${name} takes two values or more`);
  const of = args.map((arg) => resolveNumber(names, arg));
  const dimension = common(`${name}`, of);
  return { node: { kind: "extreme", which: name, of: of.map(({ node }) => node) }, dimension };
}

function resolveName(names: Names, name: string): Measured {
  const { meaning, inner } = meaningOf(names, name);
  switch (meaning.kind) {
    case "constant":
      return {
        node: { kind: "constant", value: meaning.value },
        dimension: meaning.dimension,
      };
    case "quantity": {
      const place: Place = { slot: meaning.slot, inner };
      return {
        node: { kind: "reported", place, scale: meaning.scale },
        dimension: meaning.dimension,
      };
    }
    default:
      return form(`${name} is no number`);
  }
}

function resolveArithmetic(names: Names, syntax: Syntax & { kind: "arithmetic" }): Measured {
  const { operator } = syntax;
  const [left, right] = [resolveNumber(names, syntax.left), resolveNumber(names, syntax.right)];
  const node: NumberNode = { kind: "arithmetic", operator, left: left.node, right: right.node };
  if (operator === "+" || operator === "-") {
    return { node, dimension: common(operator === "+" ? "a sum" : "a difference", [left, right]) };
  }
  const constant = right.node.kind === "constant" ? right.node.value : undefined;
  if (operator === "/" && constant && compareNumbers(constant, ZERO) === 0) {
    return form("it divides by zero");
  }
  // What fits every dimension is always zero, and zero times or over anything stays so.
  if (left.dimension === "any" || right.dimension === "any") return { node, dimension: "any" };
  const times = operator === "*" ? 1 : -1;
  return { node, dimension: combine(left.dimension, right.dimension, times) };
}

function resolveNumber(names: Names, syntax: Syntax): Measured {
  switch (syntax.kind) {
    case "number": {
      const isZero = compareNumbers(syntax.value, ZERO) === 0;
      const dimension = isZero ? "any" : DIMENSIONLESS;
      return { node: { kind: "constant", value: syntax.value }, dimension };
    }
    case "name":
      return resolveName(names, syntax.name);
    case "call":
      return resolveCall(names, syntax.name, syntax.args);
    case "arithmetic":
      return resolveArithmetic(names, syntax);
    case "choose": {
      const condition = resolveCondition(names, syntax.condition);
      const parts = [resolveNumber(names, syntax.chosen), resolveNumber(names, syntax.otherwise)];
      const dimension = common("a choice", parts);
      const [chosen, otherwise] = parts.map(({ node }) => node) as [NumberNode, NumberNode];
      return { node: { kind: "choose", condition, chosen, otherwise }, dimension };
    }
    default:
      return form("a condition stands where a number is wanted");
  }
}

export type Resolved<Node> = { node: Node; used: ReadonlySet<string> } | { fault: Fault };

function atTheDoor<Node>(scope: Scope, work: (names: Names) => Node): Resolved<Node> {
  const used = new Set<string>();
  try {
    return { node: work({ scope, elements: undefined, used }), used };
  } catch (error) {
    if (error instanceof FaultFound) return { fault: error.fault };
    throw error;
  }
}

/** Resolves a formula that must come out in `wanted`; the fault names both dimensions. */
export function resolveFormula(
  scope: Scope,
  syntax: Syntax,
  wanted: Dimension,
): Resolved<NumberNode> {
  return atTheDoor(scope, (names) => {
    const { node, dimension } = resolveNumber(names, syntax);
    if (dimension !== "any" && !sameDimension(dimension, wanted)) {
      const detail = `it comes out in ${nameDimension(dimension)}, not in ${nameDimension(wanted)}`;
      throw new FaultFound({ about: "units", detail });
    }
    return node;
  });
}

/** Resolves a condition, such as the one of an exclusion. */
export function resolveConditionFormula(scope: Scope, syntax: Syntax): Resolved<ConditionNode> {
  return atTheDoor(scope, (names) => resolveCondition(names, syntax));
}
