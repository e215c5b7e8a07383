import { readdir, readFile } from "node:fs/promises";
import * as path from "node:path";
import { parse } from "yaml";
import { type Result, refuse, succeed } from "../../domain/result.ts";
import { collectRules, loadRegulation, type Regulation } from "../../domain/rules/load.ts";

async function readRegulation(folder: string, name: string): Promise<Result<Regulation>> {
  const text = await readFile(path.join(folder, name), "utf8");
  let parsed: unknown;
  try {
    parsed = parse(text, { strict: true, uniqueKeys: true });
  } catch {
    return refuse("RULES_INVALID", { values: { detail: `${name}: not YAML` } });
  }
  const loaded = loadRegulation(parsed);
  if (loaded.ok) return loaded;
  const detail = `${name}: ${loaded.refusal.values?.detail}`;
  return refuse("RULES_INVALID", { values: { detail } });
}

/** Reads every `*.yaml` of `rules/programmes`. RULES_INVALID, with the file's name; also when files contradict each other. */
export async function readRegulations(folder: string): Promise<Result<Regulation[]>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".yaml")).sort();
  const regulations: Regulation[] = [];
  for (const name of names) {
    const read = await readRegulation(folder, name);
    if (!read.ok) return read;
    regulations.push(read.value);
  }
  const together = collectRules(regulations);
  return together.ok ? succeed(regulations) : together;
}
