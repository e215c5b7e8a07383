// One thread of `./tanpu intake`: judges the lines of a block and stores them, while the next block is judged.
import { randomBytes } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { openPool } from "../../server/database/client.ts";
import { fromHex } from "../../server/domain/bytes.ts";
import { loadHashSuite } from "../../server/domain/hashSuite.ts";
import { loadAnyMethodology } from "../../server/domain/methodology/catalogue.ts";
import type { IntakeContext } from "../../server/intake/context.ts";
import { loadKeys } from "../../server/intake/keys.ts";
import { splitLines } from "../../server/intake/lines.ts";
import { type IntakeMapping, mappedReader } from "../../server/intake/mapping.ts";
import {
  type Judged,
  judgeRead,
  type RowResult,
  storeJudged,
} from "../../server/intake/receive.ts";
import { resultLine } from "./resultLine.ts";

/** What a thread is told when it begins; nothing of it is a row. */
export type WorkerTask = {
  databaseUrl: string;
  /** 32 bytes, `0x…`. */
  sourceId: string;
  programme: number;
  platform: string;
  /** Parsed documents of the methodology and of those that supersede it. */
  methodology: unknown;
  successors: readonly unknown[];
  keyFile: unknown;
  mode: "production" | "demo";
  mapping: IntakeMapping;
  header: string;
  withResults: boolean;
};

export type BlockMessage = { seq: number; bytes: Uint8Array; line: number };

/** What became of a block: how many rows of each kind, and its lines of the results file. */
export type BlockAnswer = {
  seq: number;
  counts: Record<string, number>;
  results: string;
  /** Resident bytes of the whole process. */
  rss: number;
};

const required = <T>(result: { ok: true; value: T } | { ok: false; refusal: unknown }): T => {
  if (result.ok) return result.value;
  throw new Error(JSON.stringify(result.refusal));
};

async function contextOf(task: WorkerTask): Promise<IntakeContext> {
  const suite = await loadHashSuite("keccak");
  const { mode, programme } = task;
  const { keys, salts } = required(loadKeys(suite, task.keyFile, { mode, randomBytes }));
  const load = (document: unknown) => required(loadAnyMethodology(suite, document));
  const successors = task.successors.map(load).flatMap((any) => {
    return any.form === 2 ? [any.methodology] : [];
  });
  return {
    pool: openPool({ databaseUrl: task.databaseUrl, role: "tanpu_api", max: 2 }),
    ...{ suite, keys, salts, programme, successors },
    methodology: load(task.methodology),
    sourceId: fromHex(task.sourceId),
  };
}

const task = workerData as WorkerTask;
const port = parentPort;
if (!port) throw new Error("this is a thread of ./tanpu intake");
const context = await contextOf(task);
const read = required(mappedReader(task.mapping, task.header));

function judgeBlock({ bytes, line }: BlockMessage): { judged: Judged[]; lines: number[] } {
  const judged: Judged[] = [];
  const lines: number[] = [];
  const now = Math.floor(Date.now() / 1000);
  const isCsv = task.mapping.rows === "csv";
  for (const [place, text] of splitLines(Buffer.from(bytes.buffer), line === 1).entries()) {
    if (text === "" || (isCsv && line + place === 1)) continue;
    const row = typeof text === "string" ? read(text) : ({ ok: false, refusal: text } as const);
    judged.push(judgeRead(context, task.platform, row, now));
    lines.push(line + place);
  }
  return { judged, lines };
}

function answerOf(seq: number, lines: number[], results: readonly RowResult[]): BlockAnswer {
  const counts: Record<string, number> = {};
  let text = "";
  for (const [place, row] of results.entries()) {
    const kind = row.status === "refused" ? row.code : row.status;
    counts[kind] = (counts[kind] ?? 0) + 1;
    if (task.withResults) text += resultLine(lines[place] ?? 0, row);
  }
  return { seq, counts, results: text, rss: process.memoryUsage.rss() };
}

let storing: Promise<void> = Promise.resolve();
let failed = false;

port.on("message", (message: BlockMessage | "end") => {
  if (message === "end") {
    storing.then(() => context.pool.end()).then(() => port.close());
    return;
  }
  if (failed) return;
  const { judged, lines } = judgeBlock(message);
  storing = storing.then(async () => {
    const now = Math.floor(Date.now() / 1000);
    const results = await storeJudged(context, task.platform, judged, now);
    port.postMessage(answerOf(message.seq, lines, results));
  });
  storing.catch((cause: unknown) => {
    failed = true;
    // Thrown outside of the promise it ends the thread, and the command with it.
    setImmediate(() => {
      throw cause;
    });
  });
});
