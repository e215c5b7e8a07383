// The drill of docs/backup.md to a point in time: a base copy and the archive of the WAL, played back to the moment
// before a mistake. Only where TANPU_TEST_DATABASE_URL says that an operator's Postgres is at hand: its programs make a
// server of their own here, because archiving is a setting of the whole server.
import { randomUUID } from "node:crypto";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import pg from "pg";
import { findPort } from "../../scripts/dev/ports.ts";
import { runLane } from "../../server/queue/lane.ts";
import { ACCOUNT, makeKeys, type ServedApi } from "../support/api.ts";
import { giveToServer, pgTool } from "../support/pgTools.ts";
import { reconcileRegistry } from "../support/reconciling.ts";
import { FINALITY, openRegistry, type RegistryChain } from "../support/registryChain.ts";
import { leaveDatabase, outsideServer, serveRegistry, takeRestored } from "../support/restored.ts";

if (process.env.TANPU_TEST_DATABASE_URL) {
  describe("a restore to a point in time", function () {
    this.timeout(240_000);
    let folder: string;
    let port: number;
    let live: RegistryChain;
    let api: ServedApi;
    let tokenId: string;
    const running = new Set<string>();

    const place = (name: string): string => path.join(folder, name);
    const urlOf = (database: string): string => `postgres://operator@127.0.0.1:${port}/${database}`;
    const start = async (name: string): Promise<void> => {
      const log = place(`${name}.log`);
      await pgTool("pg_ctl", ["-D", place(name), "-s", "-w", "-l", log, "start"], true);
      running.add(name);
    };
    const stop = async (name: string): Promise<void> => {
      if (!running.delete(name)) return;
      await pgTool("pg_ctl", ["-D", place(name), "-s", "-m", "immediate", "stop"], true);
    };
    const ask = async <Row extends pg.QueryResultRow>(text: string): Promise<Row> => {
      const client = new pg.Client({ connectionString: urlOf("postgres") });
      await client.connect();
      const { rows } = await client.query<Row>(text).finally(() => client.end());
      return rows[0] as Row;
    };
    const order = async (
      served: ServedApi,
      grams: string,
      id: string = randomUUID(),
    ): Promise<string> => {
      const body = { tokenId, to: live.accounts.enterprise, grams };
      const answer = await served.post("/v1/transfers", "applicant", body, { id });
      expect(answer.status, answer.text).to.equal(202);
      return id;
    };
    const carryOut = async (registry: RegistryChain): Promise<void> => {
      await runLane(registry.executeContext(), `account:${registry.accounts.applicant}`);
      await registry.mine(FINALITY);
      await registry.index();
    };
    const resultOf = async (served: ServedApi, id: string) => {
      const { json } = await served.get(`/v1/operations/${id}`, { as: "applicant" });
      return { state: json.state, transactionHash: json.transactionHash, result: json.result };
    };
    const isStored = async (registry: RegistryChain, id: string): Promise<boolean> =>
      (await registry.query("SELECT FROM app.operation WHERE id = $1", [id])).length === 1;

    /** Settings as an operator would write them: every finished piece of the WAL is copied away. */
    function archive(): void {
      const copied = `cp "%p" "${place("wal")}/%f"`;
      appendFileSync(
        path.join(place("live"), "postgresql.conf"),
        `\nport = ${port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''
archive_mode = on\narchive_command = '${copied}'\n`,
      );
    }

    before(async () => {
      folder = mkdtempSync(path.join(tmpdir(), "tanpu pitr "));
      port = await findPort(folder, "postgres");
      for (const name of ["live", "wal"]) mkdirSync(place(name), { mode: 0o700 });
      giveToServer(folder);
      const made = ["-D", place("live"), "-U", "operator", "-A", "trust", "-E", "UTF8"];
      await pgTool("initdb", [...made, "--locale=C"], true);
      archive();
      await start("live");
      await ask("CREATE DATABASE registry");
      live = await openRegistry({ database: outsideServer(urlOf("registry")) });
      const owner = new pg.Pool({ connectionString: live.databaseUrl, max: 1 });
      await makeKeys(owner, { ...ACCOUNT, ...live.accounts });
      await owner.end();
      api = await serveRegistry(live);
      tokenId = await live.issueUnits(10_000_000n);
    });
    after(async () => {
      live?.chainProcess.kill("SIGKILL");
      for (const name of [...running]) await stop(name);
      if (live) rmSync(live.folder, { recursive: true, force: true });
      rmSync(folder, { recursive: true, force: true });
    });

    it("brings back what was ordered until then, and repeats give the first result", async () => {
      const first = await order(api, "1");
      await carryOut(live);
      const copy = ["-d", urlOf("postgres"), "-D", place("base"), "-X", "none", "-c", "fast"];
      await pgTool("pg_basebackup", [...copy, "--no-manifest"], true);
      // Only the archive knows of these two: one carried out, one that waits.
      const kept = await order(api, "20");
      await carryOut(live);
      const waiting = await order(api, "300");
      const { moment } = await ask<{ moment: string }>("SELECT clock_timestamp()::text AS moment");
      await sleep(20);
      // The mistake, and an order that was carried out after it.
      await live.query("CREATE TABLE app.mistake AS SELECT 1 AS one");
      const lost = await order(api, "4000");
      await carryOut(live);
      await carryOut(live);
      const told = new Map<string, unknown>();
      for (const id of [first, kept, waiting, lost]) told.set(id, await resultOf(api, id));
      expect(told.get(lost)).to.include({ state: "final" });
      const grams = await live.grams("enterprise");
      const { segment } = await ask<{ segment: string }>(
        "SELECT pg_walfile_name(pg_switch_wal()) AS segment",
      );
      for (let tries = 0; !readdirSync(place("wal")).includes(segment); tries++) {
        expect(tries, `${segment} is not archived`).to.be.lessThan(400);
        await sleep(50);
      }
      await api.close();
      await leaveDatabase(live);
      await stop("live");

      appendFileSync(
        path.join(place("base"), "postgresql.conf"),
        `\nrestore_command = 'cp "${place("wal")}/%f" "%p"'\nrecovery_target_time = '${moment}'
recovery_target_action = 'promote'\narchive_mode = off\n`,
      );
      writeFileSync(path.join(place("base"), "recovery.signal"), "");
      giveToServer(place("base"));
      await start("base");
      for (;;) {
        const { still } = await ask<{ still: boolean }>("SELECT pg_is_in_recovery() AS still");
        if (!still) break;
        await sleep(50);
      }

      const restored = await takeRestored(live, folder, urlOf("registry"));
      const served = await serveRegistry(restored);
      try {
        const [mistake] = await restored.query<{ there: boolean }>(
          "SELECT to_regclass('app.mistake') IS NOT NULL AS there",
        );
        expect(mistake?.there, "the mistake is undone").to.equal(false);
        for (const id of [first, kept, waiting])
          expect(await isStored(restored, id)).to.equal(true);
        expect(await isStored(restored, lost), "what came after is not there").to.equal(false);
        await order(served, "4000", lost);
        for (let pass = 0; pass < 3; pass++) await carryOut(restored);
        for (const [id, result] of told) {
          expect(await resultOf(served, id)).to.deep.equal(result);
        }
        expect(await restored.grams("enterprise"), "moved once").to.equal(grams);
        expect((await reconcileRegistry(restored)).differences).to.deep.equal([]);
      } finally {
        await served.close();
        await leaveDatabase(restored);
      }
    });
  });
}
