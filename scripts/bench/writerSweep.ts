// How long the worker's two questions take when a million commands have been carried out: what is to be done, and what
// is to be sent again. Fills a database of its own; `node --import tsx scripts/bench/writerSweep.ts [operations]`.
import { openPool } from "../../server/database/client.ts";
import { createMirror, dropMirror } from "../../server/database/mirror.ts";
import { openAttempts } from "../../server/queue/attempts.ts";
import { pendingLanes } from "../../server/queue/ledger.ts";
import { openTestDatabase } from "../../test/support/database.ts";

const OPERATIONS = Number(process.argv[2] ?? 1_000_000);
const SIGNERS = Math.min(1_000, OPERATIONS);
const CHAIN = 1;

/** All but the last two nonces of every signer are mirrored; one more command of each waits. */
const FILL = `
  SET session_replication_role = replica;
  INSERT INTO app.api_key (id, key_sha256, name, role, scopes)
  VALUES (gen_random_uuid(), sha256('key'), 'bench', 'operator', '{}');
  CREATE TEMPORARY TABLE made AS
  SELECT gen_random_uuid() AS id, substr(sha256(int4send((n % ${SIGNERS})::int)), 1, 20) AS signer, n / ${SIGNERS} AS nonce,
         sha256(int8send(n::bigint)) AS hash
  FROM generate_series(0, ${OPERATIONS + SIGNERS - 1}) AS n;
  INSERT INTO app.operation (id, content_hash, kind, lane, signer, body, api_key_id)
  SELECT m.id, hash, 'transfer', 'account:0x' || encode(signer, 'hex'), signer, '{}', k.id
  FROM made m, app.api_key k ORDER BY nonce;
  INSERT INTO app.operation_nonce (operation_id, chain_id, signer, nonce)
  SELECT id, ${CHAIN}, signer, nonce FROM made WHERE nonce < ${OPERATIONS / SIGNERS};
  INSERT INTO app.attempt (operation_id, attempt, tx_hash, raw)
  SELECT id, 1, hash, hash FROM made WHERE nonce < ${OPERATIONS / SIGNERS};
  INSERT INTO app.open_operation SELECT o.id, o.lane, o.sequence FROM app.operation o
  WHERE NOT EXISTS (SELECT FROM app.operation_nonce n WHERE n.operation_id = o.id);
  INSERT INTO mirror.transaction (block_number, index, hash, signer, nonce, status, operation_id)
  SELECT nonce, row_number() OVER (PARTITION BY nonce), hash, signer, nonce, 1, id
  FROM made WHERE nonce < ${OPERATIONS / SIGNERS - 2};
  SET session_replication_role = DEFAULT;
  ANALYZE;`;

const database = await openTestDatabase();
const pool = openPool({ databaseUrl: database.databaseUrl, role: "tanpu_worker", max: 1 });
try {
  const client = await database.owner.connect();
  await dropMirror(client);
  await createMirror(client);
  await client.query(FILL);
  client.release();
  for (const [what, ask] of [
    ["lanes with work", () => pendingLanes(pool)],
    ["attempts in no block", () => openAttempts(pool, CHAIN)],
  ] as const) {
    const rows = (await ask()).length;
    const milliseconds = await Promise.resolve().then(async () => {
      const since = performance.now();
      for (let count = 0; count < 5; count++) await ask();
      return (performance.now() - since) / 5;
    });
    console.log(
      `${what}: ${rows} rows in ${milliseconds.toFixed(1)} ms of ${OPERATIONS} operations`,
    );
  }
} finally {
  await pool.end();
  await database.close();
}
