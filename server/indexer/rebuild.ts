import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { RetryableError } from "../chain/failures.ts";
import {
  createMirror,
  dropMirror,
  indexAccounts,
  inTransaction,
  MIRROR,
  mirrorDigest,
  OLD_MIRROR,
  renameMirrors,
  trimFinal,
} from "../database/mirror.ts";
import { type Checkpoint, moveCheckpoint } from "./checkpoint.ts";
import { openMirror, type StepContext, type StepResult, step } from "./step.ts";

/** The schema that is filled beside the live one. */
export const SHADOW = "mirror_next";

const REBUILD_LOCK = "tanpu mirror rebuild";
const MOST_TRIES = 60;
const PAUSE_MILLISECONDS = 200;
const MOST_BACKOFF_MILLISECONDS = 5_000;

export type RebuildOptions = Omit<StepContext, "client" | "schema"> & {
  /** A new connection of the database's owner; closed here. */
  readonly connect: () => Promise<Client>;
  /** Compare both mirrors at the last final block before one takes the other's place. */
  readonly compare: boolean;
  readonly onProgress?: ((progress: { block: number; head: number }) => void) | undefined;
};

export type Rebuilt = {
  readonly blocks: number;
  readonly events: number;
  /** Digests of the mirror that was and of the one built anew, at the same block. */
  readonly compared: { readonly atBlock: number; readonly was: string; readonly is: string } | null;
};

/** Somebody else builds a mirror in this database, or the two never met. */
export class RebuildRefusedError extends Error {
  override readonly name = "RebuildRefusedError";
}

/**
 * Builds the mirror anew from the chain beside the live one and puts it in its place, whatever the digests say: the chain
 * is the truth. Readers are served all the while, and an indexer may go on writing the live one: at the end it waits for
 * the last blocks and a renaming, and finds itself on the new mirror, or is fenced and begins anew on it.
 */
export async function rebuildMirror(options: RebuildOptions): Promise<Rebuilt> {
  const builder = await options.connect();
  const keeper = await options.connect();
  try {
    const locked = await builder.query<{ held: boolean }>(
      "SELECT pg_try_advisory_lock(hashtext($1)) AS held",
      [REBUILD_LOCK],
    );
    if (locked.rows[0]?.held !== true) {
      throw new RebuildRefusedError("The mirror is being built anew already.");
    }
    await dropMirror(builder, OLD_MIRROR);
    await dropMirror(builder, SHADOW);
    await createMirror(builder, SHADOW);
    // Up to here the shadow keeps no way back; the live mirror is compared at this block or a later one.
    const most = options.compare ? (await liveState(keeper)).final : Number.POSITIVE_INFINITY;
    const shadow = new Shadow({
      ...options,
      client: builder,
      schema: SHADOW,
      finalUnder: (head) => Math.min(most, options.finalUnder(head)),
    });
    await shadow.open();
    const head = await options.reader.head();
    await shadow.catchUp(head, options.onProgress);
    const compared = options.compare ? await compare(keeper, shadow, options.firstBlock) : null;
    await indexAccounts(builder, SHADOW);
    await takeOver(keeper, shadow);
    await dropMirror(keeper, OLD_MIRROR);
    return { blocks: shadow.blocks, events: shadow.events, compared };
  } finally {
    await Promise.allSettled([builder.end(), keeper.end()]);
  }
}

/** The mirror that is being built, and how far it has come. */
class Shadow {
  readonly context: StepContext;
  blocks = 0;
  events = 0;
  #checkpoint: Checkpoint | undefined;

  constructor(context: StepContext) {
    this.context = context;
  }

