import * as fs from "node:fs";
import * as path from "node:path";
import {
  isAlive,
  type ProcessRecord,
  parseRecord,
  recordedProcesses,
  recordFile,
  recordText,
  startOf,
} from "./processes.ts";
import { StackError } from "./stackError.ts";

/** The live process that has a stack running in the folder, if there is one. */
export function liveOwner(dataFolder: string): ProcessRecord | undefined {
  return recordedProcesses(dataFolder).find((record) => record.name === "stack");
}

/**
 * Takes the folder for this process; two stacks in one folder would write the same files.
 *
 * @throws StackError when a live stack has it.
 */
export function takeFolder(dataFolder: string): ProcessRecord {
  const file = recordFile(dataFolder, "stack");
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.take`;
  const mine: ProcessRecord = {
    name: "stack",
    pid: process.pid,
    start: startOf(process.pid) ?? "",
  };
  fs.writeFileSync(draft, recordText(mine));
  try {
    for (let tries = 0; ; tries++) {
      try {
        fs.linkSync(draft, file);
        return mine;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
      const owner = parseRecord("stack", text);
      if (tries > 5 || (owner !== undefined && isAlive(owner))) {
        throw new StackError(
          `Tanpu already runs in this folder (process ${owner?.pid ?? "unknown"}, ${dataFolder}); ./tanpu stop ends it.`,
        );
      }
      // The owner is dead. Moved aside by name, so that of two who come at once only one takes it over.
      const aside = `${file}.${process.pid}.stale`;
      try {
        fs.renameSync(file, aside);
        if (fs.readFileSync(aside, "utf8") !== text) fs.linkSync(aside, file);
      } catch {
        // Another start was faster; the next look finds its record.
      }
      fs.rmSync(aside, { force: true });
    }
  } finally {
    fs.rmSync(draft, { force: true });
  }
}
