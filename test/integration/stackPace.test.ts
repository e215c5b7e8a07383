import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Wallet } from "ethers";
import { type EmbeddedChain, startChain } from "../../scripts/dev/chain.ts";
import { keepPace, type Pace } from "../../scripts/dev/chainPace.ts";
import { blockAt, rpc } from "../../scripts/dev/rpc.ts";
import { makeDataFolder, removeDataFolder } from "../support/stackFolder.ts";

const finalityBlocks = 12;

describe("the pace of the embedded chain", () => {
  let dataFolder: string;
  let chain: EmbeddedChain;
  let pace: Pace;

  beforeEach(async () => {
    dataFolder = makeDataFolder();
    chain = await startChain(dataFolder, finalityBlocks, () => {});
    await rpc(chain.url, "evm_setIntervalMining", [1]);
    pace = keepPace(dataFolder, chain.url, finalityBlocks, 3);
  });
  afterEach(async () => {
    await pace?.end();
    await chain?.stop();
    await removeDataFolder(dataFolder);
  });

  const height = async (): Promise<number> => (await blockAt(chain.url, "latest"))?.number ?? -1;

  async function send(): Promise<string> {
    const wallet = Wallet.createRandom();
    const fields = { chainId: chain.chainId, nonce: 0, to: wallet.address, gasPrice: 0, type: 0 };
    const raw = await wallet.signTransaction({ ...fields, gasLimit: 30_000 });
    return rpc<string>(chain.url, "eth_sendRawTransaction", [raw]);
  }

  it("slows down without work, and makes blocks at once when there is some", async () => {
    await sleep(5_500);
    const calm = await height();
    await sleep(4_000);
    expect(await height()).to.be.at.most(calm + 1);
    const hash = await send();
    const since = Date.now();
    while ((await rpc(chain.url, "eth_getTransactionReceipt", [hash])) === null) await sleep(50);
    expect(Date.now() - since).to.be.below(4_000);
    const busy = await height();
    await sleep(3_500);
    expect(await height()).to.be.at.least(busy + 2);
  });

  it("keeps what a transaction changed within seconds, and never a state of half of finality ago", async () => {
    const kept = path.join(dataFolder, "chain", "kept.json");
    const hash = await send();
    while ((await rpc(chain.url, "eth_getTransactionReceipt", [hash])) === null) await sleep(50);
    await sleep(3_500);
    expect(fs.readFileSync(kept, "utf8")).to.contain(hash.slice(2));
    await rpc(chain.url, "anvil_mine", ["0x20", "0x1"]);
    await sleep(3_500);
    const { best_block_number: written } = JSON.parse(fs.readFileSync(kept, "utf8"));
    expect(Number(written)).to.be.at.least((await height()) - finalityBlocks / 2);
  });
});
