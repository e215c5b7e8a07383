import {
  add,
  compare,
  divide,
  multiply,
  type Rational,
  rational,
  subtract,
  ZERO,
} from "../../rational.ts";
import type { Comparison } from "./parse.ts";
import {
  type ConditionNode,
  type Frame,
  KEY_JOINT,
  type KeyNode,
  type NumberNode,
  type Obstacle,
  type Place,
  type Table,
  type TextNode,
} from "./typed.ts";

/*
 * The plain evaluator: it walks the formula with exact fractions and is written to be read. The compiled
 * form (compile.ts) is what intake runs; a property test holds the two equal.
 */

/** One evaluation: where it looks, and the first thing that stopped it. */
type Walk = { frame: Frame; element: Frame | undefined; obstacle: Obstacle | undefined };

/** Whether a comparison holds, from the sign of left - right. */
export function holds(operator: Comparison, sign: -1 | 0 | 1): boolean {
  switch (operator) {
    case "==":
      return sign === 0;
    case "!=":
      return sign !== 0;
    case "<":
      return sign < 0;
    case "<=":
      return sign <= 0;
    case ">":
      return sign > 0;
    case ">=":
      return sign >= 0;
  }
}

const frameOf = (walk: Walk, { inner }: Place): Frame =>
  inner && walk.element ? walk.element : walk.frame;

function textOf(walk: Walk, node: TextNode): string {
  return node.kind === "written"
    ? node.value
    : (frameOf(walk, node.place).texts[node.place.slot] ?? "");
}

function isTrue(walk: Walk, node: ConditionNode): boolean {
  switch (node.kind) {
    case "numbers": {
      const left = walkNumber(walk, node.left);
      return holds(node.operator, compare(left, walkNumber(walk, node.right)));
    }
    case "texts":
      return (textOf(walk, node.left) === textOf(walk, node.right)) === node.equal;
    case "logic": {
      const left = isTrue(walk, node.left);
      if (node.operator === "&&") return left && isTrue(walk, node.right);
      return left || isTrue(walk, node.right);
    }
    case "not":
      return !isTrue(walk, node.operand);
  }
}

/** Number of the row a table has for these keys; undefined when its source states none. */
export function rowAt(table: Table, keys: readonly (string | Rational)[]): number | undefined {
  if (table.index) return table.index.get(keys.join(KEY_JOINT));
  const found = table.rows.findIndex(({ at }) =>
    at.every((place, axis) => {
      const key = keys[axis];
      if (typeof place === "string" || typeof key === "string") return place === key;
      return key && compare(place.first, key) <= 0 && compare(key, place.last) <= 0;
    }),
  );
  return found === -1 ? undefined : found;
}

/** A key as a person reads it, for the refusal. */
export function nameKeys(keys: readonly (string | Rational)[]): string {
  return keys
    .map((key) =>
      typeof key === "string"
        ? key
        : `${key.numerator}${key.denominator === 1n ? "" : `/${key.denominator}`}`,
    )
    .join(", ");
}

function lookUp(walk: Walk, table: Table, keyNodes: readonly KeyNode[]): Rational {
  const keys = keyNodes.map((key) =>
    key.by === "text" ? textOf(walk, key.text) : walkNumber(walk, key.number),
  );
  const row = rowAt(table, keys);
  if (row !== undefined) return table.rows[row]?.value ?? ZERO;
  walk.obstacle ??= { kind: "not stated", table: table.id, key: nameKeys(keys) };
  return ZERO;
}

function walkNumber(walk: Walk, node: NumberNode): Rational {
  switch (node.kind) {
    case "constant":
      return node.value;
    case "reported": {
      const whole = frameOf(walk, node.place).numbers[node.place.slot] ?? 0n;
      return multiply(rational(whole), node.scale);
    }
    case "lookup":
      return lookUp(walk, node.table, node.keys);
    case "arithmetic": {
      const left = walkNumber(walk, node.left);
      const right = walkNumber(walk, node.right);
      if (node.operator === "+") return add(left, right);
      if (node.operator === "-") return subtract(left, right);
      if (node.operator === "*") return multiply(left, right);
      if (right.numerator !== 0n) return divide(left, right);
      walk.obstacle ??= { kind: "division by zero" };
      return ZERO;
    }
    case "extreme": {
      const wanted = node.which === "min" ? -1 : 1;
      return node.of
        .map((one) => walkNumber(walk, one))
        .reduce((best, one) => (compare(one, best) === wanted ? one : best));
    }
    case "choose":
      return walkNumber(walk, isTrue(walk, node.condition) ? node.chosen : node.otherwise);
    case "sum":
      return (walk.frame.lists[node.list] ?? []).reduce<Rational>((sum, element) => {
        walk.element = element;
        const part = walkNumber(walk, node.body);
        walk.element = undefined;
        return add(sum, part);
      }, ZERO);
  }
}

/** The exact value of a formula in base units, or what kept it from having one. */
export function evaluate(node: NumberNode, frame: Frame): Rational | Obstacle {
  const walk: Walk = { frame, element: undefined, obstacle: undefined };
  const value = walkNumber(walk, node);
  return walk.obstacle ?? value;
}

/** Whether a condition holds, or what kept it from being known. */
export function evaluateCondition(node: ConditionNode, frame: Frame): boolean | Obstacle {
  const walk: Walk = { frame, element: undefined, obstacle: undefined };
  const value = isTrue(walk, node);
  return walk.obstacle ?? value;
}
