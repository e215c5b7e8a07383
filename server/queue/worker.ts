import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { RetryableError } from "../chain/failures.ts";
import { isConnectionFailure } from "../database/client.ts";
import type { ExecuteContext } from "./context.ts";
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
const CLOSE_MILLISECONDS = 3_000;
/** Rings that come this close behind one are answered together: small against a block, large against the work. */
const BREATH_MILLISECONDS = 150;

/** Said by a trigger of `app.operation` when a command was stored, and by the indexer after every block. */
const CHANNELS = ["tanpu_operation", "tanpu_block"];

/**
 * Carries out commands until the signal: hints come through the queue, from the notification of a stored
 * command or a mirrored block and from a sweep every second. Resolves when everything under way has ended.
 */
export async function runWorker(options: WorkerOptions, onReady: () => void): Promise<void> {
  const { signal, queue } = options;
  const bell = new Bell();
  const running = new RunningLanes(bell);
  const work = (lane: string) => quietly(options, () => runLane(options, lane));
  await queue.consume((hint) => running.run(hint.lane, work), options.lanes);
  const listening = listen(options, bell);
  onReady();
  const sweeping = sweep(options);
  while (!signal.aborted) {
    await quietly(options, () => publishPending(options, running));
    await sleep(BREATH_MILLISECONDS);
    await bell.wait(SWEEP_MILLISECONDS, signal);
  }
  await sweeping;
  // A queue whose server is gone may never close; what it would have told is in the database.
  await Promise.race([
    queue.close().catch(() => undefined),
    sleep(CLOSE_MILLISECONDS, undefined, { ref: false }),
  ]);
  await listening;
}

async function sweep(options: WorkerOptions): Promise<void> {
  const { signal } = options;
  while (!signal.aborted) {
    await quietly(options, async () => void (await resendOpen(options)));
    await quietly(options, async () => options.afterSweep?.());
    await sleep(SWEEP_MILLISECONDS, undefined, { signal }).catch(() => undefined);
  }
}

/** Puts the first pending command of every lane into the queue, but for those that run here already. */
export async function publishPending(
  options: Pick<WorkerOptions, "pool" | "queue">,
  running?: RunningLanes,
): Promise<void> {
  for (const { lane, operationId } of await pendingLanes(options.pool)) {
    if (!running?.passes(lane)) await options.queue.publish(operationId, { lane });
  }
}

/** The lanes that run in this process. Who runs looks again by itself; a hint in between would only cost. */
class RunningLanes {
  readonly #bell: Bell;
  /** Whether a hint was passed over since the lane began to run. */
  readonly #running = new Map<string, boolean>();

  constructor(bell: Bell) {
    this.#bell = bell;
  }

  /** Whether a hint for this lane can be passed over; the bell rings when the lane has ended. */
  passes(lane: string): boolean {
    if (!this.#running.has(lane)) return false;
    this.#running.set(lane, true);
    return true;
  }

  async run(lane: string, work: (lane: string) => Promise<void>): Promise<void> {
    if (this.passes(lane)) return;
    this.#running.set(lane, false);
    try {
      await work(lane);
    } finally {
      const passed = this.#running.get(lane);
      this.#running.delete(lane);
      if (passed) this.#bell.ring();
    }
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
      const over = new AbortController();
      await Promise.race([
        sleep(milliseconds, undefined, { signal: AbortSignal.any([signal, over.signal]) }).catch(
          () => undefined,
        ),
        new Promise<void>((resolve) => {
          this.#wake = resolve;
        }),
      ]);
      over.abort();
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
      // The next statement says what is wrong; this listener only keeps the process alive.
      client.on("error", () => undefined);
      client.on("notification", () => bell.ring());
      for (const channel of CHANNELS) await client.query(`LISTEN ${channel}`);
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
    if (cause instanceof RetryableError || isConnectionFailure(cause)) {
      options.logger.warn({ reason: (cause as Error).message }, "trying again");
    } else {
      options.logger.error({ err: cause }, "a command failed; trying again");
    }
  }
}
