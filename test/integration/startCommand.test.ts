import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { recordedProcesses } from "../../scripts/dev/processes.ts";
import { partyEnvironment } from "../../scripts/dev/registry.ts";
import { makeDataFolder, removeDataFolder, runCli } from "../support/stackFolder.ts";

const root = path.resolve(import.meta.dirname, "..", "..");
const operator = `0x${"0a".repeat(20)}`;

describe("./tanpu start", function () {
  this.timeout(90_000);
  let dataFolder: string;

  beforeEach(() => {
    dataFolder = makeDataFolder();
  });
  afterEach(async () => {
    await removeDataFolder(dataFolder);
  });

  /** As a demonstration leaves it: the mode is settled and the operator has an account. */
  function leaveDemo(): void {
    fs.writeFileSync(path.join(dataFolder, "mode"), "demo\n");
    fs.mkdirSync(path.join(dataFolder, "secrets"));
    fs.writeFileSync(
      path.join(dataFolder, "secrets", "parties.json"),
      JSON.stringify({ operator }),
    );
  }

  it("relays reviewers' statements by the operator's account, where the folder has one", async () => {
    expect(await partyEnvironment(dataFolder)).to.deep.equal({});
    leaveDemo();
    expect(await partyEnvironment(dataFolder)).to.deep.equal({ RELAY_ACCOUNT: operator });
  });

  it("serves a demonstration's folder in its mode and leaves nothing running", async () => {
    leaveDemo();
    const { DATABASE_URL: _d, RPC_URL: _r, REDIS_URL: _q, PORT: _p, ...env } = process.env;
    const child = spawn(
      process.execPath,
      ["--import", "tsx", path.join(root, "scripts/cli.ts"), "start"],
      { cwd: root, env: { ...env, TANPU_DATA: dataFolder }, stdio: ["ignore", "ignore", "pipe"] },
    );
    const gone = new Promise<number | null>((resolve) => child.once("exit", resolve));
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    for (let tries = 0; !said.includes("serves at") && tries < 600; tries++) {
      expect(child.exitCode, said).to.equal(null);
      await sleep(100);
    }
    expect(said).to.contain("This folder holds a demonstration");
    const url = /serves at (http:\S+)/.exec(said)?.[1];
    for (let tries = 0; !(await fetch(`${url}/ready`)).ok && tries < 100; tries++) await sleep(100);
    expect((await fetch(`${url}/ready`)).status).to.equal(200);
    expect((await runCli(dataFolder, ["stop"])).code).to.equal(0);
    expect(await gone).to.equal(0);
    expect(recordedProcesses(dataFolder)).to.deep.equal([]);
  });
});
