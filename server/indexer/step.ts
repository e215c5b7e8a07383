import type { ClientBase } from "pg";
import type { ChainLog } from "../chain/decode.ts";
import type { ChainEvent, EventName } from "../chain/events.ts";
import { RetryableError } from "../chain/failures.ts";
import type { Agreement } from "../chain/nodes.ts";
import type { ChainRange, ChainReader } from "../chain/reader.ts";
import { inTransaction, MIRROR, trimFinal, undoAbove } from "../database/mirror.ts";
import { type CrashPointName, crashPoint } from "../platform/crashPoint.ts";
import { applyRange } from "./apply/applyRange.ts";
import { type Checkpoint, moveCheckpoint, openCheckpoint } from "./checkpoint.ts";
import { commonAncestor } from "./reorg.ts";

/** What one step needs; all of it is bound to one database connection and one chain. */
export type StepContext = {
  readonly client: ClientBase;
  /** Schema to write, `mirror` unless a shadow is built. */
  readonly schema?: string;
  readonly chainId: number;
  readonly firstBlock: number;
  readonly reader: ChainReader;
  readonly decode: (log: ChainLog) => ChainEvent | null;
  /** The last final block under a head. */
  readonly finalUnder: (head: number) => number;
  /** Most final blocks fetched and applied at once. */
  readonly rangeBlocks: number;
};

/** What a step did: blocks applied or taken back, and the head it saw. */
export type StepResult = {
  readonly checkpoint: Checkpoint;
  readonly head: number;
  readonly applied: number;
  readonly undone: number;
  readonly events: number;
  /** Why blocks that are deep enough did not become final with this step; null when none was held back. */
  readonly held: Agreement | null;
};

const CRASH_AFTER: Partial<Record<EventName, CrashPointName>> = {
  Issued: "units-issued",
  Retired: "retired",
  Certified: "certified",
};

/** Reads the checkpoint of the context's mirror, and points the connection at its schema. */
export async function openMirror(context: StepContext): Promise<Checkpoint> {
  await context.client.query("SELECT set_config('search_path', $1, false)", [
    context.schema ?? MIRROR,
  ]);
  return openCheckpoint(context.client, context);
}

/**
 * Brings the mirror one step nearer to the chain: takes back what the chain no longer holds, or applies
 * the next blocks. Final blocks go in many at a time and leave no undo rows; each later block goes in
 * alone, with its undo rows. Every change is one transaction with the checkpoint. When `applied` is 0
 * and `undone` is 0, the mirror is at the head.
 */
export async function step(context: StepContext, checkpoint: Checkpoint): Promise<StepResult> {
  const head = await context.reader.head();
  const first = checkpoint.blockNumber + 1;
  // Final blocks tell by their first one's parent whether the mirror's last is still the chain's.
  const isCatchingUp = first <= context.finalUnder(head);
  if (!isCatchingUp && !(await holds(context.reader, checkpoint, head))) {
    return takeBack(context, checkpoint, head);
  }
  if (first > head) return { checkpoint, head, applied: 0, undone: 0, events: 0, held: null };
  const { range, final, held } = await readNext(context, checkpoint, first, head);
  const undoable = first > final;
  if (checkpoint.blockHash !== null && range.blocks[0]?.parentHash !== checkpoint.blockHash) {
    if (!(await holds(context.reader, checkpoint, head))) {
      return takeBack(context, checkpoint, head);
    }
    throw new RetryableError(`block ${first} does not follow the mirror's last one`);
  }
  const events = range.logs.flatMap((log) => context.decode(log) ?? []);
  const moved = await apply(context, checkpoint, { range, events, undoable, final, held });
  crashPoint("block-applied");
  for (const event of events) {
    const point = CRASH_AFTER[event.name];
    if (point) crashPoint(point);
  }
  const applied = range.end - first;
  return { checkpoint: moved, head, applied, undone: 0, events: events.length, held };
}

/**
 * The next blocks, and up to where blocks are final. Under a head that too few of several nodes answer for, nothing
 * more becomes final: the blocks go in so that they can be taken back.
 */
