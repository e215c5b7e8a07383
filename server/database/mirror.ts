import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { ClientBase } from "pg";

/** Name of the schema people read; shadows are built under another name and renamed. */
export const MIRROR = "mirror";

/** What was the mirror until another one took its place; dropped soon after. */
export const OLD_MIRROR = "mirror_old";

const definitionUrl = new URL("./mirror.sql", import.meta.url);

/** Tables and columns that a second indexing need not repeat: local clocks, undo rows, trimmed bytes. */
const LOCAL_TABLES = ["checkpoint", "undo"];
const LOCAL_COLUMNS = ["raw"];

/** One lock for all who create or rename mirror schemas; any number, but the same everywhere. */
const SCHEMA_LOCK = "tanpu mirror schema";

/** Quoting is not enough where the name replaces a word of the definition, so the form is narrow. */
function checkedName(schema: string): string {
  if (!/^mirror[a-z_]*$/.test(schema)) throw new RangeError(`not a mirror schema: ${schema}`);
  return schema;
}

/** Runs `work` in one transaction; what it throws rolls back and is thrown on. */
export async function inTransaction<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query("BEGIN");
  try {
    const result = await work();
    await client.query("COMMIT");
    return result;
  } catch (cause) {
    // The first error is the one worth telling; a lost connection cannot roll back and need not.
    await client.query("ROLLBACK").catch(() => undefined);
    throw cause;
  }
}

/**
 * Creates the schema with all tables, triggers and grants, empty. The schema's comment holds the hash
 * of the definition. Needs the owner of the database, not one of the roles.
 */
export async function createMirror(client: ClientBase, schema: string = MIRROR): Promise<void> {
  const definition = await readFile(definitionUrl, "utf8");
  await client.query(definition.replaceAll(/\bmirror\b/g, checkedName(schema)));
  await client.query(`COMMENT ON SCHEMA ${schema} IS '${definitionComment(definition)}'`);
}

export async function dropMirror(client: ClientBase, schema: string = MIRROR): Promise<void> {
  await client.query(`DROP SCHEMA IF EXISTS ${checkedName(schema)} CASCADE`);
}

function definitionComment(definition: string): string {
  return `definition ${createHash("sha256").update(definition).digest("hex")}`;
}

let known: { text: string; comment: string } | undefined;

/** The definition of this version, and the comment of the schemas that it made. Read once. */
export async function readMirrorDefinition(): Promise<{ text: string; comment: string }> {
  if (known === undefined) {
    const text = await readFile(definitionUrl, "utf8");
    known = { text, comment: definitionComment(text) };
  }
  return known;
}

/**
 * Makes sure that there is a mirror: created when it is missing. One that another version of mirror.sql made is left to
 * its readers; whoever fills mirrors builds the present form beside it. Safe to race.
 */
export async function ensureMirror(
  client: ClientBase,
): Promise<"present" | "created" | "outdated"> {
  const wanted = definitionComment(await readFile(definitionUrl, "utf8"));
  return inTransaction(client, async () => {
    await client.query("SELECT pg_advisory_xact_lock(hashtext($1))", [SCHEMA_LOCK]);
    const found = await client.query<{ comment: string | null }>(
      "SELECT obj_description(oid, 'pg_namespace') AS comment FROM pg_namespace WHERE nspname = $1",
      [MIRROR],
    );
    const present = found.rows[0];
    if (present) return present.comment === wanted ? "present" : "outdated";
    await createMirror(client);
    return "created";
  });
}

/** Puts a shadow in the place of the live mirror; must run inside a transaction. The old one is then OLD_MIRROR. */
export async function renameMirrors(client: ClientBase, shadow: string): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock(hashtext($1))", [SCHEMA_LOCK]);
  await client.query(`ALTER SCHEMA ${MIRROR} RENAME TO ${OLD_MIRROR}`);
  await client.query(`ALTER SCHEMA ${checkedName(shadow)} RENAME TO ${MIRROR}`);
}

/**
 * Adds the indexes by account, which a mirror lacks until it has come to the head; nothing where they are there. While
 * they are built the mirror is read as ever, but not written.
 */
