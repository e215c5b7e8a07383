import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { liveOwner } from "./owner.ts";
import { knownPort } from "./ports.ts";
import { startStack } from "./stack.ts";
import { StackError } from "./stackError.ts";

/** What a command needs of a registry to read its mirror and its chain. */
export interface RegistryPlace {
  readonly databaseUrl: string;
  readonly rpcUrl: string;
  readonly finalityBlocks: number;
  /** The published manifest, parsed. */
  readonly manifest: unknown;
}

const embeddedFinalityBlocks = 12;

/**
 * Runs `work` on the registry of a data folder: the one that runs there, which goes on undisturbed, or one that is
 * started with its indexer for this and stopped afterwards.
 *
 * @throws StackError when nothing was ever deployed there.
 */
export async function withRegistry<T>(
  dataFolder: string,
  say: (text: string) => void,
  work: (place: RegistryPlace) => Promise<T>,
): Promise<T> {
  const manifestFile = path.join(dataFolder, "published", "manifest.json");
  if (!existsSync(manifestFile)) {
    throw new StackError(
      "Nothing has been indexed here yet; ./tanpu demo or ./tanpu start comes first.",
    );
  }
  const manifest: unknown = JSON.parse(readFileSync(manifestFile, "utf8"));
  if (liveOwner(dataFolder) !== undefined) {
    return work({ ...runningPlace(dataFolder), manifest });
  }
  const stack = await startStack({ dataFolder, onProgress: say, roles: ["indexer"] });
  try {
    const { databaseUrl, rpcUrl, finalityBlocks } = stack;
    return await work({ databaseUrl, rpcUrl, finalityBlocks, manifest });
  } finally {
    await stack.stop();
  }
}

/** Where the parts of a running stack listen: outside ones by the environment, embedded ones by the folder. */
function runningPlace(dataFolder: string): Omit<RegistryPlace, "manifest"> {
  const { DATABASE_URL, RPC_URL, FINALITY_BLOCKS } = process.env;
  return {
    databaseUrl: DATABASE_URL || embeddedDatabase(dataFolder),
    rpcUrl: RPC_URL || `http://127.0.0.1:${portOf(dataFolder, "chain")}`,
    finalityBlocks: Number(FINALITY_BLOCKS || embeddedFinalityBlocks),
  };
}

function embeddedDatabase(dataFolder: string): string {
  const password = readFileSync(path.join(dataFolder, "secrets", "postgres-password"), "utf8");
  return `postgres://tanpu:${password}@127.0.0.1:${portOf(dataFolder, "postgres")}/tanpu`;
}

function portOf(dataFolder: string, part: string): number {
  const port = knownPort(dataFolder, part);
  if (port !== undefined) return port;
  throw new StackError(`Tanpu runs in this folder, but nothing tells where its ${part} listens.`);
}
