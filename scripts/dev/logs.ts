import * as fs from "node:fs";
import * as path from "node:path";

const keptBytes = 20_000_000;

const logFile = (dataFolder: string, name: string): string =>
  path.join(dataFolder, "logs", `${name}.log`);

/** Opens a log for appending; one that has grown large is put aside first, so that two are kept at most. */
export function openLog(dataFolder: string, name: string): number {
  const file = logFile(dataFolder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  if (fs.existsSync(file) && fs.statSync(file).size > keptBytes) fs.renameSync(file, `${file}.1`);
  return fs.openSync(file, "a", 0o600);
}

/** The last lines of a log that are not blank. */
export function lastLines(dataFolder: string, name: string, count: number): string[] {
  const file = logFile(dataFolder, name);
  if (!fs.existsSync(file)) return [];
  const size = fs.statSync(file).size;
  const length = Math.min(size, 65_536);
  const handle = fs.openSync(file, "r");
  try {
    const bytes = Buffer.alloc(length);
    fs.readSync(handle, bytes, 0, length, size - length);
    return bytes
      .toString("utf8")
      .split("\n")
      .filter((line) => line.trim() !== "")
      .slice(-count);
  } finally {
    fs.closeSync(handle);
  }
}