async function readNext(
  context: StepContext,
  checkpoint: Checkpoint,
  first: number,
  head: number,
): Promise<{ range: ChainRange; final: number; held: Agreement | null }> {
  const { reader, rangeBlocks } = context;
  let held: Agreement | null;
  const final = context.finalUnder(head);
  if (first <= final) {
    const range = await reader.range(first, Math.min(first + rangeBlocks, final + 1), {
      raw: false,
    });
    const last = range.blocks.at(-1);
    held = last ? await lacking(reader, last) : null;
    if (held === null) return { range, final, held };
  } else {
    held = await lackingFor(context, checkpoint, final);
  }
  const range = await reader.range(first, first + 1, { raw: true });
  return { range, final: held === null ? final : checkpoint.finalBlock, held };
}

/** What a mirrored block that would become final now lacks of agreement. */
async function lackingFor(
  { client, reader }: StepContext,
  checkpoint: Checkpoint,
  final: number,
): Promise<Agreement | null> {
  if (final <= checkpoint.finalBlock) return null;
  const found = await client.query<{ hash: Buffer }>("SELECT hash FROM block WHERE number = $1", [
    final,
  ]);
  const hash = found.rows[0]?.hash.toString("hex");
  return hash === undefined ? null : lacking(reader, { number: final, hash: `0x${hash}` });
}

/** Null where enough nodes have the block. */
async function lacking(
  reader: ChainReader,
  { number, hash }: { number: number; hash: string },
): Promise<Agreement | null> {
  const agreement = await reader.agree?.(number, hash);
  return agreement === undefined || agreement.agreed ? null : agreement;
}

/** Whether the chain still holds the last block of the mirror. */
async function holds(reader: ChainReader, checkpoint: Checkpoint, head: number): Promise<boolean> {
  if (checkpoint.blockHash === null) return true;
  if (head < checkpoint.blockNumber) return false;
  const header = await reader.header(checkpoint.blockNumber);
  return header?.hash === checkpoint.blockHash;
}

async function takeBack(
  context: StepContext,
  checkpoint: Checkpoint,
  head: number,
): Promise<StepResult> {
  const { client, reader, schema } = context;
  const ancestor = await commonAncestor(client, reader, checkpoint, head);
  const moved = await inTransaction(client, async () => {
    const to = { ...checkpoint, blockNumber: ancestor.number, blockHash: ancestor.hash };
    const next = await moveCheckpoint(client, checkpoint, to);
    await undoAbove(client, ancestor.number, schema);
    await client.query("SELECT pg_notify('tanpu_block', $1)", [String(ancestor.number)]);
    return next;
  });
  const undone = checkpoint.blockNumber - ancestor.number;
  return { checkpoint: moved, head, applied: 0, undone, events: 0, held: null };
}

async function apply(
  context: StepContext,
  checkpoint: Checkpoint,
  work: {
    range: ChainRange;
    events: readonly ChainEvent[];
    undoable: boolean;
    final: number;
    held: Agreement | null;
  },
): Promise<Checkpoint> {
  const { client } = context;
  const last = work.range.blocks.at(-1);
  if (!last) throw new RetryableError("an empty range was read");
  // What was final once stays so, also when the head has gone back since.
  const finalBlock = Math.max(checkpoint.finalBlock, Math.min(work.final, last.number));
  const startsFinal = checkpoint.finalBlock === checkpoint.blockNumber;
  return inTransaction(client, async () => {
    const to = { blockNumber: last.number, blockHash: last.hash, finalBlock };
    const undoable = work.undoable ? last.number : null;
    const moved = await moveCheckpoint(client, checkpoint, to, {
      ...{ undoable, notify: last.number, held: work.held },
    });
    await applyRange(client, work.range, work.events);
    // Blocks that go in as final leave nothing to trim, when all before them were final too.
    if (finalBlock > checkpoint.finalBlock && !(startsFinal && !work.undoable)) {
      await trimFinal(client, { after: checkpoint.finalBlock, last: finalBlock }, context.schema);
    }
    return moved;
  });
}
