import { OpenAPIRegistry, OpenApiGeneratorV31 } from "@asteasolutions/zod-to-openapi";
import { messageOf, type RefusalCode, refusalCodes } from "../domain/errors.ts";
import { activityRow, busTrip, metroTrip } from "./activities/schema.ts";
import { problemOf } from "./errors.ts";
import { readsMirror } from "./live/after.ts";
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

const problem = (codes: readonly RefusalCode[]) => ({
  description: codes.join(", "),
  content: {
    "application/problem+json": {
      schema: problemSchema,
      examples: Object.fromEntries(
        codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]),
      ),
    },
  },
});

/** A problem as it is answered, with the values of its sentence still as `{placeholders}`. */
function problemExample(code: RefusalCode) {
  const detail = messageOf(code, "en");
  return {
    summary: messageOf(code, "zh"),
    value: { ...problemOf({ code }, "en", "REQUEST-ID"), detail, detailZh: messageOf(code, "zh") },
  };
}

const tags = [
  { name: "Activities", description: "What platforms report. 平台报送的低碳行为" },
  {
    name: "Issuance",
    description:
      "From a closed period to units: request, review, filing, notice, objections, issue. 关账、申请、审查、备案、公示、异议、签发",
  },
  {
    name: "Units",
    description: "Units, who holds them, and where they went. 减排量的持有、转让与注销",
  },
  { name: "Certificates", description: "What retirements are certified for. 以注销记录出具的证明" },
  {
    name: "Personal accounts",
    description:
      "Persons, what they earned, what they decide, and the epochs that anchor their lines. 个人碳账户、个人权利与期末锚定",
  },
  { name: "Operations", description: "What became of a command. 指令的执行状态" },
  {
    name: "Review",
    description: "What is looked at before a period counts, and appeals against it. 复核与申诉",
  },
  { name: "Webhooks", description: "Being told at an address of one's own. 回调通知" },
  {
    name: "Published files",
    description: "Documents and leaf files, named by their hash. 公示文件",
  },
  { name: "Service", description: "Whether the service works. 服务状态" },
];

/** The refusals worth naming for a route: its own, and those of everything that is like it. */
function codesOf(route: Route): Set<RefusalCode> {
  // A key that is wrong is refused for reads too, and nothing is served without the database.
  const codes = new Set<RefusalCode>([
    ...(["UNAUTHENTICATED", "API_KEY_REVOKED", "DATABASE_UNAVAILABLE", "INTERNAL"] as const),
    ...(route.refusals ?? []),
  ]);
  if (route.body !== undefined) {
    codes.add("VALIDATION_FAILED").add("FIELD_MISSING").add("FIELD_MALFORMED");
    codes.add("BODY_NOT_JSON").add("BODY_TOO_LARGE").add("MEDIA_TYPE_UNSUPPORTED");
  } else if (route.params !== undefined || route.query !== undefined) codes.add("FIELD_MALFORMED");
  if (readsMirror(route)) {
    codes.add("FIELD_MALFORMED").add("NOT_FOUND");
    codes.add("MIRROR_NOT_THERE_YET").add("MIRROR_OUTDATED");
  }
  if (route.action !== "registry.read") codes.add("FORBIDDEN");
  if (route.action !== "registry.read" && route.method === "post") codes.add("SCOPE_MISSING");
  if (route.isCommand) {
    codes.add("IDEMPOTENCY_KEY_MISSING").add("IDEMPOTENCY_KEY_MALFORMED");
    codes.add("IDEMPOTENCY_KEY_CONFLICT").add("ACCOUNT_MISMATCH");
  }
  return codes;
}

/** Refusals by HTTP status. */
function problemsOf(route: Route) {
  const byStatus = new Map<number, RefusalCode[]>();
  for (const code of codesOf(route)) {
    byStatus.set(statusOf[code], [...(byStatus.get(statusOf[code]) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, names]) => [status, problem(names.sort())]),
  );
}

/** How whoever ordered something reads what came of it, from whichever process answers. */
const afterHeaders = {
  "Tanpu-After":
    "A block number or the id of your operation: the answer waits until the mirror holds it, ten seconds or as long as Prefer says",
  Prefer: "wait=N: seconds to wait for Tanpu-After, at most 30",
};
const blockHeader = z.object({
  "Tanpu-Block": z.string().optional().openapi({
    description: "A block that the mirror held when this was read; usable as Tanpu-After",
    example: "44",
  }),
});

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
      Object.entries({ ...route.headers, ...(readsMirror(route) ? afterHeaders : {}) }).map(
        ([name, description]) => [name, z.string().optional().openapi({ description })],
      ),
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
      ? {
          content: {
            "application/json": { schema: success.schema },
            ...(route.streamed === undefined
              ? {}
              : {
                  "application/x-ndjson": {
                    schema: z.string().openapi({ description: route.streamed.description }),
                  },
                }),
          },
        }
      : success.mediaType !== undefined
        ? {
            content: {
              [success.mediaType]: {
                schema: z.string(),
                ...(success.example === undefined ? {} : { example: success.example }),
              },
            },
          }
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
        : {
            body: {
              required: true,
              content: {
                "application/json": { schema: route.body, example: route.example },
                ...Object.fromEntries(
                  (route.streamed?.mediaTypes ?? []).map((type) => [type, { schema: z.string() }]),
                ),
              },
            },
          }),
      ...headersOf(route),
    },
    responses: {
      [success.status]: {
        description: success.description,
        ...content,
        ...(readsMirror(route) ? { headers: blockHeader } : {}),
      },
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
    description:
      "An API key; under `/v1/me` a personal token of `POST /v1/persons`. Without one the public registry can be read.",
  });
  registry.register("BusTrip", busTrip);
  registry.register("ActivityRow", activityRow);
  registry.register("MetroTrip", metroTrip);
  registry.register("Problem", problemSchema);
  for (const code of new Set(routes.flatMap((route) => [...codesOf(route)].sort()))) {
    registry.registerComponent("examples", code, problemExample(code));
  }
  for (const route of routes) register(registry, route);
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: "3.1.0",
    info: {
      title: "Tanpu registry",
      version: "1",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      description:
        "Open registry of carbon-inclusion (碳普惠) reductions. Amounts are whole numbers as decimal text with their unit in the name; days are China days, periods half-open; times are unix seconds. A command is stored under its Idempotency-Key and answered with an operation to follow; every refusal has a code, and a sentence in both languages.\n\n碳普惠减排量登记系统。数量均为整数的十进制文本，单位写在字段名中；日期为北京时间，区间不含末日；时刻为 unix 秒。指令按 Idempotency-Key 存储，返回可查询进度的操作；每个拒绝都有代码和中英文说明。",
    },
    tags,
    servers: [{ url: "/" }],
  });
}
