import { expect } from "chai";
import { lineAt, markBranches, wayOf } from "../../scripts/dev/branches.ts";
import { coverageReport } from "../../scripts/dev/coverage.ts";

const HEAD =
  "// 碳 counts three bytes\npragma solidity 0.8.37;\ncontract A { function f(uint256 a) external {\n";
const TAIL = "\n} }";

/** What becomes of a function's body. */
function marked(body: string): string {
  const { text } = markBranches(`${HEAD}${body}${TAIL}`);
  return text.slice(HEAD.length, text.length - TAIL.length);
}

describe("Branches of Solidity sources", () => {
  it("an if without else gets an empty one, also without braces", () => {
    expect(marked("if (a == 1) return; a++;")).to.equal(
      "if (a == 1) /*way 0*/return; else /*way 1*/{} a++;",
    );
    expect(marked("if (a == 1) { a++; }")).to.equal(
      "if (a == 1) /*way 0*/{ a++; } else /*way 1*/{}",
    );
  });

  it("an else that is there is marked, and so is an if in it", () => {
    expect(marked("if (a == 1) a++; else if (a == 2) a--; else a = 0;")).to.equal(
      "if (a == 1) /*way 0*/a++; else /*way 1*/if (a == 2) /*way 2*/a--; else /*way 3*/a = 0;",
    );
  });

  it("an inner if keeps its own else where both end at once", () => {
    expect(marked("if (a == 1) if (a == 2) a--;")).to.equal(
      "if (a == 1) /*way 0*/if (a == 2) /*way 2*/a--; else /*way 3*/{} else /*way 1*/{}",
    );
  });

  it("lines keep their numbers", () => {
    const source = `${HEAD}if (a == 1)\n  a++;\nif (a == 2) {\n  a--;\n}${TAIL}`;
    const { text, branches } = markBranches(source);
    expect(text.split("\n")).to.have.lengthOf(source.split("\n").length);
    expect(branches).to.deep.equal([
      { line: 4, way: "then" },
      { line: 4, way: "else" },
      { line: 6, way: "then" },
      { line: 6, way: "else" },
    ]);
    expect(lineAt("a\nb\nc", 2)).to.equal(2);
  });

  it("a statement begins a way only when the mark comes first", () => {
    expect(wayOf("  /*way 12*/return;")).to.equal(12);
    expect(wayOf("if (a == 1) /*way 0*/return;")).to.equal(undefined);
  });
});

describe("Coverage of the contracts", () => {
  it("a share that is too small is told", () => {
    const file = {
      file: "contracts/A.sol",
      lines: 100,
      missedLines: [7, 8, 9],
      branches: 20,
      missedBranches: [
        { line: 7, way: "then" as const },
        { line: 9, way: "else" as const },
      ],
    };
    const { text, failures } = coverageReport([file]);
    expect(text).to.contain("missed: 7, 8, 9, 7 then, 9 else");
    expect(failures).to.deep.equal([
      "lines: 97.00 %, wanted 98 %",
      "branches: 90.00 %, wanted 95 %",
    ]);
    expect(
      coverageReport([{ ...file, missedLines: [], missedBranches: [] }]).failures,
    ).to.deep.equal([]);
  });
});
