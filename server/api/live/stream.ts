import { once } from "node:events";
import type { Response } from "express";

/** One event of a stream. `id` is what a client that was cut sends back as Last-Event-ID. */
export type StreamEvent = { readonly id: string; readonly event: string; readonly data: unknown };

/** Where a route sends its events. */
export type EventSink = {
  /** Resolves when there is room for the next one; the client may be slow, and is gone at some time. */
  send(event: StreamEvent): Promise<void>;
  /** Fires when the client is gone, its key was revoked, or the process stops. */
  readonly signal: AbortSignal;
};

/** How often a silent stream shows that it lives; proxies cut silent ones after half a minute or more. */
const HEARTBEAT_MILLISECONDS = 15_000;
/** How soon a client that was cut should come back. */
const RETRY_MILLISECONDS = 2_000;

/**
 * Answers with server-sent events until `run` ends. `stillMay` is asked at every heartbeat: a stream
 * must not outlive the right to read it.
 */
export async function sendEvents(
  response: Response,
  run: (sink: EventSink) => Promise<void>,
  options: { stillMay: () => Promise<boolean>; stopped: AbortSignal; heartbeat?: number },
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const signal = AbortSignal.any([gone.signal, options.stopped]);
  response.setHeader("content-type", "text/event-stream; charset=utf-8");
  // Some proxies hold answers back to send them in one piece.
  response.setHeader("x-accel-buffering", "no");
  response.flushHeaders();
  response.write(`retry: ${RETRY_MILLISECONDS}\n\n`);
  const heart = setInterval(async () => {
    response.write(": still here\n\n");
    if (!(await options.stillMay().catch(() => true))) gone.abort();
  }, options.heartbeat ?? HEARTBEAT_MILLISECONDS);
  const send = async ({ id, event, data }: StreamEvent): Promise<void> => {
    if (signal.aborted) return;
    const text = `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    if (!response.write(text)) await once(response, "drain", { signal }).catch(() => undefined);
  };
  try {
    await run({ send, signal });
  } finally {
    clearInterval(heart);
    response.end();
  }
}
