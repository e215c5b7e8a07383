// The drill of docs/backup.md: yesterday's `app` and `intake` in a new database, the mirror from the chain. Only
// where TANPU_TEST_DATABASE_URL names an operator's server, whose programs (pg_dump and so on) are then needed.
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import pg from "pg";
import { findPort } from "../../scripts/dev/ports.ts";
import { runLane } from "../../server/queue/lane.ts";
import { ACCOUNT, makeKeys, type ServedApi } from "../support/api.ts";
import { giveToServer, pgTool } from "../support/pgTools.ts";
import { reconcileRegistry } from "../support/reconciling.ts";
import { FINALITY, openRegistry, type RegistryChain } from "../support/registryChain.ts";
import { leaveDatabase, outsideServer, serveRegistry, takeRestored } from "../support/restored.ts";

const { TANPU_TEST_DATABASE_URL: serverUrl = "" } = process.env;

if (serverUrl !== "") {
  describe("a restore of yesterday's database", function () {
    this.timeout(240_000);
    const names: string[] = [];
    let folder: string;
    let yesterday: RegistryChain;
    let apis: ServedApi[] = [];
    let tokenId: string;
    /** Final before the backup, stored before and carried out after, stored and carried out after it. */
    let done: string;
    let waiting: string;
    let lost: string;
    let api: ServedApi;
    let enterprise: bigint;

    const onServer = async (text: string): Promise<void> => {
      const client = new pg.Client({ connectionString: serverUrl });
      await client.connect();
      await client.query(text).finally(() => client.end());
    };
    const urlOf = (name: string): string =>
      Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
    const addDatabase = async (): Promise<string> => {
      const name = `tanpu_backup_${process.pid}_${names.length}`;
      await onServer(`CREATE DATABASE ${name}`);
      names.push(name);
      return urlOf(name);
    };
    const serve = async (registry: RegistryChain): Promise<ServedApi> => {
      const served = await serveRegistry(registry);
      apis.push(served);
      return served;
    };
    const order = async (served: ServedApi, grams: string, id: string): Promise<string> => {
      const body = { tokenId, to: yesterday.accounts.enterprise, grams };
      const answer = await served.post("/v1/transfers", "applicant", body, { id });
      expect(answer.status, answer.text).to.equal(202);
      return id;
    };
    const carryOut = async (registry: RegistryChain): Promise<void> => {
      await runLane(registry.executeContext(), `account:${registry.accounts.applicant}`);
      await registry.mine();
      await registry.index();
    };

    before(async () => {
      folder = mkdtempSync(path.join(tmpdir(), "tanpu-backup-"));
      yesterday = await openRegistry({ database: outsideServer(await addDatabase()) });
      const owner = new pg.Pool({ connectionString: yesterday.databaseUrl, max: 1 });
      await makeKeys(owner, { ...ACCOUNT, ...yesterday.accounts });
      await owner.end();
      api = await serve(yesterday);
      tokenId = await yesterday.issueUnits(10_000_000n);
      done = await order(api, "1", randomUUID());
      await carryOut(yesterday);
      await yesterday.mine(FINALITY);
      await yesterday.index();
      waiting = await order(api, "20", randomUUID());
    });
    after(async () => {
      for (const served of apis) await served.close();
      apis = [];
      await yesterday?.close();
      for (const name of names) await onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      rmSync(folder, { recursive: true, force: true });
    });

    const take = (databaseUrl: string) => takeRestored(yesterday, folder, databaseUrl);

    async function expectAllOnce(restored: RegistryChain): Promise<void> {
      const served = await serve(restored);
      // The client repeats what it got no final answer to, under the same id.
      await order(served, "300", lost);
      for (let pass = 0; pass < 3; pass++) await carryOut(restored);
      await restored.mine(FINALITY);
      await restored.index();
      for (const [id, grams] of Object.entries({ [done]: "1", [waiting]: "20", [lost]: "300" })) {
        const first = await api.get(`/v1/operations/${id}`, { as: "applicant" });
        const again = await served.get(`/v1/operations/${id}`, { as: "applicant" });
        expect(again.json, grams).to.include({ state: "final" });
        expect(again.json.transactionHash).to.equal(first.json.transactionHash);
        expect(again.json.result).to.deep.include({ grams });
      }
      const conflict = await served.post(
        ...(["/v1/transfers", "applicant"] as const),
        { tokenId, to: restored.accounts.enterprise, grams: "301" },
        { id: lost },
      );
      expect(conflict.json).to.include({ code: "IDEMPOTENCY_KEY_CONFLICT" });
      expect(await restored.grams("enterprise")).to.equal(enterprise);
      const { differences } = await reconcileRegistry(restored);
      expect(differences).to.deep.equal([]);
    }

    it("from a dump loses no order, sends none twice, and repeats give the first result", async () => {
      const file = path.join(folder, "app.dump");
      await pgTool("pg_dump", ["-Fc", "-N", "mirror*", "-f", file, "-d", yesterday.databaseUrl]);
      const base = path.join(folder, "base");
      giveToServer(folder);
      const copy = ["-d", serverUrl, "-D", base, "-X", "stream", "-c", "fast"];
      await pgTool("pg_basebackup", copy, true);
      // Then life goes on, and the database is lost.
      lost = await order(api, "300", randomUUID());
      await carryOut(yesterday);
      await carryOut(yesterday);
      await yesterday.mine(FINALITY);
      await yesterday.index();
      enterprise = await yesterday.grams("enterprise");
      const databaseUrl = await addDatabase();
      await pgTool("pg_restore", ["--exit-on-error", "--no-owner", "-d", databaseUrl, file]);
      const restored = await take(databaseUrl);
      try {
        await expectAllOnce(restored);
      } finally {
        await leaveDatabase(restored);
      }
    });

    it("from a copy of the whole server does the same, and the copied mirror catches up", async () => {
      const base = path.join(folder, "base");
      const port = await findPort(folder, "restored");
      const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''`;
      const log = path.join(base, "restored.log");
      await pgTool("pg_ctl", ["-D", base, "-s", "-w", "-l", log, "-o", settings, "start"], true);
      try {
        const url = Object.assign(new URL(yesterday.databaseUrl), { port: String(port) });
        const restored = await take(url.href);
        try {
          await expectAllOnce(restored);
        } finally {
          await apis.pop()?.close();
          await leaveDatabase(restored);
        }
      } finally {
        await pgTool("pg_ctl", ["-D", base, "-s", "-m", "immediate", "stop"], true);
      }
    });
  });
}
