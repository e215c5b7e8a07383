import type { PoolClient } from "pg";
import { inTransaction } from "../database/inTransaction.ts";
import { compareBytes } from "../domain/bytes.ts";
import { rowKeyOf } from "../domain/fingerprint.ts";
import { quantifyRow } from "../domain/methodology/quantifyRow.ts";
import { checkNotSuperseded } from "../domain/methodology/succession.ts";
import { chinaDay, formatDay } from "../domain/period.ts";
import { type Refusal, type Result, refuse, succeed } from "../domain/result.ts";
import { crashPoint } from "../platform/crashPoint.ts";
import type { IntakeContext } from "./context.ts";
import { ensureDays, platformNumber, ruleNumber, sourceNumber } from "./dimensions.ts";
import { type IdentifiedReport, identify, type Judgement } from "./identify.ts";
import { type Correction, type Reduction, reduceClosed } from "./reductions.ts";
import type { RowRead } from "./rowChunks.ts";
import {
  type ChunkOf,
  daysOf,
  openChunk,
  type Answer as Stored,
  storeRefusals,
  storeReports,
} from "./storeChunk.ts";

/** More rows than this come in several batches. */
export const MOST_ROWS = 20_000;

/** What became of one row. "accepted" and "duplicate" are provisional until the period is closed. */
export type RowResult =
  | { status: "accepted"; day: string; milligrams: string }
  | {
      status: "duplicate";
      day: string;
      /** Whether the report that came before is this platform's own. */
      ownReport: boolean;
    }
  /** A correction of a closed period's report; the milligrams are what is left of it. */
  | { status: "reduced"; day: string; milligrams: string }
  | ({ status: "refused" } & Refusal);

/** A row as far as it can be judged without the database. */
export type Judged =
  | { report: IdentifiedReport; refusal?: undefined; rowKey?: undefined }
  | { report?: undefined; refusal: Refusal; rowKey?: Uint8Array };

/** METHODOLOGY_SUPERSEDED when a later version counts for a day or for what is filed from now on. */
function checkSuccession(by: Judgement, day: number, now: number): Refusal | undefined {
  const { methodology: any, successors } = by;
  if (!successors || successors.length === 0 || any.form === 1) return undefined;
  const days = { firstDay: day, endDay: day + 1, filingDay: chinaDay(now) };
  for (const successor of successors) {
    const checked = checkNotSuperseded(any.methodology, successor, days);
    if (!checked.ok) return checked.refusal;
  }
  return undefined;
}

/** Judges one row: what it earns and its keyed form, or why it is refused. `now` is unix seconds. */
export function judge(by: Judgement, platform: string, row: unknown, now: number): Judged {
  const activity = quantifyRow(by.methodology, row);
  if (activity.ok) {
    const report = identify(by, platform, activity.value);
    const { rowKey } = report;
    if (report.at > now) return { refusal: { code: "ACTIVITY_IN_FUTURE" }, rowKey };
    const superseded = checkSuccession(by, report.day, now);
    return superseded ? { refusal: superseded, rowKey } : { report };
  }
  const orderNo = typeof row === "object" && row !== null && "orderNo" in row ? row.orderNo : "";
  const isNamed = typeof orderNo === "string" && orderNo !== "" && orderNo.length <= 100;
  if (!isNamed) return { refusal: activity.refusal };
  const rowKey = rowKeyOf(by.suite, by.keys, by.programme, platform, orderNo);
  return { refusal: activity.refusal, rowKey };
}

type Answer = Stored | Reduction;

/** A number that tells almost all row keys apart. */
function shortKey(rowKey: Uint8Array): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = rowKey;
  return ((a << 16) | (b << 8) | c) * 0x100_0000 + ((d << 16) | (e << 8) | f);
}

function isEqual(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && compareBytes(a, b) === 0);
}

function saysTheSame(a: IdentifiedReport, b: IdentifiedReport): boolean {
  return (
    a.behaviour === b.behaviour &&
    a.at === b.at &&
    a.seconds === b.seconds &&
    a.milligrams === b.milligrams &&
    a.quantities === b.quantities &&
    isEqual(a.fingerprintA, b.fingerprintA) &&
    isEqual(a.fingerprintB, b.fingerprintB) &&
    isEqual(a.participant, b.participant) &&
    isEqual(a.thing, b.thing) &&
    isEqual(a.corrects, b.corrects)
  );
}

type Chunk = {
  /** By place; undefined where the row is refused or says what an earlier one of the chunk said. */
  reports: (IdentifiedReport | undefined)[];
  /** By place: the earlier row of the chunk that this one repeats. */
  repeats: Map<number, number>;
  judged: Judged[];
};

/**
 * Of rows with one order number on one day or the days beside it the first of a chunk stands. Farther apart
 * they are left to the period's close, whether they come in one chunk or in two.
 */
function withoutRepeats(judged: Judged[]): Chunk {
  const placesOf = new Map<number, number | number[]>();
  const repeats = new Map<number, number>();
  const reports: Chunk["reports"] = new Array(judged.length);
  for (const [place, { report }] of judged.entries()) {
    if (!report) continue;
    const key = shortKey(report.rowKey);
    const known = placesOf.get(key);
    const places = known === undefined ? [] : [known].flat();
    const earlier = places.find((place) => {
      const one = reports[place];
      return one && Math.abs(one.day - report.day) <= 1 && isEqual(one.rowKey, report.rowKey);
    });
    const stands = earlier === undefined ? undefined : reports[earlier];
    if (earlier === undefined || !stands) {
      placesOf.set(key, known === undefined ? place : [...places, place]);
      reports[place] = report;
    } else if (saysTheSame(stands, report)) {
      repeats.set(place, earlier);
    } else {
      const refusal = { code: "ACTIVITY_CONFLICT", field: "orderNo" } as const;
      judged[place] = { refusal, rowKey: report.rowKey };
    }
  }
  return { reports, repeats, judged };
}

