import { z } from "zod";
import { parseDay } from "./period.ts";
import { type Result, refuse, succeed } from "./result.ts";
import { largestRemainder } from "./splitAmount.ts";

/*
 * Who the reductions of one programme belong to, as rule data. A right names a kind:
 *   person    the person who acted;
 *   owner     the owner of the asset behind the source;
 *   platform  the platform pools them (平台归集) of persons who were given a benefit and do not object, up to a
 *             threshold; what is over it, and everything of all others, is the person's;
 *   split     by shares, exact to the milligram (largest remainder).
 */

const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const text = z.object({ en: z.string().min(1), zh: z.string().min(1) }).strict();
const digits = z.string().regex(/^[1-9]\d{0,17}$/);

const right = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("person") }),
  z.strictObject({ kind: z.literal("owner") }),
  z.strictObject({
    kind: z.literal("platform"),
    /** Null: not published, which keeps the rule a draft. */
    thresholdMilligrams: digits.nullable(),
    benefit: z.enum(["required", "none"]),
    /** What is done while a person has not chosen. */
    withoutChoice: z.enum(["pool", "own"]),
  }),
  z.strictObject({
    kind: z.literal("split"),
    shares: z
      .array(z.strictObject({ to: z.enum(["person", "platform", "owner"]), weight: digits }))
      .min(2)
      .max(3),
  }),
]);

const schema = z.strictObject({
  format: z.literal("tanpu-rights/1"),
  programme: z.int().min(1),
  status: z.enum(["official", "published", "demonstration", "draft"]),
  /** What a draft waits for. */
  missing: text.optional(),
  effective: z.strictObject({ first: date, end: date.nullable() }),
  source: z.string().min(1),
  /** Whose reports it is about: one platform, or null for all that no other right names. */
  platform: z.string().min(1).nullable(),
  right,
});

export type Right = z.infer<typeof right>;
export type RightRule = {
  programme: number;
  status: "official" | "published" | "demonstration" | "draft";
  platform: string | null;
  firstDay: number;
  /** Not included. */
  endDay: number | undefined;
  right: Right;
};

/** Reads a parsed rule. RIGHT_RULE_INVALID, DATE_MALFORMED, PERIOD_EMPTY. */
export function loadRight(parsed: unknown): Result<RightRule> {
  const read = schema.safeParse(parsed);
  if (!read.success) {
    const issue = read.error.issues[0];
    return invalid(`${issue?.path.join(".")} ${issue?.message}`);
  }
  const { programme, status, missing, effective, platform } = read.data;
  const first = parseDay(effective.first);
  if (!first.ok) return first;
  const end = effective.end === null ? undefined : parseDay(effective.end);
  if (end && !end.ok) return end;
  if (end && end.value <= first.value) return refuse("PERIOD_EMPTY");
  const lacksValue =
    read.data.right.kind === "platform" && read.data.right.thresholdMilligrams === null;
  if (lacksValue && status !== "draft") return invalid("a rule without its threshold is a draft");
  if ((status === "draft") !== (missing !== undefined)) {
    return invalid("a draft, and only a draft, says what is missing");
  }
  if (read.data.right.kind === "split") {
    const named = read.data.right.shares.map(({ to }) => to);
    if (new Set(named).size !== named.length) return invalid("a split names nobody twice");
  }
  return succeed({
    programme,
    status,
    platform,
    firstDay: first.value,
    endDay: end?.value,
    right: read.data.right,
  });
}

function invalid(detail: string): ReturnType<typeof refuse> {
  return refuse("RIGHT_RULE_INVALID", { values: { detail } });
}

/** Where no rule says anything, a reduction is the person's who acted. */
const OWN: Right = { kind: "person" };

/**
 * The right in force for a platform's reports on a day: the rule that names the platform before the one for all, the
 * later beginning before the earlier. Drafts are never in force.
 */
export function rightOn(
  rules: readonly RightRule[],
  of: { programme: number; platform: string; day: number },
): Right {
  const [found] = rules
    .filter(
      (rule) =>
        rule.status !== "draft" &&
        rule.programme === of.programme &&
        (rule.platform === null || rule.platform === of.platform) &&
        rule.firstDay <= of.day &&
        (rule.endDay === undefined || of.day < rule.endDay),
    )
    .sort(
      (a, b) =>
        Number(b.platform !== null) - Number(a.platform !== null) || b.firstDay - a.firstDay,
    );
  return found?.right ?? OWN;
}

/** What a right needs to know of a person. */
export type Standing = {
  /** Whether the platform recorded what it gave for pooling. */
  hasBenefit: boolean;
  /** The person's choice; undefined before there was one. */
  pool: boolean | undefined;
  /** Pooled of this person before. */
  pooledMilligrams: bigint;
};

/** Who may receive, in the order in which equal remainders are served. */
export const beneficiaries = ["person", "platform", "owner"] as const;
export type Beneficiary = (typeof beneficiaries)[number];

/** What somebody's share of a right weighs; of one that pools, of what is not pooled. */
export function weightOf(right: Right, whom: Beneficiary): bigint {
  if (right.kind === "split") {
    return BigInt(right.shares.find(({ to }) => to === whom)?.weight ?? 0);
  }
  return whom === (right.kind === "owner" ? "owner" : "person") ? 1n : 0n;
}

/** Divides what one person earned in one batch. The parts sum to it. */
export function applyRight(
  to: Right,
  milligrams: bigint,
  standing: Standing,
): Record<Beneficiary, bigint> {
  const nobody = { person: 0n, platform: 0n, owner: 0n };
  if (to.kind === "person") return { ...nobody, person: milligrams };
  if (to.kind === "owner") return { ...nobody, owner: milligrams };
  if (to.kind === "split") {
    const weights = beneficiaries.map((whom) => weightOf(to, whom));
    const [person = 0n, platform = 0n, owner = 0n] = largestRemainder(milligrams, weights);
    return { person, platform, owner };
  }
  const mayPool =
    (to.benefit === "none" || standing.hasBenefit) &&
    (standing.pool ?? to.withoutChoice === "pool");
  const room = BigInt(to.thresholdMilligrams ?? 0) - standing.pooledMilligrams;
  const free = room > 0n ? room : 0n;
  const platform = !mayPool ? 0n : free < milligrams ? free : milligrams;
  return { ...nobody, platform, person: milligrams - platform };
}
