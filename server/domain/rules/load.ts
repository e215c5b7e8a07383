import { z } from "zod";
import { parseDay } from "../period.ts";
import { type Result, refuse, succeed } from "../result.ts";
import { type RuleName, type RuleValue, ruleNames, ruleValues } from "./values.ts";

const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const text = z.strictObject({ en: z.string().min(1), zh: z.string().min(1) });

const effectiveSchema = z.strictObject({
  first: date,
  /** Not included; null while no end is decided. */
  end: date.nullable(),
  /**
   * How exactly the source gives the first day. With month or year, `first` is the first day after it: then the rule
   * is in force for certain.
   */
  known: z.enum(["day", "month", "year"]),
});

const sourceSchema = z.strictObject({
  document: z.string().min(1),
  /** Article, chapter or page; what of it was read. */
  place: z.string().min(1),
  /** `text`: the passage itself was read; `public`: a public page's account of it; `memory`: nobody checked. */
  read: z.enum(["text", "public", "memory"]),
});

const rowSchema = z.strictObject({
  rule: z.enum(ruleNames),
  /** What it is about, where it is not about everything: a class of methodologies, a product, a district. */
  of: z.string().min(1).nullable().default(null),
  value: z.unknown(),
  source: sourceSchema.nullable(),
  /** The regulation's, where a row says nothing. */
  effective: effectiveSchema.optional(),
  status: z.enum(["in-force", "draft"]),
  missing: text.optional(),
});

const fileSchema = z.strictObject({
  format: z.literal("tanpu-programme-rules/1"),
  id: z.string().regex(/^[a-z0-9-]{1,64}$/),
  programme: z.int().min(1).max(65_535),
  title: text,
  effective: effectiveSchema,
  rows: z.array(rowSchema).min(1),
});

export type RuleSource = z.infer<typeof sourceSchema>;
export type Bilingual = z.infer<typeof text>;

type RowCommon = {
  programme: number;
  /** Id of the file it stands in. */
  regulation: string;
  of: string | null;
  firstDay: number;
  /** Not included; undefined while no end is decided. */
  endDay: number | undefined;
  known: "day" | "month" | "year";
};

/** A rule that counts. */
export type RuleInForce<Name extends RuleName = RuleName> = RowCommon & {
  status: "in-force";
  rule: Name;
  value: RuleValue<Name>;
  source: RuleSource;
};

/** A rule that does not count, and what it waits for. It may have a value nobody has checked. */
export type RuleDraft = RowCommon & {
  status: "draft";
  rule: RuleName;
  value: unknown;
  source: RuleSource | null;
  missing: Bilingual;
};

export type RuleRow = RuleInForce | RuleDraft;
export type Regulation = { id: string; programme: number; title: Bilingual; rows: RuleRow[] };

const invalid = (detail: string) => refuse("RULES_INVALID", { values: { detail } });

function firstIssue(error: z.ZodError): { path: string; message: string } {
  const issue = error.issues[0];
  return { path: issue?.path.join(".") ?? "", message: issue?.message ?? "" };
}

type Days = Pick<RowCommon, "firstDay" | "endDay" | "known">;

function readDays(effective: z.infer<typeof effectiveSchema>, at: string): Result<Days> {
  const first = parseDay(effective.first);
  const end = effective.end === null ? undefined : parseDay(effective.end);
  if (!first.ok) return invalid(`${at}: "${effective.first}" is no day`);
  if (end && !end.ok) return invalid(`${at}: "${effective.end}" is no day`);
  if (end && end.value <= first.value) return invalid(`${at}: it ends before it begins`);
  return succeed({ firstDay: first.value, endDay: end?.value, known: effective.known });
}

function readRow(row: z.infer<typeof rowSchema>, common: RowCommon, at: string): Result<RuleRow> {
  const { rule, source, status, missing } = row;
  const value = row.value ?? null;
  const checked = value === null ? undefined : ruleValues[rule].safeParse(value);
  if (checked && !checked.success) {
    const { path, message } = firstIssue(checked.error);
    return invalid(`${at}.value${path && `.${path}`}: ${message}`);
  }
  if (status === "draft") {
    if (missing === undefined) return invalid(`${at}: a draft says what is missing`);
    return succeed({ ...common, status, rule, value, source, missing });
  }
  if (missing !== undefined) return invalid(`${at}: only a draft says what is missing`);
  if (checked === undefined) return invalid(`${at}: a rule without its value is a draft`);
  if (source === null) return invalid(`${at}: a rule without a source is a draft`);
  if (source.read === "memory") return invalid(`${at}: a rule nobody checked is a draft`);
  // The value was checked against the form of this very name.
  return succeed({ ...common, status, rule, value: checked.data, source } as RuleInForce);
}

/** Reads one parsed file of `rules/programmes`. RULES_INVALID names the place and the reason. */
export function loadRegulation(parsed: unknown): Result<Regulation> {
  const form = fileSchema.safeParse(parsed);
  if (!form.success) {
    const { path, message } = firstIssue(form.error);
    return invalid(`${path}: ${message}`);
  }
  const { id, programme, title, effective } = form.data;
  const whole = readDays(effective, "effective");
  if (!whole.ok) return whole;
  const rows: RuleRow[] = [];
  for (const [index, row] of form.data.rows.entries()) {
    const at = `rows.${index} (${row.rule})`;
    const days = row.effective ? readDays(row.effective, at) : whole;
    if (!days.ok) return days;
    const read = readRow(row, { programme, regulation: id, of: row.of, ...days.value }, at);
    if (!read.ok) return read;
    rows.push(read.value);
  }
  return succeed({ id, programme, title, rows });
}

const meet = (a: Days, b: Days): boolean =>
  a.firstDay < (b.endDay ?? Number.POSITIVE_INFINITY) &&
  b.firstDay < (a.endDay ?? Number.POSITIVE_INFINITY);

/**
 * All rules together. RULES_INVALID when an id stands twice, or two rows in force say something about one thing on one
 * day: then nobody could tell which counts.
 */
export function collectRules(regulations: readonly Regulation[]): Result<RuleRow[]> {
  const ids = regulations.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) return invalid(`${twice}: the id stands twice`);
  const rows = regulations.flatMap((regulation) => regulation.rows);
  const seen = new Map<string, RuleRow[]>();
  for (const row of rows) {
    if (row.status === "draft") continue;
    const key = JSON.stringify([row.programme, row.rule, row.of]);
    const others = seen.get(key) ?? [];
    const other = others.find((one) => meet(one, row));
    if (other) {
      const detail = `${row.regulation}: ${row.rule} is in force at once with that of ${other.regulation}`;
      return invalid(detail);
    }
    seen.set(key, [...others, row]);
  }
  return succeed(rows);
}
