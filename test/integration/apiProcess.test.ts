import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { makeDataFolder, removeDataFolder } from "../support/stackFolder.ts";

const root = path.resolve(import.meta.dirname, "..", "..");

/** The exit code and everything a process wrote, or what it wrote until its ready line. */
type Outcome = { code: number | null; lines: Record<string, unknown>[]; child: ChildProcess };

function start(environment: Record<string, string>): Promise<Outcome> {
  const { DATABASE_URL: _database, KEYS_FILE: _keys, ...rest } = process.env;
  const child = spawn(
    process.execPath,
    ["--import", "tsx", path.join(root, "server/main/api.ts")],
    {
      cwd: root,
      env: { ...rest, RPC_URL: "http://127.0.0.1:1", PORT: "0", ...environment },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const lines: Record<string, unknown>[] = [];
  return new Promise((resolve) => {
    let rest = "";
    child.stdout.on("data", (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split("\n");
      rest = parts.pop() ?? "";
      lines.push(...parts.filter((line) => line !== "").map((line) => JSON.parse(line)));
      if (lines.some(({ msg }) => msg === "ready")) resolve({ code: null, lines, child });
    });
    child.once("close", (code) => resolve({ code, lines, child }));
  });
}

describe("the API's process", () => {
  let database: TestDatabase;
  let dataFolder: string;

  before(async function () {
    this.timeout(60_000);
    database = await openTestDatabase();
    dataFolder = makeDataFolder();
  });

  after(async () => {
    await database?.close();
    await removeDataFolder(dataFolder);
  });

  it("does not start without its database, and names the variable", async () => {
    const { code, lines } = await start({ TANPU_DATA: dataFolder });
    expect(code).to.equal(1);
    expect(String(lines.at(-1)?.msg)).to.contain("DATABASE_URL");
  });

  it("refuses the published keys outside demo mode", async () => {
    const { code, lines } = await start({
      DATABASE_URL: database.databaseUrl,
      TANPU_DATA: dataFolder,
      TANPU_MODE: "production",
      KEYS_FILE: path.join(root, "data/samples/demo-keys.json"),
    });
    expect(code).to.equal(1);
    expect(String(lines.at(-1)?.msg)).to.contain("demonstration keys");
  });

  it("finds a port, writes it down, answers, and ends in order", async () => {
    const { child } = await start({
      DATABASE_URL: database.databaseUrl,
      TANPU_DATA: dataFolder,
      TANPU_MODE: "demo",
    });
    const { url } = JSON.parse(readFileSync(path.join(dataFolder, "run", "api.json"), "utf8"));
    expect((await fetch(`${url}/health`)).status).to.equal(200);
    const ready = await fetch(`${url}/ready`);
    expect(ready.status, "the mirror was never written").to.equal(503);
    const closed = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGTERM");
    expect(await closed).to.equal(0);
  });
});
