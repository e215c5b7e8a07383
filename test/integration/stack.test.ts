import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Transaction, Wallet } from "ethers";
import { recordedProcesses } from "../../scripts/dev/processes.ts";
import { blockAt, rpc } from "../../scripts/dev/rpc.ts";
import {
  cutPower,
  type HeldStack,
  holdStack,
  makeDataFolder,
  removeDataFolder,
  runCli,
  sql,
  stopHeld,
} from "../support/stackFolder.ts";

/** A state with work in it is written after two seconds; after this long what is on it has been. */
const dumpedMilliseconds = 3_500;

/** A transaction of nobody in particular, as raw bytes; fees are zero, so the sender needs no balance. */
async function signTransaction(
  chainId: number,
  wallet: { address: string; privateKey: string },
  nonce: number,
) {
  const fields = { chainId, nonce, to: wallet.address, gasLimit: 30_000, gasPrice: 0, type: 0 };
  return new Wallet(wallet.privateKey).signTransaction(fields);
}

interface Receipt {
  readonly blockNumber: string;
  readonly status: string;
}

async function receiptOf(held: HeldStack, hash: string): Promise<Receipt> {
  for (let tries = 0; tries < 100; tries++) {
    const receipt = await rpc<Receipt | null>(held.rpcUrl, "eth_getTransactionReceipt", [hash]);
    if (receipt !== null) return receipt;
    await sleep(100);
  }
  throw new Error(`no receipt for ${hash}`);
}

const send = (held: HeldStack, raw: string): Promise<string> =>
  rpc<string>(held.rpcUrl, "eth_sendRawTransaction", [raw]);

const bytes = (hex: string): Buffer => Buffer.from(hex.slice(2), "hex");

/** Writes what the indexer would have written of the chain's blocks from 1 on. */
async function mirrorBlocks(held: HeldStack, raws: ReadonlyMap<string, string>): Promise<number> {
  const head = (await blockAt(held.rpcUrl, "latest"))?.number ?? 0;
  for (let height = 1; height <= head; height++) {
    const block = await rpc<{
      hash: string;
      parentHash: string;
      timestamp: string;
      transactions: string[];
    }>(held.rpcUrl, "eth_getBlockByNumber", [`0x${height.toString(16)}`, false]);
    await sql(
      held.databaseUrl,
      "insert into mirror.block (number, hash, parent_hash, timestamp) values ($1, $2, $3, $4) on conflict do nothing",
      [height, bytes(block.hash), bytes(block.parentHash), Number(block.timestamp)],
    );
    for (const [index, hash] of block.transactions.entries()) {
      const raw = raws.get(hash);
      const { from = "", nonce = 0 } = raw === undefined ? {} : Transaction.from(raw);
      await sql(
        held.databaseUrl,
        `insert into mirror.transaction (block_number, index, hash, signer, nonce, status, raw)
         values ($1, $2, $3, $4, $5, 1, $6) on conflict do nothing`,
        [
          height,
          index,
          bytes(hash),
          bytes(from ?? ""),
          nonce,
          raw === undefined ? null : bytes(raw),
        ],
      );
    }
  }
  return head;
}

/** Processes whose command line names the data folder, recorded or not. */
function runningWith(dataFolder: string): string[] {
  const shown = spawnSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" }).stdout ?? "";
  return shown.split("\n").filter((line) => line.includes(dataFolder));
}

