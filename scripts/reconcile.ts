import pg from "pg";
import { connectChain } from "../server/chain/client.ts";
import { readDeployment } from "../server/chain/contracts.ts";
import { buildDecoder } from "../server/chain/decode.ts";
import { createReader } from "../server/chain/reader.ts";
import { createMirror, dropMirror, MIRROR } from "../server/database/mirror.ts";
import { findOrphans, type Orphan } from "../server/database/queries/orphans.ts";
import { firstBlockOf, RANGE_BLOCKS } from "../server/indexer/range.ts";
import {
  type Reconciliation as Compared,
  reconcileByCalls,
} from "../server/indexer/reconcile/byCalls.ts";
import { REPLAY, reconcileByReplay } from "../server/indexer/reconcile/byReplay.ts";

export type { Difference } from "../server/indexer/reconcile/byCalls.ts";

export type Reconciliation = Compared & {
  /**
   * Transactions of this registry's accounts whose operation this database does not know; none of an old block. They are
   * no difference: the mirror is right, and the schema `app` is younger or older than the chain.
   */
  readonly orphans: readonly Orphan[];
};

export type ReconcileOptions = {
  readonly databaseUrl: string;
  readonly rpcUrl: string;
  /** The published manifest, parsed. */
  readonly manifest: unknown;
  /** An old block, compared by replay; the present state, compared by calls, when not given. */
  readonly block?: number | undefined;
};

/** Two replays at once would fill the same schema. */
const REPLAY_LOCK = "tanpu mirror replay";

/** The comparison could not be made; what the mirror says is neither right nor wrong by it. */
export class ReconcileImpossibleError extends Error {
  override readonly name = "ReconcileImpossibleError";
}

/**
 * Compares the mirror with the chain, beside a running indexer. Throws ReconcileImpossibleError where the block asked
 * for is not mirrored, and what the node threw when it does not answer.
 */
export async function runReconcile(options: ReconcileOptions): Promise<Reconciliation> {
  const { chainId, contracts, deployedBlock } = readDeployment(options.manifest);
  const client = connectChain({ rpcUrl: options.rpcUrl, chainId });
  const database = new pg.Client({ connectionString: options.databaseUrl });
  await database.connect();
  try {
    const { block } = options;
    if (block === undefined) {
      await database.query("SELECT set_config('search_path', $1, false)", [MIRROR]);
      const compared = await reconcileByCalls(database, { client, contracts });
      return { ...compared, orphans: await orphansOf(database) };
    }
    await requireMirrored(database, block);
    const honest = createReader(client, Object.values(contracts));
    const compared = await inReplaySchema(database, () =>
      reconcileByReplay(
        {
          client: database,
          schema: REPLAY,
          chainId,
          firstBlock: firstBlockOf(deployedBlock),
          // The chain as it was when this block was its newest.
          reader: { ...honest, head: async () => block },
          decode: buildDecoder(contracts),
          finalUnder: (head) => head,
          rangeBlocks: RANGE_BLOCKS,
        },
        block,
      ),
    );
    return { ...compared, orphans: [] };
  } finally {
    await database.end();
    client.close();
  }
}

/** Whoever only mirrors a chain has no schema of commands. */
async function orphansOf(database: pg.Client): Promise<Orphan[]> {
  const found = await database.query<{ there: boolean }>(
    "SELECT to_regclass('app.operation') IS NOT NULL AS there",
  );
  return found.rows[0]?.there ? findOrphans(database) : [];
}

async function requireMirrored(database: pg.Client, block: number): Promise<void> {
  const found = await database.query<{ first: string; last: string; known: boolean }>(
    `SELECT first_block AS first, block_number AS last, $1 BETWEEN first_block AND block_number AS known
     FROM ${MIRROR}.checkpoint`,
    [block],
  );
  const row = found.rows[0];
  if (row?.known) return;
  throw new ReconcileImpossibleError(
    `Block ${block} is not mirrored; the mirror has blocks ${row?.first ?? "none"} to ${row?.last ?? "none"}.`,
  );
}

async function inReplaySchema<T>(database: pg.Client, work: () => Promise<T>): Promise<T> {
  const locked = await database.query<{ held: boolean }>(
    "SELECT pg_try_advisory_lock(hashtext($1)) AS held",
    [REPLAY_LOCK],
  );
  if (locked.rows[0]?.held !== true) {
    throw new ReconcileImpossibleError("Another comparison by replay runs on this database.");
  }
  await dropMirror(database, REPLAY);
  await createMirror(database, REPLAY);
  try {
    return await work();
  } finally {
    await dropMirror(database, REPLAY);
  }
}

/** The report for people: each difference, then what was compared. */
export function reconcileReport(result: Reconciliation): string {
  const lines = result.differences.map(
    ({ what, id, mirror, chain }) => `${what} ${id}\n  mirror  ${mirror}\n  chain   ${chain}`,
  );
  for (const { operationId, transactionHash, blockNumber } of result.orphans) {
    lines.push(
      `unknown operation ${operationId}\n  block ${blockNumber}, transaction ${transactionHash}`,
    );
  }
  const compared = Object.entries(result.compared).map(([what, rows]) => `${what} ${rows}`);
  lines.push(
    `Block ${result.block} (${result.blockHash ?? "none"}), by ${result.how}: ${compared.join(", ")}.`,
    ...(result.orphans.length === 0
      ? []
      : [
          `${result.orphans.length} transactions carry an operation's id that this database does not know; their clients repeat them.`,
        ]),
    `${result.differences.length} differences.`,
  );
  return lines.join("\n");
}
