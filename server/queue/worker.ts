import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { RetryableError } from "../chain/failures.ts";
import type { ExecuteContext } from "./execute.ts";
import { runLane } from "./lane.ts";
import { pendingLanes } from "./ledger.ts";
import type { CommandQueue } from "./publish.ts";
import { resendOpen } from "./resend.ts";

export type WorkerOptions = ExecuteContext & {
  readonly queue: CommandQueue;
  /** A new connection to listen on; closed by the worker. */
  readonly connect: () => Promise<Client>;
  /** Done once a second besides, such as publishing what blocks have made public. */
  readonly afterSweep?: () => Promise<void>;
  /** How many lanes move at once. */
  readonly lanes: number;
};

const SWEEP_MILLISECONDS = 1_000;
const RELISTEN_MILLISECONDS = 2_000;

/** Said by a trigger of `app.operation` when a command was stored. */
const CHANNEL = "tanpu_operation";

/**
 * Carries out commands until the signal: hints come through the queue, from the notification of a stored
 * command and from a sweep every second. Resolves when everything under way has ended.
 */
export async function runWorker(options: WorkerOptions, onReady: () => void): Promise<void> {
  const { signal, queue } = options;
  await queue.consume((hint) => quietly(options, () => runLane(options, hint.lane)), options.lanes);
  const bell = new Bell();
  const listening = listen(options, bell);
  onReady();
  while (!signal.aborted) {
    await quietly(options, () => publishPending(options));
    await quietly(options, async () => void (await resendOpen(options)));
    await quietly(options, async () => options.afterSweep?.());
    await bell.wait(SWEEP_MILLISECONDS, signal);
  }
  await queue.close();
  await listening;
}

/** Puts the first pending command of every lane into the queue. */
export async function publishPending(
  options: Pick<WorkerOptions, "pool" | "queue">,
): Promise<void> {
  for (const { lane, operationId } of await pendingLanes(options.pool)) {
    await options.queue.publish(operationId, { lane });
  }
}

/** Wakes the sweep early; rings that come together wake it once. */
class Bell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  async wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung) {
      await Promise.race([
        sleep(milliseconds, undefined, { signal }).catch(() => undefined),
        new Promise<void>((resolve) => {
          this.#wake = resolve;
        }),
      ]);
    }
    this.#rung = false;
    this.#wake = undefined;
  }
}

/** Keeps one connection listening; while it is away the sweep alone finds commands. */
async function listen(options: WorkerOptions, bell: Bell): Promise<void> {
  const { signal } = options;
  while (!signal.aborted) {
    let client: Client | undefined;
    try {
      client = await options.connect();
      client.on("notification", () => bell.ring());
      await client.query(`LISTEN ${CHANNEL}`);
      await ended(client, signal);
    } catch (cause) {
      options.logger.warn({ reason: String(cause) }, "listening again");
    }
    await client?.end().catch(() => undefined);
    await sleep(RELISTEN_MILLISECONDS, undefined, { signal }).catch(() => undefined);
  }
}

function ended(client: Client, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    client.on("error", () => resolve());
    client.on("end", () => resolve());
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
}

/** What fails here is tried again by the next sweep. */
async function quietly(options: WorkerOptions, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (options.signal.aborted) return;
    if (cause instanceof RetryableError) {
      options.logger.warn({ reason: cause.message }, "trying again");
    } else {
      options.logger.error({ err: cause }, "a command failed; trying again");
    }
  }
}
