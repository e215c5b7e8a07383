import { chinaDay } from "./period.ts";
import { type Result, refuse, succeed } from "./result.ts";

/** Whose account an entry is about. */
export const holderKinds = ["person", "platform", "owner", "agent", "source", "programme"] as const;
export type HolderKind = (typeof holderKinds)[number];

/** Where in an account milligrams are; see server/database/migrations/008_ledger.sql. */
export const compartments = [
  "pending",
  "issued",
  "points",
  "recorded",
  "spent",
  "left",
  "owed",
  "reported",
  "carry",
  "void",
] as const;
export type Compartment = (typeof compartments)[number];

/** What an account gained (above zero) or gave (below zero). */
export type Entry = {
  holderKind: HolderKind;
  holder: string;
  compartment: Compartment;
  milligrams: bigint;
};

/** What a person has, in milligrams. */
export type Balances = Record<
  "pending" | "issued" | "points" | "recorded" | "spent" | "owed",
  bigint
>;

/** No account has anything yet. */
export const EMPTY_BALANCES: Balances = {
  pending: 0n,
  issued: 0n,
  points: 0n,
  recorded: 0n,
  spent: 0n,
  owed: 0n,
};

/** Sums entries by account and compartment. Throws when they do not sum to zero: then no books were read. */
export function balancesOf(entries: readonly Entry[]): Map<string, bigint> {
  const found = new Map<string, bigint>();
  let whole = 0n;
  for (const { holderKind, holder, compartment, milligrams } of entries) {
    const account = `${holderKind}/${holder}/${compartment}`;
    found.set(account, (found.get(account) ?? 0n) + milligrams);
    whole += milligrams;
  }
  if (whole !== 0n) throw new Error(`the entries are ${whole} milligrams out of balance`);
  return found;
}

const MILLIGRAMS_PER_GRAM = 1000n;
/** Shenzhen's rule (2022-08-26): points end after ten years at the latest. */
const LONGEST_POINTS_DAYS = 3_653;

/**
 * Whether grams can be locked behind points: they are then no units of the person's any more, until the points are
 * cancelled. BALANCE_SHORT, POINTS_TERM_TOO_LONG.
 */
export function checkPointsLock(
  balances: Balances,
  wanted: { grams: bigint; endDay: number },
  now: number,
): Result<{ milligrams: bigint }> {
  const today = chinaDay(now);
  if (wanted.endDay <= today || wanted.endDay > today + LONGEST_POINTS_DAYS) {
    return refuse("POINTS_TERM_TOO_LONG", { field: "end" });
  }
  const milligrams = wanted.grams * MILLIGRAMS_PER_GRAM;
  if (milligrams > balances.issued) {
    return refuse("BALANCE_SHORT", {
      values: {
        has: (balances.issued / MILLIGRAMS_PER_GRAM).toString(),
        needed: wanted.grams.toString(),
      },
    });
  }
  return succeed({ milligrams });
}

/** What a person lets an agent do, and what was done under it so far. */
export type Mandate = {
  agent: string;
  /** Null: no limit. */
  mostMilligrams: bigint | null;
  firstDay: number;
  /** Not included. */
  endDay: number;
  ended: boolean;
  movedMilligrams: bigint;
};

/** Whether an agent may move so much now. MANDATE_ENDED, MANDATE_NOT_RUNNING, MANDATE_OTHER_AGENT, MANDATE_EXCEEDED. */
export function checkMandate(
  mandate: Mandate,
  wanted: { agent: string; milligrams: bigint; today: number },
): Result<true> {
  if (mandate.agent !== wanted.agent) return refuse("MANDATE_OTHER_AGENT");
  if (mandate.ended) return refuse("MANDATE_ENDED");
  if (wanted.today < mandate.firstDay || wanted.today >= mandate.endDay) {
    return refuse("MANDATE_NOT_RUNNING");
  }
  const most = mandate.mostMilligrams;
  if (most !== null && mandate.movedMilligrams + wanted.milligrams > most) {
    return refuse("MANDATE_EXCEEDED", {
      values: { left: ((most - mandate.movedMilligrams) / MILLIGRAMS_PER_GRAM).toString() },
    });
  }
  return succeed(true);
}
