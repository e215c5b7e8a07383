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
import { pageRequest } from "../page.ts";
import { defineRoute } from "../route.ts";
import { bundleOf, bundleSchema } from "./bundle.ts";
import { provenanceOf } from "./provenance.ts";
import {
  accountParams,
  holdingPage,
  holdingQuery,
  provenanceSchema,
  tokenPage,
  tokenParams,
  tokenQuery,
  tokenSchema,
} from "./schema.ts";

async function requireToken({ prisma }: ApiDependencies, id: string): Promise<Result<TokenView>> {
  const token = await findToken(prisma, id);
  return token ? succeed(token) : refuse("NOT_FOUND", { values: { what: "token", id } });
}

export const tokenRoutes = [
  defineRoute({
    method: "get",
    path: "/v1/tokens",
    action: "registry.read",
    tag: "Units",
    summary: "All token ids, by programme, methodology and period",
    query: tokenQuery,
    success: { status: 200, description: "One page", schema: tokenPage },
    refusals: ["CURSOR_INVALID"],
    handle: async (call, { pool }) => {
      const page = pageRequest(tokenList, call.query);
      if (!page.ok) return page;
      const { programme } = call.query;
      const filter = programme === undefined ? {} : { programme: Number(programme) };
      return succeed({ json: await listTokens(pool, filter, page.value) });
    },
  }),
  defineRoute({
    method: "get",
    path: "/v1/tokens/{id}",
    action: "registry.read",
    tag: "Units",
    summary: "A token id, decoded, and its supply",
    params: tokenParams,
    success: { status: 200, description: "The token", schema: tokenSchema },
    refusals: ["NOT_FOUND"],
    handle: async (call, dependencies) => {
      const token = await requireToken(dependencies, call.params.id);
      return token.ok ? succeed({ json: token.value }) : token;
    },
  }),
  defineRoute({
    method: "get",
    path: "/v1/tokens/{id}/provenance",
    action: "registry.read",
    tag: "Units",
    summary: "Where units come from and what became of them",
    params: tokenParams,
    success: { status: 200, description: "The whole story", schema: provenanceSchema },
    refusals: ["NOT_FOUND"],
    handle: async (call, dependencies) => {
      const token = await requireToken(dependencies, call.params.id);
      return token.ok ? succeed({ json: await provenanceOf(dependencies, token.value) }) : token;
    },
  }),
  defineRoute({
    method: "get",
    path: "/v1/tokens/{id}/bundle",
    action: "registry.read",
    tag: "Units",
    summary: "The file tanpu-verify checks a token id with",
    params: tokenParams,
    success: { status: 200, description: "The bundle", schema: bundleSchema },
    refusals: ["NOT_FOUND"],
    handle: async (call, dependencies) => {
      const token = await requireToken(dependencies, call.params.id);
      if (!token.ok) return token;
      const bundle = await bundleOf(dependencies, token.value);
      return bundle
        ? succeed({ json: bundle })
        : refuse("NOT_FOUND", { values: { what: "bundle", id: call.params.id } });
    },
  }),
  defineRoute({
    method: "get",
    path: "/v1/accounts/{address}/holdings",
    action: "registry.read",
    tag: "Units",
    summary: "What an account holds",
    params: accountParams,
    query: holdingQuery,
    success: { status: 200, description: "One page", schema: holdingPage },
    refusals: ["CURSOR_INVALID"],
    handle: async (call, { pool }) => {
      const page = pageRequest(holdingList, call.query);
      if (!page.ok) return page;
      return succeed({ json: await listHoldings(pool, call.params.address, page.value) });
    },
  }),
];
