import * as path from "node:path";
import pg from "pg";
import { fromHex, toHex } from "../../server/domain/bytes.ts";
import { saltsOf } from "../../server/domain/commitment.ts";
import { rowKeyOf } from "../../server/domain/fingerprint.ts";
import { parseInstant } from "../../server/domain/period.ts";
import { folders, writeJson } from "../dev/registry.ts";
import type { Batch, IssuedUnits, Neutrality } from "./acts.ts";
import { platformReports, type Report } from "./platforms.ts";
import { PROGRAMME } from "./setUp.ts";
import type { Stage } from "./stage.ts";
import type { Rides } from "./taps.ts";

/** One ride that all three platforms reported, and where it went. */
export type SharedRide = { file: string; platforms: string[]; leafIndex: number };

const REPORTERS = ["transit-operator", "map-app", "city-app"] as const;

/** Writes what an outsider needs beside the blobs: the token's bundle and one opened ride. */
export async function publish(
  stage: Stage,
  rides: Rides,
  acts: { batch: Batch; issued: IssuedUnits; neutrality: Neutrality },
): Promise<SharedRide> {
  const folder = folders.published(stage.stack.dataFolder);
  const { tokenId } = stage.script;
  const bundle = await stage.clients.auditor.get(`/v1/tokens/${tokenId}/bundle`);
  await writeJson(path.join(folder, "tokens", `${tokenId.slice(2)}.json`), bundle);
  return publishRide(stage, rides, acts.batch, folder);
}

/**
 * Opens one ride: raw facts, salts and the common key. Only the demonstration may do this, because its
 * cards are fresh pseudonyms and its keys are published.
 */
async function publishRide(
  stage: Stage,
  rides: Rides,
  batch: Batch,
  folder: string,
): Promise<SharedRide> {
  const { script } = stage;
  const { suite, intakeKeys } = script;
  const shared = rideOfAllThree(rides);
  const keyOf = (platform: string, report: Report) =>
    rowKeyOf(suite, intakeKeys.keys, PROGRAMME, platform, report.orderNo ?? "");
  const operator = shared.find(({ platform }) => platform === "transit-operator");
  if (!operator) throw new Error("The sample holds no ride that all platforms know.");
  const opening = await readOpening(stage, batch.batchId, {
    platform: operator.platform,
    rowKey: keyOf(operator.platform, operator.report),
  });
  await writeJson(path.join(folder, "rides", "one-ride.json"), {
    format: "tanpu-ride/1",
    demonstration: true,
    tokenId: script.tokenId,
    commonKey: script.commonKey,
    windowSeconds: script.methodology.windowSeconds,
    reports: shared.map(({ platform, report }) => ({
      platform,
      carrier: report.vehicle,
      card: report.card,
      at: instantOf(report),
    })),
    leafIndex: opening.leafIndex,
    salts: opening.salts,
    participant: opening.participant,
    evidence: opening.evidence,
    milligrams: opening.milligrams,
  });
  const platforms = shared.map(({ platform }) => platform);
  return { file: "rides/one-ride.json", platforms, leafIndex: opening.leafIndex };
}

type PlatformReport = { platform: string; report: Report };

/** The first bus ride whose card and vehicle each of the three platforms names exactly once. */
function rideOfAllThree(rides: Rides): PlatformReport[] {
  const byRide = new Map<string, PlatformReport[]>();
  for (const { platform, reports } of platformReports(rides)) {
    if (!REPORTERS.some((name) => name === platform)) continue;
    for (const report of reports) {
      if (report.behaviour !== "bus-trip") continue;
      const ride = `${report.card}|${report.vehicle}`;
      byRide.set(ride, [...(byRide.get(ride) ?? []), { platform, report }]);
    }
  }
  for (const reports of byRide.values()) {
    const names = new Set(reports.map(({ platform }) => platform));
    if (names.size === REPORTERS.length && reports.length === REPORTERS.length) return reports;
  }
  return [];
}

function instantOf(report: Report): number {
  const at = parseInstant(report.at ?? "");
  if (!at.ok) throw new Error("A report of the demo has no time.");
  return at.value;
}

async function readOpening(
  { stack, script: { suite, methodology } }: Stage,
  batchId: string,
  row: { platform: string; rowKey: Uint8Array },
) {
  const client = new pg.Client({ connectionString: stack.databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query(
      `SELECT m.leaf_index::text AS leaf_index, replace(r.salt::text, '-', '') AS salt,
              replace(r.participant::text, '-', '') AS participant,
              r.behaviour, r.quantities, r.milligrams::text AS milligrams
         FROM intake.membership m
         JOIN intake.report r USING (day, platform, row_key)
         JOIN intake.platform p USING (platform)
        WHERE m.batch_id = $1 AND p.name = $2 AND m.row_key = $3 AND m.credited`,
      [batchId, row.platform, Buffer.from(row.rowKey).toString("hex")],
    );
    const [found] = rows;
    if (!found) throw new Error("The ride of all three platforms was not the credited report.");
    const salts = saltsOf(suite, fromHex(`0x${found.salt}`));
    const behaviour = String(found.behaviour);
    return {
      leafIndex: Number(found.leaf_index),
      salts: { beneficiary: toHex(salts.beneficiary), evidence: toHex(salts.evidence) },
      participant: `0x${found.participant}`,
      evidence: {
        behaviour,
        parameterIndex: methodology.behaviours.get(behaviour)?.parameterIndex ?? 0,
        quantities: JSON.parse(found.quantities) as Record<string, string>,
      },
      milligrams: String(found.milligrams),
    };
  } finally {
    await client.end();
  }
}
