/*
 * A synthetic day of a city: every row follows from its number, so that a day of any size can be sent in
 * any order without being held. The operator reports every ride; two apps report some of them again by
 * clocks that are off, some rows are sent twice, some were wrong and are corrected.
 */

export type CityRow = { platform: string; row: Readonly<Record<string, unknown>> };

/** 2018-09-01, 00:00 in China. */
export const CITY_DAY = 17_775;
const MIDNIGHT = CITY_DAY * 86_400 - 28_800;
export const RIDE_MILLIGRAMS = 371_000n;

/** Numbers that follow from a number. */
const mixed = (number: number, salt: number): number => {
  let value = Math.imul(number + 1, 0x9e3779b1) ^ Math.imul(salt + 1, 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  value = Math.imul(value ^ (value >>> 12), 0x297a2d39);
  return (value ^ (value >>> 15)) >>> 0;
};

export class CityDay {
  readonly rides: number;
  /** How many rows come: parts of the day one behind the other. */
  readonly #parts: readonly { count: number; rowAt: (index: number) => CityRow }[];

  constructor(rides: number) {
    this.rides = rides;
    this.#parts = [
      { count: rides, rowAt: (ride) => this.#operator(ride) },
      // What was wrong at first: another vehicle, of every hundredth ride.
      { count: Math.floor(rides / 100), rowAt: (index) => this.#wrong(100 * index) },
      { count: Math.floor(rides / 10), rowAt: (index) => this.#app("city-app", 10 * index) },
      { count: Math.floor(rides / 10), rowAt: (index) => this.#app("map-app", 10 * index + 5) },
      // Some rides are known to both apps.
      { count: Math.floor(rides / 50), rowAt: (index) => this.#app("map-app", 50 * index) },
      // Sent again as they were.
      { count: Math.floor(rides / 50), rowAt: (index) => this.#operator(50 * index + 1) },
    ];
  }

  get rows(): number {
    return this.#parts.reduce((sum, { count }) => sum + count, 0);
  }

  rowAt(number: number): CityRow {
    let index = number;
    for (const { count, rowAt } of this.#parts) {
      if (index < count) return rowAt(index);
      index -= count;
    }
    throw new RangeError(`row ${number} of ${this.rows}`);
  }

  /** Milligrams the day's activities are worth, each once. */
  get milligrams(): bigint {
    return RIDE_MILLIGRAMS * BigInt(this.rides);
  }

  /** Clear of both midnights by more than any clock is off. */
  #at(ride: number): number {
    return MIDNIGHT + 600 + (mixed(ride, 1) % 85_000);
  }

  #bus(ride: number, orderNo: string, userId: string, at: number): Record<string, unknown> {
    const vehicle = `bus-${mixed(ride, 2) % 16_000}`;
    return { orderNo, userId, behaviour: "bus-trip", card: `card-${ride}`, vehicle, at };
  }

  #operator(ride: number): CityRow {
    const person = mixed(ride, 3) % Math.max(1, this.rides >> 1);
    const row = this.#bus(ride, `o-${ride}`, `rider-${person}`, this.#at(ride));
    if (ride % 100 === 0) row.corrects = `w-${ride}`;
    return { platform: "transit-operator", row };
  }

  #wrong(ride: number): CityRow {
    const { row } = this.#operator(ride);
    const { corrects: _, ...rest } = row as Record<string, unknown>;
    return {
      platform: "transit-operator",
      row: { ...rest, orderNo: `w-${ride}`, vehicle: `wrong-${ride}` },
    };
  }

  #app(platform: string, ride: number): CityRow {
    const skew = (mixed(ride, platform.length) % 181) - 90;
    const user = `${platform}-user-${mixed(ride, 4) % Math.max(1, this.rides >> 1)}`;
    return { platform, row: this.#bus(ride, `${platform}-${ride}`, user, this.#at(ride) + skew) };
  }

  /** All rows, in an order that follows from a number. */
  *inOrder(order: number): Generator<CityRow> {
    const count = this.rows;
    // A step without a common divisor visits every row once.
    let step = order === 0 ? 1 : (mixed(order, 5) % count) | 1;
    const divides = (a: number, b: number): number => (b === 0 ? a : divides(b, a % b));
    while (divides(step, count) !== 1) step += 2;
    let at = order === 0 ? 0 : mixed(order, 6) % count;
    for (let sent = 0; sent < count; sent++) {
      yield this.rowAt(at);
      at = (at + step) % count;
    }
  }
}

/** Sends a day in batches of one platform each, so many at the same time. */
export async function sendDay(
  day: CityDay,
  of: {
    order: number;
    batchRows: number;
    workers: number;
    send: (platform: string, rows: readonly unknown[]) => Promise<void>;
  },
): Promise<void> {
  const waiting = new Map<string, unknown[]>();
  const underWay = new Set<Promise<void>>();
  const start = async (platform: string, rows: unknown[]): Promise<void> => {
    while (underWay.size >= of.workers) await Promise.race(underWay);
    const one = of.send(platform, rows).finally(() => underWay.delete(one));
    underWay.add(one);
  };
  for (const { platform, row } of day.inOrder(of.order)) {
    const rows = waiting.get(platform) ?? [];
    if (rows.push(row) === of.batchRows) {
      waiting.delete(platform);
      await start(platform, rows);
    } else waiting.set(platform, rows);
  }
  for (const [platform, rows] of waiting) await start(platform, rows);
  await Promise.all(underWay);
}
