import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../platform/logger.ts";
import { type Delivery, deliverNext } from "./deliver.ts";
import { makeMessages } from "./messages.ts";

const LOOK_MILLISECONDS = 500;
const FAILED_MILLISECONDS = 2_000;

export type WebhookOptions = Delivery & {
  /** How many messages are sent at once, each to another endpoint. */
  readonly senders: number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
};

/** Makes and sends messages until the signal. Resolves when what is under way has ended. */
export async function runWebhooks(options: WebhookOptions): Promise<void> {
  const senders = Array.from({ length: options.senders }, () =>
    again(options, () => deliverNext(options)),
  );
  // A look at operations that did not change is work too, but no reason to look again at once.
  await again(options, async () => {
    await makeMessages(options.pool);
    return false;
  });
  await Promise.all(senders);
}

async function again(
  { signal, logger }: Pick<WebhookOptions, "signal" | "logger">,
  work: () => Promise<boolean>,
): Promise<void> {
  while (!signal.aborted) {
    let pause = LOOK_MILLISECONDS;
    try {
      if (await work()) continue;
    } catch (cause) {
      if (signal.aborted) return;
      logger.warn({ reason: String(cause) }, "webhooks: trying again");
      pause = FAILED_MILLISECONDS;
    }
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}
