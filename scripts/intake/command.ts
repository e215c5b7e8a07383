import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { withRegistry } from "../dev/running.ts";
import { IntakeError, type IntakeTotals, runIntake } from "./run.ts";

const ROOT = path.resolve(import.meta.dirname, "..", "..");

export type IntakeCommand = {
  dataFolder: string;
  file: string;
  sourceId: string;
  platform: string;
  mappingFile: string;
  /** Undefined: the demonstration's published keys, in a demonstration only. */
  keyFile: string | undefined;
  workers: number;
  resultsFile: string | undefined;
  json: boolean;
  say: (text: string) => void;
  print: (text: string) => void;
};

function summary({ rows, counts, seconds, rowsPerSecond, rss }: IntakeTotals): string {
  const kinds = Object.entries(counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, count]) => `  ${kind.padEnd(32)}${String(count).padStart(12)}`);
  return [
    `${rows} rows in ${seconds.toFixed(1)} s, ${rowsPerSecond} rows/s, at most ${Math.round(rss / 1_048_576)} MB`,
    ...kinds,
  ].join("\n");
}

/** `./tanpu intake FILE`: on the registry of a data folder, running or started for this. */
export async function runIntakeCommand(command: IntakeCommand): Promise<number> {
  const { dataFolder, sourceId, say } = command;
  if (!/^0x[0-9a-f]{64}$/.test(sourceId)) throw new IntakeError("--source takes 32 bytes, 0x….");
  if (!existsSync(command.mappingFile)) {
    throw new IntakeError(`There is no file ${command.mappingFile}.`);
  }
  const modeFile = path.join(dataFolder, "mode");
  const isDemo = existsSync(modeFile) && readFileSync(modeFile, "utf8").trim() === "demo";
  const demoKeys = path.join(ROOT, "data", "samples", "demo-keys.json");
  const keyFile = command.keyFile ?? (isDemo ? demoKeys : undefined);
  if (keyFile === undefined) throw new IntakeError("KEYS_FILE is not set.");
  let told = Date.now();
  const { file, platform, mappingFile, workers, resultsFile } = command;
  const totals = await withRegistry(dataFolder, say, ({ databaseUrl }) =>
    runIntake({
      ...{ databaseUrl, file, sourceId, platform, mappingFile, workers, resultsFile },
      methodologies: path.join(ROOT, "methodologies"),
      keyFile: JSON.parse(readFileSync(keyFile, "utf8")),
      mode: isDemo ? "demo" : "production",
      onProgress: (rows) => {
        if (Date.now() - told < 2_000) return;
        told = Date.now();
        say(`${rows} rows`);
      },
    }),
  );
  command.print(command.json ? JSON.stringify(totals) : summary(totals));
  return 0;
}
