import { PermanentError, RetryableError } from "../chain/failures.ts";
import { bumpedFees, type FeeMarket } from "../chain/fees.ts";
import { contentOf } from "../chain/writer.ts";
import { type OpenAttempt, openAttempts, storeAttempt } from "./attempts.ts";
import type { ExecuteContext } from "./context.ts";
import { resends } from "./metrics.ts";

/** How old an attempt must be before it is sent again: some blocks have come since. */
const AGE_MILLISECONDS = 2_000;
const STUCK_MILLISECONDS = 30_000;
const DEFAULT_CEILING_WEI = 500_000_000_000n;

/** What a node says to an offer that its next block would not take. */
const TOO_CHEAP = /underpriced|fee too low|less than block base fee/i;

/**
 * Sends the stored bytes of every nonce again that no block and no pool holds, in nonce order. This is how a command
 * survives a crash before it was sent, a node that lost its pool, and a chain that lost its tail. Bytes that wait
 * for long under a base fee above theirs are offered for more, as a recorded attempt of the same nonce. Bytes that
 * no node can ever take are replaced by a recorded self-transfer, so that the nonces behind them are not stuck.
 * What fails for one signer stops no other.
 * @returns how many were handed to the node.
 */
export async function resendOpen(
  context: ExecuteContext,
  ageMilliseconds: number = AGE_MILLISECONDS,
): Promise<number> {
  const open = await openAttempts(context.pool, context.chainId);
  const old = open.filter((attempt) => attempt.ageMilliseconds >= ageMilliseconds);
  if (old.length === 0) return 0;
  const market = await context.writer.feeMarket();
  let sent = 0;
  for (const [signer, attempts] of bySigner(old)) {
    try {
      sent += await resendOf(context, signer, { attempts, market });
    } catch (cause) {
      if (!(cause instanceof RetryableError)) throw cause;
      context.logger.warn({ signer, reason: cause.message }, "sent again later");
    }
  }
  return sent;
}

function bySigner(attempts: readonly OpenAttempt[]): Map<string, OpenAttempt[]> {
  const found = new Map<string, OpenAttempt[]>();
  for (const attempt of attempts) {
    const others = found.get(attempt.signer);
    if (others) others.push(attempt);
    else found.set(attempt.signer, [attempt]);
  }
  return found;
}

async function resendOf(
  context: ExecuteContext,
  signer: string,
  { attempts, market }: { attempts: readonly OpenAttempt[]; market: FeeMarket },
): Promise<number> {
  const { mined, pending } = await context.writer.nonces(signer);
  let sent = 0;
  for (const [index, attempt] of attempts.entries()) {
    // In a block already; the mirror will say so.
    if (attempt.nonce < mined) continue;
    const isStuck = attempt.ageMilliseconds >= (context.stuckMilliseconds ?? STUCK_MILLISECONDS);
    if (isStuck && contentOf(attempt.raw).fees.maxFeePerGas < market.baseFee) {
      if (await bump(context, attempt, market)) sent += 1;
      continue;
    }
    // The node has it, or earlier bytes of its nonce. The first in line is sent all the same after a while: a pool
    // that is asked is not always the one that fills blocks.
    const inPool = attempt.nonce < pending && attempt.attempt === 1;
    if (inPool && !(isStuck && index === 0)) continue;
    await resend(context, attempt, market);
    sent += 1;
  }
  return sent;
}

/** Offers more for the same call. False when the ceiling forbids it, or another worker did. */
async function bump(
  context: ExecuteContext,
  attempt: OpenAttempt,
  market: FeeMarket,
): Promise<boolean> {
  const { operationId: operation, signer, nonce } = attempt;
  const { to, data, gasLimit, fees } = contentOf(attempt.raw);
  const more = bumpedFees(fees, market, context.feeCeilingWei ?? DEFAULT_CEILING_WEI);
  if (more === null) {
    context.logger.warn({ operation, nonce }, "the fee ceiling forbids to offer more; waiting");
    return false;
  }
  const signed = await context.writer.sign(signer, { to, data }, { nonce, gasLimit, fees: more });
  if (!(await storeAttempt(context.pool, attempt, signed))) return false;
  const offered = more.maxFeePerGas.toString();
  context.logger.warn({ operation, nonce, offered }, "stuck under the base fee; offered for more");
  await context.writer.send(signed.raw);
  return true;
}

async function resend(
  context: ExecuteContext,
  attempt: OpenAttempt,
  market: FeeMarket,
): Promise<void> {
  const { operationId: operation, signer, nonce } = attempt;
  try {
    await context.writer.send(attempt.raw);
    resends.inc();
    context.logger.debug({ operation, nonce }, "sent again");
  } catch (cause) {
    if (cause instanceof RetryableError && TOO_CHEAP.test(cause.message)) {
      await bump(context, attempt, market);
      return;
    }
    if (!(cause instanceof PermanentError)) throw cause;
    const filler = await context.writer.signFiller(signer, nonce, market.offer);
    const refusal = { code: "TRANSACTION_REVERTED", values: { reason: cause.message } } as const;
    if (!(await storeAttempt(context.pool, attempt, filler, refusal))) return;
    context.logger.error(
      { operation, nonce, reason: cause.message },
      "no node can take this transaction; its nonce is filled",
    );
    await context.writer.send(filler.raw);
  }
}
