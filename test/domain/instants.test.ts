import { expect } from "chai";
import { readInstant } from "../../server/domain/activity.ts";
import { formatInstant, parseInstant } from "../../server/domain/period.ts";
import { seeded } from "./support.ts";

describe("A reported time", () => {
  const read = (at: unknown) => readInstant({ at }, "at");

  it("is refused where the general reader refuses it, with the field", () => {
    for (const text of [
      "2018-02-30T09:00:00+08:00",
      "2018-09-01T24:00:00+08:00",
      "2018-09-01T09:60:00+08:00",
      "2018-09-01T09:00:60+08:00",
      "2018-09-01T0x:00:00+08:00",
      "2018-09-01 09:00:00+08:00",
      "2018-09-01T09:00:00 08:00",
      "2018-9-001T09:00:00+08:00",
      "",
      "-1",
    ]) {
      const refused = read(text);
      expect(refused.ok, text).to.equal(false);
      expect(parseInstant(text).ok, text).to.equal(false);
      if (!refused.ok)
        expect(refused.refusal).to.include({ code: "INSTANT_MALFORMED", field: "at" });
    }
  });

  it("is read as the general reader reads it, whatever its offset", () => {
    const random = seeded(5);
    for (let round = 0; round < 2_000; round++) {
      const at = random(4_000_000_000);
      const text = formatInstant(at);
      expect(read(text)).to.deep.equal({ ok: true, value: at });
      const other = text.replace("+08:00", round % 2 === 0 ? "-03:30" : "Z");
      expect(read(other)).to.deep.equal(parseInstant(other));
    }
    expect(read("1535765630")).to.deep.equal({ ok: true, value: 1_535_765_630 });
    expect(read(1_535_765_630)).to.deep.equal({ ok: true, value: 1_535_765_630 });
  });
});
