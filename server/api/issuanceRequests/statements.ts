import { refuse, succeed } from "../../domain/result.ts";
import { accountOf, requireProgramme } from "../auth.ts";
import { defineCommand } from "../command.ts";
import { exampleOf } from "../examples.ts";
import { transactionOf } from "../idempotency.ts";
import { defineRoute, type Route } from "../route.ts";
import { requireRequest } from "./routes.ts";
import {
  requestParams,
  statementBody,
  statementKinds,
  templateQuery,
  typedDataSchema,
} from "./schema.ts";
import { statementOf, typedDataOf } from "./typedData.ts";

/** What a reviewer signs, and how the signed statement comes in. */
export const statementRoutes: Route[] = [
  defineRoute({
    method: "get",
    path: "/v1/issuance-requests/{id}/statement-template",
    action: "registry.read",
    tag: "Issuance",
    summary: "The typed data a reviewer signs 审定、核查或技术论证意见",
    params: requestParams,
    query: templateQuery,
    success: { status: 200, description: "EIP-712 typed data", schema: typedDataSchema },
    refusals: ["NOT_FOUND", "SERVICE_UNAVAILABLE"],
    handle: async (call, dependencies) => {
      const request = await requireRequest(dependencies, call.params.id);
      if (!request.ok) return request;
      const deployed = await dependencies.deployment();
      if (deployed === undefined) {
        return refuse("SERVICE_UNAVAILABLE", { values: { part: "contracts" } });
      }
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
  defineCommand({
    path: "/v1/issuance-requests/{id}/statements",
    action: "request.attest",
    tag: "Issuance",
    summary: "Hand in a signed review statement 提交审查意见",
    description:
      "The server brings the reviewer's signature to the chain; it cannot change what was signed. The signature is checked by the contract alone, because only the chain knows whether the reviewer is a contract with its own rule (ERC-1271): the command is simulated before it is sent, and a signature that is not the reviewer's ends as an operation refused with ISSUANCE_SIGNATURE, with nothing sent.",
    params: requestParams,
    body: statementBody,
    example: {
      statement: {
        kind: "verification",
        favourable: true,
        validUntil: "1893456000",
        reviewer: exampleOf.account,
      },
      signature: `0x${"1b".repeat(65)}`,
    },
    refusals: ["NOT_FOUND", "ACCOUNT_MISMATCH", "SIGNER_UNAVAILABLE"],
    prepare: async ({ caller, params, body }, dependencies) => {
      const { statement: opinion, signature } = body;
      const request = await requireRequest(dependencies, params.id);
      if (!request.ok) return request;
      const own = requireProgramme(caller, request.value.programme);
      if (!own.ok) return own;
      const account = accountOf(caller);
      if (!account.ok) return account;
      if (account.value !== opinion.reviewer) {
        return refuse("ACCOUNT_MISMATCH", { field: "statement.reviewer" });
      }
      const relay = dependencies.relayAccount;
      if (relay === undefined) {
        return refuse("SIGNER_UNAVAILABLE", { values: { account: opinion.reviewer } });
      }
      const statement = statementOf(request.value, opinion);
      return succeed(transactionOf("attest", relay, { statement, signature }));
    },
  }),
];
