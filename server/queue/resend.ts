import { PermanentError } from "../chain/failures.ts";
import type { ExecuteContext } from "./execute.ts";
import { type OpenAttempt, openAttempts, storeFiller } from "./ledger.ts";

/** How old an attempt must be before it is sent again: some blocks have come since. */
const AGE_MILLISECONDS = 2_000;

/**
 * Sends the stored bytes of every nonce again that is neither mirrored nor on the chain, in nonce order.
 * This is how a command survives a crash before it was sent, a node that lost its pool, and a chain that
 * lost its tail. Bytes that no node can ever take are replaced by a recorded self-transfer, so that the
 * nonces behind them are not stuck.
 * @returns how many were handed to the node.
 */
export async function resendOpen(
  context: ExecuteContext,
  ageMilliseconds: number = AGE_MILLISECONDS,
): Promise<number> {
  const open = await openAttempts(context.pool, context.chainId, ageMilliseconds);
  const counts = new Map<string, number>();
  let sent = 0;
  for (const attempt of open) {
    let count = counts.get(attempt.signer);
    if (count === undefined) {
      count = await context.reader.transactionCount(attempt.signer);
      counts.set(attempt.signer, count);
    }
    // In a block already; the mirror will say so.
    if (attempt.nonce < count) continue;
    await resend(context, attempt);
    sent += 1;
  }
  return sent;
}

async function resend(context: ExecuteContext, attempt: OpenAttempt): Promise<void> {
  const { operationId, signer, nonce } = attempt;
  try {
    await context.writer.send(attempt.raw);
    context.logger.debug({ operation: operationId, nonce }, "sent again");
  } catch (cause) {
    if (!(cause instanceof PermanentError)) throw cause;
    const filler = await context.writer.signFiller(signer, nonce);
    await storeFiller(context.pool, attempt, filler, {
      code: "TRANSACTION_REVERTED",
      values: { reason: cause.message },
    });
    context.logger.error(
      { operation: operationId, nonce, reason: cause.message },
      "no node can take this transaction; its nonce is filled",
    );
    await context.writer.send(filler.raw);
  }
}