export async function indexAccounts(client: ClientBase, schema: string = MIRROR): Promise<void> {
  const name = checkedName(schema);
  await client.query(`SELECT ${name}.index_accounts($1)`, [name]);
}

/**
 * Takes back everything that blocks above `lastBlock` wrote. Must run inside a transaction.
 * @returns how many row changes were taken back.
 */
export async function undoAbove(
  client: ClientBase,
  lastBlock: number,
  schema: string = MIRROR,
): Promise<number> {
  const undone = await client.query<{ undone: string }>(
    `SELECT ${checkedName(schema)}.undo_above($1, $2) AS undone`,
    [schema, lastBlock],
  );
  return Number(undone.rows[0]?.undone ?? 0);
}

/**
 * Forgets how to undo the blocks (after, last] and drops their raw transactions, because they are final
 * now. Must run inside the transaction that writes `last` to the checkpoint.
 */
export async function trimFinal(
  client: ClientBase,
  blocks: { after: number; last: number },
  schema: string = MIRROR,
): Promise<void> {
  const name = checkedName(schema);
  await client.query("SELECT set_config('tanpu.block', '', true)");
  await client.query(`DELETE FROM ${name}.undo WHERE block_number <= $1`, [blocks.last]);
  await client.query(
    `UPDATE ${name}.transaction SET raw = NULL
     WHERE block_number > $1 AND block_number <= $2 AND raw IS NOT NULL`,
    [blocks.after, blocks.last],
  );
}

/**
 * SHA-256 over the canonical rows of the mirror as they were at the end of block `atBlock`, tables by
 * name and rows by primary key: equal for everyone who indexed the same chain. Left out are local
 * clocks, sequences, undo rows and raw bytes. Everything happens in a transaction that is rolled back.
 * Throws a RangeError when the block is not mirrored, or is final and was followed by others.
 */
export async function mirrorDigest(
  client: ClientBase,
  atBlock: number,
  schema: string = MIRROR,
): Promise<string> {
  const name = checkedName(schema);
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
  try {
    // The lock comes before the snapshot, so that no block is applied between the two.
    await client.query(`LOCK TABLE ${name}.checkpoint IN EXCLUSIVE MODE`);
    await client.query("SET LOCAL bytea_output = 'hex'");
    const checkpoint = await client.query<{ block_number: string; final_block: string }>(
      `SELECT block_number, final_block FROM ${name}.checkpoint`,
    );
    const { block_number: last, final_block: final } = checkpoint.rows[0] ?? {};
    if (last === undefined || atBlock > Number(last) || atBlock < Number(final)) {
      throw new RangeError(
        `block ${atBlock} is not within the mirror's [${final ?? "none"}, ${last ?? "none"}]`,
      );
    }
    await undoAbove(client, atBlock, name);
    return await hashTables(client, name);
  } finally {
    await client.query("ROLLBACK");
  }
}

async function hashTables(client: ClientBase, schema: string): Promise<string> {
  const tables = await client.query<{ name: string; key: string }>(
    `SELECT c.relname AS name, string_agg(quote_ident(a.attname), ', ' ORDER BY k.place) AS key
     FROM pg_index i
     JOIN pg_class c ON c.oid = i.indrelid
     JOIN pg_namespace n ON n.oid = c.relnamespace
     CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(attnum, place)
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
     WHERE n.nspname = $1 AND i.indisprimary AND NOT c.relname = ANY ($2)
     GROUP BY c.relname ORDER BY c.relname COLLATE "C"`,
    [schema, LOCAL_TABLES],
  );
  const hash = createHash("sha256").update("tanpu-mirror/1\n");
  for (const table of tables.rows) {
    hash.update(`# ${table.name}\n`);
    await client.query(
      `DECLARE canonical NO SCROLL CURSOR FOR
       SELECT (to_jsonb(t) - '{${LOCAL_COLUMNS.join(",")}}'::text[])::text AS line
       FROM ${schema}.${table.name} t ORDER BY ${table.key}`,
    );
    for (;;) {
      const lines = await client.query<{ line: string }>("FETCH 5000 FROM canonical");
      for (const { line } of lines.rows) hash.update(`${line}\n`);
      if (lines.rows.length === 0) break;
    }
    await client.query("CLOSE canonical");
  }
  return hash.digest("hex");
}
