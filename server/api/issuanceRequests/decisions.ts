import type { Action } from "../../domain/access.ts";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import { accountOf, type Caller, requireProgramme } from "../auth.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { type Document, publish } from "../documents.ts";
import { acceptCommand, accountLane, type Prepared } from "../idempotency.ts";
import { operationSchema } from "../operations/schema.ts";
import { defineRoute, type Route } from "../route.ts";
import { requireRequest } from "./routes.ts";
import {
  decisionBody,
  emptyBody,
  filingBody,
  requestParams,
  statementBody,
  statementKinds,
  templateQuery,
  typedDataSchema,
} from "./schema.ts";
import { statementOf, typedDataOf } from "./typedData.ts";

type Decision = "file" | "issue" | "reject" | "withdraw";

/** Publishes what the decision rests on and prepares the transaction of the caller's account. */
async function decision(
  kind: Decision,
  call: { caller: Caller; params: { id: string } },
  stated: { document?: Document; noticeEnd?: string | undefined },
  dependencies: ApiDependencies,
): Promise<Result<Prepared>> {
  const signer = accountOf(call.caller);
  if (!signer.ok) return signer;
  const requestId = call.params.id;
  const request = await requireRequest(dependencies, requestId);
  if (!request.ok) return request;
  const own = requireProgramme(call.caller, request.value.programme);
  if (!own.ok) return own;
  const { document, noticeEnd } = stated;
  if (document === undefined) {
    return succeed({
      kind,
      lane: accountLane(signer.value),
      signer: signer.value,
      body: { requestId },
    });
  }
  const hash = await publish(dependencies.store, {
    format: "tanpu-document/1",
    decision: kind,
    requestId,
    tokenId: request.value.tokenId,
    number: document.number,
    date: document.date,
    title: document.title ?? null,
  });
  return succeed({
    kind,
    lane: accountLane(signer.value),
    signer: signer.value,
    body: {
      requestId,
      ...(kind === "file" ? { filingDocument: hash, noticeEnd: noticeEnd ?? "0" } : {}),
      document: hash,
      record: { document: { ...document, hash } },
    },
  });
}

function documentedRoute(kind: "issue" | "reject", path: string, action: Action, summary: string) {
  return defineRoute({
    method: "post",
    path: `/v1/issuance-requests/{id}/${path}`,
    action,
    tag: "Issuance",
    summary,
    isCommand: true,
    params: requestParams,
    body: decisionBody,
    success: { status: 202, description: "The operation", schema: operationSchema },
    refusals: ["NOT_FOUND", "PROGRAMME_MISMATCH"],
    handle: (call, dependencies) =>
      acceptCommand(call, dependencies, () => decision(kind, call, call.body, dependencies)),
  });
}

const statementRoutes: Route[] = [
  defineRoute({
    method: "get",
    path: "/v1/issuance-requests/{id}/statement-template",
    action: "registry.read",
    tag: "Issuance",
    summary: "The typed data a reviewer signs",
    params: requestParams,
    query: templateQuery,
    success: { status: 200, description: "EIP-712 typed data", schema: typedDataSchema },
    refusals: ["NOT_FOUND", "SERVICE_UNAVAILABLE"],
    handle: async (call, dependencies) => {
      const request = await requireRequest(dependencies, call.params.id);
      if (!request.ok) return request;
      const deployed = await dependencies.deployment();
      if (deployed === undefined) return refuse("SERVICE_UNAVAILABLE");
      const { kind, favourable, validUntil, reviewer } = call.query;
      const statement = statementOf(request.value, {
        kind: kind in statementKinds ? statementKinds[kind as "technical"] : Number(kind),
        favourable: favourable === "true",
        validUntil,
        reviewer,
      });
      return succeed({ json: typedDataOf(deployed, statement) });
    },
  }),
  defineRoute({
    method: "post",
    path: "/v1/issuance-requests/{id}/statements",
    action: "request.attest",
    tag: "Issuance",
    summary: "Hand in a signed review statement",
    description:
      "The server brings the reviewer's signature to the chain; it cannot change what was signed.",
    isCommand: true,
    params: requestParams,
    body: statementBody,
    success: { status: 202, description: "The operation", schema: operationSchema },
    refusals: ["NOT_FOUND", "ACCOUNT_MISMATCH", "SIGNER_UNAVAILABLE"],
    handle: (call, dependencies) =>
      acceptCommand(call, dependencies, async () => {
        const { statement: opinion, signature } = call.body;
        const request = await requireRequest(dependencies, call.params.id);
        if (!request.ok) return request;
        const own = requireProgramme(call.caller, request.value.programme);
        if (!own.ok) return own;
        const account = accountOf(call.caller);
        if (!account.ok) return account;
        if (account.value !== opinion.reviewer) {
          return refuse("ACCOUNT_MISMATCH", { field: "statement.reviewer" });
        }
        const relay = dependencies.relayAccount;
        if (relay === undefined) {
          return refuse("SIGNER_UNAVAILABLE", { values: { account: opinion.reviewer } });
        }
        return succeed({
          kind: "attest",
          lane: accountLane(relay),
          signer: relay,
          body: { statement: statementOf(request.value, opinion), signature },
        });
      }),
  }),
];

export const decisionRoutes: Route[] = [
  ...statementRoutes,
  defineRoute({
    method: "post",
    path: "/v1/issuance-requests/{id}/filing",
    action: "request.file",
    tag: "Issuance",
    summary: "File a reviewed request 备案, which starts the notice 公示",
    isCommand: true,
    params: requestParams,
    body: filingBody,
    success: { status: 202, description: "The operation", schema: operationSchema },
    refusals: ["NOT_FOUND", "PROGRAMME_MISMATCH"],
    handle: (call, dependencies) =>
      acceptCommand(call, dependencies, () => decision("file", call, call.body, dependencies)),
  }),
  documentedRoute("issue", "issue", "request.issue", "Issue the units 签发 after the notice"),
  documentedRoute("reject", "rejection", "request.reject", "Reject a request"),
  defineRoute({
    method: "post",
    path: "/v1/issuance-requests/{id}/withdrawal",
    action: "request.withdraw",
    tag: "Issuance",
    summary: "Take a request back",
    isCommand: true,
    params: requestParams,
    body: emptyBody,
    success: { status: 202, description: "The operation", schema: operationSchema },
    refusals: ["NOT_FOUND", "PROGRAMME_MISMATCH"],
    handle: (call, dependencies) =>
      acceptCommand(call, dependencies, () => decision("withdraw", call, {}, dependencies)),
  }),
];
