import type { IncomingMessage } from "node:http";
import { utf8 } from "../../domain/bytes.ts";
import type { Refusal, Result } from "../../domain/result.ts";
import { refuse, succeed } from "../../domain/result.ts";
import { claimBatch } from "../../intake/receipts.ts";
import { receiveStream } from "../../intake/receive.ts";
import { HeaderMissing, type LineFormat, rowChunks } from "../../intake/rowChunks.ts";
import { BodyTooLarge, bodyBytes, isKnownEncoding, MOST_STREAM_BYTES } from "../bodyStream.ts";
import type { ApiDependencies } from "../dependencies.ts";
import type { Answer, RawCall } from "../route.ts";
import { refusalView, resultView } from "./answer.ts";
import { batchIdOf } from "./batchId.ts";
import { intakeOf } from "./context.ts";

/** Rows that are stored together, all or none of them. */
const CHUNK_ROWS = 5_000;
/** A batch with a name is read whole before anything of it is stored. */
const MOST_NAMED_BYTES = 32 * 1024 * 1024;

const formatOf: Readonly<Record<string, LineFormat>> = {
  "application/x-ndjson": "ndjson",
  "text/csv": "csv",
};
export const STREAMED_TYPES = Object.keys(formatOf);

/** What a stream that broke is answered with, after the rows that were stored; undefined for our own faults. */
function refusalOfBroken(cause: unknown, limit: number): Refusal | undefined {
  if (cause instanceof BodyTooLarge) {
    return { code: "BODY_TOO_LARGE", values: { limit: `${limit / 1_048_576} MB` } };
  }
  if (cause instanceof HeaderMissing) {
    return { code: "BODY_MALFORMED", values: { expected: "CSV with a header line" } };
  }
  const code = (cause as { code?: unknown } | undefined)?.code;
  const isOfStream = typeof code === "string" && /^(Z_|ERR_STREAM|ECONN|ERR_)/.test(code);
  return isOfStream ? { code: "BODY_CUT" } : undefined;
}

async function wholeOf(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return Buffer.concat(parts);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines++;
  return lines + (bytes.length > 0 && bytes.at(-1) !== 10 ? 1 : 0);
}

/** Rows as lines of NDJSON or CSV: stored chunk by chunk and answered line by line while they come. */
export async function receiveLines(
  call: RawCall,
  request: IncomingMessage,
  mediaType: string,
  dependencies: ApiDependencies,
): Promise<Result<Answer>> {
  if (!isKnownEncoding(request.headers["content-encoding"])) {
    return refuse("BODY_MALFORMED", { values: { expected: "gzip" } });
  }
  const { sourceId } = call.query as { sourceId?: string };
  const isHash = sourceId === undefined || /^0x[0-9a-fA-F]{64}$/.test(sourceId);
  if (!isHash) return refuse("FIELD_MALFORMED", { field: "sourceId" });
  const batchId = batchIdOf(call);
  if (!batchId.ok) return batchId;
  const intake = await intakeOf(dependencies, call.caller, sourceId?.toLowerCase());
  if (!intake.ok) return intake;
  const { context, platform } = intake.value;
  let bytes: AsyncIterable<Uint8Array> = bodyBytes(request);
  if (batchId.value !== undefined) {
    let whole: Buffer;
    try {
      whole = await wholeOf(bodyBytes(request, MOST_NAMED_BYTES));
    } catch (cause) {
      const refusal = refusalOfBroken(cause, MOST_NAMED_BYTES);
      if (refusal) return { ok: false, refusal };
      throw cause;
    }
    const contentHash = context.suite.hash(utf8(mediaType), context.sourceId, whole);
    const batch = { id: batchId.value, contentHash, rows: countLines(whole) };
    const claimed = await claimBatch(context.pool, platform, batch);
    if (!claimed.ok) return claimed;
    bytes = once(whole);
  }
  const chunks = rowChunks(bytes, formatOf[mediaType] ?? "ndjson", CHUNK_ROWS);
  async function* lines(): AsyncGenerator<string> {
    let index = 0;
    try {
      for await (const results of receiveStream(context, platform, chunks, dependencies.now)) {
        let text = "";
        for (const row of results) text += `${JSON.stringify(resultView(row, index++))}\n`;
        yield text;
      }
    } catch (cause) {
      const refusal = refusalOfBroken(cause, MOST_STREAM_BYTES);
      if (!refusal) throw cause;
      yield `${JSON.stringify({ result: "broken", rows: index, ...refusalView(refusal) })}\n`;
    }
  }
  return succeed({ lines: lines(), mediaType: "application/x-ndjson" });
}
