import { z } from "zod";
import { parseDay } from "../domain/period.ts";
import { type Result, refuse, succeed } from "../domain/result.ts";
import { cellsOf, type LineReader, readJsonLine } from "./lines.ts";

/*
 * How a platform's own file becomes rows: `tanpu-intake-map/1`, a YAML file that names for each member of a row
 * the column it stands in, or the constant it is.
 */

const name = z.string().min(1).max(100);
const time = z.union([
  z.literal("iso"),
  z.literal("unix-seconds"),
  z.literal("unix-milliseconds"),
  z.strictObject({
    /** Such as `YYYY-MM-DD HH:mm:ss`; of the same length as every time in the file. */
    pattern: z.string().min(8).max(40),
    /** Offset of the file's clock from UTC. */
    zone: z.string().regex(/^[+-](0\d|1[0-4]):[0-5]\d$/),
  }),
]);
const member = z.union([
  z.strictObject({ column: name, time: time.optional() }),
  z.strictObject({ constant: z.string().max(200) }),
]);
const schema = z.strictObject({
  format: z.literal("tanpu-intake-map/1"),
  rows: z.enum(["csv", "ndjson"]),
  separator: z.string().length(1).optional(),
  members: z.record(name, member),
});

export type IntakeMapping = z.infer<typeof schema>;
type TimeForm = z.infer<typeof time>;

/** Reads a parsed mapping. VALIDATION_FAILED says what is wrong. */
export function readMapping(parsed: unknown): Result<IntakeMapping> {
  const read = schema.safeParse(parsed);
  const invalid = (detail: string) => refuse("VALIDATION_FAILED", { values: { detail } });
  if (!read.success) {
    const issue = read.error.issues[0];
    return invalid(`${issue?.path.join(".")} ${issue?.message}`);
  }
  for (const [field, of] of Object.entries(read.data.members)) {
    if ("column" in of && typeof of.time === "object") {
      const { pattern } = of.time;
      const isWhole = ["YYYY", "MM", "DD", "HH", "mm"].every((part) => pattern.includes(part));
      if (!isWhole) return invalid(`${field}: the pattern needs YYYY, MM, DD, HH and mm`);
    }
  }
  return succeed(read.data);
}

/** Turns a cell into unix seconds, or leaves it for the row's own reader. */
type TimeReader = (cell: string) => Result<number | string>;

function timeReader(field: string, form: TimeForm): TimeReader {
  const malformed = (cell: string) =>
    refuse("INSTANT_MALFORMED", { field, values: { instant: cell.slice(0, 40) } });
  if (form === "iso") return (cell) => succeed(cell);
  if (form === "unix-seconds" || form === "unix-milliseconds") {
    const divisor = form === "unix-seconds" ? 1 : 1_000;
    return (cell) =>
      /^\d{1,15}$/.test(cell) ? succeed(Math.floor(Number(cell) / divisor)) : malformed(cell);
  }
  return patternReader(form.pattern, form.zone, malformed);
}

function patternReader(
  pattern: string,
  zone: string,
  malformed: (cell: string) => Result<number>,
): TimeReader {
  const place = (part: string): [number, number] => {
    const at = pattern.indexOf(part);
    return [at, at === -1 ? -1 : at + part.length];
  };
  const [year, month, date, hour, minute, second] = ["YYYY", "MM", "DD", "HH", "mm", "ss"].map(
    place,
  ) as [[number, number], ...[number, number][]];
  const offset = (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6))) * 60;
  const shift = zone.startsWith("-") ? offset : -offset;
  // A file is about few days, so each is worked out once.
  const days = new Map<string, number>();
  const dayOf = (text: string): number => {
    let day = days.get(text);
    if (day === undefined) {
      const parsed = parseDay(text);
      day = parsed.ok ? parsed.value : Number.NaN;
      if (days.size < 10_000) days.set(text, day);
    }
    return day;
  };
  const digits = (cell: string, of: [number, number] | undefined): number => {
    if (!of || of[0] === -1) return 0;
    const text = cell.slice(...of);
    return /^\d\d$/.test(text) ? Number(text) : Number.NaN;
  };
  return (cell) => {
    if (cell.length !== pattern.length) return malformed(cell);
    const day = dayOf(
      `${cell.slice(...year)}-${cell.slice(...(month ?? [0, 0]))}-${cell.slice(...(date ?? [0, 0]))}`,
    );
    const [h, m, s] = [digits(cell, hour), digits(cell, minute), digits(cell, second)];
    const isTime = h < 24 && m < 60 && s < 60;
    return isTime && !Number.isNaN(day)
      ? succeed(day * 86_400 + h * 3_600 + m * 60 + s + shift)
      : malformed(cell);
  };
}

type Source = { field: string; read: TimeReader | undefined };

/** Readers of a mapped file's lines; `header` is the first line of CSV. BODY_MALFORMED names the columns that are missing. */
export function mappedReader(mapping: IntakeMapping, header: string): Result<LineReader> {
  const constants: Record<string, string> = {};
  const columns: (Source & { column: string })[] = [];
  for (const [field, of] of Object.entries(mapping.members)) {
    if ("constant" in of) constants[field] = of.constant;
    else columns.push({ field, column: of.column, read: of.time && timeReader(field, of.time) });
  }
  if (mapping.rows === "ndjson") return succeed(mappedJson(constants, columns));
  const separator = mapping.separator ?? ",";
  const names = cellsOf(header, separator)?.map((one) => one.trim()) ?? [];
  const missing = columns.filter(({ column }) => !names.includes(column));
  if (missing.length > 0) {
    const expected = `CSV with the columns ${missing.map(({ column }) => column).join(", ")}`;
    return refuse("BODY_MALFORMED", { values: { expected } });
  }
  const places = columns.map(({ column, ...of }) => ({ ...of, place: names.indexOf(column) }));
  return succeed((line) => {
    const cells = cellsOf(line, separator);
    if (cells?.length !== names.length) {
      return refuse("LINE_MALFORMED", { values: { expected: "CSV" } });
    }
    const row: Record<string, unknown> = { ...constants };
    for (const { field, place, read } of places) {
      const cell = cells[place] as string;
      if (cell === "") continue;
      if (!read) row[field] = cell;
      else {
        const at = read(cell);
        if (!at.ok) return at;
        row[field] = at.value;
      }
    }
    return succeed(row);
  });
}

function mappedJson(
  constants: Readonly<Record<string, string>>,
  columns: readonly (Source & { column: string })[],
): LineReader {
  return (line) => {
    const json = readJsonLine(line);
    if (!json.ok) return json;
    const row: Record<string, unknown> = { ...constants };
    for (const { field, column, read } of columns) {
      const value = Object.hasOwn(json.value, column) ? json.value[column] : undefined;
      if (value === undefined || value === null || value === "") continue;
      if (!read) row[field] = value;
      else {
        const at = read(String(value));
        if (!at.ok) return at;
        row[field] = at.value;
      }
    }
    return succeed(row);
  };
}
