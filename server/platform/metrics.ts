import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { collectDefaultMetrics, Registry } from "prom-client";
import type { Logger } from "./logger.ts";

/** Where a role's metrics are counted; one per process, so that whoever counts needs no wiring. */
export const metrics = new Registry();

/** METRICS_PORT is the API's; the other roles follow, because on one machine all get the same environment. */
const OFFSET = { api: 0, indexer: 1, worker: 2 } as const;

export type MetricsServer = {
  /** The port it listens on. */
  readonly port: number;
  close(): Promise<void>;
};

/**
 * Serves GET /metrics in Prometheus' text form on a listener of its own: what it tells is not for the public. Undefined
 * when `port` is 0. A port that is taken is logged and leaves the role to its work.
 */
export async function serveMetrics(options: {
  readonly role: keyof typeof OFFSET;
  readonly host: string;
  readonly port: number;
  readonly logger: Logger;
}): Promise<MetricsServer | undefined> {
  const { role, host, logger } = options;
  if (options.port === 0) return undefined;
  metrics.setDefaultLabels({ role });
  collectDefaultMetrics({ register: metrics });
  const server = createServer((request, response) => {
    if (request.method !== "GET" || request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    metrics.metrics().then(
      (text) => response.writeHead(200, { "content-type": metrics.contentType }).end(text),
      (cause: unknown) => {
        logger.warn({ reason: String(cause) }, "the metrics could not be collected");
        response.writeHead(500).end();
      },
    );
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(options.port + OFFSET[role], host, resolve);
    });
  } catch (cause) {
    logger.error({ reason: String(cause) }, "no metrics are served");
    return undefined;
  }
  const { port } = server.address() as AddressInfo;
  logger.info({ port }, "metrics are served");
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
