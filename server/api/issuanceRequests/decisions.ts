import type { Action } from "../../domain/access.ts";
import { succeed } from "../../domain/result.ts";
import { defineCommand } from "../command.ts";
import { decisionBody } from "../documents.ts";
import { exampleOf } from "../examples.ts";
import type { Route } from "../route.ts";
import { decision, documented } from "./prepare.ts";
import { emptyBody, filingBody, requestParams } from "./schema.ts";

function documentedRoute(kind: "issue" | "reject", path: string, action: Action, summary: string) {
  return defineCommand({
    path: `/v1/issuance-requests/{id}/${path}`,
    action,
    tag: "Issuance",
    summary,
    params: requestParams,
    body: decisionBody,
    example: { document: exampleOf.document },
    refusals: ["NOT_FOUND", "PROGRAMME_MISMATCH"],
    prepare: (call, dependencies) =>
      decision(kind, call, dependencies, async (request) =>
        succeed(await documented(dependencies, { kind, request, ...call.body })),
      ),
  });
}

/** What the operator, the authority and the applicant decide about a request. */
export const decisionRoutes: Route[] = [
  defineCommand({
    path: "/v1/issuance-requests/{id}/filing",
    action: "request.file",
    tag: "Issuance",
    summary: "File a reviewed request 备案, which starts the notice 公示",
    params: requestParams,
    body: filingBody,
    example: { document: exampleOf.document, noticeEnd: "1795190400" },
    refusals: ["NOT_FOUND", "PROGRAMME_MISMATCH"],
    prepare: (call, dependencies) =>
      decision("file", call, dependencies, async (request) => {
        const { document, noticeEnd = "0" } = call.body;
        const fields = await documented(dependencies, { kind: "file", request, document });
        return succeed({ ...fields, filingDocument: fields.document, noticeEnd });
      }),
  }),
  documentedRoute("issue", "issue", "request.issue", "Issue the units 签发 after the notice"),
  documentedRoute("reject", "rejection", "request.reject", "Reject a request 驳回"),
  defineCommand({
    path: "/v1/issuance-requests/{id}/withdrawal",
    action: "request.withdraw",
    tag: "Issuance",
    summary: "Take a request back 撤回",
    params: requestParams,
    body: emptyBody,
    example: {},
    refusals: ["NOT_FOUND", "PROGRAMME_MISMATCH"],
    prepare: (call, dependencies) =>
      decision("withdraw", call, dependencies, async () => succeed({})),
  }),
];
