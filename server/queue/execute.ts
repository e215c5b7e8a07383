import { setTimeout as sleep } from "node:timers/promises";
import type { Pool, PoolClient } from "pg";
import { ZodError } from "zod";
import type { ContractAddresses } from "../chain/contracts.ts";
import { PermanentError } from "../chain/failures.ts";
import type { KeyStore } from "../chain/keys.ts";
import type { ChainReader } from "../chain/reader.ts";
import type { ChainWriter, UnsignedCall } from "../chain/writer.ts";
import { type Refusal, type Result, refuse, succeed } from "../domain/result.ts";
import { crashPoint } from "../platform/crashPoint.ts";
import type { Logger } from "../platform/logger.ts";
import { chainHandlers } from "./handlers/chainHandlers.ts";
import {
  highestNonce,
  NonceTakenError,
  type Operation,
  storeCompleted,
  storeRefusal,
  storeSigned,
} from "./ledger.ts";
import { readCertificate, readProposal } from "./openings.ts";

/** What carrying out commands needs; put together by the worker's main. */
export type ExecuteContext = {
  readonly pool: Pool;
  readonly chainId: number;
  readonly contracts: ContractAddresses;
  readonly reader: Pick<ChainReader, "transactionCount">;
  readonly writer: ChainWriter;
  readonly keys: KeyStore;
  /** Kinds that are carried out here and never reach the chain. */
  readonly offChain: Readonly<
    Record<string, (operation: Operation) => Promise<Result<Record<string, unknown>>>>
  >;
  readonly logger: Logger;
  readonly signal: AbortSignal;
};

/** What became of a command in this pass; `waiting` means that its turn has not come. */
export type Executed = "refused" | "completed" | "sent" | "waiting";

const POLL_MILLISECONDS = 100;
const PATIENCE_MILLISECONDS = 20_000;

/**
 * Carries out one command on the connection that holds its lane. Throws RetryableError when the chain or
 * the database is away; then nothing was stored, or the nonce was and the sweep sends the bytes again.
 */
export async function execute(
  context: ExecuteContext,
  client: PoolClient,
  operation: Operation,
): Promise<Executed> {
  const offChain = context.offChain[operation.kind];
  if (offChain) {
    const done = await understood(() => offChain(operation));
    if (!done.ok) return refused(context, client, operation, done.refusal);
    await storeCompleted(client, operation.id, done.value);
    return "completed";
  }
  const { signer } = operation;
  const held = await context.keys.addresses();
  if (signer === null || !held.includes(signer)) {
    return refused(context, client, operation, {
      code: "SIGNER_UNAVAILABLE",
      values: { account: signer ?? "nobody" },
    });
  }
  const call = await encode(context, client, operation, signer);
  if (!call.ok) return refused(context, client, operation, call.refusal);
  return order(context, client, { operation, signer, call: call.value });
}

async function encode(
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
  return understood(async () =>
    succeed(
      await handler(operation.body, {
        ...{ chainId, contracts, keys, signer },
        proposalOf: (requestId) => readProposal(place, requestId),
        certificateOf: (certificateId) => readCertificate(place, certificateId),
      }),
    ),
  );
}

/** Turns what can never work into a refusal: a body of another form, or a key that is not here. */
async function understood<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
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

async function order(
  context: ExecuteContext,
  client: PoolClient,
  work: { operation: Operation; signer: string; call: UnsignedCall },
): Promise<Executed> {
  const { operation, signer, call } = work;
  const nonce = await turn(context, client, signer);
  if (nonce === null) return "waiting";
  const simulated = await context.writer.simulate(signer, call);
  if (!simulated.ok) return refused(context, client, operation, simulated.refusal);
  const { gasLimit } = simulated;
  const signed = await context.writer.sign(signer, call, { nonce, gasLimit });
  const { chainId } = context;
  try {
    await storeSigned(client, { operationId: operation.id, chainId, signer, nonce }, signed);
  } catch (cause) {
    if (cause instanceof NonceTakenError) return "waiting";
    throw cause;
  }
  crashPoint("nonce-stored");
  try {
    await context.writer.send(signed.raw);
  } catch (cause) {
    // The bytes are stored: the sweep sends them again, or fills the nonce when nobody can take them.
    context.logger.warn({ operation: operation.id, reason: String(cause) }, "sent again later");
    return "sent";
  }
  crashPoint("transaction-sent");
  context.logger.info({ operation: operation.id, kind: operation.kind, nonce }, "sent");
  return "sent";
}

/**
 * The nonce of the signer's next command, once all its earlier ones are in blocks: only then does a
 * simulation see what they did. Null when they do not get there in time; the sweep comes back.
 */
async function turn(
  context: ExecuteContext,
  client: PoolClient,
  signer: string,
): Promise<number | null> {
  const stored = await highestNonce(client, context.chainId, signer);
  const until = Date.now() + PATIENCE_MILLISECONDS;
  for (;;) {
    const count = await context.reader.transactionCount(signer);
    if (count > stored) return count;
    if (Date.now() > until || context.signal.aborted) return null;
    await sleep(POLL_MILLISECONDS);
  }
}

async function refused(
  context: ExecuteContext,
  client: PoolClient,
  operation: Operation,
  refusal: Refusal,
): Promise<Executed> {
  await storeRefusal(client, operation.id, refusal);
  const { id, kind } = operation;
  context.logger.info({ operation: id, kind, code: refusal.code }, "refused");
  return "refused";
}
