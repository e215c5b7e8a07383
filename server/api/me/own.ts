import { chinaDay, formatDay, parsePeriod, periodValues } from "../../domain/period.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import type { Person } from "../../ledger/persons.ts";
import { personIn } from "../auth.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { type Call, type Documentation, defineRoute, type Route, type Schemas } from "../route.ts";
import type { z } from "../zod.ts";

/** Days of one list or export. */
const LONGEST_SPAN_DAYS = 400;

type Described = Pick<
  Documentation,
  "path" | "summary" | "description" | "refusals" | "example" | "method"
>;

/** A route under `/v1/me`: its handler gets the person whose token was shown. */
export function defineOwn<P = undefined, Q = undefined, B = undefined>(
  spec: Described &
    Schemas<P, Q, B> & {
      readonly answer: string;
      readonly schema: z.ZodType;
      readonly status?: number;
      readonly find: (
        person: Person,
        call: Call<P, Q, B>,
        dependencies: ApiDependencies,
      ) => Promise<Result<unknown>>;
    },
): Route {
  const { answer, schema, status = 200, find, ...documentation } = spec;
  return defineRoute<P, Q, B>({
    ...documentation,
    action: documentation.method === "get" ? "own.read" : "own.decide",
    tag: "Personal accounts",
    success: { status, description: answer, schema },
    handle: async (call, dependencies) => {
      const person = personIn(call.caller);
      if (!person.ok) return person;
      const found = await find(person.value, call, dependencies);
      return found.ok ? succeed({ status, json: found.value }) : found;
    },
  });
}

/** What is answered when something was done. */
export const DONE = { done: true } as const;

/** The answer of an act that gives nothing back. */
export function done(result: Result<true>): Result<typeof DONE> {
  return result.ok ? succeed(DONE) : result;
}

/** A span of China days; of the last 31 when none is named. DATE_MALFORMED, PERIOD_EMPTY, PERIOD_TOO_LONG. */
export function spanOf(
  given: { first?: string | undefined; end?: string | undefined },
  now: number,
): Result<{ first: number; end: number }> {
  const today = chinaDay(now);
  const first = given.first ?? formatDay(today - 30);
  const period = parsePeriod(first, given.end ?? formatDay(today + 1));
  if (!period.ok) return period;
  const { firstDay, endDay } = period.value;
  if (endDay - firstDay > LONGEST_SPAN_DAYS) {
    return refuse("PERIOD_TOO_LONG", { values: periodValues(period.value) });
  }
  return succeed({ first: firstDay, end: endDay });
}
