import { expect } from "chai";
import {
  checkPeriodEnded,
  checkPeriodShape,
  chinaDay,
  formatDay,
  formatInstant,
  parseDay,
  parseInstant,
  parsePeriod,
} from "../../server/domain/period.ts";
import { codeOf, seeded, unwrap, vectors } from "./support.ts";

describe("China days", () => {
  it("refuse dates that no calendar has", () => {
    for (const text of [
      "2018-02-29",
      "2018-13-01",
      "2018-00-10",
      "2018-9-1",
      "18-09-01",
      "",
      "2018-09-01 ",
    ]) {
      expect(codeOf(parseDay(text)), text).to.equal("DATE_MALFORMED");
    }
  });

  it("refuse times without an offset and times no clock shows", () => {
    for (const text of [
      "2018-09-01T11:17:31",
      "2018-09-01 11:17:31+08:00",
      "2018-09-01T24:00:00+08:00",
      "2018-09-01T11:60:00+08:00",
      "2018-09-01T11:17:60Z",
      "2018-02-30T11:17:31Z",
      "1535731200",
    ]) {
      expect(codeOf(parseInstant(text)), text).to.equal("INSTANT_MALFORMED");
    }
  });

  it("refuse periods that are empty, too long or not over", () => {
    expect(codeOf(parsePeriod("2018-09-01", "2018-09-01"))).to.equal("PERIOD_EMPTY");
    expect(codeOf(parsePeriod("2018-09-02", "2018-09-01"))).to.equal("PERIOD_EMPTY");
    expect(codeOf(parsePeriod("2018-09-01", "2023-09-03"))).to.equal("PERIOD_TOO_LONG");
    const today = 17_776;
    expect(codeOf(checkPeriodEnded({ firstDay: 17_775, endDay: 17_777 }, today))).to.equal(
      "PERIOD_NOT_ENDED",
    );
    expect(codeOf(checkPeriodEnded({ firstDay: 17_775, endDay: 17_776 }, today))).to.equal(
      "accepted",
    );
  });

  it("follow the shared vectors", () => {
    const { instants, days, periods } = vectors<{
      instants: { at: number; day: number; text: string }[];
      days: { day: number; date: string }[];
      periods: { firstDay: number; endDay: number; refusal: string | null }[];
    }>("period.json");
    for (const { at, day, text } of instants) {
      expect(chinaDay(at)).to.equal(day);
      expect(formatInstant(at)).to.equal(text);
      // The second way: JavaScript's own clock, moved eight hours.
      expect(new Date((at + 28_800) * 1000).toISOString().slice(0, 19)).to.equal(text.slice(0, 19));
    }
    for (const { day, date } of days) {
      expect(unwrap(parseDay(date))).to.equal(day);
      expect(new Date(day * 86_400_000).toISOString().slice(0, 10)).to.equal(date);
    }
    for (const { refusal, ...period } of periods) {
      expect(codeOf(checkPeriodShape(period))).to.equal(refusal ?? "accepted");
    }
  });

  it("come back from their text, for any day and any offset", () => {
    const random = seeded(1);
    for (let i = 0; i < 2_000; i++) {
      const day = random(60_000);
      expect(unwrap(parseDay(formatDay(day)))).to.equal(day);
      const at = random(2_000_000_000);
      expect(unwrap(parseInstant(formatInstant(at)))).to.equal(at);
      expect(unwrap(parseInstant(new Date(at * 1000).toISOString()))).to.equal(at);
    }
    expect(unwrap(parseInstant("2018-09-01T00:00:00-05:30"))).to.equal(1_535_779_800);
  });
});
