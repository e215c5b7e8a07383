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

/** Postgres takes 65,535 parameters a statement. */
const MOST_PARAMETERS = 60_000;

/**
 * Applies events that are told row by row, in the order of the chain: rare ones, whose tables follow
 * straight from their arguments. Rows that only come to a table wait for each other and go in together, until something
 * else is to be changed in that table; no change of one table looks at another.
 */
export async function applyRecords(batch: EventBatch, records: Records): Promise<void> {
  const names = Object.keys(records) as EventName[];
  const waiting = new Map<string, Row[]>();
  for (const event of inChainOrder(batch, ...names)) {
    const { blockNumber, logIndex, transactionHash } = event;
    const stamp: Stamp = {
      place: { block_number: blockNumber, log_index: logIndex },
      block_number: blockNumber,
      at: batch.timeOf(event),
      transaction: transactionHash,
    };
    const record = records[event.name] as unknown as AnyRecord;
    for (const change of record(event.arguments, stamp, event)) {
      if ("insert" in change) {
        const rows = waiting.get(change.insert);
        if (rows) rows.push(change.row);
        else waiting.set(change.insert, [change.row]);
        continue;
      }
      const table = tableOf(change);
      await insertAll(batch, table, waiting.get(table) ?? []);
      waiting.delete(table);
      await write(batch, change);
    }
  }
  for (const [table, rows] of waiting) await insertAll(batch, table, rows);
}

type Elsewise = Exclude<Change, { insert: string }>;

function tableOf(change: Elsewise): string {
  if ("upsert" in change) return change.upsert;
  return "remove" in change ? change.remove : change.update;
}

/** Inserts rows in their order, those that follow each other with the same columns in one statement. */
async function insertAll(
  { client }: EventBatch,
  table: string,
  rows: readonly Row[],
): Promise<void> {
  for (let first = 0; first < rows.length; ) {
    const names = Object.keys(rows[first] as Row);
    const columns = names.join(", ");
    const most = first + Math.floor(MOST_PARAMETERS / names.length);
    let end = first + 1;
    while (end < Math.min(rows.length, most)) {
      if (Object.keys(rows[end] as Row).join(", ") !== columns) break;
      end += 1;
    }
    const values: unknown[] = [];
    const lists = rows.slice(first, end).map((row) => {
      const places = Object.values(row).map((value) => `$${values.push(cellOf(value))}`);
      return `(${places.join(", ")})`;
    });
    await client.query(`INSERT INTO ${table} (${columns}) VALUES ${lists.join(", ")}`, values);
    first = end;
  }
}

async function write({ client }: EventBatch, change: Elsewise): Promise<void> {
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
  if ("upsert" in change) {
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
