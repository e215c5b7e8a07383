import type pg from "pg";

/** The day whose reports the benchmark closes. */
export const CLOSED_DAY = 20_000;
export const SOURCE_ID = "11".repeat(32);
const MIDNIGHT = CLOSED_DAY * 86_400 - 28_800;

/** One in five reports is another platform's of a ride that was reported before. */
const DUPLICATES = 0.2;

/** Bytes that a report takes in Postgres, indexes included, once its day is closed. */
export async function storedBytes(
  owner: pg.Pool,
  reports: number,
): Promise<{ detachable: number; staying: number; ledger: number }> {
  const { rows } = await owner.query<{ schema: string; name: string; bytes: string }>(
    `SELECT n.nspname AS schema, c.relname AS name, pg_total_relation_size(c.oid)::text AS bytes
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND n.nspname IN ('intake', 'ledger')`,
  );
  const of = (isOne: (schema: string, name: string) => boolean): number =>
    rows
      .filter(({ schema, name }) => isOne(schema, name))
      .reduce((sum, { bytes }) => sum + Number(bytes), 0) / reports;
  const staying = `membership_${CLOSED_DAY}`;
  return {
    detachable: of((schema, name) => schema === "intake" && name !== staying),
    staying: of((_, name) => name === staying),
    ledger: of((schema) => schema === "ledger"),
  };
}

/**
 * Reports of one day as arrival leaves them, made by Postgres itself: random keys and fingerprints, two to a
 * report, and an edge from each further report of a ride to its first.
 */
export async function fillDay(
  owner: pg.Pool,
  reports: number,
  contentHash: string,
): Promise<{ milligrams: bigint; rides: number }> {
  const rides = Math.round(reports * (1 - DUPLICATES));
  await owner.query(`SELECT intake.ensure_day(${CLOSED_DAY})`);
  await owner.query(
    `INSERT INTO intake.platform (name) VALUES ('operator'), ('city-app'), ('map-app')`,
  );
  await owner.query("INSERT INTO intake.source (source_id) VALUES (decode($1, 'hex'))", [
    SOURCE_ID,
  ]);
  await owner.query("INSERT INTO intake.rule (content_hash) VALUES (decode($1, 'hex'))", [
    contentHash.slice(2),
  ]);
  const day = `int4send(${CLOSED_DAY})`;
  const bytes = (name: string, number: string): string =>
    `sha224(convert_to('${name}' || ${number}, 'UTF8'))`;
  const insert = `INSERT INTO intake.report (day, platform, row_key, source, rule, behaviour, fingerprint_a,
      fingerprint_b, participant, milligrams, activity_at, seconds, quantities, salt)
    SELECT ${CLOSED_DAY}, platform, md5('row' || ride || '/' || platform)::uuid, 1, 1, 'bus-trip',
      ${day} || ${bytes("a", "ride")},
      ${day} || ${bytes("b", "ride || '/' || CASE platform WHEN 1 THEN 0 ELSE ride % 2 END")},
      md5('person' || ride % 1000003)::uuid, 371000, ${MIDNIGHT} + ride % 86400, 0, '{"trips":"1"}',
      md5('salt' || ride || '/' || platform)::uuid`;
  await owner.query(
    `${insert} FROM (SELECT g AS ride, 1 AS platform FROM generate_series(1, ${rides}) g) t`,
  );
  await owner.query(
    `${insert} FROM (SELECT g AS ride, 2 + g % 2 AS platform
                       FROM generate_series(1, ${reports - rides}) g) t`,
  );
  await owner.query(
    `INSERT INTO intake.shared
     SELECT ${CLOSED_DAY}, 2 + g % 2, md5('row' || g || '/' || (2 + g % 2))::uuid,
            ${CLOSED_DAY}, 1, md5('row' || g || '/1')::uuid
       FROM generate_series(1, ${reports - rides}) g`,
  );
  const mark = (column: string): string =>
    `encode(substring(${column} FROM 5 FOR 16), 'hex')::uuid`;
  await owner.query(
    `INSERT INTO intake.fingerprint (day, mark, platform, row_key, report_day)
     SELECT DISTINCT ON (m.mark) ${CLOSED_DAY}, m.mark, platform, row_key, ${CLOSED_DAY}
       FROM intake.report CROSS JOIN LATERAL
         (VALUES (${mark("fingerprint_a")}), (${mark("fingerprint_b")})) AS m (mark)
      ORDER BY m.mark, platform`,
  );
  await owner.query("VACUUM (ANALYZE) intake.report, intake.shared, intake.fingerprint");
  return { milligrams: 371_000n * BigInt(rides), rides };
}
