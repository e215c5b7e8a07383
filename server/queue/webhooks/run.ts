import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../platform/logger.ts";
import { type Delivery, deliverNext } from "./deliver.ts";
import { makeMessages } from "./messages.ts";
import { MOST_AT_ONCE, makeRegistryMessages } from "./registryMessages.ts";

const LOOK_MILLISECONDS = 500;
/** What is told of the registry is final and nothing somebody waits for. */
const LOOK_AT_REGISTRY_MILLISECONDS = 2_000;
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
  const registry = again(
    options,
    async () => (await makeRegistryMessages(options.pool)) >= MOST_AT_ONCE,
    LOOK_AT_REGISTRY_MILLISECONDS,
  );
  // A look at operations that did not change is work too, but no reason to look again at once.
  await again(options, async () => {
    await makeMessages(options.pool);
    return false;
  });
  await Promise.all([...senders, registry]);
}

async function again(
  { signal, logger }: Pick<WebhookOptions, "signal" | "logger">,
  work: () => Promise<boolean>,
  lookMilliseconds = LOOK_MILLISECONDS,
): Promise<void> {
  while (!signal.aborted) {
    let pause = lookMilliseconds;
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
