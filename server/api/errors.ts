import type { Response } from "express";
import { explain, type Language, type RefusalCode, refusalCodes } from "../domain/errors.ts";
import type { domainMessages } from "../domain/messages.ts";
import type { Refusal } from "../domain/result.ts";

// What a contract refuses, and a rule that looks at the registry's state, is a request that cannot be
// carried out; the rules below are about the HTTP request itself, or about who asks.
const UNPROCESSABLE = 422;

const own: Readonly<Partial<Record<keyof typeof domainMessages, number>>> = {
  VALIDATION_FAILED: 400,
  FIELD_MISSING: 400,
  FIELD_MALFORMED: 400,
  DATE_MALFORMED: 400,
  INSTANT_MALFORMED: 400,
  AMOUNT_MALFORMED: 400,
  AMOUNT_TOO_LARGE: 400,
  BODY_MALFORMED: 400,
  BODY_NOT_JSON: 400,
  BODY_TOO_LARGE: 413,
  MEDIA_TYPE_UNSUPPORTED: 415,
  CURSOR_INVALID: 400,
  BATCH_TOO_LARGE: 413,
  TOKEN_ID_MALFORMED: 400,
  TOKEN_ID_VERSION: 400,
  UNAUTHENTICATED: 401,
  API_KEY_REVOKED: 401,
  FORBIDDEN: 403,
  SCOPE_MISSING: 403,
  PROGRAMME_MISMATCH: 403,
  PLATFORM_MISMATCH: 403,
  ACCOUNT_MISMATCH: 403,
  RATE_LIMITED: 429,
  IDEMPOTENCY_KEY_MISSING: 400,
  IDEMPOTENCY_KEY_MALFORMED: 400,
  IDEMPOTENCY_KEY_CONFLICT: 409,
  OPERATION_ID_CONFLICT: 409,
  ROUTE_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_FOUND: 404,
  RETIREMENT_UNKNOWN: 404,
  REQUEST_STATE: 409,
  NOT_FINAL_YET: 409,
  PROGRAMME_KEY_MISSING: 503,
  CHAIN_UNAVAILABLE: 503,
  DATABASE_UNAVAILABLE: 503,
  SERVICE_UNAVAILABLE: 503,
  INTERNAL: 500,
};

/** The HTTP status of every refusal; nothing else turns a code into a status. */
export const statusOf: Readonly<Record<RefusalCode, number>> = {
  ...(Object.fromEntries(refusalCodes.map((code) => [code, UNPROCESSABLE])) as Record<
    RefusalCode,
    number
  >),
  ...own,
};

const titles: Readonly<Record<number, { en: string; zh: string }>> = {
  400: { en: "Malformed request", zh: "请求格式有误" },
  401: { en: "Not authenticated", zh: "未通过身份验证" },
  403: { en: "Not allowed", zh: "无权操作" },
  404: { en: "Not found", zh: "未找到" },
  405: { en: "Method not allowed", zh: "不支持的方法" },
  409: { en: "Conflict", zh: "状态冲突" },
  413: { en: "Too large", zh: "内容过大" },
  415: { en: "Unsupported media type", zh: "不支持的内容类型" },
  422: { en: "Cannot be carried out", zh: "无法办理" },
  429: { en: "Too many requests", zh: "请求过于频繁" },
  500: { en: "Internal error", zh: "内部错误" },
  503: { en: "Temporarily unavailable", zh: "暂不可用" },
};

/** A refusal in the form of RFC 9457. */
export type Problem = {
  type: string;
  title: string;
  status: number;
  detail: string;
  detailZh: string;
  code: RefusalCode;
  field?: string;
  values?: Readonly<Record<string, string | number>>;
  instance: string;
};

/** The document of a refusal; `instance` is the request id, by which the log finds it. */
export function problemOf(refusal: Refusal, language: Language, requestId: string): Problem {
  const status = statusOf[refusal.code];
  return {
    type: `urn:tanpu:refusal:${refusal.code}`,
    title: titles[status]?.[language] ?? String(status),
    status,
    detail: explain(refusal, language),
    detailZh: explain(refusal, "zh"),
    code: refusal.code,
    ...(refusal.field === undefined ? {} : { field: refusal.field }),
    ...(refusal.values === undefined ? {} : { values: refusal.values }),
    instance: `urn:tanpu:request:${requestId}`,
  };
}

/** Chinese when Accept-Language asks for it before English. */
export function languageOf(acceptLanguage: string | undefined): Language {
  const wanted = (acceptLanguage ?? "")
    .split(",")
    .map((part) => {
      const [tag = "", quality] = part.trim().split(";q=");
      return { tag: tag.toLowerCase(), weight: quality === undefined ? 1 : Number(quality) || 0 };
    })
    .filter(({ tag, weight }) => weight > 0 && /^(zh|en)\b/.test(tag))
    .sort((a, b) => b.weight - a.weight);
  return wanted[0]?.tag.startsWith("zh") ? "zh" : "en";
}

/** Answers with a refusal. */
export function sendProblem(
  response: Response,
  refusal: Refusal,
  asked: { language: Language; requestId: string },
): void {
  const problem = problemOf(refusal, asked.language, asked.requestId);
  if (problem.status === 401) response.setHeader("www-authenticate", "Bearer");
  if (problem.status === 503) response.setHeader("retry-after", "2");
  response.setHeader("content-language", asked.language);
  response.status(problem.status).type("application/problem+json").send(JSON.stringify(problem));
}
