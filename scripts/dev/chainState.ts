import * as fs from "node:fs";
import * as path from "node:path";

// Anvil writes its whole state into one file every two seconds, in place: a kill in that moment leaves half a file.
// So verified copies are kept beside it, and a start takes the newest file that is whole.

const copies = ["state.1.json", "state.2.json"] as const;

const chainFolder = (dataFolder: string): string => path.join(dataFolder, "chain");

/** The file anvil loads and writes. */
export const stateFile = (dataFolder: string): string =>
  path.join(chainFolder(dataFolder), "state.json");

/** Height of a state text that is whole; undefined when it is not. */
function heightOf(text: string): number | undefined {
  try {
    const state = JSON.parse(text);
    const whole =
      Array.isArray(state.blocks) && state.blocks.length > 0 && typeof state.accounts === "object";
    return whole && Number.isInteger(Number(state.best_block_number))
      ? Number(state.best_block_number)
      : undefined;
  } catch {
    return undefined;
  }
}

function read(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function writeWhole(file: string, text: string): void {
  fs.writeFileSync(`${file}.new`, text, { flush: true });
  fs.renameSync(`${file}.new`, file);
}

/**
 * Puts the newest whole state in place before a start.
 *
 * @returns what was found: the height, and whether a copy had to be taken; undefined when there is no state at all.
 */
export function restoreState(
  dataFolder: string,
): { height: number; fromCopy: boolean } | undefined {
  const folder = chainFolder(dataFolder);
  let best: { name: string; text: string; height: number } | undefined;
  for (const name of ["state.json", ...copies]) {
    const text = read(path.join(folder, name));
    const height = text === undefined ? undefined : heightOf(text);
    if (
      text !== undefined &&
      height !== undefined &&
      (best === undefined || height > best.height)
    ) {
      best = { name, text, height };
    }
  }
  if (best === undefined) {
    fs.rmSync(stateFile(dataFolder), { force: true });
    return undefined;
  }
  const fromCopy = best.name !== "state.json";
  if (fromCopy) writeWhole(stateFile(dataFolder), best.text);
  return { height: best.height, fromCopy };
}

/**
 * Copies the state file when it is whole and newer than the last copy; the copy before is kept as the second one.
 *
 * @returns whether a copy was made.
 */
export function rotateState(dataFolder: string): boolean {
  const folder = chainFolder(dataFolder);
  const text = read(stateFile(dataFolder));
  if (text === undefined) return false;
  const height = heightOf(text);
  if (height === undefined) return false;
  const [first, second] = copies.map((name) => path.join(folder, name)) as [string, string];
  if (fs.existsSync(first)) fs.renameSync(first, second);
  writeWhole(first, text);
  return true;
}

/** Keeps copying while the chain runs, less often when the state is large. Returns a function that ends it. */
export function keepCopies(dataFolder: string): () => void {
  let seen = 0;
  let next = 0;
  const timer = setInterval(() => {
    const since = Date.now();
    if (since < next) return;
    const changed = fs.statSync(stateFile(dataFolder), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (changed === seen) return;
    try {
      if (rotateState(dataFolder)) seen = changed;
    } catch {
      // A full disk shows itself elsewhere; the older copies stay.
    }
    next = Date.now() + Math.max(3_500, (Date.now() - since) * 20);
  }, 500);
  timer.unref();
  return () => clearInterval(timer);
}
