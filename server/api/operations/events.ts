import type { Pool } from "pg";
import { viewOperation } from "../../database/operationView.ts";
import {
  findNewestOperations,
  findOperationsBehind,
  type OperationRow,
  placeOf,
} from "../../database/queries/operations.ts";
import type { Live } from "../live/live.ts";
import type { EventSink } from "../live/stream.ts";

type Sources = { readonly pool: Pool; readonly live: Live };

/** How many of a key's operations a stream looks back at when it begins or is taken up. */
const LOOK_BACK = 2_000;
const MOST_AT_ONCE = 500;
// A command that was stored at the same moment as a later one may become visible after it.
const OVERLAP = 500n;

const eventOf = async (pool: Pool, row: OperationRow, id: string) => ({
  id,
  event: "operation",
  data: await viewOperation(pool, row),
});

/** Tells of each change of one operation until nothing can change any more. `last`: the place told before. */
export async function followOperation(
  { pool, live }: Sources,
  id: string,
  last: string | undefined,
  { send, signal }: EventSink,
): Promise<void> {
  let told = last;
  while (!signal.aborted) {
    const row = await live.find(id);
    if (row === undefined) return;
    const place = placeOf(row);
    if (place !== told) await send(await eventOf(pool, row, place));
    told = place;
    if (row.isSettled) return;
    await live.change(Number.MAX_SAFE_INTEGER, signal);
  }
}

/** Up to where a client was told everything: mirror's final block, time, place in the order of storing. */
type Cursor = { readonly final: number; readonly at: number; readonly sequence: bigint };

type Told = { readonly place: string; readonly sequence: bigint; readonly isSettled: boolean };

/**
 * Tells of each change of a key's operations until the client is gone. `last` is the id of the event it
 * has: then what may have changed since is told first, perhaps once more.
 */
export async function followKey(
  { pool, live }: Sources,
  apiKeyId: string,
  last: string | undefined,
  { send, signal }: EventSink,
): Promise<void> {
  const from = cursorOf(last);
  const told = new Map<string, Told>();
  // What is told within a pass carries the cursor of the pass before: a client cut in the middle gets it all again.
  let cursor: Cursor = from ?? { final: 0, at: Date.now(), sequence: 0n };
  let next = cursor;
  const look = async (
    asked: readonly { id: string; sequence: bigint }[],
    isNews: (row: OperationRow, sequence: bigint) => boolean,
  ): Promise<void> => {
    const at = Date.now();
    const rows = await Promise.all(asked.map(({ id }) => live.find(id)));
    for (const [index, row] of rows.entries()) {
      if (row === undefined) continue;
      const sequence = asked[index]?.sequence ?? 0n;
      const place = placeOf(row);
      if (isNews(row, sequence)) await send(await eventOf(pool, row, textOf(cursor)));
      told.set(row.id, { place, sequence, isSettled: row.isSettled });
      next = {
        final: Math.max(next.final, row.finalBlock ?? 0),
        at,
        sequence: sequence > next.sequence ? sequence : next.sequence,
      };
    }
    cursor = next;
  };
  const newest = (await findNewestOperations(pool, apiKeyId, LOOK_BACK)).reverse();
  await look(newest, (row, sequence) => from !== undefined && mayBeNew(row, sequence, from));
  while (!signal.aborted) {
    await live.change(Number.MAX_SAFE_INTEGER, signal);
    if (signal.aborted) return;
    for (const [id, { isSettled, sequence }] of told) {
      if (isSettled && sequence <= cursor.sequence - OVERLAP) told.delete(id);
    }
    const behind = cursor.sequence - OVERLAP;
    const added = await findOperationsBehind(pool, apiKeyId, behind, MOST_AT_ONCE);
    const open = [...told].flatMap(([id, { isSettled, sequence }]) =>
      isSettled ? [] : [{ id, sequence }],
    );
    const fresh = added.filter(({ id }) => !told.has(id));
    await look([...open, ...fresh], (row) => told.get(row.id)?.place !== placeOf(row));
  }
}

function textOf({ final, at, sequence }: Cursor): string {
  return `${final}-${at}-${sequence}`;
}

function cursorOf(last: string | undefined): Cursor | undefined {
  const [, final, at, sequence] = /^(\d{1,15})-(\d{1,15})-(\d{1,18})$/.exec(last ?? "") ?? [];
  return final === undefined || at === undefined || sequence === undefined
    ? undefined
    : { final: Number(final), at: Number(at), sequence: BigInt(sequence) };
}

/** Clocks of API and database may differ by this much. */
const CLOCK_MILLISECONDS = 60_000;

function mayBeNew(row: OperationRow, sequence: bigint, from: Cursor): boolean {
  if (sequence > from.sequence || !row.isSettled) return true;
  if (row.endedAt !== null) return row.endedAt.getTime() > from.at - CLOCK_MILLISECONDS;
  return (row.blockNumber ?? 0) > from.final;
}
