import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { id, type JsonRpcProvider, Wallet } from "ethers";
import { deployByIgnition, type IgnitionOptions } from "../../scripts/deploy/ignition.ts";
import { journalFile } from "../../scripts/deploy/journal.ts";
import type { Manifest } from "../../scripts/deploy/manifest.ts";
import { planOf, readPlanned } from "../../scripts/deploy/plan.ts";
import { httpTransport, type Transport } from "../../scripts/deploy/planProvider.ts";
import { chainAt } from "../../scripts/deploy.ts";
import { startAnvil } from "./anvil.ts";
import { instrumented } from "./support.ts";

class Cut extends Error {}

const DAY = 86_400;

describe("Deployment by Ignition", () => {
  if (instrumented) return;

  const OWNER = "0x00000000000000000000000000000000000a11ce";
  const OWNERSHIP = {
    owner: OWNER,
    timelock: null,
    ownerDelaySeconds: 7 * DAY,
    registrarDelaySeconds: 0,
  };
  let chain: Awaited<ReturnType<typeof startAnvil>>;
  let provider: JsonRpcProvider;
  let folder: string;
  let fresh: string;

  before(async () => {
    chain = await startAnvil();
    provider = chainAt(chain.rpcUrl);
    // What the owner's code does is its own matter; here it only has to be there.
    await provider.send("anvil_setCode", [OWNER, "0x00"]);
    fresh = await provider.send("evm_snapshot", []);
  });
  after(() => {
    provider.destroy();
    chain.stop();
  });
  beforeEach(async () => {
    await provider.send("evm_revert", [fresh]);
    fresh = await provider.send("evm_snapshot", []);
    folder = mkdtempSync(path.join(tmpdir(), "tanpu-deploy-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const deployer = new Wallet(id("deployer of the Ignition test"));

  const run = (changes: Partial<IgnitionOptions> = {}): Promise<Manifest> =>
    deployByIgnition({
      provider,
      transport: httpTransport(chain.rpcUrl),
      deployer,
      folder,
      ownership: OWNERSHIP,
      confirmations: 1,
      pollMilliseconds: 10,
      ...changes,
    });

  const refusalOf = (running: Promise<unknown>): Promise<Error> =>
    running.then(
      () => expect.fail("It was not refused."),
      (error: Error) => error,
    );

  async function planHere() {
    const facts = { deployer: deployer.address, firstNonce: 0, ownership: OWNERSHIP };
    return planOf(facts, await readPlanned(facts));
  }

  it("runs through, and what it wrote is what the plan says", async () => {
    const names: string[] = [];
    const manifest = await run({ onStep: (_k, _of, name) => names.push(name) });
    const plan = await planHere();
    expect(names).to.deep.equal(plan.steps.map(({ name }) => name));
    expect(await provider.getTransactionCount(deployer.address)).to.equal(plan.steps.length);
    for (const [name, { address }] of Object.entries(manifest.contracts)) {
      expect(address).to.equal(plan.addresses[name as keyof typeof plan.addresses]);
    }
    expect(JSON.parse(readFileSync(path.join(folder, "manifest.json"), "utf8"))).to.deep.equal(
      JSON.parse(JSON.stringify(manifest)),
    );
    expect(await run()).to.deep.equal(manifest);
    expect(await provider.getTransactionCount(deployer.address)).to.equal(plan.steps.length);
  });

  for (const [place, kind] of [
    ["announced and not signed", "sign"],
    ["signed and not sent", "send"],
    ["sent and not noted", "sent"],
    ["in a block and not confirmed", "mined"],
  ] as const) {
    it(`is taken up after a cut at every step where one is ${place}`, async function () {
      this.timeout(120_000);
      const { steps } = await planHere();
      for (let runs = 0; ; runs++) {
        expect(runs).to.be.lessThan(2 * steps.length);
        const ended = await run(dyingIn(kind)).catch((error: Error) => {
          expect(error, error.stack).to.be.instanceOf(Cut);
          return undefined;
        });
        if (ended) break;
      }
      expect(await provider.getTransactionCount(deployer.address)).to.equal(steps.length);
    });
  }

  /** Takes up what was cut, takes one step at most, and dies in the next one. */
  function dyingIn(kind: "sign" | "send" | "sent" | "mined"): Partial<IgnitionOptions> {
    const through = httpTransport(chain.rpcUrl);
    let sends = 0;
    const transport: Transport = async (method, params) => {
      const sending = method === "eth_sendRawTransaction";
      if (sending) sends++;
      if (kind === "send" && sending && sends === 2) throw new Cut();
      const answer = await through(method, params);
      if (kind === "sent" && sending && sends === 2) throw new Cut();
      if (kind === "mined" && method === "eth_getTransactionReceipt" && sends === 2)
        throw new Cut();
      return answer;
    };
    const signTransaction: typeof deployer.signTransaction = (transaction) => {
      if (kind === "sign" && sends === 1) return Promise.reject(new Cut());
      return deployer.signTransaction(transaction);
    };
    return { transport, deployer: { address: deployer.address, signTransaction } };
  }

  it("is taken up when the journal's last line is torn", async () => {
    await run(dyingIn("mined")).catch(() => undefined);
    const journal = readFileSync(journalFile(folder), "utf8");
    writeFileSync(journalFile(folder), journal.slice(0, -20));
    const manifest = await run();
    expect(manifest.plan.deployer).to.equal(deployer.address);
  });

  it("tries a step again that failed before it was sent", async () => {
    const through = httpTransport(chain.rpcUrl);
    let refused = 0;
    const transport: Transport = async (method, params) => {
      const simulates = method === "eth_estimateGas" || method === "eth_call";
      if (simulates && refused < 2) {
        refused++;
        throw Object.assign(new Error("execution reverted"), { data: "0x" });
      }
      return through(method, params);
    };
    await run({ transport });
    expect(refused).to.equal(2);
  });

  it("waits for confirmations on a chain that makes blocks by itself", async () => {
    await provider.send("evm_setIntervalMining", [1]);
    try {
      const { steps } = await planHere();
      let mined = 0;
      const ticking = setInterval(() => void provider.send("evm_mine", []), 20);
      await run({ confirmations: 3, onStep: () => mined++ }).finally(() => clearInterval(ticking));
      expect(mined).to.equal(steps.length);
    } finally {
      await provider.send("evm_setAutomine", [true]);
    }
  });

  it("is refused when a foreign transaction took a nonce, before or while it runs", async () => {
    const foreign = async () =>
      (await deployer.connect(provider).sendTransaction({ to: OWNER, gasPrice: 0n })).wait();
    let sends = 0;
    const through = httpTransport(chain.rpcUrl);
    const transport: Transport = async (method, params) => {
      if (method === "eth_sendRawTransaction" && ++sends === 3) await foreign();
      return through(method, params);
    };
    const whileItRuns = await refusalOf(run({ transport }));
    expect(whileItRuns.name, whileItRuns.stack).to.equal("DeploymentError");
    expect(whileItRuns.message).to.match(
      /^Nonce 2 of 0x\w+ was taken by a transaction that is not/,
    );
    expect(whileItRuns.message).to.contain("create sources");
    const later = await refusalOf(run());
    expect(later.message).to.equal(whileItRuns.message);

    rmSync(folder, { recursive: true });
    await run(dyingIn("mined")).catch(() => undefined);
    await foreign();
    expect((await refusalOf(run())).message).to.match(/^Nonce \d+ of 0x\w+ was taken/);
  });

  it("pays fees where there are some, and says so when it cannot", async () => {
    const dear = await startAnvil([]);
    const there = chainAt(dear.rpcUrl);
    try {
      await there.send("anvil_setCode", [OWNER, "0x00"]);
      const changes = { provider: there, transport: httpTransport(dear.rpcUrl) };
      const poor = await refusalOf(run(changes));
      expect(poor).to.include({ name: "DeploymentError" });
      expect(poor.message).to.contain(`fees that ${deployer.address} cannot pay`);
      await there.send("anvil_setBalance", [deployer.address, "0x8ac7230489e80000"]);
      const signTransaction = () => Promise.reject(new Cut());
      const dying = { ...changes, deployer: { address: deployer.address, signTransaction } };
      expect(await refusalOf(run(dying))).to.be.instanceOf(Cut);
      const manifest = await run(changes);
      expect(manifest.contracts.accessManager.creation).to.match(/^0x[0-9a-f]{64}$/);
    } finally {
      there.destroy();
      dear.stop();
    }
  });

  it("begins at the deployer's nonce, whatever it is", async () => {
    await (await deployer.connect(provider).sendTransaction({ to: OWNER, gasPrice: 0n })).wait();
    const manifest = await run();
    expect(manifest.plan.firstNonce).to.equal(1);
  });

  it("is refused by another chain, another key, another owner or other sources", async () => {
    await run(dyingIn("mined")).catch(() => undefined);
    const other = new Wallet(id("another deployer"));
    expect((await refusalOf(run({ deployer: other }))).message).to.contain("only that key");
    const ownership = { ...OWNERSHIP, ownerDelaySeconds: 1 };
    expect((await refusalOf(run({ ownership }))).message).to.contain("as it was begun");

    const begun = path.join(folder, "plan.json");
    const plan = JSON.parse(readFileSync(begun, "utf8"));
    writeFileSync(begun, JSON.stringify({ ...plan, genesisHash: id("another chain") }));
    expect((await refusalOf(run())).message).to.contain("was begun on another chain");
    writeFileSync(begun, JSON.stringify({ ...plan, stepsHash: id("other sources") }));
    expect((await refusalOf(run())).message).to.contain("was begun with other sources");
    writeFileSync(begun, JSON.stringify(plan));
    await run();
  });

  it("gives a chain that lost its newest blocks the same transactions again", async () => {
    const empty = await provider.send("evm_snapshot", []);
    const manifest = await run();
    await provider.send("evm_revert", [empty]);
    expect(await provider.getTransactionCount(deployer.address)).to.equal(0);
    expect((await run()).contracts).to.deep.equal(manifest.contracts);
  });
});
