import { join } from "node:path";
import { runner } from "node-pg-migrate";
import pg from "pg";
import { ensureMirror } from "./mirror.ts";

/** One lock for all who migrate one database; any number, but the same everywhere. */
const MIGRATION_LOCK = "tanpu migrations";

/**
 * Brings the schemas `app` and `intake` to the newest form and makes sure that a mirror exists. Needs
 * the owner of the database. Safe when several processes race: the others wait and find nothing to do.
 *
 * @throws what Postgres says when the user may not create schemas or roles.
 */
export async function migrate(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query("SELECT pg_advisory_lock(hashtext($1))", [MIGRATION_LOCK]);
    await runner({
      dbClient: client,
      dir: join(import.meta.dirname, "migrations"),
      ignorePattern: ".*\\.(?!sql$)[^.]*",
      direction: "up",
      migrationsTable: "migration",
      migrationsSchema: "public",
      singleTransaction: true,
      checkOrder: true,
      // The lock above waits where the library's own would give up.
      noLock: true,
      log: () => {},
    });
    await ensureMirror(client);
  } finally {
    await client.end();
  }
}
