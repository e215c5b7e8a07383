import pg from "pg";
import { type RangeDigest, rangeDigests } from "../server/database/rangeDigests.ts";

const USUAL_RANGE_BLOCKS = 1_000;

/**
 * Digests of what final blocks wrote: of all of them when nothing else is asked for. `last` is included, like in what
 * people compare. Throws a RangeError where a block is not final.
 */
export async function runDigest(options: {
  databaseUrl: string;
  first?: number | undefined;
  last?: number | undefined;
  every?: number | undefined;
}): Promise<RangeDigest[]> {
  const client = new pg.Client({ connectionString: options.databaseUrl });
  await client.connect();
  try {
    const found = await client.query<{ first: string; final: string }>(
      "SELECT first_block AS first, final_block AS final FROM mirror.checkpoint",
    );
    const { first = "0", final = "-1" } = found.rows[0] ?? {};
    const every = options.every ?? USUAL_RANGE_BLOCKS;
    if (every < 1) throw new RangeError("a range has at least one block");
    return await rangeDigests(client, {
      first: options.first ?? Number(first),
      end: (options.last ?? Number(final)) + 1,
      every,
    });
  } finally {
    await client.end();
  }
}
