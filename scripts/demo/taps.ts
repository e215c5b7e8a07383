import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { parse } from "csv-parse";
import { parseInstant } from "../../server/domain/period.ts";

/** One read of a card by a vehicle or gate. `row` counts the file's data rows from 0. */
export type Tap = {
  row: number;
  kind: "bus" | "metro-in" | "metro-out";
  card: string;
  /** Unix seconds. */
  at: number;
  /** Number of the gate or reader. */
  device: string;
  /** Number of the bus; the gate's short name on the metro. */
  vehicle: string;
  /** Line or company that runs it. */
  line: string;
  /** Blank where the source has a blank; on a bus it is the route. */
  station: string;
};

/** A metro entry directly followed by an exit of the same card. */
export type MetroPair = { entry: Tap; exit: Tap };

export type Rides = {
  rows: number;
  bus: Tap[];
  pairs: MetroPair[];
  /** Metro taps that never pair: the other half is in another part of the source. */
  unpaired: Tap[];
};

const kinds = new Map<string, Tap["kind"]>([
  ["巴士", "bus"],
  ["地铁入站", "metro-in"],
  ["地铁出站", "metro-out"],
]);

type Row = Record<"card_no" | "deal_date" | "deal_type" | "equ_no" | "car_no", string> &
  Record<"company_name" | "station", string>;

function tapOf(columns: Row, row: number): Tap {
  const kind = kinds.get(columns.deal_type);
  // The sample writes China time without an offset.
  const at = parseInstant(`${columns.deal_date.replace(" ", "T")}+08:00`);
  if (!kind || !at.ok) throw new Error(`row ${row} of the sample is damaged`);
  return {
    row,
    kind,
    card: columns.card_no,
    at: at.value,
    device: columns.equ_no,
    vehicle: columns.car_no,
    line: columns.company_name,
    station: columns.station,
  };
}

/** Reads the taps of a gzipped sample, in the order of the file. */
export async function readTaps(file: string | URL): Promise<Tap[]> {
  const rows = createReadStream(file)
    .pipe(createGunzip())
    .pipe(parse({ columns: true, bom: true }));
  const taps: Tap[] = [];
  for await (const columns of rows as AsyncIterable<Row>) taps.push(tapOf(columns, taps.length));
  return taps;
}

/**
 * Pairs the metro taps of each card in the order of time (ties by row): an entry whose next tap is an
 * exit is a pair, everything else stays unpaired.
 */
export function ridesOf(taps: readonly Tap[]): Rides {
  const byCard = new Map<string, Tap[]>();
  for (const tap of taps) {
    if (tap.kind === "bus") continue;
    const own = byCard.get(tap.card);
    if (own) own.push(tap);
    else byCard.set(tap.card, [tap]);
  }
  const pairs: MetroPair[] = [];
  const unpaired: Tap[] = [];
  for (const own of byCard.values()) {
    own.sort((a, b) => a.at - b.at || a.row - b.row);
    for (let i = 0; i < own.length; i++) {
      const [entry, exit] = [own[i], own[i + 1]];
      if (entry?.kind === "metro-in" && exit?.kind === "metro-out") {
        pairs.push({ entry, exit });
        i++;
      } else if (entry) unpaired.push(entry);
    }
  }
  return { rows: taps.length, bus: taps.filter((tap) => tap.kind === "bus"), pairs, unpaired };
}

/** The sample that comes with the registry. */
export const sampleFile = new URL(
  "../../data/samples/shenzhen-taps-2018-09-01.csv.gz",
  import.meta.url,
);