let lastDay = { day: -1, text: "" };

/** Rows come by days, so the last one's text is kept. */
function dayText(day: number): string {
  if (lastDay.day !== day) lastDay = { day, text: formatDay(day) };
  return lastDay.text;
}

function resultOf({ report, refusal }: Judged, answer: Answer | undefined): RowResult {
  if (refusal) return { status: "refused", ...refusal };
  if (answer && "refusal" in answer) return { status: "refused", ...answer.refusal };
  const day = dayText(report.day);
  if (answer && "milligrams" in answer) {
    return { status: "reduced", day, milligrams: answer.milligrams.toString() };
  }
  if (answer) return { status: "duplicate", day, ownReport: answer.own };
  return { status: "accepted", day, milligrams: report.milligrams.toString() };
}

const correctionsOf = (reports: Chunk["reports"]): Correction[] =>
  reports.flatMap((report, place) =>
    report?.corrects === undefined ? [] : [{ ...report, corrects: report.corrects, place }],
  );

async function store(
  client: PoolClient,
  of: ChunkOf,
  receivedDay: number,
  { judged, reports, repeats }: Chunk,
): Promise<RowResult[]> {
  await openChunk(client, of.sourceId);
  const reduced = await reduceClosed(client, of.platform, correctionsOf(reports));
  const answers = new Map<number, Answer>([
    ...(await storeReports(
      client,
      of,
      reports.map((report, place) => (reduced.has(place) ? undefined : report)),
    )),
    ...reduced,
  ]);
  const refusals = judged.flatMap(({ refusal, rowKey, report }, place) => {
    if (refusal) return rowKey ? [{ rowKey, refusal }] : [];
    const answer = answers.get(place);
    return answer && "refusal" in answer
      ? [{ rowKey: report.rowKey, refusal: answer.refusal }]
      : [];
  });
  await storeRefusals(client, receivedDay, of.platform, refusals);
  return judged.map((one, place) => resultOf(one, answers.get(repeats.get(place) ?? place)));
}

/**
 * Stores judged rows of one platform, all or none of them, and answers each in the order given. Repeating a
 * chunk, or any of its rows, changes nothing and gives the same answers; a repeated order number with other
 * content is refused ACTIVITY_CONFLICT, an activity of a day that was closed PERIOD_ALREADY_CLOSED.
 */
export async function storeJudged(
  context: IntakeContext,
  platform: string,
  judged: Judged[],
  now: number,
): Promise<RowResult[]> {
  const { pool, sourceId, methodology } = context;
  const chunk = withoutRepeats(judged);
  const receivedDay = chinaDay(now);
  // Making a partition locks its table, so it happens before and apart from the chunk.
  await ensureDays(pool, [...daysOf(chunk.reports), receivedDay]);
  const of: ChunkOf = {
    platform: await platformNumber(pool, platform),
    source: await sourceNumber(pool, sourceId),
    rule: await ruleNumber(pool, methodology.methodology.contentHash),
    sourceId,
  };
  const results = await inTransaction(pool, (client) => store(client, of, receivedDay, chunk));
  crashPoint("intake-batch-stored");
  return results;
}

/**
 * Takes in the rows one platform reports: judges and stores them. Raw values are neither stored nor logged.
 * `now` is unix seconds. BATCH_TOO_LARGE refuses the whole.
 */
export async function receiveActivities(
  context: IntakeContext,
  platform: string,
  rows: readonly unknown[],
  now: number,
): Promise<Result<RowResult[]>> {
  if (rows.length > MOST_ROWS) {
    return refuse("BATCH_TOO_LARGE", { values: { limit: MOST_ROWS, count: rows.length } });
  }
  const judged = rows.map((row) => judge(context, platform, row, now));
  return succeed(await storeJudged(context, platform, judged, now));
}

/** Judges a row of a stream, which may have had no readable line. */
export function judgeRead(by: Judgement, platform: string, read: RowRead, now: number): Judged {
  return read.ok ? judge(by, platform, read.value, now) : { refusal: read.refusal };
}

/**
 * Takes in a stream of rows, each chunk stored or not as a whole, and gives the chunks' answers in order. The
 * next chunk is judged while one is being stored. When the stream breaks, the chunks before are still answered
 * and its error follows.
 */
export async function* receiveStream(
  context: IntakeContext,
  platform: string,
  chunks: AsyncIterable<RowRead[]>,
  now: () => number,
): AsyncGenerator<RowResult[]> {
  const reading = chunks[Symbol.asyncIterator]();
  let storing: Promise<RowResult[]> | undefined;
  const readOn = (): ReturnType<typeof reading.next> => {
    const step = reading.next();
    // Whoever awaits it learns of its failure; until then it must not end the process.
    step.catch(() => {});
    return step;
  };
  let next = readOn();
  try {
    for (;;) {
      if (storing) {
        const isStored = storing.then(() => true);
        const isRead = next.then(
          () => false,
          () => false,
        );
        // What is stored is answered at once, however long the sender takes for more.
        if (await Promise.race([isStored, isRead])) {
          yield await storing;
          storing = undefined;
        }
      }
      const step = await next;
      if (step.done) break;
      next = readOn();
      const at = now();
      const judged = step.value.map((row) => judgeRead(context, platform, row, at));
      if (storing) yield await storing;
      storing = storeJudged(context, platform, judged, at);
      storing.catch(() => {});
    }
  } catch (cause) {
    if (storing) yield await storing;
    throw cause;
  }
  if (storing) yield await storing;
}
