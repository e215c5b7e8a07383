import type pg from "pg";
import type { ClientBase } from "pg";
import { buildDecoder } from "../../server/chain/decode.ts";
import { createReader } from "../../server/chain/reader.ts";
import { mirrorDigest } from "../../server/database/mirror.ts";
import type { Checkpoint } from "../../server/indexer/checkpoint.ts";
import { openMirror, type StepContext, step } from "../../server/indexer/step.ts";
import { ADDRESSES, CHAIN_ID, FakeChain } from "./chain.ts";
import { FakeNode, someFaults } from "./node.ts";
import { Random } from "./random.ts";

export const FRESH = "mirror_fresh";
const TURNS = 10;
const MOST_SETTLING_STEPS = 400;
const MOST_RANGE = 40;

/** What a run went through; a simulation in which nothing happens proves nothing. */
export type Story = {
  blocks: number;
  events: number;
  undone: number;
  failures: number;
  crashes: number;
};

const decode = buildDecoder(ADDRESSES);

/** Fails with a sentence. */
function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** Cuts the process of the indexer at a commit: before it, or after it and before anybody was told. */
class Crash extends Error {
  override readonly name = "Crash";
}

function crashing(client: pg.Client, draw: Random, share: number): ClientBase {
  return new Proxy(client, {
    get: (target, name) => {
      if (name !== "query") return Reflect.get(target, name);
      return (...query: unknown[]) => {
        const run = target.query.bind(target) as (...query: unknown[]) => Promise<unknown>;
        if (query[0] !== "COMMIT" || !draw.chance(share)) return run(...query);
        if (draw.chance(0.5)) return Promise.reject(new Crash("before the commit"));
        return run(...query).then(() => Promise.reject(new Crash("after the commit")));
      };
    },
  });
}

/** One seed: an indexer that follows a moving chain over a bad connection, held to its invariants. */
export class Run {
  readonly story: Story = { blocks: 0, events: 0, undone: 0, failures: 0, crashes: 0 };
  readonly #draw: Random;
  readonly #chain: FakeChain;
  readonly #node: FakeNode;
  readonly #crashShare: number;
  readonly #finality: number;
  readonly #client: pg.Client;
  /** Hashes of blocks that the mirror called final. */
  readonly #final = new Map<number, string>();

  constructor(seed: number, client: pg.Client) {
    this.#client = client;
    this.#draw = new Random(`${seed} run`);
    this.#finality = this.#draw.between(2, 9);
    this.#chain = new FakeChain(String(seed), this.#finality);
    this.#node = new FakeNode(this.#chain, String(seed), someFaults(this.#draw));
    this.#crashShare = this.#draw.chance(0.4) ? 0.05 : 0;
  }

