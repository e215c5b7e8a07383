import { type Result, refuse, succeed } from "../domain/result.ts";
import { LARGEST_GRAMS } from "../domain/units.ts";
import { z } from "./zod.ts";

const lower = (text: string): string => text.toLowerCase();

/** 32 bytes of hex; lowercased. */
export const hashField = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/)
  .transform(lower)
  .openapi({ type: "string", pattern: "^0x[0-9a-fA-F]{64}$", description: "32 bytes" });

/** 20 bytes of hex; lowercased. */
export const addressField = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .transform(lower)
  .openapi({ type: "string", pattern: "^0x[0-9a-fA-F]{40}$", description: "Account address" });

/** A token id: 32 bytes of hex, or decimal digits; becomes the hex. */
export const tokenIdField = z
  .string()
  .regex(/^(0x[0-9a-fA-F]{64}|\d{1,78})$/, { abort: true })
  .refine((text) => BigInt(text) >> 256n === 0n)
  .transform((text) => `0x${BigInt(text).toString(16).padStart(64, "0")}`)
  .openapi({
    type: "string",
    pattern: "^(0x[0-9a-fA-F]{64}|\\d{1,78})$",
    description: "Token id, 256 bits: hex of 32 bytes or decimal digits",
  });

/** Positive whole grams as decimal digits. */
export const gramsField = z
  .string()
  .regex(/^[1-9]\d{0,19}$/, { abort: true })
  .refine((text) => BigInt(text) <= LARGEST_GRAMS)
  .openapi({ type: "string", pattern: "^[1-9]\\d{0,19}$", description: "Whole grams of CO2e" });

/** Whole fen as decimal digits. */
export const fenField = z
  .string()
  .regex(/^(0|[1-9]\d{0,14})$/)
  .openapi({ description: "Whole fen (0.01 yuan)", example: "9500" });

/** A date of China time. */
export const dateField = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/)
  .openapi({ description: "Day in China time", example: "2018-09-01" });

/** The number of an issuance request. */
export const requestIdField = z
  .string()
  .regex(/^[1-9]\d{0,17}$/)
  .openapi({ description: "Number of the issuance request" });

export const uuidField = z
  .string()
  .regex(/^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/)
  .transform(lower)
  .openapi({ type: "string", format: "uuid" });

/** A short text that people read. */
export const textField = (longest: number) => z.string().trim().min(1).max(longest);

/** Paging of every list. */
export const pageFields = {
  cursor: z
    .string()
    .max(400)
    .optional()
    .openapi({ description: "`nextCursor` of the page before" }),
  limit: z
    .string()
    .regex(/^([1-9]\d?|100)$/)
    .default("20")
    .openapi({ description: "Rows of a page, 1 to 100" }),
};

type Path = readonly PropertyKey[];

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, name) =>
      typeof at === "object" && at !== null
        ? (at as Record<PropertyKey, unknown>)[name]
        : undefined,
    value,
  );
}

const isText = (text: string): boolean => !/\p{Surrogate}/u.test(text) && !text.includes("\0");

/**
 * The path of the first text or name that no document and no database can hold: half a surrogate pair
 * has no UTF-8, and Postgres keeps no NUL. Without recursion, because bodies may be nested deep.
 */
function brokenTextIn(value: unknown): string | undefined {
  const open: { at: string; value: unknown }[] = [{ at: "", value }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.value === "string" && !isText(next.value)) return next.at;
    if (typeof next.value !== "object" || next.value === null) continue;
    for (const [name, inner] of Object.entries(next.value)) {
      if (!isText(name)) return next.at;
      open.push({ at: next.at === "" ? name : `${next.at}.${name}`, value: inner });
    }
  }
  return undefined;
}

/**
 * Checks a value against its schema. FIELD_MISSING, FIELD_MALFORMED or VALIDATION_FAILED name the first
 * field that is wrong; its value is not repeated, it may be personal.
 */
export function validate<T>(schema: z.ZodType<T>, value: unknown): Result<T> {
  const brokenText = brokenTextIn(value);
  if (brokenText !== undefined) return refuse("FIELD_MALFORMED", { field: brokenText || "body" });
  const parsed = schema.safeParse(value);
  if (parsed.success) return succeed(parsed.data);
  const issue = parsed.error.issues[0];
  const path = issue?.path ?? [];
  const field = path.map(String).join(".");
  if (issue?.code === "unrecognized_keys") {
    const unknown = [...path.map(String), issue.keys[0] ?? "?"].join(".");
    return refuse("VALIDATION_FAILED", {
      field: unknown,
      values: { detail: `unknown field "${unknown}"` },
    });
  }
  if (field === "") {
    return refuse("VALIDATION_FAILED", { values: { detail: issue?.message ?? "not an object" } });
  }
  return refuse(valueAt(value, path) === undefined ? "FIELD_MISSING" : "FIELD_MALFORMED", {
    field,
  });
}