  get checkpoint(): Checkpoint {
    if (!this.#checkpoint) throw new Error("the shadow was not opened");
    return this.#checkpoint;
  }

  async open(): Promise<void> {
    this.#checkpoint = await openMirror(this.context);
  }

  /** Steps until it is at the chain's head, or has a block: a fast chain's head cannot be reached for good. */
  async catchUp(
    until = Number.POSITIVE_INFINITY,
    onProgress?: RebuildOptions["onProgress"],
  ): Promise<void> {
    while (this.checkpoint.blockNumber < until) {
      const result = await this.#step();
      this.#checkpoint = result.checkpoint;
      this.blocks += result.applied;
      this.events += result.events;
      onProgress?.({ block: result.checkpoint.blockNumber, head: result.head });
      if (result.applied === 0 && result.undone === 0) return;
    }
  }

  /** A node that fails for a while must not cost the days of work before. */
  async #step(): Promise<StepResult> {
    for (let failures = 1; ; failures++) {
      try {
        return await step(this.context, this.checkpoint);
      } catch (cause) {
        if (!(cause instanceof RetryableError) || failures === MOST_TRIES) throw cause;
        await sleep(Math.min(100 * 2 ** failures, MOST_BACKOFF_MILLISECONDS));
      }
    }
  }

  /** Calls final what the live mirror already told people was final. */
  async finalise(last: number): Promise<void> {
    const { client, schema } = this.context;
    const from = this.checkpoint;
    if (last <= from.finalBlock) return;
    const { blockNumber, blockHash } = from;
    this.#checkpoint = await inTransaction(client, async () => {
      const moved = await moveCheckpoint(client, from, {
        blockNumber,
        blockHash,
        finalBlock: last,
      });
      await trimFinal(client, { after: from.finalBlock, last }, schema);
      return moved;
    });
  }
}

/** Where the live mirror stands; before everything when it holds nothing. */
async function liveState(client: Client): Promise<{ block: number; final: number }> {
  const found = await client.query<{ block: string; final: string }>(
    `SELECT block_number AS block, final_block AS final FROM ${MIRROR}.checkpoint`,
  );
  const { block = "-1", final = "-1" } = found.rows[0] ?? {};
  return { block: Number(block), final: Number(final) };
}

async function compare(
  keeper: Client,
  shadow: Shadow,
  firstBlock: number,
): Promise<Rebuilt["compared"]> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const live = await liveState(keeper);
    if (live.block < firstBlock) return null;
    const atBlock = Math.max(live.final, firstBlock);
    await shadow.catchUp(live.block);
    if (shadow.checkpoint.blockNumber >= atBlock) {
      const was = await digestAt(keeper, atBlock);
      if (was !== undefined) {
        return { atBlock, was, is: await mirrorDigest(shadow.context.client, atBlock, SHADOW) };
      }
    }
    await sleep(PAUSE_MILLISECONDS);
  }
  throw new RebuildRefusedError("The live mirror never stood still long enough to be compared.");
}

/** Undefined when a later block became final before it could be locked. */
async function digestAt(keeper: Client, atBlock: number): Promise<string | undefined> {
  try {
    return await mirrorDigest(keeper, atBlock);
  } catch (cause) {
    if (cause instanceof RangeError) return undefined;
    throw cause;
  }
}

/**
 * The short step: whoever writes the live mirror waits, the shadow takes the blocks that came meanwhile, and the names
 * change. Readers do not wait: a renaming locks no table, and the old tables go when nobody reads them any more.
 */
async function takeOver(keeper: Client, shadow: Shadow): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    await shadow.catchUp((await liveState(keeper)).block);
    const done = await inTransaction(keeper, async () => {
      await keeper.query(`LOCK TABLE ${MIRROR}.checkpoint IN EXCLUSIVE MODE`);
      const live = await liveState(keeper);
      await shadow.catchUp(live.block);
      // People must not see the mirror go back; a head that went back is the writer's to follow first.
      if (shadow.checkpoint.blockNumber < live.block) return false;
      await shadow.finalise(live.final);
      await renameMirrors(keeper, SHADOW);
      await keeper.query("SELECT pg_notify('tanpu_block', $1)", [
        String(shadow.checkpoint.blockNumber),
      ]);
      return true;
    });
    if (done) return;
    await sleep(PAUSE_MILLISECONDS);
  }
  throw new RebuildRefusedError("The new mirror never caught up with the live one.");
}
