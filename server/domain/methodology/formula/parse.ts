import jsep from "jsep";
import { parseRational, type Rational } from "../../rational.ts";

/*
 * The formula language: + - * / with parentheses, comparisons, && || !, `condition ? a : b`, min, max,
 * sum(list, formula), and a table looked up like a function, table(key, key). The grammar is jsep's; the
 * few node kinds below are let through and everything else is refused, so a formula can do no more.
 */

/** A formula as it was written; names are not resolved yet. */
export type Syntax =
  | { kind: "number"; value: Rational }
  | { kind: "text"; value: string }
  | { kind: "name"; name: string }
  | { kind: "call"; name: string; args: Syntax[] }
  | { kind: "arithmetic"; operator: Arithmetic; left: Syntax; right: Syntax }
  | { kind: "compare"; operator: Comparison; left: Syntax; right: Syntax }
  | { kind: "logic"; operator: "&&" | "||"; left: Syntax; right: Syntax }
  | { kind: "not"; operand: Syntax }
  | { kind: "choose"; condition: Syntax; chosen: Syntax; otherwise: Syntax };

export type Arithmetic = "+" | "-" | "*" | "/";
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

export const LONGEST_FORMULA = 500;

const arithmetic: ReadonlySet<string> = new Set(["+", "-", "*", "/"]);
const comparisons: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);

type Node = { type: string } & Record<string, unknown>;

/** What is wrong with a formula's text; told to its author, never thrown past this module. */
class SyntaxProblem extends Error {}

function literal(node: Node): Syntax {
  const raw = String(node.raw);
  // The digits as written: the parser's own number has been through floating point.
  const value = parseRational(raw);
  if (value) return { kind: "number", value };
  if (typeof node.value === "string") return { kind: "text", value: node.value };
  throw new SyntaxProblem(`${raw} is not a plain decimal number`);
}

function binary(node: Node): Syntax {
  const operator = String(node.operator);
  const [left, right] = [convert(node.left), convert(node.right)];
  if (arithmetic.has(operator)) {
    return { kind: "arithmetic", operator: operator as Arithmetic, left, right };
  }
  if (comparisons.has(operator)) {
    return { kind: "compare", operator: operator as Comparison, left, right };
  }
  if (operator === "&&" || operator === "||") return { kind: "logic", operator, left, right };
  throw new SyntaxProblem(`there is no operator ${operator}`);
}

function convert(given: unknown): Syntax {
  const node = given as Node;
  switch (node.type) {
    case "Literal":
      return literal(node);
    case "Identifier":
      return { kind: "name", name: String(node.name) };
    case "BinaryExpression":
      return binary(node);
    case "UnaryExpression":
      if (node.operator !== "!") throw new SyntaxProblem(`there is no sign ${node.operator}`);
      return { kind: "not", operand: convert(node.argument) };
    case "ConditionalExpression":
      return {
        kind: "choose",
        condition: convert(node.test),
        chosen: convert(node.consequent),
        otherwise: convert(node.alternate),
      };
    case "CallExpression": {
      const callee = node.callee as Node;
      if (callee.type !== "Identifier") throw new SyntaxProblem("only a name can be called");
      const args = (node.arguments as unknown[]).map(convert);
      return { kind: "call", name: String(callee.name), args };
    }
    default:
      throw new SyntaxProblem(`a formula has no ${node.type}`);
  }
}

/** Reads a formula's text; a string says what is wrong with it. */
export function parseFormula(text: string): Syntax | string {
  if (text.length > LONGEST_FORMULA) return `it is longer than ${LONGEST_FORMULA} characters`;
  try {
    return convert(jsep(text));
  } catch (error) {
    return (error as Error).message;
  }
}
