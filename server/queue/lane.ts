import type { PoolClient } from "pg";
import { type ExecuteContext, execute } from "./execute.ts";
import { nextInLane, type Operation } from "./ledger.ts";

/**
 * Carries out the pending commands of a lane in their order, one after the other. Who finds the lane
 * taken leaves at once: its holder sees every command that was stored before it looks for the last time,
 * and the sweep brings back what came later.
 */
export async function runLane(context: ExecuteContext, lane: string): Promise<void> {
  const client = await context.pool.connect();
  let broken: Error | undefined;
  try {
    while (!context.signal.aborted) {
      const operation = await nextInLane(client, lane);
      if (!operation) return;
      const went = await withLaneLock(client, lockOf(operation), async () => {
        // Another worker may have carried it out between the look and the lock.
        const still = await nextInLane(client, lane);
        return still?.id === operation.id ? execute(context, client, operation) : "gone";
      });
      if (went === "busy" || went === "waiting") return;
    }
  } catch (cause) {
    broken = cause instanceof Error ? cause : new Error(String(cause));
    throw cause;
  } finally {
    // A connection on which something failed is closed, which also frees whatever it locked.
    client.release(broken);
  }
}

/** Commands with a signer exclude one another by signer, because that is who has the nonces. */
function lockOf(operation: Operation): string {
  return operation.signer ?? operation.lane;
}

async function withLaneLock<T>(
  client: PoolClient,
  name: string,
  work: () => Promise<T>,
): Promise<T | "busy"> {
  const key = ["tanpu lane", name];
  const taken = await client.query<{ taken: boolean }>(
    "SELECT pg_try_advisory_lock(hashtext($1), hashtext($2)) AS taken",
    key,
  );
  if (taken.rows[0]?.taken !== true) return "busy";
  const result = await work();
  await client.query("SELECT pg_advisory_unlock(hashtext($1), hashtext($2))", key);
  return result;
}
