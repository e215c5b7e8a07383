import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Deployment, readDeployment } from "../chain/contracts.ts";
import type { Logger } from "../platform/logger.ts";

const POLL_MILLISECONDS = 500;

/** Where the deployment says which contracts there are. */
export function manifestFile(dataFolder: string): string {
  return path.join(dataFolder, "published", "manifest.json");
}

/** Reads the published manifest, waiting until the contracts are deployed. Undefined when the signal came first. */
export async function waitForDeployment(
  dataFolder: string,
  logger: Logger,
  signal: AbortSignal,
): Promise<Deployment | undefined> {
  const file = manifestFile(dataFolder);
  for (let waits = 0; !signal.aborted; waits++) {
    try {
      return readDeployment(JSON.parse(await readFile(file, "utf8")));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
      if (waits % 20 === 0) logger.info({ file }, "waiting for the contracts to be deployed");
      await sleep(POLL_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}
