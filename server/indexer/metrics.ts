import { Counter, Gauge, Histogram } from "prom-client";
import type { ChainClient } from "../chain/client.ts";
import { metrics } from "../platform/metrics.ts";
import type { StepResult } from "./step.ts";

const registers = [metrics];

const lagBlocks = new Gauge({
  ...{ name: "tanpu_indexer_lag_blocks", registers },
  help: "Blocks between the node's head and the mirror",
});
let levelAt = Date.now();
new Gauge({
  ...{ name: "tanpu_indexer_lag_seconds", registers },
  help: "Seconds since the mirror was last level with the head its node tells",
  collect() {
    this.set((Date.now() - levelAt) / 1000);
  },
});
const block = new Gauge({
  ...{ name: "tanpu_indexer_block", labelNames: ["kind"], registers },
  help: "The newest block mirrored, and the newest final one",
});
const heldNodes = new Gauge({
  ...{ name: "tanpu_indexer_finality_held", labelNames: ["nodes"], registers },
  help: "While too few nodes have a block for it to become final: how many do, how many must; 0 else",
});
const blocks = new Counter({
  ...{ name: "tanpu_indexer_blocks_total", registers },
  help: "Blocks applied",
});
const events = new Counter({
  ...{ name: "tanpu_indexer_events_total", registers },
  help: "Events of the registry's contracts applied",
});
const reorgs = new Histogram({
  ...{ name: "tanpu_indexer_reorg_blocks", buckets: [1, 2, 3, 5, 8, 12, 24, 64], registers },
  help: "Times the chain took blocks back, by how many",
});
const errors = new Counter({
  ...{ name: "tanpu_indexer_errors_total", labelNames: ["kind"], registers },
  help: "Failures that were tried again, by the name of the error",
});
const calls = new Counter({
  ...{ name: "tanpu_rpc_calls_total", labelNames: ["method", "outcome"], registers },
  help: "Calls to the chain's node",
});

/** Counts what a step did. */
export function countStep(result: StepResult): void {
  const { checkpoint, head, applied, undone, events: read, held } = result;
  blocks.inc(applied);
  events.inc(read);
  if (undone > 0) reorgs.observe(undone);
  lagBlocks.set(Math.max(0, head - checkpoint.blockNumber));
  block.set({ kind: "mirrored" }, checkpoint.blockNumber);
  block.set({ kind: "final" }, checkpoint.finalBlock);
  if (applied > 0) {
    heldNodes.set({ nodes: "agreeing" }, held?.agreeing ?? 0);
    heldNodes.set({ nodes: "needed" }, held?.needed ?? 0);
  }
  if (head <= checkpoint.blockNumber) levelAt = Date.now();
}

export function countFailure(cause: unknown): void {
  errors.inc({ kind: cause instanceof Error ? cause.name : "unknown" });
}

/** The same client, with its calls counted. */
export function countedClient(client: ChainClient): ChainClient {
  const counted = async <T>(method: string, many: number, work: Promise<T>): Promise<T> => {
    try {
      const result = await work;
      calls.inc({ method, outcome: "answered" }, many);
      return result;
    } catch (cause) {
      calls.inc({ method, outcome: "failed" }, many);
      throw cause;
    }
  };
  const { batch } = client;
  return {
    ...client,
    send: (method, params) => counted(method, 1, client.send(method, params)),
    ...(batch === undefined
      ? {}
      : { batch: (method, lists) => counted(method, lists.length, batch(method, lists)) }),
    attempt: (method, params) => counted(method, 1, client.attempt(method, params)),
  };
}
