import type { Pool } from "pg";
import {
  hasReached,
  historyList,
  listHistory,
  listHoldingsAt,
  type Moment,
} from "../../database/queries/history.ts";
import { findToken } from "../../database/queries/single.ts";
import { findMirrorPosition } from "../../database/queries/sources.ts";
import {
  holdingList,
  listHoldings,
  listTokens,
  type TokenView,
  tokenList,
} from "../../database/queries/units.ts";
import { dayStart, parseDay } from "../../domain/period.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { pageRequest, pageSchema } from "../page.ts";
import { defineList, defineRead } from "../read.ts";
import { bundleOf, bundleSchema } from "./bundle.ts";
import { provenanceOf, serialProvenanceOf } from "./provenance.ts";
import {
  accountParams,
  historyQuery,
  holdingQuery,
  holdingSchema,
  movementSchema,
  provenanceSchema,
  serialParams,
  serialSchema,
  tokenParams,
  tokenQuery,
  tokenSchema,
} from "./schema.ts";

async function requireToken({ prisma }: ApiDependencies, id: string): Promise<Result<TokenView>> {
  const token = await findToken(prisma, id);
  return token ? succeed(token) : refuse("NOT_FOUND", { values: { what: "token", id } });
}

/** The end of a block or of a China day. DATE_MALFORMED; MIRROR_NOT_THERE_YET while more may come to belong to it. */
async function requireMoment(pool: Pool, at: string): Promise<Result<Moment>> {
  let moment: Moment = { block: Number(at) };
  if (at.includes("-")) {
    const day = parseDay(at);
    if (!day.ok) return day;
    moment = { before: dayStart(day.value + 1) };
  }
  if (await hasReached(pool, moment)) return succeed(moment);
  const position = await findMirrorPosition(pool);
  const block = position?.blockNumber ?? "?";
  return refuse("MIRROR_NOT_THERE_YET", { field: "at", values: { after: at, block } });
}

export const tokenRoutes = [
  defineList({
    path: "/v1/tokens",
    tag: "Units",
    summary: "All token ids, by programme, methodology and period 减排量清单",
    query: tokenQuery,
    item: tokenSchema,
    list: tokenList,
    rows: ({ query: { programme } }, { pool }, page) =>
      listTokens(pool, programme === undefined ? {} : { programme: Number(programme) }, page),
  }),
  defineRead({
    path: "/v1/tokens/{id}",
    tag: "Units",
    summary: "A token id, decoded, and its supply 减排量编码与数量",
    params: tokenParams,
    answer: "The token",
    schema: tokenSchema,
    refusals: ["NOT_FOUND"],
    find: ({ params }, dependencies) => requireToken(dependencies, params.id),
  }),
  defineRead({
    path: "/v1/tokens/{id}/provenance",
    tag: "Units",
    summary: "Where units come from and what became of them 来源与去向",
    params: tokenParams,
    answer: "The whole story",
    schema: provenanceSchema,
    refusals: ["NOT_FOUND"],
    find: async ({ params }, dependencies) => {
      const token = await requireToken(dependencies, params.id);
      return token.ok ? succeed(await provenanceOf(dependencies, token.value)) : token;
    },
  }),
  defineRead({
    path: "/v1/tokens/{id}/bundle",
    tag: "Units",
    summary: "The file tanpu-verify checks a token id with 核验文件",
    params: tokenParams,
    answer: "The bundle",
    schema: bundleSchema,
    refusals: ["NOT_FOUND"],
    find: async ({ params }, dependencies) => {
      const token = await requireToken(dependencies, params.id);
      if (!token.ok) return token;
      const bundle = await bundleOf(dependencies, token.value);
      return bundle
        ? succeed(bundle)
        : refuse("NOT_FOUND", { values: { what: "bundle", id: params.id } });
    },
  }),
  defineRead({
    path: "/v1/tokens/{id}/history",
    tag: "Units",
    summary: "Every movement of a token id, in the order of the chain 减排量变动记录",
    params: tokenParams,
    query: historyQuery,
    answer: "One page",
    schema: pageSchema(movementSchema),
    refusals: ["NOT_FOUND", "CURSOR_INVALID"],
    find: async ({ params, query }, dependencies) => {
      const page = pageRequest(historyList, query);
      if (!page.ok) return page;
      const token = await requireToken(dependencies, params.id);
      return token.ok
        ? succeed(await listHistory(dependencies.pool, params.id, page.value))
        : token;
    },
  }),
  defineRead({
    path: "/v1/tokens/{id}/serials/{serial}",
    tag: "Units",
    summary: "A retired gram, from its certificates back to the request 按序列号溯源",
    description:
      "Grams get a serial when they are retired; one that is held has none and is answered with 404. 持有中的减排量没有序列号。",
    params: serialParams,
    answer: "Its retirement, and what it rests on",
    schema: serialSchema,
    refusals: ["NOT_FOUND"],
    find: async ({ params }, dependencies) => {
      const token = await requireToken(dependencies, params.id);
      if (!token.ok) return token;
      const found = await serialProvenanceOf(dependencies, token.value, params.serial);
      return found
        ? succeed(found)
        : refuse("NOT_FOUND", { values: { what: "serial", id: params.serial } });
    },
  }),
  defineRead({
    path: "/v1/accounts/{address}/holdings",
    tag: "Units",
    summary: "What an account holds, or held at a moment 账户持有量",
    params: accountParams,
    query: holdingQuery,
    answer: "One page",
    schema: pageSchema(holdingSchema),
    refusals: ["CURSOR_INVALID", "DATE_MALFORMED", "MIRROR_NOT_THERE_YET"],
    find: async ({ params: { address }, query }, { pool }) => {
      const page = pageRequest(holdingList, query);
      if (!page.ok) return page;
      if (query.at === undefined) return succeed(await listHoldings(pool, address, page.value));
      const moment = await requireMoment(pool, query.at);
      if (!moment.ok) return moment;
      return succeed(await listHoldingsAt(pool, address, moment.value, page.value));
    },
  }),
];
