// Closes the day of closeWorld.ts in a process of its own and prints what it took, as the worker does it:
// closeSubject.ts DATABASE_URL FOLDER.
import { randomUUID } from "node:crypto";
import path from "node:path";
import { openPool } from "../../server/database/client.ts";
import { fromHex, toHex } from "../../server/domain/bytes.ts";
import { loadHashSuite } from "../../server/domain/hashSuite.ts";
import { closePeriod } from "../../server/intake/batch.ts";
import { readMethodologies } from "../../server/intake/ruleFiles.ts";
import { openBlobStore } from "../../server/platform/store.ts";
import { CLOSED_DAY, SOURCE_ID } from "./closeWorld.ts";

const [databaseUrl = "", folder = ""] = process.argv.slice(2);
const suite = await loadHashSuite("keccak");
const methodologies = await readMethodologies(
  suite,
  path.resolve(import.meta.dirname, "..", "..", "methodologies"),
);
if (!methodologies.ok) throw new Error(methodologies.refusal.code);
const pool = openPool({ databaseUrl, role: "tanpu_worker" });
const begun = process.memoryUsage().rss;
const start = performance.now();
const closed = await closePeriod({
  ...{ pool, suite, methodologies: methodologies.value, spillFolder: folder },
  store: openBlobStore(folder, (bytes) => toHex(suite.hash(bytes)), suite.begin),
  sourceId: fromHex(`0x${SOURCE_ID}`),
  period: { firstDay: CLOSED_DAY, endDay: CLOSED_DAY + 1 },
  programme: 1,
  batchId: randomUUID(),
  rankOf: (platform) => (platform === "operator" ? 0 : 1),
});
const seconds = (performance.now() - start) / 1000;
await pool.end();
if (!closed.ok) throw new Error(closed.refusal.code);
const { root, accepted, duplicates, count, totalMilligrams } = closed.value;
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
console.log(
  JSON.stringify({
    ...{ seconds, rssBytes: maxRSS * 1024, begunBytes: begun },
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    ...{ root, accepted, duplicates, count, totalMilligrams: totalMilligrams.toString() },
  }),
);
