import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { keccak256, type Wallet } from "ethers";
import type { RegistryWorld, WorldAccount } from "../../scripts/bench/registryWorld.ts";
import { INVENTORY } from "../../scripts/demo/acts.ts";
import type { OperationView } from "../../scripts/demo/client.ts";
import { rpc } from "../../scripts/dev/rpc.ts";
import { interfaces } from "../../server/chain/contracts.ts";
import type { FaultStage } from "./faultsStage.ts";
import { ACTIVITIES, type FaultTrees } from "./faultsTrees.ts";
import type { Random } from "./random.ts";

const EVENT = {
  ...{ name: "Trial", organiser: "An enterprise", place: "Shenzhen", boundary: "Everything" },
  ...{ first: "2026-11-02", end: "2026-11-04" },
};
/** More than the trial's inventory comes to. */
const CERTIFIED_GRAMS = 1_500_000n;
const NO_GRAMS_HAVE = 10n ** 15n;
const OPEN = new Set(["queued", "sent"]);
const YEAR_2100 = 4_102_444_800n;
const GAS_LIMIT = 1_500_000n;
const field = (name: string, type: string) => ({ name, type });
const TRANSFER_INTENT = {
  TransferIntent: [
    ...[field("from", "address"), field("to", "address"), field("tokenId", "uint256")],
    ...[field("grams", "uint64"), field("nonce", "uint256"), field("deadline", "uint64")],
  ],
};

/** What was ordered, and what it does to balances when it happens. */
export type Ordered = {
  readonly id: string;
  readonly kind: string;
  readonly from: string;
  readonly to: string | null;
  readonly grams: bigint;
};

/** Orders and asks as a client does that knows of no fault: with the same id until there is an answer. */
export class Orders {
  readonly #stage: FaultStage;
  readonly #world: RegistryWorld;
  readonly made: Ordered[] = [];
  readonly intents: Ordered[] = [];
  /** How many leaves outsiders demanded to see, and how many duplicates they proved in one tree and in two. */
  readonly challenges = { demand: 0, within: 0, across: 0 };
  readonly #trees: FaultTrees;
  /** Signed by each outsider, in the order of nonces. */
  readonly #raws = new Map<string, string[]>();

  constructor(stage: FaultStage, world: RegistryWorld, trees: FaultTrees) {
    this.#stage = stage;
    this.#world = world;
    this.#trees = trees;
  }

  /** One command of a kind that the random numbers choose. */
  async any(random: Random): Promise<void> {
    const { accounts } = this.#world;
    const account = accounts[random.below(accounts.length)] as WorldAccount;
    const other = accounts[random.below(accounts.length)] as WorldAccount;
    const grams = BigInt(1 + random.below(1_000));
    const kind = random.below(100);
    if (kind < 50) await this.transfer(account, other, grams);
    else if (kind < 55) await this.transfer(account, other, NO_GRAMS_HAVE);
    else if (kind < 80) await this.retire(account, grams);
    else if (kind < 90) await this.certify(account);
    else if (kind < 95) await this.relay(random);
    else await this.challenge(random);
  }

  transfer(from: WorldAccount, to: WorldAccount, grams: bigint): Promise<string> {
    const { tokenId } = this.#world;
    const body = { tokenId, to: to.address, grams: String(grams) };
    return this.#order(from, "/v1/transfers", body, { kind: "transfer", to: to.address, grams });
  }

