import type pg from "pg";

/** A stored report, as far as judging it beside others needs it; the rest is filled in. */
export type ReportRow = {
  day: number;
  platform: string;
  /** A number that becomes the row key. */
  row: number;
  source: number;
  behaviour: string;
  participant: number;
  milligrams: number;
  at: number;
  seconds: number;
  quantities: Readonly<Record<string, string>>;
  /** A number that becomes the key of a car or meter. */
  thing?: number | undefined;
  /** The row it takes the place of. */
  corrects?: number | undefined;
};

export const rowUuid = (row: number): string =>
  `00000000-0000-4000-8000-${row.toString(16).padStart(12, "0")}`;

/** Writes reports as arrival would leave them; platforms get their numbers in the order given. */
export async function writeReports(owner: pg.Pool, rows: readonly ReportRow[]): Promise<void> {
  for (const day of new Set(rows.map((row) => row.day))) {
    await owner.query("SELECT intake.ensure_day($1)", [day]);
  }
  for (const name of new Set(rows.map((row) => row.platform))) {
    await owner.query("INSERT INTO intake.platform (name) VALUES ($1) ON CONFLICT DO NOTHING", [
      name,
    ]);
  }
  await owner.query(
    `INSERT INTO intake.rule (content_hash) VALUES (decode(repeat('07', 32), 'hex')) ON CONFLICT DO NOTHING`,
  );
  for (const source of [...new Set(rows.map((row) => row.source))].sort((a, b) => a - b)) {
    await owner.query(
      `INSERT INTO intake.source (source, source_id) OVERRIDING SYSTEM VALUE VALUES ($1, $2)
       ON CONFLICT DO NOTHING`,
      [source, Buffer.alloc(32, source)],
    );
  }
  await owner.query(
    `INSERT INTO intake.report (day, platform, row_key, source, rule, behaviour, fingerprint_a, participant,
       milligrams, activity_at, seconds, quantities, thing, corrects, salt)
     SELECT j.day, p.platform, j.row_key::uuid, j.source, (SELECT min(rule) FROM intake.rule), j.behaviour,
            int4send(j.day) || decode(md5(j.platform || j.row_key) || substr(md5(j.row_key), 1, 24), 'hex'),
            j.participant::uuid, j.milligrams, j.at, j.seconds, j.quantities, j.thing::uuid, j.corrects::uuid,
            gen_random_uuid()
       FROM json_to_recordset($1::json) AS j(day int, platform text, row_key text, source int, behaviour text,
            participant text, milligrams bigint, at bigint, seconds int, quantities text, thing text, corrects text)
       JOIN intake.platform p ON p.name = j.platform`,
    [
      JSON.stringify(
        rows.map(({ row, participant, thing, corrects, quantities, ...rest }) => ({
          ...rest,
          row_key: rowUuid(row),
          participant: rowUuid(participant),
          quantities: JSON.stringify(quantities),
          thing: thing === undefined ? null : rowUuid(thing),
          corrects: corrects === undefined ? null : rowUuid(corrects),
        })),
      ),
    ],
  );
}
