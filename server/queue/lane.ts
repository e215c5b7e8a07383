import type { PoolClient } from "pg";
import type { ExecuteContext } from "./context.ts";
import { execute } from "./execute.ts";
import { nextInLane, type Operation } from "./ledger.ts";

/** Most commands of a lane that are looked at together, and signed in one transaction. */
const BATCH = 128;

/**
 * Carries out the pending commands of a lane in their order. Who finds the lane taken leaves at once: its
 * holder sees every command that was stored before it looks for the last time, and the sweep brings back
 * what came later. Nobody waits here for a block: the sweep comes back after the next one.
 */
export async function runLane(context: ExecuteContext, lane: string): Promise<void> {
  const client = await context.pool.connect();
  let broken: Error | undefined;
  try {
    while (!context.signal.aborted) {
      const [first] = await nextInLane(client, lane, 1);
      if (!first) return;
      const went = await withLaneLock(client, lockOf(first), () =>
        runLocked(context, client, lane, lockOf(first)),
      );
      if (went !== "other") return;
    }
  } catch (cause) {
    broken = cause instanceof Error ? cause : new Error(String(cause));
    throw cause;
  } finally {
    // A connection on which something failed is closed, which also frees whatever it locked.
    client.release(broken);
  }
}

/** Goes on while the lane's first command belongs to the lock; `other` when it does not any more. */
async function runLocked(
  context: ExecuteContext,
  client: PoolClient,
  lane: string,
  lock: string,
): Promise<"done" | "other"> {
  while (!context.signal.aborted) {
    const [first, ...rest] = await nextInLane(client, lane, BATCH);
    if (!first) return "done";
    if (lockOf(first) !== lock) return "other";
    const went = await execute(context, client, [first, ...rest]);
    // What came in meanwhile comes with the next hint: a few together cost less than each alone.
    const isEmpty = went === "all" && rest.length + 1 < BATCH;
    if (went === "waiting" || isEmpty) return "done";
  }
  return "done";
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
