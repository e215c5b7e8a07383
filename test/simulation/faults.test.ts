import { expect } from "chai";
import pg from "pg";
import { openWorld, type RegistryWorld } from "../../scripts/bench/registryWorld.ts";
import { readJson } from "../../scripts/dev/registry.ts";
import { rpc } from "../../scripts/dev/rpc.ts";
import { runReconcile } from "../../scripts/reconcile.ts";
import { interfaces } from "../../server/chain/contracts.ts";
import { operationIdOf } from "../../server/chain/operationTag.ts";
import { makeDataFolder, removeDataFolder } from "../support/stackFolder.ts";
import { Orders } from "./faultsOrders.ts";
import { FaultStage, PARTS } from "./faultsStage.ts";
import { FaultTrees } from "./faultsTrees.ts";
import { Random } from "./random.ts";

const DEEP = process.env.TANPU_DEEP === "1";
const COMMANDS = DEEP ? 2_000 : 60;
const KILLS = DEEP ? 60 : PARTS.length;
const SEED = process.env.TANPU_SEED ?? "tanpu-faults-1";
const CLIENTS = 8;
const HAPPENED = new Set(["included", "final"]);

describe("commands under kill -9 of every part", function () {
  this.timeout(DEEP ? 5_400_000 : 300_000);
  let dataFolder: string;
  let stage: FaultStage;
  let world: RegistryWorld;
  let forest: FaultTrees;

  before(async () => {
    dataFolder = makeDataFolder();
    stage = await FaultStage.open(dataFolder);
    forest = await FaultTrees.make();
    const { trees } = forest;
    world = await openWorld(stage.stack, { accounts: 6, outsiders: 2, grams: 10n ** 9n, trees });
    await stage.startRoles();
  });
  after(async () => {
    await stage?.close();
    await removeDataFolder(dataFolder);
  });

  const balanceOf = async (account: string): Promise<bigint> => {
    const { contracts } = world.deployment;
    const data = interfaces.reductionToken.encodeFunctionData("balanceOf", [
      account,
      world.tokenId,
    ]);
    const call = { to: contracts.reductionToken, data };
    return BigInt(await rpc<string>(stage.stack.rpcUrl, "eth_call", [call, "latest"]));
  };

  /** Operations that a transaction of the chain carried out, as often as it did. */
  const carriedOut = async (): Promise<Map<string, number>> => {
    const { rpcUrl } = stage.stack;
    const times = new Map<string, number>();
    const head = Number(await rpc<string>(rpcUrl, "eth_blockNumber"));
    type Block = { transactions: { hash: string; input: string }[] };
    for (let number = 0; number <= head; number++) {
      const params = [`0x${number.toString(16)}`, true];
      for (const { hash, input } of (await rpc<Block>(rpcUrl, "eth_getBlockByNumber", params))
        .transactions) {
        const id = operationIdOf(input);
        if (id === null) continue;
        const receipt = await rpc<{ status: string }>(rpcUrl, "eth_getTransactionReceipt", [hash]);
        if (receipt.status === "0x1") times.set(id, (times.get(id) ?? 0) + 1);
      }
    }
    return times;
  };

  it(`ends each of ${COMMANDS} commands once, over ${KILLS} kills (${SEED})`, async () => {
    const orders = new Orders(stage, world, forest);
    const addresses = [
      ...world.accounts.map(({ address }) => address),
      ...world.outsiders.map(({ address }) => address.toLowerCase()),
    ];
    const balances = new Map<string, bigint>();
    for (const address of addresses) balances.set(address, await balanceOf(address));

    let next = 0;
    const random = new Random(SEED);
    const client = async (): Promise<void> => {
      while (next < COMMANDS) {
        next += 1;
        await orders.any(random);
      }
    };
    const killer = async (): Promise<void> => {
      const chance = new Random(`${SEED} kills`);
      for (let kill = 0; kill < KILLS; kill++) {
        const from = Math.floor(((kill + 1) * COMMANDS) / (KILLS + 1));
        while (next < from) await new Promise((resolve) => setTimeout(resolve, 20));
        // Every part once, then any.
        const part = PARTS[kill < PARTS.length ? kill : chance.below(PARTS.length)];
        if (part) await stage.kill(part);
      }
    };
    await Promise.all([killer(), ...Array.from({ length: CLIENTS }, client)]);

    await orders.settle();
    const states = new Map<string, string>();
    for (const { id, from } of orders.made) {
      const account = world.accounts.find(({ address }) => address === from);
      if (account) states.set(id, (await orders.ended(account, id)).state);
    }
    const times = await carriedOut();
    for (const { id, kind, from, to, grams } of [...orders.made, ...orders.intents]) {
      const state = kind === "intent" ? "included" : (states.get(id) ?? "unknown");
      if (kind !== "intent") {
        expect(times.get(id) ?? 0, `${kind} ${id} is ${state}`).to.equal(
          HAPPENED.has(state) ? 1 : 0,
        );
      }
      if (!HAPPENED.has(state)) continue;
      balances.set(from, (balances.get(from) ?? 0n) - grams);
      if (to) balances.set(to, (balances.get(to) ?? 0n) + grams);
    }
    for (const [address, grams] of balances) {
      expect(await balanceOf(address), address).to.equal(grams);
    }
    await expectChallenged(orders.challenges);
    await expectReconciled();
    // That all of it was tried at all.
    expect([...stage.killed]).to.include.members([...PARTS]);
    expect(orders.made.map(({ kind }) => kind)).to.include.members([
      "transfer",
      "retire",
      "certify",
    ]);
    expect([...states.values()]).to.include("refused");
    const { demand, within, across } = orders.challenges;
    const tried = DEEP ? [demand, within, across] : [demand + within + across];
    expect(Math.min(orders.intents.length, ...tried)).to.be.greaterThan(0);
  });

  /** Every demand stands, and every duplicate that was proved is deducted from its request, once. */
  async function expectChallenged({ demand, within, across }: Orders["challenges"]): Promise<void> {
    const { contracts } = world.deployment;
    const ask = async (contract: "doubleCount" | "issuance", name: string, values: unknown[]) => {
      const data = interfaces[contract].encodeFunctionData(name, values);
      const call = [{ to: contracts[contract], data }, "latest"];
      const answer = await rpc<string>(stage.stack.rpcUrl, "eth_call", call);
      return interfaces[contract].decodeFunctionResult(name, answer)[0];
    };
    expect(Number(await ask("doubleCount", "demandCount", []))).to.equal(demand);
    const deducted = world.undecided.map(async ({ requestId }) =>
      Number((await ask("issuance", "requestOf", [requestId])).deductedLeaves),
    );
    expect(await Promise.all(deducted)).to.deep.equal([within, 0, across]);
  }

  async function expectReconciled(): Promise<void> {
    const { databaseUrl, rpcUrl } = stage.stack;
    const manifest = await readJson(`${dataFolder}/published/manifest.json`);
    const result = await runReconcile({ databaseUrl, rpcUrl, manifest });
    expect(result.differences).to.deep.equal([]);
    const mirror = new pg.Client({ connectionString: databaseUrl });
    await mirror.connect();
    try {
      const open = await mirror.query("SELECT FROM app.open_operation");
      expect(open.rowCount).to.equal(0);
    } finally {
      await mirror.end();
    }
  }
});
