import type pg from "pg";

const SOURCE = "22".repeat(32);
const FIRST_DAY = 20_100;
/** Rides of one person in a batch. */
export const RIDES = 2;
const MILLIGRAMS = 371_501;

/** A closed batch of one day whose every person has some credited rides; gives its id. */
export async function fillBatch(owner: pg.Pool, persons: number, run: number): Promise<string> {
  const day = FIRST_DAY + run;
  const batchId = `00000000-0000-4000-8000-${String(run).padStart(12, "0")}`;
  await owner.query("SELECT intake.ensure_day($1)", [day]);
  await owner.query(
    "INSERT INTO intake.platform (name) VALUES ('operator') ON CONFLICT DO NOTHING",
  );
  await owner.query(
    `INSERT INTO intake.report (day, platform, row_key, source, rule, behaviour, fingerprint_a, participant, milligrams,
       activity_at, seconds, quantities, salt)
     SELECT ${day}, 1, md5('row' || g || '/${run}')::uuid, 1, 1, 'bus-trip', sha256(g::text::bytea),
       md5('person' || g % ${persons})::uuid, ${MILLIGRAMS}, ${day}::bigint * 86400, 0, '{"trips":"1"}', gen_random_uuid()
     FROM generate_series(1, ${persons * RIDES}) g`,
  );
  await owner.query(
    `INSERT INTO intake.membership (batch_id, day, platform, row_key, leaf_index, credited)
     SELECT $1, day, platform, row_key, row_number() OVER () - 1, true FROM intake.report WHERE day = ${day}`,
    [batchId],
  );
  const total = BigInt(persons) * BigInt(RIDES) * BigInt(MILLIGRAMS);
  await owner.query(
    `INSERT INTO intake.batch (id, source_id, first_day, end_day, root, total_milligrams, count, depth, leaf_file_hash,
       accepted, duplicates) VALUES ($1, decode($2, 'hex'), $3, $3 + 1, sha256($4::bytea), $5, $6, 1, sha256($4::bytea), $6, 0)`,
    [batchId, SOURCE, day, batchId, total.toString(), persons * RIDES],
  );
  await owner.query("VACUUM (ANALYZE) intake.report, intake.membership");
  return batchId;
}

/** What the chain and its mirror would say after the batch's units were issued to the pool. */
export async function fillIssue(owner: pg.Pool, batchId: string, run: number): Promise<void> {
  const hash = `sha256(('issue ' || ${run})::bytea)`;
  await owner.query(
    `INSERT INTO mirror.checkpoint (chain_id, first_block, position, block_number, final_block)
     VALUES (1, 0, repeat('0', 32), 100, 100) ON CONFLICT DO NOTHING`,
  );
  await owner.query(
    `INSERT INTO mirror.request (request_id, token_id, source_id, programme, methodology, applicant, first_day, end_day,
       root, total_milligrams, count, depth, hash_suite, leaf_file_hash, report_hash, state, proposed_at, issued_grams,
       carry_before_milligrams, carry_after_milligrams, transaction_hash, decision_transaction_hash, block_number)
     SELECT ${run + 1}, ${hash}, source_id, 1, 1, source_id, first_day, end_day, root, total_milligrams, count, depth, 1,
       root, root, 'issued', 1, div(total_milligrams, 1000), 0, total_milligrams % 1000, root, ${hash}, 1
     FROM intake.batch WHERE id = $1`,
    [batchId],
  );
  await owner.query(
    `INSERT INTO mirror.token (token_id, programme, methodology, first_day, end_day, request_id, source_id, owner,
       issued_grams, issued_at, transaction_hash, block_number)
     SELECT token_id, 1, 1, first_day, end_day, request_id, source_id, source_id, issued_grams, 1, ${hash}, 1
     FROM mirror.request WHERE request_id = ${run + 1}`,
  );
  await owner.query(
    `INSERT INTO mirror.transaction (block_number, index, hash, signer, nonce, status)
     VALUES (1, ${run}, ${hash}, 'a', ${run}, 1)`,
  );
  await owner.query(
    `INSERT INTO mirror.pool_movement (block_number, log_index, programme, token_id, kind, grams)
     SELECT 1, ${run}, 1, token_id, 'received', issued_grams FROM mirror.token WHERE request_id = ${run + 1}`,
  );
}

/** The same lines into a bare table with the same index and no books behind it. */
export async function bareLines(client: pg.ClientBase, batchId: string): Promise<void> {
  await client.query(
    "CREATE TABLE IF NOT EXISTS bare_line (month integer, posting bigint, holder uuid, milligrams bigint, n integer)",
  );
  await client.query("CREATE INDEX IF NOT EXISTS bare_line_holder ON bare_line (holder)");
  await client.query(
    `INSERT INTO bare_line SELECT 202601, 1, r.participant, sum(r.milligrams), count(*)
     FROM intake.membership m JOIN intake.report r USING (day, platform, row_key)
     WHERE m.batch_id = $1 AND m.credited GROUP BY r.participant`,
    [batchId],
  );
}
