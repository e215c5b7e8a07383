import { expect } from "chai";
import { requireBlocks, startChain } from "../../scripts/dev/chain.ts";
import { recordedProcesses } from "../../scripts/dev/processes.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import {
  type HeldStack,
  holdStack,
  makeDataFolder,
  refusalOf,
  removeDataFolder,
  sql,
  stopHeld,
} from "../support/stackFolder.ts";

const roles = ["tanpu_api", "tanpu_worker", "tanpu_indexer"];

describe("a stack on parts that others run", function () {
  this.timeout(60_000);
  let server: TestDatabase;
  let dataFolder: string;
  const folders: string[] = [];

  before(async () => {
    server = await openTestDatabase();
  });
  after(() => server?.close());

  beforeEach(() => {
    dataFolder = newFolder();
  });
  afterEach(async () => {
    for (const folder of folders.splice(0)) await removeDataFolder(folder);
  });

  function newFolder(): string {
    const folder = makeDataFolder();
    folders.push(folder);
    return folder;
  }

  /** A user of the server with its own database; gives the URL by which it gets there. */
  async function addUser(name: string, rights = ""): Promise<string> {
    await server.owner.query(`create user ${name} password 'secret' ${rights}`);
    const url = new URL(await server.add(`${name}_db`));
    await server.owner.query(`alter database ${name}_db owner to ${name}`);
    url.username = name;
    url.password = "secret";
    return url.href;
  }

  const refusedFor = (env: Record<string, string>): Promise<string> => refusalOf(dataFolder, env);

  describe("is refused with one sentence", () => {
    it("when no Postgres answers, the password is wrong, or there is no such database", async () => {
      const good = new URL(server.databaseUrl);
      const changed = (change: Partial<URL>): string => Object.assign(new URL(good), change).href;
      expect(await refusedFor({ DATABASE_URL: changed({ port: "1" }) })).match(
        /^No Postgres answers at 127.0.0.1:1 \(DATABASE_URL\)/,
      );
      const wrong = await refusedFor({ DATABASE_URL: changed({ password: "hunter2" }) });
      expect(wrong).match(/does not let the user "tanpu" in: password authentication failed/);
      expect(wrong).not.contain("hunter2");
      expect(await refusedFor({ DATABASE_URL: changed({ pathname: "/nowhere" }) })).match(
        /has no database "nowhere"/,
      );
      expect(recordedProcesses(dataFolder)).deep.equal([]);
    });

    it("when the user may not create tables, or roles", async () => {
      await server.owner.query("create user guest password 'secret'");
      const guest = new URL(await server.add("guest_db"));
      Object.assign(guest, { username: "guest", password: "secret" });
      expect(await refusedFor({ DATABASE_URL: guest.href })).match(
        /"guest" of DATABASE_URL may not create tables and schemas in "guest_db"/,
      );
      const plain = await addUser("plain");
      expect(await refusedFor({ DATABASE_URL: plain })).match(
        /"plain" of DATABASE_URL may not create or grant roles; let an administrator run once: .*grant tanpu_api, .* to "plain";$/,
      );
      // What the sentence says is enough.
      await server.owner.query("grant tanpu_api, tanpu_worker, tanpu_indexer to plain");
      await stopHeld(await holdStack(dataFolder, { DATABASE_URL: plain }));
    });

    it("when no chain, or no Redis, answers", async () => {
      expect(await refusedFor({ RPC_URL: "http://127.0.0.1:2" })).match(
        /^No chain answers at 127.0.0.1:2 \(RPC_URL\): ECONNREFUSED/,
      );
      expect(await refusedFor({ REDIS_URL: "redis://127.0.0.1:2" })).match(
        /^No Redis answers at 127.0.0.1:2 \(REDIS_URL\): ECONNREFUSED/,
      );
    });

    it("when the chain makes no blocks by itself", async () => {
      const chain = await startChain(newFolder(), 12, () => {});
      const refusal = await requireBlocks(chain.url, 2).catch((error: Error) => error.message);
      await chain.stop();
      expect(refusal).match(/made no block in 2 seconds; it must make them by itself/);
    });

    it("when a URL is none", async () => {
      for (const name of ["DATABASE_URL", "RPC_URL", "REDIS_URL"]) {
        expect(await refusedFor({ [name]: "localhost" })).match(
          new RegExp(`^${name} must be a URL such as`),
        );
      }
    });

    it("when the database holds another folder's registry, or one of nobody", async () => {
      const DATABASE_URL = await server.add("taken");
      await stopHeld(await holdStack(newFolder(), { DATABASE_URL }));
      expect(await refusedFor({ DATABASE_URL })).match(/holds the registry of another folder/);
      expect(await refusedFor({ DATABASE_URL: server.databaseUrl })).match(
        /has a schema "\w+" that is not this folder's/,
      );
    });

    it("when the folder's own data lie in another database", async () => {
      const DATABASE_URL = await server.add("home");
      await stopHeld(await holdStack(dataFolder, { DATABASE_URL }));
      const empty = await server.add("abroad");
      expect(await refusedFor({ DATABASE_URL: empty })).match(
        /is not the one this folder has been/,
      );
      expect(await refusedFor({})).match(/used with the database of a DATABASE_URL/);
      expect(await sql(empty, "select nspname from pg_namespace where nspname = 'app'")).length(0);
      const embedded = newFolder();
      await stopHeld(await holdStack(embedded));
      expect(await refusalOf(embedded, { DATABASE_URL: empty })).match(
        /with its embedded database/,
      );
    });

    it("when the chain is not the former one, or has been begun again", async () => {
      const host = await holdStack(newFolder());
      const other = await holdStack(newFolder());
      const DATABASE_URL = await server.add("chained");
      await stopHeld(await holdStack(dataFolder, { DATABASE_URL, RPC_URL: host.rpcUrl }));
      expect(await refusedFor({ DATABASE_URL, RPC_URL: other.rpcUrl })).match(
        /is not the one this folder has been used with/,
      );
      expect(await refusedFor({ DATABASE_URL })).match(/used with the chain \d+ of an RPC_URL/);
      await markFinal(DATABASE_URL, `\\x${"11".repeat(32)}`);
      expect(await refusedFor({ DATABASE_URL, RPC_URL: host.rpcUrl })).match(
        /does not have block 0, which was final here/,
      );
    });
  });

  it("works for a user who may create roles but is no superuser, roles included", async () => {
    await dropRoles();
    const DATABASE_URL = await addUser("maker", "createrole");
    const held = await holdStack(dataFolder, { DATABASE_URL });
    for (const role of roles) {
      const [now] = await sql(`${DATABASE_URL}?options=-c%20role%3D${role}`, "select current_user");
      expect(now).deep.equal({ current_user: role });
    }
    await stopHeld(held);
  });

  it("sets two databases of one server up at the same moment, and resumes in each", async () => {
    await dropRoles();
    const urls = [await server.add("twin_a"), await server.add("twin_b")];
    const homes = [dataFolder, newFolder()];
    const start = (): Promise<HeldStack[]> =>
      Promise.all(urls.map((DATABASE_URL, k) => holdStack(homes[k] as string, { DATABASE_URL })));
    for (const held of await start()) await stopHeld(held);
    const again = await start();
    expect(again.map(({ databaseUrl }) => databaseUrl)).deep.equal(urls);
    for (const held of again) await stopHeld(held);
  });

  /** Writes what the indexer would have of a final block 0 with the given hash. */
  async function markFinal(url: string, hash: string): Promise<void> {
    await sql(
      url,
      "insert into mirror.block (number, hash, parent_hash, timestamp) values (0, $1::bytea, $1::bytea, 0)",
      [hash],
    );
    await sql(
      url,
      "insert into mirror.checkpoint (position, chain_id, first_block, block_number, block_hash, final_block) values (repeat('0', 32), 1, 0, 0, $1::bytea, 0)",
      [hash],
    );
  }

  /** As on a server that never had a registry. The roles have grants in several databases; each forgets them first. */
  async function dropRoles(): Promise<void> {
    const databases = await server.owner.query<{ datname: string }>(
      "select datname from pg_database where datallowconn and datname <> 'template1'",
    );
    for (const { datname } of databases.rows) {
      const url = server.databaseUrl.replace(/\/[^/]*$/, `/${datname}`);
      const known = await sql(url, "select rolname from pg_roles where rolname = any ($1)", [
        roles,
      ]);
      for (const { rolname } of known) await sql(url, `drop owned by ${rolname}`);
    }
    for (const role of roles) await server.owner.query(`drop role if exists ${role}`);
  }
});
