import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import type { Logger } from "../../platform/logger.ts";

/** What the mirror, the store of commands and their outcomes say when something was added. */
const CHANNELS = ["tanpu_block", "tanpu_operation", "tanpu_outcome"] as const;
const RELISTEN_MILLISECONDS = 1_000;
/** Rings closer together than this become one, so that a burst of commands wakes nobody for each. */
const SHORTEST_MILLISECONDS = 100;

/**
 * The process's one listening connection. Whoever waits for a change waits for `ring`, and then looks
 * for itself; a ring says only that looking may be worth it.
 */
export class Bell {
  readonly #connect: () => Promise<Client>;
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #waiting = new Set<() => void>();
  #block: number | undefined;
  #soon: NodeJS.Timeout | undefined;

  constructor(options: { connect: () => Promise<Client>; logger: Logger }) {
    this.#connect = options.connect;
    this.#logger = options.logger;
    this.#running = this.#listen();
  }

  /** A block that the mirror holds now, and perhaps later ones; undefined while nobody listens. */
  get block(): number | undefined {
    return this.#block;
  }

  /** Resolves at the next ring, when the time is over, or when nobody needs it any more. */
  async ring(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted || this.#stop.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, milliseconds));
      signal?.addEventListener("abort", done, { once: true });
      this.#waiting.add(done);
    });
  }

  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#soon);
    this.#wake();
    await this.#running;
  }

  #wake(): void {
    this.#soon = undefined;
    for (const resolve of [...this.#waiting]) resolve();
  }

  async #listen(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      let client: Client | undefined;
      try {
        client = await this.#connect();
        // The next statement says what is wrong; this listener only keeps the process alive.
        client.on("error", () => undefined);
        client.on("notification", ({ channel, payload }) => this.#hear(channel, payload));
        for (const channel of CHANNELS) await client.query(`LISTEN ${channel}`);
        const { rows } = await client.query<{ block: string }>(
          "SELECT block_number::text AS block FROM mirror.checkpoint",
        );
        if (rows[0]) this.#hear("tanpu_block", rows[0].block);
        await ended(client, signal);
      } catch (cause) {
        if (!signal.aborted) this.#logger.warn({ reason: String(cause) }, "listening again");
      }
      this.#block = undefined;
      await client?.end().catch(() => undefined);
      await sleep(RELISTEN_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    }
  }

  #hear(channel: string, payload: string | undefined): void {
    if (channel === "tanpu_block") this.#block = Number(payload);
    this.#soon ??= setTimeout(() => this.#wake(), SHORTEST_MILLISECONDS);
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
