import type { Pool } from "pg";
import { Counter } from "prom-client";
import { metrics } from "../platform/metrics.ts";

type Settled = { kind: string; succeeded: string | bigint; reverted: string | bigint };

/**
 * Counts what final blocks made of commands, of all workers together, since this process was first asked: read from the
 * mirror when somebody looks, because nothing writes back whether a command happened (law 2).
 */
export function measureOutcomes(pool: Pool): void {
  let counted: bigint | undefined;
  // One look after the other, so that no block is counted twice.
  let looking: Promise<void> = Promise.resolve();
  const settled = new Counter({
    ...{ name: "tanpu_commands_settled_total", labelNames: ["kind", "outcome"] as const },
    registers: [metrics],
    help: "Commands whose transaction stands in a final block: succeeded or reverted",
    collect: () => {
      looking = looking.catch(() => undefined).then(count);
      return looking;
    },
  });
  const count = async (): Promise<void> => {
    const found = await pool.query<{ final_block: string | bigint }>(
      "SELECT final_block FROM mirror.checkpoint",
    );
    const last = BigInt(found.rows[0]?.final_block ?? -1);
    const first = counted ?? last;
    counted = last > first ? last : first;
    if (last <= first) return;
    const { rows } = await pool.query<Settled>(
      `SELECT o.kind, count(*) FILTER (WHERE t.status = 1) AS succeeded,
         count(*) FILTER (WHERE t.status = 0) AS reverted
       FROM mirror.transaction t
       JOIN app.operation_nonce n ON n.operation_id = t.operation_id AND n.signer = t.signer
       JOIN app.operation o ON o.id = n.operation_id
       WHERE t.block_number > $1 AND t.block_number <= $2 GROUP BY o.kind`,
      [first, last],
    );
    for (const { kind, succeeded, reverted } of rows) {
      settled.inc({ kind, outcome: "succeeded" }, Number(succeeded));
      settled.inc({ kind, outcome: "reverted" }, Number(reverted));
    }
  };
}
