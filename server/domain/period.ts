import { type Result, refuse, succeed } from "./result.ts";

/**
 * Days are numbers: whole days since 1970-01-01 in China time (UTC+8, no summer time since 1991).
 * Nothing here uses `Date`, so no machine's time zone can leak in.
 */
const CHINA_OFFSET_SECONDS = 28_800;
const DAY_SECONDS = 86_400;
/** Five years with the most leap days five years can have. */
export const LONGEST_PERIOD_DAYS = 1_827;

/** Half-open span of days `[firstDay, endDay)`. */
export type Period = { firstDay: number; endDay: number };

/** The China day of a moment. */
export function chinaDay(unixSeconds: number): number {
  return Math.floor((unixSeconds + CHINA_OFFSET_SECONDS) / DAY_SECONDS);
}

/** The moment (unix seconds) a China day begins. */
export function dayStart(day: number): number {
  return day * DAY_SECONDS - CHINA_OFFSET_SECONDS;
}

/** Days since 1970-01-01 of a date of the Gregorian calendar (Hinnant's days_from_civil). */
function dayOfDate(year: number, month: number, date: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + date - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function dateOfDay(day: number): { year: number; month: number; date: number } {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const date = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, date };
}

const two = (value: number): string => String(value).padStart(2, "0");

/** `2018-09-01`. */
export function formatDay(day: number): string {
  const { year, month, date } = dateOfDay(day);
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(date)}`;
}

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

/** Reads `YYYY-MM-DD`. DATE_MALFORMED for another shape and for dates no calendar has. */
export function parseDay(text: string): Result<number> {
  const match = DAY.exec(text);
  if (match) {
    const day = dayOfDate(Number(match[1]), Number(match[2]), Number(match[3]));
    // Writing it back tells 30 February from a real date.
    if (formatDay(day) === text) return succeed(day);
  }
  return refuse("DATE_MALFORMED", { values: { date: text } });
}

const INSTANT = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/**
 * Reads an ISO 8601 instant with its offset (`2018-09-01T11:17:31+08:00`, or `Z`) into unix seconds;
 * a fraction of a second is cut off. INSTANT_MALFORMED otherwise: a time without an offset is refused,
 * because guessing one would move activities to another day.
 */
export function parseInstant(text: string): Result<number> {
  const match = INSTANT.exec(text);
  const day = match ? parseDay(match[1] ?? "") : undefined;
  if (match && day?.ok) {
    const [hour, minute, second] = [Number(match[2]), Number(match[3]), Number(match[4])];
    const zone = match[5] ?? "Z";
    const zoneHours = zone === "Z" ? 0 : Number(zone.slice(1, 3));
    const zoneMinutes = zone === "Z" ? 0 : Number(zone.slice(4, 6));
    if (hour < 24 && minute < 60 && second < 60 && zoneHours <= 14 && zoneMinutes < 60) {
      const offset = (zone.startsWith("-") ? -1 : 1) * (zoneHours * 3600 + zoneMinutes * 60);
      return succeed(day.value * DAY_SECONDS + hour * 3600 + minute * 60 + second - offset);
    }
  }
  return refuse("INSTANT_MALFORMED", { values: { instant: text } });
}

/** `2018-09-01T11:17:31+08:00`. */
export function formatInstant(unixSeconds: number): string {
  const day = chinaDay(unixSeconds);
  const second = unixSeconds - dayStart(day);
  const clock = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60].map(two);
  return `${formatDay(day)}T${clock.join(":")}+08:00`;
}

/** Reads two `YYYY-MM-DD` texts, the end not included. */
export function parsePeriod(first: string, end: string): Result<Period> {
  const firstDay = parseDay(first);
  if (!firstDay.ok) return firstDay;
  const endDay = parseDay(end);
  if (!endDay.ok) return endDay;
  return checkPeriodShape({ firstDay: firstDay.value, endDay: endDay.value });
}

/** PERIOD_EMPTY when nothing lies in it, PERIOD_TOO_LONG above five years. */
export function checkPeriodShape(period: Period): Result<Period> {
  if (period.firstDay < 0 || period.endDay <= period.firstDay) {
    return refuse("PERIOD_EMPTY", { values: periodValues(period) });
  }
  if (period.endDay - period.firstDay > LONGEST_PERIOD_DAYS) {
    return refuse("PERIOD_TOO_LONG", { values: periodValues(period) });
  }
  return succeed(period);
}

/** A monitoring period ends before today: its last day is over. PERIOD_NOT_ENDED otherwise. */
export function checkPeriodEnded(period: Period, today: number): Result<Period> {
  if (period.endDay > today) {
    return refuse("PERIOD_NOT_ENDED", {
      values: { ...periodValues(period), today: formatDay(today) },
    });
  }
  return succeed(period);
}

export function periodContains(period: Period, day: number): boolean {
  return day >= period.firstDay && day < period.endDay;
}

/** `2018-09-01 – 2018-09-02 (end not included)`, the text people see beside the two days. */
export function periodValues(period: Period): { first: string; end: string } {
  return { first: formatDay(period.firstDay), end: formatDay(period.endDay) };
}
