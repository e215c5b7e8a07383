import { once } from "node:events";
import express, {
  type ErrorRequestHandler,
  type Express,
  type RequestHandler,
  type Response,
} from "express";
import type { Pool } from "pg";
import { isConnectionFailure } from "../database/client.ts";
import { findMirrorLack } from "../database/queries/mirrorForm.ts";
import type { Language } from "../domain/errors.ts";
import type { Refusal } from "../domain/result.ts";
import { newRequestId, withRequestId } from "../platform/logger.ts";
import { authenticate, authorize, type Caller, PUBLIC } from "./auth.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { docsRouter } from "./docs.ts";
import { languageOf, sendProblem } from "./errors.ts";
import { placeOfJsonError } from "./jsonPlace.ts";
import { readsMirror, waitForMirror } from "./live/after.ts";
import { Streams } from "./live/streams.ts";
import { countRequest } from "./metrics.ts";
import { openApiDocument } from "./openapi.ts";
import type { Answer, RawCall, Route } from "./route.ts";
import { routes } from "./routes.ts";

const DEFAULT_BODY_BYTES = 256 * 1024;

/** What the middlewares learned about a request. */
type Asked = { requestId: string; language: Language; caller?: Caller; route?: string };

const asked = new WeakMap<Response, Asked>();

function askedOf(response: Response): Asked {
  return asked.get(response) ?? { requestId: "unknown", language: "en" };
}

