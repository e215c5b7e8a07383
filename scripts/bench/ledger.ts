// Posts closed batches of many persons, issues them and closes an epoch over their lines:
// `./tanpu bench ledger [--persons N] [--runs N] [--json]`. Beside it the same lines go into a bare table.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { openPool } from "../../server/database/client.ts";
import { inTransaction } from "../../server/database/inTransaction.ts";
import { migrate } from "../../server/database/migrate.ts";
import { toHex } from "../../server/domain/bytes.ts";
import { loadHashSuite } from "../../server/domain/hashSuite.ts";
import { readLeaf } from "../../server/domain/sumTree.ts";
import { closeEpoch } from "../../server/ledger/closeEpoch.ts";
import { readLineProof } from "../../server/ledger/lineProof.ts";
import { postIssues } from "../../server/ledger/postIssues.ts";
import { postPending } from "../../server/ledger/postPending.ts";
import { openBlobStore } from "../../server/platform/store.ts";
import { startPostgres } from "../dev/postgres.ts";
import { type Row, table } from "./gasRows.ts";
import { bareLines, fillBatch, fillIssue } from "./ledgerWorld.ts";
import { sampled } from "./samples.ts";

const MEBIBYTE = 2 ** 20;
const PROOFS = 200;

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const since = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - since) / 1e9;
}

type Samples = Record<"post" | "bare" | "issue" | "epoch" | "proof", number[]> & { rss: number };

async function measure(
  url: string,
  folder: string,
  persons: number,
  runs: number,
): Promise<Samples> {
  const owner = new pg.Pool({ connectionString: url });
  const worker = openPool({ databaseUrl: url, role: "tanpu_worker", max: 3 });
  const suite = await loadHashSuite("keccak");
  const store = openBlobStore(folder, (bytes) => toHex(suite.hash(bytes)));
  const found: Samples = { post: [], bare: [], issue: [], epoch: [], proof: [], rss: 0 };
  try {
    for (let run = 0; run < runs; run++) {
      const batchId = await fillBatch(owner, persons, run);
      found.bare.push(
        await seconds(() => inTransaction(owner, (client) => bareLines(client, batchId))),
      );
      found.post.push(
        await seconds(() =>
          inTransaction(worker, (client) => postPending(client, { batchId, programme: 1 })),
        ),
      );
      await fillIssue(owner, batchId, run);
      found.issue.push(await seconds(() => postIssues(worker)));
      const epochId = batchId;
      found.epoch.push(
        await seconds(async () => {
          const closed = await closeEpoch({ pool: worker, suite, store, programme: 1, epochId });
          if (!closed.ok) throw new Error(closed.refusal.code);
        }),
      );
      found.rss = Math.max(found.rss, process.memoryUsage().rss);
      const { rows } = await owner.query<{ file_hash: Buffer; count: string }>(
        "SELECT file_hash, count FROM ledger.epoch WHERE epoch = $1",
        [epochId],
      );
      const hash = toHex(rows[0]?.file_hash ?? Buffer.alloc(0));
      const file = (await store.get(hash)) ?? new Uint8Array();
      const records = file.subarray(file.indexOf(0x0a) + 1);
      const keys = Array.from({ length: PROOFS }, (_, index) =>
        readLeaf(
          records,
          Math.floor((index * Number(rows[0]?.count)) / PROOFS),
        ).fingerprint.slice(),
      );
      const all = await seconds(async () => {
        for (const key of keys) {
          if (!(await readLineProof({ suite, store }, hash, key))) throw new Error("no proof");
        }
      });
      found.proof.push((all / PROOFS) * 1_000);
      console.error(
        `posted in ${found.post.at(-1)?.toFixed(1)} s, issued in ${found.issue.at(-1)?.toFixed(1)} s`,
      );
    }
  } finally {
    await Promise.all([owner.end(), worker.end()]);
  }
  return found;
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: "boolean" },
      persons: { type: "string", default: "1000000" },
      runs: { type: "string", default: "3" },
    },
  });
  const [persons, runs] = [Number(values.persons), Number(values.runs)];
  if (!Number.isSafeInteger(persons) || persons < 10 || !Number.isSafeInteger(runs) || runs < 1) {
    throw new Error("--persons is a whole number from 10 on, --runs from 1 on.");
  }
  const folder = await mkdtemp(path.join(tmpdir(), "tanpu-bench-ledger-"));
  const server = await startPostgres(path.join(folder, "server"));
  try {
    await migrate(server.url);
    const found = await measure(server.url, path.join(folder, "blobs"), persons, runs);
    const rates = (samples: readonly number[]) => samples.map((one) => Math.round(persons / one));
    const of = `a batch of ${persons} persons`;
    const rows: Row[] = [
      sampled({ what: `posting ${of} as pending`, unit: "persons/s" }, rates(found.post), {
        name: "the same lines into a bare table with the same index",
        values: rates(found.bare),
      }),
      sampled(
        { what: `issuing ${of} by the largest remainder`, unit: "persons/s" },
        rates(found.issue),
      ),
      sampled(
        { what: `closing an epoch of ${persons} lines`, unit: "lines/s" },
        rates(found.epoch),
      ),
      sampled(
        { what: `closing an epoch of ${persons} lines: memory of the process`, unit: "MiB" },
        [found.rss / MEBIBYTE],
      ),
      sampled(
        { what: "proof of a line out of the stored file", unit: "ms", goal: "<1" },
        found.proof,
      ),
    ];
    const at = new Date().toISOString();
    console.log(values.json ? JSON.stringify({ bench: "ledger", at, runs, rows }) : table(rows));
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

await main(process.argv.slice(2));
