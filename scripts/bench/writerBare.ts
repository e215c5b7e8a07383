import { setTimeout as sleep } from "node:timers/promises";
import { keccak256, type Wallet } from "ethers";
import { interfaces } from "../../server/chain/contracts.ts";
import { rpc } from "../dev/rpc.ts";
import type { RegistryWorld } from "./registryWorld.ts";

const GAS_LIMIT = 150_000n;

/**
 * The least anybody has to do: sign a transfer with a nonce counted in memory and hand it to the node, several
 * accounts side by side, until all are in blocks. Nothing is simulated, stored, or known after a crash.
 */
export class Bare {
  readonly #rpcUrl: string;
  readonly #world: RegistryWorld;

  constructor(rpcUrl: string, world: RegistryWorld) {
    this.#rpcUrl = rpcUrl;
    this.#world = world;
  }

  /** Transfers per second. Throws when one reverted. */
  async burst(count: number): Promise<number> {
    const { outsiders } = this.#world;
    const since = performance.now();
    const shares = outsiders.map((wallet, index) => ({
      wallet,
      to: outsiders[(index + 1) % outsiders.length] as Wallet,
      count: Math.floor(count / outsiders.length) + (index < count % outsiders.length ? 1 : 0),
    }));
    const last = await Promise.all(shares.map((share) => this.#send(share)));
    await Promise.all(last.map((hash) => this.#mined(hash)));
    return (count * 1_000) / (performance.now() - since);
  }

  async #send(share: { wallet: Wallet; to: Wallet; count: number }): Promise<string | undefined> {
    const { wallet, to } = share;
    const { deployment, tokenId } = this.#world;
    const data = interfaces.reductionToken.encodeFunctionData("safeTransferFrom", [
      ...[wallet.address, to.address, tokenId, 1n, "0x"],
    ]);
    const params = [wallet.address, "pending"];
    const first = Number(await rpc<string>(this.#rpcUrl, "eth_getTransactionCount", params));
    let hash: string | undefined;
    for (let index = 0; index < share.count; index++) {
      const raw = await wallet.signTransaction({
        ...{ type: 2, chainId: deployment.chainId, nonce: first + index, gasLimit: GAS_LIMIT },
        ...{ to: deployment.contracts.reductionToken, data, value: 0n },
        ...{ maxFeePerGas: 0n, maxPriorityFeePerGas: 0n },
      });
      await rpc(this.#rpcUrl, "eth_sendRawTransaction", [raw]);
      hash = keccak256(raw);
    }
    return hash;
  }

  async #mined(hash: string | undefined): Promise<void> {
    if (hash === undefined) return;
    for (;;) {
      const params = [hash];
      const receipt = await rpc<{ status: string } | null>(
        this.#rpcUrl,
        "eth_getTransactionReceipt",
        params,
      );
      if (receipt?.status === "0x1") return;
      if (receipt) throw new Error(`the transfer ${hash} reverted`);
      await sleep(20);
    }
  }
}
