import type { Pool, PoolClient } from "pg";

/** Runs `work` in one database transaction: all of it or nothing. */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const result = await work(client);
    await client.query("COMMIT");
    client.release();
    return result;
  } catch (cause) {
    // A connection that failed to roll back is thrown away rather than lent out again.
    await client.query("ROLLBACK").then(
      () => client.release(),
      (error: Error) => client.release(error),
    );
    throw cause;
  }
}
