import { z } from "zod";
import { dayStart, parseDay, parseInstant } from "./period.ts";
import { type Result, refuse, succeed } from "./result.ts";

/*
 * The rows platforms report. The schemas say what a complete row looks like. The facts that name a
 * ride may be blank here, because their absence is a refusal with its own reason and not a malformed
 * row; members that no schema names are dropped unread.
 */

const reference = z.string().min(1).max(100);
const fact = z.string().trim().max(100).default("");
const instant = z.union([z.string().max(40), z.int().min(0).max(253_402_300_799)]);

export const busTripSchema = z.object({
  orderNo: reference.describe(
    "The platform's own number of this row; repeating it changes nothing",
  ),
  userId: reference.describe(
    "The platform's own number of the person; kept as a keyed pseudonym only",
  ),
  behaviour: z.literal("bus-trip"),
  card: fact.describe("Number of the card the bus read; CARRIER_MISSING when blank"),
  vehicle: fact.describe("Number of the bus; CARRIER_MISSING when blank"),
  at: instant.describe("ISO 8601 with offset, or unix seconds"),
});

export const metroTripSchema = z.object({
  orderNo: reference.describe(
    "The platform's own number of this row; repeating it changes nothing",
  ),
  userId: reference.describe(
    "The platform's own number of the person; kept as a keyed pseudonym only",
  ),
  behaviour: z.literal("metro-trip"),
  card: fact.describe("Number of the card the gates read; CARRIER_MISSING when blank"),
  entryDevice: fact.describe("Number of the gate at the entry; CARRIER_MISSING when blank"),
  entryAt: instant.describe("ISO 8601 with offset, or unix seconds"),
  entryStation: fact.describe("STATION_MISSING when blank"),
  exitDevice: fact,
  exitAt: instant.describe("ISO 8601 with offset, or unix seconds"),
  exitStation: fact.describe("STATION_MISSING when blank, NO_TRAVEL when equal to the entry"),
});

/** One reported activity, by behaviour. */
export const activityRowSchema = z.discriminatedUnion("behaviour", [
  busTripSchema,
  metroTripSchema,
]);
export type ActivityRow = z.infer<typeof activityRowSchema>;

/** What every row has, even one that its behaviour's schema refuses: enough to answer and record it. */
const headSchema = z.object({
  orderNo: reference,
  userId: reference,
  behaviour: z.string().max(100),
});

/**
 * Reads a row. FIELD_MISSING or FIELD_MALFORMED name the first field that is wrong;
 * BEHAVIOUR_UNKNOWN a behaviour that has no schema.
 */
export function parseActivityRow(row: unknown): Result<ActivityRow> {
  const parsed = activityRowSchema.safeParse(row);
  if (parsed.success) return succeed(parsed.data);
  const head = headSchema.safeParse(row);
  const issue = parsed.error.issues[0];
  if (head.success && issue?.code === "invalid_union" && issue.path[0] === "behaviour") {
    return refuse("BEHAVIOUR_UNKNOWN", {
      field: "behaviour",
      values: { behaviour: head.data.behaviour },
    });
  }
  const field = issue?.path.map(String).join(".") || "row";
  const isThere = typeof row === "object" && row !== null && Object.hasOwn(row, field);
  return refuse(isThere ? "FIELD_MALFORMED" : "FIELD_MISSING", { field });
}

const UNIX_SECONDS = /^\d{1,12}$/;

/** Moments that days in China time begin at, by the day's text; rows are about few days. */
const dayStarts = new Map<string, number>();
const MOST_DAYS = 4_096;

function twoDigits(text: string, at: number): number {
  const [tens, ones] = [text.charCodeAt(at) - 48, text.charCodeAt(at + 1) - 48];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : 99;
}

/**
 * `2018-09-01T11:17:31+08:00`, the form almost every row has, without the general reader's work; undefined
 * for any other, which that one then reads or refuses.
 */
function readChinaTime(text: string): number | undefined {
  if (text.length !== 25 || text[10] !== "T" || text[13] !== ":" || text[16] !== ":") return;
  if (!text.endsWith("+08:00")) return;
  const [hour, minute, second] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)];
  if (hour > 23 || minute > 59 || second > 59) return;
  const date = text.slice(0, 10);
  let start = dayStarts.get(date);
  if (start === undefined) {
    const day = parseDay(date);
    if (!day.ok) return;
    start = dayStart(day.value);
    if (dayStarts.size === MOST_DAYS) dayStarts.clear();
    dayStarts.set(date, start);
  }
  return start + hour * 3_600 + minute * 60 + second;
}

/** Unix seconds of a reported time. INSTANT_MALFORMED with the field's name. */
export function readInstant(row: Readonly<Record<string, unknown>>, field: string): Result<number> {
  const value = row[field];
  if (typeof value === "number") return succeed(value);
  // A cell of a table has no numbers, only their digits.
  if (typeof value === "string" && UNIX_SECONDS.test(value)) return succeed(Number(value));
  const inChina = typeof value === "string" ? readChinaTime(value) : undefined;
  if (inChina !== undefined) return succeed(inChina);
  const instantRead = parseInstant(typeof value === "string" ? value : "");
  return instantRead.ok ? instantRead : { ok: false, refusal: { ...instantRead.refusal, field } };
}

/** The text of a reported fact; a blank and a missing one are the same: nothing. */
export function readFact(row: Readonly<Record<string, unknown>>, field: string): string {
  const value = row[field];
  return typeof value === "string" ? value : "";
}

/** The span of an activity, from the row's two named members; a moment when there is no member for the end. */
export function readSpan(
  row: Readonly<Record<string, unknown>>,
  atField: string,
  endField: string | null,
): Result<{ at: number; end: number }> {
  for (const field of [atField, endField]) {
    if (field !== null && row[field] === undefined) return refuse("FIELD_MISSING", { field });
  }
  const at = readInstant(row, atField);
  if (!at.ok) return at;
  if (endField === null) return succeed({ at: at.value, end: at.value });
  const end = readInstant(row, endField);
  if (!end.ok) return end;
  return end.value < at.value
    ? refuse("EXIT_BEFORE_ENTRY", { field: endField })
    : succeed({ at: at.value, end: end.value });
}
