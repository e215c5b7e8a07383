import type pg from "pg";
import { Pool, type PoolClient } from "pg";
import { CopyRows, copyInto } from "../../server/intake/copyRows.ts";
import type { IntakeWorld } from "./intakeWorld.ts";

const CHUNK_ROWS = 20_000;
const SLICE_CHUNKS = 25;
const LANES = 2;

/** Bytes that follow from a number; as good as a PRF's for a disk. */
function fill(target: Buffer, seed: number): void {
  let x = seed >>> 0 || 1;
  for (let at = 0; at + 4 <= target.length; at += 4) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    target.writeUInt32BE(x >>> 0, at);
  }
}

function chunkOf(day: number, first: number, rides: number): CopyRows {
  const rows = new CopyRows();
  const bytes = Buffer.alloc(112);
  for (let n = first; n < Math.min(rides, first + CHUNK_ROWS); n++) {
    // A fifth of the rows bring a key that was there before.
    fill(bytes, Math.imul(n % 5 === 4 ? n - 4 : n, 2_654_435_761) ^ day);
    rows.row(11);
    rows.int4(day);
    rows.bytes(bytes.subarray(0, 16));
    rows.int4(n);
    rows.text("bike-ride");
    rows.bytes(bytes.subarray(0, 32));
    rows.bytes(bytes.subarray(32, 64));
    rows.bytes(bytes.subarray(64, 80));
    rows.int8(300_000);
    rows.int8(day * 86_400 + (n % 86_400));
    rows.text('{"distance":"1.500"}');
    rows.bytes(bytes.subarray(80, 96));
  }
  return rows;
}

const COLUMNS = `day integer, mark uuid, n integer, behaviour text, fingerprint_a bytea, fingerprint_b bytea,
  participant uuid, milligrams bigint, activity_at bigint, quantities text, salt uuid`;

async function storeRaw(client: PoolClient, table: string, rows: CopyRows): Promise<void> {
  await client.query("BEGIN");
  await copyInto(client, "raw_staged", rows);
  await client.query(
    `INSERT INTO ${table} SELECT * FROM raw_staged ORDER BY day, mark ON CONFLICT DO NOTHING`,
  );
  await client.query("COMMIT");
}

/**
 * The least that storing such rows can cost: rows that are ready as binary COPY into a staging table, one sorted
 * INSERT ... ON CONFLICT of one key, no judging, no second mark and no answer. Rows a second; making the bytes is
 * not counted.
 */
export async function measureRaw(world: IntakeWorld, day: number, rides: number): Promise<number> {
  const table = `public.raw_${day}`;
  await world.owner.query(`CREATE TABLE ${table} (${COLUMNS}, PRIMARY KEY (day, mark))`);
  const pool = new Pool({ connectionString: world.databaseUrl, max: LANES });
  const clients: pg.PoolClient[] = [];
  for (let lane = 0; lane < LANES; lane++) {
    const client = await pool.connect();
    await client.query(`CREATE TEMP TABLE raw_staged (${COLUMNS}) ON COMMIT DELETE ROWS`);
    await client.query("SET work_mem = '64MB'");
    clients.push(client);
  }
  let milliseconds = 0;
  for (let first = 0; first < rides; ) {
    const chunks: CopyRows[] = [];
    for (; chunks.length < SLICE_CHUNKS && first < rides; first += CHUNK_ROWS) {
      chunks.push(chunkOf(day, first, rides));
    }
    const since = performance.now();
    await Promise.all(
      clients.map(async (client) => {
        for (let rows = chunks.shift(); rows; rows = chunks.shift()) {
          await storeRaw(client, table, rows);
        }
      }),
    );
    milliseconds += performance.now() - since;
  }
  for (const client of clients) client.release();
  await pool.end();
  await world.owner.query(`DROP TABLE ${table}`);
  return (rides * 1000) / milliseconds;
}