  async play(): Promise<Story> {
    this.#chain.extend(this.#draw.between(3, 25));
    let checkpoint = await openMirror(this.#context());
    for (let turn = 0; turn < TURNS; turn++) {
      this.#chain.live();
      const steps = this.#draw.between(1, 8);
      for (let count = 0; count < steps; count++) checkpoint = await this.#step(checkpoint);
    }
    this.#node.faults = undefined;
    for (let count = 0; ; count++) {
      demand(count < MOST_SETTLING_STEPS, "the mirror never reached the head of an honest node");
      const before = checkpoint;
      checkpoint = await this.#step(checkpoint);
      if (checkpoint === before) break;
    }
    await this.#checkSettled(checkpoint);
    return this.story;
  }

  #context(): StepContext {
    return {
      client: crashing(this.#client, this.#draw, this.#crashShare),
      chainId: CHAIN_ID,
      firstBlock: 0,
      reader: createReader(this.#node, Object.values(ADDRESSES)),
      decode,
      finalUnder: (head) => head - this.#finality,
      rangeBlocks: this.#draw.between(1, MOST_RANGE),
    };
  }

  /** One step, and what has to hold after it whatever happened. */
  async #step(from: Checkpoint): Promise<Checkpoint> {
    let next: Checkpoint;
    try {
      const result = await step(this.#context(), from);
      next = result.checkpoint;
      this.story.blocks += result.applied;
      this.story.events += result.events;
      this.story.undone += result.undone;
      const moved = next.blockNumber - from.blockNumber;
      demand(moved === result.applied - result.undone, `the checkpoint skipped ${moved} blocks`);
    } catch (cause) {
      // A crash loses the connection's transaction, a failure what the process believed.
      if (cause instanceof Crash) this.story.crashes += 1;
      else this.story.failures += 1;
      if (!this.#node.faults && !(cause instanceof Crash)) throw cause;
      await this.#client.query("ROLLBACK");
      next = await openMirror(this.#context());
    }
    demand(next.finalBlock >= from.finalBlock, "the final block went backwards");
    demand(next.blockNumber >= next.finalBlock, "a final block was undone");
    await this.#rememberFinal(from.finalBlock, next.finalBlock);
    return next;
  }

  async #rememberFinal(after: number, last: number): Promise<void> {
    if (last <= after) return;
    const found = await this.#client.query<{ number: string; hash: string }>(
      "SELECT number, encode(hash, 'hex') AS hash FROM block WHERE number > $1 AND number <= $2",
      [after, last],
    );
    for (const { number, hash } of found.rows) this.#final.set(Number(number), `0x${hash}`);
  }

  async #checkSettled(checkpoint: Checkpoint): Promise<void> {
    const { head } = this.#chain;
    demand(checkpoint.blockNumber === head.number, "the mirror is not at the head");
    for (const [number, hash] of this.#final) {
      demand(this.#chain.at(number)?.hash === hash, `final block ${number} is not the chain's`);
    }
    await this.#checkBlocks(head.number);
    await this.#checkAmounts();
    await this.#checkReplays(checkpoint);
  }

  async #checkBlocks(head: number): Promise<void> {
    const found = await this.#client.query<{ number: string; hash: string }>(
      "SELECT number, encode(hash, 'hex') AS hash FROM block ORDER BY number",
    );
    demand(found.rows.length === head + 1, "blocks are missing, or too many");
    for (const { number, hash } of found.rows) {
      demand(this.#chain.at(Number(number))?.hash === `0x${hash}`, `block ${number} is another`);
    }
  }

  /** Against the model, which no code of the indexer has touched. */
  async #checkAmounts(): Promise<void> {
    const { world } = this.#chain.head;
    const held = await this.#client.query<{ key: string; grams: string }>(
      `SELECT '0x' || encode(token_id, 'hex') || ' 0x' || encode(account, 'hex') AS key, grams
       FROM holding WHERE grams <> 0`,
    );
    const wanted = Object.entries(world.balances).filter(([, grams]) => grams !== 0n);
    demand(held.rows.length === wanted.length, "holdings are missing, or too many");
    for (const { key, grams } of held.rows) {
      demand(world.balances[key] === BigInt(grams), `the holding ${key} is ${grams}`);
    }
    const tokens = await this.#client.query<{ id: string; sums: string }>(
      `SELECT '0x' || encode(token_id, 'hex') AS id,
         issued_grams || ' ' || retired_grams || ' ' || void_grams || ' ' || state AS sums FROM token`,
    );
    const sums = new Map(tokens.rows.map(({ id, sums }) => [id, sums]));
    demand(sums.size === world.tokens.length, "ids are missing, or too many");
    for (const { tokenId, issued, retired, voided, state } of world.tokens) {
      const right = `${issued} ${retired} ${voided} ${state === 1 ? "active" : "suspended"}`;
      demand(sums.get(tokenId) === right, `supplies of ${tokenId}: ${sums.get(tokenId)}, ${right}`);
    }
    const wrong = await this.#client.query(
      `WITH moved AS (
         SELECT token_id, recipient AS account, grams FROM transfer WHERE recipient IS NOT NULL
         UNION ALL
         SELECT token_id, sender, -grams FROM transfer WHERE sender IS NOT NULL)
       SELECT FROM (SELECT token_id, account, sum(grams) AS grams FROM moved GROUP BY 1, 2) m
       FULL JOIN holding h USING (token_id, account) WHERE m.grams IS DISTINCT FROM h.grams`,
    );
    demand(wrong.rowCount === 0, "transfers do not sum to holdings");
  }

  /** The mirror at N is what a fresh one holds that only ever saw the chain up to N. */
  async #checkReplays({ finalBlock, blockNumber }: Checkpoint): Promise<void> {
    const between = this.#draw.between(Math.max(0, finalBlock), blockNumber);
    const honest = new FakeNode(this.#chain, "honest");
    const rangeBlocks = this.#draw.between(1, MOST_RANGE);
    const stops = [...new Set([Math.max(0, finalBlock), between, blockNumber])];
    for (const until of stops) {
      honest.until = until;
      const context: StepContext = {
        ...{ client: this.#client, schema: FRESH, chainId: CHAIN_ID, firstBlock: 0, decode },
        ...{ reader: createReader(honest, Object.values(ADDRESSES)), rangeBlocks },
        finalUnder: (head) => head,
      };
      let checkpoint = await openMirror(context);
      while (checkpoint.blockNumber < until) {
        ({ checkpoint } = await step(context, checkpoint));
      }
      const fresh = await mirrorDigest(this.#client, until, FRESH);
      const mirrored = await mirrorDigest(this.#client, until);
      demand(fresh === mirrored, `the mirror at block ${until} is not what a replay gives`);
    }
  }
}
