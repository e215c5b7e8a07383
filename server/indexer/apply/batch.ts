import type { ClientBase } from "pg";
import type { ChainEvent, ChainEventOf, EventName, EventPlace } from "../../chain/events.ts";

/** The decoded events of a range of blocks on their way into the mirror. */
export interface EventBatch {
  readonly client: ClientBase;
  /** Unix seconds of a block of the range. */
  timeOf(event: EventPlace): number;
  /** Events of one name, in chain order. */
  named<Name extends EventName>(name: Name): readonly ChainEventOf<Name>[];
}

export function batchOf(
  client: ClientBase,
  events: readonly ChainEvent[],
  times: ReadonlyMap<number, number>,
): EventBatch {
  const byName = new Map<EventName, ChainEvent[]>();
  for (const event of events) {
    const same = byName.get(event.name);
    if (same) same.push(event);
    else byName.set(event.name, [event]);
  }
  return {
    client,
    timeOf: (event) => {
      const time = times.get(event.blockNumber);
      if (time === undefined) throw new RangeError(`no block ${event.blockNumber} in this range`);
      return time;
    },
    named: <Name extends EventName>(name: Name) =>
      (byName.get(name) ?? []) as unknown as readonly ChainEventOf<Name>[],
  };
}

/** All events of the given names in the order the chain emitted them. */
export function inChainOrder<Name extends EventName>(
  batch: EventBatch,
  ...names: readonly Name[]
): readonly ChainEventOf<Name>[] {
  const events: ChainEventOf<Name>[] = names.flatMap((name) => [...batch.named(name)]);
  return events.sort((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex);
}

/** Keeps only the last event of each key, for tables where the newest statement is the present one. */
export function lastOfEach<Event>(
  events: readonly Event[],
  keyOf: (event: Event) => string,
): Event[] {
  const last = new Map<string, Event>();
  for (const event of events) last.set(keyOf(event), event);
  return [...last.values()];
}
