import { createHash } from "node:crypto";
import type { ClientBase } from "pg";
import { lastingRows, selectLasting } from "./lastingRows.ts";
import { MIRROR } from "./mirror.ts";

/** What the blocks [first, end) wrote. `chained` also covers every range before it, from the first one asked for. */
export type RangeDigest = {
  readonly first: number;
  readonly end: number;
  /** SHA-256, hex. */
  readonly digest: string;
  readonly chained: string;
};

const PAGE_BLOCKS = 2_000;

/**
 * Digests of what the final blocks [first, end) wrote, `every` blocks each, equal for everybody who mirrors the chain:
 * rows that stay as they were written, by block, table and id. State that later blocks change is not in them; the digest
 * of the whole mirror is for that. Throws a RangeError where a block is not mirrored or not yet final.
 */
export async function rangeDigests(
  client: ClientBase,
  asked: { first: number; end: number; every: number },
): Promise<RangeDigest[]> {
  const { first, end, every } = asked;
  await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  try {
    await client.query("SET LOCAL bytea_output = 'hex'");
    await requireFinal(client, first, end);
    const ranges: RangeDigest[] = [];
    let chained = "0".repeat(64);
    let hash = createHash("sha256");
    let from = first;
    for await (const { number, digest } of blockDigests(client, first, end)) {
      hash.update(`${number} ${digest}\n`);
      if (number + 1 !== end && number + 1 - from < every) continue;
      const rangeDigest = hash.digest("hex");
      chained = createHash("sha256").update(`${chained} ${rangeDigest}\n`).digest("hex");
      ranges.push({ first: from, end: number + 1, digest: rangeDigest, chained });
      hash = createHash("sha256");
      from = number + 1;
    }
    return ranges;
  } finally {
    await client.query("ROLLBACK");
  }
}

async function requireFinal(client: ClientBase, first: number, end: number): Promise<void> {
  const found = await client.query<{ first: string; final: string }>(
    `SELECT first_block AS first, final_block AS final FROM ${MIRROR}.checkpoint`,
  );
  const { first: from, final } = found.rows[0] ?? {};
  if (from !== undefined && first >= Number(from) && end <= Number(final) + 1 && first < end)
    return;
  throw new RangeError(
    `blocks ${first} to ${end - 1} are not within the final ones, ${from ?? "none"} to ${final ?? "none"}`,
  );
}

/** One digest for each block, made where the rows are; in order of the blocks. */
async function* blockDigests(
  client: ClientBase,
  first: number,
  end: number,
): AsyncGenerator<{ number: number; digest: string }> {
  const tables = lastingRows.map(
    (rows, rank) =>
      `SELECT ${rank} AS rank, lasting.* FROM (${selectLasting(rows, MIRROR, `WHERE ${rows.block} >= $1 AND ${rows.block} < $2`)}) AS lasting`,
  );
  for (let at = first; at < end; at += PAGE_BLOCKS) {
    const page = await client.query<{ number: string; digest: string }>(
      `SELECT block_number AS number,
         encode(sha256(convert_to(string_agg(concat_ws(' ', rank, id, says), E'\\n' ORDER BY rank, id COLLATE "C"), 'UTF8')), 'hex') AS digest
       FROM (${tables.join(" UNION ALL ")}) AS written GROUP BY block_number ORDER BY block_number`,
      [at, Math.min(end, at + PAGE_BLOCKS)],
    );
    for (const { number, digest } of page.rows) yield { number: Number(number), digest };
  }
}
