import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { Transaction, type TransactionLike } from "ethers";
import { writeDurably } from "../../server/platform/store.ts";
import { DeploymentError } from "./manifest.ts";
import type { Step, StepSigner } from "./runSteps.ts";

/** One JSON-RPC call. @throws an Error with the node's `code` and `data`. */
export type Transport = (method: string, params: readonly unknown[]) => Promise<unknown>;

/** What the creation of the largest contract that EIP-170 allows costs, about. */
const DEAREST_STEP_GAS = 6_000_000n;

type Request = { method: string; params?: readonly unknown[] | object };
type Sent = { hash: string; raw: string };
type RpcTransaction = Record<string, string | undefined>;

export type PlanProviderOptions = {
  transport: Transport;
  signer: StepSigner;
  firstNonce: number;
  steps: readonly Step[];
  /** Where signed transactions are kept, one file a nonce. */
  sentFolder: string;
  onStep?: (k: number, of: number, name: string) => void;
};

/** Calls a node over HTTP. */
export function httpTransport(rpcUrl: string): Transport {
  return async (method, params) => {
    const response = await fetch(rpcUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
      signal: AbortSignal.timeout(60_000),
    });
    const answer = (await response.json()) as {
      result?: unknown;
      error?: { message?: string; code?: number; data?: unknown };
    };
    if (!answer.error) return answer.result;
    const { message = `The node refused ${method}.`, code, data } = answer.error;
    throw Object.assign(new Error(message), { code, data });
  };
}

/**
 * What Ignition speaks to. It signs nothing but the plan's own step for a nonce, so that a nonce that
 * somebody else took can never shift an address, and it keeps every transaction before it is sent, so
 * that a run which was cut in between can send the same bytes again.
 */
export class PlanProvider {
  readonly #options: PlanProviderOptions;

  constructor(options: PlanProviderOptions) {
    this.#options = options;
  }

