/**
 * Writes docs/openapi.json from the API's schemas; with `--check` compares instead and exits 1 when
 * the committed file is not what the schemas say.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openApiDocument } from "../server/api/openapi.ts";
import { routes } from "../server/api/routes.ts";

const file = join(import.meta.dirname, "..", "docs", "openapi.json");
const text = `${JSON.stringify(openApiDocument(routes), null, 2)}\n`;
const committed = existsSync(file) ? readFileSync(file, "utf8") : "";

if (process.argv.includes("--check")) {
  if (text !== committed) {
    console.error("docs/openapi.json is stale: run node --import tsx scripts/generateOpenapi.ts");
    process.exit(1);
  }
} else {
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text);
}
