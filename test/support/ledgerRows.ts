import { createHash, randomUUID } from "node:crypto";
import type pg from "pg";

/** A uuid that follows from a name. */
export function uuidOf(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

export const bytes32Of = (name: string): Buffer => createHash("sha256").update(name).digest();

export type Ride = { person: string; platform: string; milligrams: bigint; credited?: boolean };

export const PROGRAMME = 1;
export const FIRST_DAY = 17_775;

/** Writes one source's closed batch as intake leaves it: reports, membership, and the batch over them. */
export async function closedBatch(
  owner: pg.Pool,
  of: {
    source: string | Buffer;
    day?: number;
    rides: readonly Ride[];
    total?: bigint;
    root?: Buffer;
  },
): Promise<string> {
  const [batchId, day] = [randomUUID(), of.day ?? FIRST_DAY];
  const sourceId = typeof of.source === "string" ? bytes32Of(of.source) : of.source;
  await owner.query("SELECT intake.ensure_day($1)", [day]);
  const names = [...new Set(of.rides.map(({ platform }) => platform))];
  await owner.query(
    "INSERT INTO intake.platform (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING",
    [names],
  );
  await owner.query("INSERT INTO intake.source (source_id) VALUES ($1) ON CONFLICT DO NOTHING", [
    sourceId,
  ]);
  await owner.query("INSERT INTO intake.rule (content_hash) VALUES ($1) ON CONFLICT DO NOTHING", [
    bytes32Of("rule"),
  ]);
  const total =
    of.total ??
    of.rides.reduce(
      (sum, { milligrams, credited }) => sum + (credited === false ? 0n : milligrams),
      0n,
    );
  await owner.query(
    `INSERT INTO intake.batch (id, source_id, first_day, end_day, root, total_milligrams, count, depth, leaf_file_hash,
       accepted, duplicates) VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $5, $7, 0)`,
    [
      batchId,
      sourceId,
      day,
      day + 1,
      of.root ?? bytes32Of(batchId),
      total.toString(),
      of.rides.length,
    ],
  );
  const rows = of.rides.map((ride, index) => ({
    ...{ person: uuidOf(ride.person), platform: ride.platform, mg: ride.milligrams.toString() },
    ...{ key: uuidOf(`${batchId} ${index}`), index, credited: ride.credited ?? true },
  }));
  await owner.query(
    `WITH r AS (SELECT * FROM jsonb_to_recordset($1::jsonb)
         AS r (person uuid, platform text, mg bigint, key uuid, index integer, credited boolean)),
       m AS (INSERT INTO intake.membership (batch_id, day, platform, row_key, leaf_index, credited)
         SELECT $2, $3, p.platform, r.key, r.index, r.credited FROM r JOIN intake.platform p ON p.name = r.platform)
     INSERT INTO intake.report (day, platform, row_key, source, rule, behaviour, fingerprint_a, participant, milligrams,
       activity_at, seconds, quantities, salt)
     SELECT $3, p.platform, r.key, s.source, 1, 'bike-ride', sha256(r.key::text::bytea), r.person, r.mg, $3 * 86400, 60,
       '{"distance":"1"}', gen_random_uuid()
     FROM r JOIN intake.platform p ON p.name = r.platform JOIN intake.source s ON s.source_id = $4`,
    [JSON.stringify(rows), batchId, day, sourceId],
  );
  return batchId;
}

/** Sums of the ledger by account, as text `kind/name-or-id/compartment`. */
export async function balances(owner: pg.Pool): Promise<Map<string, bigint>> {
  const { rows } = await owner.query<{ account: string; mg: string }>(
    `SELECT e.holder_kind || '/' || coalesce(i.name, e.holder::text) || '/' || e.compartment AS account,
       sum(e.milligrams) AS mg
     FROM ledger.entry e LEFT JOIN ledger.institution i ON i.holder = e.holder
     GROUP BY 1 HAVING sum(e.milligrams) <> 0`,
  );
  return new Map(rows.map(({ account, mg }) => [account, BigInt(mg)]));
}
