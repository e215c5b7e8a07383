import { createHmac } from "node:crypto";
import { formatInstant } from "../../server/domain/period.ts";
import type { MetroPair, Rides, Tap } from "./taps.ts";

/** One report as a platform sends it; the same members as a row of `POST /v1/activities`. */
export type Report = Record<string, string>;

export type PlatformReports = { platform: string; reports: Report[] };

/** The seed of the published demonstration. */
export const demoSeed = "tanpu-demo-2018-09-01";

/** How far a platform's clock may be off, in seconds either way. */
export const CLOCK_SKEW_SECONDS = 90;

/**
 * Which share of the rides each platform knows, in percent. The transit operator knows all. An app
 * that only follows positions knows neither card nor vehicle.
 */
export const shares = {
  "transit-operator": 100,
  "map-app": 40,
  "city-app": 25,
  "position-app": 5,
} as const;
type Platform = keyof typeof shares;

/** A number below `limit` that follows from the seed, the platform, the purpose and the row alone. */
function draw(seed: string, platform: Platform, what: string, row: number, limit: number): number {
  const mac = createHmac("sha256", seed).update(`${platform}|${what}|${row}`).digest();
  return Number(mac.readBigUInt64BE() % BigInt(limit));
}

function name(seed: string, platform: Platform, what: string, of: string): string {
  const mac = createHmac("sha256", seed).update(`${platform}|${what}|${of}`).digest("hex");
  return `${what}-${mac.slice(0, 20)}`;
}

function clock(seed: string, platform: Platform, row: number): number {
  // The operator's own clock is the one the taps were recorded with.
  if (platform === "transit-operator") return 0;
  return draw(seed, platform, "clock", row, 2 * CLOCK_SKEW_SECONDS + 1) - CLOCK_SKEW_SECONDS;
}

function busReport(seed: string, platform: Platform, tap: Tap): Report {
  return {
    orderNo: name(seed, platform, "order", String(tap.row)),
    userId: name(seed, platform, "user", tap.card),
    behaviour: "bus-trip",
    card: tap.card,
    vehicle: tap.vehicle,
    at: formatInstant(tap.at + clock(seed, platform, tap.row)),
  };
}

function metroReport(seed: string, platform: Platform, { entry, exit }: MetroPair): Report {
  const offset = clock(seed, platform, entry.row);
  return {
    orderNo: name(seed, platform, "order", String(entry.row)),
    userId: name(seed, platform, "user", entry.card),
    behaviour: "metro-trip",
    card: entry.card,
    entryDevice: entry.device,
    entryAt: formatInstant(entry.at + offset),
    entryStation: entry.station,
    exitDevice: exit.device,
    exitAt: formatInstant(exit.at + offset),
    exitStation: exit.station,
  };
}

/** What an app sees that follows a phone: that somebody moved on a line, but not in which vehicle. */
function positionReport(seed: string, platform: Platform, tap: Tap, exit?: Tap): Report {
  const shared = {
    orderNo: name(seed, platform, "order", String(tap.row)),
    userId: name(seed, platform, "user", tap.card),
  };
  const at = tap.at + clock(seed, platform, tap.row);
  if (!exit) {
    return { ...shared, behaviour: "bus-trip", at: formatInstant(at), line: tap.station };
  }
  return {
    ...shared,
    behaviour: "metro-trip",
    entryAt: formatInstant(at),
    entryStation: tap.station,
    exitAt: formatInstant(exit.at + at - tap.at),
    exitStation: exit.station,
    line: tap.line,
  };
}

/**
 * Whether somebody was carried from one named place to another. An app shows its user a ride by these
 * two places, so it knows no other; the operator reports every pair of its gates, and learns which
 * ones are refused.
 */
function hasTwoPlaces({ entry, exit }: MetroPair): boolean {
  return entry.station !== "" && exit.station !== "" && entry.station !== exit.station;
}

/** The files of the four platforms, made from the real rides and a seed; the same on every machine. */
export function platformReports(rides: Rides, seed: string = demoSeed): PlatformReports[] {
  return (Object.keys(shares) as Platform[]).map((platform) => {
    const knows = (tap: Tap): boolean =>
      draw(seed, platform, "knows", tap.row, 100) < shares[platform];
    const bus = rides.bus.filter(knows);
    const pairs = rides.pairs.filter(
      (pair) => knows(pair.entry) && (platform === "transit-operator" || hasTwoPlaces(pair)),
    );
    const reports =
      platform === "position-app"
        ? [
            ...bus.map((tap) => positionReport(seed, platform, tap)),
            ...pairs.map((pair) => positionReport(seed, platform, pair.entry, pair.exit)),
          ]
        : [
            ...bus.map((tap) => busReport(seed, platform, tap)),
            ...pairs.map((pair) => metroReport(seed, platform, pair)),
          ];
    return { platform, reports };
  });
}