  retire(from: WorldAccount, grams: bigint): Promise<string> {
    const { first, end, organiser: name } = EVENT;
    const body = {
      ...{ tokenId: this.#world.tokenId, grams: String(grams), purpose: "eventNeutrality" },
      ...{ beneficiary: { name }, period: { first, end } },
    };
    return this.#order(from, "/v1/retirements", body, { kind: "retire", to: null, grams });
  }

  /** Retires, waits for the retirement, certifies it; and tries to certify it again. */
  async certify(from: WorldAccount): Promise<void> {
    const id = await this.retire(from, CERTIFIED_GRAMS);
    const { result } = await this.ended(from, id);
    const retirementId = result?.retirementId;
    if (typeof retirementId !== "string") return;
    const body = {
      ...{ retirementIds: [retirementId], kind: "neutralitySelfDeclared", event: EVENT },
      inventory: INVENTORY,
    };
    const facts = { kind: "certify", to: null, grams: 0n };
    await this.#order(from, "/v1/certificates", body, facts);
    await this.#order(from, "/v1/certificates", body, facts);
  }

  /** An outsider's signed intent, brought to the chain by another outsider past the registry. */
  async relay(random: Random): Promise<void> {
    const { outsiders, deployment, tokenId } = this.#world;
    const from = outsiders[random.below(outsiders.length)] as Wallet;
    const relayer = outsiders[(outsiders.indexOf(from) + 1) % outsiders.length] as Wallet;
    const grams = BigInt(1 + random.below(100));
    const nonce = BigInt(`0x${randomUUID().replaceAll("-", "")}`);
    const intent = {
      ...{ from: from.address, to: relayer.address, tokenId, grams, nonce, deadline: YEAR_2100 },
    };
    const verifyingContract = deployment.contracts.reductionToken;
    const { chainId } = deployment;
    const domain = { name: "Tanpu ReductionToken", version: "1", chainId, verifyingContract };
    const signature = await from.signTypedData(domain, TRANSFER_INTENT, intent);
    const values = [intent, signature];
    const data = interfaces.reductionToken.encodeFunctionData("transferByIntent", values);
    const facts = { kind: "intent", from: from.address.toLowerCase(), grams };
    const id = `0x${nonce.toString(16)}`;
    this.intents.push({ id, ...facts, to: relayer.address.toLowerCase() });
    await this.#bring(relayer, { to: verifyingContract, data, chainId });
  }

  /** An outsider demands to see a leaf that nobody demanded before, or proves a duplicate that nobody proved. */
  async challenge(random: Random): Promise<void> {
    const { outsiders, deployment, proposal, undecided } = this.#world;
    const from = outsiders[random.below(outsiders.length)] as Wallet;
    const kind = (["demand", "within", "across"] as const)[random.below(3)] ?? "demand";
    const place = this.challenges[kind]++;
    if (kind !== "demand" && place >= ACTIVITIES) throw new Error("no activity is left");
    const proof = kind === "demand" ? undefined : this.#trees[kind](undecided, place);
    const data = proof
      ? interfaces.doubleCount.encodeFunctionData("challengeDuplicate", [...proof])
      : interfaces.doubleCount.encodeFunctionData("demand", [1, proposal, 0, place]);
    const { chainId } = deployment;
    await this.#bring(from, { to: deployment.contracts.doubleCount, data, chainId });
  }

  /** Signs one transaction behind the wallet's others and sends it once; {@link settle} sends it again. */
  async #bring(wallet: Wallet, call: { to: string; data: string; chainId: number }): Promise<void> {
    const raws = this.#raws.get(wallet.address) ?? [];
    this.#raws.set(wallet.address, raws);
    // The place is taken at once: another client may relay for this wallet at the same moment.
    const nonce = raws.push("") - 1;
    const raw = await wallet.signTransaction({
      ...{ type: 2, ...call, nonce, gasLimit: GAS_LIMIT, value: 0n },
      ...{ maxFeePerGas: 0n, maxPriorityFeePerGas: 0n },
    });
    raws[nonce] = raw;
    const send = async () => rpc(this.#stage.stack.rpcUrl, "eth_sendRawTransaction", [raw]);
    await send().catch(() => undefined);
  }

  /** Sends the outsiders' transactions until all are in blocks, as they would whom a chain forgot. */
  async settle(): Promise<void> {
    for (const raw of [...this.#raws.values()].flat()) {
      await this.#patiently(async () => {
        const url = this.#stage.stack.rpcUrl;
        const params = [keccak256(raw)];
        const receipt = await rpc<{ status: string } | null>(
          url,
          "eth_getTransactionReceipt",
          params,
        );
        if (!receipt) await rpc(url, "eth_sendRawTransaction", [raw]);
        if (receipt?.status === "0x0") throw new Error(`the outsider's ${params[0]} reverted`);
        return receipt ?? undefined;
      });
    }
  }

  /** The operation once it has ended. */
  ended(from: WorldAccount, id: string): Promise<OperationView> {
    return this.#patiently(async () => {
      const answer = await this.#call(from, "GET", `/v1/operations/${id}`);
      if (answer.status !== 200) return undefined;
      const view = answer.json as OperationView;
      return OPEN.has(view.state) ? undefined : view;
    });
  }

  async #order(
    from: WorldAccount,
    route: string,
    body: unknown,
    facts: { kind: string; to: string | null; grams: bigint },
  ): Promise<string> {
    const id = randomUUID();
    const taken = await this.#patiently(async () => {
      const { status } = await this.#call(from, "POST", route, { body, id });
      return status === 202 ? true : status >= 400 && status < 500 ? false : undefined;
    });
    if (taken) this.made.push({ id, from: from.address, ...facts });
    return id;
  }

  async #call(
    from: WorldAccount,
    method: string,
    route: string,
    order?: { body: unknown; id: string },
  ): Promise<{ status: number; json: unknown }> {
    const answer = await fetch(`${this.#stage.stack.apiUrl()}${route}`, {
      method,
      headers: {
        authorization: `Bearer ${from.apiKey}`,
        ...(order ? { "content-type": "application/json", "idempotency-key": order.id } : {}),
      },
      ...(order ? { body: JSON.stringify(order.body) } : {}),
      signal: AbortSignal.timeout(10_000),
    });
    return { status: answer.status, json: await answer.json() };
  }

  /** Tries until there is something; what is down meanwhile is only down meanwhile. */
  async #patiently<T>(work: () => Promise<T | undefined>): Promise<T> {
    const until = Date.now() + 180_000;
    for (;;) {
      const found = await work().catch((cause: Error) => {
        if (Date.now() > until) throw cause;
        return undefined;
      });
      if (found !== undefined) return found;
      if (Date.now() > until) throw new Error("nothing came of it within three minutes");
      await sleep(200);
    }
  }
}
