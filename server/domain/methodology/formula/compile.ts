import {
  add,
  divide,
  leastCommonMultiple,
  multiply,
  type Rational,
  rational,
  subtract,
  ZERO,
} from "../../rational.ts";
import { holds, nameKeys, rowAt } from "./evaluate.ts";
import type { Arithmetic } from "./parse.ts";
import type {
  ConditionNode,
  Frame,
  KeyNode,
  NumberNode,
  Obstacle,
  Place,
  Table,
  TextNode,
} from "./typed.ts";

/*
 * The compiled form: closures over whole numbers. As long as a formula divides by nothing that is
 * reported, the denominator of every part is known beforehand, so no fraction is reduced while
 * activities pass: a part is only its numerator. A part that does divide carries its own denominator.
 */

/** What the closures share while one activity passes; made anew for each. */
type Run = { frame: Frame; element: Frame | undefined; obstacle: Obstacle | undefined };

type Fixed = { denominator: bigint; numerator: (run: Run) => bigint };
type Part =
  | ({ kind: "constant"; value: Rational } & Fixed)
  | ({ kind: "fixed" } & Fixed)
  /** Numerator and positive denominator, not in lowest terms. */
  | { kind: "free"; pair: (run: Run) => readonly [bigint, bigint] };

const constant = (value: Rational): Part => ({
  kind: "constant",
  value,
  denominator: value.denominator,
  numerator: () => value.numerator,
});

const fixed = (denominator: bigint, numerator: (run: Run) => bigint): Part => ({
  kind: "fixed",
  denominator,
  numerator,
});

function pairOf(part: Part): (run: Run) => readonly [bigint, bigint] {
  if (part.kind === "free") return part.pair;
  const { denominator, numerator } = part;
  return (run) => [numerator(run), denominator];
}

/** The numerator over another denominator, a multiple of the part's own. */
function over(part: Fixed, denominator: bigint): (run: Run) => bigint {
  const factor = denominator / part.denominator;
  const { numerator } = part;
  return factor === 1n ? numerator : (run) => numerator(run) * factor;
}

const at = ({ inner, slot }: Place): ((run: Run) => bigint) =>
  inner ? (run) => run.element?.numbers[slot] ?? 0n : (run) => run.frame.numbers[slot] ?? 0n;

function compileText(node: TextNode): (run: Run) => string {
  if (node.kind === "written") return () => node.value;
  const { slot, inner } = node.place;
  return inner ? (run) => run.element?.texts[slot] ?? "" : (run) => run.frame.texts[slot] ?? "";
}

const operations = { "+": add, "-": subtract, "*": multiply, "/": divide } as const;

function compileArithmetic(operator: Arithmetic, left: Part, right: Part): Part {
  if (left.kind === "constant" && right.kind === "constant") {
    // A constant divisor of zero was refused when the formula was resolved.
    return constant(operations[operator](left.value, right.value));
  }
  if (operator === "/" && right.kind === "constant") {
    const { numerator, denominator } = right.value;
    return compileArithmetic("*", left, constant(rational(denominator, numerator)));
  }
  if (left.kind !== "free" && right.kind !== "free" && operator !== "/") {
    if (operator === "*") {
      const [a, b] = [left.numerator, right.numerator];
      return fixed(left.denominator * right.denominator, (run) => a(run) * b(run));
    }
    const denominator = leastCommonMultiple(left.denominator, right.denominator);
    const [a, b] = [over(left, denominator), over(right, denominator)];
    return fixed(
      denominator,
      operator === "+" ? (run) => a(run) + b(run) : (run) => a(run) - b(run),
    );
  }
  return { kind: "free", pair: freeArithmetic(operator, pairOf(left), pairOf(right)) };
}

type Pair = (run: Run) => readonly [bigint, bigint];

function freeArithmetic(operator: Arithmetic, left: Pair, right: Pair): Pair {
  return (run) => {
    const [a, b] = left(run);
    const [c, d] = right(run);
    if (operator === "*") return [a * c, b * d];
    if (operator === "+") return [a * d + c * b, b * d];
    if (operator === "-") return [a * d - c * b, b * d];
    if (c === 0n) {
      run.obstacle ??= { kind: "division by zero" };
      return [0n, 1n];
    }
    return c < 0n ? [-a * d, -b * c] : [a * d, b * c];
  };
}

function compileCondition(node: ConditionNode): (run: Run) => boolean {
  switch (node.kind) {
    case "numbers": {
      const [left, right] = [pairOf(compilePart(node.left)), pairOf(compilePart(node.right))];
      const { operator } = node;
      return (run) => {
        const [a, b] = left(run);
        const [c, d] = right(run);
        const difference = a * d - c * b;
        return holds(operator, difference === 0n ? 0 : difference < 0n ? -1 : 1);
      };
    }
    case "texts": {
      const [left, right] = [compileText(node.left), compileText(node.right)];
      const { equal } = node;
      return (run) => (left(run) === right(run)) === equal;
    }
    case "logic": {
      const [left, right] = [compileCondition(node.left), compileCondition(node.right)];
      return node.operator === "&&"
        ? (run) => left(run) && right(run)
        : (run) => left(run) || right(run);
    }
    case "not": {
      const operand = compileCondition(node.operand);
      return (run) => !operand(run);
    }
  }
}

