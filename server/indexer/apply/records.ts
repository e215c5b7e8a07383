import type { ChainEventOf, EventName } from "../../chain/events.ts";
import { type EventBatch, inChainOrder } from "./batch.ts";
import { bytes, type Cell } from "./rows.ts";

/** Columns with their values; `0x…` text is bytea, a list of it an array. */
export type Row = Readonly<Record<string, Cell | readonly string[]>>;

/**
 * One change of one table. `update` demands the row, because an event about something unknown means a
 * hole before it; `subtract` lowers numbers that stand there. `first` is written when the row is new.
 */
export type Change =
  | { readonly insert: string; readonly row: Row }
  | {
      readonly upsert: string;
      readonly key: Row;
      readonly row?: Row;
      readonly first?: Row;
      /** Flags of a row that is there, each true no longer than the column named beside it stays as it was. */
      readonly flagsWhile?: Readonly<Record<string, string>>;
    }
  | {
      readonly update: string;
      readonly key: Row;
      readonly row?: Row;
      readonly subtract?: Row;
    }
  | { readonly remove: string; readonly key: Row };

/** Where an event stands, for the rows it writes: the columns most of these tables share. */
export type Stamp = {
  /** `block_number` and `log_index`. */
  readonly place: { readonly block_number: number; readonly log_index: number };
  readonly block_number: number;
  /** Unix seconds of the block. */
  readonly at: number;
  readonly transaction: string;
};

/** What each event writes, in the words of its arguments. */
export type Records = {
  readonly [Name in EventName]?: (
    told: ChainEventOf<Name>["arguments"],
    stamp: Stamp,
    event: ChainEventOf<Name>,
  ) => readonly Change[];
};

type AnyRecord = (told: unknown, stamp: Stamp, event: unknown) => readonly Change[];

/**
 * Applies events that are told row by row, in the order of the chain: rare ones, whose tables follow
 * straight from their arguments.
 */
export async function applyRecords(batch: EventBatch, records: Records): Promise<void> {
  const names = Object.keys(records) as EventName[];
  for (const event of inChainOrder(batch, ...names)) {
    const { blockNumber, logIndex, transactionHash } = event;
    const stamp: Stamp = {
      place: { block_number: blockNumber, log_index: logIndex },
      block_number: blockNumber,
      at: batch.timeOf(event),
      transaction: transactionHash,
    };
    const record = records[event.name] as unknown as AnyRecord;
    for (const change of record(event.arguments, stamp, event)) await write(batch, change);
  }
}

async function write({ client }: EventBatch, change: Change): Promise<void> {
  const values: unknown[] = [];
  const place = (value: Row[string]): string => `$${values.push(cellOf(value))}`;
  const list = (row: Row): string => Object.keys(row).join(", ");
  const places = (row: Row): string => Object.values(row).map(place).join(", ");
  const sets = (row: Row): string[] =>
    Object.entries(row).map(([column, value]) => `${column} = ${place(value)}`);
  const is = (key: Row): string =>
    Object.entries(key)
      .map(([column, value]) =>
        value === null ? `${column} IS NULL` : `${column} = ${place(value)}`,
      )
      .join(" AND ");
  if ("insert" in change) {
    const { insert, row } = change;
    await client.query(`INSERT INTO ${insert} (${list(row)}) VALUES (${places(row)})`, values);
  } else if ("upsert" in change) {
    const { upsert, key, row = {}, first = {}, flagsWhile = {} } = change;
    const all = { ...key, ...row, ...first };
    const fresh = [
      ...Object.keys(row).map((column) => `${column} = excluded.${column}`),
      ...Object.entries(flagsWhile).map(
        ([flag, column]) =>
          `${flag} = ${upsert}.${flag} AND ${upsert}.${column} = excluded.${column}`,
      ),
    ];
    await client.query(
      `INSERT INTO ${upsert} (${list(all)}) VALUES (${places(all)}) ON CONFLICT (${list(key)})
       DO ${fresh.length > 0 ? `UPDATE SET ${fresh.join(", ")}` : "NOTHING"}`,
      values,
    );
  } else if ("remove" in change) {
    await client.query(`DELETE FROM ${change.remove} WHERE ${is(change.key)}`, values);
  } else {
    const { update, key, row = {}, subtract = {} } = change;
    const less = Object.entries(subtract).map(
      ([column, value]) => `${column} = ${column} - ${place(value)}`,
    );
    const { rowCount } = await client.query(
      `UPDATE ${update} SET ${[...less, ...sets(row)].join(", ")} WHERE ${is(key)}`,
      values,
    );
    if (rowCount === 0) {
      throw new Error(`${update}: a row should change that is not there; the mirror has a hole`);
    }
  }
}

function cellOf(value: Row[string]): unknown {
  if (typeof value === "string") return value.startsWith("0x") ? bytes(value) : value;
  return Array.isArray(value) ? value.map(cellOf) : value;
}
