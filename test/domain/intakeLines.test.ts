import { expect } from "chai";
import { cellsOf, csvReader, linesOf, MOST_LINE_BYTES } from "../../server/intake/lines.ts";
import { mappedReader, readMapping } from "../../server/intake/mapping.ts";
import { codeOf, seeded, unwrap } from "./support.ts";

async function* inParts(bytes: Uint8Array, sizes: () => number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const size = sizes();
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function linesIn(text: string | Uint8Array, sizes: () => number) {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const lines: unknown[] = [];
  for await (const some of linesOf(inParts(bytes, sizes))) lines.push(...some);
  return lines.map((line) => (typeof line === "string" ? line : (line as { code: string }).code));
}

describe("Lines of a stream", () => {
  it("that are too long or no UTF-8 are one refusal each, and the others stand", async () => {
    const long = "x".repeat(MOST_LINE_BYTES + 1);
    for (const size of [1_000, 70_000, 200_000]) {
      const lines = await linesIn(`a\n${long}\nb\n`, () => size);
      expect(lines, `parts of ${size}`).to.deep.equal(["a", "LINE_TOO_LONG", "b"]);
      const whole = await linesIn(`${long}${long}`, () => size);
      expect(whole).to.deep.equal(["LINE_TOO_LONG"]);
    }
    const broken = Uint8Array.from([...Buffer.from("a\nb"), 0xff, ...Buffer.from("\nc\n")]);
    expect(await linesIn(broken, () => 3)).to.deep.equal(["a", "LINE_MALFORMED", "c"]);
  });

  it("are the same however the stream was cut, with either line end and without the last one", async () => {
    const random = seeded(3);
    const text = "\ufeff一行,甲\r\n\r\ntwo\n三\n\nlast";
    for (let round = 0; round < 50; round++) {
      const lines = await linesIn(text, () => 1 + random(9));
      expect(lines).to.deep.equal(["一行,甲", "two", "三", "last"]);
    }
  });
});

describe("CSV", () => {
  it("refuses quotes that do not match, and rows of another width", () => {
    for (const line of ['"a,b', 'a,"b"c', '"a""']) expect(cellsOf(line)).to.equal(undefined);
    const read = csvReader("orderNo,at");
    for (const line of ["a", "a,b,c", '"a,b']) {
      expect(codeOf(read!(line)), line).to.equal("LINE_MALFORMED");
    }
    for (const header of ["a,,b", "a,a", '"a']) expect(csvReader(header)).to.equal(undefined);
  });

  it("reads quoted commas and quotes, and empty cells", () => {
    expect(cellsOf('a,"b,""c""",,"",d')).to.deep.equal(["a", 'b,"c"', "", "", "d"]);
    expect(cellsOf("a;b,c", ";")).to.deep.equal(["a", "b,c"]);
    expect(unwrap(csvReader("orderNo,at")!("1,"))).to.deep.equal({ orderNo: "1", at: "" });
  });
});

describe("A mapping", () => {
  const members = {
    orderNo: { column: "单号" },
    behaviour: { constant: "bike-ride" },
    at: { column: "时间", time: { pattern: "YYYY/MM/DD HH:mm:ss", zone: "+08:00" } },
  };
  const mapping = { format: "tanpu-intake-map/1", rows: "csv", members };

  it("is refused without a pattern's parts, with another form, and over missing columns", () => {
    const at = { column: "t", time: { pattern: "YYYY-MM-DD", zone: "+08:00" } };
    for (const wrong of [
      { ...mapping, members: { at } },
      { ...mapping, rows: "xlsx" },
      { ...mapping, format: "x" },
      {
        ...mapping,
        members: { at: { column: "t", time: { pattern: "YYYYMMDDHHmm", zone: "8" } } },
      },
    ]) {
      expect(codeOf(readMapping(wrong))).to.equal("VALIDATION_FAILED");
    }
    const read = mappedReader(unwrap(readMapping(mapping)), "单号,日期");
    expect(codeOf(read)).to.equal("BODY_MALFORMED");
  });

  it("refuses times that no clock shows, by row and field", () => {
    const read = unwrap(mappedReader(unwrap(readMapping(mapping)), "单号,时间"));
    for (const time of [
      "2018/02/30 09:00:00",
      "2018/09/01 24:00:00",
      "2018/09/01 09:00",
      "yesterday at nine oc",
    ]) {
      const row = read(`1,${time}`);
      expect(codeOf(row), time).to.equal("INSTANT_MALFORMED");
      expect(row.ok || row.refusal.field).to.equal("at");
    }
  });

  it("turns columns, constants and local times into a row", () => {
    const read = unwrap(mappedReader(unwrap(readMapping(mapping)), "时间,单号"));
    expect(unwrap(read("2018/09/01 09:33:50,A-1"))).to.deep.equal({
      behaviour: "bike-ride",
      at: 1_535_765_630,
      orderNo: "A-1",
    });
    const unix = {
      ...mapping,
      rows: "ndjson",
      members: { at: { column: "ms", time: "unix-milliseconds" } },
    };
    const json = unwrap(mappedReader(unwrap(readMapping(unix)), ""));
    expect(unwrap(json('{"ms":1535765630999,"x":1}'))).to.deep.equal({ at: 1_535_765_630 });
  });
});