function compileKey(key: KeyNode): (run: Run) => string | Rational {
  if (key.by === "text") return compileText(key.text);
  const pair = pairOf(compilePart(key.number));
  return (run) => rational(...pair(run));
}

function compileLookup(table: Table, keyNodes: readonly KeyNode[]): Part {
  const denominator = table.rows.reduce(
    (common, { value }) => leastCommonMultiple(common, value.denominator),
    1n,
  );
  const numerators = table.rows.map(
    ({ value }) => value.numerator * (denominator / value.denominator),
  );
  const keys = keyNodes.map(compileKey);
  return fixed(denominator, (run) => {
    const found = keys.map((key) => key(run));
    const row = rowAt(table, found);
    if (row !== undefined) return numerators[row] ?? 0n;
    run.obstacle ??= { kind: "not stated", table: table.id, key: nameKeys(found) };
    return 0n;
  });
}

function compileExtreme(which: "min" | "max", parts: readonly Part[]): Part {
  if (parts.every((part) => part.kind !== "free")) {
    const denominator = parts.reduce(
      (common, part) => leastCommonMultiple(common, part.denominator),
      1n,
    );
    const numerators = parts.map((part) => over(part, denominator));
    return fixed(denominator, (run) =>
      numerators
        .map((one) => one(run))
        .reduce((best, one) => ((which === "min" ? one < best : one > best) ? one : best)),
    );
  }
  const pairs = parts.map(pairOf);
  return {
    kind: "free",
    pair: (run) =>
      pairs
        .map((one) => one(run))
        .reduce((best, one) => {
          const difference = one[0] * best[1] - best[0] * one[1];
          const isBetter = which === "min" ? difference < 0n : difference > 0n;
          return isBetter ? one : best;
        }),
  };
}

function compileSum(list: number, body: Part): Part {
  const each = <T>(run: Run, start: T, take: (sum: T) => T): T => {
    let sum = start;
    for (const element of run.frame.lists[list] ?? []) {
      run.element = element;
      sum = take(sum);
    }
    run.element = undefined;
    return sum;
  };
  if (body.kind !== "free") {
    const { numerator, denominator } = body;
    return fixed(denominator, (run) => each(run, 0n, (sum) => sum + numerator(run)));
  }
  const { pair } = body;
  return {
    kind: "free",
    pair: (run) => {
      const total = each<Rational>(run, ZERO, (sum) => add(sum, rational(...pair(run))));
      return [total.numerator, total.denominator];
    },
  };
}

function compileChoice(condition: (run: Run) => boolean, chosen: Part, otherwise: Part): Part {
  if (chosen.kind !== "free" && otherwise.kind !== "free") {
    const denominator = leastCommonMultiple(chosen.denominator, otherwise.denominator);
    const [a, b] = [over(chosen, denominator), over(otherwise, denominator)];
    return fixed(denominator, (run) => (condition(run) ? a(run) : b(run)));
  }
  const [a, b] = [pairOf(chosen), pairOf(otherwise)];
  return { kind: "free", pair: (run) => (condition(run) ? a(run) : b(run)) };
}

function compilePart(node: NumberNode): Part {
  switch (node.kind) {
    case "constant":
      return constant(node.value);
    case "reported": {
      const whole = at(node.place);
      const { numerator, denominator } = node.scale;
      return fixed(denominator, numerator === 1n ? whole : (run) => whole(run) * numerator);
    }
    case "lookup":
      return compileLookup(node.table, node.keys);
    case "arithmetic":
      return compileArithmetic(node.operator, compilePart(node.left), compilePart(node.right));
    case "extreme":
      return compileExtreme(node.which, node.of.map(compilePart));
    case "choose":
      return compileChoice(
        compileCondition(node.condition),
        compilePart(node.chosen),
        compilePart(node.otherwise),
      );
    case "sum":
      return compileSum(node.list, compilePart(node.body));
  }
}

/** The value as numerator and positive denominator in base units, not in lowest terms. */
export type CompiledValue = { readonly numerator: bigint; readonly denominator: bigint };

/** Compiles a formula once; the function runs it for each activity. */
export function compileFormula(node: NumberNode): (frame: Frame) => CompiledValue | Obstacle {
  const part = compilePart(node);
  const newRun = (frame: Frame): Run => ({ frame, element: undefined, obstacle: undefined });
  if (part.kind === "free") {
    return (frame) => {
      const run = newRun(frame);
      const [numerator, denominator] = part.pair(run);
      return run.obstacle ?? { numerator, denominator };
    };
  }
  const { denominator } = part;
  return (frame) => {
    const run = newRun(frame);
    const numerator = part.numerator(run);
    return run.obstacle ?? { numerator, denominator };
  };
}

/** Compiles a condition. */
export function compileConditionFormula(node: ConditionNode): (frame: Frame) => boolean | Obstacle {
  const condition = compileCondition(node);
  return (frame) => {
    const run: Run = { frame, element: undefined, obstacle: undefined };
    const value = condition(run);
    return run.obstacle ?? value;
  };
}
