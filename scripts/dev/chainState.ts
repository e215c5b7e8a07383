import * as fs from "node:fs";
import * as path from "node:path";
import { writeDurably } from "../../server/platform/store.ts";

// Anvil writes its whole state into one file when it ends, in place: a kill in that moment leaves half a file. While
// it runs we write what it tells into another one, whole or not at all. A start takes the newest that is whole.

const keptName = "kept.json";

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
  for (const name of ["state.json", keptName]) {
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

/** Keeps the state a running chain told, as the text it would write itself. */
export function keepState(dataFolder: string, text: Uint8Array): Promise<void> {
  return writeDurably(path.join(chainFolder(dataFolder), keptName), text);
}
