/**
 * Writes docs/reference.md from the documentation in the contracts; with `--check` compares instead and exits 1 when
 * the committed page is not what the contracts say, or when something public says nothing.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Documentation, readDocumentation } from "./reference/documented.ts";
import { callerOf, referencePage } from "./reference/page.ts";

const FILE = join(import.meta.dirname, "..", "docs", "reference.md");

/** One sentence for each function, event and error of ours that does not say what a reader must know of it. */
export function gapsOf({ contracts }: Documentation): string[] {
  const entries = contracts.flatMap((contract) => contract.entries);
  const errors = new Set(entries.filter(({ kind }) => kind === "error").map(({ name }) => name));
  const prefix = new RegExp(`\\b(?:${contracts.map(({ name }) => name).join("|")})[A-Z]\\w+`, "g");
  return contracts.flatMap((contract) =>
    contract.entries
      .filter(({ ours }) => ours)
      .flatMap((entry) => {
        const where = `${contract.name}: ${entry.kind} ${entry.signature}`;
        if (entry.notice === "") return [`${where} has no notice.`];
        const acts = entry.kind === "function" && !entry.reads;
        if (!acts) return [];
        const unknown = [...entry.reverts.matchAll(prefix)].filter(([name]) => !errors.has(name));
        const undescribed = entry.inputs.filter(({ says }) => says === "");
        return [
          ...(callerOf(entry) === "" ? [`${where} does not say who may call it.`] : []),
          ...unknown.map(([name]) => `${where} names ${name}, which is no error.`),
          ...undescribed.map(({ name }) => `${where} does not describe ${name}.`),
        ];
      }),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const documentation = readDocumentation();
  const failures = gapsOf(documentation);
  const text = referencePage(documentation);
  if (!process.argv.includes("--check")) writeFileSync(FILE, text);
  else if (text !== (existsSync(FILE) ? readFileSync(FILE, "utf8") : "")) {
    failures.push("docs/reference.md is stale: run node --import tsx scripts/generateReference.ts");
  }
  for (const failure of failures) console.error(failure);
  if (failures.length > 0) process.exitCode = 1;
}
