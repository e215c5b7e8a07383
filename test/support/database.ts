import pg from "pg";
import { startPostgres } from "../../scripts/dev/postgres.ts";
import { migrate } from "../../server/database/migrate.ts";
import { makeDataFolder, removeDataFolder } from "./stackFolder.ts";

/** A migrated database of its own server, for one test file. */
export interface TestDatabase {
  readonly databaseUrl: string;
  /** Connections of the owner, who may do everything. */
  readonly owner: pg.Pool;
  /** Adds an empty database to the same server, by name, and gives its URL. */
  add(name: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts a real Postgres in a temporary folder and brings its database to the newest form. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const folder = makeDataFolder();
  try {
    const server = await startPostgres(folder);
    await migrate(server.url);
    const owner = new pg.Pool({ connectionString: server.url, max: 4 });
    owner.on("error", () => {});
    return {
      databaseUrl: server.url,
      owner,
      add: async (name) => {
        await owner.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
        return server.url.replace(/\/[^/]*$/, `/${name}`);
      },
      close: async () => {
        await owner.end();
        await server.stop();
        await removeDataFolder(folder);
      },
    };
  } catch (cause) {
    await removeDataFolder(folder);
    throw cause;
  }
}

/** `0x…` of `length` bytes that all have one value: a key that is easy to tell from others. */
export function filled(value: number, length = 32): string {
  return `0x${value.toString(16).padStart(2, "0").repeat(length)}`;
}
