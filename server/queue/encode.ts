import type { PoolClient } from "pg";
import { ZodError } from "zod";
import type { UnsignedCall } from "../chain/call.ts";
import { PermanentError } from "../chain/failures.ts";
import { tagCalldata } from "../chain/operationTag.ts";
import { type Refusal, type Result, refuse, succeed } from "../domain/result.ts";
import type { ExecuteContext } from "./context.ts";
import { chainHandlers } from "./handlers/chainHandlers.ts";
import { type Operation, storeRefusal } from "./ledger.ts";
import { readCertificate, readProposal } from "./openings.ts";

/** The call of a command, with the command's id behind its calldata, or why there can be none. */
export async function encode(
  context: ExecuteContext,
  client: PoolClient,
  operation: Operation,
  signer: string,
): Promise<Result<UnsignedCall>> {
  const handler = chainHandlers[operation.kind];
  if (!handler) {
    return refuse("VALIDATION_FAILED", { values: { detail: `no command ${operation.kind}` } });
  }
  const { chainId, contracts, keys, writer } = context;
  const place = { client, writer, contracts, signer };
  return understood(async () => {
    const { to, data } = await handler(operation.body, {
      ...{ chainId, contracts, keys, signer },
      proposalOf: (requestId) => readProposal(place, requestId),
      certificateOf: (certificateId) => readCertificate(place, certificateId),
    });
    return succeed({ to, data: tagCalldata(data, operation.id) });
  });
}

/** Turns what can never work into a refusal: a body of another form, or a key that is not here. */
export async function understood<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ZodError) {
      const issue = cause.issues[0];
      const detail = `${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`.trim();
      return refuse("VALIDATION_FAILED", { values: { detail } });
    }
    if (cause instanceof PermanentError) {
      return refuse("VALIDATION_FAILED", { values: { detail: cause.message } });
    }
    throw cause;
  }
}

/** Stores that a command came to nothing before anything was signed. */
export async function refused(
  context: ExecuteContext,
  client: PoolClient,
  operation: Operation,
  refusal: Refusal,
): Promise<"some"> {
  await storeRefusal(client, operation.id, refusal);
  const { id, kind } = operation;
  context.logger.info({ operation: id, kind, code: refusal.code }, "refused");
  return "some";
}
