import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Stack } from "../dev/stack.ts";
import type { RegistryWorld, WorldAccount } from "./registryWorld.ts";

/** How many requests are under way at a time. */
const CONCURRENCY = 16;
const PATIENCE_MILLISECONDS = 120_000;

/** Transfers as a platform orders them: over HTTP, each with an id of its own, seen when the mirror has them. */
export class Ours {
  readonly #stack: Stack;
  readonly #world: RegistryWorld;
  readonly #client: pg.Client;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY });
  /** When each operation that is waited for was seen in the mirror. */
  readonly #seen = new Map<string, number>();
  #block = 0n;
  #looking: Promise<void> = Promise.resolve();

  private constructor(stack: Stack, world: RegistryWorld, client: pg.Client) {
    this.#stack = stack;
    this.#world = world;
    this.#client = client;
  }

  static async open(stack: Stack, world: RegistryWorld): Promise<Ours> {
    const client = new pg.Client({ connectionString: stack.databaseUrl });
    await client.connect();
    client.on("error", () => undefined);
    const ours = new Ours(stack, world, client);
    client.on("notification", () => {
      ours.#looking = ours.#looking.then(() => ours.#look());
    });
    await client.query("LISTEN tanpu_block");
    return ours;
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    await this.#looking;
    await this.#client.end();
  }

  /** Orders at full speed; transfers per second, from the first request until the last is mirrored. */
  async burst(count: number): Promise<number> {
    const since = performance.now();
    const ids: string[] = [];
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < count) ids.push(await this.#order(next++));
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, lane));
    await this.#all(ids);
    return (count * 1_000) / (performance.now() - since);
  }

  /** Orders at a steady pace; milliseconds from each request until its transfer is mirrored. */
  async steady(perSecond: number, seconds: number): Promise<number[]> {
    const begun = performance.now();
    const orders = Array.from({ length: perSecond * seconds }, async (_, index) => {
      await sleep(Math.max(0, (index * 1_000) / perSecond));
      const since = performance.now();
      return { id: await this.#order(index), since };
    });
    const ordered = await Promise.all(orders);
    await this.#all(ordered.map(({ id }) => id));
    if (performance.now() - begun < seconds * 900) throw new Error("the pace was not kept");
    return ordered.map(({ id, since }) => (this.#seen.get(id) ?? Number.NaN) - since);
  }

  /** Posts one transfer of a gram to the next account; the id of its operation. */
  #order(index: number): Promise<string> {
    const { accounts, tokenId } = this.#world;
    const from = accounts[index % accounts.length] as WorldAccount;
    const to = accounts[(index + 1) % accounts.length] as WorldAccount;
    const body = JSON.stringify({ tokenId, to: to.address, grams: "1" });
    return this.#post(from, randomUUID(), body);
  }

  #post(from: WorldAccount, id: string, body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const call = request(
        `${this.#stack.apiUrl()}/v1/transfers`,
        {
          method: "POST",
          agent: this.#agent,
          headers: {
            ...{ "content-type": "application/json", "content-length": Buffer.byteLength(body) },
            ...{ authorization: `Bearer ${from.apiKey}`, "idempotency-key": id },
          },
        },
        (answer) => {
          answer.resume();
          answer.once("end", () => {
            if (answer.statusCode === 202) resolve(id);
            else reject(new Error(`the API answered ${answer.statusCode}`));
          });
        },
      );
      call.once("error", (cause) => {
        // The API closed an idle connection just as it was used; the same id may be sent again.
        if (call.reusedSocket) this.#post(from, id, body).then(resolve, reject);
        else reject(cause);
      });
      call.end(body);
    });
  }

  async #all(ids: readonly string[]): Promise<void> {
    const until = Date.now() + PATIENCE_MILLISECONDS;
    while (!ids.every((id) => this.#seen.has(id))) {
      if (Date.now() > until) throw new Error("not everything was mirrored within two minutes");
      await sleep(10);
    }
  }

  async #look(): Promise<void> {
    const { rows } = await this.#client.query<{ block: string; id: string; status: number }>(
      `SELECT block_number AS block, operation_id AS id, status FROM mirror.transaction
       WHERE block_number > $1 AND operation_id IS NOT NULL`,
      [String(this.#block)],
    );
    const now = performance.now();
    for (const { block, id, status } of rows) {
      if (status !== 1) throw new Error(`the transfer ${id} reverted`);
      this.#seen.set(id, now);
      if (BigInt(block) > this.#block) this.#block = BigInt(block);
    }
  }
}
