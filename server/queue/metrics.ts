import type { Pool } from "pg";
import { Counter, Gauge } from "prom-client";
import { metrics } from "../platform/metrics.ts";

const registers = [metrics];

/** Commands that this worker brought to an end off the chain: refused before sending, or completed. */
export const outcomes = new Counter({
  ...{ name: "tanpu_commands_total", labelNames: ["outcome", "code"], registers },
  help: "Commands refused before they were sent, by code, or completed off the chain",
});

/** Signed transactions this worker stored, by reason: first, fee bump, nonce filled, adopted. */
export const attempts = new Counter({
  ...{ name: "tanpu_attempts_total", labelNames: ["reason"], registers },
  help: "Signed transactions stored, by reason",
});

export const resends = new Counter({
  ...{ name: "tanpu_resends_total", registers },
  help: "Times stored bytes were sent again",
});

/** What waits is asked of the database when somebody looks: it is true for all workers together. */
export function measureQueue(pool: Pool): void {
  const ask = async (): Promise<{ waiting: number; age: number }> => {
    const found = await pool.query<{ n: string | bigint; age: number | null }>(
      `SELECT count(*) AS n, extract(epoch FROM now() - min(o.created_at))::float8 AS age
       FROM app.open_operation w JOIN app.operation o ON o.id = w.operation_id`,
    );
    return { waiting: Number(found.rows[0]?.n ?? 0), age: found.rows[0]?.age ?? 0 };
  };
  new Gauge({
    ...{ name: "tanpu_queue_depth", registers },
    help: "Commands that have neither been sent nor refused",
    async collect() {
      this.set((await ask()).waiting);
    },
  });
  new Gauge({
    ...{ name: "tanpu_queue_oldest_seconds", registers },
    help: "Age of the oldest command that has neither been sent nor refused",
    async collect() {
      this.set((await ask()).age);
    },
  });
}
