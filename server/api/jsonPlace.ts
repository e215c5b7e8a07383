/** Where a text stops being JSON, counted from 1 as editors do. */
export type Place = { readonly line: number; readonly column: number };

// A text is any character but quote, backslash and controls, or an escape.
const token =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y;
const blanks = /[ \t\r\n]*/y;

type Expected = "value" | "value or ]" | "key" | "key or }" | ":" | "next" | "nothing";

/** What may come after a token where `expected` was wanted; undefined when the token is out of place. */
function step(expected: Expected, mark: string, open: string[]): Expected | undefined {
  const wantsValue = expected === "value" || expected === "value or ]";
  const closed = (): Expected => (open.length === 0 ? "nothing" : "next");
  switch (mark) {
    case "{":
    case "[":
      if (!wantsValue) return undefined;
      open.push(mark);
      return mark === "{" ? "key or }" : "value or ]";
    case "}":
    case "]": {
      const opener = mark === "}" ? "{" : "[";
      const isEmpty = expected === (mark === "}" ? "key or }" : "value or ]");
      if ((expected !== "next" && !isEmpty) || open.at(-1) !== opener) return undefined;
      open.pop();
      return closed();
    }
    case ",":
      if (expected !== "next") return undefined;
      return open.at(-1) === "{" ? "key" : "value";
    case ":":
      return expected === ":" ? "value" : undefined;
    case "text":
      if (expected === "key" || expected === "key or }") return ":";
      return wantsValue ? closed() : undefined;
    default:
      return wantsValue ? closed() : undefined;
  }
}

function offsetOf(text: string): number {
  const open: string[] = [];
  let expected: Expected = "value";
  let at = 0;
  for (;;) {
    blanks.lastIndex = at;
    blanks.exec(text);
    const start = blanks.lastIndex;
    token.lastIndex = at;
    const match = token.exec(text);
    const mark = match?.[1] ?? (match?.[2] === undefined ? "word" : "text");
    const following: Expected | undefined = match === null ? undefined : step(expected, mark, open);
    if (following === undefined) return start;
    expected = following;
    at = token.lastIndex;
  }
}

/**
 * The place of the first character that keeps a text from being JSON. `JSON.parse` tells it only for
 * some mistakes, and repeats parts of the text, which may be personal.
 */
export function placeOfJsonError(text: string): Place {
  const before = text.slice(0, offsetOf(text)).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
