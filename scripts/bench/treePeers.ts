import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

/**
 * What the tree is measured beside. They bring 14 MB of packages that nothing else needs, so only
 * the bench has them.
 */
const PEERS = { merkletreejs: "0.6.0", "@openzeppelin/merkle-tree": "1.0.8" } as const;

/**
 * Installs the peers into a folder of their own under `folder`, once for their versions, and gives
 * that folder.
 */
export async function installPeers(folder: string): Promise<string> {
  const versions = Object.values(PEERS).join("-");
  const place = path.join(folder, `tree-peers-${versions}`);
  if (existsSync(place)) return place;
  const draft = `${place}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  try {
    const manifest = { name: "tanpu-bench-peers", private: true, dependencies: PEERS };
    await writeFile(path.join(draft, "package.json"), JSON.stringify(manifest));
    const args = ["install", "--no-audit", "--no-fund", "--no-progress", "--ignore-scripts"];
    await promisify(execFile)("npm", args, { cwd: draft });
    await rename(draft, place);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw new Error(
      "The libraries to measure beside could not be installed; is the npm registry reachable?",
      { cause: error },
    );
  }
  return place;
}