  async request({ method, params = [] }: Request): Promise<unknown> {
    const list = params as readonly unknown[];
    if (method === "eth_accounts") return [this.#options.signer.address];
    if (method === "eth_sendTransaction") return this.#send(list[0] as RpcTransaction);
    return this.#options.transport(method, list);
  }

  /** The deployer's next nonce, by what blocks hold. */
  async minedNonce(): Promise<number> {
    return Number(await this.#count("latest"));
  }

  /**
   * Makes sure that every nonce the chain has counted was used by this deployment, and sends again
   * what was signed and is in no block.
   *
   * @throws DeploymentError when a foreign transaction took a nonce or a step reverted.
   */
  async takeUp(): Promise<void> {
    const { firstNonce, steps, signer } = this.#options;
    const mined = await this.minedNonce();
    if (mined < firstNonce) {
      throw new DeploymentError(
        `This deployment began at nonce ${firstNonce} of ${signer.address}, but the chain counts only ` +
          `${mined}; it has lost blocks or is another one.`,
      );
    }
    for (let k = 0; k < Math.min(mined - firstNonce, steps.length); k++) {
      await this.minedHash(firstNonce + k);
    }
    for (const nonce of this.#storedNonces()) {
      if (nonce >= mined) await this.#broadcast(await this.#stored(nonce));
    }
  }

  /** @throws DeploymentError when the deployer could not even pay for the dearest step. */
  async requireFunds(): Promise<void> {
    const { signer, transport } = this.#options;
    const block = (await transport("eth_getBlockByNumber", ["latest", false])) as {
      baseFeePerGas?: string;
    };
    const balance = BigInt(
      (await transport("eth_getBalance", [signer.address, "latest"])) as string,
    );
    if (balance >= DEAREST_STEP_GAS * BigInt(block.baseFeePerGas ?? 0)) return;
    throw new DeploymentError(
      `The chain asks fees that ${signer.address} cannot pay; send it funds and run the deployment again.`,
    );
  }

  /** Signs and sends a step that was announced in the journal but may never have been sent. */
  async sendAgain(nonce: number): Promise<string> {
    const stored = await this.#stored(nonce);
    const [known] = stored;
    if (!known) return this.#signAndSend(nonce, await this.#prepared(nonce));
    await this.#broadcast(stored);
    return known.hash;
  }

  /**
   * Hash of this deployment's transaction that a block has under the nonce.
   *
   * @throws DeploymentError when the nonce was taken by another one, or ours reverted.
   */
  async minedHash(nonce: number): Promise<string> {
    const { steps, firstNonce, signer, transport } = this.#options;
    const step = steps[nonce - firstNonce];
    for (const { hash } of await this.#stored(nonce)) {
      const receipt = (await transport("eth_getTransactionReceipt", [hash])) as {
        status?: string;
      } | null;
      if (receipt === null) continue;
      if (Number(receipt.status) === 1) return hash;
      throw new DeploymentError(
        `The step "${step?.name}" reverted in transaction ${hash}, so its nonce is used up; ` +
          "deploy again from another key.",
      );
    }
    throw new DeploymentError(takenBy(nonce, signer.address, step));
  }

  async #send(transaction: RpcTransaction): Promise<string> {
    const nonce = Number(transaction.nonce);
    const { gas, gasPrice, maxFeePerGas, maxPriorityFeePerGas } = transaction;
    return this.#signAndSend(nonce, {
      gasLimit: gas,
      ...(gasPrice === undefined
        ? { type: 2, maxFeePerGas, maxPriorityFeePerGas }
        : { type: 0, gasPrice }),
      to: transaction.to ?? null,
      data: transaction.data,
    });
  }

  async #signAndSend(nonce: number, transaction: object): Promise<string> {
    const { firstNonce, steps, signer, onStep, transport } = this.#options;
    const k = nonce - firstNonce;
    const step = steps[k];
    const { to, data } = transaction as { to?: string | null; data?: string };
    if (!step || step.data !== data || step.to?.toLowerCase() !== to?.toLowerCase()) {
      throw new DeploymentError(takenBy(nonce, signer.address, step));
    }
    const raw = await signer.signTransaction({
      ...transaction,
      nonce,
      chainId: BigInt((await transport("eth_chainId", [])) as string),
      value: 0n,
    } as TransactionLike);
    const hash = Transaction.from(raw).hash as string;
    const stored = await this.#stored(nonce);
    await writeDurably(
      this.#file(nonce),
      new TextEncoder().encode(`${JSON.stringify([...stored, { hash, raw }], null, 2)}\n`),
    );
    await this.#broadcast([{ hash, raw }]);
    onStep?.(k + 1, steps.length, step.name);
    return hash;
  }

  /** A step as Ignition would send it. */
  async #prepared(nonce: number): Promise<object> {
    const { steps, firstNonce, signer, transport } = this.#options;
    const step = steps[nonce - firstNonce];
    if (!step) throw new DeploymentError(takenBy(nonce, signer.address, step));
    const call = { from: signer.address, data: step.data, ...(step.to ? { to: step.to } : {}) };
    const gasLimit = (await transport("eth_estimateGas", [call])) as string;
    const block = (await transport("eth_getBlockByNumber", ["latest", false])) as {
      baseFeePerGas?: string;
    };
    const { to, data } = step;
    if (block.baseFeePerGas === undefined) {
      const gasPrice = await transport("eth_gasPrice", []);
      return { type: 0, gasPrice, gasLimit, to, data };
    }
    const base = BigInt(block.baseFeePerGas);
    const tip =
      base === 0n ? 0n : BigInt((await transport("eth_maxPriorityFeePerGas", [])) as string);
    return {
      type: 2,
      maxFeePerGas: 2n * base + tip,
      maxPriorityFeePerGas: tip,
      gasLimit,
      to,
      data,
    };
  }

  async #broadcast(sent: readonly Sent[]): Promise<void> {
    for (const { raw } of sent) {
      try {
        await this.#options.transport("eth_sendRawTransaction", [raw]);
      } catch (cause) {
        if (/already (known|imported|exists)|nonce (is )?too low/i.test(`${cause}`)) continue;
        throw cause;
      }
    }
  }

  async #count(block: "latest" | "pending"): Promise<unknown> {
    const { signer, transport } = this.#options;
    return transport("eth_getTransactionCount", [signer.address, block]);
  }

  #storedNonces(): number[] {
    const folder = this.#options.sentFolder;
    if (!existsSync(folder)) return [];
    const names = readdirSync(folder).flatMap((name) => /^(\d+)\.json$/.exec(name)?.[1] ?? []);
    return names.map(Number).sort((a, b) => a - b);
  }

  async #stored(nonce: number): Promise<Sent[]> {
    const file = this.#file(nonce);
    return existsSync(file) ? (JSON.parse(await readFile(file, "utf8")) as Sent[]) : [];
  }

  #file(nonce: number): string {
    return path.join(this.#options.sentFolder, `${nonce}.json`);
  }
}

function takenBy(nonce: number, address: string, step: Step | undefined): string {
  const meant = step ? ` It was meant for the step "${step.name}".` : "";
  return (
    `Nonce ${nonce} of ${address} was taken by a transaction that is not this deployment's, so the ` +
    `contracts cannot get the addresses they know each other by.${meant} ` +
    "Deploy again from a key that is used for nothing else, into another folder."
  );
}
