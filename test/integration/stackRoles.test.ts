import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { recordedProcesses } from "../../scripts/dev/processes.ts";
import { Role } from "../../scripts/dev/roles.ts";
import { makeDataFolder, removeDataFolder } from "../support/stackFolder.ts";

const repository = path.resolve(import.meta.dirname, "..", "..");

const readyLine = `process.stdout.write(JSON.stringify({ msg: "ready", role: "api" }) + "\\n");`;

describe("the supervisor of the roles", () => {
  let folder: string;
  let said: string[];

  /** A role whose program is the given text. */
  function roleThat(program: string): Role {
    fs.mkdirSync(path.join(folder, "server", "main"), { recursive: true });
    fs.symlinkSync(path.join(repository, "node_modules"), path.join(folder, "node_modules"));
    fs.writeFileSync(path.join(folder, "server", "main", "api.ts"), program);
    return new Role("api", {
      root: folder,
      dataFolder: folder,
      env: process.env,
      onProgress: (text) => said.push(text),
    });
  }

  beforeEach(() => {
    folder = makeDataFolder();
    said = [];
  });

  afterEach(async () => {
    await removeDataFolder(folder);
  });

  it("shows the last log lines of a role that ends before it is ready", async () => {
    const role = roleThat(`console.log("the database said no"); process.exit(3);`);
    const refusal = await role.start().catch((error: Error) => error.message);
    expect(refusal).match(/The api ended with 3 before it was ready/);
    expect(refusal).contain("the database said no");
    await sleep(800);
    expect(recordedProcesses(folder)).deep.equal([]);
  });

  it("starts a role again that was killed, and not one that was stopped", async () => {
    const role = roleThat(`${readyLine} setInterval(() => {}, 1000);`);
    await role.start();
    const [first] = recordedProcesses(folder);
    process.kill(first?.pid ?? 0, "SIGKILL");
    for (let tries = 0; tries < 100; tries++) {
      const [now] = recordedProcesses(folder);
      if (now !== undefined && now.pid !== first?.pid) break;
      await sleep(50);
    }
    const [second] = recordedProcesses(folder);
    expect(second?.pid).not.equal(undefined);
    expect(second?.pid).not.equal(first?.pid);
    expect(said.join()).match(/The api ended with SIGKILL; starting it again in 0.5 s/);
    await role.stop();
    await sleep(700);
    expect(recordedProcesses(folder)).deep.equal([]);
  });
});