describe("the embedded stack", () => {
  let dataFolder: string;

  beforeEach(() => {
    dataFolder = makeDataFolder();
  });

  afterEach(async () => {
    await removeDataFolder(dataFolder);
  });

  it("refuses a second start in the same folder with one sentence", async () => {
    const held = await holdStack(dataFolder);
    const second = await holdStack(dataFolder).catch((error: Error) => error);
    expect(second).instanceOf(Error);
    expect((second as Error).message).match(/already runs in this folder \(process \d+/);
    expect(await sql(held.databaseUrl, "select 1 as one")).deep.equal([{ one: 1 }]);
  });

  it("does not adopt a stranger that listens on a remembered port", async () => {
    const before = await holdStack(dataFolder);
    await stopHeld(before);
    const ports = JSON.parse(fs.readFileSync(path.join(dataFolder, "run", "ports.json"), "utf8"));
    const strangers = [ports.postgres, ports.chain].map((port) =>
      net.createServer((socket) => socket.destroy()).listen(port, "127.0.0.1"),
    );
    try {
      const after = await holdStack(dataFolder);
      expect(after.databaseUrl).not.contain(`:${ports.postgres}/`);
      expect(after.rpcUrl).not.contain(`:${ports.chain}`);
      expect(after.chainId).equal(before.chainId);
      expect(await sql(after.databaseUrl, "select 1 as one")).deep.equal([{ one: 1 }]);
    } finally {
      for (const stranger of strangers) stranger.close();
    }
  });

  it("refuses another chain behind RPC_URL than the folder has been used with", async () => {
    const own = await holdStack(dataFolder);
    const other = makeDataFolder();
    try {
      const stranger = await holdStack(other);
      await stopHeld(own);
      const { checkIdentity } = await import("../../scripts/dev/chain.ts");
      const refusal = await checkIdentity(dataFolder, stranger.rpcUrl).catch(
        (error: Error) => error.message,
      );
      expect(refusal).match(/is not the one this folder has been used with/);
    } finally {
      await removeDataFolder(other);
    }
  });

  it("leaves no process behind when the start itself is refused", async () => {
    await stopHeld(await holdStack(dataFolder));
    const identity = path.join(dataFolder, "chain", "identity.json");
    const known = JSON.parse(fs.readFileSync(identity, "utf8"));
    fs.writeFileSync(identity, JSON.stringify({ ...known, genesisHash: `0x${"00".repeat(32)}` }));
    const refusal = await holdStack(dataFolder).catch((error: Error) => error.message);
    expect(refusal).match(/is not the one this folder has been used with/);
    expect(recordedProcesses(dataFolder)).deep.equal([]);
    expect(runningWith(dataFolder)).deep.equal([]);
  });

  it("reuses its ports and takes only its own password", async () => {
    const before = await holdStack(dataFolder);
    await stopHeld(before);
    const after = await holdStack(dataFolder);
    expect(after.databaseUrl).equal(before.databaseUrl);
    expect(after.rpcUrl).equal(before.rpcUrl);
    const wrong = after.databaseUrl.replace(/tanpu:[0-9a-f]+@/, "tanpu:wrong@");
    const refusal = await sql(wrong, "select 1").catch((error: Error) => error.message);
    expect(refusal).match(/password authentication failed/);
    const [fsync] = await sql(after.databaseUrl, "show fsync");
    expect(fsync).deep.equal({ fsync: "on" });
  });

  it("leaves no process behind when only the parent is killed", async () => {
    const held = await holdStack(dataFolder);
    held.process.kill("SIGKILL");
    for (let tries = 0; tries < 150 && recordedProcesses(dataFolder).length > 0; tries++)
      await sleep(100);
    expect(recordedProcesses(dataFolder)).deep.equal([]);
  });

  it("keeps what was committed when everything is killed at once", async () => {
    const held = await holdStack(dataFolder);
    const wallet = Wallet.createRandom();
    const hash = await send(held, await signTransaction(held.chainId, wallet, 0));
    const receipt = await receiptOf(held, hash);
    await sleep(dumpedMilliseconds);
    await sql(held.databaseUrl, "create table kept (value int)");
    await sql(held.databaseUrl, "insert into kept values (42)");
    await cutPower(dataFolder);
    const again = await holdStack(dataFolder);
    expect(again.chainId).equal(held.chainId);
    expect(await sql(again.databaseUrl, "select value from kept")).deep.equal([{ value: 42 }]);
    expect((await receiptOf(again, hash)).blockNumber).equal(receipt.blockNumber);
  });

  it("takes the state kept last when the chain's own was cut off in the middle", async () => {
    const held = await holdStack(dataFolder);
    const wallet = Wallet.createRandom();
    const hash = await send(held, await signTransaction(held.chainId, wallet, 0));
    await receiptOf(held, hash);
    const copy = path.join(dataFolder, "chain", "kept.json");
    for (let tries = 0; tries < 150; tries++) {
      if (fs.existsSync(copy) && fs.readFileSync(copy, "utf8").includes(hash.slice(2))) break;
      await sleep(100);
    }
    await cutPower(dataFolder);
    const whole = fs.readFileSync(copy);
    fs.writeFileSync(
      path.join(dataFolder, "chain", "state.json"),
      whole.subarray(0, Math.floor(whole.length / 2)),
    );
    const again = await holdStack(dataFolder);
    expect((await receiptOf(again, hash)).status).equal("0x1");
  });

  it("gives the chain its lost tail again: same order, same timestamps, empty blocks too", async () => {
    const held = await holdStack(dataFolder);
    await sleep(dumpedMilliseconds);
    const state = path.join(dataFolder, "chain", "kept.json");
    const kept = fs.readFileSync(state, "utf8");
    const wallets = [Wallet.createRandom(), Wallet.createRandom()];
    const raws = new Map<string, string>();
    for (let nonce = 0; nonce < 2; nonce++) {
      for (const wallet of wallets) {
        const raw = await signTransaction(held.chainId, wallet, nonce);
        raws.set(Transaction.from(raw).hash ?? "", raw);
        await send(held, raw);
      }
      await sleep(1_300);
    }
    for (const hash of raws.keys()) await receiptOf(held, hash);
    const head = await mirrorBlocks(held, raws);
    const order = "select block_number, hash from mirror.transaction order by block_number, index";
    const before = await sql(held.databaseUrl, order);
    await cutPower(dataFolder);
    fs.writeFileSync(state, kept);

    const again = await holdStack(dataFolder);
    expect(again.replayed.transactions).equal(4);
    const blocks = await sql(
      again.databaseUrl,
      "select number, timestamp from mirror.block order by number",
    );
    expect(blocks.length).equal(head);
    for (const { number, timestamp } of blocks) {
      expect((await blockAt(again.rpcUrl, Number(number)))?.timestamp, `block ${number}`).equal(
        Number(timestamp),
      );
    }
    const after: { block_number: string; hash: Buffer }[] = [];
    for (let height = 1; height <= head; height++) {
      const block = await rpc<{ transactions: string[] }>(again.rpcUrl, "eth_getBlockByNumber", [
        `0x${height.toString(16)}`,
        false,
      ]);
      after.push(
        ...block.transactions.map((hash) => ({ block_number: String(height), hash: bytes(hash) })),
      );
    }
    expect(after).deep.equal(before);
    await sleep(1_500);
    const newest = await blockAt(again.rpcUrl, "latest");
    expect(newest?.timestamp).closeTo(Date.now() / 1000, 3);
  });

  it("refuses to go on when final blocks are lost, whose transactions are no longer kept", async () => {
    const held = await holdStack(dataFolder);
    const raw = await signTransaction(held.chainId, Wallet.createRandom(), 0);
    await receiptOf(held, await send(held, raw));
    await mirrorBlocks(held, new Map([[Transaction.from(raw).hash ?? "", raw]]));
    await sql(held.databaseUrl, "update mirror.transaction set raw = null");
    await cutPower(dataFolder);
    for (const name of fs.readdirSync(path.join(dataFolder, "chain"))) {
      if (/^(state|kept)/.test(name)) fs.rmSync(path.join(dataFolder, "chain", name));
    }
    const refusal = await holdStack(dataFolder).catch((error: Error) => error.message);
    expect(refusal).match(/The chain lost block \d+, which was final and cannot be replayed/);
    expect(recordedProcesses(dataFolder)).deep.equal([]);
  });

  it("gives a young chain everything again when no state was written yet", async () => {
    const held = await holdStack(dataFolder);
    const raw = await signTransaction(held.chainId, Wallet.createRandom(), 0);
    const hash = await send(held, raw);
    const before = await receiptOf(held, hash);
    await mirrorBlocks(held, new Map([[hash, raw]]));
    await sql(held.databaseUrl, "delete from mirror.block where number < $1", [
      Number(before.blockNumber),
    ]);
    const [mirrored] = await sql(
      held.databaseUrl,
      "select timestamp from mirror.block order by number limit 1",
    );
    await cutPower(dataFolder);
    for (const name of fs.readdirSync(path.join(dataFolder, "chain"))) {
      if (/^(state|kept)/.test(name)) fs.rmSync(path.join(dataFolder, "chain", name));
    }
    const again = await holdStack(dataFolder);
    const after = await receiptOf(again, hash);
    expect(after.blockNumber).equal(before.blockNumber);
    const block = await blockAt(again.rpcUrl, Number(after.blockNumber));
    expect(block?.timestamp).equal(Number(mirrored?.timestamp));
  });

  it("gets over a half-made database, a stale pid file and an orphan", async () => {
    fs.mkdirSync(path.join(dataFolder, "postgres", "data.new-1"), { recursive: true });
    fs.writeFileSync(path.join(dataFolder, "postgres", "data.new-1", "PG_VERSION"), "1");
    const held = await holdStack(dataFolder);
    await sql(held.databaseUrl, "create table kept (value int)");
    // The record of the server is lost, and its parent too: nobody but its own pid file knows it.
    fs.rmSync(path.join(dataFolder, "run", "postgres.pid"));
    for (const { pid, name } of recordedProcesses(dataFolder)) {
      if (name !== "postgres") process.kill(pid, "SIGKILL");
    }
    const again = await holdStack(dataFolder);
    expect(await sql(again.databaseUrl, "select * from kept")).deep.equal([]);
    await stopHeld(again);
    const pidFile = path.join(dataFolder, "postgres", "data", "postmaster.pid");
    fs.writeFileSync(pidFile, `${process.pid}\n`);
    const third = await holdStack(dataFolder);
    expect(await sql(third.databaseUrl, "select * from kept")).deep.equal([]);
  });
});

describe("the command line", () => {
  let dataFolder: string;

  beforeEach(() => {
    dataFolder = makeDataFolder();
  });

  afterEach(async () => {
    await removeDataFolder(dataFolder);
  });

  it("refuses what it does not know with exit code 2", async () => {
    for (const args of [
      ["frobnicate"],
      ["demo", "--frobnicate"],
      ["test", "frobnicate"],
      ["stop", "now"],
    ]) {
      const run = await runCli(dataFolder, args);
      expect(run.code, args.join(" ")).equal(2);
      expect(run.stderr.trim().split("\n"), args.join(" ")).length(1);
      expect(run.stdout).equal("");
    }
  });

  it("asks before it deletes local data, and never deletes a folder that is not ours or in use", async () => {
    fs.writeFileSync(path.join(dataFolder, "holiday.jpg"), "");
    const strange = await runCli(dataFolder, ["reset", "--yes"]);
    expect(strange.code).equal(1);
    expect(fs.existsSync(path.join(dataFolder, "holiday.jpg"))).equal(true);

    const held = await holdStack(dataFolder);
    expect((await runCli(dataFolder, ["reset", "--yes"])).stderr).match(/runs in this folder/);
    await stopHeld(held);
    for (const answer of ["", "no\n", "\n"]) {
      const refused = await runCli(dataFolder, ["reset"], answer);
      expect(refused.code, JSON.stringify(answer)).equal(1);
      expect(refused.stderr).match(/Nothing was deleted/);
      expect(fs.existsSync(path.join(dataFolder, "postgres", "data"))).equal(true);
    }
    expect((await runCli(dataFolder, ["reset"], "yes\n")).code).equal(0);
    expect(fs.existsSync(path.join(dataFolder, "postgres"))).equal(false);
    expect(fs.existsSync(path.join(dataFolder, "chain"))).equal(false);
  });

  it("stops a stack from another terminal", async () => {
    const held = await holdStack(dataFolder);
    const gone = new Promise((resolve) => held.process.once("exit", resolve));
    expect((await runCli(dataFolder, ["stop"])).code).equal(0);
    expect(await gone).equal(0);
    expect(recordedProcesses(dataFolder)).deep.equal([]);
  });
});
