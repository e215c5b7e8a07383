import type { Pool } from "pg";
import { pageOf } from "../../database/codec.ts";
import { formatDay } from "../../domain/period.ts";
import { succeed } from "../../domain/result.ts";
import {
  readBalances,
  readLots,
  readProvisional,
  readRides,
  readStatement,
} from "../../ledger/accountReads.ts";
import type { Person } from "../../ledger/persons.ts";
import { pageRequest, pageSchema } from "../page.ts";
import { defineOwn, spanOf } from "./own.ts";
import { accountSchema, reduction, statementLine, statementQuery } from "./schema.ts";

const STATEMENT = { name: "statement", forms: [/^\d{1,18}$/, /^[a-z]{1,20}$/] } as const;
const REDUCTIONS = {
  name: "reductions",
  forms: [/^\d{1,6}$/, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
} as const;
const SPAN_REFUSALS = [
  "DATE_MALFORMED",
  "PERIOD_EMPTY",
  "PERIOD_TOO_LONG",
  "CURSOR_INVALID",
] as const;

/** A person's account as it is shown. */
export async function accountOfPerson(pool: Pool, person: Person) {
  const [balances, provisional, points] = await Promise.all([
    readBalances(pool, person.participant),
    readProvisional(pool, person.participant),
    readLots(pool, person.participant),
  ]);
  const texts = Object.fromEntries(
    Object.entries(balances).map(([name, value]) => [name, value.toString()]),
  );
  const { milligrams, activities } = provisional;
  return {
    ...person,
    balances: texts,
    provisional: { milligrams: milligrams.toString(), activities },
    points,
  };
}

export const accountRoutes = [
  defineOwn({
    method: "get",
    path: "/v1/me",
    summary: "One's own account 我的碳账户",
    answer: "Balances",
    schema: accountSchema,
    find: async (person, _, { pool }) => succeed(await accountOfPerson(pool, person)),
  }),
  defineOwn({
    method: "get",
    path: "/v1/me/statement",
    summary: "Every entry of one's account in a span of days 我的账户明细",
    query: statementQuery,
    answer: "One page, the oldest first",
    schema: pageSchema(statementLine),
    refusals: SPAN_REFUSALS,
    find: async (person, { query }, { pool, now }) => {
      const span = spanOf(query, now());
      if (!span.ok) return span;
      const page = pageRequest(STATEMENT, query);
      if (!page.ok) return page;
      const { limit, after } = page.value;
      const rows = await readStatement(pool, {
        ...{ ...span.value, participant: person.participant, limit: limit + 1 },
        ...(after ? { after: { posting: String(after[0]), compartment: String(after[1]) } } : {}),
      });
      return succeed(
        pageOf(STATEMENT.name, rows, limit, {
          view: (row) => row,
          key: (row) => [row.posting, row.compartment],
        }),
      );
    },
  }),
  defineOwn({
    method: "get",
    path: "/v1/me/reductions",
    summary: "Where one's reductions came from 我的减排量来源",
    description: "Rides of closed periods, the newest first, also those that were not credited.",
    query: statementQuery,
    answer: "One page",
    schema: pageSchema(reduction),
    refusals: SPAN_REFUSALS,
    find: async (person, { query }, { pool, now }) => {
      const span = spanOf(query, now());
      if (!span.ok) return span;
      const page = pageRequest(REDUCTIONS, query);
      if (!page.ok) return page;
      const { limit, after } = page.value;
      const rows = await readRides(pool, {
        ...{ participant: person.participant, ...span.value, limit: limit + 1 },
        ...(after ? { after: { day: Number(after[0]), rowKey: String(after[1]) } } : {}),
      });
      return succeed(
        pageOf(REDUCTIONS.name, rows, limit, {
          view: (row) => ({
            day: formatDay(row.day),
            behaviour: row.behaviour,
            milligrams: row.milligrams.toString(),
            credited: row.credited,
            batchId: row.batchId,
            leafIndex: row.leafIndex?.toString() ?? null,
            sourceId: row.sourceId,
            methodology: row.rule,
          }),
          key: (row) => [String(row.day), row.rowKey],
        }),
      );
    },
  }),
];