/** Every request gets an id, safe headers, and one log line without personal data or query strings. */
function observe({ logger }: ApiDependencies): RequestHandler {
  return (request, response, next) => {
    const given = request.headers["x-request-id"];
    const isUsable = typeof given === "string" && /^[A-Za-z0-9._-]{8,100}$/.test(given);
    const requestId = isUsable ? given : newRequestId();
    asked.set(response, { requestId, language: languageOf(request.headers["accept-language"]) });
    response.setHeader("x-request-id", requestId);
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("referrer-policy", "no-referrer");
    response.setHeader("cache-control", "no-store");
    response.setHeader("vary", "Accept-Language, Authorization");
    response.setHeader(
      "content-security-policy",
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    const since = process.hrtime.bigint();
    response.once("close", () => {
      const { route, caller } = askedOf(response);
      const milliseconds = Number((process.hrtime.bigint() - since) / 1_000_000n);
      countRequest({ route: route ?? "none", status: response.statusCode, milliseconds });
      logger.info(
        {
          requestId,
          method: request.method,
          route: route ?? "none",
          status: response.statusCode,
          milliseconds,
          keyId: caller?.key?.id ?? null,
        },
        "request",
      );
    });
    withRequestId(requestId, next);
  };
}

type WholeAnswer = Exclude<Answer, { events: unknown } | { lines: unknown }>;

function sendAnswer(response: Response, answer: WholeAnswer): void {
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  response.status(answer.status ?? 200);
  if ("json" in answer) {
    response.type("application/json").send(JSON.stringify(answer.json));
    return;
  }
  response.setHeader("content-type", answer.mediaType);
  const { content } = answer;
  response.send(typeof content === "string" ? content : Buffer.from(content));
}

/** Writes lines no faster than the client reads them; without it nothing more is made. */
async function sendLines(
  response: Response,
  { lines, mediaType }: Extract<Answer, { lines: unknown }>,
): Promise<void> {
  response.status(200).setHeader("content-type", mediaType);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  for await (const text of lines) {
    if (response.destroyed) return;
    if (response.write(text)) continue;
    await once(response, "drain", { signal: gone.signal }).catch(() => {});
  }
  response.end();
}

function refuseWith(response: Response, refusal: Refusal): void {
  sendProblem(response, refusal, askedOf(response));
}

/** Who asks, and whether they may, before anything of the body is read. */
function guard(route: Route, { pool }: ApiDependencies): RequestHandler {
  return async (request, response, next) => {
    askedOf(response).route = `${route.method.toUpperCase()} ${route.path}`;
    const caller = await authenticate(pool, request.headers.authorization);
    if (!caller.ok) return refuseWith(response, caller.refusal);
    askedOf(response).caller = caller.value;
    const allowed = authorize(caller.value, route.action);
    if (!allowed.ok) return refuseWith(response, allowed.refusal);
    next();
  };
}

/** A body is JSON, or of a type the route reads by itself; anything else is refused with its media type. */
const requireType =
  (route: Route): RequestHandler =>
  (request, response, next) => {
    const types = ["application/json", ...(route.streamed?.mediaTypes ?? [])];
    if (request.is(types) !== false) return next();
    const mediaType = (request.headers["content-type"] ?? "none").split(";")[0]?.slice(0, 100);
    refuseWith(response, {
      code: "MEDIA_TYPE_UNSUPPORTED",
      values: { mediaType: mediaType ?? "none" },
    });
  };

function handle(route: Route, dependencies: ApiDependencies, streams: Streams): RequestHandler {
  return async (request, response) => {
    const { caller, requestId } = askedOf(response);
    if (readsMirror(route)) {
      const call = { caller: caller ?? PUBLIC, header: (name: string) => request.get(name) };
      const there = await waitForMirror(dependencies, call);
      // The mirror is at least there when the route reads it, unless the chain then drops blocks.
      const { block } = dependencies.live.bell;
      if (block !== undefined) response.setHeader("tanpu-block", String(block));
      if (!there.ok) return refuseWith(response, there.refusal);
    }
    const call: RawCall = {
      caller: caller ?? PUBLIC,
      requestId,
      path: request.path,
      params: request.params,
      query: request.query,
      body: request.body,
      header: (name) => request.get(name),
    };
    const { streamed } = route;
    const mediaType = streamed && request.is([...streamed.mediaTypes]);
    const result = mediaType
      ? await streamed.run(call, request, mediaType, dependencies)
      : await route.run(call, dependencies);
    if (!result.ok) return refuseWith(response, result.refusal);
    const { value } = result;
    if ("lines" in value) return sendLines(response, value);
    if (!("events" in value)) return sendAnswer(response, value);
    const refused = await streams.answer(request, response, value.events);
    if (refused) refuseWith(response, refused);
  };
}

type FailedBody = { type?: unknown; limit?: unknown; status?: unknown; body?: unknown };

/** What Postgres and Prisma say of a table, column or function that is not there. */
const missingThings: ReadonlySet<unknown> = new Set(["42703", "42P01", "42883", "P2021", "P2022"]);

/** A query that met nothing where this version has a column: the mirror's fault when the mirror is of another version. */
async function refusalOfOldMirror(error: unknown, pool: Pool): Promise<Refusal | undefined> {
  if (!missingThings.has((error as { code?: unknown } | undefined)?.code)) return undefined;
  const lack = await findMirrorLack(pool).catch(() => undefined);
  return lack?.kind === "outdated"
    ? { code: "MIRROR_OUTDATED", values: { part: "mirror", lacks: lack.lacks } }
    : undefined;
}

function refusalOfFailure(error: unknown): Refusal {
  const { type, limit, status, body } = (error ?? {}) as FailedBody;
  if (type === "entity.too.large") {
    return { code: "BODY_TOO_LARGE", values: { limit: `${Math.floor(Number(limit) / 1024)} kB` } };
  }
  if (type === "entity.parse.failed" && typeof body === "string") {
    return { code: "BODY_NOT_JSON", values: placeOfJsonError(body) };
  }
  if (typeof type === "string" && (type.startsWith("entity.") || type.startsWith("encoding."))) {
    return { code: "BODY_MALFORMED", values: { expected: "JSON" } };
  }
  if (type === "charset.unsupported" || type === "request.aborted" || status === 400) {
    return { code: "BODY_MALFORMED", values: { expected: "JSON" } };
  }
  return { code: isConnectionFailure(error) ? "DATABASE_UNAVAILABLE" : "INTERNAL" };
}

/** What was thrown is logged here; the caller learns only that something failed, and the request id. */
function fail({ logger, pool }: ApiDependencies): ErrorRequestHandler {
  return async (error, _request, response, next) => {
    const refusal = (await refusalOfOldMirror(error, pool)) ?? refusalOfFailure(error);
    if (refusal.code === "INTERNAL" || refusal.code === "DATABASE_UNAVAILABLE") {
      logger.error({ err: error, requestId: askedOf(response).requestId }, "request failed");
    }
    if (response.headersSent) return next(error);
    refuseWith(response, refusal);
  };
}

/** The HTTP application: every route behind the same guard, every refusal in the same form. */
export function createApp(dependencies: ApiDependencies): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", "simple");
  app.set("case sensitive routing", true);
  app.use(observe(dependencies));
  const document = JSON.stringify(openApiDocument(routes));
  app.get("/openapi.json", (_request, response) => {
    response.type("application/json").send(document);
  });
  app.use("/docs", docsRouter());
  const streams = new Streams(dependencies);
  const methods = new Map<string, Set<string>>();
  for (const route of routes) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ":$1");
    const handlers: RequestHandler[] = [guard(route, dependencies)];
    if (route.body !== undefined) {
      const limit = route.bodyLimit ?? DEFAULT_BODY_BYTES;
      handlers.push(
        requireType(route),
        express.json({ limit, strict: true, type: "application/json" }),
      );
    }
    app[route.method](path, ...handlers, handle(route, dependencies, streams));
    const known = methods.get(path) ?? new Set(["OPTIONS"]);
    known.add(route.method.toUpperCase());
    if (route.method === "get") known.add("HEAD");
    methods.set(path, known);
  }
  for (const [path, allowed] of methods) {
    app.all(path, (request, response) => {
      response.setHeader("allow", [...allowed].sort().join(", "));
      if (request.method === "OPTIONS") {
        response.status(204).end();
        return;
      }
      refuseWith(response, { code: "METHOD_NOT_ALLOWED", values: { method: request.method } });
    });
  }
  app.use((_request, response) => refuseWith(response, { code: "ROUTE_NOT_FOUND" }));
  app.use(fail(dependencies));
  return app;
}
