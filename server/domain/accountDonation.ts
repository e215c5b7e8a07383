import { z } from "zod";
import { type Result, refuse, succeed } from "./result.ts";

const text = z.strictObject({ en: z.string().min(1), zh: z.string().min(1) });
const schema = z.strictObject({
  format: z.literal("tanpu-donations/1"),
  causes: z.array(
    z.strictObject({
      programme: z.int().min(1),
      id: z.string().regex(/^[a-z][a-z0-9-]{0,59}$/),
      name: text,
      sponsor: z.string().min(1),
      fenPerGram: z.string().regex(/^(0|[1-9]\d{0,8})$/),
      status: z.enum(["official", "published", "demonstration"]),
      source: z.string().min(1),
    }),
  ),
});

/** A public cause that persons may give grams to (以碳代捐), and what its sponsor adds. */
export type Cause = z.infer<typeof schema>["causes"][number];

/** Reads `rules/donations.yaml`. RIGHT_RULE_INVALID. */
export function loadCauses(parsed: unknown): Result<Cause[]> {
  const read = schema.safeParse(parsed);
  if (read.success) return succeed(read.data.causes);
  const issue = read.error.issues[0];
  return refuse("RIGHT_RULE_INVALID", {
    values: { detail: `${issue?.path.join(".")} ${issue?.message}` },
  });
}

/** What the sponsor owes the cause for so many grams, in fen. */
export function pledgeFenOf(cause: Cause, grams: bigint): bigint {
  return grams * BigInt(cause.fenPerGram);
}
