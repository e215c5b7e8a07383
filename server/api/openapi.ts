import { OpenAPIRegistry, OpenApiGeneratorV31 } from "@asteasolutions/zod-to-openapi";
import { refusalCodes } from "../domain/errors.ts";
import { busTrip, metroTrip } from "./activities/schema.ts";
import type { Route } from "./route.ts";
import { statusOf } from "./statuses.ts";
import { z } from "./zod.ts";

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    detailZh: z.string(),
    code: z.enum(refusalCodes as [string, ...string[]]),
    field: z.string().optional(),
    values: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
    instance: z.string(),
  })
  .openapi("Problem", {
    description: "RFC 9457. Title and detail are Chinese when Accept-Language asks for it.",
  });

const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problemSchema } },
});

/** Refusals by HTTP status, with the codes that matter here. */
function problemsOf(route: Route) {
  const codes = new Set(route.refusals ?? []);
  if (route.body !== undefined) codes.add("VALIDATION_FAILED").add("BODY_TOO_LARGE");
  else if (route.params !== undefined || route.query !== undefined) codes.add("FIELD_MALFORMED");
  if (route.action !== "registry.read") codes.add("UNAUTHENTICATED").add("FORBIDDEN");
  if (route.isCommand) codes.add("IDEMPOTENCY_KEY_MISSING").add("IDEMPOTENCY_KEY_CONFLICT");
  const byStatus = new Map<number, string[]>();
  for (const code of codes) {
    byStatus.set(statusOf[code], [...(byStatus.get(statusOf[code]) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, names]) => [status, problem(names.sort().join(", "))]),
  );
}

function headersOf(route: Route) {
  const headers = {
    ...(route.isCommand
      ? {
          "Idempotency-Key": z.string().openapi({
            format: "uuid",
            description: "A UUID you make; it becomes the id of the operation",
          }),
        }
      : {}),
    ...Object.fromEntries(
      Object.entries(route.headers ?? {}).map(([name, description]) => [
        name,
        z.string().optional().openapi({ description }),
      ]),
    ),
  };
  return Object.keys(headers).length === 0 ? {} : { headers: z.object(headers) };
}

function operationIdOf(route: Route): string {
  const words = route.path
    .replace("/v1/", "")
    .split(/[^A-Za-z]+/)
    .filter((word) => word !== "");
  return [route.method, ...(words.length === 0 ? ["home"] : words)]
    .map((word, at) => (at === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join("");
}

function register(registry: OpenAPIRegistry, route: Route): void {
  const { success } = route;
  const content =
    success.schema !== undefined
      ? { content: { "application/json": { schema: success.schema } } }
      : success.mediaType !== undefined
        ? { content: { [success.mediaType]: { schema: z.string() } } }
        : {};
  registry.registerPath({
    method: route.method,
    path: route.path,
    operationId: operationIdOf(route),
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: [route.tag],
    security: route.action === "registry.read" ? [] : [{ apiKey: [] }],
    request: {
      ...(route.params === undefined ? {} : { params: route.params as z.ZodObject }),
      ...(route.query === undefined ? {} : { query: route.query as z.ZodObject }),
      ...(route.body === undefined
        ? {}
        : { body: { required: true, content: { "application/json": { schema: route.body } } } }),
      ...headersOf(route),
    },
    responses: {
      [success.status]: { description: success.description, ...content },
      ...problemsOf(route),
    },
    "x-action": route.action,
  });
}

/** The OpenAPI 3.1 document of the routes, made from the schemas that validate. */
export function openApiDocument(routes: readonly Route[]): object {
  const registry = new OpenAPIRegistry();
  registry.registerComponent("securitySchemes", "apiKey", {
    type: "http",
    scheme: "bearer",
    description: "An API key. Without one the public registry can be read.",
  });
  registry.register("BusTrip", busTrip);
  registry.register("MetroTrip", metroTrip);
  registry.register("Problem", problemSchema);
  for (const route of routes) register(registry, route);
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: "3.1.0",
    info: {
      title: "Tanpu registry",
      version: "1",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      description:
        "Open registry of carbon-inclusion (碳普惠) reductions. Amounts are whole numbers as decimal text with their unit in the name; days are China days, periods half-open; times are unix seconds.",
    },
    servers: [{ url: "/" }],
  });
}
