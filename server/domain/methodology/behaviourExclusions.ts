import { z } from "zod";
import { chinaDay } from "../period.ts";
import { type Result, refuse, succeed } from "../result.ts";

/*
 * Which behaviours may not both earn for one thing in one window: rules/behaviour-exclusions.yaml. Pure:
 * intake brings the keyed facts and asks.
 */

const bilingual = z.strictObject({ en: z.string().min(1), zh: z.string().min(1) });
const behaviour = z.string().regex(/^[a-z][a-z0-9-]*$/);
const groupShape = {
  id: behaviour,
  title: bilingual,
  /** The thing two rows have in common. */
  on: z.enum(["car", "meter", "person"]),
  window: z.enum(["day", "overlap"]),
  source: z.string().min(1),
  reason: bilingual,
};
const schema = z.strictObject({
  format: z.literal("tanpu-behaviour-exclusions/1"),
  version: z.int().min(1),
  groups: z
    .array(
      z.union([
        z.strictObject({ ...groupShape, behaviours: z.array(behaviour).min(2) }),
        z.strictObject({
          ...groupShape,
          between: z.tuple([z.array(behaviour).min(1), z.array(behaviour).min(1)]),
        }),
      ]),
    )
    .min(1),
});

type Group = z.infer<typeof schema>["groups"][number];

/** Why two behaviours exclude each other: on which thing, in which window, by which group. */
export type Exclusion = Pick<Group, "on" | "window" | "reason"> & { group: string };

/** One row as far as exclusions look at it; absent things are unknown and exclude nothing. */
export type ExcludedRow = {
  behaviour: string;
  /** Keyed text of each thing, never a raw one. */
  things: Readonly<Partial<Record<Exclusion["on"], string>>>;
  /** Unix seconds; `end` equals `at` for a moment. */
  at: number;
  end: number;
};

export type BehaviourExclusions = {
  /** The groups as sets of pairs, for judging many rows at once. */
  readonly groups: readonly {
    readonly id: string;
    readonly on: Exclusion["on"];
    readonly window: Exclusion["window"];
    readonly pairs: readonly (readonly [string, string])[];
  }[];
  /** Every exclusion between two behaviours; the order of the two does not matter. */
  between(first: string, second: string): readonly Exclusion[];
  /** The first exclusion two rows fall under, or undefined when both may earn. */
  conflict(first: ExcludedRow, second: ExcludedRow): Exclusion | undefined;
};

function pairsOf(group: Group): [string, string][] {
  if ("between" in group) {
    const [ones, others] = group.between;
    return ones.flatMap((one) => others.map((other): [string, string] => [one, other]));
  }
  const { behaviours } = group;
  return behaviours.flatMap((one, place) =>
    behaviours.slice(place + 1).map((other): [string, string] => [one, other]),
  );
}

const keyOf = (first: string, second: string): string =>
  first < second ? `${first} ${second}` : `${second} ${first}`;

function meet(window: Exclusion["window"], a: ExcludedRow, b: ExcludedRow): boolean {
  if (window === "overlap") return a.at < b.end && b.at < a.end;
  return chinaDay(a.at) <= chinaDay(b.end) && chinaDay(b.at) <= chinaDay(a.end);
}

/** Reads the parsed table. EXCLUSIONS_INVALID says what is wrong. */
export function loadBehaviourExclusions(parsed: unknown): Result<BehaviourExclusions> {
  const form = schema.safeParse(parsed);
  const invalid = (detail: string) => refuse("EXCLUSIONS_INVALID", { values: { detail } });
  if (!form.success) {
    const issue = form.error.issues[0];
    return invalid(`${issue?.path.join(".")} ${issue?.message}`);
  }
  const byPair = new Map<string, Exclusion[]>();
  const seen = new Set<string>();
  for (const group of form.data.groups) {
    if (seen.has(group.id)) return invalid(`${group.id} stands twice`);
    seen.add(group.id);
    const { on, window, reason } = group;
    for (const [first, second] of pairsOf(group)) {
      if (first === second) return invalid(`${group.id}: ${first} excludes itself`);
      const key = keyOf(first, second);
      byPair.set(key, [...(byPair.get(key) ?? []), { on, window, reason, group: group.id }]);
    }
  }
  const between: BehaviourExclusions["between"] = (first, second) =>
    byPair.get(keyOf(first, second)) ?? [];
  return succeed({
    groups: form.data.groups.map((group) => {
      const { id, on, window } = group;
      return { id, on, window, pairs: pairsOf(group) };
    }),
    between,
    conflict: (first, second) =>
      between(first.behaviour, second.behaviour).find(
        ({ on, window }) =>
          first.things[on] !== undefined &&
          first.things[on] === second.things[on] &&
          meet(window, first, second),
      ),
  });
}
