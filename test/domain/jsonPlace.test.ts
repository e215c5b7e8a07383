import { expect } from "chai";
import { placeOfJsonError } from "../../server/api/jsonPlace.ts";
import { seeded } from "./support.ts";

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe("the place where a text stops being JSON", () => {
  for (const [text, line, column] of [
    ["", 1, 1],
    ["{", 1, 2],
    ['{"a": }', 1, 7],
    ['{"a": 1,}', 1, 9],
    ['{"a" 1}', 1, 6],
    ["[1,\n 2,\n]", 3, 1],
    ['{\n  "a": nul\n}', 2, 8],
    ['{"a": "no end', 1, 7],
    ['{"a": "line\nbreak"}', 1, 7],
    ['["bad \\x escape"]', 1, 2],
    ["[1] 2", 1, 5],
    ["01", 1, 2],
    ["{a: 1}", 1, 2],
    ["[1}", 1, 3],
    ["undefined", 1, 1],
  ] as const) {
    it(`of ${JSON.stringify(text)} is line ${line}, column ${column}`, () => {
      expect(isJson(text)).to.equal(false);
      expect(placeOfJsonError(text)).to.deep.equal({ line, column });
    });
  }

  it("is never before the mistake that was made, and never behind its end", () => {
    const random = seeded(7);
    const good = JSON.stringify({
      rows: [{ a: 'é\n"\\', b: -1.5e3, c: [true, false, null, {}] }, [], ""],
    });
    expect(isJson(good)).to.equal(true);
    for (let run = 0; run < 2_000; run++) {
      const at = random(good.length);
      const broken = `${good.slice(0, at)}${"\u0001{]x,"[random(5)]}${good.slice(at + 1)}`;
      if (isJson(broken)) continue;
      const { line, column } = placeOfJsonError(broken);
      expect(line).to.equal(1);
      // A text or word that is broken inside is named by its beginning.
      expect(isJson(`${broken.slice(0, column - 1)}`), broken).to.equal(false);
      expect(column).to.be.within(1, broken.length + 1);
    }
  });

  it("of a deep or long text is found without running out of stack", () => {
    const deep = "[".repeat(200_000);
    expect(placeOfJsonError(deep).column).to.equal(200_001);
    const long = `["${"x".repeat(2_000_000)}" x]`;
    expect(placeOfJsonError(long).column).to.equal(2_000_005);
  });
});
