import pg from "pg";

/** The Postgres roles of the program's parts; see migrations/001_roles.sql. */
export type DatabaseRole = "tanpu_api" | "tanpu_worker" | "tanpu_indexer";

// Postgres' bigint does not fit a JavaScript number; amounts are bigint everywhere.
const INT8 = 20;

/** Connections that became `role` before their first statement. */
export function openPool(options: {
  databaseUrl: string;
  role: DatabaseRole;
  max?: number;
}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.databaseUrl,
    options: `-c role=${options.role}`,
    max: options.max ?? 10,
    types: {
      getTypeParser: (oid: number, format?: "text" | "binary") =>
        oid === INT8 ? BigInt : pg.types.getTypeParser(oid, format as "text"),
    } as pg.CustomTypesConfig,
  });
  // An idle connection that breaks is replaced. One that is held is not the pool's to listen to, and without a listener
  // its end would be the process's: the next query says what is wrong.
  pool.on("error", () => {});
  pool.on("connect", (client) => void client.on("error", () => {}));
  return pool;
}

/**
 * A statement that every connection parses and plans once, under its name; for those of the hot paths, where planning
 * costs more than running. One name stands for one text.
 */
export function prepared(name: string, text: string, values: unknown[] = []): pg.QueryConfig {
  return { name, text, values };
}

const CONNECTION_CODES: ReadonlySet<string> = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EPIPE"],
  // Ended by an administrator or a crash, starting up or leaving, or with no place for one more.
  ...["57P01", "57P02", "57P03", "53300"],
]);

/** What the client library says of a connection that ended without a code of Postgres. */
const GONE = /^Connection terminated|not queryable|^timeout exceeded when trying to connect/;

/** Whether the database is away, and not what was asked of it wrong. */
export function isConnectionFailure(cause: unknown): boolean {
  const code = (cause as { code?: unknown } | null | undefined)?.code;
  if (typeof code === "string") return CONNECTION_CODES.has(code) || code.startsWith("08");
  return cause instanceof Error && GONE.test(cause.message);
}
