import { execFile, execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The folder of the newest client and server programs that the distribution installed. */
function programs(): string {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root) : [];
  const newest = versions.sort((a, b) => Number(a) - Number(b)).at(-1);
  if (newest === undefined) throw new Error(`no Postgres programs below ${root}`);
  return path.join(root, newest, "bin");
}

/** Runs a program of Postgres. Servers refuse to run as root, so root becomes the distribution's user. */
export async function pgTool(
  name: string,
  args: readonly string[],
  asServer = false,
): Promise<void> {
  const program = path.join(programs(), name);
  const options = { cwd: "/", maxBuffer: 1 << 24 };
  if (!asServer || process.getuid?.() !== 0) {
    await run(program, [...args], options);
    return;
  }
  const user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"];
  await run("setpriv", [...user, program, ...args], options);
}

/** Gives a folder to the user that servers run as. */
export function giveToServer(folder: string): void {
  if (process.getuid?.() === 0) execFileSync("chown", ["-R", "postgres", folder]);
}
