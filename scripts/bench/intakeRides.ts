import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { formatInstant } from "../../server/domain/period.ts";

/** What two platforms report of one day's rides: a fifth of all rows are rides the other one reported too. */
export type RideSet = { day: number; rides: number };
export type RidePlatform = "operator" | "map-app";

/** One reported ride; the same for the same number, on every machine. */
export type RideRow = {
  orderNo: string;
  userId: string;
  behaviour: "bike-ride";
  carrier: string;
  card: string;
  at: string;
  distance: string;
};

const DAY_SECONDS = 86_400;
const BIKES = 200_000;
const USERS = 1_500_000;
const CHINA_OFFSET_SECONDS = 28_800;

/** A number below 2^32 that follows from another one (an integer hash of Wellons). */
function mixed(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

const ownRides = ({ rides }: RideSet): number => rides - Math.floor(rides / 5);

/** How many rows a platform reports. */
export function rowsOf(set: RideSet, platform: RidePlatform): number {
  return platform === "operator" ? ownRides(set) : set.rides - ownRides(set);
}

/** The n-th row of a platform, in the order of its rides' times, as a day's export has them. */
export function rideRow(set: RideSet, platform: RidePlatform, n: number): RideRow {
  const isOwn = platform === "operator";
  const ride = isOwn ? n : 4 * n;
  const start = set.day * DAY_SECONDS - CHINA_OFFSET_SECONDS;
  const noise = mixed(ride + set.day * 7_919);
  // Another clock: at most half a bucket away, so both reports share one.
  const skew = isOwn ? 0 : (mixed(noise) % 241) - 120;
  const second = 200 + Math.floor((ride * (DAY_SECONDS - 400)) / ownRides(set));
  return {
    orderNo: `${isOwn ? "O" : "M"}${set.day}-${n}`,
    userId: `u${noise % USERS}`,
    behaviour: "bike-ride",
    carrier: `B${(ride * 31) % BIKES}`,
    card: `C${mixed(noise + 1)}`,
    at: formatInstant(start + second + skew),
    distance: `${noise % 9}.${100 + (noise % 900)}`,
  };
}

const COLUMNS = ["orderNo", "userId", "behaviour", "carrier", "card", "at", "distance"] as const;

/** Writes a platform's day as CSV. */
export async function writeRides(
  file: string,
  set: RideSet,
  platform: RidePlatform,
): Promise<void> {
  const stream = createWriteStream(file);
  stream.write(`${COLUMNS.join(",")}\n`);
  const rows = rowsOf(set, platform);
  for (let n = 0; n < rows; ) {
    let text = "";
    for (const end = Math.min(rows, n + 5_000); n < end; n++) {
      const row = rideRow(set, platform, n);
      text += `${COLUMNS.map((column) => row[column]).join(",")}\n`;
    }
    if (!stream.write(text)) await once(stream, "drain");
  }
  stream.end();
  await once(stream, "close");
}

/** The mapping of such a file. */
export const RIDES_MAPPING = `format: tanpu-intake-map/1
rows: csv
members:
${COLUMNS.map((column) => `  ${column}: { column: ${column} }`).join("\n")}
`;
