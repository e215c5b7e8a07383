import { listObjections } from "../../database/queries/requests.ts";
import { refuse, succeed } from "../../domain/result.ts";
import { defineCommand } from "../command.ts";
import { decisionBody } from "../documents.ts";
import { exampleOf } from "../examples.ts";
import type { Route } from "../route.ts";
import { aboutRequest, decision, documented } from "./prepare.ts";
import { objectionDecisionBody, objectionParams, requestParams } from "./schema.ts";

/** Objections during the notice, and what the authority decides about them. */
export const objectionRoutes: Route[] = [
  defineCommand({
    path: "/v1/issuance-requests/{id}/objections",
    action: "request.object",
    tag: "Issuance",
    summary: "Object to a filed request during its notice 提出异议",
    description:
      "Any open account may object once, also one of another programme. Nothing is issued while an objection is undecided. The document is published.",
    params: requestParams,
    body: decisionBody,
    example: { document: { ...exampleOf.document, title: "关于重复计算的异议" } },
    refusals: ["NOT_FOUND", "ACCOUNT_MISMATCH"],
    prepare: (call, dependencies) =>
      aboutRequest("object", call, dependencies, async (request, objector) =>
        // With the objector inside, two objectors who cite one document still publish two files.
        succeed(
          await documented(dependencies, {
            ...{ kind: "object", request, more: { objector } },
            document: call.body.document,
          }),
        ),
      ),
  }),
  defineCommand({
    path: "/v1/issuance-requests/{id}/objections/{index}/decision",
    action: "request.decideObjection",
    tag: "Issuance",
    summary: "Uphold or dismiss an objection 异议处理",
    description:
      "An objection that is upheld (成立) rejects the request; after one that is dismissed (不成立) the request goes on.",
    params: objectionParams,
    body: objectionDecisionBody,
    example: { upheld: false, document: exampleOf.document },
    refusals: ["NOT_FOUND", "PROGRAMME_MISMATCH"],
    prepare: (call, dependencies) =>
      decision("decide-objection", call, dependencies, async (request) => {
        const index = Number(call.params.index);
        const objections = await listObjections(dependencies.pool, BigInt(call.params.id));
        if (!objections.some((objection) => objection.index === index)) {
          return refuse("NOT_FOUND", { values: { what: "objection", id: index } });
        }
        const { upheld, document } = call.body;
        const fields = await documented(dependencies, {
          ...{ kind: "decide-objection", request, document, more: { index, upheld } },
        });
        return succeed({ index, upheld, ...fields });
      }),
  }),
];
