import { readFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import pg from "pg";
import { type ChainClient, connectChain } from "../server/chain/client.ts";
import { readDeployment } from "../server/chain/contracts.ts";
import { buildDecoder } from "../server/chain/decode.ts";
import { createReader } from "../server/chain/reader.ts";
import {
  createMirror,
  dropMirror,
  ensureMirror,
  MIRROR,
  mirrorDigest,
  swapMirror,
} from "../server/database/mirror.ts";
import type { Checkpoint } from "../server/indexer/checkpoint.ts";
import { firstBlockOf, RANGE_BLOCKS } from "../server/indexer/range.ts";
import { tryWriterLock } from "../server/indexer/run.ts";
import { openMirror, type StepContext, step } from "../server/indexer/step.ts";

const SHADOW = "mirror_next";

export type ReindexOptions = {
  readonly databaseUrl: string;
  readonly rpcUrl: string;
  /** The published manifest, parsed. */
  readonly manifest: unknown;
  readonly finalityBlocks: number;
  readonly onProgress?: (progress: { block: number; head: number }) => void;
};

export type ReindexResult = {
  /** Digest of the mirror that was, at `atBlock`. */
  readonly mirrorDigest: string;
  /** Digest of the mirror built anew, at the same block. */
  readonly reindexDigest: string;
  /** The last block that was final when the comparison began. */
  readonly atBlock: number;
  readonly blocks: number;
  readonly events: number;
};

/** Another process writes the mirror; stop it first. */
export class ReindexRefusedError extends Error {
  override readonly name = "ReindexRefusedError";
}

/**
 * Builds the mirror anew from the chain beside the live one, compares both at the last final block, and
 * puts the new one in its place, also when they differ: the chain is the truth. Readers are served all
 * the while. Throws ReindexRefusedError while an indexer runs.
 */
export async function runReindex(options: ReindexOptions): Promise<ReindexResult> {
  const deployment = readDeployment(options.manifest);
  const chain = connectChain({ rpcUrl: options.rpcUrl, chainId: deployment.chainId });
  const client = new pg.Client({ connectionString: options.databaseUrl });
  await client.connect();
  try {
    if (!(await tryWriterLock(client))) {
      throw new ReindexRefusedError("The indexer is running; stop it before reindexing.");
    }
    await ensureMirror(client);
    await dropMirror(client, SHADOW);
    await createMirror(client, SHADOW);
    return await compareAndSwap(client, chain, options);
  } finally {
    await client.end();
    chain.close();
  }
}

async function compareAndSwap(
  client: pg.Client,
  chain: ChainClient,
  options: ReindexOptions,
): Promise<ReindexResult> {
  const { contracts, chainId, deployedBlock } = readDeployment(options.manifest);
  const common = {
    client,
    chainId,
    firstBlock: firstBlockOf(deployedBlock),
    reader: createReader(chain, Object.values(contracts)),
    decode: buildDecoder(contracts),
    rangeBlocks: RANGE_BLOCKS,
  };
  const live = await catchUp({
    ...common,
    schema: MIRROR,
    finalUnder: (head) => head - options.finalityBlocks,
  });
  const atBlock = Math.max(live.checkpoint.finalBlock, common.firstBlock);
  const digest = await mirrorDigest(client, atBlock, MIRROR);
  // The chain may have grown; nothing after the compared block may become final before it is compared.
  const anew = await catchUp(
    {
      ...common,
      schema: SHADOW,
      finalUnder: (head) => Math.min(atBlock, head - options.finalityBlocks),
    },
    options.onProgress,
  );
  const reindexDigest = await mirrorDigest(client, atBlock, SHADOW);
  await swapMirror(client, SHADOW);
  const { blocks, events } = anew;
  return { mirrorDigest: digest, reindexDigest, atBlock, blocks, events };
}

/** Steps until the mirror of the context is at the head. */
async function catchUp(
  context: StepContext,
  onProgress?: ReindexOptions["onProgress"],
): Promise<{ checkpoint: Checkpoint; blocks: number; events: number }> {
  let checkpoint = await openMirror(context);
  let blocks = 0;
  let events = 0;
  for (;;) {
    const result = await step(context, checkpoint);
    checkpoint = result.checkpoint;
    blocks += result.applied;
    events += result.events;
    onProgress?.({ block: checkpoint.blockNumber, head: result.head });
    if (result.applied === 0 && result.undone === 0) return { checkpoint, blocks, events };
  }
}

async function main(): Promise<number> {
  const dataFolder = process.env.TANPU_DATA ?? ".tanpu";
  const { DATABASE_URL: databaseUrl, RPC_URL: rpcUrl } = process.env;
  if (!databaseUrl || !rpcUrl) {
    console.error("DATABASE_URL and RPC_URL must be set; ./tanpu reindex sets them.");
    return 2;
  }
  const manifest = JSON.parse(
    await readFile(path.join(dataFolder, "published", "manifest.json"), "utf8"),
  );
  const finalityBlocks = Number(process.env.FINALITY_BLOCKS ?? 12);
  const result = await runReindex({ databaseUrl, rpcUrl, manifest, finalityBlocks });
  console.log(JSON.stringify(result));
  return result.mirrorDigest === result.reindexDigest ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  process.exitCode = await main();
}
