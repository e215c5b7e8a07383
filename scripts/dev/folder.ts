import * as fs from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline/promises";
import { usesOutsideDatabase } from "./outsideDatabase.ts";
import { liveOwner } from "./owner.ts";
import { outsideHome } from "./postgresPlace.ts";
import { endProcess, endRecorded } from "./processes.ts";
import { dataMarker, defaultDataFolder } from "./stack.ts";
import { StackError } from "./stackError.ts";

/** What `reset` leaves: the fetched Node, the stamps of what is built, the lock of who builds. */
const kept: ReadonlySet<string> = new Set(["toolchain", "build", "setup.lock"]);

const stopMilliseconds = 60_000;

/** Ends the stack of a folder, or what a crash left of it. Returns the exit code. */
export async function stopStack(dataFolder: string, say: (text: string) => void): Promise<number> {
  const owner = liveOwner(dataFolder);
  if (owner !== undefined) {
    say(`Stopping process ${owner.pid} ...`);
    await endProcess(owner, stopMilliseconds);
  }
  const left = await endRecorded(dataFolder, new Set());
  if (owner === undefined && left === 0) say("Nothing runs in this folder.");
  else say("Stopped.");
  return 0;
}

/** Asks on the terminal, or reads the answer from whatever standard input is. */
async function confirmed(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    const answer = await Promise.race([lines.question(question), ended]);
    return /^(y|yes|是)$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

/** A mistyped TANPU_DATA must not cost somebody's folder. */
function isOurs(dataFolder: string): boolean {
  if (dataFolder === defaultDataFolder) return true;
  const marker = path.join(dataFolder, dataMarker);
  return fs.existsSync(marker) && fs.readFileSync(marker, "utf8").startsWith("Local data of Tanpu");
}

/**
 * Deletes the local data of a folder after asking. Returns the exit code: 1 when nothing was deleted on request.
 *
 * @throws StackError while a stack runs there.
 */
export async function resetData(
  dataFolder: string,
  yes: boolean,
  say: (text: string) => void,
): Promise<number> {
  const owner = liveOwner(dataFolder);
  if (owner !== undefined) {
    throw new StackError(
      `Tanpu runs in this folder (process ${owner.pid}); ./tanpu stop it first.`,
    );
  }
  if (fs.existsSync(dataFolder) && fs.readdirSync(dataFolder).length > 0 && !isOurs(dataFolder)) {
    throw new StackError(
      `${dataFolder} does not look like a data folder of Tanpu; nothing was deleted.`,
    );
  }
  const outside = outsideHome(dataFolder);
  const names = fs.existsSync(dataFolder)
    ? fs.readdirSync(dataFolder).filter((name) => !kept.has(name))
    : [];
  if (names.length === 0 && !fs.existsSync(outside)) {
    say("There is no local data.");
    return 0;
  }
  const question = `Delete the database, the chain, the keys and all other local data in ${dataFolder}? (yes/no) `;
  if (!yes && !(await confirmed(question))) {
    say("Nothing was deleted.");
    return 1;
  }
  const untouched = usesOutsideDatabase(dataFolder);
  await endRecorded(dataFolder, new Set());
  for (const name of names)
    fs.rmSync(path.join(dataFolder, name), { recursive: true, force: true });
  fs.rmSync(outside, { recursive: true, force: true });
  say(`Deleted the local data in ${dataFolder}.`);
  if (untouched) say("The database of DATABASE_URL was not touched; drop it before its next use.");
  return 0;
}
