import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import pg from "pg";
import { StackError } from "./stackError.ts";

/** The newest version the schemas need nothing beyond; older ones lack what the migrations use. */
const oldestVersion = 15;

/** Which outside database a data folder has been used with. */
interface Claim {
  readonly id: string;
  /** Whether the database has the id, too; a crash in between is taken up. */
  readonly settled: boolean;
}

const claimFile = (dataFolder: string): string => path.join(dataFolder, "database.json");

/** Whether the folder's data lie in a database that `DATABASE_URL` named, which `reset` does not touch. */
export function usesOutsideDatabase(dataFolder: string): boolean {
  return fs.existsSync(claimFile(dataFolder));
}

/** @throws StackError when the folder's data lie in an outside database, which only `DATABASE_URL` can name. */
export function requireEmbedded(dataFolder: string): void {
  if (!usesOutsideDatabase(dataFolder)) return;
  throw new StackError(
    "This folder has been used with the database of a DATABASE_URL; set DATABASE_URL to it again, or ./tanpu reset.",
  );
}

function writeClaim(dataFolder: string, claim: Claim): void {
  const file = claimFile(dataFolder);
  fs.writeFileSync(`${file}.new`, JSON.stringify(claim), { flush: true });
  fs.renameSync(`${file}.new`, file);
}

/**
 * Checks that the database of `DATABASE_URL` can be used and is this folder's own: an empty one is claimed at first
 * use, one that holds another folder's registry is left alone, and a folder never continues on another one.
 *
 * @throws StackError with one sentence; the URL holds a password and is not shown.
 */
export async function claimDatabase(dataFolder: string, databaseUrl: string): Promise<void> {
  const claim: Claim | undefined = usesOutsideDatabase(dataFolder)
    ? JSON.parse(fs.readFileSync(claimFile(dataFolder), "utf8"))
    : undefined;
  if (claim === undefined && fs.existsSync(path.join(dataFolder, "secrets", "postgres-password"))) {
    throw new StackError(
      "This folder has been used with its embedded database; unset DATABASE_URL, or ./tanpu reset.",
    );
  }
  const client = await connect(databaseUrl);
  try {
    await client.query("begin");
    // Two folders that claim one database at the same moment: the second finds the first one's id.
    await client.query("select pg_advisory_xact_lock(hashtext('tanpu folder'))");
    const found = await readId(client);
    if (found === undefined) await claimEmpty(dataFolder, client, claim);
    else if (found !== claim?.id) {
      throw new StackError(
        "The database of DATABASE_URL holds the registry of another folder; give this one a database of its own.",
      );
    }
    await client.query("commit");
    const id = found ?? (await readId(client)) ?? "";
    if (claim?.settled !== true) writeClaim(dataFolder, { id, settled: true });
  } catch (error) {
    throw databaseFailure(error, databaseUrl);
  } finally {
    await client.end().catch(() => {});
  }
}

async function connect(databaseUrl: string): Promise<pg.Client> {
  if (!URL.canParse(databaseUrl) || !/^postgres(ql)?:$/.test(new URL(databaseUrl).protocol)) {
    throw new StackError(
      "DATABASE_URL must be a URL such as postgres://user:password@host:5432/tanpu.",
    );
  }
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
  client.on("error", () => {});
  try {
    await client.connect();
    const shown = await client.query<{ version: string }>(
      "select current_setting('server_version_num') as version",
    );
    const version = Math.floor(Number(shown.rows[0]?.version) / 10_000);
    if (version < oldestVersion) {
      throw new StackError(
        `The database of DATABASE_URL is Postgres ${version}; ${oldestVersion} or newer is needed.`,
      );
    }
    return client;
  } catch (error) {
    await client.end().catch(() => {});
    throw databaseFailure(error, databaseUrl);
  }
}

async function readId(client: pg.Client): Promise<string | undefined> {
  const there = await client.query<{ there: string | null }>(
    "select to_regclass('public.tanpu_folder') as there",
  );
  if (there.rows[0]?.there === null) return undefined;
  const found = await client.query<{ id: string }>("select id from public.tanpu_folder");
  return found.rows[0]?.id;
}

/** The folder notes the id before the database does, so that a crash leaves no database whose folder nobody knows. */
async function claimEmpty(
  dataFolder: string,
  client: pg.Client,
  claim: Claim | undefined,
): Promise<void> {
  if (claim?.settled === true) {
    throw new StackError(
      "The database of DATABASE_URL is not the one this folder has been used with; use the former one, or ./tanpu reset.",
    );
  }
  const taken = await client.query<{ nspname: string }>(
    "select nspname from pg_namespace where nspname in ('app', 'intake', 'mirror')",
  );
  if (taken.rows[0] !== undefined) {
    throw new StackError(
      `The database of DATABASE_URL has a schema "${taken.rows[0].nspname}" that is not this folder's; give it an empty database.`,
    );
  }
  const id = claim?.id ?? randomUUID();
  if (claim === undefined) writeClaim(dataFolder, { id, settled: false });
  await client.query("create table if not exists public.tanpu_folder (id uuid primary key)");
  await client.query("insert into public.tanpu_folder (id) values ($1)", [id]);
}

const roleNames = "tanpu_api, tanpu_worker, tanpu_indexer";

/** Turns what Postgres or the way to it said into one sentence a person can act on; what is none of that is given back. */
export function databaseFailure(error: unknown, databaseUrl: string): unknown {
  if (error instanceof StackError) return error;
  const { message, code } = error as NodeJS.ErrnoException;
  const url = URL.canParse(databaseUrl) ? new URL(databaseUrl) : undefined;
  const user = decodeURIComponent(url?.username ?? "");
  const name = decodeURIComponent(url?.pathname.slice(1) ?? "");
  const of = "of DATABASE_URL";
  if (
    /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EHOST|ENETUNREACH)/.test(code ?? "") ||
    /timeout/.test(message)
  )
    return new StackError(`No Postgres answers at ${url?.host} (DATABASE_URL): is it running?`);
  if (code === "28P01" || code === "28000")
    return new StackError(`The Postgres ${of} does not let the user "${user}" in: ${message}.`);
  if (code === "3D000")
    return new StackError(`The server ${of} has no database "${name}"; create it first.`);
  if (code === "42501" && /role/.test(message)) {
    return new StackError(
      `The user "${user}" ${of} may not create or grant roles; let an administrator run once: ` +
        `create role tanpu_api nologin; create role tanpu_worker nologin; create role tanpu_indexer nologin; grant ${roleNames} to "${user}";`,
    );
  }
  if (code === "42501") {
    return new StackError(
      `The user "${user}" ${of} may not create tables and schemas in "${name}" (${message}); make it the database's owner.`,
    );
  }
  return error instanceof pg.DatabaseError || code !== undefined
    ? new StackError(`The database ${of} cannot be used: ${message || code}.`)
    : error;
}
