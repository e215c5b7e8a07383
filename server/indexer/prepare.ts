import { setTimeout as sleep } from "node:timers/promises";
import { ensureMirror } from "../database/mirror.ts";
import type { Logger } from "../platform/logger.ts";
import { type RebuildOptions, rebuildMirror } from "./rebuild.ts";

const PAUSE_MILLISECONDS = 2_000;

/**
 * Resolves when the mirror has its present form, or at the signal. One that another version made is served as it is until
 * its successor is built beside it; of several indexers one builds, and the others wait.
 */
export async function prepareMirror(
  options: Omit<RebuildOptions, "compare" | "onProgress"> & {
    readonly logger: Logger;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { logger, signal } = options;
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      const client = await options.connect();
      const found = await ensureMirror(client).finally(() => client.end());
      if (found !== "outdated") return;
      if (tries === 0) logger.info("the mirror has another form; building it anew beside");
      await rebuildMirror({ ...options, compare: false });
      logger.info("the mirror built anew is in place");
      return;
    } catch (cause) {
      logger.warn({ reason: String(cause) }, "the mirror is not in its present form yet");
    }
    await sleep(PAUSE_MILLISECONDS, undefined, { signal }).catch(() => undefined);
  }
}
