import { Counter, Histogram } from "prom-client";
import { metrics } from "../platform/metrics.ts";

const registers = [metrics];

const requests = new Counter({
  ...{ name: "tanpu_http_requests_total", labelNames: ["route", "status"], registers },
  help: "Requests by route and status",
});
const seconds = new Histogram({
  ...{ name: "tanpu_http_request_seconds", labelNames: ["route"], registers },
  help: "Seconds from a request's arrival to the end of its answer",
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
});

/** `route` is the pattern and not the path, so that ids make no new series. */
export function countRequest(told: { route: string; status: number; milliseconds: number }): void {
  requests.inc({ route: told.route, status: String(told.status) });
  seconds.observe({ route: told.route }, told.milliseconds / 1000);
}
