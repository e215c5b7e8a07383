import type { Page, PageRequest } from "../database/codec.ts";
import { type Result, succeed } from "../domain/result.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { pageRequest, pageSchema } from "./page.ts";
import { type Call, type Documentation, defineRoute, type Route, type Schemas } from "./route.ts";
import type { z } from "./zod.ts";

type Described = Omit<Documentation, "method" | "action" | "success" | "isCommand">;

/** A GET of the public registry that answers with one JSON value. */
export function defineRead<P = undefined, Q = undefined>(
  spec: Described &
    Schemas<P, Q, undefined> & {
      /** What is answered, in words and as a schema. */
      readonly answer: string;
      readonly schema: z.ZodType;
      readonly find: (
        call: Call<P, Q, undefined>,
        dependencies: ApiDependencies,
      ) => Promise<Result<unknown>>;
    },
): Route {
  const { answer, schema, find, ...documentation } = spec;
  return defineRoute<P, Q, undefined>({
    ...documentation,
    method: "get",
    action: "registry.read",
    success: { status: 200, description: answer, schema },
    handle: async (call, dependencies) => {
      const found = await find(call, dependencies);
      return found.ok ? succeed({ json: found.value }) : found;
    },
  });
}

type PageQuery = { cursor?: string | undefined; limit: string };

/** A GET of one page of a public list. CURSOR_INVALID. */
export function defineList<P, Q extends PageQuery>(
  spec: Described &
    Schemas<P, Q, undefined> & {
      readonly item: z.ZodType;
      /** The list's name and form of key in its cursors. */
      readonly list: { readonly name: string; readonly forms: readonly RegExp[] };
      readonly rows: (
        call: Call<P, Q, undefined>,
        dependencies: ApiDependencies,
        page: PageRequest,
      ) => Promise<Page<unknown>>;
    },
): Route {
  const { item, list, rows, ...documentation } = spec;
  return defineRead<P, Q>({
    ...documentation,
    refusals: ["CURSOR_INVALID"],
    answer: "One page",
    schema: pageSchema(item),
    find: async (call, dependencies) => {
      const page = pageRequest(list, call.query);
      return page.ok ? succeed(await rows(call, dependencies, page.value)) : page;
    },
  });
}

/** The members that have a value: a filter that is not asked for is left out. */
export function present<T extends object>(
  of: T,
): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(
    Object.entries(of).filter(([, value]) => value !== undefined),
  ) as ReturnType<typeof present<T>>;
}
