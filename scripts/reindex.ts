import { readFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import pg from "pg";
import { connectChain } from "../server/chain/client.ts";
import { readDeployment } from "../server/chain/contracts.ts";
import { buildDecoder } from "../server/chain/decode.ts";
import { createReader } from "../server/chain/reader.ts";
import { firstBlockOf, RANGE_BLOCKS } from "../server/indexer/range.ts";
import { rebuildMirror } from "../server/indexer/rebuild.ts";

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

/**
 * Builds the mirror anew from the chain beside the live one, compares both at the last final block, and
 * puts the new one in its place, also when they differ: the chain is the truth. Readers are served all
 * the while, and an indexer goes on. Throws RebuildRefusedError while another one does the same.
 */
export async function runReindex(options: ReindexOptions): Promise<ReindexResult> {
  const { contracts, chainId, deployedBlock } = readDeployment(options.manifest);
  const agreement = Number(process.env.FINALITY_AGREEMENT) || undefined;
  const chain = connectChain({ rpcUrl: options.rpcUrl, chainId, agreement });
  try {
    const firstBlock = firstBlockOf(deployedBlock);
    const { compared, blocks, events } = await rebuildMirror({
      ...{ chainId, firstBlock },
      reader: createReader(chain, Object.values(contracts), { ahead: true }),
      decode: buildDecoder(contracts),
      rangeBlocks: RANGE_BLOCKS,
      finalUnder: (head) => head - options.finalityBlocks,
      connect: async () => {
        const client = new pg.Client({ connectionString: options.databaseUrl });
        await client.connect();
        return client;
      },
      compare: true,
      onProgress: options.onProgress,
    });
    // A mirror that held nothing has nothing to differ in.
    const { atBlock, was, is } = compared ?? { atBlock: firstBlock, was: "none", is: "none" };
    return { mirrorDigest: was, reindexDigest: is, atBlock, blocks, events };
  } finally {
    chain.close();
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
