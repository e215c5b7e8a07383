import type { IncomingMessage } from "node:http";
import type { Action } from "../domain/access.ts";
import type { RefusalCode } from "../domain/errors.ts";
import { type Result, succeed } from "../domain/result.ts";
import type { Caller } from "./auth.ts";
import type { ApiDependencies } from "./dependencies.ts";
import type { EventSink } from "./live/stream.ts";
import { validate } from "./validation.ts";
import type { z } from "./zod.ts";

/** A request before its parts were checked. */
export type RawCall = {
  readonly caller: Caller;
  readonly requestId: string;
  /** Path of the request, without a query string. */
  readonly path: string;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly header: (name: string) => string | undefined;
};

/** A request whose parts have the form their schemas say. */
export type Call<P, Q, B> = Omit<RawCall, "params" | "query" | "body"> & {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** The body as it was sent, for content hashes. */
  readonly rawBody: unknown;
};

/** What a route answers: JSON, bytes of another kind, or a stream of events. */
export type Answer = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
} & (
  | { readonly json: unknown }
  | { readonly content: string | Uint8Array; readonly mediaType: string }
  | { readonly events: (sink: EventSink) => Promise<void> }
  | { readonly lines: AsyncIterable<string>; readonly mediaType: string }
);

/** Bodies of other media types than JSON, which a route reads by itself as they come. */
export type Streamed = {
  readonly mediaTypes: readonly string[];
  /** What the lines of the answer are. */
  readonly description: string;
  readonly run: (
    call: RawCall,
    request: IncomingMessage,
    mediaType: string,
    dependencies: ApiDependencies,
  ) => Promise<Result<Answer>>;
};

/** What the OpenAPI document says of a route. */
export type Documentation = {
  readonly method: "get" | "post";
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly action: Action;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly success: {
    readonly status: number;
    readonly description: string;
    readonly schema?: z.ZodType;
    readonly mediaType?: string;
    /** What is answered, where no schema shows it. */
    readonly example?: string;
  };
  /** Refusals worth knowing besides those every route can give. */
  readonly refusals?: readonly RefusalCode[];
  /** A command is stored under its Idempotency-Key. */
  readonly isCommand?: boolean;
  /** A body that people can start from; of the form the body's schema says. */
  readonly example?: unknown;
  /** Other headers it reads, with what they mean. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Largest body, in bytes. */
  readonly bodyLimit?: number;
  readonly streamed?: Streamed;
};

/** The schemas of a call's parts; a part without one is not looked at. */
export type Schemas<P, Q, B> = {
  readonly params?: z.ZodType<P>;
  readonly query?: z.ZodType<Q>;
  readonly body?: z.ZodType<B>;
};

/** A route with its documentation; `run` checks the parts of a call and handles it. */
export type Route = Documentation & {
  readonly params: z.ZodType | undefined;
  readonly query: z.ZodType | undefined;
  readonly body: z.ZodType | undefined;
  readonly run: (call: RawCall, dependencies: ApiDependencies) => Promise<Result<Answer>>;
};

/** Ties a handler to the schemas that validate its input and generate its documentation. */
export function defineRoute<P = undefined, Q = undefined, B = undefined>(
  spec: Documentation &
    Schemas<P, Q, B> & {
      readonly handle: (
        call: Call<P, Q, B>,
        dependencies: ApiDependencies,
      ) => Promise<Result<Answer>>;
    },
): Route {
  const { handle, params, query, body, ...documentation } = spec;
  const check = <T>(schema: z.ZodType<T> | undefined, value: unknown): Result<T> =>
    schema === undefined ? succeed(undefined as T) : validate(schema, value);
  return {
    ...documentation,
    params,
    query,
    body,
    run: async (call, dependencies) => {
      const checkedParams = check(params, call.params);
      if (!checkedParams.ok) return checkedParams;
      const checkedQuery = check(query, call.query);
      if (!checkedQuery.ok) return checkedQuery;
      const checkedBody = check(body, call.body);
      if (!checkedBody.ok) return checkedBody;
      return handle(
        {
          ...call,
          params: checkedParams.value,
          query: checkedQuery.value,
          body: checkedBody.value,
          rawBody: call.body,
        },
        dependencies,
      );
    },
  };
}
