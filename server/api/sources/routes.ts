import {
  findMethodology,
  findSource,
  listMethodologies,
  type MethodologyView,
  methodologyList,
  searchSources,
  sourceList,
} from "../../database/queries/sources.ts";
import { refuse, succeed } from "../../domain/result.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { defineList, defineRead, present } from "../read.ts";
import {
  methodologyParams,
  methodologyQuery,
  sourceParams,
  sourceQuery,
  sourceSchema,
  titledMethodologySchema,
} from "./schema.ts";

const numberOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);

/** With the title of its file, where this process has the file of that hash. */
function titled(view: MethodologyView, { methodologies }: ApiDependencies) {
  return {
    ...view,
    title: methodologies.get(view.contentHash)?.methodology.document.title ?? null,
  };
}

export const sourceRoutes = [
  defineList({
    path: "/v1/sources",
    tag: "Issuance",
    summary: "Where reductions come from 减排项目与场景清单",
    query: sourceQuery,
    item: sourceSchema,
    list: sourceList,
    rows: ({ query: { programme, methodology, state, party } }, { pool }, page) =>
      searchSources(
        pool,
        present({
          programme: numberOf(programme),
          methodology: numberOf(methodology),
          ...{ state, party },
        }),
        page,
      ),
  }),
  defineRead({
    path: "/v1/sources/{id}",
    tag: "Issuance",
    summary: "A source 减排项目或场景",
    params: sourceParams,
    answer: "The source",
    schema: sourceSchema,
    refusals: ["NOT_FOUND"],
    find: async ({ params: { id } }, { pool }) => {
      const found = await findSource(pool, id);
      return found ? succeed(found) : refuse("NOT_FOUND", { values: { what: "source", id } });
    },
  }),
  defineList({
    path: "/v1/methodologies",
    tag: "Issuance",
    summary: "Registered methodologies, by programme and number 已登记方法学清单",
    query: methodologyQuery,
    item: titledMethodologySchema,
    list: methodologyList,
    rows: async ({ query }, dependencies, page) => {
      const filter = present({
        programme: numberOf(query.programme),
        class: numberOf(query.class),
      });
      const found = await listMethodologies(dependencies.pool, filter, page);
      return { ...found, items: found.items.map((view) => titled(view, dependencies)) };
    },
  }),
  defineRead({
    path: "/v1/methodologies/{programme}/{methodology}",
    tag: "Issuance",
    summary: "A registered methodology 已登记方法学",
    params: methodologyParams,
    answer: "The methodology",
    schema: titledMethodologySchema,
    refusals: ["NOT_FOUND"],
    find: async ({ params: { programme, methodology } }, dependencies) => {
      const found = await findMethodology(
        ...([dependencies.pool, Number(programme), Number(methodology)] as const),
      );
      const id = `${programme}/${methodology}`;
      return found
        ? succeed(titled(found, dependencies))
        : refuse("NOT_FOUND", { values: { what: "methodology", id } });
    },
  }),
];
