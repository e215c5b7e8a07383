import type { PoolClient } from "pg";
import type { UnsignedCall } from "../chain/call.ts";
import { RetryableError } from "../chain/failures.ts";
import { contentOf } from "../chain/writer.ts";
import type { Refusal } from "../domain/result.ts";
import { crashPoint } from "../platform/crashPoint.ts";
import { adopt, mirrorReaches } from "./adopt.ts";
import { attemptsFrom, type OpenAttempt } from "./attempts.ts";
import type { ExecuteContext, Executed } from "./context.ts";
import { encode, refused } from "./encode.ts";
import { NonceTakenError, type Operation, type Stored, storeSigned } from "./ledger.ts";

/** Most transactions of one signer in no block; nodes keep at least 16 of an account in their pools, ours more. */
const DEFAULT_IN_FLIGHT = 256;

type Work = { readonly signer: string; readonly operations: readonly Operation[] };
type Encoded = { readonly operation: Operation; readonly call: UnsignedCall };

/**
 * Sends commands of one signer behind those it has under way, with the nonces that follow: tries them out on what
 * the earlier ones will do, signs and stores all that succeed in a row, and only then sends them.
 *
 * A command is refused only by a simulation on blocks alone. Where it fails while an earlier one of its signer is in
 * no block yet, it waits: what the earlier one really does may be what it needs.
 */
export async function sendBatch(
  context: ExecuteContext,
  client: PoolClient,
  { signer, operations }: Work,
): Promise<Executed> {
  const { startBlock } = context;
  if (startBlock !== undefined && !(await mirrorReaches(client, startBlock))) return "waiting";
  const line = await lineOf(context, client, signer);
  if (line === null) return "waiting";
  const known = await adopt(context, client, signer, operations);
  if (known.adopted > 0) return "some";
  if (known.waiting > 0) return "waiting";
  const room = (context.inFlight ?? DEFAULT_IN_FLIGHT) - line.underWay.length;
  if (room <= 0) return "waiting";
  const encoded = await encodeAll(context, client, {
    signer,
    operations: operations.slice(0, room),
  });
  if (encoded.length === 0) return "some";
  const simulated = await simulateAll(context, signer, line.underWay, encoded);
  if ("refusal" in simulated) {
    const first = encoded[0] as Encoded;
    return refused(context, client, first.operation, simulated.refusal);
  }
  if (simulated.gasLimits.length === 0) return "waiting";
  const sent = await send(context, client, { signer, nonce: line.next, encoded, ...simulated });
  if (sent === 0) return "waiting";
  return sent === operations.length ? "all" : "some";
}

/**
 * What the signer has under way, and its next nonce. Null while the node's pool holds transactions of it that nobody
 * stored here: they were sent before this database was restored, or by another program with this key, and who they
 * are shows only in a block.
 */
async function lineOf(
  context: ExecuteContext,
  client: PoolClient,
  signer: string,
): Promise<{ next: number; underWay: readonly OpenAttempt[] } | null> {
  const { mined, pending } = await context.writer.nonces(signer);
  const underWay = await attemptsFrom(client, context.chainId, signer, mined);
  const next = (underWay.at(-1)?.nonce ?? mined - 1) + 1;
  if (pending <= next) return { next, underWay };
  context.logger.warn({ signer, pending, next }, "the pool holds what nobody stored; waiting");
  return null;
}

/** The calls of commands, as far as they can be made now; what can never be one is refused at once. */
async function encodeAll(
  context: ExecuteContext,
  client: PoolClient,
  { signer, operations }: Work,
): Promise<Encoded[]> {
  const encoded: Encoded[] = [];
  for (const operation of operations) {
    try {
      const call = await encode(context, client, operation, signer);
      if (call.ok) encoded.push({ operation, call: call.value });
      else await refused(context, client, operation, call.refusal);
    } catch (cause) {
      // The mirror is behind with what this one needs; those before it can go.
      if (cause instanceof RetryableError && encoded.length > 0) break;
      throw cause;
    }
  }
  return encoded;
}

/** What is under way is read again with every batch behind it; reading signed bytes costs as much as signing. */
const callsRead = new Map<string, UnsignedCall>();
const MOST_CALLS_READ = 10_000;

function callOf({ raw }: OpenAttempt): UnsignedCall {
  const known = callsRead.get(raw);
  if (known) return known;
  const { to, data } = contentOf(raw);
  if (callsRead.size >= MOST_CALLS_READ) callsRead.clear();
  callsRead.set(raw, { to, data });
  return { to, data };
}

type Simulated = { readonly gasLimits: readonly bigint[] } | { readonly refusal: Refusal };

async function simulateAll(
  context: ExecuteContext,
  signer: string,
  underWay: readonly OpenAttempt[],
  encoded: readonly Encoded[],
): Promise<Simulated> {
  const earlier = underWay.map(callOf);
  const calls = encoded.map(({ call }) => call);
  const gasLimits = await context.writer.simulateNext(signer, earlier, calls);
  if (gasLimits.length > 0 || underWay.length > 0) return { gasLimits };
  const alone = await context.writer.simulate(signer, calls[0] as UnsignedCall);
  return alone.ok ? { gasLimits: [alone.gasLimit] } : { refusal: alone.refusal };
}

async function send(
  context: ExecuteContext,
  client: PoolClient,
  batch: {
    signer: string;
    nonce: number;
    encoded: readonly Encoded[];
    gasLimits: readonly bigint[];
  },
): Promise<number> {
  const { signer, encoded } = batch;
  const { offer: fees } = await context.writer.feeMarket();
  const stored: Stored[] = [];
  for (const [index, gasLimit] of batch.gasLimits.entries()) {
    const { operation, call } = encoded[index] as Encoded;
    const nonce = batch.nonce + index;
    const signed = await context.writer.sign(signer, call, { nonce, gasLimit, fees });
    stored.push({ operationId: operation.id, nonce, signed });
  }
  try {
    await storeSigned(client, { chainId: context.chainId, signer }, stored);
  } catch (cause) {
    if (cause instanceof NonceTakenError) return 0;
    throw cause;
  }
  for (const _ of stored) crashPoint("nonce-stored");
  const handed = await context.writer.sendAll(stored.map(({ signed }) => signed.raw));
  for (const [index, one] of handed.entries()) tell(context, stored[index] as Stored, one);
  return stored.length;
}

function tell(
  context: ExecuteContext,
  { operationId, nonce }: Stored,
  handed: PromiseSettledResult<void>,
): void {
  if (handed.status === "rejected") {
    // The bytes are stored: the sweep sends them again, or fills the nonce when nobody can take them.
    const reason = String(handed.reason);
    context.logger.warn({ operation: operationId, reason }, "sent again later");
    return;
  }
  crashPoint("transaction-sent");
  context.logger.info({ operation: operationId, nonce }, "sent");
}
