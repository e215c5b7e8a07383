import { z } from "zod";
import { type Result, refuse, succeed } from "./result.ts";

const schema = z.strictObject({
  format: z.literal("tanpu-retention/1"),
  rules: z.array(
    z.strictObject({
      programme: z.int().min(1),
      status: z.enum(["official", "published", "demonstration", "draft"]),
      days: z.int().min(1).nullable(),
      source: z.string().min(1),
      missing: z.object({ en: z.string(), zh: z.string() }).strict().optional(),
    }),
  ),
});

/** Reads how long issued evidence of a deleted person stays, in days by programme. RIGHT_RULE_INVALID. */
export function loadRetention(parsed: unknown): Result<Map<number, number>> {
  const read = schema.safeParse(parsed);
  const issue = read.error?.issues[0];
  if (!read.success) {
    const detail = `${issue?.path.join(".")} ${issue?.message}`;
    return refuse("RIGHT_RULE_INVALID", { values: { detail } });
  }
  const found = new Map<number, number>();
  for (const { programme, status, days, missing } of read.data.rules) {
    const isDraft = status === "draft";
    if (isDraft !== (days === null) || isDraft !== (missing !== undefined)) {
      const detail = "a draft, and only a draft, has no days and says what is missing";
      return refuse("RIGHT_RULE_INVALID", { values: { detail } });
    }
    if (days !== null) found.set(programme, days);
  }
  return succeed(found);
}
