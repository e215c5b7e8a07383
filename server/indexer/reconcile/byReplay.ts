import type { ClientBase } from "pg";
import { type LastingRows, lastingRows, selectLasting } from "../../database/lastingRows.ts";
import { openMirror, type StepContext, step } from "../step.ts";
import type { Difference, Reconciliation } from "./byCalls.ts";
import { decidedRows } from "./decidedRows.ts";

/** The schema a replay fills; dropped afterwards. */
export const REPLAY = "mirror_replay";

const hex = (column: string): string => `'0x' || encode(${column}, 'hex')`;

/**
 * Comparisons at a block: `mirror` computes what was true at the end of block $1 from rows that keep their history,
 * `chain` is the same of a mirror that never saw a later block. Both give `id` and `says`.
 */
const comparisons: readonly { what: string; mirror: string; chain: string }[] = [
  {
    what: "balance",
    mirror: `SELECT ${hex("token_id")} || ' of ' || ${hex("account")} AS id, sum(grams)::text AS says FROM (
        SELECT token_id, recipient AS account, grams FROM mirror.transfer WHERE recipient IS NOT NULL AND block_number <= $1
        UNION ALL
        SELECT token_id, sender, -grams FROM mirror.transfer WHERE sender IS NOT NULL AND block_number <= $1) AS moved
      GROUP BY token_id, account`,
    chain: `SELECT ${hex("token_id")} || ' of ' || ${hex("account")} AS id, grams::text AS says FROM shadow.holding`,
  },
  {
    what: "supply",
    mirror: `SELECT ${hex("token_id")} AS id, concat_ws(' ', issued_grams, retired.grams,
          issued_grams - retired.grams - moved.grams) AS says
      FROM mirror.token t
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(l.grams), 0) AS grams FROM mirror.retirement_line l JOIN mirror.retirement r USING (retirement_id)
        WHERE l.token_id = t.token_id AND r.block_number <= $1) retired
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(CASE WHEN sender IS NULL THEN grams WHEN recipient IS NULL THEN -grams ELSE 0 END), 0) AS grams
        FROM mirror.transfer m WHERE m.token_id = t.token_id AND m.block_number <= $1) moved
      WHERE t.block_number <= $1`,
    chain: `SELECT ${hex("token_id")} AS id, concat_ws(' ', issued_grams, retired_grams, void_grams) AS says FROM shadow.token`,
  },
  {
    what: "calendar",
    mirror: `SELECT ${hex("asset_key")} || ' class ' || class || ' from day ' || first_day AS id,
        concat_ws(' ', end_day, coalesce(${hex("source_id")}, external_id::text)) AS says FROM mirror.booking
      WHERE block_number <= $1 AND (released_block IS NULL OR released_block > $1)`,
    chain: `SELECT ${hex("asset_key")} || ' class ' || class || ' from day ' || first_day AS id,
        concat_ws(' ', end_day, coalesce(${hex("source_id")}, external_id::text)) AS says
      FROM shadow.booking WHERE released_block IS NULL`,
  },
];

function lastingComparison(rows: LastingRows): (typeof comparisons)[number] {
  return {
    what: rows.table,
    mirror: selectLasting(rows, "mirror", `WHERE ${rows.block} <= $1`),
    chain: selectLasting(rows, "shadow"),
  };
}

/**
 * Replays the chain's logs up to `block` into the context's schema, an empty one, and compares with what the mirror
 * says of that block. The context's reader must end there. Readers and the indexer are not disturbed.
 */
export async function reconcileByReplay(
  context: StepContext,
  block: number,
): Promise<Reconciliation> {
  const { client, schema = REPLAY } = context;
  let checkpoint = await openMirror(context);
  while (checkpoint.blockNumber < block) ({ checkpoint } = await step(context, checkpoint));
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  try {
    const differences: Difference[] = [];
    const compared: Record<string, number> = {};
    const rows = [...lastingRows, ...decidedRows].map(lastingComparison);
    for (const comparison of [...comparisons, ...rows]) {
      compared[comparison.what] = await compare(client, schema, comparison, block, differences);
    }
    const { blockHash } = checkpoint;
    return { block, blockHash, how: "replay", compared, differences };
  } finally {
    await client.query("ROLLBACK");
  }
}

async function compare(
  client: ClientBase,
  schema: string,
  { what, mirror, chain }: (typeof comparisons)[number],
  block: number,
  differences: Difference[],
): Promise<number> {
  const replayed = chain.replaceAll("shadow.", `${schema}.`);
  const found = await client.query<{ id: string; mirror: string | null; chain: string | null }>(
    `SELECT id, m.says AS mirror, c.says AS chain FROM (${mirror}) m FULL JOIN (${replayed}) c USING (id)
     WHERE m.says IS DISTINCT FROM c.says ORDER BY id`,
    [block],
  );
  for (const { id, mirror: said, chain: right } of found.rows) {
    differences.push({ what, id, mirror: said ?? "nothing", chain: right ?? "nothing" });
  }
  const count = await client.query<{ n: string }>(`SELECT count(*) AS n FROM (${replayed}) c`);
  return Number(count.rows[0]?.n ?? 0);
}
