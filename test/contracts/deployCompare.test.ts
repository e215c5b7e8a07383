import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { Contract, Interface, id, type JsonRpcProvider, Wallet, ZeroAddress } from "ethers";
import { readArtifact } from "../../scripts/deploy/artifacts.ts";
import { runCompare } from "../../scripts/deploy/commands.ts";
import { type Comparison, compare, hardhatChain } from "../../scripts/deploy/compare.ts";
import { deployByIgnition } from "../../scripts/deploy/ignition.ts";
import type { Manifest } from "../../scripts/deploy/manifest.ts";
import { httpTransport } from "../../scripts/deploy/planProvider.ts";
import { chainAt, deploy } from "../../scripts/deploy.ts";
import { startAnvil } from "./anvil.ts";
import { instrumented } from "./support.ts";

describe("Comparison of a chain with sources and manifest", () => {
  if (instrumented) return;

  const deployer = new Wallet(id("deployer of the comparison test"));
  const other = new Wallet(id("another account of the comparison test"));
  let chain: Awaited<ReturnType<typeof startAnvil>>;
  let provider: JsonRpcProvider;
  let folder: string;
  let manifest: Manifest;

  before(async () => {
    chain = await startAnvil();
    provider = chainAt(chain.rpcUrl);
    folder = mkdtempSync(path.join(tmpdir(), "tanpu-compare-"));
    manifest = await deploy({ rpcUrl: chain.rpcUrl, deployer });
  });
  after(() => {
    provider.destroy();
    chain.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const compared = (of: Manifest = manifest): Promise<Comparison> =>
    compare({ provider, manifest: of, emptyChain: hardhatChain });

  /** Does something to the chain, looks, and undoes it. */
  async function having(change: () => Promise<unknown>, of: Manifest = manifest) {
    const before = await provider.send("evm_snapshot", []);
    await change();
    const found = await compared(of);
    await provider.send("evm_revert", [before]);
    return found;
  }

  const manager = async (signer = deployer) =>
    new Contract(
      manifest.contracts.accessManager.address,
      (await readArtifact("accessManager")).abi,
      signer.connect(provider),
    );

  it("names the contract and the first byte that differs", async () => {
    const { address } = manifest.contracts.issuance;
    const code = await provider.getCode(address);
    const at = 1_000;
    const byte = code.slice(2 + 2 * at, 4 + 2 * at) === "00" ? "01" : "00";
    const changed = `${code.slice(0, 2 + 2 * at)}${byte}${code.slice(4 + 2 * at)}`;
    const found = await having(() => provider.send("anvil_setCode", [address, changed]));
    expect(found.equal).to.equal(false);
    const [row, ...rest] = found.contracts.filter(({ equal }) => !equal);
    expect(rest).to.deep.equal([]);
    expect(row).to.include({ contract: "issuance", address, firstDifference: at });
    expect(found.manifest[0]).to.contain("The code of issuance has another hash");

    const short = await having(() => provider.send("anvil_setCode", [address, code.slice(0, -2)]));
    expect(short.contracts.find(({ equal }) => !equal)?.firstDifference).to.equal(
      (code.length - 4) / 2,
    );
    const none = await having(() => provider.send("anvil_setCode", [address, "0x"]));
    expect(none.contracts.find(({ equal }) => !equal)?.firstDifference).to.equal(0);
  });

  it("sees an immutable that differs in one bit", async () => {
    const { address } = manifest.contracts.certificate;
    const code = await provider.getCode(address);
    const token = manifest.contracts.reductionToken.address.slice(2).toLowerCase();
    expect(code).to.contain(token);
    const swapped = code.replace(token, other.address.slice(2).toLowerCase());
    const found = await having(() => provider.send("anvil_setCode", [address, swapped]));
    expect(found.contracts.filter(({ equal }) => !equal).map((row) => row.contract)).to.deep.equal([
      "certificate",
    ]);
  });

  it("sees a constructor that did more than its sources say", async () => {
    const { address } = manifest.contracts.sources;
    const forged = { ...manifest, contracts: { ...manifest.contracts } };
    // The same runtime code, put there by another creation.
    const code = await provider.getCode(address);
    const init = `0x61${(code.length / 2 - 1).toString(16).padStart(4, "0")}80600a3d393df3${code.slice(2)}`;
    const sent = await other.connect(provider).sendTransaction({ data: init, gasPrice: 0n });
    expect(await provider.getCode((await sent.wait())?.contractAddress ?? "")).to.equal(code);
    forged.contracts.sources = { ...forged.contracts.sources, creation: sent.hash };
    const seen = await compared(forged);
    // A hash that is not the deployer's is worth nothing; the true one is found in the blocks.
    expect(seen.equal).to.equal(true);
    const deployedBlock = await provider.getBlockNumber();
    const unseen = await compared({ ...manifest, deployedBlock });
    expect(unseen.equal).to.equal(false);
    expect(unseen.contracts[0]?.creation).to.equal("not shown by the node");
    const plan = { ...manifest.plan };
    const lied = transactionOf(plan.deployer);
    const found = await compare({
      provider: lied,
      manifest,
      emptyChain: hardhatChain,
    }).finally(() => lied.destroy());
    expect(found.contracts.map(({ creation }) => creation)).to.include("differs");
    expect(found.equal).to.equal(false);
  });

  /** A view of the chain in which the deployer's creations carried one byte more. */
  function transactionOf(deployerAddress: string): JsonRpcProvider {
    const view = chainAt(chain.rpcUrl);
    const send = view.send.bind(view);
    view.send = async (method, params) => {
      const answer = await send(method, params);
      const whole = method === "eth_getBlockByNumber" && (params as unknown[])[1] === true;
      if (!whole) return answer;
      const transactions = answer.transactions.map((one: { from: string; input: string }) =>
        one.from.toLowerCase() === deployerAddress.toLowerCase()
          ? { ...one, input: `${one.input}00` }
          : one,
      );
      return { ...answer, transactions };
    };
    return view;
  }

  it("names an admin, a registrar and a function's role that nobody planned", async () => {
    const found = await having(async () => {
      const roles = await manager();
      const send = async (call: string, ...args: unknown[]) =>
        (await roles.getFunction(call).send(...args, { gasPrice: 0n })).wait();
      await send("grantRole", 0, other.address, 5);
      await send("revokeRole", 1, deployer.address);
      await send("setTargetFunctionRole", manifest.contracts.programmes.address, ["0x12345678"], 9);
      await send("setTargetClosed", manifest.contracts.sources.address, true);
      await send("setRoleGuardian", 1, 7);
      await send("setRoleAdmin", 1, 7);
      await send("setGrantDelay", 1, 9);
    });
    expect(found.contracts.every(({ equal }) => equal)).to.equal(true);
    expect(found.equal).to.equal(false);
    const lines = found.governance.map(({ what, planned }) => `${planned ? "-" : "+"} ${what}`);
    expect(lines).to.include.members([
      `+ admin ${other.address} after 5 s`,
      `- registrar ${deployer.address} after 0 s`,
      "+ role 9 may call programmes.0x12345678",
      "+ sources is closed",
      "+ registrar is guarded by role 7",
      "+ registrar is granted by role 7",
    ]);
  });

  it("names a further issuer until the manifest does", async () => {
    const { sources, reductionToken, issuance } = manifest.contracts;
    const face = new Interface(["function addIssuer(address)", "function closeIssuer(address)"]);
    const succeed = async () => {
      for (const [to, call, issuer] of [
        [sources.address, "addIssuer", other.address],
        [reductionToken.address, "addIssuer", other.address],
        [sources.address, "closeIssuer", issuance.address],
      ] as const) {
        const data = face.encodeFunctionData(call, [issuer]);
        const sent = await deployer.connect(provider).sendTransaction({ to, data, gasPrice: 0n });
        await sent.wait();
      }
    };
    const found = await having(succeed);
    expect(found.governance.map(({ what }) => what)).to.deep.equal([
      `reductionToken admitted ${other.address}`,
      `sources admitted ${other.address}`,
      `sources closed ${issuance.address}`,
    ]);
    const told = { issuers: [other.address], closedIssuers: [issuance.address] };
    expect((await having(succeed, { ...manifest, ...told })).equal).to.equal(true);
  });

  it("is refused for another chain or a manifest of before", async () => {
    const refusal = (of: Manifest) =>
      compared(of).then(
        () => expect.fail("It was not refused."),
        (error: Error) => error.message,
      );
    expect(await refusal({ ...manifest, genesisHash: id("other") })).to.contain("another chain");
    const { plan: _, ...old } = manifest;
    expect(await refusal(old as Manifest)).to.contain("too old");
  });

  it("tells a manifest that lies about address, hash or plan", async () => {
    const contracts = { ...manifest.contracts };
    contracts.sources = { ...contracts.sources, address: other.address };
    contracts.programmes = { ...contracts.programmes, codeHash: id("other") };
    const found = await compared({ ...manifest, contracts });
    expect(found.equal).to.equal(false);
    expect(found.manifest.length).to.equal(2);
    const plan = { ...manifest.plan, firstNonce: 1 };
    expect((await compared({ ...manifest, plan })).equal).to.equal(false);
  });

  it("finds the embedded stack's registry equal, immutables and all, and says so", async () => {
    const found = await compared();
    expect(found.governance).to.deep.equal([]);
    expect(found.manifest).to.deep.equal([]);
    expect(found.contracts.map(({ equal }) => equal)).to.not.include(false);
    expect(found.equal).to.equal(true);

    const manifestFile = path.join(folder, "manifest.json");
    writeFileSync(manifestFile, JSON.stringify(manifest));
    const printed: string[] = [];
    const command = {
      manifestFile,
      json: true,
      dataFolder: folder,
      rpcUrl: chain.rpcUrl,
      print: (text: string) => printed.push(text),
    };
    expect(await runCompare(command)).to.equal(0);
    expect(JSON.parse(printed[0] ?? "")).to.include({ equal: true });
    expect(await runCompare({ ...command, json: false })).to.equal(0);
    expect(printed.at(-1)).to.match(/is the one these sources make\.$/);
    const lying = { ...manifest, contracts: { ...manifest.contracts } };
    lying.contracts.sources = { ...lying.contracts.sources, codeHash: id("other") };
    writeFileSync(manifestFile, JSON.stringify(lying));
    expect(await runCompare({ ...command, json: false })).to.equal(1);
  });

  it("finds an operator's registry with its timelock equal", async () => {
    const ownership = {
      owner: null,
      timelock: { delaySeconds: 60, proposers: [other.address], executors: [ZeroAddress] },
      ownerDelaySeconds: 30,
      registrarDelaySeconds: 5,
    };
    const operators = await deployByIgnition({
      provider,
      transport: httpTransport(chain.rpcUrl),
      deployer: other,
      folder: path.join(folder, "operator"),
      ownership,
      confirmations: 1,
      pollMilliseconds: 10,
    });
    const found = await compared(operators);
    expect(found.governance).to.deep.equal([]);
    expect(found.contracts.map(({ contract }) => contract)).to.include("timelock");
    expect(found.equal).to.equal(true);
  });
});
