import { findToken } from "../../database/queries/single.ts";
import {
  holdingList,
  listHoldings,
  listTokens,
  type TokenView,
  tokenList,
} from "../../database/queries/units.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { defineList, defineRead } from "../read.ts";
import { bundleOf, bundleSchema } from "./bundle.ts";
import { provenanceOf } from "./provenance.ts";
import {
  accountParams,
  holdingQuery,
  holdingSchema,
  provenanceSchema,
  tokenParams,
  tokenQuery,
  tokenSchema,
} from "./schema.ts";

async function requireToken({ prisma }: ApiDependencies, id: string): Promise<Result<TokenView>> {
  const token = await findToken(prisma, id);
  return token ? succeed(token) : refuse("NOT_FOUND", { values: { what: "token", id } });
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
  defineList({
    path: "/v1/accounts/{address}/holdings",
    tag: "Units",
    summary: "What an account holds 账户持有量",
    params: accountParams,
    query: holdingQuery,
    item: holdingSchema,
    list: holdingList,
    rows: ({ params }, { pool }, page) => listHoldings(pool, params.address, page),
  }),
];
