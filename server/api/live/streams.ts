import type { Request, Response } from "express";
import type { Refusal } from "../../domain/result.ts";
import { authenticate } from "../auth.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { type EventSink, sendEvents } from "./stream.ts";

const MOST_OF_A_KEY = 20;

/** The open event streams of the process. */
export class Streams {
  readonly #dependencies: Pick<ApiDependencies, "pool" | "live">;
  readonly #open = new Map<string, number>();

  constructor(dependencies: Pick<ApiDependencies, "pool" | "live">) {
    this.#dependencies = dependencies;
  }

  /** Serves a stream to its end, or gives the refusal to answer instead: STREAMS_TOO_MANY. */
  async answer(
    request: Request,
    response: Response,
    run: (sink: EventSink) => Promise<void>,
  ): Promise<Refusal | undefined> {
    const { pool, live } = this.#dependencies;
    const { authorization = "" } = request.headers;
    const count = this.#open.get(authorization) ?? 0;
    if (count >= MOST_OF_A_KEY) return { code: "STREAMS_TOO_MANY", values: { count } };
    this.#open.set(authorization, count + 1);
    try {
      const stillMay = async () => (await authenticate(pool, authorization)).ok;
      await sendEvents(response, run, { stillMay, stopped: live.bell.stopped });
    } finally {
      const left = (this.#open.get(authorization) ?? 1) - 1;
      if (left === 0) this.#open.delete(authorization);
      else this.#open.set(authorization, left);
    }
    return undefined;
  }
}
