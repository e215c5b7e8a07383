import { createWriteStream, existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import { parse as parseYaml } from "yaml";
import { openPool } from "../../server/database/client.ts";
import { findMethodology, findSource } from "../../server/database/queries/sources.ts";
import { explain } from "../../server/domain/errors.ts";
import { loadHashSuite } from "../../server/domain/hashSuite.ts";
import { checkCanBePutInForce } from "../../server/domain/methodology/catalogue.ts";
import type { Result } from "../../server/domain/result.ts";
import { fileBlocks } from "../../server/intake/fileBlocks.ts";
import { type IntakeMapping, mappedReader, readMapping } from "../../server/intake/mapping.ts";
import { readMethodologies, successorsOf } from "../../server/intake/ruleFiles.ts";
import type { BlockAnswer, BlockMessage, WorkerTask } from "./worker.ts";

/** A file cannot be taken in, in one sentence for the person at the terminal. */
export class IntakeError extends Error {
  override readonly name = "IntakeError";
}

/** Lines and bytes of a block: what is stored in one transaction. */
const BLOCK = { rows: 20_000, bytes: 8 * 1024 * 1024 };
/** Blocks a thread has at once: one being stored, one being judged. */
const BLOCKS_AT_ONCE = 2;
/** A thread's rows live for one block; left alone it would put off collecting them. */
const HEAP = { maxYoungGenerationSizeMb: 32, maxOldGenerationSizeMb: 256 };

export type IntakeOptions = {
  databaseUrl: string;
  file: string;
  /** 32 bytes, `0x…`. */
  sourceId: string;
  platform: string;
  mappingFile: string;
  /** Folder of the methodologies. */
  methodologies: string;
  /** Parsed. */
  keyFile: unknown;
  mode: "production" | "demo";
  workers: number;
  /** Where each row's answer goes, a line each; left out for totals only. */
  resultsFile: string | undefined;
  onProgress?: (rows: number) => void;
};

export type IntakeTotals = {
  rows: number;
  /** Rows by what became of them: accepted, duplicate, and each refusal's code. */
  counts: Readonly<Record<string, number>>;
  seconds: number;
  rowsPerSecond: number;
  /** The most that was resident, in bytes. */
  rss: number;
};

function required<T>(what: string, result: Result<T>): T {
  if (result.ok) return result.value;
  throw new IntakeError(`${what}: ${explain(result.refusal, "en")}`);
}

/** The first line of a file, which of CSV names the columns. */
async function firstLine(file: string): Promise<string> {
  for await (const { bytes } of fileBlocks(file, { rows: 1, bytes: BLOCK.bytes })) {
    return Buffer.from(bytes)
      .toString("utf8")
      .replace(/^\ufeff/, "")
      .replace(/\r?\n$/, "");
  }
  return "";
}

async function taskOf(options: IntakeOptions, mapping: IntakeMapping): Promise<WorkerTask> {
  const { databaseUrl, sourceId, platform, keyFile, mode, resultsFile } = options;
  const suite = await loadHashSuite("keccak");
  const texts = required("methodologies", await readMethodologies(suite, options.methodologies));
  const pool = openPool({ databaseUrl, role: "tanpu_api", max: 1 });
  try {
    const source = await findSource(pool, sourceId);
    if (!source) throw new IntakeError(`There is no source ${sourceId}.`);
    const { programme } = source;
    const registered = await findMethodology(pool, programme, source.methodology);
    const any = texts.get(registered?.contentHash ?? "");
    if (!any) throw new IntakeError("The text of the source's methodology is not here.");
    required("methodology", checkCanBePutInForce(any, { demonstration: mode === "demo" }));
    const successors = successorsOf(texts, any).map(({ document }) => document);
    return {
      ...{ databaseUrl, sourceId, programme, platform, keyFile, mode, mapping, successors },
      methodology: any.methodology.document,
      header: await firstLine(options.file),
      withResults: resultsFile !== undefined,
    };
  } finally {
    await pool.end();
  }
}

/** One thread and what it was given and has not answered. */
type Thread = { worker: Worker; open: number };

/**
 * Takes a file in: threads judge and store its blocks side by side, and the answers are written in the order of
 * the lines. Cut anywhere and run again it comes to the same rows; a repeated row is answered as at first. Throws
 * IntakeError, and what a thread or the database threw.
 */
export async function runIntake(options: IntakeOptions): Promise<IntakeTotals> {
  if (!existsSync(options.file)) throw new IntakeError(`There is no file ${options.file}.`);
  const yaml: unknown = parseYaml(await readFile(options.mappingFile, "utf8"));
  const mapping = required(options.mappingFile, readMapping(yaml));
  const task = await taskOf(options, mapping);
  required(options.file, mappedReader(mapping, task.header));
  const since = performance.now();
  const counts: Record<string, number> = {};
  let [rows, rss, next] = [0, process.memoryUsage.rss(), 0];
  const waiting = new Map<number, string>();
  const results = options.resultsFile ? createWriteStream(options.resultsFile) : undefined;
  let failure: unknown;
  let wake = (): void => {};
  const changed = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  const onAnswer = (thread: Thread, answer: BlockAnswer): void => {
    thread.open--;
    for (const [kind, count] of Object.entries(answer.counts)) {
      counts[kind] = (counts[kind] ?? 0) + count;
      rows += count;
    }
    rss = Math.max(rss, answer.rss);
    waiting.set(answer.seq, answer.results);
    for (let text = waiting.get(next); text !== undefined; text = waiting.get(next)) {
      results?.write(text);
      waiting.delete(next++);
    }
    options.onProgress?.(rows);
    wake();
  };
  const ended: Promise<void>[] = [];
  const threads = Array.from({ length: options.workers }, (): Thread => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      workerData: task,
      resourceLimits: HEAP,
    });
    const thread: Thread = { worker, open: 0 };
    worker.on("message", (answer: BlockAnswer) => onAnswer(thread, answer));
    worker.on("error", (cause) => {
      failure ??= cause;
      wake();
    });
    ended.push(new Promise((resolve) => worker.once("exit", () => resolve())));
    return thread;
  });
  let seq = 0;
  for await (const { bytes, line } of fileBlocks(options.file, BLOCK)) {
    let free = threads.find(({ open }) => open < BLOCKS_AT_ONCE);
    while (!free && !failure) {
      await changed();
      free = threads.find(({ open }) => open < BLOCKS_AT_ONCE);
    }
    if (!free || failure) break;
    free.open++;
    free.worker.postMessage({ seq: seq++, bytes, line } satisfies BlockMessage, [bytes.buffer]);
  }
  while (!failure && threads.some(({ open }) => open > 0)) await changed();
  for (const { worker } of threads) {
    if (failure) await worker.terminate();
    else worker.postMessage("end");
  }
  await Promise.all(ended);
  if (results) await new Promise<void>((resolve) => results.end(resolve));
  if (failure) throw failure;
  const seconds = (performance.now() - since) / 1000;
  return { rows, counts, seconds, rowsPerSecond: Math.round(rows / seconds), rss };
}
