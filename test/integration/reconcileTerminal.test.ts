import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { takeFolder } from "../../scripts/dev/owner.ts";
import { manifestOf, whileTampered } from "../support/reconciling.ts";
import { openRegistry, type RegistryChain } from "../support/registryChain.ts";

const root = path.resolve(import.meta.dirname, "..", "..");

describe("./tanpu reconcile", function () {
  this.timeout(120_000);
  let registry: RegistryChain;

  before(async () => {
    registry = await openRegistry();
    await registry.issueUnits(100_000_000n);
    const data = path.join(registry.folder, "terminal");
    mkdirSync(path.join(data, "published"), { recursive: true });
    writeFileSync(
      path.join(data, "published", "manifest.json"),
      JSON.stringify(manifestOf(registry)),
    );
    takeFolder(data);
  });
  after(() => registry?.close());

  /** What `./tanpu reconcile` ends with and prints. */
  function atTheTerminal(rpcUrl = registry.rpcUrl): Promise<{ code: number | null; said: string }> {
    const data = path.join(registry.folder, "terminal");
    const child = spawn(process.execPath, ["--import", "tsx", "scripts/cli.ts", "reconcile"], {
      cwd: root,
      env: {
        ...process.env,
        TANPU_DATA: data,
        DATABASE_URL: registry.databaseUrl,
        RPC_URL: rpcUrl,
      },
    });
    let said = "";
    child.stdout.on("data", (bytes: Buffer) => {
      said += bytes.toString();
    });
    return new Promise((resolve) => child.once("close", (code) => resolve({ code, said })));
  }

  it("ends with 2 when the chain cannot be asked", async () => {
    expect(await atTheTerminal("http://127.0.0.1:9")).to.deep.equal({ code: 2, said: "" });
  });

  it("ends with 1 and prints each difference with both sides", async () => {
    const change = "UPDATE mirror.holding SET grams = 99999";
    const { code, said } = await whileTampered(registry, "holding", change, () => atTheTerminal());
    expect(said).to.match(
      /^balance 0x[0-9a-f]{64} of 0x[0-9a-f]{40}\n {2}mirror {2}99999\n {2}chain {3}100000$/m,
    );
    expect(said).to.match(/\n2 differences\.\n$/);
    expect(code).to.equal(1);
  });

  it("names transactions of operations that this database has forgotten, and ends with 0", async () => {
    const change =
      "UPDATE mirror.transaction SET operation_id = gen_random_uuid() WHERE operation_id IS NOT NULL AND nonce = 0";
    const { code, said } = await whileTampered(registry, "transaction", change, () =>
      atTheTerminal(),
    );
    expect(said).to.match(/^unknown operation [0-9a-f-]{36}\n {2}block \d+, transaction 0x/m);
    expect(said).to.match(/\n\d+ transactions carry an operation's id .*\n0 differences\.\n$/);
    expect(code).to.equal(0);
  });

  it("ends with 0 and says what was compared", async () => {
    const { code, said } = await atTheTerminal();
    expect(said).to.match(/calls at the block: balance 1, .* act 0, .*\n0 differences\.\n$/);
    expect(code).to.equal(0);
  });
});
