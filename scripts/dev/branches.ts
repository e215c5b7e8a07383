// Makes every branch of a Solidity source visible to Hardhat's coverage, which sees statements only: each way out of an
// `if` gets a comment that tells which one it is, and an `if` without `else` gets an empty one, so that "the condition
// did not hold" is a statement, too. No line is added, so that lines keep their numbers.
//
// Branches are those of `if`. Ternaries and the right sides of && and || are not told apart.
import { createRequire } from "node:module";

interface Node {
  readonly nodeType?: string;
  readonly src?: string;
  readonly trueBody?: Node;
  readonly falseBody?: Node | null;
}

export interface Branch {
  /** Line of the `if`, from 1. */
  readonly line: number;
  readonly way: "then" | "else";
}

const MARK = /^\s*\/\*way (\d+)\*\//;

/** The source with a mark at every way out of an `if`, and the ways in the order of their numbers. */
export function markBranches(source: string): { text: string; branches: readonly Branch[] } {
  const places = utf16Places(source);
  const start = (node: Node): number => places(spanOf(node).start);
  // The compiler leaves the semicolon out of a statement.
  const end = (node: Node): number => {
    const place = places(spanOf(node).end);
    return place + (/^\s*;/.exec(source.slice(place))?.[0].length ?? 0);
  };
  const branches: Branch[] = [];
  const insertions: { place: number; text: string }[] = [];
  const mark = (line: number, way: Branch["way"]): string =>
    `/*way ${branches.push({ line, way }) - 1}*/`;
  for (const node of ifsOf(parse(source))) {
    const line = lineAt(source, start(node));
    insertions.push({ place: start(node.trueBody as Node), text: mark(line, "then") });
    const otherwise = mark(line, "else");
    insertions.push(
      node.falseBody
        ? { place: start(node.falseBody), text: otherwise }
        : { place: end(node), text: ` else ${otherwise}{}` },
    );
  }
  // Where an inner `if` ends with its outer one, its `else` comes first; outer ones were found first.
  insertions.reverse().sort((a, b) => a.place - b.place);
  let text = "";
  let from = 0;
  for (const { place, text: added } of insertions) {
    text += source.slice(from, place) + added;
    from = place;
  }
  return { text: text + source.slice(from), branches };
}

/** Number of the way that a statement of a marked source begins, if it begins one. */
export function wayOf(statement: string): number | undefined {
  const found = MARK.exec(statement)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Line of a place, from 1. */
export function lineAt(text: string, place: number): number {
  return text.slice(0, place).split("\n").length;
}

function spanOf({ src = "" }: Node): { start: number; end: number } {
  const [start = 0, length = 0] = src.split(":").map(Number);
  return { start, end: start + length };
}

/** The compiler counts bytes, everything else counts UTF-16. */
function utf16Places(source: string): (byte: number) => number {
  const bytes = Buffer.from(source);
  return (byte) => bytes.subarray(0, byte).toString().length;
}

function parse(source: string): Node {
  const solc = createRequire(import.meta.url)("solc") as {
    compile(input: string, callbacks: object): string;
  };
  const settings = { stopAfter: "parsing", outputSelection: { "*": { "": ["ast"] } } };
  const sources = { "one.sol": { content: source } };
  const input = JSON.stringify({ language: "Solidity", sources, settings });
  // What is imported need not be there to be parsed around.
  const output = JSON.parse(solc.compile(input, { import: () => ({ contents: "" }) }));
  return output.sources["one.sol"].ast as Node;
}

/** Every `if`, outer ones before inner ones. */
function ifsOf(node: unknown): Node[] {
  if (Array.isArray(node)) return node.flatMap(ifsOf);
  if (typeof node !== "object" || node === null) return [];
  const inner = Object.values(node).flatMap(ifsOf);
  return (node as Node).nodeType === "IfStatement" ? [node as Node, ...inner] : inner;
}
