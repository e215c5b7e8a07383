import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { recordProcess } from "../../scripts/dev/processes.ts";
import { readConfig } from "../../server/platform/config.ts";
import { createLogger, withRequestId } from "../../server/platform/logger.ts";
import { makeDataFolder, removeDataFolder } from "../support/stackFolder.ts";

const repository = path.resolve(import.meta.dirname, "..", "..");

describe("the configuration", () => {
  const good = {
    DATABASE_URL: "postgres://a:secret@127.0.0.1:5432/tanpu",
    RPC_URL: "http://127.0.0.1:8545",
    TANPU_DATA: "/tmp/x",
  };

  it("names the variable that is missing or wrong and repeats no value", () => {
    const wrong: [Record<string, string>, RegExp][] = [
      [{ DATABASE_URL: "" }, /^The environment variable DATABASE_URL is not set\.$/],
      [{ DATABASE_URL: "mysql://a:secret@b/c" }, /DATABASE_URL must be a URL such as postgres:/],
      [{ RPC_URL: "nonsense" }, /RPC_URL must be a URL/],
      [{ PORT: "70000" }, /PORT must be a whole number from 0 to 65535/],
      [{ FINALITY_AGREEMENT: "0" }, /FINALITY_AGREEMENT must be a whole number/],
      [{ FINALITY_AGREEMENT: "2" }, /FINALITY_AGREEMENT asks for more nodes than RPC_URL names/],
      [{ FINALITY_BLOCKS: "-1" }, /FINALITY_BLOCKS must be a whole number/],
      [{ TANPU_MODE: "test" }, /TANPU_MODE must be production or demo/],
    ];
    for (const [change, sentence] of wrong) {
      expect(() => readConfig({ ...good, ...change })).throw(sentence);
      expect(() => readConfig({ ...good, ...change })).not.throw(/secret/);
    }
  });

  it("takes a blank variable as not set and fills the defaults", () => {
    const config = readConfig({ ...good, REDIS_URL: "", PORT: "" });
    expect(config).include({
      redisUrl: undefined,
      port: 0,
      mode: "production",
      finalityBlocks: 12,
    });
  });
});

describe("the logger", () => {
  it("redacts personal data at any depth and carries the request id", () => {
    const lines: string[] = [];
    const logger = createLogger({ role: "api" }, { write: (line: string) => lines.push(line) });
    withRequestId("request-1", () => {
      logger.info(
        { card: "C1", deep: [{ user_id: "U1", grams: 5n }], err: new Error("no") },
        "taken in",
      );
    });
    const line = JSON.parse(lines[0] ?? "{}");
    expect(line).include({
      role: "api",
      level: "info",
      requestId: "request-1",
      msg: "taken in",
      card: "[redacted]",
    });
    expect(line.deep).deep.equal([{ user_id: "[redacted]", grams: "5" }]);
    expect(line.err.message).equal("no");
    expect(lines.join()).not.match(/C1|U1/);
  });
});

describe("a crash point", () => {
  let folder: string;

  beforeEach(() => {
    folder = makeDataFolder();
  });

  afterEach(async () => {
    await removeDataFolder(folder);
  });

  /** Runs a process that passes the point `retired` twice beside a bystander recorded in the data folder. */
  async function passTwice(
    env: Record<string, string>,
    record = (pid: number): unknown => recordProcess(folder, "worker", pid),
  ): Promise<{ passes: number; signal: string | null; bystander: string | null }> {
    const bystander = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], {
      detached: true,
    });
    const gone = new Promise<string | null>((resolve) =>
      bystander.once("exit", (_code, signal) => resolve(signal)),
    );
    record(bystander.pid ?? 0);
    const program = `import { crashPoint } from ${JSON.stringify(path.join(repository, "server/platform/crashPoint.ts"))};
      for (let pass = 1; pass <= 2; pass++) { crashPoint("retired"); process.stdout.write("passed"); }`;
    const child = spawn(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "-e", program],
      {
        cwd: repository,
        env: { ...process.env, TANPU_DATA: folder, ...env },
      },
    );
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const signal = await new Promise<string | null>((resolve) =>
      child.once("close", (_code, end) => resolve(end)),
    );
    if (signal === null) bystander.kill("SIGTERM");
    return { passes: said.length / "passed".length, signal, bystander: await gone };
  }

  it("does nothing outside demo mode, and nothing at another name", async () => {
    const calm = { passes: 2, signal: null, bystander: "SIGTERM" };
    expect(await passTwice({ TANPU_CRASH_AT: "retired", TANPU_MODE: "production" })).deep.equal(
      calm,
    );
    expect(await passTwice({ TANPU_CRASH_AT: "certified", TANPU_MODE: "demo" })).deep.equal(calm);
  });

  it("spares a stranger that got the pid of a process recorded before a crash", async () => {
    const strange = (pid: number): void => {
      fs.mkdirSync(path.join(folder, "run"), { recursive: true });
      fs.writeFileSync(path.join(folder, "run", "worker.pid"), `${pid}\n1\n`);
    };
    const ended = new Promise((resolve) => setTimeout(resolve, 2_000)).then(() => "alive");
    const run = passTwice({ TANPU_CRASH_AT: "retired", TANPU_MODE: "demo" }, strange);
    expect(await Promise.race([run, ended])).equal("alive");
    const pid = Number.parseInt(
      fs.readFileSync(path.join(folder, "run", "worker.pid"), "utf8"),
      10,
    );
    process.kill(pid, "SIGTERM");
    expect(await run).deep.equal({ passes: 0, signal: "SIGKILL", bystander: "SIGTERM" });
  });

  it("kills itself and everything recorded at the pass it was told", async () => {
    const cut = { passes: 1, signal: "SIGKILL", bystander: "SIGKILL" };
    expect(await passTwice({ TANPU_CRASH_AT: "retired:2", TANPU_MODE: "demo" })).deep.equal(cut);
  });
});
