import type { Response } from "express";
import { explain, type Language, type RefusalCode } from "../domain/errors.ts";
import type { Refusal } from "../domain/result.ts";
import { statusOf } from "./statuses.ts";

/** Every status of a refusal; a status without titles does not compile. */
type RefusalStatus = (typeof statusOf)[RefusalCode];

const titles: Readonly<Record<RefusalStatus, { en: string; zh: string }>> = {
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
    title: titles[status][language],
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
