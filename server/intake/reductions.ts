import type { PoolClient } from "pg";
import type { Refusal } from "../domain/result.ts";
import { CORRECTION_DAYS } from "./close/standing.ts";

/** A report that corrects an earlier one of its platform. Keys are 16 bytes. */
export type Correction = {
  /** Its place in the chunk. */
  place: number;
  day: number;
  rowKey: Uint8Array;
  corrects: Uint8Array;
  milligrams: bigint;
};

/** What became of a correction of a closed period: what is left of the leaf, or why it is refused. */
export type Reduction = { milligrams: bigint } | { refusal: Refusal };

/**
 * Takes corrections of reports that a closed period credited: from then on a correction may only take
 * away. Corrections of other reports are not in the answer. The same correction again changes nothing and
 * gives the same answer. CORRECTION_ONLY_REDUCES.
 */
export async function reduceClosed(
  client: PoolClient,
  platform: number,
  corrections: readonly Correction[],
): Promise<Map<number, Reduction>> {
  const answers = new Map<number, Reduction>();
  if (corrections.length === 0) return answers;
  // What one correction leaves is what the next one starts from, so they follow one another.
  await client.query("SELECT pg_advisory_xact_lock(hashtext('tanpu correction'), $1)", [platform]);
  let left = corrections;
  while (left.length > 0) {
    const first = new Map<string, Correction>();
    for (const one of left) {
      const key = Buffer.from(one.corrects).toString("latin1");
      if (!first.has(key)) first.set(key, one);
    }
    const round = [...first.values()];
    for (const [place, answer] of await reduceOnce(client, platform, round)) {
      answers.set(place, answer);
    }
    left = left.filter((one) => !round.includes(one));
  }
  return answers;
}

async function reduceOnce(
  client: PoolClient,
  platform: number,
  corrections: readonly Correction[],
): Promise<Map<number, Reduction>> {
  const bytes = (key: Uint8Array): string => Buffer.from(key).toString("hex");
  const { rows } = await client.query<{ place: number; had: string; wanted: string }>(
    `WITH asked AS (
       SELECT * FROM unnest($2::int[], $3::int[], $4::uuid[], $5::uuid[], $6::bigint[])
         AS t(place, day, correction, corrects, wanted)),
     had AS (
       SELECT a.place, a.correction, a.wanted, r.day, r.row_key, m.batch_id,
              r.milligrams - coalesce((SELECT sum(d.milligrams) FROM intake.reduction d
                 WHERE d.day = r.day AND d.platform = r.platform AND d.row_key = r.row_key
                   AND d.correction <> a.correction), 0) AS had
         FROM asked a
         JOIN intake.report r ON r.day BETWEEN a.day - $7 AND a.day + $7
          AND r.platform = $1 AND r.row_key = a.corrects
         JOIN intake.membership m ON m.day = r.day AND m.platform = r.platform
          AND m.row_key = r.row_key AND m.credited),
     stored AS (
       INSERT INTO intake.reduction (day, platform, row_key, batch_id, correction, milligrams)
       SELECT day, $1, row_key, batch_id, correction, had - wanted FROM had WHERE wanted < had
        ORDER BY day, row_key, correction
       ON CONFLICT DO NOTHING)
     SELECT place, had::text, wanted::text FROM had`,
    [
      platform,
      corrections.map(({ place }) => place),
      corrections.map(({ day }) => day),
      corrections.map(({ rowKey }) => bytes(rowKey)),
      corrections.map(({ corrects }) => bytes(corrects)),
      corrections.map(({ milligrams }) => milligrams.toString()),
      CORRECTION_DAYS,
    ],
  );
  return new Map(
    rows.map(({ place, had, wanted }): [number, Reduction] =>
      BigInt(wanted) < BigInt(had)
        ? [place, { milligrams: BigInt(wanted) }]
        : [
            place,
            {
              refusal: {
                code: "CORRECTION_ONLY_REDUCES",
                field: "corrects",
                values: { had, wanted },
              },
            },
          ],
    ),
  );
}
