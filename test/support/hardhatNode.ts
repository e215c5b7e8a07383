import { type ChildProcess, spawn } from "node:child_process";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findPort } from "../../scripts/dev/ports.ts";
import { blockAt } from "../../scripts/dev/rpc.ts";

const root = path.join(import.meta.dirname, "..", "..");
const PATIENCE_MILLISECONDS = 60_000;

/**
 * A chain that is not ours and not of the embedded kind: Hardhat's node, with the network "outside" of
 * hardhat.config.ts.
 *
 * @throws Error when it makes no block within a minute
 */
export async function startHardhatNode(
  dataFolder: string,
): Promise<{ url: string; process: ChildProcess }> {
  const port = await findPort(dataFolder, "outside-chain");
  const cli = path.join(root, "node_modules", "hardhat", "dist", "src", "cli.js");
  const args = [cli, "node", "--network", "outside", "--port", String(port)];
  const env = { ...process.env, HARDHAT_DISABLE_TELEMETRY_PROMPT: "true" };
  const child = spawn(process.execPath, args, { cwd: root, stdio: "ignore", env });
  const url = `http://127.0.0.1:${port}`;
  const until = Date.now() + PATIENCE_MILLISECONDS;
  while (Date.now() < until && child.exitCode === null) {
    const newest = await blockAt(url, "latest").catch(() => undefined);
    if (newest !== undefined && newest.number > 0) return { url, process: child };
    await sleep(100);
  }
  child.kill("SIGKILL");
  throw new Error("Hardhat's node made no block.");
}
