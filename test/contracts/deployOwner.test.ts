import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { Contract, Interface, id, type JsonRpcProvider, Wallet, ZeroAddress } from "ethers";
import { type ContractName, readArtifact } from "../../scripts/deploy/artifacts.ts";
import { runDeploy } from "../../scripts/deploy/commands.ts";
import { parseConfig } from "../../scripts/deploy/config.ts";
import type { Manifest } from "../../scripts/deploy/manifest.ts";
import { RESTRICTED, ROLES } from "../../scripts/deploy/plan.ts";
import { chainAt, checkDeployed } from "../../scripts/deploy.ts";
import { prepareRegistry } from "../../scripts/dev/registry.ts";
import { startAnvil } from "./anvil.ts";
import { instrumented } from "./support.ts";

const ROOT = path.resolve(import.meta.dirname, "..", "..");
const OWNER = "0x00000000000000000000000000000000000A11cE";

const refusalOf = (running: () => unknown): Promise<Error> =>
  Promise.resolve()
    .then(running)
    .then(
      () => expect.fail("It was not refused."),
      (error: Error) => error,
    );

describe("Configuration of a deployment", () => {
  const text = (owner: string, rest = "") => `
chainId: 31337
deployer: "${OWNER}"
owner: ${owner}
delays: { ownerSeconds: 604800, registrarSeconds: 0 }
${rest}`;

  it("is refused with the field that is wrong", async () => {
    for (const [wrong, field] of [
      [text("{}"), "owner: names either an address or a timelock"],
      [
        text(
          `{ address: "${OWNER}", timelock: { delaySeconds: 1, proposers: ["${OWNER}"], executors: ["${OWNER}"] } }`,
        ),
        "owner: names either",
      ],
      [text('{ address: "0x12" }'), "owner.address: is no address"],
      [text(`{ address: "${OWNER}" }`, "confirmations: 0"), "confirmations:"],
      [text(`{ address: "${OWNER}" }`, "gas: 1"), "the file: Unrecognized key"],
      ["chainId: [", "is no YAML"],
    ] as const) {
      const error = await refusalOf(() => parseConfig(wrong, "config.yaml"));
      expect(error).to.include({ name: "DeploymentError" });
      expect(error.message).to.contain(field);
    }
  });

  it("takes the sample", () => {
    const sample = readFileSync(path.join(ROOT, "deployments", "sample.yaml"), "utf8");
    const config = parseConfig(sample, "sample.yaml");
    expect(config.ownership.timelock).to.equal(null);
    expect(config.ownership.ownerDelaySeconds).to.equal(604_800);
    expect(config.ownerWithoutCode).to.equal(false);
  });

  it("names every function that the sources restrict", () => {
    const sources = readdirSync(path.join(ROOT, "contracts"), { recursive: true })
      .map(String)
      .filter((name) => name.endsWith(".sol") && !/^(mocks|interfaces)/.test(name));
    const restricted = sources.flatMap((name) => {
      const source = readFileSync(path.join(ROOT, "contracts", name), "utf8");
      return [...source.matchAll(/function (\w+)\([^)]*\)[^{;]*\brestricted\b[^{;]*\{/g)].map(
        ([, called]) => called ?? "",
      );
    });
    const planned = Object.values(RESTRICTED).flatMap((targets) => Object.values(targets).flat());
    expect([...restricted].sort()).to.deep.equal([...planned].sort());
  });
});

describe("Owner of a deployed registry", () => {
  if (instrumented) return;

  const deployer = new Wallet(id("deployer of the owner test"));
  let chain: Awaited<ReturnType<typeof startAnvil>>;
  let provider: JsonRpcProvider;
  let room: string;
  let manifest: Manifest;

  before(async () => {
    chain = await startAnvil();
    provider = chainAt(chain.rpcUrl);
    room = mkdtempSync(path.join(tmpdir(), "tanpu-owner-"));
    writeFileSync(path.join(room, "key"), `${deployer.privateKey}\n`);
  });
  after(() => {
    provider.destroy();
    chain.stop();
    rmSync(room, { recursive: true, force: true });
  });

  function config(changes: { chainId?: number; owner?: string; deployer?: string } = {}): string {
    const file = path.join(room, "config.yaml");
    writeFileSync(
      file,
      `chainId: ${changes.chainId ?? 31337}
deployer: "${changes.deployer ?? deployer.address}"
owner: ${changes.owner ?? `{ address: "${OWNER}" }`}
delays: { ownerSeconds: 604800, registrarSeconds: 60 }
confirmations: 1
`,
    );
    return file;
  }

  const command = (configFile: string) => ({
    configFile,
    dataFolder: path.join(room, "data"),
    rpcUrl: chain.rpcUrl,
    keyFile: path.join(room, "key"),
    folder: path.join(room, "deployment"),
    pollMilliseconds: 10,
    say: () => undefined,
  });

  it("needs code, unless the configuration says otherwise", async () => {
    const error = await refusalOf(() => runDeploy(command(config())));
    expect(error).to.include({ name: "DeploymentError" });
    expect(error.message).to.contain("has no code on this chain");
    expect(await provider.getTransactionCount(deployer.address)).to.equal(0);
  });

  it("gets nothing on another chain, by another key or without a chain", async () => {
    await provider.send("anvil_setCode", [OWNER, "0x00"]);
    const message = async (of: Parameters<typeof runDeploy>[0]) =>
      (await refusalOf(() => runDeploy(of))).message;
    expect(await message(command(config({ chainId: 5 })))).to.contain("is meant for the chain 5");
    expect(await message(command(config({ deployer: OWNER })))).to.contain("but the deployer is");
    expect(await message({ ...command(config()), rpcUrl: undefined })).to.contain("RPC_URL");
    expect(await message({ ...command(config()), rpcUrl: "http://127.0.0.1:1" })).to.match(
      /^No chain answers at 127\.0\.0\.1:1/,
    );
    expect(await message({ ...command(config()), rpcUrl: "ftp://x" })).to.contain("must be a URL");
    const noKey = { ...command(config()), keyFile: path.join(room, "config.yaml") };
    expect(await message(noKey)).to.contain("holds no private key");
    expect(await message({ ...command(config()), keyFile: undefined })).to.contain("key");
    expect(await message(command(path.join(room, "none")))).to.contain("cannot be read");
    expect(await provider.getTransactionCount(deployer.address)).to.equal(0);
  });

  it("holds every role with its delay; the deployer can do nothing any more", async () => {
    manifest = await runDeploy(command(config()));
    const manager = new Contract(
      manifest.contracts.accessManager.address,
      (await readArtifact("accessManager")).abi,
      provider,
    );
    const held = async (role: bigint, account: string) =>
      [...(await manager.getFunction("hasRole")(role, account))] as [boolean, bigint];
    expect(await held(ROLES.admin, OWNER)).to.deep.equal([true, 604_800n]);
    expect(await held(ROLES.registrar, OWNER)).to.deep.equal([true, 60n]);
    expect(await held(ROLES.issuerKeeper, OWNER)).to.deep.equal([true, 604_800n]);

    const of = { from: deployer.address };
    const self = manifest.contracts.accessManager.address;
    const target = manifest.contracts.programmes.address;
    const acts: [string, unknown[]][] = [
      ["grantRole", [0, deployer.address, 0]],
      ["grantRole", [1, deployer.address, 0]],
      ["grantRole", [2, deployer.address, 0]],
      ["revokeRole", [0, OWNER]],
      ["labelRole", [1, "x"]],
      ["setRoleAdmin", [1, 2]],
      ["setRoleGuardian", [1, 2]],
      ["setGrantDelay", [1, 0]],
      ["setTargetAdminDelay", [target, 0]],
      ["setTargetFunctionRole", [target, ["0x12345678"], 0]],
      ["setTargetClosed", [target, true]],
      ["updateAuthority", [target, deployer.address]],
    ];
    for (const [call, args] of acts) {
      const data = manager.interface.encodeFunctionData(call, args);
      for (const tried of [
        () => manager.getFunction(call).staticCall(...args, of),
        () => manager.getFunction("schedule").staticCall(self, data, 0, of),
        () => manager.getFunction("execute").staticCall(self, data, of),
      ]) {
        expect((await refusalOf(tried)).message, call).to.match(/revert|Unauthorized/);
      }
    }
    await deployerCallsEverythingRestricted(of);
  });

  async function deployerCallsEverythingRestricted(of: { from: string }): Promise<void> {
    const zeroOf = (type: string): unknown =>
      type === "address" ? ZeroAddress : type === "bytes32" ? id("") : 1;
    for (const [name, calls] of Object.values(RESTRICTED).flatMap((targets) =>
      Object.entries(targets),
    )) {
      const face = Interface.from((await readArtifact(name as ContractName)).abi);
      const { address } = manifest.contracts[name as ContractName];
      for (const call of calls) {
        const args = face.getFunction(call)?.inputs.map(({ type }) => zeroOf(type)) ?? [];
        const data = face.encodeFunctionData(call, args);
        const error = await refusalOf(() => provider.call({ to: address, data, ...of }));
        expect((error as Error & { data?: string }).data?.slice(0, 10), call).to.equal(
          id("AccessManagedUnauthorized(address)").slice(0, 10),
        );
      }
    }
  }

  it("is served from the published manifest, without the deployer's key", async () => {
    const dataFolder = path.join(room, "data");
    const served = JSON.parse(
      readFileSync(path.join(dataFolder, "published", "manifest.json"), "utf8"),
    );
    expect(served).to.deep.equal(JSON.parse(JSON.stringify(manifest)));
    expect(await checkDeployed(chain.rpcUrl, served)).to.equal(served);
    process.env.KEYSTORE_PASSPHRASE_FILE = path.join(room, "key");
    try {
      const prepared = await prepareRegistry({ dataFolder, rpcUrl: chain.rpcUrl });
      expect(prepared.manifest).to.deep.equal(served);
    } finally {
      delete process.env.KEYSTORE_PASSPHRASE_FILE;
    }
    const contracts = { ...served.contracts };
    contracts.issuance = { ...contracts.issuance, codeHash: id("other") };
    const error = await refusalOf(() => checkDeployed(chain.rpcUrl, { ...served, contracts }));
    expect(error).to.include({ name: "DeploymentError" });
  });

  it("gets a registry by ./tanpu deploy that was killed again and again", async function () {
    this.timeout(120_000);
    const killed = new Wallet(id("deployer that is killed"));
    writeFileSync(path.join(room, "key"), killed.privateKey);
    const file = config({ deployer: killed.address });
    // The command writes into the repository's own folder, so the test calls what is behind it.
    const script = `
      const { runDeploy } = await import("./scripts/deploy/commands.ts");
      await runDeploy({
        configFile: ${JSON.stringify(file)}, dataFolder: ${JSON.stringify(path.join(room, "data2"))},
        rpcUrl: ${JSON.stringify(chain.rpcUrl)}, keyFile: ${JSON.stringify(path.join(room, "key"))},
        folder: ${JSON.stringify(path.join(room, "killed"))}, pollMilliseconds: 10,
        say: (text) => process.stdout.write(text + "\\n"),
      });`;
    let kills = 0;
    for (let steps = 2; ; steps += 3) {
      const child = spawn(
        process.execPath,
        ["--import", "tsx", "--input-type=module", "--eval", script],
        { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] },
      );
      let taken = 0;
      child.stdout.on("data", (data: Buffer) => {
        taken += data.toString().split("Contracts:").length - 1;
        if (taken >= steps) child.kill("SIGKILL");
      });
      const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
        child.once("exit", (...how) => resolve(how));
      });
      if (signal === null) {
        expect(code).to.equal(0);
        break;
      }
      kills++;
    }
    expect(kills).to.be.greaterThan(2);
    const text = readFileSync(path.join(room, "killed", "manifest.json"), "utf8");
    expect((JSON.parse(text) as Manifest).plan.deployer).to.equal(killed.address);
  });
});
